/* The fields of a user record, beside those of events: each is read to slots of the parser's own. Small: one set of
 * values. */
#include <stdlib.h>

#include "parse_priv.h"

/* One more source of trait k; false where no slot is left. A CSV file need not have it. */
static bool add_source(struct pt_parser *p, uint32_t k, const char *source) {
  struct pt_pick *pick = &p->traits->source[k];
  uint8_t slot = pt_bind_source(p, pt_slice_of(source), PT_NO_SLOT);
  if (slot == PT_NO_SLOT) return p->f->kind == PT_CSV;
  if (pick->n == PT_PICK_FROM) return false;
  pick->from[pick->n++] = slot;
  return true;
}

int pt_traits_open(struct pt_parser *p, struct pt_err *err) {
  struct pt_traits *t = p->traits = calloc(1, sizeof *t);
  if (!t) return pt_fail(err, "parse", PT_MEMORY, 0, "no memory for a parser");
  bool ok = true;
  for (uint32_t i = 0; i < p->f->n_traits; i++) {
    enum pt_rfield field = pt_rfield_of(pt_slice_of(p->f->traits[i].name));
    ok = ok && field < PT_RF_COUNT && add_source(p, field, p->f->traits[i].source);
  }
  for (uint32_t i = 0; i < p->f->n_kept && i < PT_MAX_KEPT; i++)
    ok = ok && add_source(p, (uint32_t)PT_RF_COUNT + i, p->f->kept[i]);
  if (!ok) return pt_fail(err, "parse", PT_CONFIG, 0, "users.keep: too many fields");
  p->events[0].record = true;
  p->events[0].traits = t->v;
  return 0;
}

void pt_traits_take(struct pt_parser *p) {
  struct pt_traits *t = p->traits;
  for (uint32_t k = 0; k < PT_N_TRAITS; k++) {
    const struct pt_pick *pick = &t->source[k];
    t->v[k] = (struct pt_value){0};
    for (uint32_t i = 0; i < pick->n && !pt_value_given(&t->v[k]); i++) t->v[k] = *pt_slot_value(p, pick->from[i]);
  }
}

/* The modal cell of hour, city and event. A cell is one 64-bit key: city code + 1 (0 = none) above 26 bits of event
 * above the hour; texts are made for cells that tie and for the one that wins. */
#include "facts/family.h"
#include "facts/modal.h"

#define HOUR_BITS  6
#define EVENT_BITS 26

enum { CELL, CELL_COUNT, N_ROWS };
#define FIELDS (PT_BIT(PT_F_CITY) | PT_BIT(PT_F_EVENT))
static const struct pt_colrow rows[N_ROWS] = {
    [CELL] = {.name = "when_where_what",
              .type = PT_C_LABEL,
              .sensitive = "when_where_what",
              .fields = FIELDS,
              .unit = "",
              .text = "Most frequent local hour, city and event of the visit events, as 14/city/event"},
    [CELL_COUNT] = {.name = "when_where_what_count",
                    .type = PT_C_U32,
                    .sensitive = "when_where_what",
                    .fields = FIELDS,
                    .unit = "events",
                    .text = "Visit events in the cell of when_where_what"},
};

struct state {
  struct pt_cols cols;
  const struct pt_facts_ctx *ctx;
  struct pt_modal cells;
  struct pt_buf text, other;
  uint64_t visit_types;
  bool no_memory;
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  pt_facts_modal_free(&s->cells);
  pt_buf_free(&s->text);
  pt_buf_free(&s->other);
  free(s);
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  PT_TRY(pt_facts_cols_add(&s->cols, &(struct pt_colopen){ctx, schema, fields, "activity"}, rows, N_ROWS, NULL, err));
  s->visit_types = pt_facts_visit_types(ctx->conf);
  return pt_facts_opened(state, &s->cols, close_state);
}

static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  ((struct state *)state)->ctx = ctx;
  if (ctx->n_dict[PT_F_EVENT] < (1u << EVENT_BITS) - PT_T_COUNT && ctx->n_dict[PT_F_CITY] < UINT32_MAX) return 0;
  return pt_fail(err, "facts", PT_MEMORY, 0, "when_where_what: more than %u event names", 1u << EVENT_BITS);
}

static uint64_t types(void *state) {
  return ((struct state *)state)->visit_types;
}

static void begin(void *state) {
  pt_facts_modal_clear(&((struct state *)state)->cells);
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  if (!d->visit) return 0;
  uint64_t what = pt_type_as(e, d), where = (uint64_t)(pt_ev(e, PT_F_CITY, -1) + 1);
  if (what == PT_T_OTHER) what += (uint64_t)pt_ev(e, PT_F_EVENT, 0);
  uint64_t key = where << (EVENT_BITS + HOUR_BITS) | what << HOUR_BITS | d->hour;
  return pt_facts_modal_add(&((struct state *)state)->cells, key, e->time, err);
}

static struct pt_slice spell(struct state *s, uint64_t key, struct pt_buf *buf) {
  uint64_t what = key >> HOUR_BITS & ((1u << EVENT_BITS) - 1), where = key >> (EVENT_BITS + HOUR_BITS);
  struct pt_slice city = pt_code_text(s->ctx, PT_F_CITY, (int64_t)where - 1);
  struct pt_slice name = what < PT_T_OTHER ? pt_slice_of(pt_type_name[what])
                                           : pt_code_text(s->ctx, PT_F_EVENT, (int64_t)(what - PT_T_OTHER));
  buf->n = 0;
  if (pt_buf_printf(buf, "%u/", (unsigned)(key & ((1u << HOUR_BITS) - 1))) || pt_buf_add(buf, city.p, city.n) ||
      pt_buf_add(buf, "/", 1) || pt_buf_add(buf, name.p, name.n))
    s->no_memory = true;
  return (struct pt_slice){buf->p, buf->n};
}

static bool less(void *ctx, uint64_t a, uint64_t b) {
  struct state *s = ctx;
  struct pt_slice text = spell(s, a, &s->text), other = spell(s, b, &s->other);
  return pt_slice_cmp(text, other) < 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  struct state *s = state;
  pt_facts_cols_at(&s->cols, to, range, row);
  const struct pt_modal_cell *best = pt_facts_modal_best(&s->cells, less, s);
  struct pt_slice text = best ? spell(s, best->key, &s->text) : (struct pt_slice){NULL, 0};
  if (s->no_memory) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for when_where_what");
  pt_put_u32(&s->cols, pt_slot_at(&s->cols, CELL_COUNT), best ? best->count : 0);
  return pt_facts_put_text(&s->cols, CELL, text, err);
}

const struct pt_family pt_facts_where = {
    .name = "where",
    .open = open_state,
    .close = close_state,
    .start = start,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
};

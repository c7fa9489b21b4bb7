/* Categories of the label columns of /obs. A closed vocabulary stands in the catalogue's order; an open one in byte
 * order, whole up to 65,536 texts over all ranks, then the largest and `other`. */
#include <portrait/log.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"

static int no_memory(struct pt_err *err) {
  return pt_fail(err, "output", PT_MEMORY, 0, "no memory for the categories");
}

static void measure(struct pt_codes *c) {
  c->type = c->n <= INT8_MAX ? PT_C_U8 : c->n <= INT16_MAX ? PT_C_U16 : PT_C_I32;
  c->width = 1;
  for (uint32_t i = 0; i < c->n; i++)
    if (strlen(c->texts[i]) > c->width) c->width = (uint32_t)strlen(c->texts[i]);
}

static int closed(struct pt_codes *c, const struct pt_labels *labels, struct pt_err *err) {
  c->n = labels->n_names;
  c->place = calloc(c->n + 1, sizeof *c->place);
  c->texts = calloc(c->n + 1, sizeof *c->texts);
  if (!c->place || !c->texts) return no_memory(err);
  for (uint32_t i = 0; i < c->n; i++) {
    c->place[i] = i;
    c->texts[i] = labels->names[i];
  }
  return 0;
}

struct named {
  const char *text;
  uint32_t at;
};

static int by_text(const void *a, const void *b) {
  return strcmp(((const struct named *)a)->text, ((const struct named *)b)->text);
}

static int open_sorted(struct pt_codes *c, struct pt_err *err) {
  const struct pt_vocab *v = &c->vocab;
  c->n = v->n;
  c->place = calloc(v->n_local + 1, sizeof *c->place);
  c->texts = calloc(c->n + 1, sizeof *c->texts);
  uint32_t *rank = calloc(c->n + 1, sizeof *rank);
  struct named *named = calloc(c->n + 1, sizeof *named);
  int code = c->place && c->texts && rank && named ? 0 : no_memory(err);
  if (!code) {
    for (uint32_t i = 0; i < c->n; i++) named[i] = (struct named){v->text[i], i};
    qsort(named, c->n, sizeof *named, by_text);
    for (uint32_t i = 0; i < c->n; i++) {
      c->texts[i] = named[i].text;
      rank[named[i].at] = i;
    }
    for (uint32_t i = 0; i < v->n_local; i++) c->place[i] = v->of[i] == PT_NO_CODE ? 0 : rank[v->of[i]];
  }
  free(rank);
  free(named);
  return code;
}

static void say_cut(struct pt_out *o, const struct pt_column *column, uint64_t cut) {
  pt_sum_u64(o->c, &cut, 1);
  if (cut)
    pt_log(PT_WARN, "output", "%s: %llu texts over %u bytes were cut", column->name, (unsigned long long)cut,
           PT_TEXT_MAX);
}

int pt_codes_open(struct pt_out *o, struct pt_err *err) {
  for (uint32_t i = 0; i < o->n_order; i++) {
    const struct pt_column *column = &o->schema->columns[o->order[i]];
    struct pt_codes *c = &o->codes[o->order[i]];
    if (column->type != PT_C_LABEL) continue;
    if (column->labels.names) {
      (void)closed(c, &column->labels, err);
    } else {
      PT_TRY(pt_vocab_merge(o->c, o->rows, o->order[i], PT_FULL_VOCAB, PT_TEXT_MAX, &c->vocab, err));
      say_cut(o, column, c->vocab.cut);
      (void)open_sorted(c, err);
    }
    if (!err->code) measure(c);
  }
  return pt_agree(o->c, err);
}

void pt_codes_close(struct pt_out *o) {
  for (uint32_t i = 0; o->codes && i < o->schema->n; i++) {
    pt_vocab_free(&o->codes[i].vocab);
    free(o->codes[i].place);
    free(o->codes[i].texts);
  }
  free(o->codes);
}

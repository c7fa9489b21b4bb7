/* Visit events by local weekday and hour, kept for the segments' table of hours: a hidden column of bytes, (cell, count
 * as LEB128) pairs for the cells that are not empty. A user of 100 events takes about 100 bytes. */
#include <string.h>

#include "facts/family.h"

#define CELLS 168

struct state {
  uint32_t column;
  uint64_t visit_types;
  uint64_t used[3]; /* bits of the cells that are not empty: few are, and only they are written and cleared */
  uint32_t counts[CELLS];
};

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  (void)fields;
  *state = NULL;
  if (!pt_facts_table(ctx, "hours")) return 0;
  struct state *s = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  *state = s;
  s->visit_types = pt_facts_visit_types(ctx->conf);
  return pt_facts_hidden(schema, "_hours", "events", "visit events by local weekday and hour", NULL, &s->column, err);
}

static uint64_t types(void *state) {
  return ((struct state *)state)->visit_types;
}

static void begin(void *state) {
  struct state *s = state;
  for (unsigned i = 0; i < 3; i++)
    for (; s->used[i]; s->used[i] &= s->used[i] - 1) s->counts[64 * i + (unsigned)__builtin_ctzll(s->used[i])] = 0;
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  (void)e;
  (void)err;
  struct state *s = state;
  if (!d->visit) return 0;
  unsigned cell = d->weekday * 24u + d->hour;
  s->counts[cell]++;
  s->used[cell / 64] |= UINT64_C(1) << cell % 64;
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  const struct state *s = state;
  unsigned char bytes[CELLS * 6];
  size_t n = 0;
  for (unsigned i = 0; i < 3; i++)
    for (uint64_t left = s->used[i]; left; left &= left - 1) {
      unsigned cell = 64 * i + (unsigned)__builtin_ctzll(left);
      uint32_t v = s->counts[cell];
      bytes[n++] = (unsigned char)cell;
      for (; v >= 128; v >>= 7) bytes[n++] = (unsigned char)(v | 128);
      bytes[n++] = (unsigned char)v;
    }
  return n ? pt_rows_put(to, range, s->column, row, bytes, n, err) : 0;
}

const struct pt_family pt_facts_hours = {
    .name = "hours",
    .open = open_state,
    .close = free,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
};

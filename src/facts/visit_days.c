/* Distinct local days with a visit event, kept for the segments' tables growth, retention and cohorts: a hidden column
 * of bytes. A user seen on 20 days takes about 20 bytes. */
#include <portrait/cells.h>

#include "facts/family.h"
#include "facts/gaps.h"

struct state {
  uint32_t column;
  uint64_t visit_types;
  struct pt_vec days; /* int32_t, ascending */
  struct pt_buf bytes;
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_vec_free(&s->days);
  pt_buf_free(&s->bytes);
  free(s);
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  (void)fields;
  *state = NULL;
  if (!pt_facts_table(ctx, "growth") && !pt_facts_table(ctx, "retention") && !pt_facts_table(ctx, "cohorts")) return 0;
  struct state *s = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  *state = s;
  s->visit_types = pt_facts_visit_types(ctx->conf);
  return pt_facts_hidden(schema, "_visit_days", "days", "distinct local days with a visit event", NULL, &s->column,
                         err);
}

static uint64_t types(void *state) {
  return ((struct state *)state)->visit_types;
}

static void begin(void *state) {
  pt_facts_vec_clear(&((struct state *)state)->days, sizeof(int32_t));
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  (void)e;
  struct state *s = state;
  if (!d->visit || (s->days.n && ((const int32_t *)s->days.p)[s->days.n - 1] == d->day)) return 0;
  return pt_facts_note_day(&s->days, d->day, err);
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  struct state *s = state;
  const int32_t *days = s->days.p;
  s->bytes.n = 0;
  if (s->days.n == 0) return 0;
  if (pt_buf_reserve(&s->bytes, s->days.n * PT_CELL_MAX))
    return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for a user's days");
  for (size_t i = 0; i < s->days.n; i++) {
    char *p = s->bytes.p + s->bytes.n;
    s->bytes.n += i ? pt_cell_put(p, (uint64_t)(days[i] - days[i - 1])) : pt_cell_put_signed(p, days[0]);
  }
  return pt_rows_put(to, range, s->column, row, s->bytes.p, s->bytes.n, err);
}

const struct pt_family pt_facts_visit_days = {
    .name = "visit_days",
    .open = open_state,
    .close = close_state,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
};

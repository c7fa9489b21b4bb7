/* Orders by local day against what the same weekday of the four weeks before and behind would make likely: the mean of
 * those days that are in the log. How surprising more orders than that are is told by the Poisson tail; a day stands
 * out below .01 / days. Memory: 8 bytes a day and segment. */
#include <math.h>
#include <portrait/cells.h>
#include <portrait/poisson.h>
#include <stdlib.h>

#include "segments_priv.h"

#define NEIGHBOURS 4 /* weeks on each side */

struct burst {
  const struct segments *s;
  uint32_t column;
  uint64_t *orders; /* [segment][day] */
};

static void add_row(void *ctx, uint32_t range, uint32_t row, const uint32_t *in, uint32_t n) {
  struct burst *b = ctx;
  struct pt_slice bytes = pt_rows_bytes(b->s->rows, range, b->column, row);
  int64_t day = 0;
  for (bool first = true; bytes.n; first = false) {
    day = first ? pt_cell_take_signed(&bytes) : day + (int64_t)pt_cell_take(&bytes);
    uint64_t orders = pt_cell_take(&bytes);
    int64_t at = day - b->s->conf->first_day;
    if (at < 0 || at >= b->s->n_days) continue;
    for (uint32_t i = 0; i < n; i++) b->orders[(size_t)in[i] * b->s->n_days + (size_t)at] += orders;
  }
}

/* NaN where the log has no other such day. */
static double expected(const uint64_t *orders, int64_t day, int64_t days) {
  uint64_t sum = 0, n = 0;
  for (int64_t k = -NEIGHBOURS; k <= NEIGHBOURS; k++) {
    int64_t at = day + 7 * k;
    if (k == 0 || at < 0 || at >= days) continue;
    sum += orders[at];
    n++;
  }
  return n ? (double)sum / (double)n : NAN;
}

/* P(X >= k), 1 at or below the mean. Without an order on the other days, as if there had been half a one in all. */
static double tail(uint64_t k, double mean) {
  if (isnan(mean)) return NAN;
  if (mean == 0) mean = 0.5 / (2 * NEIGHBOURS);
  return (double)k > mean ? exp(pt_log_poisson_tail(mean, k, 0)) : 1;
}

static int write(const void *table, struct pt_frame *f, struct pt_err *err) {
  const struct burst *b = table;
  static const struct table_column columns[] = {
      {"day", PT_FR_TEXT, "", "local day"},
      {"orders", PT_FR_I64, "orders", "orders, by the day of their first purchase"},
      {"expected", PT_FR_F64, "orders",
       "mean of the same weekday in the 4 weeks before and behind, as far as the log goes"},
      {"excess", PT_FR_F64, "1", "orders / expected - 1"},
      {"p", PT_FR_F64, "1", "probability of as many orders or more (Poisson), 1 where there are no more than expected"},
      {"burst", PT_FR_I64, "", "1 where p < .01 / days"}};
  PT_TRY(PT_TABLE_COLUMNS(f, columns, err));
  for (uint32_t segment = 0; segment < b->s->n_own; segment++)
    for (uint32_t day = 0; day < b->s->n_days; day++) {
      const uint64_t *orders = &b->orders[(size_t)segment * b->s->n_days];
      double mean = expected(orders, day, b->s->n_days), p = tail(orders[day], mean);
      uint64_t row;
      PT_TRY(pt_segments_row(b->s, f, segment, &row, err));
      PT_TRY(pt_segments_day(f, row, 1, b->s->conf->first_day + day, err));
      f->columns[2].v.i64[row] = (int64_t)orders[day];
      f->columns[3].v.f64[row] = mean;
      f->columns[4].v.f64[row] = mean > 0 ? (double)orders[day] / mean - 1 : NAN;
      f->columns[5].v.f64[row] = p;
      f->columns[6].v.i64[row] = p < 0.01 / b->s->n_days;
    }
  return 0;
}

int pt_segments_burst(struct pt_comm *c, const struct segments *s, struct pt_frame *f, bool *made, struct pt_err *err) {
  int64_t column = pt_schema_find(s->schema, "_order_days");
  if (column < 0) return 0;
  size_t n = (size_t)s->n_own * s->n_days;
  struct burst b = {s, (uint32_t)column, calloc(n + 1, sizeof *b.orders)};
  if (!b.orders) (void)pt_segments_no_memory(err);
  int failed = pt_agree(c, err);
  if (!failed) {
    pt_segments_each(s, add_row, &b);
    pt_sum_u64(c, b.orders, n);
    failed = pt_segments_finish(c, "segments/burst", write, &b, f, made, err);
  }
  free(b.orders);
  return failed;
}

/* How unequal net spends are: Gini's coefficient and the Lorenz curve of the users with a net spend above 0. With
 * p = prank(x) the coefficient is 2 sum(p x) / sum(x) - 1, which needs no second sort: the ranks are there. */
#include <math.h>
#include <string.h>

#include "models/value_rows.h"
#include "models/whole.h"

#define MONEY 10000.0 /* amounts are in 1/10,000 */

/* What lies below each step of the curve. */
struct sums {
  struct pt_exact weighted;         /* prank times currency */
  struct pt_exact below[PT_LORENZ]; /* amounts from the step before to below this one's */
  uint64_t users[PT_LORENZ];
};

/* The first step whose user has more; PT_LORENZ where none has. */
static uint32_t step_of(const struct pt_value_state *s, int64_t x) {
  uint32_t i = 1;
  while (i < PT_LORENZ && x >= s->lorenz[i]) i++;
  return i;
}

static void add_up(const struct pt_value_state *s, uint32_t rank, struct sums *out) {
  int64_t x;
  for (uint32_t range = 0; range < pt_rows_ranges(s->rows); range++) {
    struct pt_worth_view v = pt_value_look(s, PT_W_NET, range);
    const double *p = pt_rows_values(s->rows, range, rank);
    for (uint32_t row = 0, n = pt_rows_in(s->rows, range); row < n; row++) {
      if (!pt_value_known(&v, row, &x)) continue;
      pt_exact_add(&out->weighted, p[row] * ((double)x / MONEY));
      uint32_t step = step_of(s, x);
      if (step == PT_LORENZ) continue;
      pt_exact_add_i64(&out->below[step], x);
      out->users[step]++;
    }
    pt_rows_done(s->rows, range);
  }
}

static int gini(struct pt_frame *f, const struct pt_value_state *s, const struct sums *sums, bool root,
                struct pt_err *err) {
  uint32_t at;
  uint64_t row;
  double all = (double)s->sum[PT_W_NET] / MONEY;
  PT_TRY(pt_frame_init(f, "value/gini", err));
  PT_TRY(pt_frame_column(f, "users", PT_FR_I64, "users", "with net_spend_all > 0", &at, err));
  PT_TRY(pt_frame_column(f, "net_spend", PT_FR_F64, "currency", "theirs together", &at, err));
  PT_TRY(pt_frame_column(f, "gini", PT_FR_F64, "1", "0: all spend the same; 1: one spends all", &at, err));
  if (!root) return 0;
  PT_TRY(pt_frame_row(f, &row, err));
  f->columns[0].v.i64[row] = (int64_t)s->n[PT_W_NET];
  f->columns[1].v.f64[row] = all;
  f->columns[2].v.f64[row] = s->n[PT_W_NET] ? 2 * pt_exact_value(&sums->weighted) / all - 1 : NAN;
  return 0;
}

static int point(struct pt_frame *f, double users, double spend, struct pt_err *err) {
  uint64_t row;
  PT_TRY(pt_frame_row(f, &row, err));
  f->columns[0].v.f64[row] = users;
  f->columns[1].v.f64[row] = spend;
  return 0;
}

/* Between two users the curve is straight: of the user at the step the part of him that is below it counts. */
static int points(struct pt_frame *f, const struct pt_value_state *s, const struct sums *sums, struct pt_err *err) {
  uint64_t n = s->n[PT_W_NET], users = 0;
  __int128 below = 0, all = s->sum[PT_W_NET] * PT_LORENZ;
  PT_TRY(point(f, 0, 0, err));
  for (uint32_t i = 1; i < PT_LORENZ; i++) {
    below += pt_whole(&sums->below[i]);
    users += sums->users[i];
    __int128 here = below * PT_LORENZ + ((__int128)n * i - (__int128)users * PT_LORENZ) * s->lorenz[i];
    PT_TRY(point(f, (double)i / PT_LORENZ, (double)here / (double)all, err));
  }
  return point(f, 1, 1, err);
}

static int lorenz(struct pt_frame *f, const struct pt_value_state *s, const struct sums *sums, bool root,
                  struct pt_err *err) {
  uint32_t at;
  PT_TRY(pt_frame_init(f, "value/lorenz", err));
  PT_TRY(pt_frame_column(f, "users", PT_FR_F64, "share", "of the users, who spend least first", &at, err));
  PT_TRY(pt_frame_column(f, "net_spend", PT_FR_F64, "share", "of the net spend that is theirs", &at, err));
  return root && s->n[PT_W_NET] ? points(f, s, sums, err) : 0;
}

int pt_value_inequality(struct pt_comm *c, const struct pt_value_state *s, int64_t rank, struct pt_frame frames[2],
                        struct pt_err *err) {
  struct sums sums;
  memset(&sums, 0, sizeof sums);
  add_up(s, (uint32_t)rank, &sums);
  pt_sum_exact(c, &sums.weighted, 1);
  pt_sum_exact(c, sums.below, PT_LORENZ);
  pt_sum_u64(c, sums.users, PT_LORENZ);
  bool root = pt_comm_rank(c) == 0;
  PT_LATER(gini(&frames[0], s, &sums, root, err));
  if (!err->code) PT_LATER(lorenz(&frames[1], s, &sums, root, err));
  return pt_agree(c, err);
}

/* Counts, sums and order statistics of all that users are compared by, in one refinement of counts. A cut of type 7
 * lies between two neighbours of the values (or on one), and no user's value lies between them: x is above the cut
 * exactly where it is above the lower neighbour. So scores need no fractions, and ties fall as R's cut(right = TRUE)
 * has them. Memory: 32 KiB a statistic, 2 MiB. */
#include <math.h>
#include <string.h>

#include "models/value_rows.h"
#include "models/whole.h"

#define ONE 1000000000 /* quantiles have 9 digits */

struct pt_worth_view pt_value_look(const struct pt_value_state *s, enum pt_worth what, uint32_t range) {
  uint32_t column = (uint32_t)s->in[what];
  const void *v = pt_rows_values(s->rows, range, column);
  bool money = what == PT_W_MONEY || what == PT_W_NET;
  return (struct pt_worth_view){.days = money ? NULL : v,
                                .money = money ? v : NULL,
                                .mask = pt_rows_mask(s->rows, range, column),
                                .positive = what == PT_W_NET};
}

static void scan(void *ctx, pt_visit visit, void *sink) {
  const struct pt_value_state *s = ctx;
  int64_t x;
  for (uint32_t range = 0; range < pt_rows_ranges(s->rows); range++) {
    for (uint32_t what = 0; what < PT_N_WORTH; what++) {
      if (s->in[what] < 0) continue;
      struct pt_worth_view v = pt_value_look(s, what, range);
      for (uint32_t row = 0, n = pt_rows_in(s->rows, range); row < n; row++)
        if (pt_value_known(&v, row, &x)) visit(sink, what, pt_key_i64(x));
    }
    pt_rows_done(s->rows, range);
  }
}

struct totals {
  uint64_t n[PT_N_WORTH];
  struct pt_exact sum[PT_N_WORTH];
};

static void total(void *sink, uint32_t what, uint64_t key) {
  struct totals *t = sink;
  t->n[what]++;
  pt_exact_add_i64(&t->sum[what], pt_i64_key(key));
}

/* -- what is asked for -- */
#define MAX_ASKED 64
struct asked {
  const struct pt_value_state *s;
  struct pt_target targets[MAX_ASKED];
  int64_t *to[MAX_ASKED];
  uint32_t n;
};

/* The value that the quantile part / whole lies at or above. */
static void ask(struct asked *a, enum pt_worth what, uint64_t part, uint64_t whole, int64_t *to) {
  uint64_t n = a->s->n[what];
  uint64_t k = n ? (uint64_t)((unsigned __int128)(n - 1) * part / whole) : 0;
  a->targets[a->n] = (struct pt_target){what, k};
  a->to[a->n++] = to;
}

/* ... and its upper neighbour, the same where the quantile is a value. */
static void ask_both(struct asked *a, enum pt_worth what, uint64_t part, uint64_t whole, int64_t to[2]) {
  uint64_t n = a->s->n[what], last = n ? n - 1 : 0;
  ask(a, what, part, whole, to);
  uint64_t k = a->targets[a->n - 1].k + ((unsigned __int128)last * part % whole != 0);
  a->targets[a->n] = (struct pt_target){what, k};
  a->to[a->n++] = to + 1;
}

/* Where the curve's step lies within a user: the one after the k = n * step / steps lowest. */
static void ask_lorenz(struct asked *a, struct pt_value_state *s) {
  for (uint32_t i = 1; i < PT_LORENZ; i++) {
    uint64_t k = (uint64_t)((unsigned __int128)s->n[PT_W_NET] * i / PT_LORENZ);
    a->targets[a->n] = (struct pt_target){PT_W_NET, k};
    a->to[a->n++] = &s->lorenz[i];
  }
}

static uint64_t digits(double q) {
  return (uint64_t)llround(q * ONE);
}

int pt_value_measure(struct pt_comm *c, struct pt_value_state *s, struct pt_err *err) {
  struct totals t;
  struct asked a = {.s = s};
  uint64_t keys[MAX_ASKED];
  memset(&t, 0, sizeof t);
  scan(s, total, &t);
  pt_sum_u64(c, t.n, PT_N_WORTH);
  pt_sum_exact(c, t.sum, PT_N_WORTH);
  for (int what = 0; what < PT_N_WORTH; what++) {
    s->n[what] = t.n[what];
    s->sum[what] = pt_whole(&t.sum[what]);
  }
  for (uint32_t what = PT_W_SINCE; what <= PT_W_MONEY; what++) {
    for (uint32_t i = 0; i < PT_SCORE_CUTS; i++) ask(&a, what, i + 1, PT_SCORE_CUTS + 1, &s->cut[what][i]);
    ask_both(&a, what, 1, 2, s->middle[what]);
  }
  for (uint32_t i = 0; i < PT_DECILE_CUTS; i++) ask(&a, PT_W_NET, i + 1, PT_DECILE_CUTS + 1, &s->decile[i]);
  ask_lorenz(&a, s);
  ask_both(&a, PT_W_YEAR, digits(s->conf->loyal_quantile), ONE, s->loyal);
  ask_both(&a, PT_W_YEAR, digits(s->conf->core_quantile), ONE, s->core);
  ask_both(&a, PT_W_SEEN, digits(s->conf->core_quantile), ONE, s->seen);
  PT_TRY(pt_select(c, a.targets, a.n, PT_N_WORTH, scan, s, keys, err));
  for (uint32_t i = 0; i < a.n; i++) *a.to[i] = pt_i64_key(keys[i]);
  return 0;
}

double pt_value_quantile(const int64_t between[2], uint64_t n, double q) {
  uint64_t rest = n ? (uint64_t)((unsigned __int128)(n - 1) * digits(q) % ONE) : 0;
  return (double)between[0] + (double)(between[1] - between[0]) * ((double)rest / ONE);
}

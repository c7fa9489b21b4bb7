/* Cohorts by the month of the first purchase: who is active, who buys and what is spent so many months later. Cohorts
 * from before log_start are left out. Cells of one segment form a triangle: month c has the months c, c + 1, ... behind
 * it. Memory: 48 bytes a cell: 350 KB a segment for ten years. */
#include <portrait/cells.h>
#include <portrait/decimal.h>
#include <stdlib.h>

#include "segments_priv.h"

struct cohorts {
  const struct segments *s;
  uint32_t money, days; /* columns */
  size_t cells;         /* of a segment */
  uint64_t *users;      /* [segment][cohort] */
  uint64_t *counts;     /* [segment][cell][2]: active, buyers */
  struct pt_exact *sum; /* [segment][cell][2]: spend, net spend */
};

static size_t cell_of(const struct cohorts *k, uint32_t segment, uint32_t cohort, uint32_t since) {
  size_t c = cohort; /* before it: c cohorts of n, n - 1, ... months */
  return (size_t)segment * k->cells + (2 * (size_t)k->s->n_months + 1 - c) * c / 2 + since;
}

/* Purchases, spend and net spend of a month since the cohort's. */
static void add_money(struct cohorts *k, uint32_t cohort, int64_t since, const int64_t v[3], const uint32_t *in,
                      uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    size_t cell = cell_of(k, in[i], cohort, (uint32_t)since);
    k->counts[2 * cell + 1] += v[0] > 0;
    pt_exact_add_i64(&k->sum[2 * cell], v[1]);
    pt_exact_add_i64(&k->sum[2 * cell + 1], v[2]);
  }
}

/* The months with money; returns the cohort, -1 where the user has none in the table. */
static int64_t add_months(struct cohorts *k, struct pt_slice bytes, const uint32_t *in, uint32_t n) {
  int64_t month = 0, cohort = -1;
  for (bool first = true; bytes.n; first = false) {
    month = first ? pt_cell_take_signed(&bytes) : month + (int64_t)pt_cell_take(&bytes);
    int64_t v[3] = {(int64_t)pt_cell_take(&bytes), 0, 0};
    v[1] = pt_cell_take_signed(&bytes);
    v[2] = pt_cell_take_signed(&bytes);
    int64_t at = month - k->s->first_month;
    if (cohort < 0) {
      if (v[0] == 0) continue; /* deductions of purchases that the log does not have */
      if (at < 0 || at >= k->s->n_months) return -1;
      cohort = at;
    }
    if (at < k->s->n_months) add_money(k, (uint32_t)cohort, at - cohort, v, in, n);
  }
  return cohort;
}

static void add_active(struct cohorts *k, struct pt_slice bytes, int64_t cohort, const uint32_t *in, uint32_t n) {
  int64_t day = 0, end = pt_month_start(k->s->first_month + cohort); /* the next month's first day */
  for (bool first = true; bytes.n; first = false) {
    day = first ? pt_cell_take_signed(&bytes) : day + (int64_t)pt_cell_take(&bytes);
    if (day < end) continue;
    int64_t month = pt_month_of(day), since = month - k->s->first_month - cohort;
    end = pt_month_start(month + 1);
    if (cohort + since >= k->s->n_months) return;
    for (uint32_t i = 0; i < n; i++) k->counts[2 * cell_of(k, in[i], (uint32_t)cohort, (uint32_t)since)]++;
  }
}

static void add_row(void *ctx, uint32_t range, uint32_t row, const uint32_t *in, uint32_t n) {
  struct cohorts *k = ctx;
  int64_t cohort = add_months(k, pt_rows_bytes(k->s->rows, range, k->money, row), in, n);
  if (cohort < 0) return;
  for (uint32_t i = 0; i < n; i++) k->users[(size_t)in[i] * k->s->n_months + (size_t)cohort]++;
  add_active(k, pt_rows_bytes(k->s->rows, range, k->days, row), cohort, in, n);
}

enum { COHORT = 1, SINCE, USERS, N_READY, ACTIVE, BUYERS, SPEND, NET, ACTIVE_RATE, CUMULATIVE };
static const struct table_column columns[] = {
    {"cohort", PT_FR_TEXT, "", "local month of the first purchase"},
    {"months_since", PT_FR_I64, "months", "months since that month"},
    {"users", PT_FR_I64, "users", "users of the cohort"},
    {"n_ready", PT_FR_I64, "users", "those for whom that month is over: all of them, or none"},
    {"active", PT_FR_I64, "users", "users with a visit event in that month"},
    {"buyers", PT_FR_I64, "users", "users with a purchase in that month"},
    {"spend", PT_FR_F64, "currency", "purchases in that month"},
    {"net_spend", PT_FR_F64, "currency", "net spend in that month"},
    {"active_rate", PT_FR_F64, "1", "active / users; absent until the month is over"},
    {"net_spend_cumulative_per_user", PT_FR_F64, "currency",
     "net spend up to the end of that month / users; absent until the month is over"}};

static int write_cohort(const struct cohorts *k, uint32_t segment, uint32_t cohort, struct pt_frame *f,
                        struct pt_err *err) {
  double users = (double)k->users[(size_t)segment * k->s->n_months + cohort];
  struct pt_exact net = {0};
  if (users == 0) return 0;
  for (uint32_t since = 0; cohort + since < k->s->n_months; since++) {
    size_t cell = cell_of(k, segment, cohort, since);
    bool over = pt_segments_month_over(k->s, k->s->first_month + cohort + since);
    uint64_t row;
    pt_exact_join(&net, &k->sum[2 * cell + 1]);
    PT_TRY(pt_segments_row(k->s, f, segment, &row, err));
    PT_TRY(pt_segments_month(f, row, COHORT, k->s->first_month + cohort, err));
    f->columns[SINCE].v.i64[row] = since;
    f->columns[USERS].v.i64[row] = (int64_t)users;
    f->columns[N_READY].v.i64[row] = over ? (int64_t)users : 0;
    f->columns[ACTIVE].v.i64[row] = (int64_t)k->counts[2 * cell];
    f->columns[BUYERS].v.i64[row] = (int64_t)k->counts[2 * cell + 1];
    f->columns[SPEND].v.f64[row] = pt_exact_value(&k->sum[2 * cell]) / PT_MONEY_SCALE;
    f->columns[NET].v.f64[row] = pt_exact_value(&k->sum[2 * cell + 1]) / PT_MONEY_SCALE;
    if (!over) continue;
    f->columns[ACTIVE_RATE].v.f64[row] = (double)k->counts[2 * cell] / users;
    f->columns[CUMULATIVE].v.f64[row] = pt_exact_value(&net) / PT_MONEY_SCALE / users;
  }
  return 0;
}

static int write(const void *table, struct pt_frame *f, struct pt_err *err) {
  const struct cohorts *k = table;
  PT_TRY(PT_TABLE_COLUMNS(f, columns, err));
  for (uint32_t segment = 0; segment < k->s->n_own; segment++)
    for (uint32_t cohort = 0; cohort < k->s->n_months; cohort++) PT_TRY(write_cohort(k, segment, cohort, f, err));
  return 0;
}

int pt_segments_cohorts(struct pt_comm *c, const struct segments *s, struct pt_frame *f, bool *made,
                        struct pt_err *err) {
  int64_t money = pt_schema_find(s->schema, "_money_months"), days = pt_schema_find(s->schema, "_visit_days");
  if (money < 0 || days < 0) return 0;
  struct cohorts k = {.s = s, .money = (uint32_t)money, .days = (uint32_t)days};
  k.cells = (size_t)s->n_months * (s->n_months + 1) / 2;
  size_t n = k.cells * s->n_own, n_users = (size_t)s->n_months * s->n_own;
  k.users = calloc(n_users + 1, sizeof *k.users);
  k.counts = calloc(2 * n + 1, sizeof *k.counts);
  k.sum = calloc(2 * n + 1, sizeof *k.sum);
  if (!k.users || !k.counts || !k.sum) (void)pt_segments_no_memory(err);
  int failed = pt_agree(c, err);
  if (!failed) {
    pt_segments_each(s, add_row, &k);
    pt_sum_u64(c, k.users, n_users);
    pt_sum_u64(c, k.counts, 2 * n);
    pt_sum_exact(c, k.sum, 2 * n);
    failed = pt_segments_finish(c, "segments/cohorts", write, &k, f, made, err);
  }
  free(k.users);
  free(k.counts);
  free(k.sum);
  return failed;
}

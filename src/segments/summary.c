/* Users, buyers, orders, money, recency of each segment. Counts and whole days are integers, money goes through exact
 * sums, the quantiles of net spend through refinement of counts. */
#include "segments_priv.h"

#include <math.h>
#include <portrait/decimal.h>
#include <stdlib.h>
#include <string.h>

enum count { USERS, BUYERS, ORDERS_365, ORDERS_ALL, VALUED, RECENCY, ACTIVE, N_COUNTS };
enum mean { P_PURCHASE, P_ALIVE, CLV, N_MEANS };
enum money { SPEND_365, SPEND_ALL, NET_365, NET_ALL, NET_BUYERS, N_MONEY };

static const char *const count_columns[N_COUNTS] = {
    NULL, NULL, "orders_365d", "orders_all", "_orders_valued", "days_since_purchase", "active_days_365d"};
static const char *const money_columns[N_MONEY] = {"spend_365d", "spend_all", "net_spend_365d", "net_spend_all",
                                                   "net_spend_all"};

/* Predictions: their mean over the users that have one. */
static const struct {
  const char *column, *name, *unit, *text;
} means[N_MEANS] = {
    {"p_purchase_90d", "p_purchase_90d_mean", "1", "mean p_purchase_90d over the users that have one"},
    {"p_alive", "p_alive_mean", "1", "mean p_alive over the users that have one"},
    {"clv_12m", "clv_12m_mean", "currency", "mean clv_12m over the users that have one"},
};

struct summary {
  const struct segments *s;
  int64_t count_at[N_COUNTS], money_at[N_MONEY]; /* column numbers, -1 = not computed */
  int64_t mean_at[N_MEANS];
  uint64_t *counts;       /* [segment][N_COUNTS] */
  uint64_t *known;        /* [segment][N_MEANS]: users with one */
  struct pt_exact *means; /* [segment][N_MEANS] */
  struct pt_exact *money; /* [segment][N_MONEY] */
};

static uint64_t count_value(struct pt_rows *rows, uint32_t range, int64_t column, uint32_t row) {
  const struct pt_column *c = &pt_rows_schema(rows)->columns[column];
  const uint8_t *mask = pt_rows_mask(rows, range, (uint32_t)column);
  const void *v = pt_rows_values(rows, range, (uint32_t)column);
  if (mask && mask[row]) return 0;
  if (c->type == PT_C_U16) return ((const uint16_t *)v)[row];
  if (c->type == PT_C_I32) return (uint64_t)((const int32_t *)v)[row];
  return ((const uint32_t *)v)[row];
}

static bool is_buyer(const struct summary *m, uint32_t range, uint32_t row) {
  return m->count_at[ORDERS_ALL] >= 0 && count_value(m->s->rows, range, m->count_at[ORDERS_ALL], row) > 0;
}

static double money_value(const struct summary *m, uint32_t range, enum money what, uint32_t row) {
  return ((const double *)pt_rows_values(m->s->rows, range, (uint32_t)m->money_at[what]))[row];
}

/* Money columns hold multiples of 1/10,000: summed as such, exactly, where that is what they hold. */
static void add_money(struct pt_exact *sum, double v) {
  double units = v * PT_MONEY_SCALE;
  if (fabs(units) < 0x1p53)
    pt_exact_add_i64(sum, llround(units));
  else
    pt_exact_add(sum, units);
}

static bool real_value(const struct summary *m, uint32_t range, int64_t column, uint32_t row, double *out) {
  const void *v = pt_rows_values(m->s->rows, range, (uint32_t)column);
  bool single = m->s->schema->columns[column].type == PT_C_F32;
  *out = single ? (double)((const float *)v)[row] : ((const double *)v)[row];
  return !isnan(*out);
}

static void add_row(struct summary *m, uint32_t range, uint32_t row, const uint32_t *in, uint32_t n) {
  uint64_t counts[N_COUNTS] = {[USERS] = 1, [BUYERS] = is_buyer(m, range, row)};
  struct pt_exact money[N_MONEY] = {0};
  for (int i = ORDERS_365; i < N_COUNTS; i++)
    if (m->count_at[i] >= 0) counts[i] = count_value(m->s->rows, range, m->count_at[i], row);
  for (int i = 0; i < N_MONEY; i++)
    if (m->money_at[i] >= 0 && (i != NET_BUYERS || counts[BUYERS]))
      add_money(&money[i], money_value(m, range, (enum money)i, row));
  for (int i = 0; i < N_MEANS; i++) {
    double v;
    if (m->mean_at[i] < 0 || !real_value(m, range, m->mean_at[i], row, &v)) continue;
    for (uint32_t k = 0; k < n; k++) {
      m->known[(size_t)in[k] * N_MEANS + (size_t)i]++;
      pt_exact_add(&m->means[(size_t)in[k] * N_MEANS + (size_t)i], v);
    }
  }
  for (uint32_t k = 0; k < n; k++) {
    for (int i = 0; i < N_COUNTS; i++) m->counts[(size_t)in[k] * N_COUNTS + (size_t)i] += counts[i];
    for (int i = 0; i < N_MONEY; i++) pt_exact_join(&m->money[(size_t)in[k] * N_MONEY + (size_t)i], &money[i]);
  }
}

static void scan_net(void *ctx, pt_visit visit, void *sink) {
  const struct summary *m = ctx;
  for (uint32_t range = 0; range < pt_rows_ranges(m->s->rows); range++)
    for (uint32_t row = 0; row < pt_rows_in(m->s->rows, range); row++) {
      if (!is_buyer(m, range, row)) continue;
      uint64_t key = pt_key_f64(money_value(m, range, NET_ALL, row));
      uint32_t n = pt_segments_of(m->s, range, row);
      for (uint32_t k = 0; k < n; k++) visit(sink, m->s->in[k], key);
    }
}

/* Median and p90 of net spend over each segment's buyers. */
static int quantiles(struct pt_comm *c, struct summary *m, double *median, double *p90, struct pt_err *err) {
  uint32_t n = m->s->n;
  struct pt_target *targets = calloc(4 * (size_t)n, sizeof *targets);
  uint64_t *keys = calloc(4 * (size_t)n, sizeof *keys);
  double *parts = calloc(2 * (size_t)n, sizeof *parts);
  if (!targets || !keys || !parts) pt_fail(err, "segments", PT_MEMORY, 0, "out of memory");
  int failed = pt_agree(c, err);
  for (uint32_t i = 0; i < 2 * n && !failed; i++) {
    uint64_t buyers = m->counts[(size_t)(i / 2) * N_COUNTS + BUYERS], lo;
    pt_type7(buyers, i % 2 ? .9 : .5, &lo, &parts[i]);
    targets[2 * i] = (struct pt_target){i / 2, lo};
    targets[2 * i + 1] = (struct pt_target){i / 2, lo + (parts[i] > 0)};
  }
  if (!failed) failed = pt_select(c, targets, 4 * n, n, scan_net, m, keys, err);
  for (uint32_t i = 0; i < 2 * n && !failed; i++) {
    double low = pt_f64_key(keys[2 * i]), high = pt_f64_key(keys[2 * i + 1]);
    bool any = m->counts[(size_t)(i / 2) * N_COUNTS + BUYERS] > 0;
    (i % 2 ? p90 : median)[i / 2] = any ? low + parts[i] * (high - low) : NAN;
  }
  free(targets);
  free(keys);
  free(parts);
  return failed;
}

static double ratio(double a, double b) {
  return b > 0 ? a / b : NAN;
}

struct cell {
  const char *name;
  enum pt_ftype type;
  const char *unit, *text;
  bool there;
  double v;
};

static uint32_t cells_of(const struct summary *m, uint32_t g, const double *median, const double *p90,
                         struct cell *out) {
  const uint64_t *k = &m->counts[(size_t)g * N_COUNTS];
  double users = (double)k[USERS], buyers = (double)k[BUYERS], money[N_MONEY];
  bool orders = m->count_at[ORDERS_ALL] >= 0, net = orders && m->money_at[NET_ALL] >= 0;
  for (int i = 0; i < N_MONEY; i++)
    money[i] = pt_exact_value(&m->money[(size_t)g * N_MONEY + (size_t)i]) / PT_MONEY_SCALE;
  struct cell cells[] = {
      {"users", PT_FR_I64, "users", "users of the segment", true, users},
      {"share", PT_FR_F64, "1", "share of all users", true, ratio(users, (double)m->counts[USERS])},
      {"buyers", PT_FR_I64, "users", "users with an order", orders, buyers},
      {"orders_365d", PT_FR_I64, "orders", "orders in 365 d", m->count_at[ORDERS_365] >= 0, (double)k[ORDERS_365]},
      {"orders_all", PT_FR_I64, "orders", "orders", orders, (double)k[ORDERS_ALL]},
      {"spend_365d", PT_FR_F64, "currency", "purchases in 365 d", m->money_at[SPEND_365] >= 0, money[SPEND_365]},
      {"spend_all", PT_FR_F64, "currency", "purchases", m->money_at[SPEND_ALL] >= 0, money[SPEND_ALL]},
      {"net_spend_365d", PT_FR_F64, "currency", "net spend in 365 d", m->money_at[NET_365] >= 0, money[NET_365]},
      {"net_spend_all", PT_FR_F64, "currency", "net spend", m->money_at[NET_ALL] >= 0, money[NET_ALL]},
      {"net_spend_mean", PT_FR_F64, "currency", "mean net spend over buyers", net, ratio(money[NET_BUYERS], buyers)},
      {"net_spend_median", PT_FR_F64, "currency", "median net spend over buyers", net, median[g]},
      {"net_spend_p90", PT_FR_F64, "currency", "90 % quantile of net spend over buyers", net, p90[g]},
      {"order_value_mean", PT_FR_F64, "currency", "mean value of orders with an amount",
       m->count_at[VALUED] >= 0 && m->money_at[SPEND_ALL] >= 0, ratio(money[SPEND_ALL], (double)k[VALUED])},
      {"recency_mean", PT_FR_F64, "days", "mean days_since_purchase over buyers", orders && m->count_at[RECENCY] >= 0,
       ratio((double)k[RECENCY], buyers)},
      {"active_days_mean", PT_FR_F64, "days", "mean active_days_365d", m->count_at[ACTIVE] >= 0,
       ratio((double)k[ACTIVE], users)}};
  memcpy(out, cells, sizeof cells);
  uint32_t n = sizeof cells / sizeof *cells;
  for (int i = 0; i < N_MEANS; i++) {
    size_t at = (size_t)g * N_MEANS + (size_t)i;
    out[n++] =
        (struct cell){means[i].name, PT_FR_F64,          means[i].unit,
                      means[i].text, m->mean_at[i] >= 0, ratio(pt_exact_value(&m->means[at]), (double)m->known[at])};
  }
  return n;
}

static int write_frame(struct summary *m, const double *median, const double *p90, struct pt_frame *f,
                       struct pt_err *err) {
  struct cell cells[24];
  PT_TRY(pt_segments_name_columns(f, err));
  uint32_t n = cells_of(m, 0, median, p90, cells), at;
  for (uint32_t i = 0; i < n; i++)
    if (cells[i].there)
      PT_TRY(pt_frame_column(f, cells[i].name, cells[i].type, cells[i].unit, cells[i].text, &at, err));
  for (uint32_t g = 0; g < m->s->n; g++) {
    uint64_t row;
    PT_TRY(pt_frame_row(f, &row, err));
    PT_TRY(pt_segments_name_row(m->s, f, row, g, err));
    cells_of(m, g, median, p90, cells);
    for (uint32_t i = 0, column = 3; i < n; i++) {
      if (!cells[i].there) continue;
      if (cells[i].type == PT_FR_I64)
        f->columns[column].v.i64[row] = (int64_t)cells[i].v;
      else
        f->columns[column].v.f64[row] = cells[i].v;
      column++;
    }
  }
  return 0;
}

static int gather(struct pt_comm *c, struct summary *m, struct pt_err *err) {
  m->counts = calloc((size_t)m->s->n * N_COUNTS, sizeof *m->counts);
  m->known = calloc((size_t)m->s->n * N_MEANS, sizeof *m->known);
  m->means = calloc((size_t)m->s->n * N_MEANS, sizeof *m->means);
  m->money = calloc((size_t)m->s->n * N_MONEY, sizeof *m->money);
  if (!m->counts || !m->known || !m->means || !m->money) pt_fail(err, "segments", PT_MEMORY, 0, "out of memory");
  int failed = pt_agree(c, err);
  for (uint32_t range = 0; range < pt_rows_ranges(m->s->rows) && !failed; range++) {
    for (uint32_t row = 0; row < pt_rows_in(m->s->rows, range); row++)
      add_row(m, range, row, m->s->in, pt_segments_of(m->s, range, row));
    pt_rows_done(m->s->rows, range);
  }
  if (failed) return failed;
  pt_sum_u64(c, m->counts, (uint64_t)m->s->n * N_COUNTS);
  pt_sum_u64(c, m->known, (uint64_t)m->s->n * N_MEANS);
  pt_sum_exact(c, m->means, (uint64_t)m->s->n * N_MEANS);
  pt_sum_exact(c, m->money, (uint64_t)m->s->n * N_MONEY);
  return 0;
}

/* -1 where there is none, or one of integers. */
static int64_t real_column(const struct pt_schema *schema, const char *name) {
  int64_t at = pt_schema_find(schema, name);
  return at >= 0 && (schema->columns[at].type == PT_C_F32 || schema->columns[at].type == PT_C_F64) ? at : -1;
}

int pt_segments_summary(struct pt_comm *c, const struct segments *s, struct pt_frame *f, bool *made,
                        struct pt_err *err) {
  struct summary m = {.s = s};
  for (int i = 0; i < N_COUNTS; i++)
    m.count_at[i] = count_columns[i] ? pt_schema_find(s->schema, count_columns[i]) : -1;
  for (int i = 0; i < N_MEANS; i++) m.mean_at[i] = real_column(s->schema, means[i].column);
  for (int i = 0; i < N_MONEY; i++) m.money_at[i] = pt_schema_find(s->schema, money_columns[i]);
  double *median = calloc(s->n, sizeof *median), *p90 = calloc(s->n, sizeof *p90);
  if (!median || !p90) pt_fail(err, "segments", PT_MEMORY, 0, "out of memory");
  int failed = pt_agree(c, err);
  if (!failed) failed = gather(c, &m, err);
  if (!failed && m.count_at[ORDERS_ALL] >= 0 && m.money_at[NET_ALL] >= 0) failed = quantiles(c, &m, median, p90, err);
  if (!failed) {
    PT_LATER(pt_frame_init(f, "segments/summary", err));
    if (pt_comm_rank(c) == 0 && !err->code) PT_LATER(write_frame(&m, median, p90, f, err));
    failed = pt_agree(c, err);
    *made = true;
  }
  free(median);
  free(p90);
  free(m.counts);
  free(m.known);
  free(m.means);
  free(m.money);
  return failed;
}

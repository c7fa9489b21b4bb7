/* The statistics of `summary` from a file's columns, for the segment and for all. The number of orders with an amount
 * is not in the file: it is what spend_all is divided by in order_value_mean, and comes back whole by rounding. */
#include <math.h>
#include <portrait/decimal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query_priv.h"

enum input {
  ORDERS_365,
  ORDERS_ALL,
  RECENCY,
  ACTIVE,
  SPEND_365,
  SPEND_ALL,
  NET_365,
  NET_ALL,
  VALUE,
  P_PURCHASE,
  P_ALIVE,
  CLV,
  N_INPUTS
};
static const char *const input_names[N_INPUTS] = {
    "orders_365d",    "orders_all",    "days_since_purchase", "active_days_365d", "spend_365d", "spend_all",
    "net_spend_365d", "net_spend_all", "order_value_mean",    "p_purchase_90d",   "p_alive",    "clv_12m"};

enum { SEGMENT, ALL, N_GROUPS };

struct summary {
  struct pt_query *q;
  struct query_column in[N_INPUTS];
  bool there[N_INPUTS];
  uint64_t buyers[N_GROUPS], valued[N_GROUPS], known[N_GROUPS][N_INPUTS], whole[N_GROUPS][N_INPUTS];
  struct pt_exact sum[N_GROUPS][N_INPUTS], net_of_buyers[N_GROUPS];
  double *net;     /* of this rank's buyers */
  uint8_t *net_in; /* whether they are of the segment */
  uint64_t n_net;
  double quantile[N_GROUPS][2];
};

/* Money columns hold multiples of 1/10,000: summed as such, exactly. */
static void add_real(struct pt_exact *sum, double v, bool money) {
  double units = money ? v * PT_MONEY_SCALE : v;
  if (money && fabs(units) < 0x1p53)
    pt_exact_add_i64(sum, llround(units));
  else
    pt_exact_add(sum, units);
}

static bool known(const struct summary *m, enum input i, uint64_t row) {
  return m->there[i] && !m->in[i].values.absent[row];
}

/* Orders with an amount; all of them where that cannot be told apart. */
static uint64_t valued_orders(const struct summary *m, uint64_t row, uint64_t orders) {
  if (!known(m, VALUE, row) || !known(m, SPEND_ALL, row)) return 0;
  double mean = m->in[VALUE].values.real[row];
  return mean > 0 ? (uint64_t)llround(m->in[SPEND_ALL].values.real[row] / mean) : orders;
}

static void add_row(struct summary *m, uint64_t row, bool in) {
  uint64_t orders = known(m, ORDERS_ALL, row) ? (uint64_t)m->in[ORDERS_ALL].values.whole[row] : 0;
  uint64_t valued = valued_orders(m, row, orders);
  for (int g = in ? SEGMENT : ALL; g < N_GROUPS; g++) {
    m->buyers[g] += orders > 0;
    m->valued[g] += valued;
    for (int i = 0; i < N_INPUTS; i++) {
      if (!known(m, (enum input)i, row)) continue;
      m->known[g][i]++;
      if (m->in[i].about.kind == PT_P_REAL)
        add_real(&m->sum[g][i], m->in[i].values.real[row], i >= SPEND_365 && i <= NET_ALL);
      else
        m->whole[g][i] += (uint64_t)m->in[i].values.whole[row];
    }
  }
  if (orders == 0 || !known(m, NET_ALL, row)) return;
  for (int g = in ? SEGMENT : ALL; g < N_GROUPS; g++)
    add_real(&m->net_of_buyers[g], m->in[NET_ALL].values.real[row], true);
  m->net[m->n_net] = m->in[NET_ALL].values.real[row];
  m->net_in[m->n_net++] = in;
}

static int open_inputs(struct summary *m, struct pt_err *err) {
  for (int i = 0; i < N_INPUTS; i++) {
    int64_t at = pt_profiles_find(m->q->file, input_names[i], strlen(input_names[i]));
    if (at < 0) continue;
    PT_TRY(pt_query_column_open(m->q, (uint32_t)at, &m->in[i], err));
    bool real = m->in[i].about.kind == PT_P_REAL;
    m->there[i] = real ? i >= SPEND_365 : i < SPEND_365 && m->in[i].about.kind == PT_P_WHOLE;
  }
  m->net = malloc((m->q->n + 1) * sizeof *m->net);
  m->net_in = malloc(m->q->n + 1);
  return m->net && m->net_in ? 0 : pt_query_no_memory(err);
}

/* Local: this rank's rows. */
static int scan_rows(struct summary *m, struct pt_err *err) {
  PT_TRY(open_inputs(m, err));
  for (uint64_t done = 0; done < m->q->n; done += PT_QUERY_BATCH) {
    uint64_t n = m->q->n - done < PT_QUERY_BATCH ? m->q->n - done : PT_QUERY_BATCH;
    for (int i = 0; i < N_INPUTS; i++)
      if (m->there[i]) PT_TRY(pt_query_column_read(m->q, &m->in[i], m->q->first + done, n, err));
    for (uint64_t row = 0; row < n; row++) add_row(m, row, m->q->in[done + row]);
  }
  return 0;
}

static void visit_net(void *ctx, pt_visit visit, void *sink) {
  const struct summary *m = ctx;
  for (uint64_t i = 0; i < m->n_net; i++) {
    uint64_t key = pt_key_f64(m->net[i]);
    if (m->net_in[i]) visit(sink, SEGMENT, key);
    visit(sink, ALL, key);
  }
}

/* Collective: median and p90 of net spend over buyers. */
static int quantiles(struct summary *m, struct pt_err *err) {
  struct pt_target targets[4 * N_GROUPS];
  uint64_t keys[4 * N_GROUPS], n[N_GROUPS] = {0, m->n_net};
  double part[2 * N_GROUPS];
  for (uint64_t i = 0; i < m->n_net; i++) n[SEGMENT] += m->net_in[i];
  pt_sum_u64(m->q->c, n, N_GROUPS);
  for (uint32_t i = 0; i < 2 * N_GROUPS; i++) {
    uint64_t low;
    pt_type7(n[i / 2], i % 2 ? .9 : .5, &low, &part[i]);
    targets[2 * i] = (struct pt_target){i / 2, low};
    targets[2 * i + 1] = (struct pt_target){i / 2, low + (part[i] > 0)};
  }
  PT_TRY(pt_select(m->q->c, targets, 4 * N_GROUPS, N_GROUPS, visit_net, m, keys, err));
  for (uint32_t i = 0; i < 2 * N_GROUPS; i++) {
    double low = pt_f64_key(keys[2 * i]), high = pt_f64_key(keys[2 * i + 1]);
    m->quantile[i / 2][i % 2] = n[i / 2] ? (part[i] > 0 ? low + part[i] * (high - low) : low) : NAN;
  }
  return 0;
}

static double ratio(double a, double b) {
  return b == 0 ? NAN : a / b;
}

struct cell {
  const char *name;
  enum pt_ftype type;
  const char *unit, *text;
  bool there, of_buyers;
  double v;
};

static uint32_t cells_of(const struct summary *m, int g, struct cell *out) {
  double users = g == SEGMENT ? (double)m->q->users : (double)pt_query_all(m->q), all = (double)pt_query_all(m->q);
  double buyers = (double)m->buyers[g], money[N_INPUTS];
  const uint64_t *whole = m->whole[g];
  for (int i = 0; i < N_INPUTS; i++) money[i] = pt_exact_value(&m->sum[g][i]) / PT_MONEY_SCALE;
  const bool *there = m->there;
  bool net = there[ORDERS_ALL] && there[NET_ALL];
  struct cell cells[] = {
      {"users", PT_FR_I64, "users", "users of the segment", true, false, users},
      {"share", PT_FR_F64, "1", "share of all users", true, false, ratio(users, all)},
      {"buyers", PT_FR_I64, "users", "users with an order", there[ORDERS_ALL], true, buyers},
      {"orders_365d", PT_FR_I64, "orders", "orders in 365 d", there[ORDERS_365], true, (double)whole[ORDERS_365]},
      {"orders_all", PT_FR_I64, "orders", "orders", there[ORDERS_ALL], true, (double)whole[ORDERS_ALL]},
      {"spend_365d", PT_FR_F64, "currency", "purchases in 365 d", there[SPEND_365], true, money[SPEND_365]},
      {"spend_all", PT_FR_F64, "currency", "purchases", there[SPEND_ALL], true, money[SPEND_ALL]},
      {"net_spend_365d", PT_FR_F64, "currency", "net spend in 365 d", there[NET_365], true, money[NET_365]},
      {"net_spend_all", PT_FR_F64, "currency", "net spend", there[NET_ALL], true, money[NET_ALL]},
      {"net_spend_mean", PT_FR_F64, "currency", "mean net spend over buyers", net, true,
       ratio(pt_exact_value(&m->net_of_buyers[g]) / PT_MONEY_SCALE, buyers)},
      {"net_spend_median", PT_FR_F64, "currency", "median net spend over buyers", net, true, m->quantile[g][0]},
      {"net_spend_p90", PT_FR_F64, "currency", "90 % quantile of net spend over buyers", net, true, m->quantile[g][1]},
      {"order_value_mean", PT_FR_F64, "currency", "mean value of orders with an amount",
       there[VALUE] && there[SPEND_ALL], true, ratio(money[SPEND_ALL], (double)m->valued[g])},
      {"recency_mean", PT_FR_F64, "days", "mean days_since_purchase over buyers", there[RECENCY] && there[ORDERS_ALL],
       true, ratio((double)whole[RECENCY], buyers)},
      {"active_days_mean", PT_FR_F64, "days", "mean active_days_365d", there[ACTIVE], false,
       ratio((double)whole[ACTIVE], users)},
      {"p_purchase_90d_mean", PT_FR_F64, "1", "mean p_purchase_90d over the users that have one", there[P_PURCHASE],
       false, ratio(pt_exact_value(&m->sum[g][P_PURCHASE]), (double)m->known[g][P_PURCHASE])},
      {"p_alive_mean", PT_FR_F64, "1", "mean p_alive over the users that have one", there[P_ALIVE], false,
       ratio(pt_exact_value(&m->sum[g][P_ALIVE]), (double)m->known[g][P_ALIVE])},
      {"clv_12m_mean", PT_FR_F64, "currency", "mean clv_12m over the users that have one", there[CLV], false,
       ratio(pt_exact_value(&m->sum[g][CLV]), (double)m->known[g][CLV])}};
  memcpy(out, cells, sizeof cells);
  return sizeof cells / sizeof *cells;
}

static int write_row(const struct summary *m, int g, struct pt_frame *f, struct pt_err *err) {
  struct cell cells[24];
  uint32_t n = cells_of(m, g, cells), at = 1;
  uint64_t row;
  PT_TRY(pt_frame_row(f, &row, err));
  PT_TRY(pt_frame_set_text(f, row, 0, g == SEGMENT ? "segment" : "all", g == SEGMENT ? 7 : 3, err));
  bool few = m->buyers[g] < m->q->conf->privacy_k;
  for (uint32_t i = 0; i < n; i++) {
    if (!cells[i].there) continue;
    double v = few && cells[i].of_buyers ? NAN : cells[i].v;
    if (f->columns[at].type == PT_FR_I64)
      f->columns[at].v.i64[row] = (int64_t)v;
    else
      f->columns[at].v.f64[row] = v;
    at++;
  }
  return 0;
}

static int write(const struct summary *m, struct pt_frame *f, struct pt_err *err) {
  struct cell cells[24];
  uint32_t n = cells_of(m, ALL, cells), at;
  PT_TRY(pt_frame_init(f, "segments/summary", err));
  PT_TRY(pt_frame_column(f, "segment", PT_FR_TEXT, "", "the segment, or all users", &at, err));
  for (uint32_t i = 0; i < n; i++) {
    bool whole = cells[i].type == PT_FR_I64 && !(m->q->conf->privacy_k && cells[i].of_buyers);
    if (cells[i].there)
      PT_TRY(pt_frame_column(f, cells[i].name, whole ? PT_FR_I64 : PT_FR_F64, cells[i].unit, cells[i].text, &at, err));
  }
  for (int g = 0; g < N_GROUPS; g++) PT_TRY(write_row(m, g, f, err));
  return 0;
}

int pt_query_summary(struct pt_query *q, struct pt_frame *f, struct pt_err *err) {
  struct summary *m = calloc(1, sizeof *m);
  if (m) m->q = q;
  if (!m) (void)pt_query_no_memory(err);
  if (m) PT_LATER(scan_rows(m, err));
  int code = pt_agree(q->c, err);
  if (!code) {
    pt_sum_u64(q->c, m->buyers, N_GROUPS);
    pt_sum_u64(q->c, m->valued, N_GROUPS);
    pt_sum_u64(q->c, m->known[0], (uint64_t)N_GROUPS * N_INPUTS);
    pt_sum_u64(q->c, m->whole[0], (uint64_t)N_GROUPS * N_INPUTS);
    pt_sum_exact(q->c, m->sum[0], (uint64_t)N_GROUPS * N_INPUTS);
    pt_sum_exact(q->c, m->net_of_buyers, N_GROUPS);
    code = quantiles(m, err);
  }
  if (!code && pt_comm_rank(q->c) == 0) PT_LATER(write(m, f, err));
  if (!code) code = pt_agree(q->c, err);
  for (int i = 0; m && i < N_INPUTS; i++) pt_query_column_close(&m->in[i]);
  if (m) {
    free(m->net);
    free(m->net_in);
  }
  free(m);
  return code;
}

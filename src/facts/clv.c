/* Lifetime value: the purchase history that its models are fitted on, and the columns of their forecasts, which the
 * stage `models` fills from the hidden ones when it knows the parameters of all users. */
#include <portrait/decimal.h>

#include "facts/family.h"

enum {
  X,
  TX,
  T,
  M,
  ALIVE,
  PURCHASE,             /* 7, 30, 90, 365 days */
  CHURN = PURCHASE + 4, /* likewise */
  EXPECTED = CHURN + 4, /* likewise */
  VALUE = EXPECTED + 4,
  CLV,
  KEPT_X,
  KEPT_TX,
  KEPT_T,
  KEPT_M,
  KEPT_SEEN,
  KEPT_TRUNCATED,
  N_ROWS
};
#define FORECASTS ((1u << KEPT_X) - (1u << ALIVE))
#define VALUES    (1u << VALUE | 1u << CLV)
#define FORECAST(row, n, u, words) \
  [row] = {.name = n, .type = PT_C_F32, .level = "prediction", .unit = u, .text = words}
#define HORIZONS(row, n, u, words)                                    \
  FORECAST((row), n "_7d", u, words " in the next 7 days"),           \
      FORECAST((row) + 1, n "_30d", u, words " in the next 30 days"), \
      FORECAST((row) + 2, n "_90d", u, words " in the next 90 days"), \
      FORECAST((row) + 3, n "_365d", u, words " in the next 365 days")
#define KEPT(row, n, t, s, u, words) \
  [row] = {.name = n, .type = t, .flags = PT_COL_HIDDEN, .serves = s, .unit = u, .text = words}

static const struct pt_colrow rows[N_ROWS] = {
    [X] = {.name = "clv_x",
           .type = PT_C_U32,
           .flags = PT_COL_NULLABLE,
           .unit = "days",
           .text = "Days with a purchase after the first"},
    [TX] = {.name = "clv_tx",
            .type = PT_C_F32,
            .unit = "clv.time_unit",
            .text = "Time from the first to the last purchase day"},
    [T] = {.name = "clv_T",
           .type = PT_C_F32,
           .unit = "clv.time_unit",
           .text = "Time from the first purchase day to the last day"},
    [M] = {.name = "clv_m",
           .type = PT_C_F64,
           .unit = "currency",
           .text = "Mean gross spend of the days with a purchase after the first"},
    FORECAST(ALIVE, "p_alive", "1", "Probability that the user still buys; rank by p_purchase_90d rather than by it"),
    HORIZONS(PURCHASE, "p_purchase", "1", "Probability of a purchase"),
    HORIZONS(CHURN, "churn_probability", "1", "Probability of no purchase"),
    HORIZONS(EXPECTED, "expected_purchases", "days", "Days with a purchase to be expected"),
    [VALUE] = {.name = "expected_purchase_value",
               .type = PT_C_F64,
               .level = "prediction",
               .unit = "currency",
               .text = "Spend to be expected of a purchase day (Gamma-Gamma)"},
    [CLV] = {.name = "clv_12m",
             .type = PT_C_F64,
             .level = "prediction",
             .unit = "currency",
             .text = "Value of the next 12 months' purchases, discounted by clv.discount a month, times clv.margin"},
    KEPT(KEPT_X, "_clv_x", PT_C_I32, FORECASTS, "days", "clv_x; -1 without a purchase"),
    KEPT(KEPT_TX, "_clv_tx", PT_C_I32, FORECASTS, "days", "clv_tx in days"),
    KEPT(KEPT_T, "_clv_T", PT_C_I32, FORECASTS, "days", "clv_T in days"),
    KEPT(KEPT_M, "_clv_m", PT_C_F64, VALUES, "currency", "clv_m"),
    KEPT(KEPT_SEEN, "_clv_seen", PT_C_I32, FORECASTS, "days", "Local day of the first visit, since 1970-01-01"),
    KEPT(KEPT_TRUNCATED, "_clv_truncated", PT_C_U8, FORECASTS, "1", "1 where the history is truncated"),
};

struct state {
  struct pt_cols cols;
  const struct pt_orders *book;
  const struct pt_facts_ctx *ctx;
  const struct pt_profile *profile;
  double unit; /* days */
  bool seen;   /* the first visit was */
  bool registers;
  int64_t registered; /* the first register event */
  int32_t seen_day, first_day;
  __int128 first_money, money; /* of the first purchase day, of all */
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  free(s);
}

/* Without a model there is nothing to forecast with: its columns are absent. */
static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  struct pt_colopen open = {ctx, schema, fields, "clv"};
  uint32_t n = ctx->conf->clv_model == PT_CLV_NONE ? ALIVE : N_ROWS;
  PT_TRY(pt_facts_cols_add(&s->cols, &open, rows, n, NULL, err));
  s->book = &ctx->user->orders;
  s->profile = &ctx->user->profile;
  s->unit = (double)ctx->conf->clv_unit_ms / PT_DAY_MS;
  if (s->cols.n_wanted) ctx->user->orders.want_days = true;
  return pt_facts_opened(state, &s->cols, close_state);
}

static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  (void)err;
  ((struct state *)state)->ctx = ctx;
  return 0;
}

static bool has_forecasts(const struct state *s) {
  return s->cols.n_rows == N_ROWS && pt_wanted(&s->cols, KEPT_SEEN);
}

/* The first visit may be of any type. */
static uint64_t types(void *state) {
  return has_forecasts(state) ? UINT64_MAX : PT_TYPE_BIT(PT_T_PURCHASE);
}

static void begin(void *state) {
  struct state *s = state;
  s->seen = s->registers = false;
  s->first_day = INT32_MAX;
  s->first_money = s->money = 0;
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  if (e->type == PT_T_REGISTER && !s->registers) {
    s->registers = true;
    s->registered = e->time;
  }
  if (!s->seen && d->visit) {
    s->seen = true;
    s->seen_day = d->day;
  }
  if (!d->purchase) return 0;
  if (d->day < s->first_day) s->first_money = 0;
  if (d->day <= s->first_day) {
    s->first_day = d->day;
    s->first_money += d->money;
  }
  s->money += d->money;
  return 0;
}

/* As the column `history` has it, which the job may not have. */
static bool truncated(const struct state *s) {
  bool told = pt_told(s->profile, PT_RF_REGISTERED_AT);
  int64_t at = told ? pt_told_number(s->profile, PT_RF_REGISTERED_AT) : s->registered;
  return (told || s->registers) && at < s->ctx->log_start && !pt_told(s->profile, PT_RF_FIRST_PURCHASE_AT);
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  struct pt_cols *c = &s->cols;
  pt_facts_cols_at(c, to, range, row);
  size_t days = pt_purchase_days(s->book);
  int32_t x = (int32_t)days - 1, tx = 0, t = 0;
  if (days) {
    int64_t first = pt_purchase_day(s->book, 0), last = pt_purchase_day(s->book, days - 1);
    tx = (int32_t)(last - first);
    t = (int32_t)(s->ctx->last_day > last ? s->ctx->last_day - first : tx);
  }
  double mean = x > 0 ? pt_share(s->money - s->first_money, (__int128)x * PT_MONEY_SCALE) : NAN;
  pt_put_u32(c, pt_slot_at(c, X), days ? (uint32_t)x : 0);
  pt_put_known(c, pt_slot_at(c, X), days > 0);
  pt_put_f32(c, pt_slot_at(c, TX), days ? tx / s->unit : NAN);
  pt_put_f32(c, pt_slot_at(c, T), days ? t / s->unit : NAN);
  pt_put_f64(c, pt_slot_at(c, M), mean);
  if (!has_forecasts(s)) return 0;
  for (uint32_t r = ALIVE; r < VALUE; r++) pt_put_f32(c, pt_slot_at(c, r), NAN);
  pt_put_f64(c, pt_slot_at(c, VALUE), NAN);
  pt_put_f64(c, pt_slot_at(c, CLV), NAN);
  pt_put_i32(c, pt_slot_at(c, KEPT_X), x);
  pt_put_i32(c, pt_slot_at(c, KEPT_TX), tx);
  pt_put_i32(c, pt_slot_at(c, KEPT_T), t);
  pt_put_f64(c, pt_slot_at(c, KEPT_M), mean);
  pt_put_i32(c, pt_slot_at(c, KEPT_SEEN), s->seen ? s->seen_day : INT32_MIN);
  pt_put_u8(c, pt_slot_at(c, KEPT_TRUNCATED), truncated(s));
  return 0;
}

const struct pt_family pt_facts_clv = {
    .name = "clv",
    .open = open_state,
    .close = close_state,
    .start = start,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
};

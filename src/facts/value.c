/* What a user's purchases say of his worth: the inputs of the stage `models`, which scores them against all users, and
 * the columns it fills. Money in 1/10,000, so that the stage sums and compares integers. Cost: an event of money adds
 * to two sums; the rest is done once a user. */
#include <portrait/decimal.h>

#include "facts/family.h"
#include "facts/gaps.h"

enum {
  RECENCY,
  FREQUENCY,
  MONETARY,
  SCORE_R,
  SCORE_F,
  SCORE_M,
  SCORE,
  DECILE,
  RECENT,
  OFTEN,
  MUCH,
  TIER,
  RANK,
  LOYAL,
  CORE,
  SINCE,
  DAYS,
  MONEY,
  NET,
  YEAR_DAYS,
  PURCHASES,
  RFM_PURCHASES,
  ALL_DAYS,
  FIRST,
  GAP,
  VIP,
  N_ROWS
};
#define ORDER_ID PT_BIT(PT_F_ORDER_ID)
/* One score needs all three: who has one has all. */
#define SCORES (1u << SCORE_R | 1u << SCORE_F | 1u << SCORE_M | 1u << SCORE | 1u << RECENT | 1u << OFTEN | 1u << MUCH)
#define MODEL(row, n, t, f, u, words) \
  [row] = {.name = n, .type = t, .flags = f, .level = "model", .unit = u, .text = words}
#define KEPT(row, n, t, f, s, u, words) \
  [row] = {.name = n, .type = t, .flags = PT_COL_HIDDEN | (f), .serves = s, .unit = u, .text = words}

static const struct pt_colrow rows[N_ROWS] = {
    MODEL(RECENCY, "rfm_recency", PT_C_I32, PT_COL_NULLABLE, "days",
          "Days since the last purchase, of users with a purchase in rfm.window"),
    MODEL(FREQUENCY, "rfm_frequency", PT_C_U16, PT_COL_NULLABLE, "days", "Days with a purchase in rfm.window"),
    [MONETARY] = {.name = "rfm_monetary",
                  .type = PT_C_F64,
                  .fields = ORDER_ID,
                  .level = "model",
                  .unit = "currency",
                  .text = "Net spend in rfm.window, of users with a purchase in it"},
    MODEL(SCORE_R, "rfm_r", PT_C_U8, PT_COL_NULLABLE, "1", "Quintile of rfm_recency, 5 = most recent"),
    MODEL(SCORE_F, "rfm_f", PT_C_U8, PT_COL_NULLABLE, "1", "Quintile of rfm_frequency, 5 = most often"),
    MODEL(SCORE_M, "rfm_m", PT_C_U8, PT_COL_NULLABLE, "1", "Quintile of rfm_monetary, 5 = most money"),
    MODEL(SCORE, "rfm_score", PT_C_U16, PT_COL_NULLABLE, "1", "100 rfm_r + 10 rfm_f + rfm_m"),
    MODEL(DECILE, "value_decile", PT_C_U8, PT_COL_NULLABLE, "1",
          "Decile of net_spend_all among the users where it is above 0, 10 = highest"),
    KEPT(RECENT, "_rfm_recent", PT_C_BOOL, PT_COL_NULLABLE, 0, "", "rfm_recency is below rfm.octant_recency"),
    KEPT(OFTEN, "_rfm_often", PT_C_BOOL, PT_COL_NULLABLE, 0, "", "rfm_frequency is above rfm.octant_frequency"),
    KEPT(MUCH, "_rfm_much", PT_C_BOOL, PT_COL_NULLABLE, 0, "", "rfm_monetary is above rfm.octant_monetary"),
    KEPT(TIER, "_value_tier", PT_C_U8, 0, 0, "1", "1 where larger net spends make less than value.tier_a, 2 tier_b"),
    KEPT(RANK, "_value_rank", PT_C_F64, 0, 0, "1", "prank of net_spend_all where it is above 0"),
    KEPT(LOYAL, "_loyal_days", PT_C_F64, 0, 0, "days", "max(loyalty.min_days, the quantile of the buyers)"),
    KEPT(CORE, "_core_buyer", PT_C_BOOL, 0, 0, "", "Purchase days in 365 days are at least core.quantile of buyers'"),
    KEPT(SINCE, "_rfm_since", PT_C_I32, PT_COL_NULLABLE, SCORES, "days", "rfm_recency"),
    KEPT(DAYS, "_rfm_days", PT_C_I32, PT_COL_NULLABLE, SCORES, "days", "rfm_frequency"),
    [MONEY] = {.name = "_rfm_money",
               .type = PT_C_I64,
               .flags = PT_COL_HIDDEN | PT_COL_NULLABLE,
               .serves = SCORES,
               .fields = ORDER_ID,
               .unit = "currency/10000",
               .text = "rfm_monetary"},
    [NET] = {.name = "_net_money",
             .type = PT_C_I64,
             .flags = PT_COL_HIDDEN,
             .serves = 1u << DECILE | 1u << TIER | 1u << RANK,
             .fields = ORDER_ID,
             .unit = "currency/10000",
             .text = "net_spend_all"},
    KEPT(YEAR_DAYS, "_purchase_days_365", PT_C_I32, PT_COL_NULLABLE, 1u << LOYAL | 1u << CORE, "days",
         "Days with a purchase in 365 days, of users who ever bought"),
    KEPT(PURCHASES, "_purchases", PT_C_U32, 0, 0, "events", "Purchases"),
    KEPT(RFM_PURCHASES, "_rfm_purchases", PT_C_U32, 0, 0, "events", "Purchases in rfm.window"),
    KEPT(ALL_DAYS, "_purchase_days", PT_C_U32, 0, 0, "days", "Days with a purchase"),
    KEPT(FIRST, "_first_purchase_days", PT_C_I32, PT_COL_NULLABLE, 0, "days", "Days since the first purchase"),
    KEPT(GAP, "_gap_ended_90", PT_C_I32, 0, 0, "days",
         "Longest gap between purchase days that ended in the last 90 days, 0 without any"),
    KEPT(VIP, "_vip_level", PT_C_BOOL, PT_COL_STATIC, 0, "", "The level by record is one of vip.levels"),
};

struct state {
  struct pt_cols cols;
  const struct pt_orders *book;
  const struct pt_profile *profile;
  const struct pt_names *levels;
  int64_t window; /* days */
  int64_t last_day;

  uint32_t purchases, recent; /* recent: in rfm.window */
  __int128 net, recent_net;
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  free(s);
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  PT_TRY(pt_facts_cols_add(&s->cols, &(struct pt_colopen){ctx, schema, fields, "value"}, rows, N_ROWS, NULL, err));
  s->book = &ctx->user->orders;
  s->profile = &ctx->user->profile;
  s->levels = &ctx->conf->vip_levels;
  s->window = ctx->conf->rfm_window;
  bool net = pt_wanted(&s->cols, MONETARY) || pt_wanted(&s->cols, MONEY) || pt_wanted(&s->cols, NET);
  ctx->user->orders.wanted |= net;
  ctx->user->orders.want_net |= net;
  if (s->cols.n_wanted) ctx->user->orders.want_days = true;
  return pt_facts_opened(state, &s->cols, close_state);
}

static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  (void)err;
  ((struct state *)state)->last_day = ctx->last_day;
  return 0;
}

static uint64_t types(void *state) {
  (void)state;
  return PT_MONEY_TYPES;
}

static void begin(void *state) {
  struct state *s = state;
  s->purchases = s->recent = 0;
  s->net = s->recent_net = 0;
}

/* What belongs to an order and is no refund is settled by the book at the end. */
static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  if (!d->purchase && !d->refund && (e->has & ORDER_ID)) return 0;
  bool recent = d->days_since < s->window;
  int64_t money = d->purchase ? d->money : -d->money;
  s->purchases += d->purchase;
  s->recent += d->purchase && recent;
  s->net += money;
  if (recent) s->recent_net += money;
  return 0;
}

static void settle(struct state *s) {
  const struct pt_deduction *list = s->book->deductions.p;
  for (size_t i = 0; i < s->book->deductions.n; i++) {
    s->net -= list[i].money;
    if (s->last_day - list[i].day < s->window) s->recent_net -= list[i].money;
  }
}

static int64_t saturated(__int128 v) {
  return v > INT64_MAX ? INT64_MAX : v < INT64_MIN ? INT64_MIN : (int64_t)v;
}

/* Purchase days that passed fewer than `days` days ago. */
static int32_t days_in(const struct state *s, int64_t days) {
  size_t n = pt_purchase_days(s->book), i = n;
  while (i > 0 && s->last_day - pt_purchase_day(s->book, i - 1) < days) i--;
  return (int32_t)(n - i);
}

static int32_t gap_ended(const struct state *s) {
  int32_t longest = 0;
  for (size_t i = pt_purchase_days(s->book); i > 1; i--) {
    int32_t day = pt_purchase_day(s->book, i - 1), gap = day - pt_purchase_day(s->book, i - 2);
    if (s->last_day - day >= 90) break;
    if (gap > longest) longest = gap;
  }
  return longest;
}

static int32_t since(const struct state *s, size_t day) {
  int64_t days = s->last_day - pt_purchase_day(s->book, day);
  return days > 0 ? (int32_t)days : 0;
}

static void put_rfm(const struct state *s) {
  const struct pt_cols *c = &s->cols;
  int32_t days = days_in(s, s->window);
  bool known = days > 0;
  int32_t recency = known ? since(s, pt_purchase_days(s->book) - 1) : 0;
  pt_put_days(c, pt_slot_at(c, RECENCY), known, recency);
  pt_put_days(c, pt_slot_at(c, SINCE), known, recency);
  pt_put_u16(c, pt_slot_at(c, FREQUENCY), (uint16_t)days);
  pt_put_known(c, pt_slot_at(c, FREQUENCY), known);
  pt_put_days(c, pt_slot_at(c, DAYS), known, days);
  pt_put_f64(c, pt_slot_at(c, MONETARY), known ? pt_real(s->recent_net) / PT_MONEY_SCALE : NAN);
  pt_put_i64(c, pt_slot_at(c, MONEY), known ? saturated(s->recent_net) : 0);
  pt_put_known(c, pt_slot_at(c, MONEY), known);
  pt_put_u32(c, pt_slot_at(c, RFM_PURCHASES), s->recent);
}

/* Nobody has what the stage `models` has not filled. */
static void put_unknown(const struct state *s) {
  static const uint8_t scores[] = {SCORE_R, SCORE_F, SCORE_M, SCORE, DECILE, RECENT, OFTEN, MUCH};
  const struct pt_cols *c = &s->cols;
  for (size_t i = 0; i < sizeof scores; i++) pt_put_known(c, pt_slot_at(c, scores[i]), false);
  pt_put_f64(c, pt_slot_at(c, RANK), NAN);
  pt_put_f64(c, pt_slot_at(c, LOYAL), NAN);
}

static bool is_vip(const struct state *s) {
  struct pt_slice level = pt_told_text(s->profile, PT_RF_LEVEL);
  for (uint32_t i = 0; level.p && i < s->levels->n; i++)
    if (pt_slice_eq(level, pt_slice_of(s->levels->v[i]))) return true;
  return false;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  struct pt_cols *c = &s->cols;
  pt_facts_cols_at(c, to, range, row);
  settle(s);
  put_unknown(s);
  put_rfm(s);
  size_t n = pt_purchase_days(s->book);
  pt_put_i64(c, pt_slot_at(c, NET), saturated(s->net));
  pt_put_days(c, pt_slot_at(c, YEAR_DAYS), n > 0, days_in(s, 365));
  pt_put_u32(c, pt_slot_at(c, PURCHASES), s->purchases);
  pt_put_u32(c, pt_slot_at(c, ALL_DAYS), (uint32_t)n);
  pt_put_days(c, pt_slot_at(c, FIRST), n > 0, n ? since(s, 0) : 0);
  pt_put_i32(c, pt_slot_at(c, GAP), gap_ended(s));
  pt_put_u8(c, pt_slot_at(c, VIP), is_vip(s));
  return 0;
}

const struct pt_family pt_facts_value = {
    .name = "value",
    .open = open_state,
    .close = close_state,
    .start = start,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
};

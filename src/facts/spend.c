/* Orders, spend and items by window, order values, days since and frequency. Money is summed in 1/10,000 and
 * quantities in 1/1,000, in 128 bits, and becomes a double once, at the end. */
#include <portrait/decimal.h>
#include <string.h>

#include "facts/family.h"

enum { ORDERS, SPEND, NET, ITEMS, PREV, DAYS_PREV, TREND, MEAN, MEDIAN, MIN, MAX, SINCE, FREQUENCY, VALUED, N_ROWS };
#define ORDER_ID PT_BIT(PT_F_ORDER_ID)
static const struct pt_colrow rows[N_ROWS] = {
    [ORDERS] = {.name = "orders",
                .type = PT_C_U32,
                .flags = PT_COL_WINDOWS,
                .fields = ORDER_ID,
                .unit = "orders",
                .text = "Orders, by the time of their first purchase"},
    [SPEND] = {.name = "spend",
               .type = PT_C_F64,
               .flags = PT_COL_WINDOWS,
               .unit = "currency",
               .text = "Sum of purchase amounts"},
    [NET] = {.name = "net_spend",
             .type = PT_C_F64,
             .flags = PT_COL_WINDOWS,
             .fields = ORDER_ID,
             .unit = "currency",
             .text = "Purchases minus refunds, and minus returned, cancelled, rejected amounts of orders not refunded"},
    [ITEMS] = {.name = "items",
               .type = PT_C_F64,
               .flags = PT_COL_WINDOWS,
               .fields = PT_BIT(PT_F_QUANTITY),
               .unit = "items",
               .text = "Sum of purchased quantities"},
    [PREV] = {.name = "spend_90d_prev",
              .type = PT_C_F64,
              .unit = "currency",
              .text = "Sum of purchase amounts, the 90 days before the last 90"},
    [DAYS_PREV] = {.name = "purchase_days_90d_prev",
                   .type = PT_C_U16,
                   .unit = "days",
                   .text = "Distinct local days with a purchase, the 90 days before the last 90"},
    [TREND] = {.name = "spend_trend",
               .type = PT_C_F32,
               .unit = "1",
               .text = "(Spend in 90 days - spend in the 90 before) / their sum"},
    [MEAN] = {.name = "order_value_mean",
              .type = PT_C_F64,
              .fields = ORDER_ID,
              .unit = "currency",
              .text = "Mean value of the orders with an amount"},
    [MEDIAN] = {.name = "order_value_median",
                .type = PT_C_F64,
                .fields = ORDER_ID,
                .unit = "currency",
                .text = "Median value of the orders with an amount"},
    [MIN] = {.name = "order_value_min",
             .type = PT_C_F64,
             .fields = ORDER_ID,
             .unit = "currency",
             .text = "Smallest value of an order with an amount"},
    [MAX] = {.name = "order_value_max",
             .type = PT_C_F64,
             .fields = ORDER_ID,
             .unit = "currency",
             .text = "Largest value of an order with an amount: the largest consumption"},
    [SINCE] = {.name = "days_since_purchase",
               .type = PT_C_I32,
               .flags = PT_COL_NULLABLE,
               .unit = "days",
               .text = "Whole days from the last purchase to the last day"},
    [FREQUENCY] = {.name = "purchase_frequency",
                   .type = PT_C_F32,
                   .unit = "days per 30 days",
                   .text = "Days with a purchase per 30 days since the first"},
    [VALUED] = {.name = "_orders_valued",
                .type = PT_C_U32,
                .flags = PT_COL_HIDDEN,
                .serves = 1u << MEAN,
                .fields = ORDER_ID,
                .unit = "orders",
                .text = "Orders with an amount"},
};

struct state {
  struct pt_cols cols;
  const struct pt_orders *book;
  int64_t last_day;
  struct pt_vec values; /* int64_t: orders with an amount */
  bool want_values;

  bool any;
  __int128 spend[PT_MAX_WINDOWS], items[PT_MAX_WINDOWS];
  __int128 spend_90, spend_prev;
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  pt_facts_vec_free(&s->values);
  free(s);
}

static void want(const struct state *s, struct pt_orders *book) {
  const struct pt_cols *c = &s->cols;
  book->wanted |= pt_wanted(c, ORDERS) || pt_wanted(c, NET) || s->want_values;
  book->want_net |= pt_wanted(c, NET);
  book->want_days |= pt_wanted(c, DAYS_PREV) || pt_wanted(c, SINCE) || pt_wanted(c, FREQUENCY);
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  struct pt_colopen open = {ctx, schema, fields, "consumption"};
  PT_TRY(pt_facts_cols_add(&s->cols, &open, rows, N_ROWS, NULL, err));
  for (uint32_t r = MEAN; r <= MAX; r++) s->want_values |= pt_wanted(&s->cols, r);
  s->book = &ctx->user->orders;
  want(s, &ctx->user->orders);
  return pt_facts_opened(state, &s->cols, close_state);
}

static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  (void)err;
  ((struct state *)state)->last_day = ctx->last_day;
  return 0;
}

static uint64_t types(void *state) {
  (void)state;
  return PT_TYPE_BIT(PT_T_PURCHASE);
}

static void begin(void *state) {
  struct state *s = state;
  if (!s->any) return;
  size_t from = offsetof(struct state, any);
  memset((char *)s + from, 0, sizeof *s - from);
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  s->any = true;
  s->spend[d->window] += d->money;
  s->items[d->window] += pt_ev(e, PT_F_QUANTITY, PT_QTY_SCALE);
  if (d->days_since < 90)
    s->spend_90 += d->money;
  else if (d->days_since < 180)
    s->spend_prev += d->money;
  return 0;
}

static void put_days(const struct state *s) {
  const struct pt_cols *c = &s->cols;
  const struct pt_orders *book = s->book;
  size_t n = pt_purchase_days(book);
  uint32_t prev = 0;
  for (size_t i = 0; i < n; i++) {
    int64_t since = s->last_day - pt_purchase_day(book, i);
    prev += since >= 90 && since < 180;
  }
  int64_t last = n ? s->last_day - pt_purchase_day(book, n - 1) : 0;
  int64_t first = n ? s->last_day - pt_purchase_day(book, 0) : 0;
  pt_put_u16(c, pt_slot_at(c, DAYS_PREV), (uint16_t)prev);
  pt_put_days(c, pt_slot_at(c, SINCE), n > 0, (int32_t)(last > 0 ? last : 0));
  pt_put_f32(c, pt_slot_at(c, FREQUENCY), pt_share(30 * (__int128)n, n ? (first > 0 ? first : 0) + 1 : 0));
}

static int put_values(struct state *s, struct pt_err *err) {
  const struct pt_order *orders = s->book->all.p;
  pt_facts_vec_clear(&s->values, sizeof(int64_t));
  PT_TRY(pt_facts_vec_room(&s->values, s->book->all.n, sizeof(int64_t), err));
  int64_t *v = s->values.p, min = INT64_MAX, max = 0;
  size_t n = 0;
  __int128 sum = 0;
  for (size_t i = 0; i < s->book->all.n; i++) {
    if (!(orders[i].flags & PT_ORDER_VALUED)) continue;
    v[n++] = orders[i].value;
    sum += orders[i].value;
    if (orders[i].value < min) min = orders[i].value;
    if (orders[i].value > max) max = orders[i].value;
  }
  const struct pt_cols *c = &s->cols;
  pt_put_u32(c, pt_slot_at(c, VALUED), (uint32_t)n);
  pt_put_f64(c, pt_slot_at(c, MEAN), pt_share(sum, (__int128)n * PT_MONEY_SCALE));
  pt_put_f64(c, pt_slot_at(c, MEDIAN), n ? pt_share(pt_facts_median2(v, n), 2 * PT_MONEY_SCALE) : NAN);
  pt_put_f64(c, pt_slot_at(c, MIN), n ? pt_share(min, PT_MONEY_SCALE) : NAN);
  pt_put_f64(c, pt_slot_at(c, MAX), n ? pt_share(max, PT_MONEY_SCALE) : NAN);
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  struct state *s = state;
  struct pt_cols *c = &s->cols;
  pt_facts_cols_at(c, to, range, row);
  pt_facts_put_counts(c, ORDERS, s->book->count);
  pt_facts_put_sums(c, SPEND, s->spend, PT_MONEY_SCALE);
  pt_facts_put_sums(c, ITEMS, s->items, PT_QTY_SCALE);
  __int128 net[PT_MAX_WINDOWS];
  for (uint32_t w = 0; w < c->windows; w++) net[w] = s->spend[w] - s->book->deducted[w];
  pt_facts_put_sums(c, NET, net, PT_MONEY_SCALE);
  pt_put_f64(c, pt_slot_at(c, PREV), pt_share(s->spend_prev, PT_MONEY_SCALE));
  pt_put_f32(c, pt_slot_at(c, TREND), pt_share(s->spend_90 - s->spend_prev, s->spend_90 + s->spend_prev));
  put_days(s);
  return s->want_values ? put_values(s, err) : 0;
}

const struct pt_family pt_facts_spend = {
    .name = "spend",
    .open = open_state,
    .close = close_state,
    .start = start,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
};

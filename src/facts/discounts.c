/* What was saved on purchases, and coupons. */
#include <portrait/decimal.h>

#include "facts/family.h"

enum { SHARE, ORDERS, GOT, USED, N_ROWS };
#define SAVED_FIELDS (PT_BIT(PT_F_DISCOUNT) | PT_BIT(PT_F_LIST_PRICE) | PT_BIT(PT_F_PRICE) | PT_BIT(PT_F_QUANTITY))
static const struct pt_colrow rows[N_ROWS] = {
    [SHARE] = {.name = "discount_share",
               .type = PT_C_F32,
               .fields = SAVED_FIELDS,
               .unit = "1",
               .text = "Saved / (paid + saved) over purchases; saved = discount, else what price is below list price"},
    [ORDERS] = {.name = "coupon_orders",
                .type = PT_C_U32,
                .unit = "orders",
                .fields = PT_BIT(PT_F_ORDER_ID) | PT_BIT(PT_F_COUPON_ID),
                .text = "Orders with a purchase that names a coupon"},
    [GOT] = {.name = "coupon_get_count", .type = PT_C_U32, .unit = "events", .text = "Coupons taken"},
    [USED] = {.name = "coupon_use_count", .type = PT_C_U32, .unit = "events", .text = "Coupons used"},
};

struct state {
  struct pt_cols cols;
  const struct pt_orders *book;
  __int128 paid, saved;
  uint32_t got, used;
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
  struct pt_colopen open = {ctx, schema, fields, "consumption"};
  PT_TRY(pt_facts_cols_add(&s->cols, &open, rows, N_ROWS, NULL, err));
  s->book = &ctx->user->orders;
  if (pt_wanted(&s->cols, ORDERS)) ctx->user->orders.wanted = true;
  return pt_facts_opened(state, &s->cols, close_state);
}

static uint64_t types(void *state) {
  (void)state;
  return PT_TYPE_BIT(PT_T_PURCHASE) | PT_TYPE_BIT(PT_T_COUPON_GET) | PT_TYPE_BIT(PT_T_COUPON_USE);
}

static void begin(void *state) {
  struct state *s = state;
  s->paid = s->saved = 0;
  s->got = s->used = 0;
}

static int64_t saved(const struct pt_event *e) {
  if (e->has & PT_BIT(PT_F_DISCOUNT)) return e->v[PT_F_DISCOUNT];
  const uint64_t prices = PT_BIT(PT_F_LIST_PRICE) | PT_BIT(PT_F_PRICE);
  if ((e->has & prices) != prices || e->v[PT_F_LIST_PRICE] <= e->v[PT_F_PRICE]) return 0;
  return pt_money_times(e->v[PT_F_LIST_PRICE] - e->v[PT_F_PRICE], pt_ev(e, PT_F_QUANTITY, PT_QTY_SCALE));
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  if (d->purchase) {
    s->paid += d->money;
    s->saved += saved(e);
  } else {
    s->got += e->type == PT_T_COUPON_GET;
    s->used += e->type == PT_T_COUPON_USE;
  }
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  struct pt_cols *c = &s->cols;
  pt_facts_cols_at(c, to, range, row);
  pt_put_f32(c, pt_slot_at(c, SHARE), pt_share(s->saved, s->paid + s->saved));
  pt_put_u32(c, pt_slot_at(c, ORDERS), s->book->coupon);
  pt_put_u32(c, pt_slot_at(c, GOT), s->got);
  pt_put_u32(c, pt_slot_at(c, USED), s->used);
  return 0;
}

const struct pt_family pt_facts_discounts = {
    .name = "discounts",
    .open = open_state,
    .close = close_state,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
};

/* Orders are known whole only after the user's last event: a refund may follow the return it stands for, a purchase
 * the cancellation of its order. So deductions wait in a list and are settled at the end, the earliest first.
 * Memory: 24 bytes an order, 24 a deduction, 4 a purchase day. */
#include <string.h>

#include "facts/gaps.h"
#include "facts/user.h"

void pt_facts_orders_clear(struct pt_orders *o) {
  if (o->all.n == 0 && o->days.n == 0 && o->deductions.n == 0) {
    memset(o->deducted, 0, sizeof o->deducted);
    return;
  }
  pt_table_clear(&o->by_id);
  pt_facts_vec_clear(&o->all, sizeof(struct pt_order));
  pt_facts_vec_clear(&o->deductions, sizeof(struct pt_deduction));
  pt_facts_vec_clear(&o->days, sizeof(int32_t));
  memset(o->count, 0, sizeof o->count);
  memset(o->hour, 0, sizeof o->hour);
  memset(o->deducted, 0, sizeof o->deducted);
  o->bought = o->returned = o->coupon = 0;
  o->has_last = false;
}

void pt_facts_orders_free(struct pt_orders *o) {
  pt_table_free(&o->by_id);
  pt_facts_vec_free(&o->all);
  pt_facts_vec_free(&o->deductions);
  pt_facts_vec_free(&o->days);
}

static int new_order(struct pt_orders *o, uint32_t *at, struct pt_err *err) {
  PT_TRY(pt_facts_vec_room(&o->all, 1, sizeof(struct pt_order), err));
  *at = (uint32_t)o->all.n++;
  ((struct pt_order *)o->all.p)[*at] = (struct pt_order){0};
  return 0;
}

static int find_order(struct pt_orders *o, const struct pt_event *e, struct pt_order **order, struct pt_err *err) {
  uint32_t at = 0;
  if (!(e->has & PT_BIT(PT_F_ORDER_ID))) {
    PT_TRY(new_order(o, &at, err));
  } else {
    uint64_t id = (uint64_t)e->v[PT_F_ORDER_ID];
    if (!o->has_last || o->last_id != id) {
      bool fresh;
      uint32_t *found = pt_table_put(&o->by_id, id, (uint32_t)o->all.n, &fresh);
      if (!found) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for a user's orders");
      o->last_at = *found;
      o->last_id = id;
      o->has_last = true;
      if (fresh) PT_TRY(new_order(o, &at, err));
    }
    at = o->last_at;
  }
  *order = (struct pt_order *)o->all.p + at;
  return 0;
}

/* Sets a flag and keeps the counts of bought orders that were returned or had a coupon. */
static void mark(struct pt_orders *o, struct pt_order *order, uint8_t flags) {
  uint8_t before = order->flags, after = before | flags;
  const uint8_t returned = PT_ORDER_BOUGHT | PT_ORDER_RETURNED, coupon = PT_ORDER_BOUGHT | PT_ORDER_COUPON;
  o->returned += (after & returned) == returned && (before & returned) != returned;
  o->coupon += (after & coupon) == coupon && (before & coupon) != coupon;
  order->flags = after;
}

static int purchase(struct pt_orders *o, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  if (o->want_days) PT_TRY(pt_facts_note_day(&o->days, d->day, err));
  if (!o->wanted) return 0;
  struct pt_order *order;
  PT_TRY(find_order(o, e, &order, err));
  if (!(order->flags & PT_ORDER_BOUGHT)) {
    if (o->bought < 3) o->first[o->bought] = d->day;
    o->bought++;
    o->count[d->window]++;
    o->hour[d->hour]++;
  }
  if (__builtin_add_overflow(order->value, d->money, &order->value)) order->value = INT64_MAX;
  mark(o, order,
       (uint8_t)(PT_ORDER_BOUGHT | (d->has_money ? PT_ORDER_VALUED : 0) |
                 (e->has & PT_BIT(PT_F_COUPON_ID) ? PT_ORDER_COUPON : 0)));
  return 0;
}

int pt_facts_orders_event(struct pt_orders *o, const struct pt_event *e, const struct pt_derived *d,
                          struct pt_err *err) {
  if (d->purchase) return purchase(o, e, d, err);
  if (!o->wanted) return 0;
  bool has_id = (e->has & PT_BIT(PT_F_ORDER_ID)) != 0;
  if (d->refund || !has_id) o->deducted[d->window] += d->money;
  if (!has_id) return 0;
  struct pt_order *order;
  PT_TRY(find_order(o, e, &order, err));
  if (d->refund) {
    mark(o, order, PT_ORDER_REFUNDED);
    return 0;
  }
  if (e->type == PT_T_RETURN) mark(o, order, PT_ORDER_RETURNED);
  if (!o->want_net || d->money == 0) return 0;
  PT_TRY(pt_facts_vec_room(&o->deductions, 1, sizeof(struct pt_deduction), err));
  uint32_t at = (uint32_t)(order - (struct pt_order *)o->all.p);
  ((struct pt_deduction *)o->deductions.p)[o->deductions.n++] = (struct pt_deduction){d->money, at, d->day, d->window};
  return 0;
}

void pt_facts_orders_settle(struct pt_orders *o) {
  struct pt_order *orders = o->all.p;
  struct pt_deduction *list = o->deductions.p;
  for (size_t i = 0; i < o->deductions.n; i++) {
    struct pt_order *order = &orders[list[i].order];
    int64_t money = order->flags & PT_ORDER_REFUNDED ? 0 : list[i].money;
    if (order->flags & PT_ORDER_BOUGHT) {
      int64_t left = order->value - order->taken;
      if (money > left) money = left;
      order->taken += money;
    }
    list[i].money = money;
    o->deducted[list[i].window] += money;
  }
}

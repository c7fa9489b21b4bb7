/* Section 3 of the catalogue: orders, money, cycles. T = 2026-04-01; the last day is 2026-03-31. */
#include "facts_fixture.h"

static void orders_and_money(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  const struct ev plain[] = {
      E("2026-03-01T10:00:00", "purchase", .order = "o1", .amount = "100", .qty = "2"),
      E("2026-03-01T10:05:00", "purchase", .order = "o1", .amount = "50"),
      E("2026-03-10T20:00:00", "purchase", .amount = "30", .qty = "0.5"),
      E("2026-03-12T10:00:00", "return", .order = "o1", .amount = "-120"),
      E("2026-03-26T10:00:00", "return", .order = "o1", .amount = "100"), /* 30 are left */
      E("2026-03-27T10:00:00", "refund", .amount = "10"),
  };
  /* a refund event stands for the order, whenever it came; a negative purchase is one too */
  const struct ev refunded[] = {
      E("2026-03-04T10:00:00", "purchase", .order = "o1", .amount = "40"),
      E("2026-03-05T10:00:00", "return", .order = "o1", .amount = "20"),
      E("2026-03-06T10:00:00", "refund", .order = "o1", .amount = "15"),
      E("2026-03-07T10:00:00", "purchase", .amount = "-5"),
  };
  /* an order_id without purchases has no cap; the cap counts purchases that come later */
  const struct ev odd[] = {
      E("2026-03-01T10:00:00", "return", .order = "o9", .amount = "50"),
      E("2026-03-02T10:00:00", "return", .order = "o2", .amount = "50"),
      E("2026-03-03T10:00:00", "purchase", .order = "o2", .amount = "30"),
      E("2026-03-04T10:00:00", "cancel", .amount = "7"),
      E("2026-03-05T10:00:00", "reject", .order = "o2", .amount = "7"),
  };
  const struct ev untold[] = {E("2026-03-31T10:00:00", "purchase", .order = "o5")};
  const struct user users[] = {USER(plain), USER(refunded), USER(odd), USER(untold), {NULL, 0}};
  RUN(&f, users);
  const struct want wants[] = {
      {"orders_7d", 0, "0"},
      {"orders_30d", 0, "1"},
      {"orders_90d", 0, "2"},
      {"orders_all", 0, "2"},
      {"spend_7d", 0, "0"},
      {"spend_30d", 0, "30"},
      {"spend_90d", 0, "180"},
      {"spend_all", 0, "180"},
      {"net_spend_7d", 0, "-40"},
      {"net_spend_30d", 0, "-130"},
      {"net_spend_90d", 0, "20"},
      {"net_spend_all", 0, "20"},
      {"items_30d", 0, "0.5"},
      {"items_90d", 0, "3.5"},
      {"order_value_mean", 0, "90"},
      {"order_value_median", 0, "90"},
      {"order_value_min", 0, "30"},
      {"order_value_max", 0, "150"},
      {"days_since_purchase", 0, "21"},
      {"purchase_frequency", 0, "1.935483870967742"},
      {"purchase_count_all", 0, "3"},
      {"purchase_days_all", 0, "2"},
      {"return_count", 0, "2"},
      {"orders_am", 0, "1"},
      {"orders_pm", 0, "1"},
      {"return_rate", 0, "0.5714285714285714"}, /* (1 + 5 * 3/5) / 7 */
      {"orders_all", 1, "1"},
      {"net_spend_all", 1, "20"},
      {"purchase_count_all", 1, "1"},
      {"spend_all", 1, "40"},
      {"return_rate", 1, "0.66666666666666663"},
      {"orders_all", 2, "1"},
      {"net_spend_all", 2, "-57"},
      {"rejects", 2, "1"},
      {"return_count", 2, "2"},
      {"orders_all", 3, "1"},
      {"order_value_mean", 3, "-"},
      {"order_value_median", 3, "-"},
      {"order_value_min", 3, "-"},
      {"spend_all", 3, "0"},
      {"items_all", 3, "1"},
      {"return_rate", 3, "0.5"},
      {"days_since_purchase", 3, "0"},
      {"purchase_frequency", 3, "30"},
      {"spend_trend", 3, "-"},
      {"orders_all", 4, "0"},
      {"spend_all", 4, "0"},
      {"net_spend_all", 4, "0"},
      {"return_rate", 4, "-"},
      {"days_since_purchase", 4, "-"},
      {"purchase_frequency", 4, "-"},
      {"order_value_max", 4, "-"},
      {"second_order_days", 4, "-"},
      {"repurchase_30d", 4, "-"},
      {"burst_hour", 4, "-"},
      {"purchase_cycle_days", 4, "-"},
      {"overdue", 4, "-"},
      {"discount_share", 4, "-"},
      {"rejects", 4, "0"},
  };
  CHECK(&f, wants);
  fx_close(&f);
}

static void medians_of_order_values(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  const struct ev even[] = {E("2026-01-01T10:00:00", "purchase", .amount = "0.0001"),
                            E("2026-01-02T10:00:00", "purchase", .price = "2.5", .qty = "3", .discount = "0.5"),
                            E("2026-01-03T10:00:00", "purchase", .amount = "3"),
                            E("2026-01-04T10:00:00", "purchase", .amount = "99")};
  const struct user users[] = {USER(even)};
  RUN(&f, users);
  const struct want wants[] = {{"order_value_median", 0, "5"},
                               {"order_value_min", 0, "0.0001"},
                               {"spend_all", 0, "109.0001"},
                               {"order_value_mean", 0, "27.250025"}};
  CHECK(&f, wants);
  fx_close(&f);
}

static void quarters(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  const struct ev list[] = {
      E("2025-10-02T23:59:59", "purchase", .amount = "500"), E("2025-10-03T00:00:00", "purchase", .amount = "4"),
      E("2025-12-31T23:59:59", "purchase", .amount = "6"), E("2026-01-01T00:00:00", "purchase", .amount = "30")};
  const struct user users[] = {USER(list)};
  RUN(&f, users);
  const struct want wants[] = {{"spend_90d_prev", 0, "10"},
                               {"purchase_days_90d_prev", 0, "2"},
                               {"spend_trend", 0, "0.5"},
                               {"spend_90d", 0, "30"}};
  CHECK(&f, wants);
  fx_close(&f);
}

static void discounts_and_coupons(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  const struct ev list[] = {
      E("2026-03-01T09:00:00", "coupon_get", .coupon = "c"),
      E("2026-03-01T09:00:01", "coupon_get", .coupon = "d"),
      E("2026-03-01T09:30:00", "coupon_use", .coupon = "c"),
      E("2026-03-01T10:00:00", "purchase", .order = "o", .amount = "90", .discount = "10", .coupon = "c"),
      E("2026-03-01T10:00:00", "purchase", .order = "o", .price = "20", .list = "25", .qty = "2", .coupon = "c"),
      E("2026-03-02T10:00:00", "purchase", .price = "20", .list = "15"),
      E("2026-03-03T10:00:00", "purchase", .amount = "-7", .discount = "3", .coupon = "c")};
  const struct user users[] = {USER(list)};
  RUN(&f, users);
  const struct want wants[] = {{"discount_share", 0, "0.11764705882352941"}, /* 20 / (150 + 20) */
                               {"coupon_orders", 0, "1"},
                               {"coupon_get_count", 0, "2"},
                               {"coupon_use_count", 0, "1"}};
  CHECK(&f, wants);
  fx_close(&f);
}

static void cycles(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
#define BUY(day) E(day "T10:00:00", "purchase", .amount = "1")
  const struct ev none[] = {BUY("2026-03-01"), E("2026-03-01T20:00:00", "purchase", .amount = "1")};
  const struct ev one[] = {BUY("2026-03-01"), BUY("2026-03-11")};
  const struct ev two[] = {BUY("2026-02-01"), BUY("2026-02-11"), BUY("2026-03-03")};
  const struct ev three[] = {BUY("2026-02-01"), BUY("2026-02-11"), BUY("2026-02-23"), BUY("2026-03-15")};
  const struct ev wild[] = {BUY("2025-01-01"), BUY("2025-01-02"), BUY("2025-01-03"), BUY("2025-06-01"),
                            BUY("2026-01-01")};
  const struct user users[] = {USER(none), USER(one), USER(two), USER(three), USER(wild)};
  RUN(&f, users);
  /* median gaps 10 15 12 75 (of 1 1 149 214): P = 13.5 */
  const struct want wants[] = {
      {"purchase_cycle_days", 0, "-"},
      {"overdue", 0, "-"},
      {"purchase_cycle_days", 1, "12.625"},
      {"overdue", 1, "1.5841584158415842"}, /* 20 / 12.625 */
      {"cycle_mad_days", 1, "-"},
      {"regularity", 1, "-"},
      {"purchase_cycle_days", 2, "15"},
      {"overdue", 2, "1.8666666666666667"},
      {"cycle_mad_days", 2, "-"},
      {"regularity", 2, "-"},
      {"purchase_cycle_days", 3, "12"},
      {"cycle_mad_days", 3, "2"},
      {"regularity", 3, "0.83333333333333337"},
      {"overdue", 3, "1.3333333333333333"},
      {"purchase_cycle_days", 4, "75"},
      {"cycle_mad_days", 4, "74"},
      {"regularity", 4, "0.013333333333333334"},
  };
  CHECK(&f, wants);
  fx_close(&f);
}

static void repurchases(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  const struct ev exact[] = {BUY("2026-03-01"), BUY("2026-03-31")};
  const struct ev early[] = {BUY("2026-03-02"), BUY("2026-03-03"), BUY("2026-03-03")};
  const struct ev late[] = {BUY("2025-09-01"), BUY("2025-10-02"), BUY("2025-10-05")};
  const struct ev same_day[] = {BUY("2025-09-01"), E("2025-09-01T20:00:00", "purchase", .amount = "1")};
  const struct user users[] = {USER(exact), USER(early), USER(late), USER(same_day)};
  RUN(&f, users);
  const struct want wants[] = {
      {"repurchase_30d", 0, "1"},   {"repurchase_60d", 0, "-"},  {"second_order_days", 0, "30"},
      {"third_order_days", 0, "-"}, {"repurchase_30d", 1, "-"},  {"second_order_days", 1, "1"},
      {"third_order_days", 1, "0"}, {"repurchase_30d", 2, "0"},  {"repurchase_60d", 2, "1"},
      {"repurchase_90d", 2, "1"},   {"repurchase_180d", 2, "1"}, {"third_order_days", 2, "3"},
      {"repurchase_30d", 3, "0"},   {"repurchase_180d", 3, "0"}, {"second_order_days", 3, "0"},
  };
  CHECK(&f, wants);
  fx_close(&f);
}

/* `n` orders at `hour`, on days of March. */
static uint32_t at_hour(struct ev *to, char (*times)[24], uint32_t from, uint32_t n, unsigned hour) {
  for (uint32_t i = from; i < from + n; i++) {
    snprintf(times[i], sizeof times[i], "2026-03-%02uT%02u:%02u:00", 1 + i % 28, hour, i % 60);
    to[i] = (struct ev){.time = times[i], .type = "purchase", .amount = "1"};
  }
  return from + n;
}

static void bursts(void **unused) {
  (void)unused;
  static char times[4][256][24];
  static struct ev events[4][256];
  uint32_t n[4] = {0};
  n[0] = at_hour(events[0], times[0], n[0], 5, 3);
  n[1] = at_hour(events[1], times[1], n[1], 230, 12);
  n[2] = at_hour(events[2], times[2], n[2], 6, 5); /* two hours with one p: the earlier */
  n[2] = at_hour(events[2], times[2], n[2], 6, 4);
  n[3] = at_hour(events[3], times[3], n[3], 4, 3); /* too few orders */
  struct fixture f;
  fx_open(&f, "UTC");
  struct user users[4];
  for (int u = 0; u < 4; u++) users[u] = (struct user){events[u], n[u]};
  RUN(&f, users);
  const struct want wants[] = {{"burst_hour", 0, "3"}, {"burst_hour", 1, "-"}, {"burst_hour", 2, "4"},
                               {"burst_hour", 3, "-"}, {"orders_am", 1, "0"},  {"orders_pm", 1, "230"},
                               {"orders_am", 2, "12"}};
  CHECK(&f, wants);
  fx_close(&f);

  /* n = 5 of 25, 5 at an hour of share .2: P(X >= 5 | 1) = .00366 does not pass; of 60: mean .4167, p = .000073 does */
  fx_open(&f, "UTC");
  users[1].n = 20;
  fx_run(&f, users, 2);
  fx_check(&f, &(struct want){"burst_hour", 0, "-"}, 1);
  fx_close(&f);
  fx_open(&f, "UTC");
  users[1].n = 55;
  fx_run(&f, users, 2);
  fx_check(&f, &(struct want){"burst_hour", 0, "3"}, 1);
  fx_close(&f);
}

static void first_purchases(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  const struct ev list[] = {E("2026-03-01T09:00:00", "view", .category = "a", .brand = "v"),
                            E("2026-03-01T10:00:00", "purchase", .category = "home.kitchen", .channel = "app"),
                            E("2026-03-02T10:00:00", "purchase", .category = "b", .brand = "x", .channel = "web")};
  const struct user users[] = {USER(list), {NULL, 0}};
  RUN(&f, users);
  const struct want wants[] = {{"first_purchase_category", 0, "home.kitchen"},
                               {"first_purchase_brand", 0, "-"},
                               {"first_purchase_channel", 0, "app"},
                               {"first_purchase_category", 1, "-"},
                               {"first_purchase_channel", 1, "-"}};
  CHECK(&f, wants);
  fx_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(orders_and_money), cmocka_unit_test(medians_of_order_values),
      cmocka_unit_test(quarters),         cmocka_unit_test(discounts_and_coupons),
      cmocka_unit_test(cycles),           cmocka_unit_test(repurchases),
      cmocka_unit_test(bursts),           cmocka_unit_test(first_purchases),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What the families are made of: medians, decay, modal values, distinct days; and which columns a job gets. */
#include "facts/days.h"
#include "facts/decay.h"
#include "facts/modal.h"
#include "facts/vec.h"
#include "facts_fixture.h"

static int ascending(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

enum shape { RANDOM, EQUAL, RISING, FALLING, ORGAN, FEW, N_SHAPES };

static int64_t value(enum shape shape, int64_t i, int64_t n, uint64_t *seed) {
  *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  switch (shape) {
    case EQUAL:
      return 7;
    case RISING:
      return i;
    case FALLING:
      return n - i;
    case ORGAN:
      return i < n / 2 ? i : n - i;
    case FEW:
      return (int64_t)(*seed >> 62);
    default:
      return (int64_t)*seed;
  }
}

static void medians_equal_those_of_a_sort(void **unused) {
  (void)unused;
  static int64_t v[5001], sorted[5001];
  uint64_t seed = 1;
  for (int64_t n = 1; n <= 5001; n = n < 60 ? n + 1 : n * 3 + 1)
    for (int shape = 0; shape < N_SHAPES; shape++) {
      for (int64_t i = 0; i < n; i++) v[i] = sorted[i] = value((enum shape)shape, i, n, &seed);
      qsort(sorted, (size_t)n, sizeof *sorted, ascending);
      __int128 expected = (__int128)sorted[(n - 1) / 2] + sorted[n / 2];
      if (pt_facts_median2(v, (size_t)n) != expected) fail_msg("shape %d of %d", shape, (int)n);
      qsort(v, (size_t)n, sizeof *v, ascending);
      assert_memory_equal(v, sorted, (size_t)n * sizeof *v);
    }
}

static void decay_is_a_table_of_integers(void **unused) {
  (void)unused;
  struct pt_err err = {0};
  struct pt_decay d;
  assert_int_equal(pt_facts_decay_open(&d, 30, &err), 0);
  assert_true(pt_decay_at(&d, 0) == UINT64_C(1) << 32);
  assert_true(pt_decay_at(&d, 30) == UINT64_C(1) << 31);
  assert_true(pt_decay_at(&d, 1) == UINT64_C(4196870107)); /* 2^32 * 2^(-1/30) = 4196870107.385 */
  assert_true(pt_decay_at(&d, 960) == 1 && pt_decay_at(&d, 990) == 1 && pt_decay_at(&d, 991) == 0);
  pt_facts_decay_close(&d);
}

static void modal_is_largest_then_latest_then_smallest(void **unused) {
  (void)unused;
  struct pt_err err = {0};
  struct pt_modal m = {0};
  static const struct {
    uint64_t key;
    int64_t time;
  } adds[] = {{5, 1}, {5, 2}, {9, 3}, {3, 4}, {9, 5}, {3, 5}};
  assert_null(pt_facts_modal_best(&m, NULL, NULL));
  for (int i = 0; i < 6; i++) assert_int_equal(pt_facts_modal_add(&m, adds[i].key, adds[i].time, &err), 0);
  assert_true(pt_facts_modal_best(&m, NULL, NULL)->key == 3); /* 3 and 9 twice until 5 */
  assert_int_equal(m.total, 6);
  pt_facts_modal_clear(&m);
  assert_null(pt_facts_modal_best(&m, NULL, NULL));
  assert_int_equal(pt_facts_modal_add(&m, 9, 1, &err), 0);
  assert_int_equal(pt_facts_modal_best(&m, NULL, NULL)->count, 1);
  pt_facts_modal_free(&m);
}

static void a_date_may_come_back(void **unused) {
  (void)unused;
  static const int32_t days[] = {10, 10, 11, 10, 11, 14, 13, 13, 14, 15};
  static const bool fresh[] = {true, false, true, false, false, true, true, false, false, true};
  struct pt_days s = {PT_NO_DAY, false};
  for (int i = 0; i < 10; i++) assert_int_equal(pt_day_new(&s, days[i]), fresh[i]);
}

static void open_with(struct fixture *f, const char *glob) {
  fx_open(f, "UTC");
  const char *globs[] = {glob};
  f->conf.columns = fx_names(globs, 1);
  assert_int_equal(pt_facts_open(&f->facts, &f->ctx, &f->schema, &f->fields, &f->err), 0);
}

static void only_what_is_asked(void **unused) {
  (void)unused;
  const uint64_t always = PT_BIT(PT_F_TIME) | PT_BIT(PT_F_EVENT) | PT_BIT(PT_F_AMOUNT);
  struct fixture f;
  open_with(&f, "orders_*");
  assert_int_equal(f.schema.n, 8); /* five windows, orders_am, orders_pm, and who is under age */
  assert_true(f.fields == (always | PT_BIT(PT_F_ORDER_ID)));
  fx_close(&f);

  open_with(&f, "return_rate"); /* and what it is made of */
  assert_int_equal(f.schema.n, 4);
  assert_int_equal(f.schema.columns[1].where, PT_HIDDEN);
  fx_close(&f);

  open_with(&f, "*_count_30d");
  assert_int_equal(f.schema.n, 12);
  assert_true(f.fields == always);
  fx_close(&f);

  open_with(&f, "daypart_index"); /* a tag comes whole */
  assert_int_equal(f.schema.n, 4);
  assert_int_equal(f.schema.n_tags, 1);
  fx_close(&f);

  open_with(&f, "activity");
  for (uint32_t i = 0; i + 1 < f.schema.n; i++) assert_string_equal(f.schema.columns[i].family, "activity");
  assert_true(f.schema.n > 150);
  fx_close(&f);

  open_with(&f, "nothing");
  assert_int_equal(f.schema.n, 0);
  fx_close(&f);
}

/* A job for one column gives the same values as a job for all. */
static void parts_equal_the_whole(void **unused) {
  (void)unused;
  const struct ev list[] = {
      E("2026-03-01T10:00:00", "search", .query = "q", .channel = "app", .session = "s"),
      E("2026-03-01T10:01:00", "view", .item = "a", .category = "x.y", .channel = "app", .session = "s"),
      E("2026-03-01T10:02:00", "cart_add", .item = "a", .category = "x.y", .session = "s"),
      E("2026-03-01T10:09:00", "purchase", .item = "a", .order = "1", .amount = "9", .brand = "b", .coupon = "c"),
      E("2026-03-02T10:00:00", "return", .item = "a", .order = "1", .amount = "4"),
      E("2026-03-03T11:00:00", "purchase", .order = "2", .amount = "5", .discount = "1", .qty = "2"),
      E("2026-03-20T11:00:00", "purchase", .order = "3", .amount = "7"),
  };
  const struct user users[] = {USER(list), {list, 4}, {NULL, 0}};
  struct fixture all;
  fx_open(&all, "UTC");
  RUN(&all, users);
  for (uint32_t i = 0; i < all.schema.n; i++) {
    if (all.schema.columns[i].where != PT_IN_OBS) continue;
    struct fixture one;
    const char *globs[] = {all.schema.columns[i].name};
    fx_open(&one, "UTC");
    one.conf.columns = fx_names(globs, 1);
    RUN(&one, users);
    uint32_t at = (uint32_t)pt_schema_find(&one.schema, globs[0]);
    for (uint32_t row = 0; row < 3; row++) {
      char a[300], b[300];
      fx_cell(&all, i, row, a);
      fx_cell(&one, at, row, b);
      if (strcmp(a, b) != 0) fail_msg("%s of user %u: %s alone, %s among all", globs[0], row, b, a);
    }
    fx_close(&one);
  }
  fx_close(&all);
}

static void columns_are_described_and_in_order(void **unused) {
  (void)unused;
  static const char *const order[] = {"age",
                                      "device_last",
                                      "registered_at",
                                      "completeness",
                                      "view_count_7d",
                                      "view_count_all",
                                      "view_days_7d",
                                      "view_first",
                                      "view_last",
                                      "search_count_7d",
                                      "purchase_count_7d",
                                      "login_last",
                                      "first_seen",
                                      "last_seen",
                                      "active_days_7d",
                                      "days_since_active",
                                      "active_days_30d_prev",
                                      "hour_histogram",
                                      "stickiness",
                                      "momentum",
                                      "active_hour",
                                      "lifestyle",
                                      "sessions_7d",
                                      "bounce_rate",
                                      "channel_first",
                                      "contact_channel",
                                      "orders_7d",
                                      "spend_7d",
                                      "net_spend_7d",
                                      "items_all",
                                      "spend_90d_prev",
                                      "purchase_days_90d_prev",
                                      "spend_trend",
                                      "order_value_mean",
                                      "days_since_purchase",
                                      "purchase_frequency",
                                      "return_count",
                                      "return_rate",
                                      "rejects",
                                      "discount_share",
                                      "coupon_orders",
                                      "coupon_use_count",
                                      "purchase_cycle_days",
                                      "regularity",
                                      "overdue",
                                      "second_order_days",
                                      "repurchase_30d",
                                      "repurchase_180d",
                                      "orders_am",
                                      "burst_hour",
                                      "cart_adds",
                                      "essentials_in_cart",
                                      "searches",
                                      "search_purchase_rate",
                                      "funnel_step",
                                      "funnel_closed",
                                      "first_purchase_category",
                                      "first_purchase_channel",
                                      "category_table",
                                      "top_category",
                                      "style_wear",
                                      "category_top_1",
                                      "category_interest_prior",
                                      "category_interest",
                                      "category_demand",
                                      "category_entropy"};
  struct fixture f;
  open_with(&f, "*");
  int64_t before = -1;
  for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
    int64_t at = pt_schema_find(&f.schema, order[i]);
    if (at <= before) fail_msg("%s stands at %d", order[i], (int)at);
    before = at;
  }
  for (uint32_t i = 0; i < f.schema.n; i++) {
    const struct pt_column *c = &f.schema.columns[i];
    if (strlen(c->description) < 5 || strchr(c->description, '*') ||
        (c->type != PT_C_LABEL && c->type != PT_C_BOOL && !*c->unit))
      fail_msg("%s is not described: '%s' '%s'", c->name, c->description, c->unit);
    if ((c->type == PT_C_I64 || c->type == PT_C_I32 || c->type == PT_C_BOOL) && c->where == PT_IN_OBS)
      assert_true(c->nullable);
  }
  assert_int_equal(f.schema.n_tags, 14);
  assert_true(pt_schema_find(&f.schema, "_active_days_30") < 0); /* no rule has asked for it */
  assert_string_equal(f.schema.columns[pt_schema_find(&f.schema, "view_count_7d")].description,
                      "view events, last 7 days");
  fx_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(medians_equal_those_of_a_sort),
      cmocka_unit_test(decay_is_a_table_of_integers),
      cmocka_unit_test(modal_is_largest_then_latest_then_smallest),
      cmocka_unit_test(a_date_may_come_back),
      cmocka_unit_test(only_what_is_asked),
      cmocka_unit_test(parts_equal_the_whole),
      cmocka_unit_test(columns_are_described_and_in_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Metrics of the job file: values worked out by hand, and expressions before they are compiled. */
#include "facts/metrics.h"
#include "facts_fixture.h"

static const struct ev anna[] = {
    E("2026-01-10T10:00", "view", .item = "p1", .category = "home.kitchen", .brand = "B", .price = "10.00"),
    E("2026-01-10T11:00", "view", .item = "p2", .category = "home.bath", .brand = "A", .price = "20.01"),
    E("2026-01-10T12:00", "purchase", .item = "p1", .category = "home.kitchen", .brand = "B", .price = "10.00",
      .qty = "3", .discount = "0.50"),
    E("2026-03-10T03:00", "view", .item = "p1", .category = "books", .brand = "A", .price = "5"),
    E("2026-03-10T04:00", "purchase", .item = "p3", .category = "books", .price = "5", .qty = "0.5"),
    E("2026-03-11T04:00", "purchase", .category = "books", .amount = "-7"),
    E("2026-03-30T23:00", "gift", .item = "p9", .city = "Rome"),
    E("2026-03-31T23:59", "view", .item = "p2", .category = "home.kitchen", .brand = "B", .price = "20.01"),
};
static const struct ev bert[] = {E("2026-03-31T08:00", "message_open", .channel = "app")};
static const struct user users[] = {USER(anna), USER(bert)};

static void parse(struct fixture *f, const char *yaml) {
  struct pt_conf job;
  if (pt_conf_parse(&job, "job.yaml", pt_slice_of(yaml), &f->err)) fail_msg("%s", f->err.text);
  f->conf.metrics = job.metrics;
  job.metrics = (struct pt_metrics){0};
  pt_conf_free(&job);
}

static void close_all(struct fixture *f) {
  struct pt_conf job = {.metrics = f->conf.metrics};
  fx_close(f);
  pt_conf_free(&job);
}

static void values_by_hand(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  parse(&f,
        "metrics:\n"
        "  n: {op: count, event: view, window: [7d, 30d, 90d, all]}\n"
        "  events: {op: count}\n"
        "  priced: {op: count, of: price}\n"
        "  spent: {op: sum, of: amount, event: purchase, window: [30d, all]}\n"
        "  back: {op: sum, of: amount, event: refund}\n"
        "  list: {op: sum, of: price * quantity, event: purchase}\n"
        "  third: {op: sum, of: price / 3, event: view}\n"
        "  mean: {op: mean, of: price, event: view, window: [30d, all]}\n"
        "  low: {op: min, of: price, event: view, window: [7d, all]}\n"
        "  high: {op: max, of: price, event: view}\n"
        "  begun: {op: first}\n"
        "  ended: {op: last, of: time, event: [view, gift], window: 365d}\n"
        "  first_brand: {op: first, of: brand, window: [7d, 30d, all]}\n"
        "  last_brand: {op: last, of: lower(brand)}\n"
        "  last_price: {op: last, of: price}\n"
        "  goods: {op: distinct, of: item_id, window: [7d, 30d, all]}\n"
        "  prices: {op: distinct, of: price}\n"
        "  days: {op: days, window: [30d, all]}\n"
        "  early: {op: days, where: hour < 5 and weekday == 1}\n"
        "  brand: {op: top, of: brand, event: view, window: [30d, all]}\n"
        "  what: {op: top, of: event}\n"
        "  top_part: {op: top, of: \"if(starts_with(category, 'home'), 'home', 'other')\"}\n"
        "  gifts: {op: count, event: gift}\n"
        "  rome: {op: count, where: \"event == 'gift' and city == 'Rome' and item_id == ' p9 '\"}\n"
        "  p12: {op: count, where: \"not item_id not in ('p1', 'p2') and category != 'books'\"}\n"
        "  either: {op: count, where: \"brand == 'A' or item_id == 'p9' or days_since >= 80 and quantity > 1\"}\n");
  RUN(&f, users);
  static const struct want wants[] = {
      {"n_7d", 0, "1"},
      {"n_30d", 0, "2"},
      {"n_90d", 0, "4"},
      {"n_all", 0, "4"},
      {"n_all", 1, "0"},
      {"events", 0, "8"},
      {"events", 1, "1"},
      {"priced", 0, "6"},
      {"spent_30d", 0, "2.5"},
      {"spent_all", 0, "32"},
      {"spent_all", 1, "0"},
      {"back", 0, "7"},
      {"list", 0, "32.5"},
      {"third", 0, "18.34"},
      {"mean_30d", 0, "12.505"},
      {"mean_all", 0, "13.755"},
      {"mean_all", 1, "-"},
      {"low_7d", 0, "20.01"},
      {"low_all", 0, "5"},
      {"high", 0, "20.01"},
      {"high", 1, "-"},
      {"begun", 0, "1768039200000"},
      {"ended", 0, "1775001540000"},
      {"ended", 1, "-"},
      {"first_brand_7d", 0, "B"},
      {"first_brand_30d", 0, "A"},
      {"first_brand_all", 0, "B"},
      {"first_brand_all", 1, "-"},
      {"last_brand", 0, "b"},
      {"last_price", 0, "20.01"},
      {"goods_7d", 0, "2"},
      {"goods_30d", 0, "4"},
      {"goods_all", 0, "4"},
      {"prices", 0, "3"},
      {"days_30d", 0, "4"},
      {"days_all", 0, "5"},
      {"early", 0, "1"},
      {"brand_30d", 0, "B"},
      {"brand_all", 0, "B"},
      {"what", 0, "view"},
      {"what", 1, "message_open"},
      {"top_part", 0, "home"},
      {"top_part", 1, "other"},
      {"gifts", 0, "1"},
      {"rome", 0, "1"},
      {"p12", 0, "4"},
      {"either", 0, "4"},
  };
  CHECK(&f, wants);
  close_all(&f);
}

/* Only the fields that the metric reads travel, and only with the types it takes. */
static void fields_by_type(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  static char metrics_glob[] = "metrics";
  char *glob = metrics_glob;
  f.conf.columns = (struct pt_names){&glob, 1};
  parse(&f,
        "metrics:\n"
        "  a: {op: sum, of: price, event: refund}\n"
        "  b: {op: top, of: brand, event: [view, gift], where: \"category == 'x'\"}\n");
  assert_int_equal(pt_facts_open(&f.facts, &f.ctx, &f.schema, &f.fields, &f.err), 0);
  const uint64_t *fields = pt_facts_fields(f.facts), listed = PT_BIT(PT_F_BRAND) | PT_BIT(PT_F_CATEGORY);
  assert_int_equal(fields[PT_T_VIEW], listed);
  assert_int_equal(fields[PT_T_OTHER], listed);
  assert_int_equal(fields[PT_T_SEARCH], 0);
  assert_true((fields[PT_T_REFUND] & PT_BIT(PT_F_PRICE)) && (fields[PT_T_PURCHASE] & PT_BIT(PT_F_PRICE)));
  assert_false(fields[PT_T_PURCHASE] & listed);
  assert_int_equal(f.schema.n, 3); /* and who is under age */
  close_all(&f);
}

static void sums_are_exact(void **unused) {
  (void)unused;
  enum { N = 1000 };
  static struct ev many[N];
  static struct user one = {many, N};
  static const struct ev cent = E("2026-03-31T08:00", "view", .price = "0.01", .amount = "0.0001");
  for (int i = 0; i < N; i++) many[i] = cent;
  struct fixture f;
  fx_open(&f, "UTC");
  parse(&f,
        "metrics:\n"
        "  a: {op: sum, of: price}\n"
        "  b: {op: sum, of: amount}\n"
        "  c: {op: sum, of: price * 1000000000000}\n"
        "  d: {op: sum, of: price - 3 * price}\n"
        "  e: {op: mean, of: price * price}\n");
  fx_run(&f, &one, 1);
  static const struct want wants[] = {
      {"a", 0, "10"}, {"b", 0, "0.1"}, {"c", 0, "10000000000000"}, {"d", 0, "-20"}, {"e", 0, "0.0001"}};
  CHECK(&f, wants);
  close_all(&f);
}

static void check_keys(const char *in, const char *want) {
  struct pt_err err = {0};
  char *out = NULL, expected[400] = "", p1[24];
  snprintf(p1, sizeof p1, "%lld", (long long)pt_metric_key(pt_hash64("p1", 2)));
  if (pt_metric_hash_keys(in, true, &out, &err)) {
    if (want) fail_msg("%s: %s", in, err.text);
    assert_int_equal(err.code, PT_CONFIG);
    return;
  }
  if (!want) fail_msg("%s: is taken as %s", in, out);
  for (size_t n = 0; *want; want++)
    n += (size_t)snprintf(expected + n, 2 + strlen(p1), "%s", *want == '#' ? p1 : (char[]){*want, 0});
  assert_string_equal(out, expected);
  free(out);
}

static void literals_beside_keys_become_hashes(void **unused) {
  (void)unused;
  check_keys("item_id == 'p1'", "item_id == #");
  check_keys("'p1'!=item_id and brand == 'p1'", "#!=item_id and brand == 'p1'");
  check_keys("item_id in ('p1', \"p1\")", "item_id in (#, #)");
  check_keys("item_id not in('p1') or is_known(item_id)", "item_id not in(#) or is_known(item_id)");
  check_keys("brand == 'item_id'", "brand == 'item_id'");
  check_keys("price > 1e5 and item_id == ' p1 '", "price > 1e5 and item_id == #");
  check_keys("item_id", NULL);
  check_keys("item_id < 'p1'", NULL);
  check_keys("lower(item_id) == 'p1'", NULL);
  check_keys("item_id == brand", NULL);
  check_keys("item_id in ('p1', brand)", NULL);
  check_keys("starts_with(item_id, 'p')", NULL);
}

static void conditions_are_split_at_and(void **unused) {
  (void)unused;
  static const struct {
    const char *text;
    uint32_t n;
  } cases[] = {{"a", 1},
               {"a and b", 2},
               {"a and (b and c) and not d", 3},
               {"a and b or c", 1},
               {"(a or b) and c == 'x and y'", 2},
               {"android == 1 and f(a, b and c)", 2}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[100];
    uint32_t at[16];
    snprintf(text, sizeof text, "%s", cases[i].text);
    assert_int_equal(pt_metric_split(text, at, 16), cases[i].n);
  }
  char text[] = "a == 'x' and b";
  uint32_t at[16];
  assert_int_equal(pt_metric_split(text, at, 16), 2);
  assert_string_equal(text + at[0], "a == 'x' ");
  assert_string_equal(text + at[1], " b");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_by_hand),
      cmocka_unit_test(fields_by_type),
      cmocka_unit_test(sums_are_exact),
      cmocka_unit_test(literals_beside_keys_become_hashes),
      cmocka_unit_test(conditions_are_split_at_and),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

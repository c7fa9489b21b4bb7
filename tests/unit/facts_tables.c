/* What the facts leave for the segments' tables: days, months and categories of one user, read back from the bytes. */
#include <portrait/cells.h>

#include "facts_fixture.h"

static struct pt_slice bytes_of(struct fixture *f, const char *column, uint32_t row) {
  int64_t at = pt_schema_find(&f->schema, column);
  assert_true(at >= 0);
  return pt_rows_bytes(f->rows, 0, (uint32_t)at, row);
}

/* `shape`: s = signed, u = unsigned, over and over. */
static void expect(struct fixture *f, const char *column, uint32_t row, const char *shape, const int64_t *want,
                   size_t n) {
  struct pt_slice b = bytes_of(f, column, row);
  for (size_t i = 0; i < n; i++) {
    assert_true(b.n > 0);
    int64_t got = shape[i] == 's' ? pt_cell_take_signed(&b) : (int64_t)pt_cell_take(&b);
    if (got != want[i]) fail_msg("%s, number %zu: %lld, not %lld", column, i, (long long)got, (long long)want[i]);
  }
  assert_int_equal(b.n, 0);
}
#define EXPECT(f, column, row, shape, ...) \
  expect(f, column, row, shape, (const int64_t[]){__VA_ARGS__}, sizeof(shape) - 1)

static int64_t day(int64_t y, int m, int d) {
  return pt_days_from_civil(y, m, d);
}
#define MONTH(y, m) (12 * (y) + (m)-1)

static const struct ev events[] = {
    E("2025-12-30T23:30:00", "view"),
    E("2026-01-05T10:00:00", "purchase", .order = "o1", .amount = "100", .category = "books.novels"),
    E("2026-01-05T10:05:00", "purchase", .order = "o1", .amount = "50", .category = "toys"),
    E("2026-01-05T20:00:00", "purchase", .amount = "30", .category = "books.maps"),
    E("2026-02-10T10:00:00", "return", .order = "o1", .amount = "120"),
    E("2026-02-20T10:00:00", "refund", .amount = "10"),                 /* no visit */
    E("2026-03-01T10:00:00", "return", .order = "o1", .amount = "100"), /* 30 are left */
    E("2026-03-02T10:00:00", "purchase", .order = "o2", .amount = "5"),
    E("2026-03-03T10:00:00", "refund", .order = "o2", .amount = "2"),
    E("2026-03-04T10:00:00", "return", .order = "o2", .amount = "5"), /* a refund stands for it */
};

static void days_months_and_categories(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  const struct user users[] = {{NULL, 0}, USER(events)};
  RUN(&f, users);
  EXPECT(&f, "_visit_days", 1, "suuuuu", day(2025, 12, 30), 6, 36, 19, 1, 2);
  EXPECT(&f, "_order_days", 1, "suuu", day(2026, 1, 5), 2, 56, 1);
  EXPECT(&f, "_money_months", 1,
         "suss"
         "uuss"
         "uuss",                               /* gap, purchases, spend, net */
         MONTH(2026, 1), 3, 1800000, 1800000,  /* 180 */
         1, 0, 0, -1300000,                    /* 120 returned, 10 refunded */
         1, 1, 50000, 50000 - 300000 - 20000); /* the rest of o1 returned, o2 refunded */
  EXPECT(&f, "_top_months", 1,
         "usus"
         "usus", /* books, toys: in order of the dictionary */
         0, MONTH(2026, 1), 2, 1300000, 1, MONTH(2026, 1), 1, 500000);
  assert_int_equal(bytes_of(&f, "_visit_days", 0).n + bytes_of(&f, "_money_months", 0).n, 0);
  fx_close(&f);
}

/* Local days and months: Berlin's 1 January begins at 23:00 UTC. */
static void local_days(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "Europe/Berlin");
  const struct ev late[] = {E("2025-12-31T23:30:00Z", "purchase", .amount = "1", .category = "a")};
  const struct user users[] = {USER(late)};
  RUN(&f, users);
  EXPECT(&f, "_visit_days", 0, "s", day(2026, 1, 1));
  EXPECT(&f, "_order_days", 0, "su", day(2026, 1, 1), 1);
  EXPECT(&f, "_money_months", 0, "suss", MONTH(2026, 1), 1, 10000, 10000);
  fx_close(&f);
}

/* Only the tables that are asked for cost anything. */
static void tables_by_choice(void **unused) {
  (void)unused;
  static const struct {
    const char *table, *column;
  } columns[] = {{"growth", "_visit_days"},    {"retention", "_visit_days"}, {"cohorts", "_visit_days"},
                 {"cohorts", "_money_months"}, {"burst", "_order_days"},     {"trend", "_top_months"},
                 {"hours", "_hours"},          {"funnel", "_funnel_wait"}};
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
    for (int asked = 0; asked < 2; asked++) {
      struct fixture f;
      fx_open(&f, "UTC");
      const char *names[] = {asked ? columns[i].table : "summary"};
      f.conf.segment_tables = fx_names(names, 1);
      const struct user users[] = {{NULL, 0}};
      RUN(&f, users);
      assert_int_equal(pt_schema_find(&f.schema, columns[i].column) >= 0, asked);
      fx_close(&f);
    }
}

/* From the step before, to the first event that has all earlier steps before it; not a later one, not a stale one. */
static void funnel_waits(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  const struct ev steps[] = {
      E("2026-03-01T10:00:00", "view"),     E("2026-03-01T10:10:00", "cart_add"), E("2026-03-01T10:15:00", "cart_add"),
      E("2026-03-01T10:20:00", "purchase"), E("2026-03-01T10:30:00", "order"),    E("2026-03-01T11:00:00", "purchase"),
      E("2026-03-01T12:00:00", "purchase"),
  };
  const struct user users[] = {USER(steps)};
  RUN(&f, users);
  const uint32_t *wait = pt_rows_values(f.rows, 0, (uint32_t)pt_schema_find(&f.schema, "_funnel_wait"));
  const uint32_t minute = 60000, want[] = {0, 10 * minute, 15 * minute, 30 * minute};
  for (int i = 0; i < 4; i++) assert_int_equal(wait[i], want[i]);
  fx_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(days_months_and_categories), cmocka_unit_test(local_days),
                                     cmocka_unit_test(tables_by_choice), cmocka_unit_test(funnel_waits)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

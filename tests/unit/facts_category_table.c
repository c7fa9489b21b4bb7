/* Events, purchases, amounts, cycles and due days by leaf category, worked out by hand. T = 2026-04-01. */
#include "facts_fixture.h"

#define COLUMNS "category_table_*"

static void cycles(void **unused) {
  (void)unused;
  /* tea: days 0, 10, 40 -> gaps 10 30, median 20, MAD 10 = median / 2: regular. milk: days 0 4 20: gaps 4 16, median
   * 10, MAD 6: not. salt: one gap of 8. jam: one purchase. ham: seen alone, then returned. */
  const struct ev list[] = {
      E("2026-02-01T10:00:00", "purchase", .category = "tea", .amount = "4"),
      E("2026-02-01T11:00:00", "purchase", .category = "milk", .amount = "1"),
      E("2026-02-01T12:00:00", "purchase", .category = "tea", .amount = "0.5"),
      E("2026-02-05T09:00:00", "purchase", .category = "milk", .amount = "1"),
      E("2026-02-11T09:00:00", "purchase", .category = "tea", .amount = "4"),
      E("2026-02-21T09:00:00", "purchase", .category = "milk", .amount = "1"),
      E("2026-02-22T09:00:00", "view", .category = "ham"),
      E("2026-02-23T09:00:00", "return", .category = "ham", .amount = "3"),
      E("2026-03-01T00:00:00", "purchase", .category = "salt", .amount = "2"),
      E("2026-03-09T00:00:00", "purchase", .category = "salt", .amount = "2"),
      E("2026-03-09T00:00:01", "purchase", .category = "salt", .amount = "-7"),
      E("2026-03-10T00:00:00", "view", .category = "jam"),
      E("2026-03-10T00:01:00", "purchase", .category = "jam"),
      E("2026-03-13T09:00:00", "purchase", .category = "tea", .amount = "4"),
      E("2026-03-14T09:00:00", "purchase", .amount = "100"),
  };
  const struct user users[] = {USER(list), {NULL, 0}};
  /* P: the first user's purchase days 1 5 11 21 Feb, 1 9 10 13 14 Mar: gaps 4 6 10 8 8 1 3 1, median 5 */
  const struct want wants[] = {
      {"category_table_events/tea", 0, "4"},
      {"category_table_purchases/tea", 0, "4"},
      {"category_table_amount/tea", 0, "12.5"},
      {"category_table_first/tea", 0, "1769940000000"},
      {"category_table_last/tea", 0, "1773392400000"},
      {"category_table_cycle_days/tea", 0, "20"},
      {"category_table_due_in_days/tea", 0, "2"}, /* 18 days since 13 Mar */
      {"category_table_regular/tea", 0, "1"},
      {"category_table_cycle_days/milk", 0, "10"},
      {"category_table_due_in_days/milk", 0, "-28"}, /* 38 days since 21 Feb */
      {"category_table_regular/milk", 0, "0"},
      {"category_table_events/salt", 0, "3"},
      {"category_table_purchases/salt", 0, "2"},
      {"category_table_amount/salt", 0, "4"},
      {"category_table_cycle_days/salt", 0, "5.75"}, /* (8 + 3 * 5) / 4 */
      {"category_table_due_in_days/salt", 0, "-16.25"},
      {"category_table_regular/salt", 0, "0"},
      {"category_table_events/jam", 0, "2"},
      {"category_table_cycle_days/jam", 0, "-"},
      {"category_table_due_in_days/jam", 0, "-"},
      {"category_table_events/ham", 0, "2"},
      {"category_table_purchases/ham", 0, "0"},
      {"category_table_amount/ham", 0, "0"},
      {"category_table_first/ham", 0, "0"},
      {"category_table_last/ham", 0, "0"},
      {"category_table_events/tea", 1, "."},
  };
  struct fixture f;
  fx_open(&f, "UTC");
  RUN(&f, users);
  CHECK(&f, wants);
  fx_close(&f);

  fx_open(&f, "UTC"); /* without the family that has the users' median gaps */
  const char *globs[] = {COLUMNS};
  f.conf.columns = fx_names(globs, 1);
  RUN(&f, users);
  CHECK(&f, wants);
  assert_int_equal(pt_schema_find(&f.schema, "purchase_cycle_days"), -1);
  fx_close(&f);
}

static void only_what_is_asked(void **unused) {
  (void)unused;
  const struct ev list[] = {E("2026-03-01T10:00:00", "purchase", .category = "b", .amount = "4"),
                            E("2026-03-02T10:00:00", "purchase", .category = "a", .amount = "3"),
                            E("2026-03-12T10:00:00", "purchase", .category = "a", .amount = "3")};
  const struct user users[] = {USER(list)};
  const char *globs[] = {"*_due_in_days"}; /* P: gaps 1 and 10: 5.5; (10 + 3 P) / 4 - 19 */
  struct fixture f;
  fx_open(&f, "UTC");
  f.conf.columns = fx_names(globs, 1);
  RUN(&f, users);
  const struct want wants[] = {{"category_table_due_in_days/a", 0, "-12.375"},
                               {"category_table_due_in_days/b", 0, "-"}};
  CHECK(&f, wants);
  int64_t at = pt_schema_find(&f.schema, "category_table");
  assert_true(at >= 0);
  const struct pt_sparse *s = f.schema.columns[at].sparse;
  assert_int_equal(s->n_planes, 2); /* the cycle, which is not written */
  assert_true(s->planes[0].hidden && !s->planes[1].hidden);
  assert_int_equal(pt_rows_bytes(f.rows, 0, (uint32_t)at, 0).n, 2 * 24);
  fx_close(&f);

  globs[0] = "spend_7d";
  fx_open(&f, "UTC");
  f.conf.columns = fx_names(globs, 1);
  RUN(&f, users);
  assert_int_equal(pt_schema_find(&f.schema, "category_table"), -1);
  assert_false(f.fields & PT_BIT(PT_F_CATEGORY));
  fx_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(cycles), cmocka_unit_test(only_what_is_asked)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

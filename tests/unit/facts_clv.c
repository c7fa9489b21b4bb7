/* Section 10 of the catalogue: the history that lifetime value is fitted on. T = 2026-04-01; the last day is
 * 2026-03-31. */
#include "facts_fixture.h"

static void histories(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  /* two purchases on the first day, the second day later paid in two parts; what is returned does not matter */
  const struct ev regular[] = {
      E("2026-01-20T10:00:00", "view"),
      E("2026-02-03T10:00:00", "purchase", .amount = "100"),
      E("2026-02-03T20:00:00", "purchase", .amount = "11"),
      E("2026-02-17T10:00:00", "purchase", .amount = "30.25"),
      E("2026-02-18T10:00:00", "return", .amount = "30.25"),
      E("2026-03-10T09:00:00", "purchase", .amount = "20"),
      E("2026-03-10T10:00:00", "purchase", .amount = "0.5"),
  };
  const struct ev once[] = {E("2026-03-31T23:59:00", "purchase", .amount = "9")};
  const struct ev untold[] = {E("2026-03-01T10:00:00", "purchase"), E("2026-03-08T10:00:00", "purchase")};
  const struct ev visitor[] = {E("2026-03-01T10:00:00", "view"), E("2026-03-02T10:00:00", "purchase", .amount = "-5")};
  const struct user users[] = {USER(regular), USER(once), USER(untold), USER(visitor), {NULL, 0}};
  RUN(&f, users);
  const struct want wants[] = {
      {"clv_x", 0, "2"},          {"clv_tx", 0, "5"},        {"clv_T", 0, "8"},
      {"clv_m", 0, "25.375"},     {"clv_x", 1, "0"},         {"clv_tx", 1, "0"},
      {"clv_T", 1, "0"},          {"clv_m", 1, "-"},         {"clv_x", 2, "1"},
      {"clv_tx", 2, "1"},         {"clv_m", 2, "0"},         {"clv_T", 2, "4.2857142857142856"},
      {"clv_x", 3, "-"},          {"clv_tx", 3, "-"},        {"clv_T", 3, "-"},
      {"clv_m", 3, "-"},          {"clv_x", 4, "-"},         {"p_alive", 0, "-"},
      {"clv_12m", 0, "-"},        {"_clv_x", 3, "-1"},       {"_clv_x", 0, "2"},
      {"_clv_tx", 0, "35"},       {"_clv_T", 0, "56"},       {"_clv_m", 0, "25.375"},
      {"_clv_truncated", 0, "0"}, {"_clv_seen", 0, "20473"}, /* 2026-01-20 */ {"_clv_seen", 1, "20543"},
  };
  CHECK(&f, wants);
  fx_close(&f);
}

/* clv.model: none leaves the facts. */
static void without_a_model(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  f.conf.clv_model = PT_CLV_NONE;
  f.conf.clv_unit_ms = PT_DAY_MS;
  const struct ev two[] = {E("2026-03-01T10:00:00", "purchase", .amount = "1"),
                           E("2026-03-04T10:00:00", "purchase", .amount = "3")};
  const struct user users[] = {USER(two)};
  RUN(&f, users);
  const struct want wants[] = {{"clv_x", 0, "1"}, {"clv_tx", 0, "3"}, {"clv_T", 0, "30"}, {"clv_m", 0, "3"}};
  CHECK(&f, wants);
  assert_true(pt_schema_find(&f.schema, "p_alive") < 0);
  assert_true(pt_schema_find(&f.schema, "_clv_x") < 0);
  fx_close(&f);
}

/* Hidden columns are there for what is asked, and no more. */
static void only_what_is_asked(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  f.conf.columns = NAMES("p_purchase_30d");
  const struct ev one[] = {E("2026-03-01T10:00:00", "purchase", .amount = "1")};
  const struct user users[] = {USER(one)};
  RUN(&f, users);
  int64_t at = pt_schema_find(&f.schema, "p_purchase_30d");
  assert_true(at >= 0 && pt_schema_find(&f.schema, "_clv_x") >= 0);
  assert_true(pt_schema_find(&f.schema, "_clv_m") < 0 && pt_schema_find(&f.schema, "clv_x") < 0);
  assert_string_equal(f.schema.columns[at].level, "prediction");
  assert_string_equal(f.schema.columns[at].family, "clv");
  fx_close(&f);
}

/* Known without the column `history`. */
static void truncated(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  f.conf.columns = NAMES("p_alive");
  f.ctx.log_start = fx_time(&f, "2026-01-01");
  const struct ev old[] = {E("2025-12-31T23:59:59", "register"), E("2026-03-01T10:00:00", "register")};
  const struct ev fresh[] = {E("2026-01-01T00:00:00", "register"), E("2026-03-01T10:00:00", "purchase")};
  const struct user users[] = {USER(old), USER(fresh), {NULL, 0}};
  RUN(&f, users);
  const struct want wants[] = {{"_clv_truncated", 0, "1"}, {"_clv_truncated", 1, "0"}, {"_clv_truncated", 2, "0"}};
  CHECK(&f, wants);
  fx_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(histories),
      cmocka_unit_test(without_a_model),
      cmocka_unit_test(only_what_is_asked),
      cmocka_unit_test(truncated),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

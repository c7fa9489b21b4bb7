/* Section 7 of the catalogue: what of a user's purchases and visits his worth is made of. T = 2026-04-01; the last day
 * is 2026-03-31. */
#include "facts_fixture.h"

static void worth(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  f.conf.rfm_window = 30;
  /* gaps of 59, 150 and 20 days, of which the last two ended in 90 days; a refund inside the window */
  const struct ev buyer[] = {
      E("2025-08-14T10:00:00", "purchase", .amount = "100"),   E("2025-10-12T10:00:00", "purchase", .amount = "5"),
      E("2026-03-11T10:00:00", "purchase", .amount = "30.25"), E("2026-03-12T10:00:00", "refund", .amount = "0.25"),
      E("2026-03-31T10:00:00", "purchase", .amount = "7"),     E("2026-03-31T11:00:00", "purchase", .amount = "1")};
  const struct ev late[] = {E("2026-03-01T10:00:00", "purchase", .amount = "9")}; /* 30 days ago: outside */
  const struct ev looker[] = {E("2026-03-01T10:00:00", "view"), E("2026-03-05T10:00:00", "search"),
                              E("2026-03-21T10:00:00", "message_open")};
  const struct user users[] = {USER(buyer), USER(late), USER(looker), {NULL, 0}};
  RUN(&f, users);
  const struct want wants[] = {
      {"rfm_recency", 0, "0"},   {"rfm_frequency", 0, "2"}, {"rfm_monetary", 0, "38"}, {"rfm_recency", 1, "-"},
      {"rfm_frequency", 1, "-"}, {"rfm_monetary", 1, "-"},  {"rfm_monetary", 2, "-"},  {"rfm_r", 0, "-"},
  };
  CHECK(&f, wants);
  fx_close(&f);
}

static void intermediates(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  f.conf.columns = NAMES("_*");
  f.conf.rfm_window = UINT32_MAX;
  const struct ev buyer[] = {
      E("2025-03-31T10:00:00", "purchase", .amount = "100"),   E("2025-10-12T10:00:00", "purchase", .amount = "5"),
      E("2026-03-11T10:00:00", "purchase", .amount = "30.25"), E("2026-03-12T10:00:00", "refund", .amount = "0.25"),
      E("2026-03-31T10:00:00", "purchase", .amount = "7"),     E("2026-03-31T11:00:00", "purchase", .amount = "1")};
  const struct ev looker[] = {E("2026-01-10T10:00:00", "view"), E("2026-03-05T10:00:00", "search"),
                              E("2026-03-21T10:00:00", "message_open"), E("2026-03-25T10:00:00", "click")};
  const struct user users[] = {USER(buyer), USER(looker), {NULL, 0}};
  RUN(&f, users);
  const struct want wants[] = {
      {"_rfm_since", 0, "0"},         {"_rfm_days", 0, "4"},
      {"_rfm_money", 0, "1430000"},   {"_net_money", 0, "1430000"},
      {"_purchase_days_365", 0, "3"}, {"_purchases", 0, "5"},
      {"_purchase_days", 0, "4"},     {"_first_purchase_days", 0, "365"},
      {"_gap_ended_90", 0, "150"},    {"_purchase_days_365", 1, "-"},
      {"_purchase_days", 1, "0"},     {"_gap_ended_90", 1, "0"},
      {"_interest_events", 1, "2"},   {"_awareness_events", 1, "2"},
      {"_seen_days", 1, "3"},         {"_seen_days_30", 1, "2"},
      {"_seen_days_30", 2, "-"},      {"_visit_cycle_days", 1, "37"},
  };
  CHECK(&f, wants);
  fx_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(worth), cmocka_unit_test(intermediates)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

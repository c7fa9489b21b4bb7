/* Section 2 of the catalogue on users whose values were worked out by hand. T = 2026-04-01, a Wednesday. */
#include "facts_fixture.h"

static void windows_end_at_local_midnight(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  const struct ev views[] = {
      E("2025-03-31T23:00:00", "view"),      E("2025-04-01T00:00:00", "view"), E("2025-12-31T23:59:59.999", "view"),
      E("2026-01-01T00:00:00", "view"),      E("2026-03-01T23:59:00", "view"), E("2026-03-02T00:00:00", "view"),
      E("2026-03-24T23:59:59.999", "view"),  E("2026-03-25T00:00:00", "view"), E("2026-03-25T10:00:00", "view"),
      E("2026-03-31T23:59:59.999", "login"),
  };
  const struct user users[] = {USER(views), {NULL, 0}};
  RUN(&f, users);
  const struct want wants[] = {
      {"view_count_7d", 0, "2"},
      {"view_count_30d", 0, "4"},
      {"view_count_90d", 0, "6"},
      {"view_count_365d", 0, "8"},
      {"view_count_all", 0, "9"},
      {"view_days_7d", 0, "1"},
      {"view_days_30d", 0, "3"},
      {"view_days_90d", 0, "5"},
      {"view_days_365d", 0, "7"},
      {"view_days_all", 0, "8"},
      {"view_first", 0, "1743462000000"},
      {"view_last", 0, "1774432800000"},
      {"login_count_7d", 0, "1"},
      {"search_count_all", 0, "0"},
      {"search_first", 0, "-"},
      {"active_days_7d", 0, "2"},
      {"active_days_all", 0, "9"},
      {"active_days_30d_prev", 0, "1"},
      {"days_since_active", 0, "0"},
      {"stickiness", 0, "0.13333333333333333"},
      {"momentum", 0, "2.1428571428571428"},
      {"first_seen", 0, "1743462000000"},
      {"last_seen", 0, "1775001599999"},
      /* a record alone: counts 0, the rest absent */
      {"view_count_all", 1, "0"},
      {"view_days_7d", 1, "0"},
      {"view_first", 1, "-"},
      {"first_seen", 1, "-"},
      {"last_seen", 1, "-"},
      {"active_days_all", 1, "0"},
      {"days_since_active", 1, "-"},
      {"stickiness", 1, "0"},
      {"momentum", 1, "-"},
      {"sessions_all", 1, "0"},
      {"session_minutes_median", 1, "-"},
      {"session_depth_mean", 1, "-"},
      {"bounce_rate", 1, "-"},
      {"active_hour", 1, "-"},
      {"active_hour_index", 1, "-"},
      {"active_hour_evidence", 1, "0"},
      {"daypart", 1, "-"},
      {"lifestyle", 1, "-"},
      {"contact_channel", 1, "-"},
      {"contact_channel_evidence", 1, "0"},
      {"channel_first", 1, "-"},
  };
  CHECK(&f, wants);
  fx_close(&f);
}

static void the_thirty_days_before(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  const struct ev list[] = {E("2026-01-30T23:59:59", "view"), E("2026-01-31T00:00:00", "view"),
                            E("2026-03-01T23:59:59", "view"), E("2026-03-02T00:00:00", "view")};
  const struct user users[] = {USER(list)};
  RUN(&f, users);
  const struct want wants[] = {{"active_days_30d_prev", 0, "2"}, {"active_days_30d", 0, "1"}, {"momentum", 0, "0"}};
  CHECK(&f, wants);
  fx_close(&f);
}

/* Intermediates that rules read: there when they are named, whatever the windows. */
static void rules_may_read_intermediates(void **unused) {
  (void)unused;
  static const struct ev events[] = {E("2026-01-01T12:00:00", "view"),         E("2026-03-01T12:00:00", "view"),
                                     E("2026-03-02T12:00:00", "click"),        E("2026-03-02T13:00:00", "view"),
                                     E("2026-03-29T12:00:00", "message_open"), E("2026-03-30T12:00:00", "view")};
  static const struct user users[] = {{events, 6}, {NULL, 0}};
  const char *globs[] = {"*", "_active_days_30", "_visit_events_*"};
  struct fixture f;
  fx_open(&f, "UTC");
  f.conf.columns = fx_names(globs, 3);
  RUN(&f, users);
  const struct want wants[] = {{"_active_days_30", 0, "2"},
                               {"_visit_events_30", 0, "3"},
                               {"_active_days_30", 1, "0"},
                               {"_visit_events_30", 1, "0"}};
  CHECK(&f, wants);
  assert_int_equal(f.schema.columns[pt_schema_find(&f.schema, "_active_days_30")].where, PT_HIDDEN);
  fx_close(&f);
}

static const float *histogram(struct fixture *f, const char *name, uint32_t row) {
  uint32_t at = (uint32_t)pt_schema_find(&f->schema, name);
  assert_int_equal(f->schema.columns[at].where, PT_IN_OBSM);
  return (const float *)pt_rows_values(f->rows, 0, at) + (size_t)row * f->schema.columns[at].width;
}

static void clock_of_decayed_visits(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  /* half the weight after 30 days; a message is no visit */
  const struct ev morning[] = {
      E("2026-03-01T10:00:00", "view"), E("2026-03-31T09:30:00", "view"), E("2026-03-31T20:00:00", "message_open"),
      E("2026-03-31T20:00:00", "refund", .amount = "1"), E("2026-03-31T20:00:00", "purchase", .amount = "-1")};
  const struct ev midnight[] = {E("2026-03-30T23:00:00", "view"), E("2026-03-31T00:59:59", "view"),
                                E("2026-03-31T02:00:00", "view"), E("2026-03-31T08:00:00", "view")};
  const struct ev long_ago[] = {E("2023-01-01T10:00:00", "view")};
  const struct user users[] = {USER(morning), USER(midnight), USER(long_ago)};
  RUN(&f, users);
  const float *hours = histogram(&f, "hour_histogram", 0), *days = histogram(&f, "weekday_histogram", 0);
  assert_true(hours[9] == (float)(2.0 / 3) && hours[10] == (float)(1.0 / 3) && hours[20] == 0);
  assert_true(days[1] == (float)(2.0 / 3) && days[6] == (float)(1.0 / 3));
  hours = histogram(&f, "hour_histogram", 2);
  for (int h = 0; h < 24; h++) assert_true(hours[h] == 0);
  const struct want wants[] = {
      {"active_hour", 0, "8"},
      {"active_hour_index", 0, "1"},
      {"active_hour_evidence", 0, "2"},
      {"daypart", 0, "morning"},
      {"daypart_index", 0, "1"},
      {"last_seen", 0, "1774949400000"},
      /* 23-1 has the decayed 23 o'clock event and one of three: 0-2 has two of three */
      {"active_hour", 1, "0"},
      {"daypart", 1, "night"},
      {"active_hour_evidence", 1, "4"},
      {"active_hour", 2, "-"},
      {"active_hour_index", 2, "-"},
      {"active_hour_evidence", 2, "1"},
      {"daypart", 2, "-"},
  };
  CHECK(&f, wants);
  fx_close(&f);
}

static void circular_hours_and_ties(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  const struct ev around[] = {E("2026-03-31T00:10:00", "view"), E("2026-03-31T23:10:00", "view")};
  const struct ev parts[] = {E("2026-03-31T07:00:00", "view"), E("2026-03-31T19:00:00", "view")};
  const struct user users[] = {USER(around), USER(parts)};
  RUN(&f, users);
  const struct want wants[] = {{"active_hour", 0, "22"},    {"active_hour_index", 0, "1"}, {"daypart", 0, "night"},
                               {"daypart_index", 0, "0.5"}, {"active_hour", 1, "5"},       {"daypart", 1, "morning"}};
  CHECK(&f, wants);
  fx_close(&f);
}

static void sessions_by_gap_and_by_id(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  /* 30 minutes go on, one ms more does not; events with an id stand beside the gap rule */
  const struct ev mixed[] = {E("2026-03-24T10:00:00", "view"),
                             E("2026-03-24T10:10:00", "view", .session = "s"),
                             E("2026-03-24T10:30:00", "view"),
                             E("2026-03-24T10:40:00", "coupon_get"),
                             E("2026-03-24T11:00:00.001", "click"),
                             E("2026-03-25T15:00:00", "view", .session = "s"),
                             E("2026-03-26T15:00:00", "view", .session = "t")};
  const struct user users[] = {USER(mixed)};
  RUN(&f, users);
  const struct want wants[] = {{"sessions_7d", 0, "1"},          {"sessions_30d", 0, "4"},
                               {"sessions_all", 0, "4"},         {"session_minutes_median", 0, "15"}, /* 0 0 30 1730 */
                               {"session_depth_mean", 0, "1.5"}, {"bounce_rate", 0, "0.5"}};
  CHECK(&f, wants);
  fx_close(&f);
}

static void channels(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  const struct ev tie[] = {E("2026-03-01T10:00:00", "view"),
                           E("2026-03-02T10:00:00", "view", .channel = "email"),
                           E("2026-03-02T10:01:00", "view", .channel = "push"), /* no session's first event */
                           E("2026-03-03T10:00:00", "view", .channel = "app"),
                           E("2026-03-04T10:00:00", "message_open", .channel = "sms"),
                           E("2026-03-05T10:00:00", "view", .channel = "email"),
                           E("2026-03-06T10:00:00", "view", .channel = "app"),
                           E("2026-03-07T10:00:00", "view")};
  const struct ev bytes[] = {E("2026-03-02T10:00:00", "view", .channel = "b", .session = "1"),
                             E("2026-03-02T10:00:00", "view", .channel = "a", .session = "2")};
  const struct user users[] = {USER(tie), USER(bytes)};
  RUN(&f, users);
  const struct want wants[] = {{"channel_first", 0, "email"},        {"channel_last", 0, "app"},
                               {"contact_channel", 0, "app"},        {"contact_channel_index", 0, "0.5"},
                               {"contact_channel_evidence", 0, "4"}, {"contact_channel", 1, "a"},
                               {"contact_channel_index", 1, "0.5"}};
  CHECK(&f, wants);
  fx_close(&f);
}

static void lifestyle_against_the_population(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  /* 2026-03-28 is a Saturday, 2026-03-30 a Monday. All: night 2, weekend 1, workday_day 9, workday_evening 0. */
  const struct ev night[] = {E("2026-03-28T05:59:59", "view"), E("2026-03-30T02:00:00", "view"),
                             E("2026-03-30T10:00:00", "view"), E("2026-03-30T11:00:00", "view"),
                             E("2026-03-30T12:00:00", "view")};
  const struct ev day[] = {E("2026-03-28T06:00:00", "view"), E("2026-03-30T06:00:00", "view"),
                           E("2026-03-30T10:00:00", "view"), E("2026-03-30T11:00:00", "view"),
                           E("2026-03-30T12:00:00", "view"), E("2026-03-30T17:59:59", "view")};
  const struct ev few[] = {E("2026-03-31T12:00:00", "view")};
  const struct user users[] = {USER(night), USER(day), USER(few)};
  RUN(&f, users);
  const struct want wants[] = {
      {"lifestyle", 0, "night"},
      {"lifestyle_index", 0, "0.28333333333333333"}, /* (2 + 5*2/12) / 10 */
      {"lifestyle_evidence", 0, "5"},
      {"lifestyle", 1, "weekend"},
      {"lifestyle_index", 1, "0.12878787878787878"}, /* (1 + 5/12) / 11 */
      {"lifestyle", 2, "-"},
      {"lifestyle_index", 2, "-"},
      {"lifestyle_evidence", 2, "1"},
  };
  CHECK(&f, wants);
  fx_close(&f);
}

static void hours_by_weekday(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  static struct ev many[130];
  for (int i = 0; i < 130; i++) many[i] = (struct ev)E("2026-03-30T05:00:00", "view"); /* a Monday */
  many[128].time = "2026-03-31T00:00:00";
  many[129].time = "2026-03-31T01:00:00";
  const struct ev one[] = {E("2026-03-24T01:00:00", "click"), E("2026-03-29T23:00:00", "click")}; /* the last cell */
  const struct user users[] = {{many, 130}, USER(one), {NULL, 0}};
  RUN(&f, users);
  uint32_t at = (uint32_t)pt_schema_find(&f.schema, "_hours");
  static const unsigned char first[] = {5, 128, 1, 24, 1, 25, 1}, second[] = {25, 1, 167, 1};
  struct pt_slice bytes = pt_rows_bytes(f.rows, 0, at, 0);
  assert_int_equal(bytes.n, sizeof first);
  assert_memory_equal(bytes.p, first, sizeof first);
  bytes = pt_rows_bytes(f.rows, 0, at, 1);
  assert_int_equal(bytes.n, sizeof second);
  assert_memory_equal(bytes.p, second, sizeof second);
  assert_int_equal(pt_rows_bytes(f.rows, 0, at, 2).n, 0);
  fx_close(&f);
}

static void days_of_a_changing_offset(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "Europe/Berlin");
  const struct ev berlin[] = {
      E("2025-10-26T00:30:00Z", "view"), /* 02:30 twice on that day of 25 hours */
      E("2025-10-26T01:30:00Z", "view"), E("2025-10-26T22:59:59Z", "view"),
      E("2026-03-24T22:59:59Z", "view"), E("2026-03-24T23:00:00Z", "view"), /* midnight */
      E("2026-03-29T00:59:59Z", "view"), E("2026-03-29T01:00:00Z", "view"), /* 01:59:59, then 03:00 */
  };
  const struct user users[] = {USER(berlin)};
  RUN(&f, users);
  const struct want wants[] = {{"view_count_7d", 0, "3"},
                               {"view_count_30d", 0, "4"},
                               {"view_days_7d", 0, "2"},
                               {"view_days_30d", 0, "3"},
                               {"view_days_all", 0, "4"}};
  CHECK(&f, wants);
  const float *hours = histogram(&f, "hour_histogram", 0);
  assert_true(hours[2] > 0 && hours[1] > 0 && hours[3] > 0 && hours[0] > 0 && hours[23] > 0);
  fx_close(&f);

  /* St John's set its clocks back at 00:01: 29 October came, went and came again */
  fx_open(&f, "America/St_Johns");
  const struct ev johns[] = {E("2006-10-29T02:30:30Z", "view"), E("2006-10-29T02:45:00Z", "view"),
                             E("2006-10-29T03:45:00Z", "view")};
  const struct user others[] = {USER(johns)};
  RUN(&f, others);
  fx_check(&f, &(struct want){"view_days_all", 0, "2"}, 1);
  fx_close(&f);
}

static void names_of_the_job_file(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  f.conf.counted_events = NAMES("Page View", "view", "refund");
  f.conf.visit_events = NAMES("Page View");
  const struct ev list[] = {E("2026-03-30T10:00:00", "Page View"), E("2026-03-31T10:00:00", "Page View"),
                            E("2026-03-31T11:00:00", "heartbeat"),
                            E("2026-03-31T12:00:00", "purchase", .amount = "-3")};
  const struct user users[] = {USER(list)};
  RUN(&f, users);
  const struct want wants[] = {{"page_view_count_all", 0, "2"}, {"page_view_days_all", 0, "2"},
                               {"view_count_all", 0, "0"},      {"refund_count_all", 0, "1"},
                               {"active_days_all", 0, "2"},     {"last_seen", 0, "1774951200000"}};
  CHECK(&f, wants);
  fx_close(&f);

  fx_open(&f, "UTC");
  f.conf.counted_events = NAMES("a b", "a-b");
  assert_int_equal(pt_facts_open(&f.facts, &f.ctx, &f.schema, &f.fields, &f.err), PT_CONFIG);
  assert_null(f.facts);
  fx_close(&f);
}

static void when_where_what(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  f.conf.allow_sensitive = NAMES("when_where_what");
  const struct ev list[] = {E("2026-03-01T14:00:00", "view", .city = "Bonn"),
                            E("2026-03-02T14:59:00", "view", .city = "Bonn"), E("2026-03-03T09:00:00", "click"),
                            E("2026-03-04T09:00:00", "click"), E("2026-03-05T14:00:00", "view", .city = "Ulm")};
  const struct ev bytes[] = {E("2026-03-01T14:00:00", "view", .city = "a/"),
                             E("2026-03-01T14:00:00", "click", .city = "a")};
  const struct user users[] = {USER(list), USER(bytes), {NULL, 0}};
  RUN(&f, users);
  const struct want wants[] = {{"when_where_what", 0, "9//click"},   {"when_where_what_count", 0, "2"},
                               {"when_where_what", 1, "14/a//view"}, {"when_where_what_count", 1, "1"},
                               {"when_where_what", 2, "-"},          {"when_where_what_count", 2, "0"}};
  CHECK(&f, wants);
  fx_close(&f);

  fx_open(&f, "UTC");
  RUN(&f, users);
  assert_int_equal(pt_schema_find(&f.schema, "when_where_what"), -1);
  fx_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(windows_end_at_local_midnight),
      cmocka_unit_test(the_thirty_days_before),
      cmocka_unit_test(rules_may_read_intermediates),
      cmocka_unit_test(clock_of_decayed_visits),
      cmocka_unit_test(circular_hours_and_ties),
      cmocka_unit_test(sessions_by_gap_and_by_id),
      cmocka_unit_test(channels),
      cmocka_unit_test(lifestyle_against_the_population),
      cmocka_unit_test(hours_by_weekday),
      cmocka_unit_test(days_of_a_changing_offset),
      cmocka_unit_test(names_of_the_job_file),
      cmocka_unit_test(when_where_what),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

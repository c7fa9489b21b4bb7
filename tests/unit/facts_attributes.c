/* Attributes: the latest record field by field, ages at birthdays, what events tell where no record does, and who is
 * under age. */
#include "facts_fixture.h"

/* Fields of a record in order, packed into one of a few buffers. */
struct told {
  unsigned field;
  const char *text; /* NULL: the number */
  int64_t number;
};
static struct pt_record_buf buffers[32];
static uint32_t n_buffers;

static struct pt_slice pack(const struct told *v, uint32_t n) {
  struct pt_record_buf *b = &buffers[n_buffers++];
  b->n = 0;
  for (uint32_t i = 0; i < n; i++) {
    if (v[i].text && v[i].field == PT_RF_KEPT)
      assert_true(pt_record_put_kept(b, "pet", pt_slice_of(v[i].text)));
    else if (v[i].text)
      assert_true(pt_record_put(b, v[i].field, v[i].text, strlen(v[i].text)));
    else
      assert_true(pt_record_put_number(b, v[i].field, v[i].number));
  }
  return (struct pt_slice){b->p, b->n};
}
#define TOLD(...) \
  pack((const struct told[]){__VA_ARGS__}, sizeof((const struct told[]){__VA_ARGS__}) / sizeof(struct told))
#define N(f, v) \
  { PT_RF_##f, NULL, (int64_t)(v) }
#define S(f, v) \
  { PT_RF_##f, v, 0 }

static int64_t day(int y, int m, int d) {
  return pt_days_from_civil(y, m, d);
}

static void with_records(struct fixture *f, const struct rec *records, uint32_t n) {
  f->records = records;
  f->n_records = n;
}

static void the_latest_record_wins(void **unused) {
  (void)unused;
  struct fixture f;
  static const char *const keep[] = {"pet"}, *const allow[] = {"income", "children", "body_shape", "skin_type"};
  n_buffers = 0;
  int64_t height;
  double cm = 170.5;
  memcpy(&height, &cm, sizeof height);
  const struct rec records[] = {
      {0, NULL, TOLD(N(GENDER, PT_MALE), S(OCCUPATION, "it"), N(INCOME, 50000), S(KEPT, "cat"))},
      {0, "2026-01-01", TOLD(N(GENDER, PT_FEMALE), S(CITY, "Wien"), N(CHILDREN, 0), S(SKIN_TYPE, "dry"))},
      {0, "2026-02-01", TOLD(N(GENDER, PT_FEMALE), S(OCCUPATION, "Imker"), N(HEIGHT_CM, height), S(CONSENT, ""))},
      {0, "2026-03-01", TOLD(S(CITY, "Graz"), N(PUSH_PERMITTED, 0), N(PHONE_KNOWN, 1), S(KEPT, "dog"))},
      {2, NULL, TOLD(S(CONSENT, "ads,email"), S(LEVEL, "Gold"), S(MARITAL_STATUS, "single"), S(OCCUPATION, "teacher"))},
  };
  static const struct ev views[] = {E("2026-03-01T10:00", "view", .city = "Rom")};
  const struct user users[] = {USER(views), USER(views), {NULL, 0}};
  fx_open(&f, "UTC");
  f.conf.users_keep = fx_names(keep, 1);
  f.conf.allow_sensitive = fx_names(allow, 4);
  with_records(&f, records, 5);
  RUN(&f, users);
  const struct want wants[] = {
      {"gender_declared", 0, "female"},
      {"occupation", 0, "other"},
      {"occupation_text", 0, "Imker"},
      {"occupation_index", 0, "1"},
      {"occupation_evidence", 0, "2"},
      {"income", 0, "5"},
      {"children", 0, "0"},
      {"has_child", 0, "no"},
      {"has_child_evidence", 0, "1"},
      {"skin_type", 0, "dry"},
      {"height_cm", 0, "170.5"},
      {"city", 0, "Graz"},
      {"city_index", 0, "1"},
      {"city_evidence", 0, "2"},
      {"push_permitted", 0, "0"},
      {"wechat_followed", 0, "-"},
      {"phone_known", 0, "1"},
      {"email_known", 0, "-"},
      {"consent", 0, "none"},
      {"pet", 0, "dog"},
      {"profile_conflicts", 0, "4"},
      {"profile_updated_at", 0, "1772323200000"},
      {"profile_age_days", 0, "30"},
      {"age", 0, "-"},
      /* a user without records */
      {"gender_declared", 1, "-"},
      {"occupation", 1, "-"},
      {"occupation_index", 1, "-"},
      {"city", 1, "-"},
      {"profile_updated_at", 1, "-"},
      {"profile_conflicts", 1, "0"},
      {"has_child", 1, "-"},
      {"consent", 1, "-"},
      {"income", 1, "-"},
      /* a record without events, undated */
      {"occupation", 2, "teacher"},
      {"occupation_text", 2, "-"},
      {"consent", 2, "ads,email"},
      {"level", 2, "Gold"},
      {"marital_status", 2, "single"},
      {"profile_updated_at", 2, "-"},
      {"profile_age_days", 2, "-"},
      {"first_seen", 2, "-"},
  };
  CHECK(&f, wants);
  const uint64_t *conflicts = pt_facts_conflicts(f.facts);
  assert_int_equal(conflicts[PT_RF_GENDER], 1);
  assert_int_equal(conflicts[PT_RF_CITY], 1);
  assert_int_equal(conflicts[PT_RF_OCCUPATION], 1);
  assert_int_equal(conflicts[PT_RF_KEPT], 1);
  assert_int_equal(conflicts[PT_RF_INCOME], 0);
  fx_close(&f);
}

static void sensitive_ones_need_leave(void **unused) {
  (void)unused;
  struct fixture f;
  static const struct ev views[] = {E("2026-03-01T10:00", "view")};
  const struct user users[] = {USER(views)};
  fx_open(&f, "UTC");
  RUN(&f, users);
  static const char *const absent[] = {"income", "children", "body_shape", "skin_type", "when_where_what"};
  for (int i = 0; i < 5; i++) assert_true(pt_schema_find(&f.schema, absent[i]) < 0);
  fx_close(&f);
}

/* T = 2026-04-01 local. Someone born on 1 April turns on that day, someone born on 2 April does not. */
static void ages(void **unused) {
  (void)unused;
  struct fixture f;
  n_buffers = 0;
  int64_t id[2] = {day(1949, 12, 31), PT_FEMALE};
  struct pt_record_buf *b = &buffers[31];
  b->n = 0;
  assert_true(pt_record_put_number(b, PT_RF_BIRTH_DATE, day(2000, 1, 1)));
  assert_true(pt_record_put(b, PT_RF_ID_NUMBER, id, sizeof id));
  const struct rec records[] = {
      {0, NULL, TOLD(N(BIRTH_DATE, day(2008, 4, 1)))},
      {1, NULL, TOLD(N(BIRTH_DATE, day(2008, 4, 2)))},
      {2, NULL, {b->p, b->n}},
      {3, "2024-04-01", TOLD(N(AGE, 38))},
      {4, "2024-04-02", TOLD(N(AGE, 38))},
      {5, NULL, TOLD(N(AGE, 24))},
      {6, NULL, TOLD(N(BIRTH_DATE, day(2026, 4, 2)))},
      {7, NULL, TOLD(N(BIRTH_DATE, day(2012, 4, 2)), S(CITY, "Wien"))},
      {8, NULL, TOLD(N(BIRTH_DATE, day(2012, 4, 1)), S(CITY, "Wien"))},
  };
  static const struct ev views[] = {E("2026-03-20T10:00", "view", .channel = "sms")};
  const struct user users[] = {USER(views), USER(views), USER(views), USER(views), USER(views),
                               USER(views), USER(views), USER(views), USER(views)};
  fx_open(&f, "Asia/Shanghai");
  f.conf.columns = NAMES("*", "_age_records");
  with_records(&f, records, 9);
  RUN(&f, users);
  const struct want wants[] = {{"age", 0, "18"},         {"age", 1, "17"},         {"age", 2, "76"},
                               {"age", 3, "40"},         {"age", 4, "39"},         {"age", 5, "24"},
                               {"_age_records", 5, "1"}, {"age", 6, "-"},          {"_age_records", 6, "0"},
                               {"city", 7, "Wien"},      {"daypart", 7, "morning"}};
  CHECK(&f, wants);
  pt_facts_hide_minors(f.rows, 0);
  const struct want hidden[] = {{"age", 7, "13"},
                                {"city", 7, "-"},
                                {"city_index", 7, "-"},
                                {"daypart", 7, "-"},
                                {"contact_channel", 7, "-"},
                                {"contact_channel_evidence", 7, "0"},
                                {"view_count_all", 7, "1"},
                                {"channel_last", 7, "sms"},
                                {"age", 8, "14"},
                                {"city", 8, "Wien"},
                                {"daypart", 8, "morning"},
                                {"city", 6, "-"},
                                {"daypart", 6, "morning"}};
  CHECK(&f, hidden);
  fx_close(&f);
}

static void places(void **unused) {
  (void)unused;
  struct fixture f;
  n_buffers = 0;
  static const struct ev bought[] = {
      E("2026-03-01T23:00", "view", .city = "Rom", .device = "d1"),
      E("2026-03-02T23:00", "view", .city = "Rom", .device = "d2", .guide = "g1"),
      E("2026-03-03T12:00", "purchase", .city = "Wien", .store = "S1", .device = "d2"),
      E("2026-03-04T12:00", "purchase", .city = "Graz", .store = "S2"),
      E("2026-03-05T12:00", "purchase", .city = "Graz", .store = "S2", .guide = "g2"),
      E("2026-03-06T12:00", "refund", .city = "Wien", .store = "S1", .device = "d3"),
  };
  static const struct ev nights[] = {
      E("2026-01-01T23:00", "view", .city = "Bonn"), /* on the 90th day back */
      E("2025-12-31T23:00", "view", .city = "Kiel"),         E("2025-12-31T23:30", "view", .city = "Kiel"), /* before */
      E("2026-03-01T05:59", "view", .city = "Rom"),          E("2026-03-01T06:00", "view", .city = "Bonn"),
      E("2026-03-01T21:59", "view", .city = "Bonn"),         E("2026-03-01T22:00", "view", .city = "Rom"),
      E("2026-03-02T22:00", "message_sent", .city = "Bonn"),
  };
  const struct rec records[] = {{0, "2026-03-05T11:00", TOLD(S(STORE, "S9"), S(GUIDE, "g9"))},
                                {1, "2026-03-05", TOLD(S(STORE, "S9"), S(GUIDE, "g9"))}};
  static const struct ev early_guide[] = {E("2026-03-01T10:00", "view", .guide = "g1")};
  const struct rec later[] = {{0, "2026-03-02", TOLD(S(GUIDE, "g9"))}};
  const struct user users[] = {USER(bought), USER(nights)}, one[] = {USER(early_guide)};
  fx_open(&f, "UTC");
  with_records(&f, records, 2);
  RUN(&f, users);
  const struct want wants[] = {
      {"city", 0, "Graz"},       {"city_index", 0, "0.66666666666666663"},
      {"city_evidence", 0, "3"}, {"device_last", 0, "d3"},
      {"device_top", 0, "d2"},   {"devices", 0, "3"},
      {"store_home", 0, "S2"},   {"guide", 0, "g2"},
      {"city", 1, "Rom"},        {"city_index", 1, "0.66666666666666663"},
      {"city_evidence", 1, "3"}, {"devices", 1, "0"},
      {"device_last", 1, "-"},   {"store_home", 1, "S9"},
      {"guide", 1, "g9"},
  };
  CHECK(&f, wants);
  fx_close(&f);

  fx_open(&f, "UTC");
  with_records(&f, later, 1);
  RUN(&f, one);
  const struct want last[] = {{"guide", 0, "g9"}};
  CHECK(&f, last);
  fx_close(&f);
}

static void registered(void **unused) {
  (void)unused;
  struct fixture f;
  n_buffers = 0;
  static const struct ev told[] = {E("2026-03-01T10:00", "register"), E("2026-03-02T10:00", "install"),
                                   E("2026-03-03T10:00", "uninstall"), E("2026-03-04T10:00", "register")};
  static const struct ev again[] = {E("2026-03-02T10:00", "uninstall"), E("2026-03-03T10:00", "install"),
                                    E("2026-03-04T10:00", "purchase", .amount = "1")};
  fx_open(&f, "UTC");
  f.ctx.log_start = fx_time(&f, "2026-02-01");
  int64_t before = fx_time(&f, "2026-01-31T23:59");
  const struct rec records[] = {
      {1, NULL, TOLD(N(REGISTERED_AT, before))},
      {2, NULL, TOLD(N(REGISTERED_AT, before), N(FIRST_PURCHASE_AT, before))},
      {3, NULL, TOLD(N(BIRTH_DATE, 0), N(HEIGHT_CM, 0), S(BODY_SHAPE, "pear"))},
  };
  const struct user users[] = {USER(told), USER(again), {NULL, 0}, {NULL, 0}};
  with_records(&f, records, 3);
  RUN(&f, users);
  const struct want wants[] = {
      {"registered_at", 0, "1772359200000"},
      {"registered_days", 0, "30"},
      {"install_state", 0, "uninstalled"},
      {"install_state_evidence", 0, "2"},
      {"history", 0, "complete"},
      {"history_evidence", 0, "2"},
      {"registered_days", 1, "59"},
      {"install_state", 1, "installed"},
      {"history", 1, "truncated"},
      {"history_evidence", 1, "1"},
      {"history", 2, "complete"},
      {"install_state", 2, "-"},
      {"install_state_index", 2, "-"},
      {"registered_at", 3, "-"},
      {"history", 3, "complete"},
      {"history_evidence", 3, "0"},
      {"completeness", 0, "0"},
      {"missing_fields", 0, "31"},
      {"completeness", 1, "0.2"},
      {"missing_fields", 1, "30"},
      {"completeness", 3, "0.6"},
      {"missing_fields", 3, "17"},
  };
  CHECK(&f, wants);
  fx_close(&f);
}

/* Population: 8 purchases, 2 of them for children. */
static void children(void **unused) {
  (void)unused;
  struct fixture f;
  n_buffers = 0;
  static const char *const list[] = {"baby"};
  static const struct ev baby[] = {E("2026-03-01T10:00", "purchase", .category = "baby.food"),
                                   E("2026-03-02T10:00", "purchase", .category = "baby")};
  static const struct ev six[] = {E("2026-03-01T10:00", "purchase", .category = "babylon"),
                                  E("2026-03-02T10:00", "purchase"), E("2026-03-03T10:00", "purchase"),
                                  E("2026-03-04T10:00", "purchase"), E("2026-03-05T10:00", "purchase")};
  static const struct ev single[] = {E("2026-03-01T10:00", "purchase")};
  const struct rec records[] = {{3, NULL, TOLD(N(CHILDREN, 2))}};
  const struct user users[] = {USER(baby), USER(six), USER(single), {NULL, 0}};
  fx_open(&f, "UTC");
  f.conf.child_categories = fx_names(list, 1);
  with_records(&f, records, 1);
  RUN(&f, users);
  const struct want wants[] = {
      {"has_child", 0, "yes"},         {"has_child_index", 0, "0.4642857142857143"}, /* (2 + 5/4) / 7 */
      {"has_child_evidence", 0, "2"},  {"has_child", 1, "yes"},
      {"has_child_index", 1, "0.125"}, /* 5/4 / 10 */
      {"has_child", 2, "-"},           /* one order */ {"has_child", 3, "yes"},
      {"has_child_index", 3, "1"}};
  CHECK(&f, wants);
  fx_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_latest_record_wins),
      cmocka_unit_test(sensitive_ones_need_leave),
      cmocka_unit_test(ages),
      cmocka_unit_test(places),
      cmocka_unit_test(registered),
      cmocka_unit_test(children),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What records say, standardised: spellings, dates, id numbers; what cannot be read is dropped and told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those first */
#include <clean/clean_priv.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static void genders(void **unused) {
  (void)unused;
  static const struct {
    const char *text;
    int said;
  } row[] = {{"male", PT_MALE},
             {"M", PT_MALE},
             {"男", PT_MALE},
             {"1", PT_MALE},
             {"männlich", PT_MALE},
             {"Female", PT_FEMALE},
             {"f", PT_FEMALE},
             {"女", PT_FEMALE},
             {"2", PT_FEMALE},
             {"weiblich", PT_FEMALE},
             {"x", PT_OTHER_GENDER},
             {"Divers", PT_OTHER_GENDER},
             {"unknown", PT_SAYS_NOTHING},
             {"未知", PT_SAYS_NOTHING},
             {"0", PT_SAYS_NOTHING},
             {"", PT_SAYS_NOTHING},
             {"mal", PT_SAYS_RUBBISH},
             {"males", PT_SAYS_RUBBISH},
             {"3", PT_SAYS_RUBBISH}};
  for (size_t i = 0; i < sizeof row / sizeof *row; i++)
    if (pt_clean_gender(pt_slice_of(row[i].text)) != row[i].said) fail_msg("gender '%s'", row[i].text);
}

static void flags(void **unused) {
  (void)unused;
  assert_int_equal(pt_clean_flag(PT_SLICE("TRUE")), 1);
  assert_int_equal(pt_clean_flag(PT_SLICE("是")), 1);
  assert_int_equal(pt_clean_flag(PT_SLICE("0")), 0);
  assert_int_equal(pt_clean_flag(PT_SLICE("否")), 0);
  assert_int_equal(pt_clean_flag(PT_SLICE("n/a")), PT_SAYS_NOTHING);
  assert_int_equal(pt_clean_flag(PT_SLICE("maybe")), PT_SAYS_RUBBISH);
}

static void dates(void **unused) {
  (void)unused;
  static const char *const same[] = {"1990-05-17",           "19900517",        "1990/5/17", "1990.05.17",
                                     "1990-05-17T23:59:59Z", "1990-05-17 08:00"};
  static const char *const bad[] = {"1990-02-30",  "1990-13-01", "17.05.1990", "1990-05/17", "90-05-17",
                                    "1990-05-17x", "1990-05",    "1700-01-01", "1990-5-",    ""};
  int64_t days = 0;
  for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
    assert_true(pt_clean_date(pt_slice_of(same[i]), &days));
    assert_int_equal(days, pt_days_from_civil(1990, 5, 17));
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (pt_clean_date(pt_slice_of(bad[i]), &days)) fail_msg("'%s' is no date", bad[i]);
}

/* The examples of GB 11643-1999, then one digit wrong in each place. */
static void id_numbers(void **unused) {
  (void)unused;
  int64_t birth = 0, gender = -1;
  assert_true(pt_clean_id_number(PT_SLICE("11010519491231002X"), &birth, &gender));
  assert_int_equal(birth, pt_days_from_civil(1949, 12, 31));
  assert_int_equal(gender, PT_FEMALE);
  assert_true(pt_clean_id_number(PT_SLICE("11010519491231002x"), &birth, &gender));
  assert_true(pt_clean_id_number(PT_SLICE("440524188001010014"), &birth, &gender) == false); /* born in 1880 */
  char text[19] = "11010519491231002X";
  for (int i = 0; i < 17; i++) {
    text[i] = (char)(text[i] == '9' ? '0' : text[i] + 1);
    assert_false(pt_clean_id_number((struct pt_slice){text, 18}, &birth, &gender));
    text[i] = "11010519491231002X"[i];
  }
  assert_false(pt_clean_id_number(PT_SLICE("110105491231002"), &birth, &gender));
}

static void words(void **unused) {
  (void)unused;
  char room[PT_MAX_RTEXT + 1];
  static const struct {
    enum pt_rfield f;
    const char *from, *to;
  } row[] = {{PT_RF_OCCUPATION, "白领", "white_collar"},
             {PT_RF_OCCUPATION, "White Collar", "white_collar"},
             {PT_RF_OCCUPATION, "it", "it"},
             {PT_RF_OCCUPATION, "Imker", "Imker"},
             {PT_RF_MARITAL_STATUS, "未婚", "single"},
             {PT_RF_MARITAL_STATUS, "Married", "married"},
             {PT_RF_BODY_SHAPE, "Inverted-Triangle", "inverted_triangle"},
             {PT_RF_SKIN_TYPE, "油性", "oily"}};
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    struct pt_slice got = pt_clean_word(row[i].f, pt_slice_of(row[i].from), room);
    if (!pt_slice_eq(got, pt_slice_of(row[i].to))) fail_msg("'%s': '%.*s'", row[i].from, (int)got.n, got.p);
  }
}

/* -- whole records -- */

struct whole {
  struct pt_conf conf;
  struct pt_zone *zone;
  struct pt_parser *parser;
  struct pt_cleaner *cleaner;
  struct pt_format format;
  struct pt_event event;
  char line[4096];
};

static void open_whole(struct whole *w) {
  struct pt_err err = {0};
  uint64_t carried[PT_T_COUNT] = {0};
  struct pt_hash_key key = pt_hash_key_default();
  *w = (struct whole){.format = *pt_format_users(0)};
  assert_int_equal(pt_conf_parse(&w->conf, "t", PT_SLICE("users: {keep: [pet]}\n"), &err), 0);
  assert_int_equal(pt_zone_open(&w->zone, "Asia/Shanghai", &err), 0);
  w->format.kept = w->conf.users_keep.v;
  w->format.n_kept = w->conf.users_keep.n;
  assert_int_equal(pt_parser_open(&w->parser, &w->format, pt_cleaner_wants(0), (struct pt_slice){0}, 4000, &err), 0);
  assert_int_equal(pt_cleaner_open(&w->cleaner, &w->conf, w->zone, &key, carried, &err), 0);
  assert_int_equal(pt_cleaner_part(w->cleaner, w->parser, pt_format_users(0), 0, &err), 0);
}

static void close_whole(struct whole *w) {
  pt_cleaner_close(w->cleaner);
  pt_parser_close(w->parser);
  pt_zone_close(w->zone);
  pt_conf_free(&w->conf);
}

static enum pt_fate read_line(struct whole *w, const char *json) {
  struct pt_record r;
  struct pt_slice user;
  enum pt_reason reason;
  snprintf(w->line, sizeof w->line, "%s", json);
  pt_parser_next(w->parser, w->line, w->line + strlen(w->line), false, true, &r);
  assert_int_equal(r.fate, PT_ACCEPTED);
  return pt_clean(w->cleaner, r.events, 1, 0, &w->event, &user, &reason);
}

/* Field f of the last record; p NULL where it has none. */
static struct pt_slice field(const struct whole *w, unsigned f) {
  struct pt_slice rest = w->event.event_id, value;
  unsigned at;
  while (pt_record_next(&rest, &at, &value))
    if (at == f) return value;
  return (struct pt_slice){NULL, 0};
}

static void a_record(void **unused) {
  (void)unused;
  struct whole w;
  open_whole(&w);
  assert_int_equal(
      read_line(&w,
                "{\"user_id\":\"u\",\"gender\":\"女\",\"id_number\":\"11010519491231002X\",\"children\":2.0,"
                "\"income\":\"1234.5\",\"consent\":[\"b\",\"a\",\"b\"],\"registered_at\":\"2020-01-01\","
                "\"phone\":\"138\",\"email\":\"\",\"email_known\":false,\"height_cm\":170.5,\"pet\":\"cat\","
                "\"nickname\":\"secret\",\"city\":\" Wien \"}"),
      PT_ACCEPTED);
  assert_int_equal(w.event.type, PT_T_RECORD);
  assert_true(w.event.time == PT_UNDATED);
  assert_int_equal(pt_cleaner_unread(w.cleaner), 0);
  assert_int_equal(pt_record_number(field(&w, PT_RF_GENDER), 0), PT_FEMALE);
  assert_int_equal(pt_record_number(field(&w, PT_RF_ID_NUMBER), 0), pt_days_from_civil(1949, 12, 31));
  assert_int_equal(pt_record_number(field(&w, PT_RF_CHILDREN), 0), 2);
  assert_int_equal(pt_record_number(field(&w, PT_RF_INCOME), 0), 12345000);
  assert_true(pt_slice_eq(field(&w, PT_RF_CONSENT), PT_SLICE("a,b")));
  assert_true(pt_slice_eq(field(&w, PT_RF_CITY), PT_SLICE("Wien")));
  /* 2020-01-01 in Shanghai began at 16:00 UTC the day before */
  assert_true(pt_record_number(field(&w, PT_RF_REGISTERED_AT), 0) ==
              pt_days_from_civil(2020, 1, 1) * PT_DAY_MS - 8 * 3600000);
  assert_int_equal(pt_record_number(field(&w, PT_RF_PHONE_KNOWN), 0), 1);
  assert_int_equal(pt_record_number(field(&w, PT_RF_EMAIL_KNOWN), 0), 0);
  assert_true(pt_slice_eq(pt_record_kept(field(&w, PT_RF_KEPT), "pet"), PT_SLICE("cat")));
  assert_null(field(&w, PT_RF_PHONE).p);
  const char *never[] = {"secret", "11010519491231002X", "138"};
  for (int i = 0; i < 3; i++) assert_null(memmem(w.event.event_id.p, w.event.event_id.n, never[i], strlen(never[i])));
  close_whole(&w);
}

static void bad_values_are_told(void **unused) {
  (void)unused;
  struct whole w;
  open_whole(&w);
  assert_int_equal(read_line(&w,
                             "{\"user_id\":\"u\",\"updated_at\":\"2026-01-02T03:04:05Z\",\"gender\":\"xyz\","
                             "\"birth_date\":\"1990-02-30\",\"children\":31,\"income\":-1,\"height_cm\":5,"
                             "\"registered_at\":5,\"push_permitted\":\"maybe\",\"consent\":{},\"city\":[],"
                             "\"latitude\":91,\"marital_status\":\"unknown\",\"pet\":{}}"),
                   PT_ACCEPTED);
  uint64_t bad = PT_BIT(PT_RF_GENDER) | PT_BIT(PT_RF_BIRTH_DATE) | PT_BIT(PT_RF_CHILDREN) | PT_BIT(PT_RF_INCOME) |
                 PT_BIT(PT_RF_HEIGHT_CM) | PT_BIT(PT_RF_REGISTERED_AT) | PT_BIT(PT_RF_PUSH_PERMITTED) |
                 PT_BIT(PT_RF_CONSENT) | PT_BIT(PT_RF_CITY) | PT_BIT(PT_RF_LATITUDE) | PT_BIT(PT_RF_KEPT);
  assert_true(pt_cleaner_unread(w.cleaner) == bad);
  assert_int_equal(w.event.event_id.n, 0);
  assert_true(w.event.time == INT64_C(1767323045000));
  assert_int_equal(read_line(&w, "{\"user_id\":\"u\",\"gender\":\"m\"}"), PT_ACCEPTED);
  assert_int_equal(pt_cleaner_unread(w.cleaner), 0); /* of the last record alone */
  assert_int_equal(read_line(&w, "{\"user_id\":\"u\",\"updated_at\":\"gestern\"}"), PT_REJECTED_LINE);
  assert_int_equal(read_line(&w, "{\"gender\":\"m\"}"), PT_REJECTED_LINE);
  close_whole(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(genders),
                                     cmocka_unit_test(flags),
                                     cmocka_unit_test(dates),
                                     cmocka_unit_test(id_numbers),
                                     cmocka_unit_test(words),
                                     cmocka_unit_test(a_record),
                                     cmocka_unit_test(bad_values_are_told)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

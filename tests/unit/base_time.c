/* Times and zones. Offsets and instants are those that `TZ=ZONE date` prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka needs the above first */
#include <cmocka.h>
#include <portrait/time.h>

static struct pt_zone *open_zone(const char *name) {
  struct pt_zone *z;
  struct pt_err err = {0};
  if (pt_zone_open(&z, name, &err)) fail_msg("%s: %s", name, err.text);
  return z;
}

static int64_t utc_of(const char *text) {
  static const struct pt_time_format iso = {.kind = PT_TIME_ISO};
  struct pt_zone *utc = open_zone("UTC");
  int64_t ms;
  if (pt_time_parse(&iso, utc, pt_slice_of(text), &ms)) fail_msg("%s is a time", text);
  pt_zone_close(utc);
  return ms;
}

static void test_calendar(void **state) {
  (void)state;
  static const struct {
    int64_t year, days;
    int month, day, weekday;
  } dates[] = {{1970, 0, 1, 1, 3},      {1969, -1, 12, 31, 2},     {2000, 11016, 2, 29, 1}, {2000, 11017, 3, 1, 2},
               {2026, 20526, 3, 14, 5}, {1600, -135081, 2, 29, 1}, {2100, 47540, 2, 28, 6}, {2100, 47541, 3, 1, 0}};
  for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
    assert_int_equal(pt_days_from_civil(dates[i].year, dates[i].month, dates[i].day), dates[i].days);
    int64_t year;
    int month, day;
    pt_civil_from_days(dates[i].days, &year, &month, &day);
    assert_true(year == dates[i].year && month == dates[i].month && day == dates[i].day);
    assert_int_equal(pt_weekday(dates[i].days), dates[i].weekday);
  }
  for (int64_t days = -200000; days < 200000; days += 13) {
    int64_t year;
    int month, day;
    pt_civil_from_days(days, &year, &month, &day);
    assert_int_equal(pt_days_from_civil(year, month, day), days);
  }
}

/* Times with an offset, and without one in UTC. NULL: refused. */
static const struct {
  const char *text, *utc;
} isos[] = {
    {"2026-03-14T09:26:53.589Z", "2026-03-14T09:26:53.589Z"},
    {"2026-03-14T09:26:53Z", "2026-03-14T09:26:53.000Z"},
    {"2026-03-14 09:26:53.589Z", "2026-03-14T09:26:53.589Z"},
    {"2026-03-14 09:26:53 UTC", "2026-03-14T09:26:53.000Z"},
    {" 2026-03-14T09:26:53Z\t", "2026-03-14T09:26:53.000Z"},
    {"2026-03-14T09:26:53.1239999Z", "2026-03-14T09:26:53.123Z"},
    {"2026-03-14T09:26:53.5Z", "2026-03-14T09:26:53.500Z"},
    {"2026-03-14T09:26Z", "2026-03-14T09:26:00.000Z"},
    {"2026-03-14T09:26", "2026-03-14T09:26:00.000Z"},
    {"2026-03-14", "2026-03-14T00:00:00.000Z"},
    {"2026-03-14T09:26:53+01:30", "2026-03-14T07:56:53.000Z"},
    {"2026-03-14T09:26:53-0800", "2026-03-14T17:26:53.000Z"},
    {"2026-03-14T09:26:53+14", "2026-03-13T19:26:53.000Z"},
    {"2024-02-29T23:59:59.999Z", "2024-02-29T23:59:59.999Z"},
    {"1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"},
    {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"},
    {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"},
    {"", NULL},
    {"now", NULL},
    {"2026", NULL},
    {"2026-03", NULL},
    {"20260314", NULL},
    {"1773480413", NULL},
    {"2026-3-14", NULL},
    {"2026-13-01", NULL},
    {"2026-00-01", NULL},
    {"2026-04-31", NULL},
    {"2026-04-31T00:00:00Z", NULL},
    {"2026-02-29", NULL},
    {"1900-02-29", NULL},
    {"2026-03-00", NULL},
    {"2026-03-14T24:00:00Z", NULL},
    {"2026-03-14T24:00:00", NULL},
    {"2026-03-14T09:60:00Z", NULL},
    {"2026-03-14T09:26:60Z", NULL},
    {"2026-12-31T23:59:60Z", NULL},
    {"2026-03-14T09", NULL},
    {"2026-03-14T", NULL},
    {"2026-03-14T09:26:53.", NULL},
    {"2026-03-14T09:26:53.Z", NULL},
    {"2026-03-14T09:26:53+1", NULL},
    {"2026-03-14T09:26:53+25:00", NULL},
    {"2026-03-14T09:26:53+01:60", NULL},
    {"2026-03-14T09:26:53+01:", NULL},
    {"2026-03-14T09:26:53ZZ", NULL},
    {"2026-03-14T09:26:53Z x", NULL},
    {"2026-03-14T09:26:53 CET", NULL},
    {"2026-03-14  09:26:53", NULL},
    {"+2026-03-14", NULL},
    {"2026-03-1\xd9\xa4", NULL},
    {"2026/03/14", NULL},
    {"x026-03-14T09:26:53Z", NULL},
    {"2026-03-14T0x:26:53Z", NULL},
};

static void test_iso(void **state) {
  (void)state;
  static const struct pt_time_format iso = {.kind = PT_TIME_ISO};
  struct pt_zone *utc = open_zone("UTC");
  int wrong = 0;
  for (size_t i = 0; i < sizeof isos / sizeof *isos; i++) {
    int64_t ms;
    char got[32] = "refused";
    if (pt_time_parse(&iso, utc, pt_slice_of(isos[i].text), &ms) == 0) pt_time_text(ms, got);
    if (strcmp(got, isos[i].utc ? isos[i].utc : "refused") == 0) continue;
    print_error("'%s': %s\n", isos[i].text, got);
    wrong++;
  }
  pt_zone_close(utc);
  assert_int_equal(wrong, 0);
}

static const struct {
  const char *format, *text, *utc;
} patterns[] = {
    {"unix_s", "1773480413", "2026-03-14T09:26:53.000Z"},
    {"unix_s", "1773480413.5899", "2026-03-14T09:26:53.589Z"},
    {"unix_s", "1773480413.9999999999", "2026-03-14T09:26:53.999Z"},
    {"unix_s", "1.773480413e9", "2026-03-14T09:26:53.000Z"},
    {"unix_s", "-1", "1969-12-31T23:59:59.000Z"},
    {"unix_s", "2026-03-14", NULL},
    {"unix_s", "", NULL},
    {"unix_s", "1e30", NULL},
    {"unix_ms", "1773480413589", "2026-03-14T09:26:53.589Z"},
    {"unix_ms", "1773480413589.9", "2026-03-14T09:26:53.589Z"},
    {"unix_ms", "12a", NULL},
    {"%Y%m%d", "19970101", "1997-01-01T00:00:00.000Z"},
    {"%Y%m%d", "19970231", NULL},
    {"%Y%m%d", "199701011", NULL},
    {"%Y%m%d", "1997010", NULL},
    {"%d/%m/%Y %H:%M", "14/03/2026 09:26", "2026-03-14T09:26:00.000Z"},
    {"%m/%d/%Y %I:%M %p", "12/1/2010 12:05 AM", "2010-12-01T00:05:00.000Z"},
    {"%m/%d/%Y %I:%M %p", "12/1/2010 12:05 pm", "2010-12-01T12:05:00.000Z"},
    {"%m/%d/%Y %I:%M %p", "12/1/2010 13:05 PM", NULL},
    {"%d %b %Y", "1 Dec 2010", "2010-12-01T00:00:00.000Z"},
    {"%d %B %Y", "01 december 2010", "2010-12-01T00:00:00.000Z"},
    {"%d %b %Y", "01 Dex 2010", NULL},
    {"%d/%b/%Y:%H:%M:%S %z", "10/Oct/2000:13:55:36 -0700", "2000-10-10T20:55:36.000Z"},
    {"%F %T.%f", "2026-03-14 09:26:53.5", "2026-03-14T09:26:53.500Z"},
    {"%FT%R%Z", "2026-03-14T09:26UTC", "2026-03-14T09:26:00.000Z"},
    {"%D", "03/14/26", "2026-03-14T00:00:00.000Z"},
    {"%y%m%d", "690101", "1969-01-01T00:00:00.000Z"},
    {"%Y-%j", "2024-366", "2024-12-31T00:00:00.000Z"},
    {"%Y-%j", "2026-366", NULL},
    {"%Y-%j", "2026-000", NULL},
    {"%e.%m.%Y", " 1.12.2010", "2010-12-01T00:00:00.000Z"},
    {"%d%%%m", "01%12", "0000-12-01T00:00:00.000Z"},
    {"%Y-%m-%d %H:%M:%S", "2026-03-14 09:26:60", NULL},
    {"%Y-%m-%d %H:%M:%S", "2026-03-14 09:26", NULL},
};

static void test_patterns(void **state) {
  (void)state;
  struct pt_zone *utc = open_zone("UTC");
  int wrong = 0;
  for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
    struct pt_time_format f;
    if (pt_time_format_of(pt_slice_of(patterns[i].format), &f)) fail_msg("%s is a format", patterns[i].format);
    int64_t ms;
    char got[32] = "refused";
    if (pt_time_parse(&f, utc, pt_slice_of(patterns[i].text), &ms) == 0) pt_time_text(ms, got);
    if (strcmp(got, patterns[i].utc ? patterns[i].utc : "refused") == 0) continue;
    print_error("%s of '%s': %s\n", patterns[i].format, patterns[i].text, got);
    wrong++;
  }
  pt_zone_close(utc);
  assert_int_equal(wrong, 0);
  static const char *const bad[] = {"", "iso", "Y-m-d", "%Q", "%Y%", "%Ey"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct pt_time_format f;
    assert_int_equal(pt_time_format_of(pt_slice_of(bad[i]), &f), -1);
  }
}

static const struct {
  const char *zone, *utc;
  int minutes;
} offsets[] = {
    {"Europe/Paris", "2026-03-29T00:59:59Z", 60},
    {"Europe/Paris", "2026-03-29T01:00:00Z", 120},
    {"Europe/Paris", "2026-10-25T00:59:59Z", 120},
    {"Europe/Paris", "2026-10-25T01:00:00Z", 60},
    {"Europe/Paris", "2050-01-15T12:00:00Z", 60},
    {"Europe/Paris", "2050-07-15T12:00:00Z", 120},
    {"Europe/Paris", "2099-03-29T00:59:59Z", 60},
    {"Europe/Paris", "2099-03-29T01:00:00Z", 120},
    {"Europe/Paris", "1971-06-01T00:00:00Z", 60},
    {"America/New_York", "1971-06-01T00:00:00Z", -240},
    {"America/New_York", "2050-01-15T12:00:00Z", -300},
    {"America/New_York", "2050-07-15T12:00:00Z", -240},
    {"America/New_York", "2099-03-08T06:59:59Z", -300},
    {"America/New_York", "2099-03-08T07:00:00Z", -240},
    {"Australia/Lord_Howe", "2026-07-01T00:00:00Z", 630},
    {"Australia/Lord_Howe", "2026-10-25T01:00:00Z", 660},
    {"Australia/Lord_Howe", "2050-01-15T12:00:00Z", 660},
    {"Australia/Lord_Howe", "2050-07-15T12:00:00Z", 630},
    {"Europe/Dublin", "2050-01-15T12:00:00Z", 0},
    {"Europe/Dublin", "2050-07-15T12:00:00Z", 60},
    {"Asia/Kolkata", "2026-07-01T00:00:00Z", 330},
    {"Asia/Kolkata", "2099-07-01T00:00:00Z", 330},
    {"Pacific/Apia", "2011-12-30T09:59:59Z", -600},
    {"Pacific/Apia", "2011-12-30T10:00:00Z", 840},
    {"UTC", "2026-07-01T00:00:00Z", 0},
};

static void test_offsets(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
    struct pt_zone *z = open_zone(offsets[i].zone);
    int64_t at = utc_of(offsets[i].utc), from, to, again_from, again_to;
    int64_t offset = pt_zone_offset(z, at, &from, &to);
    if (offset != offsets[i].minutes * INT64_C(60000))
      fail_msg("%s %s: %lld ms", offsets[i].zone, offsets[i].utc, (long long)offset);
    assert_true(from <= at && at < to);
    /* the interval is the one in which it holds */
    if (from != INT64_MIN) {
      assert_true(pt_zone_offset(z, from, &again_from, &again_to) == offset && again_from == from && again_to == to);
      pt_zone_offset(z, from - 1, &again_from, &again_to);
      assert_true(again_to == from);
    }
    pt_zone_close(z);
  }
}

/* Local to UTC: in a gap moved forward by it, in an overlap the earlier. A date alone = its first instant. */
static const struct {
  const char *zone, *local, *utc;
} locals[] = {
    {"Europe/Paris", "2026-03-29T01:59:59", "2026-03-29T00:59:59.000Z"},
    {"Europe/Paris", "2026-03-29T02:30:00", "2026-03-29T01:30:00.000Z"},
    {"Europe/Paris", "2026-03-29T03:00:00", "2026-03-29T01:00:00.000Z"},
    {"Europe/Paris", "2026-10-25T01:59:59", "2026-10-24T23:59:59.000Z"},
    {"Europe/Paris", "2026-10-25T02:00:00", "2026-10-25T00:00:00.000Z"},
    {"Europe/Paris", "2026-10-25T02:59:59", "2026-10-25T00:59:59.000Z"},
    {"Europe/Paris", "2026-10-25T03:00:00", "2026-10-25T02:00:00.000Z"},
    {"Europe/Paris", "2050-07-15T12:00:00", "2050-07-15T10:00:00.000Z"},
    {"Europe/Paris", "2026-07-01", "2026-06-30T22:00:00.000Z"},
    {"Europe/Paris", "2026-07-01T12:00:00-05:00", "2026-07-01T17:00:00.000Z"},
    {"America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00.000Z"},
    {"Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-03T15:45:00.000Z"},
    {"America/Sao_Paulo", "2017-10-15", "2017-10-15T03:00:00.000Z"}, /* midnight in a gap */
    {"America/Sao_Paulo", "2017-10-15T00:30:00", "2017-10-15T03:30:00.000Z"},
    {"America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00.000Z"}, /* back to 23:00 of the day before */
    {"America/Sao_Paulo", "2018-02-17T23:30:00", "2018-02-18T01:30:00.000Z"},
    {"America/St_Johns", "2000-10-29", "2000-10-29T02:30:00.000Z"}, /* a minute of the day, then the day before again */
    {"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00.000Z"},     /* a date that was skipped */
    {"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00.000Z"},
    {"Pacific/Apia", "2011-12-29T23:59:59", "2011-12-30T09:59:59.000Z"},
};

static void test_locals(void **state) {
  (void)state;
  static const struct pt_time_format iso = {.kind = PT_TIME_ISO};
  int wrong = 0;
  for (size_t i = 0; i < sizeof locals / sizeof *locals; i++) {
    struct pt_zone *z = open_zone(locals[i].zone);
    int64_t ms;
    char got[32];
    assert_int_equal(pt_time_parse(&iso, z, pt_slice_of(locals[i].local), &ms), 0);
    pt_time_text(ms, got);
    pt_zone_close(z);
    if (strcmp(got, locals[i].utc) == 0) continue;
    print_error("%s %s: %s\n", locals[i].zone, locals[i].local, got);
    wrong++;
  }
  assert_int_equal(wrong, 0);
}

/* Every local day from 1970 to 2100 begins behind the one before it, with its own date. */
static void test_days(void **state) {
  (void)state;
  static const char *const zones[] = {"UTC", "Europe/Paris", "America/Sao_Paulo", "Australia/Lord_Howe",
                                      "America/St_Johns"};
  for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
    struct pt_zone *z = open_zone(zones[i]);
    int64_t last = INT64_MIN, from, to;
    for (int64_t day = 1; day < 47482; day++) {
      int64_t at = pt_zone_day_start(z, day);
      assert_true(at > last);
      assert_int_equal(pt_floor_div(at + pt_zone_offset(z, at, &from, &to), PT_DAY_MS), day);
      last = at;
    }
    pt_zone_close(z);
  }
}

static void test_names(void **state) {
  (void)state;
  static const char *const bad[] = {
      "", "Europe/Pariss", "../etc/passwd", "/etc/passwd", "Europe/../../etc/passwd", "Europe", "."};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct pt_zone *z = NULL;
    struct pt_err err = {0};
    if (pt_zone_open(&z, bad[i], &err) != 78) fail_msg("'%s' opens", bad[i]);
    assert_true(err.text[0]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_calendar), cmocka_unit_test(test_iso),    cmocka_unit_test(test_patterns),
      cmocka_unit_test(test_offsets),  cmocka_unit_test(test_locals), cmocka_unit_test(test_days),
      cmocka_unit_test(test_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Decimals: each row is a text, digits kept, a limit, and what it gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka needs the above first */
#include <cmocka.h>
#include <portrait/decimal.h>

#define BIG INT64_C(100000000000) /* the limit of money */

static const struct {
  const char *text;
  int digits;
  int64_t limit;
  int code;
  int64_t want;
} rows[] = {
    {"0", 4, BIG, 0, 0},
    {"-0", 4, BIG, 0, 0},
    {"39.90", 4, BIG, 0, 399000},
    {"+5", 4, BIG, 0, 50000},
    {"  7.5\t", 4, BIG, 0, 75000},
    {"5.", 4, BIG, 0, 50000},
    {".5", 4, BIG, 0, 5000},
    {"-12.345e2", 4, BIG, 0, -12345000},
    {"1E3", 4, BIG, 0, 10000000},
    {"1e-4", 4, BIG, 0, 1},
    {"007", 0, BIG, 0, 7},
    /* rounded once, half away from zero */
    {"0.00005", 4, BIG, 0, 1},
    {"0.00004999999999999999999999999999999999999999999999", 4, BIG, 0, 0},
    {"-0.00005", 4, BIG, 0, -1},
    {"0.000049", 4, BIG, 0, 0},
    {"2.5", 0, BIG, 0, 3},
    {"-2.5", 0, BIG, 0, -3},
    {"1.0005", 3, BIG, 0, 1001},
    {"1.00049999999999999999999", 3, BIG, 0, 1000},
    {"1e-400", 4, BIG, 0, 0},
    {"0.00000000000000000000000000000000000000000000000000001", 4, BIG, 0, 0},
    {"0e999999999999", 4, BIG, 0, 0},
    {"0.000000000000000000000000000000000000000000000000000015e53", 4, BIG, 0, 15000},
    {"10000000000000000000000000000000000000000000000000000000e-50", 4, BIG, 0, 1000000000},
    /* limits */
    {"100000000000", 4, BIG, 0, INT64_C(1000000000000000)},
    {"-100000000000", 4, BIG, 0, INT64_C(-1000000000000000)},
    {"100000000000.0001", 4, BIG, -2, 0},
    {"100000000000.00001", 4, BIG, -2, 0},
    {"100000000000.00000000000000000000000000000000000000001", 4, BIG, -2, 0},
    {"99999999999.99999", 4, BIG, 0, INT64_C(1000000000000000)},
    {"99999999999.99999999999999999999999999999999999999999999", 4, BIG, 0, INT64_C(1000000000000000)},
    {"1e12", 4, BIG, -2, 0},
    {"-1e12", 4, BIG, -2, 0},
    {"1e999999999999", 4, BIG, -2, 0},
    {"1.4", 0, 1, -2, 0},
    {"123456789012345678901234567890123456789012345678901234567890", 4, BIG, -2, 0},
    /* no numbers */
    {"", 4, BIG, -1, 0},
    {" ", 4, BIG, -1, 0},
    {".", 4, BIG, -1, 0},
    {"-", 4, BIG, -1, 0},
    {"--1", 4, BIG, -1, 0},
    {"1e", 4, BIG, -1, 0},
    {"1e+", 4, BIG, -1, 0},
    {"1e5.5", 4, BIG, -1, 0},
    {"1,5", 4, BIG, -1, 0},
    {"1 2", 4, BIG, -1, 0},
    {"0x10", 4, BIG, -1, 0},
    {"inf", 4, BIG, -1, 0},
    {"nan", 4, BIG, -1, 0},
    {"12a", 4, BIG, -1, 0},
    {"1e12345678901234567890x", 4, BIG, -1, 0},
};

static void test_decimal(void **state) {
  (void)state;
  int wrong = 0;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int64_t got = 0;
    int code = pt_decimal(pt_slice_of(rows[i].text), rows[i].digits, rows[i].limit, &got);
    if (code == rows[i].code && (code || got == rows[i].want)) continue;
    print_error("'%s' to %d digits: %d %lld\n", rows[i].text, rows[i].digits, code, (long long)got);
    wrong++;
  }
  assert_int_equal(wrong, 0);
}

static void test_times(void **state) {
  (void)state;
  assert_int_equal(pt_money_times(25500, 6000), 153000); /* 2.55 * 6 = 15.30 */
  assert_int_equal(pt_money_times(1, 500), 1);           /* 0.0001 * 0.5 = 0.00005 -> 0.0001 */
  assert_int_equal(pt_money_times(-1, 500), -1);
  assert_int_equal(pt_money_times(1, 499), 0);
  assert_int_equal(pt_money_times(25500, -6000), -153000);
  assert_int_equal(pt_money_times(INT64_C(1000000000000000), 9000), INT64_C(9000000000000000)); /* no overflow inside */
}

static void test_text(void **state) {
  (void)state;
  static const struct {
    int64_t money;
    const char *text;
  } texts[] = {{0, "0"},
               {125000, "12.5"},
               {-30000, "-3"},
               {1, "0.0001"},
               {-1, "-0.0001"},
               {INT64_MAX, "922337203685477.5807"},
               {INT64_MIN, "-922337203685477.5808"},
               {1000000, "100"}};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    char out[32];
    assert_int_equal(pt_money_text(texts[i].money, out), strlen(texts[i].text));
    assert_string_equal(out, texts[i].text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_decimal), cmocka_unit_test(test_times),
                                     cmocka_unit_test(test_text)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

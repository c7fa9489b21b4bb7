/* Packed records: back as they went in, canonical, and nothing is read behind damaged bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those first */
#include <cmocka.h>
#include <portrait/record.h>

static void back_as_it_went_in(void **unused) {
  (void)unused;
  static struct pt_record_buf b;
  b.n = 0;
  assert_true(pt_record_put_number(&b, PT_RF_GENDER, PT_FEMALE));
  assert_true(pt_record_put_number(&b, PT_RF_BIRTH_DATE, -3));
  assert_true(pt_record_put(&b, PT_RF_CITY, "K\xc3\xb6ln", 5));
  assert_true(pt_record_put(&b, PT_RF_CONSENT, "", 0));
  assert_true(pt_record_put_kept(&b, "pet", PT_SLICE("cat")));
  struct pt_slice rest = {b.p, b.n}, value;
  unsigned field;
  assert_true(pt_record_next(&rest, &field, &value) && field == PT_RF_GENDER);
  assert_int_equal(pt_record_number(value, 0), PT_FEMALE);
  assert_true(pt_record_next(&rest, &field, &value) && field == PT_RF_BIRTH_DATE);
  assert_true(pt_record_number(value, 0) == -3);
  assert_int_equal(pt_record_number(value, 1), 0);
  assert_true(pt_record_next(&rest, &field, &value) && field == PT_RF_CITY);
  assert_true(pt_slice_eq(value, PT_SLICE("K\xc3\xb6ln")));
  assert_true(pt_record_next(&rest, &field, &value) && field == PT_RF_CONSENT && value.n == 0);
  assert_true(pt_record_next(&rest, &field, &value) && field == PT_RF_KEPT);
  assert_true(pt_slice_eq(pt_record_kept(value, "pet"), PT_SLICE("cat")));
  assert_null(pt_record_kept(value, "pe").p);
  assert_null(pt_record_kept(value, "pets").p);
  assert_false(pt_record_next(&rest, &field, &value));
}

static void damaged_bytes_end_it(void **unused) {
  (void)unused;
  static struct pt_record_buf b;
  b.n = 0;
  assert_true(pt_record_put(&b, PT_RF_CITY, "Wien", 4));
  for (size_t n = 0; n < b.n; n++) {
    struct pt_slice rest = {b.p, n}, value;
    unsigned field;
    assert_false(pt_record_next(&rest, &field, &value));
  }
}

static void a_full_one_takes_no_more(void **unused) {
  (void)unused;
  static struct pt_record_buf b;
  char text[PT_MAX_RTEXT] = {0};
  unsigned n = 0;
  b.n = 0;
  while (pt_record_put(&b, PT_RF_CITY, text, sizeof text)) n++;
  assert_int_equal(n, PT_MAX_RECORD / (3 + PT_MAX_RTEXT));
  size_t before = b.n;
  assert_false(pt_record_put_kept(&b, "x", (struct pt_slice){text, sizeof text}));
  assert_int_equal(b.n, before);
}

static void names_are_found(void **unused) {
  (void)unused;
  for (int f = 0; f < PT_RF_COUNT; f++) assert_int_equal(pt_rfield_of(pt_slice_of(pt_rfield_info[f].name)), f);
  assert_int_equal(pt_rfield_of(PT_SLICE("nickname")), PT_RF_COUNT);
  assert_int_equal(PT_RF_PHONE_KNOWN, PT_RF_PHONE + 1); /* what makes it known stands before it */
  assert_int_equal(PT_RF_EMAIL_KNOWN, PT_RF_EMAIL + 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(back_as_it_went_in), cmocka_unit_test(damaged_bytes_end_it),
                                     cmocka_unit_test(a_full_one_takes_no_more), cmocka_unit_test(names_are_found)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The map: against a plain array, through growth, emptying and keys that share their low bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka needs the above first */
#include <cmocka.h>
#include <portrait/table.h>

#define N 20000

static uint64_t key_of(uint32_t i, int kind) {
  if (kind == 0) return i;                       /* small numbers, 0 too */
  if (kind == 1) return (uint64_t)i << 40;       /* equal low bits */
  return (i + 1) * UINT64_C(0x9E3779B97F4A7C15); /* spread */
}

static void test_put_get(void **state) {
  (void)state;
  for (int kind = 0; kind < 3; kind++) {
    struct pt_table t = {0};
    bool is_new;
    assert_null(pt_table_get(&t, 5));
    for (uint32_t i = 0; i < N; i++) {
      uint32_t *v = pt_table_put(&t, key_of(i, kind), i * 3, &is_new);
      assert_non_null(v);
      assert_true(is_new && *v == i * 3);
    }
    assert_int_equal(t.n, N);
    for (uint32_t i = 0; i < N; i++) {
      uint32_t *v = pt_table_put(&t, key_of(i, kind), 7, &is_new);
      assert_true(!is_new && *v == i * 3);
      *v = i;
    }
    for (uint32_t i = 0; i < N; i++) assert_int_equal(*pt_table_get(&t, key_of(i, kind)), i);
    assert_null(pt_table_get(&t, key_of(N, kind)));
    assert_int_equal(t.n, N);
    pt_table_free(&t);
    pt_table_free(&t);
  }
}

static void test_clear(void **state) {
  (void)state;
  struct pt_table t = {0};
  bool is_new;
  pt_table_clear(&t); /* of an empty one */
  for (uint32_t round = 0; round < 1000; round++) {
    for (uint32_t i = 0; i < 50; i++) {
      assert_non_null(pt_table_put(&t, i, round, &is_new));
      assert_true(is_new);
    }
    assert_int_equal(*pt_table_get(&t, 49), round);
    pt_table_clear(&t);
    assert_int_equal(t.n, 0);
    assert_null(pt_table_get(&t, 49));
  }
  assert_true(t.cap <= 128); /* emptied, not grown */
  pt_table_free(&t);
}

/* A table blown up by one user is given back by the first clear that finds it hardly used. */
static void test_shrink(void **state) {
  (void)state;
  struct pt_table t = {0};
  bool is_new;
  for (uint32_t i = 0; i < 200000; i++) assert_non_null(pt_table_put(&t, i, i, &is_new));
  pt_table_clear(&t);
  assert_non_null(pt_table_put(&t, 1, 1, &is_new));
  assert_true(is_new);
  pt_table_clear(&t);
  assert_true(t.cap * sizeof *t.cells <= 1u << 20);
  assert_non_null(pt_table_put(&t, 1, 2, &is_new));
  assert_true(is_new && *pt_table_get(&t, 1) == 2);
  pt_table_free(&t);
}

/* The epoch comes round after 2^32 clears: no old key may come back. */
static void test_epoch_wrap(void **state) {
  (void)state;
  struct pt_table t = {0};
  bool is_new;
  assert_non_null(pt_table_put(&t, 1, 1, &is_new));
  assert_int_equal(t.cells ? t.epoch : 0, 1);
  t.epoch = UINT32_MAX;
  assert_non_null(pt_table_put(&t, 2, 2, &is_new));
  pt_table_clear(&t);
  assert_null(pt_table_get(&t, 1));
  assert_non_null(pt_table_put(&t, 3, 3, &is_new));
  assert_null(pt_table_get(&t, 1));
  assert_null(pt_table_get(&t, 2));
  pt_table_free(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_put_get), cmocka_unit_test(test_clear),
                                     cmocka_unit_test(test_shrink), cmocka_unit_test(test_epoch_wrap)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

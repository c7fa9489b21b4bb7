/* Packed rows: what goes in comes out, and the bytes are where packed.h says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the three above */
#include <cmocka.h>
#include <portrait/store.h>

#include "unit/store_events.h"

static void known_bytes(void **state) {
  (void)state;
  struct pt_event e = {
      .user = {0x1122334455667788u, 0x99u}, .time = -5, .fingerprint = 77, .type = PT_T_VIEW, .nth = 3};
  e.has = PT_BIT(PT_F_BRAND) | PT_BIT(PT_F_PRICE) | PT_BIT(PT_F_TIME) | PT_BIT(PT_F_CATEGORY);
  e.v[PT_F_BRAND] = 9;
  e.v[PT_F_CATEGORY] = 4;
  e.v[PT_F_PRICE] = -399000;
  e.event_id = PT_SLICE("abcde");
  unsigned char row[PT_PACK_MAX];
  assert_int_equal(pt_pack(&e, row), 48 + 4 + 4 + 8 + 8);
  assert_int_equal(pt_row_size(row), 72);
  uint32_t codes[2];
  int64_t price;
  memcpy(codes, row + 48, 8);
  memcpy(&price, row + 56, 8);
  assert_int_equal(codes[0], 4);
  assert_int_equal(codes[1], 9);
  assert_int_equal(price, -399000);
  assert_memory_equal(row + 64, "abcde\0\0\0", 8);
  assert_true(pt_row_user(row).hi == e.user.hi && pt_row_user(row).lo == e.user.lo);
  struct pt_row_head head = pt_row_head(row);
  assert_int_equal(pt_row_id_at(&head), 64);
  assert_int_equal(pt_row_size_of(e.has, 5), 72);
}

static void round_trip(void **state) {
  (void)state;
  static unsigned char rows[1000 * PT_PACK_MAX];
  static struct pt_event events[1000];
  static char ids[1000][32];
  size_t n = 0;
  for (int i = 0; i < 1000; i++) {
    events[i] = random_event(below(50), 1u << 31, ids[i]);
    n += pt_pack(&events[i], rows + n);
    assert_int_equal(n % 4, 0);
  }
  size_t at = 0;
  for (int i = 0; i < 1000; i++) {
    struct pt_event e;
    memset(&e, 0xee, sizeof e);
    at += pt_unpack(rows + at, &e);
    assert_true(same_event(&events[i], &e));
  }
  assert_int_equal(at, n);
}

static void largest_row(void **state) {
  (void)state;
  char id[300];
  memset(id, 'x', sizeof id);
  struct pt_event e = {.has = UINT64_MAX >> (64 - PT_F_COUNT), .event_id = {id, 256}}, back;
  unsigned char row[PT_PACK_MAX];
  size_t n = pt_pack(&e, row);
  assert_true(n <= PT_PACK_MAX);
  assert_int_equal(pt_unpack(row, &back), n);
  assert_true(same_event(&e, &back));
}

/* Many users, users with equal upper halves, one user alone, an ordered input: stable, and in order. */
static void order_by_hash(void **state) {
  (void)state;
  enum { N = 20000 };
  static struct pt_h128 h[N];
  static struct pt_hashed v[N], spare[N];
  for (int kind = 0; kind < 4; kind++) {
    for (int i = 0; i < N; i++) {
      uint64_t u = below(kind == 2 ? 1 : 900);
      h[i] = (struct pt_h128){kind == 1 ? below(3) : u * UINT64_C(0x9E3779B97F4A7C15) >> 20, kind == 1 ? u : u * 7};
      if (kind == 3) h[i] = (struct pt_h128){(uint64_t)i / 5, 1};
      v[i] = (struct pt_hashed){h[i].hi, &h[i]};
    }
    pt_sort_hashed(v, spare, N);
    for (int i = 1; i < N; i++) {
      const struct pt_h128 *a = v[i - 1].at, *b = v[i].at;
      int order = pt_h128_cmp(*a, *b);
      assert_true(order < 0 || (order == 0 && a < b));
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(known_bytes), cmocka_unit_test(round_trip),
                                     cmocka_unit_test(largest_row), cmocka_unit_test(order_by_hash)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A user's records beside the events: in order, never duplicates, and enough for a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the three above */
#include <cmocka.h>
#include <portrait/group.h>

#include "unit/store_events.h"

enum { MOST = 16 };
static unsigned char rows[MOST * PT_PACK_RECORD_MAX];
static const unsigned char *row_at[MOST];
static struct pt_h128 id_hash[MOST];
static struct pt_slice ids[MOST];
static size_t n, at;
static struct pt_mem mem;

static void add(uint64_t user, int64_t time, enum pt_type type, const char *payload) {
  struct pt_event e = {
      .user = {user << 48, user}, .time = time, .type = (uint8_t)type, .event_id = pt_slice_of(payload)};
  row_at[n] = rows + at;
  at += pt_pack(&e, rows + at);
  id_hash[n] = e.user;
  ids[n++] = PT_SLICE("u");
}

static void in_order_and_enough_for_a_row(void **unused) {
  (void)unused;
  struct pt_err err = {0};
  struct pt_store *s;
  struct pt_group *g;
  struct pt_store_conf conf = {.slot_to = PT_SLOTS, .mem = &mem};
  static char long_one[3001];
  memset(long_one, 'x', 3000);
  assert_int_equal(pt_store_open(&s, &conf, &err), 0);
  assert_int_equal(pt_store_seal(s, &err), 0);
  assert_int_equal(pt_group_open(&g, &(struct pt_group_conf){.as_of = 1000, .store = s, .n_formats = 1}, &err), 0);
  add(3, 50, PT_T_VIEW, "same");
  add(1, 20, PT_T_RECORD, "b");
  add(1, PT_UNDATED, PT_T_RECORD, "z");
  add(1, 20, PT_T_RECORD, "a");
  add(1, 2000, PT_T_RECORD, long_one); /* dated after T: it counts all the same */
  add(1, 20, PT_T_RECORD, "a");        /* equal records are harmless */
  add(2, 10, PT_T_VIEW, "");
  add(4, 2000, PT_T_VIEW, "");
  add(3, 60, PT_T_VIEW, "same");
  add(3, 40, PT_T_RECORD, "same");
  struct pt_bucket b = {.rows = row_at, .n_rows = n, .id_hash = id_hash, .ids = ids, .n_ids = n};
  for (int round = 0; round < 2; round++) {
    assert_int_equal(pt_group_bucket(g, &b, &err), 0);
    assert_int_equal(pt_group_users(g), 3); /* 4 has nothing before T */
    assert_int_equal(pt_group_events(g, 0), 0);
    assert_int_equal(pt_group_records(g, 0), 5);
    static const char *const want[] = {"z", "a", "a", "b", long_one};
    struct pt_event e;
    for (uint64_t i = 0; i < 5; i++) {
      pt_group_record(g, 0, i, &e);
      assert_int_equal(e.type, PT_T_RECORD);
      assert_true(pt_slice_eq(e.event_id, pt_slice_of(want[i])));
    }
    assert_int_equal(pt_group_records(g, 1), 0);
    assert_int_equal(pt_group_events(g, 1), 1);
    assert_int_equal(pt_group_records(g, 2), 1); /* an event_id of the same bytes takes nothing from it */
    assert_int_equal(pt_group_events(g, 2), 1);
  }
  pt_group_close(g);
  pt_store_close(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(in_order_and_enough_for_a_row)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

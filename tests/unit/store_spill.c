/* The store: what is loaded is what was added, in memory as on scratch, with codes in byte order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the three above */
#include <cmocka.h>
#include <portrait/store.h>
#include <stdlib.h>

#include "unit/store_events.h"

enum { CODES = 300, USERS = 500, EVENTS = 40000 };

struct sums {
  uint64_t print, events, ids, buckets, spilled, peak;
};

static void add_all(struct pt_store *s) {
  struct pt_err err = {0};
  rng_state = 7;
  for (int f = 0; f < PT_F_COUNT; f++)
    for (int c = 0; (PT_CODE_BITS & PT_BIT(f)) && c < CODES; c++) {
      char text[32];
      struct pt_slice t = {text, (size_t)snprintf(text, sizeof text, "%d-%d", c * 7919 % 1000, f)};
      assert_int_equal(pt_dict_put(pt_store_dict(s, (enum pt_field)f), t), c);
    }
  for (int i = 0; i < EVENTS; i++) {
    char id[32], name[32];
    unsigned char row[PT_PACK_MAX];
    uint64_t u = below(below(USERS) + 1);
    struct pt_event e = random_event(u, CODES, id);
    size_t n = pt_pack(&e, row);
    assert_int_equal(pt_store_id(s, e.user, user_name(u, name), &err), 0);
    assert_int_equal(pt_store_add(s, row, n, &err), 0);
  }
  assert_int_equal(pt_store_seal(s, &err), 0);
}

static void load_all(struct pt_store *s, bool forget, struct sums *sum) {
  struct pt_err err = {0};
  const struct pt_slice *texts[PT_F_COUNT];
  uint32_t n;
  for (int f = 0; f < PT_F_COUNT; f++) {
    texts[f] = pt_store_ordered(s, (enum pt_field)f, &n);
    for (uint32_t i = 1; i < n; i++) assert_true(pt_slice_cmp(texts[f][i - 1], texts[f][i]) < 0);
  }
  uint64_t last_hi = 0;
  for (uint32_t b = 0; b < pt_store_buckets(s); b++) {
    struct pt_bucket bucket;
    assert_int_equal(pt_store_load(s, b, &bucket, &err), 0);
    uint64_t most = last_hi;
    for (uint64_t i = 0; i < bucket.n_rows; i++) {
      struct pt_event e;
      pt_unpack(bucket.rows[i], &e);
      sum->print += event_print(&e, texts);
      sum->events++;
      assert_true(e.user.hi >= last_hi);
      if (e.user.hi > most) most = e.user.hi;
    }
    uint64_t name_sum = 0;
    for (uint64_t i = 0; i < bucket.n_ids; i++) {
      struct pt_hash_key key = pt_hash_key_default();
      struct pt_h128 h = pt_hash_user(&key, bucket.ids[i].p, bucket.ids[i].n);
      assert_int_equal(pt_h128_cmp(h, bucket.id_hash[i]), 0);
      name_sum++;
    }
    sum->ids += name_sum;
    sum->buckets += bucket.n_rows > 0;
    last_hi = most;
    pt_store_unload(s, b, forget);
  }
}

static struct sums run(uint64_t budget, uint64_t bucket_bytes, const char *scratch, int loads) {
  struct pt_mem mem = {.budget = budget};
  struct pt_err err = {0};
  struct pt_store *s;
  struct sums sum = {0};
  struct pt_store_conf conf = {.slot_to = PT_SLOTS,
                               .mem = &mem,
                               .scratch = scratch,
                               .bucket_bytes = bucket_bytes,
                               .expected_bytes = EVENTS * 200};
  assert_int_equal(pt_store_open(&s, &conf, &err), 0);
  add_all(s);
  for (int i = 0; i < loads; i++) load_all(s, i == loads - 1, &sum);
  sum.spilled = pt_store_spilled(s);
  sum.peak = mem.peak;
  pt_store_close(s);
  assert_int_equal(mem.used, 0);
  return sum;
}

static void memory_and_scratch_agree(void **state) {
  (void)state;
  struct sums plain = run(0, 1 << 16, NULL, 1);
  assert_int_equal(plain.events, EVENTS);
  assert_int_equal(plain.spilled, 0);
  assert_true(plain.ids >= USERS * 9 / 10);
  static const uint64_t budgets[] = {1 << 20, 3 << 20, 6 << 20};
  for (int i = 0; i < 3; i++) {
    struct sums small = run(budgets[i], 1 << 16, "/tmp", 1);
    assert_true(small.print == plain.print);
    assert_int_equal(small.events, plain.events);
    assert_true(small.spilled > 0);
    if (i > 0) assert_true(small.peak < 2 * budgets[i]);
  }
}

static void loads_repeat(void **state) {
  (void)state;
  struct sums once = run(2 << 20, 1 << 18, "/tmp", 1), twice = run(2 << 20, 1 << 18, "/tmp", 2);
  assert_true(twice.print == 2 * once.print);
  struct sums memory = run(0, 1 << 18, NULL, 2);
  assert_true(memory.print == twice.print);
}

static void refusals(void **state) {
  (void)state;
  struct pt_mem mem = {.budget = 1 << 20};
  struct pt_err err = {0};
  struct pt_store *s;
  static const char *const scratch[] = {NULL, "/nowhere/at/all"};
  static const int code[] = {PT_MEMORY, PT_IO};
  for (int i = 0; i < 2; i++) {
    struct pt_store_conf conf = {.slot_to = PT_SLOTS, .mem = &mem, .scratch = scratch[i]};
    pt_err_clear(&err);
    assert_int_equal(pt_store_open(&s, &conf, &err), 0);
    int got = 0;
    for (uint64_t u = 0; !got && u < 100000; u++) {
      char id[32];
      unsigned char row[PT_PACK_MAX];
      struct pt_event e = random_event(u, 1, id);
      size_t n = pt_pack(&e, row);
      got = pt_store_add(s, row, n, &err);
    }
    assert_int_equal(got, code[i]);
    pt_store_close(s);
  }
  struct pt_store_conf wrong = {.slot_from = 5, .slot_to = 4, .mem = &mem};
  pt_err_clear(&err);
  assert_int_equal(pt_store_open(&s, &wrong, &err), PT_INTERNAL);
}

/* Slots of one rank among many, more buckets wished than slots, no events. */
static void few_slots(void **state) {
  (void)state;
  struct pt_mem mem = {0};
  struct pt_err err = {0};
  struct pt_store *s;
  struct pt_bucket bucket;
  struct pt_store_conf conf = {.slot_from = 65533, .slot_to = 65536, .mem = &mem, .expected_bytes = UINT64_C(1) << 50};
  assert_int_equal(pt_store_open(&s, &conf, &err), 0);
  assert_int_equal(pt_store_buckets(s), 3);
  struct pt_event e = {.user = {UINT64_MAX, 5}};
  unsigned char row[PT_PACK_MAX];
  size_t n = pt_pack(&e, row);
  assert_int_equal(pt_store_add(s, row, n, &err), 0);
  assert_int_equal(pt_store_load(s, 2, &bucket, &err), PT_INTERNAL);
  pt_err_clear(&err);
  assert_int_equal(pt_store_seal(s, &err), 0);
  assert_int_equal(pt_store_load(s, 0, &bucket, &err), 0);
  assert_int_equal(bucket.n_rows, 0);
  assert_int_equal(pt_store_load(s, 2, &bucket, &err), 0);
  assert_int_equal(bucket.n_rows, 1);
  pt_store_unload(s, 2, true);
  assert_int_equal(pt_store_load(s, 2, &bucket, &err), PT_INTERNAL);
  pt_store_close(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(memory_and_scratch_agree), cmocka_unit_test(loads_repeat),
                                     cmocka_unit_test(refusals), cmocka_unit_test(few_slots)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

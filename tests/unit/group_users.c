/* Grouping against a slow reading of the catalogue: order, duplicates, as_of, counts by source. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the three above */
#include <cmocka.h>
#include <portrait/group.h>
#include <stdlib.h>

#include "unit/store_events.h"

enum { MOST = 30000, CODES = 5, FORMATS = 2 };
static struct pt_event events[MOST];
static char event_ids[MOST][32];
static uint64_t user_of[MOST];
static unsigned char rows[MOST * PT_PACK_MAX];
static const unsigned char *row_at[MOST];
static struct pt_h128 id_hash[MOST];
static struct pt_slice ids[MOST];
static char names[MOST][32];
static size_t n_events, n_ids, row_bytes;
static struct pt_mem mem;

/* A sealed store whose dictionaries hold CODES texts, so that codes are in byte order already. */
static struct pt_store *store_of_texts(void) {
  struct pt_err err = {0};
  struct pt_store *s;
  struct pt_store_conf conf = {.slot_to = PT_SLOTS, .mem = &mem};
  assert_int_equal(pt_store_open(&s, &conf, &err), 0);
  static const char *const texts[CODES] = {"a", "b", "c", "d", "e"};
  for (int f = 0; f < PT_F_COUNT; f++)
    for (int c = 0; pt_store_dict(s, (enum pt_field)f) && c < CODES; c++)
      pt_dict_put(pt_store_dict(s, (enum pt_field)f), pt_slice_of(texts[c]));
  assert_int_equal(pt_store_seal(s, &err), 0);
  return s;
}

static void clear(void) {
  n_events = n_ids = row_bytes = 0;
}
static void add(uint64_t u, const struct pt_event *e) {
  events[n_events] = *e;
  events[n_events].v[PT_F_TIME] = e->time;
  if (!(e->has & PT_BIT(PT_F_QUANTITY))) events[n_events].v[PT_F_QUANTITY] = 1000;
  if (e->event_id.n) {
    memcpy(event_ids[n_events], e->event_id.p, e->event_id.n);
    events[n_events].event_id.p = event_ids[n_events];
  }
  user_of[n_events] = u;
  row_at[n_events++] = rows + row_bytes;
  row_bytes += pt_pack(e, rows + row_bytes);
  id_hash[n_ids] = e->user;
  ids[n_ids] = user_name(u, names[n_ids]);
  n_ids++;
}
static struct pt_bucket bucket(void) {
  return (struct pt_bucket){.rows = row_at, .n_rows = n_events, .id_hash = id_hash, .ids = ids, .n_ids = n_ids};
}

/* The catalogue's sentence, one clause a line. */
static int slow_compare(const void *x, const void *y) {
  const struct pt_event *a = &events[*(const uint32_t *)x], *b = &events[*(const uint32_t *)y];
  int user = pt_h128_cmp(a->user, b->user);
  if (user) return user;
  if (a->time != b->time) return a->time < b->time ? -1 : 1;
  bool ra = a->has & PT_BIT(PT_F_RECEIVED_AT), rb = b->has & PT_BIT(PT_F_RECEIVED_AT);
  if (ra != rb) return ra ? -1 : 1;
  if (ra && a->v[PT_F_RECEIVED_AT] != b->v[PT_F_RECEIVED_AT])
    return a->v[PT_F_RECEIVED_AT] < b->v[PT_F_RECEIVED_AT] ? -1 : 1;
  if (a->type != b->type) return a->type < b->type ? -1 : 1;
  if (a->type == PT_T_OTHER && a->v[PT_F_EVENT] != b->v[PT_F_EVENT])
    return a->v[PT_F_EVENT] < b->v[PT_F_EVENT] ? -1 : 1;
  int id = pt_slice_cmp(a->event_id, b->event_id);
  if (id) return id;
  if (a->fingerprint != b->fingerprint) return a->fingerprint < b->fingerprint ? -1 : 1;
  return a->nth == b->nth ? 0 : a->nth < b->nth ? -1 : 1;
}

static uint32_t source_of(const struct pt_event *e) {
  return e->has & PT_BIT(PT_F_SOURCE) ? FORMATS + (uint32_t)e->v[PT_F_SOURCE] : e->format;
}

static bool repeats(const struct pt_event *a, const struct pt_event *b) {
  if (pt_h128_cmp(a->user, b->user) || a->nth != b->nth || (a->event_id.n == 0) != (b->event_id.n == 0)) return false;
  return a->event_id.n ? pt_slice_eq(a->event_id, b->event_id) : a->fingerprint == b->fingerprint;
}

static void against_the_slow_one(struct pt_store *s, enum pt_dups dups, int64_t as_of) {
  static uint32_t order[MOST];
  static struct pt_group_counts want[FORMATS + CODES];
  memset(want, 0, sizeof want);
  for (uint32_t i = 0; i < n_events; i++) order[i] = i;
  qsort(order, n_events, sizeof *order, slow_compare);
  struct pt_err err = {0};
  struct pt_group *g;
  struct pt_group_conf conf = {.duplicates = dups, .as_of = as_of, .store = s, .n_formats = FORMATS};
  struct pt_bucket b = bucket();
  assert_int_equal(pt_group_open(&g, &conf, &err), 0);
  assert_int_equal(pt_group_bucket(g, &b, &err), 0);
  uint32_t u = 0;
  for (size_t from = 0, to; from < n_events; from = to) {
    uint64_t kept = 0;
    bool record = false;
    const struct pt_event *first = &events[order[from]];
    for (to = from; to < n_events && !pt_h128_cmp(events[order[to]].user, first->user); to++) {
      const struct pt_event *e = &events[order[to]];
      struct pt_group_counts *c = &want[source_of(e)];
      bool again = false;
      if (e->type == PT_T_RECORD) {
        c->records++;
        record = true;
        continue;
      }
      if (e->type == PT_T_PURCHASE && !(e->has & PT_BIT(PT_F_AMOUNT))) c->no_amount++;
      for (size_t i = from; i < to && !again; i++)
        again = events[order[i]].type != PT_T_RECORD && repeats(&events[order[i]], e);
      if (again && dups != PT_DUP_KEEP && (e->event_id.n || dups == PT_DUP_EXACT)) {
        c->duplicate++;
        continue;
      }
      if (again && !e->event_id.n) c->exact_duplicates_kept++;
      if (e->time >= as_of) {
        c->after_as_of++;
        continue;
      }
      c->counted++;
      struct pt_event got;
      pt_group_event(g, u, kept++, &got);
      assert_true(same_event(&got, e));
    }
    if (!kept && !record) continue;
    assert_true(u < pt_group_users(g));
    assert_int_equal(pt_h128_cmp(pt_group_hashes(g)[u], first->user), 0);
    char name[32];
    assert_true(pt_slice_eq(pt_group_ids(g)[u], user_name(user_of[order[from]], name)));
    assert_int_equal(pt_group_events(g, u), kept);
    u++;
  }
  assert_int_equal(u, pt_group_users(g));
  uint32_t n;
  const struct pt_group_counts *counts = pt_group_counts(g, &n);
  assert_int_equal(n, FORMATS + CODES);
  assert_memory_equal(counts, want, sizeof want);
  pt_group_close(g);
}

static void random_rows(void **state) {
  (void)state;
  struct pt_store *s = store_of_texts();
  for (int round = 0; round < 60; round++) {
    clear();
    size_t n = 1 + below(round < 55 ? 300 : 3000);
    uint64_t users = 1 + below(20);
    for (size_t i = 0; i < n; i++) {
      char id[32];
      uint64_t u = below(users);
      struct pt_event e = random_event(u, CODES, id);
      if (round % 3 == 0) e.event_id.n = 0;
      if (round % 4 == 0) e.format = 0;
      /* An equal line of one format is equal in all; without that, only several formats make equal prints apart. */
      if (e.format == 0 && !e.event_id.n) e.fingerprint = rng();
      if (round % 5 == 0) e.time = (int64_t)(i * 50 / n) - 10;
      add(u, &e);
      if (e.format == 0 && below(3) == 0) add(u, &e);
    }
    against_the_slow_one(s, (enum pt_dups)(round % 3), (int64_t)below(60) - 10);
  }
  pt_store_close(s);
}

/* Table of (event_id, print, nth, time) and what must stay under each key. */
static void duplicates_table(void **state) {
  (void)state;
  static const struct {
    const char *ids[4];
    int prints[4], nth[4], times[4];
    uint64_t by_id, exact, keep, kept_equal;
  } row[] = {
      {{"a", "a", "a", "b"}, {1, 2, 3, 4}, {0, 0, 0, 0}, {5, 1, 9, 9}, 2, 2, 4, 0},
      {{"a", "a", "a", "a"}, {1, 1, 1, 1}, {0, 1, 2, 2}, {5, 5, 5, 5}, 3, 3, 4, 0},
      {{NULL, NULL, NULL, NULL}, {1, 1, 2, 1}, {0, 0, 0, 0}, {5, 5, 5, 5}, 4, 2, 4, 2},
      {{NULL, NULL, NULL, "a"}, {1, 1, 1, 1}, {0, 1, 0, 0}, {5, 5, 5, 5}, 4, 3, 4, 1},
      {{NULL, NULL, "a", "b"}, {1, 2, 1, 1}, {0, 0, 0, 0}, {5, 5, 6, 7}, 4, 4, 4, 0},
  };
  struct pt_store *s = store_of_texts();
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    clear();
    for (int k = 0; k < 4; k++) {
      struct pt_event e = {.user = user_hash(1), .type = PT_T_VIEW, .time = row[i].times[k]};
      e.fingerprint = (uint64_t)row[i].prints[k];
      e.nth = (uint16_t)row[i].nth[k];
      e.event_id = pt_slice_of(row[i].ids[k]);
      add(1, &e);
    }
    const uint64_t want[] = {row[i].by_id, row[i].exact, row[i].keep};
    for (int mode = 0; mode < 3; mode++) {
      struct pt_err err = {0};
      struct pt_group *g;
      struct pt_group_conf conf = {(enum pt_dups)mode, 100, s, FORMATS};
      struct pt_bucket b = bucket();
      uint32_t n;
      assert_int_equal(pt_group_open(&g, &conf, &err), 0);
      assert_int_equal(pt_group_bucket(g, &b, &err), 0);
      assert_int_equal(pt_group_events(g, 0), want[mode]);
      assert_int_equal(pt_group_counts(g, &n)[0].counted, want[mode]);
      assert_int_equal(pt_group_counts(g, &n)[0].duplicate, 4 - want[mode]);
      assert_int_equal(pt_group_counts(g, &n)[0].exact_duplicates_kept, mode == PT_DUP_EXACT ? 0 : row[i].kept_equal);
      pt_group_close(g);
    }
    against_the_slow_one(s, PT_DUP_EVENT_ID, 100);
  }
  pt_store_close(s);
}

static void nobody_and_strangers(void **state) {
  (void)state;
  struct pt_store *s = store_of_texts();
  struct pt_err err = {0};
  struct pt_group *g;
  struct pt_group_conf conf = {PT_DUP_EVENT_ID, 100, s, FORMATS};
  struct pt_bucket none = {0};
  assert_int_equal(pt_group_open(&g, &conf, &err), 0);
  assert_int_equal(pt_group_bucket(g, &none, &err), 0);
  assert_int_equal(pt_group_users(g), 0);
  clear();
  struct pt_event e = {.user = user_hash(3), .type = PT_T_VIEW};
  add(3, &e);
  struct pt_bucket b = bucket();
  id_hash[0] = user_hash(4);
  assert_int_equal(pt_group_bucket(g, &b, &err), PT_INTERNAL);
  pt_group_close(g);
  pt_store_close(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(random_rows), cmocka_unit_test(duplicates_table),
                                     cmocka_unit_test(nobody_and_strangers)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

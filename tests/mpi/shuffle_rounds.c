/* The shuffle under mpirun: tiny rounds and large ones bring every event, with its texts and its user's id, to the
 * owner of its slot; a failure on one rank is everybody's after the same round. */
#include <portrait/shuffle.h>
#include <stdio.h>
#include <stdlib.h>

#include "shuffle/shuffle_priv.h"
#include "unit/store_events.h"

enum { CODES = 40, USERS = 200 };

static int failures;
#define CHECK(cond)                                              \
  do {                                                           \
    if (!(cond)) {                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
      failures++;                                                \
    }                                                            \
  } while (0)

struct world {
  struct pt_comm *c;
  int rank, size;
  struct pt_dict *dicts[PT_F_COUNT];
  const struct pt_slice *texts[PT_F_COUNT]; /* by the sender's code */
  uint32_t bounds[70];
  struct pt_mem mem;
};

/* Each rank knows the same texts by other codes. */
static void make_dicts(struct world *w) {
  for (int f = 0; f < PT_F_COUNT; f++) {
    if (!(PT_CODE_BITS & PT_BIT(f))) continue;
    w->dicts[f] = pt_dict_new();
    struct pt_slice *t = malloc(CODES * sizeof *t);
    for (int i = 0; i < CODES; i++) {
      char text[32];
      struct pt_slice s = {text, (size_t)snprintf(text, sizeof text, "f%d-%d", f, (i * 7 + w->rank * 11) % CODES)};
      t[i] = pt_dict_at(w->dicts[f], pt_dict_put(w->dicts[f], s));
    }
    w->texts[f] = t;
  }
}

static struct pt_store *open_store(struct world *w) {
  struct pt_err err = {0};
  struct pt_store *s = NULL;
  struct pt_store_conf conf = {.slot_from = w->bounds[w->rank],
                               .slot_to = w->bounds[w->rank + 1],
                               .mem = &w->mem,
                               .bucket_bytes = 1 << 14,
                               .expected_bytes = 1 << 18};
  CHECK(pt_store_open(&s, &conf, &err) == 0);
  return s;
}

/* Sum of prints of all that the store holds; checks that the slots are its own and every user has an id. */
static uint64_t store_print(struct world *w, struct pt_store *s, uint64_t *n) {
  struct pt_err err = {0};
  const struct pt_slice *texts[PT_F_COUNT];
  uint32_t unused;
  uint64_t sum = 0;
  *n = 0;
  CHECK(pt_store_seal(s, &err) == 0);
  for (int f = 0; f < PT_F_COUNT; f++) texts[f] = pt_store_ordered(s, (enum pt_field)f, &unused);
  for (uint32_t b = 0; b < pt_store_buckets(s); b++) {
    struct pt_bucket bucket;
    CHECK(pt_store_load(s, b, &bucket, &err) == 0);
    for (uint64_t i = 0; i < bucket.n_rows; i++) {
      struct pt_event e;
      pt_unpack(bucket.rows[i], &e);
      sum += event_print(&e, texts);
      CHECK(pt_slot(e.user) >= w->bounds[w->rank] && pt_slot(e.user) < w->bounds[w->rank + 1]);
      bool known = false;
      for (uint64_t k = 0; k < bucket.n_ids && !known; k++) known = pt_h128_cmp(bucket.id_hash[k], e.user) == 0;
      CHECK(known);
    }
    *n += bucket.n_rows;
    for (uint64_t k = 0; k < bucket.n_ids; k++) {
      struct pt_hash_key key = pt_hash_key_default();
      CHECK(pt_h128_cmp(pt_hash_user(&key, bucket.ids[k].p, bucket.ids[k].n), bucket.id_hash[k]) == 0);
    }
    pt_store_unload(s, b, true);
  }
  return sum;
}

static void same_multiset(struct world *w, uint64_t round_bytes, uint64_t n) {
  struct pt_err err = {0};
  struct pt_shuffle *s;
  struct pt_store *store = open_store(w);
  struct pt_shuffle_conf conf = {.round_bytes = round_bytes, .slot_from = w->bounds};
  CHECK(pt_shuffle_open_dicts(&s, w->c, &conf, w->dicts, store, &err) == 0);
  uint64_t sums[3] = {0}, put = 0;
  rng_state = (uint64_t)w->rank * 1000 + round_bytes;
  if (w->rank == 1) n /= 3; /* ranks end at different times */
  for (bool any = true; any;) {
    while (put < n && !pt_shuffle_full(s)) {
      char id[32], name[32];
      uint64_t u = below(USERS);
      struct pt_event e = random_event(u, CODES, id);
      sums[0] += event_print(&e, w->texts);
      sums[1]++;
      if (pt_shuffle_put(s, &e, user_name(u, name), &err)) put = n;
      if (put++ % 7 == 0) pt_shuffle_progress(s);
    }
    if (pt_shuffle_turn(s, put < n, &any, &err)) {
      fprintf(stderr, "%s\n", err.text);
      failures++;
      break;
    }
  }
  uint64_t got[2];
  got[0] = store_print(w, store, &got[1]);
  sums[2] = pt_shuffle_sent(s);
  pt_sum_u64(w->c, sums, 3);
  pt_sum_u64(w->c, got, 2);
  CHECK(got[0] == sums[0]);
  CHECK(got[1] == sums[1]);
  CHECK((sums[2] > 0) == (w->size > 1));
  pt_shuffle_close(s);
  pt_store_close(store);
  CHECK(w->mem.used == 0);
}

/* The last rank fails in a late turn: all leave at the same turn with its words. */
static void failure_is_shared(struct world *w, bool at_the_end) {
  struct pt_err err = {0};
  struct pt_shuffle *s;
  struct pt_store *store = open_store(w);
  struct pt_shuffle_conf conf = {.round_bytes = 256, .slot_from = w->bounds};
  CHECK(pt_shuffle_open_dicts(&s, w->c, &conf, w->dicts, store, &err) == 0);
  uint64_t turns = 0;
  int code = 0;
  for (bool any = true; any && !code && turns < 100; turns++) {
    char id[32], name[32];
    uint64_t u = below(USERS);
    struct pt_event e = random_event(u, CODES, id);
    bool fails = w->rank == w->size - 1 && turns == (w->size == 1 ? 2 : 3), more = at_the_end ? turns < 2 : turns < 50;
    if (more && !err.code) CHECK(pt_shuffle_put(s, &e, user_name(u, name), &err) == 0);
    if (fails) pt_fail(&err, "read", PT_IO, 0, "broken on purpose");
    code = pt_shuffle_turn(s, more, &any, &err);
  }
  CHECK(code == PT_IO);
  CHECK(strstr(err.text, "broken on purpose") != NULL);
  uint64_t most = turns, least = turns;
  pt_max_u64(w->c, &most, 1);
  pt_min_u64(w->c, &least, 1);
  CHECK(most == least);
  pt_shuffle_close(s);
  pt_store_close(store);
}

static void damaged_messages(struct world *w) {
  struct pt_store *store = open_store(w);
  struct pt_shuffle_local local = {0};
  struct pt_shuffle_maps maps = {0};
  struct pt_buf m = {0}, ids = {0}, copy = {0};
  struct pt_err err = {0};
  CHECK(pt_buf_reserve(&m, 4096 + PT_PACK_MAX) == 0);
  m.n = sizeof(struct pt_message_head);
  for (uint64_t u = 0; m.n < 4096 && u < 3000; u++) {
    char id[32];
    struct pt_event e = random_event(u, CODES, id);
    if (pt_slot(e.user) < w->bounds[w->rank] || pt_slot(e.user) >= w->bounds[w->rank + 1]) continue;
    m.n += pt_pack(&e, (unsigned char *)m.p + m.n);
  }
  CHECK(pt_message_close(&local, &m, &ids, w->dicts, &err) == 0);
  for (size_t n = 0; n <= m.n; n += 3) {
    char *p = malloc(n + 1);
    memcpy(p, m.p, n);
    pt_err_clear(&err);
    CHECK((pt_message_take(&maps, (unsigned char *)p, n, store, &err) == PT_INTERNAL) == (n < m.n));
    free(p);
  }
  pt_buf_free(&m);
  pt_buf_free(&copy);
  pt_shuffle_local_free(&local);
  pt_shuffle_maps_free(&maps);
  pt_store_close(store);
}

int main(int argc, char **argv) {
  struct world w = {0};
  struct pt_err err = {0};
  if (pt_comm_open(&w.c, &argc, &argv, &err)) return 1;
  w.rank = pt_comm_rank(w.c);
  w.size = pt_comm_size(w.c);
  make_dicts(&w);
  /* Uneven: with three ranks and more the second owns nothing. */
  for (int r = 1; r < w.size; r++) w.bounds[r] = w.size > 2 && r < 3 ? 20000 : 30000u + (uint32_t)r * 1000;
  w.bounds[w.size] = PT_SLOTS;
  static const uint64_t rounds[] = {64, 4096, 1 << 20, UINT64_MAX};
  for (int i = 0; i < 4; i++) same_multiset(&w, rounds[i], i == 0 ? 300 : 6000);
  failure_is_shared(&w, false);
  failure_is_shared(&w, true);
  damaged_messages(&w);
  uint64_t bad = (uint64_t)failures;
  pt_sum_u64(w.c, &bad, 1);
  for (int f = 0; f < PT_F_COUNT; f++) {
    pt_dict_free(w.dicts[f]);
    free((void *)(uintptr_t)w.texts[f]);
  }
  pt_comm_close(w.c);
  return bad != 0;
}

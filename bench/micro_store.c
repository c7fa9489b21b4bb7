/* Nanoseconds of CPU time an event of the road from a cleaned event to the facts: put, turn, load, group, unpack. Not
 * built by default; under mpirun each rank makes EVENTS events of USERS users (Zipf-like), nine fields as `portrait
 * synth`.
 *
 *     micro_store [EVENTS [USERS [MEMORY_MIB]]] */
#include <portrait/group.h>
#include <portrait/shuffle.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "shuffle/shuffle_priv.h"

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint64_t state = 88172645463325252u;
static inline uint64_t rng(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static struct pt_dict *dicts[PT_F_COUNT];
static void fill_dicts(void) {
  static const struct {
    int f, n;
  } fields[] = {{PT_F_CATEGORY, 300}, {PT_F_BRAND, 2000}, {PT_F_CHANNEL, 6}, {PT_F_DEVICE, 30}};
  for (int f = 0; f < PT_F_COUNT; f++)
    if (PT_CODE_BITS & PT_BIT(f)) dicts[f] = pt_dict_new();
  for (int i = 0; i < 4; i++)
    for (int c = 0; c < fields[i].n; c++) {
      char text[32];
      size_t n = (size_t)snprintf(text, sizeof text, "field%d.text%d", fields[i].f, c);
      pt_dict_put(dicts[fields[i].f], (struct pt_slice){text, n});
    }
}

enum { BATCH = 256 }; /* stays in the inner caches, as the one event of a cleaner does */
static struct pt_event batch[BATCH];
static struct pt_slice names[BATCH];
static char texts[BATCH][24];

static void make_batch(uint64_t first, uint64_t users, const struct pt_h128 *hashes) {
  for (int i = 0; i < BATCH; i++) {
    struct pt_event *e = &batch[i];
    uint64_t u = rng() % users;
    if (rng() & 1) u = u * (rng() % 65536) >> 16;
    names[i] =
        (struct pt_slice){texts[i], (size_t)snprintf(texts[i], sizeof texts[i], "u%08llu", (unsigned long long)u)};
    e->user = hashes[u];
    e->time = INT64_C(1700000000000) + (int64_t)((first + (uint64_t)i) * 3000 + rng() % 100000);
    e->fingerprint = rng();
    e->type = PT_T_VIEW;
    e->has = PT_BIT(PT_F_CATEGORY) | PT_BIT(PT_F_BRAND) | PT_BIT(PT_F_CHANNEL) | PT_BIT(PT_F_DEVICE) |
             PT_BIT(PT_F_ITEM_ID) | PT_BIT(PT_F_SESSION_ID);
    if (rng() % 4) e->has |= PT_BIT(PT_F_PRICE) | PT_BIT(PT_F_QUANTITY) | PT_BIT(PT_F_AMOUNT);
    e->v[PT_F_CATEGORY] = (int64_t)(rng() % 300);
    e->v[PT_F_BRAND] = (int64_t)(rng() % 2000);
    e->v[PT_F_CHANNEL] = (int64_t)(rng() % 6);
    e->v[PT_F_DEVICE] = (int64_t)(rng() % 30);
    e->v[PT_F_ITEM_ID] = (int64_t)((rng() % 200000) * UINT64_C(0x9E3779B97F4A7C15));
    e->v[PT_F_SESSION_ID] = (int64_t)rng();
    e->v[PT_F_PRICE] = e->v[PT_F_AMOUNT] = (int64_t)(rng() % 1000000);
    e->v[PT_F_QUANTITY] = 1000;
  }
}

static int failed(const struct pt_err *err) {
  fprintf(stderr, "%s\n", err->text);
  return 1;
}

int main(int argc, char **argv) {
  struct pt_comm *c;
  struct pt_err err = {0};
  if (pt_comm_open(&c, &argc, &argv, &err)) return failed(&err);
  uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 5000000,
           users = argc > 2 ? strtoull(argv[2], NULL, 10) : 200000;
  struct pt_mem mem = {.budget = (argc > 3 ? strtoull(argv[3], NULL, 10) : 0) << 20};
  uint32_t bounds[257] = {0};
  int size = pt_comm_size(c), rank = pt_comm_rank(c);
  for (int r = 1; r <= size; r++) bounds[r] = (uint32_t)(PT_SLOTS * (uint64_t)r / (uint64_t)size);
  struct pt_h128 *hashes = malloc(users * sizeof *hashes);
  struct pt_hash_key key = pt_hash_key_default();
  for (uint64_t u = 0; u < users; u++) {
    char text[24];
    size_t len = (size_t)snprintf(text, sizeof text, "u%08llu", (unsigned long long)u);
    hashes[u] = pt_hash_user(&key, text, len);
  }
  fill_dicts();
  state += (uint64_t)rank * 7919;
  struct pt_store *store;
  struct pt_shuffle *s;
  struct pt_store_conf sc = {bounds[rank], bounds[rank + 1], &mem, "/tmp", 0, n * 104};
  struct pt_shuffle_conf conf = {0, bounds};
  if (pt_store_open(&store, &sc, &err) || pt_shuffle_open_dicts(&s, c, &conf, dicts, store, &err)) return failed(&err);
  double put = 0, turn = 0, load = 0, group = 0, unpack = 0, t;
  uint64_t done = 0;
  for (bool any = true; any;) {
    while (done < n && !pt_shuffle_full(s)) {
      make_batch(done, users, hashes);
      t = now();
      for (int i = 0; i < BATCH; i++)
        if (pt_shuffle_put(s, &batch[i], names[i], &err)) return failed(&err);
      pt_shuffle_progress(s);
      put += now() - t;
      done += BATCH;
    }
    pt_comm_barrier(c); /* otherwise a turn would show the other rank's work */
    t = now();
    if (pt_shuffle_turn(s, done < n, &any, &err)) return failed(&err);
    turn += now() - t;
  }
  t = now();
  if (pt_store_seal(store, &err)) return failed(&err);
  struct pt_group *g;
  struct pt_group_conf gc = {PT_DUP_EVENT_ID, INT64_MAX, store, 1};
  if (pt_group_open(&g, &gc, &err)) return failed(&err);
  uint64_t events = 0, found = 0, sum = 0, rows = 0;
  for (uint32_t b = 0; b < pt_store_buckets(store); b++) {
    struct pt_bucket bucket;
    t = now();
    if (pt_store_load(store, b, &bucket, &err)) return failed(&err);
    double t2 = now();
    load += t2 - t;
    rows += bucket.n_rows;
    if (pt_group_bucket(g, &bucket, &err)) return failed(&err);
    t = now();
    group += t - t2;
    found += pt_group_users(g);
    for (uint32_t u = 0; u < pt_group_users(g); u++)
      for (uint64_t i = 0; i < pt_group_events(g, u); i++, events++) {
        struct pt_event e;
        pt_group_event(g, u, i, &e);
        sum += (uint64_t)e.v[PT_F_ITEM_ID] + e.has;
      }
    t2 = now();
    unpack += t2 - t;
    pt_store_unload(store, b, true);
    load += now() - t2;
  }
  double in = (double)done, out = (double)events;
  printf(
      "rank %d: %llu events put, %llu grouped, %llu users, %u buckets, peak %llu MiB, spilled %llu MiB, sent %.1f B an "
      "event\n  ns an event: put %.1f, turn %.1f, load %.1f, group %.1f, unpack %.1f (%llx)\n",
      rank, (unsigned long long)done, (unsigned long long)rows, (unsigned long long)found, pt_store_buckets(store),
      (unsigned long long)(mem.peak >> 20), (unsigned long long)(pt_store_spilled(store) >> 20),
      (double)pt_shuffle_sent(s) / in, put / in, turn / in, load / out, group / out, unpack / out,
      (unsigned long long)sum);
  pt_group_close(g);
  pt_shuffle_close(s);
  pt_store_close(store);
  for (int f = 0; f < PT_F_COUNT; f++) pt_dict_free(dicts[f]);
  free(hashes);
  pt_comm_close(c);
  return 0;
}

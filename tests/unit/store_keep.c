/* The kept store: ingests of several ranks, days that are added, merging, and reading by any number of ranks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the three above */
#include <cmocka.h>
#include <fcntl.h>
#include <glob.h>
#include <portrait/keep.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/store_events.h"

enum { CODES = 60, USERS = 300 };
static char dir[64];
static struct pt_mem mem;
static const struct pt_keep_setting bound[] = {{"timezone", "UTC"}, {"format", "portrait"}};
static const char *const formats[2][2] = {{"portrait", "xml"}, {"xml", "segment"}};
static const uint8_t place[2][2] = {{0, 2}, {2, 1}}; /* in portrait, segment, xml */

static int setup(void **state) {
  (void)state;
  snprintf(dir, sizeof dir, "/dev/shm/portrait-keep-XXXXXX"); /* the store flushes each file: a disk takes seconds */
  if (mkdtemp(dir)) return 0;
  snprintf(dir, sizeof dir, "/tmp/portrait-keep-XXXXXX");
  return mkdtemp(dir) ? 0 : -1;
}
static int teardown(void **state) {
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -rf %s", dir);
  return system(command);
}

static struct pt_keep *open_keep(void) {
  struct pt_err err = {0};
  struct pt_buf text = {0};
  struct pt_keep *k = NULL;
  assert_int_equal(pt_keep_manifest(dir, true, &text, &err), 0);
  assert_int_equal(pt_keep_open(&k, dir, (struct pt_slice){text.p, text.n}, bound, 2, &err), 0);
  pt_buf_free(&text);
  return k;
}

/* A rank's store with its share of n random events; adds their prints, as a reader has to see them, to *print. */
static struct pt_store *fill(uint32_t from, uint32_t to, uint64_t seed, uint64_t n, int list, uint64_t *print) {
  struct pt_err err = {0};
  struct pt_store *s;
  struct pt_store_conf conf = {
      .slot_from = from, .slot_to = to, .mem = &mem, .bucket_bytes = 1 << 15, .expected_bytes = n * 150};
  const struct pt_slice *texts[PT_F_COUNT];
  assert_int_equal(pt_store_open(&s, &conf, &err), 0);
  for (int f = 0; f < PT_F_COUNT; f++) {
    struct pt_slice *t = calloc(CODES, sizeof *t);
    texts[f] = t;
    for (uint32_t c = 0; (PT_CODE_BITS & PT_BIT(f)) && c < CODES; c++) {
      char text[32];
      struct pt_slice x = {text, (size_t)snprintf(text, sizeof text, "%llu", (unsigned long long)(c * 37 + seed) % 90)};
      t[c] = pt_dict_at(pt_store_dict(s, (enum pt_field)f), pt_dict_put(pt_store_dict(s, (enum pt_field)f), x));
    }
  }
  rng_state = seed;
  for (uint64_t i = 0; i < n; i++) {
    char id[32], name[32];
    unsigned char row[PT_PACK_MAX];
    uint64_t u = below(USERS);
    struct pt_event e = random_event(u, CODES, id);
    if (pt_slot(e.user) < from || pt_slot(e.user) >= to) continue;
    size_t size = pt_pack(&e, row);
    assert_int_equal(pt_store_id(s, e.user, user_name(u, name), &err), 0);
    assert_int_equal(pt_store_add(s, row, size, &err), 0);
    e.format = place[list][e.format];
    *print += event_print(&e, texts);
  }
  assert_int_equal(pt_store_seal(s, &err), 0);
  for (int f = 0; f < PT_F_COUNT; f++) free((void *)(uintptr_t)texts[f]);
  return s;
}

/* One ingest by `ranks` ranks; *print grows by its events. `commit` false: killed before. */
static void ingest(int ranks, uint64_t seed, uint64_t n, bool commit, uint64_t *print) {
  struct pt_err err = {0};
  struct pt_keep_lock *lock;
  assert_int_equal(pt_keep_lock(&lock, dir, &err), 0);
  struct pt_keep *k = open_keep();
  struct pt_buf parts = {0}, merged = {0};
  int list = (int)(seed % 2);
  for (int r = 0; r < ranks; r++) {
    uint32_t from = PT_SLOTS / (uint32_t)ranks * (uint32_t)r,
             to = r + 1 == ranks ? PT_SLOTS : from + PT_SLOTS / (uint32_t)ranks;
    struct pt_store *s = fill(from, to, seed, n, list, print);
    assert_int_equal(pt_keep_write(k, s, r, &parts, &err), 0);
    pt_store_close(s);
    if (pt_keep_must_merge(k)) assert_int_equal(pt_keep_merge(k, from, to, &mem, r, &merged, &err), 0);
  }
  struct pt_keep_day days[] = {{(int64_t)seed, 10}, {-7, 1}};
  struct pt_keep_count counts[] = {{PT_SLICE("lines\tportrait"), n}, {PT_SLICE("rejects\tbad_time\tportrait"), 2}};
  struct pt_keep_input in = {{seed, ~seed, n}, "part-\xff.zst"};
  struct pt_keep_commit what = {{parts.p, parts.n}, {merged.p, merged.n}, formats[list], 2, days, 2, counts, 2, &in, 1};
  if (commit) assert_int_equal(pt_keep_commit(k, lock, &what, &err), 0);
  pt_buf_free(&parts);
  pt_buf_free(&merged);
  pt_keep_close(k);
  pt_keep_unlock(lock);
}

/* Sum of prints of all that `ranks` ranks read. */
static uint64_t read_all(const struct pt_keep *k, int ranks, uint64_t wanted, uint64_t bucket_bytes, uint64_t *events) {
  static uint64_t weights[PT_SLOTS];
  struct pt_err err = {0};
  uint64_t sum = 0, budget_before = mem.used;
  uint32_t bounds[8];
  *events = 0;
  memset(weights, 0, sizeof weights);
  for (int r = 0; r < ranks; r++) assert_int_equal(pt_keep_weights(k, r, ranks, weights, &err), 0);
  pt_keep_bounds(weights, ranks, bounds);
  for (int r = 0; r < ranks; r++) {
    struct pt_store *s;
    struct pt_store_conf conf = {
        .slot_from = bounds[r], .slot_to = bounds[r + 1], .mem = &mem, .bucket_bytes = bucket_bytes};
    assert_int_equal(pt_keep_store(&s, k, &conf, weights, wanted, &err), 0);
    const struct pt_slice *texts[PT_F_COUNT];
    uint32_t unused;
    for (int f = 0; f < PT_F_COUNT; f++) texts[f] = pt_store_ordered(s, (enum pt_field)f, &unused);
    uint64_t last = (uint64_t)bounds[r] << 48, here = 0;
    for (uint32_t b = 0; b < pt_store_buckets(s); b++) {
      struct pt_bucket bucket;
      assert_int_equal(pt_store_load(s, b, &bucket, &err), 0);
      if (b % 5 == 4) { /* out of order: once back, and again */
        assert_int_equal(pt_store_load(s, b - 2, &bucket, &err), 0);
        assert_int_equal(pt_store_load(s, b, &bucket, &err), 0);
      }
      uint64_t most = last;
      for (uint64_t i = 0; i < bucket.n_rows; i++) {
        struct pt_event e;
        pt_unpack(bucket.rows[i], &e);
        assert_true(e.user.hi >= last && e.user.hi >> 48 < bounds[r + 1]);
        if (e.user.hi > most) most = e.user.hi;
        bool known = false;
        for (uint64_t j = 0; j < bucket.n_ids && !known; j++) known = !pt_h128_cmp(bucket.id_hash[j], e.user);
        assert_true(known);
        sum += event_print(&e, texts);
        here++;
      }
      for (uint64_t j = 0; j < bucket.n_ids; j++) {
        struct pt_hash_key key = pt_hash_key_default();
        struct pt_h128 h = pt_hash_user(&key, bucket.ids[j].p, bucket.ids[j].n);
        assert_int_equal(pt_h128_cmp(h, bucket.id_hash[j]), 0);
      }
      last = most;
      pt_store_unload(s, b, true);
    }
    *events += here;
    pt_store_close(s);
  }
  assert_int_equal(mem.used, budget_before);
  return sum;
}

static uint32_t folders(void) {
  char pattern[80];
  snprintf(pattern, sizeof pattern, "%s/g*", dir);
  glob_t found = {0};
  int failed = glob(pattern, GLOB_ERR, NULL, &found);
  uint32_t n = (uint32_t)found.gl_pathc;
  globfree(&found);
  assert_true(failed == 0 || failed == GLOB_NOMATCH);
  return n;
}

/* tests/run --long: more days, every byte. */
static bool at_length(void) {
  const char *say = getenv("PORTRAIT_LONG");
  return say && *say == '1';
}

static void days_added_and_merged(void **state) {
  (void)state;
  uint64_t last = at_length() ? 40 : 20;
  uint64_t print = 0, unused = 0, n, total = 0;
  for (uint64_t day = 1; day <= last; day++) {
    ingest(1 + (int)(day % 3), day, 100 + day * 10, true, &print);
    total += 100 + day * 10;
    if (day == 5) ingest(2, 99, 500, false, &unused); /* killed */
    struct pt_keep *k = open_keep();
    assert_true(pt_keep_generations(k) <= 16);
    assert_int_equal(pt_keep_events(k), total);
    if (day % 8 == 0) assert_true(read_all(k, 1 + (int)(day % 4), UINT64_MAX, 4000, &n) == print);
    pt_keep_close(k);
  }
  struct pt_keep *k = open_keep();
  assert_int_equal(folders(), pt_keep_generations(k));
  for (int ranks = 1; ranks <= 7; ranks++) {
    assert_true(read_all(k, ranks, UINT64_MAX, ranks % 2 ? 1 << 20 : 5000, &n) == print);
    assert_int_equal(n, total);
  }
  assert_int_equal(strlen(pt_keep_id(k)), 32);
  uint32_t n_formats;
  const char *const *names = pt_keep_formats(k, &n_formats);
  assert_int_equal(n_formats, 3);
  assert_string_equal(names[1], "segment");
  const struct pt_keep_day *days = pt_keep_days(k, &n);
  assert_int_equal(n, last + 1);
  assert_true(days[0].day == -7 && days[0].n == last && days[1].day == 1 && days[1].n == 10);
  const struct pt_keep_count *counts = pt_keep_counts(k, &n);
  assert_int_equal(n, 2);
  assert_int_equal(counts[0].n, total);
  assert_int_equal(counts[1].n, 2 * last);
  assert_true(pt_keep_has(k, (struct pt_keep_digest){7, ~UINT64_C(7), 170}));
  assert_false(pt_keep_has(k, (struct pt_keep_digest){7, ~UINT64_C(7), 171}));
  uint64_t some = read_all(k, 2, PT_BIT(PT_F_BRAND) | PT_BIT(PT_F_PRICE), 4000, &n);
  assert_int_equal(n, total);
  assert_true(some != print);
  pt_keep_close(k);
}

static void killed_ingest(void **state) {
  (void)state;
  uint64_t print = 0, unused = 0, n;
  ingest(1, 2, 10, true, &print); /* with the third format */
  ingest(2, 3, 400, true, &print);
  ingest(2, 4, 400, false, &unused);
  struct pt_keep *k = open_keep();
  assert_int_equal(folders(), 3);
  assert_true(read_all(k, 2, UINT64_MAX, 4000, &n) == print);
  /* A build reads: the next ingest still gets its names. */
  pt_keep_reading(k);
  ingest(1, 5, 100, true, &print);
  assert_int_equal(folders(), 3);
  pt_keep_close(k);
  k = open_keep();
  assert_true(read_all(k, 3, UINT64_MAX, 4000, &n) == print);
  pt_keep_close(k);
}

static void refusals(void **state) {
  (void)state;
  struct pt_err err = {0};
  struct pt_keep_lock *lock, *second;
  struct pt_keep *k;
  struct pt_buf text = {0};
  uint64_t print = 0;
  assert_int_equal(pt_keep_manifest(dir, false, &text, &err), PT_NOINPUT);
  ingest(1, 1, 300, true, &print);
  pt_err_clear(&err);
  assert_int_equal(pt_keep_lock(&lock, dir, &err), 0);
  assert_int_equal(pt_keep_lock(&second, dir, &err), PT_IO);
  assert_non_null(strstr(err.text, "another ingest"));
  pt_keep_unlock(lock);
  pt_err_clear(&err);
  assert_int_equal(pt_keep_manifest(dir, false, &text, &err), 0);
  struct pt_slice manifest = {text.p, text.n};
  const struct pt_keep_setting other[] = {{"timezone", "Asia/Tokyo"}}, strange[] = {{"identity", "coalesce"}};
  assert_int_equal(pt_keep_open(&k, dir, manifest, other, 1, &err), PT_CONFIG);
  assert_non_null(strstr(err.text, "timezone = UTC"));
  pt_err_clear(&err);
  assert_int_equal(pt_keep_open(&k, dir, manifest, strange, 1, &err), PT_IO);
  static const char *const bad[] = {"{", "[]", "{\"portrait_store\": 2}",
                                    "{\"portrait_store\": 1, \"id\": \"x\", \"next\": 1, \"generations\": []}"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    pt_err_clear(&err);
    assert_int_equal(pt_keep_open(&k, dir, pt_slice_of(bad[i]), NULL, 0, &err), PT_IO);
  }
  /* A name that leads out of the store. */
  char *name = strstr(text.p, "g000001/");
  assert_non_null(name);
  memcpy(name, "../etc/", 7);
  pt_err_clear(&err);
  assert_int_equal(pt_keep_open(&k, dir, manifest, bound, 2, &err), PT_IO);
  pt_buf_free(&text);
}

/* Every byte of a part matters: one flipped, or one missing, and the part is refused. */
static void damaged_parts(void **state) {
  (void)state;
  struct pt_err err = {0};
  uint64_t print = 0;
  ingest(1, 1, 40, true, &print);
  struct pt_keep *k = open_keep();
  char command[200], path[160] = "";
  snprintf(command, sizeof command, "ls -S %s/g000001/* | head -1", dir);
  FILE *p = popen(command, "r");
  assert_int_equal(fscanf(p, "%159s", path), 1);
  pclose(p);
  int fd = open(path, O_RDWR);
  struct stat st;
  assert_int_equal(fstat(fd, &st), 0);
  static uint64_t weights[PT_SLOTS];
  off_t wide = at_length() ? 7 : 211, narrow = at_length() ? 1 : 7;
  for (off_t at = 0, next; at <= st.st_size; at = next) {
    next = at + (at < st.st_size - 200 ? wide : narrow);
    if (at < st.st_size && next > st.st_size) next = st.st_size;
    unsigned char c;
    bool cut = at == st.st_size;
    if (cut) {
      assert_int_equal(ftruncate(fd, at - 1), 0);
    } else {
      assert_int_equal(pread(fd, &c, 1, at), 1);
      c ^= 0x10;
      assert_int_equal(pwrite(fd, &c, 1, at), 1);
    }
    struct pt_store *s = NULL;
    struct pt_bucket b;
    struct pt_store_conf conf = {.slot_to = PT_SLOTS, .mem = &mem};
    pt_err_clear(&err);
    int code = pt_keep_store(&s, k, &conf, weights, UINT64_MAX, &err);
    for (uint32_t i = 0; !code && i < pt_store_buckets(s); i++) code = pt_store_load(s, i, &b, &err);
    assert_int_equal(code, PT_IO);
    pt_store_close(s);
    if (cut) break;
    c ^= 0x10;
    assert_int_equal(pwrite(fd, &c, 1, at), 1);
  }
  close(fd);
  pt_keep_close(k);
}

static void digest_of_a_file(void **state) {
  (void)state;
  char path[128];
  struct pt_err err = {0};
  struct pt_keep_digest d;
  snprintf(path, sizeof path, "%s/input", dir);
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  fclose(f);
  assert_int_equal(pt_keep_digest(path, &d, &err), 0);
  /* XXH3-128 of nothing, as the reference implementation prints it. */
  assert_true(d.hi == UINT64_C(0x99aa06d3014798d8) && d.lo == UINT64_C(0x6001c324468d497f) && d.bytes == 0);
  assert_int_equal(pt_keep_digest("/nowhere", &d, &err), PT_NOINPUT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(days_added_and_merged, setup, teardown),
      cmocka_unit_test_setup_teardown(killed_ingest, setup, teardown),
      cmocka_unit_test_setup_teardown(refusals, setup, teardown),
      cmocka_unit_test_setup_teardown(damaged_parts, setup, teardown),
      cmocka_unit_test_setup_teardown(digest_of_a_file, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

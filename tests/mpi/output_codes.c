/* Codes of sparse rows: from dictionaries that differ on every rank to one vocabulary; rare entries become `other`,
 * whose values are joined; what must come out is worked out here the plain way from all users. */
#include <portrait/output.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define USERS  60
#define WORDS  30
#define PLANES 4

static struct pt_comm *comm;
static const struct pt_plane planes[PLANES] = {{.name = "a", .type = PT_C_I64, .join = PT_JOIN_SUM},
                                               {.name = "b", .type = PT_C_I64, .join = PT_JOIN_MIN},
                                               {.name = "c", .type = PT_C_I64, .join = PT_JOIN_MAX},
                                               {.name = "d", .type = PT_C_I64, .join = PT_JOIN_NONE}};
static const struct pt_sparse wide = {.vocabulary = PT_F_BRAND, .n_planes = PLANES, .planes = planes};
static const struct pt_sparse thin = {.vocabulary = PT_F_BRAND, .n_planes = 1, .planes = planes};

static const char *word(uint32_t w) {
  static char text[WORDS][12];
  snprintf(text[w], sizeof text[w], "w%02u", w * 17 % WORDS);
  return text[w];
}

/* Word w is had by every (w / 3 + 1)-th user: words of three tie. */
static bool has(uint64_t user, uint32_t w) {
  return user % (w / 3 + 1) == 0 && w != 29; /* w 29: nobody's */
}

static void values(uint64_t user, uint32_t w, int64_t v[PLANES]) {
  v[0] = (int64_t)(user + w);
  v[1] = w % 5 == 0 ? 0 : (int64_t)(100 + w);
  v[2] = (int64_t)(w * 7 % 10);
  v[3] = (int64_t)w;
}

struct world {
  struct pt_schema schema;
  struct pt_mem mem;
  struct pt_rows *rows;
  struct pt_slice dict[WORDS];
  uint32_t n, column[2];
};

static int by_bytes(const void *a, const void *b) {
  return pt_slice_cmp(*(const struct pt_slice *)a, *(const struct pt_slice *)b);
}

static int by_code(const void *a, const void *b) {
  uint32_t x, y;
  memcpy(&x, a, sizeof x);
  memcpy(&y, b, sizeof y);
  return x < y ? -1 : x > y;
}

static void add_column(struct world *w, uint32_t i, const char *name, const struct pt_sparse *s, enum pt_where where) {
  struct pt_column c = {
      .type = PT_C_BYTES, .where = where, .family = "f", .level = "fact", .kind = "dynamic", .sparse = s};
  struct pt_err err = {0};
  snprintf(c.name, sizeof c.name, "%s", name);
  assert_int_equal(pt_schema_add(&w->schema, &c, &w->column[i], &err), 0);
}

static void put_row(struct world *w, uint32_t range, uint32_t row, uint64_t user, uint32_t i) {
  const struct pt_sparse *s = w->schema.columns[w->column[i]].sparse;
  char cells[WORDS * (8 + 8 * PLANES)];
  size_t n = 0, size = pt_cell_bytes(s);
  struct pt_err err = {0};
  for (uint32_t k = 0; k < WORDS; k++) {
    int64_t v[PLANES];
    uint32_t head[2] = {0, 0};
    if (!has(user, k)) continue;
    struct pt_slice text = pt_slice_of(word(k));
    while (pt_slice_cmp(w->dict[head[0]], text) != 0) head[0]++;
    values(user, k, v);
    memcpy(cells + n, head, sizeof head);
    memcpy(cells + n + 8, v, size - 8);
    n += size;
  }
  qsort(cells, n / size, size, by_code);
  if (n) assert_int_equal(pt_rows_put(w->rows, range, w->column[i], row, cells, n, &err), 0);
}

/* Users in turns to ranks, ranges of up to 7 rows, and dictionaries of what a rank's own users have. */
static void open_world(struct world *w, uint64_t budget, const char *scratch) {
  *w = (struct world){.mem = {.budget = budget}};
  uint32_t size = (uint32_t)pt_comm_size(comm), rank = (uint32_t)pt_comm_rank(comm);
  struct pt_err err = {0};
  add_column(w, 0, "wide", &wide, PT_IN_CSR);
  add_column(w, 1, "_thin", &thin, PT_HIDDEN);
  for (uint32_t k = 0; k < WORDS; k++) {
    bool mine = k == rank; /* and one that nobody may have */
    for (uint64_t u = rank; u < USERS; u += size) mine = mine || has(u, k);
    if (mine) w->dict[w->n++] = pt_slice_of(word(k));
  }
  qsort(w->dict, w->n, sizeof *w->dict, by_bytes);
  assert_int_equal(pt_rows_open(&w->rows, &w->schema, &w->mem, scratch, &err), 0);
  for (uint64_t u = rank; u < USERS;) {
    struct pt_h128 hashes[7] = {{0, 0}};
    struct pt_slice ids[7];
    uint32_t n = 0, range;
    for (uint64_t v = u; v < USERS && n < 7; v += size) ids[n++] = PT_SLICE("u");
    assert_int_equal(pt_rows_add(w->rows, n, hashes, ids, &range, &err), 0);
    for (uint32_t row = 0; row < n; row++, u += size)
      for (uint32_t i = 0; i < 2; i++) put_row(w, range, row, u, i);
    pt_rows_done(w->rows, range);
  }
}

static void close_world(struct world *w) {
  pt_rows_close(w->rows);
  pt_schema_free(&w->schema);
}

/* The `limit` words of most users; NULL = rare. The order of counts: w / 3 rises, so ties by bytes among three. */
static uint32_t kept(uint32_t limit, struct pt_slice out[WORDS]) {
  struct {
    uint64_t users;
    struct pt_slice text;
  } all[WORDS], t;
  for (uint32_t k = 0; k < WORDS; k++) {
    all[k].text = pt_slice_of(word(k));
    all[k].users = 0;
    for (uint64_t u = 0; u < USERS; u++) all[k].users += has(u, k);
  }
  for (uint32_t i = 0; i < WORDS; i++) /* largest first, ties by bytes */
    for (uint32_t k = i + 1; k < WORDS; k++)
      if (all[k].users > all[i].users || (all[k].users == all[i].users && pt_slice_cmp(all[k].text, all[i].text) < 0)) {
        t = all[i];
        all[i] = all[k];
        all[k] = t;
      }
  uint32_t n = 0;
  for (; n < limit && n < WORDS && all[n].users; n++) out[n] = all[n].text;
  qsort(out, n, sizeof *out, by_bytes);
  return n;
}

/* What the user's row must be: codes and values of the entries of v, the last one `other` where there is one. */
static size_t expected(const struct pt_vocabulary *v, uint64_t user, int64_t out[WORDS][1 + PLANES]) {
  size_t n = 0;
  for (uint32_t code = 0; code < v->n; code++) {
    bool other = v->other && code + 1 == v->n, any = false;
    int64_t sum[PLANES] = {0, 0, 0, -1}, one[PLANES];
    for (uint32_t k = 0; k < WORDS; k++) {
      if (!has(user, k)) continue;
      bool named = false;
      for (uint32_t i = 0; i < v->n - v->other; i++) named = named || pt_slice_eq(v->text[i], pt_slice_of(word(k)));
      if (other ? named : !pt_slice_eq(v->text[code], pt_slice_of(word(k)))) continue;
      values(user, k, one);
      sum[0] += one[0];
      if (sum[1] == 0 || (one[1] != 0 && one[1] < sum[1])) sum[1] = one[1];
      if (!any || one[2] > sum[2]) sum[2] = one[2];
      if (!other) sum[3] = one[3];
      any = true;
    }
    if (!any) continue;
    out[n][0] = code;
    memcpy(&out[n++][1], sum, sizeof sum);
  }
  return n;
}

static void check_rows(struct world *w, const struct pt_vocabulary *v) {
  uint64_t user = (uint64_t)pt_comm_rank(comm);
  for (uint32_t range = 0; range < pt_rows_ranges(w->rows); range++)
    for (uint32_t row = 0; row < pt_rows_in(w->rows, range); row++, user += (uint64_t)pt_comm_size(comm)) {
      int64_t want[WORDS][1 + PLANES];
      size_t n = expected(v, user, want);
      struct pt_slice b = pt_rows_bytes(w->rows, range, w->column[0], row);
      assert_int_equal(b.n, n * sizeof *want);
      if (n) assert_memory_equal(b.p, want, b.n);
      b = pt_rows_bytes(w->rows, range, w->column[1], row);
      assert_int_equal(b.n, n * 16);
      for (size_t i = 0; i < n; i++) assert_memory_equal(b.p + 16 * i, want[i], 16);
    }
}

static void merged(uint32_t limit, uint64_t budget, const char *scratch) {
  struct world w;
  struct pt_err err = {0};
  struct pt_slice want[WORDS];
  const struct pt_slice *dict[PT_F_COUNT] = {NULL};
  uint32_t n_dict[PT_F_COUNT] = {0}, n = kept(limit, want);
  open_world(&w, budget, scratch);
  dict[PT_F_BRAND] = w.dict;
  n_dict[PT_F_BRAND] = w.n;
  assert_int_equal(pt_output_vocabularies(comm, w.rows, dict, n_dict, limit, &err), 0);
  assert_null(pt_rows_vocabulary(w.rows, PT_F_CATEGORY));
  const struct pt_vocabulary *v = pt_rows_vocabulary(w.rows, PT_F_BRAND);
  assert_non_null(v);
  bool other = limit < WORDS - 1;
  assert_int_equal(v->other, other);
  assert_int_equal(v->rare, other ? WORDS - 1 - limit : 0);
  assert_int_equal(v->n, n + other);
  for (uint32_t i = 0; i < n; i++) {
    assert_true(pt_slice_eq(v->text[i], want[i]));
    assert_int_equal(pt_vocabulary_find(v, want[i]), i);
  }
  if (other) assert_int_equal(pt_vocabulary_find(v, PT_SLICE("other")), n);
  assert_int_equal(pt_vocabulary_find(v, PT_SLICE("w")), PT_NO_CODE);
  check_rows(&w, v);
  close_world(&w);
}

static void all_kept(void **unused) {
  (void)unused;
  merged(1000, 0, NULL);
  merged(29, 0, NULL);
}

static void rare_ones(void **unused) {
  (void)unused;
  for (uint32_t limit = 1; limit < 29; limit += 4) merged(limit, 0, NULL);
}

/* Rows and their cells are on scratch. */
static void on_scratch(void **unused) {
  (void)unused;
  merged(11, 6000, "/tmp");
}

static void over_the_budget(void **unused) {
  (void)unused;
  struct world w;
  struct pt_err err = {0};
  const struct pt_slice *dict[PT_F_COUNT] = {NULL};
  uint32_t n_dict[PT_F_COUNT] = {0};
  open_world(&w, 1000, "/tmp");
  dict[PT_F_BRAND] = w.dict;
  n_dict[PT_F_BRAND] = w.n;
  assert_int_equal(pt_output_vocabularies(comm, w.rows, dict, n_dict, 1000, &err), PT_MEMORY);
  assert_non_null(strstr(err.text, "preference.max_vocabulary"));
  close_world(&w);
}

int main(int argc, char **argv) {
  struct pt_err err = {0};
  if (pt_comm_open(&comm, &argc, &argv, &err)) return err.code;
  const struct CMUnitTest tests[] = {cmocka_unit_test(all_kept), cmocka_unit_test(rare_ones),
                                     cmocka_unit_test(on_scratch), cmocka_unit_test(over_the_budget)};
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  pt_comm_close(comm);
  return failed != 0;
}

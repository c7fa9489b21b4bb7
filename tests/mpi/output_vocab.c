/* Vocabularies merged over ranks: exact counts, the largest kept, ties by bytes, `other`, long texts cut. */
#include <math.h>
#include <portrait/output.h>
#include <portrait/vocab.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <portrait/dict.h>

static struct pt_comm *comm;

struct world {
  struct pt_schema schema;
  struct pt_mem mem;
  struct pt_rows *rows;
  struct pt_dict *dict;
};

static void world_open(struct world *w) {
  *w = (struct world){.dict = pt_dict_new()};
  struct pt_column c = {.name = "word", .labels = {.dict = w->dict}, .family = "f", .level = "fact", .kind = "static"};
  struct pt_tag tag;
  struct pt_err err = {0};
  assert_int_equal(pt_schema_tag(&w->schema, &c, &tag, &err), 0);
  assert_int_equal(pt_rows_open(&w->rows, &w->schema, &w->mem, NULL, &err), 0);
}

static void world_close(struct world *w) {
  pt_rows_close(w->rows);
  pt_schema_free(&w->schema);
  pt_dict_free(w->dict);
}

/* One row on rank `at` modulo the number of ranks. */
static void say(struct world *w, int at, const char *text, float index) {
  if (at % pt_comm_size(comm) != pt_comm_rank(comm)) return;
  struct pt_h128 hash = {0, 0};
  struct pt_slice id = PT_SLICE("u");
  struct pt_err err = {0};
  uint32_t g;
  assert_int_equal(pt_rows_add(w->rows, 1, &hash, &id, &g, &err), 0);
  *(int32_t *)pt_rows_values(w->rows, g, 0) = text ? (int32_t)pt_dict_put(w->dict, pt_slice_of(text)) : -1;
  *(float *)pt_rows_values(w->rows, g, 1) = index;
}

static void expect(const struct pt_vocab *v, uint32_t n, const char *const *texts, const uint64_t *users) {
  assert_int_equal(v->n, n);
  for (uint32_t i = 0; i < n; i++) {
    assert_string_equal(v->text[i], texts[i]);
    assert_int_equal(v->users[i], users[i]);
  }
}

/* a 3, b 2, c 2, d 2, e 1, and one without. */
static void say_letters(struct world *w) {
  static const char *const words[] = {"a", "b", "c", "d", "a", "e", "d", "c", "b", "a", NULL};
  for (int i = 0; i < 11; i++) say(w, i, words[i], 0.5F);
}

static void test_limits(void **state) {
  (void)state;
  static const char *const texts[] = {"a", "b", "c", "d", "e"}, *const one[] = {"a", "other"};
  static const char *const two[] = {"a", "b", "other"}, *const three[] = {"a", "b", "c", "other"};
  static const uint64_t users[] = {3, 2, 2, 2, 1}, cut1[] = {3, 0}, cut2[] = {3, 2, 0}, cut3[] = {3, 2, 2, 0};
  struct world w;
  struct pt_vocab v;
  struct pt_err err = {0};
  world_open(&w);
  pt_dict_put(w.dict, PT_SLICE("never said"));
  say_letters(&w);
  for (uint32_t limit = 1; limit <= 6; limit++) {
    assert_int_equal(pt_vocab_merge(comm, w.rows, 0, limit, 255, &v, &err), 0);
    if (limit >= 5) expect(&v, 5, texts, users);
    if (limit == 1) expect(&v, 2, one, cut1);
    if (limit == 2) expect(&v, 3, two, cut2);
    if (limit == 3) expect(&v, 4, three, cut3);
    if (limit == 4) assert_true(v.n == 5 && v.other);
    for (uint32_t i = 0; i < v.n_local; i++) { /* every local text has its place, or the place of `other` */
      struct pt_slice s = pt_dict_at(w.dict, i);
      if (v.of[i] != PT_NO_CODE && !(v.other && v.of[i] == v.n - 1)) assert_memory_equal(v.text[v.of[i]], s.p, s.n);
    }
    pt_vocab_free(&v);
  }
  world_close(&w);
}

static void test_other_is_other(void **state) {
  (void)state;
  static const char *const texts[] = {"x", "other"};
  static const uint64_t users[] = {1, 0};
  struct world w;
  struct pt_vocab v;
  struct pt_err err = {0};
  world_open(&w);
  say(&w, 0, "other", 0);
  say(&w, 1, "other", 0);
  say(&w, 2, "x", 0);
  assert_int_equal(pt_vocab_merge(comm, w.rows, 0, 100, 255, &v, &err), 0);
  expect(&v, 2, texts, users);
  assert_true(v.other);
  pt_vocab_free(&v);
  world_close(&w);
}

static void test_nothing(void **state) {
  (void)state;
  struct world w;
  struct pt_vocab v;
  struct pt_err err = {0};
  world_open(&w);
  say(&w, 0, NULL, 0);
  assert_int_equal(pt_vocab_merge(comm, w.rows, 0, 5, 255, &v, &err), 0);
  assert_int_equal(v.n, 0);
  pt_vocab_free(&v);
  world_close(&w);
}

/* Two texts that differ behind the cut become one. */
static void test_cut(void **state) {
  (void)state;
  static const char *const texts[] = {"gr\xC3\xB6", "y"};
  static const uint64_t users[] = {2, 1};
  struct world w;
  struct pt_vocab v;
  struct pt_err err = {0};
  world_open(&w);
  say(&w, 0,
      "gr\xC3\xB6\xC3\x9F"
      "er",
      0);
  say(&w, 1,
      "gr\xC3\xB6\xC3\x9F"
      "te",
      0);
  say(&w, 2, "y", 0);
  assert_int_equal(pt_vocab_merge(comm, w.rows, 0, 5, 5, &v, &err), 0);
  expect(&v, 2, texts, users);
  uint64_t cut = v.cut;
  pt_sum_u64(comm, &cut, 1);
  assert_int_equal(cut, 2);
  pt_vocab_free(&v);
  world_close(&w);
}

static void test_labels(void **state) {
  (void)state;
  struct world w;
  struct pt_label_list l;
  struct pt_err err = {0};
  world_open(&w);
  say(&w, 0, "a", 0.25F);
  say(&w, 1, "a", 0.75F);
  say(&w, 2, "a", NAN);
  say(&w, 3, "b", NAN);
  say(&w, 4, "c", 1);
  say(&w, 5, "d", 0);
  assert_int_equal(pt_output_labels(comm, w.rows, 2, &l, &err), 0);
  assert_int_equal(l.n, 3);
  assert_string_equal(l.v[0].text, "a");
  assert_int_equal(l.v[0].users, 3);
  assert_true(l.v[0].mean_index == 0.5);
  assert_string_equal(l.v[1].text, "b");
  assert_true(isnan(l.v[1].mean_index));
  assert_string_equal(l.v[2].text, "other");
  assert_int_equal(l.v[2].users, 2);
  assert_true(l.v[2].mean_index == 0.5);
  pt_label_list_free(&l, w.schema.n_tags);
  world_close(&w);
}

/* More texts than a round of halving guesses at: 3,000 of which 1,000 are said twice. */
static void test_many(void **state) {
  (void)state;
  struct world w;
  struct pt_vocab v;
  struct pt_err err = {0};
  char text[32];
  world_open(&w);
  for (int i = 0; i < 4000; i++) {
    snprintf(text, sizeof text, "word %d", i % 3000);
    say(&w, i / 7, text, 0);
  }
  assert_int_equal(pt_vocab_merge(comm, w.rows, 0, 1000, 255, &v, &err), 0);
  assert_int_equal(v.n, 1001);
  for (uint32_t i = 0; i < 1000; i++) {
    assert_int_equal(v.users[i], 2);
    assert_true(atoi(v.text[i] + 5) < 1000);
    if (i) assert_true(strcmp(v.text[i - 1], v.text[i]) < 0);
  }
  pt_vocab_free(&v);
  world_close(&w);
}

int main(int argc, char **argv) {
  struct pt_err err = {0};
  if (pt_comm_open(&comm, &argc, &argv, &err)) return err.code;
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_limits),  cmocka_unit_test(test_other_is_other),
                                     cmocka_unit_test(test_nothing), cmocka_unit_test(test_cut),
                                     cmocka_unit_test(test_labels),  cmocka_unit_test(test_many)};
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  pt_comm_close(comm);
  return failed != 0;
}

/* Rules over rows made by hand: labels, unknowns, index and evidence, what is read, what is hidden, and mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka needs the above first */
#include <cmocka.h>
#include <math.h>
#include <portrait/tags.h>

#define USERS 5

static const char *const moods[] = {"good", "bad"};
static const struct pt_plane planes[] = {{.name = "category_interest", .type = PT_C_F32, .unit = "1"},
                                         {.name = "other", .type = PT_C_U32, .unit = "1"}};
static const struct pt_sparse sparse = {PT_F_CATEGORY, 2, planes};

struct fixture {
  struct pt_conf conf;
  struct pt_schema schema;
  struct pt_rows *rows;
  struct pt_tags *tags;
  struct pt_mem mem;
  struct pt_zone *zone;
  uint32_t orders, seen, interest;
  struct pt_err err;
};

static uint32_t add(struct fixture *f, const char *name, enum pt_ctype type, const char *level, const char *unit) {
  struct pt_column c = {.type = type, .width = 1, .family = "tests", .level = level, .kind = "dynamic"};
  snprintf(c.name, sizeof c.name, "%s", name);
  snprintf(c.unit, sizeof c.unit, "%s", unit);
  c.nullable = type == PT_C_I64;
  c.where = name[0] == '_' ? PT_HIDDEN : PT_IN_OBS;
  if (type == PT_C_BYTES) {
    c.where = PT_IN_CSR;
    c.sparse = &sparse;
  }
  uint32_t at;
  assert_int_equal(pt_schema_add(&f->schema, &c, &at, &f->err), 0);
  return at;
}

static int open_rules(struct fixture *f, const char *yaml) {
  *f = (struct fixture){0};
  if (pt_conf_parse(&f->conf, "job.yaml", pt_slice_of(yaml), &f->err)) return f->err.code;
  struct pt_column mood = {
      .name = "mood", .family = "tests", .level = "fact", .kind = "static", .labels = {.names = moods, .n_names = 2}};
  struct pt_tag tag;
  f->orders = add(f, "orders", PT_C_U32, "fact", "orders");
  f->seen = add(f, "seen", PT_C_I64, "fact", "ms since 1970-01-01T00:00:00Z");
  f->interest = add(f, "category_interest", PT_C_BYTES, "fact", "1");
  add(f, "risk", PT_C_F32, "prediction", "1");
  assert_int_equal(pt_schema_tag(&f->schema, &mood, &tag, &f->err), 0);
  return pt_tags_open(&f->tags, &f->conf, &f->schema, &f->err);
}

static void put_cells(struct fixture *f, uint32_t row, uint32_t n, const uint32_t *codes, const double *shares) {
  unsigned char cells[4][24] = {{0}};
  for (uint32_t i = 0; i < n; i++) {
    memcpy(cells[i], &codes[i], sizeof codes[i]);
    memcpy(cells[i] + 8, &shares[i], sizeof shares[i]);
  }
  assert_int_equal(pt_rows_put(f->rows, 0, f->interest, row, cells, n * sizeof *cells, &f->err), 0);
}

/* Users with 0, 1, 2, 3 and 4 orders; the last one was never seen; the second likes tea most. */
static void run(struct fixture *f) {
  assert_int_equal(pt_zone_open(&f->zone, "UTC", &f->err), 0);
  assert_int_equal(pt_rows_open(&f->rows, &f->schema, &f->mem, NULL, &f->err), 0);
  struct pt_h128 hashes[USERS] = {{0, 0}};
  struct pt_slice ids[USERS] = {{0}};
  uint32_t range;
  assert_int_equal(pt_rows_add(f->rows, USERS, hashes, ids, &range, &f->err), 0);
  for (uint32_t i = 0; i < USERS; i++) {
    ((uint32_t *)pt_rows_values(f->rows, 0, f->orders))[i] = i;
    ((int64_t *)pt_rows_values(f->rows, 0, f->seen))[i] = (20000 - (int64_t)i) * PT_DAY_MS + 5;
  }
  pt_rows_mask(f->rows, 0, f->seen)[4] = 1;
  put_cells(f, 1, 2, (const uint32_t[]){0, 2}, (const double[]){.2, .7});
  put_cells(f, 3, 1, (const uint32_t[]){0}, (const double[]){1});
  static const struct pt_slice categories[] = {{"books", 5}, {"cars", 4}, {"tea", 3}};
  const struct pt_vocabulary vocabulary = {.text = categories, .n = 3};
  assert_int_equal(pt_rows_set_vocabulary(f->rows, PT_F_CATEGORY, &vocabulary, &f->err), 0);
  struct pt_tags_world world = {f->zone, 20000, 0};
  assert_int_equal(pt_tags_run(f->tags, NULL, f->rows, &world, &f->err), 0); /* no prank(): nobody to talk to */
}

static void close_rules(struct fixture *f) {
  pt_rows_close(f->rows);
  pt_schema_free(&f->schema);
  pt_tags_close(f->tags);
  pt_conf_free(&f->conf);
  pt_zone_close(f->zone);
}

static uint32_t column(const struct fixture *f, const char *name) {
  int64_t at = pt_schema_find(&f->schema, name);
  if (at < 0) fail_msg("no column %s", name);
  return (uint32_t)at;
}

/* "low low - high ..": the labels of all users. */
static void check_labels(struct fixture *f, const char *name, const char *want) {
  char got[200] = "";
  uint32_t at = column(f, name);
  const int32_t *codes = pt_rows_values(f->rows, 0, at);
  for (uint32_t i = 0; i < USERS; i++) {
    const char *label = codes[i] < 0 ? "-" : f->schema.columns[at].labels.names[codes[i]];
    snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", i ? " " : "", label);
  }
  assert_string_equal(got, want);
}

static void check_index(struct fixture *f, const char *name, const double *want) {
  const float *index = pt_rows_values(f->rows, 0, column(f, name));
  for (uint32_t i = 0; i < USERS; i++) {
    if (isnan(want[i]) ? isnan(index[i]) : index[i] == (float)want[i]) continue;
    fail_msg("%s of user %u: %g, not %g", name, i, (double)index[i], want[i]);
  }
}

static void check_evidence(struct fixture *f, const char *name, const uint32_t *want) {
  assert_memory_equal(pt_rows_values(f->rows, 0, column(f, name)), want, USERS * sizeof *want);
}

static void labels_are_of_the_first_case_that_holds(void **state) {
  (void)state;
  struct fixture f;
  if (open_rules(&f,
                 "tags:\n"
                 "  size:\n"
                 "    labels: [none, some, many]\n"
                 "    ordered: true\n"
                 "    cases:\n"
                 "      - {when: orders >= 3, label: many}\n"
                 "      - {when: orders > 0, label: some}\n"
                 "    default: none\n"
                 "    index: orders / 3 - 0.1\n"
                 "    evidence: orders * 1.5\n"
                 "  fresh:\n"
                 "    cases:\n"
                 "      - {when: orders == 0, label: \"yes\"}\n"
                 "      - {when: days_since(seen) < 2, label: \"yes\"}\n"
                 "      - {when: orders == 4, label: never}\n"
                 "  late: {cases: [{when: days_since(seen) > 2, label: x}], index: days_since(seen)}\n"))
    fail_msg("%s", f.err.text);
  run(&f);
  check_labels(&f, "size", "none some some many many");
  check_index(&f, "size_index", (const double[]){0, 1. / 3 - .1, 2. / 3 - .1, .9, 1}); /* kept inside [0, 1] */
  check_evidence(&f, "size_evidence", (const uint32_t[]){0, 2, 3, 5, 6});              /* half away from zero */
  check_labels(&f, "fresh", "yes yes - - -"); /* user 4: unknown before the case that would hold */
  check_index(&f, "fresh_index", (const double[]){1, 1, NAN, NAN, NAN});
  check_evidence(&f, "fresh_evidence", (const uint32_t[]){0, 0, 0, 0, 0});
  check_labels(&f, "late", "- - - x -");
  const struct pt_column *c = &f.schema.columns[column(&f, "size")];
  assert_true(c->labels.ordered && c->labels.n_names == 3);
  assert_string_equal(c->labels.names[0], "none");
  assert_string_equal(c->level, "model");
  assert_string_equal(c->kind, "dynamic");
  assert_string_equal(c->family, "tags");
  assert_int_equal(f.schema.n_tags, 4);
  close_rules(&f);
}

static void interests_are_looked_up(void **state) {
  (void)state;
  struct fixture f;
  if (open_rules(&f,
                 "tags:\n"
                 "  tea: {cases: [{when: 'interest(\"category\", \"tea\") >= 0.7', label: \"yes\"}], default: \"no\","
                 " index: 'interest(\"category\", \"books\")'}\n"
                 "  gone: {cases: [{when: 'interest(\"category\", \"none\") == 0', label: \"yes\"}]}\n"))
    fail_msg("%s", f.err.text);
  run(&f);
  check_labels(&f, "tea", "- yes - no -"); /* nothing at all is unknown, others alone is 0 */
  check_index(&f, "tea_index", (const double[]){NAN, .2, NAN, 1, NAN});
  check_labels(&f, "gone", "- yes - yes -");
  close_rules(&f);
}

static void rules_read_each_other(void **state) {
  (void)state;
  struct fixture f;
  if (open_rules(&f,
                 "tags:\n"
                 "  c: {cases: [{when: b == 'one' and big, label: x}], default: y, evidence: a_evidence + 1}\n"
                 "  b: {cases: [{when: a_index > 0.5, label: one}], default: two}\n"
                 "  a: {cases: [{when: true, label: z}], index: orders / 4, evidence: orders}\n"
                 "segments:\n"
                 "  both: {when: big and c == 'x', description: why}\n"
                 "  big: orders > 2\n"))
    fail_msg("%s", f.err.text);
  run(&f);
  check_labels(&f, "b", "two two two one one");
  check_labels(&f, "c", "y y y x x");
  check_evidence(&f, "c_evidence", (const uint32_t[]){1, 2, 3, 4, 5});
  assert_int_equal(f.schema.n_segments, 2);
  assert_string_equal(pt_segment_name(&f.schema, 0), "both");
  assert_string_equal(f.schema.columns[f.schema.segments[0]].description, "why");
  assert_string_equal(f.schema.columns[f.schema.segments[1]].description, "orders > 2");
  const uint8_t want[USERS] = {0, 0, 0, 1, 1};
  assert_memory_equal(pt_rows_values(f.rows, 0, f.schema.segments[0]), want, USERS);
  close_rules(&f);
}

/* Only what is asked, with what that reads; the latter hidden. */
static void what_is_read_is_hidden(void **state) {
  (void)state;
  static const char yaml[] =
      "columns: [\"top*\", \"_*\"]\n"
      "tags:\n"
      "  top: {cases: [{when: middle == 'x' and mood_index > 0, label: x}]}\n"
      "  middle: {cases: [{when: orders > 1, label: x}]}\n"
      "  alone: {cases: [{when: days_since(seen) > 1, label: x}]}\n"
      "segments: {s: 'interest(\"category\", \"tea\") > 0'}\n";
  struct fixture f;
  if (open_rules(&f, yaml)) fail_msg("%s", f.err.text);
  assert_int_equal(f.schema.columns[column(&f, "top")].where, PT_IN_OBS);
  assert_int_equal(f.schema.columns[column(&f, "middle")].where, PT_HIDDEN);
  assert_int_equal(f.schema.columns[column(&f, "middle_index")].where, PT_HIDDEN);
  assert_true(pt_schema_find(&f.schema, "alone") < 0);
  assert_int_equal(f.schema.n_tags, 2); /* mood and top */
  struct pt_names needs;
  assert_int_equal(pt_tags_needs(f.tags, &f.conf.columns, &needs, &f.err), 0);
  assert_int_equal(needs.n, 3);
  assert_string_equal(needs.v[0], "orders");
  assert_string_equal(needs.v[1], "category_interest");
  assert_string_equal(needs.v[2], "mood_index");
  for (uint32_t i = 0; i < needs.n; i++) free(needs.v[i]);
  free(needs.v);
  pt_schema_hide(&f.schema, (const char *const *)f.conf.columns.v, f.conf.columns.n);
  assert_int_equal(f.schema.n_tags, 1);
  assert_int_equal(f.schema.columns[f.schema.tags[0].evidence].where, PT_IN_OBS);
  assert_int_equal(f.schema.columns[column(&f, "mood")].where, PT_HIDDEN);
  assert_int_equal(f.schema.columns[f.orders].where, PT_HIDDEN);
  close_rules(&f);
}

/* Without their columns the standard tags are absent; with a rule of one's own under their name they are there. */
static void standard_tags(void **state) {
  (void)state;
  struct fixture f;
  assert_int_equal(open_rules(&f, ""), 0);
  assert_true(pt_schema_find(&f.schema, "activity_level") < 0);
  assert_non_null(pt_tags_rule(f.tags, "activity_level"));
  assert_null(pt_tags_rule(f.tags, "activity"));
  close_rules(&f);
  assert_int_equal(open_rules(&f, "tags: {activity_level: {cases: [{when: orders > 3, label: mine}]}}"), 0);
  run(&f);
  check_labels(&f, "activity_level", "- - - - mine");
  close_rules(&f);
  assert_int_equal(open_rules(&f, "segments: {s: activity_level == 'core'}"), PT_CONFIG); /* and cannot be read */
  close_rules(&f);
}

static const struct {
  const char *yaml, *message;
} mistakes[] = {
    {"tags: {a: {cases: [{when: a == 'x', label: x}]}}",
     "job.yaml:1:8: rules that read each other in a circle: tags.a -> tags.a"},
    {"tags:\n  a: {cases: [{when: prank(b_index) > 0, label: x}]}\n  b: {cases: [{when: s, label: x}]}\n"
     "segments: {s: c == 'x'}",
     "job.yaml:4:15: segments.s: unknown name 'c' (a text stands in quotes)\n  c == 'x'\n  ^"},
    {"tags:\n  a: {cases: [{when: prank(b_index) > 0, label: x}]}\n  b: {cases: [{when: s, label: x}]}\n"
     "segments: {s: a == 'x'}",
     "job.yaml:2:3: rules that read each other in a circle: tags.a -> prank(b_index) -> tags.b -> segments.s -> "
     "tags.a"},
    {"tags: {f: {level: fact, cases: [{when: mood_index > 1, label: x}]}}",
     "job.yaml:1:8: tags.f is of level fact: it may not read mood_index: a fact reads no tag"},
    {"tags: {f: {level: fact, cases: [{when: prank(g_index) > 1, label: x}]}, g: {level: fact, cases: [{when: orders > "
     "1, label: y}]}}",
     "job.yaml:1:8: tags.f is of level fact: it may not read tags.g: a fact reads no tag"},
    {"tags: {f: {level: model, cases: [{when: risk > 0.5, label: x}]}}",
     "job.yaml:1:8: tags.f is of level model: it may not read risk, which is of a higher one"},
    {"tags: {f: {level: model, cases: [{when: g == 'y', label: x}]}, g: {cases: [{when: risk > 0.5, label: y}]}}",
     "job.yaml:1:8: tags.f is of level model: it may not read tags.g, which is of a higher one"},
    {"tags: {f: {cases: [{when: g == 'z', label: x}]}, g: {cases: [{when: true, label: y}]}}",
     "job.yaml:1:27: tags.f: no label is 'z' (there is 'y')\n  g == 'z'\n       ^"},
    {"tags: {f: {cases: [{when: oders > 1, label: x}]}}",
     "job.yaml:1:27: tags.f: unknown name 'oders' (did you mean 'orders'?)\n  oders > 1\n  ^"},
    {"tags: {f: {cases: [{when: true, label: x}], index: mood}}",
     "job.yaml:1:52: tags.f: a number is needed here, this is a text\n  mood\n  ^"},
    {"tags: {f: {cases: [{when: 'interest(\"brand\", \"x\") > 1', label: x}]}}",
     "job.yaml:1:27: tags.f: unknown interest 'brand'\n  interest(\"brand\", \"x\") > 1\n           ^"},
    {"tags: {f: {cases: [{when: prank(prank(orders)) > 1, label: x}]}}",
     "job.yaml:1:27: tags.f: prank() inside prank()"},
    {"tags: {f: {cases: [{when: prank(mood) > 1, label: x}]}}",
     "job.yaml:1:27: tags.f: a number is needed here, this is a text\n  mood\n  ^"},
    {"tags: {orders: {cases: [{when: true, label: x}]}}", "the column name 'orders' is taken"},
    {"segments: {mood: true}", "job.yaml:1:18: segments.mood: a column has this name"},
    {"segments: {all: true}", "job.yaml:1:12: segments: 'all' is every user"},
    {"segments: {s: {when: true, wen: 1}}",
     "job.yaml:1:28: segments.s: unknown key 'wen' (there are when and description)"},
    {"segments: {s: {description: x}}", "job.yaml:1:15: segments.s: 'when' is missing"},
    {"segments: {Big: true}", "job.yaml:1:12: segments: 'Big' is no name ([a-z][a-z0-9_]*, up to 55 bytes)"},
    {"tags: {f: {default: x}}", "job.yaml:1:11: tags.f: 'cases' is missing"},
    {"tags: {f: true}", "job.yaml:1:11: tags.f is a tag: a map with cases, each with when and label"},
    {"tags: {f: {cases: []}}", "job.yaml:1:19: cases is a list of 1 to 1000 maps of when and label"},
    {"tags: {f: {cases: [{when: true}]}}", "job.yaml:1:20: a case without 'label'"},
    {"tags: {f: {cases: [{label: x}]}}", "job.yaml:1:20: a case without 'when'"},
    {"tags: {f: {cases: [{when: true, label: x}], labels: [y]}}", "job.yaml:1:11: tags.f: labels lacks 'x'"},
    {"tags: {f: {cases: [{when: true, label: x}], level: facts}}",
     "job.yaml:1:52: level is fact, model or prediction, not 'facts'"},
};

static void mistakes_are_shown(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
    struct fixture f;
    assert_int_equal(open_rules(&f, mistakes[i].yaml), PT_CONFIG);
    assert_string_equal(f.err.text, mistakes[i].message);
    close_rules(&f);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(labels_are_of_the_first_case_that_holds),
      cmocka_unit_test(interests_are_looked_up),
      cmocka_unit_test(rules_read_each_other),
      cmocka_unit_test(what_is_read_is_hidden),
      cmocka_unit_test(standard_tags),
      cmocka_unit_test(mistakes_are_shown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

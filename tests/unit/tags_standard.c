/* The standard tags over columns made by hand: where they are cut. */
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

#define USERS 9

struct fixture {
  struct pt_conf conf;
  struct pt_schema schema;
  struct pt_rows *rows;
  struct pt_tags *tags;
  struct pt_mem mem;
  struct pt_err err;
};

static void add(struct fixture *f, const char *name, enum pt_ctype type, bool nullable) {
  struct pt_column c = {.type = type,
                        .width = 1,
                        .nullable = nullable,
                        .where = name[0] == '_' ? PT_HIDDEN : PT_IN_OBS,
                        .family = "tests",
                        .level = "fact",
                        .kind = nullable ? "static" : "dynamic"};
  uint32_t at;
  snprintf(c.name, sizeof c.name, "%s", name);
  assert_int_equal(pt_schema_add(&f->schema, &c, &at, &f->err), 0);
}

static void *values(struct fixture *f, const char *name) {
  int64_t at = pt_schema_find(&f->schema, name);
  if (at < 0) fail_msg("no column %s", name);
  return pt_rows_values(f->rows, 0, (uint32_t)at);
}

static void open_all(struct fixture *f) {
  *f = (struct fixture){0};
  assert_int_equal(pt_conf_default(&f->conf, &f->err), 0);
  add(f, "age", PT_C_U16, true);
  add(f, "_age_records", PT_C_U32, false);
  add(f, "_active_days_30", PT_C_U16, false);
  add(f, "_visit_events_30", PT_C_U32, false);
  if (pt_tags_open(&f->tags, &f->conf, &f->schema, &f->err)) fail_msg("%s", f->err.text);
  assert_int_equal(pt_rows_open(&f->rows, &f->schema, &f->mem, NULL, &f->err), 0);
  struct pt_h128 hashes[USERS] = {{0, 0}};
  struct pt_slice ids[USERS] = {{0}};
  uint32_t range;
  assert_int_equal(pt_rows_add(f->rows, USERS, hashes, ids, &range, &f->err), 0);
}

static void run(struct fixture *f) {
  struct pt_tags_world world = {0};
  assert_int_equal(pt_tags_run(f->tags, NULL, f->rows, &world, &f->err), 0);
}

static void check(struct fixture *f, const char *name, const char *const *want) {
  const struct pt_column *c = &f->schema.columns[pt_schema_find(&f->schema, name)];
  const int32_t *codes = values(f, name);
  assert_true(c->labels.ordered);
  assert_string_equal(c->level, "fact");
  for (uint32_t i = 0; i < USERS; i++)
    assert_string_equal(codes[i] < 0 ? "unknown" : c->labels.names[codes[i]], want[i]);
}

static void close_all(struct fixture *f) {
  pt_rows_close(f->rows);
  pt_schema_free(&f->schema);
  pt_tags_close(f->tags);
  pt_conf_free(&f->conf);
}

static void activity_is_cut_at_days(void **state) {
  (void)state;
  static const uint16_t days[USERS] = {0, 1, 2, 3, 9, 10, 19, 20, 30};
  static const char *const want[] = {"none", "low", "low", "medium", "medium", "high", "high", "core", "core"};
  struct fixture f;
  open_all(&f);
  memcpy(values(&f, "_active_days_30"), days, sizeof days);
  for (uint32_t i = 0; i < USERS; i++) ((uint32_t *)values(&f, "_visit_events_30"))[i] = 100 + i;
  run(&f);
  check(&f, "activity_level", want);
  for (uint32_t i = 0; i < USERS; i++) {
    assert_true(((const float *)values(&f, "activity_level_index"))[i] == (float)(days[i] / 30.));
    assert_int_equal(((const uint32_t *)values(&f, "activity_level_evidence"))[i], 100 + i);
  }
  close_all(&f);
}

static void ages_fall_into_bands(void **state) {
  (void)state;
  static const uint16_t ages[USERS] = {17, 18, 24, 25, 34, 35, 49, 60, 0};
  static const char *const want[] = {"<18", "18-24", "18-24", "25-29", "30-34", "35-39", "40-49", "60+", "unknown"};
  struct fixture f;
  open_all(&f);
  memcpy(values(&f, "age"), ages, sizeof ages);
  pt_rows_mask(f.rows, 0, (uint32_t)pt_schema_find(&f.schema, "age"))[8] = 1;
  for (uint32_t i = 0; i < USERS; i++) ((uint32_t *)values(&f, "_age_records"))[i] = i < 8;
  run(&f);
  check(&f, "age_band", want);
  for (uint32_t i = 0; i < USERS; i++) {
    float index = ((const float *)values(&f, "age_band_index"))[i];
    assert_true(i < 8 ? index == 1 : isnan(index));
    assert_int_equal(((const uint32_t *)values(&f, "age_band_evidence"))[i], i < 8);
  }
  close_all(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(activity_is_cut_at_days),
      cmocka_unit_test(ages_fall_into_bands),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

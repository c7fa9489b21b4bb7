/* Which built-in format the first lines are in. */
#include "parse_fixture.h"

static void first_lines_tell(void **state) {
  (void)state;
  static const struct {
    const char *head, *file, *name; /* NULL: none */
    enum pt_format_kind kind;
    char delimiter;
  } row[] = {
      {"{\"time\":\"2026-03-14\",\"user_id\":\"u\",\"event\":\"view\"}\n", NULL, "portrait", PT_JSONL, 0},
      {"\xef\xbb\xbf\n {\"anonymous_id\":\"u\",\"event\":\"view\"}", NULL, "portrait", PT_JSONL, 0},
      {"{broken\n{\"time\":\"2026-03-14\",\"user_id\":\"u\"}\n", NULL, "portrait", PT_JSONL, 0},
      {"{\"type\":\"track\",\"event\":\"x\",\"userId\":\"u\"}\n", NULL, "segment", PT_JSONL, 0},
      {"{\"type\":\"whatever\",\"anonymousId\":\"u\"}\n", NULL, "segment", PT_JSONL, 0},
      {"{\"messageId\":\"m\",\"event\":\"x\"}\n", NULL, "segment", PT_JSONL, 0},
      {"{\"type\":\"identify\",\"traits\":{}}\n", NULL, "segment", PT_JSONL, 0},
      {"{\"type\":\"point\",\"x\":1}\n", NULL, NULL, PT_JSONL, 0},
      {"{\"payload\":{\"type\":\"track\",\"userId\":\"u\"}}\n", NULL, NULL, PT_JSONL, 0},
      {"[{\"time\":1,\"user_id\":2}]\n", NULL, NULL, PT_JSONL, 0},
      {"event,user_id,time\n", NULL, "portrait", PT_CSV, ','},
      {"\"event\",\"user_id\",\"time\"\r\n", NULL, "portrait", PT_CSV, ','},
      {"time\tanonymous_id\n1\t2\n", "x.tsv", "portrait", PT_CSV, '\t'},
      {"event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n", "a.csv",
       "rees46", PT_CSV, ','},
      {"1,2268318,2520377,pv,1511544070\n", "UserBehavior.csv", "taobao", PT_CSV, ','},
      {"1\t2268318\t2520377\tfav\t1511544070\n", NULL, "taobao", PT_CSV, '\t'},
      {"1,2268318,2520377,view,1511544070\n", NULL, NULL, PT_CSV, 0},
      {"a,2268318,2520377,pv,1511544070\n", NULL, NULL, PT_CSV, 0},
      {"customer,amount\n", NULL, NULL, PT_CSV, 0},
      {"", NULL, NULL, PT_CSV, 0},
      {" \n\n", NULL, NULL, PT_CSV, 0},
  };
  for (size_t i = 0; i < COUNT(row); i++) {
    char *exact = malloc(strlen(row[i].head) + 1); /* no byte more, for the sanitizer */
    assert_non_null(exact);
    memcpy(exact, row[i].head, strlen(row[i].head));
    const struct pt_format *f = pt_format_detect((struct pt_slice){exact, strlen(row[i].head)}, row[i].file);
    free(exact);
    if ((f != NULL) != (row[i].name != NULL)) fail_msg("%s: %s", row[i].head, f ? f->name : "none");
    if (!f) continue;
    assert_string_equal(f->name, row[i].name);
    assert_int_equal(f->kind, row[i].kind);
    if (f->kind == PT_CSV) assert_int_equal(f->delimiter, row[i].delimiter);
  }
}

static void builtin_formats_are_sound(void **state) {
  (void)state;
  static const char *const names[] = {"portrait", "segment", "rees46", "taobao"};
  for (size_t i = 0; i < COUNT(names); i++) {
    const struct pt_format *f = pt_format_builtin(names[i]);
    assert_non_null(f);
    for (uint32_t k = 0; k < f->n_fields; k++)
      assert_int_not_equal(pt_field_of(pt_slice_of(f->fields[k].name)), PT_F_COUNT);
    for (uint32_t k = 0; k < f->n_events; k++)
      assert_int_not_equal(pt_type_of(pt_slice_of(f->events[k].to)), PT_T_OTHER);
  }
  assert_null(pt_format_builtin("custom"));
  assert_null(pt_format_builtin_csv("segment", ','));
  assert_null(pt_format_builtin_csv("rees46", ';'));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(first_lines_tell), cmocka_unit_test(builtin_formats_are_sound)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

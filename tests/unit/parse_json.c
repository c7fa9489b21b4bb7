/* The JSON grammar line by line against jansson, its five differences, records, root, names. */
#include <jansson.h>

#include "parse_fixture.h"

static struct pt_format_field fields[] = {{"user_id", "u"}, {"item_id", "p.i"}, {"price", "p.c.x"}, {"mine", "m"}};
static const struct pt_format plain = {.name = "custom", .fields = fields, .n_fields = COUNT(fields)};
#define MINE PT_F_COUNT

/* One line, whole, by a new parser (the full scanner). */
static enum pt_fate fate_of(const struct pt_format *f, const char *line, size_t n, enum pt_reason *reason) {
  struct text t = text_of(line, n);
  struct pt_parser *p = open_parser(f, (struct pt_slice){0}, 4096);
  struct pt_record r;
  pt_parser_next(p, t.p, t.end, false, true, &r);
  assert_ptr_equal(r.next, t.end);
  pt_parser_close(p);
  free(t.p);
  *reason = r.reason;
  return r.fate;
}

/* What jansson says too. Strings, so that NUL and bad UTF-8 can stand in them. */
static const struct pt_slice accepted[] = {
    PT_SLICE("{}"),
    PT_SLICE(" \t\r{ } \t\r"),
    PT_SLICE("{\"u\":0,\"v\":-0,\"w\":-0.0e-0,\"x\":1E+5,\"y\":9223372036854775807}"),
    PT_SLICE("{\"a\":[],\"b\":[[],{}],\"c\":{\"d\":[1,\"x\",null,true,false,{}]}}"),
    PT_SLICE("{\"\":1}"),
    PT_SLICE("{\"u\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"}"),
    PT_SLICE(
        "{\"u\":"
        "\"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"}"),
    PT_SLICE("{\"u\":1,\"u\":2}"),
    PT_SLICE("{\"u\\u0041\":{\"\xc3\xa9\":1}}"),
};
static const struct pt_slice refused[] = {
    PT_SLICE("[]"),
    PT_SLICE("1"),
    PT_SLICE("\"u\""),
    PT_SLICE("null"),
    PT_SLICE("{"),
    PT_SLICE("{}}"),
    PT_SLICE("{}x"),
    PT_SLICE("{} {}"),
    PT_SLICE("{,}"),
    PT_SLICE("{\"u\"}"),
    PT_SLICE("{\"u\":}"),
    PT_SLICE("{\"u\":1,}"),
    PT_SLICE("{\"u\":1 \"v\":2}"),
    PT_SLICE("{u:1}"),
    PT_SLICE("{'u':1}"),
    PT_SLICE("{\"u\":[1,]}"),
    PT_SLICE("{\"u\":[,1]}"),
    PT_SLICE("{\"u\":[1}"),
    PT_SLICE("{\"u\":01}"),
    PT_SLICE("{\"u\":-01}"),
    PT_SLICE("{\"u\":+1}"),
    PT_SLICE("{\"u\":-}"),
    PT_SLICE("{\"u\":1.}"),
    PT_SLICE("{\"u\":.5}"),
    PT_SLICE("{\"u\":1e}"),
    PT_SLICE("{\"u\":1e+}"),
    PT_SLICE("{\"u\":0x1}"),
    PT_SLICE("{\"u\":1a}"),
    PT_SLICE("{\"u\":NaN}"),
    PT_SLICE("{\"u\":Infinity}"),
    PT_SLICE("{\"u\":nul}"),
    PT_SLICE("{\"u\":nullx}"),
    PT_SLICE("{\"u\":True}"),
    PT_SLICE("{\"u\":\"a}"),
    PT_SLICE("{\"u\":\"\\"),
    PT_SLICE("{\"u\":\"\\x\"}"),
    PT_SLICE("{\"u\":\"\\u12g4\"}"),
    PT_SLICE("{\"u\":\"\\u123"),
    PT_SLICE("{\"u\":\"\\u0000\"}"),
    PT_SLICE("{\"a\\u0000\":1}"),
    PT_SLICE("{\"u\":\"\\ud800\"}"),
    PT_SLICE("{\"u\":\"\\ud800\\u0041\"}"),
    PT_SLICE("{\"u\":\"\\ud800\\ud800\"}"),
    PT_SLICE("{\"u\":\"\\udc00\"}"),
    PT_SLICE("{\"u\":\"\t\"}"),
    PT_SLICE("{\"u\":\"\x1f\"}"),
    PT_SLICE("{\"u\":\"\0\"}"),
    PT_SLICE("{\"u\":1,\0\"v\":2}"),
    PT_SLICE("{\"u\":1}//"),
    PT_SLICE("\xef\xbb\xbf{}"),
};
static const struct pt_slice bad_utf8[] = {
    PT_SLICE("{\"u\":\"\x80\"}"),
    PT_SLICE("{\"u\":\"\xc3\"}"),
    PT_SLICE("{\"u\":\"\xc0\x80\"}"),
    PT_SLICE("{\"u\":\"\xc1\xbf\"}"),
    PT_SLICE("{\"u\":\"\xe0\x9f\xbf\"}"),
    PT_SLICE("{\"u\":\"\xed\xa0\x80\"}"),
    PT_SLICE("{\"u\":\"\xed\xbf\xbf\"}"),
    PT_SLICE("{\"u\":\"\xe2\x82\"}"),
    PT_SLICE("{\"u\":\"\xf0\x8f\xbf\xbf\"}"),
    PT_SLICE("{\"u\":\"\xf4\x90\x80\x80\"}"),
    PT_SLICE("{\"u\":\"\xf5\x80\x80\x80\"}"),
    PT_SLICE("{\"\xff\":1}"),
};

static bool jansson_takes(struct pt_slice s) {
  json_t *j = json_loadb(s.p, s.n, 0, NULL);
  bool object = json_is_object(j);
  json_decref(j);
  return object;
}

static void grammar_is_janssons(void **state) {
  (void)state;
  enum pt_reason reason;
  for (size_t i = 0; i < COUNT(accepted); i++) {
    if (fate_of(&plain, accepted[i].p, accepted[i].n, &reason) != PT_ACCEPTED) fail_msg("refused %s", accepted[i].p);
    assert_true(jansson_takes(accepted[i]));
  }
  for (size_t i = 0; i < COUNT(refused); i++) {
    if (fate_of(&plain, refused[i].p, refused[i].n, &reason) != PT_REJECTED_LINE) fail_msg("took %s", refused[i].p);
    assert_int_equal(reason, PT_R_UNPARSABLE);
    assert_false(jansson_takes(refused[i]));
  }
  for (size_t i = 0; i < COUNT(bad_utf8); i++) {
    if (fate_of(&plain, bad_utf8[i].p, bad_utf8[i].n, &reason) != PT_REJECTED_LINE) fail_msg("took bad UTF-8 %zu", i);
    assert_int_equal(reason, PT_R_UNPARSABLE);
    assert_false(jansson_takes(bad_utf8[i]));
  }
}

static void nesting_ends_at_64(void **state) {
  (void)state;
  char line[256];
  for (int deep = 63; deep <= 64; deep++) { /* arrays inside the object */
    char *p = line + sprintf(line, "{\"x\":");
    memset(p, '[', (size_t)deep);
    memset(p + deep, ']', (size_t)deep);
    p[2 * deep] = '}';
    enum pt_reason reason;
    assert_int_equal(fate_of(&plain, line, (size_t)(p - line) + 2 * (size_t)deep + 1, &reason),
                     deep == 63 ? PT_ACCEPTED : PT_REJECTED_LINE);
  }
}

/* Each text is read three times: by the full scanner, which teaches, and along what it has taught. */
static void values_are_as_written(void **state) {
  (void)state;
  static const struct {
    const char *line, *text;
    enum pt_vkind kind;
  } row[] = {
      {"{\"u\":\"abc\"}", "abc", PT_V_TEXT},
      {"{\"u\":\"\"}", "", PT_V_TEXT},
      {"{\"u\":\"a text of more than thirty-two bytes, to the end\"}",
       "a text of more than thirty-two bytes, to the end", PT_V_TEXT},
      {"{\"u\":\"\\u00e9 \\ud83d\\ude00\\n\\/ and so on and so on and so on\"}",
       "\xc3\xa9 \xf0\x9f\x98\x80\n/ and so on and so on and so on", PT_V_TEXT},
      {"{\"u\":\"\xc3\xa9\xe2\x82\xac\"}", "\xc3\xa9\xe2\x82\xac", PT_V_TEXT},
      {"{\"\\u0075\":\"key\"}", "key", PT_V_TEXT},
      {"{\"u\":39.90}", "39.90", PT_V_NUMBER},
      {"{\"u\":-0.5e-3}", "-0.5e-3", PT_V_NUMBER},
      {"{\"u\":1e999}", "1e999", PT_V_NUMBER},
      {"{\"u\":123456789012345678901234567890}", "123456789012345678901234567890", PT_V_NUMBER},
      {"{\"u\":1234567890.12345678901}", "1234567890.12345678901", PT_V_NUMBER},
      {"{\"u\":12345678901234.5}", "12345678901234.5", PT_V_NUMBER},
      {"{\"u\":0}", "0", PT_V_NUMBER},
      {"{\"u\":true}", NULL, PT_V_TRUE},
      {"{\"u\":false}", NULL, PT_V_FALSE},
      {"{\"u\":null}", NULL, PT_V_NULL},
      {"{\"u\":{\"a\":1}}", NULL, PT_V_OTHER},
      {"{\"u\":[1]}", NULL, PT_V_OTHER},
      {"{\"v\":1}", NULL, PT_V_ABSENT},
      {"{\"u\":1,\"u\":\"last\"}", "last", PT_V_TEXT},
      {"{\"u\":1,\"u\":null}", NULL, PT_V_NULL},
  };
  const struct pt_lanes *lanes[2];
  for (uint32_t l = lanes_of(lanes); l-- > 0;) {
    struct pt_parser *p = open_parser(&plain, (struct pt_slice){0}, 4096);
    p->lanes = lanes[l];
    for (int round = 0; round < 3; round++)
      for (size_t i = 0; i < COUNT(row); i++) {
        struct text t = text_of(row[i].line, strlen(row[i].line));
        struct pt_record r;
        pt_parser_next(p, t.p, t.end, false, true, &r);
        assert_int_equal(r.fate, PT_ACCEPTED);
        check_value(&r.events->v[PT_F_USER_ID], row[i].kind, row[i].text);
        free(t.p);
      }
    pt_parser_close(p);
  }
}

static void last_of_equal_keys_holds(void **state) {
  (void)state;
  static const struct {
    const char *line, *item, *price; /* NULL: absent */
  } row[] = {
      {"{\"p\":{\"i\":\"1\",\"c\":{\"x\":\"2\"}}}", "1", "2"},
      {"{\"p\":{\"i\":\"1\"},\"p\":{\"c\":{\"x\":\"2\"}}}", NULL, "2"},
      {"{\"p\":{\"i\":\"1\"},\"p\":5}", NULL, NULL},
      {"{\"p\":{\"i\":\"1\",\"c\":{\"x\":\"2\"},\"c\":{}}}", "1", NULL},
      {"{\"p\":{\"i\":\"1\"},\"p\":{},\"p\":{\"i\":\"3\"}}", "3", NULL},
      {"{\"p\":[{\"i\":\"1\"}]}", NULL, NULL},
  };
  struct pt_parser *p = open_parser(&plain, (struct pt_slice){0}, 4096);
  for (int round = 0; round < 3; round++)
    for (size_t i = 0; i < COUNT(row); i++) {
      struct text t = text_of(row[i].line, strlen(row[i].line));
      struct pt_record r;
      pt_parser_next(p, t.p, t.end, false, true, &r);
      assert_int_equal(r.fate, PT_ACCEPTED);
      check_value(&r.events->v[PT_F_ITEM_ID], row[i].item ? PT_V_TEXT : PT_V_ABSENT, row[i].item);
      check_value(&r.events->v[PT_F_PRICE], row[i].price ? PT_V_TEXT : PT_V_ABSENT, row[i].price);
      free(t.p);
    }
  pt_parser_close(p);
}

static void records_follow_each_other(void **state) {
  (void)state;
  static const char data[] = "\xef\xbb\xbf{\"u\":\"1\"}\r\n \t\r\n{\"u\":\"2\"}\n{\"u\n{\"u\":\"3\",\"m\":\"x\"}";
  static const struct {
    enum pt_fate fate;
    const char *raw;
  } row[] = {{PT_ACCEPTED, "{\"u\":\"1\"}"},
             {PT_BLANK, " \t"},
             {PT_ACCEPTED, "{\"u\":\"2\"}"},
             {PT_REJECTED_LINE, "{\"u"},
             {PT_ACCEPTED, "{\"u\":\"3\",\"m\":\"x\"}"}};
  struct text t = text_of(data, sizeof data - 1);
  struct pt_parser *p = open_parser(&plain, (struct pt_slice){0}, 4096);
  for (int last = 1; last >= 0; last--) {
    const char *at = t.p;
    for (size_t i = 0; i < COUNT(row); i++) {
      struct pt_record r;
      pt_parser_next(p, at, t.end, at == t.p, last, &r);
      if (i + 1 == COUNT(row) && !last) {
        assert_int_equal(r.fate, PT_INCOMPLETE);
        break;
      }
      assert_int_equal(r.fate, row[i].fate);
      assert_int_equal(r.raw_n, strlen(row[i].raw));
      assert_memory_equal(r.raw, row[i].raw, r.raw_n);
      at = r.next;
    }
    if (last) assert_ptr_equal(at, t.end);
  }
  pt_parser_close(p);
  free(t.p);
}

static void long_lines_are_refused(void **state) {
  (void)state;
  static const char data[] = "{\"u\":\"12345678\"}\n{\"u\":\"123456789\"}\n";
  struct text t = text_of(data, sizeof data - 1);
  struct pt_parser *p = open_parser(&plain, (struct pt_slice){0}, 16);
  struct pt_record r;
  for (int round = 0; round < 2; round++) { /* unknown, then learned */
    pt_parser_next(p, t.p, t.end, true, true, &r);
    assert_int_equal(r.fate, PT_ACCEPTED);
    pt_parser_next(p, r.next, t.end, false, true, &r);
    assert_int_equal(r.fate, PT_REJECTED_LINE);
    assert_int_equal(r.reason, PT_R_TOO_LONG);
  }
  pt_parser_close(p);
  free(t.p);
}

static void root_must_be_an_object(void **state) {
  (void)state;
  struct pt_format f = plain;
  strcpy(f.root, "a.b");
  static const struct {
    const char *line, *user;
  } row[] = {{"{\"u\":\"no\",\"a\":{\"b\":{\"u\":\"yes\"}}}", "yes"},
             {"{\"a\":{\"b\":{}}}", ""},
             {"{\"a\":{\"b\":[]}}", NULL},
             {"{\"a\":{\"b\":{\"u\":\"1\"},\"b\":3}}", NULL},
             {"{\"u\":\"1\"}", NULL}};
  struct pt_parser *p = open_parser(&f, (struct pt_slice){0}, 4096);
  for (int round = 0; round < 3; round++)
    for (size_t i = 0; i < COUNT(row); i++) {
      struct text t = text_of(row[i].line, strlen(row[i].line));
      struct pt_record r;
      pt_parser_next(p, t.p, t.end, false, true, &r);
      assert_int_equal(r.fate, row[i].user ? PT_ACCEPTED : PT_REJECTED_LINE);
      if (row[i].user && *row[i].user) EXPECT_TEXT(r, PT_F_USER_ID, row[i].user);
      if (row[i].user && !*row[i].user) EXPECT_ABSENT(r, PT_F_USER_ID);
      free(t.p);
    }
  pt_parser_close(p);
}

static void names_resolve(void **state) {
  (void)state;
  struct pt_parser *p;
  struct pt_err err = {0};
  assert_int_equal(pt_parser_open(&p, &plain, PT_BIT(PT_F_USER_ID), (struct pt_slice){0}, 4096, &err), 0);
  static const char line[] = "{\"u\":\"1\",\"p\":{\"i\":\"2\",\"q\":{\"z\":7},\"c\":{\"x\":3}},\"m\":\"4\"}";
  struct text t = text_of(line, sizeof line - 1);
  struct pt_record r;
  pt_parser_next(p, t.p, t.end, false, true, &r);
  EXPECT_ABSENT(r, PT_F_PRICE); /* not wanted */
  assert_int_equal(pt_parser_name(p, PT_SLICE("price")), PT_F_PRICE);
  assert_int_equal(pt_parser_name(p, PT_SLICE("mine")), MINE);
  int deep = pt_parser_name(p, PT_SLICE("p.q.z")), same = pt_parser_name(p, PT_SLICE("p.q.z"));
  assert_int_equal(deep, MINE + 1);
  assert_int_equal(same, deep);
  assert_int_equal(pt_parser_name(p, PT_SLICE("m")), MINE);
  assert_int_equal(pt_parser_name(p, PT_SLICE("brand")), MINE + 2); /* not mapped: the line's own */
  for (int i = 3; i < PT_MAX_EXTRA; i++) {
    char name[16];
    sprintf(name, "raw%d", i);
    assert_int_equal(pt_parser_name(p, pt_slice_of(name)), MINE + i);
  }
  assert_int_equal(pt_parser_name(p, PT_SLICE("one more")), -1);
  assert_int_equal(pt_parser_name(p, PT_SLICE("style")), PT_F_STYLE); /* no place left: always absent */
  for (int round = 0; round < 3; round++) {
    pt_parser_next(p, t.p, t.end, false, true, &r);
    EXPECT_NUMBER(r, PT_F_PRICE, "3");
    check_value(&r.events->v[deep], PT_V_NUMBER, "7");
    check_value(&r.events->v[MINE], PT_V_TEXT, "4");
  }
  pt_parser_close(p);
  free(t.p);
}

static void two_names_may_share_a_source(void **state) {
  (void)state;
  struct pt_format_field two[] = {{"item_id", "a"}, {"copy", "a"}, {"brand", "b"}, {"brand", "c"}};
  struct pt_format f = {.name = "custom", .fields = two, .n_fields = COUNT(two)};
  static const char data[] =
      "{\"a\":\"1\",\"b\":\"\",\"c\":\"2\"}\n{\"c\":\"3\",\"b\":\"4\"}\n{\"a\":\"5\",\"b\":null}\n";
  static const char *const want[][2] = {{"1", "2"}, {NULL, "4"}, {"5", NULL}};
  struct text t = text_of(data, sizeof data - 1);
  struct pt_parser *p = open_parser(&f, (struct pt_slice){0}, 4096);
  for (int round = 0; round < 3; round++) {
    const char *at = t.p;
    for (size_t i = 0; i < COUNT(want); i++) {
      struct pt_record r;
      pt_parser_next(p, at, t.end, false, true, &r);
      check_value(&r.events->v[PT_F_ITEM_ID], want[i][0] ? PT_V_TEXT : PT_V_ABSENT, want[i][0]);
      check_value(&r.events->v[PT_F_COUNT], want[i][0] ? PT_V_TEXT : PT_V_ABSENT, want[i][0]);
      assert_int_equal(pt_value_given(&r.events->v[PT_F_BRAND]), want[i][1] != NULL);
      if (want[i][1]) EXPECT_TEXT(r, PT_F_BRAND, want[i][1]);
      at = r.next;
    }
  }
  pt_parser_close(p);
  free(t.p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(grammar_is_janssons),          cmocka_unit_test(nesting_ends_at_64),
      cmocka_unit_test(values_are_as_written),        cmocka_unit_test(last_of_equal_keys_holds),
      cmocka_unit_test(records_follow_each_other),    cmocka_unit_test(long_lines_are_refused),
      cmocka_unit_test(root_must_be_an_object),       cmocka_unit_test(names_resolve),
      cmocka_unit_test(two_names_may_share_a_source),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

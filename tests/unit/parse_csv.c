/* CSV: quoting, delimiters, headers, wrong numbers of fields, multiline, and the two lanes side by side. */
#include "parse_fixture.h"

static struct pt_format_field numbered[] = {{"user_id", "0"}, {"time", "1"}, {"event", "2"}};
static struct pt_format_field named[] = {{"user_id", "who"}, {"time", "at"}, {"event", "what"}, {"note", "3"}};

static struct pt_format format_of(struct pt_format_field *fields, uint32_t n, char delimiter, enum pt_header header) {
  return (struct pt_format){
      .name = "custom", .kind = PT_CSV, .header = header, .delimiter = delimiter, .fields = fields, .n_fields = n};
}

struct row {
  enum pt_fate fate;
  const char *raw, *user, *time, *event; /* NULL: absent */
};

static void check_records(const struct pt_format *f, const char *data, const struct row *row, size_t n) {
  const struct pt_lanes *lanes[2];
  struct text t = text_of(data, strlen(data));
  for (uint32_t l = lanes_of(lanes); l-- > 0;) {
    struct pt_parser *p = open_parser(f, (struct pt_slice){data, strlen(data)}, 4096);
    p->lanes = lanes[l];
    const char *at = t.p;
    for (size_t i = 0; i < n; i++) {
      struct pt_record r;
      pt_parser_next(p, at, t.end, at == t.p, true, &r);
      if (r.fate != row[i].fate) print_error("record %zu of %s\n", i, data);
      assert_int_equal(r.fate, row[i].fate);
      assert_int_equal(r.raw_n, strlen(row[i].raw));
      assert_memory_equal(r.raw, row[i].raw, r.raw_n);
      at = r.next;
      if (r.fate != PT_ACCEPTED) continue;
      check_value(&r.events->v[PT_F_USER_ID], row[i].user ? PT_V_TEXT : PT_V_ABSENT, row[i].user);
      check_value(&r.events->v[PT_F_TIME], row[i].time ? PT_V_TEXT : PT_V_ABSENT, row[i].time);
      check_value(&r.events->v[PT_F_EVENT], row[i].event ? PT_V_TEXT : PT_V_ABSENT, row[i].event);
    }
    assert_ptr_equal(at, t.end);
    pt_parser_close(p);
  }
  free(t.p);
}
#define CHECK_RECORDS(f, data, row) check_records(f, data, row, COUNT(row))

static void quoting_is_rfc_4180(void **state) {
  (void)state;
  const struct pt_format f = format_of(numbered, 3, ',', PT_HEADER_NO);
  static const struct row row[] = {
      {PT_ACCEPTED, "a,b,c", "a", "b", "c"},
      {PT_ACCEPTED, "\"a,1\",\"b \"\"x\"\" y\",\"\"", "a,1", "b \"x\" y", NULL},
      {PT_ACCEPTED, "\"\"\"\",\"\"\"\"\"\",c\"c", "\"", "\"\"", "c\"c"},
      {PT_ACCEPTED, ",,", NULL, NULL, NULL},
      {PT_BLANK, " \t", NULL, NULL, NULL},
      {PT_BLANK, "", NULL, NULL, NULL},
      {PT_REJECTED_LINE, "\"a\"x,b,c", NULL, NULL, NULL},
      {PT_REJECTED_LINE, "\"a,b,c", NULL, NULL, NULL},
      {PT_REJECTED_LINE, "a,b", NULL, NULL, NULL},
      {PT_ACCEPTED, "a,b,c,more,\"and more\"", "a", "b", "c"},
      {PT_ACCEPTED, "\xc3\xa9,\"\xe2\x82\xac\",c", "\xc3\xa9", "\xe2\x82\xac", "c"},
      {PT_REJECTED_LINE, "a,b,c\xff", NULL, NULL, NULL},
      {PT_REJECTED_LINE, "a,b,\"c\xff\"", NULL, NULL, NULL},
      {PT_ACCEPTED, "0123456789012345678901234567890123456789,b,\"0123456789012345678901234567890123456789\"",
       "0123456789012345678901234567890123456789", "b", "0123456789012345678901234567890123456789"},
      {PT_ACCEPTED, "no end,b,", "no end", "b", NULL},
  };
  CHECK_RECORDS(
      &f,
      "a,b,c\r\n\"a,1\",\"b \"\"x\"\" y\",\"\"\r\n\"\"\"\",\"\"\"\"\"\",c\"c\n,,\n \t\r\n\n\"a\"x,b,c\n\"a,b,c\n"
      "a,b\na,b,c,more,\"and more\"\n\xc3\xa9,\"\xe2\x82\xac\",c\na,b,c\xff\na,b,\"c\xff\"\n"
      "0123456789012345678901234567890123456789,b,\"0123456789012345678901234567890123456789\"\nno end,b,",
      row);
}

static void blanks_run_together(void **state) {
  (void)state;
  const struct pt_format f = format_of(numbered, 3, ' ', PT_HEADER_NO);
  static const struct row row[] = {
      {PT_ACCEPTED, " 00001 19970101  1   11.77", "00001", "19970101", "1"},
      {PT_ACCEPTED, "2\t3 \t 4  ", "2", "3", "4"},
      {PT_REJECTED_LINE, " 1 2 ", NULL, NULL, NULL},
      {PT_ACCEPTED, "\"a b\" c d", "a b", "c", "d"},
  };
  CHECK_RECORDS(&f, " 00001 19970101  1   11.77\r\n2\t3 \t 4  \n 1 2 \n\"a b\" c d", row);
}

static void header_names_columns(void **state) {
  (void)state;
  const enum pt_header kinds[] = {PT_HEADER_YES, PT_HEADER_AUTO};
  static const struct row row[] = {
      {PT_BLANK, "", NULL, NULL, NULL},
      {PT_HEADER, "\"what\", who ,at,\"a \"\"name\"\"\"", NULL, NULL, NULL},
      {PT_ACCEPTED, "view,1,2,3", "1", "2", "view"},
      {PT_REJECTED_LINE, "view,1,2", NULL, NULL, NULL},
      {PT_REJECTED_LINE, "view,1,2,3,4", NULL, NULL, NULL},
  };
  static const char data[] =
      "\xef\xbb\xbf\n\"what\", who ,at,\"a \"\"name\"\"\"\r\nview,1,2,3\r\nview,1,2\nview,1,2,3,4\n";
  for (size_t i = 0; i < COUNT(kinds); i++) {
    const struct pt_format f = format_of(named, 4, ',', kinds[i]);
    CHECK_RECORDS(&f, data, row);
    struct pt_parser *p = open_parser(&f, (struct pt_slice){data, sizeof data - 1}, 4096);
    assert_int_equal(pt_parser_name(p, PT_SLICE("note")), PT_F_COUNT);
    assert_int_equal(pt_parser_name(p, PT_SLICE("a \"name\"")), PT_F_COUNT);
    assert_int_equal(pt_parser_name(p, PT_SLICE("what")), PT_F_EVENT);
    assert_int_equal(pt_parser_name(p, PT_SLICE("2")), PT_F_TIME);
    assert_int_equal(pt_parser_name(p, PT_SLICE("4")), -1);
    assert_int_equal(pt_parser_name(p, PT_SLICE("unheard")), -1);
    assert_int_equal(pt_parser_name(p, PT_SLICE("brand")), PT_F_BRAND);
    pt_parser_close(p);
  }
}

static void auto_without_names_has_no_header(void **state) {
  (void)state;
  const struct pt_format f = format_of(numbered, 3, ';', PT_HEADER_AUTO);
  static const struct row row[] = {{PT_ACCEPTED, "1;2;3", "1", "2", "3"}};
  CHECK_RECORDS(&f, "1;2;3\n", row);
  const struct pt_format skip = format_of(numbered, 3, ';', PT_HEADER_YES);
  static const struct row rows[] = {{PT_HEADER, "u;t;e", NULL, NULL, NULL}, {PT_ACCEPTED, "1;2;3", "1", "2", "3"}};
  CHECK_RECORDS(&skip, "u;t;e\n1;2;3\n", rows);
}

static void header_must_have_time_and_user(void **state) {
  (void)state;
  static const struct {
    const char *head;
    int code;
    const char *lacking;
  } row[] = {{"what,who,at,x\n", 0, NULL},
             {"what,who,x,y\n", PT_REJECTED, "time"},
             {"what,x,at,y\n", PT_REJECTED, "user_id"},
             {"", 0, NULL}};
  const struct pt_format f = format_of(named, 4, ',', PT_HEADER_YES);
  for (size_t i = 0; i < COUNT(row); i++) {
    struct pt_parser *p;
    struct pt_err err = {0};
    assert_int_equal(pt_parser_open(&p, &f, UINT64_MAX, pt_slice_of(row[i].head), 4096, &err), row[i].code);
    if (row[i].lacking) assert_non_null(strstr(err.text, row[i].lacking));
    pt_parser_close(p);
  }
}

static void multiline_records_go_on(void **state) {
  (void)state;
  struct pt_format f = format_of(numbered, 3, ',', PT_HEADER_NO);
  f.multiline = true;
  static const struct row row[] = {
      {PT_ACCEPTED, "\"a\r\nb\",2,\"x\n\"\"y\"", "a\r\nb", "2", "x\n\"y"},
      {PT_ACCEPTED, "a,b,c", "a", "b", "c"},
      {PT_REJECTED_LINE, "a,b,\"open", NULL, NULL, NULL},
      {PT_ACCEPTED, "d,e,f", "d", "e", "f"},
  };
  static const char data[] = "\"a\r\nb\",2,\"x\n\"\"y\"\na,b,c\na,b,\"open\nd,e,f\n";
  CHECK_RECORDS(&f, data, row);
  struct text t = text_of(data, sizeof data - 1);
  struct pt_parser *p = open_parser(&f, (struct pt_slice){0}, 4096);
  struct pt_record r;
  pt_parser_next(p, t.p + 23, t.end, false, false, &r);
  assert_int_equal(r.fate, PT_INCOMPLETE);
  pt_parser_close(p);
  p = open_parser(&f, (struct pt_slice){0}, 8); /* an open quote does not swallow the file */
  pt_parser_next(p, t.p + 23, t.end, false, false, &r);
  assert_int_equal(r.fate, PT_REJECTED_LINE);
  assert_ptr_equal(r.next, t.p + 33);
  pt_parser_close(p);
  free(t.p);
}

static void builtin_rees46_and_taobao(void **state) {
  (void)state;
  static const char rees[] =
      "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n"
      "2019-10-01 00:00:00 UTC,view,44600062,2103807459595387724,,shiseido,35.79,541312140,72d76fde\n";
  struct text t = text_of(rees, sizeof rees - 1);
  struct pt_parser *p = open_parser(pt_format_builtin("rees46"), (struct pt_slice){rees, sizeof rees - 1}, 4096);
  struct pt_record r;
  pt_parser_next(p, t.p, t.end, true, true, &r);
  assert_int_equal(r.fate, PT_HEADER);
  pt_parser_next(p, r.next, t.end, false, true, &r);
  EXPECT_TEXT(r, PT_F_TIME, "2019-10-01 00:00:00 UTC");
  EXPECT_TEXT(r, PT_F_ITEM_ID, "44600062");
  EXPECT_ABSENT(r, PT_F_CATEGORY);
  EXPECT_TEXT(r, PT_F_BRAND, "shiseido");
  EXPECT_TEXT(r, PT_F_PRICE, "35.79");
  EXPECT_TEXT(r, PT_F_USER_ID, "541312140");
  EXPECT_TEXT(r, PT_F_SESSION_ID, "72d76fde");
  assert_int_equal(pt_parser_name(p, PT_SLICE("category_id")), PT_F_COUNT);
  pt_parser_next(p, strchr(t.p, '\n') + 1, t.end, false, true, &r);
  check_value(&r.events->v[PT_F_COUNT], PT_V_TEXT, "2103807459595387724");
  pt_parser_close(p);
  free(t.p);
  t = text_of("1,2268318,2520377,pv,1511544070\n", 32);
  p = open_parser(pt_format_builtin("taobao"), (struct pt_slice){t.p, 32}, 4096);
  pt_parser_next(p, t.p, t.end, true, true, &r);
  assert_int_equal(r.fate, PT_ACCEPTED);
  EXPECT_TEXT(r, PT_F_CATEGORY, "2520377");
  EXPECT_TEXT(r, PT_F_TIME, "1511544070");
  pt_parser_close(p);
  free(t.p);
}

/* The head of a real log: 17,434 whole lines, and a last one that is cut. */
static void real_rees46(void **state) {
  (void)state;
  struct pt_buf b = shared_file("rees46_oct2019_head/2019-Oct.head.csv.zst");
  if (b.n == 0) {
    print_message("shared data are not here\n");
    skip();
  }
  struct pt_parser *p = open_parser(pt_format_builtin("rees46"), (struct pt_slice){b.p, 1000}, 4096);
  int fate[6] = {0}, view = 0, brand = 0;
  for (const char *at = b.p, *end = b.p + b.n; at < end;) {
    struct pt_record r;
    pt_parser_next(p, at, end, at == b.p, true, &r);
    fate[r.fate]++;
    at = r.next;
    if (r.fate != PT_ACCEPTED) continue;
    const struct pt_value *v = r.events->v;
    view += pt_slice_eq((struct pt_slice){v[PT_F_EVENT].p, v[PT_F_EVENT].n}, PT_SLICE("view"));
    brand += v[PT_F_BRAND].kind == PT_V_TEXT;
  }
  pt_parser_close(p);
  pt_buf_free(&b);
  assert_int_equal(fate[PT_HEADER], 1);
  assert_int_equal(fate[PT_ACCEPTED], 17434);
  assert_int_equal(fate[PT_REJECTED_LINE], 1);
  assert_int_equal(view, 17055);
  assert_int_equal(brand, 17434 - 2477);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(quoting_is_rfc_4180),
      cmocka_unit_test(blanks_run_together),
      cmocka_unit_test(header_names_columns),
      cmocka_unit_test(auto_without_names_has_no_header),
      cmocka_unit_test(header_must_have_time_and_user),
      cmocka_unit_test(multiline_records_go_on),
      cmocka_unit_test(builtin_rees46_and_taobao),
      cmocka_unit_test(real_rees46),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

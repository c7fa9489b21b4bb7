/* AVX2 against words against the full scanner: generated lines, whole and damaged in one byte, cut at every place. */
#include "parse_fixture.h"

static struct pt_format_field fields[] = {{"user_id", "u"},   {"item_id", "p.i"}, {"price", "p.x"},
                                          {"event", "event"}, {"text", "t"},      {"brand", "list"}};
static const struct pt_format json = {.name = "custom", .fields = fields, .n_fields = COUNT(fields)};

static uint64_t seed = 1;
static unsigned roll(unsigned n) {
  seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (unsigned)((seed >> 33) % n);
}

static void put_line(struct pt_buf *b) {
  static const char *const text[] = {"",
                                     "plain",
                                     "with \\\"quotes\\\" and \\u00e9",
                                     "h\xc3\xa9h\xc3\xa9",
                                     "a text of just thirty-one bytes",
                                     "a text of just thirty-two bytes!",
                                     "a text that is longer than sixty-four bytes, to have more than two steps"};
  static const char *const price[] = {
      "0", "-1", "39.90", "1e5", "123456789012345", "1234567890123456", "0.123456789012345", "null"};
  bool spaced = roll(8) == 0;
  const char *colon = spaced ? " : " : ":", *comma = spaced ? " , " : ",";
  pt_buf_printf(b, "{\"u\"%s\"%s\"", colon, text[roll(COUNT(text))]);
  if (roll(3)) pt_buf_printf(b, "%s\"event\"%s\"view\"", comma, colon);
  if (roll(4)) pt_buf_printf(b, "%s\"p\":{\"i\":\"%u\",\"x\":%s}", comma, roll(100000), price[roll(COUNT(price))]);
  if (roll(4) == 0) pt_buf_printf(b, "%s\"list\":[1,{\"u\":2},true]", comma);
  if (roll(4) == 0)
    pt_buf_printf(b, "%s\"a key of more than thirty-two bytes, unknown\":{\"t\":%s}", comma, price[roll(8)]);
  if (roll(3) == 0) pt_buf_printf(b, "%s\"t\":\"%s\"", comma, text[roll(COUNT(text))]);
  if (roll(16) == 0) pt_buf_printf(b, ",\"u\":false");
  pt_buf_printf(b, "}%s\n", roll(4) ? "" : "\r");
}

static void check_same(const struct pt_record *a, const struct pt_record *b) {
  assert_int_equal(a->fate, b->fate);
  assert_ptr_equal(a->raw, b->raw);
  assert_int_equal(a->raw_n, b->raw_n);
  assert_ptr_equal(a->next, b->next);
  if (a->fate != PT_ACCEPTED) return;
  for (int f = 0; f < PT_F_COUNT; f++) {
    const struct pt_value *x = &a->events->v[f], *y = &b->events->v[f];
    assert_int_equal(x->kind, y->kind);
    if (x->kind == PT_V_ABSENT) continue;
    assert_int_equal(x->n, y->n);
    if (x->n) assert_memory_equal(x->p, y->p, x->n);
  }
}

/* All records of [p, end): learned lines with each lane, and each line as if it were the first. */
static void check_text(struct pt_parser *const parser[3], const char *p, const char *end, bool last) {
  while (p < end) {
    struct pt_record r[3];
    pt_graph_reset(parser[0]->json.graph);
    for (int i = 0; i < 3; i++) pt_parser_next(parser[i], p, end, false, last, &r[i]);
    check_same(&r[0], &r[1]);
    check_same(&r[0], &r[2]);
    if (r[0].fate == PT_INCOMPLETE) break;
    assert_true(r[0].next > p);
    p = r[0].next;
  }
}

static void json_lanes_agree(void **state) {
  (void)state;
  struct pt_parser *parser[3];
  const struct pt_lanes *lanes[2];
  uint32_t n = lanes_of(lanes);
  for (int i = 0; i < 3; i++) parser[i] = open_parser(&json, (struct pt_slice){0}, 4096);
  parser[0]->lanes = parser[1]->lanes = lanes[0];
  parser[2]->lanes = lanes[n - 1];
  for (int round = 0; round < 300; round++) {
    struct pt_buf b = {0};
    for (int i = 0; i < 20; i++) put_line(&b);
    struct text t = text_of(b.p, b.n);
    check_text(parser, t.p, t.end, true);
    for (int i = 0; i < 40; i++) { /* one byte changed, one place cut */
      char *at = t.p + roll((unsigned)b.n), was = *at;
      *at = "\"\\{}[],:0e.-\x01\x80\xc3\n x"[roll(19)];
      check_text(parser, t.p, t.end, true);
      *at = was;
      struct text cut = text_of(t.p, roll((unsigned)b.n));
      check_text(parser, cut.p, cut.end, i % 2);
      free(cut.p);
    }
    free(t.p);
    pt_buf_free(&b);
  }
  for (int i = 0; i < 3; i++) pt_parser_close(parser[i]);
}

static void lines_along_the_graph_are_found(void **state) {
  (void)state;
  struct pt_parser *p = open_parser(&json, (struct pt_slice){0}, 4096);
  static const char line[] = "{\"u\":\"a\",\"p\":{\"i\":\"b\",\"x\":1}}\n",
                    other[] = "{\"u\":\"\",\"p\":{\"i\":null,\"x\":\"long\"}}\n";
  struct text a = text_of(line, sizeof line - 1), b = text_of(other, sizeof other - 1);
  assert_null(p->lanes->follow(&p->json, a.p, a.end, true));
  struct pt_record r;
  pt_parser_next(p, a.p, a.end, false, true, &r);
  assert_ptr_equal(p->lanes->follow(&p->json, b.p, b.end, true), b.end - 1);
  assert_null(p->lanes->follow(&p->json, b.p, b.end - 1, false)); /* its end is not there */
  pt_parser_close(p);
  free(a.p);
  free(b.p);
}

/* More shapes than the graph holds, and keys that never come again: it is begun anew, the values stay right. */
static void graph_survives_many_shapes(void **state) {
  (void)state;
  struct pt_parser *p = open_parser(&json, (struct pt_slice){0}, 4096);
  for (int i = 0; i < 20000; i++) {
    char line[200];
    int n = sprintf(line, "{\"k%d\":1,\"u\":\"%d\",\"x%d\":{\"y%d\":[]}}\n", i % 3000, i, i, roll(50));
    struct text t = text_of(line, (size_t)n);
    struct pt_record r;
    pt_parser_next(p, t.p, t.end, false, true, &r);
    assert_int_equal(r.fate, PT_ACCEPTED);
    line[sprintf(line, "%d", i)] = '\0';
    EXPECT_TEXT(r, PT_F_USER_ID, line);
    free(t.p);
  }
  pt_parser_close(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(json_lanes_agree),
                                     cmocka_unit_test(lines_along_the_graph_are_found),
                                     cmocka_unit_test(graph_survives_many_shapes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

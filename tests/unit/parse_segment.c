/* Segment payloads: kinds, alternatives, products and the exact spread of an order's discount, and the spec's own
 * samples. */
#include <portrait/decimal.h>

#include "parse_fixture.h"

static struct pt_parser *parser;

static int open_segment(void **state) {
  (void)state;
  parser = open_parser(pt_format_builtin("segment"), (struct pt_slice){0}, 1 << 20);
  return 0;
}

static int close_segment(void **state) {
  (void)state;
  pt_parser_close(parser);
  return 0;
}

/* The record stays until the next call: its texts are in `line`, which the test holds. */
static struct pt_record next(const char *line) {
  static struct text t;
  free(t.p);
  t = text_of(line, strlen(line));
  struct pt_record r;
  pt_parser_next(parser, t.p, t.end, false, true, &r);
  return r;
}

static void kinds_of_payload(void **state) {
  (void)state;
  static const struct {
    const char *line;
    enum pt_fate fate;
    bool record;
    const char *event; /* NULL: absent */
  } row[] = {
      {"{\"type\":\"track\",\"event\":\"Product Viewed\",\"userId\":\"1\"}", PT_ACCEPTED, false, "Product Viewed"},
      {"{\"type\":\"track\",\"event\":\"Anything Else\"}", PT_ACCEPTED, false, "Anything Else"},
      {"{\"type\":\"track\"}", PT_ACCEPTED, false, NULL},
      {"{\"type\":\"page\",\"userId\":\"1\"}", PT_ACCEPTED, false, "view"},
      {"{\"type\":\"screen\"}", PT_ACCEPTED, false, "view"},
      {"{\"type\":\"group\",\"event\":\"x\"}", PT_ACCEPTED, false, "group"},
      {"{\"type\":\"alias\"}", PT_ACCEPTED, false, "alias"},
      {"{\"type\":\"identify\",\"userId\":\"1\",\"event\":\"x\"}", PT_ACCEPTED, true, NULL},
      {"{\"action\":\"track\",\"event\":\"Email Opened\"}", PT_ACCEPTED, false, "Email Opened"},
      {"{\"event\":\"Message Sent\"}", PT_ACCEPTED, false, "Message Sent"},
      {"{\"type\":\"merge\",\"event\":\"x\"}", PT_REJECTED_LINE, false, NULL},
      {"{\"userId\":\"1\"}", PT_REJECTED_LINE, false, NULL},
      {"{\"type\":7,\"event\":\"x\"}", PT_REJECTED_LINE, false, NULL},
  };
  for (int round = 0; round < 3; round++)
    for (size_t i = 0; i < COUNT(row); i++) {
      struct pt_record r = next(row[i].line);
      assert_int_equal(r.fate, row[i].fate);
      if (r.fate == PT_REJECTED_LINE) assert_int_equal(r.reason, PT_R_UNKNOWN_FORMAT);
      if (r.fate != PT_ACCEPTED) continue;
      assert_int_equal(r.n_events, 1);
      assert_int_equal(r.events->record, row[i].record);
      check_value(&r.events->v[PT_F_EVENT], row[i].event ? PT_V_TEXT : PT_V_ABSENT, row[i].event);
    }
}

static void fields_come_from_their_places(void **state) {
  (void)state;
  struct pt_record r = next(
      "{\"type\":\"track\",\"event\":\"Product Added\",\"userId\":\"u\",\"anonymousId\":\"a\",\"messageId\":\"m\","
      "\"receivedAt\":\"2026-01-03\",\"sentAt\":\"2026-01-02\",\"context\":{\"os\":{\"name\":\"iOS\"},"
      "\"device\":{\"model\":\"iPhone\"},\"location\":{\"city\":\"Oslo\"},\"page\":{\"path\":\"/"
      "p\",\"referrer\":\"http://r\"},"
      "\"campaign\":{\"medium\":\"email\",\"name\":\"may\"}},\"properties\":{\"product_id\":\"\",\"sku\":\"s\","
      "\"category\":\"c\","
      "\"brand\":\"b\",\"variant\":\"v\",\"price\":1.5,\"quantity\":2,\"currency\":\"EUR\",\"coupon\":\"k\"}}");
  EXPECT_TEXT(r, PT_F_TIME, "2026-01-02");
  EXPECT_TEXT(r, PT_F_RECEIVED_AT, "2026-01-03");
  EXPECT_TEXT(r, PT_F_USER_ID, "u");
  EXPECT_TEXT(r, PT_F_ANONYMOUS_ID, "a");
  EXPECT_TEXT(r, PT_F_EVENT_ID, "m");
  EXPECT_TEXT(r, PT_F_ITEM_ID, "s");
  EXPECT_TEXT(r, PT_F_CATEGORY, "c");
  EXPECT_TEXT(r, PT_F_BRAND, "b");
  EXPECT_TEXT(r, PT_F_SIZE, "v");
  EXPECT_NUMBER(r, PT_F_PRICE, "1.5");
  EXPECT_NUMBER(r, PT_F_QUANTITY, "2");
  EXPECT_TEXT(r, PT_F_CURRENCY, "EUR");
  EXPECT_TEXT(r, PT_F_COUPON_ID, "k");
  EXPECT_TEXT(r, PT_F_OS, "iOS");
  EXPECT_TEXT(r, PT_F_DEVICE, "iPhone");
  EXPECT_TEXT(r, PT_F_CITY, "Oslo");
  EXPECT_TEXT(r, PT_F_PAGE, "/p");
  EXPECT_TEXT(r, PT_F_REFERRER_URL, "http://r");
  EXPECT_TEXT(r, PT_F_CHANNEL, "email");
  EXPECT_TEXT(r, PT_F_CAMPAIGN_ID, "may");
  assert_false(r.events->has_amount);
  r = next("{\"type\":\"track\",\"event\":\"x\",\"timestamp\":\"2026-01-01\",\"originalTimestamp\":\"2026-01-09\"}");
  EXPECT_TEXT(r, PT_F_TIME, "2026-01-01");
  EXPECT_ABSENT(r, PT_F_ITEM_ID);
  r = next("{\"type\":\"track\",\"event\":\"x\",\"timestamp\":null,\"originalTimestamp\":\"2026-01-09\"}");
  EXPECT_TEXT(r, PT_F_TIME, "2026-01-09");
}

/* The order of the spec's page: 19 + 2 * 3 less 2.5 = 22.5, without tax and shipping. */
static void products_become_events(void **state) {
  (void)state;
  static const char line[] =
      "{\"type\":\"track\",\"event\":\"%s\",\"userId\":\"u\",\"properties\":{\"order_id\":\"o\",\"total\":27.5,"
      "\"revenue\":22.5,\"shipping\":3,\"tax\":2,\"discount\":2.5,\"coupon\":\"hasbros\",\"products\":["
      "{\"product_id\":\"m\",\"price\":19,\"quantity\":1,\"category\":\"Games\"},"
      "{\"product_id\":\"u\",\"price\":3,\"quantity\":2,\"category\":\"Cards\",\"coupon\":\"own\"}]}}";
  static const char *const names[] = {"Order Completed", "Order Refunded", "Order Cancelled", "Order Updated",
                                      "Completed Order"};
  for (size_t i = 0; i < COUNT(names); i++) {
    char text[1024];
    snprintf(text, sizeof text, line, names[i]);
    struct pt_record r = next(text);
    assert_int_equal(r.n_events, 2);
    for (int k = 0; k < 2; k++) {
      assert_true(r.events[k].has_amount);
      check_value(&r.events[k].v[PT_F_EVENT], PT_V_TEXT, names[i]);
      check_value(&r.events[k].v[PT_F_ORDER_ID], PT_V_TEXT, "o");
      check_value(&r.events[k].v[PT_F_USER_ID], PT_V_TEXT, "u");
    }
    assert_int_equal(r.events[0].amount, 171000); /* 19 - 1.9 */
    assert_int_equal(r.events[1].amount, 54000);  /* 6 - 0.6 */
    check_value(&r.events[0].v[PT_F_DISCOUNT], PT_V_NUMBER, "1.9");
    check_value(&r.events[1].v[PT_F_DISCOUNT], PT_V_NUMBER, "0.6");
    check_value(&r.events[0].v[PT_F_ITEM_ID], PT_V_TEXT, "m");
    check_value(&r.events[1].v[PT_F_CATEGORY], PT_V_TEXT, "Cards");
    check_value(&r.events[0].v[PT_F_COUPON_ID], PT_V_TEXT, "hasbros");
    check_value(&r.events[1].v[PT_F_COUPON_ID], PT_V_TEXT, "own");
  }
  struct pt_record r =
      next("{\"type\":\"track\",\"event\":\"Cart Viewed\",\"properties\":{\"products\":[{\"price\":1},{}]}}");
  assert_int_equal(r.n_events, 1);
  EXPECT_ABSENT(r, PT_F_PRICE);
  EXPECT_ABSENT(r, PT_F_ORDER_ID);
  assert_false(r.events->has_amount);
}

/* Remainders go to the largest first, to the earlier product at ties: 0.0100 over 3 equal lines is 34 33 33. */
static void discounts_are_spread_exactly(void **state) {
  (void)state;
  static const struct {
    const char *properties;
    uint32_t n;
    int64_t amount[4];
    const char *discount[4];
  } row[] = {
      {"\"discount\":0.01,\"products\":[{\"price\":1},{\"price\":1},{\"price\":1}]",
       3,
       {9966, 9967, 9967},
       {"0.0034", "0.0033", "0.0033"}},
      {"\"discount\":\"0.0002\",\"products\":[{\"price\":1},{\"price\":2},{\"price\":4}]",
       3,
       {10000, 19999, 39999},
       {"0", "0.0001", "0.0001"}},
      {"\"discount\":1,\"products\":[{\"price\":3,\"discount\":1},{\"price\":\"2\",\"quantity\":\"1\"}]",
       2,
       {15000, 15000},
       {"1.5", "0.5"}},
      {"\"discount\":1,\"products\":[{\"price\":0},{\"price\":2}]", 2, {0, 10000}, {NULL, "1"}},
      {"\"discount\":1,\"products\":[{\"price\":0}]", 1, {0}, {NULL}},
      {"\"products\":[{\"price\":19.99,\"quantity\":3},5,{\"price\":0.00005}]", 2, {599700, 1}, {NULL, NULL}},
  };
  for (size_t i = 0; i < COUNT(row); i++) {
    char text[1024];
    snprintf(text, sizeof text, "{\"type\":\"track\",\"event\":\"Order Completed\",\"properties\":{%s}}",
             row[i].properties);
    struct pt_record r = next(text);
    assert_int_equal(r.n_events, row[i].n);
    for (uint32_t k = 0; k < row[i].n; k++) {
      assert_true(r.events[k].has_amount);
      assert_int_equal(r.events[k].amount, row[i].amount[k]);
      const char *d = row[i].discount[k];
      check_value(&r.events[k].v[PT_F_DISCOUNT], d ? PT_V_NUMBER : PT_V_ABSENT, d);
    }
  }
}

static void spreads_sum_to_the_whole(void **state) {
  (void)state;
  uint64_t seed = 7;
  for (int round = 0; round < 300; round++) {
    struct pt_buf b = {0};
    int64_t discount = 0, lines = 0, sum = 0;
    uint32_t n = 1 + round % 40;
    assert_int_equal(
        pt_buf_printf(&b, "{\"type\":\"track\",\"event\":\"Order Completed\",\"properties\":{\"products\":["), 0);
    for (uint32_t k = 0; k < n; k++) {
      seed = seed * UINT64_C(6364136223846793005) + 1;
      int64_t price = (int64_t)(seed >> 40) + 1;
      lines += price;
      pt_buf_printf(&b, "%s{\"price\":%lld.%04lld}", k ? "," : "", (long long)price / 10000, (long long)price % 10000);
    }
    discount = lines / (2 + round % 7);
    pt_buf_printf(&b, "],\"discount\":%lld.%04lld}}", (long long)discount / 10000, (long long)discount % 10000);
    assert_int_equal(pt_buf_add(&b, "", 1), 0);
    struct pt_record r = next(b.p);
    assert_int_equal(r.n_events, n);
    for (uint32_t k = 0; k < n; k++) {
      sum += r.events[k].amount;
      assert_true(r.events[k].amount >= 0);
    }
    assert_int_equal(sum, lines - discount);
    pt_buf_free(&b);
  }
}

static void what_cannot_be_read_is_left_to_cleaning(void **state) {
  (void)state;
  struct pt_record r = next(
      "{\"type\":\"track\",\"event\":\"Order "
      "Completed\",\"properties\":{\"discount\":1,\"products\":[{\"price\":\"dear\"},"
      "{\"product_id\":\"x\"},{\"price\":4}]}}");
  assert_int_equal(r.n_events, 3);
  assert_false(r.events[0].has_amount);
  check_value(&r.events[0].v[PT_F_PRICE], PT_V_TEXT, "dear");
  assert_false(r.events[1].has_amount);
  assert_int_equal(r.events[2].amount, 30000);
}

static void orders_without_products(void **state) {
  (void)state;
  struct pt_record r = next(
      "{\"type\":\"track\",\"event\":\"Order "
      "Completed\",\"properties\":{\"revenue\":25,\"total\":30,\"products\":[]}}");
  EXPECT_NUMBER(r, PT_F_AMOUNT, "25");
  assert_false(r.events->has_amount);
  r = next(
      "{\"type\":\"track\",\"event\":\"Order Refunded\",\"properties\":{\"total\":30,\"tax\":2,\"shipping\":\"3\"}}");
  assert_true(r.events->has_amount);
  assert_int_equal(r.events->amount, 250000);
  r = next("{\"type\":\"track\",\"event\":\"Order Refunded\"}");
  assert_false(r.events->has_amount);
  EXPECT_ABSENT(r, PT_F_AMOUNT);
}

static void only_the_last_list_of_products_counts(void **state) {
  (void)state;
  static const struct {
    const char *properties;
    uint32_t n;
  } row[] = {
      {"\"products\":[{\"price\":1},{\"price\":2}],\"products\":[{\"price\":3}]", 1},
      {"\"products\":[{\"price\":1},{\"price\":2}],\"products\":4", 1},
      {"\"products\":{\"price\":1}", 1},
  };
  for (size_t i = 0; i < COUNT(row); i++) {
    char text[512];
    snprintf(text, sizeof text, "{\"type\":\"track\",\"event\":\"Order Completed\",\"properties\":{%s}}",
             row[i].properties);
    struct pt_record r = next(text);
    assert_int_equal(r.n_events, row[i].n);
    assert_int_equal(r.events->has_amount ? r.events->amount : -1, i == 0 ? 30000 : -1);
  }
  struct pt_buf b = {0};
  pt_buf_printf(&b, "{\"type\":\"track\",\"event\":\"Order Completed\",\"properties\":{\"products\":[{}");
  for (int i = 0; i < PT_MAX_ROWS; i++) pt_buf_printf(&b, ",{}");
  pt_buf_printf(&b, "]}}");
  assert_int_equal(pt_buf_add(&b, "", 1), 0);
  struct pt_record r = next(b.p);
  assert_int_equal(r.fate, PT_REJECTED_LINE);
  assert_int_equal(r.reason, PT_R_UNPARSABLE);
  pt_buf_free(&b);
  for (int i = 0; i < 3; i++) assert_int_equal(next("{\"type\":\"page\"}").fate, PT_ACCEPTED);
}

/* The 191 payloads of the spec pages, as counted by hand. */
static void samples_of_the_spec(void **state) {
  (void)state;
  struct pt_buf b = shared_file("event_payload_samples/payloads.jsonl");
  if (b.n == 0) {
    print_message("shared data are not here\n");
    skip();
  }
  struct pt_format f = *pt_format_builtin("segment");
  strcpy(f.root, "payload");
  struct pt_parser *p = open_parser(&f, (struct pt_slice){0}, 1 << 20);
  int lines = 0, unknown = 0, records = 0, events = 0, timed = 0, users = 0, groups = 0, views = 0, amounts = 0;
  for (const char *at = b.p, *end = b.p + b.n; at < end; lines++) {
    struct pt_record r;
    pt_parser_next(p, at, end, at == b.p, true, &r);
    at = r.next;
    if (r.fate == PT_REJECTED_LINE) {
      assert_int_equal(r.reason, PT_R_UNKNOWN_FORMAT);
      unknown++;
      continue;
    }
    assert_int_equal(r.fate, PT_ACCEPTED);
    const struct pt_value *v = r.events->v;
    struct pt_slice event = {v[PT_F_EVENT].p, v[PT_F_EVENT].n};
    records += r.events->record;
    if (!r.events->record) events += (int)r.n_events;
    timed += pt_value_given(&v[PT_F_TIME]);
    users += pt_value_given(&v[PT_F_USER_ID]);
    groups += pt_slice_eq(event, PT_SLICE("group")) || pt_slice_eq(event, PT_SLICE("alias"));
    views += pt_slice_eq(event, PT_SLICE("view"));
    for (uint32_t i = 0; i < r.n_events; i++) amounts += r.events[i].has_amount;
  }
  pt_parser_close(p);
  pt_buf_free(&b);
  assert_int_equal(lines, 191);
  assert_int_equal(unknown, 1); /* "merge" */
  assert_int_equal(records, 7);
  assert_int_equal(groups, 8);               /* 5 group, 3 alias */
  assert_int_equal(views, 6);                /* 3 page, 3 screen */
  assert_int_equal(events, 191 - 1 - 7 + 9); /* 9 orders of two products */
  assert_int_equal(amounts, 18);
  assert_int_equal(timed, 11);
  assert_int_equal(users, 90); /* 91 with that of "merge" */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kinds_of_payload),         cmocka_unit_test(fields_come_from_their_places),
      cmocka_unit_test(products_become_events),   cmocka_unit_test(discounts_are_spread_exactly),
      cmocka_unit_test(spreads_sum_to_the_whole), cmocka_unit_test(what_cannot_be_read_is_left_to_cleaning),
      cmocka_unit_test(orders_without_products),  cmocka_unit_test(only_the_last_list_of_products_counts),
      cmocka_unit_test(samples_of_the_spec),
  };
  return cmocka_run_group_tests(tests, open_segment, close_segment);
}

/* What only rows have: times, float32 columns, closed labels, interests, ranks; and the mistakes around them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka needs the above first */
#include <cmocka.h>
#include <portrait/expr.h>

enum { SHARE, SEEN, LEVEL, CITY, ORDERS, INTEREST = 10, RANK = 20 };
static const char *const names[] = {"share", "seen", "level", "city", "orders", NULL};
static const char *const levels[] = {"low", "medium", "high", NULL};
static char asked[3][40]; /* what interest() and prank() were asked for */

static int find(void *ctx, struct pt_slice name, enum pt_xtype *type) {
  (void)ctx;
  for (int i = 0; names[i]; i++)
    if (pt_slice_eq(name, pt_slice_of(names[i]))) {
      *type = i == LEVEL || i == CITY ? PT_X_TEXT : PT_X_NUMBER;
      return i;
    }
  return -1;
}

static const char *suggest(void *ctx, uint32_t i) {
  (void)ctx;
  return names[i];
}

static unsigned traits(void *ctx, int operand) {
  (void)ctx;
  return operand == SHARE || operand == INTEREST ? PT_X_FLOAT32 : operand == SEEN ? PT_X_TIME : 0;
}

static const char *label(void *ctx, int operand, uint32_t i) {
  (void)ctx;
  return operand == LEVEL ? levels[i] : NULL;
}

static void keep(int i, struct pt_slice text) {
  snprintf(asked[i], sizeof asked[i], "%.*s", (int)text.n, text.p);
}

static int interest(void *ctx, struct pt_slice kind, struct pt_slice entry) {
  (void)ctx;
  if (!pt_slice_eq(kind, PT_SLICE("category"))) return -1;
  keep(0, kind);
  keep(1, entry);
  return INTEREST;
}

static const char *kinds(void *ctx, uint32_t i) {
  (void)ctx;
  return i == 0 ? "category" : NULL;
}

static int rank(void *ctx, struct pt_slice argument, struct pt_err *err) {
  (void)ctx;
  keep(2, argument);
  if (strcmp(asked[2], "orders + 13") == 0) return -pt_fail(err, "expr", PT_CONFIG, 0, "refused");
  return RANK;
}

static struct pt_xclock paris = {.last_day = 20000};
static struct pt_xnames known = {.find = find,
                                 .suggest = suggest,
                                 .traits = traits,
                                 .label = label,
                                 .clock = &paris,
                                 .interest = interest,
                                 .kinds = kinds,
                                 .rank = rank};

/* share = float32 0.7, seen = local midnight in Paris of day 19998, level = medium, orders = 3, interest = float32 0.3,
 * rank = 0.25; in the second row all is unknown. */
static void fetch(void *ctx, int operand, uint32_t n, struct pt_xvector *out) {
  (void)ctx;
  assert_int_equal(n, 2);
  out->unknown[1] = 1;
  if (operand == SHARE) out->v.number[0] = (double).7f;
  if (operand == SEEN) out->v.number[0] = 19998. * 86400000 - 2 * 3600000; /* October: two hours before UTC */
  if (operand == LEVEL) out->v.text[0] = PT_SLICE("medium");
  if (operand == CITY) out->v.text[0] = PT_SLICE("Lyon");
  if (operand == ORDERS) out->v.number[0] = 3;
  if (operand == INTEREST) out->v.number[0] = (double).3f;
  if (operand == RANK) out->v.number[0] = .25;
}

static void get(void *ctx, int operand, struct pt_xvalue *out) {
  uint8_t mask[2] = {0};
  struct pt_slice room[2];
  struct pt_xvector v = {.unknown = mask, .v.text = room};
  fetch(ctx, operand, 2, &v);
  if (operand == LEVEL || operand == CITY)
    *out = (struct pt_xvalue){.type = PT_X_TEXT, .text = v.v.text[0]};
  else
    *out = (struct pt_xvalue){.type = PT_X_NUMBER, .number = v.v.number[0]};
}

/* Both evaluators say the same. */
static bool holds(const char *text) {
  struct pt_err err = {0};
  struct pt_expr *e;
  struct pt_xbatch *b;
  struct pt_xvalue one;
  if (pt_expr_compile(&e, text, PT_X_BOOL, &known, &err)) fail_msg("%s: %s", text, err.text);
  assert_int_equal(pt_xbatch_open(&b, e, &err), 0);
  const struct pt_xvector *v = pt_xbatch_eval(b, 2, fetch, NULL);
  assert_int_equal(v->unknown[0], 0);
  bool truth = v->v.truth[0];
  pt_expr_eval(e, get, NULL, &one);
  assert_int_equal(one.type, PT_X_BOOL);
  assert_int_equal(one.truth, truth);
  pt_xbatch_free(b);
  pt_expr_free(e);
  return truth;
}

static void test_values(void **state) {
  (void)state;
  assert_true(holds("share >= 0.7")); /* as the column has it, not 0.699999988 < 0.7 */
  assert_true(holds("0.7 == share"));
  assert_true(holds("share in (0.1, 0.7)"));
  assert_true(holds("share < 1e300"));
  assert_false(holds("share + 0 == 0.7")); /* what is worked out is a double */
  assert_true(holds("days_since(seen) == 2"));
  assert_true(holds("days_since(max(seen, seen)) == 2"));
  assert_true(holds("days_since(coalesce(seen, seen)) == 2 and days_since(if(orders > 1, seen, seen)) == 2"));
  assert_true(holds("level == 'medium' and level != 'high'"));
  assert_true(holds("city != 'Nowhere'"));
  assert_true(holds("interest('category', 'home.kitchen') == 0.3"));
  assert_string_equal(asked[0], "category");
  assert_string_equal(asked[1], "home.kitchen");
  assert_true(holds("1 - prank( orders * (2 + 1) ) > 0.7"));
  assert_string_equal(asked[2], "orders * (2 + 1)");
  assert_true(holds("prank(orders) == 0.25 and prank(sqrt(orders)) < 0.5"));
}

static const struct {
  const char *text, *message;
} rows[] = {
    {"level == 'medum'", "no label is 'medum' (did you mean 'medium'?)\n  level == 'medum'\n           ^"},
    {"'xyz' != level", "no label is 'xyz' (there is 'low')\n  'xyz' != level\n  ^"},
    {"level in ('low', 'hihg')",
     "no label is 'hihg' (did you mean 'high'?)\n  level in ('low', 'hihg')\n                   ^"},
    {"level > 2", "a text is compared with a number\n  level > 2\n        ^"},
    {"days_since(orders) > 1", "days_since() takes a time, this is none\n  days_since(orders) > 1\n             ^"},
    {"days_since(seen - 5) > 1",
     "days_since() takes a time, this is none\n  days_since(seen - 5) > 1\n                  ^"},
    {"days_sinc(seen) > 1", "unknown function 'days_sinc' (did you mean 'days_since'?)\n  days_sinc(seen) > 1\n  ^"},
    {"interest('categry', 'a') > 0",
     "unknown interest 'categry' (did you mean 'category'?)\n  interest('categry', 'a') > 0\n           ^"},
    {"interest(city, 'a') > 0",
     "interest() takes two texts in quotes: a kind and an entry\n  interest(city, 'a') > 0\n  ^"},
    {"interest('category', 'a', 'b') > 0",
     "interest() takes 2 arguments, not 3\n  interest('category', 'a', 'b') > 0\n  ^"},
    {"prank(ordrs) > 0", "unknown name 'ordrs' (did you mean 'orders'?)\n  prank(ordrs) > 0\n        ^"},
    {"prank(orders + 13) > 0", "refused"},
    {"prank() > 0", "prank() takes 1 argument, not 0\n  prank() > 0\n  ^"},
};

static void test_mistakes(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct pt_err err = {0};
    struct pt_expr *e;
    assert_int_equal(pt_expr_compile(&e, rows[i].text, PT_X_BOOL, &known, &err), PT_CONFIG);
    assert_string_equal(err.text, rows[i].message);
  }
}

int main(void) {
  struct pt_err err = {0};
  struct pt_zone *zone;
  if (pt_zone_open(&zone, "Europe/Paris", &err)) return 1;
  paris.zone = zone;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_mistakes),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  pt_zone_close(zone);
  return failed;
}

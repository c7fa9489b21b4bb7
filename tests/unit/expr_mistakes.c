/* Mistakes: the whole text a user sees, and the limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
/* cmocka needs the above first */
#include <cmocka.h>
#include <portrait/expr.h>

static const char *const names[] = {"quantity", "price", "country", NULL};

static int find(void *ctx, struct pt_slice name, enum pt_xtype *type) {
  (void)ctx;
  *type = PT_X_ANY;
  for (int i = 0; names[i]; i++)
    if (pt_slice_eq(name, pt_slice_of(names[i]))) return i;
  return -1;
}

static const char *suggest(void *ctx, uint32_t i) {
  (void)ctx;
  return names[i];
}

static const struct pt_xnames known = {.find = find, .suggest = suggest};

static const struct {
  enum pt_xtype want;
  const char *text, *message;
} rows[] = {
    {PT_X_ANY, "quantiy * price", "unknown name 'quantiy' (did you mean 'quantity'?)\n  quantiy * price\n  ^"},
    {PT_X_ANY, "quantity * Price", "unknown name 'Price' (did you mean 'price'?)\n  quantity * Price\n             ^"},
    {PT_X_ANY, "purchase", "unknown name 'purchase' (a text stands in quotes)\n  purchase\n  ^"},
    {PT_X_ANY, "start_with(country, 'U')",
     "unknown function 'start_with' (did you mean 'starts_with'?)\n  start_with(country, 'U')\n  ^"},
    {PT_X_ANY, "zzz(1)", "unknown function 'zzz'\n  zzz(1)\n  ^"},
    {PT_X_ANY, "days_since(price)", "unknown function 'days_since'\n  days_since(price)\n  ^"},
    {PT_X_ANY, "prank(price)", "unknown function 'prank'\n  prank(price)\n  ^"},
    {PT_X_ANY, "interest('category', 'shoes')", "unknown function 'interest'\n  interest('category', 'shoes')\n  ^"},
    {PT_X_ANY, "sqrt(price, 2)", "sqrt() takes 1 argument, not 2\n  sqrt(price, 2)\n  ^"},
    {PT_X_ANY, "log('a')", "a number is needed here, this is a text\n  log('a')\n      ^"},
    {PT_X_ANY, "", "a value is missing here\n  \n  ^"},
    {PT_X_ANY, "price >", "a value is missing here\n  price >\n         ^"},
    {PT_X_ANY, "price > and 1", "a value is missing before 'and'\n  price > and 1\n          ^"},
    {PT_X_ANY, "price 5", "an operator is missing before this\n  price 5\n        ^"},
    {PT_X_ANY, "(price", "')' is missing here\n  (price\n        ^"},
    {PT_X_ANY, "price = 5", "'=' is no comparison (did you mean '=='?)\n  price = 5\n        ^"},
    {PT_X_ANY, "!price", "'!' is no operator (did you mean 'not'?)\n  !price\n  ^"},
    {PT_X_ANY, "1 < price < 5",
     "comparisons do not chain: join two of them with 'and'\n  1 < price < 5\n            ^"},
    {PT_X_ANY, "price # 5", "a character that no expression has\n  price # 5\n        ^"},
    {PT_X_ANY, "country == 'x", "the text that begins here has no closing '\n  country == 'x\n             ^"},
    {PT_X_ANY, "country not 'x'", "'in' is missing behind 'not'\n  country not 'x'\n              ^"},
    {PT_X_ANY, "country in 'x'", "'(' is missing behind 'in'\n  country in 'x'\n             ^"},
    {PT_X_ANY, "country in ()", "a value is missing here\n  country in ()\n              ^"},
    {PT_X_ANY, "if(true, 1)", "if() takes 3 arguments, not 2\n  if(true, 1)\n  ^"},
    {PT_X_ANY, "min()", "min() takes at least 1 argument, not 0\n  min()\n  ^"},
    {PT_X_ANY, "12price", "a number ends in letters\n  12price\n  ^"},
    {PT_X_ANY, "1e999", "a number too large\n  1e999\n  ^"},
    /* types */
    {PT_X_ANY, "'a' + 1", "a number is needed here, this is a text\n  'a' + 1\n  ^"},
    {PT_X_ANY, "1 == 'a'", "a number is compared with a text\n  1 == 'a'\n    ^"},
    {PT_X_ANY, "price and (1 + 2)",
     "a yes-or-no value is needed here, this is a number\n  price and (1 + 2)\n               ^"},
    {PT_X_ANY, "true < false", "yes-or-no values have no order\n  true < false\n       ^"},
    {PT_X_ANY, "if(price > 1, 'a', 2)",
     "a number beside a text: all must be of one type\n  if(price > 1, 'a', 2)\n                     ^"},
    {PT_X_ANY, "country in ('a', 2)", "a text is compared with a number\n  country in ('a', 2)\n                   ^"},
    {PT_X_ANY, "starts_with(country, 1)",
     "a text is needed here, this is a number\n  starts_with(country, 1)\n                       ^"},
    {PT_X_BOOL, "price * 2", "a yes-or-no value is needed here, this is a number\n  price * 2\n        ^"},
    {PT_X_NUMBER, "country == 'x'",
     "a number is needed here, this is a yes-or-no value\n  country == 'x'\n          ^"},
    /* the caret counts characters, not bytes; line breaks are blanks */
    {PT_X_ANY, "country == 'Île' or pric",
     "unknown name 'pric' (did you mean 'price'?)\n  country == 'Île' or pric\n                      ^"},
    {PT_X_ANY, "price >\n\t pric", "unknown name 'pric' (did you mean 'price'?)\n  price >   pric\n            ^"},
};

static void test_messages(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct pt_err err = {0};
    struct pt_expr *e = NULL;
    assert_int_equal(pt_expr_compile(&e, rows[i].text, rows[i].want, &known, &err), PT_CONFIG);
    assert_null(e);
    assert_string_equal(err.text, rows[i].message);
  }
}

static void fill(char *text, const char *part, size_t times, const char *tail) {
  size_t n = strlen(part);
  for (size_t i = 0; i < times; i++) memcpy(text + i * n, part, n);
  memcpy(text + times * n, tail, strlen(tail) + 1);
}

static int compile(const char *text, struct pt_err *err) {
  struct pt_expr *e;
  pt_err_clear(err);
  int code = pt_expr_compile(&e, text, PT_X_ANY, &known, err);
  pt_expr_free(e);
  return code;
}

static void test_limits(void **state) {
  (void)state;
  static char text[200000];
  struct pt_err err;
  fill(text, "-", 64, "price"); /* signs, brackets and `not` count alike */
  assert_int_equal(compile(text, &err), 0);
  fill(text, "-", 65, "price");
  assert_int_equal(compile(text, &err), PT_CONFIG);
  assert_non_null(strstr(err.text, "nested deeper than 64 levels\n"));
  fill(text, "(", 100000, "");
  assert_int_equal(compile(text, &err), PT_CONFIG);
  fill(text, "(", 60000, "");
  assert_int_equal(compile(text, &err), PT_CONFIG);
  fill(text, "not ", 65, "true");
  assert_int_equal(compile(text, &err), PT_CONFIG);
  fill(text, "price+", 10000, "1"); /* length is no depth */
  assert_int_equal(compile(text, &err), 0);
  fill(text, "price+", 12000, "1");
  assert_int_equal(compile(text, &err), PT_CONFIG);
}

/* A long line is shown around the mistake alone. */
static void test_long_line(void **state) {
  (void)state;
  static char text[4096];
  struct pt_err err;
  fill(text, "price + ", 100, "pricee");
  fill(text + strlen(text), " + price", 100, "");
  assert_int_equal(compile(text, &err), PT_CONFIG);
  const char *line = strstr(err.text, "\n  ...");
  assert_non_null(line);
  const char *caret = strchr(line + 1, '\n');
  assert_non_null(caret);
  assert_int_equal(memcmp(line + 1 + strspn(caret + 1, " "), "pricee", 6), 0);
  assert_non_null(strstr(line, "...\n"));
  assert_true(strlen(err.text) < 400);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_messages),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_long_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

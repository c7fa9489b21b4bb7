/* Values of expressions: each row is a line (name=value pairs), an expression and what it must give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka needs the above first */
#include <cmocka.h>
#include <portrait/expr.h>

/* Operands: any field a..e as text of the line, `n` a number column, `t` a text column, `f` a flag column. */
static const char *const names[] = {"quantity", "price", "country", "invoice", "discount", "n", "t", "f", NULL};
#define N_NAMES 8

struct line {
  const char *v[N_NAMES]; /* NULL = absent */
};

static int find(void *ctx, struct pt_slice name, enum pt_xtype *type) {
  (void)ctx;
  for (int i = 0; names[i]; i++) {
    if (!pt_slice_eq(name, pt_slice_of(names[i]))) continue;
    *type = i < 5 ? PT_X_ANY : (enum pt_xtype)(i - 4);
    return i;
  }
  return -1;
}

static const char *suggest(void *ctx, uint32_t i) {
  (void)ctx;
  return names[i];
}

static const struct pt_xnames known = {.find = find, .suggest = suggest};

static void get(void *ctx, int operand, struct pt_xvalue *out) {
  const char *text = ((const struct line *)ctx)->v[operand];
  if (!text) return;
  if (operand == 5)
    assert_true(pt_x_number(pt_slice_of(text), out));
  else if (operand == 7)
    *out = (struct pt_xvalue){.type = PT_X_BOOL, .truth = text[0] == 'y'};
  else
    *out = (struct pt_xvalue){.type = PT_X_TEXT, .text = pt_slice_of(text)};
}

static void show(const struct pt_xvalue *v, char *out, size_t n) {
  switch (v->type) {
    case PT_X_ANY:
      snprintf(out, n, "unknown");
      break;
    case PT_X_BOOL:
      snprintf(out, n, "%s", v->truth ? "true" : "false");
      break;
    case PT_X_TEXT:
      snprintf(out, n, "'%.*s'", (int)v->text.n, v->text.p);
      break;
    case PT_X_NUMBER:
      if (v->exact)
        snprintf(out, n, "%lldE-%d", (long long)v->mantissa, v->scale);
      else
        snprintf(out, n, "~%.17g", v->number);
      break;
  }
}

static void evaluate(const char *text, const struct line *line, enum pt_xtype want, char *out, size_t n) {
  struct pt_err err = {0};
  struct pt_expr *e;
  if (pt_expr_compile(&e, text, want, &known, &err)) fail_msg("%s: %s", text, err.text);
  struct pt_xvalue v;
  union {
    const void *in;
    void *out;
  } ctx = {line};
  pt_expr_eval(e, get, ctx.out, &v);
  pt_expr_eval(e, get, ctx.out, &v); /* a second use gives the same */
  show(&v, out, n);
  pt_expr_free(e);
}

static const struct line sale = {{"6", "2.55", "United Kingdom", "C536379", NULL, "41.5", "Gold", "y"}};
static const struct line bare = {{NULL, "abc", "", NULL, "0", NULL, NULL, NULL}};

static const struct {
  const struct line *line;
  const char *text, *want;
} rows[] = {
    /* numbers are exact */
    {&sale, "quantity * price", "1530E-2"},
    {&sale, "0.1 + 0.2 == 0.3", "true"},
    {&sale, "1 - 0.9", "1E-1"},
    {&sale, "-price", "-255E-2"},
    {&sale, "- -3", "3E-0"},
    {&sale, "2 - 3 - 4", "-5E-0"},
    {&sale, "2 + 3 * 4", "14E-0"},
    {&sale, "(2 + 3) * 4", "20E-0"},
    {&sale, "12 / 4 / 3", "1E-0"},
    {&sale, "1 / 8", "125E-3"},
    {&sale, "1 / 3", "~0.33333333333333331"},
    {&sale, "7 / 0", "unknown"},
    {&sale, "1e3", "1000E-0"},
    {&sale, ".5e-2", "5E-3"},
    {&sale, "9223372036854775807", "9223372036854775807E-0"},
    {&sale, "9223372036854775807 + 1", "~9.2233720368547758e+18"},
    {&sale, "1e300 * 1e300", "unknown"},
    {&sale, "0.1234567890123456789 * 0", "~0"},
    {&sale, "123456789012345678 * 10.5", "1296296284629629619E-0"},
    {&sale, "abs(-2.5) + abs(2)", "45E-1"},
    {&sale, "min(3, price, 7)", "255E-2"},
    {&sale, "max(3, quantity, 5.5)", "6E-0"},
    {&sale, "min(3, country)", "unknown"},
    {&sale, "number('12.50') + 0", "125E-1"},
    {&sale, "number('12a')", "unknown"},
    {&sale, "n * 2", "830E-1"},
    /* a text of the line is a number where one is asked, bytes beside a text */
    {&sale, "quantity > 5", "true"},
    {&sale, "quantity > '5'", "true"},
    {&sale, "'10' < '9'", "true"},
    {&sale, "quantity < 10", "true"},
    {&sale, "quantity == 6.0", "true"},
    {&sale, "quantity == '6.0'", "false"},
    {&sale, "country != 'Unspecified'", "true"},
    {&sale, "country == 5", "unknown"},
    {&sale, "quantity < price", "false"},
    {&sale, "t == 'Gold'", "true"},
    {&sale, "f == true", "true"},
    {&sale, "f != false and not (f == false)", "true"},
    {&sale, "country in ('France', \"United Kingdom\")", "true"},
    {&sale, "country not in ('France', 'EIRE')", "true"},
    {&sale, "quantity in (1, -6, 6)", "true"},
    {&sale, "quantity in (1, price)", "false"},
    {&sale, "quantity in (price, 3 * 2)", "true"},
    {&sale, "country in (1, 2)", "unknown"},
    {&sale, "price in (discount, 2.55)", "true"},
    {&sale, "price in (discount, 3)", "unknown"},
    /* texts */
    {&sale, "if(starts_with(invoice, 'C'), 'refund', 'purchase')", "'refund'"},
    {&bare, "if(starts_with(invoice, 'C'), 'refund', 'purchase')", "'purchase'"},
    {&sale, "ends_with(invoice, '379')", "true"},
    {&sale, "ends_with(invoice, '0C536379')", "false"},
    {&sale, "contains(country, 'King')", "true"},
    {&sale, "contains(country, 'king')", "false"},
    {&sale, "contains(lower(country), 'king')", "true"},
    {&sale, "lower(country) == lower('UNITED KINGDOM')", "true"},
    {&sale, "contains(country, '')", "true"},
    {&sale, "\"it's\" == 'it'", "false"},
    /* unknown */
    {&bare, "price * 2", "unknown"},
    {&bare, "quantity > 5", "unknown"},
    {&bare, "not (quantity > 5)", "unknown"},
    {&bare, "quantity > 5 and false", "false"},
    {&bare, "quantity > 5 and true", "unknown"},
    {&bare, "quantity > 5 or true", "true"},
    {&bare, "true or quantity > 5", "true"},
    {&bare, "quantity > 5 or false", "unknown"},
    {&bare, "false and quantity > 5", "false"},
    {&bare, "coalesce(quantity, discount, 7)", "'0'"},
    {&bare, "coalesce(quantity, discount, 7) + 1", "1E-0"},
    {&bare, "coalesce(quantity, n)", "unknown"},
    {&bare, "is_known(quantity)", "false"},
    {&bare, "is_known(country)", "true"},
    {&bare, "is_known(quantity) or price == 'abc'", "true"},
    {&bare, "if(quantity > 5, 1, 2)", "2E-0"},
    {&bare, "starts_with(invoice, 'C')", "unknown"},
    {&bare, "f", "unknown"},
    {&bare, "not f", "unknown"},
    {&bare, "max(1, quantity)", "unknown"},
    {&bare, "quantity in (1, 2)", "unknown"},
    /* functions of one number */
    {&sale, "sqrt(6.25)", "~2.5"},
    {&sale, "exp(0) + log(1)", "~1"},
    {&sale, "log(0)", "unknown"},
    {&sale, "log(-1)", "unknown"},
    {&sale, "sqrt(-1)", "unknown"},
    {&sale, "exp(1000)", "unknown"},
    {&bare, "sqrt(quantity)", "unknown"},
    /* what binds tighter */
    {&sale, "-quantity * 2 + 20 / 4 - 1", "-8E-0"},
    {&sale, "2 - -3 * -(1 + 1)", "-4E-0"},
    {&sale, "true or true and false", "true"},
    {&sale, "(true or true) and false", "false"},
    {&sale, "not true or true", "true"},
    {&sale, "not (true or true)", "false"},
    {&sale, "not quantity > 7 and quantity + 1 == 7", "true"},
    {&sale, "1 + quantity in (7, 8) and not 2 not in (1, 3)", "false"},
};

static void test_values(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char got[128];
    evaluate(rows[i].text, rows[i].line, PT_X_ANY, got, sizeof got);
    if (strcmp(got, rows[i].want)) fail_msg("%s: %s instead of %s", rows[i].text, got, rows[i].want);
  }
}

static void test_wanted_type(void **state) {
  (void)state;
  char got[64];
  evaluate("price", &sale, PT_X_NUMBER, got, sizeof got);
  assert_string_equal(got, "255E-2");
  evaluate("country", &sale, PT_X_NUMBER, got, sizeof got);
  assert_string_equal(got, "unknown");
  evaluate("price", &sale, PT_X_TEXT, got, sizeof got);
  assert_string_equal(got, "'2.55'");
  evaluate("price", &sale, PT_X_BOOL, got, sizeof got);
  assert_string_equal(got, "unknown");
}

static void test_reads(void **state) {
  (void)state;
  struct pt_err err = {0};
  struct pt_expr *e;
  assert_int_equal(pt_expr_compile(&e, "price * quantity + price * n", PT_X_NUMBER, &known, &err), 0);
  uint32_t n;
  const int *reads = pt_expr_reads(e, &n);
  assert_int_equal(n, 3);
  assert_int_equal(reads[0], 0);
  assert_int_equal(reads[1], 1);
  assert_int_equal(reads[2], 5);
  pt_expr_free(e);
  pt_expr_free(NULL);
}

/* Doubles beside exact values are the nearest ones: compared with the compiler's own constants. */
static void test_doubles(void **state) {
  (void)state;
#define ROW(x) \
  { #x, x }
  static const struct {
    const char *text;
    double want;
  } doubles[] = {ROW(0.1),
                 ROW(2.675),
                 ROW(9007199254740993.0),
                 ROW(922337203685477.5807),
                 ROW(0.9223372036854775807),
                 ROW(1.797693134862315),
                 ROW(4503599627370497.5),
                 ROW(123456789.123456789),
                 ROW(1e22),
                 ROW(1e-18),
                 ROW(12345678901234567890.0),
                 ROW(6.02214076e23),
                 ROW(1e-40)};
  for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) {
    struct pt_xvalue v;
    assert_true(pt_x_number(pt_slice_of(doubles[i].text), &v));
    if (v.number != doubles[i].want) fail_msg("%s: %.20g", doubles[i].text, v.number);
  }
}

static void test_number_texts(void **state) {
  (void)state;
  static const char *const good[] = {"0", "-0.0", "+5", " 7 ", "1.", ".5", "1e5", "1E-5", "00012", "1e-999"};
  static const char *const bad[] = {"", " ", "-", ".", "1e", "1e+", "0x10", "1,5", "1 2", "inf", "nan", "1e999", "--1"};
  struct pt_xvalue v;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_true(pt_x_number(pt_slice_of(good[i]), &v));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (pt_x_number(pt_slice_of(bad[i]), &v)) fail_msg("'%s' is no number", bad[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values),  cmocka_unit_test(test_wanted_type),  cmocka_unit_test(test_reads),
      cmocka_unit_test(test_doubles), cmocka_unit_test(test_number_texts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Any text as an expression; what compiles is evaluated over values of every type. The first byte picks the type that
 * is asked for. Checked beyond the sanitizers: a result is of that type or unknown, an exact number agrees with its
 * double, and a second evaluation gives the same. */
#include <math.h>
#include <portrait/expr.h>
#include <stdlib.h>

static const char *const texts[] = {
    "12", "-0.5", "Gold", "", "1e18", "true", "99999999999999999999", "0.000000000000000001"};

static int find(void *ctx, struct pt_slice name, enum pt_xtype *type) {
  (void)ctx;
  if (name.n != 1 || name.p[0] < 'a' || name.p[0] > 'p') return -1;
  int i = name.p[0] - 'a';
  *type = i < 10 ? PT_X_ANY : i < 12 ? PT_X_NUMBER : i < 14 ? PT_X_TEXT : PT_X_BOOL;
  return i;
}

static const char *suggest(void *ctx, uint32_t i) {
  (void)ctx;
  static const char *const known[] = {"a", "quantity", "price", NULL};
  return known[i];
}

static void get(void *ctx, int operand, struct pt_xvalue *out) {
  (void)ctx;
  if (operand < 8)
    *out = (struct pt_xvalue){.type = PT_X_TEXT, .text = pt_slice_of(texts[operand])};
  else if (operand == 10)
    pt_x_number(PT_SLICE("9223372036854775807"), out);
  else if (operand == 12)
    *out = (struct pt_xvalue){.type = PT_X_TEXT, .text = PT_SLICE("Text")};
  else if (operand == 14)
    *out = (struct pt_xvalue){.type = PT_X_BOOL, .truth = true};
}

static void check(const struct pt_xvalue *v, enum pt_xtype want) {
  if (v->type != PT_X_ANY && want != PT_X_ANY && v->type != want) abort();
  if (v->type != PT_X_NUMBER) return;
  if (!isfinite(v->number)) abort();
  if (!v->exact) return;
  double about = (double)v->mantissa * pow(10, -v->scale);
  if (v->scale < 0 || v->scale > 18 || fabs(v->number - about) > 1e-12 * fabs(about)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  if (n == 0) return 0;
  enum pt_xtype want = (enum pt_xtype)(data[0] & 3);
  char *text = malloc(n);
  if (!text) return 0;
  memcpy(text, data + 1, n - 1);
  text[n - 1] = 0;
  static const struct pt_xnames names = {.find = find, .suggest = suggest};
  struct pt_err err = {0};
  struct pt_expr *e;
  if (pt_expr_compile(&e, text, want, &names, &err) == 0) {
    struct pt_xvalue a, b;
    pt_expr_eval(e, get, NULL, &a);
    check(&a, want);
    struct pt_xvalue first = a;
    pt_expr_eval(e, get, NULL, &b);
    if (first.type != b.type || first.truth != b.truth || first.mantissa != b.mantissa) abort();
    pt_expr_free(e);
  } else if (!err.text[0]) {
    abort();
  }
  free(text);
  return 0;
}

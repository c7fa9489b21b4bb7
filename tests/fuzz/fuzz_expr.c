/* Any text as an expression; what compiles is evaluated over values of every type. The first byte picks the type that
 * is asked for, and whether the operands have types of their own: then it is run over a batch too. Checked beyond the
 * sanitizers: a result is of that type or unknown, an exact number agrees with its double, a second evaluation gives
 * the same, and so does every row of the batch. */
#include <math.h>
#include <portrait/expr.h>
#include <stdlib.h>

static const char *const texts[] = {
    "12", "-0.5", "Gold", "", "1e18", "true", "99999999999999999999", "0.000000000000000001"};

static int find(void *ctx, struct pt_slice name, enum pt_xtype *type) {
  bool typed = *(const bool *)ctx;
  if (name.n != 1 || name.p[0] < 'a' || name.p[0] > 'p') return -1;
  int i = name.p[0] - 'a';
  *type = i < 10 && typed ? PT_X_TEXT : i < 10 ? PT_X_ANY : i < 12 ? PT_X_NUMBER : i < 14 ? PT_X_TEXT : PT_X_BOOL;
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

static unsigned traits(void *ctx, int operand) {
  (void)ctx;
  return operand == 10 ? PT_X_TIME : operand == 11 ? PT_X_FLOAT32 : 0;
}

static const char *label(void *ctx, int operand, uint32_t i) {
  (void)ctx;
  static const char *const labels[] = {"Text", "Gold", NULL};
  return operand == 13 ? labels[i] : NULL;
}

static int interest(void *ctx, struct pt_slice kind, struct pt_slice entry) {
  (void)ctx;
  return kind.n == 1 && entry.n ? 11 : -1;
}

static const char *kinds(void *ctx, uint32_t i) {
  (void)ctx;
  return i == 0 ? "c" : NULL;
}

static int rank(void *ctx, struct pt_slice argument, struct pt_err *err) {
  (void)ctx;
  return argument.n < 20 ? 11 : -pt_fail(err, "expr", PT_CONFIG, 0, "refused");
}

static void fetch(void *ctx, int operand, uint32_t n, struct pt_xvector *out) {
  for (uint32_t i = 0; i < n; i++) {
    struct pt_xvalue v = {0};
    get(ctx, operand, &v);
    out->unknown[i] = v.type == PT_X_ANY;
    if (v.type == PT_X_NUMBER)
      out->v.number[i] = v.number;
    else if (v.type == PT_X_TEXT)
      out->v.text[i] = v.text;
    else if (v.type == PT_X_BOOL)
      out->v.truth[i] = v.truth;
  }
}

#define ROWS 3

/* All rows have the same values, so all results are the same, and known where the single one is but for rounding. */
static void run_batch(struct pt_expr *e) {
  struct pt_err err = {0};
  struct pt_xbatch *b;
  if (pt_xbatch_open(&b, e, &err)) abort();
  const struct pt_xvector *v = pt_xbatch_eval(b, ROWS, fetch, NULL);
  for (int i = 1; i < ROWS; i++) {
    if (v->unknown[i] != v->unknown[0]) abort();
    if (v->unknown[0]) continue;
    if (v->type == PT_X_NUMBER && (v->v.number[i] != v->v.number[0] || !isfinite(v->v.number[0]))) abort();
    if (v->type == PT_X_TEXT && !pt_slice_eq(v->v.text[i], v->v.text[0])) abort();
    if (v->type == PT_X_BOOL && v->v.truth[i] != v->v.truth[0]) abort();
  }
  pt_xbatch_free(b);
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
  bool typed = data[0] & 4;
  struct pt_err err = {0};
  static struct pt_xclock clock = {.last_day = 20000};
  if (!clock.zone) {
    struct pt_zone *utc; /* once, for all inputs */
    if (pt_zone_open(&utc, "UTC", &err)) abort();
    clock.zone = utc;
  }
  const struct pt_xnames names = {.ctx = &typed,
                                  .find = find,
                                  .suggest = suggest,
                                  .traits = traits,
                                  .label = label,
                                  .clock = typed ? &clock : NULL,
                                  .interest = typed ? interest : NULL,
                                  .kinds = kinds,
                                  .rank = typed ? rank : NULL};
  struct pt_expr *e;
  if (pt_expr_compile(&e, text, want, &names, &err) == 0) {
    struct pt_xvalue a, b;
    pt_expr_eval(e, get, NULL, &a);
    check(&a, want);
    struct pt_xvalue first = a;
    pt_expr_eval(e, get, NULL, &b);
    if (first.type != b.type || first.truth != b.truth || first.mantissa != b.mantissa) abort();
    if (typed) run_batch(e);
    pt_expr_free(e);
  } else if (!err.text[0]) {
    abort();
  }
  free(text);
  return 0;
}

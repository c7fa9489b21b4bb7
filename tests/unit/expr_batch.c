/* Random expressions, typed, printed with as few brackets as the grammar allows, over batches of rows against a naive
 * evaluator that walks the tree row by row and shares nothing with the program under test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka needs the above first */
#include <cmocka.h>
#include <math.h>
#include <portrait/expr.h>

#define ROWS      1300 /* more than a batch */
#define TREES     1500
#define MAX_NODES 4000
#define MAX_KIDS  4

static uint64_t seed = 20260314;

static uint32_t pick(uint32_t n) {
  seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)((seed >> 33) % n);
}

/* ---- columns: n0..n2 numbers, w0 a time, t0 t1 texts, b0 b1 flags; some cells unknown */

struct val {
  bool known, truth;
  double number;
  char text[24];
};

enum { N0, N1, N2, W0, T0, T1, B0, B1, COLUMNS };
static const char *const names[] = {"n0", "n1", "n2", "w0", "t0", "t1", "b0", "b1", NULL};
static struct val cells[COLUMNS][ROWS];

static enum pt_xtype type_of(int column) {
  return column < T0 ? PT_X_NUMBER : column < B0 ? PT_X_TEXT : PT_X_BOOL;
}

static void fill_cells(void) {
  static const char *const texts[] = {"", "a", "ab", "Abc", "12", "-1e1", "xab", "B"};
  static const double numbers[] = {0, 1, -1, .5, 3, 2.75, 1e300, -7, 12, .1};
  for (int c = 0; c < COLUMNS; c++)
    for (int r = 0; r < ROWS; r++) {
      struct val *v = &cells[c][r];
      v->known = pick(5) > 0;
      v->number = c == W0 ? (double)pick(1000000) * 1e7 - 3e12 : c == N2 ? (double)pick(100) : numbers[pick(10)];
      v->truth = pick(2);
      snprintf(v->text, sizeof v->text, "%s", texts[pick(8)]);
    }
}

static int find(void *ctx, struct pt_slice name, enum pt_xtype *type) {
  (void)ctx;
  for (int i = 0; names[i]; i++)
    if (pt_slice_eq(name, pt_slice_of(names[i]))) {
      *type = type_of(i);
      return i;
    }
  return -1;
}

static unsigned traits(void *ctx, int operand) {
  (void)ctx;
  return operand == W0 ? PT_X_TIME : 0;
}

static void fetch(void *ctx, int operand, uint32_t n, struct pt_xvector *out) {
  const struct val *v = &cells[operand][*(const uint32_t *)ctx];
  for (uint32_t i = 0; i < n; i++) {
    out->unknown[i] = !v[i].known;
    if (type_of(operand) == PT_X_NUMBER)
      out->v.number[i] = v[i].known ? v[i].number : NAN; /* what lies under the mask must not matter */
    else if (type_of(operand) == PT_X_TEXT)
      out->v.text[i] = v[i].known ? pt_slice_of(v[i].text) : (struct pt_slice){NULL, 77};
    else
      out->v.truth[i] = v[i].known ? v[i].truth : 7;
  }
}

/* ---- trees */

enum kind {
  NUMBER,
  TEXT,
  TRUTH,
  COLUMN,
  NEG,
  ADD,
  SUB,
  MUL,
  DIV,
  EQ,
  NE,
  LT,
  LE,
  GT,
  GE,
  NOT,
  AND,
  OR,
  IN,
  NOT_IN,
  IF,
  COALESCE,
  IS_KNOWN,
  STARTS,
  ENDS,
  CONTAINS,
  LOWER,
  TO_NUMBER,
  ABS,
  MIN,
  MAX,
  LOG,
  EXP,
  SQRT,
  DAYS
};

struct node {
  enum kind kind;
  int kids[MAX_KIDS], n;
  int column;
  double number;
  const char *text; /* of a constant as written */
};
static struct node nodes[MAX_NODES];
static int n_nodes;

static int new_node(enum kind kind) {
  if (n_nodes == MAX_NODES) fail_msg("a tree too large");
  nodes[n_nodes] = (struct node){.kind = kind};
  return n_nodes++;
}

static int grow(enum pt_xtype type, int depth);

static int with_kids(enum kind kind, enum pt_xtype type, int n, int depth) {
  int node = new_node(kind);
  for (int i = 0; i < n; i++) {
    int kid = grow(type, depth - 1); /* may move nothing: the pool is static */
    nodes[node].kids[nodes[node].n++] = kid;
  }
  return node;
}

static int constant(enum pt_xtype type) {
  static const char *const numbers[] = {"0", "1", "2.5", ".1", "7", "1e3", "0.3333333333333333", "12", "1e308"};
  static const char *const texts[] = {"''", "\"a\"", "'ab'", "'12'", "'x'", "'Abc'"};
  int node = new_node(type == PT_X_NUMBER ? NUMBER : type == PT_X_TEXT ? TEXT : TRUTH);
  if (type == PT_X_NUMBER) nodes[node].text = numbers[pick(9)];
  if (type == PT_X_TEXT) nodes[node].text = texts[pick(6)];
  if (type == PT_X_BOOL) nodes[node].text = pick(2) ? "true" : "false";
  if (type == PT_X_NUMBER) nodes[node].number = strtod(nodes[node].text, NULL);
  return node;
}

static int leaf(enum pt_xtype type) {
  if (pick(3) == 0) return constant(type);
  int node = new_node(COLUMN);
  nodes[node].column = type == PT_X_NUMBER ? (int)pick(3)
                       : type == PT_X_TEXT ? (int)(T0 + pick(2))
                                           : (int)(B0 + pick(2));
  return node;
}

static int time_tree(void) {
  int node = new_node(DAYS), at = new_node(COLUMN);
  nodes[at].column = W0;
  nodes[node].kids[nodes[node].n++] = at;
  return node;
}

static int choice(enum pt_xtype type, int depth) {
  int node = with_kids(IF, PT_X_BOOL, 1, depth);
  for (int i = 0; i < 2; i++) {
    int kid = grow(type, depth - 1);
    nodes[node].kids[nodes[node].n++] = kid;
  }
  return node;
}

static int grow_number(int depth) {
  static const enum kind unary[] = {NEG, ABS, LOG, EXP, SQRT};
  switch (pick(8)) {
    case 0:
      return with_kids(unary[pick(5)], PT_X_NUMBER, 1, depth);
    case 1:
      return with_kids(pick(2) ? MIN : MAX, PT_X_NUMBER, 1 + (int)pick(3), depth);
    case 2:
      return with_kids(TO_NUMBER, pick(2) ? PT_X_TEXT : PT_X_NUMBER, 1, depth);
    case 3:
      return time_tree();
    default:
      return with_kids((enum kind)(ADD + (int)pick(4)), PT_X_NUMBER, 2, depth);
  }
}

static int grow_truth(int depth) {
  static const enum pt_xtype types[] = {PT_X_NUMBER, PT_X_TEXT, PT_X_BOOL};
  enum pt_xtype of = types[pick(3)];
  switch (pick(8)) {
    case 0:
      return with_kids(NOT, PT_X_BOOL, 1, depth);
    case 1:
      return with_kids(pick(2) ? IN : NOT_IN, of, 2 + (int)pick(3), depth);
    case 2:
      return with_kids(IS_KNOWN, of, 1, depth);
    case 3:
      return with_kids((enum kind)(STARTS + (int)pick(3)), PT_X_TEXT, 2, depth);
    case 4:
    case 5:
      return with_kids(pick(2) ? AND : OR, PT_X_BOOL, 2, depth);
    default:
      return with_kids((enum kind)(EQ + (int)pick(of == PT_X_BOOL ? 2 : 6)), of, 2, depth);
  }
}

static int grow(enum pt_xtype type, int depth) {
  if (depth <= 0 || pick(6) == 0) return leaf(type);
  if (pick(7) == 0) return choice(type, depth);
  if (pick(7) == 0) return with_kids(COALESCE, type, 1 + (int)pick(3), depth);
  if (type == PT_X_NUMBER) return grow_number(depth);
  return type == PT_X_BOOL ? grow_truth(depth) : with_kids(LOWER, PT_X_TEXT, 1, depth);
}

/* ---- as text */

static int level(int at) {
  switch (nodes[at].kind) {
    case OR:
      return 1;
    case AND:
      return 2;
    case NOT:
      return 3;
    case EQ:
    case NE:
    case LT:
    case LE:
    case GT:
    case GE:
    case IN:
    case NOT_IN:
      return 4;
    case ADD:
    case SUB:
      return 5;
    case MUL:
    case DIV:
      return 6;
    case NEG:
      return 7;
    default:
      return 8;
  }
}

static void print(int at, int least, struct pt_buf *out);

static void print_list(const struct node *n, int from, int least, struct pt_buf *out) {
  assert_int_equal(pt_buf_printf(out, "("), 0);
  for (int i = from; i < n->n; i++) {
    if (i > from) assert_int_equal(pt_buf_printf(out, ", "), 0);
    print(n->kids[i], least, out);
  }
  assert_int_equal(pt_buf_printf(out, ")"), 0);
}

static void print_node(int at, struct pt_buf *out) {
  static const char *const signs[] = {
      [ADD] = "+", [SUB] = " - ", [MUL] = "*",   [DIV] = " / ",   [EQ] = " == ", [NE] = "!=",   [LT] = " < ",
      [LE] = "<=", [GT] = ">",    [GE] = " >= ", [AND] = " and ", [OR] = " or ", [IN] = " in ", [NOT_IN] = " not in "};
  static const char *const calls[] = {
      [IF] = "if",          [COALESCE] = "coalesce", [IS_KNOWN] = "is_known", [STARTS] = "starts_with",
      [ENDS] = "ends_with", [CONTAINS] = "contains", [LOWER] = "lower",       [TO_NUMBER] = "number",
      [ABS] = "abs",        [MIN] = "min",           [MAX] = "max",           [LOG] = "log",
      [EXP] = "exp",        [SQRT] = "sqrt",         [DAYS] = "days_since"};
  const struct node *n = &nodes[at];
  int own = level(at);
  if (n->kind <= COLUMN) {
    assert_int_equal(pt_buf_printf(out, "%s", n->kind == COLUMN ? names[n->column] : n->text), 0);
  } else if (n->kind == NEG || n->kind == NOT) {
    assert_int_equal(pt_buf_printf(out, n->kind == NEG ? "-" : "not "), 0);
    print(n->kids[0], own, out);
  } else if (n->kind >= IF) {
    assert_int_equal(pt_buf_printf(out, "%s", calls[n->kind]), 0);
    print_list(n, 0, 1, out);
  } else {
    print(n->kids[0], own == 4 ? 5 : own, out); /* comparisons do not chain, the others begin at the left */
    assert_int_equal(pt_buf_printf(out, "%s", signs[n->kind]), 0);
    if (n->kind == IN || n->kind == NOT_IN)
      print_list(n, 1, 5, out);
    else
      print(n->kids[1], own + 1, out);
  }
}

static void print(int at, int least, struct pt_buf *out) {
  bool brackets = level(at) < least;
  if (brackets) assert_int_equal(pt_buf_printf(out, "("), 0);
  print_node(at, out);
  if (brackets) assert_int_equal(pt_buf_printf(out, ")"), 0);
}

/* ---- the naive evaluator */

static enum pt_xtype tree_type(int at) {
  const struct node *n = &nodes[at];
  if (n->kind == COLUMN) return type_of(n->column);
  if (n->kind == TEXT || n->kind == LOWER) return PT_X_TEXT;
  if (n->kind == IF) return tree_type(n->kids[1]);
  if (n->kind == COALESCE) return tree_type(n->kids[0]);
  bool truth = n->kind == TRUTH || (n->kind >= EQ && n->kind <= NOT_IN) || (n->kind >= IS_KNOWN && n->kind <= CONTAINS);
  return truth ? PT_X_BOOL : PT_X_NUMBER;
}

static struct val unknown(void) {
  return (struct val){.known = false};
}
static struct val number(double x) {
  return isfinite(x) ? (struct val){.known = true, .number = x} : unknown();
}
static struct val truth(bool t) {
  return (struct val){.known = true, .truth = t};
}

static int order(const struct val *a, const struct val *b, enum pt_xtype type) {
  if (type == PT_X_NUMBER) return a->number < b->number ? -1 : a->number > b->number;
  if (type == PT_X_TEXT) return strcmp(a->text, b->text);
  return a->truth - b->truth;
}

static struct val parsed(const char *text) {
  char *end;
  double x = strtod(text, &end);
  return *text && !*end ? number(x) : unknown();
}

static struct val naive(int at, int row);

static struct val naive_constant(const struct node *n) {
  struct val v = {.known = true, .number = n->number, .truth = n->kind == TRUTH && n->text[0] == 't'};
  if (n->kind == TEXT) snprintf(v.text, sizeof v.text, "%.*s", (int)strlen(n->text) - 2, n->text + 1);
  return v;
}

static struct val naive_in(const struct node *n, const struct val *v, enum pt_xtype type) {
  bool doubt = !v[0].known;
  for (int i = 1; i < n->n; i++) {
    if (v[0].known && v[i].known && order(&v[0], &v[i], type) == 0) return truth(n->kind == IN);
    doubt = doubt || !v[i].known;
  }
  return doubt ? unknown() : truth(n->kind == NOT_IN);
}

static struct val naive_search(enum kind kind, const char *text, const char *part) {
  size_t n = strlen(text), k = strlen(part);
  if (kind == CONTAINS) return truth(strstr(text, part) != NULL);
  return truth(k <= n && memcmp(kind == STARTS ? text : text + n - k, part, k) == 0);
}

static struct val naive_numbers(const struct node *n, const struct val *v) {
  double a = v[0].number, b = v[1].number;
  switch (n->kind) {
    case NEG:
      return number(-a);
    case ADD:
      return number(a + b);
    case SUB:
      return number(a - b);
    case MUL:
      return number(a * b);
    case DIV:
      return b == 0 ? unknown() : number(a / b);
    case ABS:
      return number(fabs(a));
    case LOG:
      return number(log(a));
    case EXP:
      return number(exp(a));
    case SQRT:
      return number(sqrt(a));
    case DAYS:
      return number(20000 - floor(a / 86400000));
    default:
      for (int i = 1; i < n->n; i++)
        if (n->kind == MIN ? v[i].number < a : v[i].number > a) a = v[i].number;
      return number(a);
  }
}

static struct val naive_known(const struct node *n, const struct val *v, enum pt_xtype type) {
  int o = n->kind >= EQ && n->kind <= GE ? order(&v[0], &v[1], type) : 0;
  struct val out = v[0];
  switch (n->kind) {
    case EQ:
      return truth(o == 0);
    case NE:
      return truth(o != 0);
    case LT:
      return truth(o < 0);
    case LE:
      return truth(o <= 0);
    case GT:
      return truth(o > 0);
    case GE:
      return truth(o >= 0);
    case NOT:
      return truth(!v[0].truth);
    case STARTS:
    case ENDS:
    case CONTAINS:
      return naive_search(n->kind, v[0].text, v[1].text);
    case LOWER:
      for (char *c = out.text; *c; c++) *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
      return out;
    case TO_NUMBER:
      return type == PT_X_TEXT ? parsed(v[0].text) : v[0];
    default:
      return naive_numbers(n, v);
  }
}

static struct val naive(int at, int row) {
  const struct node *n = &nodes[at];
  struct val v[MAX_KIDS];
  if (n->kind < COLUMN) return naive_constant(n);
  if (n->kind == COLUMN) return cells[n->column][row].known ? cells[n->column][row] : unknown();
  bool all = true;
  for (int i = 0; i < n->n; i++) {
    v[i] = naive(n->kids[i], row);
    all = all && v[i].known;
  }
  if (n->kind == IF) return v[v[0].known && v[0].truth ? 1 : 2];
  if (n->kind == IS_KNOWN) return truth(v[0].known);
  if (n->kind == IN || n->kind == NOT_IN) return naive_in(n, v, tree_type(n->kids[0]));
  for (int i = 0; n->kind == COALESCE && i < n->n; i++)
    if (v[i].known) return v[i];
  for (int i = 0; i < 2 && (n->kind == AND || n->kind == OR); i++)
    if (v[i].known && v[i].truth == (n->kind == OR)) return truth(n->kind == OR);
  if (!all) return unknown();
  if (n->kind == AND || n->kind == OR) return truth(n->kind == AND);
  return naive_known(n, v, tree_type(n->kids[0]));
}

/* ---- both */

static void check_row(const char *text, int tree, enum pt_xtype type, const struct pt_xvector *got, uint32_t i,
                      uint32_t row) {
  struct val want = naive(tree, (int)row);
  bool same = got->type == type && want.known == !got->unknown[i];
  if (same && want.known && type == PT_X_NUMBER) same = got->v.number[i] == want.number;
  if (same && want.known && type == PT_X_TEXT) same = pt_slice_eq(got->v.text[i], pt_slice_of(want.text));
  if (same && want.known && type == PT_X_BOOL) same = got->v.truth[i] == want.truth;
  if (!same)
    fail_msg("row %u of\n%s\nwant %d %.17g %d '%s'", row, text, want.known, want.number, want.truth, want.text);
}

static void run(const char *text, int tree, enum pt_xtype type, const struct pt_xclock *clock) {
  struct pt_xnames known = {.find = find, .traits = traits, .clock = clock};
  struct pt_err err = {0};
  struct pt_expr *e;
  struct pt_xbatch *b;
  if (pt_expr_compile(&e, text, type, &known, &err)) fail_msg("%s\n%s", text, err.text);
  assert_int_equal(pt_xbatch_open(&b, e, &err), 0);
  uint32_t rows = 1 + pick(ROWS), step = pick(3) ? pt_xbatch_rows(b) : 1 + pick(40);
  for (uint32_t from = 0; from < rows; from += step) {
    uint32_t n = rows - from < step ? rows - from : step;
    const struct pt_xvector *got = pt_xbatch_eval(b, n, fetch, &from);
    for (uint32_t i = 0; i < n; i++) check_row(text, tree, type, got, i, from + i);
  }
  pt_xbatch_free(b);
  pt_expr_free(e);
}

static void test_random(void **state) {
  (void)state;
  static const enum pt_xtype types[] = {PT_X_BOOL, PT_X_NUMBER, PT_X_BOOL, PT_X_TEXT};
  struct pt_err err = {0};
  struct pt_zone *utc;
  assert_int_equal(pt_zone_open(&utc, "UTC", &err), 0);
  const struct pt_xclock clock = {utc, 20000};
  fill_cells();
  for (int i = 0; i < TREES; i++) {
    struct pt_buf text = {0};
    n_nodes = 0;
    int tree = grow(types[i % 4], 1 + i % 5);
    print(tree, 1, &text);
    assert_int_equal(pt_buf_add(&text, "", 1), 0);
    run(text.p, tree, types[i % 4], &clock);
    pt_buf_free(&text);
  }
  pt_zone_close(utc);
}

/* Hundreds of arguments: the vectors stay within their memory, with fewer rows at a time. */
static void test_wide(void **state) {
  (void)state;
  struct pt_buf text = {0};
  struct pt_err err = {0};
  struct pt_xnames known = {.find = find, .traits = traits};
  struct pt_expr *e;
  struct pt_xbatch *b;
  assert_int_equal(pt_buf_printf(&text, "max(n2"), 0);
  for (int i = 0; i < 12000; i++) assert_int_equal(pt_buf_printf(&text, ",%d", i % 90), 0);
  assert_int_equal(pt_buf_add(&text, ")", 2), 0);
  assert_int_equal(pt_expr_compile(&e, text.p, PT_X_NUMBER, &known, &err), 0);
  assert_int_equal(pt_xbatch_open(&b, e, &err), 0);
  uint32_t from = 0, n = pt_xbatch_rows(b);
  assert_true(n >= 16 && n < 128);
  const struct pt_xvector *got = pt_xbatch_eval(b, n, fetch, &from);
  for (uint32_t i = 0; i < n; i++) {
    assert_int_equal(got->unknown[i], !cells[N2][i].known);
    if (cells[N2][i].known) assert_true(got->v.number[i] == fmax(cells[N2][i].number, 89));
  }
  pt_xbatch_free(b);
  pt_expr_free(e);
  pt_buf_free(&text);
}

static int find_untyped(void *ctx, struct pt_slice name, enum pt_xtype *type) {
  int at = find(ctx, name, type);
  *type = PT_X_ANY;
  return at;
}

static void test_untyped(void **state) {
  (void)state;
  struct pt_err err = {0};
  struct pt_xnames known = {.find = find_untyped};
  struct pt_expr *e;
  struct pt_xbatch *b;
  assert_int_equal(pt_expr_compile(&e, "n0", PT_X_ANY, &known, &err), 0);
  assert_int_equal(pt_xbatch_open(&b, e, &err), PT_INTERNAL);
  assert_null(b);
  pt_expr_free(e);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_random),
      cmocka_unit_test(test_wide),
      cmocka_unit_test(test_untyped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

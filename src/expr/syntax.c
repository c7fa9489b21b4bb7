/* Recursive descent. Loosest first: or, and, not, one comparison (or in), + -, * /, unary minus, atoms. Every step is
 * appended behind its operands, so the node pool needs no links and runs from left to right. Memory: one node and at
 * most one constant a token. */
#include <portrait/nearest.h>
#include <stdlib.h>

#include "expr_priv.h"

struct parser {
  struct pt_expr *e;
  const struct pt_xnames *names;
  struct pt_err *err;
  struct pt_xtoken now;
  uint32_t depth;
};

const struct pt_xfunction pt_x_functions[] = {{"if", PT_XO_IF, 3, 3},
                                              {"coalesce", PT_XO_COALESCE, 1, UINT32_MAX},
                                              {"is_known", PT_XO_IS_KNOWN, 1, 1},
                                              {"starts_with", PT_XO_STARTS_WITH, 2, 2},
                                              {"ends_with", PT_XO_ENDS_WITH, 2, 2},
                                              {"contains", PT_XO_CONTAINS, 2, 2},
                                              {"lower", PT_XO_LOWER, 1, 1},
                                              {"number", PT_XO_NUMBER, 1, 1},
                                              {"abs", PT_XO_ABS, 1, 1},
                                              {"min", PT_XO_MIN, 1, UINT32_MAX},
                                              {"max", PT_XO_MAX, 1, UINT32_MAX},
                                              {"log", PT_XO_LOG, 1, 1},
                                              {"exp", PT_XO_EXP, 1, 1},
                                              {"sqrt", PT_XO_SQRT, 1, 1},
                                              {"days_since", PT_XO_DAYS_SINCE, 1, 1},
                                              {"interest", PT_XO_INTEREST, 2, 2},
                                              {"prank", PT_XO_PRANK, 1, 1},
                                              {NULL, PT_XO_CONST, 0, 0}};

static int parse_or(struct parser *p);
static int parse_sum(struct parser *p);

static struct pt_slice token_text(const struct parser *p) {
  return (struct pt_slice){p->e->text + p->now.at, p->now.n};
}

static bool is(const struct parser *p, enum pt_xtoken_kind kind, const char *text) {
  return p->now.kind == kind && pt_slice_eq(token_text(p), pt_slice_of(text));
}

static int advance(struct parser *p) {
  return pt_x_lex(p->e->text, p->now.at + p->now.n, &p->now, p->err);
}

static int expect(struct parser *p, const char *sign, const char *where) {
  if (is(p, PT_XT_SIGN, sign)) return advance(p);
  return pt_x_mistake(p->e->text, p->now.at, p->err, "'%s' is missing %s", sign, where);
}

/* One more element in a grown array; NULL without memory. */
static void *grow(void *array, uint32_t n, uint32_t *cap, size_t size) {
  if (n < *cap) return array;
  uint32_t more = *cap ? *cap * 2 : 16;
  void *bigger = realloc(array, more * size);
  if (bigger) *cap = more;
  return bigger;
}

static int emit(struct parser *p, enum pt_xop op, uint32_t at, uint32_t arg) {
  struct pt_expr *e = p->e;
  struct pt_xnode *nodes = grow(e->nodes, e->n_nodes, &e->cap_nodes, sizeof *nodes);
  if (!nodes) return pt_x_no_memory(p->err);
  e->nodes = nodes;
  nodes[e->n_nodes++] = (struct pt_xnode){.op = op, .at = at, .arg = arg};
  return 0;
}

static int emit_constant(struct parser *p, const struct pt_xvalue *value) {
  struct pt_expr *e = p->e;
  struct pt_xconst *constants = grow(e->constants, e->n_constants, &e->cap_constants, sizeof *constants);
  if (!constants) return pt_x_no_memory(p->err);
  e->constants = constants;
  constants[e->n_constants] = (struct pt_xconst){*value, p->now.at};
  return emit(p, PT_XO_CONST, p->now.at, e->n_constants++);
}

static int enter(struct parser *p) {
  if (++p->depth <= PT_X_DEPTH) return 0;
  return pt_x_mistake(p->e->text, p->now.at, p->err, "nested deeper than %d levels", PT_X_DEPTH);
}

/* Some functions are there only where the names know what they ask for. */
static bool available(const struct parser *p, enum pt_xop op) {
  if (op == PT_XO_DAYS_SINCE) return p->names && p->names->clock;
  if (op == PT_XO_INTEREST) return p->names && p->names->interest;
  if (op == PT_XO_PRANK) return p->names && p->names->rank;
  return true;
}

/* Those that are not there stand as "" so that numbers stay dense. */
static const char *function_name(void *ctx, uint32_t i) {
  const struct pt_xfunction *f = &pt_x_functions[i];
  return f->name && !available(ctx, f->op) ? "" : f->name;
}

/* The arguments behind a function's name; now = the token behind '('. */
static int parse_arguments(struct parser *p, uint32_t *n) {
  *n = 0;
  if (is(p, PT_XT_SIGN, ")")) return advance(p);
  for (;;) {
    PT_TRY(parse_or(p));
    ++*n;
    if (!is(p, PT_XT_SIGN, ",")) break;
    PT_TRY(advance(p));
  }
  return expect(p, ")", "behind the arguments");
}

static int unknown_function(struct parser *p, struct pt_xtoken name, struct pt_slice text) {
  const char *near = pt_nearest(text, function_name, p);
  int shown = name.n < 64 ? (int)name.n : 64;
  if (near)
    return pt_x_mistake(p->e->text, name.at, p->err, "unknown function '%.*s' (did you mean '%s'?)", shown, text.p,
                        near);
  return pt_x_mistake(p->e->text, name.at, p->err, "unknown function '%.*s'", shown, text.p);
}

static int emit_operand(struct parser *p, uint32_t at, int operand, enum pt_xtype type) {
  PT_TRY(emit(p, PT_XO_OPERAND, at, (uint32_t)operand));
  p->e->nodes[p->e->n_nodes - 1].type = type;
  return 0;
}

/* interest('category', 'shoes'): its two constants become one operand. */
static int finish_interest(struct parser *p, struct pt_xtoken name, uint32_t first) {
  struct pt_slice text[2];
  for (uint32_t i = 0; i < 2; i++) {
    const struct pt_xnode *node = &p->e->nodes[first + i];
    const struct pt_xvalue *v = node->op == PT_XO_CONST ? &p->e->constants[node->arg].value : NULL;
    if (p->e->n_nodes != first + 2 || !v || v->type != PT_X_TEXT)
      return pt_x_mistake(p->e->text, name.at, p->err, "interest() takes two texts in quotes: a kind and an entry");
    text[i] = v->text;
  }
  uint32_t at = p->e->nodes[first].at;
  int operand = p->names->interest(p->names->ctx, text[0], text[1]);
  p->e->n_nodes = first;
  if (operand >= 0) return emit_operand(p, name.at, operand, PT_X_NUMBER);
  const char *near = p->names->kinds ? pt_nearest(text[0], p->names->kinds, p->names->ctx) : NULL;
  int shown = text[0].n < 64 ? (int)text[0].n : 64;
  if (near)
    return pt_x_mistake(p->e->text, at, p->err, "unknown interest '%.*s' (did you mean '%s'?)", shown, text[0].p, near);
  return pt_x_mistake(p->e->text, at, p->err, "unknown interest '%.*s'", shown, text[0].p);
}

/* The text from byte `from` to the bracket before the token at hand. */
static struct pt_slice argument_text(const struct parser *p, uint32_t from) {
  uint32_t to = p->now.at;
  while (to > from && p->e->text[to - 1] != ')') to--;
  return pt_slice_trim((struct pt_slice){p->e->text + from, to > from ? to - 1 - from : 0});
}

/* prank(x): x is somebody else's expression, its steps are dropped here. */
static int finish_rank(struct parser *p, struct pt_xtoken name, uint32_t first, struct pt_slice argument) {
  int operand = p->names->rank(p->names->ctx, argument, p->err);
  if (operand < 0) return p->err->code;
  p->e->n_nodes = first;
  return emit_operand(p, name.at, operand, PT_X_NUMBER);
}

static int parse_call(struct parser *p, struct pt_xtoken name) {
  struct pt_slice text = {p->e->text + name.at, name.n};
  const struct pt_xfunction *f = pt_x_functions;
  while (f->name && !(pt_slice_eq(text, pt_slice_of(f->name)) && available(p, f->op))) f++;
  if (!f->name) return unknown_function(p, name, text);
  uint32_t n, first = p->e->n_nodes;
  PT_TRY(enter(p));
  PT_TRY(advance(p));
  uint32_t from = p->now.at;
  PT_TRY(parse_arguments(p, &n));
  p->depth--;
  if (n < f->least || n > f->most)
    return pt_x_mistake(p->e->text, name.at, p->err, "%s() takes %s%u argument%s, not %u", f->name,
                        f->least == f->most ? "" : "at least ", f->least, f->least == 1 ? "" : "s", n);
  if (f->op == PT_XO_INTEREST) return finish_interest(p, name, first);
  if (f->op == PT_XO_PRANK) return finish_rank(p, name, first, argument_text(p, from));
  return emit(p, f->op, name.at, f->op == PT_XO_LOWER ? p->e->n_scratch++ : n);
}

static int parse_name(struct parser *p) {
  struct pt_xtoken name = p->now;
  struct pt_slice text = token_text(p);
  bool truth = is(p, PT_XT_NAME, "true");
  if (truth || is(p, PT_XT_NAME, "false")) {
    PT_TRY(emit_constant(p, &(struct pt_xvalue){.type = PT_X_BOOL, .truth = truth}));
    return advance(p);
  }
  static const char *const words[] = {"and", "or", "not", "in"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (is(p, PT_XT_NAME, words[i]))
      return pt_x_mistake(p->e->text, name.at, p->err, "a value is missing before '%s'", words[i]);
  PT_TRY(advance(p));
  if (is(p, PT_XT_SIGN, "(")) return parse_call(p, name);
  enum pt_xtype type = PT_X_ANY;
  int operand = p->names && p->names->find ? p->names->find(p->names->ctx, text, &type) : -1;
  if (operand >= 0) return emit_operand(p, name.at, operand, type);
  const char *near = p->names && p->names->suggest ? pt_nearest(text, p->names->suggest, p->names->ctx) : NULL;
  int shown = text.n < 64 ? (int)text.n : 64;
  if (near)
    return pt_x_mistake(p->e->text, name.at, p->err, "unknown name '%.*s' (did you mean '%.64s'?)", shown, text.p,
                        near);
  return pt_x_mistake(p->e->text, name.at, p->err, "unknown name '%.*s' (a text stands in quotes)", shown, text.p);
}

static int parse_atom(struct parser *p) {
  if (p->now.kind == PT_XT_NUMBER || p->now.kind == PT_XT_TEXT) {
    PT_TRY(emit_constant(p, &p->now.value));
    return advance(p);
  }
  if (p->now.kind == PT_XT_NAME) return parse_name(p);
  if (!is(p, PT_XT_SIGN, "(")) return pt_x_mistake(p->e->text, p->now.at, p->err, "a value is missing here");
  PT_TRY(enter(p));
  PT_TRY(advance(p));
  PT_TRY(parse_or(p));
  p->depth--;
  return expect(p, ")", "here");
}

static int parse_unary(struct parser *p) {
  if (!is(p, PT_XT_SIGN, "-")) return parse_atom(p);
  struct pt_xtoken sign = p->now;
  PT_TRY(enter(p));
  PT_TRY(advance(p));
  PT_TRY(parse_unary(p));
  p->depth--;
  struct pt_xnode *last = &p->e->nodes[p->e->n_nodes - 1];
  if (last->op != PT_XO_CONST || p->e->constants[last->arg].value.type != PT_X_NUMBER)
    return emit(p, PT_XO_NEG, sign.at, 1);
  pt_x_negate(&p->e->constants[last->arg].value);
  last->at = p->e->constants[last->arg].at = sign.at;
  return 0;
}

static int parse_product(struct parser *p) {
  PT_TRY(parse_unary(p));
  for (;;) {
    bool times = is(p, PT_XT_SIGN, "*");
    if (!times && !is(p, PT_XT_SIGN, "/")) return 0;
    uint32_t at = p->now.at;
    PT_TRY(advance(p));
    PT_TRY(parse_unary(p));
    PT_TRY(emit(p, times ? PT_XO_MUL : PT_XO_DIV, at, 2));
  }
}

static int parse_sum(struct parser *p) {
  PT_TRY(parse_product(p));
  for (;;) {
    bool plus = is(p, PT_XT_SIGN, "+");
    if (!plus && !is(p, PT_XT_SIGN, "-")) return 0;
    uint32_t at = p->now.at;
    PT_TRY(advance(p));
    PT_TRY(parse_product(p));
    PT_TRY(emit(p, plus ? PT_XO_ADD : PT_XO_SUB, at, 2));
  }
}

/* The list behind `in`. A list of constants alone stays in the pool of constants instead of the program: it costs no
 * pushes and no stack. */
static int parse_list(struct parser *p, uint32_t at) {
  uint32_t first_node = p->e->n_nodes, first = p->e->n_constants, n = 0;
  PT_TRY(expect(p, "(", "behind 'in'"));
  for (;;) {
    PT_TRY(parse_sum(p));
    n++;
    if (!is(p, PT_XT_SIGN, ",")) break;
    PT_TRY(advance(p));
  }
  PT_TRY(expect(p, ")", "behind the list"));
  for (uint32_t i = first_node; i < p->e->n_nodes; i++)
    if (p->e->nodes[i].op != PT_XO_CONST) return emit(p, PT_XO_IN, at, n);
  p->e->n_nodes = first_node;
  PT_TRY(emit(p, PT_XO_IN_CONST, at, first));
  p->e->nodes[first_node].count = n; /* NOLINT(clang-analyzer-core.NullDereference): emit() has just written it */
  return 0;
}

static enum pt_xop comparison_of(const struct parser *p) {
  static const struct {
    const char *sign;
    enum pt_xop op;
  } signs[] = {{"==", PT_XO_EQ}, {"!=", PT_XO_NE}, {"<", PT_XO_LT},
               {"<=", PT_XO_LE}, {">", PT_XO_GT},  {">=", PT_XO_GE}};
  for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
    if (is(p, PT_XT_SIGN, signs[i].sign)) return signs[i].op;
  return PT_XO_CONST;
}

static int parse_comparison(struct parser *p) {
  PT_TRY(parse_sum(p));
  uint32_t at = p->now.at;
  enum pt_xop op = comparison_of(p);
  if (op != PT_XO_CONST) {
    PT_TRY(advance(p));
    PT_TRY(parse_sum(p));
    if (comparison_of(p) != PT_XO_CONST)
      return pt_x_mistake(p->e->text, p->now.at, p->err, "comparisons do not chain: join two of them with 'and'");
    return emit(p, op, at, 2);
  }
  bool negated = is(p, PT_XT_NAME, "not");
  if (negated) PT_TRY(advance(p));
  if (is(p, PT_XT_NAME, "in")) {
    PT_TRY(advance(p));
    PT_TRY(parse_list(p, at));
    return negated ? emit(p, PT_XO_NOT, at, 1) : 0;
  }
  if (negated) return pt_x_mistake(p->e->text, p->now.at, p->err, "'in' is missing behind 'not'");
  return 0;
}

static int parse_not(struct parser *p) {
  if (!is(p, PT_XT_NAME, "not")) return parse_comparison(p);
  uint32_t at = p->now.at;
  PT_TRY(enter(p));
  PT_TRY(advance(p));
  PT_TRY(parse_not(p));
  p->depth--;
  return emit(p, PT_XO_NOT, at, 1);
}

static int parse_and(struct parser *p) {
  PT_TRY(parse_not(p));
  while (is(p, PT_XT_NAME, "and")) {
    uint32_t at = p->now.at;
    PT_TRY(advance(p));
    PT_TRY(parse_not(p));
    PT_TRY(emit(p, PT_XO_AND, at, 2));
  }
  return 0;
}

static int parse_or(struct parser *p) {
  PT_TRY(parse_and(p));
  while (is(p, PT_XT_NAME, "or")) {
    uint32_t at = p->now.at;
    PT_TRY(advance(p));
    PT_TRY(parse_and(p));
    PT_TRY(emit(p, PT_XO_OR, at, 2));
  }
  return 0;
}

int pt_x_parse(struct pt_expr *e, const struct pt_xnames *names, struct pt_err *err) {
  struct parser p = {.e = e, .names = names, .err = err};
  PT_TRY(pt_x_lex(e->text, 0, &p.now, err));
  PT_TRY(parse_or(&p));
  if (p.now.kind == PT_XT_END) return 0;
  return pt_x_mistake(e->text, p.now.at, err, "an operator is missing before this");
}

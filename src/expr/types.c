/* One pass over the program with a stack of types instead of values. PT_X_ANY fits everywhere: what it holds is told
 * by each value. A comparison of two such is by number where a value is a number, else by bytes; where one side's type
 * is known here, that decides. The deepest stack of this pass is the one that evaluation needs. */
#include <float.h>
#include <math.h>
#include <portrait/nearest.h>
#include <stdlib.h>

#include "expr_priv.h"

struct cell {
  enum pt_xtype type;
  uint32_t at;
  bool time;              /* ms since 1970-01-01 */
  struct pt_xnode *whole; /* a constant or an operand by itself, else NULL */
};

struct check {
  struct pt_expr *e;
  const struct pt_xnames *names;
  struct pt_err *err;
  struct cell *stack;
  uint32_t n;
};

static const char *type_name(enum pt_xtype type) {
  static const char *const names[] = {"a value", "a number", "a text", "a yes-or-no value"};
  return names[type];
}

static int need(struct check *c, const struct cell *cell, enum pt_xtype type) {
  if (cell->type == type || cell->type == PT_X_ANY) return 0;
  return pt_x_mistake(c->e->text, cell->at, c->err, "%s is needed here, this is %s", type_name(type),
                      type_name(cell->type));
}

static int need_all(struct check *c, uint32_t n, enum pt_xtype type) {
  for (uint32_t i = 0; i < n; i++) PT_TRY(need(c, &c->stack[c->n - n + i], type));
  return 0;
}

/* The type that all of the n cells have: PT_X_ANY where one of them may be anything. */
static int unify(struct check *c, const struct cell *cells, uint32_t n, enum pt_xtype *out) {
  enum pt_xtype type = PT_X_ANY;
  bool any = false;
  for (uint32_t i = 0; i < n; i++) {
    if (cells[i].type == PT_X_ANY) {
      any = true;
      continue;
    }
    if (type != PT_X_ANY && cells[i].type != type)
      return pt_x_mistake(c->e->text, cells[i].at, c->err, "%s beside %s: all must be of one type",
                          type_name(cells[i].type), type_name(type));
    type = cells[i].type;
  }
  *out = any ? PT_X_ANY : type;
  return 0;
}

/* What a comparison of the n cells goes by: the one type that is known among them. */
static int comparison(struct check *c, const struct cell *cells, uint32_t n, uint32_t at, enum pt_xtype *out) {
  *out = PT_X_ANY;
  for (uint32_t i = 0; i < n; i++) {
    if (cells[i].type == PT_X_ANY) continue;
    if (*out != PT_X_ANY && cells[i].type != *out)
      return pt_x_mistake(c->e->text, at, c->err, "%s is compared with %s", type_name(*out), type_name(cells[i].type));
    *out = cells[i].type;
  }
  return 0;
}

static unsigned traits(const struct check *c, uint32_t operand) {
  return c->names && c->names->traits ? c->names->traits(c->names->ctx, (int)operand) : 0;
}

struct vocabulary {
  const struct pt_xnames *names;
  int operand;
};

static const char *label(void *ctx, uint32_t i) {
  const struct vocabulary *v = ctx;
  return v->names->label(v->names->ctx, v->operand, i);
}

/* A constant that an operand is compared with: a float32 for a float32, a label that there is for a label. */
static int fit_constant(struct check *c, const struct cell *cell, struct pt_xconst *constant) {
  if (!cell->whole || cell->whole->op != PT_XO_OPERAND) return 0;
  struct pt_xvalue *v = &constant->value;
  if (v->type == PT_X_NUMBER && fabs(v->number) <= FLT_MAX && (traits(c, cell->whole->arg) & PT_X_FLOAT32))
    pt_x_set_double((double)(float)v->number, v);
  if (v->type != PT_X_TEXT || !c->names || !c->names->label) return 0;
  struct vocabulary known = {c->names, (int)cell->whole->arg};
  const char *one = label(&known, 0);
  if (!one) return 0;
  for (uint32_t i = 0; (one = label(&known, i)); i++)
    if (pt_slice_eq(v->text, pt_slice_of(one))) return 0;
  const char *near = pt_nearest(v->text, label, &known);
  int shown = v->text.n < 64 ? (int)v->text.n : 64;
  if (near)
    return pt_x_mistake(c->e->text, constant->at, c->err, "no label is '%.*s' (did you mean '%.64s'?)", shown,
                        v->text.p, near);
  return pt_x_mistake(c->e->text, constant->at, c->err, "no label is '%.*s' (there is '%.64s')", shown, v->text.p,
                      label(&known, 0));
}

static int fit_cells(struct check *c, const struct cell *one, const struct cell *other) {
  if (!other->whole || other->whole->op != PT_XO_CONST) return 0;
  return fit_constant(c, one, &c->e->constants[other->whole->arg]);
}

static int check_order(struct check *c, struct pt_xnode *node) {
  const struct cell *cells = &c->stack[c->n - 2];
  PT_TRY(comparison(c, cells, 2, node->at, &node->type));
  PT_TRY(fit_cells(c, &cells[0], &cells[1]));
  PT_TRY(fit_cells(c, &cells[1], &cells[0]));
  if (node->type == PT_X_BOOL && node->op != PT_XO_EQ && node->op != PT_XO_NE)
    return pt_x_mistake(c->e->text, node->at, c->err, "yes-or-no values have no order");
  return 0;
}

static int check_constants(struct check *c, struct pt_xnode *node) {
  struct cell left = c->stack[c->n - 1];
  node->type = left.type;
  for (uint32_t i = 0; i < node->count; i++) {
    struct pt_xconst *k = &c->e->constants[node->arg + i];
    struct cell pair[2] = {{.type = node->type, .at = left.at}, {.type = k->value.type, .at = k->at}};
    PT_TRY(comparison(c, pair, 2, k->at, &node->type));
    PT_TRY(fit_constant(c, &left, k));
  }
  return 0;
}

/* A time is what the choice of several times gives. */
static bool gives_time(const struct check *c, const struct pt_xnode *node) {
  if (node->op == PT_XO_OPERAND) return traits(c, node->arg) & PT_X_TIME;
  if (node->op != PT_XO_IF && node->op != PT_XO_COALESCE && node->op != PT_XO_MIN && node->op != PT_XO_MAX)
    return false;
  bool all = true;
  for (uint32_t i = node->op == PT_XO_IF; i < node->takes; i++) all = all && c->stack[c->n - node->takes + i].time;
  return all;
}

static int check_time(struct check *c) {
  const struct cell *cell = &c->stack[c->n - 1];
  PT_TRY(need(c, cell, PT_X_NUMBER));
  if (cell->time || !c->names || !c->names->traits) return 0;
  return pt_x_mistake(c->e->text, cell->at, c->err, "days_since() takes a time, this is none");
}

/* Checks the operands of a step and says how many of them it takes from the stack and what it leaves there. */
static int step(struct check *c, struct pt_xnode *node, enum pt_xtype *gives) {
  uint32_t *takes = &node->takes;
  *takes = node->arg;
  *gives = PT_X_NUMBER;
  switch (node->op) {
    case PT_XO_CONST:
    case PT_XO_OPERAND:
      *takes = 0;
      *gives = node->op == PT_XO_CONST ? c->e->constants[node->arg].value.type : node->type;
      return 0;
    case PT_XO_NOT:
    case PT_XO_AND:
    case PT_XO_OR:
      *gives = PT_X_BOOL;
      return need_all(c, *takes, PT_X_BOOL);
    case PT_XO_EQ:
    case PT_XO_NE:
    case PT_XO_LT:
    case PT_XO_LE:
    case PT_XO_GT:
    case PT_XO_GE:
      *gives = PT_X_BOOL;
      return check_order(c, node);
    case PT_XO_IN:
      *takes = node->arg + 1;
      *gives = PT_X_BOOL;
      return comparison(c, &c->stack[c->n - *takes], *takes, node->at, &node->type);
    case PT_XO_IN_CONST:
      *takes = 1;
      *gives = PT_X_BOOL;
      return check_constants(c, node);
    case PT_XO_IF:
      PT_TRY(need(c, &c->stack[c->n - 3], PT_X_BOOL));
      return unify(c, &c->stack[c->n - 2], 2, gives);
    case PT_XO_COALESCE:
      return unify(c, &c->stack[c->n - *takes], *takes, gives);
    case PT_XO_IS_KNOWN:
      *gives = PT_X_BOOL;
      return 0;
    case PT_XO_STARTS_WITH:
    case PT_XO_ENDS_WITH:
    case PT_XO_CONTAINS:
      *gives = PT_X_BOOL;
      return need_all(c, *takes, PT_X_TEXT);
    case PT_XO_LOWER:
      *takes = 1;
      *gives = PT_X_TEXT;
      return need_all(c, *takes, PT_X_TEXT);
    case PT_XO_NUMBER:
      if (c->stack[c->n - 1].type == PT_X_TEXT) return 0;
      return need_all(c, *takes, PT_X_NUMBER);
    case PT_XO_DAYS_SINCE:
      return check_time(c);
    default: /* arithmetic */
      return need_all(c, *takes, PT_X_NUMBER);
  }
}

static int run(struct check *c) {
  struct pt_expr *e = c->e;
  for (uint32_t i = 0; i < e->n_nodes; i++) {
    struct pt_xnode *node = &e->nodes[i];
    PT_TRY(step(c, node, &node->gives));
    bool time = gives_time(c, node), whole = node->op == PT_XO_CONST || node->op == PT_XO_OPERAND;
    c->n -= node->takes;
    c->stack[c->n++] = (struct cell){node->gives, node->at, time, whole ? node : NULL};
    if (c->n > e->depth) e->depth = c->n;
  }
  return e->want == PT_X_ANY ? 0 : need(c, &c->stack[0], e->want);
}

int pt_x_check(struct pt_expr *e, const struct pt_xnames *names, struct pt_err *err) {
  struct cell *stack = calloc(e->n_nodes + (size_t)1, sizeof *stack);
  if (!stack) return pt_x_no_memory(err);
  struct check c = {.e = e, .names = names, .err = err, .stack = stack};
  int code = run(&c);
  free(stack);
  return code;
}

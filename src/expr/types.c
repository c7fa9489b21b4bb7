/* One pass over the program with a stack of types instead of values. PT_X_ANY fits everywhere: what it holds is told
 * by each value. A comparison of two such is by number where a value is a number, else by bytes; where one side's type
 * is known here, that decides. The deepest stack of this pass is the one that evaluation needs. */
#include <stdlib.h>

#include "expr_priv.h"

struct cell {
  enum pt_xtype type;
  uint32_t at;
};

struct check {
  struct pt_expr *e;
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

static int check_order(struct check *c, struct pt_xnode *node) {
  const struct cell *cells = &c->stack[c->n - 2];
  PT_TRY(comparison(c, cells, 2, node->at, &node->type));
  if (node->type == PT_X_BOOL && node->op != PT_XO_EQ && node->op != PT_XO_NE)
    return pt_x_mistake(c->e->text, node->at, c->err, "yes-or-no values have no order");
  return 0;
}

static int check_constants(struct check *c, struct pt_xnode *node) {
  struct cell left = c->stack[c->n - 1];
  node->type = left.type;
  for (uint32_t i = 0; i < node->count; i++) {
    const struct pt_xconst *k = &c->e->constants[node->arg + i];
    struct cell pair[2] = {{node->type, left.at}, {k->value.type, k->at}};
    PT_TRY(comparison(c, pair, 2, k->at, &node->type));
  }
  return 0;
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
    default: /* arithmetic */
      return need_all(c, *takes, PT_X_NUMBER);
  }
}

static int run(struct check *c) {
  struct pt_expr *e = c->e;
  for (uint32_t i = 0; i < e->n_nodes; i++) {
    enum pt_xtype gives;
    PT_TRY(step(c, &e->nodes[i], &gives));
    c->n -= e->nodes[i].takes;
    c->stack[c->n++] = (struct cell){gives, e->nodes[i].at};
    if (c->n > e->depth) e->depth = c->n;
  }
  return e->want == PT_X_ANY ? 0 : need(c, &c->stack[0], e->want);
}

int pt_x_check(struct pt_expr *e, struct pt_err *err) {
  struct cell *stack = calloc(e->n_nodes + (size_t)1, sizeof *stack);
  if (!stack) return pt_x_no_memory(err);
  struct check c = {.e = e, .err = err, .stack = stack};
  int code = run(&c);
  free(stack);
  return code;
}

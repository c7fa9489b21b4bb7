/* The program run on a stack of values, without jumps: every step costs tens of nanoseconds and has no effect but its
 * value, and the same program can run over columns. Nothing is allocated but the buffers of lower(), which grow to the
 * longest text met. Unknown is PT_X_ANY. */
#include <math.h>

#include "expr_priv.h"

static const struct pt_xvalue unknown = {.type = PT_X_ANY};

static void set_truth(struct pt_xvalue *v, bool truth) {
  *v = (struct pt_xvalue){.type = PT_X_BOOL, .truth = truth};
}

/* A text that looks like a number becomes it; all else that is no number becomes unknown. */
static void to_number(struct pt_xvalue *v) {
  if (v->type == PT_X_NUMBER) return;
  struct pt_slice text = v->text;
  if (v->type != PT_X_TEXT || !pt_x_number(text, v)) *v = unknown;
}

/* A number is a text where it came with its characters. */
static void to_text(struct pt_xvalue *v) {
  if (v->type == PT_X_TEXT) return;
  if (v->type == PT_X_NUMBER && v->text.p)
    v->type = PT_X_TEXT;
  else
    *v = unknown;
}

static void to_truth(struct pt_xvalue *v) {
  if (v->type == PT_X_BOOL) return;
  bool yes = v->type == PT_X_TEXT && pt_slice_eq(v->text, PT_SLICE("true"));
  bool no = v->type == PT_X_TEXT && pt_slice_eq(v->text, PT_SLICE("false"));
  if (yes || no)
    set_truth(v, yes);
  else
    *v = unknown;
}

static void to_type(struct pt_xvalue *v, enum pt_xtype type) {
  if (type == PT_X_NUMBER) to_number(v);
  if (type == PT_X_TEXT) to_text(v);
  if (type == PT_X_BOOL) to_truth(v);
}

/* The order of two values compared as `type`; false where it is unknown. */
static bool order_of(const struct pt_xvalue *a, const struct pt_xvalue *b, enum pt_xtype type, int *order) {
  if (type == PT_X_ANY) {
    type = PT_X_TEXT;
    if (a->type == PT_X_NUMBER || b->type == PT_X_NUMBER) type = PT_X_NUMBER;
    if (a->type == PT_X_BOOL || b->type == PT_X_BOOL) type = PT_X_BOOL;
  }
  struct pt_xvalue left, right;
  if (a->type != type) {
    left = *a;
    a = &left;
    to_type(&left, type);
  }
  if (b->type != type) {
    right = *b;
    b = &right;
    to_type(&right, type);
  }
  if (a->type == PT_X_ANY || b->type == PT_X_ANY) return false;
  if (type == PT_X_NUMBER)
    *order = pt_x_order(a, b);
  else if (type == PT_X_TEXT)
    *order = pt_slice_cmp(a->text, b->text);
  else
    *order = a->truth != b->truth;
  return true;
}

static void compare(const struct pt_xnode *node, struct pt_xvalue *v) {
  int order;
  if (!order_of(&v[0], &v[1], node->type, &order)) {
    v[0] = unknown;
    return;
  }
  bool truth = false;
  switch (node->op) {
    case PT_XO_EQ:
      truth = order == 0;
      break;
    case PT_XO_NE:
      truth = order != 0;
      break;
    case PT_XO_LT:
      truth = order < 0;
      break;
    case PT_XO_LE:
      truth = order <= 0;
      break;
    case PT_XO_GT:
      truth = order > 0;
      break;
    default:
      truth = order >= 0;
      break;
  }
  set_truth(&v[0], truth);
}

/* a in (b, c) = a == b or a == c: true where one is equal, else unknown where one is unknown. */
static void member(const struct pt_expr *e, const struct pt_xnode *node, struct pt_xvalue *v) {
  uint32_t n = node->op == PT_XO_IN ? node->arg : node->count;
  bool found = false, doubt = false;
  to_type(&v[0], node->type);
  for (uint32_t i = 0; i < n && !found && v[0].type != PT_X_ANY; i++) {
    const struct pt_xvalue *item = node->op == PT_XO_IN ? &v[1 + i] : &e->constants[node->arg + i].value;
    int order;
    if (!order_of(&v[0], item, node->type, &order))
      doubt = true;
    else
      found = order == 0;
  }
  if (v[0].type == PT_X_ANY || (doubt && !found))
    v[0] = unknown;
  else
    set_truth(&v[0], found);
}

static void logic(bool either, struct pt_xvalue *v) {
  to_truth(&v[0]);
  to_truth(&v[1]);
  for (int i = 0; i < 2; i++) {
    if (v[i].type == PT_X_BOOL && v[i].truth == either) { /* true decides `or`, false decides `and` */
      set_truth(&v[0], either);
      return;
    }
  }
  if (v[1].type == PT_X_ANY) v[0] = unknown;
}

static void arithmetic(enum pt_xop op, struct pt_xvalue *v) {
  to_number(&v[0]);
  to_number(&v[1]);
  if (v[0].type == PT_X_ANY || v[1].type == PT_X_ANY) {
    v[0] = unknown;
    return;
  }
  struct pt_xvalue a = v[0];
  if (op == PT_XO_MUL)
    pt_x_mul(&a, &v[1], &v[0]);
  else if (op == PT_XO_DIV)
    pt_x_div(&a, &v[1], &v[0]);
  else
    pt_x_add(&a, &v[1], op == PT_XO_SUB, &v[0]);
}

static void extreme(bool largest, uint32_t n, struct pt_xvalue *v) {
  for (uint32_t i = 0; i < n; i++) {
    to_number(&v[i]);
    if (v[i].type == PT_X_ANY) {
      v[0] = unknown;
      return;
    }
    if (i == 0) continue;
    int order = pt_x_order(&v[i], &v[0]);
    if (largest ? order > 0 : order < 0) v[0] = v[i];
  }
}

static void transform(struct pt_expr *e, enum pt_xop op, struct pt_xvalue *v) {
  to_number(v);
  if (v->type != PT_X_NUMBER) return;
  double x = NAN;
  if (op != PT_XO_DAYS_SINCE)
    x = pt_x_function(op, v->number);
  else if (!pt_x_days_since(e, v->number, &x))
    x = NAN;
  pt_x_set_double(x, v);
}

bool pt_x_search(enum pt_xop op, struct pt_slice text, struct pt_slice part) {
  if (part.n == 0) return true;
  if (part.n > text.n) return false;
  if (op == PT_XO_CONTAINS) return memmem(text.p, text.n, part.p, part.n) != NULL;
  return memcmp(op == PT_XO_STARTS_WITH ? text.p : text.p + text.n - part.n, part.p, part.n) == 0;
}

static void search(enum pt_xop op, struct pt_xvalue *v) {
  to_text(&v[0]);
  to_text(&v[1]);
  if (v[0].type == PT_X_ANY || v[1].type == PT_X_ANY) {
    v[0] = unknown;
    return;
  }
  set_truth(&v[0], pt_x_search(op, v[0].text, v[1].text));
}

static void lower(struct pt_buf *scratch, struct pt_xvalue *v) {
  to_text(v);
  if (v->type == PT_X_ANY || v->text.n == 0) return;
  scratch->n = 0;
  if (pt_buf_add(scratch, v->text.p, v->text.n)) {
    *v = unknown;
    return;
  }
  for (size_t i = 0; i < scratch->n; i++) scratch->p[i] = pt_x_lower(scratch->p[i]);
  v->text.p = scratch->p;
}

static void choose(struct pt_xvalue *v) {
  to_truth(&v[0]);
  v[0] = v[0].type == PT_X_BOOL && v[0].truth ? v[1] : v[2];
}

static void first_known(uint32_t n, struct pt_xvalue *v) {
  for (uint32_t i = 0; i < n; i++) {
    if (v[i].type == PT_X_ANY) continue;
    v[0] = v[i];
    return;
  }
}

/* A step on its operands v[0..], the first of which the result replaces. */
static void step(struct pt_expr *e, const struct pt_xnode *node, struct pt_xvalue *v) {
  switch (node->op) {
    case PT_XO_IN:
    case PT_XO_IN_CONST:
      member(e, node, v);
      break;
    case PT_XO_NOT:
      to_truth(v);
      v->truth = !v->truth;
      break;
    case PT_XO_AND:
    case PT_XO_OR:
      logic(node->op == PT_XO_OR, v);
      break;
    case PT_XO_NEG:
    case PT_XO_ABS:
      to_number(v);
      if (v->type == PT_X_NUMBER && (node->op == PT_XO_NEG || v->number < 0)) pt_x_negate(v);
      break;
    case PT_XO_ADD:
    case PT_XO_SUB:
    case PT_XO_MUL:
    case PT_XO_DIV:
      arithmetic(node->op, v);
      break;
    case PT_XO_LOG:
    case PT_XO_EXP:
    case PT_XO_SQRT:
    case PT_XO_DAYS_SINCE:
      transform(e, node->op, v);
      break;
    case PT_XO_IF:
      choose(v);
      break;
    case PT_XO_COALESCE:
      first_known(node->arg, v);
      break;
    case PT_XO_IS_KNOWN:
      set_truth(v, v->type != PT_X_ANY);
      break;
    case PT_XO_STARTS_WITH:
    case PT_XO_ENDS_WITH:
    case PT_XO_CONTAINS:
      search(node->op, v);
      break;
    case PT_XO_LOWER:
      lower(&e->scratch[node->arg], v);
      break;
    case PT_XO_NUMBER:
      to_number(v);
      break;
    case PT_XO_MIN:
    case PT_XO_MAX:
      extreme(node->op == PT_XO_MAX, node->arg, v);
      break;
    default:
      compare(node, v);
      break;
  }
}

void pt_expr_eval(struct pt_expr *e, pt_xget get, void *ctx, struct pt_xvalue *out) {
  struct pt_xvalue *top = e->stack; /* the first free cell */
  for (const struct pt_xnode *node = e->nodes, *end = node + e->n_nodes; node < end; node++) {
    if (node->op == PT_XO_CONST) {
      *top++ = e->constants[node->arg].value;
    } else if (node->op == PT_XO_OPERAND) {
      *top = unknown;
      get(ctx, (int)node->arg, top++);
    } else {
      top -= node->takes;
      step(e, node, top++);
    }
  }
  *out = e->stack[0];
  to_type(out, e->want);
}

/* The program over vectors: one step for up to 1024 rows at a time, so what a step costs besides its arithmetic is paid
 * once a thousand rows and the loops are plain ones over arrays. An unknown is a mask beside the values; what lies
 * under the mask is anything, but never read as a text. Memory: 17 bytes a row for each cell of the stack, at most
 * MAX_BYTES in all, and the longest texts that lower() met. */
#include <math.h>
#include <stdlib.h>

#include "batch.h"

#define MAX_BYTES (UINT32_C(16) << 20)
#define CELL      (sizeof(struct pt_slice) + 1) /* bytes of a row in one vector */

int pt_xbatch_open(struct pt_xbatch **out, struct pt_expr *e, struct pt_err *err) {
  *out = NULL;
  for (uint32_t i = 0; i < e->n_nodes; i++)
    if (e->nodes[i].gives == PT_X_ANY)
      return pt_fail(err, "expr", PT_INTERNAL, 0, "an operand without a type in '%.100s'", e->text);
  struct pt_xbatch *b = calloc(1, sizeof *b);
  if (b) {
    uint64_t fit = MAX_BYTES / (e->depth * CELL);
    b->e = e;
    b->rows = fit < PT_X_ROWS ? (uint32_t)fit : PT_X_ROWS;
    b->stack = calloc(e->depth, sizeof *b->stack);
    b->values = calloc((size_t)e->depth * b->rows, sizeof(struct pt_slice));
    b->unknown = calloc((size_t)e->depth * b->rows, 1);
  }
  if (!b || !b->stack || !b->values || !b->unknown) {
    pt_xbatch_free(b);
    return pt_x_no_memory(err);
  }
  for (uint32_t i = 0; i < e->depth; i++) {
    b->stack[i].unknown = b->unknown + (size_t)i * b->rows;
    b->stack[i].v.text = b->values + (size_t)i * b->rows;
  }
  *out = b;
  return 0;
}

void pt_xbatch_free(struct pt_xbatch *b) {
  if (!b) return;
  free(b->stack);
  free(b->values);
  free(b->unknown);
  free(b);
}

uint32_t pt_xbatch_rows(const struct pt_xbatch *b) {
  return b->rows;
}

static void fill(const struct pt_xvalue *value, uint32_t n, struct pt_xvector *out) {
  out->type = value->type;
  memset(out->unknown, 0, n);
  for (uint32_t i = 0; i < n; i++) {
    if (value->type == PT_X_NUMBER)
      out->v.number[i] = value->number;
    else if (value->type == PT_X_TEXT)
      out->v.text[i] = value->text;
    else
      out->v.truth[i] = value->truth;
  }
}

/* Known in both, or unknown. */
static void join_unknown(struct pt_xvector *v, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) v[0].unknown[i] |= v[1].unknown[i];
}

/* A number that is not finite is unknown. */
static void drop_infinite(struct pt_xvector *v, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) v->unknown[i] |= !isfinite(v->v.number[i]);
}

static void arithmetic(enum pt_xop op, uint32_t n, struct pt_xvector *v) {
  double *a = v[0].v.number;
  const double *b = v[1].v.number;
  join_unknown(v, n);
  if (op == PT_XO_ADD)
    for (uint32_t i = 0; i < n; i++) a[i] = a[i] + b[i];
  else if (op == PT_XO_SUB)
    for (uint32_t i = 0; i < n; i++) a[i] = a[i] - b[i];
  else if (op == PT_XO_MUL)
    for (uint32_t i = 0; i < n; i++) a[i] = a[i] * b[i];
  else
    for (uint32_t i = 0; i < n; i++) a[i] = a[i] / b[i];
  drop_infinite(v, n);
}

static void transform(struct pt_xbatch *b, enum pt_xop op, uint32_t n, struct pt_xvector *v) {
  double *a = v->v.number;
  for (uint32_t i = 0; i < n; i++) {
    if (v->unknown[i]) continue;
    double x = a[i];
    if (op == PT_XO_NEG)
      a[i] = -x;
    else if (op == PT_XO_ABS)
      a[i] = fabs(x);
    else if (op != PT_XO_DAYS_SINCE)
      a[i] = pt_x_function(op, x);
    else if (!pt_x_days_since(b->e, x, &a[i]))
      a[i] = NAN;
    v->unknown[i] = !isfinite(a[i]);
  }
}

static void extreme(bool largest, uint32_t count, uint32_t n, struct pt_xvector *v) {
  double *a = v[0].v.number;
  for (uint32_t k = 1; k < count; k++) {
    const double *b = v[k].v.number;
    for (uint32_t i = 0; i < n; i++) {
      v[0].unknown[i] |= v[k].unknown[i];
      if (!v[0].unknown[i] && (largest ? b[i] > a[i] : b[i] < a[i])) a[i] = b[i];
    }
  }
}

/* Three-valued: true decides `or`, false decides `and`. */
static void logic(bool either, uint32_t n, struct pt_xvector *v) {
  uint8_t *a = v[0].v.truth, *ua = v[0].unknown;
  const uint8_t *b = v[1].v.truth, *ub = v[1].unknown;
  for (uint32_t i = 0; i < n; i++) {
    bool decided = (!ua[i] && a[i] == either) || (!ub[i] && b[i] == either);
    ua[i] = !decided && (ua[i] || ub[i]);
    a[i] = decided ? either : !either;
  }
}

static void negate_truth(uint32_t n, struct pt_xvector *v) {
  for (uint32_t i = 0; i < n; i++) v->v.truth[i] = !v->unknown[i] && !v->v.truth[i];
}

static void move_row(struct pt_xvector *to, const struct pt_xvector *from, uint32_t i) {
  to->unknown[i] = from->unknown[i];
  if (from->unknown[i]) return;
  if (from->type == PT_X_NUMBER)
    to->v.number[i] = from->v.number[i];
  else if (from->type == PT_X_TEXT)
    to->v.text[i] = from->v.text[i];
  else
    to->v.truth[i] = from->v.truth[i];
}

/* Into the place of the second operand, which then takes that of the condition: vectors of one type stay where they
 * are, and only the pointers change places. */
static void choose(uint32_t n, struct pt_xvector *v) {
  for (uint32_t i = 0; i < n; i++)
    if (v[0].unknown[i] || !v[0].v.truth[i]) move_row(&v[1], &v[2], i);
  struct pt_xvector condition = v[0];
  v[0] = v[1];
  v[1] = condition;
}

static void first_known(uint32_t count, uint32_t n, struct pt_xvector *v) {
  for (uint32_t k = 1; k < count; k++)
    for (uint32_t i = 0; i < n; i++)
      if (v[0].unknown[i]) move_row(&v[0], &v[k], i);
}

static void is_known(uint32_t n, struct pt_xvector *v) {
  for (uint32_t i = 0; i < n; i++) v->v.truth[i] = !v->unknown[i];
  memset(v->unknown, 0, n);
}

/* A step on its operands v[0..], the first of which the result replaces. */
static void step(struct pt_xbatch *b, const struct pt_xnode *node, uint32_t n, struct pt_xvector *v) {
  switch (node->op) {
    case PT_XO_ADD:
    case PT_XO_SUB:
    case PT_XO_MUL:
    case PT_XO_DIV:
      arithmetic(node->op, n, v);
      break;
    case PT_XO_NEG:
    case PT_XO_ABS:
    case PT_XO_LOG:
    case PT_XO_EXP:
    case PT_XO_SQRT:
    case PT_XO_DAYS_SINCE:
      transform(b, node->op, n, v);
      break;
    case PT_XO_MIN:
    case PT_XO_MAX:
      extreme(node->op == PT_XO_MAX, node->takes, n, v);
      break;
    case PT_XO_NOT:
      negate_truth(n, v);
      break;
    case PT_XO_AND:
    case PT_XO_OR:
      logic(node->op == PT_XO_OR, n, v);
      break;
    case PT_XO_IF:
      choose(n, v);
      break;
    case PT_XO_COALESCE:
      first_known(node->takes, n, v);
      break;
    case PT_XO_IS_KNOWN:
      is_known(n, v);
      break;
    case PT_XO_IN:
    case PT_XO_IN_CONST:
      pt_xbatch_member(b, node, n, v);
      break;
    case PT_XO_STARTS_WITH:
    case PT_XO_ENDS_WITH:
    case PT_XO_CONTAINS:
      pt_xbatch_search(node->op, n, v);
      break;
    case PT_XO_LOWER:
      pt_xbatch_lower(&b->e->scratch[node->arg], n, v);
      break;
    case PT_XO_NUMBER:
      if (v->type == PT_X_TEXT) pt_xbatch_number(n, v);
      break;
    default:
      pt_xbatch_compare(node->op, n, v);
      break;
  }
  v->type = node->gives;
}

const struct pt_xvector *pt_xbatch_eval(struct pt_xbatch *b, uint32_t n, pt_xfetch fetch, void *ctx) {
  struct pt_xvector *top = b->stack; /* the first free vector */
  const struct pt_expr *e = b->e;
  for (const struct pt_xnode *node = e->nodes, *end = node + e->n_nodes; node < end; node++) {
    if (node->op == PT_XO_CONST) {
      fill(&e->constants[node->arg].value, n, top++);
    } else if (node->op == PT_XO_OPERAND) {
      top->type = node->type;
      memset(top->unknown, 0, n);
      fetch(ctx, (int)node->arg, n, top++);
    } else {
      top -= node->takes;
      step(b, node, n, top++);
    }
  }
  return b->stack;
}

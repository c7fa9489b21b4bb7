/* Comparisons and texts of the batch evaluator. The truth of a row takes the place of its operand: one byte never
 * overtakes the 8 or 16 bytes of a row that is still to be read. */
#include "batch.h"

static bool holds(enum pt_xop op, int order) {
  switch (op) {
    case PT_XO_EQ:
      return order == 0;
    case PT_XO_NE:
      return order != 0;
    case PT_XO_LT:
      return order < 0;
    case PT_XO_LE:
      return order <= 0;
    case PT_XO_GT:
      return order > 0;
    default:
      return order >= 0;
  }
}

static void compare_numbers(enum pt_xop op, uint32_t n, struct pt_xvector *v) {
  const double *a = v[0].v.number, *b = v[1].v.number;
  uint8_t *out = v[0].v.truth;
  for (uint32_t i = 0; i < n; i++) out[i] = holds(op, (a[i] > b[i]) - (a[i] < b[i]));
}

/* Equality, the usual question, needs no order. */
static void compare_texts(enum pt_xop op, uint32_t n, struct pt_xvector *v) {
  const struct pt_slice *a = v[0].v.text, *b = v[1].v.text;
  uint8_t *out = v[0].v.truth;
  for (uint32_t i = 0; i < n; i++) {
    if (v[0].unknown[i]) continue;
    if (op == PT_XO_EQ || op == PT_XO_NE)
      out[i] = pt_slice_eq(a[i], b[i]) == (op == PT_XO_EQ);
    else
      out[i] = holds(op, pt_slice_cmp(a[i], b[i]));
  }
}

void pt_xbatch_compare(enum pt_xop op, uint32_t n, struct pt_xvector *v) {
  for (uint32_t i = 0; i < n; i++) v[0].unknown[i] |= v[1].unknown[i];
  if (v[0].type == PT_X_NUMBER) {
    compare_numbers(op, n, v);
  } else if (v[0].type == PT_X_TEXT) {
    compare_texts(op, n, v);
  } else {
    uint8_t *a = v[0].v.truth;
    const uint8_t *b = v[1].v.truth;
    for (uint32_t i = 0; i < n; i++) a[i] = (!a[i] == !b[i]) == (op == PT_XO_EQ);
  }
}

static bool equal(const struct pt_xvector *a, const struct pt_xvector *b, uint32_t i) {
  if (a->type == PT_X_NUMBER) return a->v.number[i] == b->v.number[i];
  if (a->type == PT_X_TEXT) return pt_slice_eq(a->v.text[i], b->v.text[i]);
  return !a->v.truth[i] == !b->v.truth[i];
}

static bool equal_constant(const struct pt_xvector *a, const struct pt_xvalue *b, uint32_t i) {
  if (a->type == PT_X_NUMBER) return a->v.number[i] == b->number;
  if (a->type == PT_X_TEXT) return pt_slice_eq(a->v.text[i], b->text);
  return !a->v.truth[i] == !b->truth;
}

/* a in (b, c) = a == b or a == c: true where one is equal, else unknown where one is unknown. */
void pt_xbatch_member(const struct pt_xbatch *b, const struct pt_xnode *node, uint32_t n, struct pt_xvector *v) {
  const struct pt_xconst *constants = node->op == PT_XO_IN_CONST ? b->e->constants + node->arg : NULL;
  uint32_t count = node->op == PT_XO_IN ? node->arg : node->count;
  for (uint32_t i = 0; i < n; i++) {
    bool found = false, doubt = false;
    for (uint32_t k = 0; k < count && !found && !v[0].unknown[i]; k++) {
      if (node->op == PT_XO_IN_CONST)
        found = equal_constant(&v[0], &constants[k].value, i);
      else if (v[1 + k].unknown[i])
        doubt = true;
      else
        found = equal(&v[0], &v[1 + k], i);
    }
    v[0].unknown[i] |= doubt && !found;
    v[0].v.truth[i] = found;
  }
}

void pt_xbatch_search(enum pt_xop op, uint32_t n, struct pt_xvector *v) {
  uint8_t *out = v[0].v.truth;
  for (uint32_t i = 0; i < n; i++) {
    v[0].unknown[i] |= v[1].unknown[i];
    if (v[0].unknown[i]) continue;
    out[i] = pt_x_search(op, v[0].v.text[i], v[1].v.text[i]);
  }
}

/* All rows' texts into one buffer; without memory for it the rest is unknown, as in the evaluator of single rows. */
void pt_xbatch_lower(struct pt_buf *scratch, uint32_t n, struct pt_xvector *v) {
  size_t need = 0;
  for (uint32_t i = 0; i < n; i++) need += v->unknown[i] ? 0 : v->v.text[i].n;
  scratch->n = 0;
  bool room = pt_buf_reserve(scratch, need + 1) == 0;
  for (uint32_t i = 0; i < n; i++) {
    struct pt_slice *text = &v->v.text[i];
    if (v->unknown[i] || text->n == 0) continue;
    if (!room) {
      v->unknown[i] = 1;
      continue;
    }
    char *to = scratch->p + scratch->n;
    for (size_t k = 0; k < text->n; k++) to[k] = pt_x_lower(text->p[k]);
    text->p = to;
    scratch->n += text->n;
  }
}

void pt_xbatch_number(uint32_t n, struct pt_xvector *v) {
  for (uint32_t i = 0; i < n; i++) {
    if (v->unknown[i]) continue;
    struct pt_xvalue value;
    v->unknown[i] = !pt_x_number(v->v.text[i], &value);
    if (!v->unknown[i]) v->v.number[i] = value.number;
  }
}

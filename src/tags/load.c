/* Columns of the rows to the vectors of the evaluator. */
#include <math.h>
#include <string.h>

#include "tags_priv.h"

#define WIDEN(CTYPE)                                                      \
  do {                                                                    \
    const CTYPE *from_ = (const CTYPE *)values + view->from;              \
    for (uint32_t i = 0; i < n; i++) out->v.number[i] = (double)from_[i]; \
  } while (0)

static void load_numbers(const struct view *view, enum pt_ctype type, const void *values, uint32_t n,
                         struct pt_xvector *out) {
  switch (type) {
    case PT_C_U8:
      WIDEN(uint8_t);
      break;
    case PT_C_U16:
      WIDEN(uint16_t);
      break;
    case PT_C_U32:
      WIDEN(uint32_t);
      break;
    case PT_C_I32:
      WIDEN(int32_t);
      break;
    case PT_C_I64:
      WIDEN(int64_t);
      break;
    case PT_C_F32:
      WIDEN(float);
      break;
    default:
      WIDEN(double);
      break;
  }
  if (type != PT_C_F32 && type != PT_C_F64) return;
  for (uint32_t i = 0; i < n; i++) out->unknown[i] = !isfinite(out->v.number[i]);
}

static void load_labels(const struct view *view, const struct pt_labels *l, const int32_t *codes, uint32_t n,
                        struct pt_xvector *out) {
  for (uint32_t i = 0; i < n; i++) {
    int32_t code = codes[view->from + i];
    out->unknown[i] = code < 0;
    if (code >= 0) out->v.text[i] = l->names ? pt_slice_of(l->names[code]) : pt_dict_at(l->dict, (uint32_t)code);
  }
}

static void load_column(const struct view *view, uint32_t column, uint32_t n, struct pt_xvector *out) {
  const struct pt_column *c = &view->t->schema->columns[column];
  const void *values = pt_rows_values(view->rows, view->range, column);
  const uint8_t *mask = pt_rows_mask(view->rows, view->range, column);
  if (c->type == PT_C_LABEL)
    load_labels(view, &c->labels, values, n, out);
  else if (c->type == PT_C_BOOL)
    memcpy(out->v.truth, (const uint8_t *)values + view->from, n);
  else
    load_numbers(view, c->type, values, n, out);
  for (uint32_t i = 0; mask && i < n; i++) out->unknown[i] |= mask[view->from + i];
}

/* The entry's value among the cells of a row, which ascend by code; 0 where it has others alone, unknown where it has
 * none. */
static bool cell_value(const struct pt_sparse *s, struct pt_slice cells, uint32_t code, double *out) {
  size_t bytes = 8 + 8 * (size_t)s->n_planes, low = 0, high = cells.n / bytes;
  *out = 0;
  if (high == 0) return false;
  while (low < high) {
    size_t middle = (low + high) / 2;
    uint32_t own;
    memcpy(&own, cells.p + middle * bytes, sizeof own);
    if (own < code) {
      low = middle + 1;
    } else if (own > code) {
      high = middle;
    } else {
      const char *value = cells.p + middle * bytes + 8;
      int64_t integer;
      memcpy(&integer, value, sizeof integer);
      *out = (double)integer;
      if (s->planes[0].type == PT_C_F32 || s->planes[0].type == PT_C_F64) memcpy(out, value, sizeof *out);
      return isfinite(*out);
    }
  }
  return true;
}

static void load_interest(const struct view *view, const struct interest *in, uint32_t n, struct pt_xvector *out) {
  const struct pt_sparse *s = view->t->schema->columns[in->column].sparse;
  for (uint32_t i = 0; i < n; i++) {
    struct pt_slice cells = pt_rows_bytes(view->rows, view->range, in->column, view->from + i);
    out->unknown[i] = !cell_value(s, cells, in->code, &out->v.number[i]);
    if (s->planes[0].type == PT_C_F32) out->v.number[i] = (double)(float)out->v.number[i]; /* as the file has it */
  }
}

void pt_tags_fetch(void *ctx, int operand, uint32_t n, struct pt_xvector *out) {
  const struct view *view = ctx;
  uint32_t at = (uint32_t)operand;
  if (at >= INTEREST_AT)
    load_interest(view, &view->t->interests[at - INTEREST_AT], n, out);
  else if (at >= ITEM_AT)
    load_column(view, pt_tags_item(view->t, at)->column[(at - ITEM_AT) % PARTS], n, out);
  else
    load_column(view, at, n, out);
}

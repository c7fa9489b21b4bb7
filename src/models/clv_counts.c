/* Users counted by (x, t_x, T): whole days, so that a year of daily buyers are some hundred thousand cells at most, and
 * a fit costs what the cells cost and not the users. The same cell on two ranks needs no merging: terms are rounded
 * each by itself. Memory: 40 bytes a cell. */
#include <portrait/models_clv.h>
#include <stdlib.h>

#define BITS 21

static int grow(struct pt_clv_counts *c, struct pt_err *err) {
  if (c->n < c->cap) return 0;
  size_t cap = c->cap ? 2 * c->cap : 256;
  struct pt_clv_cell *v = realloc(c->v, cap * sizeof *v);
  if (!v) return pt_fail(err, "models", PT_MEMORY, 0, "out of memory for %zu cells of (x, t_x, T)", cap);
  c->v = v;
  c->cap = cap;
  return 0;
}

int pt_models_clv_add(struct pt_clv_counts *c, uint32_t x, uint32_t tx, uint32_t T, uint64_t users,
                      struct pt_err *err) {
  if (tx > T || T >> BITS || x >> BITS)
    return pt_fail(err, "models", PT_INTERNAL, 0, "no such history: x %u, t_x %u, T %u", x, tx, T);
  PT_TRY(grow(c, err));
  bool is_new;
  uint64_t key = (uint64_t)x << 2 * BITS | (uint64_t)tx << BITS | T;
  uint32_t *at = pt_table_put(&c->index, key, (uint32_t)c->n, &is_new);
  if (!at) return pt_fail(err, "models", PT_MEMORY, 0, "out of memory for %zu cells of (x, t_x, T)", c->n);
  if (is_new) c->v[c->n++] = (struct pt_clv_cell){x, tx, T, 0};
  c->v[*at].users += users;
  return 0;
}

void pt_models_clv_free(struct pt_clv_counts *c) {
  free(c->v);
  pt_table_free(&c->index);
  *c = (struct pt_clv_counts){0};
}

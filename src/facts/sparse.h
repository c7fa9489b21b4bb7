/* Sparse rows of a family: the planes that are asked for, and putting one user's cells. */
#ifndef PT_FACTS_SPARSE_H
#define PT_FACTS_SPARSE_H
#include <string.h>

#include "facts/columns.h"
#include "facts/touched.h"
#include "facts/vec.h"

#define PT_MAX_PLANES 8

struct pt_sparse_rows {
  struct pt_sparse sparse;
  struct pt_plane planes[PT_MAX_PLANES]; /* those that are there */
  int at[PT_MAX_PLANES];                 /* place of each of the table's planes among them, -1 = not there */
  uint32_t column;
  bool any, visible;   /* of the column */
  struct pt_vec cells; /* int64_t: of the user at hand */
};

/* A plane is there where the job asks for it; where its bit of `needed` is set it is there anyway, but not written. The
 * column has the planes' vocabulary; without planes there is no column. `s` must not move afterwards. */
int pt_facts_sparse_add(struct pt_sparse_rows *s, const struct pt_colopen *open, const char *name, enum pt_field of,
                        const struct pt_plane *planes, uint32_t n, uint64_t needed, struct pt_err *err) PT_MUST_CHECK;
void pt_facts_sparse_free(struct pt_sparse_rows *s);
/* Whether the job asks for a plane of the table: before the column is added, to find what is needed for others. */
bool pt_facts_plane_wanted(const struct pt_colopen *open, const struct pt_plane *plane);

/* A cell for the user at hand, codes ascending: its values by place. */
int pt_facts_sparse_cell(struct pt_sparse_rows *s, uint32_t code, int64_t **values, struct pt_err *err) PT_MUST_CHECK;
/* Writes the cells as a row and begins anew. */
int pt_facts_sparse_put(struct pt_sparse_rows *s, struct pt_rows *rows, uint32_t range, uint32_t row,
                        struct pt_err *err) PT_MUST_CHECK;

static inline void pt_cell_set(const struct pt_sparse_rows *s, int64_t *values, uint32_t plane, int64_t v) {
  if (s->at[plane] >= 0) values[s->at[plane]] = v;
}

/* The cells of a row as int64_t: words of one cell from `cells` on, the code in the first. */
struct pt_cells {
  int64_t *v;
  size_t n, words;
};
static inline struct pt_cells pt_row_cells(const struct pt_sparse_rows *s, struct pt_rows *rows, uint32_t range,
                                           uint32_t row) {
  struct pt_slice b = pt_rows_bytes(rows, range, s->column, row);
  return (struct pt_cells){(int64_t *)(uintptr_t)b.p, b.n / pt_cell_bytes(&s->sparse), 1 + s->sparse.n_planes};
}
static inline uint32_t pt_cell_code(const int64_t *cell) {
  return *(const uint32_t *)(const void *)cell;
}
/* A plane's value where it becomes a double. */
static inline void pt_cell_real(int64_t *value, double v) {
  memcpy(value, &v, sizeof v);
}
static inline double pt_cell_double(const int64_t *value) {
  double v;
  memcpy(&v, value, sizeof v);
  return v;
}

#endif

/* Memory: the cells of one user. */
#include "facts/sparse.h"

#include <stdio.h>
#include <string.h>

bool pt_facts_plane_wanted(const struct pt_colopen *open, const struct pt_plane *plane) {
  const struct pt_names *globs = &open->ctx->conf->columns;
  struct pt_column c = {.family = open->family};
  snprintf(c.name, sizeof c.name, "%s", plane->name);
  return !plane->hidden && pt_column_wanted(&c, (const char *const *)globs->v, globs->n);
}

int pt_facts_sparse_add(struct pt_sparse_rows *s, const struct pt_colopen *open, const char *name, enum pt_field of,
                        const struct pt_plane *planes, uint32_t n, uint64_t needed, struct pt_err *err) {
  *s = (struct pt_sparse_rows){.sparse = {.vocabulary = (int)of, .planes = s->planes}};
  for (uint32_t i = 0; i < n; i++) {
    bool wanted = pt_facts_plane_wanted(open, &planes[i]);
    s->at[i] = -1;
    if (!wanted && !(needed >> i & 1)) continue;
    s->at[i] = (int)s->sparse.n_planes;
    s->planes[s->sparse.n_planes] = planes[i];
    s->planes[s->sparse.n_planes++].hidden = !wanted;
    s->visible |= wanted;
  }
  s->any = s->sparse.n_planes > 0;
  if (!s->any) return 0;
  struct pt_column c = {.type = PT_C_BYTES,
                        .where = s->visible ? PT_IN_CSR : PT_HIDDEN,
                        .family = open->family,
                        .level = "fact",
                        .kind = "dynamic",
                        .sparse = &s->sparse};
  snprintf(c.name, sizeof c.name, "%s%s", s->visible ? "" : "_", name);
  snprintf(c.unit, sizeof c.unit, "%s", planes[0].unit);
  snprintf(c.description, sizeof c.description, "%s", planes[0].description);
  *open->fields |= PT_BIT(of);
  return pt_schema_add(open->schema, &c, &s->column, err);
}

void pt_facts_sparse_free(struct pt_sparse_rows *s) {
  pt_facts_vec_free(&s->cells);
}

int pt_facts_sparse_cell(struct pt_sparse_rows *s, uint32_t code, int64_t **values, struct pt_err *err) {
  size_t words = 1 + s->sparse.n_planes;
  PT_TRY(pt_facts_vec_room(&s->cells, words, sizeof(int64_t), err));
  int64_t *cell = (int64_t *)s->cells.p + s->cells.n;
  uint32_t head[2] = {code, 0};
  memcpy(cell, head, sizeof head);
  memset(cell + 1, 0, (words - 1) * sizeof *cell);
  *values = cell + 1;
  s->cells.n += words;
  return 0;
}

int pt_facts_sparse_put(struct pt_sparse_rows *s, struct pt_rows *rows, uint32_t range, uint32_t row,
                        struct pt_err *err) {
  size_t n = s->cells.n * sizeof(int64_t);
  int code = n ? pt_rows_put(rows, range, s->column, row, s->cells.p, n, err) : 0;
  pt_facts_vec_clear(&s->cells, sizeof(int64_t));
  return code;
}

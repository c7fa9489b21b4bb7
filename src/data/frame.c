#include <math.h>
#include <portrait/frame.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct pt_err *err) {
  return pt_fail(err, "data", PT_MEMORY, 0, "out of memory for a table");
}

int pt_frame_init(struct pt_frame *f, const char *path, struct pt_err *err) {
  *f = (struct pt_frame){0};
  if (snprintf(f->path, sizeof f->path, "%s", path) >= (int)sizeof f->path)
    return pt_fail(err, "data", PT_INTERNAL, 0, "the table path '%s' is too long", path);
  return 0;
}

int pt_frame_column(struct pt_frame *f, const char *name, enum pt_ftype type, const char *unit, const char *description,
                    uint32_t *at, struct pt_err *err) {
  struct pt_frame_column *columns = realloc(f->columns, (f->n_columns + 1) * sizeof *columns);
  if (!columns) return no_memory(err);
  f->columns = columns;
  struct pt_frame_column *c = &columns[f->n_columns];
  *c = (struct pt_frame_column){.type = type, .unit = unit, .description = description};
  snprintf(c->name, sizeof c->name, "%s", name);
  *at = f->n_columns++;
  return 0;
}

static int grow(struct pt_frame *f, struct pt_err *err) {
  uint64_t cap = f->cap_rows ? f->cap_rows * 2 : 64;
  for (uint32_t c = 0; c < f->n_columns; c++) {
    void *v = realloc(f->columns[c].v.i64, cap * 8); /* every member is an array of 8-byte cells */
    if (!v) return no_memory(err);
    f->columns[c].v.i64 = v;
  }
  f->cap_rows = cap;
  return 0;
}

int pt_frame_row(struct pt_frame *f, uint64_t *row, struct pt_err *err) {
  if (f->n_rows == f->cap_rows) PT_TRY(grow(f, err));
  for (uint32_t c = 0; c < f->n_columns; c++) {
    struct pt_frame_column *column = &f->columns[c];
    if (column->type == PT_FR_I64) column->v.i64[f->n_rows] = 0;
    if (column->type == PT_FR_F64) column->v.f64[f->n_rows] = NAN;
    if (column->type == PT_FR_TEXT) column->v.text[f->n_rows] = NULL;
  }
  *row = f->n_rows++;
  for (uint32_t c = 0; c < f->n_columns; c++)
    if (f->columns[c].type == PT_FR_TEXT) PT_TRY(pt_frame_set_text(f, *row, c, "", 0, err));
  return 0;
}

int pt_frame_set_text(struct pt_frame *f, uint64_t row, uint32_t column, const char *text, size_t n,
                      struct pt_err *err) {
  char *copy = malloc(n + 1);
  if (!copy) return no_memory(err);
  if (n) memcpy(copy, text, n);
  copy[n] = 0;
  free(f->columns[column].v.text[row]);
  f->columns[column].v.text[row] = copy;
  return 0;
}

void pt_frame_free(struct pt_frame *f) {
  for (uint32_t c = 0; c < f->n_columns; c++) {
    if (f->columns[c].type == PT_FR_TEXT)
      for (uint64_t r = 0; r < f->n_rows; r++) free(f->columns[c].v.text[r]);
    free(f->columns[c].v.i64);
  }
  free(f->columns);
  *f = (struct pt_frame){0};
}

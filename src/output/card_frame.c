/* Tables of /uns read whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card_priv.h"

/* A text that lives as long as the card: frames point to their units. */
static int keep(struct pt_card *k, char *text, const char **out, struct pt_err *err) {
  *out = text;
  if (!text) return 0;
  char **texts = realloc(k->texts, (k->n_texts + 1) * sizeof *texts);
  if (!texts) {
    free(text);
    *out = NULL;
    return pt_card_no_memory(err);
  }
  k->texts = texts;
  k->texts[k->n_texts++] = text;
  return 0;
}

static int frame_head(struct pt_card *k, hid_t d, const char *name, struct pt_frame *f, struct pt_err *err) {
  char *unit = NULL, *description = NULL;
  const char *unit_kept = NULL, *description_kept = NULL;
  PT_TRY(pt_h5_read_attr(d, "units", &unit, err));
  PT_TRY(keep(k, unit, &unit_kept, err));
  PT_TRY(pt_h5_read_attr(d, "description", &description, err));
  PT_TRY(keep(k, description, &description_kept, err));
  hid_t type = H5Dget_type(d);
  H5T_class_t class = H5Tget_class(type);
  H5Tclose(type);
  uint32_t at;
  return pt_frame_column(f, name,
                         class == H5T_INTEGER ? PT_FR_I64
                         : class == H5T_FLOAT ? PT_FR_F64
                                              : PT_FR_TEXT,
                         unit_kept, description_kept, &at, err);
}

static int frame_values(hid_t d, struct pt_frame *f, uint32_t column, struct pt_err *err) {
  struct pt_frame_column *c = &f->columns[column];
  if (f->n_rows == 0) return 0;
  if (c->type == PT_FR_I64) return pt_card_read(d, 0, f->n_rows, H5T_NATIVE_INT64, c->v.i64, err);
  if (c->type == PT_FR_F64) return pt_card_read(d, 0, f->n_rows, H5T_NATIVE_DOUBLE, c->v.f64, err);
  char *flat;
  uint64_t n;
  size_t width;
  int code = pt_card_texts(d, &flat, &n, &width, err);
  for (uint64_t i = 0; !code && i < n; i++)
    code = pt_frame_set_text(f, i, column, flat + i * width, strnlen(flat + i * width, width), err);
  free(flat);
  return code;
}

static int frame_columns(struct pt_card *k, hid_t group, char **names, uint64_t n, struct pt_frame *f,
                         struct pt_err *err) {
  uint64_t rows = 0, row;
  for (uint64_t i = 0; i < n; i++) {
    hid_t d = H5Dopen2(group, names[i], H5P_DEFAULT);
    if (d < 0) return pt_h5_fail(err, "open", names[i]);
    int code = frame_head(k, d, names[i], f, err);
    uint64_t length = pt_card_length(d);
    H5Dclose(d);
    PT_TRY(code);
    if (i && length != rows) return pt_fail(err, "output", PT_REJECTED, 0, "columns of unequal length in a table");
    rows = length;
  }
  for (uint64_t i = 0; i < rows; i++) PT_TRY(pt_frame_row(f, &row, err));
  for (uint64_t i = 0; i < n; i++) {
    hid_t d = H5Dopen2(group, names[i], H5P_DEFAULT);
    int code = d < 0 ? pt_h5_fail(err, "open", names[i]) : frame_values(d, f, (uint32_t)i, err);
    if (d >= 0) H5Dclose(d);
    PT_TRY(code);
  }
  return 0;
}

int pt_card_frame(struct pt_card *k, const char *path, struct pt_frame *out, struct pt_err *err) {
  char full[128], **names = NULL;
  uint64_t n = 0;
  snprintf(full, sizeof full, "/uns/%s", path);
  PT_TRY(pt_frame_init(out, path, err));
  hid_t group = H5Gopen2(k->file, full, H5P_DEFAULT);
  int code = group < 0 ? pt_h5_fail(err, "open", full) : pt_h5_read_attr_list(group, "column-order", &names, &n, err);
  if (!code) code = frame_columns(k, group, names, n, out, err);
  pt_h5_free_texts(names, n);
  if (group >= 0) H5Gclose(group);
  if (code) pt_frame_free(out);
  return code;
}

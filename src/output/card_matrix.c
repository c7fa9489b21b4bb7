/* A user's row of the matrices of /obsm. Of a sparse one the names of its entries are read one by one: a row has few,
 * a vocabulary many. Memory: the row. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card_priv.h"

#define MAX_ENTRIES (1u << 24) /* of a row: no vocabulary is larger */

int pt_card_list_matrices(struct pt_card *k, struct pt_err *err) {
  hid_t group = H5Gopen2(k->file, "/obsm", H5P_DEFAULT);
  H5G_info_t info = {0};
  if (group < 0) return 0; /* a file without matrices */
  if (H5Gget_info(group, &info) < 0) info.nlinks = 0;
  k->matrices = calloc(info.nlinks + 1, sizeof *k->matrices);
  if (!k->matrices) pt_card_no_memory(err);
  for (hsize_t i = 0; i < info.nlinks && k->matrices && !err->code; i++) {
    char name[128];
    ssize_t n = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
    if (n <= 0 || n >= (ssize_t)sizeof name) continue;
    k->matrices[k->n_matrices] = strdup(name);
    if (!k->matrices[k->n_matrices++]) pt_card_no_memory(err);
  }
  H5Gclose(group);
  return err->code;
}

uint32_t pt_card_matrices(const struct pt_card *k) {
  return k->n_matrices;
}

void pt_card_matrix_free(struct pt_card_matrix *m) {
  free(m->unit);
  free(m->family);
  free(m->description);
  *m = (struct pt_card_matrix){0};
}

static int room(struct pt_card *k, uint64_t n, struct pt_err *err) {
  if (n > MAX_ENTRIES)
    return pt_fail(err, "output", PT_REJECTED, 0, "a matrix row of %llu entries", (unsigned long long)n);
  if (n <= k->cap_entries) return 0;
  struct pt_card_entry *more = realloc(k->entries, n * sizeof *more);
  if (!more) return pt_card_no_memory(err);
  k->entries = more;
  k->cap_entries = n;
  return 0;
}

static int dense_row(struct pt_card *k, hid_t d, uint64_t row, struct pt_card_matrix *out, struct pt_err *err) {
  hid_t space = H5Dget_space(d);
  hsize_t dims[2] = {0, 0};
  int code = 0;
  if (H5Sget_simple_extent_ndims(space) != 2 || H5Sget_simple_extent_dims(space, dims, NULL) < 0 || dims[0] != k->rows)
    code = pt_fail(err, "output", PT_REJECTED, 0, "matrix %s has not as many rows as there are users", out->name);
  if (!code) code = room(k, dims[1], err);
  double *values = code ? NULL : calloc(dims[1] + 1, sizeof *values);
  if (!code && !values) code = pt_card_no_memory(err);
  hsize_t start[2] = {row, 0}, count[2] = {1, dims[1]};
  hid_t mem = H5Screate_simple(1, &dims[1], NULL);
  if (!code && (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
                H5Dread(d, H5T_NATIVE_DOUBLE, mem, space, H5P_DEFAULT, values) < 0))
    code = pt_h5_fail(err, "read", out->name);
  for (hsize_t i = 0; !code && values && i < dims[1]; i++) {
    snprintf(k->entries[i].name, sizeof k->entries[i].name, "%llu", (unsigned long long)i);
    k->entries[i].value = values[i];
  }
  if (!code) out->n = (uint32_t)dims[1];
  free(values);
  if (mem >= 0) H5Sclose(mem);
  H5Sclose(space);
  return code;
}

/* The texts of the entries, of which k->entries[i].value holds the places for now. */
static int names_of(struct pt_card *k, hid_t group, const int64_t *at, uint64_t n, struct pt_err *err) {
  char *path = NULL, text[1024];
  PT_TRY(pt_h5_read_attr(group, "vocabulary", &path, err));
  hid_t d = path ? H5Dopen2(k->file, path, H5P_DEFAULT) : H5I_INVALID_HID;
  free(path);
  hid_t type = d >= 0 ? H5Dget_type(d) : H5I_INVALID_HID;
  bool fixed = d >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 && H5Tget_size(type) < 1024;
  int64_t length = fixed ? (int64_t)pt_card_length(d) : 0;
  int code = 0;
  for (uint64_t i = 0; i < n && !code; i++) {
    memset(text, 0, sizeof text);
    if (at[i] >= 0 && at[i] < length)
      code = pt_card_read(d, (uint64_t)at[i], 1, type, text, err);
    else
      snprintf(text, sizeof text, "%lld", (long long)at[i]);
    snprintf(k->entries[i].name, sizeof k->entries[i].name, "%.*s", (int)sizeof k->entries[i].name - 1, text);
  }
  if (type >= 0) H5Tclose(type);
  if (d >= 0) H5Dclose(d);
  return code;
}

static int cells_of(struct pt_card *k, hid_t indices, hid_t data, int64_t from, uint64_t n, int64_t *at,
                    struct pt_err *err) {
  double *values = calloc(n + 1, sizeof *values);
  if (!values) return pt_card_no_memory(err);
  int code = pt_card_read(indices, (uint64_t)from, n, H5T_NATIVE_INT64, at, err);
  if (!code) code = pt_card_read(data, (uint64_t)from, n, H5T_NATIVE_DOUBLE, values, err);
  for (uint64_t i = 0; i < n && !code; i++) k->entries[i].value = values[i];
  free(values);
  return code;
}

static int sparse_parts(struct pt_card *k, hid_t group, const hid_t part[3], uint64_t row, struct pt_card_matrix *out,
                        struct pt_err *err) {
  int64_t ends[2] = {0, 0};
  for (int i = 0; i < 3; i++)
    if (part[i] < 0) return pt_h5_fail(err, "open the parts of", out->name);
  if (pt_card_length(part[0]) != k->rows + 1)
    return pt_fail(err, "output", PT_REJECTED, 0, "matrix %s has not as many rows as there are users", out->name);
  PT_TRY(pt_card_read(part[0], row, 2, H5T_NATIVE_INT64, ends, err));
  uint64_t cells = pt_card_length(part[1]);
  if (ends[0] < 0 || ends[1] < ends[0] || (uint64_t)ends[1] > cells || pt_card_length(part[2]) != cells)
    return pt_fail(err, "output", PT_REJECTED, 0, "matrix %s: row %llu ends outside it", out->name,
                   (unsigned long long)row);
  uint64_t n = (uint64_t)(ends[1] - ends[0]);
  PT_TRY(room(k, n, err));
  out->n = (uint32_t)n;
  if (n == 0) return 0;
  int64_t *at = calloc(n, sizeof *at);
  if (!at) return pt_card_no_memory(err);
  int code = cells_of(k, part[1], part[2], ends[0], n, at, err);
  if (!code) code = names_of(k, group, at, n, err);
  free(at);
  return code;
}

static int sparse_row(struct pt_card *k, hid_t group, uint64_t row, struct pt_card_matrix *out, struct pt_err *err) {
  static const char *const names[] = {"indptr", "indices", "data"};
  hid_t part[3];
  for (int i = 0; i < 3; i++) part[i] = H5Dopen2(group, names[i], H5P_DEFAULT);
  int code = sparse_parts(k, group, part, row, out, err);
  for (int i = 0; i < 3; i++)
    if (part[i] >= 0) H5Dclose(part[i]);
  return code;
}

int pt_card_matrix(struct pt_card *k, uint64_t row, uint32_t i, struct pt_card_matrix *out, struct pt_err *err) {
  *out = (struct pt_card_matrix){0};
  if (i >= k->n_matrices || row >= k->rows) return pt_fail(err, "output", PT_INTERNAL, 0, "no such matrix of the card");
  char path[160];
  snprintf(path, sizeof path, "/obsm/%s", k->matrices[i]);
  hid_t object = H5Oopen(k->file, path, H5P_DEFAULT);
  if (object < 0) return pt_h5_fail(err, "open", path);
  out->name = k->matrices[i];
  out->sparse = H5Iget_type(object) == H5I_GROUP;
  int code = pt_h5_read_attr(object, "units", &out->unit, err);
  if (!code) code = pt_h5_read_attr(object, "family", &out->family, err);
  if (!code) code = pt_h5_read_attr(object, "description", &out->description, err);
  if (!code) code = out->sparse ? sparse_row(k, object, row, out, err) : dense_row(k, object, row, out, err);
  H5Oclose(object);
  out->v = k->entries;
  if (code) pt_card_matrix_free(out);
  return code;
}

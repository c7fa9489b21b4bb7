/* Looking at a finished file, one row at a time, with the serial driver. Rows stand in the order of their ids' hash
 * under the run's key: with the default key an id is found by halves; where that fails (another key, or no such user)
 * the ids are read through once. */
#include <portrait/hash.h>
#include <portrait/output.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card_priv.h"

#define IDS_AT_ONCE 16384u

int pt_card_no_memory(struct pt_err *err) {
  return pt_fail(err, "output", PT_MEMORY, 0, "no memory for the card");
}

<<<<<<< HEAD
uint64_t pt_card_length(hid_t dataset) {
  hid_t space = H5Dget_space(dataset);
  hssize_t n = H5Sget_simple_extent_npoints(space);
  H5Sclose(space);
  return n > 0 ? (uint64_t)n : 0;
}

/* Rows [first, first + n) of a one-dimensional dataset. */
int pt_card_read(hid_t dataset, uint64_t first, uint64_t n, hid_t type, void *to, struct pt_err *err) {
  hsize_t start = first, count = n;
  hid_t from = H5Dget_space(dataset), mem = H5Screate_simple(1, &count, NULL);
  int code = 0;
  if (H5Sselect_hyperslab(from, H5S_SELECT_SET, &start, NULL, &count, NULL) < 0 ||
      H5Dread(dataset, type, mem, from, H5P_DEFAULT, to) < 0)
    code = pt_h5_fail(err, "read", "a row");
  H5Sclose(mem);
  H5Sclose(from);
  return code;
}

/* A whole dataset of fixed-length texts as one block; *width bytes each, and a NUL behind the last. */
int pt_card_texts(hid_t dataset, char **out, uint64_t *n, size_t *width, struct pt_err *err) {
  hid_t type = H5Dget_type(dataset);
  int code = 0;
  *n = pt_card_length(dataset);
  *width = H5Tget_size(type);
  *out = NULL;
  if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) != 0)
    code = pt_fail(err, "output", PT_REJECTED, 0, "a text column that this program has not written");
  else if (!(*out = calloc(*n + 1, *width + 1)))
    code = pt_card_no_memory(err);
  else if (*n && pt_card_read(dataset, 0, *n, type, *out, err))
    code = err->code;
  H5Tclose(type);
  return code;
}

=======
>>>>>>> 2461d33 (segment: a segment of a finished file by any expression; docs of the tables)
static int open_obs(struct pt_card *k, const char *path, struct pt_err *err) {
  hid_t obs = H5Oopen(k->file, "/obs", H5P_DEFAULT);
  k->ids = H5Dopen2(k->file, "/obs/user_id", H5P_DEFAULT);
  int code = 0;
  if (obs < 0 || k->ids < 0)
    code = pt_fail(err, "output", PT_REJECTED, 0, "%s: not a file of profiles (no /obs/user_id)", path);
  if (!code) code = pt_h5_read_attr_list(obs, "column-order", &k->names, &k->n, err);
  if (obs >= 0) H5Oclose(obs);
  if (code) return code;
  hid_t type = H5Dget_type(k->ids);
  k->id_width = H5Tget_size(type);
<<<<<<< HEAD
  k->rows = pt_card_length(k->ids);
=======
  k->rows = pt_h5_length(k->ids);
>>>>>>> 2461d33 (segment: a segment of a finished file by any expression; docs of the tables)
  bool fixed = H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0;
  H5Tclose(type);
  if (!fixed) return pt_fail(err, "output", PT_REJECTED, 0, "%s: /obs/user_id is no fixed-length text", path);
  k->columns = calloc(k->n + 1, sizeof *k->columns);
  return k->columns ? 0 : pt_card_no_memory(err);
}

int pt_card_open(struct pt_card **out, const char *path, struct pt_err *err) {
  pt_h5_quiet();
  struct pt_card *k = calloc(1, sizeof *k);
  if (!k) return pt_card_no_memory(err);
  k->ids = H5I_INVALID_HID;
  k->file = pt_h5_open(path, H5F_ACC_RDONLY, err);
  if (k->file < 0 || open_obs(k, path, err) || pt_card_list_matrices(k, err)) {
    pt_card_close(k);
    return err->code;
  }
  *out = k;
  return 0;
}

void pt_card_close(struct pt_card *k) {
  if (!k) return;
  for (uint64_t i = 0; k->columns && i < k->n; i++) {
    struct pt_card_column *c = &k->columns[i];
    if (!c->loaded) continue;
    free(c->unit);
    free(c->family);
    free(c->description);
    free(c->rule);
    free(c->reads);
    free(c->categories);
    if (c->values >= 0) H5Dclose(c->values);
    if (c->mask >= 0) H5Dclose(c->mask);
  }
  free(k->columns);
  pt_h5_free_texts(k->names, k->n);
  pt_h5_free_texts(k->texts, k->n_texts);
  pt_h5_free_texts(k->matrices, k->n_matrices);
  free(k->entries);
  if (k->ids >= 0) H5Dclose(k->ids);
  if (k->file >= 0) H5Fclose(k->file);
  free(k);
}

static int read_ids(struct pt_card *k, uint64_t first, uint64_t n, char *to, struct pt_err *err) {
  hid_t type = H5Dget_type(k->ids);
<<<<<<< HEAD
  int code = pt_card_read(k->ids, first, n, type, to, err);
=======
  int code = pt_h5_read_rows(k->ids, first, n, type, to, err);
>>>>>>> 2461d33 (segment: a segment of a finished file by any expression; docs of the tables)
  H5Tclose(type);
  return code;
}

static int find_by_halves(struct pt_card *k, const char *id, char *at, bool *found, uint64_t *row, struct pt_err *err) {
  struct pt_hash_key key = pt_hash_key_default();
  struct pt_h128 wanted = pt_hash_user(&key, id, strlen(id));
  uint64_t low = 0, high = k->rows;
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    PT_TRY(read_ids(k, middle, 1, at, err));
    int order = pt_h128_cmp(pt_hash_user(&key, at, strnlen(at, k->id_width)), wanted);
    if (order == 0 && strncmp(at, id, k->id_width) == 0) {
      *found = true;
      *row = middle;
      return 0;
    }
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return 0;
}

static int find_by_reading(struct pt_card *k, const char *id, char *at, bool *found, uint64_t *row,
                           struct pt_err *err) {
  for (uint64_t first = 0; first < k->rows; first += IDS_AT_ONCE) {
    uint64_t n = k->rows - first < IDS_AT_ONCE ? k->rows - first : IDS_AT_ONCE;
    PT_TRY(read_ids(k, first, n, at, err));
    for (uint64_t i = 0; i < n; i++)
      if (strncmp(at + i * k->id_width, id, k->id_width) == 0) {
        *found = true;
        *row = first + i;
        return 0;
      }
  }
  return 0;
}

int pt_card_find(struct pt_card *k, const char *user_id, uint64_t *row, struct pt_err *err) {
  bool found = false;
  char *at = calloc(IDS_AT_ONCE, k->id_width + 1);
  if (!at) return pt_card_no_memory(err);
  int code = 0;
  if (*user_id && strlen(user_id) <= k->id_width) {
    code = find_by_halves(k, user_id, at, &found, row, err);
    if (!code && !found) code = find_by_reading(k, user_id, at, &found, row, err);
  }
  free(at);
  if (!code && !found) code = pt_fail(err, "output", PT_NOINPUT, 0, "no user '%s' in the file", user_id);
  return code;
}

uint32_t pt_card_columns(const struct pt_card *k) {
  return (uint32_t)k->n;
}

const char *pt_card_name(const struct pt_card *k, uint32_t i) {
  return i < k->n ? k->names[i] : "";
}

int64_t pt_card_at(const struct pt_card *k, const char *name) {
  for (uint64_t i = 0; i < k->n; i++)
    if (strcmp(k->names[i], name) == 0) return (int64_t)i;
  return -1;
}

<<<<<<< HEAD
uint64_t pt_card_rows(const struct pt_card *k) {
  return k->rows;
}

int pt_card_run(struct pt_card *k, char **json, struct pt_err *err) {
  *json = NULL;
  hid_t d = H5Dopen2(k->file, "/uns/run", H5P_DEFAULT);
  if (d < 0) return 0;
=======
static int load_parts(struct pt_card *k, const char *name, const char *encoding, struct column *c, struct pt_err *err) {
  if (encoding && strcmp(encoding, "categorical") == 0) {
    hid_t d = open_part(k, name, "categories");
    if (d < 0) return pt_h5_fail(err, "open the categories of", name);
    int code = pt_h5_read_texts(d, &c->categories, &c->n_categories, &c->width, err);
    H5Dclose(d);
    PT_TRY(code);
    c->values = open_part(k, name, "codes");
  } else if (encoding && strncmp(encoding, "nullable", 8) == 0) {
    c->values = open_part(k, name, "values");
    c->mask = open_part(k, name, "mask");
    if (c->mask < 0) return pt_h5_fail(err, "open the mask of", name);
  } else {
    c->values = open_part(k, name, NULL);
  }
  if (c->values < 0) return pt_h5_fail(err, "open", name);
  if (pt_h5_length(c->values) != k->rows)
    return pt_fail(err, "output", PT_REJECTED, 0, "column %s has not as many rows as there are users", name);
  return 0;
}

static bool has_index(const struct pt_card *k, uint32_t i) {
  char index[80];
  snprintf(index, sizeof index, "%s_index", k->names[i]);
  return i + 1 < k->n && strcmp(k->names[i + 1], index) == 0;
}

static int load(struct pt_card *k, uint32_t i, struct pt_err *err) {
  struct column *c = &k->columns[i];
  if (c->loaded) return 0;
  c->loaded = true;
  c->values = c->mask = H5I_INVALID_HID;
  char path[128], *encoding = NULL;
  snprintf(path, sizeof path, "/obs/%s", k->names[i]);
  hid_t object = H5Oopen(k->file, path, H5P_DEFAULT);
  if (object < 0) return pt_h5_fail(err, "open", path);
  int code = pt_h5_read_attr(object, "encoding-type", &encoding, err);
  if (!code) code = pt_h5_read_attr(object, "units", &c->unit, err);
  if (!code) code = pt_h5_read_attr(object, "family", &c->family, err);
  if (!code) code = pt_h5_read_attr(object, "description", &c->description, err);
  H5Oclose(object);
  if (!code) code = load_parts(k, k->names[i], encoding, c, err);
  if (!code) classify(c);
  c->is_tag = c->categories && has_index(k, i);
  free(encoding);
  return code;
}

/* The shortest text that reads back as the same number. */
static void real_text(double v, bool single, char out[64]) {
  for (int digits = 6; digits <= 17; digits++) {
    snprintf(out, 64, "%.*g", digits, v);
    if (single ? strtof(out, NULL) == (float)v : strtod(out, NULL) == v) return;
  }
}

static int cell_value(struct column *c, uint64_t row, struct pt_card_cell *out, struct pt_err *err) {
  if (c->real) {
    double v = 0;
    PT_TRY(pt_h5_read_rows(c->values, row, 1, H5T_NATIVE_DOUBLE, &v, err));
    out->absent = isnan(v);
    if (!out->absent) real_text(v, c->size == sizeof(float), out->text);
    return 0;
  }
  int64_t v = 0;
  if (c->flag) { /* HDF5 does not turn enumerations into numbers */
    int8_t small = 0;
    hid_t type = pt_h5_bool_type();
    int code = pt_h5_read_rows(c->values, row, 1, type, &small, err);
    H5Tclose(type);
    PT_TRY(code);
    v = small != 0;
  } else {
    PT_TRY(pt_h5_read_rows(c->values, row, 1, H5T_NATIVE_INT64, &v, err));
  }
  if (c->categories) {
    out->absent = v < 0 || (uint64_t)v >= c->n_categories;
    if (!out->absent)
      snprintf(out->text, sizeof out->text, "%.*s", (int)c->width, c->categories + (size_t)v * c->width);
  } else if (c->flag) {
    snprintf(out->text, sizeof out->text, "%s", v ? "true" : "false");
  } else if (c->time) {
    pt_time_text(v, out->text);
  } else {
    snprintf(out->text, sizeof out->text, "%lld", (long long)v);
  }
  return 0;
}

int pt_card_cell(struct pt_card *k, uint64_t row, uint32_t i, struct pt_card_cell *out, struct pt_err *err) {
  *out = (struct pt_card_cell){0};
  if (i >= k->n || row >= k->rows) return pt_fail(err, "output", PT_INTERNAL, 0, "no such cell of the card");
  PT_TRY(load(k, i, err));
  struct column *c = &k->columns[i];
  out->name = k->names[i];
  out->unit = c->unit ? c->unit : "";
  out->family = c->family ? c->family : "";
  out->description = c->description ? c->description : "";
  out->number = c->number;
  out->tag = c->is_tag;
  if (c->mask >= 0) {
    int8_t absent = 0;
    hid_t type = pt_h5_bool_type();
    int code = pt_h5_read_rows(c->mask, row, 1, type, &absent, err);
    H5Tclose(type);
    PT_TRY(code);
    out->absent = absent != 0;
    if (out->absent) return 0;
  }
  return cell_value(c, row, out, err);
}

/* A text that lives as long as the card: frames point to their units. */
static int keep(struct pt_card *k, char *text, const char **out, struct pt_err *err) {
  *out = text;
  if (!text) return 0;
  char **texts = realloc(k->texts, (k->n_texts + 1) * sizeof *texts);
  if (!texts) {
    free(text);
    *out = NULL;
    return no_memory(err);
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
>>>>>>> 2461d33 (segment: a segment of a finished file by any expression; docs of the tables)
  hid_t type = H5Dget_type(d);
  char *text = NULL;
  int code = 0;
  if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0 && pt_card_length(d) == 1) {
    if (H5Dread(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &text) < 0) code = pt_h5_fail(err, "read", "/uns/run");
    if (!code && text && !(*json = strdup(text))) code = pt_card_no_memory(err);
    if (text) H5free_memory(text);
  }
  H5Tclose(type);
<<<<<<< HEAD
  H5Dclose(d);
=======
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
  if (c->type == PT_FR_I64) return pt_h5_read_rows(d, 0, f->n_rows, H5T_NATIVE_INT64, c->v.i64, err);
  if (c->type == PT_FR_F64) return pt_h5_read_rows(d, 0, f->n_rows, H5T_NATIVE_DOUBLE, c->v.f64, err);
  char *flat;
  uint64_t n;
  size_t width;
  int code = pt_h5_read_texts(d, &flat, &n, &width, err);
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
    uint64_t length = pt_h5_length(d);
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
>>>>>>> 2461d33 (segment: a segment of a finished file by any expression; docs of the tables)
  return code;
}

/* The cells of a row: each column is looked at when one of its cells is first asked for. */
#include <math.h>
#include <portrait/time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card_priv.h"

/* Opens the dataset `part` of a column's group, or the column itself. */
static hid_t open_part(struct pt_card *k, const char *name, const char *part) {
  char path[256];
  snprintf(path, sizeof path, "/obs/%s%s%s", name, part ? "/" : "", part ? part : "");
  return H5Dopen2(k->file, path, H5P_DEFAULT);
}

static void classify(struct pt_card_column *c) {
  hid_t type = H5Dget_type(c->values);
  H5T_class_t class = H5Tget_class(type);
  c->size = H5Tget_size(type);
  c->flag = class == H5T_ENUM;
  c->real = class == H5T_FLOAT;
  c->time = c->unit && strncmp(c->unit, "ms since 1970", 13) == 0;
  c->number = !c->flag && !c->time && !c->categories;
  H5Tclose(type);
}

static int load_parts(struct pt_card *k, const char *name, const char *encoding, struct pt_card_column *c,
                      struct pt_err *err) {
  if (encoding && strcmp(encoding, "categorical") == 0) {
    hid_t d = open_part(k, name, "categories");
    if (d < 0) return pt_h5_fail(err, "open the categories of", name);
    int code = pt_card_texts(d, &c->categories, &c->n_categories, &c->width, err);
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
  if (pt_card_length(c->values) != k->rows)
    return pt_fail(err, "output", PT_REJECTED, 0, "column %s has not as many rows as there are users", name);
  return 0;
}

static bool has_index(const struct pt_card *k, uint32_t i) {
  char index[80];
  snprintf(index, sizeof index, "%s_index", k->names[i]);
  return i + 1 < k->n && strcmp(k->names[i + 1], index) == 0;
}

static int load(struct pt_card *k, uint32_t i, struct pt_err *err) {
  struct pt_card_column *c = &k->columns[i];
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
  if (!code) code = pt_h5_read_attr(object, "rule", &c->rule, err);
  if (!code) code = pt_h5_read_attr(object, "reads", &c->reads, err);
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

static int cell_value(struct pt_card_column *c, uint64_t row, struct pt_card_cell *out, struct pt_err *err) {
  if (c->real) {
    double v = 0;
    PT_TRY(pt_card_read(c->values, row, 1, H5T_NATIVE_DOUBLE, &v, err));
    out->absent = isnan(v);
    if (!out->absent) real_text(v, c->size == sizeof(float), out->text);
    return 0;
  }
  int64_t v = 0;
  if (c->flag) { /* HDF5 does not turn enumerations into numbers */
    int8_t small = 0;
    hid_t type = pt_h5_bool_type();
    int code = pt_card_read(c->values, row, 1, type, &small, err);
    H5Tclose(type);
    PT_TRY(code);
    v = small != 0;
  } else {
    PT_TRY(pt_card_read(c->values, row, 1, H5T_NATIVE_INT64, &v, err));
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
  struct pt_card_column *c = &k->columns[i];
  out->name = k->names[i];
  out->unit = c->unit ? c->unit : "";
  out->family = c->family ? c->family : "";
  out->description = c->description ? c->description : "";
  out->rule = c->rule;
  out->reads = c->reads;
  out->number = c->number;
  out->flag = c->flag;
  out->tag = c->is_tag;
  if (c->mask >= 0) {
    int8_t absent = 0;
    hid_t type = pt_h5_bool_type();
    int code = pt_card_read(c->mask, row, 1, type, &absent, err);
    H5Tclose(type);
    PT_TRY(code);
    out->absent = absent != 0;
    if (out->absent) return 0;
  }
  return cell_value(c, row, out, err);
}

/* The small things of the file, by rank 0 with the serial driver: categories, /var, the frames of /uns, the run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "h5.h"
#include "out.h"

static int no_memory(struct pt_err *err) {
  return pt_fail(err, "output", PT_MEMORY, 0, "no memory for a table");
}

static int put_data(struct pt_out *o, hid_t file, const char *path, hid_t type, uint64_t n, const void *p,
                    const char *encoding, struct pt_err *err) {
  hsize_t dims = n;
  hid_t space = H5Screate_simple(1, &dims, NULL), create = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(create, false);
  hid_t d = H5Dcreate2(file, path, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
  int code = 0;
  if (d < 0 || (n && H5Dwrite(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, p) < 0)) code = pt_h5_fail(err, "write", path);
  if (d >= 0 && H5Dclose(d) < 0) code = pt_h5_fail(err, "write", path);
  H5Pclose(create);
  H5Sclose(space);
  if (!code) code = pt_put_encoding(o, file, path, encoding, "0.2.0", err);
  if (code || n == 0) return code;
  return pt_slab_add(&o->slabs, path, NULL, 0, n, XXH3_128bits(p, n * H5Tget_size(type)), err);
}

int pt_put_texts(struct pt_out *o, hid_t file, const char *path, const char *const *texts, uint64_t n,
                 struct pt_err *err) {
  size_t width = 1;
  for (uint64_t i = 0; i < n; i++)
    if (strlen(texts[i]) > width) width = strlen(texts[i]);
  char *flat = calloc(n + 1, width);
  if (!flat) return no_memory(err);
  for (uint64_t i = 0; i < n; i++) memcpy(flat + i * width, texts[i], strlen(texts[i]));
  hid_t type = pt_h5_text_type(width);
  int code = put_data(o, file, path, type, n, flat, "string-array", err);
  H5Tclose(type);
  free(flat);
  return code;
}

static int put_group(struct pt_out *o, hid_t file, const char *path, const char *encoding, const char *version,
                     struct pt_err *err) {
  hid_t create = H5Pcreate(H5P_GROUP_CREATE);
  H5Pset_obj_track_times(create, false);
  hid_t g = H5Lexists(file, path, H5P_DEFAULT) > 0 ? H5Gopen2(file, path, H5P_DEFAULT)
                                                   : H5Gcreate2(file, path, H5P_DEFAULT, create, H5P_DEFAULT);
  H5Pclose(create);
  if (g < 0 || H5Gclose(g) < 0) return pt_h5_fail(err, "create", path);
  return pt_put_encoding(o, file, path, encoding, version, err);
}

/* The groups above the last part of `path`, as far as they are not there yet. */
static int put_parents(struct pt_out *o, hid_t file, const char *path, struct pt_err *err) {
  char upto[128];
  for (const char *s = strchr(path + 1, '/'); s; s = strchr(s + 1, '/')) {
    snprintf(upto, sizeof upto, "%.*s", (int)(s - path), path);
    htri_t there = H5Lexists(file, upto, H5P_DEFAULT);
    if (there < 0) return pt_h5_fail(err, "look for", upto);
    if (!there) PT_TRY(put_group(o, file, upto, "dict", "0.1.0", err));
  }
  return 0;
}

static int put_column(struct pt_out *o, hid_t file, const char *table, const struct pt_frame_column *c, uint64_t n,
                      struct pt_err *err) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", table, c->name);
  if (c->type == PT_FR_I64)
    PT_TRY(put_data(o, file, path, H5T_NATIVE_INT64, n, c->v.i64, "array", err));
  else if (c->type == PT_FR_F64)
    PT_TRY(put_data(o, file, path, H5T_NATIVE_DOUBLE, n, c->v.f64, "array", err));
  else
    PT_TRY(pt_put_texts(o, file, path, (const char *const *)c->v.text, n, err));
  hid_t d = H5Oopen(file, path, H5P_DEFAULT);
  if (d < 0) return pt_h5_fail(err, "open", path);
  int code = pt_put_attr(o, d, path, "units", c->unit, err);
  if (!code) code = pt_put_attr(o, d, path, "description", c->description, err);
  H5Oclose(d);
  return code;
}

static int put_numbers(struct pt_out *o, hid_t file, const char *table, uint64_t n, struct pt_err *err) {
  char path[256];
  snprintf(path, sizeof path, "%s/_index", table);
  int64_t *v = calloc(n + 1, sizeof *v);
  if (!v) return no_memory(err);
  for (uint64_t i = 0; i < n; i++) v[i] = (int64_t)i;
  int code = put_data(o, file, path, H5T_NATIVE_INT64, n, v, "array", err);
  free(v);
  return code;
}

/* A data frame. `index` = its first column is the index and in no column order; else rows are numbered. */
static int put_frame(struct pt_out *o, hid_t file, const char *path, const struct pt_frame *f, bool index,
                     struct pt_err *err) {
  PT_TRY(put_parents(o, file, path, err));
  PT_TRY(put_group(o, file, path, "dataframe", "0.2.0", err));
  if (!index) PT_TRY(put_numbers(o, file, path, f->n_rows, err));
  const char **names = calloc(f->n_columns + 1, sizeof *names);
  if (!names) return no_memory(err);
  int code = 0;
  for (uint32_t i = 0; !code && i < f->n_columns; i++) {
    names[i] = f->columns[i].name;
    code = put_column(o, file, path, &f->columns[i], f->n_rows, err);
  }
  hid_t g = code ? H5I_INVALID_HID : H5Oopen(file, path, H5P_DEFAULT);
  if (!code && g < 0) code = pt_h5_fail(err, "open", path);
  const struct pt_table_info *info = pt_table_find(f->path);
  if (!code && info) code = pt_put_attr(o, g, path, "description", info->text, err);
  if (!code) code = pt_put_attr(o, g, path, "_index", index ? names[0] : "_index", err);
  if (!code) code = pt_put_attr_list(o, g, path, "column-order", names + index, f->n_columns - index, err);
  if (g >= 0) H5Oclose(g);
  free(names);
  return code;
}

static int var_columns(struct pt_frame *f, struct pt_err *err) {
  static const struct {
    const char *name;
    enum pt_ftype type;
    const char *unit, *description;
  } of[] = {{"name", PT_FR_TEXT, NULL, "tag and label"},
            {"tag", PT_FR_TEXT, NULL, "column of /obs that holds the label"},
            {"label", PT_FR_TEXT, NULL, "the label"},
            {"level", PT_FR_TEXT, NULL, "fact, model or prediction"},
            {"users", PT_FR_I64, "users", "users with the label"},
            {"mean_index", PT_FR_F64, "1", "mean of the tag's index over the users with the label where it is known"},
            {"description", PT_FR_TEXT, NULL, "what the tag means"}};
  uint32_t at;
  for (size_t i = 0; i < sizeof of / sizeof *of; i++)
    PT_TRY(pt_frame_column(f, of[i].name, of[i].type, of[i].unit, of[i].description, &at, err));
  return 0;
}

static int set(struct pt_frame *f, uint64_t row, uint32_t column, const char *text, struct pt_err *err) {
  return text ? pt_frame_set_text(f, row, column, text, strlen(text), err) : 0;
}

static int var_row(struct pt_out *o, struct pt_frame *f, const struct pt_label *l, struct pt_err *err) {
  const struct pt_column *c = &o->schema->columns[o->schema->tags[l->tag].label];
  char name[400];
  uint64_t row;
  PT_TRY(pt_frame_row(f, &row, err));
  snprintf(name, sizeof name, "%s=%s", c->name, l->text);
  PT_TRY(set(f, row, 0, name, err));
  PT_TRY(set(f, row, 1, c->name, err));
  PT_TRY(set(f, row, 2, l->text, err));
  PT_TRY(set(f, row, 3, c->level, err));
  f->columns[4].v.i64[row] = (int64_t)l->users;
  f->columns[5].v.f64[row] = l->mean_index;
  return set(f, row, 6, c->description, err);
}

static int put_var(struct pt_out *o, hid_t file, struct pt_err *err) {
  struct pt_frame f;
  PT_TRY(pt_frame_init(&f, "var", err));
  int code = var_columns(&f, err);
  for (uint32_t i = 0; !code && i < o->labels->n; i++) code = var_row(o, &f, &o->labels->v[i], err);
  if (!code) code = put_frame(o, file, "/var", &f, true, err);
  pt_frame_free(&f);
  return code;
}

static int put_run(struct pt_out *o, hid_t file, struct pt_err *err) {
  const char *text = o->conf->run_json ? o->conf->run_json : "{}";
  hid_t type = pt_h5_vlen_type(), space = H5Screate(H5S_SCALAR), create = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(create, false);
  hid_t d = H5Dcreate2(file, "/uns/run", type, space, H5P_DEFAULT, create, H5P_DEFAULT);
  int code = 0;
  if (d < 0 || H5Dwrite(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &text) < 0 || H5Dclose(d) < 0)
    code = pt_h5_fail(err, "write", "/uns/run");
  H5Pclose(create);
  H5Sclose(space);
  H5Tclose(type);
  if (!code) code = pt_put_encoding(o, file, "/uns/run", "string", "0.2.0", err);
  if (code) return code;
  return pt_slab_add(&o->slabs, "/uns/run", NULL, 0, 1, XXH3_128bits(text, strlen(text) + 1), err);
}

int pt_tables_write(struct pt_out *o, hid_t file, const struct pt_frame *frames, uint32_t n, struct pt_err *err) {
  static const char *const empty[] = {"/uns", "/varm", "/obsp", "/varp"};
  for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) PT_TRY(put_group(o, file, empty[i], "dict", "0.1.0", err));
  PT_TRY(put_var(o, file, err));
  PT_TRY(put_run(o, file, err));
  if (pt_members_wanted(o)) PT_TRY(put_group(o, file, "/uns/segments", "dict", "0.1.0", err));
  PT_TRY(pt_members_describe(o, file, err));
  for (uint32_t i = 0; i < n; i++) {
    char path[128];
    snprintf(path, sizeof path, "/uns/%s", frames[i].path);
    PT_TRY(put_frame(o, file, path, &frames[i], false, err));
  }
  return 0;
}

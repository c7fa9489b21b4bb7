/* Everything that makes the datasets an AnnData file for its readers: encodings, the order of columns, what each
 * column means, and the categories of labels. Rank 0 alone writes it after the parallel part is closed: a thousand
 * small attributes cost nothing then, and a full disk is an errno. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "h5.h"
#include "out.h"

static int put_raw(struct pt_out *o, hid_t object, const char *path, const char *name, hid_t type, hid_t space,
                   const void *p, XXH128_hash_t hash, struct pt_err *err) {
  hid_t a = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  int code = 0;
  if (a < 0 || (p && H5Awrite(a, type, p) < 0) || H5Aclose(a) < 0) {
    char at[256];
    snprintf(at, sizeof at, "%s of %s", name, path);
    code = pt_h5_fail(err, "write attribute", at);
  }
  return code ? code : pt_slab_add(&o->slabs, path, name, 0, 0, hash, err);
}

int pt_put_attr_list(struct pt_out *o, hid_t object, const char *path, const char *name, const char *const *texts,
                     uint64_t n, struct pt_err *err) {
  hsize_t dims = n;
  hid_t t = pt_h5_vlen_type(), space = H5Screate_simple(1, &dims, NULL);
  XXH3_state_t *h = XXH3_createState();
  if (!h) return pt_fail(err, "output", PT_MEMORY, 0, "no memory for an attribute");
  XXH3_128bits_reset(h);
  for (uint64_t i = 0; i < n; i++) XXH3_128bits_update(h, texts[i], strlen(texts[i]) + 1);
  int code = put_raw(o, object, path, name, t, space, n ? texts : NULL, XXH3_128bits_digest(h), err);
  XXH3_freeState(h);
  H5Sclose(space);
  H5Tclose(t);
  return code;
}

int pt_put_attr(struct pt_out *o, hid_t object, const char *path, const char *name, const char *text,
                struct pt_err *err) {
  if (!text) return 0;
  hid_t t = pt_h5_vlen_type(), space = H5Screate(H5S_SCALAR);
  int code = put_raw(o, object, path, name, t, space, &text, XXH3_128bits(text, strlen(text) + 1), err);
  H5Sclose(space);
  H5Tclose(t);
  return code;
}

static int put_ordered(struct pt_out *o, hid_t object, const char *path, bool ordered, struct pt_err *err) {
  int8_t value = ordered;
  hid_t t = pt_h5_bool_type(), space = H5Screate(H5S_SCALAR);
  int code = put_raw(o, object, path, "ordered", t, space, &value, XXH3_128bits(&value, 1), err);
  H5Sclose(space);
  H5Tclose(t);
  return code;
}

static int put_shape(struct pt_out *o, hid_t object, const char *path, uint64_t rows, uint64_t columns,
                     struct pt_err *err) {
  int64_t shape[2] = {(int64_t)rows, (int64_t)columns};
  hsize_t dims = 2;
  hid_t space = H5Screate_simple(1, &dims, NULL);
  int code = put_raw(o, object, path, "shape", H5T_NATIVE_INT64, space, shape, XXH3_128bits(shape, sizeof shape), err);
  H5Sclose(space);
  return code;
}

static int encode(struct pt_out *o, hid_t object, const char *path, const char *type, const char *version,
                  struct pt_err *err) {
  PT_TRY(pt_put_attr(o, object, path, "encoding-type", type, err));
  return pt_put_attr(o, object, path, "encoding-version", version, err);
}

int pt_put_encoding(struct pt_out *o, hid_t file, const char *path, const char *type, const char *version,
                    struct pt_err *err) {
  hid_t object = H5Oopen(file, path, H5P_DEFAULT);
  if (object < 0) return pt_h5_fail(err, "open", path);
  int code = encode(o, object, path, type, version, err);
  H5Oclose(object);
  return code;
}

static int part_encoding(struct pt_out *o, hid_t file, const char *path, const char *part, const char *type,
                         struct pt_err *err) {
  char full[192];
  snprintf(full, sizeof full, "%s/%s", path, part);
  return pt_put_encoding(o, file, full, type, "0.2.0", err);
}

static int describe(struct pt_out *o, hid_t object, const char *path, const struct pt_column *c, struct pt_err *err) {
  PT_TRY(pt_put_attr(o, object, path, "description", c->description, err));
  PT_TRY(pt_put_attr(o, object, path, "units", c->unit, err));
  PT_TRY(pt_put_attr(o, object, path, "family", c->family, err));
  PT_TRY(pt_put_attr(o, object, path, "level", c->level, err));
  PT_TRY(pt_put_attr(o, object, path, "rule", c->rule, err));
  PT_TRY(pt_put_attr(o, object, path, "reads", c->reads, err));
  return pt_put_attr(o, object, path, "kind", c->kind, err);
}

static int categorical(struct pt_out *o, hid_t file, hid_t object, const char *path, uint32_t column,
                       struct pt_err *err) {
  const struct pt_codes *c = &o->codes[column];
  char full[192];
  snprintf(full, sizeof full, "%s/categories", path);
  PT_TRY(encode(o, object, path, "categorical", "0.2.0", err));
  PT_TRY(put_ordered(o, object, path, o->schema->columns[column].labels.ordered, err));
  PT_TRY(part_encoding(o, file, path, "codes", "array", err));
  return pt_put_texts(o, file, full, c->texts, c->n, err);
}

static int column_attributes(struct pt_out *o, hid_t file, hid_t object, const char *path, uint32_t column,
                             struct pt_err *err) {
  const struct pt_column *c = &o->schema->columns[column];
  if (c->type == PT_C_LABEL) {
    PT_TRY(categorical(o, file, object, path, column, err));
  } else if (c->nullable) {
    PT_TRY(encode(o, object, path, c->type == PT_C_BOOL ? "nullable-boolean" : "nullable-integer", "0.1.0", err));
    PT_TRY(part_encoding(o, file, path, "values", "array", err));
    PT_TRY(part_encoding(o, file, path, "mask", "array", err));
  } else {
    PT_TRY(encode(o, object, path, "array", "0.2.0", err));
  }
  return describe(o, object, path, c, err);
}

static int obs_attributes(struct pt_out *o, hid_t file, struct pt_err *err) {
  const char **names = calloc(o->n_order + 1, sizeof *names);
  if (!names) return pt_fail(err, "output", PT_MEMORY, 0, "no memory for the names of columns");
  uint32_t n = 0;
  for (uint32_t i = 0; i < o->n_order; i++)
    if (o->schema->columns[o->order[i]].where == PT_IN_OBS) names[n++] = o->schema->columns[o->order[i]].name;
  hid_t obs = H5Oopen(file, "/obs", H5P_DEFAULT);
  int code = obs < 0 ? pt_h5_fail(err, "open", "/obs") : encode(o, obs, "/obs", "dataframe", "0.2.0", err);
  if (!code) code = pt_put_attr(o, obs, "/obs", "_index", "user_id", err);
  if (!code) code = pt_put_attr_list(o, obs, "/obs", "column-order", names, n, err);
  if (!code) code = pt_put_encoding(o, file, "/obs/user_id", "string-array", "0.2.0", err);
  if (obs >= 0) H5Oclose(obs);
  free(names);
  return code;
}

int pt_put_csr(struct pt_out *o, hid_t file, const char *path, uint64_t rows, uint64_t columns, struct pt_err *err) {
  hid_t object = H5Oopen(file, path, H5P_DEFAULT);
  if (object < 0) return pt_h5_fail(err, "open", path);
  int code = encode(o, object, path, "csr_matrix", "0.1.0", err);
  if (!code) code = put_shape(o, object, path, rows, columns, err);
  H5Oclose(object);
  return code;
}

int pt_attributes_write(struct pt_out *o, hid_t file, struct pt_err *err) {
  PT_TRY(pt_put_encoding(o, file, "/", "anndata", "0.1.0", err));
  PT_TRY(pt_put_encoding(o, file, "/obsm", "dict", "0.1.0", err));
  PT_TRY(pt_put_encoding(o, file, "/layers", "dict", "0.1.0", err));
  PT_TRY(pt_put_csr(o, file, "/X", o->total, o->labels->n, err));
  PT_TRY(pt_put_csr(o, file, "/layers/index", o->total, o->labels->n, err));
  PT_TRY(obs_attributes(o, file, err));
  PT_TRY(pt_sparse_attributes(o, file, err));
  for (uint32_t i = 0; i < o->n_order; i++) {
    const struct pt_column *c = &o->schema->columns[o->order[i]];
    char path[128];
    pt_column_path(c, path);
    hid_t object = H5Oopen(file, path, H5P_DEFAULT);
    if (object < 0) return pt_h5_fail(err, "open", path);
    int code = column_attributes(o, file, object, path, o->order[i], err);
    H5Oclose(object);
    if (code) return code;
  }
  return 0;
}

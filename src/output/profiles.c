/* Columns of a finished file. Datasets are opened when a column is asked for and stay open. Memory: the labels of the
 * columns that were asked for. */
#include <errno.h>
#include <math.h>
#include <portrait/profiles.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "card_priv.h"

struct column {
  bool open;
  hid_t values, mask; /* mask < 0: none */
  char *unit, *family, *texts;
  const char **labels;
  uint64_t n_labels;
  enum pt_profile_kind kind;
  bool single;
};

struct pt_profiles {
  hid_t file, ids;
  uint64_t users, n;
  size_t width;
  char **names;
  struct column *columns;
};

static int no_memory(struct pt_err *err) {
  return pt_fail(err, "output", PT_MEMORY, 0, "no memory for the columns of a file");
}

static int open_obs(struct pt_profiles *p, const char *path, struct pt_err *err) {
  hid_t obs = H5Oopen(p->file, "/obs", H5P_DEFAULT);
  p->ids = H5Dopen2(p->file, "/obs/user_id", H5P_DEFAULT);
  int code = 0;
  if (obs < 0 || p->ids < 0)
    code = pt_fail(err, "output", PT_REJECTED, 0, "%s: not a file of profiles (no /obs/user_id)", path);
  if (!code) code = pt_h5_read_attr_list(obs, "column-order", &p->names, &p->n, err);
  if (obs >= 0) H5Oclose(obs);
  if (code) return code;
  hid_t type = H5Dget_type(p->ids);
  bool fixed = H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0;
  p->width = H5Tget_size(type);
  p->users = pt_card_length(p->ids);
  H5Tclose(type);
  if (!fixed) return pt_fail(err, "output", PT_REJECTED, 0, "%s: /obs/user_id is no fixed-length text", path);
  p->columns = calloc(p->n + 1, sizeof *p->columns);
  return p->columns ? 0 : no_memory(err);
}

int pt_profiles_open(struct pt_profiles **out, const char *path, struct pt_err *err) {
  *out = NULL;
  if (access(path, R_OK)) return pt_fail(err, "output", PT_NOINPUT, errno, "%s: %s", path, strerror(errno));
  pt_h5_quiet();
  struct pt_profiles *p = calloc(1, sizeof *p);
  if (!p) return no_memory(err);
  p->ids = H5I_INVALID_HID;
  p->file = pt_h5_open(path, H5F_ACC_RDONLY, err);
  if (p->file < 0 || open_obs(p, path, err)) {
    pt_profiles_close(p);
    return err->code;
  }
  *out = p;
  return 0;
}

void pt_profiles_close(struct pt_profiles *p) {
  if (!p) return;
  for (uint64_t i = 0; p->columns && i < p->n; i++) {
    struct column *c = &p->columns[i];
    if (!c->open) continue;
    if (c->values >= 0) H5Dclose(c->values);
    if (c->mask >= 0) H5Dclose(c->mask);
    free(c->unit);
    free(c->family);
    free(c->texts);
    free(c->labels);
  }
  free(p->columns);
  pt_h5_free_texts(p->names, p->n);
  if (p->ids >= 0) H5Dclose(p->ids);
  if (p->file >= 0) H5Fclose(p->file);
  free(p);
}

uint64_t pt_profiles_users(const struct pt_profiles *p) {
  return p->users;
}
uint32_t pt_profiles_columns(const struct pt_profiles *p) {
  return (uint32_t)p->n;
}
const char *pt_profiles_name(const struct pt_profiles *p, uint32_t i) {
  return p->names[i];
}
size_t pt_profiles_id_width(const struct pt_profiles *p) {
  return p->width;
}

int64_t pt_profiles_find(const struct pt_profiles *p, const char *name, size_t n) {
  for (uint64_t i = 0; i < p->n; i++)
    if (strlen(p->names[i]) == n && memcmp(p->names[i], name, n) == 0) return (int64_t)i;
  return -1;
}

static hid_t open_part(struct pt_profiles *p, const char *name, const char *part) {
  char path[256];
  snprintf(path, sizeof path, "/obs/%s%s%s", name, part ? "/" : "", part ? part : "");
  return H5Dopen2(p->file, path, H5P_DEFAULT);
}

static int open_labels(struct pt_profiles *p, const char *name, struct column *c, struct pt_err *err) {
  hid_t d = open_part(p, name, "categories");
  if (d < 0) return pt_h5_fail(err, "open the categories of", name);
  size_t width;
  char *flat;
  int code = pt_card_texts(d, &flat, &c->n_labels, &width, err);
  H5Dclose(d);
  c->texts = code ? NULL : calloc(c->n_labels + 1, width + 1);
  c->labels = code ? NULL : calloc(c->n_labels + 1, sizeof *c->labels);
  if (!code && (!c->texts || !c->labels)) code = no_memory(err);
  for (uint64_t i = 0; !code && i < c->n_labels; i++)
    c->labels[i] = memcpy(c->texts + i * (width + 1), flat + i * width, width);
  if (flat) free(flat);
  return code;
}

static int open_values(struct pt_profiles *p, const char *name, const char *encoding, struct column *c,
                       struct pt_err *err) {
  bool labels = encoding && strcmp(encoding, "categorical") == 0;
  bool nullable = encoding && strncmp(encoding, "nullable", 8) == 0;
  if (labels) PT_TRY(open_labels(p, name, c, err));
  c->values = open_part(p, name, labels ? "codes" : nullable ? "values" : NULL);
  if (nullable) c->mask = open_part(p, name, "mask");
  if (c->values < 0 || (nullable && c->mask < 0)) return pt_h5_fail(err, "open", name);
  if (pt_card_length(c->values) != p->users || (nullable && pt_card_length(c->mask) != p->users))
    return pt_fail(err, "output", PT_REJECTED, 0, "column %s has not as many rows as there are users", name);
  hid_t type = H5Dget_type(c->values);
  H5T_class_t class = H5Tget_class(type);
  c->single = class == H5T_FLOAT && H5Tget_size(type) == sizeof(float);
  H5Tclose(type);
  if (class != H5T_INTEGER && class != H5T_FLOAT && class != H5T_ENUM)
    return pt_fail(err, "output", PT_REJECTED, 0, "column %s is of a type that this program has not written", name);
  c->kind = labels ? PT_P_LABEL : class == H5T_ENUM ? PT_P_FLAG : class == H5T_FLOAT ? PT_P_REAL : PT_P_WHOLE;
  return 0;
}

static int open_column(struct pt_profiles *p, uint32_t i, struct pt_err *err) {
  struct column *c = &p->columns[i];
  if (c->open) return 0;
  c->open = true;
  c->values = c->mask = H5I_INVALID_HID;
  char path[128], *encoding = NULL;
  snprintf(path, sizeof path, "/obs/%s", p->names[i]);
  hid_t object = H5Oopen(p->file, path, H5P_DEFAULT);
  if (object < 0) return pt_h5_fail(err, "open", path);
  int code = pt_h5_read_attr(object, "encoding-type", &encoding, err);
  if (!code) code = pt_h5_read_attr(object, "units", &c->unit, err);
  if (!code) code = pt_h5_read_attr(object, "family", &c->family, err);
  H5Oclose(object);
  if (!code) code = open_values(p, p->names[i], encoding, c, err);
  free(encoding);
  return code;
}

int pt_profiles_column(struct pt_profiles *p, uint32_t i, struct pt_profile_column *out, struct pt_err *err) {
  PT_TRY(open_column(p, i, err));
  const struct column *c = &p->columns[i];
  char index[80];
  snprintf(index, sizeof index, "%.64s_index", p->names[i]);
  *out = (struct pt_profile_column){.name = p->names[i],
                                    .unit = c->unit ? c->unit : "",
                                    .family = c->family ? c->family : "",
                                    .kind = c->kind,
                                    .single = c->single,
                                    .labels = c->labels,
                                    .n_labels = (uint32_t)c->n_labels};
  out->tag = c->kind == PT_P_LABEL && i + 1 < p->n && strcmp(p->names[i + 1], index) == 0;
  return 0;
}

/* HDF5 does not turn enumerations into numbers: bytes as they are. */
static int read_flags(hid_t dataset, uint64_t first, uint64_t n, uint8_t *to, struct pt_err *err) {
  hid_t type = pt_h5_bool_type();
  int code = pt_card_read(dataset, first, n, type, to, err);
  H5Tclose(type);
  return code;
}

int pt_profiles_read(struct pt_profiles *p, uint32_t i, uint64_t first, uint64_t n, const struct pt_profile_values *to,
                     struct pt_err *err) {
  PT_TRY(open_column(p, i, err));
  const struct column *c = &p->columns[i];
  if (n == 0) return 0;
  memset(to->absent, 0, n);
  switch (c->kind) {
    case PT_P_REAL:
      PT_TRY(pt_card_read(c->values, first, n, H5T_NATIVE_DOUBLE, to->real, err));
      for (uint64_t k = 0; k < n; k++) to->absent[k] = isnan(to->real[k]);
      break;
    case PT_P_FLAG:
      PT_TRY(read_flags(c->values, first, n, to->absent, err)); /* a place to put them */
      for (uint64_t k = 0; k < n; k++) to->whole[k] = to->absent[k] != 0;
      memset(to->absent, 0, n);
      break;
    default:
      PT_TRY(pt_card_read(c->values, first, n, H5T_NATIVE_INT64, to->whole, err));
      for (uint64_t k = 0; c->kind == PT_P_LABEL && k < n; k++)
        to->absent[k] = to->whole[k] < 0 || (uint64_t)to->whole[k] >= c->n_labels;
      break;
  }
  return c->mask >= 0 ? read_flags(c->mask, first, n, to->absent, err) : 0;
}

int pt_profiles_ids(struct pt_profiles *p, uint64_t first, uint64_t n, char *to, struct pt_err *err) {
  if (n == 0) return 0;
  hid_t type = H5Dget_type(p->ids);
  int code = pt_card_read(p->ids, first, n, type, to, err);
  H5Tclose(type);
  return code;
}

int pt_profiles_run(struct pt_profiles *p, char **out, struct pt_err *err) {
  *out = NULL;
  char *text = NULL;
  hid_t d = H5Dopen2(p->file, "/uns/run", H5P_DEFAULT), type = pt_h5_vlen_type();
  int code = 0;
  if (d < 0 || H5Dread(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &text) < 0)
    code = pt_h5_fail(err, "read", "/uns/run");
  else if (!text || !(*out = strdup(text)))
    code = no_memory(err);
  if (text) H5free_memory(text);
  H5Tclose(type);
  if (d >= 0) H5Dclose(d);
  return code;
}

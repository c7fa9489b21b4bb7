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
  k->rows = pt_card_length(k->ids);
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
  int code = pt_card_read(k->ids, first, n, type, to, err);
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

uint64_t pt_card_rows(const struct pt_card *k) {
  return k->rows;
}

int pt_card_run(struct pt_card *k, char **json, struct pt_err *err) {
  *json = NULL;
  hid_t d = H5Dopen2(k->file, "/uns/run", H5P_DEFAULT);
  if (d < 0) return 0;
  hid_t type = H5Dget_type(d);
  char *text = NULL;
  int code = 0;
  if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0 && pt_card_length(d) == 1) {
    if (H5Dread(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &text) < 0) code = pt_h5_fail(err, "read", "/uns/run");
    if (!code && text && !(*json = strdup(text))) code = pt_card_no_memory(err);
    if (text) H5free_memory(text);
  }
  H5Tclose(type);
  H5Dclose(d);
  return code;
}

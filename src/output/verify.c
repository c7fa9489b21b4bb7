/* Reading back. A short write on a full disk, a lost page or a bug of MPI-IO shows nowhere else: HDF5 and Open MPI
 * have both been seen to report success over wrong bytes. So each rank notes XXH3-128 of everything it hands to HDF5,
 * and once the file is closed opens it anew with the serial driver, reads the same rows and attributes and compares.
 *
 * Memory: the largest piece once more. */
#include <stdlib.h>
#include <string.h>

#include "h5.h"
#include "out.h"

int pt_slab_add(struct pt_slabs *s, const char *path, const char *attr, uint64_t first, uint64_t count,
                XXH128_hash_t hash, struct pt_err *err) {
  if (s->n == s->cap) {
    size_t cap = s->cap ? s->cap * 2 : 512;
    struct pt_slab *v = realloc(s->v, cap * sizeof *v);
    if (!v) return pt_fail(err, "output", PT_MEMORY, 0, "no memory for the checksums");
    s->v = v;
    s->cap = cap;
  }
  struct pt_slab *b = &s->v[s->n];
  *b = (struct pt_slab){strdup(path), attr ? strdup(attr) : NULL, first, count, hash};
  if (b->path && (!attr || b->attr)) {
    s->n++;
    return 0;
  }
  free(b->path);
  free(b->attr);
  return pt_fail(err, "output", PT_MEMORY, 0, "no memory for the checksums");
}

void pt_slabs_free(struct pt_slabs *s) {
  for (size_t i = 0; i < s->n; i++) {
    free(s->v[i].path);
    free(s->v[i].attr);
  }
  free(s->v);
  *s = (struct pt_slabs){0};
}

/* The dataset last looked at stays open: its pieces follow each other. */
struct reader {
  hid_t file, dataset, type;
  const char *path;
  size_t row_bytes;
  int rank;
  hsize_t dims[2];
  struct pt_buf buf;
};

static int different(const struct pt_slab *s, struct pt_err *err) {
  if (s->attr)
    return pt_fail(err, "output", PT_IO, 0, "attribute %s of %s reads back different from what was written", s->attr,
                   s->path);
  return pt_fail(err, "output", PT_IO, 0, "%s, %llu rows from %llu, reads back different from what was written",
                 s->path, (unsigned long long)s->count, (unsigned long long)s->first);
}

static void leave(struct reader *r) {
  if (r->dataset >= 0) H5Dclose(r->dataset);
  if (r->type >= 0) H5Tclose(r->type);
  r->dataset = r->type = H5I_INVALID_HID;
  r->path = NULL;
}

static int enter(struct reader *r, const char *path, struct pt_err *err) {
  if (r->path && strcmp(r->path, path) == 0) return 0;
  leave(r);
  r->dataset = H5Dopen2(r->file, path, H5P_DEFAULT);
  if (r->dataset < 0) return pt_h5_fail(err, "open", path);
  r->type = H5Dget_type(r->dataset);
  hid_t space = H5Dget_space(r->dataset);
  r->rank = H5Sget_simple_extent_ndims(space);
  if (r->rank >= 0 && r->rank <= 2) H5Sget_simple_extent_dims(space, r->dims, NULL);
  H5Sclose(space);
  r->row_bytes = H5Tget_size(r->type) * (r->rank == 2 ? r->dims[1] : 1);
  if (r->type < 0 || r->rank < 0 || r->rank > 2) return pt_h5_fail(err, "look at", path);
  r->path = path;
  return 0;
}

/* Hash of n variable-length texts in memory, each with its NUL. */
static XXH128_hash_t hash_texts(char *const *texts, hssize_t n, XXH3_state_t *h) {
  XXH3_128bits_reset(h);
  for (hssize_t i = 0; i < n; i++) {
    const char *text = texts[i] ? texts[i] : "";
    XXH3_128bits_update(h, text, strlen(text) + 1);
  }
  return XXH3_128bits_digest(h);
}

static int check_scalar_text(struct reader *r, const struct pt_slab *s, struct pt_err *err) {
  char *text = NULL;
  if (H5Dread(r->dataset, r->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &text) < 0) return pt_h5_fail(err, "read", s->path);
  XXH128_hash_t hash = XXH3_128bits(text ? text : "", text ? strlen(text) + 1 : 1);
  H5free_memory(text);
  return XXH128_isEqual(hash, s->hash) ? 0 : different(s, err);
}

static int check_rows(struct reader *r, const struct pt_slab *s, struct pt_err *err) {
  PT_TRY(enter(r, s->path, err));
  if (H5Tis_variable_str(r->type) > 0) return check_scalar_text(r, s, err);
  hsize_t start[2] = {s->first, 0}, count[2] = {s->count, r->rank == 2 ? r->dims[1] : 1};
  size_t bytes = s->count * r->row_bytes;
  if (s->first + s->count > r->dims[0]) return different(s, err);
  r->buf.n = 0;
  if (pt_buf_reserve(&r->buf, bytes)) return pt_fail(err, "output", PT_MEMORY, 0, "no memory for reading back");
  hid_t from = H5Dget_space(r->dataset), to = H5Screate_simple(r->rank, count, NULL);
  int code = 0;
  if (H5Sselect_hyperslab(from, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
      H5Dread(r->dataset, r->type, to, from, H5P_DEFAULT, r->buf.p) < 0)
    code = pt_h5_fail(err, "read back", s->path);
  H5Sclose(from);
  H5Sclose(to);
  if (code) return code;
  return XXH128_isEqual(XXH3_128bits(r->buf.p, bytes), s->hash) ? 0 : different(s, err);
}

static int read_attribute(hid_t a, hid_t type, XXH128_hash_t *hash, const struct pt_slab *s, XXH3_state_t *h,
                          struct pt_err *err) {
  hid_t space = H5Aget_space(a);
  hssize_t n = H5Sget_simple_extent_npoints(space);
  size_t size = H5Tget_size(type);
  void *p = n > 0 ? calloc((size_t)n, size) : NULL;
  bool texts = H5Tis_variable_str(type) > 0;
  int code = 0;
  if (n < 0 || (n > 0 && (!p || H5Aread(a, type, p) < 0))) code = pt_h5_fail(err, "read back attribute of", s->path);
  if (!code) *hash = texts ? hash_texts(p, n, h) : XXH3_128bits(p, (size_t)n * size);
  if (texts && p) H5Dvlen_reclaim(type, space, H5P_DEFAULT, p);
  free(p);
  H5Sclose(space);
  return code;
}

static int check_attribute(struct reader *r, const struct pt_slab *s, XXH3_state_t *h, struct pt_err *err) {
  hid_t a = H5Aopen_by_name(r->file, s->path, s->attr, H5P_DEFAULT, H5P_DEFAULT);
  if (a < 0) return pt_h5_fail(err, "read back attribute of", s->path);
  hid_t type = H5Aget_type(a);
  XXH128_hash_t hash = {0, 0};
  int code = read_attribute(a, type, &hash, s, h, err);
  H5Tclose(type);
  H5Aclose(a);
  if (code) return code;
  return XXH128_isEqual(hash, s->hash) ? 0 : different(s, err);
}

int pt_slabs_check(const struct pt_slabs *s, const char *path, struct pt_err *err) {
  struct reader r = {.dataset = H5I_INVALID_HID, .type = H5I_INVALID_HID};
  r.file = pt_h5_open(path, H5F_ACC_RDONLY, err);
  if (r.file < 0) return err->code;
  XXH3_state_t *h = XXH3_createState();
  int code = h ? 0 : pt_fail(err, "output", PT_MEMORY, 0, "no memory for reading back");
  for (size_t i = 0; !code && i < s->n; i++)
    code = s->v[i].attr ? check_attribute(&r, &s->v[i], h, err) : check_rows(&r, &s->v[i], err);
  leave(&r);
  XXH3_freeState(h);
  pt_buf_free(&r.buf);
  H5Fclose(r.file);
  return code;
}

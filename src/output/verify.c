/* Reading back. A short write on a full disk, a lost page or a bug of MPI-IO shows nowhere else: HDF5 and Open MPI
 * have both been seen to report success over wrong bytes. So each rank notes XXH3-128 of everything it hands to HDF5,
 * and once the file is closed opens it anew with the serial driver, reads the same rows and attributes and compares.
 * Chunks are read raw and undone by unfilter.c; whatever has another form than it expects goes through HDF5's filters.
 *
 * Decoding every chunk again would be most of the work, so it is done where it can tell something new. Deflate is ours
 * (compress.c) and notes the hash of what it got and of what it made (seal.c). A chunk that lies whole in one piece is
 * noted here by the hash of the bytes that must have come to deflate: its rows, shuffled by planes.c and not by HDF5.
 * Every stored byte of it is read back; where they are those that deflate made of exactly these bytes, and the
 * Fletcher-32 that readers look at holds, nothing between the rows and the disk can have gone wrong unseen but deflate
 * itself. For that the first such chunk of each piece (32 MiB) of each dataset is decoded, as is every chunk without
 * such a note: those that two ranks share, the last of a dataset, those that another rank compressed.
 *
 * Memory: three chunks, or the largest piece once more; 80 bytes for each chunk. */
#include <stdlib.h>
#include <string.h>

#include "h5.h"
#include "out.h"
#include "planes.h"
#include "seal.h"
#include "unfilter.h"

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
  *b = (struct pt_slab){strdup(path), attr ? strdup(attr) : NULL, first, count, hash, NULL};
  if (b->path && (!attr || b->attr)) {
    s->n++;
    return 0;
  }
  free(b->path);
  free(b->attr);
  return pt_fail(err, "output", PT_MEMORY, 0, "no memory for the checksums");
}

int pt_slab_add_chunks(struct pt_slabs *s, const char *path, uint64_t first, uint64_t count, XXH128_hash_t *chunks,
                       struct pt_err *err) {
  int code = pt_slab_add(s, path, NULL, first, count, (XXH128_hash_t){0, 0}, err);
  if (code)
    free(chunks);
  else
    s->v[s->n - 1].chunks = chunks;
  return code;
}

void pt_slabs_free(struct pt_slabs *s) {
  for (size_t i = 0; i < s->n; i++) {
    free(s->v[i].path);
    free(s->v[i].attr);
    free(s->v[i].chunks);
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
  uint64_t chunk_rows; /* 0: not chunked as we chunk */
  size_t shuffled;     /* bytes of an element, 1 where they are not shuffled */
  struct pt_buf buf, rows, work;
  XXH3_state_t *hash;
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

/* Whether the dataset has our filters, and only them, over whole rows. */
static void look_at_filters(struct reader *r) {
  hid_t create = H5Dget_create_plist(r->dataset);
  hsize_t chunk[2] = {0, 0};
  int n = H5Pget_layout(create) == H5D_CHUNKED ? H5Pget_nfilters(create) : 0;
  static const H5Z_filter_t ours[] = {H5Z_FILTER_SHUFFLE, H5Z_FILTER_DEFLATE, H5Z_FILTER_FLETCHER32};
  bool known = (n == 2 || n == 3) && H5Pget_chunk(create, 2, chunk) == r->rank;
  for (int i = 0; known && i < n; i++) {
    unsigned flags, config;
    size_t values = 0;
    known = H5Pget_filter2(create, (unsigned)i, &flags, &values, NULL, 0, NULL, &config) == ours[3 - n + i];
  }
  r->chunk_rows = known && (r->rank == 1 || chunk[1] == r->dims[1]) ? chunk[0] : 0;
  r->shuffled = n == 3 ? H5Tget_size(r->type) : 1;
  H5Pclose(create);
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
  look_at_filters(r);
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

static int make_room(struct pt_buf *b, size_t bytes, struct pt_err *err) {
  b->n = 0;
  return pt_buf_reserve(b, bytes) ? pt_fail(err, "output", PT_MEMORY, 0, "no memory for reading back") : 0;
}

/* Rows through HDF5's own filters to r->rows. */
static int read_rows(struct reader *r, const struct pt_slab *s, uint64_t first, uint64_t n, struct pt_err *err) {
  PT_TRY(make_room(&r->rows, n * r->row_bytes, err));
  hsize_t start[2] = {first, 0}, count[2] = {n, r->rank == 2 ? r->dims[1] : 1};
  hid_t from = H5Dget_space(r->dataset), to = H5Screate_simple(r->rank, count, NULL);
  int code = 0;
  if (H5Sselect_hyperslab(from, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
      H5Dread(r->dataset, r->type, to, from, H5P_DEFAULT, r->rows.p) < 0)
    code = pt_h5_fail(err, "read back", s->path);
  H5Sclose(from);
  H5Sclose(to);
  return code;
}

/* One chunk as it is stored to r->buf; *raw = false where a filter was left out and HDF5 must do it. */
static int read_raw(struct reader *r, const struct pt_slab *s, uint64_t row, bool *raw, struct pt_err *err) {
  hsize_t at[2] = {row, 0}, stored = 0;
  uint32_t skipped = 0;
  size_t bytes = r->chunk_rows * r->row_bytes;
  if (H5Dget_chunk_storage_size(r->dataset, at, &stored) < 0) return pt_h5_fail(err, "read back", s->path);
  if (stored > 2 * bytes + 1024) return different(s, err);
  PT_TRY(make_room(&r->buf, stored, err));
  PT_TRY(make_room(&r->rows, bytes, err));
  PT_TRY(make_room(&r->work, bytes, err));
  if (H5Dread_chunk(r->dataset, H5P_DEFAULT, at, &skipped, r->buf.p) < 0) return pt_h5_fail(err, "read back", s->path);
  *raw = skipped == 0;
  r->buf.n = stored;
  return 0;
}

/* One chunk to its rows in r->rows, unless *raw = false. */
static int read_chunk(struct reader *r, const struct pt_slab *s, uint64_t row, bool *raw, struct pt_err *err) {
  PT_TRY(read_raw(r, s, row, raw, err));
  unsigned char *rows = (unsigned char *)r->rows.p, *work = (unsigned char *)r->work.p;
  if (*raw && !pt_unfilter((unsigned char *)r->buf.p, r->buf.n, r->shuffled, rows, work, r->chunk_rows * r->row_bytes))
    return different(s, err);
  return 0;
}

/* Whether the stored bytes in r->buf are those that deflate made here of a chunk with this hash. */
static bool is_sealed(const struct reader *r, XXH128_hash_t chunk) {
  const struct pt_seal *seal = pt_seal_find(chunk);
  return seal && r->buf.n == seal->bytes + 4 && XXH128_isEqual(XXH3_128bits(r->buf.p, seal->bytes), seal->stored) &&
         pt_fletcher_holds((unsigned char *)r->buf.p, r->buf.n);
}

/* A chunk of a slab of whole ones. The first is decoded whatever its seal says, and so is each that has none. */
static int check_whole(struct reader *r, const struct pt_slab *s, uint64_t i, struct pt_err *err) {
  uint64_t row = s->first + i * r->chunk_rows;
  size_t bytes = r->chunk_rows * r->row_bytes;
  bool raw = true;
  PT_TRY(read_raw(r, s, row, &raw, err));
  if (raw && i > 0 && is_sealed(r, s->chunks[i])) return 0;
  unsigned char *planes = (unsigned char *)r->work.p;
  if (!raw) {
    PT_TRY(read_rows(r, s, row, r->chunk_rows, err));
    pt_planes((unsigned char *)r->rows.p, planes, bytes / r->shuffled, r->shuffled);
  } else if (!pt_unfilter_planes((unsigned char *)r->buf.p, r->buf.n, planes, bytes)) {
    return different(s, err);
  }
  return XXH128_isEqual(XXH3_128bits(planes, bytes), s->chunks[i]) ? 0 : different(s, err);
}

static int check_all_whole(struct reader *r, const struct pt_slab *s, struct pt_err *err) {
  if (r->chunk_rows == 0 || s->first % r->chunk_rows || s->count % r->chunk_rows) return different(s, err);
  for (uint64_t i = 0; i < s->count / r->chunk_rows; i++) PT_TRY(check_whole(r, s, i, err));
  return 0;
}

/* The rows of a slab, chunk by chunk; *raw = false: not done. */
static int check_chunks(struct reader *r, const struct pt_slab *s, bool *raw, struct pt_err *err) {
  uint64_t end = s->first + s->count;
  XXH3_128bits_reset(r->hash);
  for (uint64_t row = s->first; row < end;) {
    uint64_t chunk = row / r->chunk_rows * r->chunk_rows, stop = chunk + r->chunk_rows;
    if (stop > end) stop = end;
    PT_TRY(read_chunk(r, s, chunk, raw, err));
    if (!*raw) return 0;
    XXH3_128bits_update(r->hash, r->rows.p + (row - chunk) * r->row_bytes, (stop - row) * r->row_bytes);
    row = stop;
  }
  return XXH128_isEqual(XXH3_128bits_digest(r->hash), s->hash) ? 0 : different(s, err);
}

static int check_rows(struct reader *r, const struct pt_slab *s, struct pt_err *err) {
  PT_TRY(enter(r, s->path, err));
  if (H5Tis_variable_str(r->type) > 0) return check_scalar_text(r, s, err);
  if (s->first + s->count > r->dims[0]) return different(s, err);
  if (s->chunks) return check_all_whole(r, s, err);
  bool raw = r->chunk_rows > 0;
  if (raw) PT_TRY(check_chunks(r, s, &raw, err));
  if (raw) return 0;
  PT_TRY(read_rows(r, s, s->first, s->count, err));
  return XXH128_isEqual(XXH3_128bits(r->rows.p, s->count * r->row_bytes), s->hash) ? 0 : different(s, err);
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
  r.hash = XXH3_createState();
  int code = r.hash ? 0 : pt_fail(err, "output", PT_MEMORY, 0, "no memory for reading back");
  for (size_t i = 0; !code && i < s->n; i++)
    code = s->v[i].attr ? check_attribute(&r, &s->v[i], r.hash, err) : check_rows(&r, &s->v[i], err);
  leave(&r);
  XXH3_freeState(r.hash);
  pt_buf_free(&r.buf);
  pt_buf_free(&r.rows);
  pt_buf_free(&r.work);
  H5Fclose(r.file);
  return code;
}

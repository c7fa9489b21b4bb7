/* The collective side of HDF5: datasets that all ranks write rows of.
 *
 * Reports of an error cannot be exchanged once HDF5 or MPI-IO has failed on one rank: the others sit in a collective
 * call, or will in the next. So nothing here returns an error: the rank that sees one says it and ends the job (74).
 * For the same reason every rank makes the same calls in the same order, with an empty selection where it has no rows.
 *
 * Filters: shuffle, deflate and Fletcher-32 on chunks of 16,384 rows, at most 1 MiB (readers' default cache). Datasets
 * of a page or less, and all of them with `compression: none`, are contiguous. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "h5.h"
#include "out.h"
#include "planes.h"

#define SMALL_BYTES 4096 /* below it a chunk index costs more than the filters save */

uint64_t pt_output_piece = UINT64_C(32) << 20;

_Noreturn void pt_out_broken(struct pt_out *o, const char *what, const char *name) {
  struct pt_err err;
  pt_err_clear(&err);
  (void)pt_h5_fail(&err, what, name);
  pt_comm_abort(o->c, &err);
}

void pt_big_group(struct pt_out *o, const char *path) {
  hid_t create = H5Pcreate(H5P_GROUP_CREATE);
  H5Pset_obj_track_times(create, false);
  hid_t g = H5Gcreate2(o->file, path, H5P_DEFAULT, create, H5P_DEFAULT);
  if (g < 0 || H5Gclose(g) < 0) pt_out_broken(o, "create", path);
  H5Pclose(create);
}

uint64_t pt_big_chunk(size_t row_bytes, uint64_t rows, uint64_t wanted) {
  while (wanted > 1 && wanted * row_bytes > PT_CHUNK_BYTES) wanted /= 2;
  return rows < wanted ? (rows ? rows : 1) : wanted;
}

static hid_t creation(struct pt_out *o, struct pt_big *b, uint64_t chunk_rows) {
  hid_t p = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(p, false);
  H5Pset_fill_time(p, H5D_FILL_TIME_NEVER);
  if (o->conf->compress == PT_NONE || b->rows * b->row_bytes <= SMALL_BYTES) return p;
  b->chunk_rows = pt_big_chunk(b->row_bytes, b->rows, chunk_rows);
  hsize_t chunk[2] = {b->chunk_rows, b->width};
  if (H5Pset_chunk(p, b->width > 1 ? 2 : 1, chunk) < 0) pt_out_broken(o, "lay out", b->path);
  if (b->row_bytes / b->width > 1) H5Pset_shuffle(p);
  H5Pset_deflate(p, o->conf->compress == PT_GZIP_LEVEL ? (unsigned)o->conf->level : 1);
  H5Pset_fletcher32(p);
  return p;
}

void pt_big_open(struct pt_out *o, struct pt_big *b, const char *path, hid_t type, uint32_t width, uint64_t rows,
                 uint64_t chunk_rows) {
  *b = (struct pt_big){.type = type, .width = width, .rows = rows};
  snprintf(b->path, sizeof b->path, "%s", path);
  if (type < 0) pt_out_broken(o, "make the type of", path);
  b->row_bytes = H5Tget_size(type) * width;
  hsize_t dims[2] = {rows, width};
  hid_t space = H5Screate_simple(width > 1 ? 2 : 1, dims, NULL), create = creation(o, b, chunk_rows);
  b->id = space < 0 ? H5I_INVALID_HID : H5Dcreate2(o->file, path, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
  if (b->id < 0) pt_out_broken(o, "create", path);
  H5Pclose(create);
  H5Sclose(space);
}

static int note_rows(struct pt_out *o, const struct pt_big *b, uint64_t first, uint64_t n, const unsigned char *p) {
  if (n == 0) return 0;
  return pt_slab_add(&o->slabs, b->path, NULL, first, n, XXH3_128bits(p, n * b->row_bytes), o->err);
}

/* Whole chunks: the hash of each as it must come to deflate. */
static int note_chunks(struct pt_out *o, const struct pt_big *b, uint64_t first, uint64_t n, const unsigned char *p) {
  if (n == 0) return 0;
  size_t size = b->row_bytes / b->width, bytes = b->chunk_rows * b->row_bytes;
  XXH128_hash_t *chunks = malloc(n * sizeof *chunks);
  if (!chunks) return pt_fail(o->err, "output", PT_MEMORY, 0, "no memory for the checksums");
  for (uint64_t i = 0; i < n; i++, p += bytes) {
    if (size > 1) pt_planes(p, o->scratch, bytes / size, size);
    chunks[i] = XXH3_128bits(size > 1 ? o->scratch : p, bytes);
  }
  return pt_slab_add_chunks(&o->slabs, b->path, first, n * b->chunk_rows, chunks, o->err);
}

/* For the reading back: the whole chunks of a piece, and the rows before and behind them. */
static int note(struct pt_out *o, const struct pt_big *b, uint64_t first, uint64_t n, const unsigned char *p) {
  uint64_t chunk = b->chunk_rows, head = chunk ? (chunk - first % chunk) % chunk : n;
  if (head > n) head = n;
  uint64_t whole = chunk ? (n - head) / chunk : 0, done = head + whole * chunk;
  PT_TRY(note_rows(o, b, first, head, p));
  PT_TRY(note_chunks(o, b, first + head, whole, p + head * b->row_bytes));
  return note_rows(o, b, first + done, n - done, p + done * b->row_bytes);
}

void pt_big_put(struct pt_out *o, struct pt_big *b, uint64_t first, uint64_t n, const void *p) {
  if (b->rows == 0) return;
  hsize_t start[2] = {first, 0}, count[2] = {n, b->width};
  hid_t file_space = H5Dget_space(b->id), mem_space = H5Screate_simple(b->width > 1 ? 2 : 1, count, NULL);
  herr_t set = n ? H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start, NULL, count, NULL)
                 : H5Sselect_none(file_space) < 0 || H5Sselect_none(mem_space) < 0;
  if (file_space < 0 || mem_space < 0 || set != 0) pt_out_broken(o, "select rows of", b->path);
  if (H5Dwrite(b->id, b->type, mem_space, file_space, o->transfer, p) < 0) pt_out_broken(o, "write", b->path);
  H5Sclose(mem_space);
  H5Sclose(file_space);
  if (n == 0) return;
  o->raw_bytes += n * b->row_bytes;
  if (note(o, b, first, n, p)) pt_comm_abort(o->c, o->err);
}

void pt_big_close(struct pt_out *o, struct pt_big *b) {
  if (H5Dclose(b->id) < 0) pt_out_broken(o, "close", b->path);
  H5Tclose(b->type);
}

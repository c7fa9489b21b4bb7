/* The output stage. All that can fail on one rank (memory, space, vocabularies) is done and agreed first; then the
 * parallel file is written, where a failure can only end the job; then rank 0 adds the small things alone; then every
 * rank reads back what it wrote; then the file gets its name.
 *
 * Memory: one piece (32 MiB) to gather, one block of /X (four arrays of half a piece), and HDF5's copy of the chunks
 * of one collective write. */
#include <malloc.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compress.h"
#include "h5.h"
#include "out.h"
#include "seal.h"

#define SLACK (UINT64_C(1) << 20) /* metadata and small tables on top of the estimate */

void (*pt_output_spoil)(const char *part);

static int no_memory(struct pt_err *err) {
  return pt_fail(err, "output", PT_MEMORY, 0, "no memory for the output");
}

/* Local: tags stand behind all other columns. */
static int order_columns(struct pt_out *o, struct pt_err *err) {
  const struct pt_schema *s = o->schema;
  bool *of_tag = calloc(s->n + 1, sizeof *of_tag);
  o->order = calloc(s->n + 1, sizeof *o->order);
  o->codes = calloc(s->n + 1, sizeof *o->codes);
  if (!of_tag || !o->order || !o->codes) {
    free(of_tag);
    return no_memory(err);
  }
  for (uint32_t t = 0; t < s->n_tags; t++)
    of_tag[s->tags[t].label] = of_tag[s->tags[t].index] = of_tag[s->tags[t].evidence] = true;
  for (uint32_t i = 0; i < s->n; i++)
    if (s->columns[i].where != PT_HIDDEN && s->columns[i].type != PT_C_BYTES && !of_tag[i]) o->order[o->n_order++] = i;
  for (uint32_t t = 0; t < s->n_tags; t++) {
    o->order[o->n_order++] = s->tags[t].label;
    o->order[o->n_order++] = s->tags[t].index;
    o->order[o->n_order++] = s->tags[t].evidence;
  }
  free(of_tag);
  return 0;
}

/* Collective: where this rank's rows and cells begin, and how long the longest id is. */
static void place_rows(struct pt_out *o) {
  uint64_t longest = 1;
  for (uint32_t r = 0; r < pt_rows_ranges(o->rows); r++)
    for (uint32_t i = 0; i < pt_rows_in(o->rows, r); i++) {
      size_t n = pt_rows_id(o->rows, r, i).n;
      if (n > longest) longest = n;
    }
  pt_max_u64(o->c, &longest, 1);
  o->longest_id = (uint32_t)longest;
  o->local = pt_rows_count(o->rows);
  pt_allgather_u64(o->c, o->local, o->counts);
  for (int r = 0; r < pt_comm_size(o->c); r++) {
    if (r < pt_comm_rank(o->c)) o->first += o->counts[r];
    o->total += o->counts[r];
  }
  o->cells = o->all_cells = pt_matrix_count(o);
  o->first_cell = pt_exscan_u64(o->c, o->cells);
  pt_sum_u64(o->c, &o->all_cells, 1);
}

/* Local. */
static int make_room(struct pt_out *o, const char *path, struct pt_err *err) {
  uint64_t most = pt_output_piece > PT_CHUNK_BYTES ? pt_output_piece : PT_CHUNK_BYTES;
  uint64_t bytes = o->local * pt_columns_widest(o), row = pt_columns_widest(o);
  uint64_t ones = o->members.total / (uint64_t)pt_comm_size(o->c) + 1;
  if (ones > bytes) bytes = ones;
  if (row > most) most = row;
  if (o->n_csr && bytes < PT_CHUNK_BYTES) bytes = PT_CHUNK_BYTES; /* of a vocabulary */
  o->buf = calloc(1, (bytes < most ? bytes : most) + 1);
  o->scratch = calloc(3, PT_SAMPLE_BYTES + row + 128);
  o->part = malloc(strlen(path) + sizeof ".part");
  if (!o->buf || !o->scratch || !o->part) return no_memory(err);
  sprintf(o->part, "%s.part", path);
  PT_TRY(pt_sparse_room(o, err));
  return pt_matrix_open(o, err);
}

/* HDF5 takes and gives back a buffer for each chunk; by default glibc gets every one from the kernel anew, and the page
 * faults cost a tenth of the stage. */
static void keep_chunk_memory(void) {
  mallopt(M_MMAP_THRESHOLD, 8 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
}

size_t pt_out_probe(struct pt_out *o, const void *p, size_t n, size_t size) {
  if (o->conf->compress == PT_NONE) return n;
  return pt_deflate_probe(p, n, size, o->conf->compress == PT_GZIP_LEVEL ? o->conf->level : 1, o->scratch);
}

/* Collective: all that may fail without harm. *reserve = bytes to set aside. */
static int prepare(struct pt_out *o, const char *path, uint64_t *reserve, struct pt_err *err) {
  o->counts = calloc((size_t)pt_comm_size(o->c), sizeof *o->counts);
  if (!o->counts) (void)no_memory(err);
  if (!err->code) (void)order_columns(o, err);
  PT_TRY(pt_agree(o->c, err));
  place_rows(o);
  PT_TRY(pt_codes_open(o, err));
  PT_TRY(pt_members_open(o, err));
  PT_TRY(pt_sparse_open(o, err));
  if (!make_room(o, path, err)) {
    pt_columns_estimate(o);
    pt_matrix_estimate(o);
    pt_sparse_estimate(o);
  }
  *reserve = (uint64_t)(o->estimate * 1.05);
  PT_TRY(pt_agree(o->c, err));
  pt_sum_u64(o->c, reserve, 1);
  *reserve += o->members.total * (sizeof(int64_t) + 1);
  *reserve += SLACK;
  if (pt_comm_rank(o->c) == 0 && !pt_part_create(o->part, err) && pt_part_reserve(o->part, *reserve, err))
    unlink(o->part);
  return pt_agree(o->c, err);
}

static hid_t open_parallel(struct pt_out *o) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  if (H5Pset_fapl_mpio(access, *(MPI_Comm *)pt_comm_handle(o->c), MPI_INFO_NULL) < 0 ||
      H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110) < 0 || H5Pset_coll_metadata_write(access, true) < 0)
    pt_out_broken(o, "set up MPI-IO for", o->part);
  hid_t f = H5Fcreate(o->part, H5F_ACC_TRUNC, H5P_DEFAULT, access);
  if (f < 0) pt_out_broken(o, "create", o->part);
  H5Pclose(access);
  return f;
}

/* Collective; ends the job where it fails. */
static void write_parallel(struct pt_out *o, uint64_t reserve) {
  o->transfer = H5Pcreate(H5P_DATASET_XFER);
  if (H5Pset_dxpl_mpio(o->transfer, H5FD_MPIO_COLLECTIVE) < 0) pt_out_broken(o, "set up MPI-IO for", o->part);
  o->file = open_parallel(o);
  /* creating the file has cut off what was set aside */
  if (pt_comm_rank(o->c) == 0 && pt_part_reserve(o->part, reserve, o->err)) pt_comm_abort(o->c, o->err);
  pt_columns_write(o);
  pt_matrix_write(o);
  if (o->n_csr || pt_members_wanted(o)) pt_big_group(o, "/uns");
  pt_members_write(o);
  pt_sparse_write(o);
  H5Pclose(o->transfer);
  if (H5Fclose(o->file) < 0) pt_out_broken(o, "close", o->part);
}

/* Local, rank 0. */
static int write_small(struct pt_out *o, const struct pt_frame *frames, uint32_t n, struct pt_err *err) {
  hid_t f = pt_h5_open(o->part, H5F_ACC_RDWR, err);
  if (f < 0) return err->code;
  int code = pt_attributes_write(o, f, err);
  if (!code) code = pt_tables_write(o, f, frames, n, err);
  if (H5Fclose(f) < 0 && !code) code = pt_h5_fail(err, "close", o->part);
  return code;
}

/* Collective: the finished part, read back. */
static int look_back(struct pt_out *o, struct pt_output_stats *stats, struct pt_err *err) {
  uint64_t bytes = 0;
  if (pt_comm_rank(o->c) == 0 && !pt_part_settle(o->part, &bytes, err) && pt_output_spoil) pt_output_spoil(o->part);
  PT_TRY(pt_agree(o->c, err));
  pt_bcast(o->c, &bytes, sizeof bytes, 0);
  stats->file_bytes = bytes;
  int mine = pt_slabs_check(&o->slabs, o->part, err), all = pt_agree(o->c, err);
  return all ? all : mine;
}

static void release(struct pt_out *o) {
  pt_codes_close(o);
  pt_matrix_close(o);
  pt_members_close(o);
  pt_sparse_close(o);
  pt_slabs_free(&o->slabs);
  pt_seal_forget();
  free(o->order);
  free(o->counts);
  free(o->buf);
  free(o->scratch);
  free(o->part);
}

/* Collective, from the closed parallel file to its name. */
static int finish(struct pt_out *o, const char *path, const struct pt_frame *frames, uint32_t n_frames,
                  struct pt_output_stats *stats, struct pt_err *err) {
  bool first = pt_comm_rank(o->c) == 0;
  double began = MPI_Wtime();
  if (first && write_small(o, frames, n_frames, err)) unlink(o->part);
  int code = pt_agree(o->c, err);
  double written = MPI_Wtime();
  stats->write_seconds += written - began;
  if (!code) code = look_back(o, stats, err);
  if (!code) {
    int mine = first ? pt_part_publish(o->part, path, err) : 0, all = pt_agree(o->c, err);
    code = all ? all : mine;
  }
  if (code && first) unlink(o->part);
  stats->verify_seconds = MPI_Wtime() - written;
  return code;
}

int pt_output_write(struct pt_comm *c, const char *path, struct pt_rows *rows, const struct pt_label_list *labels,
                    const struct pt_frame *frames, uint32_t n_frames, const struct pt_output_conf *conf,
                    struct pt_output_stats *stats, struct pt_err *err) {
  struct pt_out o = {.c = c, .rows = rows, .schema = pt_rows_schema(rows), .labels = labels, .conf = conf, .err = err};
  *stats = (struct pt_output_stats){0};
  pt_h5_quiet();
  keep_chunk_memory();
  pt_deflate_fast(conf->compress == PT_FAST);
  uint64_t reserve = 0;
  double began = MPI_Wtime();
  int code = prepare(&o, path, &reserve, err);
  if (!code) {
    write_parallel(&o, reserve);
    stats->raw_bytes = o.raw_bytes;
    pt_sum_u64(c, &stats->raw_bytes, 1);
    stats->write_seconds = MPI_Wtime() - began;
    code = finish(&o, path, frames, n_frames, stats, err);
  }
  release(&o);
  return code;
}

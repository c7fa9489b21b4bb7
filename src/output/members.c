/* /uns/segments/members: the rows of the job file's segments, as a csr_matrix of segments x users. The rows of a
 * segment ascend with the rank, so each rank writes one stretch of every segment; nothing is gathered. Ones stand
 * beside them because a csr_matrix has data. Memory: one piece, 8 bytes a segment and rank. */
#include <stdlib.h>
#include <string.h>

#include "h5.h"
#include "out.h"

#define CELL_CHUNK 131072u
#define PATH       "/uns/segments/members"

static const uint8_t *flags_of(struct pt_out *o, uint32_t range, uint32_t segment) {
  return pt_rows_values(o->rows, range, o->schema->segments[segment]);
}

bool pt_members_wanted(const struct pt_out *o) {
  return o->conf->members && o->schema->n_segments;
}

/* Collective. */
int pt_members_open(struct pt_out *o, struct pt_err *err) {
  struct pt_members *m = &o->members;
  if (!pt_members_wanted(o)) return 0;
  uint32_t n = o->schema->n_segments;
  int size = pt_comm_size(o->c);
  m->counts = calloc((size_t)n * (size_t)size, sizeof *m->counts);
  if (!m->counts) pt_fail(err, "output", PT_MEMORY, 0, "no memory for the members of %u segments", n);
  PT_TRY(pt_agree(o->c, err));
  uint64_t *mine = m->counts + (size_t)n * (size_t)pt_comm_rank(o->c);
  for (uint32_t range = 0; range < pt_rows_ranges(o->rows); range++)
    for (uint32_t s = 0; s < n; s++) {
      const uint8_t *in = flags_of(o, range, s);
      for (uint32_t i = 0; i < pt_rows_in(o->rows, range); i++) mine[s] += in[i] != 0;
    }
  pt_sum_u64(o->c, m->counts, (uint64_t)n * (uint64_t)size);
  for (uint32_t s = 0; s < n; s++) {
    uint64_t users = 0;
    for (int r = 0; r < size; r++) users += m->counts[(size_t)n * (size_t)r + s];
    for (int r = 0; users < o->conf->privacy_k && r < size; r++) m->counts[(size_t)n * (size_t)r + s] = 0;
    if (users >= o->conf->privacy_k) m->total += users;
  }
  return 0;
}

void pt_members_close(struct pt_out *o) {
  free(o->members.counts);
}

/* Where this rank is in the rows of a segment. */
struct cursor {
  uint32_t range, row;
};

/* The next rows of this rank, at most `most`, into o->buf as numbers of the file. */
static uint64_t fill(struct pt_out *o, uint32_t segment, struct cursor *at, uint64_t most) {
  int64_t *to = (int64_t *)(void *)o->buf;
  uint64_t n = 0;
  for (; at->range < pt_rows_ranges(o->rows) && n < most; at->range++, at->row = 0) {
    const uint8_t *in = flags_of(o, at->range, segment);
    uint64_t first = o->first + pt_rows_before(o->rows, at->range);
    for (; at->row < pt_rows_in(o->rows, at->range) && n < most; at->row++)
      if (in[at->row]) to[n++] = (int64_t)(first + at->row);
    if (at->row < pt_rows_in(o->rows, at->range)) break;
  }
  return n;
}

/* Collective: one segment's rows from cell `cell` on. */
static void put_segment(struct pt_out *o, struct pt_big *big, uint32_t segment, uint64_t cell) {
  uint32_t n = o->schema->n_segments;
  const uint64_t *counts = o->members.counts + segment;
  uint64_t piece = pt_output_piece / sizeof(int64_t), most = 0, left = counts[(size_t)n * (size_t)pt_comm_rank(o->c)];
  for (int r = 0; r < pt_comm_size(o->c); r++) {
    if (r < pt_comm_rank(o->c)) cell += counts[(size_t)n * (size_t)r];
    if (counts[(size_t)n * (size_t)r] > most) most = counts[(size_t)n * (size_t)r];
  }
  struct cursor at = {0};
  for (uint64_t done = 0; done < most; done += piece) {
    uint64_t k = left ? fill(o, segment, &at, left < piece ? left : piece) : 0;
    pt_big_put(o, big, k ? cell : 0, k, o->buf);
    cell += k;
    left -= k;
  }
}

/* Collective: a dataset of small numbers that rank 0 has whole. */
static void put_whole(struct pt_out *o, const char *path, hid_t type, uint64_t n, const void *p) {
  struct pt_big big;
  pt_big_open(o, &big, path, H5Tcopy(type), 1, n, CELL_CHUNK);
  pt_big_put(o, &big, 0, pt_comm_rank(o->c) == 0 ? n : 0, p);
  pt_big_close(o, &big);
}

/* Collective: the ones, each rank a stretch. */
static void put_ones(struct pt_out *o) {
  struct pt_big big;
  uint64_t total = o->members.total, size = (uint64_t)pt_comm_size(o->c), share = (total + size - 1) / size;
  uint64_t at = share * (uint64_t)pt_comm_rank(o->c), end = at + share < total ? at + share : total;
  memset(o->buf, 1, pt_output_piece < share ? pt_output_piece : share);
  pt_big_open(o, &big, PATH "/data", H5Tcopy(H5T_NATIVE_UINT8), 1, total, CELL_CHUNK);
  for (uint64_t done = 0; done < share; done += pt_output_piece) {
    uint64_t n = at < end ? end - at : 0;
    if (n > pt_output_piece) n = pt_output_piece;
    pt_big_put(o, &big, n ? at : 0, n, o->buf);
    at += n;
  }
  pt_big_close(o, &big);
}

void pt_members_write(struct pt_out *o) {
  if (!pt_members_wanted(o)) return;
  uint32_t n = o->schema->n_segments;
  struct pt_big big;
  int64_t *ends = calloc((size_t)n + 1, sizeof *ends);
  if (!ends) pt_out_broken(o, "hold the ends of", PATH);
  pt_big_group(o, "/uns/segments");
  pt_big_group(o, PATH);
  pt_big_open(o, &big, PATH "/indices", H5Tcopy(H5T_NATIVE_INT64), 1, o->members.total, CELL_CHUNK);
  for (uint32_t s = 0; s < n; s++) {
    uint64_t users = 0;
    for (int r = 0; r < pt_comm_size(o->c); r++) users += o->members.counts[(size_t)n * (size_t)r + s];
    put_segment(o, &big, s, (uint64_t)ends[s]);
    ends[s + 1] = ends[s] + (int64_t)users;
  }
  pt_big_close(o, &big);
  put_whole(o, PATH "/indptr", H5T_NATIVE_INT64, (uint64_t)n + 1, ends);
  put_ones(o);
  free(ends);
}

/* Local, rank 0: the encoding, and beside the matrix the names of its rows. */
int pt_members_describe(struct pt_out *o, hid_t file, struct pt_err *err) {
  if (!pt_members_wanted(o)) return 0;
  uint32_t n = o->schema->n_segments;
  const char **names = calloc((size_t)n + 1, sizeof *names);
  if (!names) return pt_fail(err, "output", PT_MEMORY, 0, "no memory for the names of segments");
  for (uint32_t s = 0; s < n; s++) names[s] = pt_segment_name(o->schema, s);
  int code = pt_put_texts(o, file, PATH "/segment", names, n, err);
  free(names);
  return code ? code : pt_put_csr(o, file, PATH, n, o->total, err);
}

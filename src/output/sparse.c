/* Sparse rows as csr_matrix of /obsm, one for each plane, and their vocabularies below /uns. The planes of a column
 * share indices and indptr by hard links. A rank's cells go out in pieces that end where chunks end, as columns do; all
 * planes of a piece are gathered in one pass over the rows. indices and indptr have one type, for the reason in
 * matrix.c.
 *
 * Memory: one piece for all arrays of a column together, and one of row ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "h5.h"
#include "out.h"

#define CELL_CHUNK 131072u
#define ENDS_CHUNK 65536u

static void count_cells(struct pt_out *o, struct pt_csr *m) {
  size_t size = pt_cell_bytes(m->sparse);
  for (uint32_t r = 0; r < pt_rows_ranges(o->rows); r++)
    for (uint32_t i = 0; i < pt_rows_in(o->rows, r); i++) m->cells += pt_rows_bytes(o->rows, r, m->column, i).n / size;
}

static size_t plane_bytes(enum pt_ctype type) {
  struct pt_column c = {.type = type, .width = 1};
  return pt_column_bytes(&c);
}

/* Bytes of a cell in all arrays of the column. */
static size_t cell_width(const struct pt_csr *m) {
  size_t bytes = m->wide ? sizeof(int64_t) : sizeof(int32_t);
  for (uint32_t p = 0; p < m->sparse->n_planes; p++)
    if (!m->sparse->planes[p].hidden) bytes += plane_bytes(m->sparse->planes[p].type);
  return bytes;
}

/* Collective. */
static int open_one(struct pt_out *o, struct pt_csr *m, uint32_t column, struct pt_err *err) {
  m->column = column;
  m->sparse = o->schema->columns[column].sparse;
  m->counts = calloc((size_t)pt_comm_size(o->c), sizeof *m->counts);
  if (!m->counts) (void)pt_fail(err, "output", PT_MEMORY, 0, "no memory for the sparse matrices");
  PT_TRY(pt_agree(o->c, err));
  count_cells(o, m);
  pt_allgather_u64(o->c, m->cells, m->counts);
  for (int r = 0; r < pt_comm_size(o->c); r++) {
    if (r < pt_comm_rank(o->c)) m->first += m->counts[r];
    m->all += m->counts[r];
  }
  m->wide = m->all > pt_output_narrow;
  uint64_t rows = pt_output_piece / cell_width(m) / CELL_CHUNK;
  m->piece = CELL_CHUNK * (rows ? rows : 1);
  return 0;
}

int pt_sparse_open(struct pt_out *o, struct pt_err *err) {
  o->csr = calloc(o->schema->n + (size_t)1, sizeof *o->csr);
  if (!o->csr) (void)pt_fail(err, "output", PT_MEMORY, 0, "no memory for the sparse matrices");
  PT_TRY(pt_agree(o->c, err));
  for (uint32_t i = 0; i < o->schema->n; i++)
    if (o->schema->columns[i].where == PT_IN_CSR) PT_TRY(open_one(o, &o->csr[o->n_csr++], i, err));
  return 0;
}

/* Local: the arrays of the column with the widest pieces, and the row ends. */
int pt_sparse_room(struct pt_out *o, struct pt_err *err) {
  size_t most = 0;
  for (uint32_t i = 0; i < o->n_csr; i++) {
    const struct pt_csr *m = &o->csr[i];
    uint64_t n = m->cells < m->piece ? m->cells : m->piece;
    size_t bytes = (n + 8) * cell_width(m); /* arrays begin at multiples of 8 */
    if (bytes > most) most = bytes;
  }
  if (o->n_csr == 0) return 0;
  o->cells_buf = malloc(most + 1);
  return o->cells_buf ? 0 : pt_fail(err, "output", PT_MEMORY, 0, "no memory for the sparse matrices");
}

void pt_sparse_close(struct pt_out *o) {
  for (uint32_t i = 0; i < o->n_csr; i++) free(o->csr[i].counts);
  free(o->csr);
  free(o->cells_buf);
}

/* Where the next cells of a column come from. */
struct cursor {
  uint32_t range, row;
  size_t at; /* bytes into the row */
};

struct arrays {
  unsigned char *indices;
  unsigned char *plane[64];
};

static struct arrays arrays_of(const struct pt_out *o, const struct pt_csr *m, uint64_t n) {
  struct arrays a;
  unsigned char *at = o->cells_buf;
  uint64_t rounded = (n + 7) & ~UINT64_C(7);
  a.indices = at;
  at += rounded * (m->wide ? sizeof(int64_t) : sizeof(int32_t));
  for (uint32_t p = 0; p < m->sparse->n_planes; p++) {
    a.plane[p] = at;
    if (!m->sparse->planes[p].hidden) at += rounded * plane_bytes(m->sparse->planes[p].type);
  }
  return a;
}

static void put_value(unsigned char *to, enum pt_ctype type, const char *from, uint64_t i) {
  int64_t v;
  double d;
  memcpy(&v, from, sizeof v);
  memcpy(&d, from, sizeof d);
  switch (type) {
    case PT_C_F32:
      ((float *)(void *)to)[i] = (float)d;
      break;
    case PT_C_F64:
      ((double *)(void *)to)[i] = d;
      break;
    case PT_C_I64:
      ((int64_t *)(void *)to)[i] = v;
      break;
    case PT_C_U32:
    case PT_C_I32:
      ((uint32_t *)(void *)to)[i] = (uint32_t)v;
      break;
    case PT_C_U16:
      ((uint16_t *)(void *)to)[i] = (uint16_t)v;
      break;
    default:
      to[i] = (unsigned char)v;
  }
}

static void put_cell(const struct pt_csr *m, const struct arrays *a, const char *cell, uint64_t i) {
  uint32_t code;
  memcpy(&code, cell, sizeof code);
  if (m->wide)
    ((int64_t *)(void *)a->indices)[i] = code;
  else
    ((int32_t *)(void *)a->indices)[i] = (int32_t)code;
  for (uint32_t p = 0; p < m->sparse->n_planes; p++)
    if (!m->sparse->planes[p].hidden) put_value(a->plane[p], m->sparse->planes[p].type, cell + 8 + 8 * (size_t)p, i);
}

/* The next n cells into the arrays. */
static void gather_cells(struct pt_out *o, const struct pt_csr *m, struct cursor *from, uint64_t n,
                         const struct arrays *a) {
  size_t size = pt_cell_bytes(m->sparse);
  for (uint64_t i = 0; i < n;) {
    if (from->row == pt_rows_in(o->rows, from->range)) {
      pt_rows_done(o->rows, from->range);
      *from = (struct cursor){.range = from->range + 1};
      continue;
    }
    struct pt_slice b = pt_rows_bytes(o->rows, from->range, m->column, from->row);
    for (; i < n && from->at < b.n; i++, from->at += size) put_cell(m, a, b.p + from->at, i);
    if (from->at < b.n) return;
    from->row++;
    from->at = 0;
  }
}

static uint64_t most_pieces(const struct pt_out *o, const struct pt_csr *m, uint64_t chunk) {
  uint64_t first = 0, most = 0;
  for (int r = 0; r < pt_comm_size(o->c); first += m->counts[r++]) {
    uint64_t from = first / chunk * chunk, pieces = (first + m->counts[r] - from + m->piece - 1) / m->piece;
    if (m->counts[r] && pieces > most) most = pieces;
  }
  return most;
}

static void path_of(const char *plane, const char *part, char path[160]) {
  snprintf(path, 160, "/obsm/%s%s%s", plane, part ? "/" : "", part ? part : "");
}

static uint32_t first_visible(const struct pt_sparse *s) {
  uint32_t p = 0;
  while (s->planes[p].hidden) p++;
  return p;
}

/* Collective. */
static void write_cells(struct pt_out *o, const struct pt_csr *m) {
  struct pt_big indices, data[64];
  char path[160];
  const struct pt_sparse *s = m->sparse;
  path_of(s->planes[first_visible(s)].name, "indices", path);
  pt_big_open(o, &indices, path, H5Tcopy(m->wide ? H5T_NATIVE_INT64 : H5T_NATIVE_INT32), 1, m->all, CELL_CHUNK);
  for (uint32_t p = 0; p < s->n_planes; p++) {
    if (s->planes[p].hidden) continue;
    path_of(s->planes[p].name, "data", path);
    pt_big_open(o, &data[p], path, pt_h5_type(s->planes[p].type), 1, m->all, CELL_CHUNK);
  }
  struct cursor cursor = {0};
  uint64_t from = m->first / CELL_CHUNK * CELL_CHUNK, end = m->first + m->cells;
  uint64_t pieces = most_pieces(o, m, CELL_CHUNK);
  for (uint64_t k = 0; k < pieces; k++) {
    uint64_t low = from + k * m->piece, high = low + m->piece;
    if (low < m->first) low = m->first;
    if (high > end) high = end;
    uint64_t n = low < high ? high - low : 0;
    struct arrays a = arrays_of(o, m, n);
    if (n) gather_cells(o, m, &cursor, n, &a);
    pt_big_put(o, &indices, n ? low : 0, n, a.indices);
    for (uint32_t p = 0; p < s->n_planes; p++)
      if (!s->planes[p].hidden) pt_big_put(o, &data[p], n ? low : 0, n, a.plane[p]);
  }
  pt_big_close(o, &indices);
  for (uint32_t p = 0; p < s->n_planes; p++)
    if (!s->planes[p].hidden) pt_big_close(o, &data[p]);
}

/* Rows [row, row + n) of this rank; returns the cells that end there. */
static uint64_t gather_ends(struct pt_out *o, const struct pt_csr *m, uint64_t row, uint64_t n, uint64_t cell) {
  size_t size = pt_cell_bytes(m->sparse);
  uint64_t i = 0;
  struct pt_stretch it = {0};
  while (pt_stretch_next(o->rows, &it, row, n))
    for (uint32_t r = 0; r < it.n; r++, i++) {
      cell += pt_rows_bytes(o->rows, it.range, m->column, it.first + r).n / size;
      if (m->wide)
        ((int64_t *)(void *)o->buf)[i] = (int64_t)cell;
      else
        ((int32_t *)(void *)o->buf)[i] = (int32_t)cell;
    }
  return cell;
}

/* Collective. o->buf has room for a value of 8 bytes of each row of this rank, or for a piece. */
static void write_ends(struct pt_out *o, const struct pt_csr *m) {
  struct pt_big b;
  char path[160];
  int64_t zero = 0;
  path_of(m->sparse->planes[first_visible(m->sparse)].name, "indptr", path);
  pt_big_open(o, &b, path, H5Tcopy(m->wide ? H5T_NATIVE_INT64 : H5T_NATIVE_INT32), 1, o->total + 1, ENDS_CHUNK);
  pt_big_put(o, &b, 0, pt_comm_rank(o->c) == 0 ? 1 : 0, &zero);
  uint64_t most = 0, cell = m->first, piece = pt_output_piece / sizeof(int64_t);
  for (int r = 0; r < pt_comm_size(o->c); r++)
    if (o->counts[r] > most) most = o->counts[r];
  for (uint64_t row = 0; row < most; row += piece) {
    uint64_t left = row < o->local ? o->local - row : 0, n = left < piece ? left : piece;
    if (n) cell = gather_ends(o, m, row, n, cell);
    pt_big_put(o, &b, n ? o->first + row + 1 : 0, n, o->buf);
  }
  pt_big_close(o, &b);
}

static void link_planes(struct pt_out *o, const struct pt_sparse *s) {
  char from[160], to[160];
  uint32_t first = first_visible(s);
  for (uint32_t p = first + 1; p < s->n_planes; p++) {
    if (s->planes[p].hidden) continue;
    for (int part = 0; part < 2; part++) {
      path_of(s->planes[first].name, part ? "indptr" : "indices", from);
      path_of(s->planes[p].name, part ? "indptr" : "indices", to);
      if (H5Lcreate_hard(o->file, from, o->file, to, H5P_DEFAULT, H5P_DEFAULT) < 0) pt_out_broken(o, "link", to);
    }
  }
}

/* Collective: every rank has the vocabulary and writes its share of the entries. */
static void write_vocabulary(struct pt_out *o, int field) {
  const struct pt_vocabulary *v = pt_rows_vocabulary(o->rows, field);
  uint64_t size = (uint64_t)pt_comm_size(o->c), rank = (uint64_t)pt_comm_rank(o->c);
  uint32_t width = v->longest ? v->longest : 1;
  struct pt_big b;
  char path[160];
  snprintf(path, sizeof path, "/uns/vocabulary/%s", pt_field_info[field].name);
  pt_big_open(o, &b, path, pt_h5_text_type(width), 1, v->n, PT_CHUNK_ROWS);
  uint64_t chunk = pt_big_chunk(width, v->n, PT_CHUNK_ROWS), chunks = (v->n + chunk - 1) / chunk;
  uint64_t first = chunks * rank / size * chunk, end = chunks * (rank + 1) / size * chunk;
  for (uint64_t k = 0; k < chunks / size + 1; k++) {
    uint64_t from = first + k * chunk, to = from + chunk < end ? from + chunk : end;
    if (to > v->n) to = v->n;
    uint64_t n = from < to ? to - from : 0;
    memset(o->buf, 0, n * width);
    for (uint64_t i = 0; i < n; i++)
      if (v->text[from + i].n) memcpy(o->buf + i * width, v->text[from + i].p, v->text[from + i].n);
    pt_big_put(o, &b, n ? from : 0, n, o->buf);
  }
  pt_big_close(o, &b);
}

void pt_sparse_write(struct pt_out *o) {
  if (o->n_csr == 0) return;
  for (uint32_t i = 0; i < o->n_csr; i++) {
    const struct pt_sparse *s = o->csr[i].sparse;
    char path[160];
    for (uint32_t p = 0; p < s->n_planes; p++) {
      if (s->planes[p].hidden) continue;
      path_of(s->planes[p].name, NULL, path);
      pt_big_group(o, path);
    }
    write_cells(o, &o->csr[i]);
    write_ends(o, &o->csr[i]);
    link_planes(o, s);
  }
  pt_big_group(o, "/uns/vocabulary");
  for (int field = 0; field < PT_F_COUNT; field++)
    if (pt_sparse_reads(o, field)) write_vocabulary(o, field);
}

bool pt_sparse_reads(const struct pt_out *o, int field) {
  for (uint32_t i = 0; i < o->n_csr; i++)
    if (o->csr[i].sparse->vocabulary == field) return true;
  return false;
}

void pt_sparse_estimate(struct pt_out *o) {
  for (uint32_t i = 0; i < o->n_csr; i++) {
    const struct pt_csr *m = &o->csr[i];
    uint64_t n = m->cells < PT_SAMPLE_BYTES / 8 ? m->cells : PT_SAMPLE_BYTES / 8;
    if (n > m->piece) n = m->piece;
    o->estimate += 2.0 * (double)o->local;
    if (n == 0) continue;
    struct cursor cursor = {0};
    struct arrays a = arrays_of(o, m, n);
    gather_cells(o, m, &cursor, n, &a);
    size_t size = m->wide ? sizeof(int64_t) : sizeof(int32_t), sample = pt_out_probe(o, a.indices, n * size, size);
    for (uint32_t p = 0; p < m->sparse->n_planes; p++) {
      if (m->sparse->planes[p].hidden) continue;
      size = plane_bytes(m->sparse->planes[p].type);
      sample += pt_out_probe(o, a.plane[p], n * size, size);
    }
    o->estimate += (double)sample / (double)n * (double)m->cells;
  }
}

static int plane_attributes(struct pt_out *o, hid_t file, const struct pt_csr *m, const struct pt_plane *plane,
                            struct pt_err *err) {
  const struct pt_column *c = &o->schema->columns[m->column];
  char path[160];
  path_of(plane->name, NULL, path);
  uint64_t entries = pt_rows_vocabulary(o->rows, m->sparse->vocabulary)->n;
  PT_TRY(pt_put_csr(o, file, path, o->total, entries, err));
  hid_t object = H5Oopen(file, path, H5P_DEFAULT);
  if (object < 0) return pt_h5_fail(err, "open", path);
  char vocabulary[80];
  snprintf(vocabulary, sizeof vocabulary, "/uns/vocabulary/%s", pt_field_info[m->sparse->vocabulary].name);
  int code = pt_put_attr(o, object, path, "description", plane->description, err);
  if (!code) code = pt_put_attr(o, object, path, "units", plane->unit, err);
  if (!code) code = pt_put_attr(o, object, path, "vocabulary", vocabulary, err);
  if (!code) code = pt_put_attr(o, object, path, "family", c->family, err);
  if (!code) code = pt_put_attr(o, object, path, "level", c->level, err);
  if (!code) code = pt_put_attr(o, object, path, "kind", c->kind, err);
  H5Oclose(object);
  return code;
}

int pt_sparse_attributes(struct pt_out *o, hid_t file, struct pt_err *err) {
  for (uint32_t i = 0; i < o->n_csr; i++)
    for (uint32_t p = 0; p < o->csr[i].sparse->n_planes; p++)
      if (!o->csr[i].sparse->planes[p].hidden)
        PT_TRY(plane_attributes(o, file, &o->csr[i], &o->csr[i].sparse->planes[p], err));
  if (o->n_csr == 0) return 0;
  PT_TRY(pt_put_encoding(o, file, "/uns/vocabulary", "dict", "0.1.0", err));
  for (int field = 0; field < PT_F_COUNT; field++) {
    char path[80];
    snprintf(path, sizeof path, "/uns/vocabulary/%s", pt_field_info[field].name);
    if (pt_sparse_reads(o, field)) PT_TRY(pt_put_encoding(o, file, path, "string-array", "0.2.0", err));
  }
  return 0;
}

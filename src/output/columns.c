/* /obs and the dense matrices of /obsm, column by column. A rank's rows go out in pieces that end where chunks end (so
 * a chunk is compressed once, by one rank), each piece gathered from the ranges into one buffer. The number of pieces
 * is that of the rank with most rows, on every rank. */
#include <stdio.h>
#include <string.h>

#include "h5.h"
#include "out.h"

bool pt_stretch_next(struct pt_rows *rows, struct pt_stretch *it, uint64_t row, uint64_t n) {
  uint64_t at = row;
  if (it->n == 0) {
    uint32_t low = 0, high = pt_rows_ranges(rows);
    while (low + 1 < high) {
      uint32_t middle = low + (high - low) / 2;
      if (pt_rows_before(rows, middle) <= row)
        low = middle;
      else
        high = middle;
    }
    it->range = low;
  } else {
    at = pt_rows_before(rows, it->range) + it->first + it->n;
    it->range++;
  }
  while (it->range < pt_rows_ranges(rows) && pt_rows_before(rows, it->range) + pt_rows_in(rows, it->range) <= at)
    it->range++;
  if (at >= row + n || it->range >= pt_rows_ranges(rows)) return false;
  uint64_t before = pt_rows_before(rows, it->range), end = before + pt_rows_in(rows, it->range);
  if (end > row + n) end = row + n;
  it->first = (uint32_t)(at - before);
  it->n = (uint32_t)(end - at);
  return true;
}

/* Puts rows [row, row + n) of one thing into o->buf. */
typedef void gather_fn(struct pt_out *o, uint32_t column, uint64_t row, uint64_t n);

static void gather_values(struct pt_out *o, uint32_t column, uint64_t row, uint64_t n) {
  size_t bytes = pt_column_bytes(&o->schema->columns[column]);
  unsigned char *to = o->buf;
  struct pt_stretch it = {0};
  while (pt_stretch_next(o->rows, &it, row, n)) {
    const unsigned char *from = pt_rows_values(o->rows, it.range, column);
    memcpy(to, from + it.first * bytes, it.n * bytes);
    const uint8_t *mask = pt_rows_mask(o->rows, it.range, column);
    for (uint32_t i = 0; mask && i < it.n; i++) /* what stands behind a mask must not differ from run to run */
      if (mask[it.first + i]) memset(to + i * bytes, 0, bytes);
    to += it.n * bytes;
  }
}

static void gather_mask(struct pt_out *o, uint32_t column, uint64_t row, uint64_t n) {
  unsigned char *to = o->buf;
  struct pt_stretch it = {0};
  while (pt_stretch_next(o->rows, &it, row, n)) {
    const uint8_t *mask = pt_rows_mask(o->rows, it.range, column);
    for (uint32_t i = 0; i < it.n; i++) *to++ = mask[it.first + i] != 0;
  }
}

static void gather_codes(struct pt_out *o, uint32_t column, uint64_t row, uint64_t n) {
  const struct pt_codes *c = &o->codes[column];
  size_t at = 0;
  struct pt_stretch it = {0};
  while (pt_stretch_next(o->rows, &it, row, n)) {
    const int32_t *label = (const int32_t *)pt_rows_values(o->rows, it.range, column) + it.first;
    for (uint32_t i = 0; i < it.n; i++, at++) {
      int32_t code = label[i] < 0 ? -1 : (int32_t)c->place[label[i]];
      if (c->type == PT_C_U8)
        ((int8_t *)o->buf)[at] = (int8_t)code;
      else if (c->type == PT_C_U16)
        ((int16_t *)o->buf)[at] = (int16_t)code;
      else
        ((int32_t *)o->buf)[at] = code;
    }
  }
}

static void gather_ids(struct pt_out *o, uint32_t column, uint64_t row, uint64_t n) {
  (void)column;
  unsigned char *to = o->buf;
  memset(to, 0, n * o->longest_id);
  struct pt_stretch it = {0};
  while (pt_stretch_next(o->rows, &it, row, n))
    for (uint32_t i = 0; i < it.n; i++, to += o->longest_id) {
      struct pt_slice id = pt_rows_id(o->rows, it.range, it.first + i);
      memcpy(to, id.p, id.n);
    }
}

/* Rows of a piece: a multiple of the chunk. */
static uint64_t piece_rows(const struct pt_big *b) {
  uint64_t chunk = pt_big_chunk(b->row_bytes, b->rows, PT_CHUNK_ROWS), n = pt_output_piece / (chunk * b->row_bytes);
  return chunk * (n ? n : 1);
}

static uint64_t most_pieces(const struct pt_out *o, uint64_t chunk, uint64_t piece) {
  uint64_t first = 0, most = 0;
  for (int r = 0; r < pt_comm_size(o->c); first += o->counts[r++]) {
    uint64_t from = first / chunk * chunk, pieces = (first + o->counts[r] - from + piece - 1) / piece;
    if (o->counts[r] && pieces > most) most = pieces;
  }
  return most;
}

/* One dataset of a column. Takes `type` over. */
typedef void part_fn(struct pt_out *o, const char *path, hid_t type, uint32_t width, uint32_t column,
                     gather_fn *gather);

/* Collective. */
static void write_part(struct pt_out *o, const char *path, hid_t type, uint32_t width, uint32_t column,
                       gather_fn *gather) {
  struct pt_big b;
  pt_big_open(o, &b, path, type, width, o->total, PT_CHUNK_ROWS);
  uint64_t chunk = pt_big_chunk(b.row_bytes, b.rows, PT_CHUNK_ROWS), piece = piece_rows(&b);
  uint64_t from = o->first / chunk * chunk, end = o->first + o->local, pieces = most_pieces(o, chunk, piece);
  for (uint64_t k = 0; k < pieces; k++) {
    uint64_t low = from + k * piece, high = low + piece;
    if (low < o->first) low = o->first;
    if (high > end) high = end;
    uint64_t n = low < high ? high - low : 0;
    if (n) gather(o, column, low - o->first, n);
    pt_big_put(o, &b, n ? low : 0, n, o->buf);
  }
  pt_big_close(o, &b);
}

/* Local: what the first rows take when compressed, for all of this rank's rows. */
static void estimate_part(struct pt_out *o, const char *path, hid_t type, uint32_t width, uint32_t column,
                          gather_fn *gather) {
  (void)path;
  size_t size = H5Tget_size(type), row = size * width;
  H5Tclose(type);
  uint64_t n = o->local < PT_SAMPLE_ROWS ? o->local : PT_SAMPLE_ROWS;
  if (n * row > PT_SAMPLE_BYTES) n = PT_SAMPLE_BYTES / row;
  if (n == 0) return;
  gather(o, column, 0, n);
  o->estimate += (double)pt_out_probe(o, o->buf, n * row, size) / (double)n * (double)o->local;
}

static hid_t codes_type(enum pt_ctype type) {
  return H5Tcopy(type == PT_C_U8 ? H5T_NATIVE_INT8 : type == PT_C_U16 ? H5T_NATIVE_INT16 : H5T_NATIVE_INT32);
}

void pt_column_path(const struct pt_column *c, char path[128]) {
  snprintf(path, 128, "/%s/%s", c->where == PT_IN_OBSM ? "obsm" : "obs", c->name);
}

/* The datasets of a column, in the order of the file. */
static void each_part(struct pt_out *o, uint32_t at, part_fn *f) {
  const struct pt_column *c = &o->schema->columns[at];
  char path[128], part[160];
  pt_column_path(c, path);
  if (c->type == PT_C_LABEL) {
    snprintf(part, sizeof part, "%s/codes", path);
    f(o, part, codes_type(o->codes[at].type), 1, at, gather_codes);
  } else if (c->nullable) {
    snprintf(part, sizeof part, "%s/values", path);
    f(o, part, pt_h5_type(c->type), 1, at, gather_values);
    snprintf(part, sizeof part, "%s/mask", path);
    f(o, part, pt_h5_bool_type(), 1, at, gather_mask);
  } else {
    f(o, path, pt_h5_type(c->type), c->width, at, gather_values);
  }
}

static void write_column(struct pt_out *o, uint32_t at) {
  const struct pt_column *c = &o->schema->columns[at];
  char path[128];
  pt_column_path(c, path);
  if (c->type == PT_C_LABEL || c->nullable) pt_big_group(o, path);
  each_part(o, at, write_part);
  if (pt_rows_spilled(o->rows)) /* mapped pages of this column are not needed again */
    for (uint32_t r = 0; r < pt_rows_ranges(o->rows); r++) pt_rows_done(o->rows, r);
}

void pt_columns_estimate(struct pt_out *o) {
  estimate_part(o, "/obs/user_id", pt_h5_text_type(o->longest_id), 1, 0, gather_ids);
  for (uint32_t i = 0; i < o->n_order; i++) each_part(o, o->order[i], estimate_part);
}

void pt_columns_write(struct pt_out *o) {
  pt_big_group(o, "/obs");
  pt_big_group(o, "/obsm");
  write_part(o, "/obs/user_id", pt_h5_text_type(o->longest_id), 1, 0, gather_ids);
  for (uint32_t i = 0; i < o->n_order; i++) write_column(o, o->order[i]);
}

size_t pt_columns_widest(const struct pt_out *o) {
  size_t widest = o->longest_id > 8 ? o->longest_id : 8;
  for (uint32_t i = 0; i < o->n_order; i++) {
    size_t bytes = pt_column_bytes(&o->schema->columns[o->order[i]]);
    if (bytes > widest) widest = bytes;
  }
  return widest;
}

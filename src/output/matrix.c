/* /X: users x labels as compressed sparse rows, 1 for each label a user has; /layers/index: the same cells with the
 * tag's index (1 where it is unknown). Labels stand in the order of tags and a user has at most one label of a tag, so
 * going through the tags gives each row's columns in increasing order.
 *
 * indices and indptr have one type, int32 while the cells can be counted in it: scipy refuses to slice a matrix whose
 * two index arrays differ, and anndata hands them over as they are.
 *
 * Memory: one block of rows whose cells fit a piece. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"

#define CELL_CHUNK 131072u
#define ENDS_CHUNK 65536u

uint64_t pt_output_narrow = INT32_MAX;

uint64_t pt_matrix_count(struct pt_out *o) {
  uint64_t n = 0;
  for (uint32_t t = 0; t < o->schema->n_tags; t++)
    for (uint32_t r = 0; r < pt_rows_ranges(o->rows); r++) {
      const int32_t *code = pt_rows_values(o->rows, r, o->schema->tags[t].label);
      for (uint32_t i = 0; i < pt_rows_in(o->rows, r); i++) n += code[i] >= 0;
    }
  return n;
}

/* Rows [first, first + n) of a range; `ends` counts cells from `at`, the cells already there. Returns the new count. */
static size_t fill_stretch(struct pt_out *o, const struct pt_stretch *it, size_t at, int32_t *label, float *index,
                           int64_t *ends) {
  for (uint32_t i = 0; i < it->n; i++) ends[i] = 0;
  for (uint32_t t = 0; t < o->schema->n_tags; t++) {
    const int32_t *code = (const int32_t *)pt_rows_values(o->rows, it->range, o->schema->tags[t].label) + it->first;
    for (uint32_t i = 0; i < it->n; i++) ends[i] += code[i] >= 0;
  }
  for (uint32_t i = 0; i < it->n; i++) { /* for now: where each row begins; filling moves it to its end */
    size_t n = (size_t)ends[i];
    ends[i] = (int64_t)at;
    at += n;
  }
  for (uint32_t t = 0; t < o->schema->n_tags; t++) {
    const struct pt_tag *tag = &o->schema->tags[t];
    const int32_t *of = o->labels->of_code[t];
    const int32_t *code = (const int32_t *)pt_rows_values(o->rows, it->range, tag->label) + it->first;
    const float *value = (const float *)pt_rows_values(o->rows, it->range, tag->index) + it->first;
    for (uint32_t i = 0; i < it->n; i++) {
      if (code[i] < 0) continue;
      label[ends[i]] = of[code[i]];
      index[ends[i]++] = isnan(value[i]) ? 1.0F : value[i];
    }
  }
  return at;
}

/* Rows [row, row + n) into the block; returns the number of cells. */
static size_t fill(struct pt_out *o, uint64_t row, uint64_t n) {
  const struct pt_block *b = &o->block;
  size_t at = 0, rows = 0;
  struct pt_stretch it = {0};
  while (pt_stretch_next(o->rows, &it, row, n)) {
    at = fill_stretch(o, &it, at, b->label, b->index, b->ends + rows);
    rows += it.n;
  }
  return at;
}

int pt_matrix_open(struct pt_out *o, struct pt_err *err) {
  struct pt_block *b = &o->block;
  uint64_t tags = o->schema->n_tags ? o->schema->n_tags : 1;
  b->rows = pt_output_piece / 2 / (tags * sizeof(float));
  if (b->rows == 0) b->rows = 1;
  uint64_t most = o->local < b->rows ? o->local : b->rows, cells = most * tags;
  b->wide = o->all_cells > pt_output_narrow;
  b->label = calloc(cells + 1, b->wide ? sizeof(int64_t) : sizeof *b->label);
  b->index = calloc(cells + 1, sizeof *b->index);
  b->one = calloc(cells + 1, sizeof *b->one);
  b->ends = calloc(most + 1, sizeof *b->ends);
  if (!b->label || !b->index || !b->one || !b->ends) return pt_fail(err, "output", PT_MEMORY, 0, "no memory for /X");
  for (uint64_t i = 0; i < cells; i++) b->one[i] = 1.0F;
  return 0;
}

void pt_matrix_close(struct pt_out *o) {
  free(o->block.label);
  free(o->block.index);
  free(o->block.one);
  free(o->block.ends);
}

void pt_matrix_estimate(struct pt_out *o) {
  uint64_t n = o->local < PT_SAMPLE_ROWS ? o->local : PT_SAMPLE_ROWS;
  if (n > o->block.rows) n = o->block.rows;
  size_t cells = n ? fill(o, 0, n) : 0, most = PT_SAMPLE_BYTES / sizeof(float);
  if (n) o->estimate += (double)pt_out_probe(o, o->block.ends, n * 8, 8) / (double)n * (double)o->local;
  if (cells > most) cells = most;
  if (cells == 0) return;
  size_t bytes = cells * sizeof(float);
  double sample = (double)(pt_out_probe(o, o->block.label, bytes, 4) + pt_out_probe(o, o->block.index, bytes, 4) +
                           pt_out_probe(o, o->block.one, bytes, 4));
  o->estimate += sample / (double)cells * (double)o->cells;
}

static void link_to(struct pt_out *o, const char *from, const char *to) {
  if (H5Lcreate_hard(o->file, from, o->file, to, H5P_DEFAULT, H5P_DEFAULT) < 0) pt_out_broken(o, "link", to);
}

/* In place, from the last label to the first. */
static void widen(int32_t *label, size_t n) {
  int64_t *wide = (int64_t *)label;
  while (n--) {
    int32_t value;
    memcpy(&value, label + n, sizeof value);
    int64_t same = value;
    memcpy(wide + n, &same, sizeof same);
  }
}

/* In place, from the first end to the last. */
static void narrow(int64_t *ends, uint64_t n) {
  for (uint64_t i = 0; i < n; i++) {
    int32_t value = (int32_t)ends[i];
    memcpy((char *)ends + i * sizeof value, &value, sizeof value);
  }
}

/* Collective. Returns this rank's next cell. */
static uint64_t put_block(struct pt_out *o, struct pt_big big[4], uint64_t row, uint64_t n, uint64_t cell) {
  struct pt_block *b = &o->block;
  size_t cells = n ? fill(o, row, n) : 0;
  for (uint64_t i = 0; i < n; i++) b->ends[i] += (int64_t)cell;
  if (b->wide)
    widen(b->label, cells);
  else
    narrow(b->ends, n);
  uint64_t at = cells ? cell : 0;
  pt_big_put(o, &big[0], at, cells, b->one);
  pt_big_put(o, &big[1], at, cells, b->label);
  pt_big_put(o, &big[2], at, cells, b->index);
  pt_big_put(o, &big[3], n ? o->first + row + 1 : 0, n, b->ends); /* entry 0 is written before */
  return cell + cells;
}

void pt_matrix_write(struct pt_out *o) {
  struct pt_big big[4];
  hid_t number = o->block.wide ? H5T_NATIVE_INT64 : H5T_NATIVE_INT32;
  pt_big_group(o, "/X");
  pt_big_group(o, "/layers");
  pt_big_group(o, "/layers/index");
  pt_big_open(o, &big[0], "/X/data", H5Tcopy(H5T_NATIVE_FLOAT), 1, o->all_cells, CELL_CHUNK);
  pt_big_open(o, &big[1], "/X/indices", H5Tcopy(number), 1, o->all_cells, CELL_CHUNK);
  pt_big_open(o, &big[2], "/layers/index/data", H5Tcopy(H5T_NATIVE_FLOAT), 1, o->all_cells, CELL_CHUNK);
  pt_big_open(o, &big[3], "/X/indptr", H5Tcopy(number), 1, o->total + 1, ENDS_CHUNK);
  int64_t zero = 0;
  pt_big_put(o, &big[3], 0, pt_comm_rank(o->c) == 0 ? 1 : 0, &zero);
  uint64_t most = 0, cell = o->first_cell;
  for (int r = 0; r < pt_comm_size(o->c); r++)
    if (o->counts[r] > most) most = o->counts[r];
  for (uint64_t row = 0; row < most; row += o->block.rows) {
    uint64_t left = row < o->local ? o->local - row : 0, n = left < o->block.rows ? left : o->block.rows;
    cell = put_block(o, big, row, n, cell);
  }
  for (int i = 0; i < 4; i++) pt_big_close(o, &big[i]);
  link_to(o, "/X/indices", "/layers/index/indices");
  link_to(o, "/X/indptr", "/layers/index/indptr");
}

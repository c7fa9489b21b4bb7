/* Weekday x hour of each segment's visit events, from the cells that the facts left in the rows. */
#include "segments_priv.h"

#include <stdlib.h>

#define CELLS 168

/* The bytes of a row: (cell, count as LEB128) pairs. */
static void add_cells(struct pt_slice bytes, uint64_t *counts) {
  const unsigned char *p = (const unsigned char *)bytes.p, *end = p + bytes.n;
  while (p < end) {
    unsigned cell = *p++;
    uint64_t v = 0;
    for (int shift = 0; p < end; shift += 7) {
      v |= (uint64_t)(*p & 127) << shift;
      if (*p++ < 128) break;
    }
    counts[cell] += v;
  }
}

static void add_row(const struct segments *s, uint32_t column, uint32_t range, uint32_t row, uint64_t *counts) {
  struct pt_slice bytes = pt_rows_bytes(s->rows, range, column, row);
  if (bytes.n == 0) return;
  uint32_t n = pt_segments_of(s, range, row);
  for (uint32_t i = 0; i < n; i++) add_cells(bytes, counts + (size_t)s->in[i] * CELLS);
}

static int write_frame(const struct segments *s, const uint64_t *counts, struct pt_frame *f, struct pt_err *err) {
  uint32_t weekday, hour, events;
  PT_TRY(pt_segments_name_columns(f, err));
  PT_TRY(pt_frame_column(f, "weekday", PT_FR_I64, "0 = Monday", "local weekday", &weekday, err));
  PT_TRY(pt_frame_column(f, "hour", PT_FR_I64, "h", "local hour", &hour, err));
  PT_TRY(pt_frame_column(f, "events", PT_FR_I64, "events", "visit events", &events, err));
  for (uint32_t g = 0; g < s->n; g++)
    for (int64_t cell = 0; cell < CELLS; cell++) {
      uint64_t row;
      PT_TRY(pt_frame_row(f, &row, err));
      PT_TRY(pt_segments_name_row(s, f, row, g, err));
      f->columns[weekday].v.i64[row] = cell / 24;
      f->columns[hour].v.i64[row] = cell % 24;
      f->columns[events].v.i64[row] = (int64_t)counts[(size_t)g * CELLS + (size_t)cell];
    }
  return 0;
}

int pt_segments_hours(struct pt_comm *c, const struct segments *s, struct pt_frame *f, bool *made, struct pt_err *err) {
  int64_t column = pt_schema_find(s->schema, "_hours");
  if (column < 0) return 0;
  uint64_t *counts = calloc((size_t)s->n * CELLS, sizeof *counts);
  if (!counts) pt_fail(err, "segments", PT_MEMORY, 0, "out of memory");
  int failed = pt_agree(c, err);
  for (uint32_t range = 0; range < pt_rows_ranges(s->rows) && !failed; range++)
    for (uint32_t row = 0; row < pt_rows_in(s->rows, range); row++) add_row(s, (uint32_t)column, range, row, counts);
  if (!failed) {
    pt_sum_u64(c, counts, (uint64_t)s->n * CELLS);
    PT_LATER(pt_frame_init(f, "segments/hours", err));
    if (pt_comm_rank(c) == 0 && !err->code) PT_LATER(write_frame(s, counts, f, err));
    failed = pt_agree(c, err);
    *made = true;
  }
  free(counts);
  return failed;
}

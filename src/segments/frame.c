/* What the tables have in common as frames. */
#include <portrait/cells.h>
#include <stdio.h>
#include <string.h>

#include "segments_priv.h"

int pt_segments_text(struct pt_frame *f, uint64_t row, uint32_t column, const char *text, struct pt_err *err) {
  return pt_frame_set_text(f, row, column, text, strlen(text), err);
}

int pt_segments_name_columns(struct pt_frame *f, struct pt_err *err) {
  uint32_t at;
  PT_TRY(pt_frame_column(f, "segment", PT_FR_TEXT, "", "all, a segment of the job file, or tag=label", &at, err));
  PT_TRY(pt_frame_column(f, "tag", PT_FR_TEXT, "", "the tag, empty for all and the job file's", &at, err));
  return pt_frame_column(f, "label", PT_FR_TEXT, "", "its label, empty for all and the job file's", &at, err);
}

int pt_segments_name_row(const struct segments *s, struct pt_frame *f, uint64_t row, uint32_t segment,
                         struct pt_err *err) {
  const struct segment *g = &s->v[segment];
  const char *tag = g->tag < 0 ? "" : s->schema->columns[s->schema->tags[g->tag].label].name;
  PT_TRY(pt_segments_text(f, row, 0, g->name, err));
  PT_TRY(pt_segments_text(f, row, 1, tag, err));
  return pt_segments_text(f, row, 2, g->label, err);
}

int pt_segments_columns(struct pt_frame *f, const struct table_column *columns, size_t n, struct pt_err *err) {
  uint32_t at;
  PT_TRY(pt_frame_column(f, "segment", PT_FR_TEXT, "", "all, or a segment of the job file", &at, err));
  for (size_t i = 0; i < n; i++)
    PT_TRY(pt_frame_column(f, columns[i].name, columns[i].type, columns[i].unit, columns[i].text, &at, err));
  return 0;
}

int pt_segments_row(const struct segments *s, struct pt_frame *f, uint32_t segment, uint64_t *row, struct pt_err *err) {
  PT_TRY(pt_frame_row(f, row, err));
  return pt_segments_text(f, *row, 0, s->v[segment].name, err);
}

int pt_segments_month(struct pt_frame *f, uint64_t row, uint32_t column, int64_t month, struct pt_err *err) {
  char text[32];
  int64_t year = pt_floor_div(month, 12);
  snprintf(text, sizeof text, "%04lld-%02d", (long long)year, (int)(month - 12 * year) + 1);
  return pt_segments_text(f, row, column, text, err);
}

int pt_segments_day(struct pt_frame *f, uint64_t row, uint32_t column, int64_t day, struct pt_err *err) {
  char text[32];
  int64_t year;
  int month, of_month;
  pt_civil_from_days(day, &year, &month, &of_month);
  snprintf(text, sizeof text, "%04lld-%02d-%02d", (long long)year, month, of_month);
  return pt_segments_text(f, row, column, text, err);
}

int pt_segments_finish(struct pt_comm *c, const char *path, table_writer *write, const void *table, struct pt_frame *f,
                       bool *made, struct pt_err *err) {
  *made = true;
  PT_LATER(pt_frame_init(f, path, err));
  if (pt_comm_rank(c) == 0 && !err->code) PT_LATER(write(table, f, err));
  return pt_agree(c, err);
}

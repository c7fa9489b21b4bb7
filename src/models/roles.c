/* The table loyal x core, of tags that the rules have made. */
#include <portrait/models_value.h>
#include <string.h>

/* The tag's column of labels, -1 where it is not made or has not just two. */
static int64_t find_tag(const struct pt_schema *s, const char *name) {
  int64_t column = pt_schema_find(s, name);
  if (column < 0 || s->columns[column].type != PT_C_LABEL) return -1;
  const struct pt_labels *l = &s->columns[column].labels;
  return l->names && l->n_names == 2 ? column : -1;
}

static void count(struct pt_rows *rows, const uint32_t tags[2], uint64_t cells[4]) {
  for (uint32_t range = 0; range < pt_rows_ranges(rows); range++) {
    const int32_t *a = pt_rows_values(rows, range, tags[0]), *b = pt_rows_values(rows, range, tags[1]);
    for (uint32_t row = 0; row < pt_rows_in(rows, range); row++)
      if (a[row] >= 0 && b[row] >= 0) cells[2 * a[row] + b[row]]++;
    pt_rows_done(rows, range);
  }
}

static int fill(struct pt_frame *f, const struct pt_schema *s, const uint32_t tags[2], const uint64_t cells[4],
                struct pt_err *err) {
  for (int i = 0; i < 4; i++) {
    uint64_t row;
    const char *labels[2] = {s->columns[tags[0]].labels.names[i / 2], s->columns[tags[1]].labels.names[i % 2]};
    PT_TRY(pt_frame_row(f, &row, err));
    for (uint32_t k = 0; k < 2; k++) PT_TRY(pt_frame_set_text(f, row, k, labels[k], strlen(labels[k]), err));
    f->columns[2].v.i64[row] = (int64_t)cells[i];
  }
  return 0;
}

static int table(struct pt_frame *f, struct pt_err *err) {
  uint32_t at;
  PT_TRY(pt_frame_init(f, "value/loyal_core", err));
  PT_TRY(pt_frame_column(f, "is_loyal", PT_FR_TEXT, "", "label of is_loyal", &at, err));
  PT_TRY(pt_frame_column(f, "is_core", PT_FR_TEXT, "", "label of is_core", &at, err));
  return pt_frame_column(f, "users", PT_FR_I64, "users", "users with both labels", &at, err);
}

int pt_models_roles(struct pt_comm *c, struct pt_rows *rows, uint32_t k, struct pt_frame *frame, uint32_t *made,
                    struct pt_err *err) {
  const struct pt_schema *s = pt_rows_schema(rows);
  int64_t loyal = find_tag(s, "is_loyal"), core = find_tag(s, "is_core");
  *made = 0;
  if (loyal < 0 || core < 0) return 0;
  uint32_t tags[2] = {(uint32_t)loyal, (uint32_t)core};
  uint64_t cells[4] = {0, 0, 0, 0};
  count(rows, tags, cells);
  pt_sum_u64(c, cells, 4);
  bool small = false;
  for (int i = 0; i < 4; i++) small |= cells[i] && cells[i] < k;
  PT_LATER(table(frame, err));
  if (pt_comm_rank(c) == 0 && !small && !err->code) PT_LATER(fill(frame, s, tags, cells, err));
  *made = 1;
  return pt_agree(c, err);
}

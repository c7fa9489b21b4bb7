#include "pipeline/job.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct pt_err *err) {
  return pt_fail(err, "clean", PT_MEMORY, 0, "out of memory for the counts by source");
}

int pt_tally_open(struct pt_tally *t, struct pt_err *err) {
  *t = (struct pt_tally){.sources = pt_dict_new()};
  return t->sources ? 0 : no_memory(err);
}

void pt_tally_close(struct pt_tally *t) {
  pt_dict_free(t->sources);
  free(t->v);
  *t = (struct pt_tally){0};
}

uint64_t *pt_tally_row(struct pt_tally *t, struct pt_slice source) {
  uint32_t known = pt_dict_count(t->sources), code = pt_dict_put(t->sources, source);
  if (code == PT_NO_CODE) return NULL;
  if (code >= t->cap) {
    uint32_t cap = t->cap ? t->cap * 2 : 16;
    void *v = realloc(t->v, cap * sizeof *t->v);
    if (!v) return NULL;
    t->v = v;
    t->cap = cap;
  }
  if (code == known) memset(t->v[code], 0, sizeof t->v[code]);
  return t->v[code];
}

/* A source on the wire: length, bytes, counts. */
static int pack(const struct pt_tally *t, struct pt_buf *out) {
  for (uint32_t i = 0; i < pt_dict_count(t->sources); i++) {
    struct pt_slice name = pt_dict_at(t->sources, i);
    uint64_t n = name.n;
    if (pt_buf_add(out, &n, sizeof n) || pt_buf_add(out, name.p, name.n) || pt_buf_add(out, t->v[i], sizeof t->v[i]))
      return -1;
  }
  return 0;
}

static int unpack(struct pt_tally *t, const struct pt_buf *in) {
  for (size_t at = 0; at < in->n;) {
    uint64_t n, counts[PT_TL_CELLS];
    memcpy(&n, in->p + at, sizeof n);
    at += sizeof n;
    uint64_t *row = pt_tally_row(t, (struct pt_slice){in->p + at, n});
    if (!row) return -1;
    at += n;
    memcpy(counts, in->p + at, sizeof counts);
    at += sizeof counts;
    for (int i = 0; i < PT_TL_CELLS; i++) row[i] += counts[i];
  }
  return 0;
}

int pt_tally_merge(struct pt_tally *t, struct pt_comm *c, uint64_t total[PT_TL_CELLS], struct pt_err *err) {
  struct pt_buf mine = {0}, all = {0};
  memset(total, 0, PT_TL_CELLS * sizeof *total);
  for (uint32_t i = 0; i < pt_dict_count(t->sources); i++)
    for (int k = 0; k < PT_TL_CELLS; k++) total[k] += t->v[i][k];
  if (pack(t, &mine)) no_memory(err);
  int failed = pt_agree(c, err);
  if (!failed) failed = pt_gather_bytes(c, mine.p, mine.n, 0, &all, NULL, err);
  if (!failed && pt_comm_rank(c) == 0) {
    struct pt_tally whole;
    if (pt_tally_open(&whole, err) == 0 && unpack(&whole, &all)) no_memory(err);
    pt_tally_close(t);
    *t = whole;
  }
  if (!failed) failed = pt_agree(c, err);
  if (!failed) pt_sum_u64(c, total, PT_TL_CELLS);
  pt_buf_free(&mine);
  pt_buf_free(&all);
  return failed;
}

static uint32_t *in_order(const struct pt_tally *t, struct pt_err *err) {
  uint32_t n = pt_dict_count(t->sources);
  uint32_t *rank_of = malloc(((size_t)n + 1) * sizeof *rank_of), *order = calloc((size_t)n + 1, sizeof *order);
  if (!rank_of || !order || pt_dict_order(t->sources, rank_of, err)) {
    no_memory(err);
    free(rank_of);
    free(order);
    return NULL;
  }
  for (uint32_t i = 0; i < n; i++) order[rank_of[i]] = i;
  free(rank_of);
  return order;
}

static int rejects_frame(const struct pt_tally *t, const uint32_t *order, struct pt_frame *f, struct pt_err *err) {
  uint32_t reason, source, lines;
  PT_TRY(pt_frame_init(f, "quality/rejects", err));
  PT_TRY(pt_frame_column(f, "reason", PT_FR_TEXT, "", "why lines were rejected", &reason, err));
  PT_TRY(pt_frame_column(f, "source", PT_FR_TEXT, "", "field source, else the format", &source, err));
  PT_TRY(pt_frame_column(f, "lines", PT_FR_I64, "lines", "rejected lines", &lines, err));
  for (int r = 0; r < PT_R_COUNT; r++)
    for (uint32_t i = 0; i < pt_dict_count(t->sources); i++) {
      uint64_t n = t->v[order[i]][PT_TL_REASON + r], row;
      if (n == 0) continue;
      struct pt_slice name = pt_dict_at(t->sources, order[i]);
      PT_TRY(pt_frame_row(f, &row, err));
      PT_TRY(pt_frame_set_text(f, row, reason, pt_reason_info[r].name, strlen(pt_reason_info[r].name), err));
      PT_TRY(pt_frame_set_text(f, row, source, name.p, name.n, err));
      f->columns[lines].v.i64[row] = (int64_t)n;
    }
  return 0;
}

static const struct {
  const char *name, *unit, *text;
  int cell; /* -1 = all rejected */
} line_columns[] = {{"lines", "lines", "lines read", PT_TL_LINES},
                    {"blank", "lines", "blank lines", PT_TL_BLANK},
                    {"header", "lines", "CSV headers", PT_TL_HEADER},
                    {"filtered", "lines", "lines that where: left out", PT_TL_FILTERED},
                    {"rejected", "lines", "lines with a reason in quality/rejects", -1},
                    {"accepted", "lines", "lines accepted", PT_TL_ACCEPTED},
                    {"events", "events", "events of accepted lines", PT_TL_EVENTS},
                    {"records", "records", "user records of accepted lines", PT_TL_RECORDS},
                    {"duplicate", "events", "events that repeat another", PT_TL_DUPLICATE},
                    {"erased", "events", "events of erased users", PT_TL_ERASED},
                    {"after_as_of", "events", "events at or after as_of", PT_TL_AFTER},
                    {"counted", "events", "events that count", PT_TL_COUNTED},
                    {"exact_duplicates_kept", "events",
                     "events without event_id, equal to another in every byte of the line", PT_TL_EXACT_KEPT},
                    {"no_amount", "events", "purchases with neither amount nor price", PT_TL_NO_AMOUNT}};
#define N_LINE_COLUMNS (sizeof line_columns / sizeof *line_columns)

/* A counter's name has no blank (ingest writes "CELL SOURCE"), and no other cell begins with this. */
#define UNREAD "unread."
static const char *const unread_names[] = {
#define PT_X(id, name, kind) UNREAD name,
    PT_RECORD_FIELDS(PT_X)
#undef PT_X
        UNREAD "users.keep"};

const char *pt_tally_cell_name(int cell) {
  if (cell >= PT_TL_UNREAD) return unread_names[cell - PT_TL_UNREAD];
  if (cell >= PT_TL_REASON) return pt_reason_info[cell - PT_TL_REASON].name;
  for (size_t k = 0; k < N_LINE_COLUMNS; k++)
    if (line_columns[k].cell == cell) return line_columns[k].name;
  return "";
}

int pt_tally_cell_of(struct pt_slice name) {
  for (int cell = 0; cell < PT_TL_CELLS; cell++)
    if (pt_slice_eq(pt_slice_of(pt_tally_cell_name(cell)), name)) return cell;
  return -1;
}

static int lines_frame(const struct pt_tally *t, const uint32_t *order, struct pt_frame *f, struct pt_err *err) {
  uint32_t source, at[N_LINE_COLUMNS];
  PT_TRY(pt_frame_init(f, "quality/lines", err));
  PT_TRY(pt_frame_column(f, "source", PT_FR_TEXT, "", "field source, else the format", &source, err));
  for (size_t k = 0; k < N_LINE_COLUMNS; k++)
    PT_TRY(
        pt_frame_column(f, line_columns[k].name, PT_FR_I64, line_columns[k].unit, line_columns[k].text, &at[k], err));
  for (uint32_t i = 0; i < pt_dict_count(t->sources); i++) {
    const uint64_t *v = t->v[order[i]];
    struct pt_slice name = pt_dict_at(t->sources, order[i]);
    uint64_t row, rejected = 0;
    for (int r = 0; r < PT_R_COUNT; r++) rejected += v[PT_TL_REASON + r];
    PT_TRY(pt_frame_row(f, &row, err));
    PT_TRY(pt_frame_set_text(f, row, source, name.p, name.n, err));
    for (size_t k = 0; k < N_LINE_COLUMNS; k++)
      f->columns[at[k]].v.i64[row] = (int64_t)(line_columns[k].cell < 0 ? rejected : v[line_columns[k].cell]);
  }
  return 0;
}

int pt_tally_records(const struct pt_tally *t, const uint64_t *conflicts, struct pt_frame *f, struct pt_err *err) {
  uint32_t field, unread, users;
  PT_TRY(pt_frame_init(f, "quality/records", err));
  PT_TRY(pt_frame_column(f, "field", PT_FR_TEXT, "", "field of user records", &field, err));
  PT_TRY(pt_frame_column(f, "unread", PT_FR_I64, "records", "values that could not be read and were dropped", &unread,
                         err));
  PT_TRY(pt_frame_column(f, "conflicts", PT_FR_I64, "users",
                         "users whose records have different values of it: the latest holds", &users, err));
  for (int k = 0; k <= PT_RF_KEPT; k++) {
    const char *name = unread_names[k] + sizeof UNREAD - 1;
    uint64_t n = 0, row;
    for (uint32_t i = 0; i < pt_dict_count(t->sources); i++) n += t->v[i][PT_TL_UNREAD + k];
    if (n == 0 && conflicts[k] == 0) continue;
    PT_TRY(pt_frame_row(f, &row, err));
    PT_TRY(pt_frame_set_text(f, row, field, name, strlen(name), err));
    f->columns[unread].v.i64[row] = (int64_t)n;
    f->columns[users].v.i64[row] = (int64_t)conflicts[k];
  }
  return 0;
}

int pt_tally_frames(const struct pt_tally *t, struct pt_frame *rejects, struct pt_frame *lines, struct pt_err *err) {
  uint32_t *order = in_order(t, err);
  if (!order) return err->code;
  int failed = rejects_frame(t, order, rejects, err);
  if (!failed) failed = lines_frame(t, order, lines, err);
  free(order);
  return failed;
}

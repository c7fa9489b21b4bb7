/* Retention of the users first seen in a week (Monday to Sunday): of those for whom the day k weeks after their first
 * one is over, who had a visit event on that very day, and who on it or later. Cohorts from before log_start are left
 * out; k goes to a year. Memory: 24 bytes a week, k and segment: 660 KB a segment for ten years. */
#include <portrait/cells.h>
#include <stdlib.h>

#include "segments_priv.h"

#define MAX_WEEKS 53 /* 0 to 52 */

enum count { READY, ON_DAY, ON_OR_AFTER, N_COUNTS };

struct retention {
  const struct segments *s;
  uint32_t column;
  int64_t first_week;
  uint32_t n_weeks;
  uint64_t *users;  /* [segment][cohort] */
  uint64_t *counts; /* [segment][cohort][k][N_COUNTS] */
};

/* Weeks begin on Mondays: day -3 is one. */
static int64_t week_of(int64_t day) {
  return pt_floor_div(day + 3, 7);
}

static uint64_t *cell_of(const struct retention *r, uint32_t segment, int64_t cohort, uint32_t k) {
  return &r->counts[(((size_t)segment * r->n_weeks + (size_t)cohort) * MAX_WEEKS + k) * N_COUNTS];
}

static int64_t last_of(struct pt_slice bytes) {
  int64_t day = pt_cell_take_signed(&bytes);
  while (bytes.n) day += (int64_t)pt_cell_take(&bytes);
  return day;
}

static void add_row(void *ctx, uint32_t range, uint32_t row, const uint32_t *in, uint32_t n) {
  struct retention *r = ctx;
  struct pt_slice bytes = pt_rows_bytes(r->s->rows, range, r->column, row);
  if (bytes.n == 0) return;
  int64_t last = last_of(bytes), first = pt_cell_take_signed(&bytes), day = first;
  int64_t cohort = week_of(first) - r->first_week;
  if (first < r->s->conf->first_day || cohort >= r->n_weeks) return;
  for (uint32_t i = 0; i < n; i++) r->users[(size_t)in[i] * r->n_weeks + (size_t)cohort]++;
  for (uint32_t k = 0; k < MAX_WEEKS; k++) {
    int64_t at = first + 7 * (int64_t)k;
    if (at > r->s->conf->last_whole_day) return;
    while (day < at && bytes.n) day += (int64_t)pt_cell_take(&bytes);
    for (uint32_t i = 0; i < n; i++) {
      uint64_t *cell = cell_of(r, in[i], cohort, k);
      cell[READY]++;
      cell[ON_DAY] += day == at;
      cell[ON_OR_AFTER] += last >= at;
    }
  }
}

static const struct table_column columns[] = {
    {"cohort", PT_FR_TEXT, "", "Monday of the week of the first visit event"},
    {"week", PT_FR_I64, "weeks", "weeks since each user's first day"},
    {"users", PT_FR_I64, "users", "users of the cohort"},
    {"n_ready", PT_FR_I64, "users", "those for whom the day that many weeks after their first one is over"},
    {"on_day", PT_FR_I64, "users", "of these, with a visit event on that day"},
    {"on_or_after", PT_FR_I64, "users", "of these, with a visit event on that day or later"},
    {"on_day_rate", PT_FR_F64, "1", "on_day / n_ready"},
    {"on_or_after_rate", PT_FR_F64, "1", "on_or_after / n_ready"}};

static int write_cell(const struct retention *r, uint32_t segment, uint32_t cohort, uint32_t k, struct pt_frame *f,
                      struct pt_err *err) {
  const uint64_t *cell = cell_of(r, segment, cohort, k);
  uint64_t row;
  if (cell[READY] == 0) return 0;
  PT_TRY(pt_segments_row(r->s, f, segment, &row, err));
  PT_TRY(pt_segments_day(f, row, 1, (r->first_week + cohort) * 7 - 3, err));
  f->columns[2].v.i64[row] = k;
  f->columns[3].v.i64[row] = (int64_t)r->users[(size_t)segment * r->n_weeks + cohort];
  for (uint32_t i = 0; i < N_COUNTS; i++) f->columns[4 + i].v.i64[row] = (int64_t)cell[i];
  f->columns[7].v.f64[row] = (double)cell[ON_DAY] / (double)cell[READY];
  f->columns[8].v.f64[row] = (double)cell[ON_OR_AFTER] / (double)cell[READY];
  return 0;
}

static int write(const void *table, struct pt_frame *f, struct pt_err *err) {
  const struct retention *r = table;
  PT_TRY(PT_TABLE_COLUMNS(f, columns, err));
  for (uint32_t segment = 0; segment < r->s->n_own; segment++)
    for (uint32_t cohort = 0; cohort < r->n_weeks; cohort++)
      for (uint32_t k = 0; k < MAX_WEEKS; k++) PT_TRY(write_cell(r, segment, cohort, k, f, err));
  return 0;
}

int pt_segments_retention(struct pt_comm *c, const struct segments *s, struct pt_frame *f, bool *made,
                          struct pt_err *err) {
  int64_t column = pt_schema_find(s->schema, "_visit_days");
  if (column < 0) return 0;
  struct retention r = {.s = s, .column = (uint32_t)column, .first_week = week_of(s->conf->first_day)};
  r.n_weeks = (uint32_t)(week_of(s->conf->last_day) - r.first_week + 1);
  size_t n_users = (size_t)s->n_own * r.n_weeks, n = n_users * MAX_WEEKS * N_COUNTS;
  r.users = calloc(n_users + 1, sizeof *r.users);
  r.counts = calloc(n + 1, sizeof *r.counts);
  if (!r.users || !r.counts) (void)pt_segments_no_memory(err);
  int failed = pt_agree(c, err);
  if (!failed) {
    pt_segments_each(s, add_row, &r);
    pt_sum_u64(c, r.users, n_users);
    pt_sum_u64(c, r.counts, n);
    failed = pt_segments_finish(c, "segments/retention", write, &r, f, made, err);
  }
  free(r.users);
  free(r.counts);
  return failed;
}

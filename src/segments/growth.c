/* Growth accounting: each month's visitors are new, returning (seen the month before too) or resurrected (seen earlier,
 * but not the month before); dormant are those of the month before who did not come. What was before log_start counts
 * as the past: who came then is not new. Memory: 32 bytes a month and segment. */
#include <portrait/cells.h>
#include <stdlib.h>

#include "segments_priv.h"

enum kind { NEW, RETURNING, RESURRECTED, DORMANT, N_KINDS };

struct growth {
  const struct segments *s;
  uint32_t column;
  uint64_t *users; /* [segment][month][N_KINDS] */
};

static void count(struct growth *g, int64_t month, enum kind kind, const uint32_t *in, uint32_t n) {
  int64_t at = month - g->s->first_month;
  if (at < 0 || at >= g->s->n_months) return;
  for (uint32_t i = 0; i < n; i++) g->users[((size_t)in[i] * g->s->n_months + (size_t)at) * N_KINDS + kind]++;
}

static void add_row(void *ctx, uint32_t range, uint32_t row, const uint32_t *in, uint32_t n) {
  struct growth *g = ctx;
  struct pt_slice bytes = pt_rows_bytes(g->s->rows, range, g->column, row);
  int64_t day = 0, before = 0, end = 0; /* `end`: the first day behind the month at hand */
  for (bool first = true; bytes.n; first = false) {
    day = first ? pt_cell_take_signed(&bytes) : day + (int64_t)pt_cell_take(&bytes);
    if (!first && day < end) continue;
    int64_t month = pt_month_of(day);
    end = pt_month_start(month + 1);
    if (!first && month > before + 1) count(g, before + 1, DORMANT, in, n);
    count(g, month, first ? NEW : month == before + 1 ? RETURNING : RESURRECTED, in, n);
    before = month;
  }
  if (end) count(g, before + 1, DORMANT, in, n);
}

static int write(const void *table, struct pt_frame *f, struct pt_err *err) {
  const struct growth *g = table;
  static const struct table_column columns[] = {
      {"month", PT_FR_TEXT, "", "local month"},
      {"complete", PT_FR_I64, "", "1 where the month is over"},
      {"new", PT_FR_I64, "users", "first visit event ever in this month"},
      {"returning", PT_FR_I64, "users", "visit events in this month and in the one before"},
      {"resurrected", PT_FR_I64, "users", "visit events in this month and earlier, but not in the one before"},
      {"dormant", PT_FR_I64, "users", "visit events in the month before, but not in this one"}};
  PT_TRY(PT_TABLE_COLUMNS(f, columns, err));
  for (uint32_t seg = 0; seg < g->s->n_own; seg++)
    for (uint32_t m = 0; m < g->s->n_months; m++) {
      uint64_t row;
      PT_TRY(pt_segments_row(g->s, f, seg, &row, err));
      PT_TRY(pt_segments_month(f, row, 1, g->s->first_month + m, err));
      f->columns[2].v.i64[row] = pt_segments_month_over(g->s, g->s->first_month + m);
      for (uint32_t k = 0; k < N_KINDS; k++)
        f->columns[3 + k].v.i64[row] = (int64_t)g->users[((size_t)seg * g->s->n_months + m) * N_KINDS + k];
    }
  return 0;
}

int pt_segments_growth(struct pt_comm *c, const struct segments *s, struct pt_frame *f, bool *made,
                       struct pt_err *err) {
  int64_t column = pt_schema_find(s->schema, "_visit_days");
  if (column < 0) return 0;
  size_t n = (size_t)s->n_own * s->n_months * N_KINDS;
  struct growth g = {s, (uint32_t)column, calloc(n + 1, sizeof *g.users)};
  if (!g.users) (void)pt_segments_no_memory(err);
  int failed = pt_agree(c, err);
  if (!failed) {
    pt_segments_each(s, add_row, &g);
    pt_sum_u64(c, g.users, n);
    failed = pt_segments_finish(c, "segments/growth", write, &g, f, made, err);
  }
  free(g.users);
  return failed;
}

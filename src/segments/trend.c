/* Purchases by top category and month. The top categories with most purchases stand by name, as many as a tag may have
 * labels; the rest is `other`. Memory: 32 bytes a category, month and segment, and a text's count at its owner. */
#include <portrait/cells.h>
#include <portrait/decimal.h>
#include <portrait/vocab.h>
#include <stdlib.h>

#include "segments_priv.h"

#define TEXT_MAX 255

struct trend {
  const struct segments *s;
  uint32_t column;
  struct pt_vocab vocab;
  uint64_t *of_code;    /* purchases, by local code */
  uint64_t *counts;     /* [segment][category][month][2]: purchases, buyers */
  struct pt_exact *sum; /* [segment][category][month]: spend */
  uint32_t *seen;       /* [category][month]: the row, plus 1, that was last counted as a buyer there */
  uint32_t row;
};

struct cell {
  uint32_t code;
  int64_t month; /* of the log, from 0 */
  uint64_t purchases;
  int64_t spend;
};

/* The next cell inside the log; false at the end. */
static bool next(const struct segments *s, struct pt_slice *bytes, struct cell *out) {
  while (bytes->n) {
    out->code = (uint32_t)pt_cell_take(bytes);
    out->month = pt_cell_take_signed(bytes) - s->first_month;
    out->purchases = pt_cell_take(bytes);
    out->spend = pt_cell_take_signed(bytes);
    if (out->month >= 0 && out->month < s->n_months) return true;
  }
  return false;
}

static void count_code(void *ctx, uint32_t range, uint32_t row, const uint32_t *in, uint32_t n) {
  struct trend *t = ctx;
  (void)in;
  (void)n;
  struct pt_slice bytes = pt_rows_bytes(t->s->rows, range, t->column, row);
  struct cell cell;
  while (next(t->s, &bytes, &cell)) t->of_code[cell.code] += cell.purchases;
}

static void add_row(void *ctx, uint32_t range, uint32_t row, const uint32_t *in, uint32_t n) {
  struct trend *t = ctx;
  struct pt_slice bytes = pt_rows_bytes(t->s->rows, range, t->column, row);
  struct cell cell;
  t->row++;
  while (next(t->s, &bytes, &cell)) {
    uint32_t category = t->vocab.of[cell.code];
    size_t at = (size_t)category * t->s->n_months + (size_t)cell.month;
    bool buyer = t->seen[at] != t->row; /* several categories may be one `other` */
    t->seen[at] = t->row;
    for (uint32_t i = 0; i < n; i++) {
      size_t k = (size_t)in[i] * t->vocab.n * t->s->n_months + at;
      t->counts[2 * k] += cell.purchases;
      t->counts[2 * k + 1] += buyer;
      pt_exact_add_i64(&t->sum[k], cell.spend);
    }
  }
}

static const struct table_column columns[] = {
    {"category", PT_FR_TEXT, "", "top category: the first part of the path; the rest is other"},
    {"month", PT_FR_TEXT, "", "local month"},
    {"complete", PT_FR_I64, "", "1 where the month is over"},
    {"purchases", PT_FR_I64, "events", "purchase events"},
    {"buyers", PT_FR_I64, "users", "users with one"},
    {"spend", PT_FR_F64, "currency", "sum of their amounts"}};

static int write_cell(const struct trend *t, uint32_t segment, uint32_t category, uint32_t month, struct pt_frame *f,
                      struct pt_err *err) {
  size_t k = ((size_t)segment * t->vocab.n + category) * t->s->n_months + month;
  uint64_t row;
  if (t->counts[2 * k] == 0) return 0;
  PT_TRY(pt_segments_row(t->s, f, segment, &row, err));
  PT_TRY(pt_segments_text(f, row, 1, t->vocab.text[category], err));
  PT_TRY(pt_segments_month(f, row, 2, t->s->first_month + month, err));
  f->columns[3].v.i64[row] = pt_segments_month_over(t->s, t->s->first_month + month);
  f->columns[4].v.i64[row] = (int64_t)t->counts[2 * k];
  f->columns[5].v.i64[row] = (int64_t)t->counts[2 * k + 1];
  f->columns[6].v.f64[row] = pt_exact_value(&t->sum[k]) / PT_MONEY_SCALE;
  return 0;
}

static int write(const void *table, struct pt_frame *f, struct pt_err *err) {
  const struct trend *t = table;
  PT_TRY(PT_TABLE_COLUMNS(f, columns, err));
  for (uint32_t segment = 0; segment < t->s->n_own; segment++)
    for (uint32_t category = 0; category < t->vocab.n; category++)
      for (uint32_t m = 0; m < t->s->n_months; m++) PT_TRY(write_cell(t, segment, category, m, f, err));
  return 0;
}

/* Collective: the categories that stand by name. */
static int choose(struct pt_comm *c, struct trend *t, struct pt_err *err) {
  const struct pt_dict *d = t->s->schema->columns[t->column].labels.dict;
  t->of_code = calloc((size_t)pt_dict_count(d) + 1, sizeof *t->of_code);
  if (!t->of_code) (void)pt_segments_no_memory(err);
  PT_TRY(pt_agree(c, err));
  pt_segments_each(t->s, count_code, t);
  return pt_vocab_of(c, d, t->of_code, t->s->conf->max_labels, TEXT_MAX, &t->vocab, err);
}

/* Collective. */
static int gather(struct pt_comm *c, struct trend *t, struct pt_err *err) {
  size_t cells = (size_t)t->vocab.n * t->s->n_months, n = cells * t->s->n_own;
  t->counts = calloc(2 * n + 1, sizeof *t->counts);
  t->sum = calloc(n + 1, sizeof *t->sum);
  t->seen = calloc(cells + 1, sizeof *t->seen);
  if (!t->counts || !t->sum || !t->seen) (void)pt_segments_no_memory(err);
  PT_TRY(pt_agree(c, err));
  pt_segments_each(t->s, add_row, t);
  pt_sum_u64(c, t->counts, 2 * n);
  pt_sum_exact(c, t->sum, n);
  return 0;
}

int pt_segments_trend(struct pt_comm *c, const struct segments *s, struct pt_frame *f, bool *made, struct pt_err *err) {
  int64_t column = pt_schema_find(s->schema, "_top_months");
  if (column < 0) return 0;
  struct trend t = {.s = s, .column = (uint32_t)column};
  int failed = choose(c, &t, err);
  if (!failed) failed = gather(c, &t, err);
  if (!failed) failed = pt_segments_finish(c, "segments/trend", write, &t, f, made, err);
  pt_vocab_free(&t.vocab);
  free(t.of_code);
  free(t.counts);
  free(t.sum);
  free(t.seen);
  return failed;
}

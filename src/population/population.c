/* Sums first, all of them in one exact reduction; then those by code, a vocabulary at a time; then all medians in one
 * refinement of counts. Memory: 16 bytes for each entry of the largest vocabulary. */
#include <math.h>
#include <portrait/population.h>
#include <stdlib.h>
#include <string.h>

bool pt_population_value(struct pt_rows *rows, uint32_t range, uint32_t column, uint32_t row, uint32_t i, double *out) {
  const struct pt_column *c = &pt_rows_schema(rows)->columns[column];
  const uint8_t *mask = pt_rows_mask(rows, range, column);
  const void *v = pt_rows_values(rows, range, column);
  size_t at = (size_t)row * c->width + i;
  if (mask && mask[row]) return false;
  switch (c->type) {
    case PT_C_U8:
    case PT_C_BOOL:
      *out = ((const uint8_t *)v)[at];
      break;
    case PT_C_U16:
      *out = ((const uint16_t *)v)[at];
      break;
    case PT_C_U32:
      *out = ((const uint32_t *)v)[at];
      break;
    case PT_C_I32:
      *out = ((const int32_t *)v)[at];
      break;
    case PT_C_I64:
      *out = (double)((const int64_t *)v)[at];
      break;
    case PT_C_F32:
      *out = (double)((const float *)v)[at];
      break;
    case PT_C_F64:
      *out = ((const double *)v)[at];
      break;
    default:
      return false;
  }
  return !isnan(*out);
}

struct need {
  const struct pt_popneed *ask;
  uint32_t column, width;
};

static int resolve(struct pt_rows *rows, const struct pt_popneed *needs, uint32_t n, struct need *out,
                   struct pt_err *err) {
  const struct pt_schema *s = pt_rows_schema(rows);
  for (uint32_t i = 0; i < n; i++) {
    int64_t column = pt_schema_find(s, needs[i].column);
    if (column < 0) return pt_fail(err, "population", PT_INTERNAL, 0, "no column '%s'", needs[i].column);
    out[i] = (struct need){&needs[i], (uint32_t)column, s->columns[column].width};
  }
  return 0;
}

static void sum_range(struct pt_rows *rows, uint32_t range, const struct need *need, struct pt_exact *sums) {
  double v;
  for (uint32_t row = 0; row < pt_rows_in(rows, range); row++)
    for (uint32_t i = 0; i < need->width; i++)
      if (pt_population_value(rows, range, need->column, row, i, &v)) pt_exact_add(&sums[i], v);
}

static int sums(struct pt_comm *c, struct pt_rows *rows, const struct need *needs, uint32_t n, struct pt_err *err) {
  uint64_t total = 0, at = 0;
  for (uint32_t i = 0; i < n; i++) total += needs[i].ask->need == PT_NEED_SUM ? needs[i].width : 0;
  struct pt_exact *v = calloc(total + 1, sizeof *v);
  if (!v) pt_fail(err, "population", PT_MEMORY, 0, "out of memory");
  int failed = pt_agree(c, err);
  if (failed) {
    free(v);
    return failed;
  }
  for (uint32_t i = 0; i < n; i++) {
    if (needs[i].ask->need != PT_NEED_SUM) continue;
    for (uint32_t range = 0; range < pt_rows_ranges(rows); range++) sum_range(rows, range, &needs[i], &v[at]);
    at += needs[i].width;
  }
  pt_sum_exact(c, v, total);
  at = 0;
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t w = 0; needs[i].ask->need == PT_NEED_SUM && w < needs[i].width; w++)
      needs[i].ask->out[w] = pt_exact_value(&v[at++]);
  free(v);
  return 0;
}

static void sum_row(struct pt_slice cells, size_t size, struct pt_exact *sums) {
  for (size_t at = 0; at < cells.n; at += size) {
    uint32_t code;
    int64_t v;
    memcpy(&code, cells.p + at, sizeof code);
    memcpy(&v, cells.p + at + 8, sizeof v);
    pt_exact_add_i64(&sums[code], v);
  }
}

/* The sum of the first plane for each entry; one more cell behind them for the whole. */
static int codes(struct pt_comm *c, struct pt_rows *rows, const struct need *need, struct pt_err *err) {
  const struct pt_sparse *s = pt_rows_schema(rows)->columns[need->column].sparse;
  struct pt_codesums *out = need->ask->codes;
  out->vocabulary = pt_rows_vocabulary(rows, s->vocabulary);
  uint32_t n = out->vocabulary ? out->vocabulary->n : 0;
  struct pt_exact *v = calloc((size_t)n + 1, sizeof *v);
  out->sum = calloc((size_t)n + 1, sizeof *out->sum);
  if (!v || !out->sum) pt_fail(err, "population", PT_MEMORY, 0, "out of memory for %u sums", n);
  int failed = pt_agree(c, err);
  if (!failed) {
    for (uint32_t range = 0; range < pt_rows_ranges(rows); range++) {
      for (uint32_t row = 0; n && row < pt_rows_in(rows, range); row++)
        sum_row(pt_rows_bytes(rows, range, need->column, row), pt_cell_bytes(s), v);
      pt_rows_done(rows, range);
    }
    pt_sum_exact(c, v, n);
    for (uint32_t i = 0; i < n; i++) {
      out->sum[i] = pt_exact_value(&v[i]);
      pt_exact_join(&v[n], &v[i]);
    }
    out->all = pt_exact_value(&v[n]);
  }
  free(v);
  return failed;
}

struct scan {
  struct pt_rows *rows;
  const struct need *medians;
  uint32_t n;
};

static void scan_medians(void *ctx, pt_visit visit, void *sink) {
  const struct scan *s = ctx;
  double v;
  for (uint32_t m = 0; m < s->n; m++)
    for (uint32_t range = 0; range < pt_rows_ranges(s->rows); range++)
      for (uint32_t row = 0; row < pt_rows_in(s->rows, range); row++)
        if (pt_population_value(s->rows, range, s->medians[m].column, row, 0, &v)) visit(sink, m, pt_key_f64(v));
}

static void count_values(void *sink, uint32_t group, uint64_t key) {
  (void)key;
  ((uint64_t *)sink)[group]++;
}

static int medians(struct pt_comm *c, struct scan *s, struct pt_err *err) {
  if (s->n == 0) return 0;
  uint64_t *counts = calloc(s->n, sizeof *counts), *keys = calloc(2 * (size_t)s->n, sizeof *keys);
  struct pt_target *targets = calloc(2 * (size_t)s->n, sizeof *targets);
  if (!counts || !keys || !targets) pt_fail(err, "population", PT_MEMORY, 0, "out of memory");
  int failed = pt_agree(c, err);
  if (!failed) {
    scan_medians(s, count_values, counts);
    pt_sum_u64(c, counts, s->n);
    double part;
    for (uint32_t m = 0; m < s->n; m++) {
      pt_type7(counts[m], .5, &targets[2 * m].k, &part);
      targets[2 * m + 1].k = targets[2 * m].k + (part > 0);
      targets[2 * m].group = targets[2 * m + 1].group = m;
    }
    failed = pt_select(c, targets, 2 * s->n, s->n, scan_medians, s, keys, err);
  }
  for (uint32_t m = 0; m < s->n && !failed; m++) {
    double low = pt_f64_key(keys[2 * m]), high = pt_f64_key(keys[2 * m + 1]);
    *s->medians[m].ask->out = counts[m] ? low + .5 * (high - low) : NAN;
  }
  free(counts);
  free(keys);
  free(targets);
  return failed;
}

int pt_population_run(struct pt_comm *c, struct pt_rows *rows, const struct pt_popneed *needs, uint32_t n,
                      struct pt_err *err) {
  struct need *all = calloc((size_t)n + 1, sizeof *all), *middle = calloc((size_t)n + 1, sizeof *middle);
  if (!all || !middle)
    pt_fail(err, "population", PT_MEMORY, 0, "out of memory");
  else
    PT_LATER(resolve(rows, needs, n, all, err));
  int failed = pt_agree(c, err);
  if (!failed) failed = sums(c, rows, all, n, err);
  for (uint32_t i = 0; i < n && !failed; i++)
    if (all[i].ask->need == PT_NEED_CODES) failed = codes(c, rows, &all[i], err);
  if (!failed) {
    struct scan s = {rows, middle, 0};
    for (uint32_t i = 0; i < n; i++)
      if (all[i].ask->need == PT_NEED_MEDIAN) middle[s.n++] = all[i];
    failed = medians(c, &s, err);
  }
  free(all);
  free(middle);
  return failed;
}

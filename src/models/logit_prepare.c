/* Means and deviations of the columns in two passes over the rows, exactly. Absent values of a dense column stand for
 * the mean of those present, and so add nothing to its deviation. A sparse column's zeros are counted, not visited. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/logit_priv.h"
#include "models/sums.h"

#define FLAT 1e-9 /* a deviation below this part of the mean is none */

struct prepare {
  const struct pt_logit_data *d;
  struct pt_logit *m;
  uint32_t hold_out, n; /* n = columns */
  struct pt_exact *sums;
  uint64_t *seen; /* values of a column that are there (dense) or not 0 (sparse) */
  uint64_t counts[2];
};

static void first_row(struct prepare *p, const struct pt_logit_row *r) {
  const uint32_t nd = p->d->n_dense;
  p->counts[0]++;
  p->counts[1] += r->label;
  for (uint32_t j = 0; j < nd; j++) {
    if (isnan(r->dense[j])) continue;
    p->seen[j]++;
    pt_models_sum(&p->sums[j], pt_logit_value(p->d->log1p, j, r->dense[j]));
  }
  for (uint32_t k = 0; k < r->n_sparse; k++) {
    uint32_t j = 2 * nd + r->sparse[k].column;
    p->seen[j]++;
    pt_models_sum(&p->sums[j], (double)r->sparse[k].value);
  }
}

static void second_row(struct prepare *p, const struct pt_logit_row *r) {
  const uint32_t nd = p->d->n_dense;
  const double *mean = p->m->mean;
  for (uint32_t j = 0; j < nd; j++) {
    if (isnan(r->dense[j])) continue;
    double off = pt_logit_value(p->d->log1p, j, r->dense[j]) - mean[j];
    pt_models_sum(&p->sums[j], off * off);
  }
  for (uint32_t k = 0; k < r->n_sparse; k++) {
    uint32_t j = 2 * nd + r->sparse[k].column;
    double off = (double)r->sparse[k].value - mean[j];
    pt_models_sum(&p->sums[j], off * off);
  }
}

/* Local work, then one reduction; an error waits for the agreement. */
static int pass(struct prepare *p, struct pt_comm *c, void (*each)(struct prepare *, const struct pt_logit_row *),
                struct pt_err *err) {
  struct pt_logit_row row;
  memset(p->sums, 0, p->n * sizeof *p->sums);
  for (uint64_t i = 0; i < p->d->n_rows && !err->code; i++) {
    if (p->d->row(p->d->ctx, i, &row, err)) break;
    if (pt_logit_in(&row, p->hold_out)) each(p, &row);
  }
  pt_sum_exact(c, p->sums, p->n);
  return pt_agree(c, err);
}

static void take_means(struct prepare *p) {
  const uint32_t nd = p->d->n_dense;
  double rows = (double)p->counts[0];
  for (uint32_t j = 0; j < p->n; j++) {
    double over = j < nd ? (double)p->seen[j] : rows;
    p->m->mean[j] = over > 0 ? pt_exact_value(&p->sums[j]) / over : 0;
    if (j >= nd && j < 2 * nd) p->m->mean[j] = rows > 0 ? (rows - (double)p->seen[j - nd]) / rows : 0;
  }
}

static void take_scales(struct prepare *p, uint32_t leave_out) {
  const uint32_t nd = p->d->n_dense;
  double rows = (double)p->counts[0];
  for (uint32_t j = 0; j < p->n && rows > 0; j++) {
    double mean = p->m->mean[j], squares = pt_exact_value(&p->sums[j]);
    if (j >= nd && j < 2 * nd) squares = rows * mean * (1 - mean);
    if (j >= 2 * nd) squares += (rows - (double)p->seen[j]) * mean * mean;
    double deviation = sqrt(squares / rows);
    uint32_t column = j < nd ? j : j - nd; /* as the caller counts them; a 0/1 column belongs to its own */
    uint32_t block = p->d->block ? p->d->block[j >= nd && j < 2 * nd ? j - nd : column] : 0;
    bool used = block != leave_out && deviation > FLAT * fabs(mean);
    p->m->scale[j] = used ? 1 / deviation : 0;
  }
}

static int allocate(struct prepare *p, struct pt_logit *m, struct pt_err *err) {
  size_t n = (size_t)p->n + 1;
  m->weight = calloc(n, sizeof *m->weight);
  m->mean = calloc(n, sizeof *m->mean);
  m->scale = calloc(n, sizeof *m->scale);
  m->factor = calloc(n, sizeof *m->factor);
  p->sums = calloc(n, sizeof *p->sums);
  p->seen = calloc(n, sizeof *p->seen);
  if (m->weight && m->mean && m->scale && m->factor && p->sums && p->seen) return 0;
  return pt_fail(err, "models", PT_MEMORY, 0, "out of memory for a regression on %u columns", p->n);
}

int pt_logit_prepare(struct pt_comm *c, const struct pt_logit_data *d, uint32_t hold_out, uint32_t leave_out,
                     struct pt_logit *m, struct pt_err *err) {
  *m = (struct pt_logit){.n_dense = d->n_dense, .n_columns = 2 * d->n_dense + d->n_sparse, .log1p = d->log1p};
  struct prepare p = {.d = d, .m = m, .hold_out = hold_out, .n = m->n_columns};
  PT_LATER(allocate(&p, m, err));
  int failed = pt_agree(c, err);
  if (!failed) failed = pass(&p, c, first_row, err);
  if (!failed) {
    pt_sum_u64(c, p.seen, p.n);
    pt_sum_u64(c, p.counts, 2);
    m->rows = p.counts[0];
    m->positives = p.counts[1];
    take_means(&p);
    failed = pass(&p, c, second_row, err);
  }
  if (!failed) take_scales(&p, leave_out);
  free(p.sums);
  free(p.seen);
  return failed;
}

/* The fit: per evaluation one pass over the rows, whose terms are summed exactly, and one reduction as long as the
 * columns. Sparse columns are standardised without being filled: the mean's part of value and gradient is worked out
 * once per evaluation, so a row costs its cells. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/logit_priv.h"
#include "models/sums.h"

#define TOLERANCE  1e-8
#define ITERATIONS 2000

struct work {
  struct pt_comm *comm;
  const struct pt_logit_data *d;
  uint32_t hold_out;
  struct pt_logit *m;
  struct pt_exact *sums; /* by columns, then residuals, then losses */
};

/* The model's factors and offset from its weights. */
static void refresh(struct pt_logit *m, const double *w) {
  m->intercept = m->offset = w[m->n_columns];
  for (uint32_t j = 0; j < m->n_columns; j++) {
    m->weight[j] = w[j];
    m->factor[j] = w[j] * m->scale[j];
    if (j >= m->n_dense) m->offset -= m->factor[j] * m->mean[j];
  }
}

static double linear(const struct pt_logit *m, const struct pt_logit_row *r) {
  const uint32_t nd = m->n_dense;
  double sum = m->offset;
  for (uint32_t j = 0; j < nd; j++) {
    if (isnan(r->dense[j]))
      sum += m->factor[nd + j];
    else if (m->factor[j] != 0)
      sum += m->factor[j] * (pt_logit_value(m->log1p, j, r->dense[j]) - m->mean[j]);
  }
  for (uint32_t k = 0; k < r->n_sparse; k++)
    sum += m->factor[2 * nd + r->sparse[k].column] * (double)r->sparse[k].value;
  return sum;
}

static double logistic(double x) {
  double e = exp(-fabs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

double pt_models_logit_p(const struct pt_logit *m, const struct pt_logit_row *row) {
  return logistic(linear(m, row));
}

static void add_row(const struct work *w, const struct pt_logit_row *r) {
  const struct pt_logit *m = w->m;
  const uint32_t nd = m->n_dense;
  double x = linear(m, r), residual = logistic(x) - r->label;
  pt_models_sum(&w->sums[m->n_columns], residual);
  pt_models_sum(&w->sums[m->n_columns + 1], log1p(exp(-fabs(x))) + (r->label ? fmax(-x, 0) : fmax(x, 0)));
  for (uint32_t j = 0; j < nd; j++) {
    if (isnan(r->dense[j]))
      pt_models_sum(&w->sums[nd + j], residual);
    else if (m->scale[j] > 0)
      pt_models_sum(&w->sums[j], residual * (pt_logit_value(m->log1p, j, r->dense[j]) - m->mean[j]) * m->scale[j]);
  }
  for (uint32_t k = 0; k < r->n_sparse; k++)
    pt_models_sum(&w->sums[2 * nd + r->sparse[k].column], residual * (double)r->sparse[k].value);
}

/* Everything over the number of rows, so that the tolerance is the gradient's. */
static int evaluate(void *ctx, const double *x, double *value, double *gradient, struct pt_err *err) {
  struct work *w = ctx;
  struct pt_logit *m = w->m;
  const uint32_t n = m->n_columns;
  struct pt_logit_row row;
  refresh(m, x);
  memset(w->sums, 0, (n + 2) * sizeof *w->sums);
  for (uint64_t i = 0; i < w->d->n_rows && !err->code; i++) {
    if (w->d->row(w->d->ctx, i, &row, err)) break;
    if (pt_logit_in(&row, w->hold_out)) add_row(w, &row);
  }
  pt_sum_exact(w->comm, w->sums, n + 2);
  PT_TRY(pt_agree(w->comm, err));
  double rows = (double)m->rows, residuals = pt_exact_value(&w->sums[n]), squares = 0;
  for (uint32_t j = 0; j < n; j++) {
    double g = pt_exact_value(&w->sums[j]);
    if (j >= m->n_dense) g = (g - m->mean[j] * residuals) * m->scale[j];
    gradient[j] = (g + w->d->lambda * x[j]) / rows;
    squares += x[j] * x[j];
  }
  gradient[n] = residuals / rows;
  *value = (pt_exact_value(&w->sums[n + 1]) + .5 * w->d->lambda * squares) / rows;
  return 0;
}

static int fit(struct work *w, struct pt_err *err) {
  struct pt_logit *m = w->m;
  const uint32_t n = m->n_columns;
  double *x = calloc((size_t)n + 1, sizeof *x);
  w->sums = calloc((size_t)n + 2, sizeof *w->sums);
  if (!x || !w->sums) pt_fail(err, "models", PT_MEMORY, 0, "out of memory for a regression on %u columns", n);
  int failed = pt_agree(w->comm, err);
  if (!failed) {
    double yes = (double)m->positives, no = (double)(m->rows - m->positives);
    bool both = yes > 0 && no > 0;
    x[n] = both ? log(yes / no) : log((yes + .5) / (no + .5));
    if (both) failed = pt_models_minimise(w->comm, n + 1, x, TOLERANCE, ITERATIONS, evaluate, w, &m->fit, err);
    refresh(m, x);
  }
  free(x);
  free(w->sums);
  return failed;
}

int pt_models_logit_fit(struct pt_comm *c, const struct pt_logit_data *d, uint32_t hold_out, uint32_t leave_out,
                        struct pt_logit *out, struct pt_err *err) {
  struct work w = {.comm = c, .d = d, .hold_out = hold_out, .m = out};
  int failed = pt_logit_prepare(c, d, hold_out, leave_out, out, err);
  if (!failed) failed = fit(&w, err);
  if (failed) pt_models_logit_free(out);
  return failed;
}

void pt_models_logit_free(struct pt_logit *m) {
  free(m->weight);
  free(m->mean);
  free(m->scale);
  free(m->factor);
  *m = (struct pt_logit){0};
}

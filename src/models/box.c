/* The bounds are kept by a change of variables, log p = H sin(u / H), H = ln 1e3 (the bounds are symmetric): there are
 * points on the bounds themselves, so a likelihood that rises towards one is followed to it and converges. The Hessian
 * is the central difference of exact gradients: its error is of the order 1e-8 of its entries. */
#include "models/box.h"

#include <math.h>
#include <string.h>

#define HALF       6.907755278982137 /* ln 1e3 */
#define TOLERANCE  1e-9
#define ITERATIONS 500
#define AT_BOUND   1e-4 /* of a log-parameter to a bound */
#define HESSE_STEP 1e-4

struct inner {
  const struct pt_box *box;
};

static double log_of(double u) {
  return HALF * sin(u / HALF);
}

static int eval_u(void *ctx, const double *u, double *value, double *gradient, struct pt_err *err) {
  const struct pt_box *box = ((struct inner *)ctx)->box;
  double p[PT_BOX_MAX];
  for (uint32_t i = 0; i < box->n; i++) p[i] = exp(log_of(u[i]));
  PT_TRY(box->eval(box->ctx, p, value, gradient, err));
  for (uint32_t i = 0; i < box->n; i++) gradient[i] *= cos(u[i] / HALF);
  return 0;
}

/* Every rank walks the same points: they follow from parameters that rank 0 sent. */
static int hessian(const struct pt_box *box, const double *p, double h[PT_BOX_MAX][PT_BOX_MAX], struct pt_err *err) {
  double up[PT_BOX_MAX], down[PT_BOX_MAX], at[PT_BOX_MAX], value;
  for (uint32_t i = 0; i < box->n; i++) {
    memcpy(at, p, sizeof at);
    at[i] = p[i] * exp(HESSE_STEP);
    PT_TRY(box->eval(box->ctx, at, &value, up, err));
    at[i] = p[i] * exp(-HESSE_STEP);
    PT_TRY(box->eval(box->ctx, at, &value, down, err));
    for (uint32_t k = 0; k < box->n; k++) h[i][k] = (up[k] - down[k]) / (2 * HESSE_STEP) * (double)box->users;
  }
  for (uint32_t i = 0; i < box->n; i++)
    for (uint32_t k = 0; k < i; k++) h[i][k] = h[k][i] = .5 * (h[i][k] + h[k][i]);
  return 0;
}

/* Cholesky, in place below the diagonal; false where the matrix is not positive definite. */
static bool cholesky(double h[PT_BOX_MAX][PT_BOX_MAX], uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t k = 0; k <= i; k++) {
      double s = h[i][k];
      for (uint32_t j = 0; j < k; j++) s -= h[i][j] * h[k][j];
      if (i == k && !(s > 0)) return false;
      h[i][k] = i == k ? sqrt(s) : s / h[k][k];
    }
  return true;
}

/* Square roots of the diagonal of the inverse; by the parameters (delta rule), not their logarithms. */
static void standard_errors(double h[PT_BOX_MAX][PT_BOX_MAX], uint32_t n, const double *p, double *se) {
  bool positive = cholesky(h, n);
  for (uint32_t i = 0; i < n; i++) {
    double column[PT_BOX_MAX], sum = 0;
    for (uint32_t k = i; k < n && positive; k++) { /* column i of the inverse of the factor */
      double s = k == i;
      for (uint32_t j = i; j < k; j++) s -= h[k][j] * column[j];
      column[k] = s / h[k][k];
      sum += column[k] * column[k];
    }
    se[i] = positive ? p[i] * sqrt(sum) : NAN;
  }
}

static int one_start(struct pt_comm *c, const struct pt_box *box, const double *start, struct pt_box_fit *best,
                     bool first, struct pt_err *err) {
  struct inner inner = {box};
  struct pt_models_minimum m;
  double u[PT_BOX_MAX];
  for (uint32_t i = 0; i < box->n; i++) u[i] = HALF * asin(fmax(-.99, fmin(.99, log(start[i]) / HALF)));
  PT_TRY(pt_models_minimise(c, box->n, u, TOLERANCE, ITERATIONS, eval_u, &inner, &m, err));
  best->evaluations += m.evaluations;
  if (!first && !(m.value < best->value)) return 0;
  for (uint32_t i = 0; i < box->n; i++) best->p[i] = exp(log_of(u[i]));
  best->value = m.value;
  best->gradient = m.gradient;
  best->converged = m.converged;
  return 0;
}

int pt_models_box(struct pt_comm *c, const struct pt_box *box, struct pt_box_fit *out, struct pt_err *err) {
  double h[PT_BOX_MAX][PT_BOX_MAX] = {{0}};
  *out = (struct pt_box_fit){0};
  for (uint32_t i = 0; i < box->n_starts; i++) PT_TRY(one_start(c, box, box->starts[i], out, i == 0, err));
  pt_bcast(c, out, sizeof *out, 0); /* exp() of the same point may differ in its last bit between machines */
  for (uint32_t i = 0; i < box->n; i++) out->at_bound |= HALF - fabs(log(out->p[i])) < AT_BOUND;
  PT_TRY(hessian(box, out->p, h, err));
  standard_errors(h, box->n, out->p, out->se);
  pt_bcast(c, out, sizeof *out, 0);
  return 0;
}

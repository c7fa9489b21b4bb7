/* L-BFGS on rank 0. The other ranks wait for a point, evaluate, and wait again, so a rank whose last bits differ can
 * never leave the loop alone.
 *
 * Near the minimum the value changes by less than its own last bit while the gradient is still well known; there the
 * line search is given the change of the value by the trapezoid of the gradients instead, which is exact to third
 * order. Without it gradients below 1e-8 are a matter of luck. */
#include <lbfgs.h>
#include <math.h>
#include <portrait/models_fit.h>
#include <string.h>

#define MAX_RESTARTS 3
#define NEAR         1e-9 /* relative change of the value below which the trapezoid is the better one */

enum { STOP, EVALUATE };

struct drive {
  struct pt_comm *comm;
  uint32_t n;
  pt_models_eval eval;
  void *ctx;
  struct pt_err *err;
  double tolerance;
  struct pt_models_minimum *out;
  double *x0, *g0, f0; /* the last accepted point */
};

static double largest(const double *g, uint32_t n) {
  double most = 0;
  for (uint32_t i = 0; i < n; i++) most = fmax(most, fabs(g[i]));
  return most;
}

/* Rank 0's part of one evaluation. */
static int evaluate(struct drive *d, const double *x, double *value, double *gradient) {
  uint64_t order = EVALUATE;
  if (d->err->code) return d->err->code;
  pt_bcast(d->comm, &order, sizeof order, 0);
  pt_bcast(d->comm, (void *)x, d->n * sizeof *x, 0);
  d->out->evaluations++;
  return d->eval(d->ctx, x, value, gradient, d->err);
}

static lbfgsfloatval_t on_evaluate(void *instance, const lbfgsfloatval_t *x, lbfgsfloatval_t *g, const int n,
                                   const lbfgsfloatval_t step) {
  (void)step;
  struct drive *d = instance;
  double value = HUGE_VAL, change = 0;
  memset(g, 0, (size_t)n * sizeof *g); /* liblbfgs may have rounded n up */
  if (evaluate(d, x, &value, g)) return HUGE_VAL;
  if (!(fabs(value - d->f0) <= NEAR * fabs(d->f0))) return value;
  for (uint32_t i = 0; i < d->n; i++) change += .5 * (g[i] + d->g0[i]) * (x[i] - d->x0[i]);
  return d->f0 + change;
}

/* A point is accepted; not 0 ends the search. */
static int on_progress(void *instance, const lbfgsfloatval_t *x, const lbfgsfloatval_t *g, const lbfgsfloatval_t fx,
                       const lbfgsfloatval_t xnorm, const lbfgsfloatval_t gnorm, const lbfgsfloatval_t step, int n,
                       int k, int ls) {
  (void)xnorm, (void)gnorm, (void)step, (void)n, (void)k, (void)ls;
  struct drive *d = instance;
  memcpy(d->x0, x, d->n * sizeof *x);
  memcpy(d->g0, g, d->n * sizeof *g);
  d->f0 = fx;
  d->out->iterations++;
  d->out->gradient = largest(g, d->n);
  return d->err->code || d->out->gradient < d->tolerance;
}

/* The start's own gradient decides whether there is anything to do; then runs, the next with an empty memory where the
 * line search gave up. */
static void drive(struct drive *d, double *x, uint32_t max_iterations) {
  lbfgs_parameter_t p;
  lbfgs_parameter_init(&p);
  p.m = 10;
  p.epsilon = 0;
  p.max_linesearch = 40;
  struct pt_models_minimum *out = d->out;
  double value;
  if (evaluate(d, x, &value, d->g0)) return;
  d->f0 = value;
  memcpy(d->x0, x, d->n * sizeof *x);
  out->gradient = largest(d->g0, d->n);
  for (int i = 0; i <= MAX_RESTARTS && !d->err->code; i++) {
    double before = out->gradient;
    uint32_t done = out->iterations;
    if (before < d->tolerance || out->iterations >= max_iterations) break;
    p.max_iterations = (int)(max_iterations - out->iterations);
    (void)lbfgs((int)d->n, x, &value, on_evaluate, on_progress, d, &p);
    memcpy(x, d->x0, d->n * sizeof *x); /* where a line search failed x is its last trial */
    if (out->iterations == done || out->gradient >= before) break;
  }
  if (!d->err->code) PT_LATER(evaluate(d, x, &value, d->g0));
  out->value = d->err->code ? NAN : value;
  out->gradient = largest(d->g0, d->n);
}

/* Ranks but the first. */
static void follow(struct drive *d, double *x) {
  double value;
  for (;;) {
    uint64_t order;
    pt_bcast(d->comm, &order, sizeof order, 0);
    if (order == STOP) return;
    pt_bcast(d->comm, x, d->n * sizeof *x, 0);
    PT_LATER(d->eval(d->ctx, x, &value, d->g0, d->err));
  }
}

int pt_models_minimise(struct pt_comm *c, uint32_t n, double *x, double tolerance, uint32_t max_iterations,
                       pt_models_eval eval, void *ctx, struct pt_models_minimum *out, struct pt_err *err) {
  struct drive d = {.comm = c, .n = n, .eval = eval, .ctx = ctx, .err = err, .tolerance = tolerance, .out = out};
  *out = (struct pt_models_minimum){0};
  double *work = lbfgs_malloc((int)(n + 16)); /* aligned, its size rounded up, as liblbfgs wants it */
  d.x0 = lbfgs_malloc((int)(n + 16));
  d.g0 = lbfgs_malloc((int)(n + 16));
  if (!work || !d.x0 || !d.g0) pt_fail(err, "models", PT_MEMORY, 0, "out of memory for a fit of %u parameters", n);
  int failed = pt_agree(c, err);
  if (!failed) {
    memset(work, 0, (n + 16) * sizeof *work);
    memcpy(work, x, n * sizeof *x);
    if (pt_comm_rank(c) == 0) {
      drive(&d, work, max_iterations);
      uint64_t order = STOP;
      pt_bcast(c, &order, sizeof order, 0);
      out->converged = !err->code && out->gradient < tolerance;
    } else {
      follow(&d, work);
    }
    failed = err->code; /* agreed where it happened */
  }
  if (!failed) {
    memcpy(x, work, n * sizeof *x);
    pt_bcast(c, x, n * sizeof *x, 0);
    pt_bcast(c, out, sizeof *out, 0);
  }
  if (work) lbfgs_free(work);
  if (d.x0) lbfgs_free(d.x0);
  if (d.g0) lbfgs_free(d.g0);
  return failed;
}

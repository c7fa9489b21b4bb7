/* Gamma-Gamma by maximum likelihood. A user with x repeat purchases of mean value m has
 *
 *   log L = lgamma(px+q) - lgamma(px) - lgamma(q) + q log v + (px-1) log m + px log x - (px+q) log(xm + v),
 *
 * where what depends on x alone is tabulated once per evaluation. Users are visited, not kept: memory is 48 bytes a
 * purchase of the largest x. */
#include <math.h>
#include <portrait/models_clv.h>
#include <stdlib.h>

#include "models/box.h"
#include "models/special.h"
#include "models/sums.h"

#define N_TERMS 4 /* log-likelihood and its three derivatives */

struct by_x {
  bool used;
  double value, p, q; /* terms of the log-likelihood and of its derivatives by p and q */
};

struct work {
  struct pt_comm *comm;
  pt_spend_scan scan;
  void *ctx;
  double scale;   /* 1 / money's unit, a power of two */
  uint64_t users; /* over all ranks */
  struct by_x *xs;
  uint32_t n_x;
  const double *at; /* p, q, v */
  struct pt_exact sums[N_TERMS];
};

static void tabulate(struct work *w) {
  const double p = w->at[0], q = w->at[1], v = w->at[2];
  const double lq = pt_models_lgamma(q), dq = pt_models_digamma(q);
  for (uint32_t i = 1; i < w->n_x; i++) {
    struct by_x *t = &w->xs[i];
    if (!t->used) continue;
    double x = i, both = pt_models_digamma(p * x + q);
    t->value = pt_models_lgamma(p * x + q) - pt_models_lgamma(p * x) - lq + q * log(v) + p * x * log(x);
    t->p = x * (both - pt_models_digamma(p * x) + log(x));
    t->q = both - dq + log(v);
  }
}

static void add_user(void *sink, uint32_t x, double mean) {
  struct work *w = sink;
  const struct by_x *t = &w->xs[x];
  const double p = w->at[0], q = w->at[1], v = w->at[2], m = mean * w->scale;
  double log_m = log(m), all = x * m + v, log_all = log(all), n = p * x + q;
  pt_models_sum(&w->sums[0], t->value + (p * x - 1) * log_m - n * log_all);
  pt_models_sum(&w->sums[1], p * (t->p + x * (log_m - log_all)));
  pt_models_sum(&w->sums[2], q * (t->q - log_all));
  pt_models_sum(&w->sums[3], q - n * v / all);
}

static int evaluate(void *ctx, const double *p, double *value, double *gradient, struct pt_err *err) {
  struct work *w = ctx;
  (void)err;
  w->at = p;
  for (int k = 0; k < N_TERMS; k++) w->sums[k] = (struct pt_exact){0, 0};
  tabulate(w);
  w->scan(w->ctx, add_user, w);
  pt_sum_exact(w->comm, w->sums, N_TERMS);
  *value = -pt_exact_value(&w->sums[0]) / (double)w->users;
  for (int k = 1; k < N_TERMS; k++) gradient[k - 1] = -pt_exact_value(&w->sums[k]) / (double)w->users;
  return 0;
}

/* -- before the fit: how many, how much, and whether often goes with much -- */
struct survey {
  uint64_t users;
  uint32_t n_x;
  double mean_x, mean_m;      /* for the second pass */
  struct pt_exact m, x;       /* sums */
  struct pt_exact xx, xm, mm; /* sums of products of deviations */
  struct by_x *xs;
};

static void survey_first(void *sink, uint32_t x, double mean) {
  struct survey *s = sink;
  s->users++;
  if (x >= s->n_x) s->n_x = x + 1;
  pt_exact_add_i64(&s->x, x);
  pt_exact_add(&s->m, mean);
}

static void survey_second(void *sink, uint32_t x, double mean) {
  struct survey *s = sink;
  double dx = x - s->mean_x, dm = mean / s->mean_m - 1;
  s->xs[x].used = true;
  pt_exact_add(&s->xx, dx * dx);
  pt_exact_add(&s->xm, dx * dm);
  pt_exact_add(&s->mm, dm * dm);
}

static int survey(struct work *w, struct pt_spend_fit *out, struct pt_err *err) {
  struct survey s = {0};
  w->scan(w->ctx, survey_first, &s);
  w->n_x = s.n_x;
  w->xs = s.xs = calloc((size_t)w->n_x + 1, sizeof *w->xs);
  if (!w->xs) pt_fail(err, "models", PT_MEMORY, 0, "out of memory for a fit of %u purchases", w->n_x);
  PT_TRY(pt_agree(w->comm, err));
  struct pt_exact sums[2] = {s.m, s.x};
  pt_sum_exact(w->comm, sums, 2);
  pt_sum_u64(w->comm, &s.users, 1);
  out->users = w->users = s.users;
  if (s.users == 0) return 0;
  s.mean_m = pt_exact_value(&sums[0]) / (double)s.users;
  s.mean_x = pt_exact_value(&sums[1]) / (double)s.users;
  w->scan(w->ctx, survey_second, &s);
  struct pt_exact products[3] = {s.xx, s.xm, s.mm};
  pt_sum_exact(w->comm, products, 3);
  double xx = pt_exact_value(&products[0]), mm = pt_exact_value(&products[2]);
  if (xx > 0 && mm > 0) out->correlation = pt_exact_value(&products[1]) / sqrt(xx * mm);
  w->scale = ldexp(1, -(int)lrint(log2(s.mean_m)) + 4); /* a mean near 16 */
  return 0;
}

static const double starts[][PT_BOX_MAX] = {{1, 2, 16}, {6, 4, 16}, {2, 20, 100}};
#define N_STARTS ((uint32_t)(sizeof starts / sizeof *starts))

static void take(struct pt_spend_fit *out, const struct pt_box_fit *b, double scale) {
  out->p = b->p[0], out->q = b->p[1], out->v = b->p[2] / scale;
  out->boundary = b->at_bound;
  for (int i = 0; i < 3; i++) out->se[i] = out->boundary ? NAN : b->se[i];
  out->se[2] /= scale;
  out->log_likelihood = (double)out->users * (log(scale) - b->value); /* a density by money's own unit */
  out->starts = N_STARTS;
  out->evaluations = b->evaluations;
  out->gradient = b->gradient;
  out->converged = b->converged;
}

int pt_models_spend_fit(struct pt_comm *c, pt_spend_scan scan, void *ctx, struct pt_spend_fit *out,
                        struct pt_err *err) {
  struct work w = {.comm = c, .scan = scan, .ctx = ctx, .scale = 1};
  struct pt_box_fit best;
  *out = (struct pt_spend_fit){.p = NAN, .q = NAN, .v = NAN, .se = {NAN, NAN, NAN}, .correlation = NAN};
  out->log_likelihood = out->gradient = NAN;
  int failed = survey(&w, out, err);
  if (!failed && w.users) {
    struct pt_box box = {3, N_STARTS, starts, evaluate, &w, w.users};
    failed = pt_models_box(c, &box, &best, err);
    if (!failed) take(out, &best, w.scale);
  }
  free(w.xs);
  return failed;
}

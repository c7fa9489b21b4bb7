/* BG/NBD and MBG/NBD by maximum likelihood. With k = 0 (BG) or 1 (MBG) a user's likelihood is
 *
 *   G(r+x)/G(r) alpha^r  B-ratio(k)  { (alpha+T)^-(r+x)  +  [x > 0 or k] a/(b+x-1+k) (alpha+t_x)^-(r+x) },
 *   B-ratio(k) = G(a+b) G(b+x+k) / (G(b) G(a+b+x+k)),
 *
 * so what depends on x alone and on a day alone is tabulated once per evaluation, and a cell costs one exp and one
 * log1p. Memory: the two tables. */
#include <math.h>
#include <portrait/models_clv.h>
#include <stdlib.h>

#include "models/box.h"
#include "models/special.h"
#include "models/sums.h"

#define MIN_DROPOUT 1e-3
#define N_TERMS     5 /* log-likelihood and its four derivatives */

struct by_x {
  bool used;
  double value, r, a, b; /* terms of the log-likelihood and of its derivatives by r, a, b */
  double odds;           /* log(a / (b+x-1+k)), -inf where nobody can have left */
};
struct by_day {
  double log, inverse; /* of alpha + t */
};

struct work {
  struct pt_comm *comm;
  const struct pt_clv_counts *counts;
  uint32_t k;
  double unit;
  uint64_t users; /* over all ranks */
  struct by_x *xs;
  struct by_day *days;
  uint32_t n_x, n_days;
};

static void tabulate(struct work *w, const double *p) {
  const double r = p[0], alpha = p[1], a = p[2], b = p[3], k = w->k;
  const double lr = pt_models_lgamma(r), lb = pt_models_lgamma(b), lab = pt_models_lgamma(a + b);
  const double dr = pt_models_digamma(r), db = pt_models_digamma(b), dab = pt_models_digamma(a + b);
  for (uint32_t i = 0; i < w->n_x; i++) {
    struct by_x *t = &w->xs[i];
    if (!t->used) continue;
    double x = i, left = pt_models_digamma(a + b + x + k);
    t->value = pt_models_lgamma(r + x) - lr + r * log(alpha) + lab - lb +
               (pt_models_lgamma(b + x + k) - pt_models_lgamma(a + b + x + k));
    t->r = pt_models_digamma(r + x) - dr + log(alpha);
    t->a = dab - left;
    t->b = dab - left + pt_models_digamma(b + x + k) - db;
    t->odds = i == 0 && w->k == 0 ? -HUGE_VAL : log(a / (b + x - 1 + k));
  }
  for (uint32_t d = 0; d < w->n_days; d++) {
    double t = alpha + d / w->unit;
    w->days[d] = (struct by_day){log(t), 1 / t};
  }
}

/* Log-likelihood of one user of the cell, and its derivatives by log r, log alpha, log a, log b. */
static void cell_terms(const struct work *w, const double *p, const struct pt_clv_cell *c, double out[N_TERMS]) {
  const struct by_x *t = &w->xs[c->x];
  const struct by_day *last = &w->days[c->tx], *end = &w->days[c->T];
  double n = p[0] + c->x;
  double alive = -n * end->log, gone = t->odds - n * last->log;
  double more = gone - alive; /* log odds of having left */
  double e = exp(-fabs(more)), q = more > 0 ? 1 / (1 + e) : e / (1 + e);
  out[0] = t->value + fmax(alive, gone) + log1p(e);
  out[1] = p[0] * (t->r - (1 - q) * end->log - q * last->log);
  out[2] = p[0] - p[1] * n * ((1 - q) * end->inverse + q * last->inverse);
  out[3] = p[2] * t->a + q;
  out[4] = p[3] * (t->b - (q > 0 ? q / (p[3] + c->x - 1 + w->k) : 0));
}

static int evaluate(void *ctx, const double *p, double *value, double *gradient, struct pt_err *err) {
  struct work *w = ctx;
  struct pt_exact sums[N_TERMS] = {{0, 0}};
  double terms[N_TERMS];
  (void)err;
  tabulate(w, p);
  for (size_t i = 0; i < w->counts->n; i++) {
    cell_terms(w, p, &w->counts->v[i], terms);
    for (int k = 0; k < N_TERMS; k++) pt_models_sum_times(&sums[k], terms[k], w->counts->v[i].users);
  }
  pt_sum_exact(w->comm, sums, N_TERMS);
  *value = -pt_exact_value(&sums[0]) / (double)w->users;
  for (int k = 1; k < N_TERMS; k++) gradient[k - 1] = -pt_exact_value(&sums[k]) / (double)w->users;
  return 0;
}

static int open_work(struct work *w, struct pt_comm *c, const struct pt_clv_counts *counts, enum pt_clv_model model,
                     double unit, struct pt_err *err) {
  *w = (struct work){.comm = c, .counts = counts, .k = model == PT_MBGNBD, .unit = unit};
  for (size_t i = 0; i < counts->n; i++) {
    const struct pt_clv_cell *v = &counts->v[i];
    w->users += v->users;
    if (v->x >= w->n_x) w->n_x = v->x + 1;
    if (v->T >= w->n_days) w->n_days = v->T + 1;
  }
  w->xs = calloc((size_t)w->n_x + 1, sizeof *w->xs);
  w->days = calloc((size_t)w->n_days + 1, sizeof *w->days);
  if (!w->xs || !w->days) pt_fail(err, "models", PT_MEMORY, 0, "out of memory for a fit over %u days", w->n_days);
  PT_TRY(pt_agree(c, err));
  for (size_t i = 0; i < counts->n; i++) w->xs[counts->v[i].x].used = true;
  pt_sum_u64(c, &w->users, 1);
  return 0;
}

static void close_work(struct work *w) {
  free(w->xs);
  free(w->days);
}

/* From the smallest heterogeneity to the largest, with little and much dropout; published fits lie between. */
static const double starts[][PT_BOX_MAX] = {{1, 10, 1, 1}, {.3, 4, .8, 2.5}, {2, 30, .1, 5}};
#define N_STARTS ((uint32_t)(sizeof starts / sizeof *starts))

static void take(struct pt_clv_fit *out, const struct pt_box_fit *b) {
  out->p.r = b->p[0], out->p.alpha = b->p[1], out->p.a = b->p[2], out->p.b = b->p[3];
  out->boundary = b->at_bound || out->p.a / (out->p.a + out->p.b) < MIN_DROPOUT;
  for (int i = 0; i < 4; i++) out->se[i] = out->boundary ? NAN : b->se[i];
  out->log_likelihood = -b->value * (double)out->users;
  out->starts = N_STARTS;
  out->evaluations = b->evaluations;
  out->gradient = b->gradient;
  out->converged = b->converged;
}

int pt_models_clv_fit(struct pt_comm *c, const struct pt_clv_counts *counts, enum pt_clv_model model, double unit,
                      struct pt_clv_fit *out, struct pt_err *err) {
  struct work w;
  struct pt_box_fit best;
  *out = (struct pt_clv_fit){.p = {model, unit, NAN, NAN, NAN, NAN}, .se = {NAN, NAN, NAN, NAN}};
  out->log_likelihood = out->gradient = NAN;
  int failed = open_work(&w, c, counts, model, unit, err);
  out->users = w.users;
  if (!failed && w.users) {
    struct pt_box box = {4, N_STARTS, starts, evaluate, &w, w.users};
    failed = pt_models_box(c, &box, &best, err);
    if (!failed) take(out, &best);
  }
  close_work(&w);
  return failed;
}

int pt_models_clv_likelihood(struct pt_comm *c, const struct pt_clv_counts *counts, const struct pt_clv_params *p,
                             double *out, struct pt_err *err) {
  struct work w;
  double gradient[4], at[4] = {p->r, p->alpha, p->a, p->b};
  int failed = open_work(&w, c, counts, p->model, p->unit, err);
  if (!failed) failed = evaluate(&w, at, out, gradient, err);
  if (!failed) *out *= -(double)w.users;
  close_work(&w);
  return failed;
}

/* BG/NBD, MBG/NBD and Gamma-Gamma: published values, known truth, limits, the same bits for any split over ranks. */
#include "models_real.h"

static struct pt_comm *comm;

enum split { ROUND_ROBIN, LAST_RANK };

static bool mine(size_t i, enum split split) {
  int size = pt_comm_size(comm), rank = pt_comm_rank(comm);
  return split == LAST_RANK ? rank == size - 1 : (int)(i % (size_t)size) == rank;
}

static void count(struct pt_clv_counts *c, const struct buyers *l, enum split split) {
  struct pt_err err = {0};
  for (size_t i = 0; i < l->n; i++)
    if (mine(i, split)) assert_int_equal(pt_models_clv_add(c, l->v[i].x, l->v[i].tx, l->v[i].T, 1, &err), 0);
}

static struct pt_clv_fit fit(const struct buyers *l, enum pt_clv_model model, double unit, enum split split) {
  struct pt_clv_counts c = {0};
  struct pt_clv_fit f;
  struct pt_err err = {0};
  count(&c, l, split);
  assert_int_equal(pt_models_clv_fit(comm, &c, model, unit, &f, &err), 0);
  pt_models_clv_free(&c);
  return f;
}

struct spenders {
  const struct buyers *l;
  enum split split;
};

static void visit_spenders(void *ctx, pt_spend_visit visit, void *sink) {
  const struct spenders *s = ctx;
  for (size_t i = 0; i < s->l->n; i++)
    if (mine(i, s->split) && s->l->v[i].x && s->l->v[i].mean > 0) visit(sink, s->l->v[i].x, s->l->v[i].mean);
}

static struct pt_spend_fit fit_spend(const struct buyers *l, enum split split) {
  struct spenders s = {l, split};
  struct pt_spend_fit f;
  struct pt_err err = {0};
  assert_int_equal(pt_models_spend_fit(comm, visit_spenders, &s, &f, &err), 0);
  return f;
}

static void near(double got, double want, double tolerance) {
  if (!(fabs(got - want) <= tolerance)) print_error("%.9g, expected %.9g +- %g\n", got, want, tolerance);
  assert_true(fabs(got - want) <= tolerance);
}

static double expected(const struct pt_clv_params *p, const struct buyer *u, double days) {
  return pt_models_p_alive(p, u->x, u->tx, u->T) * pt_models_purchases_alive(p, u->x, u->T, days);
}

static const struct buyer *buyer(const struct buyers *l, int id) {
  for (size_t i = 0; i < l->n; i++)
    if (l->v[i].id == id) return &l->v[i];
  fail();
  return NULL;
}

static void published_bgnbd(void **unused) {
  (void)unused;
  struct buyers l = real_cdnow();
  assert_int_equal(l.n, 2357);
  struct pt_clv_fit f = fit(&l, PT_BGNBD, 7, ROUND_ROBIN);
  assert_true(f.converged && !f.boundary && f.users == 2357);
  near(f.p.r, .2425945, 5e-5);
  near(f.p.alpha, 4.4136019, 5e-5);
  near(f.p.a, .7929199, 5e-5);
  near(f.p.b, 2.4258881, 1e-4);
  near(f.log_likelihood, -9582.429, 5e-4);
  near(f.se[0], .012557, 1e-5); /* Quickstart of lifetimes: numerical derivatives */
  near(f.se[1], .378221, 1e-4);
  near(f.se[2], .185719, 1e-3);
  near(f.se[3], .705345, 1e-3);
  near(expected(&f.p, buyer(&l, 1), 39 * 7), 1.226, 5e-4);
  near(expected(&f.p, buyer(&l, 1516), 52 * 7), 25.757, 5e-3);
  near(pt_models_p_alive(&f.p, 26, buyer(&l, 1516)->tx, 217), .9688523, 5e-5);
  static const int top[] = {1516, 157, 1981, 841, 509};
  static const double week[] = {.710623, .662396, .486526, .474738, .424877};
  for (int i = 0; i < 5; i++) near(expected(&f.p, buyer(&l, top[i]), 7), week[i], 1e-4);
  size_t over = 0; /* nobody is above the fifth */
  for (size_t i = 0; i < l.n; i++) over += expected(&f.p, &l.v[i], 7) >= week[4] - 1e-4;
  assert_int_equal(over, 5);
  static const double t[] = {.1429, 1, 3, 31.8571, 32, 52, 78},
                      e[] = {.0078, .0532, .1506, 1.0405, 1.0437, 1.444, 1.8576};
  for (int i = 0; i < 7; i++) near(pt_models_purchases_new(&f.p, 7 * t[i]), e[i], i < 6 ? 6e-5 : 5e-4);
  static const double by_x[] = {.2250893, .5231364, 1.044126, 1.520256, 2.163824, 2.653789, 3.503957, 6.157036};
  double sum[8] = {0}, users[8] = {0}; /* mean forecast of the next 39 weeks, by purchases so far */
  for (size_t i = 0; i < l.n; i++) {
    unsigned bin = l.v[i].x < 7 ? l.v[i].x : 7;
    sum[bin] += expected(&f.p, &l.v[i], 39 * 7);
    users[bin]++;
  }
  for (int i = 0; i < 8; i++) near(sum[i] / users[i], by_x[i], 5e-4 * by_x[i]);
  free(l.v);
}

static void published_mbgnbd(void **unused) {
  (void)unused;
  struct buyers l = real_cdnow();
  struct pt_clv_fit f = fit(&l, PT_MBGNBD, 7, ROUND_ROBIN);
  assert_true(f.converged && !f.boundary);
  near(f.p.r, .525, 5e-4);
  near(f.p.alpha, 6.183, 5e-4);
  near(f.p.a, .891, 5e-4);
  near(f.p.b, 1.614, 5e-4);
  for (size_t i = 0; i < l.n; i++) { /* one-time buyers may be gone too */
    double alive = pt_models_p_alive(&f.p, l.v[i].x, l.v[i].tx, l.v[i].T);
    assert_true(alive > 0 && alive < 1);
  }
  free(l.v);
}

static void published_value(void **unused) {
  (void)unused;
  struct buyers l = real_cdnow_rounded();
  struct pt_clv_fit f = fit(&l, PT_BGNBD, 7, ROUND_ROBIN);
  struct pt_spend_fit s = fit_spend(&l, ROUND_ROBIN);
  assert_true(s.converged && !s.boundary && s.users == 946);
  near(s.p, 6.25, 5e-3);
  near(s.q, 3.74, 5e-3);
  near(s.v, 15.44, 1e-2);
  near(s.log_likelihood, -4055.92, 5e-3);
  near(s.correlation, .113884, 5e-5);
  static const double value[] = {24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17};
  static const double clv[] = {36.290, 4.643, 8.356, 8.356, 8.356, 283.59, 6.885, 8.356, 43.371, 8.356};
  const struct pt_clv_params clv_p = {PT_BGNBD, 7, .2425945, 4.4136019, .7929199, 2.4258881};
  const struct pt_spend_fit clv_s = {.p = 6.25, .q = 3.74, .v = 15.44}; /* the parameters that clv[] was told with */
  for (int id = 1; id <= 10; id++) {
    const struct buyer *u = buyer(&l, id);
    double each = pt_models_spend_expected(&s, u->x, u->mean), told = pt_models_spend_expected(&clv_s, u->x, u->mean);
    near(each, value[id - 1], .1);
    near(pt_models_clv_12m(&f.p, u->x, u->tx, u->T, each, 1, .01), clv[id - 1], 2e-3 * clv[id - 1]);
    near(pt_models_clv_12m(&clv_p, u->x, u->tx, u->T, told, 1, .01), clv[id - 1], 6e-4);
  }
  free(l.v);
}

static void no_dropout_is_a_boundary(void **unused) {
  (void)unused;
  struct buyers l = real_online_retail();
  assert_in_range(l.n, 4330, 4340);
  for (int model = PT_MBGNBD; model <= PT_BGNBD; model++) {
    struct pt_clv_fit f = fit(&l, (enum pt_clv_model)model, 7, ROUND_ROBIN);
    assert_true(f.converged && f.boundary);
    assert_true(f.p.a / (f.p.a + f.p.b) < 1e-3);
    for (int i = 0; i < 4; i++) assert_true(isnan(f.se[i]));
    for (size_t i = 0; i < l.n; i++) {
      double year = expected(&f.p, &l.v[i], 365), alive = pt_models_p_alive(&f.p, l.v[i].x, l.v[i].tx, l.v[i].T);
      assert_true(alive > 0 && alive <= 1 && year >= 0);
      assert_true(year < 1 + 2 * (l.v[i].x + 1) * 365. / (l.v[i].T + 30)); /* nobody doubles his rate */
    }
  }
  free(l.v);
}

/* -- known truth -- */
static uint64_t random_state = 88172645463325252U;

static double uniform(void) {
  random_state ^= random_state << 13, random_state ^= random_state >> 7, random_state ^= random_state << 17;
  return ((double)(random_state >> 11) + .5) * 0x1p-53;
}

static double normal(void) {
  return sqrt(-2 * log(uniform())) * cos(2 * acos(-1) * uniform());
}

/* Marsaglia & Tsang 2000. */
static double gamma_draw(double shape) {
  if (shape < 1) return gamma_draw(shape + 1) * pow(uniform(), 1 / shape);
  double d = shape - 1. / 3, c = 1 / sqrt(9 * d);
  for (;;) {
    double z = normal(), v = (1 + c * z) * (1 + c * z) * (1 + c * z);
    if (v > 0 && log(uniform()) < .5 * z * z + d - d * v + d * log(v)) return d * v;
  }
}

/* One user of the model, days; MBG users may leave at their first purchase already. */
static struct buyer draw(const struct pt_clv_params *p, const struct pt_spend_fit *s) {
  struct buyer u = {.T = (uint32_t)(200 + 500 * uniform()), .mean = NAN};
  double rate = gamma_draw(p->r) / p->alpha / p->unit, ga = gamma_draw(p->a), leave = ga / (ga + gamma_draw(p->b));
  double t = 0;
  bool alive = p->model == PT_BGNBD || uniform() >= leave;
  while (alive) {
    t -= log(uniform()) / rate;
    if (!(t < u.T)) break;
    u.x++;
    u.tx = (uint32_t)(t + .5);
    alive = uniform() >= leave;
  }
  if (u.x) u.mean = gamma_draw(s->p * u.x) / u.x * s->v / gamma_draw(s->q);
  return u;
}

static struct buyers draw_all(const struct pt_clv_params *p, const struct pt_spend_fit *s, size_t n) {
  struct buyers l = {malloc(n * sizeof *l.v), n, n};
  assert_non_null(l.v);
  random_state = 88172645463325252U;
  for (size_t i = 0; i < n; i++) l.v[i] = draw(p, s);
  return l;
}

static void within(double got, double se, double truth) {
  if (!(fabs(got - truth) <= 3 * se)) print_error("%g +- %g, drawn from %g\n", got, se, truth);
  assert_true(se > 0 && se < truth && fabs(got - truth) <= 3 * se);
}

static void known_truth(void **unused) {
  (void)unused;
  const struct pt_spend_fit s = {.p = 5, .q = 4, .v = 3e6}; /* yen */
  for (int model = PT_MBGNBD; model <= PT_BGNBD; model++) {
    const struct pt_clv_params p = {(enum pt_clv_model)model, 7, .8, 9, .7, 2.5};
    struct buyers l = draw_all(&p, &s, 10000);
    struct pt_clv_fit f = fit(&l, p.model, 7, ROUND_ROBIN);
    struct pt_spend_fit m = fit_spend(&l, ROUND_ROBIN);
    assert_true(f.converged && !f.boundary && m.converged && !m.boundary);
    within(f.p.r, f.se[0], p.r);
    within(f.p.alpha, f.se[1], p.alpha);
    within(f.p.a, f.se[2], p.a);
    within(f.p.b, f.se[3], p.b);
    within(m.p, m.se[0], s.p);
    within(m.q, m.se[1], s.q);
    within(m.v, m.se[2], s.v);
    free(l.v);
  }
}

/* All on one rank, or spread over all: nothing differs. Every rank knows the same. */
static void same_bits(void **unused) {
  (void)unused;
  const struct pt_spend_fit s = {.p = 5, .q = 4, .v = 12};
  const struct pt_clv_params p = {PT_MBGNBD, 7, .8, 9, .7, 2.5};
  struct buyers l = draw_all(&p, &s, 3000);
  struct pt_clv_fit one = fit(&l, PT_MBGNBD, 7, LAST_RANK), all = fit(&l, PT_MBGNBD, 7, ROUND_ROBIN), first = one;
  assert_memory_equal(&one.p.r, &all.p.r, 4 * sizeof one.p.r);
  assert_memory_equal(one.se, all.se, sizeof one.se);
  assert_true(one.log_likelihood == all.log_likelihood && one.evaluations == all.evaluations);
  pt_bcast(comm, &first, sizeof first, 0);
  assert_memory_equal(&first.p.r, &one.p.r, 4 * sizeof one.p.r);
  struct pt_spend_fit m1 = fit_spend(&l, LAST_RANK), m2 = fit_spend(&l, ROUND_ROBIN);
  assert_true(m1.p == m2.p && m1.q == m2.q && m1.v == m2.v && m1.correlation == m2.correlation);
  assert_true(m1.se[2] == m2.se[2] && m1.log_likelihood == m2.log_likelihood);
  struct pt_clv_counts c = {0};
  struct pt_err err = {0};
  double told;
  count(&c, &l, ROUND_ROBIN);
  assert_int_equal(pt_models_clv_likelihood(comm, &c, &one.p, &told, &err), 0);
  near(told, one.log_likelihood, 1e-8 * fabs(told));
  pt_models_clv_free(&c);
  free(l.v);
}

static void nobody(void **unused) {
  (void)unused;
  struct buyers l = {0};
  struct pt_clv_fit f = fit(&l, PT_MBGNBD, 7, ROUND_ROBIN);
  assert_true(f.users == 0 && isnan(f.p.r) && isnan(f.log_likelihood) && !f.converged);
  struct pt_spend_fit s = fit_spend(&l, ROUND_ROBIN);
  assert_true(s.users == 0 && isnan(s.p) && isnan(s.correlation));
  struct pt_clv_counts c = {0};
  struct pt_err err = {0};
  assert_int_equal(pt_models_clv_add(&c, 1, 5, 4, 1, &err), PT_INTERNAL);
  pt_models_clv_free(&c);
}

int main(int argc, char **argv) {
  struct pt_err err = {0};
  if (pt_comm_open(&comm, &argc, &argv, &err)) return err.code;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(published_bgnbd), cmocka_unit_test(published_mbgnbd),
      cmocka_unit_test(published_value), cmocka_unit_test(no_dropout_is_a_boundary),
      cmocka_unit_test(known_truth),     cmocka_unit_test(same_bits),
      cmocka_unit_test(nobody),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  pt_comm_close(comm);
  return failed != 0;
}

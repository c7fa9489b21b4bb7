/* Logistic regression against Newton's method on the filled matrix, and what its quality is measured by against its
 * definitions; the same bits for any split over ranks. */
#include <math.h>
#include <models/sums.h>
#include <portrait/models_logit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct pt_comm *comm;

enum { N = 600, DENSE = 3, SPARSE = 4, COLUMNS = 2 * DENSE + SPARSE };
enum split { ROUND_ROBIN, LAST_RANK };

static uint64_t random_state;

static double uniform(void) {
  random_state ^= random_state << 13, random_state ^= random_state >> 7, random_state ^= random_state << 17;
  return ((double)(random_state >> 11) + .5) * 0x1p-53;
}

struct user {
  uint8_t label;
  double dense[DENSE];
  struct pt_logit_cell sparse[SPARSE];
  uint32_t n_sparse, fold;
};

struct world {
  struct user all[N];
  struct user *mine[N];
  struct pt_logit_data d;
  uint64_t fail_at; /* this row of this rank cannot be had */
};

static const bool logs[DENSE] = {true, false, false};
static const uint16_t blocks[DENSE + SPARSE] = {0, 0, 1, 2, 2, 2, 2};

static int row(void *ctx, uint64_t i, struct pt_logit_row *out, struct pt_err *err) {
  const struct world *w = ctx;
  if (i == w->fail_at) return pt_fail(err, "test", PT_IO, 0, "no row");
  const struct user *u = w->mine[i];
  *out = (struct pt_logit_row){u->label, u->fold, u->dense, u->sparse, u->n_sparse};
  return 0;
}

/* Counts that matter, a number with holes, noise, and four rare words of which one matters. */
static void make(struct world *w, enum split split) {
  int size = pt_comm_size(comm), rank = pt_comm_rank(comm);
  memset(w, 0, sizeof *w);
  random_state = 88172645463325252U;
  w->fail_at = UINT64_MAX;
  w->d = (struct pt_logit_data){DENSE, SPARSE, 3, logs, blocks, 1, 0, row, w};
  for (int i = 0; i < N; i++) {
    struct user *u = &w->all[i];
    u->dense[0] = floor(20 * uniform() * uniform());
    u->dense[1] = uniform() < .3 ? NAN : 1000 * uniform();
    u->dense[2] = uniform();
    for (uint32_t k = 0; k < SPARSE; k++)
      if (uniform() < .1) u->sparse[u->n_sparse++] = (struct pt_logit_cell){k, (float)(1 + floor(3 * uniform()))};
    double x = -1 + .8 * log1p(u->dense[0]) + (isnan(u->dense[1]) ? .5 : -.001 * u->dense[1]);
    for (uint32_t k = 0; k < u->n_sparse; k++) x += u->sparse[k].column == 1 ? u->sparse[k].value : 0;
    u->label = uniform() < 1 / (1 + exp(-x));
    if (i % 50 == 7) u->label = 2; /* unknown */
    u->fold = (uint32_t)i % PT_LOGIT_FOLDS;
    if (split == LAST_RANK ? rank == size - 1 : i % size == rank) w->mine[w->d.n_rows++] = u;
  }
}

static struct pt_logit fit(struct world *w, uint32_t hold_out, uint32_t leave_out) {
  struct pt_logit m;
  struct pt_err err = {0};
  assert_int_equal(pt_models_logit_fit(comm, &w->d, hold_out, leave_out, &m, &err), 0);
  return m;
}

static void near(double got, double want, double tolerance) {
  if (!(fabs(got - want) <= tolerance)) print_error("%.15g, expected %.15g +- %g\n", got, want, tolerance);
  assert_true(fabs(got - want) <= tolerance);
}

/* -- the same by other means: fill, standardise, Newton -- */
static int filled(const struct world *w, double x[N][COLUMNS], uint8_t *label) {
  int n = 0;
  for (int i = 0; i < N; i++) {
    const struct user *u = &w->all[i];
    if (u->label > 1) continue;
    memset(x[n], 0, sizeof x[n]);
    x[n][0] = log1p(u->dense[0]), x[n][1] = u->dense[1], x[n][2] = u->dense[2];
    x[n][4] = isnan(u->dense[1]);
    for (uint32_t k = 0; k < u->n_sparse; k++) x[n][6 + u->sparse[k].column] = u->sparse[k].value;
    label[n++] = u->label;
  }
  for (int j = 0; j < COLUMNS; j++) {
    double sum = 0, squares = 0, there = 0;
    for (int i = 0; i < n; i++)
      if (!isnan(x[i][j])) sum += x[i][j], there++;
    for (int i = 0; i < n; i++) {
      x[i][j] = isnan(x[i][j]) ? 0 : x[i][j] - sum / there;
      squares += x[i][j] * x[i][j];
    }
    for (int i = 0; i < n; i++) x[i][j] = squares > 0 ? x[i][j] / sqrt(squares / n) : 0;
  }
  return n;
}

static void solve(double a[COLUMNS + 1][COLUMNS + 2], double *x) {
  enum { M = COLUMNS + 1 };
  for (int i = 0; i < M; i++)
    for (int k = 0; k < M; k++) {
      if (k == i) continue;
      double f = a[k][i] / a[i][i];
      for (int j = i; j <= M; j++) a[k][j] -= f * a[i][j];
    }
  for (int i = 0; i < M; i++) x[i] = a[i][M] / a[i][i];
}

static void newton(double x[N][COLUMNS], const uint8_t *label, int n, double beta[COLUMNS + 1]) {
  memset(beta, 0, (COLUMNS + 1) * sizeof *beta);
  for (int step = 0; step < 30; step++) {
    double a[COLUMNS + 1][COLUMNS + 2] = {{0}}, by[COLUMNS + 1];
    for (int i = 0; i < n; i++) {
      double eta = beta[COLUMNS], row_[COLUMNS + 1];
      for (int j = 0; j < COLUMNS; j++) eta += beta[j] * x[i][j];
      double p = 1 / (1 + exp(-eta));
      for (int j = 0; j <= COLUMNS; j++) row_[j] = j < COLUMNS ? x[i][j] : 1;
      for (int j = 0; j <= COLUMNS; j++) {
        for (int k = 0; k <= COLUMNS; k++) a[j][k] += p * (1 - p) * row_[j] * row_[k];
        a[j][COLUMNS + 1] -= (p - label[i]) * row_[j];
      }
    }
    for (int j = 0; j < COLUMNS; j++) {
      a[j][j] += 1;
      a[j][COLUMNS + 1] -= beta[j];
    }
    solve(a, by);
    for (int j = 0; j <= COLUMNS; j++) beta[j] += by[j];
  }
}

static void is_the_minimum(void **unused) {
  (void)unused;
  static struct world w;
  static double x[N][COLUMNS];
  static uint8_t label[N];
  double beta[COLUMNS + 1];
  make(&w, ROUND_ROBIN);
  struct pt_logit m = fit(&w, PT_LOGIT_NONE, PT_LOGIT_NONE);
  int n = filled(&w, x, label);
  newton(x, label, n, beta);
  assert_int_equal(m.rows, n);
  assert_true(m.fit.converged && m.fit.gradient < 1e-8);
  near(m.intercept, beta[COLUMNS], 1e-6);
  for (int j = 0; j < COLUMNS; j++) near(m.weight[j], beta[j], 1e-6);
  assert_true(m.weight[0] > .3 && m.weight[3] == 0 && m.weight[5] == 0); /* without holes no 0/1 column */
  for (int i = 0, at = 0; i < N; i++) {
    if (w.all[i].label > 1) continue;
    const struct user *u = &w.all[i];
    const struct pt_logit_row r = {u->label, u->fold, u->dense, u->sparse, u->n_sparse};
    double eta = beta[COLUMNS];
    for (int j = 0; j < COLUMNS; j++) eta += beta[j] * x[at][j];
    near(pt_models_logit_p(&m, &r), 1 / (1 + exp(-eta)), 1e-6);
    at++;
  }
  pt_models_logit_free(&m);
}

static void same_bits(void **unused) {
  (void)unused;
  static struct world w1, w2;
  make(&w1, LAST_RANK);
  make(&w2, ROUND_ROBIN);
  struct pt_logit m1 = fit(&w1, 2, 1), m2 = fit(&w2, 2, 1);
  assert_true(m1.rows == m2.rows && m1.positives == m2.positives && m1.fit.evaluations == m2.fit.evaluations);
  assert_memory_equal(m1.weight, m2.weight, COLUMNS * sizeof *m1.weight);
  assert_true(m1.intercept == m2.intercept && m1.offset == m2.offset);
  assert_true(m1.weight[2] == 0 && m1.weight[0] != 0); /* block 1 is left out */
  pt_models_logit_free(&m1);
  pt_models_logit_free(&m2);
}

/* What a fold is predicted with has not seen it. */
static void cross_validation(void **unused) {
  (void)unused;
  static struct world w;
  static double p[N];
  struct pt_logit_quality q;
  struct pt_err err = {0};
  make(&w, ROUND_ROBIN);
  assert_int_equal(pt_models_logit_quality(comm, &w.d, p, &q, &err), 0);
  struct pt_logit m = fit(&w, 3, PT_LOGIT_NONE);
  for (uint64_t i = 0; i < w.d.n_rows; i++) {
    const struct user *u = w.mine[i];
    const struct pt_logit_row r = {u->label, u->fold, u->dense, u->sparse, u->n_sparse};
    if (u->label > 1)
      assert_true(isnan(p[i]));
    else if (u->fold == 3)
      assert_true(p[i] == pt_models_logit_p(&m, &r));
  }
  pt_models_logit_free(&m);
  assert_int_equal(q.score.n, N - N / 50);
  assert_true(q.score.auc > .7 && q.score.auc < .95);
  assert_true(q.auc_without[0] < q.score.auc - .05 && q.auc_without[2] < q.score.auc); /* what matters */
  assert_true(fabs(q.auc_without[1] - q.score.auc) < .01);                             /* noise */
  assert_true(q.score.log_loss < log(2) && q.score.brier < .25 && q.score.accuracy > .5);
  free(q.auc_without);
}

static void one_label(void **unused) {
  (void)unused;
  static struct world w;
  make(&w, ROUND_ROBIN);
  for (int i = 0; i < N; i++) w.all[i].label = 1;
  struct pt_logit m = fit(&w, PT_LOGIT_NONE, PT_LOGIT_NONE);
  const struct pt_logit_row r = {1, 0, w.all[0].dense, NULL, 0};
  near(pt_models_logit_p(&m, &r), (N + .5) / (N + 1), 1e-12);
  assert_false(m.fit.converged);
  pt_models_logit_free(&m);
  for (int i = 0; i < N; i++) w.all[i].label = 2;
  m = fit(&w, PT_LOGIT_NONE, PT_LOGIT_NONE);
  assert_true(m.rows == 0 && pt_models_logit_p(&m, &r) == .5);
  pt_models_logit_free(&m);
}

/* One rank cannot read a row: all leave with its error. */
static void failing_row(void **unused) {
  (void)unused;
  static struct world w;
  struct pt_logit m;
  struct pt_err err = {0};
  make(&w, ROUND_ROBIN);
  if (pt_comm_rank(comm) == pt_comm_size(comm) - 1) w.fail_at = 5;
  assert_int_equal(pt_models_logit_fit(comm, &w.d, PT_LOGIT_NONE, PT_LOGIT_NONE, &m, &err), PT_IO);
  assert_non_null(strstr(err.text, "no row"));
}

/* -- quality -- */
static double auc_of(const double *score, const uint8_t *label, enum split split) {
  static double s[N];
  static uint8_t l[N];
  int size = pt_comm_size(comm), rank = pt_comm_rank(comm);
  uint64_t n = 0;
  double auc = -1;
  struct pt_err err = {0};
  for (int i = 0; i < N; i++)
    if (split == LAST_RANK ? rank == size - 1 : i % size == rank) s[n] = score[i], l[n++] = label[i];
  assert_int_equal(pt_models_auc(comm, s, l, n, &auc, &err), 0);
  return auc;
}

static double auc_by_pairs(const double *score, const uint8_t *label) {
  double won = 0, pairs = 0;
  for (int i = 0; i < N; i++)
    for (int k = 0; k < N; k++)
      if (label[i] == 1 && label[k] == 0 && !isnan(score[i]) && !isnan(score[k])) {
        pairs++;
        won += score[i] > score[k] ? 1 : score[i] == score[k] ? .5 : 0;
      }
  return won / pairs;
}

static void area_under_the_curve(void **unused) {
  (void)unused;
  static double score[N];
  static uint8_t label[N];
  random_state = 88172645463325252U;
  for (int levels = 1; levels <= 100000; levels *= 10) { /* from all equal to hardly any */
    for (int i = 0; i < N; i++) {
      label[i] = uniform() < .3;
      score[i] = floor(levels * uniform()) - label[i] * .2 * levels - levels / 2;
      if (i % 40 == 1) score[i] = NAN;
      if (i % 40 == 2) label[i] = 7;
      if (i % 40 == 3) score[i] = -0.;
    }
    double want = auc_by_pairs(score, label);
    near(auc_of(score, label, ROUND_ROBIN), want, 1e-15);
    assert_true(auc_of(score, label, LAST_RANK) == auc_of(score, label, ROUND_ROBIN));
  }
  memset(label, 1, sizeof label);
  assert_true(isnan(auc_of(score, label, ROUND_ROBIN)));
}

static void measures(void **unused) {
  (void)unused;
  static const double p[] = {.95, .85, .65, .55, .05, 1, .3, NAN, .2};
  static const uint8_t label[] = {1, 1, 0, 1, 0, 1, 1, 1, 9};
  struct pt_score s;
  struct pt_err err = {0};
  assert_int_equal(pt_models_score(comm, p, label, pt_comm_rank(comm) == 0 ? 9 : 0, &s, &err), 0);
  assert_true(s.n == 7 && s.positives == 5);
  near(s.log_loss, -(log(.95) + log(.85) + log(.35) + log(.55) + log(.95) + log(.3)) / 7, 1e-11);
  near(s.brier, (.0025 + .0225 + .4225 + .2025 + .0025 + 0 + .49) / 7, 1e-12);
  near(s.accuracy, 5. / 7, 1e-15);
  near(s.auc, 8. / 10, 1e-15);
  assert_true(s.bins[9].n == 2 && s.bins[0].n == 1 && s.bins[1].n == 0 && isnan(s.bins[1].rate));
  near(s.bins[9].mean, .975, 1e-12);
  near(s.bins[6].rate, 0, 0);
  near(s.covers[0].coverage, 6. / 7, 1e-15); /* all but .55 */
  near(s.covers[0].accuracy, 4. / 6, 1e-15);
  near(s.covers[3].coverage, 3. / 7, 1e-15);
  near(s.covers[3].accuracy, 1, 0);
}

static void fast_sums(void **unused) {
  (void)unused;
  struct pt_exact a = {0, 0}, b = {0, 0};
  random_state = 88172645463325252U;
  for (int i = 0; i < 100000; i++) {
    double v = ldexp(uniform() - .5, (int)(uniform() * 100) - 50);
    if (i % 7 == 0) v = ldexp(rint(v * 8) + .5, -40 - i % 2); /* halves, and quarters */
    pt_exact_add(&a, v);
    pt_models_sum(&b, v);
    pt_exact_add_times(&a, v, (uint64_t)i);
    pt_models_sum_times(&b, v, (uint64_t)i);
    assert_true(a.lo == b.lo && a.hi == b.hi);
  }
}

int main(int argc, char **argv) {
  struct pt_err err = {0};
  if (pt_comm_open(&comm, &argc, &argv, &err)) return err.code;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(is_the_minimum), cmocka_unit_test(same_bits),   cmocka_unit_test(cross_validation),
      cmocka_unit_test(one_label),      cmocka_unit_test(failing_row), cmocka_unit_test(area_under_the_curve),
      cmocka_unit_test(measures),       cmocka_unit_test(fast_sums),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  pt_comm_close(comm);
  return failed != 0;
}

/* Ranks of values spread over ranks: known ones, and random ones against counting all pairs; little memory gives the
 * same bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
/* cmocka needs the above first */
#include <cmocka.h>
#include <math.h>
#include <portrait/ranks.h>
#include <string.h>

static struct pt_comm *comm;

struct values {
  const double *v; /* all of them; rank r has r, r + size, ... */
  uint64_t n;
  double *out;
};

static void scan(void *ctx, pt_rank_visit visit, void *sink) {
  const struct values *s = ctx;
  for (uint64_t i = (uint64_t)pt_comm_rank(comm); i < s->n; i += (uint64_t)pt_comm_size(comm))
    if (!isnan(s->v[i])) visit(sink, s->v[i], &s->out[i]);
}

static void run(const double *v, uint64_t n, uint64_t bytes, double *out) {
  struct values s = {v, n, out};
  struct pt_err err = {0};
  for (uint64_t i = 0; i < n; i++) out[i] = NAN;
  assert_int_equal(pt_ranks(comm, scan, &s, bytes, &err), 0);
}

static bool here(uint64_t i) {
  return i % (uint64_t)pt_comm_size(comm) == (uint64_t)pt_comm_rank(comm);
}

static void test_known(void **state) {
  (void)state;
  const double v[] = {5, 1, 5, NAN, -2, 0, -0.0, 5};
  const double want[] = {5.5 / 7, 3.5 / 7, 5.5 / 7, NAN, .5 / 7, 2. / 7, 2. / 7, 5.5 / 7};
  double out[8];
  run(v, 8, UINT64_C(1) << 30, out);
  for (uint64_t i = 0; i < 8; i++) {
    if (!here(i)) continue;
    if (isnan(want[i]))
      assert_true(isnan(out[i]));
    else
      assert_true(out[i] == want[i]);
  }
}

static void test_nothing(void **state) {
  (void)state;
  const double v[] = {NAN, NAN};
  double out[2];
  run(v, 2, 0, out);
  run(v, 0, 0, out);
  const double one[] = {7};
  run(one, 1, 0, out);
  if (here(0)) assert_true(out[0] == .5);
}

#define N 50000

static uint64_t next(uint64_t *s) {
  *s = *s * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *s >> 33;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The rank by two binary searches in the sorted values. */
static double naive(const double *sorted, uint64_t n, double x) {
  uint64_t less = 0, upto = 0;
  for (uint64_t step = UINT64_C(1) << 32; step; step /= 2) {
    if (less + step <= n && sorted[less + step - 1] < x) less += step;
    if (upto + step <= n && sorted[upto + step - 1] <= x) upto += step;
  }
  return ((double)less + .5 * (double)(upto - less)) / (double)n;
}

static void check_random(uint64_t seed, int kind) {
  double *v = malloc(N * sizeof *v), *sorted = malloc(N * sizeof *v), *much = malloc(N * sizeof *v),
         *little = malloc(N * sizeof *v);
  uint64_t known = 0;
  for (uint64_t i = 0; i < N; i++) {
    uint64_t x = next(&seed);
    if (kind == 0)
      v[i] = (double)x / 3 - 1e8; /* nearly all different */
    else if (kind == 1)
      v[i] = x % 10 ? 0 : (double)(x % 1000); /* nine tenths are 0 */
    else
      v[i] = x % 4 ? (double)(x % 7) : NAN; /* hardly different, some unknown */
    if (!isnan(v[i])) sorted[known++] = v[i];
  }
  qsort(sorted, known, sizeof *sorted, compare);
  run(v, N, UINT64_C(1) << 30, much);
  run(v, N, 0, little);
  for (uint64_t i = 0; i < N; i++) {
    if (!here(i)) continue;
    assert_memory_equal(&much[i], &little[i], sizeof *much);
    if (isnan(v[i]))
      assert_true(isnan(much[i]));
    else
      assert_true(much[i] == naive(sorted, known, v[i]));
  }
  free(v);
  free(sorted);
  free(much);
  free(little);
}

static void test_random(void **state) {
  (void)state;
  for (int kind = 0; kind < 3; kind++) check_random((uint64_t)kind + 1, kind);
}

int main(int argc, char **argv) {
  struct pt_err err = {0};
  if (pt_comm_open(&comm, &argc, &argv, &err)) return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_known),
      cmocka_unit_test(test_nothing),
      cmocka_unit_test(test_random),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  pt_comm_close(comm);
  return failed;
}

/* The stage over rows: forecasts are those of the fitted parameters, absent where there is nothing to forecast, the
 * same for any split over ranks; where most histories are truncated only late users are fitted on. */
#include <math.h>
#include <portrait/models.h>
#include <portrait/models_clv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct pt_comm *comm;

enum { N = 2000 };
enum split { ROUND_ROBIN, LAST_RANK };
enum { X, TX, AGE, M, SEEN, ALIVE, BUYS, CHURN, EXPECTED, VALUE, CLV, TRUNCATED };

static const struct {
  const char *name;
  enum pt_ctype type;
} columns[] = {
    {"_clv_x", PT_C_I32},
    {"_clv_tx", PT_C_I32},
    {"_clv_T", PT_C_I32},
    {"_clv_m", PT_C_F64},
    {"_clv_seen", PT_C_I32},
    {"p_alive", PT_C_F32},
    {"p_purchase_90d", PT_C_F32},
    {"churn_probability_90d", PT_C_F32},
    {"expected_purchases_7d", PT_C_F32},
    {"expected_purchase_value", PT_C_F64},
    {"clv_12m", PT_C_F64},
    {"_clv_truncated", PT_C_U8},
};

struct world {
  struct pt_schema schema;
  struct pt_rows *rows;
  struct pt_mem mem;
  struct pt_frame frames[PT_MODELS_FRAMES];
  uint32_t made, n;
};

/* Histories that look like some: user i of N, the same wherever he lives. */
static void one_user(struct world *w, uint32_t row, uint32_t i, bool truncated) {
  int32_t x = i % 7 == 0 ? -1 : (int32_t)(i * 7919 % 97 * (i % 5) / 40), age = (int32_t)(30 + i * 104729 % 300);
  int32_t tx = x > 0 ? (int32_t)(1 + i * 31 % (uint32_t)age) : 0;
  int32_t ints[] = {x, tx, x < 0 ? 0 : age};
  for (uint32_t c = X; c <= AGE; c++) ((int32_t *)pt_rows_values(w->rows, 0, c))[row] = ints[c];
  ((double *)pt_rows_values(w->rows, 0, M))[row] = x > 0 ? i % 50 == 1 ? 0 : 5 + i * 13 % 90 : NAN;
  ((int32_t *)pt_rows_values(w->rows, 0, SEEN))[row] = 20000 - ints[AGE];
  for (uint32_t c = ALIVE; c <= EXPECTED; c++) ((float *)pt_rows_values(w->rows, 0, c))[row] = NAN;
  for (uint32_t c = VALUE; c <= CLV; c++) ((double *)pt_rows_values(w->rows, 0, c))[row] = NAN;
  ((uint8_t *)pt_rows_values(w->rows, 0, TRUNCATED))[row] = truncated && i % 10 < 8;
}

static bool mine(uint32_t i, enum split split) {
  int size = pt_comm_size(comm), rank = pt_comm_rank(comm);
  return split == LAST_RANK ? rank == size - 1 : (int)i % size == rank;
}

static void open_world(struct world *w, enum split split, bool truncated, int64_t late_day) {
  struct pt_err err = {0};
  *w = (struct world){.n = 0};
  for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
    struct pt_column col = {.type = columns[c].type, .width = 1, .family = "clv", .level = "fact", .kind = "dynamic"};
    snprintf(col.name, sizeof col.name, "%s", columns[c].name);
    if (col.name[0] == '_') col.where = PT_HIDDEN;
    uint32_t at;
    assert_int_equal(pt_schema_add(&w->schema, &col, &at, &err), 0);
  }
  assert_int_equal(pt_rows_open(&w->rows, &w->schema, &w->mem, NULL, &err), 0);
  for (uint32_t i = 0; i < N; i++) w->n += mine(i, split);
  struct pt_h128 *hashes = calloc(w->n + 1, sizeof *hashes);
  struct pt_slice *ids = calloc(w->n + 1, sizeof *ids);
  uint32_t range;
  if (w->n) assert_int_equal(pt_rows_add(w->rows, w->n, hashes, ids, &range, &err), 0);
  free(hashes);
  free(ids);
  for (uint32_t i = 0, row = 0; i < N; i++)
    if (mine(i, split)) one_user(w, row++, i, truncated);
  const struct pt_models_conf conf = {.unit = 7, .discount = .01, .margin = .5, .late_day = late_day};
  assert_int_equal(pt_models_run(comm, w->rows, &conf, w->frames, &w->made, &err), 0);
  assert_int_equal(w->made, 2);
}

static void close_world(struct world *w) {
  for (uint32_t i = 0; i < w->made; i++) pt_frame_free(&w->frames[i]);
  pt_rows_close(w->rows);
  pt_schema_free(&w->schema);
}

static double f32(const struct world *w, uint32_t column, uint32_t row) {
  return (double)((const float *)pt_rows_values(w->rows, 0, column))[row];
}
static double f64(const struct world *w, uint32_t column, uint32_t row) {
  return ((const double *)pt_rows_values(w->rows, 0, column))[row];
}

/* The parameters of rank 0's table, on every rank. */
static void told(struct world *w, struct pt_clv_params *p, struct pt_spend_fit *s, int64_t fit[2][11]) {
  double v[7] = {0};
  memset(fit, 0, 22 * sizeof **fit);
  if (pt_comm_rank(comm) == 0) {
    assert_int_equal(w->frames[0].n_rows, 7);
    assert_int_equal(w->frames[1].n_rows, 2);
    memcpy(v, w->frames[0].columns[2].v.f64, sizeof v);
    for (int r = 0; r < 2; r++)
      for (int c = 0; c < 11; c++)
        if (w->frames[1].columns[c].type == PT_FR_I64) fit[r][c] = w->frames[1].columns[c].v.i64[r];
  }
  pt_bcast(comm, v, sizeof v, 0);
  pt_bcast(comm, fit, 22 * sizeof **fit, 0);
  *p = (struct pt_clv_params){PT_MBGNBD, 7, v[0], v[1], v[2], v[3]};
  *s = (struct pt_spend_fit){.p = v[4], .q = v[5], .v = v[6]};
}

static void same(double got, double want) {
  if (!(got == (double)(float)want)) print_error("%.9g, expected %.9g\n", got, want);
  assert_true(got == (double)(float)want);
}

static void forecasts_of_the_fit(void **unused) {
  (void)unused;
  struct world w;
  struct pt_clv_params p;
  struct pt_spend_fit s;
  int64_t fit[2][11];
  open_world(&w, ROUND_ROBIN, false, 0);
  told(&w, &p, &s, fit);
  assert_int_equal(fit[0][1], N - (N + 6) / 7); /* users: the buyers */
  assert_true(fit[0][3] == 1 && fit[0][10] == 0 && fit[1][3] == 1 && fit[1][1] > N / 3);
  for (uint32_t row = 0; row < w.n; row++) {
    int32_t x = ((int32_t *)pt_rows_values(w.rows, 0, X))[row], tx = ((int32_t *)pt_rows_values(w.rows, 0, TX))[row];
    int32_t T = ((int32_t *)pt_rows_values(w.rows, 0, AGE))[row];
    double m = f64(&w, M, row);
    if (x < 0) {
      assert_true(isnan(f32(&w, ALIVE, row)) && isnan(f32(&w, EXPECTED, row)) && isnan(f64(&w, CLV, row)));
      continue;
    }
    double alive = pt_models_p_alive(&p, x, tx, T), buys = pt_models_p_purchase(&p, x, tx, T, 90);
    double value = pt_models_spend_expected(&s, m > 0 ? x : 0, m);
    same(f32(&w, ALIVE, row), alive);
    same(f32(&w, BUYS, row), buys);
    same(f32(&w, CHURN, row), 1 - buys);
    same(f32(&w, EXPECTED, row), alive * pt_models_purchases_alive(&p, x, T, 7));
    assert_true(f64(&w, VALUE, row) == value);
    double clv = pt_models_clv_12m(&p, x, tx, T, value, .5, .01);
    assert_true(fabs(f64(&w, CLV, row) - clv) <= 1e-14 * clv);
  }
  close_world(&w);
}

static void same_bits(void **unused) {
  (void)unused;
  struct world a, b;
  struct pt_clv_params pa, pb;
  struct pt_spend_fit sa, sb;
  int64_t fa[2][11], fb[2][11];
  open_world(&a, LAST_RANK, false, 0);
  open_world(&b, ROUND_ROBIN, false, 0);
  told(&a, &pa, &sa, fa);
  told(&b, &pb, &sb, fb);
  assert_memory_equal(&pa.r, &pb.r, 4 * sizeof pa.r);
  assert_true(sa.p == sb.p && sa.q == sb.q && sa.v == sb.v);
  assert_memory_equal(fa, fb, sizeof fa);
  close_world(&a);
  close_world(&b);
}

/* 4 of 5 histories are truncated: those first seen before the late day are left out, of the fit alone. */
static void truncated_histories(void **unused) {
  (void)unused;
  struct world w;
  struct pt_clv_params p;
  struct pt_spend_fit s;
  int64_t fit[2][11];
  uint64_t late = 0;
  open_world(&w, ROUND_ROBIN, true, 20000 - 200);
  told(&w, &p, &s, fit);
  for (uint32_t row = 0; row < w.n; row++) {
    bool buyer = ((int32_t *)pt_rows_values(w.rows, 0, X))[row] >= 0;
    late += buyer && ((int32_t *)pt_rows_values(w.rows, 0, AGE))[row] <= 200;
    assert_true(isnan(f32(&w, ALIVE, row)) == !buyer);
  }
  pt_sum_u64(comm, &late, 1);
  assert_int_equal(fit[0][10], 1);
  assert_int_equal(fit[0][1], late);
  assert_true(late > N / 5 && late < N / 5 * 4);
  close_world(&w);
}

int main(int argc, char **argv) {
  struct pt_err err = {0};
  if (pt_comm_open(&comm, &argc, &argv, &err)) return err.code;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(forecasts_of_the_fit),
      cmocka_unit_test(same_bits),
      cmocka_unit_test(truncated_histories),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  pt_comm_close(comm);
  return failed != 0;
}

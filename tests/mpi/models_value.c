/* Scores, tiers, ranks and tables worked out by hand, however the users are spread over the ranks: with heavy ties
 * scores fall as those of R's cut(right = TRUE) of quantile(type = 7). */
#include <math.h>
#include <portrait/models_value.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct pt_comm *comm;

enum { N = 12, BUYERS = 10 };
enum {
  SINCE,
  DAYS,
  MONEY,
  NET,
  YEAR,
  SEEN,
  R,
  F,
  M,
  SCORE,
  RECENT,
  OFTEN,
  MUCH,
  DECILE,
  TIER,
  RANK,
  LOYAL,
  BUYER,
  VISITOR,
  N_COLUMNS
};
static const struct {
  const char *name;
  enum pt_ctype type;
  bool nullable;
} columns[N_COLUMNS] = {
    [SINCE] = {"_rfm_since", PT_C_I32, true},
    [DAYS] = {"_rfm_days", PT_C_I32, true},
    [MONEY] = {"_rfm_money", PT_C_I64, true},
    [NET] = {"_net_money", PT_C_I64, false},
    [YEAR] = {"_purchase_days_365", PT_C_I32, true},
    [SEEN] = {"_seen_days_30", PT_C_I32, true},
    [R] = {"rfm_r", PT_C_U8, true},
    [F] = {"rfm_f", PT_C_U8, true},
    [M] = {"rfm_m", PT_C_U8, true},
    [SCORE] = {"rfm_score", PT_C_U16, true},
    [RECENT] = {"_rfm_recent", PT_C_BOOL, true},
    [OFTEN] = {"_rfm_often", PT_C_BOOL, true},
    [MUCH] = {"_rfm_much", PT_C_BOOL, true},
    [DECILE] = {"value_decile", PT_C_U8, true},
    [TIER] = {"_value_tier", PT_C_U8, false},
    [RANK] = {"_value_rank", PT_C_F64, false},
    [LOYAL] = {"_loyal_days", PT_C_F64, false},
    [BUYER] = {"_core_buyer", PT_C_BOOL, false},
    [VISITOR] = {"_core_visitor", PT_C_BOOL, false},
};

/* User i bought last 10 i days ago. */
static const int32_t days[BUYERS] = {5, 3, 2, 1, 1, 1, 1, 1, 1, 1};
static const int64_t money[BUYERS] = {100, 100, 50, 50, 20, 20, 10, 10, -5, 0};

enum split { ROUND_ROBIN, LAST_RANK };
struct world {
  struct pt_schema schema;
  struct pt_rows *rows;
  struct pt_mem mem;
  struct pt_frame frames[PT_VALUE_FRAMES];
  uint32_t made, n, user[N];
};

static bool mine(uint32_t i, enum split split) {
  int size = pt_comm_size(comm), rank = pt_comm_rank(comm);
  return split == LAST_RANK ? rank == size - 1 : (int)i % size == rank;
}

static void *at(struct world *w, uint32_t column) {
  return pt_rows_values(w->rows, 0, column);
}

static void one_user(struct world *w, uint32_t row, uint32_t i) {
  for (uint32_t c = 0; c < N_COLUMNS; c++)
    if (columns[c].nullable) pt_rows_mask(w->rows, 0, c)[row] = c > SEEN || i >= BUYERS;
  ((double *)at(w, RANK))[row] = NAN;
  if (i >= BUYERS) return;
  ((int32_t *)at(w, SINCE))[row] = (int32_t)(10 * i);
  ((int32_t *)at(w, DAYS))[row] = ((int32_t *)at(w, YEAR))[row] = days[i];
  ((int64_t *)at(w, MONEY))[row] = ((int64_t *)at(w, NET))[row] = money[i] * 10000;
  ((int32_t *)at(w, SEEN))[row] = (int32_t)(10 - i);
}

static void add_rows(struct world *w, enum split split) {
  struct pt_err err = {0};
  static const struct pt_h128 hashes[N];
  static const struct pt_slice ids[N];
  uint32_t range;
  for (uint32_t i = 0; i < N; i++)
    if (mine(i, split)) w->user[w->n++] = i;
  if (w->n) assert_int_equal(pt_rows_add(w->rows, w->n, hashes, ids, &range, &err), 0);
}

static void open_world(struct world *w, enum split split, const struct pt_value_conf *conf) {
  struct pt_err err = {0};
  uint32_t number;
  *w = (struct world){.n = 0};
  for (size_t c = 0; c < N_COLUMNS; c++) {
    struct pt_column col = {.type = columns[c].type,
                            .width = 1,
                            .nullable = columns[c].nullable,
                            .where = columns[c].name[0] == '_' ? PT_HIDDEN : PT_IN_OBS,
                            .family = "value",
                            .level = "model",
                            .kind = "dynamic"};
    snprintf(col.name, sizeof col.name, "%s", columns[c].name);
    assert_int_equal(pt_schema_add(&w->schema, &col, &number, &err), 0);
  }
  assert_int_equal(pt_rows_open(&w->rows, &w->schema, &w->mem, NULL, &err), 0);
  add_rows(w, split);
  for (uint32_t row = 0; row < w->n; row++) one_user(w, row, w->user[row]);
  assert_int_equal(pt_models_value(comm, w->rows, conf, w->frames, &w->made, &err), 0);
}

static void close_world(struct world *w) {
  for (uint32_t i = 0; i < w->made; i++) pt_frame_free(&w->frames[i]);
  pt_rows_close(w->rows);
  pt_schema_free(&w->schema);
}

static const struct pt_value_conf usual = {
    .tier_a = .8, .tier_b = .94, .loyal_quantile = .8, .core_quantile = .9, .loyal_days = 1, .bytes = 1 << 20};

static void check_u8(struct world *w, uint32_t column, uint32_t row, int want) {
  const uint8_t *mask = pt_rows_mask(w->rows, 0, column);
  int got = mask && mask[row] ? -1 : ((uint8_t *)at(w, column))[row];
  if (got != want) print_error("user %u, %s: %d, not %d\n", w->user[row], columns[column].name, got, want);
  assert_int_equal(got, want);
}

static void check_user(struct world *w, uint32_t row) {
  static const int r[N] = {5, 5, 4, 4, 3, 3, 2, 2, 1, 1, -1, -1}, f[N] = {5, 5, 4, 1, 1, 1, 1, 1, 1, 1, -1, -1};
  static const int m[N] = {5, 5, 4, 4, 3, 3, 2, 2, 1, 1, -1, -1};
  static const int decile[N] = {9, 9, 6, 6, 3, 3, 1, 1, -1, -1, -1, -1}, tier[N] = {1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3};
  static const double rank[] = {.875, .875, .625, .625, .375, .375, .125, .125};
  uint32_t i = w->user[row];
  bool bought = i < BUYERS;
  check_u8(w, R, row, r[i]);
  check_u8(w, F, row, f[i]);
  check_u8(w, M, row, m[i]);
  assert_int_equal(pt_rows_mask(w->rows, 0, SCORE)[row], !bought);
  if (bought) assert_int_equal(((uint16_t *)at(w, SCORE))[row], 100 * r[i] + 10 * f[i] + m[i]);
  check_u8(w, RECENT, row, bought ? i < 5 : -1);
  check_u8(w, OFTEN, row, bought ? i < 3 : -1);
  check_u8(w, MUCH, row, bought ? i < 4 : -1);
  check_u8(w, DECILE, row, decile[i]);
  check_u8(w, TIER, row, tier[i]);
  check_u8(w, BUYER, row, i == 0);
  check_u8(w, VISITOR, row, i == 0);
  double p = ((double *)at(w, RANK))[row];
  assert_true(i < 8 ? p == rank[i] : isnan(p));
  assert_float_equal(((double *)at(w, LOYAL))[row], 2.2, 1e-12);
}

static void by_hand(void **unused) {
  (void)unused;
  for (enum split split = ROUND_ROBIN; split <= LAST_RANK; split++) {
    struct world w;
    open_world(&w, split, &usual);
    for (uint32_t row = 0; row < w.n; row++) check_user(&w, row);
    assert_int_equal(w.made, 2);
    if (pt_comm_rank(comm) == 0) {
      const struct pt_frame *gini = &w.frames[0], *lorenz = &w.frames[1];
      assert_int_equal(gini->columns[0].v.i64[0], 8);
      assert_true(gini->columns[1].v.f64[0] == 360);
      assert_float_equal(gini->columns[2].v.f64[0], 5 / 12., 1e-12);
      assert_int_equal(lorenz->n_rows, 21);
      assert_true(lorenz->columns[1].v.f64[10] == 60 / 360.);
      assert_true(lorenz->columns[1].v.f64[1] == 4 / 360.); /* .4 users of 10 */
      assert_true(lorenz->columns[1].v.f64[19] == 320 / 360.);
      assert_true(lorenz->columns[1].v.f64[20] == 1);
    }
    close_world(&w);
  }
}

/* Medians and numbers as thresholds; one that is met is not passed. */
static void thresholds(void **unused) {
  (void)unused;
  struct pt_value_conf conf = usual;
  struct world w;
  conf.rfm[0] = (struct pt_high){PT_HIGH_MEDIAN, 0};      /* 45 */
  conf.rfm[1] = (struct pt_high){PT_HIGH_NUMBER, 20000};  /* 2 */
  conf.rfm[2] = (struct pt_high){PT_HIGH_NUMBER, 500000}; /* 50 */
  conf.loyal_days = 5;
  open_world(&w, ROUND_ROBIN, &conf);
  for (uint32_t row = 0; row < w.n; row++) {
    uint32_t i = w.user[row];
    check_u8(&w, RECENT, row, i < BUYERS ? i < 5 : -1);
    check_u8(&w, OFTEN, row, i < BUYERS ? i < 2 : -1);
    check_u8(&w, MUCH, row, i < BUYERS ? i < 2 : -1);
    assert_true(((double *)at(&w, LOYAL))[row] == 5);
  }
  close_world(&w);
}

/* -- tiers by themselves -- */
struct amounts {
  const int64_t *v;
  uint32_t n;
};
static void scan(void *ctx, pt_amount_visit visit, void *sink) {
  const struct amounts *a = ctx;
  for (uint32_t i = 0; i < a->n; i++)
    if (mine(i, ROUND_ROBIN)) visit(sink, a->v[i]);
}

static void check_tiers(const int64_t *v, uint32_t n, const double *shares, const int64_t *want, uint32_t k) {
  struct pt_err err = {0};
  int64_t got[8];
  assert_int_equal(pt_models_tiers(comm, scan, &(struct amounts){v, n}, shares, k, got, &err), 0);
  for (uint32_t i = 0; i < k; i++) assert_int_equal(got[i], want[i]);
}

static void tiers(void **unused) {
  (void)unused;
  /* larger ones: 0 for 50, 50 for 30, 80 for 10, 100 for nobody */
  const int64_t some[] = {10, 30, 50, 10};
  check_tiers(some, 4, (const double[]){.5, .500000001, .8, .800000001, 1, .1, 0},
              (const int64_t[]){50, 30, 30, 10, 10, 50, INT64_MAX}, 7);
  const int64_t far[] = {1, INT64_MAX, INT64_MAX, 2};
  check_tiers(far, 4, (const double[]){.8, 1}, (const int64_t[]){INT64_MAX, 1}, 2);
  const int64_t equal[] = {7, 7, 7};
  check_tiers(equal, 3, (const double[]){.000000001, .8}, (const int64_t[]){7, 7}, 2);
  check_tiers(equal, 0, (const double[]){0, .8}, (const int64_t[]){0, 0}, 2);
}

/* -- nobody bought -- */
static void nobody(void **unused) {
  (void)unused;
  struct pt_err err = {0};
  struct world w;
  uint32_t number;
  w = (struct world){.n = 0};
  for (size_t c = 0; c < N_COLUMNS; c++) {
    struct pt_column col = {.type = columns[c].type, .width = 1, .nullable = columns[c].nullable, .where = PT_HIDDEN};
    snprintf(col.name, sizeof col.name, "%s", columns[c].name);
    assert_int_equal(pt_schema_add(&w.schema, &col, &number, &err), 0);
  }
  assert_int_equal(pt_rows_open(&w.rows, &w.schema, &w.mem, NULL, &err), 0);
  add_rows(&w, ROUND_ROBIN);
  for (uint32_t row = 0; row < w.n; row++) one_user(&w, row, BUYERS);
  assert_int_equal(pt_models_value(comm, w.rows, &usual, w.frames, &w.made, &err), 0);
  for (uint32_t row = 0; row < w.n; row++) {
    check_u8(&w, R, row, -1);
    check_u8(&w, DECILE, row, -1);
    check_u8(&w, TIER, row, 3);
    check_u8(&w, BUYER, row, 0);
  }
  if (pt_comm_rank(comm) == 0) {
    assert_true(isnan(w.frames[0].columns[2].v.f64[0]));
    assert_int_equal(w.frames[1].n_rows, 0);
  }
  close_world(&w);
}

/* -- loyal x core -- */
static void roles(void **unused) {
  (void)unused;
  static const char *const labels[] = {"yes", "no"};
  static const char *const names[] = {"is_loyal", "is_core"};
  struct world w = {.n = 0};
  struct pt_err err = {0};
  struct pt_tag tags[2];
  for (int t = 0; t < 2; t++) {
    struct pt_column col = {.type = PT_C_LABEL, .family = "value", .level = "model", .kind = "dynamic"};
    col.labels = (struct pt_labels){.names = labels, .n_names = 2};
    snprintf(col.name, sizeof col.name, "%s", names[t]);
    assert_int_equal(pt_schema_tag(&w.schema, &col, &tags[t], &err), 0);
  }
  assert_int_equal(pt_rows_open(&w.rows, &w.schema, &w.mem, NULL, &err), 0);
  add_rows(&w, ROUND_ROBIN);
  for (uint32_t row = 0; row < w.n; row++) { /* 2 loyal and core, 3 loyal, 6 neither, 1 unknown */
    uint32_t i = w.user[row];
    ((int32_t *)at(&w, tags[0].label))[row] = i == 11 ? -1 : i >= 5;
    ((int32_t *)at(&w, tags[1].label))[row] = i >= 2;
  }
  for (uint32_t k = 0; k <= 3; k++) {
    assert_int_equal(pt_models_roles(comm, w.rows, k, w.frames, &w.made, &err), 0);
    assert_int_equal(w.made, 1);
    if (pt_comm_rank(comm) == 0) assert_int_equal(w.frames[0].n_rows, k <= 2 ? 4 : 0);
    static const int64_t want[] = {2, 3, 0, 6};
    for (uint32_t i = 0; i < w.frames[0].n_rows; i++) assert_int_equal(w.frames[0].columns[2].v.i64[i], want[i]);
    pt_frame_free(&w.frames[0]);
  }
  w.made = 0;
  close_world(&w);
}

int main(int argc, char **argv) {
  struct pt_err err = {0};
  if (pt_comm_open(&comm, &argc, &argv, &err)) return err.code;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(by_hand), cmocka_unit_test(thresholds), cmocka_unit_test(tiers),
      cmocka_unit_test(nobody),  cmocka_unit_test(roles),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  pt_comm_close(comm);
  return failed != 0;
}

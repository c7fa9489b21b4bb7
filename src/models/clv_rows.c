/* The users' rows as what the models are fitted on, and their forecasts. What does not depend on t_x is worked out once
 * for users with the same x and T, by a table of fixed size that forgets: users are many, days are few. */
#include "models/clv_rows.h"

#include <math.h>
#include <stdlib.h>

#define MOSTLY .7    /* truncated histories from which on only late users are fitted on */
#define CACHE  8192u /* entries, a power of two */

static const double horizons[PT_CLV_HORIZONS] = {7, 30, 90, 365};

/* The columns of one range. */
struct view {
  const int32_t *x, *tx, *T, *seen;
  const uint8_t *truncated;
  const double *m;
  uint32_t n;
};

/* NULL where the job does not have the column. */
static void *values(struct pt_rows *rows, uint32_t range, int64_t column) {
  return column < 0 ? NULL : pt_rows_values(rows, range, (uint32_t)column);
}

static struct view look(const struct pt_clv_state *s, uint32_t range) {
  return (struct view){.x = pt_rows_values(s->rows, range, (uint32_t)s->at.x),
                       .tx = pt_rows_values(s->rows, range, (uint32_t)s->at.tx),
                       .T = pt_rows_values(s->rows, range, (uint32_t)s->at.T),
                       .seen = pt_rows_values(s->rows, range, (uint32_t)s->at.seen),
                       .truncated = pt_rows_values(s->rows, range, (uint32_t)s->at.truncated),
                       .m = values(s->rows, range, s->at.m),
                       .n = pt_rows_in(s->rows, range)};
}

/* -- fits -- */
static void find_truncated(struct pt_comm *c, struct pt_clv_state *s) {
  uint64_t n[2] = {0, 0}; /* buyers, those truncated */
  s->truncated = NAN;
  for (uint32_t range = 0; range < pt_rows_ranges(s->rows); range++) {
    struct view v = look(s, range);
    for (uint32_t i = 0; i < v.n; i++) {
      n[0] += v.x[i] >= 0;
      n[1] += v.x[i] >= 0 && v.truncated[i];
    }
    pt_rows_done(s->rows, range);
  }
  pt_sum_u64(c, n, 2);
  if (n[0]) s->truncated = (double)n[1] / (double)n[0];
  s->late_only = n[0] && (double)n[1] >= MOSTLY * (double)n[0];
}

static int count_range(const struct pt_clv_state *s, uint32_t range, struct pt_clv_counts *counts, struct pt_err *err) {
  struct view v = look(s, range);
  for (uint32_t i = 0; i < v.n; i++) {
    if (v.x[i] < 0 || (s->late_only && v.seen[i] < s->conf->late_day)) continue;
    PT_TRY(pt_models_clv_add(counts, (uint32_t)v.x[i], (uint32_t)v.tx[i], (uint32_t)v.T[i], 1, err));
  }
  pt_rows_done(s->rows, range);
  return 0;
}

static void visit_spend(void *ctx, pt_spend_visit visit, void *sink) {
  const struct pt_clv_state *s = ctx;
  for (uint32_t range = 0; range < pt_rows_ranges(s->rows); range++) {
    struct view v = look(s, range);
    for (uint32_t i = 0; i < v.n && v.m; i++)
      if (v.x[i] > 0 && v.m[i] > 0) visit(sink, (uint32_t)v.x[i], v.m[i]);
    pt_rows_done(s->rows, range);
  }
}

int pt_clv_fit_rows(struct pt_comm *c, struct pt_clv_state *s, struct pt_err *err) {
  struct pt_clv_counts counts = {0};
  find_truncated(c, s);
  for (uint32_t range = 0; range < pt_rows_ranges(s->rows) && !err->code; range++)
    PT_LATER(count_range(s, range, &counts, err));
  int failed = pt_agree(c, err);
  if (!failed)
    failed = pt_models_clv_fit(c, &counts, s->conf->bgnbd ? PT_BGNBD : PT_MBGNBD, s->conf->unit, &s->clv, err);
  pt_models_clv_free(&counts);
  if (!failed && s->at.m >= 0) failed = pt_models_spend_fit(c, visit_spend, s, &s->spend, err);
  return failed;
}

/* -- forecasts -- */
struct alive {
  bool used;
  int32_t x, T;
  double expected[PT_CLV_HORIZONS]; /* purchases of somebody alive */
  double discounted;                /* of the next 12 months */
};

static const struct alive *of_alive(const struct pt_clv_state *s, struct alive *cache, int32_t x, int32_t T) {
  struct alive *e = &cache[((uint32_t)x * 2654435761u + (uint32_t)T * 40503u) >> 7 & (CACHE - 1)];
  if (e->used && e->x == x && e->T == T) return e;
  *e = (struct alive){.used = true, .x = x, .T = T};
  for (int h = 0; h < PT_CLV_HORIZONS; h++)
    if (s->at.expected[h] >= 0) e->expected[h] = pt_models_purchases_alive(&s->clv.p, x, T, horizons[h]);
  if (s->at.clv >= 0) e->discounted = pt_models_purchases_12m(&s->clv.p, x, T, s->conf->discount);
  return e;
}

struct out {
  float *alive, *purchase[PT_CLV_HORIZONS], *churn[PT_CLV_HORIZONS], *expected[PT_CLV_HORIZONS];
  double *value, *clv;
};

static void put(float *to, uint32_t row, double v) {
  if (to) to[row] = (float)v;
}

static void fill_row(const struct pt_clv_state *s, const struct view *v, const struct out *o, struct alive *cache,
                     uint32_t i) {
  const struct pt_clv_params *p = &s->clv.p;
  const struct alive *e = of_alive(s, cache, v->x[i], v->T[i]);
  double x = v->x[i], tx = v->tx[i], T = v->T[i], alive = pt_models_p_alive(p, x, tx, T);
  put(o->alive, i, alive);
  for (int h = 0; h < PT_CLV_HORIZONS; h++) {
    if (o->purchase[h] || o->churn[h]) {
      double buys = pt_models_p_purchase(p, x, tx, T, horizons[h]);
      put(o->purchase[h], i, buys);
      put(o->churn[h], i, 1 - buys);
    }
    put(o->expected[h], i, alive * e->expected[h]);
  }
  if (!v->m) return;
  /* repeat purchases without an amount tell nothing: as if there were none */
  double value = pt_models_spend_expected(&s->spend, v->m[i] > 0 ? x : 0, v->m[i]);
  if (o->value) o->value[i] = value;
  if (o->clv) o->clv[i] = alive * e->discounted * value * s->conf->margin;
}

static void fill_range(const struct pt_clv_state *s, uint32_t range, struct alive *cache) {
  struct view v = look(s, range);
  struct out o = {.alive = values(s->rows, range, s->at.alive),
                  .value = values(s->rows, range, s->at.value),
                  .clv = values(s->rows, range, s->at.clv)};
  for (int h = 0; h < PT_CLV_HORIZONS; h++) {
    o.purchase[h] = values(s->rows, range, s->at.purchase[h]);
    o.churn[h] = values(s->rows, range, s->at.churn[h]);
    o.expected[h] = values(s->rows, range, s->at.expected[h]);
  }
  for (uint32_t i = 0; i < v.n; i++)
    if (v.x[i] >= 0) fill_row(s, &v, &o, cache, i);
  pt_rows_done(s->rows, range);
}

int pt_clv_fill_rows(struct pt_clv_state *s, struct pt_err *err) {
  if (s->clv.users == 0) return 0; /* nobody to learn from: no forecasts */
  struct alive *cache = calloc(CACHE, sizeof *cache);
  if (!cache) return pt_fail(err, "models", PT_MEMORY, 0, "out of memory for forecasts");
  for (uint32_t range = 0; range < pt_rows_ranges(s->rows); range++) fill_range(s, range, cache);
  free(cache);
  return 0;
}

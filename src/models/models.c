/* The stage: which forecasts the job has, the fits, the tables. Memory: a cell for each distinct (x, t_x, T) of this
 * rank while it fits, 1 MiB while it forecasts. */
#include <portrait/models.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/clv_rows.h"

static void find_columns(const struct pt_schema *s, struct pt_clv_columns *at) {
  static const char *const horizons[PT_CLV_HORIZONS] = {"7d", "30d", "90d", "365d"};
  char name[65];
  at->x = pt_schema_find(s, "_clv_x");
  at->tx = pt_schema_find(s, "_clv_tx");
  at->T = pt_schema_find(s, "_clv_T");
  at->m = pt_schema_find(s, "_clv_m");
  at->seen = pt_schema_find(s, "_clv_seen");
  at->alive = pt_schema_find(s, "p_alive");
  at->value = pt_schema_find(s, "expected_purchase_value");
  at->clv = pt_schema_find(s, "clv_12m");
  for (int h = 0; h < PT_CLV_HORIZONS; h++) {
    snprintf(name, sizeof name, "p_purchase_%s", horizons[h]);
    at->purchase[h] = pt_schema_find(s, name);
    snprintf(name, sizeof name, "churn_probability_%s", horizons[h]);
    at->churn[h] = pt_schema_find(s, name);
    snprintf(name, sizeof name, "expected_purchases_%s", horizons[h]);
    at->expected[h] = pt_schema_find(s, name);
  }
  at->truncated = pt_schema_find(s, "_clv_truncated");
}

/* -- /uns/models -- */
static int parameter(struct pt_frame *f, const char *model, const char *name, double value, double se,
                     struct pt_err *err) {
  uint64_t row;
  PT_TRY(pt_frame_row(f, &row, err));
  PT_TRY(pt_frame_set_text(f, row, 0, model, strlen(model), err));
  PT_TRY(pt_frame_set_text(f, row, 1, name, strlen(name), err));
  f->columns[2].v.f64[row] = value;
  f->columns[3].v.f64[row] = se;
  return 0;
}

static const char *clv_name(const struct pt_clv_state *s) {
  return s->conf->bgnbd ? "bgnbd" : "mbgnbd";
}

static int parameters(struct pt_frame *f, const struct pt_clv_state *s, bool rows, struct pt_err *err) {
  static const char *const names[] = {"r", "alpha", "a", "b"}, *const spend[] = {"p", "q", "v"};
  const double clv[] = {s->clv.p.r, s->clv.p.alpha, s->clv.p.a, s->clv.p.b},
               gg[] = {s->spend.p, s->spend.q, s->spend.v};
  uint32_t at;
  PT_TRY(pt_frame_init(f, "models/parameters", err));
  PT_TRY(pt_frame_column(f, "model", PT_FR_TEXT, "", "model", &at, err));
  PT_TRY(pt_frame_column(f, "parameter", PT_FR_TEXT, "", "its parameter; times in clv.time_unit", &at, err));
  PT_TRY(pt_frame_column(f, "value", PT_FR_F64, "", "maximum likelihood estimate", &at, err));
  PT_TRY(pt_frame_column(f, "standard_error", PT_FR_F64, "", "from the Hessian; NaN at a boundary", &at, err));
  for (int i = 0; i < 4 && rows; i++) PT_TRY(parameter(f, clv_name(s), names[i], clv[i], s->clv.se[i], err));
  for (int i = 0; i < 3 && rows && s->at.m >= 0; i++)
    PT_TRY(parameter(f, "gamma_gamma", spend[i], gg[i], s->spend.se[i], err));
  return 0;
}

static const struct {
  const char *name;
  enum pt_ftype type;
  const char *unit, *text;
} fit_columns[] = {
    {"model", PT_FR_TEXT, "", "model"},
    {"users", PT_FR_I64, "users", "buyers it was fitted on; gamma_gamma: those with repeat purchases"},
    {"log_likelihood", PT_FR_F64, "", "at the estimate"},
    {"converged", PT_FR_I64, "", "1 where the gradient fell below 1e-9 a user"},
    {"boundary", PT_FR_I64, "", "1 where mean dropout < 1e-3 or a parameter is at its bound, 1e-3 or 1e3"},
    {"gradient", PT_FR_F64, "", "largest derivative by a log-parameter, a user"},
    {"starts", PT_FR_I64, "", "starting points tried"},
    {"evaluations", PT_FR_I64, "", "passes over the data"},
    {"correlation", PT_FR_F64, "", "gamma_gamma: of clv_x and clv_m, which the model takes as independent"},
    {"truncated", PT_FR_F64, "share", "buyers whose history began before the log, as far as is known"},
    {"late_only", PT_FR_I64, "", "1 where fitted on users first seen after clv.burn_in alone"},
};
#define N_FIT (sizeof fit_columns / sizeof *fit_columns)

static int fit_row(struct pt_frame *f, const char *model, const int64_t ints[6], const double reals[4],
                   struct pt_err *err) {
  static const int int_at[6] = {1, 3, 4, 6, 7, 10}, real_at[4] = {2, 5, 8, 9};
  uint64_t row;
  PT_TRY(pt_frame_row(f, &row, err));
  PT_TRY(pt_frame_set_text(f, row, 0, model, strlen(model), err));
  for (int i = 0; i < 6; i++) f->columns[int_at[i]].v.i64[row] = ints[i];
  for (int i = 0; i < 4; i++) f->columns[real_at[i]].v.f64[row] = reals[i];
  return 0;
}

static int fits(struct pt_frame *f, const struct pt_clv_state *s, bool rows, struct pt_err *err) {
  const struct pt_clv_fit *b = &s->clv;
  const struct pt_spend_fit *g = &s->spend;
  uint32_t at;
  PT_TRY(pt_frame_init(f, "models/fits", err));
  for (size_t i = 0; i < N_FIT; i++)
    PT_TRY(pt_frame_column(f, fit_columns[i].name, fit_columns[i].type, fit_columns[i].unit, fit_columns[i].text, &at,
                           err));
  const int64_t b_ints[6] = {(int64_t)b->users, b->converged, b->boundary, b->starts, b->evaluations, s->late_only};
  const int64_t g_ints[6] = {(int64_t)g->users, g->converged, g->boundary, g->starts, g->evaluations, 0};
  if (rows)
    PT_TRY(fit_row(f, clv_name(s), b_ints, (const double[]){b->log_likelihood, b->gradient, NAN, s->truncated}, err));
  if (rows && s->at.m >= 0)
    PT_TRY(
        fit_row(f, "gamma_gamma", g_ints, (const double[]){g->log_likelihood, g->gradient, g->correlation, NAN}, err));
  return 0;
}

int pt_models_run(struct pt_comm *c, struct pt_rows *rows, const struct pt_models_conf *conf, struct pt_frame *frames,
                  uint32_t *made, struct pt_err *err) {
  struct pt_clv_state s = {.conf = conf, .rows = rows};
  *made = 0;
  find_columns(pt_rows_schema(rows), &s.at);
  if (s.at.x < 0) return 0;
  PT_TRY(pt_clv_fit_rows(c, &s, err));
  PT_LATER(pt_clv_fill_rows(&s, err));
  bool root = pt_comm_rank(c) == 0;
  if (!err->code) PT_LATER(parameters(&frames[0], &s, root, err));
  if (!err->code) PT_LATER(fits(&frames[1], &s, root, err));
  *made = 2;
  return pt_agree(c, err);
}

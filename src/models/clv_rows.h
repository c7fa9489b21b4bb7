/* Lifetime value of the users' rows: what models.c puts together. */
#ifndef PT_MODELS_CLV_ROWS_H
#define PT_MODELS_CLV_ROWS_H
#include <portrait/models.h>
#include <portrait/models_clv.h>

#define PT_CLV_HORIZONS 4

/* Column numbers; -1 = the job does not have it. */
struct pt_clv_columns {
  int64_t x, tx, T, m, seen, truncated; /* hidden, of the family clv */
  int64_t alive, purchase[PT_CLV_HORIZONS], churn[PT_CLV_HORIZONS], expected[PT_CLV_HORIZONS], value, clv;
};

/* What was fitted, and on whom. */
struct pt_clv_state {
  const struct pt_models_conf *conf;
  struct pt_rows *rows;
  struct pt_clv_columns at;
  struct pt_clv_fit clv;
  struct pt_spend_fit spend;
  double truncated; /* share of the buyers; NaN without any */
  bool late_only;   /* fitted on users first seen from conf->late_day on */
};

/* Collective. */
int pt_clv_fit_rows(struct pt_comm *c, struct pt_clv_state *s, struct pt_err *err) PT_MUST_CHECK;
/* Local: forecasts into all rows of this rank. */
int pt_clv_fill_rows(struct pt_clv_state *s, struct pt_err *err) PT_MUST_CHECK;

#endif

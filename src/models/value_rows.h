/* Worth of the users' rows: what value.c and value_stats.c share. */
#ifndef PT_MODELS_VALUE_ROWS_H
#define PT_MODELS_VALUE_ROWS_H
#include <portrait/models_value.h>

/* What is compared among users, each over those who have it. */
enum pt_worth { PT_W_SINCE, PT_W_DAYS, PT_W_MONEY, PT_W_NET, PT_W_YEAR, PT_W_SEEN, PT_N_WORTH };

#define PT_SCORE_CUTS  4 /* quintiles */
#define PT_DECILE_CUTS 9
#define PT_LORENZ      20 /* steps of the curve */

/* One worth in a range. */
struct pt_worth_view {
  const int32_t *days; /* or money */
  const int64_t *money;
  const uint8_t *mask;
  bool positive; /* only amounts above 0 count */
};

struct pt_value_state {
  const struct pt_value_conf *conf;
  struct pt_rows *rows;
  int64_t in[PT_N_WORTH]; /* column numbers; -1 = the job does not have it */
  uint64_t n[PT_N_WORTH];
  __int128 sum[PT_N_WORTH];
  int64_t cut[3][PT_SCORE_CUTS], middle[3][2]; /* of recency, frequency, monetary; the two middle ones */
  int64_t decile[PT_DECILE_CUTS], lorenz[PT_LORENZ];
  int64_t loyal[2], core[2], seen[2]; /* the two values that a quantile lies between */
};

struct pt_worth_view pt_value_look(const struct pt_value_state *s, enum pt_worth what, uint32_t range);
static inline bool pt_value_known(const struct pt_worth_view *v, uint32_t row, int64_t *out) {
  if (v->mask && v->mask[row]) return false;
  if (!v->days && !v->money) return false; /* no such column in this job */
  *out = v->days ? v->days[row] : v->money[row];
  return !v->positive || *out > 0;
}

/* Collective: n, sum, and the order statistics. */
int pt_value_measure(struct pt_comm *c, struct pt_value_state *s, struct pt_err *err) PT_MUST_CHECK;
/* The quantile, q with 9 digits, that lies between two neighbours of n values. */
double pt_value_quantile(const int64_t between[2], uint64_t n, double q);
/* Collective, when the ranks are in column `rank`: the tables gini and lorenz. */
int pt_value_inequality(struct pt_comm *c, const struct pt_value_state *s, int64_t rank, struct pt_frame frames[2],
                        struct pt_err *err) PT_MUST_CHECK;

#endif

/* Scores, tiers and thresholds from the order statistics of all users, and their columns, range by range. The rules of
 * the tags read them. */
#include <math.h>
#include <portrait/models_value.h>
#include <portrait/ranks.h>

#include "models/value_rows.h"

static const char *const inputs[PT_N_WORTH] = {"_rfm_since", "_rfm_days",          "_rfm_money",
                                               "_net_money", "_purchase_days_365", "_seen_days_30"};

/* Column numbers of what is filled; -1 = the job does not have it. */
struct outputs {
  int64_t score[3], all, high[3], decile, tier, rank, loyal, core_buyer, core_visitor;
};

static struct outputs find_outputs(const struct pt_schema *s) {
  return (struct outputs){
      .score = {pt_schema_find(s, "rfm_r"), pt_schema_find(s, "rfm_f"), pt_schema_find(s, "rfm_m")},
      .all = pt_schema_find(s, "rfm_score"),
      .high = {pt_schema_find(s, "_rfm_recent"), pt_schema_find(s, "_rfm_often"), pt_schema_find(s, "_rfm_much")},
      .decile = pt_schema_find(s, "value_decile"),
      .tier = pt_schema_find(s, "_value_tier"),
      .rank = pt_schema_find(s, "_value_rank"),
      .loyal = pt_schema_find(s, "_loyal_days"),
      .core_buyer = pt_schema_find(s, "_core_buyer"),
      .core_visitor = pt_schema_find(s, "_core_visitor"),
  };
}

/* A column of a range. */
struct out {
  void *v; /* NULL: not asked for */
  uint8_t *mask;
};

static struct out at(struct pt_rows *rows, uint32_t range, int64_t column) {
  if (column < 0) return (struct out){NULL, NULL};
  return (struct out){pt_rows_values(rows, range, (uint32_t)column), pt_rows_mask(rows, range, (uint32_t)column)};
}

static void put(const struct out *o, uint32_t row, uint8_t v) {
  if (!o->v) return;
  ((uint8_t *)o->v)[row] = v;
  if (o->mask) o->mask[row] = 0;
}

/* 1 + the cuts that x is above. */
static uint8_t score(int64_t x, const int64_t *cuts, int n) {
  uint8_t result = 1;
  for (int i = 0; i < n; i++) result += x > cuts[i];
  return result;
}

/* x compared with the threshold, times 2, 10,000 or n: below 0, 0, above. */
static int beside(const struct pt_value_state *s, int what, int64_t x) {
  const struct pt_high *high = &s->conf->rfm[what];
  __int128 mine, limit;
  if (high->kind == PT_HIGH_MEAN) {
    mine = (__int128)x * s->n[what];
    limit = s->sum[what];
  } else if (high->kind == PT_HIGH_MEDIAN) {
    mine = 2 * (__int128)x;
    limit = (__int128)s->middle[what][0] + s->middle[what][1];
  } else {
    mine = what == PT_W_MONEY ? x : (__int128)x * 10000; /* money is in 1/10,000, as the threshold */
    limit = high->number;
  }
  return (mine > limit) - (mine < limit);
}

static void fill_rfm(const struct pt_value_state *s, const struct outputs *o, uint32_t range) {
  struct pt_worth_view view[3];
  struct out scores[3], highs[3], all = at(s->rows, range, o->all);
  for (int what = 0; what < 3; what++) {
    if (s->in[what] < 0) return; /* all three or none are there: one score needs them all */
    view[what] = pt_value_look(s, what, range);
    scores[what] = at(s->rows, range, o->score[what]);
    highs[what] = at(s->rows, range, o->high[what]);
  }
  for (uint32_t row = 0, n = pt_rows_in(s->rows, range); row < n; row++) {
    uint32_t code = 0;
    for (int what = 0; what < 3; what++) {
      int64_t x;
      if (!pt_value_known(&view[what], row, &x)) break; /* then none is known */
      uint8_t mine = score(x, s->cut[what], PT_SCORE_CUTS);
      if (what == PT_W_SINCE) mine = (uint8_t)(6 - mine);
      code = 10 * code + mine;
      put(&scores[what], row, mine);
      put(&highs[what], row, what == PT_W_SINCE ? beside(s, what, x) < 0 : beside(s, what, x) > 0);
    }
    if (code == 0 || !all.v) continue;
    ((uint16_t *)all.v)[row] = (uint16_t)code;
    all.mask[row] = 0;
  }
}

static void fill_worth(const struct pt_value_state *s, const struct outputs *o, const int64_t least[2],
                       uint32_t range) {
  struct out decile = at(s->rows, range, o->decile), tier = at(s->rows, range, o->tier);
  if (s->in[PT_W_NET] < 0) return;
  struct pt_worth_view v = pt_value_look(s, PT_W_NET, range);
  for (uint32_t row = 0, n = pt_rows_in(s->rows, range); row < n; row++) {
    int64_t x;
    bool known = pt_value_known(&v, row, &x);
    put(&tier, row, known && x >= least[0] ? 1 : known && x >= least[1] ? 2 : 3);
    if (known) put(&decile, row, score(x, s->decile, PT_DECILE_CUTS));
  }
}

/* 1 where the value reaches the quantile, 0 below it and where there is none. */
static void fill_core(const struct pt_value_state *s, enum pt_worth what, double least, int64_t column,
                      uint32_t range) {
  if (column < 0) return;
  struct out out = at(s->rows, range, column);
  struct pt_worth_view v = pt_value_look(s, what, range);
  int64_t x;
  for (uint32_t row = 0, n = pt_rows_in(s->rows, range); row < n; row++)
    put(&out, row, pt_value_known(&v, row, &x) && (double)x >= least);
}

static void fill_range(const struct pt_value_state *s, const struct outputs *o, const int64_t least[2],
                       uint32_t range) {
  const struct pt_value_conf *conf = s->conf;
  fill_rfm(s, o, range);
  fill_worth(s, o, least, range);
  fill_core(s, PT_W_YEAR, pt_value_quantile(s->core, s->n[PT_W_YEAR], conf->core_quantile), o->core_buyer, range);
  fill_core(s, PT_W_SEEN, pt_value_quantile(s->seen, s->n[PT_W_SEEN], conf->core_quantile), o->core_visitor, range);
  double *loyal = at(s->rows, range, o->loyal).v;
  double days = fmax(conf->loyal_days, pt_value_quantile(s->loyal, s->n[PT_W_YEAR], conf->loyal_quantile));
  for (uint32_t row = 0; loyal && row < pt_rows_in(s->rows, range); row++) loyal[row] = days;
  pt_rows_done(s->rows, range);
}

/* -- amounts above 0, for tiers and ranks -- */
static void scan_amounts(void *ctx, pt_amount_visit visit, void *sink) {
  const struct pt_value_state *s = ctx;
  int64_t x;
  for (uint32_t range = 0; range < pt_rows_ranges(s->rows); range++) {
    struct pt_worth_view v = pt_value_look(s, PT_W_NET, range);
    for (uint32_t row = 0, n = pt_rows_in(s->rows, range); row < n; row++)
      if (pt_value_known(&v, row, &x)) visit(sink, x);
    pt_rows_done(s->rows, range);
  }
}

struct ranking {
  const struct pt_value_state *s;
  uint32_t rank;
};

static void scan_ranks(void *ctx, pt_rank_visit visit, void *sink) {
  const struct ranking *r = ctx;
  int64_t x;
  for (uint32_t range = 0; range < pt_rows_ranges(r->s->rows); range++) {
    struct pt_worth_view v = pt_value_look(r->s, PT_W_NET, range);
    double *rank = pt_rows_values(r->s->rows, range, r->rank);
    for (uint32_t row = 0, n = pt_rows_in(r->s->rows, range); row < n; row++)
      if (pt_value_known(&v, row, &x)) visit(sink, (double)x, &rank[row]);
    pt_rows_done(r->s->rows, range);
  }
}

int pt_models_value(struct pt_comm *c, struct pt_rows *rows, const struct pt_value_conf *conf, struct pt_frame *frames,
                    uint32_t *made, struct pt_err *err) {
  const struct pt_schema *schema = pt_rows_schema(rows);
  struct pt_value_state s = {.conf = conf, .rows = rows};
  struct outputs o = find_outputs(schema);
  int64_t least[2] = {0, 0};
  bool any = false;
  *made = 0;
  for (int what = 0; what < PT_N_WORTH; what++) {
    s.in[what] = pt_schema_find(schema, inputs[what]);
    any |= s.in[what] >= 0;
  }
  if (!any) return 0;
  PT_TRY(pt_value_measure(c, &s, err));
  if (o.tier >= 0)
    PT_TRY(pt_models_tiers(c, scan_amounts, &s, (const double[]){conf->tier_a, conf->tier_b}, 2, least, err));
  for (uint32_t range = 0; range < pt_rows_ranges(rows); range++) fill_range(&s, &o, least, range);
  if (o.rank < 0) return 0;
  struct ranking ranking = {&s, (uint32_t)o.rank};
  PT_TRY(pt_ranks(c, scan_ranks, &ranking, conf->bytes, err));
  *made = 2;
  return pt_value_inequality(c, &s, o.rank, frames, err);
}

/* The purchase cycle: median gap between purchase days, its spread, and how overdue the user is. With one gap g the
 * cycle is (g + 3P)/4, P = the population's median of the users' median gaps, so it is finished after that is known. */
#include "facts/family.h"
#include "facts/gaps.h"

enum { CYCLE, MAD, REGULARITY, OVERDUE, USUAL, GAP, SINGLE, SINCE, N_ROWS };
#define FINISHED (1u << CYCLE | 1u << OVERDUE | 1u << USUAL)
static const struct pt_colrow rows[N_ROWS] = {
    [CYCLE] = {.name = "purchase_cycle_days",
               .type = PT_C_F32,
               .unit = "days",
               .text = "Median gap between purchase days; with one gap g (g + 3P)/4, P = the population's median"},
    [MAD] = {.name = "cycle_mad_days",
             .type = PT_C_F32,
             .unit = "days",
             .text = "Median absolute deviation of the gaps between purchase days, from 3 gaps"},
    [REGULARITY] = {.name = "regularity",
                    .type = PT_C_F32,
                    .unit = "1",
                    .text = "1 - min(1, MAD / median) of the gaps between purchase days, from 3 gaps"},
    [OVERDUE] = {.name = "overdue",
                 .type = PT_C_F32,
                 .unit = "1",
                 .text = "Days since the last purchase / purchase cycle"},
    [USUAL] = {.name = "_cycle_usual",
               .type = PT_C_F64,
               .flags = PT_COL_HIDDEN,
               .unit = "days",
               .text = "Purchase cycle, where it is unknown the population's median"},
    [GAP] = {.name = "_cycle_gap",
             .type = PT_C_F64,
             .flags = PT_COL_HIDDEN,
             .serves = FINISHED,
             .unit = "days",
             .text = "Median gap between purchase days"},
    [SINGLE] = {.name = "_cycle_single",
                .type = PT_C_U8,
                .flags = PT_COL_HIDDEN,
                .serves = FINISHED,
                .unit = "1",
                .text = "1 where there is one gap"},
    [SINCE] = {.name = "_cycle_since",
               .type = PT_C_I32,
               .flags = PT_COL_HIDDEN,
               .serves = FINISHED,
               .unit = "days",
               .text = "Days since the last purchase"},
};

struct state {
  struct pt_cols cols;
  const struct pt_orders *book;
  int64_t last_day;
  struct pt_vec gaps; /* int64_t */
  struct pt_popneed need;
  double population; /* P */
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  pt_facts_vec_free(&s->gaps);
  free(s);
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  struct pt_colopen open = {ctx, schema, fields, "consumption"};
  PT_TRY(pt_facts_cols_add(&s->cols, &open, rows, N_ROWS, NULL, err));
  s->book = &ctx->user->orders;
  if (s->cols.n_wanted) ctx->user->orders.want_days = true;
  s->need = (struct pt_popneed){.need = PT_NEED_MEDIAN, .column = "_cycle_gap", .out = &s->population};
  return pt_facts_opened(state, &s->cols, close_state);
}

static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  (void)err;
  ((struct state *)state)->last_day = ctx->last_day;
  return 0;
}

static uint64_t types(void *state) {
  (void)state;
  return 0;
}

static void put_spread(const struct state *s, const struct pt_gaps *gaps) {
  pt_put_f32(&s->cols, pt_slot_at(&s->cols, MAD), pt_share(gaps->mad4, 4));
  int64_t median4 = 2 * gaps->median2;
  pt_put_f32(&s->cols, pt_slot_at(&s->cols, REGULARITY),
             gaps->mad4 < median4 ? pt_share(median4 - gaps->mad4, median4) : 0);
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  struct state *s = state;
  struct pt_cols *c = &s->cols;
  pt_facts_cols_at(c, to, range, row);
  size_t days = pt_purchase_days(s->book), n = days ? days - 1 : 0;
  int64_t since = days ? s->last_day - pt_purchase_day(s->book, days - 1) : 0;
  if (since < 0) since = 0;
  for (uint32_t r = CYCLE; r <= OVERDUE; r++) pt_put_f32(c, pt_slot_at(c, r), NAN);
  pt_put_f64(c, pt_slot_at(c, GAP), NAN);
  pt_put_u8(c, pt_slot_at(c, SINGLE), n == 1);
  pt_put_i32(c, pt_slot_at(c, SINCE), (int32_t)since);
  if (n == 0) return 0;

  struct pt_gaps gaps;
  PT_TRY(pt_facts_gaps(&s->gaps, s->book->days.p, days, &gaps, err));
  pt_put_f64(c, pt_slot_at(c, GAP), pt_share(gaps.median2, 2));
  if (n >= 2) {
    pt_put_f32(c, pt_slot_at(c, CYCLE), pt_share(gaps.median2, 2));
    pt_put_f32(c, pt_slot_at(c, OVERDUE), pt_share(2 * since, gaps.median2));
  }
  if (n >= 3) put_spread(s, &gaps);
  return 0;
}

static struct pt_popneed *needs(void *state, uint32_t *n) {
  struct state *s = state;
  *n = pt_wanted(&s->cols, GAP);
  return &s->need;
}

static int finish(void *state, struct pt_rows *to, uint32_t range, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  struct pt_cols *c = &s->cols;
  if (!pt_wanted(c, GAP)) return 0;
  double p = isnan(s->population) ? PT_CYCLE_OVER_NOBODY : s->population;
  pt_facts_cols_range(c, to, range);
  const double *gap = (const double *)(const void *)pt_slot_at(c, GAP)->values;
  const uint8_t *single = pt_slot_at(c, SINGLE)->values;
  const int32_t *since = (const int32_t *)(const void *)pt_slot_at(c, SINCE)->values;
  uint32_t n = pt_rows_in(to, range);
  for (c->row = 0; c->row < n; c->row++) {
    double usual = isnan(gap[c->row]) ? p : single[c->row] ? (gap[c->row] + 3 * p) / 4 : gap[c->row];
    pt_put_f64(c, pt_slot_at(c, USUAL), usual);
    if (!single[c->row]) continue;
    double four = gap[c->row] + 3 * p; /* exact: halves of integers */
    pt_put_f32(c, pt_slot_at(c, CYCLE), four / 4);
    pt_put_f32(c, pt_slot_at(c, OVERDUE), 4.0 * since[c->row] / four);
  }
  return 0;
}

const struct pt_family pt_facts_cycle = {
    .name = "cycle",
    .open = open_state,
    .close = close_state,
    .start = start,
    .types = types,
    .end = end,
    .needs = needs,
    .finish = finish,
};

/* How far a user came and how often he looks in: inputs of the tags aipl, visit_state and is_core. The usual gap
 * between visit days is the population's for users with fewer than two gaps, so it is finished when that is known.
 * Memory: 4 bytes a day with a visit of one user. Cost: a comparison a visit event, a count of those that tell
 * interest. */
#include "facts/family.h"
#include "facts/gaps.h"

enum { CYCLE, CORE, GAP, GAPS, DAYS_30, DAYS, INTEREST, AWARE, N_ROWS };
#define KEPT(row, n, t, f, s, u, words) \
  [row] = {.name = n, .type = t, .flags = PT_COL_HIDDEN | (f), .serves = s, .unit = u, .text = words}

static const struct pt_colrow rows[N_ROWS] = {
    KEPT(CYCLE, "_visit_cycle_days", PT_C_F64, 0, 0, "days",
         "Median gap between visit days; below 2 gaps the population's"),
    KEPT(CORE, "_core_visitor", PT_C_BOOL, 0, 0, "", "Active days in 30 days are at least core.quantile of visitors'"),
    KEPT(GAP, "_visit_gap", PT_C_F64, 0, 1u << CYCLE, "days", "Median gap between visit days"),
    KEPT(GAPS, "_visit_gaps", PT_C_U32, 0, 1u << CYCLE, "1", "Gaps between visit days"),
    KEPT(DAYS_30, "_seen_days_30", PT_C_I32, PT_COL_NULLABLE, 1u << CORE, "days",
         "Days with a visit in 30 days, of users who were ever seen"),
    KEPT(DAYS, "_seen_days", PT_C_U32, 0, 0, "days", "Days with a visit"),
    KEPT(INTEREST, "_interest_events", PT_C_U32, 0, 0, "events", "Searches, clicks, favorites and cart_adds"),
    KEPT(AWARE, "_awareness_events", PT_C_U32, 0, 0, "events", "Views and messages"),
};
#define INTERESTS \
  (PT_TYPE_BIT(PT_T_SEARCH) | PT_TYPE_BIT(PT_T_CLICK) | PT_TYPE_BIT(PT_T_FAVORITE) | PT_TYPE_BIT(PT_T_CART_ADD))
#define MESSAGES                                                                                           \
  (PT_TYPE_BIT(PT_T_MESSAGE_SENT) | PT_TYPE_BIT(PT_T_MESSAGE_DELIVERED) | PT_TYPE_BIT(PT_T_MESSAGE_OPEN) | \
   PT_TYPE_BIT(PT_T_MESSAGE_CLICK) | PT_TYPE_BIT(PT_T_MESSAGE_BOUNCE))
#define AWARENESS (MESSAGES | PT_TYPE_BIT(PT_T_VIEW))

struct state {
  struct pt_cols cols;
  uint64_t types;
  bool want_days, want_stages;
  int64_t last_day;
  struct pt_vec days, room; /* int32_t ascending; int64_t */
  uint32_t interest, aware;
  struct pt_popneed need;
  double population; /* median over users with a gap of their median gap */
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  pt_facts_vec_free(&s->days);
  pt_facts_vec_free(&s->room);
  free(s);
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  PT_TRY(pt_facts_cols_add(&s->cols, &(struct pt_colopen){ctx, schema, fields, "value"}, rows, N_ROWS, NULL, err));
  s->want_days = pt_wanted(&s->cols, GAP) || pt_wanted(&s->cols, DAYS_30) || pt_wanted(&s->cols, DAYS);
  s->want_stages = pt_wanted(&s->cols, INTEREST) || pt_wanted(&s->cols, AWARE);
  if (s->want_days) s->types |= pt_facts_visit_types(ctx->conf);
  if (s->want_stages) s->types |= INTERESTS | AWARENESS;
  s->need = (struct pt_popneed){.need = PT_NEED_MEDIAN, .column = "_visit_gap", .out = &s->population};
  return pt_facts_opened(state, &s->cols, close_state);
}

static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  (void)err;
  ((struct state *)state)->last_day = ctx->last_day;
  return 0;
}

static uint64_t types(void *state) {
  return ((struct state *)state)->types;
}

static void begin(void *state) {
  struct state *s = state;
  pt_facts_vec_clear(&s->days, sizeof(int32_t));
  s->interest = s->aware = 0;
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  struct state *s = state;
  s->interest += INTERESTS >> e->type & 1;
  s->aware += AWARENESS >> e->type & 1;
  return d->visit && s->want_days ? pt_facts_note_day(&s->days, d->day, err) : 0;
}

static int32_t days_in(const struct state *s, int64_t days) {
  const int32_t *v = s->days.p;
  size_t i = s->days.n;
  while (i > 0 && s->last_day - v[i - 1] < days) i--;
  return (int32_t)(s->days.n - i);
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  struct state *s = state;
  struct pt_cols *c = &s->cols;
  pt_facts_cols_at(c, to, range, row);
  struct pt_gaps gaps = {0};
  if (pt_wanted(c, GAP)) PT_TRY(pt_facts_gaps(&s->room, s->days.p, s->days.n, &gaps, err));
  pt_put_f64(c, pt_slot_at(c, GAP), gaps.n ? pt_share(gaps.median2, 2) : NAN);
  pt_put_u32(c, pt_slot_at(c, GAPS), (uint32_t)gaps.n);
  pt_put_days(c, pt_slot_at(c, DAYS_30), s->days.n > 0, days_in(s, 30));
  pt_put_u32(c, pt_slot_at(c, DAYS), (uint32_t)s->days.n);
  pt_put_u32(c, pt_slot_at(c, INTEREST), s->interest);
  pt_put_u32(c, pt_slot_at(c, AWARE), s->aware);
  return 0;
}

static struct pt_popneed *needs(void *state, uint32_t *n) {
  struct state *s = state;
  *n = pt_wanted(&s->cols, GAP);
  return &s->need;
}

/* Where nobody has a gap the usual one is unknown: 0 days, under any floor that a rule sets. */
static int finish(void *state, struct pt_rows *to, uint32_t range, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  struct pt_cols *c = &s->cols;
  if (!pt_wanted(c, CYCLE)) return 0;
  pt_facts_cols_range(c, to, range);
  const double *gap = (const double *)(const void *)pt_slot_at(c, GAP)->values;
  const uint32_t *gaps = (const uint32_t *)(const void *)pt_slot_at(c, GAPS)->values;
  double usual = isnan(s->population) ? 0 : s->population;
  uint32_t n = pt_rows_in(to, range);
  for (c->row = 0; c->row < n; c->row++) pt_put_f64(c, pt_slot_at(c, CYCLE), gaps[c->row] >= 2 ? gap[c->row] : usual);
  return 0;
}

const struct pt_family pt_facts_lifecycle = {
    .name = "lifecycle",
    .open = open_state,
    .close = close_state,
    .start = start,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
    .needs = needs,
    .finish = finish,
};

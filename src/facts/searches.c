/* Searches, and whether a purchase came within 24 hours. Searches wait in a list until the next purchase, which
 * settles them all: each is looked at once. */
#include "facts/family.h"

#define HORIZON PT_DAY_MS

enum { SEARCHES, QUERIES, EMPTY_RATE, PURCHASE_RATE, N_ROWS };
static const struct pt_colrow rows[N_ROWS] = {
    [SEARCHES] = {.name = "searches", .type = PT_C_U32, .unit = "events", .text = "Search events"},
    [QUERIES] = {.name = "queries_distinct",
                 .type = PT_C_U32,
                 .fields = PT_BIT(PT_F_QUERY),
                 .unit = "queries",
                 .text = "Distinct query texts of the search events"},
    [EMPTY_RATE] = {.name = "search_empty_rate",
                    .type = PT_C_F32,
                    .fields = PT_BIT(PT_F_RESULTS),
                    .unit = "1",
                    .text = "Share of searches without results among those that tell their number of results"},
    [PURCHASE_RATE] = {.name = "search_purchase_rate",
                       .type = PT_C_F32,
                       .unit = "1",
                       .text = "Share of searches with a purchase in the next 24 hours, among those over by as_of"},
};

struct state {
  struct pt_cols cols;
  int64_t as_of;
  struct pt_table queries;
  struct pt_vec waiting; /* int64_t: times of searches since the last purchase that are over by as_of */
  uint32_t searches, told, empty, ready, bought;
  int64_t last_purchase; /* PT_NO_TIME */
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  pt_table_free(&s->queries);
  pt_facts_vec_free(&s->waiting);
  free(s);
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  struct pt_colopen open = {ctx, schema, fields, "consumption"};
  PT_TRY(pt_facts_cols_add(&s->cols, &open, rows, N_ROWS, NULL, err));
  return pt_facts_opened(state, &s->cols, close_state);
}

static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  (void)err;
  ((struct state *)state)->as_of = ctx->as_of;
  return 0;
}

static uint64_t types(void *state) {
  const struct state *s = state;
  return PT_TYPE_BIT(PT_T_SEARCH) | (pt_wanted(&s->cols, PURCHASE_RATE) ? PT_TYPE_BIT(PT_T_PURCHASE) : 0);
}

static void begin(void *state) {
  struct state *s = state;
  pt_table_clear(&s->queries);
  pt_facts_vec_clear(&s->waiting, sizeof(int64_t));
  s->searches = s->told = s->empty = s->ready = s->bought = 0;
  s->last_purchase = PT_NO_TIME;
}

static void purchase(struct state *s, int64_t time) {
  const int64_t *searches = s->waiting.p;
  for (size_t i = s->waiting.n; i-- > 0 && time - searches[i] < HORIZON;) s->bought++;
  s->waiting.n = 0;
  s->last_purchase = time;
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  struct state *s = state;
  if (d->purchase) {
    purchase(s, e->time);
    return 0;
  }
  s->searches++;
  if (e->has & PT_BIT(PT_F_RESULTS)) {
    s->told++;
    s->empty += e->v[PT_F_RESULTS] == 0;
  }
  bool fresh;
  if ((e->has & PT_BIT(PT_F_QUERY)) && !pt_table_put(&s->queries, (uint64_t)e->v[PT_F_QUERY], 0, &fresh))
    return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for a user's queries");
  if (e->time > s->as_of - HORIZON) return 0;
  s->ready++;
  if (s->last_purchase == e->time) { /* a purchase of the same instant that stands before the search */
    s->bought++;
    return 0;
  }
  PT_TRY(pt_facts_vec_room(&s->waiting, 1, sizeof(int64_t), err));
  ((int64_t *)s->waiting.p)[s->waiting.n++] = e->time;
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  struct pt_cols *c = &s->cols;
  pt_facts_cols_at(c, to, range, row);
  pt_put_u32(c, pt_slot_at(c, SEARCHES), s->searches);
  pt_put_u32(c, pt_slot_at(c, QUERIES), (uint32_t)s->queries.n);
  pt_put_f32(c, pt_slot_at(c, EMPTY_RATE), pt_share(s->empty, s->told));
  pt_put_f32(c, pt_slot_at(c, PURCHASE_RATE), pt_share(s->bought, s->ready));
  return 0;
}

const struct pt_family pt_facts_searches = {
    .name = "searches",
    .open = open_state,
    .close = close_state,
    .start = start,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
};

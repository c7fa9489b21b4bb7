/* Returns and rejects; the rate is shrunk towards the population's share of orders with a return. */
#include "facts/family.h"

enum { RETURNS, RATE, REJECTS, ORDERS, RETURNED, N_ROWS };
#define ORDER_ID PT_BIT(PT_F_ORDER_ID)
static const struct pt_colrow rows[N_ROWS] = {
    [RETURNS] = {.name = "return_count", .type = PT_C_U32, .unit = "events", .text = "Return events"},
    [RATE] = {.name = "return_rate",
              .type = PT_C_F32,
              .fields = ORDER_ID,
              .unit = "1",
              .text = "Share of orders with a return, shrunk towards the population's with the weight of 5 orders"},
    [REJECTS] = {.name = "rejects", .type = PT_C_U32, .unit = "events", .text = "Reject events"},
    [ORDERS] = {.name = "_return_rate_orders",
                .type = PT_C_U32,
                .flags = PT_COL_HIDDEN,
                .serves = 1u << RATE,
                .unit = "orders",
                .text = "Orders"},
    [RETURNED] = {.name = "_return_rate_returned",
                  .type = PT_C_U32,
                  .flags = PT_COL_HIDDEN,
                  .serves = 1u << RATE,
                  .unit = "orders",
                  .text = "Orders with a return"},
};

struct state {
  struct pt_cols cols;
  const struct pt_orders *book;
  uint32_t returns, rejects;
  struct pt_popneed needs[2];
  double all, returned; /* of the population */
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  free(s);
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  struct pt_colopen open = {ctx, schema, fields, "consumption"};
  PT_TRY(pt_facts_cols_add(&s->cols, &open, rows, N_ROWS, NULL, err));
  s->book = &ctx->user->orders;
  if (pt_wanted(&s->cols, RATE)) ctx->user->orders.wanted = true;
  s->needs[0] = (struct pt_popneed){.need = PT_NEED_SUM, .column = "_return_rate_orders", .out = &s->all};
  s->needs[1] = (struct pt_popneed){.need = PT_NEED_SUM, .column = "_return_rate_returned", .out = &s->returned};
  return pt_facts_opened(state, &s->cols, close_state);
}

static uint64_t types(void *state) {
  (void)state;
  return PT_TYPE_BIT(PT_T_RETURN) | PT_TYPE_BIT(PT_T_REJECT);
}

static void begin(void *state) {
  struct state *s = state;
  s->returns = s->rejects = 0;
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  (void)d;
  (void)err;
  struct state *s = state;
  s->returns += e->type == PT_T_RETURN;
  s->rejects += e->type == PT_T_REJECT;
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  struct pt_cols *c = &s->cols;
  pt_facts_cols_at(c, to, range, row);
  pt_put_u32(c, pt_slot_at(c, RETURNS), s->returns);
  pt_put_u32(c, pt_slot_at(c, REJECTS), s->rejects);
  pt_put_f32(c, pt_slot_at(c, RATE), NAN);
  pt_put_u32(c, pt_slot_at(c, ORDERS), s->book->bought);
  pt_put_u32(c, pt_slot_at(c, RETURNED), s->book->returned);
  return 0;
}

static struct pt_popneed *needs(void *state, uint32_t *n) {
  struct state *s = state;
  *n = pt_wanted(&s->cols, RATE) ? 2 : 0;
  return s->needs;
}

static int finish(void *state, struct pt_rows *to, uint32_t range, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  if (!pt_wanted(&s->cols, RATE) || !(s->all > 0)) return 0;
  struct pt_cols *c = &s->cols;
  pt_facts_cols_range(c, to, range);
  const uint32_t *orders = (const uint32_t *)(const void *)pt_slot_at(c, ORDERS)->values;
  const uint32_t *returned = (const uint32_t *)(const void *)pt_slot_at(c, RETURNED)->values;
  __int128 all = (__int128)s->all, all_returned = (__int128)s->returned;
  uint32_t n = pt_rows_in(to, range);
  for (c->row = 0; c->row < n; c->row++) {
    if (orders[c->row] == 0) continue;
    /* (k + 5 K / N) / (n + 5) */
    pt_put_f32(c, pt_slot_at(c, RATE),
               pt_share(returned[c->row] * all + 5 * all_returned, all * ((__int128)orders[c->row] + 5)));
  }
  return 0;
}

const struct pt_family pt_facts_returns = {
    .name = "returns",
    .open = open_state,
    .close = close_state,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
    .needs = needs,
    .finish = finish,
};

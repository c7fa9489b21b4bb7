/* Orders by half of the day, and the hour in which a user orders far above what the population's hours would make
 * likely. The Poisson tail P(X >= k) is kept as a logarithm, so that the smallest of several tiny ones is still found;
 * its first term is a lower bound, so the rest of the series is summed for the few hours that can pass. */
#include <portrait/poisson.h>
#include <string.h>

#include "facts/family.h"

#define MIN_ORDERS 5

enum { AM, PM, BURST, HOURS, N_ROWS };
#define ORDER_ID PT_BIT(PT_F_ORDER_ID)
static const struct pt_colrow rows[N_ROWS] = {
    [AM] = {.name = "orders_am",
            .type = PT_C_U32,
            .fields = ORDER_ID,
            .unit = "orders",
            .text = "Orders before noon, local time"},
    [PM] = {.name = "orders_pm",
            .type = PT_C_U32,
            .fields = ORDER_ID,
            .unit = "orders",
            .text = "Orders from noon on, local time"},
    [BURST] = {.name = "burst_hour",
               .type = PT_C_U8,
               .flags = PT_COL_NULLABLE,
               .fields = ORDER_ID,
               .unit = "hours",
               .text = "Local hour with more orders than the population's hours make likely (Poisson p < .01/24), "
                       "from 5 orders"},
    [HOURS] = {.name = "_order_hours",
               .type = PT_C_U32,
               .flags = PT_COL_HIDDEN,
               .width = 24,
               .serves = 1u << BURST,
               .unit = "orders",
               .text = "Orders by local hour"},
};

struct state {
  struct pt_cols cols;
  const struct pt_orders *book;
  struct pt_popneed need;
  double population[24];
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
  if (s->cols.n_wanted) ctx->user->orders.wanted = true;
  s->need = (struct pt_popneed){.need = PT_NEED_SUM, .column = "_order_hours", .out = s->population};
  return pt_facts_opened(state, &s->cols, close_state);
}

static uint64_t types(void *state) {
  (void)state;
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  struct pt_cols *c = &s->cols;
  pt_facts_cols_at(c, to, range, row);
  uint32_t am = 0;
  for (int h = 0; h < 12; h++) am += s->book->hour[h];
  pt_put_u32(c, pt_slot_at(c, AM), am);
  pt_put_u32(c, pt_slot_at(c, PM), s->book->bought - am);
  pt_put_u8(c, pt_slot_at(c, BURST), 0);
  pt_put_known(c, pt_slot_at(c, BURST), false);
  uint32_t *hours = (uint32_t *)(void *)pt_slot_at(c, HOURS)->values;
  if (hours) memcpy(hours + (size_t)row * 24, s->book->hour, sizeof s->book->hour);
  return 0;
}

static struct pt_popneed *needs(void *state, uint32_t *n) {
  struct state *s = state;
  *n = pt_wanted(&s->cols, HOURS);
  return &s->need;
}

/* -1 where no hour stands out. */
static int burst_of(const uint32_t *hours, const double *share, double limit) {
  uint64_t n = 0;
  for (int h = 0; h < 24; h++) n += hours[h];
  if (n < MIN_ORDERS) return -1;
  int best = -1;
  double smallest = limit;
  for (int h = 0; h < 24; h++) {
    double mean = (double)n * share[h];
    if (!(hours[h] > mean)) continue; /* at or below the mean p is near a half */
    double p = pt_log_poisson_tail(mean, hours[h], limit);
    if (p >= smallest) continue;
    smallest = p;
    best = h;
  }
  return best;
}

static int finish(void *state, struct pt_rows *to, uint32_t range, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  struct pt_cols *c = &s->cols;
  if (!pt_wanted(c, HOURS)) return 0;
  double all = 0, share[24];
  for (int h = 0; h < 24; h++) all += s->population[h];
  if (!(all > 0)) return 0;
  for (int h = 0; h < 24; h++) share[h] = s->population[h] / all;
  const double limit = log(0.01 / 24);
  pt_facts_cols_range(c, to, range);
  const uint32_t *hours = (const uint32_t *)(const void *)pt_slot_at(c, HOURS)->values;
  uint32_t n = pt_rows_in(to, range);
  for (c->row = 0; c->row < n; c->row++) {
    int hour = burst_of(hours + (size_t)c->row * 24, share, limit);
    if (hour < 0) continue;
    pt_put_u8(c, pt_slot_at(c, BURST), (uint8_t)hour);
    pt_put_known(c, pt_slot_at(c, BURST), true);
  }
  return 0;
}

const struct pt_family pt_facts_burst = {
    .name = "burst",
    .open = open_state,
    .close = close_state,
    .types = types,
    .end = end,
    .needs = needs,
    .finish = finish,
};

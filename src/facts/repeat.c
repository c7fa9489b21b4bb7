/* Days to the second and third order, and whether a second purchase day came within a horizon. A horizon that is not
 * over on the last day is missing, even where the second purchase has happened: else early buyers would count double.
 */
#include "facts/family.h"

enum { SECOND, THIRD, WITHIN, N_ROWS = WITHIN + 4 };
static const int32_t horizons[4] = {30, 60, 90, 180};
#define ORDER_ID PT_BIT(PT_F_ORDER_ID)
#define WITHIN_ROW(days)                                                                             \
  {                                                                                                  \
    .name = "repurchase_" #days "d", .type = PT_C_BOOL, .flags = PT_COL_NULLABLE, .unit = "",        \
    .text = "A second purchase day within " #days " days of the first; missing until these are over" \
  }
static const struct pt_colrow rows[N_ROWS] = {
    [SECOND] = {.name = "second_order_days",
                .type = PT_C_I32,
                .flags = PT_COL_NULLABLE,
                .fields = ORDER_ID,
                .unit = "days",
                .text = "Days from the first to the second order"},
    [THIRD] = {.name = "third_order_days",
               .type = PT_C_I32,
               .flags = PT_COL_NULLABLE,
               .fields = ORDER_ID,
               .unit = "days",
               .text = "Days from the second to the third order"},
    [WITHIN] = WITHIN_ROW(30),
    [WITHIN + 1] = WITHIN_ROW(60),
    [WITHIN + 2] = WITHIN_ROW(90),
    [WITHIN + 3] = WITHIN_ROW(180),
};

struct state {
  struct pt_cols cols;
  const struct pt_orders *book;
  int64_t last_day;
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
  struct pt_orders *book = &ctx->user->orders;
  book->wanted |= pt_wanted(&s->cols, SECOND) || pt_wanted(&s->cols, THIRD);
  for (uint32_t i = 0; i < 4; i++) book->want_days |= pt_wanted(&s->cols, WITHIN + i);
  s->book = book;
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

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  struct pt_cols *c = &s->cols;
  const struct pt_orders *book = s->book;
  pt_facts_cols_at(c, to, range, row);
  pt_put_days(c, pt_slot_at(c, SECOND), book->bought >= 2, book->first[1] - book->first[0]);
  pt_put_days(c, pt_slot_at(c, THIRD), book->bought >= 3, book->first[2] - book->first[1]);
  size_t days = pt_purchase_days(book);
  int32_t first = days > 0 ? pt_purchase_day(book, 0) : 0;
  for (uint32_t i = 0; i < 4; i++) {
    bool over = days > 0 && (int64_t)first + horizons[i] <= s->last_day;
    bool again = days > 1 && pt_purchase_day(book, 1) - first <= horizons[i];
    pt_put_flag(c, pt_slot_at(c, WITHIN + i), over, again);
  }
  return 0;
}

const struct pt_family pt_facts_repeat = {
    .name = "repeat",
    .open = open_state,
    .close = close_state,
    .start = start,
    .types = types,
    .end = end,
};

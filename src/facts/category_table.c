/* What a user did, bought and will need again in each leaf category. Purchase days are noted as (category, day) pairs
 * and parted at the end of the user. The cycle of a category is that of all purchases (cycle.c) with the days of the
 * category: with one gap g it is (g + 3P)/4, P of the whole, so amounts, cycles and due days become doubles after the
 * population is known. Memory: 48 bytes a category that the user touches, 8 a purchase. */
#include <portrait/decimal.h>
#include <string.h>

#include "facts/family.h"
#include "facts/gaps.h"
#include "facts/sparse.h"

enum { EVENTS, PURCHASES, AMOUNT, FIRST, LAST, CYCLE, DUE, REGULAR, N_PLANES };
#define TIME_UNIT "ms since 1970-01-01T00:00:00Z"
static const struct pt_plane planes[N_PLANES] = {
    [EVENTS] = {.name = "category_table_events",
                .type = PT_C_U32,
                .unit = "events",
                .description = "Events of the user in each leaf category",
                .join = PT_JOIN_SUM},
    [PURCHASES] = {.name = "category_table_purchases",
                   .type = PT_C_U32,
                   .unit = "events",
                   .description = "Purchases of the user in each leaf category",
                   .join = PT_JOIN_SUM},
    [AMOUNT] = {.name = "category_table_amount",
                .type = PT_C_F64,
                .unit = "currency",
                .description = "Sum of the purchase amounts in each leaf category",
                .join = PT_JOIN_SUM},
    [FIRST] = {.name = "category_table_first",
               .type = PT_C_I64,
               .unit = TIME_UNIT,
               .description = "Time of the first purchase in each leaf category, 0 without one",
               .join = PT_JOIN_MIN},
    [LAST] = {.name = "category_table_last",
              .type = PT_C_I64,
              .unit = TIME_UNIT,
              .description = "Time of the last purchase in each leaf category, 0 without one",
              .join = PT_JOIN_MAX},
    [CYCLE] = {.name = "category_table_cycle_days",
               .type = PT_C_F32,
               .unit = "days",
               .description = "Median gap between purchase days in each leaf category; with one gap g (g + 3P)/4, P = "
                              "the median over users of their median gap; NaN without a gap",
               .join = PT_JOIN_NONE},
    [DUE] = {.name = "category_table_due_in_days",
             .type = PT_C_F32,
             .unit = "days",
             .description =
                 "Days from the last day to the last purchase day plus the cycle in each leaf category, below "
                 "0 where overdue; NaN without a cycle",
             .join = PT_JOIN_NONE},
    [REGULAR] = {.name = "category_table_regular",
                 .type = PT_C_BOOL,
                 .unit = "",
                 .description = "At least 3 purchase days in the leaf category, and the MAD of their gaps at most half "
                                "the median",
                 .join = PT_JOIN_NONE},
};
#define MADE_OF_DAYS ((1u << CYCLE) | (1u << DUE) | (1u << REGULAR))

/* By the category's number in the book. */
struct cell {
  uint32_t events, purchases;
  int64_t amount, first, last;
  int64_t cycle; /* -1 none, 2 * median2 of the gaps, or 2 g + 1 of one gap */
  int32_t since; /* days since the last purchase day */
  bool regular;
};

struct state {
  struct pt_sparse_rows table;
  struct pt_touched *touched;
  const struct pt_orders *book;
  int64_t last_day;
  bool want_days, want_population;
  struct pt_vec cells; /* struct cell */
  struct pt_vec buys;  /* uint64_t: number << 32 | day, biased to sort */
  struct pt_vec days, gaps;
  int32_t own_gap; /* column of the user's median gap where the family `cycle` has none; -1 */
  struct pt_popneed need;
  double population; /* P */
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_sparse_free(&s->table);
  pt_facts_vec_free(&s->cells);
  pt_facts_vec_free(&s->buys);
  pt_facts_vec_free(&s->days);
  pt_facts_vec_free(&s->gaps);
  free(s);
}

/* P is the median of a column: that of the family `cycle` where the job has it. */
static int open_population(struct state *s, const struct pt_colopen *open, struct pt_err *err) {
  s->need = (struct pt_popneed){.need = PT_NEED_MEDIAN, .column = "_cycle_gap", .out = &s->population};
  if (pt_schema_find(open->schema, s->need.column) >= 0) return 0;
  struct pt_column c = {.name = "_cycle_gap",
                        .type = PT_C_F64,
                        .where = PT_HIDDEN,
                        .family = open->family,
                        .level = "fact",
                        .kind = "dynamic",
                        .unit = "days",
                        .description = "Median gap between purchase days"};
  uint32_t column;
  PT_TRY(pt_schema_add(open->schema, &c, &column, err));
  s->own_gap = (int32_t)column;
  open->ctx->user->orders.want_days = true;
  return 0;
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  struct pt_colopen open = {ctx, schema, fields, "consumption"};
  s->own_gap = -1;
  uint64_t needed = pt_facts_plane_wanted(&open, &planes[DUE]) ? 1u << CYCLE : 0;
  PT_TRY(pt_facts_sparse_add(&s->table, &open, "category_table", PT_F_CATEGORY, planes, N_PLANES, needed, err));
  if (!s->table.any) {
    close_state(s);
    *state = NULL;
    return 0;
  }
  for (uint32_t p = 0; p < N_PLANES; p++) s->want_days |= s->table.at[p] >= 0 && (MADE_OF_DAYS >> p & 1);
  s->want_population = s->table.at[CYCLE] >= 0;
  s->book = &ctx->user->orders;
  s->touched = &ctx->user->touched[PT_TOUCH_CATEGORY];
  s->touched->types = UINT64_MAX;
  return s->want_population ? open_population(s, &open, err) : 0;
}

static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  (void)err;
  ((struct state *)state)->last_day = ctx->last_day;
  return 0;
}

static void begin(void *state) {
  struct state *s = state;
  pt_facts_vec_clear(&s->cells, sizeof(struct cell));
  pt_facts_vec_clear(&s->buys, sizeof(uint64_t));
}

static int purchase(struct state *s, struct cell *c, uint32_t number, const struct pt_event *e,
                    const struct pt_derived *d, struct pt_err *err) {
  if (c->purchases == 0) c->first = e->time;
  c->last = e->time;
  c->purchases++;
  if (__builtin_add_overflow(c->amount, d->money, &c->amount)) c->amount = INT64_MAX;
  if (!s->want_days) return 0;
  uint64_t key = (uint64_t)number << 32 | ((uint32_t)d->day ^ UINT32_C(0x80000000));
  uint64_t *buys = s->buys.p;
  if (s->buys.n && buys[s->buys.n - 1] == key) return 0;
  PT_TRY(pt_facts_vec_room(&s->buys, 1, sizeof key, err));
  ((uint64_t *)s->buys.p)[s->buys.n++] = key;
  return 0;
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  struct state *s = state;
  if (!s->touched->here) return 0;
  uint32_t number = s->touched->at;
  while (s->cells.n <= number) {
    PT_TRY(pt_facts_vec_room(&s->cells, 1, sizeof(struct cell), err));
    ((struct cell *)s->cells.p)[s->cells.n++] = (struct cell){.cycle = -1};
  }
  struct cell *c = (struct cell *)s->cells.p + number;
  c->events++;
  return d->purchase ? purchase(s, c, number, e, d, err) : 0;
}

static int by_number(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

static int days_of(struct state *s, struct cell *c, const uint64_t *buys, size_t n, struct pt_err *err) {
  size_t n_days = 0;
  pt_facts_vec_clear(&s->days, sizeof(int32_t));
  PT_TRY(pt_facts_vec_room(&s->days, n, sizeof(int32_t), err));
  int32_t *days = s->days.p;
  for (size_t i = 0; i < n; i++) {
    int32_t day = (int32_t)((uint32_t)buys[i] ^ UINT32_C(0x80000000));
    if (n_days == 0 || days[n_days - 1] != day) days[n_days++] = day;
  }
  struct pt_gaps gaps;
  PT_TRY(pt_facts_gaps(&s->gaps, days, n_days, &gaps, err));
  int64_t since = s->last_day - days[n_days - 1];
  c->since = since > 0 ? (int32_t)since : 0;
  if (gaps.n == 1) c->cycle = gaps.median2 + 1; /* twice the one gap, and odd */
  if (gaps.n >= 2) c->cycle = 2 * gaps.median2;
  c->regular = gaps.n >= 2 && gaps.mad4 <= gaps.median2; /* MAD <= median / 2 */
  return 0;
}

static int part_days(struct state *s, struct pt_err *err) {
  uint64_t *buys = s->buys.p;
  size_t n = s->buys.n;
  if (n > 1) qsort(buys, n, sizeof *buys, by_number);
  for (size_t from = 0, to; from < n; from = to) {
    for (to = from + 1; to < n && buys[to] >> 32 == buys[from] >> 32;) to++;
    PT_TRY(days_of(s, (struct cell *)s->cells.p + (buys[from] >> 32), buys + from, to - from, err));
  }
  return 0;
}

static int put_gap(struct state *s, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  struct pt_gaps gaps;
  PT_TRY(pt_facts_gaps(&s->gaps, s->book->days.p, s->book->days.n, &gaps, err));
  ((double *)pt_rows_values(to, range, (uint32_t)s->own_gap))[row] = gaps.n ? pt_share(gaps.median2, 2) : NAN;
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  struct state *s = state;
  struct pt_sparse_rows *t = &s->table;
  const uint64_t *order;
  if (s->own_gap >= 0) PT_TRY(put_gap(s, to, range, row, err));
  PT_TRY(part_days(s, err));
  PT_TRY(pt_facts_touched_order(s->touched, &order, err));
  for (size_t i = 0; i < s->cells.n; i++) {
    const struct cell *c = (const struct cell *)s->cells.p + (uint32_t)order[i];
    int64_t *v;
    PT_TRY(pt_facts_sparse_cell(t, (uint32_t)(order[i] >> 32), &v, err));
    pt_cell_set(t, v, EVENTS, c->events);
    pt_cell_set(t, v, PURCHASES, c->purchases);
    pt_cell_set(t, v, AMOUNT, c->amount);
    pt_cell_set(t, v, FIRST, c->first);
    pt_cell_set(t, v, LAST, c->last);
    pt_cell_set(t, v, CYCLE, c->cycle);
    pt_cell_set(t, v, DUE, c->since);
    pt_cell_set(t, v, REGULAR, c->regular);
  }
  return pt_facts_sparse_put(t, to, range, row, err);
}

static struct pt_popneed *needs(void *state, uint32_t *n) {
  struct state *s = state;
  *n = s->want_population;
  return &s->need;
}

static void finish_cell(const struct state *s, int64_t *v, double p) {
  const int *at = s->table.at;
  if (at[AMOUNT] >= 0) pt_cell_real(&v[at[AMOUNT]], pt_real(v[at[AMOUNT]]) / PT_MONEY_SCALE);
  if (at[REGULAR] >= 0 && v[at[REGULAR]] < 0) v[at[REGULAR]] = 0; /* of `other` */
  if (at[CYCLE] < 0) return;
  int64_t cycle = v[at[CYCLE]];
  double four = cycle < 0 ? NAN : cycle & 1 ? pt_real(cycle / 2) + 3 * p : pt_real(cycle); /* exact: halves */
  if (at[DUE] >= 0) pt_cell_real(&v[at[DUE]], four / 4 - pt_real(v[at[DUE]]));
  pt_cell_real(&v[at[CYCLE]], four / 4);
}

static int finish(void *state, struct pt_rows *to, uint32_t range, struct pt_err *err) {
  (void)err;
  const struct state *s = state;
  double p = isnan(s->population) ? PT_CYCLE_OVER_NOBODY : s->population;
  for (uint32_t row = 0; row < pt_rows_in(to, range); row++) {
    struct pt_cells cells = pt_row_cells(&s->table, to, range, row);
    for (size_t i = 0; i < cells.n; i++) finish_cell(s, cells.v + i * cells.words + 1, p);
  }
  return 0;
}

const struct pt_family pt_facts_category_table = {
    .name = "category_table",
    .open = open_state,
    .close = close_state,
    .start = start,
    .begin = begin,
    .event = event,
    .end = end,
    .needs = needs,
    .finish = finish,
};

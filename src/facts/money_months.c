/* Orders by day, money by month, and purchases by top category and month, kept for the segments' tables burst, cohorts
 * and trend: hidden columns of bytes. Only purchases and what is deducted from them is looked at. A user takes about 8
 * bytes a month with money, 3 a day with orders, 10 a top category and month. */
#include <portrait/cells.h>
#include <string.h>

#include "facts/family.h"

struct month {
  int32_t month;
  uint32_t purchases;
  int64_t spend, net;
};

struct top {
  uint32_t code;
  int32_t month;
  uint32_t purchases;
  int64_t spend;
};

struct day {
  int32_t day;
  uint32_t orders;
};

struct state {
  bool burst, cohorts, trend;
  uint32_t order_days, money_months, top_months; /* columns */
  const struct pt_orders *book;
  struct pt_dict *tops; /* the first parts of categories */
  uint32_t *top_of;     /* by dictionary code of the category */
  uint32_t n_top_of;
  int32_t month_day, month; /* the month of the latest day asked for */

  uint32_t bought; /* orders of the book so far */
  struct pt_vec days, months, cells;
  struct pt_table cell_of; /* by top category and month */
  struct pt_buf bytes;
};

static void close_state(void *state) {
  struct state *s = state;
  pt_dict_free(s->tops);
  pt_facts_vec_free(&s->days);
  pt_facts_vec_free(&s->months);
  pt_facts_vec_free(&s->cells);
  pt_table_free(&s->cell_of);
  pt_buf_free(&s->bytes);
  free(s->top_of);
  free(s);
}

static int add_columns(struct state *s, struct pt_schema *schema, struct pt_err *err) {
  if (s->burst)
    PT_TRY(pt_facts_hidden(schema, "_order_days", "orders", "orders by local day", NULL, &s->order_days, err));
  if (s->cohorts)
    PT_TRY(pt_facts_hidden(schema, "_money_months", "currency", "purchases, spend and net spend by local month", NULL,
                           &s->money_months, err));
  if (!s->trend) return 0;
  s->tops = pt_dict_new();
  if (!s->tops) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for the top categories");
  return pt_facts_hidden(schema, "_top_months", "purchases", "purchases and spend by top category and month", s->tops,
                         &s->top_months, err);
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  s->burst = pt_facts_table(ctx, "burst");
  s->cohorts = pt_facts_table(ctx, "cohorts");
  s->trend = pt_facts_table(ctx, "trend");
  if (!s->burst && !s->cohorts && !s->trend) {
    close_state(s);
    *state = NULL;
    return 0;
  }
  struct pt_orders *book = &ctx->user->orders;
  s->book = book;
  book->wanted |= s->burst || s->cohorts;
  book->want_net |= s->cohorts;
  if (s->burst || s->cohorts) *fields |= PT_BIT(PT_F_ORDER_ID);
  if (s->trend) *fields |= PT_BIT(PT_F_CATEGORY);
  s->month_day = PT_NO_DAY;
  return add_columns(s, schema, err);
}

/* The first parts of all categories of the input, once. */
static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  struct state *s = state;
  if (!s->trend) return 0;
  free(s->top_of);
  s->n_top_of = ctx->n_dict[PT_F_CATEGORY];
  s->top_of = malloc(((size_t)s->n_top_of + 1) * sizeof *s->top_of);
  if (!s->top_of) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for %u categories", s->n_top_of);
  for (uint32_t i = 0; i < s->n_top_of; i++) {
    struct pt_slice whole = ctx->dict[PT_F_CATEGORY][i];
    const char *point = memchr(whole.p, '.', whole.n);
    s->top_of[i] = pt_dict_put(s->tops, (struct pt_slice){whole.p, point ? (size_t)(point - whole.p) : whole.n});
    if (s->top_of[i] == PT_NO_CODE) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for the top categories");
  }
  return 0;
}

static uint64_t types(void *state) {
  return ((struct state *)state)->cohorts ? PT_MONEY_TYPES : PT_TYPE_BIT(PT_T_PURCHASE);
}

static void begin(void *state) {
  struct state *s = state;
  s->bought = 0;
  pt_facts_vec_clear(&s->days, sizeof(struct day));
  pt_facts_vec_clear(&s->months, sizeof(struct month));
  if (s->cells.n) pt_table_clear(&s->cell_of);
  pt_facts_vec_clear(&s->cells, sizeof(struct top));
}

static int32_t month_at(struct state *s, int32_t day) {
  if (day != s->month_day) s->month = pt_month_of(day);
  s->month_day = day;
  return s->month;
}

/* Saturates at 9.2e14 currency units. */
static void add_money(int64_t *sum, int64_t money) {
  if (__builtin_add_overflow(*sum, money, sum)) *sum = money < 0 ? INT64_MIN : INT64_MAX;
}

/* Local months rise with time but at some changes of offset: searched from the end. */
static int month_cell(struct state *s, int32_t day, struct month **out, struct pt_err *err) {
  int32_t month = month_at(s, day);
  struct month *v = s->months.p;
  size_t i = s->months.n;
  while (i > 0 && v[i - 1].month > month) i--;
  if (i > 0 && v[i - 1].month == month) {
    *out = &v[i - 1];
    return 0;
  }
  PT_TRY(pt_facts_vec_room(&s->months, 1, sizeof *v, err));
  v = s->months.p;
  if (i < s->months.n) memmove(&v[i + 1], &v[i], (s->months.n - i) * sizeof *v);
  s->months.n++;
  v[i] = (struct month){.month = month};
  *out = &v[i];
  return 0;
}

static int note_order(struct state *s, int32_t day, struct pt_err *err) {
  struct day *v = s->days.p;
  size_t i = s->days.n;
  while (i > 0 && v[i - 1].day > day) i--;
  if (i > 0 && v[i - 1].day == day) {
    v[i - 1].orders++;
    return 0;
  }
  PT_TRY(pt_facts_vec_room(&s->days, 1, sizeof *v, err));
  v = s->days.p;
  if (i < s->days.n) memmove(&v[i + 1], &v[i], (s->days.n - i) * sizeof *v);
  s->days.n++;
  v[i] = (struct day){day, 1};
  return 0;
}

static int note_top(struct state *s, uint32_t code, const struct pt_derived *d, struct pt_err *err) {
  int32_t month = month_at(s, d->day);
  struct top *last = s->cells.n ? (struct top *)s->cells.p + (s->cells.n - 1) : NULL;
  if (!last || last->code != code || last->month != month) {
    bool fresh;
    uint32_t *at = pt_table_put(&s->cell_of, (uint64_t)code << 32 | (uint32_t)month, (uint32_t)s->cells.n, &fresh);
    if (!at) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for a user's categories");
    uint32_t i = *at;
    if (fresh) {
      PT_TRY(pt_facts_vec_room(&s->cells, 1, sizeof *last, err));
      ((struct top *)s->cells.p)[s->cells.n++] = (struct top){code, month, 0, 0};
    }
    last = (struct top *)s->cells.p + i;
  }
  last->purchases++;
  add_money(&last->spend, d->money);
  return 0;
}

static int purchase(struct state *s, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  if (s->burst && s->book->bought != s->bought) {
    s->bought = s->book->bought; /* the book, told before us, saw an order begin */
    PT_TRY(note_order(s, d->day, err));
  }
  if (s->cohorts) {
    struct month *m;
    PT_TRY(month_cell(s, d->day, &m, err));
    m->purchases++;
    add_money(&m->spend, d->money);
    add_money(&m->net, d->money);
  }
  uint64_t category = (uint64_t)pt_ev(e, PT_F_CATEGORY, -1);
  return s->trend && category < s->n_top_of ? note_top(s, s->top_of[category], d, err) : 0;
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  struct state *s = state;
  if (d->purchase) return purchase(s, e, d, err);
  /* what belongs to an order and is no refund is settled by the book at the end */
  if (!s->cohorts || d->money == 0 || (!d->refund && (e->has & PT_BIT(PT_F_ORDER_ID)))) return 0;
  struct month *m;
  PT_TRY(month_cell(s, d->day, &m, err));
  add_money(&m->net, -d->money);
  return 0;
}

static int room(struct state *s, size_t numbers, struct pt_err *err) {
  s->bytes.n = 0;
  if (pt_buf_reserve(&s->bytes, numbers * PT_CELL_MAX + 1))
    return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for a user's months");
  return 0;
}
static void put(struct state *s, uint64_t v) {
  s->bytes.n += pt_cell_put(s->bytes.p + s->bytes.n, v);
}
static void put_signed(struct state *s, int64_t v) {
  s->bytes.n += pt_cell_put_signed(s->bytes.p + s->bytes.n, v);
}
/* The first of an ascending run as it is, the others as gaps. */
static void put_next(struct state *s, size_t i, int32_t v, int32_t before) {
  if (i)
    put(s, (uint64_t)(v - before));
  else
    put_signed(s, v);
}

static int end_days(struct state *s, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  const struct day *v = s->days.p;
  PT_TRY(room(s, 2 * s->days.n, err));
  for (size_t i = 0; i < s->days.n; i++) {
    put_next(s, i, v[i].day, i ? v[i - 1].day : 0);
    put(s, v[i].orders);
  }
  return s->days.n ? pt_rows_put(to, range, s->order_days, row, s->bytes.p, s->bytes.n, err) : 0;
}

static int end_months(struct state *s, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  const struct pt_deduction *list = s->book->deductions.p;
  for (size_t i = 0; i < s->book->deductions.n; i++) {
    struct month *m;
    if (list[i].money == 0) continue;
    PT_TRY(month_cell(s, list[i].day, &m, err));
    add_money(&m->net, -list[i].money);
  }
  const struct month *v = s->months.p;
  PT_TRY(room(s, 4 * s->months.n, err));
  for (size_t i = 0; i < s->months.n; i++) {
    put_next(s, i, v[i].month, i ? v[i - 1].month : 0);
    put(s, v[i].purchases);
    put_signed(s, v[i].spend);
    put_signed(s, v[i].net);
  }
  return s->months.n ? pt_rows_put(to, range, s->money_months, row, s->bytes.p, s->bytes.n, err) : 0;
}

static int end_tops(struct state *s, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  const struct top *v = s->cells.p;
  PT_TRY(room(s, 4 * s->cells.n, err));
  for (size_t i = 0; i < s->cells.n; i++) {
    put(s, v[i].code);
    put_signed(s, v[i].month);
    put(s, v[i].purchases);
    put_signed(s, v[i].spend);
  }
  return s->cells.n ? pt_rows_put(to, range, s->top_months, row, s->bytes.p, s->bytes.n, err) : 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  struct state *s = state;
  if (s->burst) PT_TRY(end_days(s, to, range, row, err));
  if (s->cohorts) PT_TRY(end_months(s, to, range, row, err));
  return s->trend ? end_tops(s, to, range, row, err) : 0;
}

const struct pt_family pt_facts_money_months = {
    .name = "money_months",
    .open = open_state,
    .close = close_state,
    .start = start,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
};

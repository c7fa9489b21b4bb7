/* What a metric makes of one user's events. Cells are by smallest window and are added up at the end, so an event
 * touches one of them. Sums are integers of 10^-digits in 128 bits and become a double once. Memory: 16 bytes and a
 * half for each different value of a user (distinct, top), told to the rank's account. */
#include <math.h>
#include <portrait/decimal.h>
#include <string.h>

#include "facts/metrics.h"

#define LARGEST 1e22 /* a value beyond it counts as unknown: 10^7 of them still fit the sum */

static const int64_t power10[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, INT64_C(1000000000)};

/* The table's growth goes to the account of the rank. */
static void account(struct pt_metric_run *r, uint64_t bytes) {
  if (!r->mem) return;
  if (bytes > r->charged)
    pt_mem_charge(r->mem, bytes - r->charged);
  else
    pt_mem_release(r->mem, r->charged - bytes);
  r->charged = bytes;
}

void pt_metric_forget(struct pt_metric_run *r) {
  account(r, 0);
}

void pt_metric_begin(struct pt_metric_run *r) {
  if (!r->any) return;
  r->any = false;
  memset(r->cell, 0, sizeof r->cell);
  if (r->conf->op == PT_M_DISTINCT) {
    pt_table_clear(&r->seen);
    account(r, r->seen.cap * sizeof *r->seen.cells);
  }
  for (uint32_t w = 0; r->modal && w < r->n_windows; w++) pt_facts_modal_clear(&r->modal[w]);
  r->days = (struct pt_days){.latest = PT_NO_DAY};
}

/* In 10^-digits, rounded half away from zero where it has more. */
static __int128 fixed(const struct pt_xvalue *v, int digits) {
  if (!v->exact) {
    double scaled = round(v->number * (double)power10[digits]);
    return (__int128)scaled;
  }
  if (v->scale <= digits) return (__int128)v->mantissa * power10[digits - v->scale];
  int64_t unit = 1, m = v->mantissa;
  for (int s = v->scale; s > digits; s--) unit *= 10;
  int64_t rest = m % unit;
  if (rest < 0) rest = -rest;
  return (__int128)(m / unit) + (rest >= unit - rest ? (m < 0 ? -1 : 1) : 0);
}

/* -- distinct -- */

/* A key under which equal values meet: an id's hash, a text's id, a number in 10^-9. */
static int key_of(struct pt_metric_run *r, const struct pt_metric_at *at, bool *known, uint64_t *key,
                  struct pt_err *err) {
  *known = false;
  if (r->of.type == PT_X_ANY) {
    *known = (at->e->has & PT_BIT(r->of.field)) != 0;
    if (*known) *key = (uint64_t)at->e->v[r->of.field];
    return 0;
  }
  if (r->of.type == PT_X_TEXT) {
    uint32_t id;
    PT_TRY(pt_metric_text_id(&r->of, at, &id, err));
    *known = id != PT_NO_CODE;
    *key = id;
    return 0;
  }
  struct pt_xvalue v;
  pt_metric_value(&r->of, at, &v);
  *known = v.type == PT_X_NUMBER && fabs(v.number) <= LARGEST;
  if (!*known) return 0;
  __int128 number = fixed(&v, r->digits);
  *key = number == (int64_t)number ? (uint64_t)(int64_t)number : pt_hash64(&number, sizeof number);
  return 0;
}

static int take_distinct(struct pt_metric_run *r, const struct pt_metric_at *at, uint32_t w, struct pt_err *err) {
  bool known, fresh;
  uint64_t key = 0;
  PT_TRY(key_of(r, at, &known, &key, err));
  if (!known) return 0;
  uint32_t *least = pt_table_put(&r->seen, key, w, &fresh);
  if (!least) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for a user's distinct values");
  if (r->seen.cap * sizeof *r->seen.cells != r->charged) account(r, r->seen.cap * sizeof *r->seen.cells);
  if (fresh) {
    r->cell[w].n++;
  } else if (w < *least) { /* met again, more lately */
    r->cell[*least].n--;
    r->cell[w].n++;
    *least = w;
  }
  return 0;
}

/* -- the others -- */

static int take_top(struct pt_metric_run *r, const struct pt_metric_at *at, uint32_t w, struct pt_err *err) {
  uint32_t id;
  PT_TRY(pt_metric_text_id(&r->of, at, &id, err));
  for (; id != PT_NO_CODE && w < r->n_windows; w++) PT_TRY(pt_facts_modal_add(&r->modal[w], id, at->e->time, err));
  return 0;
}

static void keep(const struct pt_metric_run *r, struct pt_metric_cell *c, const struct pt_xvalue *v, uint64_t seq) {
  enum pt_metric_op op = r->conf->op;
  bool better = c->n == 0 || op == PT_M_LAST || (op == PT_M_MIN && v->number < c->number) ||
                (op == PT_M_MAX && v->number > c->number);
  c->n++;
  if (!better) return;
  c->number = v->number;
  c->time = v->mantissa;
  c->seq = seq;
}

static int take_text(struct pt_metric_run *r, const struct pt_metric_at *at, struct pt_metric_cell *c, uint64_t seq,
                     struct pt_err *err) {
  uint32_t id;
  PT_TRY(pt_metric_text_id(&r->of, at, &id, err));
  if (id == PT_NO_CODE) return 0;
  if (r->conf->op == PT_M_LAST || c->n == 0) {
    c->id = id;
    c->seq = seq;
  }
  c->n++;
  return 0;
}

static int count_known(struct pt_metric_run *r, const struct pt_metric_at *at, struct pt_metric_cell *c,
                       struct pt_err *err) {
  bool known;
  uint64_t key;
  PT_TRY(key_of(r, at, &known, &key, err));
  c->n += known;
  return 0;
}

int pt_metric_take(struct pt_metric_run *r, const struct pt_metric_at *at, uint32_t w, uint64_t seq,
                   struct pt_err *err) {
  struct pt_metric_cell *c = &r->cell[w];
  struct pt_xvalue v;
  r->any = true;
  switch (r->conf->op) {
    case PT_M_COUNT:
      if (r->has_of) return count_known(r, at, c, err);
      c->n++;
      return 0;
    case PT_M_DAYS:
      c->n += pt_day_new(&r->days, at->d->day);
      return 0;
    case PT_M_DISTINCT:
      return take_distinct(r, at, w, err);
    case PT_M_TOP:
      return take_top(r, at, w, err);
    default:
      break;
  }
  if (r->of.type == PT_X_TEXT) return take_text(r, at, c, seq, err);
  pt_metric_value(&r->of, at, &v);
  if (v.type != PT_X_NUMBER || !(fabs(v.number) <= LARGEST)) return 0;
  if (r->conf->op != PT_M_SUM && r->conf->op != PT_M_MEAN) {
    keep(r, c, &v, seq);
    return 0;
  }
  c->sum += fixed(&v, r->digits);
  c->n++;
  return 0;
}

/* -- the row -- */

/* What the larger window has beside the smaller ones. */
static void join(const struct pt_metric_run *r, struct pt_metric_cell *all, const struct pt_metric_cell *c) {
  enum pt_metric_op op = r->conf->op;
  bool better = all->n == 0;
  if (op == PT_M_FIRST) better = better || c->seq < all->seq;
  if (op == PT_M_LAST) better = better || c->seq > all->seq;
  if (op == PT_M_MIN) better = better || c->number < all->number;
  if (op == PT_M_MAX) better = better || c->number > all->number;
  if (c->n == 0) return;
  all->sum += c->sum;
  all->n += c->n;
  if (!better) return;
  all->number = c->number;
  all->time = c->time;
  all->seq = c->seq;
  all->id = c->id;
}

/* The nearest double of sum / 10^digits: trailing zeros go first, so that 12.50 is not more digits than 12.5. */
static double real_sum(__int128 sum, int digits) {
  for (; digits > PT_MONEY_DIGITS && sum % 10 == 0; digits--) sum /= 10;
  return pt_real(sum) / (double)power10[digits];
}

static int put_label(struct pt_metric_run *r, struct pt_cols *cols, uint32_t w, const struct pt_facts_ctx *ctx,
                     bool known, uint32_t id, struct pt_err *err) {
  int32_t code = -1;
  if (known) {
    uint32_t at = pt_dict_put(r->labels[w], pt_metric_id_text(&r->of, ctx, id));
    if (at == PT_NO_CODE) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for labels");
    code = (int32_t)at;
  }
  pt_put_i32(cols, &cols->slots[r->slot + w], code);
  return 0;
}

struct texts {
  const struct pt_metric_run *r;
  const struct pt_facts_ctx *ctx;
};

static bool less(void *ctx, uint64_t a, uint64_t b) {
  const struct texts *t = ctx;
  return pt_slice_cmp(pt_metric_id_text(&t->r->of, t->ctx, (uint32_t)a),
                      pt_metric_id_text(&t->r->of, t->ctx, (uint32_t)b)) < 0;
}

static int put_top(struct pt_metric_run *r, struct pt_cols *cols, uint32_t w, const struct pt_facts_ctx *ctx,
                   struct pt_err *err) {
  struct texts texts = {r, ctx};
  const struct pt_modal_cell *best = pt_facts_modal_best(&r->modal[w], less, &texts);
  return put_label(r, cols, w, ctx, best != NULL, best ? (uint32_t)best->key : 0, err);
}

static int put_one(struct pt_metric_run *r, struct pt_cols *cols, uint32_t w, const struct pt_metric_cell *c,
                   const struct pt_facts_ctx *ctx, struct pt_err *err) {
  const struct pt_slot *slot = &cols->slots[r->slot + w];
  switch (r->conf->op) {
    case PT_M_COUNT:
    case PT_M_DISTINCT:
      pt_put_u32(cols, slot, c->n > UINT32_MAX ? UINT32_MAX : (uint32_t)c->n);
      return 0;
    case PT_M_DAYS:
      pt_put_u16(cols, slot, (uint16_t)(c->n > UINT16_MAX ? UINT16_MAX : c->n));
      return 0;
    case PT_M_SUM:
      pt_put_f64(cols, slot, real_sum(c->sum, r->digits));
      return 0;
    case PT_M_MEAN:
      pt_put_f64(cols, slot, pt_share(c->sum, (__int128)c->n * power10[r->digits]));
      return 0;
    case PT_M_TOP:
      return put_top(r, cols, w, ctx, err);
    default:
      break;
  }
  if (r->of.type == PT_X_TEXT) return put_label(r, cols, w, ctx, c->n > 0, c->id, err);
  if (r->of_time)
    pt_put_time(cols, slot, c->n > 0, c->time);
  else
    pt_put_f64(cols, slot, c->n ? c->number : NAN);
  return 0;
}

int pt_metric_put(struct pt_metric_run *r, struct pt_cols *cols, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  struct pt_metric_cell all = {0};
  for (uint32_t w = 0; w < r->n_windows; w++) {
    join(r, &all, &r->cell[w]);
    PT_TRY(put_one(r, cols, w, &all, ctx, err));
  }
  return 0;
}

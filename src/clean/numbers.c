/* Numbers of an event. All of them are checked whether they travel or not: a line is good or bad whatever columns are
 * asked for. */
#include "clean_priv.h"

#include <math.h>
#include <stdlib.h>

static void set(struct pt_cleaner *c, struct pt_event *e, enum pt_field f, int64_t v) {
  e->v[f] = v;
  e->has |= PT_BIT(f) & c->carried[e->type];
}

/* 1 given, 0 absent, -1 bad. */
static inline int number_text(struct pt_cleaner *c, enum pt_field f, struct pt_slice *text) {
  if (!(c->in->maybe >> f & 1)) return 0;
  const struct pt_value *v = &c->in->v[f];
  if (v->kind == PT_V_ABSENT || v->kind == PT_V_NULL) return 0;
  if (v->kind != PT_V_TEXT && v->kind != PT_V_NUMBER) return -1;
  *text = (struct pt_slice){v->p, v->n};
  if (v->kind == PT_V_TEXT && pt_slice_trim(*text).n == 0) return 0;
  return 1;
}

/* Rate of the event's currency: 0 = none to apply, -1 = rejected, else 1e9 times the rate. */
static int64_t rate_of(struct pt_cleaner *c) {
  const struct pt_conf *conf = c->conf;
  if (!conf->currency[0]) return 0;
  struct pt_slice code = pt_clean_text(&c->in->v[PT_F_CURRENCY]);
  if (code.n == 0 || pt_slice_eq(code, pt_slice_of(conf->currency))) return 0;
  for (uint32_t i = 0; i < conf->n_rates; i++)
    if (pt_slice_eq(code, pt_slice_of(conf->rates[i].code))) return conf->rates[i].rate_e9;
  return -1;
}

static int64_t rounded_div(__int128 v, int64_t by) {
  return (int64_t)((v + (v < 0 ? -(__int128)by / 2 : by / 2)) / by);
}

/* Money with a rate: read with seven decimals, multiplied exactly, rounded once. */
static inline int money(struct pt_cleaner *c, enum pt_field f, int64_t rate, int64_t *out) {
  struct pt_slice text;
  int there = number_text(c, f, &text);
  if (there <= 0) return there;
  if (rate <= 0) return pt_decimal(text, PT_MONEY_DIGITS, PT_MAX_MONEY, out) ? -1 : 1;
  int64_t fine;
  if (pt_decimal(text, 7, PT_MAX_MONEY / 20000, &fine)) {
    if (pt_decimal(text, PT_MONEY_DIGITS, PT_MAX_MONEY, out)) return -1;
    *out = rounded_div((__int128)*out * rate, INT64_C(1000000000));
    return 1;
  }
  *out = rounded_div((__int128)fine * rate, INT64_C(1000000000000));
  return 1;
}

/* What money travels, and the catalogue's amount of the event. */
struct sums {
  int64_t price, list_price, discount, amount, quantity;
  bool has_price, has_list, has_discount, has_amount;
};

static bool read_money(struct pt_cleaner *c, int64_t rate, struct sums *s) {
  int a = money(c, PT_F_PRICE, rate, &s->price), b = money(c, PT_F_LIST_PRICE, rate, &s->list_price);
  int d = money(c, PT_F_DISCOUNT, rate, &s->discount), m = money(c, PT_F_AMOUNT, rate, &s->amount);
  struct pt_slice text;
  int q = number_text(c, PT_F_QUANTITY, &text);
  s->quantity = PT_QTY_SCALE;
  if (q > 0 && pt_decimal(text, PT_QTY_DIGITS, PT_MAX_MONEY, &s->quantity)) q = -1;
  if (a < 0 || b < 0 || d < 0 || m < 0 || q < 0) return false;
  s->has_price = a > 0, s->has_list = b > 0, s->has_discount = d > 0, s->has_amount = m > 0;
  return !(s->has_price && s->price < 0 && s->quantity >= 0);
}

static bool work_out_amount(struct pt_cleaner *c, int64_t rate, struct sums *s) {
  if (c->in->has_amount) {
    s->amount = rate > 0 ? rounded_div((__int128)c->in->amount * rate, INT64_C(1000000000)) : c->in->amount;
    s->has_amount = true;
    return true;
  }
  if (c->amount) {
    int told = pt_clean_amount_rule(c, &s->amount);
    if (told < 0) return false;
    if (told > 0) s->has_amount = true;
    if (told > 0 && rate > 0) s->amount = rounded_div((__int128)s->amount * rate, INT64_C(1000000000));
    if (told > 0) return true; /* where the rule is unknown the fields say it, as without one */
  }
  if (s->has_amount || !s->has_price) return true;
  __int128 product = (__int128)s->price * s->quantity, limit = (__int128)PT_MAX_MONEY * PT_MONEY_SCALE;
  if (product > limit * PT_QTY_SCALE || product < -limit * PT_QTY_SCALE) return false;
  s->amount = pt_money_times(s->price, s->quantity) - (s->has_discount ? s->discount : 0);
  s->has_amount = true;
  return true;
}

static bool others(struct pt_cleaner *c, struct pt_event *e) {
  const uint64_t all = PT_BIT(PT_F_RESULTS) | PT_BIT(PT_F_RATING) | PT_BIT(PT_F_LATITUDE) | PT_BIT(PT_F_LONGITUDE);
  if (!(c->in->maybe & all)) return true;
  static const enum pt_field reals[] = {PT_F_RATING, PT_F_LATITUDE, PT_F_LONGITUDE};
  struct pt_slice text;
  int64_t v;
  int there = number_text(c, PT_F_RESULTS, &text);
  if (there < 0 || (there && pt_decimal(text, PT_QTY_DIGITS, PT_MAX_MONEY, &v))) return false;
  if (there) set(c, e, PT_F_RESULTS, v);
  for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
    there = number_text(c, reals[i], &text);
    if (there < 0 || (there && pt_decimal(text, 6, PT_MAX_MONEY, &v))) return false;
    if (!there) continue;
    double real = (double)v / 1e6;
    memcpy(&v, &real, sizeof v);
    set(c, e, reals[i], v);
  }
  return true;
}

bool pt_clean_numbers(struct pt_cleaner *c, struct pt_event *e, enum pt_reason *reason) {
  struct sums s = {0};
  int64_t rate = rate_of(c);
  *reason = PT_R_BAD_NUMBER;
  if (!read_money(c, rate, &s) || !others(c, e) || !work_out_amount(c, rate, &s)) return false;
  *reason = PT_R_CURRENCY;
  if (rate < 0) return false;
  e->v[PT_F_QUANTITY] = s.quantity;
  if (s.quantity != PT_QTY_SCALE) e->has |= PT_BIT(PT_F_QUANTITY) & c->carried[e->type];
  if (s.has_price) set(c, e, PT_F_PRICE, s.price);
  if (s.has_list) set(c, e, PT_F_LIST_PRICE, s.list_price);
  if (s.has_discount) set(c, e, PT_F_DISCOUNT, s.discount);
  if (!s.has_amount) return true;
  if (e->type == PT_T_PURCHASE && s.amount < 0) { /* a purchase with a negative amount is a refund */
    e->type = PT_T_REFUND;
    s.amount = -s.amount;
  }
  set(c, e, PT_F_AMOUNT, s.amount);
  return true;
}

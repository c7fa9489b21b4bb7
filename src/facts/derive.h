/* What every family wants to know of an event, worked out once: local day, hour, windows, visit, money. */
#ifndef PT_FACTS_DERIVE_H
#define PT_FACTS_DERIVE_H
#include <portrait/facts.h>

#define PT_TYPE_BIT(type) (UINT64_C(1) << (type))

struct pt_deriver {
  const struct pt_facts_ctx *ctx;
  int64_t from, to;                  /* UTC instants of the local day at hand that share one offset */
  int64_t midnight;                  /* its 00:00 by that offset */
  int64_t zone_from, zone_to, shift; /* the zone's offset and where it holds */
  struct pt_derived day;             /* the day's part of every event on it */
  uint8_t *window_of;                /* window by days_since, below n_window_of */
  int32_t n_window_of;
  uint64_t visit_types; /* bits of the types that are visits */
  uint8_t counted[PT_T_COUNT];
  uint8_t *other_visit, *other_counted; /* by dictionary code of an unknown name */
  uint32_t n_other;
};

/* ctx is complete. */
int pt_facts_derive_start(struct pt_deriver *r, const struct pt_facts_ctx *ctx, struct pt_err *err) PT_MUST_CHECK;
void pt_facts_derive_stop(struct pt_deriver *r);
/* Moves r to the local day of `time`. */
void pt_facts_derive_day(struct pt_deriver *r, int64_t time);

/* Types that visits may have by the job file: without dictionaries, for planning. PT_T_OTHER where visit_events names
 * any. */
uint64_t pt_facts_visit_types(const struct pt_conf *conf);
/* The type an event counts as: a purchase with a negative amount is a refund. */
static inline enum pt_type pt_type_as(const struct pt_event *e, const struct pt_derived *d) {
  return d->refund ? PT_T_REFUND : (enum pt_type)e->type;
}
/* Code of an unknown event name; -1 where it does not occur. */
int64_t pt_facts_code(const struct pt_facts_ctx *ctx, enum pt_field f, const char *text);

/* By category code: 1 where it is one of `names` or below one. NULL with an error. */
uint8_t *pt_facts_categories(const struct pt_facts_ctx *ctx, const struct pt_names *names, struct pt_err *err);

#define PT_MONEY_TYPES                                                                                           \
  (PT_TYPE_BIT(PT_T_PURCHASE) | PT_TYPE_BIT(PT_T_REFUND) | PT_TYPE_BIT(PT_T_RETURN) | PT_TYPE_BIT(PT_T_CANCEL) | \
   PT_TYPE_BIT(PT_T_REJECT))

static inline void pt_derive_money(const struct pt_event *e, struct pt_derived *d) {
  int64_t amount = pt_ev(e, PT_F_AMOUNT, 0);
  d->has_money = (e->has & PT_BIT(PT_F_AMOUNT)) != 0;
  d->purchase = e->type == PT_T_PURCHASE && amount >= 0;
  d->refund = e->type == PT_T_REFUND || (e->type == PT_T_PURCHASE && amount < 0);
  d->money = amount >= 0 ? amount : amount == INT64_MIN ? INT64_MAX : -amount;
}

static inline void pt_derive(struct pt_deriver *r, const struct pt_event *e, struct pt_derived *d) {
  if (e->time < r->from || e->time >= r->to) pt_facts_derive_day(r, e->time);
  *d = r->day;
  d->hour = (uint8_t)((uint32_t)(e->time - r->midnight) / 3600000u);
  if (PT_MONEY_TYPES >> e->type & 1) pt_derive_money(e, d);
  enum pt_type type = pt_type_as(e, d);
  if (type != PT_T_OTHER) {
    d->visit = r->visit_types >> type & 1;
    d->counted = r->counted[type];
    return;
  }
  uint64_t code = (uint64_t)pt_ev(e, PT_F_EVENT, -1);
  d->visit = code < r->n_other && r->other_visit[code];
  d->counted = code < r->n_other ? r->other_counted[code] : UINT8_MAX;
}

#endif

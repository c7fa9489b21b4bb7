/* One user's sessions, orders and purchase days: kept once for all families that ask. */
#ifndef PT_FACTS_USER_H
#define PT_FACTS_USER_H
#include <portrait/facts.h>
#include <portrait/record.h>
#include <portrait/table.h>

#include "facts/columns.h"
#include "facts/days.h"
#include "facts/derive.h"
#include "facts/touched.h"
#include "facts/vec.h"

struct pt_session {
  int64_t first, last;
  uint32_t events;
};

/* A session = the visit events of one session_id, or a run of those without with gaps up to the key session_gap. */
struct pt_sessions {
  bool wanted;
  int64_t gap;
  struct pt_vec all; /* struct pt_session, in order of their first events */
  struct pt_table by_id;
  uint64_t last_id; /* its session is `last_at`, where has_last */
  uint32_t last_at;
  bool has_last;
  bool has_run; /* `run` is the last session without an id */
  uint32_t run;
  bool began;                     /* the event at hand is the first of a session */
  uint32_t at;                    /* its session's number in `all` */
  uint32_t count[PT_MAX_WINDOWS]; /* by smallest window of the first event */
  uint64_t events;
};

enum { PT_ORDER_BOUGHT = 1, PT_ORDER_VALUED = 2, PT_ORDER_RETURNED = 4, PT_ORDER_REFUNDED = 8, PT_ORDER_COUPON = 16 };

/* All events with one order_id, or one purchase without. */
struct pt_order {
  int64_t value; /* sum of its purchases, saturating at 9.2e14 currency units */
  int64_t taken; /* deducted from it so far */
  uint8_t flags;
};

/* A return, cancel or reject with an amount: deducted at the end, when its order is known whole. */
struct pt_deduction {
  int64_t money; /* after settling: what of it was deducted */
  uint32_t order;
  int32_t day;
  uint8_t window;
};

struct pt_orders {
  bool wanted, want_days, want_net;
  struct pt_vec all; /* struct pt_order, in order of their first events */
  struct pt_table by_id;
  uint64_t last_id; /* its order is `last_at`, where has_last */
  uint32_t last_at;
  bool has_last;
  uint32_t bought; /* orders with a purchase; `first` has the local days of the first three */
  int32_t first[3];
  uint32_t returned, coupon;         /* of the bought ones */
  uint32_t count[PT_MAX_WINDOWS];    /* by smallest window of the first purchase */
  uint32_t hour[24];                 /* by its local hour */
  struct pt_vec deductions;          /* struct pt_deduction, in order */
  __int128 deducted[PT_MAX_WINDOWS]; /* refunds at once, the others after settling */
  struct pt_vec days;                /* int32_t: distinct local days with a purchase, ascending */
};

/* What the user's records say, by field (enum pt_rfield): the latest that gives it holds. */
struct pt_profile {
  const struct pt_names *keep; /* users.keep */
  uint32_t records;
  int64_t latest;              /* time of the latest; PT_UNDATED where none has one */
  uint64_t conflicts;          /* bits of fields of which records say different things; PT_RF_KEPT for all kept ones */
  uint32_t given[PT_RF_COUNT]; /* records that give it */
  int64_t time[PT_RF_COUNT];   /* of the record whose value holds */
  struct pt_slice v[PT_RF_COUNT]; /* packed */
  struct pt_slice kept[PT_MAX_KEPT];
};

struct pt_user {
  struct pt_profile profile;
  struct pt_sessions sessions;
  struct pt_orders orders;
  struct pt_touched touched[PT_TOUCH_FIELDS];
  struct pt_touched *touch[PT_T_COUNT][PT_TOUCH_FIELDS]; /* those told of events of each type */
  uint8_t n_touch[PT_T_COUNT];
};

void pt_facts_profile_clear(struct pt_profile *p);
void pt_facts_profile_record(struct pt_profile *p, const struct pt_event *e);
static inline bool pt_told(const struct pt_profile *p, enum pt_rfield f) {
  return p->given[f] != 0;
}
/* Number f of the profile, where it is told. */
static inline int64_t pt_told_number(const struct pt_profile *p, enum pt_rfield f) {
  return pt_record_number(p->v[f], 0);
}
/* Text f; p NULL where it is not told. */
static inline struct pt_slice pt_told_text(const struct pt_profile *p, enum pt_rfield f) {
  return pt_told(p, f) ? p->v[f] : (struct pt_slice){NULL, 0};
}
/* Full years at `today` (local date), and the records behind them; false where they are not known. */
bool pt_facts_age(const struct pt_profile *p, const struct pt_facts_ctx *ctx, int64_t today, int64_t *years,
                  uint32_t *evidence);
/* Local days since 1970-01-01; full years from one such day to another. */
int64_t pt_local_date(const struct pt_zone *zone, int64_t ms);
int64_t pt_full_years(int64_t birth, int64_t day);

void pt_facts_sessions_clear(struct pt_sessions *s);
void pt_facts_sessions_free(struct pt_sessions *s);
/* A visit event. */
int pt_facts_sessions_event(struct pt_sessions *s, const struct pt_event *e, const struct pt_derived *d,
                            struct pt_err *err) PT_MUST_CHECK;

void pt_facts_orders_clear(struct pt_orders *o);
void pt_facts_orders_free(struct pt_orders *o);
/* An event of PT_MONEY_TYPES. */
int pt_facts_orders_event(struct pt_orders *o, const struct pt_event *e, const struct pt_derived *d,
                          struct pt_err *err) PT_MUST_CHECK;
/* After the last event: deducts what no refund event stands for. */
void pt_facts_orders_settle(struct pt_orders *o);

static inline size_t pt_purchase_days(const struct pt_orders *o) {
  return o->days.n;
}
static inline int32_t pt_purchase_day(const struct pt_orders *o, size_t i) {
  return ((const int32_t *)o->days.p)[i];
}

#endif

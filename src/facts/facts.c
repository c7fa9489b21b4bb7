/* The families of a job. An event is looked at once (derive.h), told to the books of sessions and orders, and to the
 * families that asked for its type; types nobody asks for cost a look-up. Memory: what one user needs, reused. */
#include <portrait/facts.h>
#include <stdlib.h>
#include <string.h>

#include "facts/family.h"

/* One a line: */
// clang-format off
const struct pt_family *const pt_families[] = {
    &pt_facts_attributes,
    &pt_facts_places,
    &pt_facts_registered,
    &pt_facts_completeness,
    &pt_facts_child,
    &pt_facts_activity,
    &pt_facts_visits,
    &pt_facts_sessions,
    &pt_facts_where,
    &pt_facts_channels,
    &pt_facts_spend,
    &pt_facts_returns,
    &pt_facts_discounts,
    &pt_facts_cycle,
    &pt_facts_repeat,
    &pt_facts_burst,
    &pt_facts_carts,
    &pt_facts_searches,
    &pt_facts_funnel,
    &pt_facts_first,
    &pt_facts_category_table,
    &pt_facts_interest,
    &pt_facts_demand,
    &pt_facts_entropy,
    &pt_facts_sizes,
    &pt_facts_hours,
    &pt_facts_visit_days,
    &pt_facts_money_months,
    &pt_facts_value,
    &pt_facts_lifecycle,
    &pt_facts_clv,
    &pt_facts_metrics,
    &pt_facts_minors, /* the last: where there is any column */
    NULL,
};
// clang-format on
#define MAX_FAMILIES PT_COUNT_OF(pt_families)

struct member {
  const struct pt_family *family;
  void *state;
};

struct pt_facts {
  struct pt_facts_ctx ctx; /* the caller's, and our `user` */
  struct pt_user user;
  struct pt_deriver derive;
  struct member members[MAX_FAMILIES];
  uint32_t n;
  struct member by_type[PT_T_COUNT][MAX_FAMILIES]; /* those with an event(), for each type */
  uint32_t n_by_type[PT_T_COUNT];
  struct pt_popneed *needs;
  uint64_t conflicts[PT_RF_KEPT + 1]; /* users whose records disagree */
  uint64_t fields[PT_T_COUNT];        /* that events of each type bring along */
};

void *pt_facts_new(size_t size, struct pt_err *err) {
  void *p = calloc(1, size);
  if (!p) pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for a family");
  return p;
}

int pt_facts_opened(void **state, const struct pt_cols *cols, void (*close)(void *)) {
  if (cols->n_wanted) return 0;
  close(*state);
  *state = NULL;
  return 0;
}

static void list_types(struct pt_facts *f, const struct member *m, uint64_t fields) {
  if (!m->family->event) return;
  uint64_t types = m->family->types ? m->family->types(m->state) : UINT64_MAX;
  for (int t = 0; t < PT_T_COUNT; t++) {
    if (!(types >> t & 1)) continue;
    f->by_type[t][f->n_by_type[t]++] = *m;
    if (!m->family->carry) f->fields[t] |= fields;
  }
  if (m->family->carry) m->family->carry(m->state, f->fields);
}

/* What the books read of an event, whichever family asked for them. */
static void list_books(struct pt_facts *f, uint64_t fields) {
  const uint64_t sessions = PT_BIT(PT_F_SESSION_ID), orders = PT_BIT(PT_F_ORDER_ID) | PT_BIT(PT_F_AMOUNT);
  for (int t = 0; t < PT_T_RECORD; t++) {
    f->fields[t] |= fields & sessions;
    if (PT_MONEY_TYPES >> t & 1) f->fields[t] |= fields & orders;
  }
}

static void open_touched(struct pt_user *user) {
  static const enum pt_field fields[PT_TOUCH_FIELDS] = {PT_F_CATEGORY, PT_F_BRAND, PT_F_STYLE, PT_F_TOPIC};
  for (int i = 0; i < PT_TOUCH_FIELDS; i++) user->touched[i].field = fields[i];
}

static void list_touched(struct pt_user *user) {
  for (int t = 0; t < PT_T_RECORD; t++)
    for (int i = 0; i < PT_TOUCH_FIELDS; i++)
      if (user->touched[i].types >> t & 1) user->touch[t][user->n_touch[t]++] = &user->touched[i];
}

static int open_families(struct pt_facts *f, struct pt_schema *schema, uint64_t *fields, struct pt_err *err) {
  for (const struct pt_family *const *family = pt_families; *family; family++) {
    struct member *m = &f->members[f->n];
    *m = (struct member){*family, NULL};
    uint64_t own = 0;
    int code = (*family)->open(&f->ctx, schema, &own, &m->state, err);
    if (m->state) f->n++;
    if (code) return code;
    *fields |= own;
    if (m->state) list_types(f, m, own);
  }
  return 0;
}

int pt_facts_open(struct pt_facts **out, const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields,
                  struct pt_err *err) {
  struct pt_facts *f = *out = pt_facts_new(sizeof *f, err);
  if (!f) return err->code;
  f->ctx = *ctx;
  f->ctx.user = &f->user;
  f->user.profile.keep = &ctx->conf->users_keep;
  f->user.sessions.gap = ctx->conf->session_gap_ms;
  open_touched(&f->user);
  *fields = 0;
  int code = open_families(f, schema, fields, err);
  if (code) {
    pt_facts_close(f);
    *out = NULL;
    return code;
  }
  /* the name and the sign of the amount decide what an event is */
  *fields |= PT_BIT(PT_F_TIME) | PT_BIT(PT_F_EVENT) | PT_BIT(PT_F_AMOUNT);
  list_books(f, *fields);
  list_touched(&f->user);
  return 0;
}

const uint64_t *pt_facts_fields(const struct pt_facts *f) {
  return f->fields;
}

void pt_facts_close(struct pt_facts *f) {
  if (!f) return;
  for (uint32_t i = 0; i < f->n; i++) f->members[i].family->close(f->members[i].state);
  pt_facts_sessions_free(&f->user.sessions);
  pt_facts_orders_free(&f->user.orders);
  for (int i = 0; i < PT_TOUCH_FIELDS; i++) pt_facts_touched_free(&f->user.touched[i]);
  pt_facts_derive_stop(&f->derive);
  free(f->needs);
  free(f);
}

int pt_facts_start(struct pt_facts *f, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  f->ctx = *ctx;
  f->ctx.user = &f->user;
  PT_TRY(pt_facts_derive_start(&f->derive, &f->ctx, err));
  for (uint32_t i = 0; i < f->n; i++) {
    const struct member *m = &f->members[i];
    if (m->family->start) PT_TRY(m->family->start(m->state, &f->ctx, err));
  }
  return 0;
}

int pt_facts_begin(struct pt_facts *f) {
  pt_facts_profile_clear(&f->user.profile);
  pt_facts_sessions_clear(&f->user.sessions);
  pt_facts_orders_clear(&f->user.orders);
  for (int i = 0; i < PT_TOUCH_FIELDS; i++) pt_facts_touched_clear(&f->user.touched[i]);
  for (uint32_t i = 0; i < f->n; i++)
    if (f->members[i].family->begin) f->members[i].family->begin(f->members[i].state);
  return 0;
}

void pt_facts_record(struct pt_facts *f, const struct pt_event *e) {
  pt_facts_profile_record(&f->user.profile, e);
}

const uint64_t *pt_facts_conflicts(const struct pt_facts *f) {
  return f->conflicts;
}

int pt_facts_event(struct pt_facts *f, const struct pt_event *e, struct pt_err *err) {
  if (e->type >= PT_T_RECORD) return 0;
  struct pt_derived d;
  pt_derive(&f->derive, e, &d);
  enum pt_type type = pt_type_as(e, &d);
  if (d.visit && f->user.sessions.wanted) PT_TRY(pt_facts_sessions_event(&f->user.sessions, e, &d, err));
  if ((PT_MONEY_TYPES >> type & 1) && (f->user.orders.wanted || f->user.orders.want_days))
    PT_TRY(pt_facts_orders_event(&f->user.orders, e, &d, err));
  for (uint32_t i = 0; i < f->user.n_touch[type]; i++) PT_TRY(pt_touch(f->user.touch[type][i], e, err));
  for (uint32_t i = 0; i < f->n_by_type[type]; i++) {
    const struct member *m = &f->by_type[type][i];
    PT_TRY(m->family->event(m->state, e, &d, err));
  }
  return 0;
}

int pt_facts_end(struct pt_facts *f, struct pt_rows *rows, uint32_t range, uint32_t row, struct pt_err *err) {
  pt_facts_orders_settle(&f->user.orders);
  for (uint64_t bits = f->user.profile.conflicts; bits; bits &= bits - 1) f->conflicts[__builtin_ctzll(bits)]++;
  for (uint32_t i = 0; i < f->n; i++) PT_TRY(f->members[i].family->end(f->members[i].state, rows, range, row, err));
  return 0;
}

int pt_facts_needs(struct pt_facts *f, struct pt_popneed **needs, uint32_t *n, struct pt_err *err) {
  *n = 0;
  for (uint32_t i = 0; i < f->n; i++) {
    const struct member *m = &f->members[i];
    uint32_t own = 0;
    struct pt_popneed *list = m->family->needs ? m->family->needs(m->state, &own) : NULL;
    if (own == 0) continue;
    struct pt_popneed *more = realloc(f->needs, (*n + own) * sizeof *more);
    if (!more) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for the needs of the families");
    f->needs = more;
    memcpy(f->needs + *n, list, own * sizeof *list);
    *n += own;
  }
  *needs = f->needs;
  return 0;
}

int pt_facts_finish(struct pt_facts *f, struct pt_rows *rows, uint32_t range, struct pt_err *err) {
  for (uint32_t i = 0; i < f->n; i++) {
    const struct member *m = &f->members[i];
    if (m->family->finish) PT_TRY(m->family->finish(m->state, rows, range, err));
  }
  return 0;
}

/* A local day is looked up once and kept while events stay in it: neither the zone nor a division is asked again.
 * Event names are tested once, at start: known types as bits, others by dictionary code. */
#include "facts/derive.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

void pt_facts_derive_day(struct pt_deriver *r, int64_t time) {
  if (time < r->zone_from || time >= r->zone_to)
    r->shift = pt_zone_offset(r->ctx->zone, time, &r->zone_from, &r->zone_to);
  int64_t day = pt_floor_div(time + r->shift, PT_DAY_MS);
  r->midnight = day * PT_DAY_MS - r->shift;
  r->from = r->midnight > r->zone_from ? r->midnight : r->zone_from;
  r->to = r->midnight + PT_DAY_MS < r->zone_to ? r->midnight + PT_DAY_MS : r->zone_to;
  /* a zone that set its clock back over midnight may have an event's date one day after the last day */
  int64_t since = r->ctx->last_day > day ? r->ctx->last_day - day : 0;
  r->day.day = (int32_t)day;
  r->day.days_since = (int32_t)since;
  r->day.weekday = (uint8_t)pt_weekday(day);
  r->day.window = since < r->n_window_of ? r->window_of[since] : (uint8_t)r->ctx->conf->n_windows;
}

static bool listed(const struct pt_names *names, const char *name) {
  for (uint32_t i = 0; i < names->n; i++)
    if (strcmp(names->v[i], name) == 0) return true;
  return false;
}

/* `not_visit` may name whole groups: message_*. */
static bool excluded(const struct pt_conf *conf, const char *name) {
  if (listed(&conf->not_visit, name)) return true;
  for (uint32_t i = 0; i < conf->not_visit.n; i++)
    if (fnmatch(conf->not_visit.v[i], name, 0) == 0) return true;
  return false;
}

static enum pt_type type_named(const char *name) {
  return pt_type_of(pt_slice_of(name));
}

uint64_t pt_facts_visit_types(const struct pt_conf *conf) {
  uint64_t bits = 0;
  for (int t = 0; t < PT_T_OTHER; t++)
    if (!excluded(conf, pt_type_name[t])) bits |= PT_TYPE_BIT(t);
  for (uint32_t i = 0; i < conf->visit_events.n; i++)
    if (type_named(conf->visit_events.v[i]) == PT_T_OTHER) bits |= PT_TYPE_BIT(PT_T_OTHER);
  return bits;
}

int64_t pt_facts_code(const struct pt_facts_ctx *ctx, enum pt_field f, const char *text) {
  uint32_t lo = 0, hi = ctx->n_dict[f];
  while (lo < hi) {
    uint32_t mid = lo + (hi - lo) / 2;
    int order = pt_slice_cmp(ctx->dict[f][mid], pt_slice_of(text));
    if (order == 0) return mid;
    if (order < 0)
      lo = mid + 1;
    else
      hi = mid;
  }
  return -1;
}

/* `a` holds `a` and `a.b`. */
static bool holds(struct pt_slice category, const char *name) {
  size_t n = strlen(name);
  return category.n >= n && memcmp(category.p, name, n) == 0 && (category.n == n || category.p[n] == '.');
}

uint8_t *pt_facts_categories(const struct pt_facts_ctx *ctx, const struct pt_names *names, struct pt_err *err) {
  uint32_t n = ctx->n_dict[PT_F_CATEGORY];
  uint8_t *listed = calloc((size_t)n + 1, 1);
  if (!listed) pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for %u categories", n);
  for (uint32_t i = 0; listed && i < n; i++)
    for (uint32_t k = 0; k < names->n; k++) listed[i] |= holds(ctx->dict[PT_F_CATEGORY][i], names->v[k]);
  return listed;
}

static int window_table(struct pt_deriver *r, struct pt_err *err) {
  const struct pt_conf *conf = r->ctx->conf;
  uint32_t longest = conf->n_windows ? conf->windows[conf->n_windows - 1] : 0;
  r->window_of = malloc(longest + 1);
  if (!r->window_of) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for a window of %u days", longest);
  for (uint32_t d = 0, w = 0; d < longest; d++) {
    while (d >= conf->windows[w]) w++;
    r->window_of[d] = (uint8_t)w;
  }
  r->n_window_of = (int32_t)longest;
  return 0;
}

static int name_tables(struct pt_deriver *r, struct pt_err *err) {
  const struct pt_conf *conf = r->ctx->conf;
  r->visit_types = pt_facts_visit_types(conf) & ~PT_TYPE_BIT(PT_T_OTHER);
  r->n_other = r->ctx->n_dict[PT_F_EVENT];
  r->other_visit = calloc((size_t)r->n_other + 1, 1);
  r->other_counted = malloc((size_t)r->n_other + 1);
  if (!r->other_visit || !r->other_counted)
    return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for %u event names", r->n_other);
  memset(r->other_counted, UINT8_MAX, (size_t)r->n_other + 1);
  memset(r->counted, UINT8_MAX, sizeof r->counted);
  for (uint32_t i = 0; i < conf->visit_events.n; i++) {
    const char *name = conf->visit_events.v[i];
    int64_t code = type_named(name) == PT_T_OTHER ? pt_facts_code(r->ctx, PT_F_EVENT, name) : -1;
    if (code >= 0) r->other_visit[code] = 1;
  }
  for (uint32_t i = 0; i < conf->counted_events.n && i < UINT8_MAX; i++) {
    const char *name = conf->counted_events.v[i];
    enum pt_type type = type_named(name);
    int64_t code = type == PT_T_OTHER ? pt_facts_code(r->ctx, PT_F_EVENT, name) : -1;
    if (type != PT_T_OTHER)
      r->counted[type] = (uint8_t)i;
    else if (code >= 0)
      r->other_counted[code] = (uint8_t)i;
  }
  return 0;
}

int pt_facts_derive_start(struct pt_deriver *r, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  pt_facts_derive_stop(r);
  r->ctx = ctx;
  PT_TRY(window_table(r, err));
  return name_tables(r, err);
}

void pt_facts_derive_stop(struct pt_deriver *r) {
  free(r->window_of);
  free(r->other_visit);
  free(r->other_counted);
  *r = (struct pt_deriver){.from = 1, .to = 0, .zone_from = 1, .zone_to = 0};
}

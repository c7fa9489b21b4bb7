/* A user's records, field by field: what the latest record that gives a field says of it. Values stay where the bucket
 * has them. Memory: one set of values. */
#include <portrait/record.h>

#include "facts/user.h"

void pt_facts_profile_clear(struct pt_profile *p) {
  if (p->records == 0) return;
  *p = (struct pt_profile){.keep = p->keep};
}

static void take(struct pt_profile *p, unsigned f, struct pt_slice value, int64_t time) {
  if (p->given[f] && !pt_slice_eq(p->v[f], value)) p->conflicts |= UINT64_C(1) << f;
  p->v[f] = value;
  p->time[f] = time;
  p->given[f]++;
}

static void take_kept(struct pt_profile *p, struct pt_slice value) {
  for (uint32_t i = 0; i < p->keep->n && i < PT_MAX_KEPT; i++) {
    struct pt_slice text = pt_record_kept(value, p->keep->v[i]);
    if (!text.p) continue;
    if (p->kept[i].p && !pt_slice_eq(p->kept[i], text)) p->conflicts |= UINT64_C(1) << PT_RF_KEPT;
    p->kept[i] = text;
  }
}

void pt_facts_profile_record(struct pt_profile *p, const struct pt_event *e) {
  struct pt_slice rest = e->event_id, value;
  unsigned field;
  if (p->records++ == 0 || e->time > p->latest) p->latest = e->time;
  while (pt_record_next(&rest, &field, &value)) {
    if (field < PT_RF_COUNT) take(p, field, value, e->time);
    if (field == PT_RF_KEPT) take_kept(p, value);
  }
}

int64_t pt_local_date(const struct pt_zone *zone, int64_t ms) {
  int64_t from, to;
  return pt_floor_div(ms + pt_zone_offset(zone, ms, &from, &to), PT_DAY_MS);
}

int64_t pt_full_years(int64_t birth, int64_t day) {
  int64_t year, born;
  int month, at_month, date, at_date;
  pt_civil_from_days(birth, &born, &month, &date);
  pt_civil_from_days(day, &year, &at_month, &at_date);
  return year - born - (at_month < month || (at_month == month && at_date < date));
}

/* The id number's birth date before a declared one, an age (which has grown since its record) where there is neither.
 */
bool pt_facts_age(const struct pt_profile *p, const struct pt_facts_ctx *ctx, int64_t today, int64_t *years,
                  uint32_t *evidence) {
  static const unsigned fields[] = {PT_RF_ID_NUMBER, PT_RF_BIRTH_DATE, PT_RF_AGE};
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    unsigned f = fields[i];
    if (!p->given[f]) continue;
    int64_t told = pt_record_number(p->v[f], 0);
    *evidence = p->given[f];
    *years = f == PT_RF_AGE ? told : pt_full_years(told, today);
    if (f == PT_RF_AGE && p->time[f] != PT_UNDATED) {
      int64_t day = pt_local_date(ctx->zone, p->time[f]);
      if (day < today) *years += pt_full_years(day, today);
    }
    if (*years >= 0) return true; /* a birth date after T says nothing */
  }
  return false;
}

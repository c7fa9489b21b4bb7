/* Distinct local days of events that come in order of time. */
#ifndef PT_FACTS_DAYS_H
#define PT_FACTS_DAYS_H
#include <stdbool.h>
#include <stdint.h>

#define PT_NO_DAY INT32_MIN

/* Dates rise with time, but for zones that set their clock back over midnight, where one date may come back for an
 * hour: so the day before the latest is remembered too. Reset to {PT_NO_DAY}. */
struct pt_days {
  int32_t latest;
  bool before; /* the day before the latest was seen */
};

/* True where `day` was not seen yet. */
static inline bool pt_day_new(struct pt_days *s, int32_t day) {
  if (day == s->latest) return false;
  if (day > s->latest) {
    s->before = s->latest != PT_NO_DAY && s->latest == day - 1;
    s->latest = day;
    return true;
  }
  bool fresh = !s->before;
  s->before = true;
  return fresh;
}

#endif

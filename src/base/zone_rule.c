#include "base/zone_rule.h"

#include <portrait/time.h>

struct cursor {
  const char *p, *end;
  bool bad;
};

static bool eat(struct cursor *c, char what) {
  if (c->p == c->end || *c->p != what) return false;
  c->p++;
  return true;
}

static int64_t number(struct cursor *c) {
  int64_t v = 0;
  const char *first = c->p;
  for (; c->p < c->end && *c->p >= '0' && *c->p <= '9' && v < 100000; c->p++) v = v * 10 + (*c->p - '0');
  if (c->p == first) c->bad = true;
  return v;
}

static void name(struct cursor *c) {
  const char *first = c->p;
  if (eat(c, '<')) {
    while (c->p < c->end && *c->p != '>') c->p++;
    if (!eat(c, '>')) c->bad = true;
    return;
  }
  while (c->p < c->end && ((*c->p >= 'a' && *c->p <= 'z') || (*c->p >= 'A' && *c->p <= 'Z'))) c->p++;
  if (c->p - first < 3) c->bad = true;
}

/* [+-]hh[:mm[:ss]] in seconds */
static int64_t clock_time(struct cursor *c) {
  bool negative = false;
  if (c->p < c->end && (*c->p == '+' || *c->p == '-')) negative = *c->p++ == '-';
  int64_t v = number(c) * 3600;
  if (eat(c, ':')) v += number(c) * 60;
  if (eat(c, ':')) v += number(c);
  return negative ? -v : v;
}

static void date(struct cursor *c, struct pt_rule_date *d) {
  *d = (struct pt_rule_date){.kind = '0', .seconds = 7200};
  if (eat(c, 'M')) {
    d->kind = 'M';
    d->month = (int)number(c);
    if (!eat(c, '.')) c->bad = true;
    d->week = (int)number(c);
    if (!eat(c, '.')) c->bad = true;
    d->day = (int)number(c);
    if (d->month < 1 || d->month > 12 || d->week < 1 || d->week > 5 || d->day > 6) c->bad = true;
  } else {
    if (eat(c, 'J')) d->kind = 'J';
    d->day = (int)number(c);
    if (d->day > 365) c->bad = true;
  }
  if (eat(c, '/')) d->seconds = clock_time(c);
}

int pt_zone_rule_parse(struct pt_slice text, struct pt_zone_rule *r) {
  struct cursor c = {text.p, text.p + text.n, false};
  *r = (struct pt_zone_rule){0};
  name(&c);
  r->std_offset = -clock_time(&c); /* POSIX counts west */
  if (c.bad) return -1;
  if (c.p == c.end) return 0;
  r->has_dst = true;
  name(&c);
  r->dst_offset = r->std_offset + 3600;
  if (c.p < c.end && *c.p != ',') r->dst_offset = -clock_time(&c);
  if (!eat(&c, ',')) return -1;
  date(&c, &r->start);
  if (!eat(&c, ',')) return -1;
  date(&c, &r->end);
  return c.bad || c.p != c.end ? -1 : 0;
}

static bool is_leap(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970-01-01 on which the rule's date falls. */
static int64_t rule_day(const struct pt_rule_date *d, int year) {
  if (d->kind == '0') return pt_days_from_civil(year, 1, 1) + d->day;
  if (d->kind == 'J') return pt_days_from_civil(year, 1, 1) + d->day - 1 + (is_leap(year) && d->day >= 60);
  int64_t first = pt_days_from_civil(year, d->month, 1);
  int sunday0 = (pt_weekday(first) + 1) % 7;
  int64_t day = first + (d->day - sunday0 + 7) % 7 + (d->week - 1) * 7;
  int64_t next = d->month == 12 ? pt_days_from_civil(year + 1, 1, 1) : pt_days_from_civil(year, d->month + 1, 1);
  while (day >= next) day -= 7;
  return day;
}

void pt_zone_rule_year(const struct pt_zone_rule *r, int year, struct pt_rule_change out[2]) {
  struct pt_rule_change start = {rule_day(&r->start, year) * 86400 + r->start.seconds - r->std_offset, r->dst_offset};
  struct pt_rule_change end = {rule_day(&r->end, year) * 86400 + r->end.seconds - r->dst_offset, r->std_offset};
  out[0] = start.at <= end.at ? start : end;
  out[1] = start.at <= end.at ? end : start;
}

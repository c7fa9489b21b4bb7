/* The POSIX TZ rule in the footer of a TZif file: "EST5EDT,M3.2.0,M11.1.0". Local. */
#ifndef PORTRAIT_BASE_ZONE_RULE_H
#define PORTRAIT_BASE_ZONE_RULE_H
#include <portrait/buf.h>

struct pt_rule_date {
  char kind;            /* 'M', 'J' (1..365, no leap day) or '0' (0..365) */
  int month, week, day; /* M: month, week 1..5, weekday 0 = Sunday; others: day */
  int64_t seconds;      /* local wall clock, default 02:00; -167 h .. 167 h */
};
struct pt_zone_rule {
  int64_t std_offset, dst_offset; /* seconds east of UTC */
  bool has_dst;
  struct pt_rule_date start, end; /* of daylight saving time */
};
struct pt_rule_change {
  int64_t at;     /* UTC seconds */
  int64_t offset; /* seconds, from then on */
};

/* 0, or -1 where the text is no rule. */
int pt_zone_rule_parse(struct pt_slice text, struct pt_zone_rule *out);
/* The two changes of a year in order of time. Only where has_dst. */
void pt_zone_rule_year(const struct pt_zone_rule *rule, int year, struct pt_rule_change out[2]);

#endif

/* Time: int64 ms since 1970-01-01T00:00:00Z, IANA zones read from TZif files, local days. Local. */
#ifndef PORTRAIT_TIME_H
#define PORTRAIT_TIME_H
#include <portrait/buf.h>
#include <portrait/err.h>

#define PT_DAY_MS  INT64_C(86400000)
#define PT_NO_TIME INT64_MIN /* "absent" wherever a time may be */

/* Days since 1970-01-01 of a proleptic Gregorian date, and back. */
int64_t pt_days_from_civil(int64_t year, int month, int day);
void pt_civil_from_days(int64_t days, int64_t *year, int *month, int *day);
static inline int64_t pt_floor_div(int64_t a, int64_t b) {
  return a / b - ((a % b != 0) && ((a < 0) != (b < 0)));
}
/* 0 = Monday .. 6 = Sunday. */
static inline int pt_weekday(int64_t days) {
  return (int)(((days + 3) % 7 + 7) % 7);
}

/* A zone. Opaque: transitions with offsets, and the POSIX rule behind the last one, expanded to 2101. */
struct pt_zone;
/* `name` "UTC" or an IANA name (TZDIR or /usr/share/zoneinfo); a path or ".." is refused. 78 where unknown. */
int pt_zone_open(struct pt_zone **out, const char *name, struct pt_err *err) PT_MUST_CHECK;
void pt_zone_close(struct pt_zone *z);
/* Offset in ms (local = utc + offset) at `utc`, and the half-open interval [*from, *to) where it holds:
 * callers cache it, events come in order. */
int64_t pt_zone_offset(const struct pt_zone *z, int64_t utc, int64_t *from, int64_t *to);
/* Local wall-clock ms to UTC: in a gap moved forward by it, in an overlap the earlier instant. */
int64_t pt_zone_to_utc(const struct pt_zone *z, int64_t local);
/* The first instant of a local date (days since 1970-01-01). */
int64_t pt_zone_day_start(const struct pt_zone *z, int64_t days);
/* Version text of the installed data ("2024a" from tzdata.zi or +VERSION), "unknown" where not told. */
const char *pt_zone_version(void);

/* A compiled time pattern: PT_TIME_ISO (RFC 3339 / ISO 8601 with 'T' or blank, any fraction cut to ms, Z, " UTC",
 * +hh:mm, +hhmm, +hh, none = local; a date alone = its first local instant), unix seconds (with fraction) or ms, or a
 * strptime pattern of %Y %m %d %H %M %S %f %y %j %b %B %e %I %p %z %Z(UTC only) %% %T %F %D %R and literals. */
enum pt_time_kind { PT_TIME_ISO, PT_TIME_UNIX_S, PT_TIME_UNIX_MS, PT_TIME_PATTERN };
struct pt_time_format {
  enum pt_time_kind kind;
  char pattern[64]; /* strptime text for PT_TIME_PATTERN */
};
/* "iso8601", "unix_s", "unix_ms" or a pattern with '%'; 0, or -1 where it is none of them or has an unknown directive.
 */
int pt_time_format_of(struct pt_slice name, struct pt_time_format *out);
/* Parses all of `text` (blanks trimmed). 0, or -1 (bad_time): second 60, 24:00, 31 April and rubbish are refused. */
int pt_time_parse(const struct pt_time_format *f, const struct pt_zone *zone, struct pt_slice text, int64_t *out);
/* "2026-03-14T09:26:53.589Z" into out[32]. */
void pt_time_text(int64_t ms, char out[32]);

#endif

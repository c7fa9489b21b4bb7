/* The Chinese lunar calendar, 1900-01-01 to 2100-12-31, by a table of its years. Local.
 *
 * The rules are those of GB/T 33661-2017 (a month begins on Beijing's day of the new moon; month 11 has the winter
 * solstice; between two of these a 13th month is the first without a major solar term, and a leap one); before 1929 the
 * day is that of Beijing's own meridian, as the almanacs of the time had it. The first of a month whose new moon falls
 * within minutes of midnight is the one that almanacs print. */
#ifndef PORTRAIT_LUNAR_H
#define PORTRAIT_LUNAR_H
#include <stdbool.h>
#include <stdint.h>

#define PT_LUNAR_FIRST 1899 /* of whose months 11 and 12 the last days are in 1900 */
#define PT_LUNAR_LAST  2100

struct pt_lunar {
  int year, month, day;
  bool leap;
};
/* Of a day (since 1970-01-01); false outside the table. */
bool pt_lunar_of(int64_t days, struct pt_lunar *out);
/* First day of a month and its days (29 or 30); false where the year is outside the table or has no such (leap) month.
 */
bool pt_lunar_month(int year, int month, bool leap, int64_t *first, int *days);
/* The leap month of a year, 0 where it has none. */
int pt_lunar_leap(int year);

#endif

/* Times to and from text. The ISO form of fixed width is read by position; everything else goes through the general
 * reader. A day's number is worked out without a table of years (Howard Hinnant's civil calendar formulas). */
#include <portrait/time.h>
#include <stdio.h>

int64_t pt_days_from_civil(int64_t year, int month, int day) {
  year -= month <= 2;
  int64_t era = pt_floor_div(year, 400);
  int64_t yoe = year - era * 400;
  int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + doe - 719468;
}

void pt_civil_from_days(int64_t days, int64_t *year, int *month, int *day) {
  days += 719468;
  int64_t era = pt_floor_div(days, 146097);
  int64_t doe = days - era * 146097;
  int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  int64_t mp = (5 * doy + 2) / 153;
  *day = (int)(doy - (153 * mp + 2) / 5 + 1);
  *month = (int)(mp < 10 ? mp + 3 : mp - 9);
  *year = yoe + era * 400 + (*month <= 2);
}

static void put_digits(char *out, int n, int64_t v) {
  for (int i = n - 1; i >= 0; i--, v /= 10) out[i] = (char)('0' + v % 10);
}

void pt_time_text(int64_t ms, char out[32]) {
  int64_t days = pt_floor_div(ms, PT_DAY_MS), rest = ms - days * PT_DAY_MS, year;
  int month, day;
  pt_civil_from_days(days, &year, &month, &day);
  if (year < 0 || year > 9999) {
    snprintf(out, 32, "%lld ms", (long long)ms);
    return;
  }
  memcpy(out, "0000-00-00T00:00:00.000Z", 25);
  put_digits(out, 4, year);
  put_digits(out + 5, 2, month);
  put_digits(out + 8, 2, day);
  put_digits(out + 11, 2, rest / 3600000);
  put_digits(out + 14, 2, rest / 60000 % 60);
  put_digits(out + 17, 2, rest / 1000 % 60);
  put_digits(out + 20, 3, rest % 1000);
}

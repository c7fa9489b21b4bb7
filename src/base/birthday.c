/* Birthdays are looked for in this year and the next; a year of 13 months may move a lunar one by 384 days at most. */
#include <portrait/birthday.h>
#include <portrait/time.h>

const char *const pt_zodiac_names[12] = {"Aries", "Taurus",  "Gemini",      "Cancer",    "Leo",      "Virgo",
                                         "Libra", "Scorpio", "Sagittarius", "Capricorn", "Aquarius", "Pisces"};

int pt_zodiac(int month, int day) {
  static const int begins[12] = {20, 19, 21, 20, 21, 22, 23, 23, 23, 24, 23, 22}; /* the sign that starts in a month */
  return (month + (day >= begins[month - 1] ? 9 : 8)) % 12;
}

int64_t pt_birthday(int month, int day, int64_t today) {
  int64_t year, at = 0;
  int m, d;
  pt_civil_from_days(today, &year, &m, &d);
  for (int64_t y = year; y <= year + 1; y++) {
    bool leap_year = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    at = pt_days_from_civil(y, month, month == 2 && day == 29 && !leap_year ? 28 : day);
    if (at >= today) break;
  }
  return at - today;
}

int64_t pt_birthday_lunar(const struct pt_lunar *born, int64_t today) {
  struct pt_lunar now;
  if (!pt_lunar_of(today, &now)) return -1;
  for (int year = now.year; year <= now.year + 1; year++) {
    bool leap = born->leap && pt_lunar_leap(year) == born->month;
    int64_t first;
    int days;
    if (!pt_lunar_month(year, born->month, leap, &first, &days)) return -1;
    int64_t at = first + (born->day < days ? born->day : days) - 1;
    if (at >= today) return at - today;
  }
  return -1;
}

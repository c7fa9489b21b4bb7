/* The table of lunar years against the sky: new moons and solar longitudes by the series of J. Meeus, Astronomical
 * Algorithms, 2nd ed., chapter 49, and of Bretagnon & Simon, and the calendar's rules; then against almanacs. */
#include <math.h>
#include <portrait/birthday.h>
#include <portrait/lunar.h>
#include <portrait/time.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* -- the sky -- */
#define RAD (3.14159265358979323846 / 180)

static double sine(double degrees) {
  return sin(fmod(degrees, 360) * RAD);
}

/* Terrestrial minus universal time, in days: Espenak & Meeus 2006. */
static double delta_t(double y) {
  double t = y - 2000, s;
  if (y < 1920)
    t = y - 1900, s = -2.79 + t * (1.494119 + t * (-.0598939 + t * (.0061966 - t * .000197)));
  else if (y < 1941)
    t = y - 1920, s = 21.20 + t * (.84493 + t * (-.076100 + t * .0020936));
  else if (y < 1961)
    t = y - 1950, s = 29.07 + t * (.407 + t * (-1. / 233 + t / 2547));
  else if (y < 1986)
    t = y - 1975, s = 45.45 + t * (1.067 + t * (-1. / 260 - t / 718));
  else if (y < 2005)
    s = 63.86 + t * (.3345 + t * (-.060374 + t * (.0017275 + t * (.000651814 + t * .00002373599))));
  else
    s = 64.7 + .3 * (y - 2005); /* observed to 2024, and as slow after it */
  return s / 86400;
}

/* Beijing's day (days since 1970-01-01) of an instant in terrestrial Julian days: UTC+8, before 1929 its own meridian,
 * 116 deg 25 min. */
static int64_t beijing_day(double jde) {
  double y = 2000 + (jde - 2451545) / 365.25, zone = y < 1929 ? 116.4167 / 360 : 8. / 24;
  return (int64_t)floor(jde - delta_t(y) + zone - 2440587.5);
}

/* Julian day of new moon k (0 = 2000-01-06): chapter 49. */
static double new_moon(double k) {
  static const struct {
    double size;
    int e, m, l, f; /* power of E; multiples of M, M', F */
  } terms[] = {{-.40720, 0, 0, 1, 0}, {.17241, 1, 1, 0, 0},    {.01608, 0, 0, 2, 0},  {.01039, 0, 0, 0, 2},
               {.00739, 1, -1, 1, 0}, {-.00514, 1, 1, 1, 0},   {.00208, 2, 2, 0, 0},  {-.00111, 0, 0, 1, -2},
               {-.00057, 0, 0, 1, 2}, {.00056, 1, 1, 2, 0},    {-.00042, 0, 0, 3, 0}, {.00042, 1, 1, 0, 2},
               {.00038, 1, 1, 0, -2}, {-.00024, 1, -1, 2, 0},  {-.00007, 0, 2, 1, 0}, {.00004, 0, 0, 2, -2},
               {.00004, 0, 3, 0, 0},  {.00003, 0, 1, 1, -2},   {.00003, 0, 0, 2, 2},  {-.00003, 0, 1, 1, 2},
               {.00003, 0, -1, 1, 2}, {-.00002, 0, -1, 1, -2}, {-.00002, 0, 1, 3, 0}, {.00002, 0, 0, 4, 0}};
  static const double planets[][3] = {{299.77, .107408, 325},   {251.88, .016321, 165},  {251.83, 26.651886, 164},
                                      {349.42, 36.412478, 126}, {84.66, 18.206239, 110}, {141.74, 53.303771, 62},
                                      {207.14, 2.453732, 60},   {154.84, 7.306860, 56},  {34.52, 27.261239, 47},
                                      {207.19, .121824, 42},    {291.34, 1.844379, 40},  {161.72, 24.198154, 37},
                                      {239.56, 25.513099, 35},  {331.55, 3.592518, 23}};
  double t = k / 1236.85, e = 1 - t * (.002516 + t * .0000074);
  double jde = 2451550.09766 + 29.530588861 * k + t * t * (.00015437 + t * (-.00000015 + t * .00000000073));
  double m = 2.5534 + 29.10535670 * k - t * t * (.0000014 + t * .00000011);
  double l = 201.5643 + 385.81693528 * k + t * t * (.0107582 + t * (.00001238 - t * .000000058));
  double f = 160.7108 + 390.67050284 * k - t * t * (.0016118 + t * (.00000227 - t * .000000011));
  double node = 124.7746 - 1.56375588 * k + t * t * (.0020672 + t * .00000215);
  jde += -.00017 * sine(node);
  for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
    jde += terms[i].size * pow(e, terms[i].e) * sine(terms[i].m * m + terms[i].l * l + terms[i].f * f);
  for (size_t i = 0; i < sizeof planets / sizeof *planets; i++)
    jde += planets[i][2] * 1e-6 * sine(planets[i][0] + planets[i][1] * k - (i ? 0 : .009173 * t * t));
  return jde;
}

/* Apparent longitude of the sun, to an arc second or two: P. Bretagnon & J.-L. Simon, Planetary Programs and Tables
 * from -4000 to +2800 (1986). */
static double sun(double jde) {
  static const double terms[][3] = {{403406, 270.54861, 0.9287892},
                                    {195207, 340.19128, 35999.1376958},
                                    {119433, 63.91854, 35999.4089666},
                                    {112392, 331.26220, 35998.7287385},
                                    {3891, 317.843, 71998.20261},
                                    {2819, 86.631, 71998.4403},
                                    {1721, 240.052, 36000.35726},
                                    {660, 310.26, 71997.4812},
                                    {350, 247.23, 32964.4678},
                                    {334, 260.87, -19.4410},
                                    {314, 297.82, 445267.1117},
                                    {268, 343.14, 45036.8840},
                                    {242, 166.79, 3.1008},
                                    {234, 81.53, 22518.4434},
                                    {158, 3.50, -19.9739},
                                    {132, 132.75, 65928.9345},
                                    {129, 182.95, 9038.0293},
                                    {114, 162.03, 3034.7684},
                                    {99, 29.8, 33718.148},
                                    {93, 266.4, 3034.448},
                                    {86, 249.2, -2280.773},
                                    {78, 157.6, 29929.992},
                                    {72, 257.8, 31556.493},
                                    {68, 185.1, 149.588},
                                    {64, 69.9, 9037.750},
                                    {46, 8.0, 107997.405},
                                    {38, 197.1, -4444.176},
                                    {37, 250.4, 151.771},
                                    {32, 65.3, 67555.316},
                                    {29, 162.7, 31556.080},
                                    {28, 341.5, -4561.540},
                                    {27, 291.6, 107996.706},
                                    {27, 98.5, 1221.655},
                                    {25, 146.7, 62894.167},
                                    {24, 110.0, 31437.369},
                                    {21, 5.2, 14578.298},
                                    {21, 342.6, -31931.757},
                                    {20, 230.9, 34777.243},
                                    {18, 256.1, 1221.999},
                                    {17, 45.3, 62894.511},
                                    {14, 242.9, -4442.039},
                                    {13, 115.2, 107997.909},
                                    {13, 151.8, 119.066},
                                    {13, 285.3, 16859.071},
                                    {12, 53.3, -4.578},
                                    {10, 126.6, 26895.292},
                                    {10, 205.7, -39.127},
                                    {10, 85.9, 12297.536},
                                    {10, 146.1, 90073.778}};
  double t = (jde - 2451545) / 36525, sum = 0;
  for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) sum += terms[i][0] * sine(terms[i][1] + terms[i][2] * t);
  double l = 282.7771834 + 36000.76953744 * t + .000005729577951308232 * sum;
  l += .0000974 * sine(267.63 + 35999.01848 * t) - .005575;                             /* aberration */
  l -= .004778 * sine(124.9 - 1934.134 * t) + .0003667 * sine(201.11 + 72001.5377 * t); /* nutation */
  return l - 360 * floor(l / 360);
}

/* The instant nearest to `jde` at which the sun stands at `degrees`. */
static double sun_at(double degrees, double jde) {
  for (int i = 0; i < 20; i++) {
    double off = fmod(degrees - sun(jde) + 540, 360) - 180;
    jde += off * 365.2422 / 360;
  }
  return jde;
}

/* -- the rules -- */
#define N_MOONS 2540
#define FIRST_K (-1262) /* in December 1897 */

struct moon {
  double jde;
  int64_t day;
  int month;
  bool leap;
};

static int64_t almanac(int64_t day) {
  static const int differ[][4] = {{1906, 4, 23, 1}, {1933, 7, 23, -1}, {2097, 8, 8, -1}};
  for (int i = 0; i < 3; i++)
    if (day == pt_days_from_civil(differ[i][0], differ[i][1], differ[i][2])) return day + differ[i][3];
  return day;
}

/* The major solar terms (multiples of 30 degrees) in a month; *solstice where 270 is one of them. */
static int terms_in(const struct moon *m, bool *solstice) {
  int n = 0;
  *solstice = false;
  double middle = sun(m->jde + 15);
  for (int near = -1; near <= 1; near++) {
    double at = 30 * (floor(middle / 30) + near);
    int64_t day = beijing_day(sun_at(at, m->jde + 15 + (at - middle)));
    bool in = day >= m[0].day && day < m[1].day;
    n += in;
    *solstice |= in && fmod(at + 360, 360) == 270;
  }
  return n;
}

static void find_months(struct moon *m) {
  int terms[N_MOONS], last = -1;
  bool solstice;
  for (int i = 0; i < N_MOONS; i++) {
    m[i] = (struct moon){.jde = new_moon(FIRST_K + i)};
    m[i].day = almanac(beijing_day(m[i].jde));
  }
  for (int i = 0; i + 1 < N_MOONS; i++) {
    terms[i] = terms_in(&m[i], &solstice);
    if (!solstice) continue;
    bool leap = last >= 0 && i - last == 13;
    m[i].month = 11;
    for (int k = last + 1, number = 11; last >= 0 && k < i; k++) {
      m[k].leap = leap && terms[k] == 0;
      leap = leap && !m[k].leap;
      m[k].month = m[k].leap ? number : number % 12 + 1;
      number = m[k].month;
    }
    last = i;
  }
}

static void the_table_is_the_sky(void **unused) {
  (void)unused;
  static struct moon m[N_MOONS];
  find_months(m);
  int seen = 0, year = 0;
  for (int i = 0; i + 1 < N_MOONS; i++) {
    int64_t y, first;
    int month, day, days;
    pt_civil_from_days(m[i].day, &y, &month, &day);
    if (m[i].month == 1 && !m[i].leap) year = (int)y;
    if (year < PT_LUNAR_FIRST || year > PT_LUNAR_LAST || m[i].month == 0) continue;
    bool found = pt_lunar_month(year, m[i].month, m[i].leap, &first, &days);
    if (!found || first != m[i].day || days != m[i + 1].day - m[i].day)
      print_error("lunar %d-%s%d is not of %lld-%d-%d\n", year, m[i].leap ? "leap " : "", m[i].month, (long long)y,
                  month, day);
    assert_true(found && first == m[i].day && days == m[i + 1].day - m[i].day);
    seen++;
  }
  assert_int_equal(seen, 202 * 12 + 74);
}

/* -- almanacs -- */
static void leap_months(void **unused) {
  (void)unused;
  static const int leaps[][2] = {
      {1900, 8}, {1903, 5},  {1906, 4}, {1909, 2}, {1911, 6}, {1914, 5}, {1917, 2}, {1919, 7}, {1922, 5}, {1925, 4},
      {1928, 2}, {1930, 6},  {1933, 5}, {1936, 3}, {1938, 7}, {1941, 6}, {1944, 4}, {1947, 2}, {1949, 7}, {1952, 5},
      {1955, 3}, {1957, 8},  {1960, 6}, {1963, 4}, {1966, 3}, {1968, 7}, {1971, 5}, {1974, 4}, {1976, 8}, {1979, 6},
      {1982, 4}, {1984, 10}, {1987, 6}, {1990, 5}, {1993, 3}, {1995, 8}, {1998, 5}, {2001, 4}, {2004, 2}, {2006, 7},
      {2009, 5}, {2012, 4},  {2014, 9}, {2017, 6}, {2020, 4}, {2023, 2}, {2025, 6}, {2028, 5}, {2031, 3}, {2033, 11},
      {2036, 6}, {2039, 5},  {2042, 2}, {2044, 7}, {2047, 5}, {2050, 3}, {2052, 8}, {2055, 6}, {2058, 4}, {2061, 3},
      {2063, 7}, {2066, 5},  {2069, 4}, {2071, 8}, {2074, 6}, {2077, 4}, {2080, 3}, {2082, 7}, {2085, 5}, {2088, 4},
      {2090, 8}, {2093, 6},  {2096, 4}, {2099, 2}};
  size_t at = 0;
  for (int year = 1900; year <= 2100; year++) {
    bool is = at < sizeof leaps / sizeof *leaps && leaps[at][0] == year;
    assert_int_equal(pt_lunar_leap(year), is ? leaps[at][1] : 0);
    at += is;
  }
  assert_int_equal(at, sizeof leaps / sizeof *leaps);
  assert_int_equal(pt_lunar_leap(1800), 0);
}

static void expect(int y, int m, int d, int year, int month, int day, bool leap) {
  struct pt_lunar l;
  assert_true(pt_lunar_of(pt_days_from_civil(y, m, d), &l));
  if (l.year != year || l.month != month || l.day != day || l.leap != leap)
    print_error("%d-%02d-%02d is %d %s%d/%d\n", y, m, d, l.year, l.leap ? "leap " : "", l.month, l.day);
  assert_true(l.year == year && l.month == month && l.day == day && l.leap == leap);
}

static void known_days(void **unused) {
  (void)unused;
  expect(2020, 10, 1, 2020, 8, 15, false);
  expect(2023, 3, 22, 2023, 2, 1, true);
  expect(2024, 2, 10, 2024, 1, 1, false);
  expect(2025, 7, 25, 2025, 6, 1, true);
  expect(2033, 12, 22, 2033, 11, 1, true);
  expect(1949, 10, 1, 1949, 8, 10, false);
  expect(1976, 1, 31, 1976, 1, 1, false);
  expect(1985, 2, 20, 1985, 1, 1, false); /* a day earlier in Vietnam's, and a month */
  expect(2000, 2, 4, 1999, 12, 29, false);
  expect(2000, 2, 5, 2000, 1, 1, false);
  expect(2025, 1, 29, 2025, 1, 1, false);
  expect(2026, 2, 17, 2026, 1, 1, false);
  expect(1900, 1, 1, 1899, 12, 1, false);
  expect(1900, 1, 31, 1900, 1, 1, false);
  expect(2100, 2, 9, 2100, 1, 1, false);
  expect(2100, 12, 31, 2100, 12, 1, false);
  struct pt_lunar l;
  assert_false(pt_lunar_of(pt_days_from_civil(1899, 12, 31), &l));
  assert_false(pt_lunar_of(pt_days_from_civil(2101, 1, 1), &l));
}

/* Every day of the table: forth and back, and one after the other. */
static void every_day(void **unused) {
  (void)unused;
  struct pt_lunar l, before = {1899, 11, 30, false};
  for (int64_t day = pt_days_from_civil(1900, 1, 1); day <= pt_days_from_civil(2100, 12, 31); day++) {
    int64_t first;
    int days;
    assert_true(pt_lunar_of(day, &l));
    assert_true(pt_lunar_month(l.year, l.month, l.leap, &first, &days));
    assert_true(first + l.day - 1 == day && l.day <= days);
    assert_true(l.day == before.day + 1 || (l.day == 1 && before.day >= 29));
    before = l;
  }
  int64_t first;
  int days;
  assert_false(pt_lunar_month(2024, 4, true, &first, &days));
  assert_false(pt_lunar_month(2024, 13, false, &first, &days));
  assert_false(pt_lunar_month(2101, 1, false, &first, &days));
}

/* -- signs and birthdays -- */
static void zodiac(void **unused) {
  (void)unused;
  static const struct {
    const char *name;
    int from[2], to[2];
  } signs[] = {{"Aries", {3, 21}, {4, 19}},      {"Taurus", {4, 20}, {5, 20}},    {"Gemini", {5, 21}, {6, 21}},
               {"Cancer", {6, 22}, {7, 22}},     {"Leo", {7, 23}, {8, 22}},       {"Virgo", {8, 23}, {9, 22}},
               {"Libra", {9, 23}, {10, 23}},     {"Scorpio", {10, 24}, {11, 22}}, {"Sagittarius", {11, 23}, {12, 21}},
               {"Capricorn", {12, 22}, {1, 19}}, {"Aquarius", {1, 20}, {2, 18}},  {"Pisces", {2, 19}, {3, 20}}};
  for (int i = 0; i < 12; i++) {
    assert_string_equal(pt_zodiac_names[i], signs[i].name);
    assert_int_equal(pt_zodiac(signs[i].from[0], signs[i].from[1]), i);
    assert_int_equal(pt_zodiac(signs[i].to[0], signs[i].to[1]), i);
  }
}

static void birthdays(void **unused) {
  (void)unused;
  int64_t today = pt_days_from_civil(2026, 3, 31);
  assert_int_equal(pt_birthday(3, 31, today), 0);
  assert_int_equal(pt_birthday(4, 1, today), 1);
  assert_int_equal(pt_birthday(3, 30, today), 364);
  assert_int_equal(pt_birthday(2, 29, pt_days_from_civil(2026, 2, 27)), 1);
  assert_int_equal(pt_birthday(2, 29, pt_days_from_civil(2027, 3, 1)), 365); /* 29 February 2028 */
  assert_int_equal(pt_birthday(2, 29, pt_days_from_civil(2028, 2, 28)), 1);
}

static void lunar_birthdays(void **unused) {
  (void)unused;
  const struct pt_lunar feast = {1990, 8, 15, false}, leap6 = {1987, 6, 3, true}, late = {1980, 12, 30, false};
  assert_int_equal(pt_birthday_lunar(&feast, pt_days_from_civil(2020, 10, 1)), 0);
  assert_int_equal(pt_birthday_lunar(&feast, pt_days_from_civil(2020, 10, 2)), 354); /* 2021-09-21 */
  /* leap 6/3 in 2025 itself, then plain 6/3 */
  assert_int_equal(pt_birthday_lunar(&leap6, pt_days_from_civil(2025, 7, 25)), 2);
  int64_t first;
  int days;
  assert_true(pt_lunar_month(2026, 6, false, &first, &days));
  assert_int_equal(pt_birthday_lunar(&leap6, pt_days_from_civil(2025, 7, 28)),
                   first + 2 - pt_days_from_civil(2025, 7, 28));
  /* month 12 of 2024 has 29 days, its last the day before new year 2025-01-29 */
  assert_int_equal(pt_birthday_lunar(&late, pt_days_from_civil(2025, 1, 20)), 8);
  assert_int_equal(pt_birthday_lunar(&feast, pt_days_from_civil(2101, 1, 1)), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_table_is_the_sky),
      cmocka_unit_test(leap_months),
      cmocka_unit_test(known_days),
      cmocka_unit_test(every_day),
      cmocka_unit_test(zodiac),
      cmocka_unit_test(birthdays),
      cmocka_unit_test(lunar_birthdays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Texts to times: ISO 8601, unix seconds and milliseconds, strptime patterns. No libc, no locale; every reader takes
 * all of the text or refuses it. */
#include <portrait/decimal.h>
#include <portrait/time.h>

struct cursor {
  const char *p, *end;
};

struct parts {
  int64_t year;
  int month, day, hour, minute, second, ms;
  int pm;        /* -1 unknown, 0 AM, 1 PM */
  int yday;      /* 0 = not given */
  bool has_time; /* a date alone is the first instant of its day */
  bool has_offset;
  int64_t offset; /* ms east of UTC */
};

static const char *const month_names[12] = {"january", "february", "march",     "april",   "may",      "june",
                                            "july",    "august",   "september", "october", "november", "december"};

static bool eat(struct cursor *c, char what) {
  if (c->p == c->end || *c->p != what) return false;
  c->p++;
  return true;
}

/* Between `least` and `most` digits. */
static bool digits(struct cursor *c, int least, int most, int *out) {
  int v = 0, n = 0;
  for (; n < most && c->p < c->end && (unsigned)(*c->p - '0') < 10; n++) v = v * 10 + (*c->p++ - '0');
  *out = v;
  return n >= least;
}

/* Any number of digits behind the point; finer than ms is cut. */
static bool fraction(struct cursor *c, int *ms) {
  int v = 0, n = 0;
  for (; c->p < c->end && (unsigned)(*c->p - '0') < 10; n++, c->p++)
    if (n < 3) v = v * 10 + (*c->p - '0');
  *ms = n == 0 ? 0 : n == 1 ? v * 100 : n == 2 ? v * 10 : v;
  return n > 0;
}

/* Z, UTC, +hh, +hhmm, +hh:mm. */
static bool offset(struct cursor *c, struct parts *t) {
  t->has_offset = true;
  if (eat(c, 'Z') || eat(c, 'z')) return true;
  if (c->end - c->p >= 3 && memcmp(c->p, "UTC", 3) == 0) {
    c->p += 3;
    return true;
  }
  if (c->p == c->end || (*c->p != '+' && *c->p != '-')) return false;
  int sign = *c->p++ == '-' ? -1 : 1, hours, minutes = 0;
  if (!digits(c, 2, 2, &hours)) return false;
  bool colon = eat(c, ':');
  if ((colon || c->p < c->end) && !digits(c, 2, 2, &minutes)) return false;
  t->offset = sign * (hours * 60 + minutes) * INT64_C(60000);
  return hours <= 23 && minutes <= 59;
}

static bool iso(struct cursor *c, struct parts *t) {
  int year;
  if (!digits(c, 4, 4, &year) || !eat(c, '-') || !digits(c, 2, 2, &t->month) || !eat(c, '-') ||
      !digits(c, 2, 2, &t->day))
    return false;
  t->year = year;
  if (c->p == c->end) return true;
  if (!eat(c, 'T') && !eat(c, ' ') && !eat(c, 't')) return false;
  t->has_time = true;
  if (!digits(c, 2, 2, &t->hour) || !eat(c, ':') || !digits(c, 2, 2, &t->minute)) return false;
  if (eat(c, ':')) {
    if (!digits(c, 2, 2, &t->second)) return false;
    if ((eat(c, '.') || eat(c, ',')) && !fraction(c, &t->ms)) return false;
  }
  if (c->p == c->end) return true;
  eat(c, ' ');
  return offset(c, t) && c->p == c->end;
}

static bool month_name(struct cursor *c, int *month) {
  for (int m = 0; m < 12; m++) {
    const char *name = month_names[m];
    size_t n = 0;
    while (name[n] && c->p + n < c->end && (c->p[n] | 0x20) == name[n]) n++;
    if (n < 3 || (name[n] && n != 3)) continue;
    c->p += n;
    *month = m + 1;
    return true;
  }
  return false;
}

static bool meridiem(struct cursor *c, int *pm) {
  if (c->end - c->p < 2 || (c->p[1] | 0x20) != 'm') return false;
  char first = (char)(c->p[0] | 0x20);
  if (first != 'a' && first != 'p') return false;
  *pm = first == 'p';
  c->p += 2;
  return true;
}

static bool directive(struct cursor *c, char what, struct parts *t);

static bool sequence(struct cursor *c, const char *pattern, struct parts *t) {
  for (; *pattern; pattern++) {
    if (*pattern == '%') {
      if (!directive(c, *++pattern, t)) return false;
    } else if (*pattern == ' ') {
      while (eat(c, ' ') || eat(c, '\t')) continue;
    } else if (!eat(c, *pattern)) {
      return false;
    }
  }
  return true;
}

static bool directive(struct cursor *c, char what, struct parts *t) {
  int v;
  switch (what) {
    case 'Y':
      if (!digits(c, 4, 4, &v)) return false;
      t->year = v;
      return true;
    case 'y':
      if (!digits(c, 2, 2, &v)) return false;
      t->year = v < 69 ? 2000 + v : 1900 + v;
      return true;
    case 'm':
      return digits(c, 1, 2, &t->month);
    case 'b':
    case 'B':
      return month_name(c, &t->month);
    case 'e':
      eat(c, ' ');
      return digits(c, 1, 2, &t->day);
    case 'd':
      return digits(c, 1, 2, &t->day);
    case 'j':
      return digits(c, 1, 3, &t->yday) && t->yday > 0;
    case 'H':
      t->has_time = true;
      return digits(c, 1, 2, &t->hour);
    case 'I':
      t->has_time = true;
      if (t->pm < 0) t->pm = 0;
      return digits(c, 1, 2, &t->hour) && t->hour >= 1 && t->hour <= 12;
    case 'p':
      return meridiem(c, &t->pm);
    case 'M':
      t->has_time = true;
      return digits(c, 1, 2, &t->minute);
    case 'S':
      t->has_time = true;
      return digits(c, 1, 2, &t->second);
    case 'f':
      return fraction(c, &t->ms);
    case 'z':
    case 'Z':
      return offset(c, t);
    case 'F':
      return sequence(c, "%Y-%m-%d", t);
    case 'T':
      return sequence(c, "%H:%M:%S", t);
    case 'R':
      return sequence(c, "%H:%M", t);
    case 'D':
      return sequence(c, "%m/%d/%y", t);
    default:
      return eat(c, what); /* %% */
  }
}

static int month_days(int64_t year, int month) {
  static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days[month - 1] + (month == 2 && leap);
}

/* Parts to UTC ms; -1 where they name no instant. */
static int instant(struct parts *t, const struct pt_zone *zone, int64_t *out) {
  if (t->month < 1 || t->month > 12 || t->day < 1 || t->hour > 23 || t->minute > 59 || t->second > 59) return -1;
  if (t->day > month_days(t->year, t->month) || t->yday > 337 + month_days(t->year, 2)) return -1;
  if (t->pm >= 0) {
    if (t->hour < 1 || t->hour > 12) return -1;
    t->hour = t->hour % 12 + 12 * t->pm;
  }
  int64_t days = pt_days_from_civil(t->year, t->month, t->day);
  if (t->yday) days = pt_days_from_civil(t->year, 1, 1) + t->yday - 1;
  if (!t->has_time && !t->has_offset) {
    *out = pt_zone_day_start(zone, days);
    return 0;
  }
  int64_t local = days * PT_DAY_MS + ((t->hour * 60 + t->minute) * INT64_C(60) + t->second) * 1000 + t->ms;
  *out = t->has_offset ? local - t->offset : pt_zone_to_utc(zone, local);
  return 0;
}

static unsigned two(const char *p, unsigned *bad) {
  unsigned a = (unsigned)(p[0] - '0'), b = (unsigned)(p[1] - '0');
  *bad |= (a > 9) | (b > 9);
  return a * 10 + b;
}

/* The day of "YYYY-MM-DD", remembered: lines of a log name the same day over and over. */
static bool fixed_date(const char *p, int64_t *days) {
  static _Thread_local struct {
    char text[10];
    bool known;
    int64_t days;
  } last;
  if (last.known && memcmp(p, last.text, 10) == 0) {
    *days = last.days;
    return true;
  }
  unsigned bad = (p[4] != '-') | (p[7] != '-');
  int64_t year = two(p, &bad) * 100;
  year += two(p + 2, &bad);
  unsigned month = two(p + 5, &bad), day = two(p + 8, &bad);
  if (bad || month < 1 || month > 12 || day < 1 || (int)day > month_days(year, (int)month)) return false;
  *days = last.days = pt_days_from_civil(year, (int)month, (int)day);
  memcpy(last.text, p, 10);
  last.known = true;
  return true;
}

/* The minute of "YYYY-MM-DDTHH:MM", remembered too: neighbours in a log are seconds apart. */
static bool fixed_minute(const char *p, int64_t *ms) {
  static _Thread_local struct {
    uint64_t text[2];
    bool known;
    int64_t ms;
  } last;
  uint64_t text[2];
  memcpy(text, p, sizeof text);
  if (last.known && ((text[0] ^ last.text[0]) | (text[1] ^ last.text[1])) == 0) {
    *ms = last.ms;
    return true;
  }
  unsigned bad = (p[10] != 'T' && p[10] != ' ') | (p[13] != ':');
  unsigned hour = two(p + 11, &bad), minute = two(p + 14, &bad);
  int64_t days;
  if (bad || hour > 23 || minute > 59 || !fixed_date(p, &days)) return false;
  *ms = last.ms = days * PT_DAY_MS + (hour * 60 + minute) * INT64_C(60000);
  memcpy(last.text, text, sizeof text);
  last.known = true;
  return true;
}

/* "2026-03-14T09:26:53.589Z" and "2026-03-14T09:26:53Z" by position: most lines are one of them. */
static bool fixed_iso(struct pt_slice s, int64_t *out) {
  if ((s.n != 24 && s.n != 20) || s.p[s.n - 1] != 'Z') return false;
  const char *p = s.p;
  unsigned bad = p[16] != ':', ms = 0;
  unsigned second = two(p + 17, &bad);
  if (s.n == 24) {
    bad |= (p[19] != '.') | ((unsigned)(p[22] - '0') > 9);
    ms = two(p + 20, &bad) * 10 + (unsigned)(p[22] - '0');
  }
  int64_t minute;
  if (bad || second > 59 || !fixed_minute(p, &minute)) return false;
  *out = minute + second * INT64_C(1000) + ms;
  return true;
}

static int unix_time(struct pt_slice text, int decimals, int64_t *out) {
  /* Cut, not rounded, to ms: read with three decimals more, without what stands behind them, then floor. */
  int64_t fine;
  const char *point = text.n ? memchr(text.p, '.', text.n) : NULL;
  size_t kept = point ? (size_t)(point - text.p) + 1 + (size_t)(decimals + 3) : text.n;
  bool digits_alone = true;
  for (size_t i = kept; i < text.n; i++) digits_alone &= (unsigned)(text.p[i] - '0') < 10;
  if (kept < text.n && digits_alone) text.n = kept;
  int64_t limit = decimals ? INT64_C(1000000000000) : INT64_C(1000000000000000);
  if (pt_decimal(text, decimals + 3, limit, &fine)) return -1;
  *out = pt_floor_div(fine, 1000);
  return 0;
}

int pt_time_parse(const struct pt_time_format *f, const struct pt_zone *zone, struct pt_slice text, int64_t *out) {
  if (f->kind == PT_TIME_ISO && fixed_iso(text, out)) return 0;
  text = pt_slice_trim(text);
  if (f->kind == PT_TIME_UNIX_S) return unix_time(text, 3, out);
  if (f->kind == PT_TIME_UNIX_MS) return unix_time(text, 0, out);
  struct parts t = {.month = 1, .day = 1, .pm = -1};
  struct cursor c = {text.p, text.p + text.n};
  bool good = f->kind == PT_TIME_ISO ? iso(&c, &t) : sequence(&c, f->pattern, &t) && c.p == c.end;
  return good ? instant(&t, zone, out) : -1;
}

int pt_time_format_of(struct pt_slice name, struct pt_time_format *out) {
  *out = (struct pt_time_format){0};
  if (pt_slice_eq(name, PT_SLICE("iso8601"))) return 0;
  if (pt_slice_eq(name, PT_SLICE("unix_s"))) {
    out->kind = PT_TIME_UNIX_S;
    return 0;
  }
  if (pt_slice_eq(name, PT_SLICE("unix_ms"))) {
    out->kind = PT_TIME_UNIX_MS;
    return 0;
  }
  if (name.n >= sizeof out->pattern || !memchr(name.p, '%', name.n)) return -1;
  for (size_t i = 0; i < name.n; i++)
    if (name.p[i] == '%' && (++i == name.n || !memchr("YymbBedjHIpMSfzZFTRD%", name.p[i], 21))) return -1;
  out->kind = PT_TIME_PATTERN;
  memcpy(out->pattern, name.p, name.n);
  return 0;
}

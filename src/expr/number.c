/* Numbers: mantissa * 10^-scale in int64 as long as a result fits, so that 0.1 + 0.2 == 0.3 and quantity * price has
 * no rounding; a double once it does not. Intermediate values are 128 bits: 2^63 * 10^18 < 2^123. The double beside an
 * exact value is the nearest one. */
#include <math.h>

#include "expr_priv.h"

#define MAX_SCALE    18
#define MAX_EXPONENT 100000 /* beyond any double; keeps sums of exponents small */

typedef __int128 wide;
typedef unsigned __int128 uwide;

static const int64_t power10[MAX_SCALE + 1] = {1,
                                               10,
                                               100,
                                               1000,
                                               10000,
                                               100000,
                                               1000000,
                                               10000000,
                                               100000000,
                                               INT64_C(1000000000),
                                               INT64_C(10000000000),
                                               INT64_C(100000000000),
                                               INT64_C(1000000000000),
                                               INT64_C(10000000000000),
                                               INT64_C(100000000000000),
                                               INT64_C(1000000000000000),
                                               INT64_C(10000000000000000),
                                               INT64_C(100000000000000000),
                                               INT64_C(1000000000000000000)};

/* The double nearest to mantissa / 10^scale. Up to 2^53 one division of exact doubles is it; above, a quotient of more
 * than 64 bits with a sticky bit is rounded once. */
static double nearest_double(int64_t mantissa, int scale) {
  uint64_t m = mantissa < 0 ? 0 - (uint64_t)mantissa : (uint64_t)mantissa;
  double value;
  if (m <= UINT64_C(1) << 53 || scale == 0) {
    value = (double)m / (double)power10[scale];
  } else {
    uwide top = (uwide)m << 60;
    uwide q = top / (uwide)power10[scale];
    bool sticky = top % (uwide)power10[scale] != 0;
    int shift = 0; /* keep 62 bits and the sticky one: far more than the 53 of a double */
    while (q >> 62) {
      sticky |= q & 1;
      q >>= 1;
      shift++;
    }
    value = ldexp((double)(((uint64_t)q << 1) | sticky), shift - 61);
  }
  return mantissa < 0 ? -value : value;
}

static void set_double(double value, struct pt_xvalue *out) {
  *out = (struct pt_xvalue){.type = isfinite(value) ? PT_X_NUMBER : PT_X_ANY, .number = value};
}

/* v * 10^-scale where it fits, else false. */
static bool set_exact(wide v, int scale, struct pt_xvalue *out) {
  while (scale > 0 && (scale > MAX_SCALE || v > INT64_MAX || v < -(wide)INT64_MAX) && v % 10 == 0) {
    v /= 10;
    scale--;
  }
  if (scale > MAX_SCALE || v > INT64_MAX || v < -(wide)INT64_MAX) return false;
  *out = (struct pt_xvalue){.type = PT_X_NUMBER,
                            .exact = true,
                            .scale = scale,
                            .mantissa = (int64_t)v,
                            .number = nearest_double((int64_t)v, scale)};
  return true;
}

/* digits * 10^exponent outside the exact range: within one unit in the last place of the nearest double. */
static double far_double(uint64_t digits, int64_t exponent) {
  if (digits == 0) return 0;
  if (exponent > 400) return HUGE_VAL;
  if (exponent < -400) return 0;
  long double value = (long double)digits;
  int64_t e = exponent < 0 ? -exponent : exponent;
  for (; e > 0; e -= MAX_SCALE) {
    long double step = (long double)power10[e < MAX_SCALE ? e : MAX_SCALE];
    value = exponent < 0 ? value / step : value * step;
  }
  return (double)value;
}

struct digits {
  uint64_t kept;    /* significant digits without trailing zeros */
  int n;            /* digits in `kept`, at most 19 */
  int64_t zeros;    /* zeros behind them that have not been needed yet */
  int64_t dropped;  /* digits behind them that did not fit */
  bool lost;        /* one of those was not 0 */
  int64_t fraction; /* digits behind the point */
  bool any;
};

static void take_digit(struct digits *d, int digit, bool fraction) {
  d->any = true;
  if (fraction) d->fraction++;
  if (digit == 0 || d->dropped) {
    if (d->dropped) {
      d->dropped++;
      d->lost |= digit != 0;
    } else if (d->n) {
      d->zeros++;
    }
    return;
  }
  if (d->n + d->zeros + 1 > 19) {
    d->dropped = d->zeros + 1;
    d->zeros = 0;
    d->lost = true;
    return;
  }
  for (; d->zeros; d->zeros--, d->n++) d->kept *= 10;
  d->kept = d->kept * 10 + (unsigned)digit;
  d->n++;
}

static bool take_exponent(const char *p, const char *end, int64_t *exponent) {
  bool negative = false;
  int64_t e = 0;
  if (p < end && (*p == '+' || *p == '-')) negative = *p++ == '-';
  if (p == end) return false;
  for (; p < end; p++) {
    if (*p < '0' || *p > '9') return false;
    if (e < MAX_EXPONENT) e = e * 10 + (*p - '0');
  }
  *exponent = negative ? -e : e;
  return true;
}

bool pt_x_number(struct pt_slice text, struct pt_xvalue *out) {
  text = pt_slice_trim(text);
  const char *p = text.p, *end = p + text.n;
  struct digits d = {0};
  bool negative = false;
  int64_t exponent = 0;
  if (p < end && (*p == '-' || *p == '+')) negative = *p++ == '-';
  for (; p < end && *p >= '0' && *p <= '9'; p++) take_digit(&d, *p - '0', false);
  if (p < end && *p == '.')
    for (p++; p < end && *p >= '0' && *p <= '9'; p++) take_digit(&d, *p - '0', true);
  if (!d.any) return false;
  if (p < end && (*p == 'e' || *p == 'E')) {
    if (!take_exponent(p + 1, end, &exponent)) return false;
    p = end;
  }
  if (p != end) return false;
  exponent += d.zeros + d.dropped - d.fraction; /* value = kept * 10^exponent */
  wide v = negative ? -(wide)d.kept : (wide)d.kept;
  if (v == 0) return set_exact(0, 0, out);
  if (!d.lost && exponent <= MAX_SCALE && exponent >= -MAX_SCALE) {
    if (exponent > 0) v *= power10[exponent];
    if (set_exact(v, exponent > 0 ? 0 : (int)-exponent, out)) return true;
  }
  double value = far_double(d.kept, exponent);
  set_double(negative ? -value : value, out);
  return out->type == PT_X_NUMBER;
}

/* Both mantissas at the larger scale. */
static void align(const struct pt_xvalue *a, const struct pt_xvalue *b, wide *x, wide *y) {
  *x = a->mantissa;
  *y = b->mantissa;
  if (a->scale < b->scale) *x *= power10[b->scale - a->scale];
  if (b->scale < a->scale) *y *= power10[a->scale - b->scale];
}

void pt_x_add(const struct pt_xvalue *a, const struct pt_xvalue *b, bool minus, struct pt_xvalue *out) {
  if (a->exact && b->exact) {
    wide x, y;
    align(a, b, &x, &y);
    if (set_exact(minus ? x - y : x + y, a->scale > b->scale ? a->scale : b->scale, out)) return;
  }
  set_double(minus ? a->number - b->number : a->number + b->number, out);
}

void pt_x_mul(const struct pt_xvalue *a, const struct pt_xvalue *b, struct pt_xvalue *out) {
  if (a->exact && b->exact && set_exact((wide)a->mantissa * b->mantissa, a->scale + b->scale, out)) return;
  set_double(a->number * b->number, out);
}

void pt_x_div(const struct pt_xvalue *a, const struct pt_xvalue *b, struct pt_xvalue *out) {
  if (a->exact && b->exact && b->mantissa != 0) {
    wide rest = a->mantissa;
    int scale = a->scale - b->scale;
    while (rest % b->mantissa != 0 && scale < MAX_SCALE && rest < (wide)INT64_MAX * power10[16] &&
           rest > -(wide)INT64_MAX * power10[16]) {
      rest *= 10;
      scale++;
    }
    if (rest % b->mantissa == 0) {
      wide q = rest / b->mantissa;
      if (scale < 0) {
        wide limit = (wide)INT64_MAX;
        for (; scale < 0 && q <= limit && q >= -limit; scale++) q *= 10;
      }
      if (scale >= 0 && set_exact(q, scale, out)) return;
    }
  }
  if (b->number == 0) {
    *out = (struct pt_xvalue){0};
    return;
  }
  set_double(a->number / b->number, out);
}

double pt_x_function(enum pt_xop op, double x) {
  return op == PT_XO_LOG ? log(x) : op == PT_XO_EXP ? exp(x) : sqrt(x);
}

bool pt_x_days_since(struct pt_expr *e, double ms, double *days) {
  if (!(fabs(ms) < 1e15)) return false; /* 30,000 years */
  int64_t t = (int64_t)floor(ms);
  if (t < e->shift_from || t >= e->shift_to) e->shift = pt_zone_offset(e->clock->zone, t, &e->shift_from, &e->shift_to);
  *days = (double)(e->clock->last_day - pt_floor_div(t + e->shift, PT_DAY_MS));
  return true;
}

void pt_x_set_double(double value, struct pt_xvalue *out) {
  set_double(value, out);
}

void pt_x_negate(struct pt_xvalue *v) {
  if (v->exact) v->mantissa = -v->mantissa;
  v->number = v->exact && v->mantissa == 0 ? 0 : -v->number;
  v->text = (struct pt_slice){0};
}

int pt_x_order(const struct pt_xvalue *a, const struct pt_xvalue *b) {
  if (a->exact && b->exact) {
    wide x, y;
    align(a, b, &x, &y);
    return (x > y) - (x < y);
  }
  return (a->number > b->number) - (a->number < b->number);
}

/* A decimal is digits, a point and an exponent. The significant digits are gathered in 128 bits as long as they
 * matter for a value below the limit; what follows decides the rounding alone. */
#include <portrait/decimal.h>

struct scan {
  bool negative;
  unsigned __int128 digits; /* significant digits kept */
  int64_t exponent;         /* value = digits * 10^exponent */
  bool sticky;              /* a non-zero digit was left out */
  bool any;
};

#define KEEP_LIMIT (((unsigned __int128)1) << 120)

static void take_digit(struct scan *s, int digit, bool fraction) {
  s->any = true;
  if (s->digits < KEEP_LIMIT / 16) {
    s->digits = s->digits * 10 + (unsigned)digit;
    if (fraction) s->exponent--;
    return;
  }
  if (digit) s->sticky = true;
  if (!fraction) s->exponent++;
}

static int take_exponent(struct scan *s, const char *p, const char *end) {
  bool negative = false;
  if (p < end && (*p == '+' || *p == '-')) negative = *p++ == '-';
  if (p == end) return -1;
  int64_t e = 0;
  for (; p < end; p++) {
    if (*p < '0' || *p > '9') return -1;
    if (e < INT64_C(1000000000)) e = e * 10 + (*p - '0');
  }
  s->exponent += negative ? -e : e;
  return 0;
}

static int scan_text(struct pt_slice text, struct scan *s) {
  const char *p = text.p, *end = p + text.n;
  if (p < end && (*p == '-' || *p == '+')) s->negative = *p++ == '-';
  for (; p < end && *p >= '0' && *p <= '9'; p++) take_digit(s, *p - '0', false);
  if (p < end && *p == '.')
    for (p++; p < end && *p >= '0' && *p <= '9'; p++) take_digit(s, *p - '0', true);
  if (!s->any) return -1;
  if (p < end && (*p == 'e' || *p == 'E')) return take_exponent(s, p + 1, end);
  return p == end ? 0 : -1;
}

/* digits * 10^exponent rounded to an integer, half away from zero; false where it is over the bound. */
static bool to_integer(const struct scan *s, unsigned __int128 bound, unsigned __int128 *out) {
  unsigned __int128 v = s->digits;
  int64_t e = s->exponent;
  *out = 0;
  if (v == 0 || e < -45) return true;
  for (; e > 0; e--) {
    if (v > bound) return false;
    v *= 10;
  }
  unsigned last = 0;
  bool rest = s->sticky;
  for (; e < 0; e++) {
    rest = rest || last;
    last = (unsigned)(v % 10); /* in the end the digit behind the point: it decides */
    v /= 10;
  }
  if (v > bound || (v == bound && (rest || last))) return false;
  *out = v + (last >= 5);
  return true;
}

static const int64_t power10[19] = {1,
                                    10,
                                    100,
                                    1000,
                                    10000,
                                    100000,
                                    1000000,
                                    10000000,
                                    100000000,
                                    1000000000,
                                    10000000000,
                                    100000000000,
                                    1000000000000,
                                    10000000000000,
                                    100000000000000,
                                    1000000000000000,
                                    10000000000000000,
                                    100000000000000000,
                                    1000000000000000000};

/* The usual text: a few digits, perhaps a point and no more decimals than are kept. True where that was all. */
static bool plain(struct pt_slice t, int digits, int64_t limit, int64_t *out) {
  if (t.n == 0 || t.n > 12) return false;
  const char *p = t.p, *end = p + t.n;
  bool negative = *p == '-';
  p += negative;
  int64_t v = 0;
  const char *point = NULL, *first = p;
  for (; p < end; p++) {
    unsigned d = (unsigned)(*p - '0');
    if (d < 10) {
      v = v * 10 + d;
    } else if (*p == '.' && !point) {
      point = p;
    } else {
      return false;
    }
  }
  int decimals = point ? (int)(end - point) - 1 : 0;
  if (p == first || (point && (decimals == 0 || point == first)) || decimals > digits) return false;
  v *= power10[digits - decimals];
  if (v > limit * power10[digits]) return false; /* the long way says which error it is */
  *out = negative ? -v : v;
  return true;
}

int pt_decimal(struct pt_slice text, int digits, int64_t limit, int64_t *out) {
  if (plain(text, digits, limit, out)) return 0;
  struct scan s = {0};
  if (scan_text(pt_slice_trim(text), &s)) return -1;
  s.exponent += digits;
  unsigned __int128 bound = (unsigned __int128)limit, v;
  for (int i = 0; i < digits; i++) bound *= 10;
  if (!to_integer(&s, bound, &v)) return -2;
  *out = s.negative ? -(int64_t)v : (int64_t)v;
  return 0;
}

int64_t pt_money_times(int64_t price, int64_t quantity) {
  int64_t small;
  if (!__builtin_mul_overflow(price, quantity, &small) && small < INT64_MAX - PT_QTY_SCALE &&
      small > INT64_MIN + PT_QTY_SCALE)
    return (small + (small < 0 ? -PT_QTY_SCALE / 2 : PT_QTY_SCALE / 2)) /
           PT_QTY_SCALE;                         /* without a division of 128 bits */
  __int128 product = (__int128)price * quantity; /* 1e-7 */
  __int128 half = product < 0 ? -PT_QTY_SCALE / 2 : PT_QTY_SCALE / 2;
  return (int64_t)((product + half) / PT_QTY_SCALE);
}

int pt_money_text(int64_t money, char out[32]) {
  uint64_t v = money < 0 ? 0 - (uint64_t)money : (uint64_t)money;
  char digits[24];
  int n = 0;
  uint64_t whole = v / PT_MONEY_SCALE, rest = v % PT_MONEY_SCALE;
  int fraction = PT_MONEY_DIGITS;
  while (fraction > 0 && rest % 10 == 0) {
    rest /= 10;
    fraction--;
  }
  for (int i = 0; i < fraction; i++, rest /= 10) digits[n++] = (char)('0' + rest % 10);
  if (fraction) digits[n++] = '.';
  do digits[n++] = (char)('0' + whole % 10);
  while (whole /= 10);
  if (money < 0) digits[n++] = '-';
  for (int i = 0; i < n; i++) out[i] = digits[n - 1 - i];
  out[n] = 0;
  return n;
}

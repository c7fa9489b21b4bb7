#include "clean_priv.h"

struct pt_slice pt_clean_text(const struct pt_value *v) {
  switch (v->kind) {
    case PT_V_TEXT:
    case PT_V_NUMBER:
      return pt_slice_trim((struct pt_slice){v->p, v->n});
    case PT_V_TRUE:
      return PT_SLICE("true");
    case PT_V_FALSE:
      return PT_SLICE("false");
    default:
      return (struct pt_slice){NULL, 0};
  }
}

static bool all_digits(const char *p, size_t n) {
  for (size_t i = 0; i < n; i++)
    if ((unsigned)(p[i] - '0') > 9) return false;
  return n > 0;
}

/* A JSON number of a whole value as its digits; any other as written. */
static struct pt_slice whole_number(struct pt_slice s, char room[PT_MAX_ID]) {
  size_t n = 0, at = 0, fraction = 0;
  bool point = false, negative = s.n && s.p[0] == '-';
  if (negative) at = 1;
  for (; at < s.n && s.p[at] != 'e' && s.p[at] != 'E'; at++) {
    if (s.p[at] == '.') {
      point = true;
      continue;
    }
    if (n == PT_MAX_ID - 1) return s;
    if (n || s.p[at] != '0' || point) room[1 + n++] = s.p[at];
    fraction += point;
  }
  int64_t exponent = 0;
  if (at < s.n && pt_decimal((struct pt_slice){s.p + at + 1, s.n - at - 1}, 0, 1000000, &exponent)) return s;
  exponent -= (int64_t)fraction;
  while (exponent < 0 && n && room[n] == '0') n--, exponent++;
  size_t zeros = 0;
  while (zeros < n && room[1 + zeros] == '0') zeros++; /* of a fraction below one, with an exponent */
  if (zeros == n) return PT_SLICE("0");
  if (exponent < 0) return s;
  if ((int64_t)n + exponent > PT_MAX_ID - 1) return (struct pt_slice){s.p, PT_MAX_ID + 1};
  while (exponent-- > 0) room[1 + n++] = '0';
  room[zeros] = '-';
  return negative ? (struct pt_slice){room + zeros, n - zeros + 1} : (struct pt_slice){room + zeros + 1, n - zeros};
}

struct pt_slice pt_clean_id(const struct pt_value *v, bool integers, char room[PT_MAX_ID]) {
  struct pt_slice s = pt_clean_text(v);
  if (!integers || s.n == 0) return s;
  if (v->kind == PT_V_NUMBER) return all_digits(s.p, s.n) ? s : whole_number(s, room);
  if (s.n > 2 && s.p[s.n - 1] == '0' && s.p[s.n - 2] == '.' && all_digits(s.p, s.n - 2)) s.n -= 2;
  return s;
}

struct pt_slice pt_clean_category(struct pt_slice raw, char *room, size_t cap) {
  size_t n = 0;
  const char *p = raw.p, *end = raw.p + raw.n;
  while (p < end) {
    const char *stop = p;
    while (stop < end && *stop != '.' && *stop != '>' && *stop != '/') stop++;
    struct pt_slice part = pt_slice_trim((struct pt_slice){p, (size_t)(stop - p)});
    if (part.n && n + part.n + 1 < cap) {
      if (n) room[n++] = '.';
      memcpy(room + n, part.p, part.n);
      n += part.n;
    }
    p = stop + 1;
  }
  return (struct pt_slice){room, n};
}

/* Strings and numbers of JSON, and UTF-8. Strings without escapes are slices of the line; others are decoded into the
 * arena, which is as large as the longest line: decoding never lengthens. Bytes are looked at eight at a time. */
#include "parse_priv.h"

static const char *plain_end(const char *p, const char *end) {
  while (p < end) {
    uint64_t w = pt_load8(p);
    uint64_t m = pt_special8(w);
    if (m) {
      p += __builtin_ctzll(m) >> 3;
      return p < end ? p : end;
    }
    p += 8;
  }
  return end;
}

static int utf8_length(const unsigned char *s) {
  if (s[0] < 0xC2) return 0; /* continuation, or an overlong pair */
  if ((s[1] & 0xC0) != 0x80) return 0;
  if (s[0] < 0xE0) return 2;
  if ((s[2] & 0xC0) != 0x80) return 0;
  if (s[0] < 0xF0) {
    if (s[0] == 0xE0 && s[1] < 0xA0) return 0;
    if (s[0] == 0xED && s[1] >= 0xA0) return 0; /* surrogates */
    return 3;
  }
  if ((s[3] & 0xC0) != 0x80 || s[0] > 0xF4) return 0;
  if (s[0] == 0xF0 && s[1] < 0x90) return 0;
  if (s[0] == 0xF4 && s[1] >= 0x90) return 0; /* beyond U+10FFFF */
  return 4;
}

const char *pt_utf8_run(const char *p, const char *end) {
  while (p < end && (unsigned char)*p >= 0x80) {
    int n = utf8_length((const unsigned char *)p);
    if (n == 0 || n > end - p) return NULL;
    p += n;
  }
  return p;
}

bool pt_utf8_valid(const char *p, const char *end) {
  while (p < end) {
    uint64_t w = 0;
    if (end - p >= 8) {
      memcpy(&w, p, 8);
      if (!(w & PT_HIGHS)) {
        p += 8;
        continue;
      }
    }
    if ((unsigned char)*p < 0x80) {
      p++;
      continue;
    }
    p = pt_utf8_run(p, end);
    if (!p) return false;
  }
  return true;
}

static int hex4(const char *p, const char *end) {
  if (end - p < 4) return -1;
  int v = 0;
  for (int i = 0; i < 4; i++) {
    int c = (unsigned char)p[i], d;
    if (c >= '0' && c <= '9')
      d = c - '0';
    else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
      d = (c | 0x20) - 'a' + 10;
    else
      return -1;
    v = v << 4 | d;
  }
  return v;
}

static size_t put_utf8(char *out, uint32_t c) {
  if (c < 0x80) {
    out[0] = (char)c;
    return 1;
  }
  if (c < 0x800) {
    out[0] = (char)(0xC0 | c >> 6);
    out[1] = (char)(0x80 | (c & 0x3F));
    return 2;
  }
  if (c < 0x10000) {
    out[0] = (char)(0xE0 | c >> 12);
    out[1] = (char)(0x80 | (c >> 6 & 0x3F));
    out[2] = (char)(0x80 | (c & 0x3F));
    return 3;
  }
  out[0] = (char)(0xF0 | c >> 18);
  out[1] = (char)(0x80 | (c >> 12 & 0x3F));
  out[2] = (char)(0x80 | (c >> 6 & 0x3F));
  out[3] = (char)(0x80 | (c & 0x3F));
  return 4;
}

/* \uXXXX from behind the 'u'; a pair of surrogates counts as one, a lone one and NUL are refused. */
static const char *unicode_escape(const char *p, const char *end, char *out, size_t *n) {
  int c = hex4(p, end);
  if (c <= 0 || (c >= 0xDC00 && c <= 0xDFFF)) return NULL;
  p += 4;
  uint32_t code = (uint32_t)c;
  if (c >= 0xD800 && c <= 0xDBFF) {
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u') return NULL;
    int low = hex4(p + 2, end);
    if (low < 0xDC00 || low > 0xDFFF) return NULL;
    p += 6;
    code = 0x10000 + ((code - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
  }
  *n += put_utf8(out + *n, code);
  return p;
}

/* From behind the backslash. */
static const char *escape(const char *p, const char *end, char *out, size_t *n) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  if (p >= end) return NULL;
  char c = *p++;
  if (c == 'u') return unicode_escape(p, end, out, n);
  const char *at = c ? strchr(from, c) : NULL;
  if (!at) return NULL;
  out[(*n)++] = to[at - from];
  return p;
}

/* `done`: bytes before p that are plain. */
static const char *decode(const char *start, const char *p, const char *end, struct pt_arena *a, struct pt_value *out) {
  char *to = a->p + a->n;
  size_t n = 0, room = a->cap - a->n;
  const char *from = start;
  for (;;) {
    size_t plain = (size_t)(p - from);
    if (room - n < plain + 4) return NULL;
    memcpy(to + n, from, plain);
    n += plain;
    if (p >= end) return NULL;
    from = p;
    unsigned char c = (unsigned char)*p;
    if (c == '"') break;
    if (c == '\\') {
      p = from = escape(p + 1, end, to, &n);
      if (!p) return NULL;
    } else if (c >= 0x80) {
      p = pt_utf8_run(p, end);
      if (!p) return NULL;
    } else if (c < 0x20) {
      return NULL;
    }
    p = plain_end(p, end);
  }
  *out = (struct pt_value){to, (uint32_t)n, PT_V_TEXT};
  a->n += n;
  return p + 1;
}

const char *pt_text_scan(const char *p, const char *end, struct pt_arena *a, struct pt_value *out) {
  const char *start = p;
  for (;;) {
    p = plain_end(p, end);
    if (p >= end) return NULL;
    unsigned char c = (unsigned char)*p;
    if (c == '"') break;
    if (c == '\\') return decode(start, p, end, a, out);
    if (c < 0x20) return NULL;
    p = pt_utf8_run(p, end);
    if (!p) return NULL;
  }
  *out = (struct pt_value){start, (uint32_t)(p - start), PT_V_TEXT};
  return p + 1;
}

static const char *digits(const char *p, const char *end) {
  while (p < end && *p >= '0' && *p <= '9') p++;
  return p;
}

const char *pt_number_scan(const char *p, const char *end) {
  if (p < end && *p == '-') p++;
  const char *whole = p;
  p = digits(p, end);
  if (p == whole || (*whole == '0' && p - whole > 1)) return NULL;
  if (p < end && *p == '.') {
    const char *fraction = ++p;
    p = digits(p, end);
    if (p == fraction) return NULL;
  }
  if (p < end && (*p | 0x20) == 'e') {
    p++;
    if (p < end && (*p == '+' || *p == '-')) p++;
    const char *power = p;
    p = digits(p, end);
    if (p == power) return NULL;
  }
  return p;
}

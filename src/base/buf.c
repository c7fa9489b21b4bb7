#include <portrait/buf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int pt_slice_cmp(struct pt_slice a, struct pt_slice b) {
  size_t n = a.n < b.n ? a.n : b.n;
  int order = n ? memcmp(a.p, b.p, n) : 0;
  if (order) return order;
  return a.n == b.n ? 0 : a.n < b.n ? -1 : 1;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct pt_slice pt_slice_trimmed(struct pt_slice s) {
  while (s.n && is_blank(s.p[0])) {
    s.p++;
    s.n--;
  }
  while (s.n && is_blank(s.p[s.n - 1])) s.n--;
  return s;
}

int pt_buf_reserve(struct pt_buf *b, size_t more) {
  if (more > SIZE_MAX / 2 - b->n) return -1;
  size_t need = b->n + more;
  if (need <= b->cap) return 0;
  size_t cap = b->cap ? b->cap : 256;
  while (cap < need) cap *= 2;
  char *p = realloc(b->p, cap);
  if (!p) return -1;
  b->p = p;
  b->cap = cap;
  return 0;
}

int pt_buf_add(struct pt_buf *b, const void *p, size_t n) {
  if (n == 0) return 0;
  if (pt_buf_reserve(b, n)) return -1;
  memcpy(b->p + b->n, p, n);
  b->n += n;
  return 0;
}

int pt_buf_printf(struct pt_buf *b, const char *fmt, ...) {
  va_list args, again;
  va_start(args, fmt);
  va_copy(again, args);
  int n = vsnprintf(NULL, 0, fmt, args);
  va_end(args);
  int failed = n < 0 || pt_buf_reserve(b, (size_t)n + 1);
  if (!failed) {
    vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
    b->n += (size_t)n;
  }
  va_end(again);
  return failed ? -1 : 0;
}

void pt_buf_free(struct pt_buf *b) {
  free(b->p);
  *b = (struct pt_buf){0};
}

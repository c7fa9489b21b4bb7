/* Growable bytes and (pointer, length) slices. Local. */
#ifndef PORTRAIT_BUF_H
#define PORTRAIT_BUF_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A view of bytes that somebody else owns; p may be NULL where n is 0. Not NUL-terminated. */
struct pt_slice {
  const char *p;
  size_t n;
};

#define PT_SLICE(literal) ((struct pt_slice){"" literal, sizeof(literal) - 1})

static inline struct pt_slice pt_slice_of(const char *text) {
  return (struct pt_slice){text, text ? strlen(text) : 0};
}
static inline bool pt_slice_eq(struct pt_slice a, struct pt_slice b) {
  return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
/* Order by unsigned bytes, a prefix first: < 0, 0, > 0. */
int pt_slice_cmp(struct pt_slice a, struct pt_slice b);
struct pt_slice pt_slice_trimmed(struct pt_slice s);
/* Without blanks, tabs, CR and LF at both ends. */
static inline struct pt_slice pt_slice_trim(struct pt_slice s) {
  if (s.n && (unsigned char)s.p[0] > ' ' && (unsigned char)s.p[s.n - 1] > ' ') return s;
  return pt_slice_trimmed(s);
}

/* Zero-initialised is empty. pt_buf_free() accepts zeroed and frees once. */
struct pt_buf {
  char *p;
  size_t n;   /* bytes in use */
  size_t cap; /* bytes owned */
};

/* Room for `more` bytes behind n; 0, or -1 where memory is refused (the buffer is as it was). Doubles. */
int pt_buf_reserve(struct pt_buf *b, size_t more);
int pt_buf_add(struct pt_buf *b, const void *p, size_t n);
int pt_buf_printf(struct pt_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void pt_buf_free(struct pt_buf *b);

#endif

/* For the tests of the parser: text to records, by each of the two lanes, with hostile bytes behind the end. */
#ifndef PARSE_FIXTURE_H
#define PARSE_FIXTURE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants those first */
#include <cmocka.h>
#include <parse/parse_priv.h>
#include <zstd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct text {
  char *p, *end;
};

/* A copy with 64 bytes behind it that would go on with whatever stands at its end. */
static inline struct text text_of(const char *p, size_t n) {
  static const char behind[] = "1\",}]";
  struct text t = {malloc(n + 64), NULL};
  assert_non_null(t.p);
  if (n) memcpy(t.p, p, n);
  t.end = t.p + n;
  for (size_t i = 0; i < 64; i++) t.end[i] = behind[i % 5];
  return t;
}

static inline struct pt_parser *open_parser(const struct pt_format *f, struct pt_slice head, size_t max_line) {
  struct pt_parser *p;
  struct pt_err err = {0};
  int code = pt_parser_open(&p, f, UINT64_MAX, head, max_line, &err);
  if (code) print_error("%s\n", err.text);
  assert_int_equal(code, 0);
  return p;
}

/* The lanes this machine has: 1 or 2. */
static inline uint32_t lanes_of(const struct pt_lanes *out[2]) {
  out[0] = &pt_lanes_swar;
  out[1] = pt_lanes_avx2();
  return out[1] ? 2 : 1;
}

static inline void check_value(const struct pt_value *v, enum pt_vkind kind, const char *text) {
  if (v->kind != kind || (text && (v->n != strlen(text) || memcmp(v->p, text, v->n) != 0)))
    print_error("kind %u text '%.*s', expected %u '%s'\n", v->kind, (int)v->n, v->p ? v->p : "", kind,
                text ? text : "");
  assert_int_equal(v->kind, kind);
  if (!text) return;
  assert_int_equal(v->n, strlen(text));
  assert_memory_equal(v->p, text, v->n);
}

/* A file beside the project's root (../shared/data/...), decompressed where it is .zst; empty where it is not there. */
static inline struct pt_buf shared_file(const char *name) {
  struct pt_buf b = {0}, plain = {0};
  char path[4096];
  const char *slash = strrchr(__FILE__, '/');
  snprintf(path, sizeof path, "%.*s/../../../shared/data/%s", (int)(slash ? slash - __FILE__ : 0), __FILE__, name);
  FILE *in = fopen(path, "rb");
  for (size_t n = 1; in && n && !pt_buf_reserve(&b, 1 << 16); b.n += n) n = fread(b.p + b.n, 1, 1 << 16, in);
  if (in) fclose(in);
  if (!strstr(name, ".zst") || b.n == 0) {
    if (b.n) assert_int_equal(pt_buf_reserve(&b, 64), 0);
    return b;
  }
  unsigned long long size = ZSTD_getFrameContentSize(b.p, b.n);
  assert_true(size < (1u << 30));
  assert_int_equal(pt_buf_reserve(&plain, size + 64), 0);
  plain.n = ZSTD_decompress(plain.p, size, b.p, b.n);
  assert_int_equal(plain.n, size);
  pt_buf_free(&b);
  return plain;
}

#define EXPECT_TEXT(record, field, text)   check_value(&(record).events->v[field], PT_V_TEXT, text)
#define EXPECT_NUMBER(record, field, text) check_value(&(record).events->v[field], PT_V_NUMBER, text)
#define EXPECT_ABSENT(record, field)       check_value(&(record).events->v[field], PT_V_ABSENT, NULL)

#endif

/* For the tests of the reader: files made of zstd frames, and all lines of a list of inputs as a sorted list. */
#ifndef PORTRAIT_TEST_READ_HELP_H
#define PORTRAIT_TEST_READ_HELP_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "read/read_priv.h"

enum line_kind { LINE, LONG_LINE, TORN_LINE };
struct line {
  uint64_t file, frame, offset;
  enum line_kind kind;
  char *text; /* with its end */
  size_t n;
};
struct lines_list {
  struct line *v;
  size_t n, cap;
};

static inline void list_add(struct lines_list *l, struct line line, const char *text, size_t n) {
  if (l->n == l->cap) {
    l->cap = l->cap ? 2 * l->cap : 256;
    l->v = realloc(l->v, l->cap * sizeof *l->v);
    assert_non_null(l->v);
  }
  line.text = malloc(n + 1);
  assert_non_null(line.text);
  if (n) memcpy(line.text, text, n);
  line.text[n] = 0;
  line.n = n;
  l->v[l->n++] = line;
}

static inline void list_free(struct lines_list *l) {
  for (size_t i = 0; i < l->n; i++) free(l->v[i].text);
  free(l->v);
  *l = (struct lines_list){0};
}

static inline int line_order(const void *a, const void *b) {
  const struct line *x = a, *y = b;
  if (x->file != y->file) return x->file < y->file ? -1 : 1;
  if (x->frame != y->frame) return x->frame < y->frame ? -1 : 1;
  if (x->offset != y->offset) return x->offset < y->offset ? -1 : 1;
  return (int)x->kind - (int)y->kind;
}

static inline void list_same(struct lines_list *got, struct lines_list *want) {
  if (got->n) qsort(got->v, got->n, sizeof *got->v, line_order);
  if (want->n) qsort(want->v, want->n, sizeof *want->v, line_order);
  size_t n = got->n < want->n ? got->n : want->n;
  for (size_t i = 0; i < n; i++) {
    const struct line *g = &got->v[i], *w = &want->v[i];
    if (line_order(g, w) || g->n != w->n || memcmp(g->text, w->text, w->n)) {
      fail_msg(
          "line %zu of %zu: kind %d frame %llu offset %llu '%.60s' instead of kind %d frame %llu offset %llu '%.60s'",
          i, want->n, (int)g->kind, (unsigned long long)g->frame, (unsigned long long)g->offset, g->text, (int)w->kind,
          (unsigned long long)w->frame, (unsigned long long)w->offset, w->text);
    }
  }
  assert_int_equal(got->n, want->n);
}

/* Takes a chunk apart; checks what holds for every chunk. */
static inline void list_chunk(struct lines_list *l, const struct pt_chunk *c) {
  struct line line = {c->file, c->frame_offset, c->offset, LINE, NULL, 0};
  if (c->long_lines) {
    assert_int_equal(c->long_lines, 1);
    assert_int_equal(c->n, 0);
    assert_int_equal(c->long_offset, c->offset);
    line.kind = LONG_LINE;
    list_add(l, line, "", 0);
  }
  volatile char sum = 0; /* the bytes behind a chunk are readable */
  for (size_t i = 0; c->n && i < 64; i++) sum += c->p[c->n + i];
  (void)sum;
  for (size_t i = 0; i < c->n;) {
    const char *nl = memchr(c->p + i, '\n', c->n - i);
    size_t end = nl ? (size_t)(nl + 1 - c->p) : c->n;
    if (!nl) assert_true(c->last || c->damaged);
    line.kind = c->damaged && end == c->n ? TORN_LINE : LINE;
    line.offset = c->offset + i;
    list_add(l, line, c->p + i, end - i);
    i = end;
  }
  if (c->damaged) assert_true(c->n > 0);
}

/* Reads all; the part flags are checked on the way. */
static inline void list_reader(struct lines_list *l, struct pt_reader *r) {
  struct pt_err err = {0};
  bool in_part = false;
  for (;;) {
    struct pt_chunk c;
    if (pt_reader_next(r, &c, &err)) fail_msg("%s", err.text);
    if (!c.n && !c.new_part && !c.long_lines) break;
    assert_int_equal(c.new_part, !in_part);
    in_part = !c.last;
    if (c.damaged) assert_true(strlen(pt_reader_damage(r)) > 10);
    list_chunk(l, &c);
  }
  assert_false(in_part);
  uint64_t done, all;
  pt_reader_progress(r, &done, &all);
  assert_int_equal(done, all);
}

/* All lines of the inputs as `ranks` ranks would read them, one after the other in this process. */
static inline void list_ranks(struct lines_list *l, const struct pt_inputs *in, const struct pt_read_conf *conf,
                              int ranks) {
  struct pt_err err = {0};
  struct pt_buf buf = {0};
  uint64_t grain = pt_read_grain(in, conf, ranks);
  for (uint64_t i = 0; i < in->n && ranks > 1; i++) {
    if (in->files[i].codec != PT_ZSTD || !pt_read_splits(&in->files[i], conf, grain)) continue;
    assert_int_equal(pt_read_frames_of(&in->files[i], i, grain, &buf, &err), 0);
  }
  struct pt_cuts cuts = {(struct pt_cut *)(void *)buf.p, buf.n / sizeof(struct pt_cut)};
  for (int rank = 0; rank < ranks; rank++) {
    struct pt_part *parts;
    uint64_t n;
    struct pt_reader *r;
    assert_int_equal(pt_read_plan(in, conf, &cuts, rank, ranks, &parts, &n, &err), 0);
    assert_int_equal(pt_read_open_parts(&r, in, conf, parts, n, &err), 0);
    list_reader(l, r);
    pt_reader_close(r);
  }
  pt_buf_free(&buf);
}

static inline void add_frame(struct pt_buf *out, const char *text, size_t n) {
  ZSTD_CCtx *z = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
  size_t bound = ZSTD_compressBound(n);
  assert_int_equal(pt_buf_reserve(out, bound), 0);
  size_t r = ZSTD_compress2(z, out->p + out->n, bound, text, n);
  assert_false(ZSTD_isError(r));
  out->n += r;
  ZSTD_freeCCtx(z);
}

static inline void put_file(const char *path, const void *p, size_t n) {
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(n ? fwrite(p, 1, n, f) : 0, n);
  assert_int_equal(fclose(f), 0);
}

/* One file as input. The path must outlive it. */
static inline struct pt_input one_file(char *path, enum pt_codec codec) {
  struct stat s;
  assert_int_equal(stat(path, &s), 0);
  return (struct pt_input){.path = path, .bytes = (uint64_t)s.st_size, .codec = codec};
}

/* Small numbers that look random and are the same everywhere. */
static inline uint32_t dice(uint64_t *state, uint32_t below) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)((*state >> 33) % below);
}

#endif

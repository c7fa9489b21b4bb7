/* gzip, any number of members, by ISA-L's inflate (zlib's bytes in half of its time). Memory: its state
 * with a window of 32 KiB. A member's end is known only by decoding, so a gzip file is never split; behind a break the
 * next member is looked for by its magic bytes. Zero bytes behind the last member are padding, as gzip has it. */
#include "read/read_priv.h"

#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMBER_HEAD = 4, READ_AHEAD = 8 }; /* inflate holds up to 8 bytes of input in its bit buffer */

int pt_read_gzip_begin(struct pt_stream *st, struct pt_err *err) {
  if (!st->gzip) st->gzip = malloc(sizeof *st->gzip);
  if (!st->gzip) return pt_fail(err, PT_READ, PT_MEMORY, ENOMEM, "no memory for a gzip decoder");
  isal_inflate_init(st->gzip);
  return 0;
}

void pt_read_gzip_free(struct pt_stream *st) {
  free(st->gzip);
  st->gzip = NULL;
}

static bool member(const char *p) {
  const unsigned char *b = (const unsigned char *)p;
  return b[0] == 0x1f && b[1] == 0x8b && b[2] == 8 && (b[3] & 0xe0) == 0;
}

/* To the next member behind the place where decoding stopped. */
static int find_member(struct pt_source *s, uint64_t from, struct pt_err *err) {
  pt_read_source_seek(s, from);
  for (;;) {
    PT_TRY(pt_read_source_need(s, MEMBER_HEAD, err));
    if (s->n - s->at < MEMBER_HEAD) {
      s->at = s->n;
      return 0;
    }
    char *p = memchr(s->p + s->at, 0x1f, s->n - s->at - (MEMBER_HEAD - 1));
    s->at = p ? (size_t)(p - s->p) : s->n - (MEMBER_HEAD - 1);
    if (p && member(p)) return 0;
    if (p) s->at++;
  }
}

static int broken(struct pt_stream *st, const char *why, struct pt_err *err) {
  struct pt_source *s = &st->src;
  uint64_t stop = pt_read_source_tell(s), from = stop > st->frame + READ_AHEAD ? stop - READ_AHEAD : st->frame;
  PT_TRY(find_member(s, from == st->frame ? from + 1 : from, err));
  snprintf(st->damage, sizeof st->damage,
           "%.200s at byte %llu: gzip: %s after %llu decoded bytes; lost: the rest up to byte %llu", s->path,
           (unsigned long long)st->frame, why, (unsigned long long)st->offset,
           (unsigned long long)pt_read_source_tell(s));
  st->break_frame = 0;
  st->break_offset = st->offset;
  st->in_frame = false;
  st->broken = true;
  return 0;
}

/* Zero bytes up to the end of the file are passed over. */
static int padding(struct pt_source *s, bool *end, struct pt_err *err) {
  uint64_t from = pt_read_source_tell(s);
  for (*end = true; *end;) {
    PT_TRY(pt_read_source_need(s, 1, err));
    if (s->at == s->n) return 0;
    while (s->at < s->n && s->p[s->at] == 0) s->at++;
    *end = s->at == s->n;
  }
  pt_read_source_seek(s, from);
  return 0;
}

static int between(struct pt_stream *st, bool *end, struct pt_err *err) {
  struct pt_source *s = &st->src;
  PT_TRY(pt_read_source_need(s, MEMBER_HEAD, err));
  st->frame = pt_read_source_tell(s);
  *end = s->at == s->n;
  if (*end) return 0;
  if (s->n - s->at < MEMBER_HEAD || !member(s->p + s->at)) {
    PT_TRY(padding(s, end, err));
    return *end ? 0 : broken(st, "not a gzip member", err);
  }
  isal_inflate_reset(st->gzip);
  st->gzip->crc_flag = ISAL_GZIP;
  st->in_frame = true;
  return 0;
}

static const char *reason(int code) {
  switch (code) {
    case ISAL_INVALID_WRAPPER:
      return "invalid member header";
    case ISAL_UNSUPPORTED_METHOD:
      return "unsupported method";
    case ISAL_INCORRECT_CHECKSUM:
      return "wrong checksum";
    case ISAL_INVALID_LOOKBACK:
      return "data corruption (distance too far back)";
    default:
      return "data corruption";
  }
}

int pt_read_gzip_pull(struct pt_stream *st, char *p, size_t cap, size_t *n, bool *end, struct pt_err *err) {
  struct pt_source *s = &st->src;
  struct inflate_state *z = st->gzip;
  *n = 0;
  if (cap > PT_READ_BLOCK * 16) cap = PT_READ_BLOCK * 16; /* its counts are 32 bits wide */
  while (*n < cap) {
    if (!st->in_frame) {
      if (*n) return 0; /* what comes next is told by the next pull */
      PT_TRY(between(st, end, err));
      if (*end || st->broken) return 0;
    }
    PT_TRY(pt_read_source_need(s, 1, err));
    z->next_in = (uint8_t *)s->p + s->at;
    z->avail_in = (uint32_t)(s->n - s->at);
    z->next_out = (uint8_t *)p + *n;
    z->avail_out = (uint32_t)(cap - *n);
    int code = isal_inflate(z);
    size_t got = cap - *n - z->avail_out;
    bool stuck = s->n - s->at == 0 && got == 0;
    s->at = s->n - z->avail_in;
    *n += got;
    if (code == 0 && z->block_state == ISAL_BLOCK_FINISH) {
      st->in_frame = false;
    } else if (code || stuck) {
      st->offset += *n; /* the text tells where decoding stopped */
      int bad = broken(st, code ? reason(code) : "truncated", err);
      st->offset -= *n;
      return bad;
    }
  }
  return 0;
}

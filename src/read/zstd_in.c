/* zstd by ZSTD_decompressStream() into the caller's buffer, frame by frame. The window is bounded, sizes in headers are
 * never believed, so memory is one window (at most 2^window_log_max) whatever a file claims.
 *
 * Where a frame breaks, the rest of it is lost and reading goes on at the next frame. What was decoded before the break
 * must not depend on how much room the caller had, or the same file would give other lines for another split. But
 * ZSTD_decompressStream() forgets what a call has written before it met an error. So each call is given one piece of
 * the format, frame header, block header, block or checksum, and what was decoded before a break is all blocks before
 * the bad piece. A block is fed whole, which also spares zstd a copy of it. */
#include "read/read_priv.h"

#include <errno.h>
#include <stdio.h>
#define ZSTD_STATIC_LINKING_ONLY /* ZSTD_getFrameHeader(), the skippable frames' magic numbers */
#include <zstd.h>

enum { HEADER_MAX = 18, BLOCK_HEADER = 3, CHECKSUM = 4 };

int pt_read_zstd_begin(struct pt_stream *st, int window_log_max, struct pt_err *err) {
  if (!st->zstd) st->zstd = ZSTD_createDCtx();
  if (!st->zstd) return pt_fail(err, PT_READ, PT_MEMORY, ENOMEM, "no memory for a zstd decoder");
  ZSTD_DCtx_reset(st->zstd, ZSTD_reset_session_only); /* a part may end in the middle of a frame */
  size_t r = ZSTD_DCtx_setParameter(st->zstd, ZSTD_d_windowLogMax, window_log_max);
  if (ZSTD_isError(r)) return pt_fail(err, PT_READ, PT_INTERNAL, 0, "zstd window: %s", ZSTD_getErrorName(r));
  return 0;
}

void pt_read_zstd_free(struct pt_stream *st) {
  ZSTD_freeDCtx(st->zstd);
  st->zstd = NULL;
}

/* Notes the break in the frame (or garbage) at `at` and goes to the next frame. */
static int broken(struct pt_stream *st, uint64_t at, const char *why, struct pt_err *err) {
  uint64_t next;
  struct pt_source *s = &st->src;
  PT_TRY(pt_read_frame_after(s->fd, s->path, s->size, at, &next, err));
  snprintf(st->damage, sizeof st->damage,
           "%.200s at byte %llu: zstd: %s after %llu decoded bytes; lost: the rest of %llu compressed bytes", s->path,
           (unsigned long long)at, why, (unsigned long long)st->offset, (unsigned long long)(next - at));
  pt_read_source_seek(s, next);
  st->break_frame = at;
  st->break_offset = st->offset;
  st->in_frame = false;
  st->broken = true;
  return 0;
}

static int begin_frame(struct pt_stream *st, const unsigned char *b, size_t have, struct pt_err *err) {
  ZSTD_frameHeader h;
  size_t r = ZSTD_getFrameHeader(&h, b, have);
  if (r) return broken(st, st->frame, ZSTD_isError(r) ? ZSTD_getErrorName(r) : "truncated", err);
  ZSTD_DCtx_reset(st->zstd, ZSTD_reset_session_only);
  st->in_frame = true;
  st->piece = PT_ZSTD_HEADER;
  st->left = h.headerSize;
  st->last = false;
  st->checksum = h.checksumFlag;
  return 0;
}

/* At a place between frames: skips skippable frames, begins the next frame. */
static int between(struct pt_stream *st, bool *end, struct pt_err *err) {
  struct pt_source *s = &st->src;
  for (;;) {
    uint64_t at = pt_read_source_tell(s);
    PT_TRY(pt_read_source_need(s, HEADER_MAX, err));
    st->offset = 0;
    const unsigned char *b = (const unsigned char *)s->p + s->at;
    size_t have = s->n - s->at;
    *end = have == 0;
    if (*end) return 0;
    uint32_t magic = have < 4 ? 0 : b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    if (magic == ZSTD_MAGICNUMBER) {
      st->frame = at;
      return begin_frame(st, b, have, err);
    }
    if ((magic & ZSTD_MAGIC_SKIPPABLE_MASK) != ZSTD_MAGIC_SKIPPABLE_START) {
      return broken(st, at, "not a zstd frame", err);
    }
    uint64_t left = s->size - at,
             bytes =
                 have < 8 ? UINT64_MAX : 8 + (b[4] | (uint64_t)b[5] << 8 | (uint64_t)b[6] << 16 | (uint64_t)b[7] << 24);
    if (bytes > left) return broken(st, at, "truncated skippable frame", err);
    pt_read_source_seek(s, at + bytes);
  }
}

/* The piece behind the one that was fed: its kind and size. *missing: the file ends before its size is known. */
static int next_piece(struct pt_stream *st, bool *missing, struct pt_err *err) {
  struct pt_source *s = &st->src;
  bool body = st->piece == PT_ZSTD_BLOCK_HEADER;
  if (!body && !st->last) {
    PT_TRY(pt_read_source_need(s, BLOCK_HEADER, err));
    st->piece = PT_ZSTD_BLOCK_HEADER;
    st->left = BLOCK_HEADER;
    *missing = s->n - s->at < BLOCK_HEADER;
    if (*missing) return 0;
    const unsigned char *b = (const unsigned char *)s->p + s->at;
    uint32_t head = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16;
    st->last = head & 1;
    st->block = (head >> 1 & 3) == 1 ? 1 : head >> 3; /* one byte repeated, or so many bytes */
  } else if (body) {
    st->piece = PT_ZSTD_BLOCK;
    st->left = st->block;
  } else {
    st->left = st->piece == PT_ZSTD_BLOCK && st->checksum ? CHECKSUM : 0;
    st->piece = PT_ZSTD_CHECKSUM;
  }
  return 0;
}

/* Feeds the current piece, or nothing where it was fed and not all is written yet. */
static int feed(struct pt_stream *st, ZSTD_outBuffer *out, const char **why, struct pt_err *err) {
  struct pt_source *s = &st->src;
  if (st->left) PT_TRY(pt_read_source_need(s, st->left, err));
  if (s->n - s->at < st->left) {
    *why = "truncated";
    return 0;
  }
  ZSTD_inBuffer in = {s->p, s->at + st->left, s->at};
  size_t r = ZSTD_decompressStream(st->zstd, out, &in);
  st->left -= in.pos - s->at;
  s->at = in.pos;
  if (r == 0) st->in_frame = false;
  if (ZSTD_isError(r)) *why = ZSTD_getErrorName(r);
  return 0;
}

int pt_read_zstd_pull(struct pt_stream *st, char *p, size_t cap, size_t *n, bool *end, struct pt_err *err) {
  ZSTD_outBuffer out = {p, cap, 0};
  *n = 0;
  do {
    if (!st->in_frame) PT_TRY(between(st, end, err));
    if (*end || st->broken) return 0;
    const char *why = NULL;
    while (out.pos < cap && st->in_frame && !why) {
      PT_TRY(feed(st, &out, &why, err));
      bool missing = false;
      if (!why && st->in_frame && st->left == 0 && out.pos < cap) PT_TRY(next_piece(st, &missing, err));
      if (missing) why = "truncated";
    }
    *n = out.pos;
    if (why) {
      st->offset += out.pos; /* the text tells where decoding stopped */
      int code = broken(st, st->frame, why, err);
      st->offset -= out.pos;
      return code;
    }
  } while (out.pos == 0);
  return 0;
}

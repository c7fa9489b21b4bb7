/* One face for plain, zstd and gzip. Plain bytes go straight from the file to the caller's buffer; the codecs decode
 * straight into it. Memory: a block of input and the codec's window. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "read/read_priv.h"

int pt_read_stream_open(struct pt_stream *st, const struct pt_input *f, uint64_t at, int window_log_max,
                        struct pt_err *err) {
  pt_read_source_close(&st->src);
  st->src.n = st->src.at = 0;
  PT_TRY(pt_read_source_open(&st->src, f, err));
  pt_read_source_seek(&st->src, at);
  st->codec = f->codec;
  st->frame = f->codec == PT_ZSTD ? at : 0;
  st->offset = f->codec == PT_PLAIN ? at : 0;
  st->in_frame = st->broken = false;
  st->damage[0] = 0;
  if (f->codec == PT_ZSTD) return pt_read_zstd_begin(st, window_log_max, err);
  if (f->codec == PT_GZIP) return pt_read_gzip_begin(st, err);
  return 0;
}

void pt_read_stream_free(struct pt_stream *st) {
  pt_read_zstd_free(st);
  pt_read_gzip_free(st);
  pt_read_source_free(&st->src);
}

static int plain_pull(struct pt_stream *st, char *p, size_t cap, size_t *n, bool *end, struct pt_err *err) {
  struct pt_source *s = &st->src;
  uint64_t left = s->size > s->file_at ? s->size - s->file_at : 0;
  if (cap > left) cap = (size_t)left;
  PT_TRY(pt_read_at(s->fd, s->path, p, cap, s->file_at, n, err));
  s->file_at += *n;
  *end = *n == 0;
  if (*n < cap) s->size = s->file_at;
  return 0;
}

/* The end came before the size that was listed: told once, as a break. */
static void shorter(struct pt_stream *st) {
  snprintf(st->damage, sizeof st->damage, "%.200s at byte %llu: became shorter while it was read; lost: %llu bytes",
           st->src.path, (unsigned long long)st->src.size, (unsigned long long)(st->src.listed - st->src.size));
  st->src.listed = st->src.size;
  st->break_frame = st->codec == PT_ZSTD ? st->src.size : 0;
  st->break_offset = st->codec == PT_ZSTD ? 0 : st->offset;
  st->broken = true;
}

int pt_read_stream_pull(struct pt_stream *st, char *p, size_t cap, struct pt_pulled *out, struct pt_err *err) {
  size_t n = 0;
  bool end = false;
  if (!st->broken) {
    uint64_t before = st->offset;
    if (st->codec == PT_ZSTD) {
      PT_TRY(pt_read_zstd_pull(st, p, cap, &n, &end, err));
      before = st->offset; /* a pull may have begun a frame */
    } else if (st->codec == PT_GZIP) {
      PT_TRY(pt_read_gzip_pull(st, p, cap, &n, &end, err));
    } else {
      PT_TRY(plain_pull(st, p, cap, &n, &end, err));
    }
    *out = (struct pt_pulled){PT_PULL_BYTES, n, st->codec == PT_ZSTD ? st->frame : 0, before};
    st->offset += n;
    if (n) return 0;
  }
  if (end && st->src.size < st->src.listed) shorter(st);
  if (st->broken) {
    st->broken = false;
    *out = (struct pt_pulled){PT_PULL_BREAK, 0, st->break_frame, st->break_offset};
  } else if (end) {
    *out = (struct pt_pulled){.kind = PT_PULL_END};
  }
  return 0;
}

bool pt_read_stream_done(const struct pt_stream *st) {
  const struct pt_source *s = &st->src;
  return !st->broken && !st->in_frame && s->at == s->n && s->file_at >= s->listed;
}

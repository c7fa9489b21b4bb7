/* One rank's parts, one after the other: pull decoded bytes into the line buffer until it has a chunk. Memory: the line
 * buffer, a block of input, a codec's window, and 256 KiB of the file's head. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "read/read_priv.h"

struct pt_reader {
  const struct pt_inputs *in;
  struct pt_read_conf conf;
  struct pt_part *parts;
  uint64_t n_parts, part; /* the part being read, or the next one to open */
  bool open;
  struct pt_stream stream;
  struct pt_lines lines;
  struct pt_buf head;
  uint64_t head_file; /* whose head it is; UINT64_MAX = nobody's */
  uint64_t done, all;
};

int pt_read_open_parts(struct pt_reader **out, const struct pt_inputs *in, const struct pt_read_conf *conf,
                       struct pt_part *parts, uint64_t n, struct pt_err *err) {
  struct pt_reader *r = calloc(1, sizeof *r);
  *out = r;
  if (!r) {
    free(parts);
    return pt_fail(err, PT_READ, PT_MEMORY, ENOMEM, "no memory for the reader");
  }
  *r = (struct pt_reader){.in = in, .conf = *conf, .parts = parts, .n_parts = n, .head_file = UINT64_MAX};
  r->stream.src.fd = -1;
  for (uint64_t i = 0; i < n; i++) r->all += parts[i].end - parts[i].begin;
  return pt_read_lines_init(&r->lines, conf, err);
}

int pt_reader_open(struct pt_reader **out, struct pt_comm *c, const struct pt_inputs *in,
                   const struct pt_read_conf *conf, struct pt_err *err) {
  int rank = pt_comm_rank(c), ranks = pt_comm_size(c);
  struct pt_cuts cuts = {0};
  struct pt_part *parts;
  uint64_t n;
  *out = NULL;
  int code = pt_agree(c, err);
  if (!code && ranks > 1) code = pt_read_frames(c, in, conf, pt_read_grain(in, conf, ranks), &cuts, err);
  if (!code) {
    code = pt_read_plan(in, conf, &cuts, rank, ranks, &parts, &n, err);
    if (!code) PT_LATER(pt_read_open_parts(out, in, conf, parts, n, err));
    code = pt_agree(c, err);
  }
  free(cuts.v);
  if (code) {
    pt_reader_close(*out);
    *out = NULL;
  }
  return code;
}

void pt_reader_close(struct pt_reader *r) {
  if (!r) return;
  pt_read_stream_free(&r->stream);
  pt_read_lines_free(&r->lines);
  pt_buf_free(&r->head);
  free(r->parts);
  free(r);
}

/* Pulls once. zstd: a frame that starts behind the part is beyond it; plain: the pull stops at the part's end. */
static int step(struct pt_reader *r, struct pt_pulled *got, struct pt_err *err) {
  const struct pt_part *part = &r->parts[r->part];
  struct pt_stream *st = &r->stream;
  char *p;
  size_t room;
  pt_read_lines_room(&r->lines, &p, &room);
  if (st->codec == PT_PLAIN && st->offset < part->end && room > part->end - st->offset) {
    room = (size_t)(part->end - st->offset);
  }
  PT_TRY(pt_read_stream_pull(st, p, room, got, err));
  bool beyond = st->codec == PT_PLAIN ? got->offset >= part->end : st->codec == PT_ZSTD && got->frame >= part->end;
  PT_TRY(pt_read_lines_take(&r->lines, got, beyond, st->damage, err));
  if (pt_read_stream_done(st)) r->lines.ended = true; /* so that a file's last line needs no chunk of its own */
  return 0;
}

/* The head read by a stream of its own: where the part starts inside the file, or its first frame is short. */
static int read_head(struct pt_reader *r, const struct pt_input *f, struct pt_err *err) {
  struct pt_stream st = {.src.fd = -1};
  struct pt_pulled got = {.kind = PT_PULL_BYTES};
  int code = pt_read_stream_open(&st, f, 0, r->conf.window_log_max, err);
  while (!code && got.kind == PT_PULL_BYTES && r->head.n < PT_READ_HEAD) {
    code = pt_read_stream_pull(&st, r->head.p + r->head.n, PT_READ_HEAD - r->head.n, &got, err);
    if (!code) r->head.n += got.n;
  }
  pt_read_stream_free(&st);
  return code;
}

/* The file's first bytes: as a rule they are the first bytes that its first part pulls anyway. */
static int take_head(struct pt_reader *r, const struct pt_part *part, struct pt_err *err) {
  struct pt_pulled got = {0};
  if (r->head_file == part->file) return 0;
  r->head.n = 0;
  r->head_file = part->file;
  if (pt_buf_reserve(&r->head, PT_READ_HEAD)) {
    return pt_fail(err, PT_READ, PT_MEMORY, ENOMEM, "no memory for the head of a file");
  }
  if (part->begin == 0) {
    PT_TRY(step(r, &got, err));
    bool all = got.kind == PT_PULL_END || (got.kind == PT_PULL_BYTES && pt_read_stream_done(&r->stream));
    size_t n = got.n < PT_READ_HEAD ? got.n : PT_READ_HEAD;
    if (all || n == PT_READ_HEAD) {
      if (n) memcpy(r->head.p, r->lines.p, n);
      r->head.n = n;
      return 0;
    }
  }
  return read_head(r, &r->in->files[part->file], err);
}

static int open_part(struct pt_reader *r, struct pt_err *err) {
  const struct pt_part *part = &r->parts[r->part];
  PT_TRY(pt_read_stream_open(&r->stream, &r->in->files[part->file], part->begin, r->conf.window_log_max, err));
  pt_read_lines_begin(&r->lines, part->begin == 0);
  r->open = true;
  return take_head(r, part, err);
}

int pt_reader_next(struct pt_reader *r, struct pt_chunk *chunk, struct pt_err *err) {
  *chunk = (struct pt_chunk){0};
  while (r->part < r->n_parts) {
    if (!r->open) PT_TRY(open_part(r, err));
    if (pt_read_lines_cut(&r->lines, chunk)) {
      chunk->file = r->parts[r->part].file;
      return 0;
    }
    if (r->lines.ended) {
      r->done += r->parts[r->part].end - r->parts[r->part].begin;
      r->part++;
      r->open = false;
      pt_read_source_close(&r->stream.src);
    } else {
      struct pt_pulled got;
      PT_TRY(step(r, &got, err));
    }
  }
  return 0;
}

struct pt_slice pt_reader_head(const struct pt_reader *r) {
  return (struct pt_slice){r->head.p, r->head.n};
}

const char *pt_reader_damage(const struct pt_reader *r) {
  return r->lines.damage;
}

void pt_reader_keep(struct pt_reader *r, size_t n) {
  pt_read_lines_keep(&r->lines, n);
}

void pt_reader_progress(const struct pt_reader *r, uint64_t *done, uint64_t *all) {
  *done = r->done;
  *all = r->all;
  if (!r->open || r->part >= r->n_parts) return;
  const struct pt_part *part = &r->parts[r->part];
  uint64_t at = pt_read_source_tell(&r->stream.src);
  if (at > part->end) at = part->end;
  if (at > part->begin) *done += at - part->begin;
}

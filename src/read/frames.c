/* Where the frames of a zstd file start, without decoding: by the seekable format's table where there is one, else by
 * a walk over frame and block headers (some bytes per block of up to 128 KiB).
 *
 * Damaged files: a frame whose headers do not lead to its end is followed by the next place that looks like a frame.
 * A spoilt block size leads at most one block astray, so that search begins some blocks before the header that failed,
 * not at the frame's start: a file made of nothing but traps still costs time in proportion to its size. */
#include "read/read_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#define ZSTD_STATIC_LINKING_ONLY /* ZSTD_getFrameHeader() and the magic numbers */
#include <zstd.h>

enum { HEADER_MAX = 18, BLOCK_HEADER = 3, BACK = 8, SCAN = 64 << 10, SKIP_HEADER = 8, TABLE_FOOT = 9 };

struct walk {
  int fd;
  const char *path;
  uint64_t size;
};

static uint32_t le32(const void *p) {
  const unsigned char *b = p;
  return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static bool skippable(uint32_t magic) {
  return (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

static int peek(const struct walk *w, uint64_t at, void *p, size_t n, size_t *got, struct pt_err *err) {
  *got = 0;
  if (at >= w->size) return 0;
  if (n > w->size - at) n = (size_t)(w->size - at);
  return pt_read_at(w->fd, w->path, p, n, at, got, err);
}

/* Header of the block at `at`: where the next one starts, or 0 where it cannot be one. */
static uint64_t block_after(const struct walk *w, uint64_t at, const unsigned char h[3], size_t limit, bool *last) {
  uint32_t head = h[0] | (uint32_t)h[1] << 8 | (uint32_t)h[2] << 16;
  uint32_t type = head >> 1 & 3, bytes = head >> 3;
  *last = head & 1;
  if (type == 3 || (type != 1 && bytes > limit)) return 0;
  uint64_t next = at + BLOCK_HEADER + (type == 1 ? 1 : bytes);
  return next > w->size ? 0 : next;
}

/* A frame header with a possible first block at `at`? *blocks = its first block. */
static int looks_like_frame(const struct walk *w, uint64_t at, ZSTD_frameHeader *h, uint64_t *blocks, bool *yes,
                            struct pt_err *err) {
  unsigned char b[HEADER_MAX + BLOCK_HEADER];
  size_t got;
  bool last;
  *yes = false;
  PT_TRY(peek(w, at, b, sizeof b, &got, err));
  if (got < 4 || le32(b) != ZSTD_MAGICNUMBER || ZSTD_getFrameHeader(h, b, got) != 0) return 0;
  if (h->headerSize + BLOCK_HEADER > got) return 0;
  *blocks = at + h->headerSize;
  *yes = block_after(w, *blocks, b + h->headerSize, h->blockSizeMax, &last) != 0;
  return 0;
}

/* The first place from `at` on that looks like a frame, or the file's end. */
static int scan(const struct walk *w, uint64_t at, uint64_t *next, struct pt_err *err) {
  unsigned char *b = malloc(SCAN);
  if (!b) return pt_fail(err, PT_READ, PT_MEMORY, ENOMEM, "no memory to search %s", w->path);
  int code = 0;
  bool found = false;
  while (!code && !found) {
    size_t got, i = 0;
    code = peek(w, at, b, SCAN, &got, err);
    if (code || got < 4) break;
    for (; !code && !found && i + 4 <= got; i++) {
      unsigned char *p = memchr(b + i, ZSTD_MAGICNUMBER & 0xff, got - 3 - i);
      i = p ? (size_t)(p - b) : got - 3;
      if (!p) break;
      ZSTD_frameHeader h;
      uint64_t blocks;
      if (le32(p) == ZSTD_MAGICNUMBER) code = looks_like_frame(w, at + i, &h, &blocks, &found, err);
      if (found) *next = at + i;
    }
    at += i;
  }
  free(b);
  if (!found) *next = w->size;
  return code;
}

/* Follows the block headers of the frame at `at`. *next = its end; *clean = false where they lead nowhere, then *next
 * is where to search on. */
static int walk_frame(const struct walk *w, uint64_t at, uint64_t *next, bool *clean, struct pt_err *err) {
  ZSTD_frameHeader h;
  uint64_t block, back[BACK];
  bool yes, last = false;
  for (int i = 0; i < BACK; i++) back[i] = at + 4;
  *clean = false;
  *next = at + 4;
  PT_TRY(looks_like_frame(w, at, &h, &block, &yes, err));
  if (!yes) return 0;
  for (uint64_t k = 0; !last; k++) {
    unsigned char b[BLOCK_HEADER];
    size_t got;
    *next = back[k % BACK];
    back[k % BACK] = block;
    PT_TRY(peek(w, block, b, sizeof b, &got, err));
    block = got == sizeof b ? block_after(w, block, b, h.blockSizeMax, &last) : 0;
    if (!block) return 0;
  }
  block += h.checksumFlag ? 4 : 0;
  if (block > w->size) return 0;
  *clean = true;
  *next = block;
  return 0;
}

int pt_read_frame_after(int fd, const char *path, uint64_t size, uint64_t at, uint64_t *next, struct pt_err *err) {
  struct walk w = {fd, path, size};
  unsigned char b[SKIP_HEADER];
  size_t got;
  bool clean = false;
  *next = at + 1;
  PT_TRY(peek(&w, at, b, sizeof b, &got, err));
  if (got >= 4 && le32(b) == ZSTD_MAGICNUMBER) {
    PT_TRY(walk_frame(&w, at, next, &clean, err));
  } else if (got == sizeof b && skippable(le32(b))) {
    *next = at + SKIP_HEADER + le32(b + 4);
    clean = *next <= size;
    if (!clean) *next = at + 4;
  }
  return clean ? 0 : scan(&w, *next, next, err);
}

/* Is there something to decode at `at`? (A cut at a skippable frame would give a part without lines.) */
static int add_cut(const struct walk *w, uint64_t number, uint64_t at, struct pt_buf *cuts, bool *added,
                   struct pt_err *err) {
  ZSTD_frameHeader h;
  uint64_t blocks;
  PT_TRY(looks_like_frame(w, at, &h, &blocks, added, err));
  if (!*added) return 0;
  struct pt_cut cut = {number, at};
  if (pt_buf_add(cuts, &cut, sizeof cut)) {
    return pt_fail(err, PT_READ, PT_MEMORY, ENOMEM, "no memory for the frames of %s", w->path);
  }
  return 0;
}

/* The seekable format's table: a skippable frame at the file's end of (compressed, decoded[, checksum]) sizes.
 * It is believed where its sizes sum up to the file's and every cut it gives is a frame. */
static int table_cuts(const struct walk *w, uint64_t number, uint64_t grain, struct pt_buf *cuts, bool *ok,
                      struct pt_err *err) {
  unsigned char foot[TABLE_FOOT], head[SKIP_HEADER], entries[12 * 1024];
  size_t got, fill = 0, before = cuts->n;
  *ok = false;
  if (w->size < SKIP_HEADER + TABLE_FOOT) return 0;
  PT_TRY(peek(w, w->size - TABLE_FOOT, foot, TABLE_FOOT, &got, err));
  if (got < TABLE_FOOT || le32(foot + 5) != 0x8F92EAB1u || (foot[4] & 0x7c)) return 0;
  uint64_t n = le32(foot), each = foot[4] & 0x80 ? 12 : 8, bytes = n * each + TABLE_FOOT;
  if (bytes + SKIP_HEADER > w->size) return 0;
  uint64_t table = w->size - bytes, at = 0, cut = 0;
  PT_TRY(peek(w, table - SKIP_HEADER, head, SKIP_HEADER, &got, err));
  if (got < SKIP_HEADER || le32(head) != 0x184D2A5Eu || le32(head + 4) != bytes) return 0;
  bool good = true;
  for (uint64_t i = 0; i < n && good; i++) {
    if (fill == 0) {
      PT_TRY(peek(w, table + i * each, entries, sizeof entries, &got, err));
    }
    if (at >= cut + grain) {
      PT_TRY(add_cut(w, number, at, cuts, &good, err));
      cut = at;
    }
    good = good && fill + each <= got;
    if (good) at += le32(entries + fill);
    fill = fill + 2 * each > sizeof entries ? 0 : fill + each;
  }
  *ok = good && at == table - SKIP_HEADER;
  if (!*ok) cuts->n = before;
  return 0;
}

static int walk_cuts(const struct walk *w, uint64_t number, uint64_t grain, struct pt_buf *cuts, struct pt_err *err) {
  uint64_t cut = 0;
  for (uint64_t at = 0; at < w->size;) {
    bool added = false;
    if (at >= cut + grain) PT_TRY(add_cut(w, number, at, cuts, &added, err));
    if (added) cut = at;
    PT_TRY(pt_read_frame_after(w->fd, w->path, w->size, at, &at, err));
  }
  return 0;
}

int pt_read_frames_of(const struct pt_input *f, uint64_t number, uint64_t grain, struct pt_buf *cuts,
                      struct pt_err *err) {
  struct walk w = {open(f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY), f->path, f->bytes};
  if (w.fd < 0) return pt_fail(err, PT_READ, PT_IO, errno, "%s: %s", f->path, strerror(errno));
  bool ok = false;
  int code = table_cuts(&w, number, grain, cuts, &ok, err);
  if (!code && !ok) code = walk_cuts(&w, number, grain, cuts, err);
  close(w.fd);
  return code;
}

static int order_cut(const void *a, const void *b) {
  const struct pt_cut *x = a, *y = b;
  if (x->file != y->file) return x->file < y->file ? -1 : 1;
  return x->at < y->at ? -1 : x->at > y->at;
}

/* Every rank's cuts to every rank: gathered once for all files, then broadcast. */
static int share(struct pt_comm *c, const struct pt_buf *mine, struct pt_cuts *out, struct pt_err *err) {
  struct pt_buf all = {0};
  uint64_t *counts = calloc((size_t)pt_comm_size(c), sizeof *counts);
  if (!counts) pt_fail(err, PT_READ, PT_MEMORY, ENOMEM, "no memory for the frames' counts");
  int code = pt_agree(c, err);
  if (!code) code = pt_gather_bytes(c, mine->p, mine->n, 0, &all, counts, err);
  free(counts);
  uint64_t bytes = all.n;
  if (!code) {
    pt_bcast(c, &bytes, sizeof bytes, 0);
    out->v = malloc(bytes ? bytes : 1);
    if (!out->v) pt_fail(err, PT_READ, PT_MEMORY, ENOMEM, "no memory for the frames' starts");
    code = pt_agree(c, err);
  }
  if (!code) {
    if (pt_comm_rank(c) == 0 && bytes) memcpy(out->v, all.p, bytes);
    pt_bcast(c, out->v, bytes, 0);
    out->n = bytes / sizeof *out->v;
    qsort(out->v, out->n, sizeof *out->v, order_cut);
  }
  pt_buf_free(&all);
  return code;
}

int pt_read_frames(struct pt_comm *c, const struct pt_inputs *in, const struct pt_read_conf *conf, uint64_t grain,
                   struct pt_cuts *out, struct pt_err *err) {
  struct pt_buf mine = {0};
  *out = (struct pt_cuts){0};
  uint64_t nth = 0;
  for (uint64_t i = 0; i < in->n && !err->code; i++) {
    if (in->files[i].codec != PT_ZSTD || !pt_read_splits(&in->files[i], conf, grain)) continue;
    if (nth++ % (uint64_t)pt_comm_size(c) == (uint64_t)pt_comm_rank(c)) {
      PT_LATER(pt_read_frames_of(&in->files[i], i, grain, &mine, err)); /* agreed on in share() */
    }
  }
  int code = nth ? share(c, &mine, out, err) : pt_agree(c, err);
  pt_buf_free(&mine);
  return code;
}

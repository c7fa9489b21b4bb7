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

enum { HEADER_MAX = 18, BLOCK_HEADER = 3, BACK = 8, SKIP_HEADER = 8, TABLE_FOOT = 9, WINDOW = 4096 };

struct walk {
  int fd;
  const char *path;
  uint64_t size;
  uint64_t at; /* b[0 .. n) are the file's bytes from `at` on */
  size_t n;
  unsigned char b[WINDOW]; /* a page: headers that stand close together cost one read */
};

static uint32_t le32(const void *p) {
  const unsigned char *b = p;
  return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static bool skippable(uint32_t magic) {
  return (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

/* *p = the bytes at `at`, valid until the next call; *got >= n of them (n <= WINDOW), fewer only at the file's end. */
static int peek(struct walk *w, uint64_t at, size_t n, const unsigned char **p, size_t *got, struct pt_err *err) {
  bool here = at >= w->at && at - w->at <= w->n && (w->n - (at - w->at) >= n || w->at + w->n >= w->size);
  if (!here) {
    size_t want = at >= w->size ? 0 : w->size - at < WINDOW ? (size_t)(w->size - at) : WINDOW;
    w->at = at;
    w->n = 0;
    PT_TRY(pt_read_at(w->fd, w->path, w->b, want, at, &w->n, err));
  }
  *p = w->b + (at - w->at);
  *got = w->n - (size_t)(at - w->at);
  return 0;
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
static int looks_like_frame(struct walk *w, uint64_t at, ZSTD_frameHeader *h, uint64_t *blocks, bool *yes,
                            struct pt_err *err) {
  const unsigned char *b;
  size_t got;
  bool last;
  *yes = false;
  PT_TRY(peek(w, at, HEADER_MAX + BLOCK_HEADER, &b, &got, err));
  if (got < 4 || le32(b) != ZSTD_MAGICNUMBER || ZSTD_getFrameHeader(h, b, got) != 0) return 0;
  if (h->headerSize + BLOCK_HEADER > got) return 0;
  *blocks = at + h->headerSize;
  *yes = block_after(w, *blocks, b + h->headerSize, h->blockSizeMax, &last) != 0;
  return 0;
}

/* The first place from `at` on that looks like a frame, or the file's end. */
static int scan(struct walk *w, uint64_t at, uint64_t *next, struct pt_err *err) {
  for (;;) {
    const unsigned char *b;
    size_t got;
    ZSTD_frameHeader h;
    uint64_t blocks;
    bool found = false;
    PT_TRY(peek(w, at, 4, &b, &got, err));
    if (got < 4) break;
    const unsigned char *p = memchr(b, ZSTD_MAGICNUMBER & 0xff, got - 3);
    at += p ? (size_t)(p - b) : got - 3;
    if (!p) continue;
    if (le32(p) == ZSTD_MAGICNUMBER) PT_TRY(looks_like_frame(w, at, &h, &blocks, &found, err));
    *next = at;
    if (found) return 0;
    at++;
  }
  *next = w->size;
  return 0;
}

/* Follows the block headers of the frame at `at`. *next = its end; *clean = false where they lead nowhere, then *next
 * is where to search on. */
static int walk_frame(struct walk *w, uint64_t at, uint64_t *next, bool *clean, struct pt_err *err) {
  ZSTD_frameHeader h;
  uint64_t block, back[BACK];
  bool yes, last = false;
  for (int i = 0; i < BACK; i++) back[i] = at + 4;
  *clean = false;
  *next = at + 4;
  PT_TRY(looks_like_frame(w, at, &h, &block, &yes, err));
  if (!yes) return 0;
  for (uint64_t k = 0; !last; k++) {
    const unsigned char *b;
    size_t got;
    *next = back[k % BACK];
    back[k % BACK] = block;
    PT_TRY(peek(w, block, BLOCK_HEADER, &b, &got, err));
    block = got >= BLOCK_HEADER ? block_after(w, block, b, h.blockSizeMax, &last) : 0;
    if (!block) return 0;
  }
  block += h.checksumFlag ? 4 : 0;
  if (block > w->size) return 0;
  *clean = true;
  *next = block;
  return 0;
}

static int frame_after(struct walk *w, uint64_t at, uint64_t *next, struct pt_err *err) {
  const unsigned char *b;
  size_t got;
  bool clean = false;
  *next = at + 1;
  PT_TRY(peek(w, at, SKIP_HEADER, &b, &got, err));
  if (got >= 4 && le32(b) == ZSTD_MAGICNUMBER) {
    PT_TRY(walk_frame(w, at, next, &clean, err));
  } else if (got >= SKIP_HEADER && skippable(le32(b))) {
    *next = at + SKIP_HEADER + le32(b + 4);
    clean = *next <= w->size;
    if (!clean) *next = at + 4;
  }
  return clean ? 0 : scan(w, *next, next, err);
}

int pt_read_frame_after(int fd, const char *path, uint64_t size, uint64_t at, uint64_t *next, struct pt_err *err) {
  struct walk w = {.fd = fd, .path = path, .size = size};
  return frame_after(&w, at, next, err);
}

/* Is there something to decode at `at`? (A cut at a skippable frame would give a part without lines.) */
static int add_cut(struct walk *w, uint64_t number, uint64_t at, struct pt_buf *cuts, bool *added, struct pt_err *err) {
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
static int table_cuts(struct walk *w, uint64_t number, uint64_t grain, struct pt_buf *cuts, bool *ok,
                      struct pt_err *err) {
  const unsigned char *b;
  size_t got, before = cuts->n;
  *ok = false;
  if (w->size < SKIP_HEADER + TABLE_FOOT) return 0;
  PT_TRY(peek(w, w->size - TABLE_FOOT, TABLE_FOOT, &b, &got, err));
  if (got < TABLE_FOOT || le32(b + 5) != 0x8F92EAB1u || (b[4] & 0x7c)) return 0;
  uint64_t n = le32(b), each = b[4] & 0x80 ? 12 : 8, bytes = n * each + TABLE_FOOT;
  if (bytes + SKIP_HEADER > w->size) return 0;
  uint64_t table = w->size - bytes, at = 0, cut = 0;
  PT_TRY(peek(w, table - SKIP_HEADER, SKIP_HEADER, &b, &got, err));
  if (got < SKIP_HEADER || le32(b) != 0x184D2A5Eu || le32(b + 4) != bytes) return 0;
  bool good = true;
  struct walk frames = *w; /* the frames' headers in a window of their own */
  for (uint64_t i = 0; i < n && good; i++) {
    if (at >= cut + grain) {
      PT_TRY(add_cut(&frames, number, at, cuts, &good, err));
      cut = at;
    }
    PT_TRY(peek(w, table + i * each, each, &b, &got, err));
    good = good && got >= each;
    if (good) at += le32(b);
  }
  *ok = good && at == table - SKIP_HEADER;
  if (!*ok) cuts->n = before;
  return 0;
}

static int walk_cuts(struct walk *w, uint64_t number, uint64_t grain, struct pt_buf *cuts, struct pt_err *err) {
  uint64_t cut = 0;
  for (uint64_t at = 0; at < w->size;) {
    bool added = false;
    if (at >= cut + grain) PT_TRY(add_cut(w, number, at, cuts, &added, err));
    if (added) cut = at;
    PT_TRY(frame_after(w, at, &at, err));
  }
  return 0;
}

int pt_read_frames_of(const struct pt_input *f, uint64_t number, uint64_t grain, struct pt_buf *cuts,
                      struct pt_err *err) {
  struct walk w = {.fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY), .path = f->path, .size = f->bytes};
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

/* Buckets to part files. A bucket's rows are ordered by hash and go out as blocks; where the first byte of the slot
 * changes, the next file begins. Blocks keep the codes of the writing store; the file's tail tells their texts, once a
 * file and only those in use. Memory: one bucket, its order (32 bytes an event), one block. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include "keep_priv.h"
#include "store_priv.h"

#define LEVEL 3

struct writer {
  const struct pt_keep *k;
  struct pt_store *store;
  uint64_t number;
  int rank;
  struct pt_buf *parts;
  struct pt_block_encoder *encoder;
  struct pt_buf block, index, texts, stored;
  uint64_t *used[PT_F_COUNT]; /* bit of each code in use in the file */
  /* the file in hand */
  int fd; /* -1: none */
  uint32_t file, slot_from, slot_to;
  char name[32];
  char *path;
  uint64_t bytes, events;
  uint64_t counts[PT_KEEP_FILE_SLOTS];
  XXH3_state_t *sum;
};

static int io(const struct writer *w, const char *path, struct pt_err *err) {
  return pt_fail(err, "store", PT_IO, errno, "%s at byte %llu: %s", path, (unsigned long long)w->bytes,
                 strerror(errno));
}

static int put_bytes(struct writer *w, const void *p, size_t n, struct pt_err *err) {
  for (size_t done = 0; done < n;) {
    ssize_t got = write(w->fd, (const char *)p + done, n - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return io(w, w->path, err);
    done += (size_t)got;
  }
  w->bytes += n;
  return 0;
}

static int open_file(struct writer *w, uint32_t file, struct pt_err *err) {
  snprintf(w->name, sizeof w->name, "g%06llu/%02x.%04d", (unsigned long long)w->number, file, w->rank);
  free(w->path);
  w->path = NULL;
  if (asprintf(&w->path, "%s/%s", w->k->dir, w->name) < 0) {
    w->path = NULL;
    return pt_keep_no_memory(err);
  }
  char *slash = strrchr(w->path, '/');
  *slash = 0;
  int failed = mkdir(w->path, 0777) && errno != EEXIST;
  if (failed) return io(w, w->path, err);
  *slash = '/';
  w->fd = open(w->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (w->fd < 0) return io(w, w->path, err);
  w->file = file;
  w->bytes = w->events = 0;
  w->index.n = 0;
  memset(w->counts, 0, sizeof w->counts);
  for (int f = 0; f < PT_F_COUNT; f++)
    if (w->used[f]) memset(w->used[f], 0, (w->store->n_ordered[f] / 64 + (size_t)1) * sizeof **w->used);
  XXH3_64bits_reset(w->sum);
  return 0;
}

static int gather_texts(struct writer *w, struct pt_err *err) {
  w->texts.n = 0;
  for (uint32_t f = 0; f < PT_F_COUNT; f++) {
    uint32_t head[2] = {f, 0};
    size_t at = w->texts.n;
    for (uint32_t c = 0; w->used[f] && c < w->store->n_ordered[f]; c++) {
      if (!(w->used[f][c / 64] >> c % 64 & 1)) continue;
      struct pt_slice t = w->store->ordered[f][c];
      uint32_t text[2] = {c, (uint32_t)t.n};
      if (!head[1]++ && pt_buf_add(&w->texts, head, sizeof head)) return pt_keep_no_memory(err);
      if (pt_buf_add(&w->texts, text, sizeof text) || pt_buf_add(&w->texts, t.p, t.n)) return pt_keep_no_memory(err);
    }
    if (head[1]) memcpy(w->texts.p + at, head, sizeof head);
  }
  return 0;
}

static int put_tail(struct writer *w, struct pt_keep_tail *t, struct pt_err *err) {
  PT_TRY(gather_texts(w, err));
  w->stored.n = 0;
  size_t bound = ZSTD_compressBound(w->texts.n);
  if (pt_buf_reserve(&w->stored, bound + sizeof w->counts + w->index.n)) return pt_keep_no_memory(err);
  w->stored.n = ZSTD_compress(w->stored.p, bound, w->texts.n ? w->texts.p : "", w->texts.n, LEVEL);
  if (ZSTD_isError(w->stored.n)) {
    const char *why = ZSTD_getErrorName(w->stored.n);
    w->stored.n = 0;
    return pt_fail(err, "store", PT_INTERNAL, 0, "zstd: %s", why);
  }
  *t = (struct pt_keep_tail){.magic = PT_KEEP_MAGIC,
                             .version = PT_KEEP_VERSION,
                             .n_blocks = (uint32_t)(w->index.n / sizeof(struct pt_keep_block)),
                             .texts_at = w->bytes,
                             .texts_stored = w->stored.n,
                             .texts_raw = w->texts.n,
                             .xxh3 = XXH3_64bits_digest(w->sum)};
  pt_buf_add(&w->stored, w->counts, sizeof w->counts);
  pt_buf_add(&w->stored, w->index.p, w->index.n);
  t->tail_xxh3 = XXH3_64bits(w->stored.p, w->stored.n);
  t->head_xxh3 = XXH3_64bits(t, offsetof(struct pt_keep_tail, head_xxh3));
  PT_TRY(put_bytes(w, w->stored.p, w->stored.n, err));
  return put_bytes(w, t, sizeof *t, err);
}

static int close_file(struct writer *w, struct pt_err *err) {
  if (w->fd < 0) return 0;
  struct pt_keep_tail tail = {0};
  PT_TRY(put_tail(w, &tail, err));
  int failed = fsync(w->fd);
  failed |= close(w->fd);
  w->fd = -1;
  if (failed) return io(w, w->path, err);
  if (pt_buf_printf(w->parts,
                    "{\"name\":\"%s\",\"slot_from\":%u,\"slot_to\":%u,\"bytes\":%llu,\"events\":%llu,"
                    "\"xxh3\":\"%016llx\"}\n",
                    w->name, w->slot_from, w->slot_to, (unsigned long long)w->bytes, (unsigned long long)w->events,
                    (unsigned long long)tail.xxh3))
    return pt_keep_no_memory(err);
  return 0;
}

static void note_row(struct writer *w, const unsigned char *row) {
  struct pt_row_head h = pt_row_head(row);
  const unsigned char *p = row + sizeof h;
  w->counts[(h.hi >> 48) % PT_KEEP_FILE_SLOTS]++;
  for (uint64_t bits = h.has & PT_CODE_BITS; bits; bits &= bits - 1, p += 4) {
    uint32_t code;
    memcpy(&code, p, sizeof code);
    w->used[__builtin_ctzll(bits)][code / 64] |= UINT64_C(1) << code % 64;
  }
}

/* Rows and ids of one file's slots, in hash order. */
static int put_run(struct writer *w, struct pt_block_in *in, struct pt_err *err) {
  uint32_t first = (uint32_t)((in->n_rows ? in->rows[0].hi : in->id_hash[0].hi) >> 48);
  if (w->fd < 0 || first / PT_KEEP_FILE_SLOTS != w->file) {
    PT_TRY(close_file(w, err));
    PT_TRY(open_file(w, first / PT_KEEP_FILE_SLOTS, err));
    w->slot_from = first;
  }
  for (size_t i = 0; i < in->n_rows; i++) note_row(w, in->rows[i].at);
  w->events += in->n_rows;
  while (in->n_rows || in->n_ids) {
    w->block.n = 0;
    PT_TRY(pt_block_encode(w->encoder, in, &w->block, err));
    struct pt_block_head head;
    memcpy(&head, w->block.p, sizeof head);
    struct pt_keep_block b = {.at = w->bytes,
                              .n = (uint32_t)w->block.n,
                              .rows = head.n_rows,
                              .slot_first = (uint16_t)(head.hi_first >> 48),
                              .slot_last = (uint16_t)(head.hi_last >> 48)};
    w->slot_to = b.slot_last + 1u;
    XXH3_64bits_update(w->sum, w->block.p, w->block.n);
    if (pt_buf_add(&w->index, &b, sizeof b)) return pt_keep_no_memory(err);
    PT_TRY(put_bytes(w, w->block.p, w->block.n, err));
  }
  return 0;
}

/* A whole bucket in hash order, cut where files change. */
static int put_sorted(struct writer *w, const struct pt_hashed *v, size_t n, const struct pt_h128 *hashes,
                      const struct pt_slice *ids, size_t n_ids, struct pt_err *err) {
  for (size_t i = 0, j = 0; i < n || j < n_ids;) {
    uint64_t hi = i < n ? v[i].hi : UINT64_MAX;
    if (j < n_ids && hashes[j].hi < hi) hi = hashes[j].hi;
    size_t i_end = i, j_end = j;
    while (i_end < n && v[i_end].hi >> 56 == hi >> 56) i_end++;
    while (j_end < n_ids && hashes[j_end].hi >> 56 == hi >> 56) j_end++;
    struct pt_block_in in = {.rows = v + i,
                             .n_rows = i_end - i,
                             .id_hash = hashes + j,
                             .ids = ids + j,
                             .n_ids = j_end - j,
                             .level = LEVEL,
                             .split = true};
    PT_TRY(put_run(w, &in, err));
    i = i_end;
    j = j_end;
  }
  return 0;
}

static int put_bucket(struct writer *w, uint32_t bucket, struct pt_err *err) {
  struct pt_bucket b;
  PT_TRY(pt_store_load(w->store, bucket, &b, err));
  struct pt_hashed *v = malloc((2 * b.n_rows + 1) * sizeof *v);
  struct pt_h128 *hashes = malloc((b.n_ids + 1) * sizeof *hashes);
  struct pt_slice *ids = malloc((b.n_ids + 1) * sizeof *ids);
  int code = v && hashes && ids ? 0 : pt_keep_no_memory(err);
  size_t n_ids = b.n_ids;
  if (!code) {
    for (size_t i = 0; i < b.n_rows; i++) v[i] = (struct pt_hashed){pt_row_user(b.rows[i]).hi, b.rows[i]};
    pt_sort_hashed(v, v + b.n_rows, b.n_rows);
    if (n_ids) memcpy(hashes, b.id_hash, n_ids * sizeof *hashes);
    if (n_ids) memcpy(ids, b.ids, n_ids * sizeof *ids);
    n_ids = pt_ids_distinct(hashes, ids, n_ids);
    if (n_ids == SIZE_MAX) code = pt_keep_no_memory(err);
  }
  if (!code) code = put_sorted(w, v, b.n_rows, hashes, ids, n_ids, err);
  free(v);
  free(hashes);
  free(ids);
  pt_store_unload(w->store, bucket, true);
  return code;
}

static int ready(struct writer *w, struct pt_err *err) {
  w->sum = XXH3_createState();
  if (!w->sum) return pt_keep_no_memory(err);
  for (int f = 0; f < PT_F_COUNT; f++) {
    if (!w->store->dict[f]) continue;
    w->used[f] = calloc(w->store->n_ordered[f] / 64 + (size_t)1, sizeof **w->used);
    if (!w->used[f]) return pt_keep_no_memory(err);
  }
  return pt_block_encoder_new(&w->encoder, err);
}

static int put_all(struct writer *w, struct pt_err *err) {
  PT_TRY(ready(w, err));
  for (uint32_t i = 0; i < pt_store_buckets(w->store); i++) PT_TRY(put_bucket(w, i, err));
  if (w->fd < 0) return 0;
  PT_TRY(close_file(w, err));
  *strrchr(w->path, '/') = 0;
  return pt_keep_sync(w->path, err);
}

int pt_keep_write_as(const struct pt_keep *k, struct pt_store *s, uint64_t number, int rank, struct pt_buf *parts,
                     struct pt_err *err) {
  struct writer *w = calloc(1, sizeof *w);
  if (!w) return pt_keep_no_memory(err);
  w->k = k;
  w->store = s;
  w->number = number;
  w->rank = rank;
  w->parts = parts;
  w->fd = -1;
  int code = put_all(w, err);
  if (w->fd >= 0) close(w->fd);
  for (int f = 0; f < PT_F_COUNT; f++) free(w->used[f]);
  XXH3_freeState(w->sum);
  pt_block_encoder_free(w->encoder);
  pt_buf_free(&w->block);
  pt_buf_free(&w->index);
  pt_buf_free(&w->texts);
  pt_buf_free(&w->stored);
  free(w->path);
  free(w);
  return code;
}

int pt_keep_write(const struct pt_keep *k, struct pt_store *s, int rank, struct pt_buf *parts, struct pt_err *err) {
  return pt_keep_write_as(k, s, k->next, rank, parts, err);
}

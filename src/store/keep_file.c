/* One part file, read: its tail says where the blocks lie, how many events each slot has and which texts the codes
 * stand for. A tail that does not fit the file, the manifest or its own checksums is refused. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include "keep_priv.h"

#define MAX_TEXTS (UINT64_C(1) << 32)

#undef pt_keep_no_memory /* the static analyzer's */
int pt_keep_no_memory(struct pt_err *err) {
  return pt_fail(err, "store", PT_MEMORY, ENOMEM, "out of memory for the kept store");
}

int pt_keep_sync(const char *path, struct pt_err *err) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  int failed = fd < 0 || fsync(fd);
  int sys = errno;
  if (fd >= 0) close(fd);
  return failed ? pt_fail(err, "store", PT_IO, sys, "%s: %s", path, strerror(sys)) : 0;
}

static int bad(const struct pt_keep_file *f, const char *why, struct pt_err *err) {
  return pt_fail(err, "store", PT_IO, 0, "%s: %s", f->name, why);
}

int pt_keep_read_at(const struct pt_keep_file *f, uint64_t at, void *p, size_t n, struct pt_err *err) {
  for (size_t done = 0; done < n;) {
    ssize_t got = pread(f->fd, (char *)p + done, n - done, (off_t)(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return pt_fail(err, "store", PT_IO, errno, "%s: %s", f->name, strerror(errno));
    if (got == 0) return bad(f, "ends early", err);
    done += (size_t)got;
  }
  return 0;
}

static int check_tail(struct pt_keep_file *f, uint64_t size, struct pt_err *err) {
  const struct pt_keep_tail *t = &f->tail;
  if (t->magic != PT_KEEP_MAGIC || t->head_xxh3 != XXH3_64bits(t, offsetof(struct pt_keep_tail, head_xxh3)))
    return bad(f, "no part of a store, or damaged at its end", err);
  if (t->version != PT_KEEP_VERSION) return bad(f, "written by another version", err);
  uint64_t index = PT_KEEP_FILE_SLOTS * sizeof(uint64_t) + (uint64_t)t->n_blocks * sizeof(struct pt_keep_block);
  uint64_t before = size - sizeof *t;
  if (t->texts_at > before || t->texts_stored > before - t->texts_at || t->texts_raw > MAX_TEXTS ||
      before - t->texts_at - t->texts_stored != index)
    return bad(f, "damaged at its end", err);
  if (t->xxh3 != f->part->xxh3) return bad(f, "not the file that the manifest names", err);
  return 0;
}

static int read_tail(struct pt_keep_file *f, uint64_t size, struct pt_err *err) {
  PT_TRY(pt_keep_read_at(f, size - sizeof f->tail, &f->tail, sizeof f->tail, err));
  PT_TRY(check_tail(f, size, err));
  uint64_t n = size - sizeof f->tail - f->tail.texts_at;
  uint64_t pad = -f->tail.texts_stored & 7; /* the counts behind the texts are to be aligned in memory */
  unsigned char *p = malloc(n + pad);
  if (!p) return pt_keep_no_memory(err);
  f->bytes = p;
  PT_TRY(pt_keep_read_at(f, f->tail.texts_at, p + pad, n, err));
  if (XXH3_64bits(p + pad, n) != f->tail.tail_xxh3) return bad(f, "damaged at its end", err);
  f->counts = (const uint64_t *)(const void *)(p + pad + f->tail.texts_stored);
  f->blocks = (const struct pt_keep_block *)(const void *)(f->counts + PT_KEEP_FILE_SLOTS);
  for (uint32_t i = 0; i < f->tail.n_blocks; i++)
    if (f->blocks[i].at > f->tail.texts_at || f->blocks[i].n > f->tail.texts_at - f->blocks[i].at)
      return bad(f, "a block outside of it", err);
  return 0;
}

int pt_keep_file_open(struct pt_keep_file *f, const struct pt_keep *k, const struct pt_keep_part *part,
                      struct pt_err *err) {
  *f = (struct pt_keep_file){.fd = -1, .part = part};
  struct stat st;
  if (asprintf(&f->name, "%s/%s", k->dir, part->name) < 0) {
    f->name = NULL;
    return pt_keep_no_memory(err);
  }
  f->fd = open(f->name, O_RDONLY | O_CLOEXEC);
  int code = 0;
  if (f->fd < 0 || fstat(f->fd, &st))
    code = pt_fail(err, "store", PT_IO, errno, "%s: %s", f->name, strerror(errno));
  else if ((uint64_t)st.st_size != part->bytes || part->bytes < sizeof f->tail)
    code = bad(f, "its size is not the manifest's", err);
  if (!code) code = read_tail(f, part->bytes, err);
  if (code) pt_keep_file_close(f);
  return code;
}

void pt_keep_file_close(struct pt_keep_file *f) {
  if (f->fd >= 0) close(f->fd);
  free(f->name);
  free(f->bytes);
  *f = (struct pt_keep_file){.fd = -1};
}

static int take_all(const struct pt_keep_file *f, const unsigned char *p, uint64_t n, pt_keep_take_text *take,
                    void *arg, struct pt_err *err) {
  uint32_t head[2], text[2];
  while (n) {
    if (n < sizeof head) return bad(f, "texts cut off", err);
    memcpy(head, p, sizeof head);
    p += sizeof head;
    n -= sizeof head;
    if (head[0] >= PT_F_COUNT || !(PT_CODE_BITS & PT_BIT(head[0]))) return bad(f, "texts of an unknown field", err);
    for (uint32_t i = 0; i < head[1]; i++) {
      if (n < sizeof text) return bad(f, "texts cut off", err);
      memcpy(text, p, sizeof text);
      p += sizeof text;
      n -= sizeof text;
      if (text[1] > n) return bad(f, "texts cut off", err);
      PT_TRY(take(arg, (int)head[0], text[0], (struct pt_slice){(const char *)p, text[1]}, err));
      p += text[1];
      n -= text[1];
    }
  }
  return 0;
}

int pt_keep_file_texts(const struct pt_keep_file *f, pt_keep_take_text *take, void *arg, struct pt_err *err) {
  const struct pt_keep_tail *t = &f->tail;
  const unsigned char *stored = (const unsigned char *)f->counts - t->texts_stored;
  unsigned char *raw = malloc(t->texts_raw + 1);
  if (!raw) return pt_keep_no_memory(err);
  size_t got = ZSTD_decompress(raw, t->texts_raw, stored, t->texts_stored);
  int code = got == t->texts_raw ? 0 : bad(f, "texts do not unpack", err);
  if (!code) code = take_all(f, raw, t->texts_raw, take, arg, err);
  free(raw);
  return code;
}

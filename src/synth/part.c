/* One output file: lines gather in 32 MiB, and each such piece becomes one zstd frame with its size and checksum, so
 * that readers can split the file. Hidden name until it is whole. Memory: 32 MiB and the compressed piece. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>
#include "synth_priv.h"

#define FRAME_BYTES ((size_t)32 << 20)

struct synth_part {
  char *final, *hidden;
  int fd;
  ZSTD_CCtx *zstd;
  char *text, *packed;
  size_t n, packed_cap;
};

static int refuse(struct synth_part *p, struct pt_err *err, const char *what) {
  int sys = errno;
  return pt_fail(err, "synth", PT_IO, sys, "%s: %s: %s", p->hidden, what, strerror(sys));
}

static int allocate(struct synth_part *p, const char *dir, const char *name) {
  p->fd = -1;
  p->packed_cap = ZSTD_compressBound(FRAME_BYTES);
  p->text = malloc(FRAME_BYTES);
  p->packed = malloc(p->packed_cap);
  p->zstd = ZSTD_createCCtx();
  if (asprintf(&p->final, "%s/%s", dir, name) < 0) p->final = NULL;
  if (asprintf(&p->hidden, "%s/.%s.part", dir, name) < 0) p->hidden = NULL;
  return p->text && p->packed && p->zstd && p->final && p->hidden ? 0 : -1;
}

int synth_part_open(struct synth_part **out, const char *dir, const char *name, int level, struct pt_err *err) {
  struct synth_part *p = calloc(1, sizeof *p);
  *out = NULL;
  if (!p || allocate(p, dir, name)) {
    synth_part_free(p);
    return pt_fail(err, "synth", PT_MEMORY, 0, "%s: no memory for a frame", name);
  }
  ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_checksumFlag, 1);
  p->fd = open(p->hidden, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (p->fd < 0) {
    int code = refuse(p, err, "cannot be made");
    synth_part_free(p);
    return code;
  }
  *out = p;
  return 0;
}

static int frame(struct synth_part *p, struct pt_err *err) {
  if (!p->n) return 0;
  size_t n = ZSTD_compress2(p->zstd, p->packed, p->packed_cap, p->text, p->n);
  if (ZSTD_isError(n)) return pt_fail(err, "synth", PT_INTERNAL, 0, "%s: zstd: %s", p->hidden, ZSTD_getErrorName(n));
  for (size_t at = 0; at < n;) {
    ssize_t wrote = write(p->fd, p->packed + at, n - at);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return refuse(p, err, "cannot be written");
    at += (size_t)wrote;
  }
  p->n = 0;
  return 0;
}

char *synth_part_room(struct synth_part *p, size_t room, struct pt_err *err) {
  if (FRAME_BYTES - p->n < room && frame(p, err)) return NULL;
  return p->text + p->n;
}

void synth_part_wrote(struct synth_part *p, size_t n) {
  p->n += n;
}

int synth_part_finish(struct synth_part *p, struct pt_err *err) {
  PT_TRY(frame(p, err));
  int fd = p->fd;
  p->fd = -1;
  if (close(fd)) return refuse(p, err, "cannot be written");
  if (rename(p->hidden, p->final)) return refuse(p, err, "cannot be renamed");
  free(p->hidden);
  p->hidden = NULL;
  return 0;
}

void synth_part_free(struct synth_part *p) {
  if (!p) return;
  if (p->fd >= 0) close(p->fd);
  if (p->hidden && p->zstd) unlink(p->hidden);
  ZSTD_freeCCtx(p->zstd);
  free(p->text);
  free(p->packed);
  free(p->final);
  free(p->hidden);
  free(p);
}

/* A file's bytes in blocks of 256 KiB by read-ahead and pread(): a log may be truncated or replaced while it is read,
 * which mmap would answer with a signal. Memory: one block. */
#include "read/read_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int pt_read_at(int fd, const char *path, void *p, size_t n, uint64_t at, size_t *got, struct pt_err *err) {
  *got = 0;
  while (*got < n) {
    ssize_t r = pread(fd, (char *)p + *got, n - *got, (off_t)(at + *got));
    if (r < 0 && errno == EINTR) continue;
    if (r < 0) {
      return pt_fail(err, PT_READ, PT_IO, errno, "%s at byte %llu: %s", path, (unsigned long long)(at + *got),
                     strerror(errno));
    }
    if (r == 0) return 0;
    *got += (size_t)r;
  }
  return 0;
}

int pt_read_source_open(struct pt_source *s, const struct pt_input *f, struct pt_err *err) {
  if (!s->p) {
    s->p = malloc(PT_READ_BLOCK);
    if (!s->p) return pt_fail(err, PT_READ, PT_MEMORY, ENOMEM, "no memory for a block of input");
  }
  s->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (s->fd < 0) return pt_fail(err, PT_READ, PT_IO, errno, "%s: %s", f->path, strerror(errno));
  (void)posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* advice: its failure changes nothing */
  s->path = f->path;
  s->size = s->listed = f->bytes;
  pt_read_source_seek(s, 0);
  return 0;
}

void pt_read_source_close(struct pt_source *s) {
  if (s->fd >= 0) close(s->fd);
  s->fd = -1;
}

void pt_read_source_free(struct pt_source *s) {
  pt_read_source_close(s);
  free(s->p);
  s->p = NULL;
}

void pt_read_source_seek(struct pt_source *s, uint64_t at) {
  uint64_t here = s->file_at - s->n; /* offset of p[0] */
  if (s->n && at >= here && at <= s->file_at) {
    s->at = (size_t)(at - here);
    return;
  }
  s->file_at = at;
  s->at = s->n = 0;
}

uint64_t pt_read_source_tell(const struct pt_source *s) {
  return s->file_at - (s->n - s->at);
}

int pt_read_source_need(struct pt_source *s, size_t need, struct pt_err *err) {
  if (s->n - s->at >= need || s->file_at >= s->size) return 0;
  size_t left = s->n - s->at;
  if (s->at) memmove(s->p, s->p + s->at, left);
  s->at = 0;
  s->n = left;
  size_t want = PT_READ_BLOCK - left, got;
  if (want > s->size - s->file_at) want = (size_t)(s->size - s->file_at);
  PT_TRY(pt_read_at(s->fd, s->path, s->p + left, want, s->file_at, &got, err));
  s->n += got;
  s->file_at += got;
  if (got < want) s->size = s->file_at; /* became shorter since it was listed */
  return 0;
}

/* O_TMPFILE where the file system has it, else a file that is unlinked at once: either way nothing stays behind after
 * a kill. Short writes go on until an error says why. */
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int pt_scratch_open(struct pt_scratch *s, const char *folder, struct pt_err *err) {
  *s = (struct pt_scratch){.fd = -1, .folder = folder};
  s->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (s->fd >= 0) return 0;
  char name[4096];
  int n = snprintf(name, sizeof name, "%s/.portrait-store-XXXXXX", folder);
  if (n < 0 || (size_t)n >= sizeof name) return pt_fail(err, "store", PT_IO, 0, "scratch folder's name is too long");
  s->fd = mkostemp(name, O_CLOEXEC);
  if (s->fd < 0) return pt_fail(err, "store", PT_IO, errno, "scratch folder %s: %s", folder, strerror(errno));
  unlink(name);
  return 0;
}

int pt_scratch_append(struct pt_scratch *s, const void *p, size_t n, struct pt_err *err) {
  const char *from = p;
  for (size_t done = 0; done < n;) {
    ssize_t got = pwrite(s->fd, from + done, n - done, (off_t)(s->bytes + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      int sys = got < 0 ? errno : ENOSPC;
      return pt_fail(err, "store", PT_IO, sys, "scratch file in %s at byte %llu, writing %zu: %s", s->folder,
                     (unsigned long long)(s->bytes + done), n - done, strerror(sys));
    }
    done += (size_t)got;
  }
  s->bytes += n;
  return 0;
}

int pt_scratch_read(const struct pt_scratch *s, uint64_t at, void *p, size_t n, struct pt_err *err) {
  char *to = p;
  for (size_t done = 0; done < n;) {
    ssize_t got = pread(s->fd, to + done, n - done, (off_t)(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      int sys = got < 0 ? errno : EIO;
      return pt_fail(err, "store", PT_IO, sys, "scratch file in %s at byte %llu: %s", s->folder,
                     (unsigned long long)(at + done), got < 0 ? strerror(sys) : "ends early");
    }
    done += (size_t)got;
  }
  return 0;
}

void pt_scratch_close(struct pt_scratch *s) {
  if (s->fd >= 0) close(s->fd);
  s->fd = -1;
}

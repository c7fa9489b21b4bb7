/* The file's way to its name: an exclusive "<path>.part", disk space set aside before anything is written (a full disk
 * in the middle of a collective write can only end the job), and at the end fsync, rename, fsync of the folder. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "out.h"

static int fail(struct pt_err *err, const char *path, const char *what) {
  int sys = errno;
  return pt_fail(err, "output", PT_IO, sys, "%s: cannot %s: %s", path, what, strerror(sys));
}

/* The file takes its name by rename, which would put it in the place of a device such as /dev/null. */
static int check_target(const char *part, struct pt_err *err) {
  char *path = strndup(part, strlen(part) - (sizeof ".part" - 1));
  struct stat st;
  int code = 0;
  if (!path)
    code = pt_fail(err, "output", PT_MEMORY, 0, "no memory for the name of the output");
  else if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
    code = pt_fail(err, "output", PT_IO, 0, "%s: is there and no regular file", path);
  free(path);
  return code;
}

int pt_part_create(const char *part, struct pt_err *err) {
  struct stat st;
  PT_TRY(check_target(part, err));
  if (lstat(part, &st) == 0 && S_ISREG(st.st_mode) && unlink(part) < 0) /* left by a run that was ended */
    return fail(err, part, "remove the old one");
  int fd = open(part, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return fail(err, part, "create");
  close(fd);
  return 0;
}

static int enough_free(int fd, const char *part, uint64_t bytes, struct pt_err *err) {
  struct statvfs fs;
  if (fstatvfs(fd, &fs) < 0) return fail(err, part, "ask for the free space");
  uint64_t free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
  if (free_bytes >= bytes) return 0;
  return pt_fail(err, "output", PT_IO, ENOSPC, "%s: not enough space: about %llu bytes needed, %llu free", part,
                 (unsigned long long)bytes, (unsigned long long)free_bytes);
}

int pt_part_reserve(const char *part, uint64_t bytes, struct pt_err *err) {
  int fd = open(part, O_WRONLY | O_NOFOLLOW | O_CLOEXEC), code = 0;
  if (fd < 0) return fail(err, part, "open");
  if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)bytes) < 0) {
    int sys = errno;
    if (sys == EOPNOTSUPP || sys == ENOSYS)
      code = enough_free(fd, part, bytes, err);
    else
      code = pt_fail(err, "output", PT_IO, sys, "%s: not enough space: about %llu bytes needed: %s", part,
                     (unsigned long long)bytes, strerror(sys));
  }
  close(fd);
  return code;
}

int pt_part_settle(const char *part, uint64_t *bytes, struct pt_err *err) {
  struct stat st;
  int fd = open(part, O_WRONLY | O_NOFOLLOW | O_CLOEXEC), code = 0;
  if (fd < 0) return fail(err, part, "open");
  if (fstat(fd, &st) < 0 || ftruncate(fd, st.st_size) < 0) code = fail(err, part, "set the size of");
  if (!code) *bytes = (uint64_t)st.st_size;
  /* the disk works while the ranks read back from memory; fsync waits for it later */
  if (!code) (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
  close(fd);
  return code;
}

static int sync_path(const char *path, int flags, struct pt_err *err) {
  int fd = open(path, flags | O_CLOEXEC), code = 0;
  if (fd < 0) return fail(err, path, "open");
  if (fsync(fd) < 0 && errno != EINVAL) code = fail(err, path, "write to disk"); /* EINVAL: folders of some systems */
  close(fd);
  return code;
}

int pt_part_publish(const char *part, const char *path, struct pt_err *err) {
  PT_TRY(sync_path(part, O_WRONLY | O_NOFOLLOW, err));
  if (rename(part, path) < 0) return fail(err, path, "rename the finished file to");
  char *copy = strdup(path);
  if (!copy) return pt_fail(err, "output", PT_MEMORY, 0, "no memory for a path");
  int code = sync_path(dirname(copy), O_RDONLY | O_DIRECTORY, err);
  free(copy);
  return code;
}

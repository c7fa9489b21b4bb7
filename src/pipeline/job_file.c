/* The job file and the files of rules that it names: rank 0 reads, everybody parses the same bytes. */
#include "pipeline/job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_JOB_FILE (1 << 20)

static int read_file(const char *path, struct pt_buf *out, struct pt_err *err) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return pt_fail(err, "conf", PT_NOINPUT, errno, "%s: %s", path, strerror(errno));
  ssize_t got = 1;
  int failed = 0;
  while (got > 0 && !failed && out->n <= MAX_JOB_FILE) {
    if (pt_buf_reserve(out, 65536)) failed = pt_fail(err, "conf", PT_MEMORY, 0, "out of memory");
    got = failed ? 0 : read(fd, out->p + out->n, 65536);
    if (got > 0) out->n += (size_t)got;
  }
  if (got < 0) failed = pt_fail(err, "conf", PT_CONFIG, errno, "%s: %s", path, strerror(errno));
  if (out->n > MAX_JOB_FILE) failed = pt_fail(err, "conf", PT_CONFIG, 0, "%s: over 1 MiB", path);
  close(fd);
  return failed;
}

/* Without a communicator one process is all of it. */
static int agree(struct pt_comm *c, struct pt_err *err) {
  return c ? pt_agree(c, err) : err->code;
}

/* Collective: the file's bytes on every rank. */
static int share_file(struct pt_comm *c, const char *path, struct pt_buf *text, struct pt_err *err) {
  if (!c) return read_file(path, text, err);
  if (pt_comm_rank(c) == 0) PT_LATER(read_file(path, text, err));
  PT_TRY(pt_agree(c, err));
  uint64_t n = text->n;
  pt_bcast(c, &n, sizeof n, 0);
  if (pt_comm_rank(c) != 0 && pt_buf_reserve(text, n + 1)) pt_fail(err, "conf", PT_MEMORY, 0, "out of memory");
  PT_TRY(pt_agree(c, err));
  if (n) pt_bcast(c, text->p, n, 0);
  text->n = n;
  return 0;
}

/* A file of rules lies beside the job file unless its path begins with '/'. */
static int beside(const char *job_file, const char *name, struct pt_buf *path, struct pt_err *err) {
  const char *slash = strrchr(job_file, '/');
  size_t folder = name[0] == '/' || !slash ? 0 : (size_t)(slash - job_file) + 1;
  if (pt_buf_add(path, job_file, folder) || pt_buf_add(path, name, strlen(name) + 1))
    return pt_fail(err, "conf", PT_MEMORY, 0, "out of memory");
  return 0;
}

struct source {
  struct pt_comm *comm;
  const char *job_file;
  struct pt_conf *conf;
};

static int one_file(const struct source *s, const char *name, struct pt_err *err) {
  struct pt_buf path = {0}, text = {0};
  PT_LATER(beside(s->job_file, name, &path, err));
  int failed = agree(s->comm, err);
  if (!failed) failed = share_file(s->comm, path.p, &text, err);
  if (!failed) {
    PT_LATER(pt_conf_rules(s->conf, name, (struct pt_slice){text.p, text.n}, err));
    failed = agree(s->comm, err);
  }
  pt_buf_free(&path);
  pt_buf_free(&text);
  return failed;
}

/* The last one first: what is there stays. Then the rules are in the configuration, and the run can be repeated without
 * the files. */
static int rule_files(const struct source *s, struct pt_err *err) {
  struct pt_names *files = &s->conf->tag_files;
  for (uint32_t i = files->n; i-- > 0;) PT_TRY(one_file(s, files->v[i], err));
  for (uint32_t i = 0; i < files->n; i++) free(files->v[i]);
  free(files->v);
  *files = (struct pt_names){0};
  return 0;
}

int pt_job_file(struct pt_comm *c, const char *path, struct pt_conf *conf, struct pt_err *err) {
  struct source s = {c, path, conf};
  struct pt_buf text = {0};
  int failed = path ? share_file(c, path, &text, err) : 0;
  if (!failed) {
    if (path)
      PT_LATER(pt_conf_parse(conf, path, (struct pt_slice){text.p, text.n}, err));
    else
      PT_LATER(pt_conf_default(conf, err));
    failed = agree(c, err);
  }
  pt_buf_free(&text);
  return failed ? failed : rule_files(&s, err);
}

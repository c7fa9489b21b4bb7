/* The ids of a query to a file: each rank knows how many bytes its own take, and so where they begin; all write at once
 * into PATH.part, which gets its name when it is complete and on disk. Memory: the ids of a batch and their text. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "query_priv.h"

static const char head[] = "user_id\n";

static int bad_file(const char *path, struct pt_err *err) {
  return pt_fail(err, "segment", PT_IO, errno, "%s: %s", path, strerror(errno));
}

/* What a spreadsheet runs: OWASP, CSV injection. */
static bool formula(const char *id, size_t n) {
  return n && strchr("=+-@\t\r", id[0]);
}

static int put_csv(struct pt_buf *out, const char *id, size_t n) {
  bool quoted = formula(id, n);
  for (size_t i = 0; i < n && !quoted; i++) quoted = strchr("\",\r\n", id[i]) && id[i];
  if (!quoted) return pt_buf_add(out, id, n) || pt_buf_add(out, "\n", 1);
  int failed = pt_buf_add(out, formula(id, n) ? "\"'" : "\"", formula(id, n) ? 2 : 1);
  for (size_t i = 0; i < n && !failed; i++)
    failed = pt_buf_add(out, id[i] == '"' ? "\"\"" : &id[i], id[i] == '"' ? 2 : 1);
  return failed || pt_buf_add(out, "\"\n", 2);
}

static int put_id(struct pt_buf *out, const char *id, size_t n, enum pt_ids_format format, struct pt_err *err) {
  if (format == PT_IDS_LINES && (memchr(id, '\n', n) || memchr(id, '\r', n)))
    return pt_fail(err, "segment", PT_REJECTED, 0, "an id has a line break in it: only --format csv can hold it");
  int failed = format == PT_IDS_CSV ? put_csv(out, id, n) : pt_buf_add(out, id, n) || pt_buf_add(out, "\n", 1);
  return failed ? pt_query_no_memory(err) : 0;
}

struct writer {
  struct pt_query *q;
  enum pt_ids_format format;
  int fd; /* < 0: bytes are counted */
  const char *path;
  uint64_t at; /* bytes so far; where the next ones go */
  char *ids;
  struct pt_buf text;
};

static int flush(struct writer *w, struct pt_err *err) {
  for (size_t done = 0; w->fd >= 0 && done < w->text.n;) {
    ssize_t n = pwrite(w->fd, w->text.p + done, w->text.n - done, (off_t)(w->at + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return bad_file(w->path, err);
    done += (size_t)n;
  }
  w->at += w->text.n;
  w->text.n = 0;
  return 0;
}

/* This rank's ids, in order. */
static int pass(struct writer *w, struct pt_err *err) {
  const struct pt_query *q = w->q;
  size_t width = pt_profiles_id_width(q->file);
  for (uint64_t done = 0; done < q->n; done += PT_QUERY_BATCH) {
    uint64_t n = q->n - done < PT_QUERY_BATCH ? q->n - done : PT_QUERY_BATCH;
    if (!memchr(q->in + done, 1, n)) continue;
    PT_TRY(pt_profiles_ids(q->file, q->first + done, n, w->ids, err));
    for (uint64_t i = 0; i < n; i++)
      if (q->in[done + i])
        PT_TRY(put_id(&w->text, w->ids + i * width, strnlen(w->ids + i * width, width), w->format, err));
    PT_TRY(flush(w, err));
  }
  return 0;
}

/* `path` is what PART will be renamed to: never a device such as /dev/null. */
static int create(const char *path, const char *part, bool with_head, struct pt_err *err) {
  struct stat st;
  if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
    return pt_fail(err, "segment", PT_IO, 0, "%s: is there and no regular file", path);
  if (unlink(part) && errno != ENOENT) return bad_file(part, err);
  int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return bad_file(part, err);
  bool written = !with_head || write(fd, head, sizeof head - 1) == (ssize_t)sizeof head - 1;
  if (!written) (void)bad_file(part, err);
  if (close(fd) && written) (void)bad_file(part, err);
  return err->code;
}

/* Collective. */
static int write_all(struct writer *w, const char *path, struct pt_err *err) {
  struct pt_query *q = w->q;
  bool first = pt_comm_rank(q->c) == 0, with_head = w->format == PT_IDS_CSV;
  PT_LATER(pass(w, err)); /* counts */
  if (first && !err->code) PT_LATER(create(path, w->path, with_head, err));
  PT_TRY(pt_agree(q->c, err));
  w->at = pt_exscan_u64(q->c, w->at) + (with_head ? sizeof head - 1 : 0);
  w->fd = open(w->path, O_WRONLY | O_CLOEXEC);
  if (w->fd < 0)
    (void)bad_file(w->path, err);
  else
    PT_LATER(pass(w, err));
  if (w->fd >= 0 && fsync(w->fd) && !err->code) (void)bad_file(w->path, err);
  if (w->fd >= 0 && close(w->fd) && !err->code) (void)bad_file(w->path, err);
  return pt_agree(q->c, err);
}

int pt_query_ids(struct pt_query *q, const char *path, enum pt_ids_format format, struct pt_err *err) {
  struct writer w = {.q = q, .format = format, .fd = -1};
  char *part = NULL;
  w.ids = malloc(PT_QUERY_BATCH * pt_profiles_id_width(q->file) + 1);
  if (!w.ids || asprintf(&part, "%s.part", path) < 0) (void)pt_query_no_memory(err);
  w.path = part;
  int code = pt_agree(q->c, err);
  if (!code) {
    code = write_all(&w, path, err);
    if (pt_comm_rank(q->c) == 0 && !code && rename(part, path)) (void)bad_file(path, err);
    if (pt_comm_rank(q->c) == 0 && (code || err->code)) unlink(part);
    if (!code) code = pt_agree(q->c, err);
  }
  pt_buf_free(&w.text);
  free(w.ids);
  free(part);
  return code;
}

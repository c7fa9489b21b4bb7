/* Positions of rejected lines: at most a million a rank (32 MiB); the counts by reason stand elsewhere, in full. */
#include "pipeline/job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST UINT64_C(1000000)

void pt_rejects_add(struct pt_rejects *r, struct pt_reject one) {
  if (r->n == MOST) return;
  if (r->n == r->cap) {
    uint64_t cap = r->cap ? r->cap * 2 : 256;
    struct pt_reject *v = realloc(r->v, cap * sizeof *v);
    if (!v) return; /* the list is capped anyway */
    r->v = v;
    r->cap = cap;
  }
  r->v[r->n++] = one;
}

static int by_position(const void *a, const void *b) {
  const struct pt_reject *x = a, *y = b;
  if (x->file != y->file) return x->file < y->file ? -1 : 1;
  if (x->frame != y->frame) return x->frame < y->frame ? -1 : 1;
  return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int write_list(const char *path, struct pt_reject *v, uint64_t n, const struct pt_inputs *in,
                      struct pt_err *err) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
  if (!f) {
    if (fd >= 0) close(fd);
    return pt_fail(err, "clean", PT_IO, errno, "%s: %s", path, strerror(errno));
  }
  qsort(v, n, sizeof *v, by_position);
  fprintf(f, "file\tframe\toffset\treason\n");
  for (uint64_t i = 0; i < n; i++)
    fprintf(f, "%s\t%llu\t%llu\t%s\n", in->files[v[i].file].path, (unsigned long long)v[i].frame,
            (unsigned long long)v[i].offset, pt_reason_info[v[i].reason].name);
  int bad = ferror(f);
  if (fclose(f) || bad) return pt_fail(err, "clean", PT_IO, errno, "%s: %s", path, strerror(errno));
  return 0;
}

int pt_rejects_write(struct pt_rejects *r, struct pt_comm *c, const char *path, const struct pt_inputs *in,
                     struct pt_err *err) {
  struct pt_buf all = {0};
  int failed = pt_gather_bytes(c, r->v, r->n * sizeof *r->v, 0, &all, NULL, err);
  if (!failed) {
    if (pt_comm_rank(c) == 0)
      PT_LATER(write_list(path, (struct pt_reject *)(void *)all.p, all.n / sizeof *r->v, in, err));
    failed = pt_agree(c, err);
  }
  pt_buf_free(&all);
  return failed;
}

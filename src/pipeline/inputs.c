/* What there is to read: the list of files. */
#include "pipeline/job.h"

#include <portrait/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *bytes_text(uint64_t bytes, char out[32]) {
  static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  double v = (double)bytes;
  int u = 0;
  for (; v >= 1024 && u < 5; u++) v /= 1024;
  snprintf(out, 32, u ? "%.1f %s" : "%.0f %s", v, units[u]);
  return out;
}

static int digest(struct pt_job *j, struct pt_err *err);

int pt_stage_inputs(struct pt_job *j, struct pt_err *err) {
  const char *const *args = j->o->n_inputs ? j->o->inputs : (const char *const *)j->conf.inputs.v;
  uint32_t n = j->o->n_inputs ? j->o->n_inputs : j->conf.inputs.n;
  const char *const *users = j->o->n_users ? j->o->users : (const char *const *)j->conf.users_files.v;
  uint32_t n_users = j->o->n_users ? j->o->n_users : j->conf.users_files.n;
  if (n == 0 && n_users == 0)
    return pt_fail(err, "read", PT_USAGE, 0, "no INPUT: name log files or folders, or `inputs:` in the job file");
  PT_TRY(pt_read_list(j->comm, args, n, users, n_users, &j->inputs, err));
  uint64_t bytes = 0;
  for (uint64_t i = 0; i < j->inputs.n; i++) bytes += j->inputs.files[i].bytes;
  char text[32];
  pt_log(PT_NOTE, "read", "%llu files, %s", (unsigned long long)j->inputs.n, bytes_text(bytes, text));
  for (uint64_t i = 0; i < j->inputs.n_skipped; i++) pt_log(PT_NOTE, "read", "skipped %s", j->inputs.skipped[i]);
  if (j->keep) {
    PT_TRY(pt_inputs_new(j, err));
    if (j->inputs.n == 0) return 0;
  } else {
    PT_TRY(digest(j, err));
  }
  struct pt_read_conf conf = {.split_bytes = UINT64_C(64) << 20,
                              .max_line = j->conf.max_line,
                              .chunk = UINT64_C(256) << 10, /* stays in a core's own cache from zstd to the scanner */
                              .window_log_max = 27,
                              .multiline = j->conf.format && j->conf.format->multiline};
  return pt_reader_open(&j->reader, j->comm, &j->inputs, &conf, err);
}

/* Each file is digested by one rank; the sums bring all digests to all ranks. */
static int digest(struct pt_job *j, struct pt_err *err) {
  uint64_t n = j->inputs.n, size = (uint64_t)pt_comm_size(j->comm);
  j->digests = calloc(n + 1, sizeof *j->digests);
  if (!j->digests) pt_fail(err, "read", PT_MEMORY, 0, "out of memory for %llu files", (unsigned long long)n);
  for (uint64_t i = (uint64_t)pt_comm_rank(j->comm); i < n && !err->code; i += size)
    PT_LATER(pt_keep_digest(j->inputs.files[i].path, &j->digests[i], err));
  PT_TRY(pt_agree(j->comm, err));
  pt_sum_u64(j->comm, (uint64_t *)(void *)j->digests, 3 * n);
  return 0;
}

static int by_digest(const void *a, const void *b) {
  const struct pt_keep_digest *x = *(const struct pt_keep_digest *const *)a,
                              *y = *(const struct pt_keep_digest *const *)b;
  int order = memcmp(x, y, sizeof *x);
  return order ? order : x < y ? -1 : x > y; /* of equal ones the first in the list stays */
}

/* Marks files by bytes = UINT64_MAX that are in the store or stand earlier in the list. */
static int mark(struct pt_job *j, struct pt_err *err) {
  uint64_t n = j->inputs.n;
  struct pt_keep_digest **order = malloc((n + 1) * sizeof(struct pt_keep_digest *));
  if (!order) return pt_fail(err, "read", PT_MEMORY, 0, "out of memory for %llu files", (unsigned long long)n);
  for (uint64_t i = 0; i < n; i++) order[i] = &j->digests[i];
  qsort(order, n, sizeof *order, by_digest);
  struct pt_keep_digest last = {0};
  for (uint64_t i = 0; i < n; i++) {
    bool again = i && memcmp(&last, order[i], sizeof last) == 0;
    last = *order[i];
    if (again || pt_keep_has(j->keep, last)) order[i]->bytes = UINT64_MAX;
  }
  free(order);
  return 0;
}

int pt_inputs_new(struct pt_job *j, struct pt_err *err) {
  PT_TRY(digest(j, err));
  PT_LATER(mark(j, err));
  PT_TRY(pt_agree(j->comm, err));
  uint64_t kept = 0;
  for (uint64_t i = 0; i < j->inputs.n; i++) {
    if (j->digests[i].bytes == UINT64_MAX) {
      pt_log(PT_NOTE, "store", "%s: its content was taken before", j->inputs.files[i].path);
      free(j->inputs.files[i].path);
      continue;
    }
    j->inputs.files[kept] = j->inputs.files[i];
    j->digests[kept++] = j->digests[i];
  }
  j->inputs.n = kept;
  return 0;
}

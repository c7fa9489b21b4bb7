/* The end of a run: a table for people, and the same as JSON for --summary. */
#include "pipeline/job.h"

#include <errno.h>
#include <jansson.h>
#include <portrait/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct spread {
  double min, mean, max;
  uint64_t at; /* rank of the maximum */
};

/* Nanoseconds as integers: the reductions there are. */
static struct spread spread_of(struct pt_comm *c, double seconds) {
  uint64_t ns = (uint64_t)(seconds * 1e9), lowest = ns, sum = ns, rank = (uint64_t)pt_comm_rank(c);
  uint64_t highest = ns;
  pt_min_u64(c, &lowest, 1);
  pt_max_u64(c, &highest, 1);
  pt_sum_u64(c, &sum, 1);
  uint64_t at = ns == highest ? rank : UINT64_MAX;
  pt_min_u64(c, &at, 1);
  return (struct spread){(double)lowest * 1e-9, (double)sum * 1e-9 / pt_comm_size(c), (double)highest * 1e-9, at};
}

/* The heaviest users of all ranks: each rank's few to rank 0. */
static int heaviest(struct pt_job *j, struct pt_err *err) {
  struct pt_buf all = {0};
  PT_TRY(pt_gather_bytes(j->comm, j->heavy, sizeof j->heavy, 0, &all, NULL, err));
  const struct pt_heavy *v = (const struct pt_heavy *)(void *)all.p;
  for (size_t i = PT_HEAVY; i < all.n / sizeof *v; i++) {
    if (v[i].events <= j->heavy[PT_HEAVY - 1].events) continue;
    int at = PT_HEAVY - 1;
    for (; at > 0 && j->heavy[at - 1].events < v[i].events; at--) j->heavy[at] = j->heavy[at - 1];
    j->heavy[at] = v[i];
  }
  pt_buf_free(&all);
  return 0;
}

struct totals {
  uint64_t bytes, sent_rows, spilled, peak;
  double wall;
};

static uint64_t rejected_of(const struct pt_job *j) {
  uint64_t n = 0;
  for (int r = 0; r < PT_R_COUNT; r++) n += j->total[PT_TL_REASON + r];
  return n;
}

static void say_table(const struct pt_job *j, const struct spread *s, const struct totals *t) {
  const uint64_t *n = j->total;
  fprintf(stderr, "\n  %-12s %9s %9s %9s  rank\n", "stage", "min s", "mean s", "max s");
  for (uint32_t i = 0; i < j->n_times; i++)
    fprintf(stderr, "  %-12s %9.3f %9.3f %9.3f  %llu\n", j->times[i].name, s[i].min, s[i].mean, s[i].max,
            (unsigned long long)s[i].at);
  fprintf(stderr, "  %-12s %9s %9s %9.3f\n\n", "wall", "", "", t->wall);
  fprintf(stderr, "  lines      %llu = %llu accepted + %llu rejected + %llu filtered + %llu blank + %llu header\n",
          (unsigned long long)n[PT_TL_LINES], (unsigned long long)n[PT_TL_ACCEPTED], (unsigned long long)rejected_of(j),
          (unsigned long long)n[PT_TL_FILTERED], (unsigned long long)n[PT_TL_BLANK],
          (unsigned long long)n[PT_TL_HEADER]);
  fprintf(stderr, "  events     %llu = %llu counted + %llu duplicate + %llu after as_of\n",
          (unsigned long long)n[PT_TL_EVENTS], (unsigned long long)n[PT_TL_COUNTED],
          (unsigned long long)n[PT_TL_DUPLICATE], (unsigned long long)n[PT_TL_AFTER]);
  if (n[PT_TL_RECORDS]) fprintf(stderr, "  records    %llu of users\n", (unsigned long long)n[PT_TL_RECORDS]);
  for (int r = 0; r < PT_R_COUNT; r++)
    if (n[PT_TL_REASON + r])
      fprintf(stderr, "  rejected   %llu %s: %s\n", (unsigned long long)n[PT_TL_REASON + r], pt_reason_info[r].name,
              pt_reason_info[r].text);
  fprintf(stderr, "  users      %llu\n", (unsigned long long)j->users);
  fprintf(stderr, "  input      %.1f MiB on %d ranks, %.1f MiB spilled, peak memory %.1f MiB a rank\n",
          (double)t->bytes / 1048576, pt_comm_size(j->comm), (double)t->spilled / 1048576, (double)t->peak / 1048576);
  if (j->heavy[0].events)
    fprintf(stderr, "  heaviest   %llu events of one user\n", (unsigned long long)j->heavy[0].events);
  if (j->o->output)
    fprintf(stderr, "  output     %s, %.1f MiB (%.1f MiB before compression)\n", j->o->output,
            (double)j->written.file_bytes / 1048576, (double)j->written.raw_bytes / 1048576);
}

static json_t *stages_json(const struct pt_job *j, const struct spread *s) {
  json_t *list = json_array();
  for (uint32_t i = 0; i < j->n_times; i++)
    json_array_append_new(list, json_pack("{s:s, s:f, s:f, s:f, s:I}", "stage", j->times[i].name, "min", s[i].min,
                                          "mean", s[i].mean, "max", s[i].max, "rank", (json_int_t)s[i].at));
  return list;
}

static json_t *summary_json(const struct pt_job *j, const struct spread *s, const struct totals *t) {
  const uint64_t *n = j->total;
  json_t *reasons = json_object(), *heavy = json_array();
  for (int r = 0; r < PT_R_COUNT; r++)
    if (n[PT_TL_REASON + r])
      json_object_set_new(reasons, pt_reason_info[r].name, json_integer((json_int_t)n[PT_TL_REASON + r]));
  for (int i = 0; i < PT_HEAVY && j->heavy[i].events; i++) {
    json_t *id = json_string(j->heavy[i].id);
    json_array_append_new(heavy, json_pack("{s:o, s:I}", "user_id", id ? id : json_string("?"), "events",
                                           (json_int_t)j->heavy[i].events));
  }
  json_t *root = json_object();
  json_object_set_new(root, "version", json_string(PORTRAIT_VERSION));
  json_object_set_new(root, "ranks", json_integer(pt_comm_size(j->comm)));
  json_object_set_new(root, "wall", json_real(t->wall));
  json_object_set_new(root, "stages", stages_json(j, s));
  json_object_set_new(root, "lines",
                      json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "all", (json_int_t)n[PT_TL_LINES], "accepted",
                                (json_int_t)n[PT_TL_ACCEPTED], "rejected", (json_int_t)rejected_of(j), "filtered",
                                (json_int_t)n[PT_TL_FILTERED], "blank", (json_int_t)n[PT_TL_BLANK], "header",
                                (json_int_t)n[PT_TL_HEADER]));
  json_object_set_new(
      root, "events",
      json_pack("{s:I, s:I, s:I, s:I}", "all", (json_int_t)n[PT_TL_EVENTS], "counted", (json_int_t)n[PT_TL_COUNTED],
                "duplicate", (json_int_t)n[PT_TL_DUPLICATE], "after_as_of", (json_int_t)n[PT_TL_AFTER]));
  json_object_set_new(root, "rejected", reasons);
  json_object_set_new(root, "users", json_integer((json_int_t)j->users));
  json_object_set_new(root, "heaviest", heavy);
  json_object_set_new(root, "bytes",
                      json_pack("{s:I, s:I, s:I, s:I, s:I}", "input", (json_int_t)t->bytes, "spilled",
                                (json_int_t)t->spilled, "peak_memory", (json_int_t)t->peak, "columns",
                                (json_int_t)j->written.raw_bytes, "file", (json_int_t)j->written.file_bytes));
  json_object_set_new(
      root, "output",
      json_pack("{s:f, s:f}", "write_seconds", j->written.write_seconds, "verify_seconds", j->written.verify_seconds));
  return root;
}

static int write_json(const struct pt_job *j, const struct spread *s, const struct totals *t, struct pt_err *err) {
  json_t *root = summary_json(j, s, t);
  int failed = json_dump_file(root, j->o->summary, JSON_INDENT(1) | JSON_PRESERVE_ORDER)
                   ? pt_fail(err, "summary", PT_IO, errno, "%s: %s", j->o->summary, strerror(errno))
                   : 0;
  json_decref(root);
  return failed;
}

int pt_summary(struct pt_job *j, struct pt_err *err) {
  struct spread s[PT_MAX_STAGES] = {0};
  for (uint32_t i = 0; i < j->n_times; i++) s[i] = spread_of(j->comm, j->times[i].seconds);
  struct totals t = {.wall = pt_job_now() - j->started, .peak = pt_mem_peak_rss()};
  t.spilled = (j->store ? pt_store_spilled(j->store) : 0) + (j->rows ? pt_rows_spilled(j->rows) : 0);
  pt_sum_u64(j->comm, &t.spilled, 1);
  pt_max_u64(j->comm, &t.peak, 1);
  for (uint64_t i = 0; i < j->inputs.n; i++) t.bytes += j->inputs.files[i].bytes;
  PT_TRY(heaviest(j, err));
  if (pt_comm_rank(j->comm) == 0) {
    if (pt_log_level() >= PT_NOTE) say_table(j, s, &t);
    if (j->o->summary) PT_LATER(write_json(j, s, &t, err));
  }
  return pt_agree(j->comm, err);
}

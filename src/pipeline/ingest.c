/* Ingest: the road of a build, then into the store as its next generation. Nothing of it is part of the store before
 * rank 0 has replaced the manifest. */
#include "pipeline/job.h"

#include <portrait/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A store serves any later job: every field travels with every event. */
static const uint64_t *all_fields(uint64_t *fields) {
  static uint64_t by_type[PT_T_COUNT];
  uint64_t all = 0;
  for (int f = 0; f < PT_F_COUNT; f++)
    if (pt_field_info[f].kind != PT_K_TEXT) all |= PT_BIT(f);
  for (int t = 0; t < PT_T_COUNT; t++) by_type[t] = all;
  *fields = all;
  return by_type;
}

/* What rank 0 puts into the manifest beside the parts. */
struct facts {
  struct pt_keep_day *days;
  struct pt_keep_count *counts;
  struct pt_keep_input *inputs;
  struct pt_buf names; /* of the counters */
  struct pt_keep_commit commit;
};

static int no_memory(struct pt_err *err) {
  return pt_fail(err, "store", PT_MEMORY, 0, "out of memory for the manifest");
}

static int list_days(const struct pt_job *j, struct facts *f, struct pt_err *err) {
  f->days = calloc(j->n_days + 1, sizeof *f->days);
  if (!f->days) return no_memory(err);
  uint64_t n = 0;
  for (uint64_t d = 0; d < j->n_days; d++)
    if (j->day_lines[d]) f->days[n++] = (struct pt_keep_day){j->day_first + (int64_t)d, j->day_lines[d]};
  f->commit.days = f->days;
  f->commit.n_days = n;
  return 0;
}

/* "CELL SOURCE", those that are not 0. The names are made first: the buffer moves as it grows. */
static int list_counts(const struct pt_job *j, struct facts *f, struct pt_err *err) {
  uint32_t sources = pt_dict_count(j->tally.sources);
  uint64_t n = 0;
  f->counts = calloc((size_t)sources * PT_TL_CELLS + 1, sizeof *f->counts);
  if (!f->counts) return no_memory(err);
  for (uint32_t s = 0; s < sources; s++)
    for (int cell = 0; cell < PT_TL_CELLS; cell++) {
      if (j->tally.v[s][cell] == 0) continue;
      struct pt_slice source = pt_dict_at(j->tally.sources, s);
      size_t at = f->names.n;
      if (pt_buf_printf(&f->names, "%s ", pt_tally_cell_name(cell)) || pt_buf_add(&f->names, source.p, source.n))
        return no_memory(err);
      f->counts[n++] = (struct pt_keep_count){{NULL, f->names.n - at}, j->tally.v[s][cell]};
    }
  const char *p = f->names.p;
  for (uint64_t i = 0; i < n; p += f->counts[i++].name.n) f->counts[i].name.p = p;
  f->commit.counts = f->counts;
  f->commit.n_counts = n;
  return 0;
}

static int list_inputs(const struct pt_job *j, struct facts *f, struct pt_err *err) {
  f->inputs = calloc(j->inputs.n + 1, sizeof *f->inputs);
  if (!f->inputs) return no_memory(err);
  for (uint64_t i = 0; i < j->inputs.n; i++) {
    const char *name = strrchr(j->inputs.files[i].path, '/');
    f->inputs[i] = (struct pt_keep_input){j->digests[i], name ? name + 1 : j->inputs.files[i].path};
  }
  f->commit.inputs = f->inputs;
  f->commit.n_inputs = j->inputs.n;
  f->commit.formats = j->format_names;
  f->commit.n_formats = j->n_formats;
  return 0;
}

static int commit(struct pt_job *j, struct pt_keep_lock *lock, struct pt_slice parts, struct pt_slice merged,
                  struct pt_err *err) {
  struct facts f = {.commit = {.parts = parts, .merged = merged}};
  int failed = list_days(j, &f, err);
  if (!failed) failed = list_counts(j, &f, err);
  if (!failed) failed = list_inputs(j, &f, err);
  if (!failed) failed = pt_keep_commit(j->keep, lock, &f.commit, err);
  free(f.days);
  free(f.counts);
  free(f.inputs);
  pt_buf_free(&f.names);
  return failed;
}

/* Every rank writes its slots, rank 0 commits. */
static int write_generation(struct pt_job *j, struct pt_keep_lock *lock, struct pt_err *err) {
  struct pt_buf parts = {0}, merged = {0}, all_parts = {0}, all_merged = {0};
  int rank = pt_comm_rank(j->comm);
  PT_LATER(pt_keep_write(j->keep, j->store, rank, &parts, err));
  if (!err->code && pt_keep_must_merge(j->keep))
    PT_LATER(pt_keep_merge(j->keep, j->slot_from[rank], j->slot_from[rank + 1], &j->mem, rank, &merged, err));
  int failed = pt_agree(j->comm, err);
  if (!failed) failed = pt_gather_bytes(j->comm, parts.p, parts.n, 0, &all_parts, NULL, err);
  if (!failed) failed = pt_gather_bytes(j->comm, merged.p, merged.n, 0, &all_merged, NULL, err);
  if (!failed) {
    pt_sum_u64(j->comm, j->day_lines, j->n_days);
    if (rank == 0)
      PT_LATER(commit(j, lock, (struct pt_slice){all_parts.p, all_parts.n},
                      (struct pt_slice){all_merged.p, all_merged.n}, err));
    failed = pt_agree(j->comm, err);
  }
  pt_buf_free(&parts);
  pt_buf_free(&merged);
  pt_buf_free(&all_parts);
  pt_buf_free(&all_merged);
  return failed;
}

static int take_in(struct pt_job *j, struct pt_keep_lock *lock, struct pt_err *err) {
  PT_TRY(pt_bound_open(j, true, false, err));
  PT_TRY(pt_stage_inputs(j, err));
  if (j->inputs.n == 0) {
    pt_log(PT_NOTE, "store", "nothing new");
    return 0;
  }
  j->carried = all_fields(&j->fields);
  if (j->o->dry_run) {
    pt_log(PT_NOTE, "store", "%llu files would be added; nothing was written", (unsigned long long)j->inputs.n);
    return 0;
  }
  PT_TRY(pt_stage_road(j, err));
  double t0 = pt_job_now();
  PT_TRY(write_generation(j, lock, err));
  pt_job_time(j, "keep", pt_job_now() - t0);
  return pt_summary(j, err);
}

int pt_ingest(struct pt_comm *c, const struct pt_options *o, struct pt_err *err) {
  struct pt_job j;
  struct pt_keep_lock *lock = NULL;
  int failed = pt_job_open(&j, c, o, err);
  if (!failed) {
    if (pt_comm_rank(c) == 0) PT_LATER(pt_keep_lock(&lock, o->store, err));
    failed = pt_agree(c, err);
  }
  if (!failed) failed = take_in(&j, lock, err);
  pt_keep_unlock(lock);
  pt_job_close(&j);
  return failed;
}

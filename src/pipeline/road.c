/* The road in: read, parse, clean, shuffle and store, overlapped: while a round travels, the next is parsed. */
#include "pipeline/job.h"

#include <portrait/log.h>
#include <stdlib.h>

struct road {
  struct pt_job *j;
  struct pt_cleaner *cleaner;
  struct pt_lines *lines;
  struct pt_shuffle *shuffle;
  bool all_read;
};

static int put_event(void *ctx, const struct pt_event *e, struct pt_slice user_id, struct pt_err *err) {
  return pt_shuffle_put(ctx, e, user_id, err);
}

/* Reads and parses until the round is full. Local. */
static int fill(struct road *r, struct pt_err *err) {
  struct pt_job *j = r->j;
  while (!r->all_read && !pt_shuffle_full(r->shuffle)) {
    struct pt_chunk chunk;
    double t0 = pt_job_now();
    PT_TRY(pt_reader_next(j->reader, &chunk, err));
    double t1 = pt_job_now();
    pt_job_time(j, "read", t1 - t0);
    r->all_read = chunk.n == 0 && !chunk.new_part && !chunk.long_lines;
    if (!r->all_read) PT_TRY(pt_lines_chunk(r->lines, &chunk, put_event, r->shuffle, err));
    pt_job_time(j, "parse", pt_job_now() - t1);
    pt_shuffle_progress(r->shuffle);
    uint64_t done, all;
    pt_reader_progress(j->reader, &done, &all);
    pt_progress(j, "read", done, all);
  }
  return 0;
}

static int rounds(struct road *r, struct pt_err *err) {
  bool any = true;
  while (any) {
    if (!err->code) PT_LATER(fill(r, err));
    double t0 = pt_job_now();
    int failed = pt_shuffle_turn(r->shuffle, !r->all_read && !err->code, &any, err);
    pt_job_time(r->j, "shuffle", pt_job_now() - t0);
    if (failed) return failed;
  }
  return 0;
}

/* Packed bytes that this rank may expect: from the size of the input, a third of its text. */
static uint64_t expected_bytes(const struct pt_job *j) {
  uint64_t bytes = 0;
  for (uint64_t i = 0; i < j->inputs.n; i++)
    bytes += j->inputs.files[i].codec == PT_PLAIN ? j->inputs.files[i].bytes / 3 : j->inputs.files[i].bytes * 2;
  return bytes / (uint64_t)pt_comm_size(j->comm);
}

static int open_road(struct road *r, struct pt_err *err) {
  struct pt_job *j = r->j;
  int size = pt_comm_size(j->comm), rank = pt_comm_rank(j->comm);
  j->slot_from = calloc((size_t)size + 1, sizeof *j->slot_from);
  if (!j->slot_from) return pt_fail(err, "shuffle", PT_MEMORY, 0, "out of memory");
  for (int i = 0; i <= size; i++) j->slot_from[i] = (uint32_t)((uint64_t)PT_SLOTS * (uint64_t)i / (uint64_t)size);
  struct pt_store_conf store = {.slot_from = j->slot_from[rank],
                                .slot_to = j->slot_from[rank + 1],
                                .mem = &j->mem,
                                .scratch = j->scratch,
                                .expected_bytes = expected_bytes(j)};
  PT_TRY(pt_store_open(&j->store, &store, err));
  PT_TRY(pt_cleaner_open(&r->cleaner, &j->conf, j->zone, &j->key, j->carried, err));
  PT_TRY(pt_lines_open(&r->lines, j, r->cleaner, err));
  uint64_t round = j->memory / 64;
  struct pt_shuffle_conf shuffle = {.slot_from = j->slot_from, .round_bytes = round < (16 << 20) ? round : (16 << 20)};
  return pt_shuffle_open(&r->shuffle, j->comm, &shuffle, r->cleaner, j->store, err);
}

/* Too many rejected lines, or none accepted: the same verdict on every rank. */
static int judge(struct pt_job *j, struct pt_err *err) {
  const uint64_t *t = j->total;
  uint64_t rejected = 0, unknown = t[PT_TL_REASON + PT_R_MISSING_USER];
  for (int r = 0; r < PT_R_COUNT; r++) rejected += t[PT_TL_REASON + r];
  uint64_t lines = t[PT_TL_LINES] - t[PT_TL_BLANK] - t[PT_TL_HEADER] - t[PT_TL_FILTERED] - unknown;
  if (t[PT_TL_ACCEPTED] == 0)
    return pt_fail(err, "clean", PT_REJECTED, 0, "no line was accepted: %llu lines, %llu rejected",
                   (unsigned long long)t[PT_TL_LINES], (unsigned long long)rejected);
  if ((double)(rejected - unknown) > j->conf.max_rejects * (double)lines)
    return pt_fail(err, "clean", PT_REJECTED, 0, "%llu of %llu lines rejected, more than clean.max_rejects = %g",
                   (unsigned long long)(rejected - unknown), (unsigned long long)lines, j->conf.max_rejects);
  return 0;
}

int pt_stage_road(struct pt_job *j, struct pt_err *err) {
  struct road r = {.j = j};
  PT_LATER(open_road(&r, err));
  int failed = pt_agree(j->comm, err);
  if (!failed) failed = rounds(&r, err);
  pt_progress_end(j);
  double t0 = pt_job_now();
  if (!failed) {
    PT_LATER(pt_store_seal(j->store, err));
    failed = pt_agree(j->comm, err);
  }
  pt_job_time(j, "store", pt_job_now() - t0);
  if (!failed) failed = pt_tally_merge(&j->tally, j->comm, j->total, err);
  if (!failed && j->o->rejects) failed = pt_rejects_write(&j->rejects, j->comm, j->o->rejects, &j->inputs, err);
  if (!failed) failed = judge(j, err);
  pt_shuffle_close(r.shuffle);
  pt_lines_close(r.lines);
  pt_cleaner_close(r.cleaner);
  pt_reader_close(j->reader);
  j->reader = NULL;
  return failed;
}

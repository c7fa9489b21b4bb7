/* A build from a store: no text, no shuffle. Every rank opens the same manifest and takes slots with as many events as
 * the others'. */
#include "pipeline/job.h"

#include <portrait/log.h>
#include <stdlib.h>
#include <string.h>

/* A counter is named "CELL SOURCE": the cell's name has no blank. */
static int take_count(struct pt_job *j, const struct pt_keep_count *c, struct pt_err *err) {
  const char *blank = memchr(c->name.p, ' ', c->name.n);
  if (!blank) return pt_fail(err, "store", PT_IO, 0, "the manifest has a counter without a source");
  struct pt_slice cell = {c->name.p, (size_t)(blank - c->name.p)};
  struct pt_slice source = {blank + 1, c->name.n - cell.n - 1};
  int at = pt_tally_cell_of(cell);
  if (at < 0) return pt_fail(err, "store", PT_IO, 0, "the manifest has an unknown counter '%.*s'", (int)cell.n, cell.p);
  uint64_t *row = pt_tally_row(&j->tally, source);
  if (!row) return pt_fail(err, "store", PT_MEMORY, 0, "out of memory");
  row[at] += c->n;
  j->total[at] += c->n;
  return 0;
}

static int take_days(struct pt_job *j, struct pt_err *err) {
  uint64_t n;
  const struct pt_keep_day *days = pt_keep_days(j->keep, &n);
  if (n == 0 && pt_keep_events(j->keep) == 0)
    return pt_fail(err, "store", PT_REJECTED, 0, "%s: the store is empty", j->o->store);
  if (n == 0) return 0; /* user records alone */
  free(j->day_lines);
  j->day_first = days[0].day;
  j->n_days = (uint64_t)(days[n - 1].day - days[0].day) + 1;
  j->day_lines = calloc(j->n_days, sizeof *j->day_lines);
  if (!j->day_lines)
    return pt_fail(err, "store", PT_MEMORY, 0, "out of memory for %llu days", (unsigned long long)j->n_days);
  for (uint64_t i = 0; i < n; i++) j->day_lines[days[i].day - j->day_first] = days[i].n;
  return 0;
}

static int take_manifest(struct pt_job *j, struct pt_err *err) {
  uint64_t n;
  const struct pt_keep_count *counts = pt_keep_counts(j->keep, &n);
  for (uint64_t i = 0; i < n; i++) PT_TRY(take_count(j, &counts[i], err));
  const char *const *formats = pt_keep_formats(j->keep, &j->n_formats);
  if (j->n_formats > sizeof j->format_names / sizeof *j->format_names)
    return pt_fail(err, "store", PT_IO, 0, "the manifest names %u formats", j->n_formats);
  for (uint32_t i = 0; i < j->n_formats; i++) j->format_names[i] = formats[i];
  return take_days(j, err);
}

static int open_slots(struct pt_job *j, const uint64_t *weights, struct pt_err *err) {
  int size = pt_comm_size(j->comm), rank = pt_comm_rank(j->comm);
  j->slot_from = calloc((size_t)size + 1, sizeof *j->slot_from);
  if (!j->slot_from) return pt_fail(err, "store", PT_MEMORY, 0, "out of memory");
  pt_keep_bounds(weights, size, j->slot_from);
  struct pt_store_conf conf = {.slot_from = j->slot_from[rank],
                               .slot_to = j->slot_from[rank + 1],
                               .mem = &j->mem,
                               .scratch = j->scratch,
                               .expected_bytes = pt_keep_events(j->keep) * 80 / (uint64_t)size};
  const uint64_t always = PT_BIT(PT_F_SOURCE) | PT_BIT(PT_F_RECEIVED_AT) | PT_BIT(PT_F_EVENT) | PT_BIT(PT_F_AMOUNT);
  return pt_keep_store(&j->store, j->keep, &conf, weights, j->fields | always, err);
}

int pt_stage_store(struct pt_job *j, struct pt_err *err) {
  uint64_t *weights = calloc(PT_SLOTS, sizeof *weights);
  if (!weights) pt_fail(err, "store", PT_MEMORY, 0, "out of memory");
  pt_keep_reading(j->keep);
  if (!err->code) PT_LATER(take_manifest(j, err));
  if (!err->code) PT_LATER(pt_keep_weights(j->keep, pt_comm_rank(j->comm), pt_comm_size(j->comm), weights, err));
  int failed = pt_agree(j->comm, err);
  if (!failed) {
    pt_sum_u64(j->comm, weights, PT_SLOTS);
    PT_LATER(open_slots(j, weights, err));
    failed = pt_agree(j->comm, err);
  }
  free(weights);
  if (!failed)
    pt_log(PT_NOTE, "store", "%u generations, %llu events", pt_keep_generations(j->keep),
           (unsigned long long)pt_keep_events(j->keep));
  return failed;
}

/* Buckets to rows: each bucket is loaded, sorted into users, and every user's events pass through the families while
 * they are in cache. Local but for the agreement at the end: ranks have different numbers of buckets. */
#include "pipeline/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void note_heavy(struct pt_job *j, struct pt_slice id, uint64_t events) {
  if (events <= j->heavy[PT_HEAVY - 1].events) return;
  int at = PT_HEAVY - 1;
  for (; at > 0 && j->heavy[at - 1].events < events; at--) j->heavy[at] = j->heavy[at - 1];
  j->heavy[at].events = events;
  snprintf(j->heavy[at].id, sizeof j->heavy[at].id, "%.*s", (int)(id.n < 259 ? id.n : 259), id.p);
}

/* Its source as a bit. */
static uint64_t source_bit(const struct pt_sources *s, const struct pt_event *e) {
  uint64_t code = e->has & PT_BIT(PT_F_SOURCE) ? (uint64_t)e->v[PT_F_SOURCE] : UINT64_MAX;
  uint8_t number = code < PT_NAMED_SOURCES ? s->of_code[code]
                   : code == UINT64_MAX    ? s->of_format[e->format]
                                           : s->beyond;
  return UINT64_C(1) << number;
}

static int one_user(struct pt_job *j, struct pt_group *g, uint32_t range, uint32_t user, struct pt_err *err) {
  uint64_t n = pt_group_events(g, user);
  note_heavy(j, pt_group_ids(g)[user], n);
  struct pt_event e;
  uint64_t sources = 0;
  PT_TRY(pt_facts_begin(j->facts));
  for (uint64_t i = 0, records = pt_group_records(g, user); i < records; i++) {
    pt_group_record(g, user, i, &e);
    pt_facts_record(j->facts, &e);
    sources |= source_bit(&j->sources, &e);
  }
  for (uint64_t i = 0; i < n; i++) {
    pt_group_event(g, user, i, &e);
    PT_TRY(pt_facts_event(j->facts, &e, err));
    sources |= source_bit(&j->sources, &e);
  }
  pt_sources_user(j, sources);
  return pt_facts_end(j->facts, j->rows, range, user, err);
}

static int one_bucket(struct pt_job *j, struct pt_group *g, uint32_t bucket, struct pt_err *err) {
  struct pt_bucket b;
  double t0 = pt_job_now();
  PT_TRY(pt_store_load(j->store, bucket, &b, err));
  PT_TRY(pt_group_bucket(g, &b, err));
  double t1 = pt_job_now();
  uint32_t users = pt_group_users(g), range = 0;
  if (users) PT_TRY(pt_rows_add(j->rows, users, pt_group_hashes(g), pt_group_ids(g), &range, err));
  for (uint32_t u = 0; u < users; u++) PT_TRY(one_user(j, g, range, u, err));
  if (users) pt_rows_done(j->rows, range);
  pt_store_unload(j->store, bucket, true);
  pt_job_time(j, "group", t1 - t0);
  pt_job_time(j, "facts", pt_job_now() - t1);
  return 0;
}

/* What the grouping counted, by source, into the tally of rank 0. */
static int join_counts(struct pt_job *j, struct pt_group *g, struct pt_err *err) {
  struct pt_tally mine;
  uint64_t total[PT_TL_CELLS];
  PT_LATER(pt_tally_open(&mine, err));
  uint32_t n, n_sources;
  const struct pt_group_counts *counts = pt_group_counts(g, &n);
  const struct pt_slice *sources = pt_store_ordered(j->store, PT_F_SOURCE, &n_sources);
  for (uint32_t i = 0; i < n && !err->code; i++) {
    struct pt_slice name = i < j->n_formats ? pt_slice_of(j->format_names[i]) : sources[i - j->n_formats];
    uint64_t *row = pt_tally_row(&mine, name);
    if (!row) {
      pt_fail(err, "group", PT_MEMORY, 0, "out of memory");
      break;
    }
    row[PT_TL_DUPLICATE] += counts[i].duplicate;
    row[PT_TL_AFTER] += counts[i].after_as_of;
    row[PT_TL_COUNTED] += counts[i].counted;
    row[PT_TL_EXACT_KEPT] += counts[i].exact_duplicates_kept;
    row[PT_TL_NO_AMOUNT] += counts[i].no_amount;
  }
  int failed = pt_tally_merge(&mine, j->comm, total, err);
  for (int k = 0; k < PT_TL_CELLS && !failed; k++) j->total[k] += total[k];
  for (uint32_t i = 0; !failed && pt_comm_rank(j->comm) == 0 && i < pt_dict_count(mine.sources); i++) {
    bool any = false;
    for (int k = 0; k < PT_TL_CELLS; k++) any = any || mine.v[i][k];
    uint64_t *row = any ? pt_tally_row(&j->tally, pt_dict_at(mine.sources, i)) : NULL;
    for (int k = 0; row && k < PT_TL_CELLS; k++) row[k] += mine.v[i][k];
  }
  pt_tally_close(&mine);
  return failed;
}

int pt_stage_facts(struct pt_job *j, struct pt_err *err) {
  struct pt_group *g = NULL;
  struct pt_group_conf conf = {
      .duplicates = j->conf.duplicates, .as_of = j->ctx.as_of, .store = j->store, .n_formats = j->n_formats};
  pt_sources_open(j);
  PT_LATER(pt_facts_start(j->facts, &j->ctx, err));
  if (!err->code) PT_LATER(pt_rows_open(&j->rows, &j->schema, &j->mem, j->scratch, err));
  if (!err->code) PT_LATER(pt_group_open(&g, &conf, err));
  uint32_t n = pt_store_buckets(j->store);
  for (uint32_t b = 0; b < n && !err->code; b++) {
    PT_LATER(one_bucket(j, g, b, err));
    pt_progress(j, "facts", b + 1, n);
  }
  pt_progress_end(j);
  int failed = pt_agree(j->comm, err);
  if (!failed) failed = join_counts(j, g, err);
  pt_group_close(g);
  if (failed) return failed;
  memcpy(j->conflicts, pt_facts_conflicts(j->facts), sizeof j->conflicts);
  pt_sum_u64(j->comm, j->conflicts, PT_RF_KEPT + 1);
  j->users = pt_rows_count(j->rows);
  pt_sum_u64(j->comm, &j->users, 1);
  return 0;
}

int pt_stage_population(struct pt_job *j, struct pt_err *err) {
  struct pt_popneed *needs = NULL;
  uint32_t n = 0;
  PT_LATER(pt_facts_needs(j->facts, &needs, &n, err));
  PT_TRY(pt_agree(j->comm, err));
  PT_TRY(pt_output_vocabularies(j->comm, j->rows, j->ctx.dict, j->ctx.n_dict, j->conf.max_vocabulary, err));
  int failed = pt_population_run(j->comm, j->rows, needs, n, err);
  if (failed) return failed;
  for (uint32_t range = 0; range < pt_rows_ranges(j->rows) && !err->code; range++) {
    PT_LATER(pt_facts_finish(j->facts, j->rows, range, err));
    pt_rows_done(j->rows, range);
  }
  return pt_agree(j->comm, err);
}

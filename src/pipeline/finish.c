/* Models, labels, segments' tables, the accounting of lines, and the file. */
#include "pipeline/job.h"

#include <portrait/log.h>
#include <portrait/models.h>
#include <portrait/models_value.h>
#include <portrait/segments.h>
#include <string.h>

_Static_assert((int)PT_AT_MEAN == PT_HIGH_MEAN && (int)PT_AT_MEDIAN == PT_HIGH_MEDIAN &&
                   (int)PT_AT_NUMBER == PT_HIGH_NUMBER,
               "what the job file tells is what the stage takes");

static int run_value(struct pt_job *j, struct pt_err *err) {
  const struct pt_conf *from = &j->conf;
  struct pt_value_conf conf = {.tier_a = from->tier_a,
                               .tier_b = from->tier_b,
                               .loyal_quantile = from->loyal_quantile,
                               .core_quantile = from->core_quantile,
                               .loyal_days = from->loyal_days,
                               .bytes = pt_mem_left(&j->mem) / 4};
  for (int i = 0; i < 3; i++)
    conf.rfm[i] = (struct pt_high){(enum pt_high_kind)from->rfm_high[i].kind, from->rfm_high[i].number};
  uint32_t made = 0;
  PT_TRY(pt_models_value(j->comm, j->rows, &conf, j->frames + j->n_frames, &made, err));
  j->n_frames += made;
  return 0;
}

int pt_stage_models(struct pt_job *j, struct pt_err *err) {
  struct pt_day_cache cache = {0};
  struct pt_models_conf conf = {.bgnbd = j->conf.clv_model == PT_CLV_BGNBD,
                                .unit = (double)j->conf.clv_unit_ms / PT_DAY_MS,
                                .discount = j->conf.clv_discount,
                                .margin = j->conf.clv_margin};
  conf.late_day = pt_local_day(j->zone, &cache, j->ctx.log_start) + j->conf.clv_burn_in_ms / PT_DAY_MS;
  uint32_t made = 0;
  PT_TRY(pt_models_run(j->comm, j->rows, &conf, j->frames + j->n_frames, &made, err));
  j->n_frames += made;
  return run_value(j, err);
}

static void hide_minors(struct pt_job *j) {
  for (uint32_t range = 0; range < pt_rows_ranges(j->rows); range++) {
    pt_facts_hide_minors(j->rows, range);
    pt_rows_done(j->rows, range);
  }
}

/* Before the rules, which see what the file will have, and after them for what they made. */
int pt_stage_tags(struct pt_job *j, struct pt_err *err) {
  struct pt_tags_world world = {j->zone, j->ctx.last_day, pt_mem_left(&j->mem) / 4};
  hide_minors(j);
  int failed = pt_tags_run(j->tags, j->comm, j->rows, &world, err);
  if (failed) return failed;
  hide_minors(j);
  uint32_t made = 0;
  PT_TRY(pt_models_roles(j->comm, j->rows, j->conf.privacy_k, j->frames + j->n_frames, &made, err));
  j->n_frames += made;
  return 0;
}

int pt_stage_segments(struct pt_job *j, struct pt_err *err) {
  uint32_t made = 0;
  struct pt_segments_conf conf = {.max_labels = j->conf.segment_labels,
                                  .tables = &j->conf.segment_tables,
                                  .steps = &j->conf.funnel_steps,
                                  .last_day = j->ctx.last_day,
                                  .previous = j->o->previous,
                                  .key = &j->key,
                                  .privacy_k = j->conf.privacy_k};
  struct pt_day_cache cache = {0};
  conf.first_day = pt_local_day(j->zone, &cache, j->ctx.log_start);
  if (conf.first_day > conf.last_day) conf.first_day = conf.last_day; /* an as_of before the log */
  conf.last_whole_day = j->ctx.last_day - (pt_zone_day_start(j->zone, j->ctx.last_day + 1) > j->ctx.as_of);
  PT_TRY(pt_output_labels(j->comm, j->rows, j->conf.max_labels, &j->labels, err));
  PT_TRY(pt_segments_run(j->comm, j->rows, &j->labels, &conf, j->frames + j->n_frames, &made, err));
  j->n_frames += made;
  struct pt_frame *lines = &j->frames[j->n_frames];
  if (pt_comm_rank(j->comm) == 0) PT_LATER(pt_tally_frames(&j->tally, lines, lines + 1, err));
  j->n_frames += 2;
  if (pt_comm_rank(j->comm) == 0 && !err->code)
    PT_LATER(pt_output_vocabulary_frame(j->rows, &j->frames[j->n_frames], err));
  j->n_frames++;
  if (pt_comm_rank(j->comm) == 0 && !err->code)
    PT_LATER(pt_tally_records(&j->tally, j->conflicts, &j->frames[j->n_frames], err));
  j->n_frames++;
  PT_TRY(pt_agree(j->comm, err));
  PT_TRY(pt_coverage(j, j->frames + j->n_frames, &made, err));
  j->n_frames += made;
  return 0;
}

static bool wants_members(const struct pt_job *j) {
  const struct pt_names *names = &j->conf.segment_tables;
  for (uint32_t i = 0; i < names->n; i++)
    if (strcmp(names->v[i], "members") == 0) return true;
  return names->n == 0;
}

int pt_stage_output(struct pt_job *j, struct pt_err *err) {
  PT_LATER(pt_run_json(j, err));
  PT_TRY(pt_agree(j->comm, err));
  struct pt_output_conf conf = {.compress = j->o->compress,
                                .level = j->o->level,
                                .max_labels = j->conf.max_labels,
                                .members = wants_members(j),
                                .privacy_k = j->conf.privacy_k,
                                .run_json = j->run_json};
  return pt_output_write(j->comm, j->o->output, j->rows, &j->labels, j->frames, j->n_frames, &conf, &j->written, err);
}

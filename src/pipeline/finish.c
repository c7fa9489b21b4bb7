/* Labels, segments' tables, the accounting of lines, and the file. */
#include "pipeline/job.h"

#include <portrait/log.h>
#include <portrait/segments.h>

int pt_stage_tags(struct pt_job *j, struct pt_err *err) {
  PT_LATER(pt_tags_run(j->tags, j->rows, err));
  return pt_agree(j->comm, err);
}

int pt_stage_segments(struct pt_job *j, struct pt_err *err) {
  uint32_t made = 0;
  PT_TRY(pt_output_labels(j->comm, j->rows, j->conf.max_labels, &j->labels, err));
  PT_TRY(pt_segments_run(j->comm, j->rows, &j->labels, j->conf.segment_labels, j->frames, &made, err));
  j->n_frames = made;
  if (pt_comm_rank(j->comm) == 0) PT_LATER(pt_tally_frames(&j->tally, &j->frames[made], &j->frames[made + 1], err));
  j->n_frames += 2;
  return pt_agree(j->comm, err);
}

int pt_stage_output(struct pt_job *j, struct pt_err *err) {
  PT_LATER(pt_run_json(j, err));
  PT_TRY(pt_agree(j->comm, err));
  struct pt_output_conf conf = {
      .compress = j->o->compress, .level = j->o->level, .max_labels = j->conf.max_labels, .run_json = j->run_json};
  return pt_output_write(j->comm, j->o->output, j->rows, &j->labels, j->frames, j->n_frames, &conf, &j->written, err);
}

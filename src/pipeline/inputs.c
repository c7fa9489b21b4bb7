/* What there is to read: the list of files, and what of the catalogue the job asks for. */
#include "pipeline/job.h"

#include <portrait/log.h>
#include <stdio.h>

static const char *bytes_text(uint64_t bytes, char out[32]) {
  static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  double v = (double)bytes;
  int u = 0;
  for (; v >= 1024 && u < 5; u++) v /= 1024;
  snprintf(out, 32, u ? "%.1f %s" : "%.0f %s", v, units[u]);
  return out;
}

int pt_stage_inputs(struct pt_job *j, struct pt_err *err) {
  const char *const *args = j->o->n_inputs ? j->o->inputs : (const char *const *)j->conf.inputs.v;
  uint32_t n = j->o->n_inputs ? j->o->n_inputs : j->conf.inputs.n;
  if (n == 0)
    return pt_fail(err, "read", PT_USAGE, 0, "no INPUT: name log files or folders, or `inputs:` in the job file");
  PT_TRY(pt_read_list(j->comm, args, n, &j->inputs, err));
  uint64_t bytes = 0;
  for (uint64_t i = 0; i < j->inputs.n; i++) bytes += j->inputs.files[i].bytes;
  char text[32];
  pt_log(PT_NOTE, "read", "%llu files, %s", (unsigned long long)j->inputs.n, bytes_text(bytes, text));
  for (uint64_t i = 0; i < j->inputs.n_skipped; i++) pt_log(PT_NOTE, "read", "skipped %s", j->inputs.skipped[i]);
  struct pt_read_conf conf = {.split_bytes = UINT64_C(64) << 20,
                              .max_line = j->conf.max_line,
                              .chunk = UINT64_C(1) << 20,
                              .window_log_max = 27,
                              .multiline = j->conf.format && j->conf.format->multiline};
  return pt_reader_open(&j->reader, j->comm, &j->inputs, &conf, err);
}

int pt_stage_plan(struct pt_job *j, struct pt_err *err) {
  PT_LATER(pt_facts_open(&j->facts, &j->ctx, &j->schema, &j->fields, err));
  PT_TRY(pt_agree(j->comm, err));
  if (j->schema.n == 0) return pt_fail(err, "conf", PT_CONFIG, 0, "columns: no column of the catalogue matches");
  return 0;
}

/* THE table of stages: what a build does, in order; the plan first, so that mistakes in the job file show before
 * anything is read. `read` to `store` overlap inside the road, `group` and `facts`
 * inside the bucket loop; their times are taken apart there. */
#include "pipeline/job.h"

#include <portrait/log.h>

struct stage {
  const char *name;
  bool timed; /* false: takes its parts' times itself */
  int (*run)(struct pt_job *, struct pt_err *);
};

static const struct stage build_stages[] = {
    {"plan", true, pt_stage_plan},             /* what of the catalogue is asked for */
    {"inputs", true, pt_stage_inputs},         /* list the files, share them out */
    {"road", false, pt_stage_road},            /* read, parse, clean, shuffle */
    {"store", true, pt_stage_store},           /* instead of the road: --store */
    {"as_of", true, pt_stage_asof},            /* T and log_start */
    {"facts", false, pt_stage_facts},          /* group, facts */
    {"population", true, pt_stage_population}, /* shares, medians */
    {"models", true, pt_stage_models},         /* fits over all users, forecasts for each */
    {"tags", true, pt_stage_tags},             /* rules over the rows: segments of the job file */
    {"segments", true, pt_stage_segments},     /* labels, tables at rank 0 */
    {"output", true, pt_stage_output},         /* the file */
};
#define N_STAGES (sizeof build_stages / sizeof *build_stages)

/* From a store: its rows instead of the road. */
static bool skipped(const struct pt_job *j, int (*run)(struct pt_job *, struct pt_err *)) {
  if (run == pt_stage_store) return !j->o->store;
  return j->o->store && (run == pt_stage_inputs || run == pt_stage_road);
}

static int say_plan(struct pt_job *j) {
  for (size_t i = 0; i < N_STAGES; i++)
    if (!skipped(j, build_stages[i].run)) pt_log(PT_NOTE, NULL, "would run %s", build_stages[i].name);
  pt_log(PT_NOTE, NULL, "%u columns, %u tags; nothing was written", j->schema.n, j->schema.n_tags);
  return 0;
}

int pt_build(struct pt_comm *c, const struct pt_options *o, struct pt_err *err) {
  struct pt_job j;
  int failed = pt_job_open(&j, c, o, err);
  if (!failed && o->store) failed = pt_bound_open(&j, false, true, err);
  for (size_t i = 0; i < N_STAGES && !failed; i++) {
    if (skipped(&j, build_stages[i].run)) continue;
    if (o->dry_run && build_stages[i].run != pt_stage_plan && build_stages[i].run != pt_stage_inputs) break;
    double t0 = pt_job_now();
    failed = build_stages[i].run(&j, err);
    if (build_stages[i].timed) pt_job_time(&j, build_stages[i].name, pt_job_now() - t0);
  }
  if (!failed) failed = o->dry_run ? say_plan(&j) : pt_summary(&j, err);
  pt_job_close(&j);
  return failed;
}

#include "cli/job_options.h"

static int work(struct pt_comm *c, void *ctx, struct pt_err *err) {
  return pt_ingest(c, &((struct cli_job *)ctx)->o, err);
}

int cli_ingest(int argc, char **argv) {
  struct cli_job job;
  cli_job_parse(
      &job, 'i', "INPUT... --store DIR",
      "Adds logs to a store, so that a later build reads them sorted by user. The same content given twice is "
      "taken once.",
      argc, argv);
  if (!job.o.store) cli_usage(NULL, "ingest: no store: --store DIR");
  if (!job.o.n_inputs && !job.o.n_users && !job.o.job_file) cli_usage(NULL, "ingest: no INPUT");
  return cli_with_mpi(argc, argv, work, &job);
}

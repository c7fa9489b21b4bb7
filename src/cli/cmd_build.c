#include "cli/job_options.h"

static int work(struct pt_comm *c, void *ctx, struct pt_err *err) {
  return pt_build(c, &((struct cli_job *)ctx)->o, err);
}

int cli_build(int argc, char **argv) {
  struct cli_job job;
  cli_job_parse(&job, 'b', "INPUT... -o FILE\n--store DIR -o FILE",
                "Turns raw logs (files, folders, globs) or a store into one file of profiles.", argc, argv);
  if (!job.o.output && !job.o.dry_run) cli_usage(NULL, "build: no output: -o FILE");
  if (job.o.store && (job.o.n_inputs || job.o.n_users))
    cli_usage(NULL, "build: INPUT or --users and --store exclude each other");
  if (!job.o.store && !job.o.n_inputs && !job.o.n_users && !job.o.job_file) cli_usage(NULL, "build: no INPUT");
  return cli_with_mpi(argc, argv, work, &job);
}

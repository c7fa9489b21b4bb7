#include "cli/job_options.h"

static int work(struct pt_comm *c, void *ctx, struct pt_err *err) {
  return pt_check(c, &((struct cli_job *)ctx)->o, err);
}

int cli_check(int argc, char **argv) {
  struct cli_job job;
  cli_job_parse(&job, 'c', "INPUT...",
                "Reads the beginning of the input and says what would be understood, what rejected and why, and what "
                "memory a build needs. Changes nothing.",
                argc, argv);
  if (!job.o.n_inputs && !job.o.n_users && !job.o.job_file) cli_usage(NULL, "check: no INPUT");
  return cli_with_mpi(argc, argv, work, &job);
}

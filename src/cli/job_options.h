/* Options of build, ingest and check. Internal to cli/. */
#ifndef PORTRAIT_CLI_JOB_OPTIONS_H
#define PORTRAIT_CLI_JOB_OPTIONS_H
#include "cli/cli.h"

#define CLI_MAX_USERS 256
struct cli_job {
  struct pt_options o;
  const char *users[CLI_MAX_USERS]; /* --users; o points here */
};

/* `command`: 'b', 'i' or 'c'. Ends the program with 64 on a usage error. */
void cli_job_parse(struct cli_job *job, char command, const char *args, const char *doc, int argc, char **argv);

#endif

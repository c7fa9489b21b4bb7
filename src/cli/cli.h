/* What the commands share. Internal to cli/. */
#ifndef PORTRAIT_CLI_H
#define PORTRAIT_CLI_H
#include <argp.h>
#include <portrait/comm.h>
#include <portrait/err.h>
#include <portrait/pipeline.h>

struct command {
  const char *name, *summary;
  /* argv[0] is the command's name. Parses, and where the work is parallel starts MPI itself. Returns the exit code. */
  int (*run)(int argc, char **argv);
};
extern const struct command cli_commands[]; /* the end has no name */

/* Options that every command has: -q, -v, --json where it has output. */
enum cli_common { CLI_QUIET = 'q', CLI_VERBOSE = 'v' };
extern const struct argp cli_common_argp;

/* "256M", "1.5G", "4096": bytes; false where it is no size. */
bool cli_size(const char *text, uint64_t *out);
/* A whole number; false where it is none or over `most`. */
bool cli_number(const char *text, uint64_t most, uint64_t *out);
/* Reports a usage error once (rank 0 under mpirun) and ends the program with 64. */
_Noreturn void cli_usage(const struct argp_state *state, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* argp_parse with our rules: errors end with 64, only one rank speaks. */
void cli_parse(const struct argp *argp, int argc, char **argv, void *input);
/* True on the rank that may print before MPI is up. */
bool cli_first_rank(void);
/* Runs work(comm, ctx, err) between MPI's start and end; prints the one error line; returns the exit code. */
int cli_with_mpi(int argc, char **argv, int (*work)(struct pt_comm *, void *, struct pt_err *), void *ctx);
/* The one line of a failure. */
void cli_print_error(const struct pt_err *err);

int cli_build(int argc, char **argv);
int cli_ingest(int argc, char **argv);
int cli_synth(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_show(int argc, char **argv);
int cli_segment(int argc, char **argv);
int cli_explain(int argc, char **argv);

#endif

/* Dispatch. --help and --version need no MPI. */
#include "cli/cli.h"

#include <portrait/time.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zstd.h>

const struct command cli_commands[] = {
    {"build", "raw logs, or a store, to profiles", cli_build},
    {"ingest", "add logs to a store", cli_ingest},
    {"synth", "make synthetic logs with known truth", cli_synth},
    {"check", "read a sample and say what would be understood and rejected", cli_check},
    {"show", "one user's portrait as a card", cli_show},
    {"segment", "figures and ids of the users for whom an expression holds", cli_segment},
    {"explain", "every column, tag and job-file key: meaning, unit, default", cli_explain},
    {0}};

static void print_help(FILE *to) {
  fprintf(to, "Usage: portrait COMMAND [OPTION...]\nTurns compressed event logs into user portraits, in bulk.\n\n");
  for (const struct command *c = cli_commands; c->name; c++) fprintf(to, "  %-10s %s\n", c->name, c->summary);
  fprintf(to,
          "\n`portrait COMMAND --help` names the options of a command.\n"
          "Exit codes: 0 done, 64 usage, 65 input rejected, 66 no input, 70 internal, 71 memory or system, 74 I/O,\n"
          "75 stopped, 78 job file.\n");
}

static int print_version(bool all) {
  printf("portrait %s\n", PORTRAIT_VERSION);
  if (!all) return 0;
  printf("zstd %s, time zone data %s, compiled %s\n", ZSTD_versionString(), pt_zone_version(), __VERSION__);
  return 0;
}

int main(int argc, char **argv) {
  umask(077); /* what is written holds people's data */
  if (argc < 2) {
    if (cli_first_rank()) print_help(stderr);
    return PT_USAGE;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0 || strcmp(argv[1], "help") == 0) {
    print_help(stdout);
    return 0;
  }
  if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
    return print_version(argc > 2 && strcmp(argv[2], "--verbose") == 0);
  for (const struct command *c = cli_commands; c->name; c++)
    if (strcmp(argv[1], c->name) == 0) return c->run(argc - 1, argv + 1);
  if (cli_first_rank())
    fprintf(stderr, "portrait: error: unknown command '%s'; `portrait --help` lists them\n", argv[1]);
  return PT_USAGE;
}

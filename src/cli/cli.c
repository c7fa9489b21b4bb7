#include "cli/cli.h"

#include <portrait/log.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *argp_program_version = NULL;

/* Under a launcher the rank is in the environment before MPI_Init; without one this is the only process. */
bool cli_first_rank(void) {
  static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *rank = getenv(names[i]);
    if (rank && *rank) return strcmp(rank, "0") == 0;
  }
  return true;
}

bool cli_number(const char *text, uint64_t most, uint64_t *out) {
  if (!*text) return false;
  uint64_t v = 0;
  for (; *text; text++) {
    if (*text < '0' || *text > '9' || v > (most - (uint64_t)(*text - '0')) / 10) return false;
    v = v * 10 + (uint64_t)(*text - '0');
  }
  *out = v;
  return true;
}

bool cli_size(const char *text, uint64_t *out) {
  char *end;
  double v = strtod(text, &end);
  if (end == text || !(v > 0)) return false;
  switch (*end) {
    case 'k':
    case 'K':
      v *= 1024;
      end++;
      break;
    case 'm':
    case 'M':
      v *= 1048576;
      end++;
      break;
    case 'g':
    case 'G':
      v *= 1073741824;
      end++;
      break;
    case 't':
    case 'T':
      v *= 1099511627776.;
      end++;
      break;
    default:
      break;
  }
  if (strcmp(end, "i") == 0 || strcmp(end, "iB") == 0 || strcmp(end, "B") == 0) end += strlen(end);
  if (*end || v >= 9e18) return false;
  *out = (uint64_t)v;
  return true;
}

void cli_usage(const struct argp_state *state, const char *fmt, ...) {
  if (cli_first_rank()) {
    fprintf(stderr, "portrait: error: [%s] ", state && state->name ? state->name : "usage");
    va_list args;
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fprintf(stderr, "; see --help\n");
  }
  exit(PT_USAGE);
}

void cli_parse(const struct argp *argp, int argc, char **argv, void *input) {
  static char name[64]; /* what --help calls the program */
  snprintf(name, sizeof name, "portrait %s", argv[0]);
  argv[0] = name;
  argp_err_exit_status = PT_USAGE;
  if (!cli_first_rank() && !freopen("/dev/null", "w", stderr)) exit(PT_USAGE);
  if (argp_parse(argp, argc, argv, 0, NULL, input)) exit(PT_USAGE);
}

static error_t parse_common(int key, char *arg, struct argp_state *state) {
  (void)arg;
  (void)state;
  if (key == CLI_QUIET) pt_log_setup(PT_QUIET, cli_first_rank());
  if (key == CLI_VERBOSE) pt_log_setup(PT_DEBUG, cli_first_rank());
  return key == CLI_QUIET || key == CLI_VERBOSE ? 0 : ARGP_ERR_UNKNOWN;
}

static const struct argp_option common_options[] = {
    {"quiet", CLI_QUIET, 0, 0, "Say errors alone", 90}, {"verbose", CLI_VERBOSE, 0, 0, "Say more", 90}, {0}};
const struct argp cli_common_argp = {common_options, parse_common, 0, 0, 0, 0, 0};

/* Quotes, control bytes and several lines (an expression with its caret) are the text's own. */
void cli_print_error(const struct pt_err *err) {
  const char *place = err->text[0] == '[' ? "" : err->stage;
  if (*place)
    fprintf(stderr, "portrait: error: [%s] %s\n", place, err->text);
  else
    fprintf(stderr, "portrait: error: %s\n", err->text);
}

int cli_with_mpi(int argc, char **argv, int (*work)(struct pt_comm *, void *, struct pt_err *), void *ctx) {
  struct pt_err err = {0};
  struct pt_comm *comm = NULL;
  int code = pt_comm_open(&comm, &argc, &argv, &err);
  if (code) {
    cli_print_error(&err);
    return code;
  }
  bool first = pt_comm_rank(comm) == 0;
  pt_log_setup(pt_log_level(), first);
  code = work(comm, ctx, &err);
  if (code && first) cli_print_error(&err);
  pt_comm_close(comm);
  return first ? code : 0;
}

/* The options of the commands that run a job: build, ingest, check. */
#include "cli/job_options.h"

#include <stdlib.h>
#include <string.h>

enum key {
  OUTPUT = 'o',
  CONF = 'c',
  USERS = 'u',
  STORE = 256,
  PREVIOUS,
  MEMORY,
  SCRATCH,
  REJECTS,
  SUMMARY,
  KEY_FILE,
  COMPRESSION,
  DRY_RUN,
  JSON,
  PROGRESS
};

static const struct {
  struct argp_option option;
  const char *commands; /* whose it is: b i c */
} all_options[] = {
    {{"config", CONF, "FILE", 0, "Job file (YAML)", 1}, "bic"},
    {{"output", OUTPUT, "FILE", 0, "The file to write (.h5ad)", 1}, "b"},
    {{"users", USERS, "FILE", 0, "A table of user records (JSON lines or CSV); may be given several times", 1}, "bic"},
    {{"store", STORE, "DIR", 0, "The store: read instead of INPUT (build), added to (ingest)", 1}, "bi"},
    {{"previous", PREVIOUS, "FILE", 0, "An earlier build: what became of its users, tag by tag, in /uns/segments/drift",
      1},
     "b"},
    {{"memory", MEMORY, "SIZE", 0,
      "Budget of a rank, such as 2G (default: its share of the job's limit, else of half the RAM)", 2},
     "bic"},
    {{"scratch", SCRATCH, "DIR", 0, "Where what is beyond the budget goes (default: $TMPDIR, else /tmp)", 2}, "bi"},
    {{"compression", COMPRESSION, "HOW", 0, "fast (default), gzip=1..9 or none", 2}, "b"},
    {{"key-file", KEY_FILE, "FILE", 0, "16 secret bytes that key the order of users (mode 0600)", 2}, "bi"},
    {{"rejects", REJECTS, "FILE", 0, "Write the position and reason of every rejected line", 3}, "bi"},
    {{"summary", SUMMARY, "FILE", 0, "Write the table at the end as JSON", 3}, "bi"},
    {{"progress", PROGRESS, "SECONDS", 0,
      "Between lines of progress where stderr is no terminal (default 10, 0 = none)", 3},
     "bi"},
    {{"dry-run", DRY_RUN, 0, 0, "Check job file and inputs, say the plan, write nothing", 3}, "bi"},
    {{"json", JSON, 0, 0, "Machine-readable output", 3}, "c"}};
#define N_OPTIONS (sizeof all_options / sizeof *all_options)

static bool set_compression(struct pt_options *o, const char *how) {
  o->compress = PT_FAST;
  if (strcmp(how, "fast") == 0) return true;
  o->compress = PT_NONE;
  if (strcmp(how, "none") == 0) return true;
  o->compress = PT_GZIP_LEVEL;
  if (strncmp(how, "gzip=", 5) != 0 || how[5] < '1' || how[5] > '9' || how[6]) return false;
  o->level = how[5] - '0';
  return true;
}

static error_t add_users(struct cli_job *job, const char *path, struct argp_state *state) {
  if (job->o.n_users == CLI_MAX_USERS) cli_usage(state, "--users: over %d files; name a folder", CLI_MAX_USERS);
  job->users[job->o.n_users++] = path;
  job->o.users = job->users;
  return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state) {
  struct cli_job *job = state->input;
  struct pt_options *o = &job->o;
  uint64_t v;
  switch (key) {
    case CONF:
      o->job_file = arg;
      return 0;
    case OUTPUT:
      o->output = arg;
      return 0;
    case USERS:
      return add_users(job, arg, state);
    case STORE:
      o->store = arg;
      return 0;
    case PREVIOUS:
      o->previous = arg;
      return 0;
    case MEMORY:
      if (!cli_size(arg, &o->memory)) cli_usage(state, "--memory: '%s' is no size", arg);
      if (o->memory < (UINT64_C(32) << 20)) cli_usage(state, "--memory: a rank needs at least 32M");
      return 0;
    case SCRATCH:
      o->scratch = arg;
      return 0;
    case REJECTS:
      o->rejects = arg;
      return 0;
    case SUMMARY:
      o->summary = arg;
      return 0;
    case KEY_FILE:
      o->key_file = arg;
      return 0;
    case COMPRESSION:
      if (!set_compression(o, arg)) cli_usage(state, "--compression: '%s' is none of fast, gzip=1..9, none", arg);
      return 0;
    case PROGRESS:
      if (!cli_number(arg, 86400, &v)) cli_usage(state, "--progress: '%s' is no number of seconds", arg);
      o->progress = (int)v;
      return 0;
    case DRY_RUN:
      o->dry_run = true;
      return 0;
    case JSON:
      o->json = true;
      return 0;
    case ARGP_KEY_ARGS:
      o->inputs = (const char *const *)(state->argv + state->next);
      o->n_inputs = (uint32_t)(state->argc - state->next);
      return 0;
    case ARGP_KEY_INIT:
      state->child_inputs[0] = NULL;
      return 0;
    default:
      return ARGP_ERR_UNKNOWN;
  }
}

void cli_job_parse(struct cli_job *job, char command, const char *args, const char *doc, int argc, char **argv) {
  struct argp_option options[N_OPTIONS + 1] = {0};
  size_t n = 0;
  for (size_t i = 0; i < N_OPTIONS; i++)
    if (strchr(all_options[i].commands, command)) options[n++] = all_options[i].option;
  struct argp_child children[] = {{&cli_common_argp, 0, 0, 90}, {0}};
  struct argp argp = {options, parse, args, doc, children, 0, 0};
  *job = (struct cli_job){.o = {.compress = PT_FAST, .progress = 10}};
  cli_parse(&argp, argc, argv, job);
}

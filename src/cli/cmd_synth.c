#include "cli/cli.h"

#include <portrait/log.h>
#include <portrait/synth.h>
#include <stdio.h>

enum key { USERS = 256, EVENTS, SEED, FILES, ITEMS, DAYS, END, LEVEL, RICH, NO_TRUTH };

static const struct argp_option options[] = {{"users", USERS, "N", 0, "Number of users", 1},
                                             {"events", EVENTS, "M", 0, "Number of events (lines), exactly", 1},
                                             {"output", 'o', "DIR", 0, "Folder to write into", 1},
                                             {"seed", SEED, "S", 0, "Another seed, another population (default 1)", 2},
                                             {"files", FILES, "F", 0, "Number of log files", 2},
                                             {"items", ITEMS, "N", 0, "Number of items (default 200000)", 2},
                                             {"days", DAYS, "N", 0, "Days of log (default 400)", 2},
                                             {"end", END, "DATE", 0, "Last day (default 2026-03-31)", 2},
                                             {"level", LEVEL, "L", 0, "zstd level (default 3)", 2},
                                             {"rich", RICH, 0, 0, "Lines with style, size and topic too", 2},
                                             {"no-truth", NO_TRUTH, 0, 0, "Do not write what was planted", 2},
                                             {0}};

static uint64_t number(struct argp_state *state, const char *name, const char *text, uint64_t most) {
  uint64_t v = 0;
  if (!cli_number(text, most, &v))
    cli_usage(state, "--%s: '%s' is no number up to %llu", name, text, (unsigned long long)most);
  return v;
}

static error_t parse(int key, char *arg, struct argp_state *state) {
  struct pt_synth_conf *c = state->input;
  switch (key) {
    case USERS:
      c->users = number(state, "users", arg, UINT32_MAX);
      return 0;
    case EVENTS:
      c->events = number(state, "events", arg, UINT64_C(1) << 50);
      return 0;
    case 'o':
      c->out = arg;
      return 0;
    case SEED:
      c->seed = number(state, "seed", arg, UINT64_MAX / 2);
      return 0;
    case FILES:
      c->files = (uint32_t)number(state, "files", arg, 1000000);
      return 0;
    case ITEMS:
      c->items = (uint32_t)number(state, "items", arg, UINT32_MAX);
      return 0;
    case DAYS:
      c->days = (uint32_t)number(state, "days", arg, 40000);
      return 0;
    case END:
      if (snprintf(c->end, sizeof c->end, "%s", arg) >= (int)sizeof c->end)
        cli_usage(state, "--end: '%s' is no date", arg);
      return 0;
    case LEVEL:
      c->level = (int)number(state, "level", arg, 22);
      return 0;
    case RICH:
      c->rich = true;
      return 0;
    case NO_TRUTH:
      c->no_truth = true;
      return 0;
    case ARGP_KEY_ARG:
      cli_usage(state, "synth: '%s' is too much", arg);
    case ARGP_KEY_INIT:
      state->child_inputs[0] = NULL;
      return 0;
    default:
      return ARGP_ERR_UNKNOWN;
  }
}

static int work(struct pt_comm *comm, void *ctx, struct pt_err *err) {
  const struct pt_synth_conf *c = ctx;
  int failed = pt_synth_run(comm, c, err);
  if (!failed)
    pt_log(PT_NOTE, "synth", "%llu events of %llu users in %s", (unsigned long long)c->events,
           (unsigned long long)c->users, c->out);
  return failed;
}

int cli_synth(int argc, char **argv) {
  struct pt_synth_conf c;
  pt_synth_default(&c);
  struct argp_child children[] = {{&cli_common_argp, 0, 0, 90}, {0}};
  struct argp argp = {
      options,
      parse,
      "--users N --events M -o DIR",
      "Writes synthetic logs of a population with known truth. The content does not depend on the number "
      "of ranks.",
      children,
      0,
      0};
  cli_parse(&argp, argc, argv, &c);
  if (!c.out) cli_usage(NULL, "synth: no folder: -o DIR");
  if (!c.users || !c.events) cli_usage(NULL, "synth: --users and --events, both at least 1");
  return cli_with_mpi(argc, argv, work, &c);
}

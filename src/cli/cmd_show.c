/* One user of a finished file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/show.h"

enum key { ALL = 256, WHY };

static const struct argp_option options[] = {
    {"json", 'j', 0, 0, "Machine-readable output: every column", 1},
    {"all", ALL, 0, 0, "Every column, zero and absent ones too", 1},
    {"why", WHY, "TAG", 0, "How a tag came about: its meaning, its rule, and what it saw", 1},
    {0}};

static error_t parse(int key, char *arg, struct argp_state *state) {
  struct show *s = state->input;
  if (key == 'j') {
    s->json = true;
  } else if (key == ALL) {
    s->all = true;
  } else if (key == WHY) {
    s->why = arg;
  } else if (key == ARGP_KEY_ARG) {
    if (state->arg_num > 1) cli_usage(state, "show: FILE and USER_ID");
    *(state->arg_num == 0 ? &s->file : &s->user) = arg;
  } else if (key == ARGP_KEY_INIT) {
    state->child_inputs[0] = NULL;
  } else {
    return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

static int show(struct show *s, struct pt_err *err) {
  if (access(s->file, R_OK)) return pt_fail(err, "show", PT_NOINPUT, errno, "%s: %s", s->file, strerror(errno));
  PT_TRY(pt_card_open(&s->k, s->file, err));
  PT_TRY(pt_card_find(s->k, s->user, &s->row, err));
  if (s->why) return show_why(s, err);
  return s->json ? show_json(s, err) : show_card(s, err);
}

int cli_show(int argc, char **argv) {
  const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
  struct show s = {.colour = isatty(1) && !(no_colour && *no_colour) && !(term && strcmp(term, "dumb") == 0)};
  struct argp_child children[] = {{&cli_common_argp, 0, 0, 90}, {0}};
  struct argp argp = {options, parse, "FILE USER_ID", "Shows one user's portrait as a card.", children, 0, 0};
  cli_parse(&argp, argc, argv, &s);
  if (!s.file || !s.user) cli_usage(NULL, "show: FILE and USER_ID");
  if (s.why && s.json) cli_usage(NULL, "show: --why or --json");
  struct pt_err err = {0};
  int code = show(&s, &err);
  pt_card_close(s.k);
  if (code) cli_print_error(&err);
  return code;
}

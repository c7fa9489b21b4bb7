/* One user as a card: tags with their index as a bar, then the columns that say something, family by family. */
#include "cli/cli.h"

#include <errno.h>
#include <jansson.h>
#include <portrait/output.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct show {
  const char *file, *user;
  bool json, all, colour;
};

enum key { ALL = 256 };

static const struct argp_option options[] = {{"json", 'j', 0, 0, "Machine-readable output", 1},
                                             {"all", ALL, 0, 0, "Zero counts and absent columns too", 1},
                                             {0}};

static error_t parse(int key, char *arg, struct argp_state *state) {
  struct show *s = state->input;
  if (key == 'j') {
    s->json = true;
  } else if (key == ALL) {
    s->all = true;
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

static bool ends_with(const char *text, const char *end) {
  size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

/* Bytes of logs go to a terminal here: nothing below a blank, nor DEL, may drive it. */
static void print_safe(const char *text) {
  for (; *text; text++) putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

static void print_number(const char *text) {
  double v = strtod(text, NULL);
  if (v == (double)(long long)v)
    print_safe(text);
  else
    printf("%.6g", v);
}

static void print_bar(double index) {
  for (int i = 0; i < 10; i++) fputs(i < (int)(index * 10 + .5) ? "\xe2\x96\x88" : "\xe2\x96\x91", stdout);
}

static void heading(const struct show *s, const char *text) {
  printf("\n%s%s%s\n", s->colour ? "\033[1m" : "", text, s->colour ? "\033[0m" : "");
}

/* The value of a column by name as text; "" where there is none. */
static void text_of(struct pt_card *k, uint64_t row, const char *name, char out[300], struct pt_err *err) {
  struct pt_card_cell cell;
  out[0] = 0;
  for (uint32_t i = 0; i < pt_card_columns(k); i++) {
    if (pt_card_cell(k, row, i, &cell, err)) return;
    if (strcmp(cell.name, name) == 0 && !cell.absent) memcpy(out, cell.text, sizeof cell.text);
  }
}

/* Is `name` a tag? Then it has an index and an evidence column beside it. */
static bool is_tag(struct pt_card *k, uint64_t row, uint32_t i, struct pt_err *err) {
  struct pt_card_cell label, index;
  char name[80];
  if (i + 2 >= pt_card_columns(k) || pt_card_cell(k, row, i, &label, err)) return false;
  snprintf(name, sizeof name, "%.64s_index", label.name);
  return pt_card_cell(k, row, i + 1, &index, err) == 0 && strcmp(index.name, name) == 0;
}

static int print_tag(const struct show *s, struct pt_card *k, uint64_t row, uint32_t i, struct pt_err *err) {
  struct pt_card_cell label, index, evidence;
  PT_TRY(pt_card_cell(k, row, i, &label, err));
  PT_TRY(pt_card_cell(k, row, i + 1, &index, err));
  PT_TRY(pt_card_cell(k, row, i + 2, &evidence, err));
  printf("  %-24s %s", label.name, s->colour && !label.absent ? "\033[36m" : "");
  if (label.absent)
    printf("%-20s", "unknown");
  else
    print_safe(label.text);
  for (size_t n = label.absent ? 20 : strlen(label.text); n < 20; n++) putchar(' ');
  if (s->colour && !label.absent) printf("\033[0m");
  if (!index.absent) {
    putchar(' ');
    print_bar(strtod(index.text, NULL));
    printf(" %.2f", strtod(index.text, NULL));
  }
  printf("  from %s\n", evidence.text);
  return 0;
}

static int print_cell(const struct show *s, const struct pt_card_cell *cell) {
  bool nothing = cell->absent || (cell->number && strtod(cell->text, NULL) == 0);
  if (nothing && !s->all) return 0;
  printf("  %-28s ", cell->name);
  if (cell->absent)
    printf("-");
  else if (cell->number)
    print_number(cell->text);
  else
    print_safe(cell->text);
  if (!cell->absent && cell->unit && cell->unit[0] && strcmp(cell->unit, "1") != 0 && !ends_with(cell->unit, "Z"))
    printf(" %s", cell->unit);
  printf("\n");
  return 0;
}

static int print_card(const struct show *s, struct pt_card *k, uint64_t row, struct pt_err *err) {
  char first[300], last[300];
  text_of(k, row, "first_seen", first, err);
  text_of(k, row, "last_seen", last, err);
  printf("%s", s->colour ? "\033[1;7m " : "");
  print_safe(s->user);
  printf("%s", s->colour ? " \033[0m" : "");
  if (first[0]) printf("   seen from %.10s to %.10s", first, last);
  printf("\n");
  const char *family = "";
  struct pt_card_cell cell;
  bool tags = false;
  for (uint32_t i = 0; i < pt_card_columns(k); i++) {
    if (is_tag(k, row, i, err)) {
      if (!tags) heading(s, "tags");
      tags = true;
      PT_TRY(print_tag(s, k, row, i, err));
      i += 2;
      continue;
    }
    PT_TRY(pt_card_cell(k, row, i, &cell, err));
    if (strcmp(family, cell.family) != 0) heading(s, cell.family);
    family = cell.family;
    PT_TRY(print_cell(s, &cell));
  }
  return err->code;
}

static int print_json(const struct show *s, struct pt_card *k, uint64_t row, struct pt_err *err) {
  json_t *root = json_object();
  json_object_set_new(root, "user_id", json_string(s->user));
  struct pt_card_cell cell;
  int failed = 0;
  for (uint32_t i = 0; i < pt_card_columns(k) && !failed; i++) {
    failed = pt_card_cell(k, row, i, &cell, err);
    if (failed) break;
    json_t *v = cell.absent   ? json_null()
                : cell.number ? json_loads(cell.text, JSON_DECODE_ANY, NULL)
                              : json_string(cell.text);
    json_object_set_new(root, cell.name, v ? v : json_string(cell.text));
  }
  if (!failed) json_dumpf(root, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
  if (!failed) printf("\n");
  json_decref(root);
  return failed;
}

int cli_show(int argc, char **argv) {
  struct show s = {.colour = isatty(1) && !getenv("NO_COLOR")};
  struct argp_child children[] = {{&cli_common_argp, 0, 0, 90}, {0}};
  struct argp argp = {options, parse, "FILE USER_ID", "Shows one user's portrait as a card.", children, 0, 0};
  cli_parse(&argp, argc, argv, &s);
  if (!s.file || !s.user) cli_usage(NULL, "show: FILE and USER_ID");
  struct pt_err err = {0};
  struct pt_card *k = NULL;
  uint64_t row = 0;
  int code = access(s.file, R_OK) ? pt_fail(&err, "show", PT_NOINPUT, errno, "%s: %s", s.file, strerror(errno)) : 0;
  if (!code) code = pt_card_open(&k, s.file, &err);
  if (!code) code = pt_card_find(k, s.user, &row, &err);
  if (!code) code = s.json ? print_json(&s, k, row, &err) : print_card(&s, k, row, &err);
  pt_card_close(k);
  if (code) cli_print_error(&err);
  return code;
}

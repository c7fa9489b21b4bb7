/* A segment of a finished file by any expression: who they are as figures, and on demand as a list of ids. */
#include "cli/cli.h"

#include <jansson.h>
#include <math.h>
#include <portrait/query.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum key { OUTPUT = 'o', JSON = 'j', FORMAT = 256, TGI, PRIVACY };

struct segment {
  struct pt_query_conf conf;
  const char *output;
  enum pt_ids_format format;
  bool json;
  uint64_t tgi; /* rows to print; 0: all */
};

static const struct argp_option options[] = {
    {"output", OUTPUT, "FILE", 0, "Write the users' ids, in the order of the file's rows (mode 0600)", 1},
    {"format", FORMAT, "csv|lines", 0,
     "csv (default): a column user_id, safe to open in a spreadsheet; lines: an id a line, as it is", 1},
    {"json", JSON, 0, 0, "Machine-readable output", 1},
    {"tgi", TGI, "N", 0, "So many rows of the labels that stand out (default 20, 0 = every label)", 1},
    {"privacy-k", PRIVACY, "K", 0, "Refuse segments and leave out cells of fewer users (default 0)", 1},
    {0}};

static error_t parse(int key, char *arg, struct argp_state *state) {
  struct segment *s = state->input;
  uint64_t v;
  switch (key) {
    case OUTPUT:
      s->output = arg;
      return 0;
    case JSON:
      s->json = true;
      return 0;
    case FORMAT:
      if (strcmp(arg, "csv") != 0 && strcmp(arg, "lines") != 0)
        cli_usage(state, "--format: '%s' is none of csv, lines", arg);
      s->format = strcmp(arg, "csv") == 0 ? PT_IDS_CSV : PT_IDS_LINES;
      return 0;
    case TGI:
      if (!cli_number(arg, 1000000000, &s->tgi)) cli_usage(state, "--tgi: '%s' is no number of rows", arg);
      return 0;
    case PRIVACY:
      if (!cli_number(arg, 1000000000, &v)) cli_usage(state, "--privacy-k: '%s' is no number of users", arg);
      s->conf.privacy_k = (uint32_t)v;
      return 0;
    case ARGP_KEY_ARG:
      if (state->arg_num > 1) cli_usage(state, "segment: FILE and one EXPR in quotes");
      *(state->arg_num == 0 ? &s->conf.file : &s->conf.expression) = arg;
      return 0;
    case ARGP_KEY_INIT:
      state->child_inputs[0] = NULL;
      return 0;
    default:
      return ARGP_ERR_UNKNOWN;
  }
}

/* The labels that stand out: more often than in all, and not by chance. */
static bool stands_out(const struct pt_frame *f, uint64_t row) {
  double tgi = f->columns[8].v.f64[row], q = f->columns[10].v.f64[row];
  return tgi > 100 && q < 0.05;
}

static void number_text(const struct pt_frame_column *c, uint64_t row, char out[64]) {
  if (c->type == PT_FR_I64)
    snprintf(out, 64, "%lld", (long long)c->v.i64[row]);
  else if (isnan(c->v.f64[row]))
    snprintf(out, 64, "-");
  else
    snprintf(out, 64, "%.6g", c->v.f64[row]);
}

/* Bytes of logs go to a terminal here: nothing below a blank, nor DEL, may drive it. */
static void print_text(const char *text, int width) {
  int n = 0;
  for (; *text; text++) {
    putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
    n += ((unsigned char)*text & 0xC0) != 0x80;
  }
  for (; n < width; n++) putchar(' ');
}

static void print_summary(const struct pt_frame *f) {
  char segment[64], all[64];
  printf("%-24s %14s %14s\n", "", "segment", "all");
  for (uint32_t c = 1; c < f->n_columns; c++) {
    number_text(&f->columns[c], 0, segment);
    number_text(&f->columns[c], 1, all);
    printf("%-24s %14s %14s\n", f->columns[c].name, segment, all);
  }
}

static void print_tgi(const struct segment *s, const struct pt_frame *f) {
  uint64_t shown = 0;
  for (uint64_t row = 0; row < f->n_rows && (s->tgi == 0 || shown < s->tgi); row++) {
    if (s->tgi && !stands_out(f, row)) continue;
    if (shown++ == 0)
      printf("\n%-24s %-24s %10s %8s %8s %8s %8s\n", s->tgi ? "labels that stand out" : "labels", "", "users", "share",
             "of all", "tgi", "z");
    print_text(f->columns[0].v.text[row], 25);
    print_text(f->columns[1].v.text[row], 25);
    char z[64];
    number_text(&f->columns[9], row, z);
    printf("%10lld %7.1f%% %7.1f%% %8.0f %8.8s\n", (long long)f->columns[2].v.i64[row], 100 * f->columns[6].v.f64[row],
           100 * f->columns[7].v.f64[row], f->columns[8].v.f64[row], z);
  }
  if (shown == 0) printf("\nno label stands out\n");
}

static json_t *cell_json(const struct pt_frame_column *c, uint64_t row) {
  if (c->type == PT_FR_I64) return json_integer(c->v.i64[row]);
  if (c->type == PT_FR_F64) return isnan(c->v.f64[row]) ? json_null() : json_real(c->v.f64[row]);
  json_t *text = json_string(c->v.text[row]);
  return text ? text : json_string("(not UTF-8)");
}

static json_t *row_json(const struct pt_frame *f, uint64_t row, uint32_t from) {
  json_t *o = json_object();
  for (uint32_t c = from; c < f->n_columns; c++)
    json_object_set_new(o, f->columns[c].name, cell_json(&f->columns[c], row));
  return o;
}

static void print_json(const struct segment *s, const struct pt_frame *summary, const struct pt_frame *tgi) {
  json_t *root = json_object(), *rows = json_array();
  json_object_set_new(root, "expression", json_string(s->conf.expression));
  json_object_set_new(root, "users", json_integer(summary->columns[1].v.i64[0]));
  json_object_set_new(root, "share", cell_json(&summary->columns[2], 0));
  json_object_set_new(root, "segment", row_json(summary, 0, 1));
  json_object_set_new(root, "all", row_json(summary, 1, 1));
  for (uint64_t row = 0; row < tgi->n_rows && (s->tgi == 0 || json_array_size(rows) < s->tgi); row++)
    if (s->tgi == 0 || stands_out(tgi, row)) json_array_append_new(rows, row_json(tgi, row, 0));
  json_object_set_new(root, "tgi", rows);
  json_dumpf(root, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
  printf("\n");
  json_decref(root);
}

/* Collective. */
static int work(struct pt_comm *c, void *ctx, struct pt_err *err) {
  struct segment *s = ctx;
  struct pt_query *q;
  struct pt_frame summary = {0}, tgi = {0};
  int code = pt_query_open(&q, c, &s->conf, err);
  if (!code) code = pt_query_tables(q, &summary, &tgi, err);
  if (!code && s->output) code = pt_query_ids(q, s->output, s->format, err);
  if (!code && pt_comm_rank(c) == 0) {
    if (s->json) {
      print_json(s, &summary, &tgi);
    } else {
      print_summary(&summary);
      print_tgi(s, &tgi);
    }
    if (fflush(stdout)) code = pt_fail(err, "segment", PT_IO, 0, "cannot write to standard output");
  }
  pt_frame_free(&summary);
  pt_frame_free(&tgi);
  pt_query_close(q);
  return code;
}

int cli_segment(int argc, char **argv) {
  struct segment s = {.tgi = 20};
  struct argp_child children[] = {{&cli_common_argp, 0, 0, 90}, {0}};
  struct argp argp = {options,
                      parse,
                      "FILE EXPR",
                      "Figures of the users of a finished file for whom an expression over its columns holds, such as "
                      "'net_spend_90d > 500 and activity_level == \"high\"', and their ids on demand.",
                      children,
                      0,
                      0};
  cli_parse(&argp, argc, argv, &s);
  if (!s.conf.file || !s.conf.expression) cli_usage(NULL, "segment: FILE and EXPR");
  return cli_with_mpi(argc, argv, work, &s);
}

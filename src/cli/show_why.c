/* How a tag came about: what it means, its rule, and what the columns behind it say of this user. */
#include <portrait/nearest.h>
#include <stdio.h>
#include <string.h>

#include "cli/show.h"

static const char *known(void *ctx, uint32_t i) {
  const struct show *s = ctx;
  return i < pt_card_columns(s->k) ? pt_card_name(s->k, i) : NULL;
}

static int unknown(struct show *s, struct pt_err *err) {
  const char *near = pt_nearest(pt_slice_of(s->why), known, s);
  return pt_fail(err, "show", PT_USAGE, 0, "--why: the file has no column '%.64s'%s%s%s", s->why,
                 near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int print_read(const struct show *s, const char *name, struct pt_err *err) {
  struct pt_card_matrix m;
  struct pt_card_cell cell;
  int64_t at = pt_card_at(s->k, name);
  if (at >= 0) {
    PT_TRY(pt_card_cell(s->k, s->row, (uint32_t)at, &cell, err));
    show_name(s, name, 28);
    show_value(&cell);
    printf("\n");
    return 0;
  }
  PT_TRY(show_matrix(s, name, &m, err));
  if (m.name)
    show_entries(s, &m, 5);
  else
    show_name(s, name, 28), printf("not kept in this file\n");
  pt_card_matrix_free(&m);
  return 0;
}

static int print_reads(const struct show *s, const char *reads, struct pt_err *err) {
  show_heading(s, "what it saw");
  while (*reads) {
    char name[80];
    size_t n = strcspn(reads, " ");
    snprintf(name, sizeof name, "%.*s", (int)(n < 79 ? n : 79), reads);
    if (n) PT_TRY(print_read(s, name, err));
    reads += n + (reads[n] == ' ');
  }
  return 0;
}

/* The lines of the rule, each made harmless. */
static void print_rule(const struct show *s, const char *rule) {
  show_heading(s, "rule");
  while (*rule) {
    char line[1000];
    size_t n = strcspn(rule, "\n");
    snprintf(line, sizeof line, "%.*s", (int)(n < 999 ? n : 999), rule);
    printf("  ");
    show_text(line, 999, false);
    printf("\n");
    rule += n + (rule[n] == '\n');
  }
}

int show_why(struct show *s, struct pt_err *err) {
  struct pt_card_cell cell;
  int64_t at = pt_card_at(s->k, s->why);
  if (at < 0) return unknown(s, err);
  PT_TRY(pt_card_cell(s->k, s->row, (uint32_t)at, &cell, err));
  if (cell.tag) {
    PT_TRY(show_tag(s, (uint32_t)at, err));
  } else {
    show_name(s, cell.name, 28);
    show_value(&cell);
    printf("\n");
  }
  PT_TRY(pt_card_cell(s->k, s->row, (uint32_t)at, &cell, err));
  show_heading(s, "meaning");
  printf("  ");
  show_text(cell.description, 500, false);
  printf("\n");
  if (cell.rule) print_rule(s, cell.rule);
  return cell.reads ? print_reads(s, cell.reads, err) : 0;
}

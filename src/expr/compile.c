/* From a text to a checked program, and the picture of a mistake. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "expr_priv.h"

#define SHOWN_BEFORE 60 /* bytes of a long expression shown before and behind the mistake */
#define SHOWN_BEHIND 40

int pt_x_no_memory(struct pt_err *err) {
  return pt_fail(err, "expr", PT_MEMORY, 0, "no memory for an expression");
}

static bool continues(char c) {
  return ((unsigned char)c & 0xC0) == 0x80; /* a byte inside a UTF-8 character */
}

/* The part of the line around the mistake, and under it blanks up to the place: one a character. */
int pt_x_mistake(const char *text, uint32_t at, struct pt_err *err, const char *fmt, ...) {
  char message[200], line[SHOWN_BEFORE + SHOWN_BEHIND + 12], blanks[SHOWN_BEFORE + 12];
  va_list args;
  va_start(args, fmt);
  vsnprintf(message, sizeof message, fmt, args);
  va_end(args);
  size_t n = strlen(text), from = at > SHOWN_BEFORE ? at - SHOWN_BEFORE : 0;
  size_t to = n - at > SHOWN_BEHIND ? at + SHOWN_BEHIND : n;
  while (from < at && continues(text[from])) from++;
  while (to > at && to < n && continues(text[to])) to--;
  size_t k = 0, b = 0;
  if (from > 0) {
    k = (size_t)snprintf(line, sizeof line, "...");
    b = (size_t)snprintf(blanks, sizeof blanks, "   ");
  }
  for (size_t i = from; i < to; i++) {
    line[k++] = (unsigned char)text[i] < ' ' || text[i] == 127 ? ' ' : text[i];
    if (i < at && !continues(text[i])) blanks[b++] = ' ';
  }
  snprintf(line + k, sizeof line - k, "%s", to < n ? "..." : "");
  blanks[b] = 0;
  return pt_fail(err, "expr", PT_CONFIG, 0, "%s\n  %s\n  %s^", message, line, blanks);
}

static int compare_ints(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}

static int collect_reads(struct pt_expr *e, struct pt_err *err) {
  e->reads = malloc(e->n_nodes * sizeof *e->reads);
  if (!e->reads) return pt_x_no_memory(err);
  uint32_t n = 0;
  for (uint32_t i = 0; i < e->n_nodes; i++)
    if (e->nodes[i].op == PT_XO_OPERAND) e->reads[n++] = (int)e->nodes[i].arg;
  if (n) qsort(e->reads, n, sizeof *e->reads, compare_ints);
  for (uint32_t i = 0; i < n; i++)
    if (i == 0 || e->reads[i] != e->reads[e->n_reads - 1]) e->reads[e->n_reads++] = e->reads[i];
  return 0;
}

static int build(struct pt_expr *e, const struct pt_xnames *names, struct pt_err *err) {
  PT_TRY(pt_x_parse(e, names, err));
  PT_TRY(pt_x_check(e, names, err));
  PT_TRY(collect_reads(e, err));
  e->stack = calloc(e->depth, sizeof *e->stack);
  e->scratch = calloc(e->n_scratch + 1u, sizeof *e->scratch);
  return e->stack && e->scratch ? 0 : pt_x_no_memory(err);
}

int pt_expr_compile(struct pt_expr **out, const char *text, enum pt_xtype want, const struct pt_xnames *names,
                    struct pt_err *err) {
  *out = NULL;
  if (strlen(text) > PT_X_MAX_TEXT)
    return pt_fail(err, "expr", PT_CONFIG, 0, "an expression longer than %d bytes", PT_X_MAX_TEXT);
  struct pt_expr *e = calloc(1, sizeof *e);
  if (!e) return pt_x_no_memory(err);
  e->want = want;
  e->clock = names ? names->clock : NULL;
  e->text = strdup(text);
  int code = e->text ? build(e, names, err) : pt_x_no_memory(err);
  if (code) {
    pt_expr_free(e);
    return code;
  }
  *out = e;
  return 0;
}

void pt_expr_free(struct pt_expr *e) {
  if (!e) return;
  for (uint32_t i = 0; e->scratch && i < e->n_scratch; i++) pt_buf_free(&e->scratch[i]);
  free(e->scratch);
  free(e->stack);
  free(e->reads);
  free(e->constants);
  free(e->nodes);
  free(e->text);
  free(e);
}

const int *pt_expr_reads(const struct pt_expr *e, uint32_t *n) {
  *n = e->n_reads;
  return e->reads;
}

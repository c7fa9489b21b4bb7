/* The lines of a card that more than one view has: a tag, a matrix. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/show.h"

void show_name(const struct show *s, const char *name, unsigned width) {
  printf("  ");
  show_paint(s, SHOW_NAME);
  show_text(name, width, true);
  show_paint(s, SHOW_PLAIN);
  putchar(' ');
}

int show_matrix(const struct show *s, const char *name, struct pt_card_matrix *m, struct pt_err *err) {
  for (uint32_t i = 0; i < pt_card_matrices(s->k); i++) {
    PT_TRY(pt_card_matrix(s->k, s->row, i, m, err));
    if (strcmp(m->name, name) == 0) return 0;
    pt_card_matrix_free(m);
  }
  *m = (struct pt_card_matrix){0};
  return 0;
}

static int by_value(const void *a, const void *b) {
  const struct pt_card_entry *x = *(const struct pt_card_entry *const *)a, *y = *(const struct pt_card_entry *const *)b;
  return x->value < y->value ? 1 : x->value > y->value ? -1 : strcmp(x->name, y->name);
}

static void print_largest(const struct show *s, const struct pt_card_matrix *m, uint32_t most) {
  const struct pt_card_entry **order = malloc(((size_t)m->n + 1) * sizeof *order);
  if (!order) return;
  for (uint32_t i = 0; i < m->n; i++) order[i] = &m->v[i];
  qsort(order, m->n, sizeof *order, by_value);
  double top = m->n ? order[0]->value : 0;
  for (uint32_t i = 0; i < m->n && i < most; i++) {
    show_name(s, i ? "" : m->name, 20);
    show_text(order[i]->name, 28, true);
    putchar(' ');
    show_bar(s, top > 1 ? order[i]->value / top : order[i]->value);
    printf(" %.4g\n", order[i]->value);
  }
  free(order);
}

void show_entries(const struct show *s, const struct pt_card_matrix *m, uint32_t most) {
  bool any = false;
  for (uint32_t i = 0; i < m->n && !any; i++) any = m->v[i].value != 0;
  if (!any) return;
  if (m->sparse) {
    print_largest(s, m, most);
    return;
  }
  show_name(s, m->name, 20);
  show_spark(s, m->v, m->n);
  printf("\n");
}

int show_tag(const struct show *s, uint32_t i, struct pt_err *err) {
  struct pt_card_cell label, index, evidence;
  PT_TRY(pt_card_cell(s->k, s->row, i, &label, err));
  PT_TRY(pt_card_cell(s->k, s->row, i + 1, &index, err));
  PT_TRY(pt_card_cell(s->k, s->row, i + 2, &evidence, err));
  show_name(s, label.name, 22);
  show_paint(s, label.absent ? SHOW_DIM : SHOW_LABEL);
  show_text(label.absent ? "unknown" : label.text, 22, true);
  show_paint(s, SHOW_PLAIN);
  if (!index.absent) {
    putchar(' ');
    show_bar(s, strtod(index.text, NULL));
    printf(" %.2f", strtod(index.text, NULL));
  }
  if (!evidence.absent && strtod(evidence.text, NULL) > 0) {
    show_paint(s, SHOW_DIM);
    printf("  from ");
    show_number(evidence.text);
    show_paint(s, SHOW_PLAIN);
  }
  printf("\n");
  return 0;
}

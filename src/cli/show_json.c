/* The card for machines: every column by name, absent ones as null; matrices as lists, sparse ones as objects from the
 * names of their entries. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/show.h"

static json_t *text_json(const char *text) {
  char clean[1200];
  show_clean(text, clean, sizeof clean);
  return json_string(clean);
}

static json_t *cell_json(const struct pt_card_cell *cell) {
  if (cell->absent) return json_null();
  if (cell->flag) return json_boolean(strcmp(cell->text, "true") == 0);
  json_t *number = cell->number ? json_loads(cell->text, JSON_DECODE_ANY, NULL) : NULL;
  return number ? number : text_json(cell->text);
}

static json_t *matrix_json(const struct pt_card_matrix *m) {
  json_t *out = m->sparse ? json_object() : json_array();
  for (uint32_t i = 0; i < m->n; i++) {
    char name[300];
    show_clean(m->v[i].name, name, sizeof name);
    if (m->sparse)
      json_object_set_new(out, name, json_real(m->v[i].value));
    else
      json_array_append_new(out, json_real(m->v[i].value));
  }
  return out;
}

int show_json(struct show *s, struct pt_err *err) {
  json_t *root = json_object();
  json_object_set_new(root, "user_id", text_json(s->user));
  for (uint32_t i = 0; i < pt_card_columns(s->k) && !err->code; i++) {
    struct pt_card_cell cell;
    if (pt_card_cell(s->k, s->row, i, &cell, err) == 0) json_object_set_new(root, cell.name, cell_json(&cell));
  }
  for (uint32_t i = 0; i < pt_card_matrices(s->k) && !err->code; i++) {
    struct pt_card_matrix m;
    if (pt_card_matrix(s->k, s->row, i, &m, err)) break;
    json_object_set_new(root, m.name, matrix_json(&m));
    pt_card_matrix_free(&m);
  }
  if (!err->code) {
    json_dumpf(root, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
    printf("\n");
  }
  json_decref(root);
  return err->code;
}

/* The labels of all tags over all ranks: what /var lists and what the columns of /X are. Users are counted as integers
 * and the mean index is an exact sum divided once, so neither depends on the number of ranks. */
#include <math.h>
#include <portrait/dict.h>
#include <portrait/output.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"

static int no_memory(struct pt_err *err) {
  return pt_fail(err, "output", PT_MEMORY, 0, "no memory for the labels");
}

static int append(struct pt_label_list *l, uint32_t tag, const char *text, struct pt_err *err) {
  if (l->n % 256 == 0) {
    struct pt_label *v = realloc(l->v, (l->n + 256) * sizeof *v);
    if (!v) return no_memory(err);
    l->v = v;
  }
  l->v[l->n] = (struct pt_label){.tag = tag, .text = strdup(text), .mean_index = NAN};
  if (!l->v[l->n].text) return no_memory(err);
  l->n++;
  return 0;
}

/* Local: a closed vocabulary has all its labels in the catalogue's order. */
static int add_closed(struct pt_label_list *l, uint32_t tag, const struct pt_labels *labels, struct pt_err *err) {
  l->of_code[tag] = calloc(labels->n_names + 1, sizeof **l->of_code);
  if (!l->of_code[tag]) return no_memory(err);
  for (uint32_t i = 0; i < labels->n_names; i++) {
    l->of_code[tag][i] = (int32_t)l->n;
    PT_TRY(append(l, tag, labels->names[i], err));
  }
  return 0;
}

static int add_open(struct pt_label_list *l, uint32_t tag, const struct pt_vocab *v, struct pt_err *err) {
  l->of_code[tag] = calloc(v->n_local + 1, sizeof **l->of_code);
  if (!l->of_code[tag]) return no_memory(err);
  for (uint32_t i = 0; i < v->n_local; i++)
    l->of_code[tag][i] = v->of[i] == PT_NO_CODE ? -1 : (int32_t)(l->n + v->of[i]);
  for (uint32_t i = 0; i < v->n; i++) PT_TRY(append(l, tag, v->text[i], err));
  return 0;
}

struct sums {
  uint64_t *users, *known; /* by label: rows with it, rows with it and an index */
  struct pt_exact *index;
};

static void add_rows(struct pt_rows *rows, const struct pt_label_list *l, uint32_t tag, struct sums *s) {
  const struct pt_tag *t = &pt_rows_schema(rows)->tags[tag];
  for (uint32_t r = 0; r < pt_rows_ranges(rows); r++) {
    const int32_t *code = pt_rows_values(rows, r, t->label);
    const float *index = pt_rows_values(rows, r, t->index);
    for (uint32_t i = 0; i < pt_rows_in(rows, r); i++) {
      if (code[i] < 0) continue;
      int32_t at = l->of_code[tag][code[i]];
      s->users[at]++;
      if (isnan(index[i])) continue;
      s->known[at]++;
      pt_exact_add(&s->index[at], (double)index[i]);
    }
  }
}

/* Collective. */
static int count(struct pt_comm *c, struct pt_rows *rows, struct pt_label_list *l, struct pt_err *err) {
  size_t n = (size_t)l->n + 1;
  struct sums s = {calloc(n, sizeof *s.users), calloc(n, sizeof *s.known), calloc(n, sizeof *s.index)};
  if (!s.users || !s.known || !s.index) (void)no_memory(err);
  int code = pt_agree(c, err);
  if (!code) {
    for (uint32_t t = 0; t < pt_rows_schema(rows)->n_tags; t++) add_rows(rows, l, t, &s);
    pt_sum_u64(c, s.users, l->n);
    pt_sum_u64(c, s.known, l->n);
    pt_sum_exact(c, s.index, l->n);
    for (uint32_t i = 0; i < l->n; i++) {
      l->v[i].users = s.users[i];
      if (s.known[i]) l->v[i].mean_index = pt_exact_value(&s.index[i]) / (double)s.known[i];
    }
  }
  free(s.users);
  free(s.known);
  free(s.index);
  return code;
}

int pt_output_labels(struct pt_comm *c, struct pt_rows *rows, uint32_t max_labels, struct pt_label_list *out,
                     struct pt_err *err) {
  const struct pt_schema *s = pt_rows_schema(rows);
  *out = (struct pt_label_list){.of_code = calloc(s->n_tags + 1, sizeof *out->of_code)};
  if (!out->of_code) (void)no_memory(err);
  int code = pt_agree(c, err);
  for (uint32_t t = 0; !code && t < s->n_tags; t++) {
    const struct pt_labels *labels = &s->columns[s->tags[t].label].labels;
    if (labels->names) {
      (void)add_closed(out, t, labels, err);
    } else {
      struct pt_vocab v;
      code = pt_vocab_merge(c, rows, s->tags[t].label, max_labels, PT_TEXT_MAX, &v, err);
      if (!code) (void)add_open(out, t, &v, err);
      pt_vocab_free(&v);
    }
    if (!code) code = pt_agree(c, err);
  }
  if (!code) code = count(c, rows, out, err);
  if (code) pt_label_list_free(out, s->n_tags);
  return code;
}

void pt_label_list_free(struct pt_label_list *l, uint32_t n_tags) {
  for (uint32_t i = 0; i < l->n; i++) free(l->v[i].text);
  for (uint32_t t = 0; l->of_code && t < n_tags; t++) free(l->of_code[t]);
  free(l->v);
  free(l->of_code);
  *l = (struct pt_label_list){0};
}

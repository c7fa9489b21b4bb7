/* Which segments there are, in the order of the tables, and which of them a row is in. Memory: 600 bytes a segment. */
#include <portrait/cells.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "segments_priv.h"

static const struct pt_label_list *sort_labels; /* qsort has no context; one thread */

static int larger_first(const void *a, const void *b) {
  const struct pt_label *x = &sort_labels->v[*(const uint32_t *)a], *y = &sort_labels->v[*(const uint32_t *)b];
  if (x->users != y->users) return x->users > y->users ? -1 : 1;
  return strcmp(x->text, y->text);
}

static int by_number(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static void add_own(struct segments *s, const char *name) {
  struct segment *g = &s->v[s->n++];
  g->tag = -1;
  snprintf(g->name, sizeof g->name, "%s", name);
}

static void add(struct segments *s, uint32_t tag, const char *label) {
  struct segment *g = &s->v[s->n++];
  g->tag = (int32_t)tag;
  snprintf(g->label, sizeof g->label, "%s", label);
  snprintf(g->name, sizeof g->name, "%s=%.255s", s->schema->columns[s->schema->tags[tag].label].name, label);
}

/* One tag's labels as segments: of_label[label number] = segment. */
static int tag_segments(struct segments *s, const struct pt_label_list *l, uint32_t tag, int32_t *of_label,
                        struct pt_err *err) {
  uint32_t *mine = malloc(((size_t)l->n + 1) * sizeof *mine), n = 0;
  if (!mine) return pt_segments_no_memory(err);
  for (uint32_t i = 0; i < l->n; i++)
    if (l->v[i].tag == tag) mine[n++] = i;
  uint32_t kept = n;
  if (n > s->conf->max_labels) {
    sort_labels = l;
    qsort(mine, n, sizeof *mine, larger_first);
    kept = s->conf->max_labels;
    qsort(mine, kept, sizeof *mine, by_number);
  }
  int32_t other = -1;
  for (uint32_t i = 0; i < kept; i++) {
    if (strcmp(l->v[mine[i]].text, "other") == 0) other = (int32_t)s->n;
    of_label[mine[i]] = (int32_t)s->n;
    add(s, tag, l->v[mine[i]].text);
  }
  if (kept < n && other < 0) {
    other = (int32_t)s->n;
    add(s, tag, "other");
  }
  for (uint32_t i = kept; i < n; i++) of_label[mine[i]] = other;
  free(mine);
  return 0;
}

static uint32_t codes_of(const struct segments *s, uint32_t tag) {
  const struct pt_labels *l = &s->schema->columns[s->schema->tags[tag].label].labels;
  return l->names ? l->n_names : l->dict ? pt_dict_count(l->dict) : 0;
}

static int tags(struct segments *s, const struct pt_label_list *labels, struct pt_err *err) {
  int32_t *of_label = malloc(((size_t)labels->n + 1) * sizeof *of_label);
  int failed = of_label ? 0 : pt_segments_no_memory(err);
  for (uint32_t tag = 0; tag < s->n_tags && !failed; tag++) {
    failed = tag_segments(s, labels, tag, of_label, err);
    uint32_t codes = codes_of(s, tag);
    s->of_code[tag] = calloc((size_t)codes + 1, sizeof **s->of_code);
    if (!failed && !s->of_code[tag]) failed = pt_segments_no_memory(err);
    for (uint32_t code = 0; code < codes && !failed; code++) {
      int32_t label = labels->of_code[tag][code];
      s->of_code[tag][code] = label < 0 ? -1 : of_label[label];
    }
  }
  free(of_label);
  return failed;
}

int pt_segments_list(struct segments *s, struct pt_rows *rows, const struct pt_label_list *labels,
                     const struct pt_segments_conf *conf, struct pt_err *err) {
  *s = (struct segments){.rows = rows, .schema = pt_rows_schema(rows), .conf = conf};
  s->n_tags = s->schema->n_tags;
  s->first_month = pt_month_of(conf->first_day);
  s->n_months = (uint32_t)(pt_month_of(conf->last_day) - s->first_month + 1);
  s->n_days = (uint32_t)(conf->last_day - conf->first_day + 1);
  uint32_t n_own = s->schema->n_segments;
  s->v = calloc((size_t)labels->n + s->n_tags + n_own + 1, sizeof *s->v);
  s->of_code = calloc((size_t)s->n_tags + 1, sizeof *s->of_code);
  s->in = calloc((size_t)s->n_tags + n_own + 1, sizeof *s->in);
  s->users = calloc((size_t)labels->n + s->n_tags + n_own + 1, sizeof *s->users);
  if (!s->v || !s->of_code || !s->in || !s->users) return pt_segments_no_memory(err);
  add_own(s, "all");
  for (uint32_t i = 0; i < n_own; i++) add_own(s, pt_segment_name(s->schema, i));
  s->n_own = s->n;
  return tags(s, labels, err);
}

void pt_segments_free(struct segments *s) {
  for (uint32_t tag = 0; s->of_code && tag < s->n_tags; tag++) free(s->of_code[tag]);
  free(s->of_code);
  free(s->in);
  free(s->users);
  free(s->v);
}

const int32_t *pt_segments_labels(const struct segments *s, uint32_t tag, uint32_t range) {
  return pt_rows_values(s->rows, range, s->schema->tags[tag].label);
}

uint32_t pt_segments_own(const struct segments *s, uint32_t range, uint32_t row) {
  uint32_t n = 0;
  s->in[n++] = 0;
  for (uint32_t i = 0; i + 1 < s->n_own; i++)
    if (((const uint8_t *)pt_rows_values(s->rows, range, s->schema->segments[i]))[row]) s->in[n++] = i + 1;
  return n;
}

uint32_t pt_segments_of(const struct segments *s, uint32_t range, uint32_t row) {
  uint32_t n = pt_segments_own(s, range, row);
  for (uint32_t tag = 0; tag < s->n_tags; tag++) {
    int32_t g = pt_segment_of(s, tag, pt_segments_labels(s, tag, range)[row]);
    if (g >= 0) s->in[n++] = (uint32_t)g;
  }
  return n;
}

void pt_segments_each(const struct segments *s, row_fn *f, void *ctx) {
  for (uint32_t range = 0; range < pt_rows_ranges(s->rows); range++) {
    for (uint32_t row = 0; row < pt_rows_in(s->rows, range); row++)
      f(ctx, range, row, s->in, pt_segments_own(s, range, row));
    pt_rows_done(s->rows, range);
  }
}

void pt_segments_count(struct segments *s, struct pt_comm *c) {
  for (uint32_t range = 0; range < pt_rows_ranges(s->rows); range++)
    for (uint32_t row = 0; row < pt_rows_in(s->rows, range); row++) {
      uint32_t n = pt_segments_of(s, range, row);
      for (uint32_t i = 0; i < n; i++) s->users[s->in[i]]++;
    }
  pt_sum_u64(c, s->users, s->n);
}

bool pt_segments_month_over(const struct segments *s, int64_t month) {
  return pt_month_start(month + 1) - 1 <= s->conf->last_whole_day;
}

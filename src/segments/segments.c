#include "segments_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct pt_err *err) {
  return pt_fail(err, "segments", PT_MEMORY, 0, "out of memory");
}

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

static void add(struct segments *s, int32_t tag, const char *label) {
  struct segment *g = &s->v[s->n++];
  g->tag = tag;
  snprintf(g->label, sizeof g->label, "%s", label);
  const char *name = tag < 0 ? "all" : s->schema->columns[s->schema->tags[tag].label].name;
  snprintf(g->name, sizeof g->name, tag < 0 ? "%s" : "%s=%.255s", name, label);
}

/* One tag's labels as segments: of_label[label number] = segment. */
static int tag_segments(struct segments *s, const struct pt_label_list *l, uint32_t tag, uint32_t max_labels,
                        int32_t *of_label, struct pt_err *err) {
  uint32_t *mine = malloc(((size_t)l->n + 1) * sizeof *mine), n = 0;
  if (!mine) return no_memory(err);
  for (uint32_t i = 0; i < l->n; i++)
    if (l->v[i].tag == tag) mine[n++] = i;
  uint32_t kept = n;
  if (n > max_labels) {
    sort_labels = l;
    qsort(mine, n, sizeof *mine, larger_first);
    kept = max_labels;
    qsort(mine, kept, sizeof *mine, by_number);
  }
  int32_t other = -1;
  for (uint32_t i = 0; i < kept; i++) {
    if (strcmp(l->v[mine[i]].text, "other") == 0) other = (int32_t)s->n;
    of_label[mine[i]] = (int32_t)s->n;
    add(s, (int32_t)tag, l->v[mine[i]].text);
  }
  if (kept < n && other < 0) {
    other = (int32_t)s->n;
    add(s, (int32_t)tag, "other");
  }
  for (uint32_t i = kept; i < n; i++) of_label[mine[i]] = other;
  free(mine);
  return 0;
}

static uint32_t codes_of(const struct segments *s, uint32_t tag) {
  const struct pt_labels *l = &s->schema->columns[s->schema->tags[tag].label].labels;
  return l->names ? l->n_names : l->dict ? pt_dict_count(l->dict) : 0;
}

int pt_segments_list(struct segments *s, struct pt_rows *rows, const struct pt_label_list *labels, uint32_t max_labels,
                     struct pt_err *err) {
  *s = (struct segments){.rows = rows, .schema = pt_rows_schema(rows)};
  s->n_tags = s->schema->n_tags;
  s->v = calloc((size_t)labels->n + s->n_tags + 1, sizeof *s->v);
  s->of_code = calloc((size_t)s->n_tags + 1, sizeof *s->of_code);
  int32_t *of_label = malloc(((size_t)labels->n + 1) * sizeof *of_label);
  int failed = s->v && s->of_code && of_label ? 0 : no_memory(err);
  if (!failed) add(s, -1, "");
  for (uint32_t tag = 0; tag < s->n_tags && !failed; tag++) {
    failed = tag_segments(s, labels, tag, max_labels, of_label, err);
    uint32_t codes = codes_of(s, tag);
    s->of_code[tag] = calloc((size_t)codes + 1, sizeof **s->of_code);
    if (!failed && !s->of_code[tag]) failed = no_memory(err);
    for (uint32_t code = 0; code < codes && !failed; code++) {
      int32_t label = labels->of_code[tag][code];
      s->of_code[tag][code] = label < 0 ? -1 : of_label[label];
    }
  }
  free(of_label);
  return failed;
}

void pt_segments_free(struct segments *s) {
  for (uint32_t tag = 0; s->of_code && tag < s->n_tags; tag++) free(s->of_code[tag]);
  free(s->of_code);
  free(s->v);
}

const int32_t *pt_segments_labels(const struct segments *s, uint32_t tag, uint32_t range) {
  return pt_rows_values(s->rows, range, s->schema->tags[tag].label);
}

int pt_segments_name_columns(struct pt_frame *f, struct pt_err *err) {
  uint32_t at;
  PT_TRY(pt_frame_column(f, "segment", PT_FR_TEXT, "", "all, or tag=label", &at, err));
  PT_TRY(pt_frame_column(f, "tag", PT_FR_TEXT, "", "the tag, empty for all", &at, err));
  return pt_frame_column(f, "label", PT_FR_TEXT, "", "its label, empty for all", &at, err);
}

int pt_segments_name_row(const struct segments *s, struct pt_frame *f, uint64_t row, uint32_t segment,
                         struct pt_err *err) {
  const struct segment *g = &s->v[segment];
  const char *tag = g->tag < 0 ? "" : s->schema->columns[s->schema->tags[g->tag].label].name;
  PT_TRY(pt_frame_set_text(f, row, 0, g->name, strlen(g->name), err));
  PT_TRY(pt_frame_set_text(f, row, 1, tag, strlen(tag), err));
  return pt_frame_set_text(f, row, 2, g->label, strlen(g->label), err);
}

int pt_segments_run(struct pt_comm *c, struct pt_rows *rows, const struct pt_label_list *labels, uint32_t max_labels,
                    struct pt_frame frames[PT_SEGMENT_FRAMES], uint32_t *n, struct pt_err *err) {
  typedef int (*table)(struct pt_comm *, const struct segments *, struct pt_frame *, bool *, struct pt_err *);
  static const table tables[PT_SEGMENT_FRAMES] = {pt_segments_summary, pt_segments_tgi, pt_segments_hours};
  struct segments s;
  *n = 0;
  PT_LATER(pt_segments_list(&s, rows, labels, max_labels, err));
  int failed = pt_agree(c, err);
  for (uint32_t i = 0; i < PT_SEGMENT_FRAMES && !failed; i++) {
    bool made = false;
    frames[*n] = (struct pt_frame){0};
    failed = tables[i](c, &s, &frames[*n], &made, err);
    if (made) ++*n;
  }
  pt_segments_free(&s);
  return failed;
}

/* The rules that a job asks for and what they read, compiled until nothing new is needed; then their columns. */
#include <stdio.h>
#include <stdlib.h>

#include "tags_priv.h"

#define INTEREST "_interest"

static int list_kinds(struct pt_tags *t, struct pt_err *err) {
  t->kinds = calloc((size_t)t->n_columns + 1, sizeof *t->kinds);
  if (!t->kinds) return pt_tags_no_memory(err);
  for (uint32_t i = 0; i < t->n_columns; i++) {
    const struct pt_column *c = &t->schema->columns[i];
    size_t n = strlen(c->name), tail = sizeof INTEREST - 1;
    if (!c->sparse || n <= tail || strcmp(c->name + n - tail, INTEREST) != 0) continue;
    t->kinds[i] = strndup(c->name, n - tail);
    if (!t->kinds[i]) return pt_tags_no_memory(err);
  }
  return 0;
}

/* A rule that is compiled may need others, which stand before or behind it. */
static int compile_needed(struct pt_tags *t, struct pt_err *err) {
  for (uint32_t i = 0; i < t->n; i++) t->items[i]->needed = pt_tags_wanted(t->items[i], &t->conf->columns);
  for (bool more = true; more;) {
    more = false;
    for (uint32_t i = 0; i < t->n; i++) {
      if (!t->items[i]->needed || t->items[i]->compiled) continue;
      PT_TRY(pt_tags_compile(t, i, err));
      more = true;
    }
  }
  return 0;
}

static int add_tag(struct pt_tags *t, struct item *item, struct pt_err *err) {
  static const char *const levels[] = {"", "fact", "model", "prediction"};
  const struct pt_tag_rule *rule = item->tag;
  struct pt_column c = {.type = PT_C_LABEL,
                        .width = 1,
                        .where = pt_tags_wanted(item, &t->conf->columns) ? PT_IN_OBS : PT_HIDDEN,
                        .family = rule->family ? rule->family : "tags",
                        .level = levels[item->level],
                        .kind = item->is_static ? "static" : "dynamic",
                        .labels = {.names = item->labels, .n_names = item->n_labels, .ordered = rule->ordered}};
  struct pt_tag tag;
  PT_TRY(pt_tags_tell(t, item, err));
  c.rule = item->rule_text.p;
  c.reads = item->reads_text.p;
  snprintf(c.name, sizeof c.name, "%s", rule->name);
  snprintf(c.description, sizeof c.description, "%s", rule->description ? rule->description : "");
  if (!rule->description) snprintf(c.description, sizeof c.description, "The job file's tag %s", rule->name);
  PT_TRY(pt_schema_tag(t->schema, &c, &tag, err));
  item->column[PART_LABEL] = tag.label;
  item->column[PART_INDEX] = tag.index;
  item->column[PART_EVIDENCE] = tag.evidence;
  return 0;
}

/* The rank and what is ranked: two hidden columns. */
static int add_rank(struct pt_tags *t, struct item *item, uint32_t number, struct pt_err *err) {
  static const char *const parts[] = {"", "_of"};
  for (int i = 0; i < 2; i++) {
    struct pt_column c = {.type = PT_C_F64,
                          .width = 1,
                          .where = PT_HIDDEN,
                          .family = "tags",
                          .level = "model",
                          .kind = "dynamic",
                          .unit = "1"};
    snprintf(c.name, sizeof c.name, "_prank_%u%s", number, parts[i]);
    PT_TRY(pt_schema_add(t->schema, &c, &item->column[i], err));
  }
  return 0;
}

static int add_columns(struct pt_tags *t, struct pt_err *err) {
  for (uint32_t i = 0; i < t->n; i++) {
    struct item *item = t->items[i];
    const struct pt_segment_rule *s = item->segment;
    if (!item->needed) continue;
    if (item->kind == ITEM_TAG)
      PT_TRY(add_tag(t, item, err));
    else if (item->kind == ITEM_RANK)
      PT_TRY(add_rank(t, item, i, err));
    else
      PT_TRY(pt_schema_segment(t->schema, s->name, s->description ? s->description : s->when.text, item->column, err));
  }
  return 0;
}

static void set_batch(struct pt_tags *t) {
  t->batch = PT_X_ROWS;
  for (uint32_t i = 0; i < t->n_order; i++) {
    const struct item *item = t->items[t->order[i]];
    for (uint32_t k = 0; k < item->n_when + 2; k++) {
      const struct program *p = k < item->n_when ? &item->when[k] : k == item->n_when ? &item->index : &item->evidence;
      if (p->batch && pt_xbatch_rows(p->batch) < t->batch) t->batch = pt_xbatch_rows(p->batch);
    }
  }
}

int pt_tags_open(struct pt_tags **out, const struct pt_conf *conf, struct pt_schema *schema, struct pt_err *err) {
  struct pt_tags *t = *out = calloc(1, sizeof *t);
  if (!t) return pt_tags_no_memory(err);
  t->conf = conf;
  t->schema = schema;
  t->n_columns = schema->n;
  PT_TRY(list_kinds(t, err));
  PT_TRY(pt_tags_items(t, err));
  PT_TRY(compile_needed(t, err));
  PT_TRY(pt_tags_sort(t, err));
  PT_TRY(add_columns(t, err));
  set_batch(t);
  return 0;
}

void pt_tags_close(struct pt_tags *t) {
  if (!t) return;
  pt_tags_items_free(t);
  for (uint32_t i = 0; t->kinds && i < t->n_columns; i++) free(t->kinds[i]);
  for (uint32_t i = 0; i < t->n_interests; i++) free(t->interests[i].entry);
  free(t->kinds);
  free(t->interests);
  free(t->order);
  free(t);
}

const struct pt_tag_rule *pt_tags_rule(const struct pt_tags *t, const char *name) {
  for (uint32_t i = 0; i < t->n; i++)
    if (t->items[i]->kind == ITEM_TAG && strcmp(t->items[i]->tag->name, name) == 0) return t->items[i]->tag;
  return NULL;
}

/* marks[column], marks[n_columns + item] of all that an item reads. */
static void mark(const struct pt_tags *t, uint32_t at, bool *marks) {
  const struct item *item = t->items[at];
  if (marks[t->n_columns + at]) return;
  marks[t->n_columns + at] = true;
  for (uint32_t i = 0; i < item->n_reads; i++) {
    if (item->reads[i] >= ITEM_AT)
      mark(t, item->reads[i] - ITEM_AT, marks);
    else
      marks[item->reads[i]] = true;
  }
}

int pt_tags_needs(const struct pt_tags *t, const struct pt_names *globs, struct pt_names *out, struct pt_err *err) {
  const char *const *v = (const char *const *)globs->v;
  bool *marks = calloc((size_t)t->n_columns + t->n + 1, sizeof *marks);
  *out = (struct pt_names){.v = calloc((size_t)t->n_columns + 1, sizeof *out->v)};
  bool failed = !marks || !out->v;
  for (uint32_t i = 0; i < t->n && !failed; i++)
    if (t->items[i]->needed && pt_tags_wanted(t->items[i], globs)) mark(t, i, marks);
  for (uint32_t i = 0; i < t->n_columns && !failed; i++) {
    const struct pt_column *c = &t->schema->columns[i];
    if (!marks[i] || (c->where != PT_HIDDEN && pt_column_wanted(c, v, globs->n))) continue;
    out->v[out->n] = strdup(c->name);
    failed = !out->v[out->n++];
  }
  free(marks);
  return failed ? pt_tags_no_memory(err) : 0;
}

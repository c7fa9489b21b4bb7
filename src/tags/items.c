/* The rules of the job: the standard tags, each replaced by the job file's of the same name, then the job file's other
 * tags, then its segments. */
#include <stdio.h>
#include <stdlib.h>

#include "tags_priv.h"

int pt_tags_no_memory(struct pt_err *err) {
  return pt_fail(err, "tags", PT_MEMORY, 0, "out of memory for the rules");
}

void pt_tags_name(const struct item *item, char out[96]) {
  if (item->kind == ITEM_TAG)
    snprintf(out, 96, "tags.%s", item->tag->name);
  else if (item->kind == ITEM_SEGMENT)
    snprintf(out, 96, "segments.%s", item->segment->name);
  else
    snprintf(out, 96, "prank(%.64s)", item->argument);
}

const char *pt_tags_place(const struct item *item) {
  return item->kind == ITEM_TAG ? item->tag->place : item->kind == ITEM_SEGMENT ? item->segment->when.place : "";
}

bool pt_tags_wanted(const struct item *item, const struct pt_names *globs) {
  if (item->kind != ITEM_TAG) return item->kind == ITEM_SEGMENT;
  static const char *const parts[] = {"", "_index", "_evidence"};
  for (int i = 0; i < PARTS; i++) {
    struct pt_column c = {.family = item->tag->family ? item->tag->family : "tags"};
    snprintf(c.name, sizeof c.name, "%s%s", item->tag->name, parts[i]);
    if (pt_column_wanted(&c, (const char *const *)globs->v, globs->n)) return true;
  }
  return false;
}

int pt_tags_new_item(struct pt_tags *t, struct item **out, struct pt_err *err) {
  if (t->n == t->cap) {
    uint32_t cap = t->cap ? 2 * t->cap : 64;
    struct item **items = realloc(t->items, cap * sizeof *items);
    if (!items) return pt_tags_no_memory(err);
    t->items = items;
    t->cap = cap;
  }
  *out = calloc(1, sizeof **out);
  if (!*out) return pt_tags_no_memory(err);
  t->items[t->n++] = *out;
  return 0;
}

static int32_t label_of(struct item *item, const char *label) {
  for (uint32_t i = 0; i < item->n_labels; i++)
    if (strcmp(item->labels[i], label) == 0) return (int32_t)i;
  item->labels[item->n_labels] = label;
  return (int32_t)item->n_labels++;
}

static int add_tag(struct pt_tags *t, const struct pt_tag_rule *rule, bool standard, struct pt_err *err) {
  struct item *item;
  PT_TRY(pt_tags_new_item(t, &item, err));
  item->kind = ITEM_TAG;
  item->tag = rule;
  item->standard = standard;
  item->level = rule->level;
  item->n_when = rule->n_cases;
  item->labels = calloc((size_t)rule->labels.n + rule->n_cases + 1, sizeof *item->labels);
  item->codes = calloc((size_t)rule->n_cases + 1, sizeof *item->codes);
  if (!item->labels || !item->codes) return pt_tags_no_memory(err);
  for (uint32_t i = 0; i < rule->labels.n; i++) label_of(item, rule->labels.v[i]);
  for (uint32_t i = 0; i < rule->n_cases; i++) item->codes[i] = label_of(item, rule->cases[i].label);
  item->otherwise = rule->otherwise ? label_of(item, rule->otherwise) : -1;
  return 0;
}

static const struct pt_tag_rule *named(const struct pt_tag_rules *rules, const char *name) {
  for (uint32_t i = 0; i < rules->n; i++)
    if (strcmp(rules->v[i].name, name) == 0) return &rules->v[i];
  return NULL;
}

int pt_tags_items(struct pt_tags *t, struct pt_err *err) {
  const struct pt_conf *conf = t->conf;
  PT_TRY(pt_conf_standard(&t->standard, err));
  for (uint32_t i = 0; i < t->standard.n; i++) {
    const struct pt_tag_rule *own = named(&conf->tags, t->standard.v[i].name);
    PT_TRY(add_tag(t, own ? own : &t->standard.v[i], !own, err));
  }
  for (uint32_t i = 0; i < conf->tags.n; i++)
    if (!named(&t->standard, conf->tags.v[i].name)) PT_TRY(add_tag(t, &conf->tags.v[i], false, err));
  for (uint32_t i = 0; i < conf->segments.n; i++) {
    struct item *item;
    PT_TRY(pt_tags_new_item(t, &item, err));
    item->kind = ITEM_SEGMENT;
    item->segment = &conf->segments.v[i];
    item->n_when = 1;
    if (pt_schema_find(t->schema, item->segment->name) >= 0 || named(&conf->tags, item->segment->name) ||
        named(&t->standard, item->segment->name))
      return pt_fail(err, "tags", PT_CONFIG, 0, "%s: segments.%s: a column has this name", item->segment->when.place,
                     item->segment->name);
  }
  return 0;
}

static void program_free(struct program *p) {
  pt_xbatch_free(p->batch);
  pt_expr_free(p->e);
}

void pt_tags_items_free(struct pt_tags *t) {
  for (uint32_t i = 0; i < t->n; i++) {
    struct item *item = t->items[i];
    for (uint32_t k = 0; item->when && k < item->n_when; k++) program_free(&item->when[k]);
    program_free(&item->index);
    program_free(&item->evidence);
    free(item->when);
    free(item->labels);
    free(item->codes);
    free(item->reads);
    pt_buf_free(&item->rule_text);
    pt_buf_free(&item->reads_text);
    free(item->argument);
    free(item);
  }
  free(t->items);
  pt_tag_rules_free(&t->standard);
}

/* Names of expressions to columns, parts of other rules, interests and ranks; and the programs of one rule. */
#include <stdio.h>
#include <stdlib.h>

#include "tags_priv.h"

struct scope {
  struct pt_tags *t;
  struct item *item; /* whose expression it is */
};

static bool is_text(const char *text, struct pt_slice name) {
  return pt_slice_eq(pt_slice_of(text), name);
}

/* NAME, NAME_index or NAME_evidence of a tag. */
static int part_of(const struct item *item, struct pt_slice name) {
  static const char *const parts[PARTS] = {"", "_index", "_evidence"};
  const char *own = item->kind == ITEM_TAG ? item->tag->name : item->kind == ITEM_SEGMENT ? item->segment->name : NULL;
  size_t n = own ? strlen(own) : 0;
  if (!own || name.n < n || memcmp(own, name.p, n) != 0) return -1;
  struct pt_slice rest = {name.p + n, name.n - n};
  for (int p = 0; p < (item->kind == ITEM_TAG ? PARTS : 1); p++)
    if (is_text(parts[p], rest)) return p;
  return -1;
}

static bool readable(const struct pt_column *c) {
  return c->type != PT_C_BYTES && c->width == 1;
}

static enum pt_xtype type_of(const struct pt_column *c) {
  return c->type == PT_C_LABEL ? PT_X_TEXT : c->type == PT_C_BOOL ? PT_X_BOOL : PT_X_NUMBER;
}

static int find(void *ctx, struct pt_slice name, enum pt_xtype *type) {
  const struct pt_tags *t = ((const struct scope *)ctx)->t;
  for (uint32_t i = 0; i < t->n; i++) {
    const struct item *item = t->items[i];
    int part = item->absent ? -1 : part_of(item, name);
    if (part < 0) continue;
    *type = item->kind == ITEM_SEGMENT ? PT_X_BOOL : part == PART_LABEL ? PT_X_TEXT : PT_X_NUMBER;
    return (int)(ITEM_AT + i * PARTS + (uint32_t)part);
  }
  for (uint32_t i = 0; i < t->n_columns; i++) {
    if (!readable(&t->schema->columns[i]) || !is_text(t->schema->columns[i].name, name)) continue;
    *type = type_of(&t->schema->columns[i]);
    return (int)i;
  }
  return -1;
}

/* Rules first; what is not to be suggested stands as "" so that numbers stay dense. */
static const char *suggest(void *ctx, uint32_t i) {
  const struct pt_tags *t = ((const struct scope *)ctx)->t;
  if (i < t->n) {
    const struct item *item = t->items[i];
    if (item->absent || item->kind == ITEM_RANK) return "";
    return item->kind == ITEM_TAG ? item->tag->name : item->segment->name;
  }
  i -= t->n;
  if (i >= t->n_columns) return NULL;
  const struct pt_column *c = &t->schema->columns[i];
  return c->where == PT_HIDDEN || !readable(c) ? "" : c->name;
}

static unsigned traits(void *ctx, int operand) {
  const struct pt_tags *t = ((const struct scope *)ctx)->t;
  uint32_t at = (uint32_t)operand;
  if (at >= INTEREST_AT) return PT_X_FLOAT32;
  if (at >= ITEM_AT) {
    bool index = (at - ITEM_AT) % PARTS == PART_INDEX;
    return index && pt_tags_item(t, at)->kind == ITEM_TAG ? PT_X_FLOAT32 : 0;
  }
  const struct pt_column *c = &t->schema->columns[at];
  if (c->type == PT_C_F32) return PT_X_FLOAT32;
  return strncmp(c->unit, "ms since", 8) == 0 ? PT_X_TIME : 0;
}

static const char *label(void *ctx, int operand, uint32_t i) {
  const struct pt_tags *t = ((const struct scope *)ctx)->t;
  uint32_t at = (uint32_t)operand;
  if (at >= INTEREST_AT) return NULL;
  if (at >= ITEM_AT) {
    const struct item *item = pt_tags_item(t, at);
    bool has = item->kind == ITEM_TAG && (at - ITEM_AT) % PARTS == PART_LABEL && i < item->n_labels;
    return has ? item->labels[i] : NULL;
  }
  const struct pt_labels *l = &t->schema->columns[at].labels;
  return l->names && i < l->n_names ? l->names[i] : NULL;
}

static const char *kind(void *ctx, uint32_t i) {
  const struct pt_tags *t = ((const struct scope *)ctx)->t;
  if (i >= t->n_columns) return NULL;
  return t->kinds[i] ? t->kinds[i] : "";
}

static int interest(void *ctx, struct pt_slice which, struct pt_slice entry) {
  struct pt_tags *t = ((const struct scope *)ctx)->t;
  uint32_t column = 0;
  while (column < t->n_columns && !(t->kinds[column] && is_text(t->kinds[column], which))) column++;
  if (column == t->n_columns) return -1;
  for (uint32_t i = 0; i < t->n_interests; i++)
    if (t->interests[i].column == column && is_text(t->interests[i].entry, entry)) return (int)(INTEREST_AT + i);
  struct interest *v = realloc(t->interests, (t->n_interests + 1) * sizeof *v);
  if (!v) return -1;
  t->interests = v;
  char *text = strndup(entry.p, entry.n);
  if (!text) return -1;
  v[t->n_interests] = (struct interest){.column = column, .entry = text};
  return (int)(INTEREST_AT + t->n_interests++);
}

static int compile_item(struct pt_tags *t, struct item *item, struct pt_err *err);

/* The same argument is ranked once. */
static int rank(void *ctx, struct pt_slice argument, struct pt_err *err) {
  const struct scope *s = ctx;
  struct pt_tags *t = s->t;
  if (s->item->kind == ITEM_RANK) return -pt_fail(err, "expr", PT_CONFIG, 0, "prank() inside prank()");
  for (uint32_t i = 0; i < t->n; i++)
    if (t->items[i]->kind == ITEM_RANK && is_text(t->items[i]->argument, argument)) return (int)(ITEM_AT + i * PARTS);
  struct item *item;
  uint32_t at = t->n;
  if (pt_tags_new_item(t, &item, err)) return -1;
  item->kind = ITEM_RANK;
  item->n_when = 1;
  item->argument = strndup(argument.p, argument.n);
  if (!item->argument) return -pt_tags_no_memory(err);
  return compile_item(t, item, err) ? -1 : (int)(ITEM_AT + at * PARTS);
}

static bool reads(const struct item *item, uint32_t what) {
  for (uint32_t i = 0; i < item->n_reads; i++)
    if (item->reads[i] == what) return true;
  return false;
}

/* Keeps what a program reads: columns, and items by ITEM_AT + their number. */
static int note_reads(struct pt_tags *t, struct item *item, const struct pt_expr *e, struct pt_err *err) {
  uint32_t n;
  const int *operands = pt_expr_reads(e, &n);
  uint32_t *v = realloc(item->reads, (item->n_reads + n + 1) * sizeof *v);
  if (!v) return pt_tags_no_memory(err);
  item->reads = v;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t at = (uint32_t)operands[i];
    if (at >= INTEREST_AT)
      at = t->interests[at - INTEREST_AT].column;
    else if (at >= ITEM_AT)
      at = ITEM_AT + (at - ITEM_AT) / PARTS;
    if (!reads(item, at)) v[item->n_reads++] = at;
    if (at >= ITEM_AT) t->items[at - ITEM_AT]->needed = true;
  }
  return 0;
}

static int compile(struct pt_tags *t, struct item *item, const struct pt_rule *rule, enum pt_xtype want,
                   struct program *out, struct pt_err *err) {
  struct scope scope = {t, item};
  struct pt_xnames names = {.ctx = &scope,
                            .find = find,
                            .suggest = suggest,
                            .traits = traits,
                            .label = label,
                            .clock = &t->clock,
                            .interest = interest,
                            .kinds = kind,
                            .rank = rank};
  struct pt_err why = {0};
  int code = pt_expr_compile(&out->e, rule->text, want, &names, &why);
  if (!code) code = pt_xbatch_open(&out->batch, out->e, &why);
  if (!code) code = note_reads(t, item, out->e, &why);
  if (!code) return 0;
  char name[96];
  pt_tags_name(item, name);
  if (!rule->place) return pt_fail(err, "tags", (enum pt_code)why.code, 0, "%s", why.text); /* said by who asked */
  return pt_fail(err, "tags", (enum pt_code)why.code, 0, "%s: %s: %s", rule->place, name, why.text);
}

static int compile_item(struct pt_tags *t, struct item *item, struct pt_err *err) {
  item->compiled = item->needed = true;
  item->when = calloc((size_t)item->n_when + 1, sizeof *item->when);
  if (!item->when) return pt_tags_no_memory(err);
  if (item->kind == ITEM_RANK)
    return compile(t, item, &(struct pt_rule){.text = item->argument}, PT_X_NUMBER, item->when, err);
  if (item->kind == ITEM_SEGMENT) return compile(t, item, &item->segment->when, PT_X_BOOL, item->when, err);
  const struct pt_tag_rule *tag = item->tag;
  for (uint32_t i = 0; i < tag->n_cases; i++)
    PT_TRY(compile(t, item, &tag->cases[i].when, PT_X_BOOL, &item->when[i], err));
  if (tag->index.text) PT_TRY(compile(t, item, &tag->index, PT_X_NUMBER, &item->index, err));
  if (tag->evidence.text) PT_TRY(compile(t, item, &tag->evidence, PT_X_NUMBER, &item->evidence, err));
  return 0;
}

/* A standard tag that nobody reads may be without its columns: then it is absent. */
int pt_tags_compile(struct pt_tags *t, uint32_t at, struct pt_err *err) {
  struct item *item = t->items[at];
  struct pt_err why = {0};
  if (compile_item(t, item, &why) == 0) return 0;
  bool read = false;
  for (uint32_t i = 0; i < t->n; i++) read = read || (i != at && reads(t->items[i], ITEM_AT + at));
  if (item->standard && why.code == PT_CONFIG && !read) {
    item->absent = true;
    item->needed = false;
    return 0;
  }
  return pt_fail(err, "tags", (enum pt_code)why.code, 0, "%s", why.text);
}

/* Rules in an order in which each stands behind what it reads; circles and levels. The walk goes as deep as rules read
 * each other: their number is bounded by the job file. */
#include <stdio.h>
#include <stdlib.h>

#include "tags_priv.h"

enum { FRESH, OPEN, DONE };

static const char *level_name(enum pt_tag_level level) {
  static const char *const names[] = {"", "fact", "model", "prediction"};
  return names[level];
}

static enum pt_tag_level level_of_column(const struct pt_column *c) {
  if (strcmp(c->level, "prediction") == 0) return PT_TAG_PREDICTION;
  return strcmp(c->level, "model") == 0 ? PT_TAG_MODEL : PT_TAG_FACT;
}

static bool is_tag_column(const struct pt_schema *s, uint32_t column) {
  for (uint32_t i = 0; i < s->n_tags; i++)
    if (s->tags[i].label == column || s->tags[i].index == column || s->tags[i].evidence == column) return true;
  return false;
}

static int refuse(const struct item *item, const char *read, const char *why, struct pt_err *err) {
  char name[96];
  pt_tags_name(item, name);
  return pt_fail(err, "tags", PT_CONFIG, 0, "%s: %s is of level %s: it may not read %s%s", pt_tags_place(item), name,
                 level_name(item->level), read, why);
}

/* What a rank is of is read by whoever asks for the rank. `tag` = the tag among what `item` reads, NULL where none. */
static enum pt_tag_level level_read(const struct pt_tags *t, const struct item *item, char tag[96], char highest[96]) {
  enum pt_tag_level level = PT_TAG_FACT;
  tag[0] = highest[0] = 0;
  for (uint32_t i = 0; i < item->n_reads; i++) {
    uint32_t at = item->reads[i];
    enum pt_tag_level one;
    char name[96], below[96] = "";
    if (at < ITEM_AT) {
      const struct pt_column *c = &t->schema->columns[at];
      snprintf(name, sizeof name, "%s", c->name);
      one = level_of_column(c);
      if (is_tag_column(t->schema, at)) snprintf(below, sizeof below, "%s", name);
    } else {
      const struct item *other = t->items[at - ITEM_AT];
      pt_tags_name(other, name);
      char ignored[96];
      one = other->kind == ITEM_RANK ? level_read(t, other, below, ignored) : other->level;
      if (other->kind == ITEM_TAG) snprintf(below, sizeof below, "%s", name);
    }
    if (below[0]) memcpy(tag, below, sizeof below);
    if (one <= level) continue;
    level = one;
    memcpy(highest, name, sizeof name);
  }
  return level;
}

static int set_level(const struct pt_tags *t, struct item *item, struct pt_err *err) {
  char tag[96], highest[96];
  enum pt_tag_level read = level_read(t, item, tag, highest);
  if (item->kind == ITEM_TAG && item->level) {
    if (item->level == PT_TAG_FACT && tag[0]) return refuse(item, tag, ": a fact reads no tag", err);
    if (read > item->level) return refuse(item, highest, ", which is of a higher one", err);
    return 0;
  }
  item->level = read > PT_TAG_MODEL ? read : PT_TAG_MODEL;
  return 0;
}

/* The open items from `item` on back to it: the way that the walk has come. */
static int refuse_circle(const struct pt_tags *t, const uint32_t *path, uint32_t n, uint32_t item, struct pt_err *err) {
  char text[320] = "", name[96];
  uint32_t from = n;
  while (from && path[from - 1] != item) from--;
  for (uint32_t i = from ? from - 1 : 0; i <= n; i++) {
    size_t used = strlen(text);
    pt_tags_name(t->items[i < n ? path[i] : item], name);
    snprintf(text + used, sizeof text - used, "%s%s", used ? " -> " : "", name);
  }
  return pt_fail(err, "tags", PT_CONFIG, 0, "%s: rules that read each other in a circle: %s",
                 pt_tags_place(t->items[item]), text);
}

static bool is_static(const struct pt_tags *t, const struct item *item) {
  for (uint32_t i = 0; i < item->n_reads; i++) {
    uint32_t at = item->reads[i];
    if (at >= ITEM_AT ? !t->items[at - ITEM_AT]->is_static : strcmp(t->schema->columns[at].kind, "static") != 0)
      return false;
  }
  return item->n_reads > 0;
}

struct walk {
  struct pt_tags *t;
  uint32_t *path, n;
};

static int visit(struct walk *w, uint32_t at, struct pt_err *err) {
  struct pt_tags *t = w->t;
  struct item *item = t->items[at];
  if (item->state == DONE) return 0;
  if (item->state == OPEN) return refuse_circle(t, w->path, w->n, at, err);
  item->state = OPEN;
  w->path[w->n++] = at;
  for (uint32_t i = 0; i < item->n_reads; i++) {
    if (item->reads[i] < ITEM_AT) continue;
    uint32_t other = item->reads[i] - ITEM_AT;
    PT_TRY(visit(w, other, err));
    uint32_t pass = t->items[other]->pass + (t->items[other]->kind == ITEM_RANK);
    if (pass > item->pass) item->pass = pass;
  }
  w->n--;
  item->state = DONE;
  item->is_static = is_static(t, item);
  t->order[t->n_order++] = at;
  if (item->pass >= t->passes) t->passes = item->pass + 1;
  return set_level(t, item, err);
}

int pt_tags_sort(struct pt_tags *t, struct pt_err *err) {
  t->order = calloc((size_t)t->n + 1, sizeof *t->order);
  struct walk w = {.t = t, .path = calloc((size_t)t->n + 1, sizeof *w.path)};
  int failed = 0;
  if (!t->order || !w.path) {
    free(w.path);
    return pt_tags_no_memory(err);
  }
  for (uint32_t i = 0; i < t->n && !failed; i++)
    if (t->items[i]->needed) failed = visit(&w, i, err);
  free(w.path);
  return failed;
}

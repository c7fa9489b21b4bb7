/* Segments and tags of the job file: names of the user's own, with expressions. Only their shape is checked here; the
 * expressions are compiled in the plan, where the columns are known. Texts keep their place for messages. */
#include <stdio.h>
#include <stdlib.h>

#include "conf_priv.h"

#define MAX_RULES  1000
#define MAX_CASES  1000
#define NAME_BYTES 55 /* with `_segment_` before it or `_evidence` behind it a column name of 64 */
#define MAX_LABEL  255

static int check_name(const struct pt_reading *r, const char *section, uint32_t node) {
  const char *name = pt_yaml_text(r->doc, node), *p = name;
  bool good = *p >= 'a' && *p <= 'z' && strlen(name) <= NAME_BYTES;
  for (; *p && good; p++) good = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_';
  if (strcmp(name, "all") == 0) return pt_yaml_fail(r->doc, node, r->err, "%s: 'all' is every user", section);
  if (good) return 0;
  return pt_yaml_fail(r->doc, node, r->err, "%s: '%.64s' is no name ([a-z][a-z0-9_]*, up to %d bytes)", section, name,
                      NAME_BYTES);
}

static int copy_text(const struct pt_reading *r, const char *key, uint32_t node, char **out) {
  const char *text = pt_read_scalar(r, key, node);
  if (!text) return r->err->code;
  *out = strdup(text);
  return *out ? 0 : pt_conf_no_memory(r->err);
}

static int copy_place(const struct pt_reading *r, uint32_t node, char **out) {
  const struct pt_ynode *n = &r->doc->nodes[node];
  const char *name = r->doc->name;
  size_t bytes = strlen(name);
  if (bytes > 80) name += bytes - 80; /* the end of a long path tells more */
  if (asprintf(out, "%s:%u:%u", name, n->line, n->col) >= 0) return 0;
  *out = NULL;
  return pt_conf_no_memory(r->err);
}

static int copy_rule(const struct pt_reading *r, const char *key, uint32_t node, struct pt_rule *out) {
  PT_TRY(copy_text(r, key, node, &out->text));
  return copy_place(r, node, &out->place);
}

static int item_label(const struct pt_reading *r, const struct pt_key *key, uint32_t node, char *text) {
  (void)key;
  size_t n = strlen(text);
  return n >= 1 && n <= MAX_LABEL ? 0 : pt_yaml_fail(r->doc, node, r->err, "a label has 1 to %d bytes", MAX_LABEL);
}

static int copy_label(const struct pt_reading *r, const char *key, uint32_t node, char **out) {
  PT_TRY(copy_text(r, key, node, out));
  return item_label(r, NULL, node, *out);
}

static void rule_free(struct pt_rule *rule) {
  free(rule->text);
  free(rule->place);
}

static void segment_free(struct pt_segment_rule *s) {
  free(s->name);
  rule_free(&s->when);
  free(s->description);
}

void pt_segment_rules_free(struct pt_segment_rules *s) {
  for (uint32_t i = 0; i < s->n; i++) segment_free(&s->v[i]);
  free(s->v);
  *s = (struct pt_segment_rules){0};
}

static void tag_free(struct pt_tag_rule *t) {
  for (uint32_t i = 0; i < t->n_cases; i++) {
    rule_free(&t->cases[i].when);
    free(t->cases[i].label);
  }
  free(t->cases);
  free(t->name);
  free(t->place);
  free(t->otherwise);
  rule_free(&t->index);
  rule_free(&t->evidence);
  free(t->description);
  free(t->family);
  pt_names_free(&t->labels);
}

void pt_tag_rules_free(struct pt_tag_rules *t) {
  for (uint32_t i = 0; i < t->n; i++) tag_free(&t->v[i]);
  free(t->v);
  *t = (struct pt_tag_rules){0};
}

static int read_segment(const struct pt_reading *r, uint32_t node, struct pt_segment_rule *out) {
  const struct pt_ynode *nodes = r->doc->nodes;
  uint32_t value = nodes[node].next;
  if (nodes[value].kind != PT_Y_MAP) return copy_rule(r, "a segment", value, &out->when);
  for (uint32_t k = nodes[value].child; k; k = nodes[nodes[k].next].next) {
    const char *name = pt_yaml_text(r->doc, k);
    if (strcmp(name, "when") == 0)
      PT_TRY(copy_rule(r, "when", nodes[k].next, &out->when));
    else if (strcmp(name, "description") == 0)
      PT_TRY(copy_text(r, "description", nodes[k].next, &out->description));
    else
      return pt_yaml_fail(r->doc, k, r->err, "segments.%s: unknown key '%.64s' (there are when and description)",
                          out->name, name);
  }
  if (out->when.text) return 0;
  return pt_yaml_fail(r->doc, value, r->err, "segments.%s: 'when' is missing", out->name);
}

int pt_read_segment(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  (void)key;
  struct pt_segment_rules *s = at;
  PT_TRY(check_name(r, "segments", node));
  if (s->n == MAX_RULES) return pt_yaml_fail(r->doc, node, r->err, "more than %d segments", MAX_RULES);
  struct pt_segment_rule *v = realloc(s->v, (s->n + 1) * sizeof *v);
  if (!v) return pt_conf_no_memory(r->err);
  s->v = v;
  v[s->n] = (struct pt_segment_rule){.name = strdup(pt_yaml_text(r->doc, node))};
  return v[s->n++].name ? read_segment(r, node, &v[s->n - 1]) : pt_conf_no_memory(r->err);
}

static int read_case(const struct pt_reading *r, uint32_t node, struct pt_case *out) {
  const struct pt_ynode *nodes = r->doc->nodes;
  if (nodes[node].kind != PT_Y_MAP)
    return pt_yaml_fail(r->doc, node, r->err, "a case is a map such as {when: orders_all == 0, label: prospect}");
  for (uint32_t k = nodes[node].child; k; k = nodes[nodes[k].next].next) {
    const char *name = pt_yaml_text(r->doc, k);
    if (strcmp(name, "when") == 0)
      PT_TRY(copy_rule(r, "when", nodes[k].next, &out->when));
    else if (strcmp(name, "label") == 0)
      PT_TRY(copy_label(r, "label", nodes[k].next, &out->label));
    else
      return pt_yaml_fail(r->doc, k, r->err, "unknown key '%.64s' (a case has when and label)", name);
  }
  if (out->when.text && out->label) return 0;
  return pt_yaml_fail(r->doc, node, r->err, "a case without '%s'", out->label ? "when" : "label");
}

static int read_cases(const struct pt_reading *r, uint32_t node, struct pt_tag_rule *out) {
  const struct pt_ynode *nodes = r->doc->nodes;
  uint32_t n = 0;
  for (uint32_t k = nodes[node].child; k && nodes[node].kind == PT_Y_LIST; k = nodes[k].next) n++;
  if (n < 1 || n > MAX_CASES)
    return pt_yaml_fail(r->doc, node, r->err, "cases is a list of 1 to %d maps of when and label", MAX_CASES);
  out->cases = calloc(n, sizeof *out->cases);
  if (!out->cases) return pt_conf_no_memory(r->err);
  out->n_cases = n;
  n = 0;
  for (uint32_t k = nodes[node].child; k; k = nodes[k].next) PT_TRY(read_case(r, k, &out->cases[n++]));
  return 0;
}

static int read_level(const struct pt_reading *r, uint32_t node, enum pt_tag_level *out) {
  static const char *const levels[] = {"", "fact", "model", "prediction", NULL};
  const char *text = pt_read_scalar(r, "level", node);
  if (!text) return r->err->code;
  for (int i = 1; levels[i]; i++)
    if (strcmp(text, levels[i]) == 0) {
      *out = (enum pt_tag_level)i;
      return 0;
    }
  return pt_yaml_fail(r->doc, node, r->err, "level is fact, model or prediction, not '%.64s'", text);
}

static int read_labels(const struct pt_reading *r, uint32_t node, struct pt_names *out) {
  static const struct pt_key list = {.info = {.name = "labels"}, .low = 1, .high = MAX_CASES + 1, .item = item_label};
  return pt_read_names(r, &list, node, out);
}

static int read_ordered(const struct pt_reading *r, uint32_t node, bool *out) {
  static const struct pt_key flag = {.info = {.name = "ordered"}};
  return pt_read_bool(r, &flag, node, out);
}

static int read_tag_key(const struct pt_reading *r, uint32_t k, struct pt_tag_rule *out) {
  const char *name = pt_yaml_text(r->doc, k);
  uint32_t value = r->doc->nodes[k].next;
  if (strcmp(name, "cases") == 0) return read_cases(r, value, out);
  if (strcmp(name, "default") == 0) return copy_label(r, "default", value, &out->otherwise);
  if (strcmp(name, "index") == 0) return copy_rule(r, "index", value, &out->index);
  if (strcmp(name, "evidence") == 0) return copy_rule(r, "evidence", value, &out->evidence);
  if (strcmp(name, "description") == 0) return copy_text(r, "description", value, &out->description);
  if (strcmp(name, "family") == 0) {
    PT_TRY(check_name(r, "family", value));
    return copy_text(r, "family", value, &out->family);
  }
  if (strcmp(name, "level") == 0) return read_level(r, value, &out->level);
  if (strcmp(name, "labels") == 0) return read_labels(r, value, &out->labels);
  if (strcmp(name, "ordered") == 0) return read_ordered(r, value, &out->ordered);
  return pt_yaml_fail(r->doc, k, r->err,
                      "tags.%s: unknown key '%.64s' (there are cases, default, index, evidence, level, labels, "
                      "ordered, family, description)",
                      out->name, name);
}

static bool listed(const struct pt_names *names, const char *text) {
  for (uint32_t i = 0; i < names->n; i++)
    if (strcmp(names->v[i], text) == 0) return true;
  return false;
}

/* Where the labels are listed, the list holds all of them. */
static int check_labels(const struct pt_reading *r, uint32_t node, const struct pt_tag_rule *t) {
  if (t->labels.n == 0) return 0;
  for (uint32_t i = 0; i <= t->n_cases; i++) {
    const char *label = i < t->n_cases ? t->cases[i].label : t->otherwise;
    if (label && !listed(&t->labels, label))
      return pt_yaml_fail(r->doc, node, r->err, "tags.%s: labels lacks '%.64s'", t->name, label);
  }
  return 0;
}

static int read_tag(const struct pt_reading *r, uint32_t node, struct pt_tag_rule *out) {
  const struct pt_ynode *nodes = r->doc->nodes;
  uint32_t value = nodes[node].next;
  if (nodes[value].kind != PT_Y_MAP)
    return pt_yaml_fail(r->doc, value, r->err, "tags.%s is a tag: a map with cases, each with when and label",
                        out->name);
  PT_TRY(copy_place(r, node, &out->place));
  for (uint32_t k = nodes[value].child; k; k = nodes[nodes[k].next].next) PT_TRY(read_tag_key(r, k, out));
  if (!out->cases) return pt_yaml_fail(r->doc, value, r->err, "tags.%s: 'cases' is missing", out->name);
  return check_labels(r, value, out);
}

int pt_read_tag(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  (void)key;
  struct pt_tag_rules *t = at;
  PT_TRY(check_name(r, "tags", node));
  if (t->n == MAX_RULES) return pt_yaml_fail(r->doc, node, r->err, "more than %d tags", MAX_RULES);
  struct pt_tag_rule *v = realloc(t->v, (t->n + 1) * sizeof *v);
  if (!v) return pt_conf_no_memory(r->err);
  t->v = v;
  v[t->n] = (struct pt_tag_rule){.name = strdup(pt_yaml_text(r->doc, node))};
  return v[t->n++].name ? read_tag(r, node, &v[t->n - 1]) : pt_conf_no_memory(r->err);
}

static bool has_tag(const struct pt_conf *c, const char *name) {
  for (uint32_t i = 0; i < c->tags.n; i++)
    if (strcmp(c->tags.v[i].name, name) == 0) return true;
  return false;
}

static bool has_segment(const struct pt_conf *c, const char *name) {
  for (uint32_t i = 0; i < c->segments.n; i++)
    if (strcmp(c->segments.v[i].name, name) == 0) return true;
  return false;
}

int pt_conf_adopt(struct pt_conf *c, struct pt_conf *from, struct pt_err *err) {
  struct pt_tag_rule *tags = realloc(c->tags.v, (c->tags.n + from->tags.n + 1) * sizeof *tags);
  if (tags) c->tags.v = tags;
  struct pt_segment_rule *segments = realloc(c->segments.v, (c->segments.n + from->segments.n + 1) * sizeof *segments);
  if (segments) c->segments.v = segments;
  if (!tags || !segments) return pt_conf_no_memory(err);
  for (uint32_t i = 0; i < from->tags.n; i++) {
    if (has_tag(c, from->tags.v[i].name)) continue;
    tags[c->tags.n++] = from->tags.v[i];
    from->tags.v[i] = (struct pt_tag_rule){0};
  }
  for (uint32_t i = 0; i < from->segments.n; i++) {
    if (has_segment(c, from->segments.v[i].name)) continue;
    segments[c->segments.n++] = from->segments.v[i];
    from->segments.v[i] = (struct pt_segment_rule){0};
  }
  return 0;
}

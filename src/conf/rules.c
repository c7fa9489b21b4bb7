/* Segments and tags of the job file: names of the user's own, with expressions. Only their shape is checked here; the
 * expressions are compiled in the plan, where the columns are known. Texts keep their place for messages. */
#include <stdio.h>
#include <stdlib.h>

#include "conf_priv.h"

#define MAX_RULES  10000
#define NAME_BYTES 55 /* with `_segment_` before it or `_evidence` behind it a column name of 64 */

static int check_name(const struct pt_reading *r, const struct pt_key *key, uint32_t node) {
  const char *name = pt_yaml_text(r->doc, node), *p = name;
  bool good = *p >= 'a' && *p <= 'z' && strlen(name) <= NAME_BYTES;
  for (; *p && good; p++) good = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_';
  if (strcmp(name, "all") == 0) return pt_yaml_fail(r->doc, node, r->err, "%s: 'all' is every user", key->info.name);
  if (good) return 0;
  return pt_yaml_fail(r->doc, node, r->err, "%s: '%.64s' is no name ([a-z][a-z0-9_]*, up to %d bytes)", key->info.name,
                      name, NAME_BYTES);
}

static int copy_text(const struct pt_reading *r, const struct pt_key *key, uint32_t node, char **out) {
  const char *text = pt_read_scalar(r, key->info.name, node);
  if (!text) return r->err->code;
  *out = strdup(text);
  return *out ? 0 : pt_conf_no_memory(r->err);
}

static int copy_rule(const struct pt_reading *r, const struct pt_key *key, uint32_t node, struct pt_rule *out) {
  PT_TRY(copy_text(r, key, node, &out->text));
  const struct pt_ynode *n = &r->doc->nodes[node];
  if (asprintf(&out->place, "%.120s:%u:%u", r->doc->name, n->line, n->col) >= 0) return 0;
  out->place = NULL;
  return pt_conf_no_memory(r->err);
}

static void rule_free(struct pt_rule *rule) {
  free(rule->text);
  free(rule->place);
}

void pt_segment_rules_free(struct pt_segment_rules *s) {
  for (uint32_t i = 0; i < s->n; i++) {
    free(s->v[i].name);
    rule_free(&s->v[i].when);
    free(s->v[i].description);
  }
  free(s->v);
  *s = (struct pt_segment_rules){0};
}

static int read_segment(const struct pt_reading *r, const struct pt_key *key, uint32_t node,
                        struct pt_segment_rule *out) {
  const struct pt_ynode *nodes = r->doc->nodes;
  uint32_t value = nodes[node].next;
  if (nodes[value].kind != PT_Y_MAP) return copy_rule(r, key, value, &out->when);
  for (uint32_t k = nodes[value].child; k; k = nodes[nodes[k].next].next) {
    const char *name = pt_yaml_text(r->doc, k);
    if (strcmp(name, "when") == 0)
      PT_TRY(copy_rule(r, key, nodes[k].next, &out->when));
    else if (strcmp(name, "description") == 0)
      PT_TRY(copy_text(r, key, nodes[k].next, &out->description));
    else
      return pt_yaml_fail(r->doc, k, r->err, "segments.%s: unknown key '%.64s' (there are when and description)",
                          out->name, name);
  }
  if (out->when.text) return 0;
  return pt_yaml_fail(r->doc, value, r->err, "segments.%s: 'when' is missing", out->name);
}

int pt_read_segment(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  struct pt_segment_rules *s = at;
  PT_TRY(check_name(r, key, node));
  if (s->n == MAX_RULES) return pt_yaml_fail(r->doc, node, r->err, "more than %d segments", MAX_RULES);
  struct pt_segment_rule *v = realloc(s->v, (s->n + 1) * sizeof *v);
  if (!v) return pt_conf_no_memory(r->err);
  s->v = v;
  v[s->n] = (struct pt_segment_rule){.name = strdup(pt_yaml_text(r->doc, node))};
  return v[s->n++].name ? read_segment(r, key, node, &v[s->n - 1]) : pt_conf_no_memory(r->err);
}

/* `  key: "text"` at an indentation; nothing where there is no text. */
static int write_text(struct pt_buf *out, int indent, const char *key, const char *text) {
  if (!text) return 0;
  return pt_buf_printf(out, "%*s%s: ", indent, "", key) || pt_write_quoted(out, text) || pt_buf_add(out, "\n", 1) ? -1
                                                                                                                  : 0;
}

int pt_write_segments(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  const struct pt_segment_rules *s = at;
  int failed = 0;
  for (uint32_t i = 0; i < s->n && !failed; i++)
    failed = pt_buf_printf(out, "  %s:\n", s->v[i].name) || write_text(out, 4, "when", s->v[i].when.text) ||
             write_text(out, 4, "description", s->v[i].description);
  return failed ? -1 : 0;
}

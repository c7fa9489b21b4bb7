/* The job file: defaults from the key table, then the file's own values, then what they must be together. */
#include <portrait/nearest.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf_priv.h"

struct walk {
  struct pt_reading r;
  struct pt_conf *c;
  uint32_t given[PT_MAX_KEYS]; /* nodes of values by place in pt_keys; 0 = not given */
};

/* Known names for a suggestion: whole keys, then sections. */
static const char *whole_name(void *ctx, uint32_t i) {
  (void)ctx;
  return i < pt_keys_n ? pt_keys[i].info.name : pt_key_sections[i - pt_keys_n];
}

/* The part behind the section: for keys that stand in the wrong one. */
static const char *last_part(void *ctx, uint32_t i) {
  (void)ctx;
  if (i >= pt_keys_n) return NULL;
  const char *dot = strchr(pt_keys[i].info.name, '.');
  return dot ? dot + 1 : pt_keys[i].info.name;
}

static int unknown_key(const struct walk *w, uint32_t node, const char *path) {
  const char *near = pt_nearest(pt_slice_of(path), whole_name, NULL);
  if (!near) {
    const char *part = pt_nearest(pt_slice_of(pt_yaml_text(w->r.doc, node)), last_part, NULL);
    for (uint32_t i = 0; part && i < pt_keys_n; i++)
      if (last_part(NULL, i) == part) near = pt_keys[i].info.name;
  }
  if (near) return pt_yaml_fail(w->r.doc, node, w->r.err, "unknown key '%.80s' (did you mean '%s'?)", path, near);
  return pt_yaml_fail(w->r.doc, node, w->r.err, "unknown key '%.80s'", path);
}

/* The row of a section whose names are the user's. */
static const struct pt_key *entries_of(const char *path) {
  for (uint32_t i = 0; i < pt_keys_n; i++) {
    size_t n = (size_t)(strchrnul(pt_keys[i].info.name, '.') - pt_keys[i].info.name);
    if (pt_keys[i].entries && strncmp(pt_keys[i].info.name, path, n + 1) == 0) return &pt_keys[i];
  }
  return NULL;
}

static bool is_section(const char *name) {
  for (uint32_t i = 0; pt_key_sections[i]; i++)
    if (strcmp(pt_key_sections[i], name) == 0) return true;
  return false;
}

/* One key of a map: `path` is its whole name. */
static int take_key(struct walk *w, uint32_t key, const char *path) {
  for (uint32_t i = 0; i < pt_keys_n; i++) {
    if (pt_keys[i].entries || strcmp(pt_keys[i].info.name, path) != 0) continue;
    if (w->given[i]) return pt_yaml_fail(w->r.doc, key, w->r.err, "%s stands in the file twice", path);
    w->given[i] = w->r.doc->nodes[key].next;
    return pt_keys[i].read(&w->r, &pt_keys[i], w->given[i], (char *)w->c + pt_keys[i].offset);
  }
  const struct pt_key *entries = entries_of(path);
  if (entries) return entries->read(&w->r, entries, key, (char *)w->c + entries->offset);
  return unknown_key(w, key, path);
}

static int take_section(struct walk *w, uint32_t key) {
  const struct pt_ynode *nodes = w->r.doc->nodes;
  const char *section = pt_yaml_text(w->r.doc, key);
  uint32_t map = nodes[key].next;
  if (pt_yaml_is_null(w->r.doc, map)) return 0; /* a section whose keys are all commented out */
  if (nodes[map].kind != PT_Y_MAP && strcmp(section, "users") == 0) return take_key(w, key, "users.files");
  if (nodes[map].kind != PT_Y_MAP)
    return pt_yaml_fail(w->r.doc, map, w->r.err, "%s holds keys: a map is needed", section);
  for (uint32_t k = nodes[map].child; k; k = nodes[nodes[k].next].next) {
    char path[128];
    snprintf(path, sizeof path, "%s.%.100s", section, pt_yaml_text(w->r.doc, k));
    PT_TRY(take_key(w, k, path));
  }
  return 0;
}

static int take_root(struct walk *w) {
  const struct pt_ynode *nodes = w->r.doc->nodes;
  if (pt_yaml_is_null(w->r.doc, 0)) return 0;
  if (nodes[0].kind != PT_Y_MAP) return pt_yaml_fail(w->r.doc, 0, w->r.err, "a job file is a map of keys");
  for (uint32_t k = nodes[0].child; k; k = nodes[nodes[k].next].next) {
    const char *name = pt_yaml_text(w->r.doc, k);
    PT_TRY(is_section(name) ? take_section(w, k) : take_key(w, k, name));
  }
  return pt_conf_check(&w->r, w->c, w->given);
}

static int take_default(struct pt_conf *c, const struct pt_key *key, struct pt_err *err) {
  struct pt_yaml doc;
  struct pt_slice text = pt_slice_of(key->info.fallback);
  PT_TRY(pt_yaml_read(&doc, key->info.name, text, err));
  struct pt_reading r = {.doc = &doc, .err = err};
  int code = key->read(&r, key, 0, (char *)c + key->offset);
  pt_yaml_free(&doc);
  return code;
}

int pt_conf_default(struct pt_conf *c, struct pt_err *err) {
  *c = (struct pt_conf){0};
  int code = 0;
  for (uint32_t i = 0; i < pt_keys_n && !code; i++) code = pt_keys[i].entries ? 0 : take_default(c, &pt_keys[i], err);
  if (code) pt_conf_free(c);
  return code;
}

int pt_conf_parse(struct pt_conf *c, const char *name, struct pt_slice yaml, struct pt_err *err) {
  struct pt_yaml doc;
  PT_TRY(pt_conf_default(c, err));
  int code = pt_yaml_read(&doc, name, yaml, err);
  if (!code) {
    struct walk w = {.r = {.doc = &doc, .err = err}, .c = c};
    code = take_root(&w);
    pt_yaml_free(&doc);
  }
  if (code) pt_conf_free(c);
  return code;
}

/* The two sections of a file of rules, read as if they stood in a job file. */
static int take_rules(struct walk *w) {
  const struct pt_ynode *nodes = w->r.doc->nodes;
  if (pt_yaml_is_null(w->r.doc, 0)) return 0;
  if (nodes[0].kind != PT_Y_MAP) return pt_yaml_fail(w->r.doc, 0, w->r.err, "a file of rules is a map");
  for (uint32_t k = nodes[0].child; k; k = nodes[nodes[k].next].next) {
    const char *name = pt_yaml_text(w->r.doc, k);
    if (strcmp(name, "tags") != 0 && strcmp(name, "segments") != 0)
      return pt_yaml_fail(w->r.doc, k, w->r.err, "'%.64s': a file of rules holds tags and segments alone", name);
    PT_TRY(take_section(w, k));
  }
  for (uint32_t i = 0; i < pt_keys_n; i++)
    if (w->given[i])
      return pt_yaml_fail(w->r.doc, w->given[i], w->r.err, "%s stands in the job file alone", pt_keys[i].info.name);
  return 0;
}

int pt_conf_rules(struct pt_conf *c, const char *name, struct pt_slice yaml, struct pt_err *err) {
  struct pt_yaml doc;
  struct pt_conf own = {0};
  PT_TRY(pt_yaml_read(&doc, name, yaml, err));
  struct walk w = {.r = {.doc = &doc, .err = err}, .c = &own};
  int code = take_rules(&w);
  if (!code) code = pt_conf_adopt(c, &own, err);
  pt_yaml_free(&doc);
  pt_conf_free(&own);
  return code;
}

int pt_conf_standard(struct pt_tag_rules *out, struct pt_err *err) {
  struct pt_conf c = {0};
  struct pt_slice yaml = {(const char *)pt_standard_yaml, pt_standard_yaml_n};
  int code = pt_conf_rules(&c, "standard.yaml", yaml, err);
  *out = c.tags;
  c.tags = (struct pt_tag_rules){0};
  pt_conf_free(&c);
  if (code) pt_tag_rules_free(out);
  return code;
}

/* Canonical: every key in the table's order, sections as blocks. */
int pt_conf_text(const struct pt_conf *c, struct pt_buf *out, struct pt_err *err) {
  const char *section = "";
  size_t section_n = 0;
  int failed = 0;
  for (uint32_t i = 0; i < pt_keys_n && !failed; i++) {
    const struct pt_key *key = &pt_keys[i];
    const char *name = key->info.name, *dot = strchr(name, '.');
    size_t n = dot ? (size_t)(dot - name) : 0;
    if (dot && (n != section_n || strncmp(section, name, n) != 0)) failed = pt_buf_printf(out, "%.*s:\n", (int)n, name);
    section = name;
    section_n = n;
    if (key->entries) {
      failed = failed || key->write(key, (const char *)c + key->offset, out);
      continue;
    }
    failed = failed || pt_buf_printf(out, "%s%s:", dot ? "  " : "", dot ? dot + 1 : name) ||
             key->write(key, (const char *)c + key->offset, out) || pt_buf_add(out, "\n", 1);
  }
  return failed ? pt_conf_no_memory(err) : 0;
}

void pt_conf_free(struct pt_conf *c) {
  struct pt_names *names[] = {&c->columns,         &c->counted_events,   &c->not_visit,
                              &c->visit_events,    &c->funnel_steps,     &c->essential_categories,
                              &c->allow_sensitive, &c->inputs,           &c->segment_tables,
                              &c->tag_files,       &c->child_categories, &c->users_files,
                              &c->users_keep,      &c->vip_levels};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) pt_names_free(names[i]);
  pt_segment_rules_free(&c->segments);
  pt_metrics_free(&c->metrics);
  pt_tag_rules_free(&c->tags);
  pt_garments_free(&c->garments);
  free(c->rates);
  if (c->format) pt_format_free(c->format);
  free(c->format);
  *c = (struct pt_conf){0};
}

const struct pt_key_info *pt_conf_key(uint32_t i) {
  if (i < pt_keys_n) return &pt_keys[i].info;
  i -= pt_keys_n;
  if (i < pt_format_keys_n) return &pt_format_keys[i].info;
  i -= pt_format_keys_n;
  return i < pt_metric_keys_n ? &pt_metric_keys[i].info : NULL;
}

/* The key `format`: a built-in name, or a map that makes one of its own. A map starts from a base (what `extends`
 * names; segment where only a root is given; else the catalogue's names) and its keys are applied in the table's order,
 * whatever their order in the file. What would have no effect is refused. */
#include <portrait/nearest.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf_priv.h"

struct map {
  uint32_t key[PT_MAX_FORMAT_KEYS], value[PT_MAX_FORMAT_KEYS]; /* nodes by place in pt_format_keys; 0 = not given */
};

static const char *sub_name(void *ctx, uint32_t i) {
  (void)ctx;
  return i < pt_format_keys_n ? pt_format_keys[i].info.name + strlen("format.") : NULL;
}

static uint32_t sub_place(const char *name) {
  uint32_t i = 0;
  while (i < pt_format_keys_n && strcmp(sub_name(NULL, i), name) != 0) i++;
  return i;
}

static uint32_t given(const struct map *m, const char *name) {
  return m->key[sub_place(name)];
}

static const char *builtin_name(void *ctx, uint32_t i) {
  (void)ctx;
  static const char *const names[] = {"portrait", "segment", "rees46", "taobao", "auto", NULL};
  return names[i];
}

static void *copy_of(const void *p, size_t bytes) {
  void *copy = malloc(bytes ? bytes : 1);
  if (copy && bytes) memcpy(copy, p, bytes);
  return copy;
}

/* A copy that owns its arrays. Built-in formats have no expressions. */
static int copy_format(const struct pt_format *from, struct pt_format *to, struct pt_err *err) {
  *to = *from;
  to->where = to->amount = to->event = NULL;
  to->fields = copy_of(from->fields, from->n_fields * sizeof *from->fields);
  to->events = copy_of(from->events, from->n_events * sizeof *from->events);
  return to->fields && to->events ? 0 : pt_conf_no_memory(err);
}

static int find_builtin(const struct pt_reading *r, uint32_t node, const char *name, const struct pt_format **out) {
  *out = pt_format_builtin(name);
  if (*out) return 0;
  const char *near = pt_nearest(pt_slice_of(name), builtin_name, NULL);
  return pt_yaml_fail(r->doc, node, r->err, "'%.64s' is no built-in format (%s%s)", name,
                      near ? "did you mean " : "portrait, segment, rees46, taobao", near ? near : "");
}

static int collect(const struct pt_reading *r, uint32_t node, struct map *m) {
  const struct pt_ynode *nodes = r->doc->nodes;
  for (uint32_t key = nodes[node].child; key; key = nodes[nodes[key].next].next) {
    const char *name = pt_yaml_text(r->doc, key);
    uint32_t i = sub_place(name);
    if (i == pt_format_keys_n) {
      const char *near = pt_nearest(pt_slice_of(name), sub_name, NULL);
      if (near)
        return pt_yaml_fail(r->doc, key, r->err, "unknown key 'format.%.64s' (did you mean 'format.%s'?)", name, near);
      return pt_yaml_fail(r->doc, key, r->err, "unknown key 'format.%.64s'", name);
    }
    m->key[i] = key;
    m->value[i] = nodes[key].next;
  }
  return 0;
}

static int start(const struct pt_reading *r, const struct map *m, struct pt_format *f) {
  const struct pt_format *base = NULL;
  uint32_t extends = m->value[sub_place("extends")];
  if (extends) {
    const char *name = pt_read_scalar(r, "format.extends", extends);
    if (!name) return r->err->code;
    PT_TRY(find_builtin(r, extends, name, &base));
  } else if (!given(m, "fields")) {
    base = pt_format_builtin(given(m, "root") ? "segment" : "portrait");
  }
  if (base) PT_TRY(copy_format(base, f, r->err));
  memcpy(f->name, "custom", sizeof "custom");
  return 0;
}

static bool has_field(const struct pt_format *f, const char *name) {
  for (uint32_t i = 0; i < f->n_fields; i++)
    if (strcmp(f->fields[i].name, name) == 0) return true;
  return false;
}

static bool is_word(char c) {
  return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* Whether an expression text has the name as a word. */
static bool reads(const char *text, const char *name) {
  size_t n = strlen(name);
  for (const char *p = text; p && (p = strstr(p, name)); p += n)
    if ((p == text || !is_word(p[-1])) && !is_word(p[n])) return true;
  return false;
}

static const char *field_name(void *ctx, uint32_t i) {
  (void)ctx;
  return i < PT_F_COUNT ? pt_field_info[i].name : NULL;
}

/* Names that are no catalogue field serve the expressions; one that none of them reads is a slip. */
static int check_extras(const struct pt_reading *r, uint32_t node, const struct pt_format *f) {
  uint32_t extras = 0;
  for (uint32_t i = 0; i < f->n_fields; i++) {
    const char *name = f->fields[i].name;
    if (pt_field_of(pt_slice_of(name)) != PT_F_COUNT) continue;
    if (++extras > PT_MAX_EXTRA)
      return pt_yaml_fail(r->doc, node, r->err, "format.fields has over %d names that are no field", PT_MAX_EXTRA);
    if (reads(f->where, name) || reads(f->amount, name) || reads(f->event, name)) continue;
    const char *near = pt_nearest(pt_slice_of(name), field_name, NULL);
    return pt_yaml_fail(r->doc, node, r->err, "format.fields: '%s' is no field and no expression reads it%s%s%s", name,
                        near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
  }
  return 0;
}

static int check_numbers(const struct pt_reading *r, uint32_t node, const struct pt_format *f) {
  for (uint32_t i = 0; i < f->n_fields; i++) {
    const char *source = f->fields[i].source;
    size_t n = strspn(source, "0123456789");
    if (n == 0 || n > 6 || source[n])
      return pt_yaml_fail(r->doc, node, r->err,
                          "format.fields: without a header '%s' must be a column number from 0, not '%.64s'",
                          f->fields[i].name, source);
  }
  return 0;
}

/* Keys that this kind of line has no use for. */
static int check_effect(const struct pt_reading *r, const struct map *m, const struct pt_format *f) {
  static const char *const csv_alone[] = {"header", "delimiter", "multiline"};
  uint32_t root = given(m, "root");
  if (f->kind == PT_CSV && root) return pt_yaml_fail(r->doc, root, r->err, "format.root has no effect with kind: csv");
  for (size_t i = 0; i < sizeof csv_alone / sizeof *csv_alone && f->kind == PT_JSONL; i++)
    if (given(m, csv_alone[i]))
      return pt_yaml_fail(r->doc, given(m, csv_alone[i]), r->err, "format.%s has no effect without kind: csv",
                          csv_alone[i]);
  if (f->kind == PT_CSV && f->segment)
    return pt_yaml_fail(r->doc, given(m, "kind"), r->err, "segment is a format of JSON lines, not of csv");
  return 0;
}

static int check_format(const struct pt_reading *r, uint32_t node, const struct map *m, const struct pt_format *f) {
  uint32_t fields = given(m, "fields") ? given(m, "fields") : node;
  PT_TRY(check_effect(r, m, f));
  if (!f->segment) {
    if (!has_field(f, "time")) return pt_yaml_fail(r->doc, fields, r->err, "format.fields does not say where time is");
    if (!has_field(f, "user_id") && !has_field(f, "anonymous_id"))
      return pt_yaml_fail(r->doc, fields, r->err, "format.fields says neither where user_id nor where anonymous_id is");
    if (!has_field(f, "event") && !f->event)
      return pt_yaml_fail(r->doc, fields, r->err,
                          "format.fields does not say where event is, and there is no format.event");
  }
  if (f->kind == PT_CSV && f->header == PT_HEADER_NO) PT_TRY(check_numbers(r, fields, f));
  return check_extras(r, fields, f);
}

static int read_map(const struct pt_reading *r, uint32_t node, struct pt_format *f) {
  struct map m = {0};
  PT_TRY(collect(r, node, &m));
  PT_TRY(start(r, &m, f));
  for (uint32_t i = 0; i < pt_format_keys_n; i++) {
    const struct pt_key *key = &pt_format_keys[i];
    if (m.value[i] && key->read) PT_TRY(key->read(r, key, m.value[i], (char *)f + key->offset));
  }
  if (f->kind == PT_CSV && !f->delimiter) f->delimiter = ',';
  return check_format(r, node, &m, f);
}

static int read_name(const struct pt_reading *r, uint32_t node, struct pt_format *f) {
  const char *name = pt_read_scalar(r, "format", node);
  const struct pt_format *base;
  if (!name) return r->err->code;
  PT_TRY(find_builtin(r, node, name, &base));
  return copy_format(base, f, r->err);
}

int pt_read_format(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  struct pt_format **out = at, *f = NULL;
  const struct pt_ynode *n = &r->doc->nodes[node];
  if (n->kind == PT_Y_LIST) return pt_yaml_fail(r->doc, node, r->err, "%s is a name or a map", key->info.name);
  if (n->kind == PT_Y_MAP || strcmp(pt_yaml_text(r->doc, node), "auto") != 0) {
    f = calloc(1, sizeof *f);
    if (!f) return pt_conf_no_memory(r->err);
    int code = n->kind == PT_Y_MAP ? read_map(r, node, f) : read_name(r, node, f);
    if (code) {
      pt_format_free(f);
      free(f);
      return code;
    }
  }
  if (*out) pt_format_free(*out);
  free(*out);
  *out = f;
  return 0;
}

static bool same_text(const char *a, const char *b) {
  return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Whether a name alone says all of it. */
static bool is_builtin(const struct pt_format *f) {
  const struct pt_format *b = pt_format_builtin(f->name);
  if (!b || f->kind != b->kind || f->segment != b->segment || f->header != b->header || f->delimiter != b->delimiter ||
      f->multiline != b->multiline || f->n_fields != b->n_fields || f->n_events != b->n_events)
    return false;
  for (uint32_t i = 0; i < f->n_fields; i++)
    if (!same_text(f->fields[i].name, b->fields[i].name) || !same_text(f->fields[i].source, b->fields[i].source))
      return false;
  for (uint32_t i = 0; i < f->n_events; i++)
    if (!same_text(f->events[i].from, b->events[i].from) || !same_text(f->events[i].to, b->events[i].to)) return false;
  return same_text(f->root, b->root) && f->time.kind == b->time.kind && same_text(f->time.pattern, b->time.pattern) &&
         !f->where && !f->amount && !f->event;
}

/* Whether the written map needs the key. */
static bool is_written(const struct pt_format *f, const char *name) {
  if (strcmp(name, "extends") == 0) return false;
  if (strcmp(name, "kind") == 0) return !f->segment;
  if (strcmp(name, "root") == 0) return f->root[0] != 0;
  if (strcmp(name, "header") == 0 || strcmp(name, "delimiter") == 0 || strcmp(name, "multiline") == 0)
    return f->kind == PT_CSV;
  if (strcmp(name, "where") == 0) return f->where != NULL;
  if (strcmp(name, "amount") == 0) return f->amount != NULL;
  if (strcmp(name, "event") == 0) return f->event != NULL;
  return true;
}

int pt_write_format(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  const struct pt_format *f = *(struct pt_format *const *)at;
  if (!f) return pt_buf_printf(out, " auto");
  if (is_builtin(f)) return pt_buf_printf(out, " %s", f->name);
  int failed = f->segment ? pt_buf_printf(out, "\n  extends: segment") : 0;
  for (uint32_t i = 0; i < pt_format_keys_n && !failed; i++) {
    const char *name = sub_name(NULL, i);
    if (!is_written(f, name)) continue;
    failed = pt_buf_printf(out, "\n  %s:", name) ||
             pt_format_keys[i].write(&pt_format_keys[i], (const char *)f + pt_format_keys[i].offset, out);
  }
  return failed ? -1 : 0;
}

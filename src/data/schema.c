#include <fnmatch.h>
#include <portrait/schema.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool good_name(const char *name, enum pt_where where) {
  const char *c = name;
  if (where == PT_HIDDEN && *c == '_') c++;
  if (*c < 'a' || *c > 'z') return false;
  for (; *c; c++) /* a capital is the catalogue's alone: clv_T */
    if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '_')) return false;
  return true;
}

int pt_schema_add(struct pt_schema *s, const struct pt_column *c, uint32_t *at, struct pt_err *err) {
  if (!good_name(c->name, c->where))
    return pt_fail(err, "conf", PT_CONFIG, 0, "'%s' is no column name ([a-z][a-z0-9_]*, up to 64 bytes)", c->name);
  if (pt_schema_find(s, c->name) >= 0)
    return pt_fail(err, "conf", PT_CONFIG, 0, "the column name '%s' is taken", c->name);
  if (s->n == s->cap) {
    uint32_t cap = s->cap ? s->cap * 2 : 128;
    struct pt_column *columns = realloc(s->columns, cap * sizeof *columns);
    if (!columns) return pt_fail(err, "conf", PT_MEMORY, 0, "out of memory for the schema");
    s->columns = columns;
    s->cap = cap;
  }
  s->columns[s->n] = *c;
  if (s->columns[s->n].width == 0) s->columns[s->n].width = 1;
  *at = s->n++;
  return 0;
}

int pt_schema_tag(struct pt_schema *s, const struct pt_column *c, struct pt_tag *tag, struct pt_err *err) {
  struct pt_column label = *c, index = *c, evidence;
  index.rule = index.reads = NULL;
  evidence = index;
  label.type = PT_C_LABEL;
  label.where = index.where = evidence.where = c->where == PT_HIDDEN ? PT_HIDDEN : PT_IN_OBS;
  label.width = index.width = evidence.width = 1;
  index.type = PT_C_F32;
  evidence.type = PT_C_U32;
  memset(&index.labels, 0, sizeof index.labels);
  evidence.labels = index.labels;
  snprintf(index.unit, sizeof index.unit, "1");
  snprintf(evidence.unit, sizeof evidence.unit, "events or records");
  if (snprintf(index.name, sizeof index.name, "%s_index", c->name) >= (int)sizeof index.name ||
      snprintf(evidence.name, sizeof evidence.name, "%s_evidence", c->name) >= (int)sizeof evidence.name)
    return pt_fail(err, "conf", PT_CONFIG, 0, "the tag name '%s' is too long", c->name);
  snprintf(index.description, sizeof index.description, "index of the tag %s, 0 to 1", c->name);
  snprintf(evidence.description, sizeof evidence.description, "events or records behind the tag %s", c->name);
  PT_TRY(pt_schema_add(s, &label, &tag->label, err));
  PT_TRY(pt_schema_add(s, &index, &tag->index, err));
  PT_TRY(pt_schema_add(s, &evidence, &tag->evidence, err));
  if (c->where == PT_HIDDEN) return 0;
  if (s->n_tags == s->cap_tags) {
    uint32_t cap = s->cap_tags ? s->cap_tags * 2 : 16;
    struct pt_tag *tags = realloc(s->tags, cap * sizeof *tags);
    if (!tags) return pt_fail(err, "conf", PT_MEMORY, 0, "out of memory for the schema");
    s->tags = tags;
    s->cap_tags = cap;
  }
  s->tags[s->n_tags++] = *tag;
  return 0;
}

int pt_schema_segment(struct pt_schema *s, const char *name, const char *description, uint32_t *at,
                      struct pt_err *err) {
  struct pt_column c = {
      .type = PT_C_BOOL, .width = 1, .where = PT_HIDDEN, .family = "segments", .level = "model", .kind = "dynamic"};
  if (snprintf(c.name, sizeof c.name, "%s%s", PT_SEGMENT_PREFIX, name) >= (int)sizeof c.name)
    return pt_fail(err, "conf", PT_CONFIG, 0, "the segment name '%s' is too long", name);
  snprintf(c.description, sizeof c.description, "%s", description);
  uint32_t *segments = realloc(s->segments, (s->n_segments + 1) * sizeof *segments);
  if (!segments) return pt_fail(err, "conf", PT_MEMORY, 0, "out of memory for the schema");
  s->segments = segments;
  PT_TRY(pt_schema_add(s, &c, at, err));
  segments[s->n_segments++] = *at;
  return 0;
}

int64_t pt_schema_find(const struct pt_schema *s, const char *name) {
  for (uint32_t i = 0; i < s->n; i++)
    if (strcmp(s->columns[i].name, name) == 0) return i;
  return -1;
}

uint32_t pt_column_bytes(const struct pt_column *c) {
  static const uint8_t bytes[] = {[PT_C_U8] = 1,  [PT_C_U16] = 2, [PT_C_U32] = 4,  [PT_C_I32] = 4,   [PT_C_I64] = 8,
                                  [PT_C_F32] = 4, [PT_C_F64] = 8, [PT_C_BOOL] = 1, [PT_C_LABEL] = 4, [PT_C_BYTES] = 0};
  return bytes[c->type] * (c->width ? c->width : 1);
}

static bool plane_matches(const struct pt_column *c, const char *glob) {
  for (uint32_t p = 0; c->sparse && p < c->sparse->n_planes; p++)
    if (fnmatch(glob, c->sparse->planes[p].name, 0) == 0) return true;
  return false;
}

bool pt_column_wanted(const struct pt_column *c, const char *const *globs, uint32_t n) {
  if (n == 0) return true;
  for (uint32_t i = 0; i < n; i++)
    if (fnmatch(globs[i], c->name, 0) == 0 || (c->family && fnmatch(globs[i], c->family, 0) == 0) ||
        plane_matches(c, globs[i]))
      return true;
  return false;
}

void pt_schema_hide(struct pt_schema *s, const char *const *globs, uint32_t n) {
  for (uint32_t i = 0; i < s->n; i++)
    if (!pt_column_wanted(&s->columns[i], globs, n)) s->columns[i].where = PT_HIDDEN;
  uint32_t kept = 0;
  for (uint32_t i = 0; i < s->n_tags; i++) { /* a tag is asked for by any of its three names */
    struct pt_tag t = s->tags[i];
    enum pt_where *where[] = {&s->columns[t.label].where, &s->columns[t.index].where, &s->columns[t.evidence].where};
    if (*where[0] == PT_HIDDEN && *where[1] == PT_HIDDEN && *where[2] == PT_HIDDEN) continue;
    *where[0] = *where[1] = *where[2] = PT_IN_OBS;
    s->tags[kept++] = t;
  }
  s->n_tags = kept;
}

void pt_schema_free(struct pt_schema *s) {
  free(s->columns);
  free(s->tags);
  free(s->segments);
  *s = (struct pt_schema){0};
}

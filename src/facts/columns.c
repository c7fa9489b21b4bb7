/* Rows of a family's table become columns of the schema where the job asks for them. An unwanted column keeps its slot
 * with no values behind it, so that families write all they know and the slot decides. */
#include "facts/columns.h"

#include <portrait/dict.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool named(const struct pt_names *names, const char *name) {
  for (uint32_t i = 0; i < names->n; i++)
    if (strcmp(names->v[i], name) == 0) return true;
  return false;
}

/* '*' of the text becomes the prefix; the window's words stand behind. */
static void describe(const struct pt_colrow *row, const char *prefix, const char *window, struct pt_column *col) {
  const char *star = strchr(row->text, '*');
  if (star && prefix)
    snprintf(col->description, sizeof col->description, "%.*s%s%s%s", (int)(star - row->text), row->text, prefix,
             star + 1, window);
  else
    snprintf(col->description, sizeof col->description, "%s%s", row->text, window);
}

static int name_it(const char *prefix, const char *name, const char *suffix, struct pt_column *col,
                   struct pt_err *err) {
  int n = prefix ? snprintf(col->name, sizeof col->name, "%s_%s%s", prefix, name, suffix)
                 : snprintf(col->name, sizeof col->name, "%s%s", name, suffix);
  if (n < (int)sizeof col->name) return 0;
  return pt_fail(err, "facts", PT_CONFIG, 0, "the column name '%s_%s%s' has more than 64 bytes", prefix ? prefix : "",
                 name, suffix);
}

bool pt_facts_table(const struct pt_facts_ctx *ctx, const char *table) {
  const struct pt_conf *conf = ctx->conf;
  if (conf->segment_tables.n && !named(&conf->segment_tables, table)) return false;
  struct pt_column c = {.family = "segments"};
  snprintf(c.name, sizeof c.name, "%s", table);
  return pt_column_wanted(&c, (const char *const *)conf->columns.v, conf->columns.n);
}

int pt_facts_hidden(struct pt_schema *schema, const char *name, const char *unit, const char *text,
                    const struct pt_dict *dict, uint32_t *at, struct pt_err *err) {
  struct pt_column c = {.type = PT_C_BYTES,
                        .where = PT_HIDDEN,
                        .family = "segments",
                        .level = "fact",
                        .kind = "dynamic",
                        .labels.dict = dict};
  snprintf(c.name, sizeof c.name, "%s", name);
  snprintf(c.unit, sizeof c.unit, "%s", unit);
  snprintf(c.description, sizeof c.description, "%s", text);
  return pt_schema_add(schema, &c, at, err);
}

/* An intermediate is asked for by a rule that reads it: only a glob that begins as its name does matches it. */
static bool named_hidden(const struct pt_names *globs, const struct pt_column *col) {
  for (uint32_t i = 0; i < globs->n; i++) {
    const char *const glob = globs->v[i];
    if (glob[0] == '_' && pt_column_wanted(col, &glob, 1)) return true;
  }
  return false;
}

static bool wanted(const struct pt_cols *c, const struct pt_colopen *open, const struct pt_colrow *row, uint32_t base,
                   const struct pt_column *col) {
  if (row->flags & PT_COL_HIDDEN) {
    if (named_hidden(&open->ctx->conf->columns, col)) return true;
    for (uint32_t r = 0; base + r < c->n_rows && r < 64; r++)
      if ((row->serves >> r & 1) && c->rows[base + r].wanted) return true;
    return false;
  }
  const struct pt_conf *conf = open->ctx->conf;
  if (row->sensitive && !named(&conf->allow_sensitive, row->sensitive)) return false;
  const char *const *globs = (const char *const *)conf->columns.v;
  if (pt_column_wanted(col, globs, conf->columns.n)) return true;
  if (!(row->flags & PT_COL_TAG)) return false;
  struct pt_column part = *col;
  static const char *const parts[] = {"_index", "_evidence"};
  for (int i = 0; i < 2; i++) {
    size_t n = strlen(col->name);
    snprintf(part.name + n, sizeof part.name - n, "%s", parts[i]);
    if (pt_column_wanted(&part, globs, conf->columns.n)) return true;
  }
  return false;
}

/* One column (or tag) at slot `at`. */
static int add_one(struct pt_cols *c, const struct pt_colopen *open, const struct pt_colrow *row, uint32_t base,
                   uint32_t at, struct pt_column *col, struct pt_err *err) {
  struct pt_colstate *state = &c->rows[c->n_rows];
  if (!wanted(c, open, row, base, col)) return 0;
  if (col->type == PT_C_LABEL && !row->labels && !state->dict) {
    state->dict = pt_dict_new();
    if (!state->dict) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for the labels of %s", col->name);
  }
  col->labels.dict = state->dict;
  if (row->flags & PT_COL_TAG) {
    struct pt_tag tag;
    PT_TRY(pt_schema_tag(open->schema, col, &tag, err));
    c->slots[at].column = tag.label;
    c->slots[at + 1].column = tag.index;
    c->slots[at + 2].column = tag.evidence;
  } else {
    PT_TRY(pt_schema_add(open->schema, col, &c->slots[at].column, err));
  }
  *open->fields |= row->fields;
  state->wanted = true;
  return 0;
}

static int more_room(struct pt_cols *c, uint32_t slots, struct pt_err *err) {
  struct pt_slot *s = realloc(c->slots, (c->n_slots + slots) * sizeof *s);
  if (s) c->slots = s;
  struct pt_colstate *r = realloc(c->rows, (c->n_rows + 1) * sizeof *r);
  if (r) c->rows = r;
  if (!s || !r) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for the table of columns");
  for (uint32_t i = 0; i < slots; i++) s[c->n_slots + i] = (struct pt_slot){.column = UINT32_MAX};
  r[c->n_rows] = (struct pt_colstate){.slot = c->n_slots};
  return 0;
}

static int add_row(struct pt_cols *c, const struct pt_colopen *open, const struct pt_colrow *row, const char *prefix,
                   uint32_t base, struct pt_err *err) {
  const struct pt_conf *conf = open->ctx->conf;
  uint32_t columns = row->flags & PT_COL_WINDOWS ? c->windows : 1, slots = row->flags & PT_COL_TAG ? 3 : columns;
  PT_TRY(more_room(c, slots, err));
  for (uint32_t w = 0; w < columns; w++) {
    struct pt_column col = {.type = row->type,
                            .width = row->width ? row->width : 1,
                            .nullable = (row->flags & PT_COL_NULLABLE) != 0,
                            .where = row->flags & PT_COL_HIDDEN ? PT_HIDDEN
                                     : row->flags & PT_COL_OBSM ? PT_IN_OBSM
                                                                : PT_IN_OBS,
                            .family = open->family,
                            .level = row->level ? row->level : "fact",
                            .kind = row->flags & PT_COL_STATIC ? "static" : "dynamic",
                            .reads = row->reads,
                            .labels = {row->labels, row->n_labels, (row->flags & PT_COL_ORDERED) != 0, NULL}};
    char suffix[16] = "", words[40] = "";
    if ((row->flags & PT_COL_WINDOWS) && w + 1 == c->windows) {
      snprintf(suffix, sizeof suffix, "_all");
      snprintf(words, sizeof words, ", all time");
    } else if (row->flags & PT_COL_WINDOWS) {
      snprintf(suffix, sizeof suffix, "_%ud", conf->windows[w]);
      snprintf(words, sizeof words, ", last %u days", conf->windows[w]);
    }
    PT_TRY(name_it(prefix, row->name, suffix, &col, err));
    snprintf(col.unit, sizeof col.unit, "%s", row->unit);
    describe(row, prefix, words, &col);
    PT_TRY(add_one(c, open, row, base, c->n_slots + w, &col, err));
  }
  c->n_wanted += c->rows[c->n_rows].wanted;
  c->n_slots += slots;
  c->n_rows++;
  return 0;
}

int pt_facts_cols_add(struct pt_cols *c, const struct pt_colopen *open, const struct pt_colrow *rows, uint32_t n,
                      const char *prefix, struct pt_err *err) {
  c->windows = open->ctx->conf->n_windows + 1;
  uint32_t base = c->n_rows;
  for (uint32_t i = 0; i < n; i++) PT_TRY(add_row(c, open, &rows[i], prefix, base, err));
  return 0;
}

void pt_facts_cols_free(struct pt_cols *c) {
  for (uint32_t i = 0; i < c->n_rows; i++) pt_dict_free(c->rows[i].dict);
  free(c->rows);
  free(c->slots);
  *c = (struct pt_cols){0};
}

void pt_facts_cols_range(struct pt_cols *c, struct pt_rows *rows, uint32_t range) {
  for (uint32_t i = 0; i < c->n_slots; i++) {
    struct pt_slot *s = &c->slots[i];
    if (s->column == UINT32_MAX) continue;
    s->values = pt_rows_values(rows, range, s->column);
    s->mask = pt_rows_mask(rows, range, s->column);
  }
  c->of = rows;
  c->range = range;
}

void pt_facts_put_counts(const struct pt_cols *c, uint32_t row, const uint32_t *smallest) {
  const struct pt_slot *s = pt_slot_at(c, row);
  uint32_t sum = 0;
  for (uint32_t w = 0; w < c->windows; w++) pt_put_u32(c, s + w, sum += smallest[w]);
}

void pt_facts_put_days(const struct pt_cols *c, uint32_t row, const uint32_t *smallest) {
  const struct pt_slot *s = pt_slot_at(c, row);
  uint32_t sum = 0;
  for (uint32_t w = 0; w < c->windows; w++) pt_put_u16(c, s + w, (uint16_t)(sum += smallest[w]));
}

void pt_facts_put_sums(const struct pt_cols *c, uint32_t row, const __int128 *smallest, double scale) {
  const struct pt_slot *s = pt_slot_at(c, row);
  __int128 sum = 0;
  for (uint32_t w = 0; w < c->windows; w++) {
    sum += smallest[w];
    pt_put_f64(c, s + w, pt_real(sum) / scale);
  }
}

int pt_facts_label(struct pt_cols *c, uint32_t row, struct pt_slice text, int32_t *code, struct pt_err *err) {
  *code = -1;
  if (!text.p || !c->rows[row].wanted) return 0;
  uint32_t at = pt_dict_put(c->rows[row].dict, text);
  if (at == PT_NO_CODE) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for labels");
  *code = (int32_t)at;
  return 0;
}

int pt_facts_put_text(struct pt_cols *c, uint32_t row, struct pt_slice text, struct pt_err *err) {
  int32_t code;
  PT_TRY(pt_facts_label(c, row, text, &code, err));
  pt_put_i32(c, pt_slot_at(c, row), code);
  return 0;
}

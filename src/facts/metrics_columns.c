/* The columns of a metric: one, or one a window, with what the job file says of them or what can be told by it. */
#include <stdio.h>
#include <string.h>

#include "facts/metrics.h"

/* What the values are counted in where the job file does not say. */
static const char *unit_of(const struct pt_metric_run *r, enum pt_ctype type) {
  const struct pt_metric *m = r->conf;
  if (m->unit[0]) return m->unit;
  if (type == PT_C_LABEL) return "";
  if (m->op == PT_M_COUNT) return "events";
  if (m->op == PT_M_DAYS) return "days";
  if (m->op == PT_M_DISTINCT) return "values";
  if (r->of_time) return "ms since 1970-01-01T00:00:00Z";
  if (r->of.e) return "1";
  if (pt_field_info[r->of.field].kind == PT_K_MONEY) return "currency";
  return r->of.field == PT_F_QUANTITY ? "items" : "1";
}

static enum pt_ctype type_of(const struct pt_metric_run *r) {
  switch (r->conf->op) {
    case PT_M_COUNT:
    case PT_M_DISTINCT:
      return PT_C_U32;
    case PT_M_DAYS:
      return PT_C_U16;
    case PT_M_SUM:
    case PT_M_MEAN:
      return PT_C_F64;
    case PT_M_TOP:
      return PT_C_LABEL;
    default:
      break;
  }
  if (r->of.type == PT_X_TEXT) return PT_C_LABEL;
  return r->of_time ? PT_C_I64 : PT_C_F64;
}

static int say(struct pt_buf *out, const struct pt_metric *m) {
  static const char *const words[PT_M_OPS] = {"Events",
                                              "Sum of",
                                              "Mean of",
                                              "Smallest",
                                              "Largest",
                                              "First",
                                              "Last",
                                              "Different values of",
                                              "Days with an event",
                                              "Most frequent"};
  const char *of = m->of.text ? m->of.text : m->op == PT_M_FIRST || m->op == PT_M_LAST ? "time" : NULL;
  if (m->description) return pt_buf_printf(out, "%s", m->description);
  int failed = pt_buf_printf(out, "%s", words[m->op]);
  if (of && m->op == PT_M_COUNT) failed = failed || pt_buf_printf(out, " with a known");
  if (of) failed = failed || pt_buf_printf(out, " %s", of);
  if (m->op != PT_M_COUNT && m->op != PT_M_DAYS) failed = failed || pt_buf_printf(out, " of events");
  for (uint32_t i = 0; i < m->events.n; i++)
    failed = failed || pt_buf_printf(out, "%s%s", i == 0 ? ": " : ", ", m->events.v[i]);
  if (m->where.text) failed = failed || pt_buf_printf(out, " where %s", m->where.text);
  return failed;
}

/* Whole UTF-8 characters, and on one line. */
static void cut(char *to, size_t cap, const struct pt_buf *text, const char *end) {
  size_t n = text->n, most = cap - 1 - strlen(end);
  if (n > most) {
    n = most - 3;
    while (n && ((unsigned char)text->p[n] & 0xC0) == 0x80) n--;
  }
  snprintf(to, cap, "%.*s%s%s", (int)n, text->p, n < text->n ? "..." : "", end);
  for (char *p = to; *p; p++)
    if ((unsigned char)*p < ' ') *p = ' ';
}

static int describe(const struct pt_metric *m, uint32_t window, struct pt_column *col, struct pt_err *err) {
  struct pt_buf text = {0};
  char end[40];
  if (window == PT_METRIC_ALL)
    snprintf(end, sizeof end, ", all time");
  else
    snprintf(end, sizeof end, ", last %u days", window);
  int failed = say(&text, m) ? pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for metrics") : 0;
  if (!failed) cut(col->description, sizeof col->description, &text, m->description && !m->window.listed ? "" : end);
  pt_buf_free(&text);
  return failed;
}

static int name_it(const struct pt_metric *m, uint32_t window, char name[65], struct pt_err *err) {
  char end[16] = "";
  if (m->window.listed && window == PT_METRIC_ALL) snprintf(end, sizeof end, "_all");
  if (m->window.listed && window != PT_METRIC_ALL) snprintf(end, sizeof end, "_%ud", window);
  if (snprintf(name, 65, "%s%s", m->name, end) < 65) return 0;
  return pt_fail(err, "conf", PT_CONFIG, 0, "%s: metrics.%s: the column name '%s%s' has more than 64 bytes", m->place,
                 m->name, m->name, end);
}

static int more_slots(struct pt_metric_run *r, struct pt_cols *cols, struct pt_err *err) {
  struct pt_slot *slots = realloc(cols->slots, (cols->n_slots + r->conf->window.n) * sizeof *slots);
  if (slots) cols->slots = slots;
  r->windows = calloc(r->conf->window.n, sizeof *r->windows);
  r->labels = calloc(r->conf->window.n, sizeof *r->labels);
  if (slots && r->windows && r->labels) return 0;
  return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for metrics");
}

static int add(struct pt_metric_run *r, struct pt_cols *cols, const struct pt_colopen *open, struct pt_column *col,
               struct pt_err *err) {
  const struct pt_metric *m = r->conf;
  if (col->type == PT_C_LABEL) {
    struct pt_dict *dict = r->labels[r->n_windows] = pt_dict_new();
    if (!dict) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for metrics");
    col->labels.dict = dict;
  }
  struct pt_slot *slot = &cols->slots[cols->n_slots];
  *slot = (struct pt_slot){.column = UINT32_MAX};
  cols->n_slots++;
  r->n_windows++;
  if (pt_schema_find(open->schema, col->name) >= 0)
    return pt_fail(err, "conf", PT_CONFIG, 0, "%s: metrics.%s: another metric gives the column %s too", m->place,
                   m->name, col->name);
  return pt_schema_add(open->schema, col, &slot->column, err);
}

int pt_metric_columns(struct pt_metric_run *r, struct pt_cols *cols, const struct pt_colopen *open,
                      struct pt_err *err) {
  const struct pt_metric *m = r->conf;
  const struct pt_names *wanted = &open->ctx->conf->columns;
  PT_TRY(more_slots(r, cols, err));
  r->slot = cols->n_slots;
  for (uint32_t i = 0; i < m->window.n; i++) {
    struct pt_column col = {
        .type = type_of(r), .width = 1, .where = PT_IN_OBS, .family = open->family, .level = "fact", .kind = "dynamic"};
    col.nullable = col.type == PT_C_I64;
    PT_TRY(name_it(m, m->window.v[i], col.name, err));
    if (!pt_column_wanted(&col, (const char *const *)wanted->v, wanted->n)) continue;
    snprintf(col.unit, sizeof col.unit, "%s", unit_of(r, col.type));
    PT_TRY(describe(m, m->window.v[i], &col, err));
    r->windows[r->n_windows] = m->window.v[i];
    PT_TRY(add(r, cols, open, &col, err));
  }
  return 0;
}

/* The catalogue with nothing left out, and no metrics. */
static int open_catalogue(const struct pt_facts_ctx *ctx, struct pt_schema *schema, struct pt_err *err) {
  static char everything[] = "*";
  char *glob = everything;
  struct pt_conf conf = *ctx->conf;
  struct pt_facts_ctx own = {.conf = &conf};
  struct pt_facts *facts = NULL;
  uint64_t fields;
  conf.columns = (struct pt_names){&glob, 1};
  conf.allow_sensitive = (struct pt_names){(char **)(uintptr_t)pt_sensitive_names, pt_n_sensitive_names};
  conf.metrics = (struct pt_metrics){0};
  int failed = pt_facts_open(&facts, &own, schema, &fields, err);
  pt_facts_close(facts);
  return failed;
}

int pt_metric_names(const struct pt_facts_ctx *ctx, struct pt_err *err) {
  const struct pt_metrics *metrics = &ctx->conf->metrics;
  struct pt_schema schema = {0};
  int failed = open_catalogue(ctx, &schema, err);
  for (uint32_t i = 0; i < metrics->n && !failed; i++) {
    const struct pt_metric *m = &metrics->v[i];
    for (uint32_t w = 0; w < m->window.n && !failed; w++) {
      char name[65];
      failed = name_it(m, m->window.v[w], name, err);
      if (!failed && (pt_schema_find(&schema, name) >= 0 || strcmp(name, "user_id") == 0))
        failed = pt_fail(err, "conf", PT_CONFIG, 0, "%s: metrics.%s: the catalogue has a column %s", m->place, m->name,
                         name);
    }
  }
  pt_schema_free(&schema);
  return failed;
}

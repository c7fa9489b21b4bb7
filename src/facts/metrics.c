/* Metrics of the job file: per-user aggregates over events, one column a metric and window. An event is shown to the
 * metrics that take its type; conditions on one dictionary field are look-ups by code. Memory: see metrics_ops.c. */
#include "facts/metrics.h"

#include <portrait/decimal.h>
#include <stdio.h>
#include <string.h>

struct state {
  struct pt_cols cols; /* slots alone */
  struct pt_facts_ctx ctx;
  struct pt_metric_run *runs;
  uint32_t n;
  uint32_t *of_type[PT_T_COUNT]; /* runs by type */
  uint32_t n_of_type[PT_T_COUNT];
  uint64_t seq;
};

static void close_run(struct pt_metric_run *r) {
  for (uint32_t i = 0; r->labels && i < r->conf->window.n; i++) pt_dict_free(r->labels[i]);
  for (uint32_t i = 0; r->modal && i < r->n_windows; i++) pt_facts_modal_free(&r->modal[i]);
  for (uint32_t i = 0; i < r->n_where; i++) pt_metric_expr_free(&r->where[i]);
  if (r->has_of) pt_metric_expr_free(&r->of);
  pt_metric_forget(r);
  pt_table_free(&r->seen);
  free(r->where);
  free(r->modal);
  free(r->labels);
  free(r->windows);
  free(r->other);
}

static void close_state(void *state) {
  struct state *s = state;
  for (uint32_t i = 0; i < s->n; i++) close_run(&s->runs[i]);
  for (int t = 0; t < PT_T_COUNT; t++) free(s->of_type[t]);
  free(s->runs);
  pt_facts_cols_free(&s->cols);
  free(s);
}

/* -- opening -- */

/* Whether what the expression gives fits what is made of it. */
static int check_of(const struct pt_metric_run *r, struct pt_err *err) {
  const struct pt_metric *m = r->conf;
  bool number = m->op == PT_M_SUM || m->op == PT_M_MEAN, order = m->op == PT_M_MIN || m->op == PT_M_MAX;
  bool value = m->op == PT_M_FIRST || m->op == PT_M_LAST, text = m->op == PT_M_TOP;
  const char *wrong = NULL;
  if (r->of.type == PT_X_ANY && (number || order || value || text))
    wrong = "an id of which only equality is known: it can be counted (count, distinct)";
  else if (r->of.type == PT_X_TEXT && (number || order))
    wrong = "a text, not a number";
  else if (r->of.type != PT_X_TEXT && text)
    wrong = "no text";
  else if (r->of_time && number)
    wrong = "a time: times have no sum";
  if (!wrong) return 0;
  return pt_fail(err, "conf", PT_CONFIG, 0, "%s: metrics.%s.of: %s is needed for op: %s, '%.64s' is %s", m->of.place,
                 m->name,
                 text              ? "a text"
                 : number || order ? "a number"
                                   : "a value",
                 pt_metric_op_name[m->op], m->of.text, wrong);
}

static int compile_of(struct pt_metric_run *r, const struct pt_conf *conf, struct pt_err *err) {
  static char time_name[] = "time";
  const struct pt_metric *m = r->conf;
  struct pt_rule of = m->of;
  if (!of.text && (m->op == PT_M_FIRST || m->op == PT_M_LAST)) of = (struct pt_rule){time_name, time_name};
  if (!of.text) return 0;
  PT_TRY(pt_metric_compile(&r->of, m, "of", &of, PT_X_ANY, conf, err));
  r->has_of = true;
  enum pt_field_kind kind = r->of.e ? PT_K_TEXT : pt_field_info[r->of.field].kind;
  r->of_time = kind == PT_K_TIME;
  r->digits = PT_METRIC_DIGITS;
  if (kind == PT_K_MONEY) r->digits = PT_MONEY_DIGITS;
  if (kind == PT_K_QTY) r->digits = PT_QTY_DIGITS;
  if (kind == PT_K_TIME) r->digits = 0;
  return check_of(r, err);
}

static uint64_t types_of(const struct pt_metric *m) {
  uint64_t types = m->events.n ? 0 : (UINT64_C(1) << PT_T_RECORD) - 1;
  for (uint32_t i = 0; i < m->events.n; i++) types |= PT_TYPE_BIT(pt_type_of(pt_slice_of(m->events.v[i])));
  return types;
}

static int open_run(struct state *s, const struct pt_metric *m, const struct pt_colopen *open, struct pt_err *err) {
  struct pt_metric_run *r = &s->runs[s->n++];
  r->conf = m;
  r->days.latest = PT_NO_DAY;
  PT_TRY(compile_of(r, open->ctx->conf, err));
  if (m->where.text) PT_TRY(pt_metric_compile_where(r, open->ctx->conf, err));
  PT_TRY(pt_metric_columns(r, &s->cols, open, err));
  if (r->n_windows) r->types = types_of(m);
  s->cols.n_wanted += r->n_windows;
  if (m->op == PT_M_TOP && r->n_windows && !(r->modal = calloc(r->n_windows, sizeof *r->modal)))
    return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for metrics");
  return 0;
}

static int list_types(struct state *s, struct pt_err *err) {
  for (int t = 0; t < PT_T_COUNT; t++) {
    s->of_type[t] = calloc((size_t)s->n + 1, sizeof *s->of_type[t]);
    if (!s->of_type[t]) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for metrics");
    for (uint32_t i = 0; i < s->n; i++)
      if (s->runs[i].types >> t & 1) s->of_type[t][s->n_of_type[t]++] = i;
  }
  return 0;
}

static uint64_t fields_of(const struct pt_metric_run *r) {
  uint64_t fields = r->has_of ? r->of.fields : 0;
  for (uint32_t i = 0; i < r->n_where; i++) fields |= r->where[i].fields;
  return fields;
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  const struct pt_metrics *metrics = &ctx->conf->metrics;
  if (metrics->n == 0) return 0;
  PT_TRY(pt_metric_names(ctx, err));
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  struct pt_colopen open = {ctx, schema, fields, "metrics"};
  s->runs = calloc(metrics->n, sizeof *s->runs);
  if (!s->runs) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for metrics");
  for (uint32_t i = 0; i < metrics->n; i++) PT_TRY(open_run(s, &metrics->v[i], &open, err));
  for (uint32_t i = 0; i < s->n; i++)
    if (s->runs[i].n_windows) *fields |= fields_of(&s->runs[i]);
  PT_TRY(list_types(s, err));
  return pt_facts_opened(state, &s->cols, close_state);
}

static uint64_t types(void *state) {
  const struct state *s = state;
  uint64_t all = 0;
  for (uint32_t i = 0; i < s->n; i++) all |= s->runs[i].types;
  return all;
}

/* A purchase of a negative amount is a refund, and comes as a purchase. */
static void carry(void *state, uint64_t by_type[PT_T_COUNT]) {
  const struct state *s = state;
  for (uint32_t i = 0; i < s->n; i++) {
    uint64_t fields = fields_of(&s->runs[i]), of = s->runs[i].types;
    if (of & PT_TYPE_BIT(PT_T_REFUND)) of |= PT_TYPE_BIT(PT_T_PURCHASE);
    for (int t = 0; t < PT_T_COUNT; t++)
      if (of >> t & 1) by_type[t] |= fields;
  }
}

/* -- running -- */

/* Which unknown names it takes, by code. */
static int list_others(struct pt_metric_run *r, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  if (r->conf->events.n == 0 || !(r->types & PT_TYPE_BIT(PT_T_OTHER))) return 0;
  free(r->other);
  r->other = calloc((size_t)ctx->n_dict[PT_F_EVENT] + 1, 1);
  if (!r->other) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for metrics");
  for (uint32_t i = 0; i < r->conf->events.n; i++) {
    int64_t code = pt_facts_code(ctx, PT_F_EVENT, r->conf->events.v[i]);
    if (code >= 0) r->other[code] = 1;
  }
  return 0;
}

static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  struct state *s = state;
  s->ctx = *ctx;
  for (uint32_t i = 0; i < s->n; i++) {
    struct pt_metric_run *r = &s->runs[i];
    if (r->n_windows == 0) continue;
    r->mem = ctx->mem;
    PT_TRY(list_others(r, ctx, err));
    if (r->has_of) PT_TRY(pt_metric_expr_start(&r->of, ctx, err));
    for (uint32_t k = 0; k < r->n_where; k++) PT_TRY(pt_metric_expr_start(&r->where[k], ctx, err));
  }
  return 0;
}

static void begin(void *state) {
  struct state *s = state;
  s->seq = 0;
  for (uint32_t i = 0; i < s->n; i++) pt_metric_begin(&s->runs[i]);
}

static bool takes(struct pt_metric_run *r, const struct pt_metric_at *at) {
  if (r->other && at->e->type == PT_T_OTHER) {
    uint64_t code = (uint64_t)pt_ev(at->e, PT_F_EVENT, -1);
    if (code >= at->ctx->n_dict[PT_F_EVENT] || !r->other[code]) return false;
  }
  for (uint32_t i = 0; i < r->n_where; i++)
    if (!pt_metric_true(&r->where[i], at)) return false;
  return true;
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  struct state *s = state;
  enum pt_type type = pt_type_as(e, d);
  struct pt_metric_at at = {&s->ctx, e, d};
  uint64_t seq = s->seq++;
  for (uint32_t i = 0; i < s->n_of_type[type]; i++) {
    struct pt_metric_run *r = &s->runs[s->of_type[type][i]];
    uint32_t w = 0;
    while (w < r->n_windows && (uint32_t)d->days_since >= r->windows[w]) w++;
    if (w < r->n_windows && takes(r, &at)) PT_TRY(pt_metric_take(r, &at, w, seq, err));
  }
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  struct state *s = state;
  pt_facts_cols_at(&s->cols, to, range, row);
  for (uint32_t i = 0; i < s->n; i++) PT_TRY(pt_metric_put(&s->runs[i], &s->cols, &s->ctx, err));
  return 0;
}

const struct pt_family pt_facts_metrics = {
    .name = "metrics",
    .open = open_state,
    .close = close_state,
    .start = start,
    .types = types,
    .carry = carry,
    .begin = begin,
    .event = event,
    .end = end,
};

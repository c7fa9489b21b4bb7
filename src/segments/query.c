/* Which rows hold: the expression run over the file's columns, batch by batch. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "query_priv.h"

int pt_query_column_open(struct pt_query *q, uint32_t number, struct query_column *out, struct pt_err *err) {
  *out = (struct query_column){.number = number};
  PT_TRY(pt_profiles_column(q->file, number, &out->about, err));
  if (out->about.kind == PT_P_REAL)
    out->values.real = malloc(PT_QUERY_BATCH * sizeof(double));
  else
    out->values.whole = malloc(PT_QUERY_BATCH * sizeof(int64_t));
  out->values.absent = malloc(PT_QUERY_BATCH);
  return (out->values.real || out->values.whole) && out->values.absent ? 0 : pt_query_no_memory(err);
}

int pt_query_column_read(struct pt_query *q, struct query_column *c, uint64_t first, uint64_t n, struct pt_err *err) {
  return pt_profiles_read(q->file, c->number, first, n, &c->values, err);
}

void pt_query_column_close(struct query_column *c) {
  free(c->values.real);
  free(c->values.whole);
  free(c->values.absent);
}

/* Operands are numbers of the file's columns. */
struct names {
  struct pt_profiles *file;
  struct pt_err *err;
};

static int find(void *ctx, struct pt_slice name, enum pt_xtype *type) {
  const struct names *n = ctx;
  int64_t at = pt_profiles_find(n->file, name.p, name.n);
  struct pt_profile_column c;
  if (at < 0 || pt_profiles_column(n->file, (uint32_t)at, &c, n->err)) return -1;
  *type = c.kind == PT_P_LABEL ? PT_X_TEXT : c.kind == PT_P_FLAG ? PT_X_BOOL : PT_X_NUMBER;
  return (int)at;
}

static const char *suggest(void *ctx, uint32_t i) {
  const struct names *n = ctx;
  return i < pt_profiles_columns(n->file) ? pt_profiles_name(n->file, i) : NULL;
}

static unsigned traits(void *ctx, int operand) {
  const struct names *n = ctx;
  struct pt_profile_column c;
  if (pt_profiles_column(n->file, (uint32_t)operand, &c, n->err)) return 0;
  return (strncmp(c.unit, "ms since 1970", 13) == 0 ? PT_X_TIME : 0u) | (c.single ? PT_X_FLOAT32 : 0u);
}

/* The days that the file's run went by, for days_since(). */
static int read_clock(struct pt_query *q, struct pt_err *err) {
  struct pt_time_format iso = {.kind = PT_TIME_ISO};
  char *text;
  PT_TRY(pt_profiles_run(q->file, &text, err));
  json_t *run = json_loads(text, 0, NULL);
  const char *zone = json_string_value(json_object_get(run, "timezone"));
  const char *as_of = json_string_value(json_object_get(run, "as_of"));
  int64_t t, from, to;
  int code = 0;
  if (zone && as_of && !(code = pt_zone_open(&q->zone, zone, err)) &&
      pt_time_parse(&iso, q->zone, pt_slice_of(as_of), &t) == 0)
    q->clock = (struct pt_xclock){q->zone, pt_floor_div(t - 1 + pt_zone_offset(q->zone, t - 1, &from, &to), PT_DAY_MS)};
  json_decref(run);
  free(text);
  return code;
}

static int compile(struct pt_query *q, struct pt_err *err) {
  struct pt_err broken = {0}, why = {0};
  struct names ctx = {q->file, &broken};
  struct pt_xnames names = {
      .ctx = &ctx, .find = find, .suggest = suggest, .traits = traits, .clock = q->clock.zone ? &q->clock : NULL};
  int code = pt_expr_compile(&q->expr, q->conf->expression, PT_X_BOOL, &names, &why);
  if (code == 0) return 0;
  if (broken.code) why = broken;
  return pt_fail(err, "segment", why.code == PT_CONFIG ? PT_USAGE : (enum pt_code)why.code, 0, "%s", why.text);
}

struct batch {
  struct query_column *columns; /* those that the expression reads */
  const int *reads;
  uint32_t n;
  uint64_t row;
};

static void get(void *ctx, int operand, struct pt_xvalue *out) {
  const struct batch *b = ctx;
  uint32_t i = 0;
  while (b->reads[i] != operand) i++;
  const struct query_column *c = &b->columns[i];
  *out = (struct pt_xvalue){.type = PT_X_ANY};
  if (c->values.absent[b->row]) return;
  if (c->about.kind == PT_P_REAL) {
    *out = (struct pt_xvalue){.type = PT_X_NUMBER, .number = c->values.real[b->row]};
    return;
  }
  int64_t v = c->values.whole[b->row];
  if (c->about.kind == PT_P_LABEL)
    *out = (struct pt_xvalue){.type = PT_X_TEXT, .text = pt_slice_of(c->about.labels[v])};
  else if (c->about.kind == PT_P_FLAG)
    *out = (struct pt_xvalue){.type = PT_X_BOOL, .truth = v != 0};
  else
    *out = (struct pt_xvalue){.type = PT_X_NUMBER, .exact = true, .mantissa = v, .number = (double)v};
}

static int run_batches(struct pt_query *q, struct batch *b, struct pt_err *err) {
  for (uint64_t done = 0; done < q->n; done += PT_QUERY_BATCH) {
    uint64_t n = q->n - done < PT_QUERY_BATCH ? q->n - done : PT_QUERY_BATCH;
    for (uint32_t i = 0; i < b->n; i++) PT_TRY(pt_query_column_read(q, &b->columns[i], q->first + done, n, err));
    for (b->row = 0; b->row < n; b->row++) {
      struct pt_xvalue v;
      pt_expr_eval(q->expr, get, b, &v);
      q->in[done + b->row] = v.type == PT_X_BOOL && v.truth;
      q->mine += q->in[done + b->row];
    }
  }
  return 0;
}

static int evaluate(struct pt_query *q, struct pt_err *err) {
  struct batch b = {0};
  b.reads = pt_expr_reads(q->expr, &b.n);
  b.columns = calloc((size_t)b.n + 1, sizeof *b.columns);
  q->in = calloc(q->n + 1, 1);
  int code = b.columns && q->in ? 0 : pt_query_no_memory(err);
  for (uint32_t i = 0; i < b.n && !code; i++) code = pt_query_column_open(q, (uint32_t)b.reads[i], &b.columns[i], err);
  if (!code) code = run_batches(q, &b, err);
  for (uint32_t i = 0; b.columns && i < b.n; i++) pt_query_column_close(&b.columns[i]);
  free(b.columns);
  return code;
}

static int open_share(struct pt_query *q, struct pt_err *err) {
  PT_TRY(pt_profiles_open(&q->file, q->conf->file, err));
  uint64_t users = pt_profiles_users(q->file), rank = (uint64_t)pt_comm_rank(q->c), size = (uint64_t)pt_comm_size(q->c);
  uint64_t share = users / size, rest = users % size;
  q->first = rank * share + (rank < rest ? rank : rest);
  q->n = share + (rank < rest);
  PT_TRY(read_clock(q, err));
  return compile(q, err);
}

int pt_query_open(struct pt_query **out, struct pt_comm *c, const struct pt_query_conf *conf, struct pt_err *err) {
  struct pt_query *q = *out = calloc(1, sizeof *q);
  if (q) *q = (struct pt_query){.c = c, .conf = conf};
  if (!q) (void)pt_query_no_memory(err);
  if (q) PT_LATER(open_share(q, err));
  PT_TRY(pt_agree(c, err)); /* a mistake is said before any row is read */
  PT_LATER(evaluate(q, err));
  PT_TRY(pt_agree(c, err));
  q->users = q->mine;
  pt_sum_u64(c, &q->users, 1);
  if (q->users < conf->privacy_k)
    return pt_fail(err, "segment", PT_REJECTED, 0, "fewer than %u users: nothing is told of them", conf->privacy_k);
  return 0;
}

void pt_query_close(struct pt_query *q) {
  if (!q) return;
  pt_expr_free(q->expr);
  pt_zone_close(q->zone);
  pt_profiles_close(q->file);
  free(q->in);
  free(q);
}

uint64_t pt_query_users(const struct pt_query *q) {
  return q->users;
}
uint64_t pt_query_all(const struct pt_query *q) {
  return pt_profiles_users(q->file);
}

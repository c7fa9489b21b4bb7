/* Each segment's expression is compiled once against the schema and run over the rows of one range after the other, so
 * a range is in memory once. Memory: the programs. */
#include <math.h>
#include <portrait/expr.h>
#include <portrait/tags.h>
#include <stdlib.h>

struct rule {
  struct pt_expr *e;
  uint32_t column;
};

struct pt_tags {
  const struct pt_schema *schema;
  struct rule *rules;
  uint32_t n;
};

static bool readable(const struct pt_column *c) {
  return c->type != PT_C_BYTES && c->width == 1;
}

static int find(void *ctx, struct pt_slice name, enum pt_xtype *type) {
  const struct pt_schema *s = ctx;
  for (uint32_t i = 0; i < s->n; i++) {
    const struct pt_column *c = &s->columns[i];
    if (!readable(c) || !pt_slice_eq(pt_slice_of(c->name), name)) continue;
    *type = c->type == PT_C_LABEL ? PT_X_TEXT : c->type == PT_C_BOOL ? PT_X_BOOL : PT_X_NUMBER;
    return (int)i;
  }
  return -1;
}

/* Hidden columns stand as "" so that numbers stay dense. */
static const char *suggest(void *ctx, uint32_t i) {
  const struct pt_schema *s = ctx;
  if (i >= s->n) return NULL;
  return s->columns[i].where == PT_HIDDEN || !readable(&s->columns[i]) ? "" : s->columns[i].name;
}

static int compile(struct pt_tags *t, const struct pt_segment_rule *rule, struct pt_expr **out, struct pt_err *err) {
  struct pt_err why = {0};
  struct pt_xnames names = {.ctx = (void *)t->schema, .find = find, .suggest = suggest};
  if (pt_expr_compile(out, rule->when.text, PT_X_BOOL, &names, &why) == 0) return 0;
  return pt_fail(err, "tags", (enum pt_code)why.code, 0, "%s: segments.%s: %s", rule->when.place, rule->name, why.text);
}

int pt_tags_open(struct pt_tags **out, const struct pt_conf *conf, struct pt_schema *schema, struct pt_err *err) {
  struct pt_tags *t = *out = calloc(1, sizeof *t);
  if (t) t->rules = calloc(conf->segments.n + 1, sizeof *t->rules);
  if (!t || !t->rules) return pt_fail(err, "tags", PT_MEMORY, 0, "out of memory for the segments");
  t->schema = schema;
  for (; t->n < conf->segments.n; t->n++) /* none reads another: all are compiled before a column is added */
    PT_TRY(compile(t, &conf->segments.v[t->n], &t->rules[t->n].e, err));
  for (uint32_t i = 0; i < t->n; i++) {
    const struct pt_segment_rule *rule = &conf->segments.v[i];
    PT_TRY(pt_schema_segment(schema, rule->name, rule->description ? rule->description : rule->when.text,
                             &t->rules[i].column, err));
  }
  return 0;
}

void pt_tags_close(struct pt_tags *t) {
  if (!t) return;
  for (uint32_t i = 0; i < t->n; i++) pt_expr_free(t->rules[i].e);
  free(t->rules);
  free(t);
}

struct row {
  struct pt_rows *rows;
  uint32_t range, row;
};

static void set_integer(struct pt_xvalue *out, int64_t v) {
  *out = (struct pt_xvalue){.type = PT_X_NUMBER, .exact = true, .mantissa = v, .number = (double)v};
}

static void set_double(struct pt_xvalue *out, double v) {
  if (!isnan(v)) *out = (struct pt_xvalue){.type = PT_X_NUMBER, .number = v};
}

static void set_label(const struct pt_labels *l, int32_t code, struct pt_xvalue *out) {
  if (code < 0) return;
  *out = (struct pt_xvalue){.type = PT_X_TEXT,
                            .text = l->names ? pt_slice_of(l->names[code]) : pt_dict_at(l->dict, (uint32_t)code)};
}

static void get(void *ctx, int operand, struct pt_xvalue *out) {
  const struct row *r = ctx;
  uint32_t column = (uint32_t)operand;
  const struct pt_column *c = &pt_rows_schema(r->rows)->columns[column];
  const uint8_t *mask = pt_rows_mask(r->rows, r->range, column);
  const void *v = pt_rows_values(r->rows, r->range, column);
  if (mask && mask[r->row]) return;
  switch (c->type) {
    case PT_C_U8:
      set_integer(out, ((const uint8_t *)v)[r->row]);
      break;
    case PT_C_U16:
      set_integer(out, ((const uint16_t *)v)[r->row]);
      break;
    case PT_C_U32:
      set_integer(out, ((const uint32_t *)v)[r->row]);
      break;
    case PT_C_I32:
      set_integer(out, ((const int32_t *)v)[r->row]);
      break;
    case PT_C_I64:
      set_integer(out, ((const int64_t *)v)[r->row]);
      break;
    case PT_C_F32:
      set_double(out, (double)((const float *)v)[r->row]);
      break;
    case PT_C_F64:
      set_double(out, ((const double *)v)[r->row]);
      break;
    case PT_C_BOOL:
      *out = (struct pt_xvalue){.type = PT_X_BOOL, .truth = ((const uint8_t *)v)[r->row] != 0};
      break;
    default:
      set_label(&c->labels, ((const int32_t *)v)[r->row], out);
      break;
  }
}

static void run_rule(const struct rule *rule, struct pt_rows *rows, uint32_t range) {
  uint8_t *to = pt_rows_values(rows, range, rule->column);
  struct row r = {rows, range, 0};
  for (; r.row < pt_rows_in(rows, range); r.row++) {
    struct pt_xvalue v;
    pt_expr_eval(rule->e, get, &r, &v);
    to[r.row] = v.type == PT_X_BOOL && v.truth;
  }
}

int pt_tags_run(struct pt_tags *t, struct pt_rows *rows, struct pt_err *err) {
  (void)err;
  for (uint32_t range = 0; range < pt_rows_ranges(rows) && t->n; range++) {
    for (uint32_t i = 0; i < t->n; i++) run_rule(&t->rules[i], rows, range);
    pt_rows_done(rows, range);
  }
  return 0;
}

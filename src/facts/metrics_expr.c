/* Expressions over an event's typed fields, by src/expr's evaluator. An expression that reads one dictionary field
 * alone is worked out once for each of its codes when the dictionaries are known: no text is looked at per event.
 * Memory: 64 bytes for each code of such a field, and the texts that text expressions gave. */
#include "facts/metrics.h"

#include <math.h>
#include <portrait/decimal.h>
#include <portrait/nearest.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const derived[PT_MO_COUNT - PT_F_COUNT] = {"hour", "weekday", "days_since"};

/* -- names -- */

struct names {
  bool keys_as_numbers;
  enum pt_field absent; /* a field that does not travel with events; PT_F_COUNT = none was met */
};

static int find(void *ctx, struct pt_slice name, enum pt_xtype *type) {
  struct names *names = ctx;
  *type = PT_X_NUMBER;
  for (int i = PT_F_COUNT; i < PT_MO_COUNT; i++)
    if (pt_slice_eq(name, pt_slice_of(derived[i - PT_F_COUNT]))) return i;
  enum pt_field f = pt_field_of(name);
  if (f == PT_F_COUNT) return -1;
  enum pt_field_kind kind = pt_field_info[f].kind;
  if (kind == PT_K_TEXT) {
    names->absent = f;
    return -1;
  }
  if (kind == PT_K_DICT || (kind == PT_K_KEY && !names->keys_as_numbers)) *type = PT_X_TEXT;
  return (int)f;
}

static const char *suggest(void *ctx, uint32_t i) {
  (void)ctx;
  if (i >= PT_MO_COUNT) return NULL;
  if (i >= PT_F_COUNT) return derived[i - PT_F_COUNT];
  return pt_field_info[i].kind == PT_K_TEXT ? "" : pt_field_info[i].name;
}

/* -- an operand's value -- */

/* Event names as one dictionary: the catalogue's, then the others by code. */
static uint32_t name_code(const struct pt_event *e, const struct pt_derived *d) {
  enum pt_type type = pt_type_as(e, d);
  return type == PT_T_OTHER ? (uint32_t)PT_T_COUNT + (uint32_t)pt_ev(e, PT_F_EVENT, 0) : (uint32_t)type;
}

static int64_t code_of(const struct pt_metric_at *at, int field) {
  return field == PT_F_EVENT ? (int64_t)name_code(at->e, at->d) : pt_ev(at->e, (enum pt_field)field, -1);
}

static struct pt_slice code_text(const struct pt_facts_ctx *ctx, int field, int64_t code) {
  if (field == PT_F_EVENT && code < PT_T_COUNT) return pt_slice_of(pt_type_name[code]);
  return pt_code_text(ctx, (enum pt_field)field, field == PT_F_EVENT ? code - PT_T_COUNT : code);
}

static void set_exact(struct pt_xvalue *out, int64_t v, int scale) {
  static const double one[] = {1, 1e1, 1e2, 1e3, 1e4};
  *out = (struct pt_xvalue){
      .type = PT_X_NUMBER, .exact = true, .mantissa = v, .scale = scale, .number = (double)v / one[scale]};
}

static void set_real(struct pt_xvalue *out, int64_t bits) {
  double v;
  memcpy(&v, &bits, sizeof v);
  if (isfinite(v)) *out = (struct pt_xvalue){.type = PT_X_NUMBER, .number = v};
}

static void get_field(const struct pt_metric_at *at, enum pt_field f, struct pt_xvalue *out) {
  const struct pt_event *e = at->e;
  if (f == PT_F_TIME) {
    set_exact(out, e->time, 0);
  } else if (f == PT_F_QUANTITY) { /* absent: 1 */
    set_exact(out, pt_ev(e, f, PT_QTY_SCALE), PT_QTY_DIGITS);
  } else if (pt_field_info[f].kind == PT_K_DICT) {
    struct pt_slice text = code_text(at->ctx, f, code_of(at, (int)f));
    if (text.p) *out = (struct pt_xvalue){.type = PT_X_TEXT, .text = text};
  } else if (e->has & PT_BIT(f)) {
    /* amounts of purchases, refunds, returns, .. are taken absolute */
    int64_t v = f == PT_F_AMOUNT && (PT_MONEY_TYPES >> e->type & 1) ? at->d->money : e->v[f];
    switch (pt_field_info[f].kind) {
      case PT_K_MONEY:
        set_exact(out, v, PT_MONEY_DIGITS);
        break;
      case PT_K_QTY:
        set_exact(out, v, PT_QTY_DIGITS);
        break;
      case PT_K_KEY:
        set_exact(out, pt_metric_key((uint64_t)v), 0);
        break;
      case PT_K_REAL:
        set_real(out, v);
        break;
      default:
        set_exact(out, v, 0);
        break;
    }
  }
}

static void get(void *ctx, int operand, struct pt_xvalue *out) {
  const struct pt_metric_at *at = ctx;
  if (operand == PT_MO_HOUR)
    set_exact(out, at->d->hour, 0);
  else if (operand == PT_MO_WEEKDAY)
    set_exact(out, at->d->weekday, 0);
  else if (operand == PT_MO_DAYS_SINCE)
    set_exact(out, at->d->days_since, 0);
  else
    get_field(at, (enum pt_field)operand, out);
}

/* -- compiling -- */

static int blame(const struct pt_metric *m, const char *key, const struct pt_rule *text, const char *what,
                 struct pt_err *err) {
  return pt_fail(err, "conf", PT_CONFIG, 0, "%s: metrics.%s.%s: %s", text->place, m->name, key, what);
}

/* Every expression has one type; which one is found by asking. */
static int compile_any(struct pt_metric_expr *out, const char *text, enum pt_xtype want, const struct pt_xnames *names,
                       struct pt_err *err) {
  static const enum pt_xtype types[] = {PT_X_NUMBER, PT_X_BOOL, PT_X_TEXT};
  for (int i = 0; i < 3 && want == PT_X_ANY; i++) {
    struct pt_err not_this = {0};
    out->type = types[i];
    if (pt_expr_compile(&out->e, text, types[i], names, &not_this) == 0) return 0;
  }
  out->type = want;
  PT_TRY(pt_expr_compile(&out->e, text, want, names, err));
  if (want != PT_X_ANY) return 0;
  return pt_fail(err, "facts", PT_CONFIG, 0, "neither a number nor a text nor a yes-or-no value");
}

static void list_reads(struct pt_metric_expr *out) {
  uint32_t n;
  const int *reads = pt_expr_reads(out->e, &n);
  out->field = n == 1 && reads[0] < PT_F_COUNT && pt_field_info[reads[0]].kind == PT_K_DICT ? reads[0] : -1;
  for (uint32_t i = 0; i < n; i++)
    if (reads[i] < PT_F_COUNT) out->fields |= PT_BIT(reads[i]);
}

/* The text has been compiled with keys as texts; now as it will run. */
static int compile_final(struct pt_metric_expr *out, const char *text, enum pt_xtype want, struct pt_err *err) {
  struct names last = {true, PT_F_COUNT};
  struct pt_xnames names = {.ctx = &last, .find = find, .suggest = suggest};
  *out = (struct pt_metric_expr){.field = -1};
  PT_TRY(compile_any(out, text, want, &names, err));
  list_reads(out);
  return 0;
}

/* *final is the text as it will run. */
static int check_text(const struct pt_metric *m, const char *key, const struct pt_rule *text, enum pt_xtype want,
                      const struct pt_conf *conf, char **final, struct pt_err *err) {
  struct names first = {false, PT_F_COUNT};
  struct pt_xnames names = {.ctx = &first, .find = find, .suggest = suggest};
  struct pt_metric_expr trial = {0};
  struct pt_err mistake = {0};
  char what[160];
  int failed = compile_any(&trial, text->text, want, &names, &mistake);
  pt_expr_free(trial.e);
  if (!failed) failed = pt_metric_hash_keys(text->text, conf->integer_ids, final, &mistake);
  if (!failed) return 0;
  if (first.absent != PT_F_COUNT) {
    snprintf(what, sizeof what, "the field %s is not kept with events, so no metric can read it",
             pt_field_info[first.absent].name);
    return blame(m, key, text, what, err);
  }
  if (mistake.code != PT_CONFIG) return pt_fail(err, mistake.stage, (enum pt_code)mistake.code, 0, "%s", mistake.text);
  return blame(m, key, text, mistake.text, err);
}

/* One name of a field alone. */
static bool bare(struct pt_metric_expr *out, const char *text) {
  struct pt_slice name = pt_slice_trim(pt_slice_of(text));
  enum pt_field f = pt_field_of(name);
  if (f == PT_F_COUNT || pt_field_info[f].kind == PT_K_TEXT) return false;
  enum pt_field_kind kind = pt_field_info[f].kind;
  *out = (struct pt_metric_expr){.field = (int)f, .fields = PT_BIT(f), .type = PT_X_NUMBER};
  if (kind == PT_K_DICT) out->type = PT_X_TEXT;
  if (kind == PT_K_KEY) out->type = PT_X_ANY;
  return true;
}

int pt_metric_compile(struct pt_metric_expr *out, const struct pt_metric *m, const char *key,
                      const struct pt_rule *text, enum pt_xtype want, const struct pt_conf *conf, struct pt_err *err) {
  if (want == PT_X_ANY && bare(out, text->text)) return 0;
  char *final = NULL;
  PT_TRY(check_text(m, key, text, want, conf, &final, err));
  int failed = compile_final(out, final, want, err);
  free(final);
  return failed;
}

int pt_metric_compile_where(struct pt_metric_run *r, const struct pt_conf *conf, struct pt_err *err) {
  const struct pt_metric *m = r->conf;
  char *final = NULL;
  uint32_t at[16];
  PT_TRY(check_text(m, "where", &m->where, PT_X_BOOL, conf, &final, err));
  uint32_t n = pt_metric_split(final, at, PT_COUNT_OF(at));
  r->where = calloc(n, sizeof *r->where);
  if (!r->where) pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for metrics");
  for (int memo = 1; memo >= 0 && !err->code; memo--) /* what is a look-up goes first */
    for (uint32_t i = 0; i < n && !err->code; i++) {
      struct pt_metric_expr x;
      int failed = compile_final(&x, final + at[i], PT_X_BOOL, err);
      if (!failed && (x.field >= 0) == memo)
        r->where[r->n_where++] = x;
      else
        pt_metric_expr_free(&x);
    }
  free(final);
  return err->code;
}

void pt_metric_expr_free(struct pt_metric_expr *x) {
  pt_expr_free(x->e);
  pt_dict_free(x->texts);
  free(x->memo);
  free(x->memo_id);
  *x = (struct pt_metric_expr){.field = -1};
}

/* -- running -- */

static int no_memory(struct pt_err *err) {
  return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for the values of a metric");
}

/* The event with one code of the field, and nothing else. */
static void pretend(struct pt_event *e, struct pt_derived *d, int field, int64_t code) {
  *e = (struct pt_event){.type = PT_T_VIEW};
  *d = (struct pt_derived){0};
  if (code < 0) return;
  if (field == PT_F_EVENT) {
    e->type = (uint8_t)(code < PT_T_COUNT ? code : PT_T_OTHER);
    d->refund = e->type == PT_T_REFUND;
    code -= PT_T_COUNT;
  }
  e->v[field] = code;
  e->has = PT_BIT(field);
}

/* Texts are kept by the dictionary: those that lower() made are gone with the next evaluation. */
static int intern(struct pt_metric_expr *x, struct pt_xvalue *v, uint32_t *id, struct pt_err *err) {
  *id = PT_NO_CODE;
  if (v->type != PT_X_TEXT || x->type != PT_X_TEXT) return 0;
  if (!x->texts && !(x->texts = pt_dict_new())) return no_memory(err);
  *id = pt_dict_put(x->texts, v->text);
  if (*id == PT_NO_CODE) return no_memory(err);
  v->text = pt_dict_at(x->texts, *id);
  return 0;
}

int pt_metric_expr_start(struct pt_metric_expr *x, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  if (!x->e || x->field < 0) return 0;
  uint32_t n = ctx->n_dict[x->field] + 1 + (x->field == PT_F_EVENT ? PT_T_COUNT : 0);
  free(x->memo);
  free(x->memo_id);
  x->memo = NULL;
  x->memo_id = malloc(n * sizeof *x->memo_id);
  struct pt_xvalue *memo = malloc(n * sizeof *memo);
  if (!memo || !x->memo_id) {
    free(memo);
    return no_memory(err);
  }
  struct pt_event e;
  struct pt_derived d;
  struct pt_metric_at at = {ctx, &e, &d};
  int failed = 0;
  for (uint32_t i = 0; i < n && !failed; i++) {
    pretend(&e, &d, x->field, (int64_t)i - 1);
    pt_expr_eval(x->e, get, &at, &memo[i]);
    failed = intern(x, &memo[i], &x->memo_id[i], err);
  }
  x->memo = memo;
  x->n_memo = n;
  return failed;
}

static uint32_t memo_place(const struct pt_metric_expr *x, const struct pt_metric_at *at) {
  uint64_t i = (uint64_t)(code_of(at, x->field) + 1);
  return i < x->n_memo ? (uint32_t)i : 0;
}

void pt_metric_value(struct pt_metric_expr *x, const struct pt_metric_at *at, struct pt_xvalue *out) {
  if (x->memo) {
    *out = x->memo[memo_place(x, at)];
  } else if (x->e) {
    pt_expr_eval(x->e, get, (void *)(uintptr_t)at, out);
  } else {
    *out = (struct pt_xvalue){0};
    get_field(at, (enum pt_field)x->field, out);
  }
  if (out->type == PT_X_BOOL) set_exact(out, out->truth, 0);
}

bool pt_metric_true(struct pt_metric_expr *x, const struct pt_metric_at *at) {
  struct pt_xvalue v;
  if (x->memo) {
    const struct pt_xvalue *known = &x->memo[memo_place(x, at)];
    return known->type == PT_X_BOOL && known->truth;
  }
  pt_expr_eval(x->e, get, (void *)(uintptr_t)at, &v);
  return v.type == PT_X_BOOL && v.truth;
}

int pt_metric_text_id(struct pt_metric_expr *x, const struct pt_metric_at *at, uint32_t *id, struct pt_err *err) {
  if (!x->e) {
    int64_t code = code_of(at, x->field);
    *id = code < 0 ? PT_NO_CODE : (uint32_t)code;
    return 0;
  }
  if (x->memo) {
    *id = x->memo_id[memo_place(x, at)];
    return 0;
  }
  struct pt_xvalue v;
  pt_expr_eval(x->e, get, (void *)(uintptr_t)at, &v);
  return intern(x, &v, id, err);
}

struct pt_slice pt_metric_id_text(const struct pt_metric_expr *x, const struct pt_facts_ctx *ctx, uint32_t id) {
  return x->e ? pt_dict_at(x->texts, id) : code_text(ctx, x->field, id);
}

/* where, amount and event of the format: expressions over the line's own names. */
#include "clean_priv.h"

#include <math.h>
#include <stdio.h>

static int find_name(void *ctx, struct pt_slice name, enum pt_xtype *type) {
  struct pt_cleaner *c = ctx;
  *type = PT_X_ANY;
  return pt_parser_name(c->parser, name);
}

static const char *suggest(void *ctx, uint32_t i) {
  struct pt_cleaner *c = ctx;
  if (i < c->format->n_fields) return c->format->fields[i].name;
  i -= c->format->n_fields;
  return i < PT_F_COUNT ? pt_field_info[i].name : NULL;
}

static void get_value(void *ctx, int operand, struct pt_xvalue *out) {
  struct pt_cleaner *c = ctx;
  const struct pt_value *v = &c->in->v[operand];
  *out = (struct pt_xvalue){.type = PT_X_ANY};
  if (v->kind == PT_V_TRUE || v->kind == PT_V_FALSE) {
    out->type = PT_X_BOOL;
    out->truth = v->kind == PT_V_TRUE;
    return;
  }
  struct pt_slice text = pt_clean_text(v);
  if (text.n == 0) return;
  if (v->kind != PT_V_NUMBER || !pt_x_number(text, out)) out->type = PT_X_TEXT;
  out->text = text; /* of a number too: where a text is asked its characters are one */
}

static bool is_word(const char *text) {
  struct pt_slice s = pt_slice_trim(pt_slice_of(text));
  for (size_t i = 0; i < s.n; i++) {
    char ch = s.p[i];
    if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '_')) return false;
  }
  return s.n > 0;
}

static int compile(struct pt_cleaner *c, struct pt_expr **out, const char *text, enum pt_xtype want,
                   struct pt_err *err) {
  if (!text) return 0;
  struct pt_xnames names = {.ctx = c, .find = find_name, .suggest = suggest};
  return pt_expr_compile(out, text, want, &names, err);
}

int pt_clean_rules(struct pt_cleaner *c, struct pt_err *err) {
  pt_clean_rules_free(c);
  const struct pt_format *f = c->format;
  PT_TRY(compile(c, &c->where, f->where, PT_X_BOOL, err));
  PT_TRY(compile(c, &c->amount, f->amount, PT_X_NUMBER, err));
  c->has_constant = f->event && is_word(f->event); /* one bare word is that event */
  if (c->has_constant) return 0;
  return compile(c, &c->event, f->event, PT_X_TEXT, err);
}

void pt_clean_rules_free(struct pt_cleaner *c) {
  pt_expr_free(c->where);
  pt_expr_free(c->amount);
  pt_expr_free(c->event);
  c->where = c->amount = c->event = NULL;
}

bool pt_clean_where(struct pt_cleaner *c) {
  if (!c->where) return true;
  struct pt_xvalue v;
  pt_expr_eval(c->where, get_value, c, &v);
  return v.type == PT_X_BOOL && v.truth;
}

bool pt_clean_event_rule(struct pt_cleaner *c, struct pt_slice *name) {
  if (c->has_constant) {
    *name = pt_slice_trim(pt_slice_of(c->format->event));
    return true;
  }
  struct pt_xvalue v;
  pt_expr_eval(c->event, get_value, c, &v);
  *name = pt_slice_trim(v.text);
  return v.type == PT_X_TEXT && name->n > 0;
}

int pt_clean_amount_rule(struct pt_cleaner *c, int64_t *amount) {
  struct pt_xvalue v;
  pt_expr_eval(c->amount, get_value, c, &v);
  if (v.type == PT_X_TEXT && !pt_x_number(v.text, &v)) return 0;
  if (v.type != PT_X_NUMBER || isnan(v.number)) return 0;
  if (fabs(v.number) > (double)PT_MAX_MONEY) return -1;
  if (!v.exact) {
    *amount = llround(v.number * PT_MONEY_SCALE);
    return 1;
  }
  __int128 m = v.mantissa;
  int shift = v.scale - PT_MONEY_DIGITS;
  for (; shift < 0; shift++) m *= 10;
  bool negative = m < 0;
  if (negative) m = -m;
  unsigned last = 0;
  for (; shift > 0; shift--) {
    last = (unsigned)(m % 10);
    m /= 10;
  }
  m += last >= 5;
  *amount = negative ? -(int64_t)m : (int64_t)m;
  return 1;
}

/* Metrics of the job file inside the family: a metric compiled, and what one user's events make of it. */
#ifndef PT_FACTS_METRICS_H
#define PT_FACTS_METRICS_H
#include <portrait/dict.h>
#include <portrait/expr.h>

#include "facts/days.h"
#include "facts/family.h"
#include "facts/modal.h"

#define PT_METRIC_DIGITS 9 /* of an expression's value behind the point in a sum */

/* What an expression may read beside the event's fields: operands behind PT_F_COUNT. */
enum { PT_MO_HOUR = PT_F_COUNT, PT_MO_WEEKDAY, PT_MO_DAYS_SINCE, PT_MO_COUNT };

struct pt_metric_at { /* the event at hand */
  const struct pt_facts_ctx *ctx;
  const struct pt_event *e;
  const struct pt_derived *d;
};

/* An expression over an event. Where it reads one dictionary field and nothing else its value is worked out once for
 * each code, at start. */
struct pt_metric_expr {
  struct pt_expr *e;      /* NULL: the bare field `field` */
  enum pt_xtype type;     /* PT_X_ANY: a key, of which only equality is known */
  int field;              /* bare, or memoised: the operand it reads; else -1 */
  uint64_t fields;        /* event fields it reads */
  struct pt_xvalue *memo; /* by code + 1, 0 = absent; NULL: evaluated each time */
  uint32_t *memo_id;      /* texts: their ids */
  uint32_t n_memo;
  struct pt_dict *texts; /* what a text expression gave; ids are its codes */
};

/* The largest a column's window reaches gets what the smaller ones have: cells are by smallest window until the end. */
struct pt_metric_cell {
  __int128 sum;
  double number;
  int64_t time;
  uint64_t n, seq; /* seq: place of `number`, `time` or `id` among the user's events */
  uint32_t id;
};

struct pt_metric_run {
  const struct pt_metric *conf;
  uint32_t *windows;            /* of the wanted columns: days, ascending */
  uint32_t n_windows, slot;     /* columns, from slot */
  uint64_t types;               /* bits of the types it takes */
  uint8_t *other;               /* by code of an unknown event name; NULL: all of them, or none */
  struct pt_metric_expr of;     /* of.type tells what the values are; unused where !has_of */
  bool has_of, of_time;         /* of_time: the bare field is a time */
  struct pt_metric_expr *where; /* all of them must be true; those with a memo first */
  uint32_t n_where;
  int digits;              /* sums are in 10^-digits */
  struct pt_dict **labels; /* a column's vocabulary */
  /* one user's */
  bool any;
  struct pt_metric_cell cell[PT_MAX_WINDOWS];
  struct pt_table seen; /* distinct: value to the smallest window it was met in */
  struct pt_mem *mem;   /* told of what `seen` holds: `charged` bytes */
  uint64_t charged;
  struct pt_modal *modal; /* top: one a window */
  struct pt_days days;
};

/* -- metrics_expr.c -- */
/* Compiles `text`; `want` PT_X_ANY takes numbers, texts and truths and says which in out->type. */
int pt_metric_compile(struct pt_metric_expr *out, const struct pt_metric *m, const char *key,
                      const struct pt_rule *text, enum pt_xtype want, const struct pt_conf *conf,
                      struct pt_err *err) PT_MUST_CHECK;
/* `where` as conditions that must all hold. */
int pt_metric_compile_where(struct pt_metric_run *r, const struct pt_conf *conf, struct pt_err *err) PT_MUST_CHECK;
/* ctx has its dictionaries now: works out the memos. */
int pt_metric_expr_start(struct pt_metric_expr *x, const struct pt_facts_ctx *ctx, struct pt_err *err) PT_MUST_CHECK;
void pt_metric_expr_free(struct pt_metric_expr *x);
/* Its value for an event; PT_X_ANY: unknown. Not for keys. */
void pt_metric_value(struct pt_metric_expr *x, const struct pt_metric_at *at, struct pt_xvalue *out);
/* The id of its text; PT_NO_CODE where unknown. */
int pt_metric_text_id(struct pt_metric_expr *x, const struct pt_metric_at *at, uint32_t *id,
                      struct pt_err *err) PT_MUST_CHECK;
struct pt_slice pt_metric_id_text(const struct pt_metric_expr *x, const struct pt_facts_ctx *ctx, uint32_t id);
bool pt_metric_true(struct pt_metric_expr *x, const struct pt_metric_at *at);

/* -- metrics_scan.c: an expression's text before it is compiled -- */
/* Texts that are compared with fields that travel as hashes become those hashes; 78 where such a field stands
 * elsewhere. *out is owned by the caller. */
int pt_metric_hash_keys(const char *text, bool integer_ids, char **out, struct pt_err *err) PT_MUST_CHECK;
/* Splits a condition at its outermost `and`s, in place: the number of parts, each NUL-terminated and starting at
 * text + at[i] (at most `most`; 1 where it cannot be split). */
uint32_t pt_metric_split(char *text, uint32_t *at, uint32_t most);
/* The number that stands for a key's hash in expressions. */
static inline int64_t pt_metric_key(uint64_t hash) {
  return (int64_t)(hash >> 1);
}

/* -- metrics_columns.c -- */
/* The columns of a metric in the schema where they are wanted: fills slots, windows, labels. */
int pt_metric_columns(struct pt_metric_run *r, struct pt_cols *cols, const struct pt_colopen *open,
                      struct pt_err *err) PT_MUST_CHECK;
/* 78 where a metric has the name of a catalogue column, whether that one is asked for or not. */
int pt_metric_names(const struct pt_facts_ctx *ctx, struct pt_err *err) PT_MUST_CHECK;

/* -- metrics_ops.c -- */
void pt_metric_begin(struct pt_metric_run *r);
/* Gives back what is charged for the user's distinct values. */
void pt_metric_forget(struct pt_metric_run *r);
/* An event that the metric takes, in window `w` (of r->windows). */
int pt_metric_take(struct pt_metric_run *r, const struct pt_metric_at *at, uint32_t w, uint64_t seq,
                   struct pt_err *err) PT_MUST_CHECK;
int pt_metric_put(struct pt_metric_run *r, struct pt_cols *cols, const struct pt_facts_ctx *ctx,
                  struct pt_err *err) PT_MUST_CHECK;

#endif

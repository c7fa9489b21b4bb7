/* The expression language: formats (per line), metrics (per event), tags and segments (per row). Local.
 *
 * Numbers (exact decimals where they fit, else doubles), strings in '..' or "..", true/false, and or not,
 * == != < <= > >=, in (a, b, ..), not in, + - * / unary -, if(c, a, b), coalesce(a, ..), is_known(a),
 * starts_with(s, p), ends_with(s, p), contains(s, p), lower(s) (A to Z alone), number(s), abs, min, max, log, exp,
 * sqrt, and where the names know of them days_since(t), interest(kind, entry), prank(x). A result that is no finite
 * number is unknown. Unknown
 * operands make an unknown result, except in `and`, `or` (three-valued), coalesce, is_known and if (an unknown
 * condition gives b). A mistake is shown with the line, a caret and the nearest name. */
#ifndef PORTRAIT_EXPR_H
#define PORTRAIT_EXPR_H
#include <portrait/buf.h>
#include <portrait/err.h>
#include <portrait/time.h>
#include <stdbool.h>
#include <stdint.h>

enum pt_xtype { PT_X_ANY, PT_X_NUMBER, PT_X_TEXT, PT_X_BOOL };

struct pt_xvalue {
  enum pt_xtype type; /* PT_X_ANY: unknown */
  bool exact;         /* number: mantissa * 10^-scale holds it exactly */
  bool truth;
  int32_t scale;
  int64_t mantissa;
  double number;        /* always set for numbers */
  struct pt_slice text; /* a number may carry its characters: then it serves where a text is asked */
};

/* A number's exact value from decimal text; false where it is none. */
bool pt_x_number(struct pt_slice text, struct pt_xvalue *out);

/* What days_since() goes by: local days to the last one. */
struct pt_xclock {
  const struct pt_zone *zone;
  int64_t last_day; /* local days since 1970-01-01 */
};

enum { PT_X_TIME = 1, PT_X_FLOAT32 = 2 }; /* traits of an operand: ms since 1970-01-01; held as float32 */

/* Names to operand numbers: returns the number (>= 0) and *type (PT_X_ANY = told per value: a text that looks like a
 * number is one where a number is asked), or -1. `suggest(i)` gives known names for the message. What only rows have
 * may be NULL: then its function is not known. */
struct pt_xnames {
  void *ctx;
  int (*find)(void *ctx, struct pt_slice name, enum pt_xtype *type);
  const char *(*suggest)(void *ctx, uint32_t i); /* NULL = end */
  /* A constant that a float32 is compared with is rounded to one: 0.7 is equal to the column's 0.7. */
  unsigned (*traits)(void *ctx, int operand);
  /* Label i of an operand with a closed vocabulary, NULL at the end and where it is open: comparing such an operand
   * with another text is a mistake. */
  const char *(*label)(void *ctx, int operand, uint32_t i);
  const struct pt_xclock *clock; /* days_since(); filled in before evaluation, outlives the expression */
  /* interest(kind, entry): its operand, or -1 where there is no such kind; `kinds(i)` names them. */
  int (*interest)(void *ctx, struct pt_slice kind, struct pt_slice entry);
  const char *(*kinds)(void *ctx, uint32_t i);
  /* prank(x): the operand that holds it; `argument` is the text of x. Negative with *err filled on a mistake. */
  int (*rank)(void *ctx, struct pt_slice argument, struct pt_err *err);
};

struct pt_expr; /* compiled; opaque; immutable */
/* 78 with a three-line text (line, caret, nearest name). `want`: PT_X_ANY takes each. */
int pt_expr_compile(struct pt_expr **out, const char *text, enum pt_xtype want, const struct pt_xnames *names,
                    struct pt_err *err) PT_MUST_CHECK;
void pt_expr_free(struct pt_expr *e);
/* Operand numbers that the expression reads (sorted, distinct). */
const int *pt_expr_reads(const struct pt_expr *e, uint32_t *n);
/* Evaluates. get(ctx, operand, out) fetches an operand. No allocation; texts made on the way (lower) live in a buffer
 * of the expression's evaluator until its next use. */
typedef void (*pt_xget)(void *ctx, int operand, struct pt_xvalue *out);
void pt_expr_eval(struct pt_expr *e, pt_xget get, void *ctx, struct pt_xvalue *out);

/* The same program over many rows at once: each step works through a whole vector. Numbers are doubles here, as the
 * columns hold them; every operand must have a type of its own. */
#define PT_X_ROWS 1024 /* most rows of a batch */

struct pt_xvector {
  enum pt_xtype type;
  uint8_t *unknown; /* 1 = unknown: the value beside it is anything */
  union {
    void *p;
    double *number;
    uint8_t *truth;
    struct pt_slice *text;
  } v;
};
/* Fills n rows of an operand of the type that find() told; out->v has room for them, out->unknown is 0. */
typedef void (*pt_xfetch)(void *ctx, int operand, uint32_t n, struct pt_xvector *out);

struct pt_xbatch; /* opaque: the vectors of one expression */
/* `e` outlives it. 70 where a type is told by the values alone. */
int pt_xbatch_open(struct pt_xbatch **out, struct pt_expr *e, struct pt_err *err) PT_MUST_CHECK;
void pt_xbatch_free(struct pt_xbatch *b);
/* The most rows that one call takes: PT_X_ROWS, less for an expression of hundreds of arguments. */
uint32_t pt_xbatch_rows(const struct pt_xbatch *b);
/* The result is valid until the next call. */
const struct pt_xvector *pt_xbatch_eval(struct pt_xbatch *b, uint32_t n, pt_xfetch fetch, void *ctx);

#endif

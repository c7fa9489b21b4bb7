/* The expression language: formats (per line), and later metrics, tags and segments (per row). Local.
 *
 * Numbers (exact decimals where they fit, else doubles), strings in '..' or "..", true/false, and or not,
 * == != < <= > >=, in (a, b, ..), not in, + - * / unary -, if(c, a, b), coalesce(a, ..), is_known(a),
 * starts_with(s, p), ends_with(s, p), contains(s, p), lower(s) (A to Z alone), number(s), abs, min, max. Unknown
 * operands make an unknown result, except in `and`, `or` (three-valued), coalesce, is_known and if (an unknown
 * condition gives b). A mistake is shown with the line, a caret and the nearest name. */
#ifndef PORTRAIT_EXPR_H
#define PORTRAIT_EXPR_H
#include <portrait/buf.h>
#include <portrait/err.h>
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

/* Names to operand numbers: returns the number (>= 0) and *type (PT_X_ANY = told per value: a text that looks like a
 * number is one where a number is asked), or -1. `suggest(i)` gives known names for the message. */
struct pt_xnames {
  void *ctx;
  int (*find)(void *ctx, struct pt_slice name, enum pt_xtype *type);
  const char *(*suggest)(void *ctx, uint32_t i); /* NULL = end */
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

#endif

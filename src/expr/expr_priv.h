/* What the files of the expression language share: tokens, the postfix program, the place of a mistake. */
#ifndef EXPR_PRIV_H
#define EXPR_PRIV_H
#include <portrait/expr.h>

#define PT_X_DEPTH    64    /* nesting of brackets, calls, `not` and signs */
#define PT_X_MAX_TEXT 65536 /* bytes of an expression: bounds the program and the stack */

enum pt_xtoken_kind { PT_XT_END, PT_XT_NUMBER, PT_XT_TEXT, PT_XT_NAME, PT_XT_SIGN };

/* A token's bytes are text[at .. at + n); `value` is what a number or a quoted text says. */
struct pt_xtoken {
  enum pt_xtoken_kind kind;
  uint32_t at, n;
  struct pt_xvalue value;
};

enum pt_xop {
  PT_XO_CONST,   /* push constants[arg] */
  PT_XO_OPERAND, /* push operand arg */
  PT_XO_NEG,
  PT_XO_ADD,
  PT_XO_SUB,
  PT_XO_MUL,
  PT_XO_DIV,
  PT_XO_EQ,
  PT_XO_NE,
  PT_XO_LT,
  PT_XO_LE,
  PT_XO_GT,
  PT_XO_GE,
  PT_XO_NOT,
  PT_XO_AND,
  PT_XO_OR,
  PT_XO_IN,       /* top of the stack against the arg values above it */
  PT_XO_IN_CONST, /* top of the stack against constants[arg .. arg + count) */
  PT_XO_IF,
  PT_XO_COALESCE,
  PT_XO_IS_KNOWN,
  PT_XO_STARTS_WITH,
  PT_XO_ENDS_WITH,
  PT_XO_CONTAINS,
  PT_XO_LOWER, /* arg = which scratch buffer */
  PT_XO_NUMBER,
  PT_XO_ABS,
  PT_XO_MIN,
  PT_XO_MAX,
  PT_XO_LOG,
  PT_XO_EXP,
  PT_XO_SQRT,
  PT_XO_DAYS_SINCE,
  PT_XO_INTEREST, /* in the table of functions alone: becomes an operand, as does prank() */
  PT_XO_PRANK
};

/* One step of the program. A step stands behind those of its operands, so the pool of nodes that the parser fills is
 * the postfix program. */
struct pt_xnode {
  enum pt_xop op;
  enum pt_xtype type;  /* of an operand; of a comparison or list: compared as what, PT_X_ANY = told by the values */
  uint32_t at;         /* byte of the token in the text, for messages */
  uint32_t arg;        /* operand, constant, scratch, or number of operands */
  uint32_t count;      /* PT_XO_IN_CONST: constants in the list */
  uint32_t takes;      /* values it takes from the stack; set by the check */
  enum pt_xtype gives; /* type of the result; set by the check */
};

struct pt_xconst {
  struct pt_xvalue value;
  uint32_t at;
};

struct pt_expr {
  char *text; /* constants point into it */
  enum pt_xtype want;
  struct pt_xnode *nodes;
  uint32_t n_nodes, cap_nodes;
  struct pt_xconst *constants;
  uint32_t n_constants, cap_constants;
  int *reads;
  uint32_t n_reads;
  struct pt_xvalue *stack; /* as deep as types.c found */
  uint32_t depth;
  struct pt_buf *scratch; /* one for each lower() */
  uint32_t n_scratch;
  const struct pt_xclock *clock;
  int64_t shift_from, shift_to, shift; /* of the zone, where the last time was */
};

/* A mistake: 78 with the message, the line and the caret under byte `at`. */
int pt_x_mistake(const char *text, uint32_t at, struct pt_err *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
int pt_x_no_memory(struct pt_err *err);

/* The token that begins at or behind byte `at`. */
int pt_x_lex(const char *text, uint32_t at, struct pt_xtoken *out, struct pt_err *err);

struct pt_xfunction {
  const char *name;
  enum pt_xop op;
  uint32_t least, most; /* arguments */
};
/* The functions, NULL name at the end. */
extern const struct pt_xfunction pt_x_functions[];

/* Fills the nodes and constants of *e from e->text. */
int pt_x_parse(struct pt_expr *e, const struct pt_xnames *names, struct pt_err *err);
/* Checks the types of all steps and sets e->depth. */
int pt_x_check(struct pt_expr *e, const struct pt_xnames *names, struct pt_err *err);

/* Arithmetic on two known numbers; an unknown result has type PT_X_ANY. */
void pt_x_add(const struct pt_xvalue *a, const struct pt_xvalue *b, bool minus, struct pt_xvalue *out);
void pt_x_mul(const struct pt_xvalue *a, const struct pt_xvalue *b, struct pt_xvalue *out);
void pt_x_div(const struct pt_xvalue *a, const struct pt_xvalue *b, struct pt_xvalue *out);
void pt_x_negate(struct pt_xvalue *v);
/* An inexact number; unknown where it is not finite. */
void pt_x_set_double(double value, struct pt_xvalue *out);
/* log, exp, sqrt; NaN or infinite where there is none. */
double pt_x_function(enum pt_xop op, double x);
/* Whole local days from a time to the last day; false where it is no time. */
bool pt_x_days_since(struct pt_expr *e, double ms, double *days);
/* starts_with, ends_with, contains. */
bool pt_x_search(enum pt_xop op, struct pt_slice text, struct pt_slice part);
static inline char pt_x_lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}
/* < 0, 0, > 0; exact where both numbers are. */
int pt_x_order(const struct pt_xvalue *a, const struct pt_xvalue *b);

#endif

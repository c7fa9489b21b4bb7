/* What the files of the batch evaluator share. */
#ifndef EXPR_BATCH_H
#define EXPR_BATCH_H
#include "expr_priv.h"

struct pt_xbatch {
  struct pt_expr *e;
  struct pt_xvector *stack; /* as deep as the program needs */
  struct pt_slice *values;  /* room of the stack's values: a text is the largest */
  uint8_t *unknown;
  uint32_t rows;
};

/* Steps on the operands v[0..], the first of which the result replaces. */
void pt_xbatch_compare(enum pt_xop op, uint32_t n, struct pt_xvector *v);
void pt_xbatch_member(const struct pt_xbatch *b, const struct pt_xnode *node, uint32_t n, struct pt_xvector *v);
void pt_xbatch_search(enum pt_xop op, uint32_t n, struct pt_xvector *v);
void pt_xbatch_lower(struct pt_buf *scratch, uint32_t n, struct pt_xvector *v);
void pt_xbatch_number(uint32_t n, struct pt_xvector *v);

#endif

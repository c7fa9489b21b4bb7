/* Logistic regression with L2 penalty over all ranks' rows.
 *
 * Minimises sum of log-losses + lambda/2 * (sum of squared weights, the intercept's left out) over columns standardised
 * on the rows it is fitted on (ddof 0): a dense column is taken as log1p where told, its absent values stand for its
 * mean and get a 0/1 column of their own; a sparse column's other values are 0. Columns without spread get weight 0.
 * Every sum over rows is exact: the same bits for any number of ranks and order of rows.
 *
 * Features stay with the caller: a callback yields row i as often as it is asked for (twice, and once an evaluation).
 * Memory: 120 bytes a column, 8 bytes a row for cross-validation. */
#ifndef PORTRAIT_MODELS_LOGIT_H
#define PORTRAIT_MODELS_LOGIT_H
#include <portrait/hash.h>
#include <portrait/models_fit.h>
#include <portrait/models_score.h>

#define PT_LOGIT_FOLDS 5
#define PT_LOGIT_NONE  UINT32_MAX

/* The fold of a user: the hash's low half modulo 5 (its high half decides slot and rank). */
static inline uint32_t pt_logit_fold(struct pt_h128 hash) {
  return (uint32_t)(hash.lo % PT_LOGIT_FOLDS);
}

struct pt_logit_cell {
  uint32_t column; /* of the sparse ones, from 0; once a row */
  float value;
};
struct pt_logit_row {
  uint8_t label; /* 0 or 1; another one: not fitted on */
  uint32_t fold;
  const double *dense; /* n_dense values, NaN = absent */
  const struct pt_logit_cell *sparse;
  uint32_t n_sparse;
};

struct pt_logit_data {
  uint32_t n_dense, n_sparse, n_blocks;
  const bool *log1p;     /* of each dense column: sign(v) log(1 + |v|) in its place; NULL: of none */
  const uint16_t *block; /* of each dense, then of each sparse column; NULL: all 0 */
  double lambda;
  uint64_t n_rows; /* of this rank */
  int (*row)(void *ctx, uint64_t i, struct pt_logit_row *out, struct pt_err *err);
  void *ctx;
};

struct pt_logit {
  uint32_t n_dense, n_columns; /* columns: dense, their 0/1 columns, sparse */
  const bool *log1p;           /* the data's */
  double intercept;            /* of standardised columns */
  double *weight;              /* of standardised columns */
  double *mean, *scale;        /* of the columns; scale = 1 / deviation, 0 where there is none */
  double *factor, offset;      /* weight * scale, and the intercept less factor * mean of 0/1 and sparse columns */
  uint64_t rows, positives;    /* fitted on, over all ranks */
  struct pt_models_minimum fit;
};

/* Collective: fits on rows whose fold is not `hold_out` (PT_LOGIT_NONE: all), without the columns of block `leave_out`
 * (PT_LOGIT_NONE: with all). Until |gradient| / rows < 1e-8. Where one label has nobody the model is its base rate. */
int pt_models_logit_fit(struct pt_comm *c, const struct pt_logit_data *d, uint32_t hold_out, uint32_t leave_out,
                        struct pt_logit *out, struct pt_err *err) PT_MUST_CHECK;
void pt_models_logit_free(struct pt_logit *m);
/* Local: probability of label 1. */
double pt_models_logit_p(const struct pt_logit *m, const struct pt_logit_row *row);

/* Collective: each row's probability by the model that was fitted without its fold into p[n_rows]; NaN for rows that
 * are not fitted on. */
int pt_models_logit_cross(struct pt_comm *c, const struct pt_logit_data *d, uint32_t leave_out, double *p,
                          struct pt_err *err) PT_MUST_CHECK;

struct pt_logit_quality {
  struct pt_score score; /* of cross-validated probabilities */
  double *auc_without;   /* of each block, n_blocks; freed by the caller */
};
/* Collective: cross-validation with all columns (into p, as above) and without each block in turn. */
int pt_models_logit_quality(struct pt_comm *c, const struct pt_logit_data *d, double *p, struct pt_logit_quality *out,
                            struct pt_err *err) PT_MUST_CHECK;

#endif

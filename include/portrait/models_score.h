/* How good probabilities are: exact, collective, the same bits for any number of ranks. Nothing is gathered. */
#ifndef PORTRAIT_MODELS_SCORE_H
#define PORTRAIT_MODELS_SCORE_H
#include <portrait/comm.h>

#define PT_SCORE_BINS   10
#define PT_SCORE_COVERS 4 /* at .6 .7 .8 .9 */

struct pt_score_bin {
  uint64_t n;
  double mean, rate; /* predicted, observed; NaN over nobody */
};
struct pt_score_cover {
  double at;       /* where the larger of p and 1 - p is at least this ... */
  double coverage; /* ... is this share of all, and */
  double accuracy; /* in this share of them the likelier label is the right one; NaN over nobody */
};
struct pt_score {
  uint64_t n, positives;
  double auc, log_loss, brier, accuracy;   /* NaN over nobody; auc also where one label has nobody */
  struct pt_score_bin bins[PT_SCORE_BINS]; /* of equal width: p in [i/10, (i+1)/10), 1 in the last */
  struct pt_score_cover covers[PT_SCORE_COVERS];
};

/* Rows of this rank: probability p and label 0 or 1; rows of another label or p = NaN are left out. Log-loss is over p
 * clipped to [1e-15, 1 - 1e-15]. */
int pt_models_score(struct pt_comm *c, const double *p, const uint8_t *label, uint64_t n, struct pt_score *out,
                    struct pt_err *err) PT_MUST_CHECK;
/* Area under the ROC curve with mid-ranks (Mann & Whitney): any finite scores. Memory: 48 bytes a row of this rank. */
int pt_models_auc(struct pt_comm *c, const double *score, const uint8_t *label, uint64_t n, double *auc,
                  struct pt_err *err) PT_MUST_CHECK;

#endif

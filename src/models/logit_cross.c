/* Cross-validation: as many fits as there are folds, each applied to the fold that it has not seen. */
#include <math.h>
#include <stdlib.h>

#include "models/logit_priv.h"

static int apply(const struct pt_logit *m, const struct pt_logit_data *d, uint32_t fold, double *p,
                 struct pt_err *err) {
  struct pt_logit_row row;
  for (uint64_t i = 0; i < d->n_rows; i++) {
    PT_TRY(d->row(d->ctx, i, &row, err));
    if (row.label <= 1 && row.fold == fold) p[i] = pt_models_logit_p(m, &row);
  }
  return 0;
}

int pt_models_logit_cross(struct pt_comm *c, const struct pt_logit_data *d, uint32_t leave_out, double *p,
                          struct pt_err *err) {
  for (uint64_t i = 0; i < d->n_rows; i++) p[i] = NAN;
  for (uint32_t fold = 0; fold < PT_LOGIT_FOLDS; fold++) {
    struct pt_logit m;
    PT_TRY(pt_models_logit_fit(c, d, fold, leave_out, &m, err));
    PT_LATER(apply(&m, d, fold, p, err));
    pt_models_logit_free(&m);
    PT_TRY(pt_agree(c, err));
  }
  return 0;
}

static int labels(const struct pt_logit_data *d, uint8_t *out, struct pt_err *err) {
  struct pt_logit_row row;
  for (uint64_t i = 0; i < d->n_rows; i++) {
    PT_TRY(d->row(d->ctx, i, &row, err));
    out[i] = row.label;
  }
  return 0;
}

static int without_blocks(struct pt_comm *c, const struct pt_logit_data *d, const uint8_t *label, double *p,
                          double *auc, struct pt_err *err) {
  for (uint32_t block = 0; block < d->n_blocks; block++) {
    PT_TRY(pt_models_logit_cross(c, d, block, p, err));
    PT_TRY(pt_models_auc(c, p, label, d->n_rows, &auc[block], err));
  }
  return 0;
}

int pt_models_logit_quality(struct pt_comm *c, const struct pt_logit_data *d, double *p, struct pt_logit_quality *out,
                            struct pt_err *err) {
  uint8_t *label = malloc(d->n_rows + 1);
  double *spare = malloc((d->n_rows + 1) * sizeof *spare);
  *out = (struct pt_logit_quality){.auc_without = calloc((size_t)d->n_blocks + 1, sizeof *out->auc_without)};
  if (!label || !spare || !out->auc_without)
    pt_fail(err, "models", PT_MEMORY, 0, "out of memory to cross-validate %llu rows", (unsigned long long)d->n_rows);
  else
    PT_LATER(labels(d, label, err));
  int failed = pt_agree(c, err);
  if (!failed) failed = pt_models_logit_cross(c, d, PT_LOGIT_NONE, p, err);
  if (!failed) failed = pt_models_score(c, p, label, d->n_rows, &out->score, err);
  if (!failed) failed = without_blocks(c, d, label, spare, out->auc_without, err);
  free(label);
  free(spare);
  if (!failed) return 0;
  free(out->auc_without);
  out->auc_without = NULL;
  return failed;
}

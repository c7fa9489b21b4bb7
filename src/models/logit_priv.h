/* What the files of the logistic regression share. */
#ifndef PT_MODELS_LOGIT_PRIV_H
#define PT_MODELS_LOGIT_PRIV_H
#include <math.h>
#include <portrait/models_logit.h>

/* Value of a dense column as it is fitted on. */
static inline double pt_logit_value(const bool *log1p_of, uint32_t column, double v) {
  if (!log1p_of || !log1p_of[column]) return v;
  return v < 0 ? -log1p(-v) : log1p(v);
}

/* Collective: allocates the model, and works out means and scales on the rows that are fitted on. */
int pt_logit_prepare(struct pt_comm *c, const struct pt_logit_data *d, uint32_t hold_out, uint32_t leave_out,
                     struct pt_logit *m, struct pt_err *err) PT_MUST_CHECK;
/* Whether a row is fitted on. */
static inline bool pt_logit_in(const struct pt_logit_row *row, uint32_t hold_out) {
  return row->label <= 1 && row->fold != hold_out;
}

#endif

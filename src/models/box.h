/* Maximum likelihood of a few positive parameters whose logarithms stay between two bounds: several starts, standard
 * errors from the Hessian. Collective; what BG/NBD, MBG/NBD and Gamma-Gamma share. */
#ifndef PT_MODELS_BOX_H
#define PT_MODELS_BOX_H
#include <portrait/models_fit.h>

#define PT_BOX_MAX 4 /* parameters */

/* Minus the mean log-likelihood and its derivatives by the log-parameters, at parameters p: collective. */
typedef int (*pt_box_eval)(void *ctx, const double *p, double *value, double *gradient, struct pt_err *err);

struct pt_box {
  uint32_t n, n_starts;
  const double (*starts)[PT_BOX_MAX]; /* parameters */
  pt_box_eval eval;
  void *ctx;
  uint64_t users;
};
struct pt_box_fit {
  double p[PT_BOX_MAX], se[PT_BOX_MAX]; /* se NaN where the Hessian is not positive definite */
  double value, gradient;
  uint32_t evaluations;
  bool converged, at_bound;
};
int pt_models_box(struct pt_comm *c, const struct pt_box *box, struct pt_box_fit *out,
                  struct pt_err *err) PT_MUST_CHECK;

#endif

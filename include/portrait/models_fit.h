/* Minimising a smooth function whose value and gradient are sums over all ranks.
 *
 * Rank 0 drives the quasi-Newton method (L-BFGS: Nocedal 1980, Liu & Nocedal 1989; liblbfgs), the other ranks evaluate
 * what it asks for: so all ranks evaluate at the same points, whatever their arithmetic, and end with rank 0's. */
#ifndef PORTRAIT_MODELS_FIT_H
#define PORTRAIT_MODELS_FIT_H
#include <portrait/comm.h>
#include <stdbool.h>
#include <stdint.h>

/* Value and gradient (n entries) at x: collective, the same on every rank. An error must be agreed inside. */
typedef int (*pt_models_eval)(void *ctx, const double *x, double *value, double *gradient, struct pt_err *err);

struct pt_models_minimum {
  double value;
  double gradient; /* largest absolute entry of the gradient */
  uint32_t iterations, evaluations;
  bool converged; /* gradient < tolerance */
};

/* Collective: from x (n entries, rank 0's count) to a minimum, which every rank gets. Not reaching the tolerance is no
 * error. Memory: about 20 n numbers on rank 0, 2 n elsewhere. */
int pt_models_minimise(struct pt_comm *c, uint32_t n, double *x, double tolerance, uint32_t max_iterations,
                       pt_models_eval eval, void *ctx, struct pt_models_minimum *out, struct pt_err *err) PT_MUST_CHECK;

#endif

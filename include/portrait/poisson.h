/* The upper tail of a Poisson variable. Local. */
#ifndef PORTRAIT_POISSON_H
#define PORTRAIT_POISSON_H
#include <stdint.h>

/* log P(X >= k), X Poisson of 0 < `mean` < k; or something at or above `limit` where it is no less than that. */
double pt_log_poisson_tail(double mean, uint64_t k, double limit);

#endif

/* Special functions, and sums of terms that stand for several users. Local. */
#ifndef PT_MODELS_SPECIAL_H
#define PT_MODELS_SPECIAL_H
#include <portrait/comm.h>

/* log Gamma for x > 0, without libc's global sign. */
double pt_models_lgamma(double x);
/* Its derivative for x > 0, to 1e-15 of max(1, |value|). */
double pt_models_digamma(double x);

#endif

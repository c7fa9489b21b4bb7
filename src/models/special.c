/* Digamma: upward recurrence to 10, then the asymptotic series (Abramowitz & Stegun 6.3.18), whose first term left out
 * is below 1e-16 there. */
#include "models/special.h"

#include <math.h>

double pt_models_lgamma(double x) {
  int sign;
  return lgamma_r(x, &sign);
}

double pt_models_digamma(double x) {
  double below = 0;
  while (x < 10) {
    below += 1 / x;
    x += 1;
  }
  double i = 1 / (x * x);
  double series =
      i * (1. / 12 - i * (1. / 120 - i * (1. / 252 - i * (1. / 240 - i * (1. / 132 - i * (691. / 32760 - i / 12))))));
  return log(x) - .5 / x - series - below;
}

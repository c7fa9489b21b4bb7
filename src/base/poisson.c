/* As a logarithm, so that the smallest of several tiny ones is still found. The first term of the series is a lower
 * bound: where that is above the limit already the rest is not summed. */
#include <math.h>
#include <portrait/poisson.h>

double pt_log_poisson_tail(double mean, uint64_t k, double limit) {
  int sign;
  double n = (double)k, first = -mean + n * log(mean) - lgamma_r(n + 1.0, &sign);
  if (first >= limit) return first;
  double sum = 1, term = 1;
  for (double i = n + 1.0; term > 1e-17 * sum; i++) sum += term *= mean / i;
  return first + log(sum);
}

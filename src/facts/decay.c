/* One table a half life. long double leaves no doubt about the rounding of any entry, whatever the C library's exp2. */
#include "facts/decay.h"

#include <math.h>
#include <stdlib.h>

#define LAST_DAY 60000 /* clean.time_range ends in 2100 */

int pt_facts_decay_open(struct pt_decay *d, double half_life, struct pt_err *err) {
  double days = ceil(33 * half_life) + 1; /* 2^32 * 2^-33 rounds to 1, beyond it to 0 */
  d->n = days < LAST_DAY ? (int32_t)days : LAST_DAY;
  d->weight = malloc((size_t)d->n * sizeof *d->weight);
  if (!d->weight) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for a half life of %g days", half_life);
  for (int32_t i = 0; i < d->n; i++)
    d->weight[i] = (uint64_t)roundl(exp2l(32.0L - (long double)i / (long double)half_life));
  return 0;
}

void pt_facts_decay_close(struct pt_decay *d) {
  free(d->weight);
  *d = (struct pt_decay){0};
}

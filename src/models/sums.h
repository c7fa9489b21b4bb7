/* pt_exact_add, inlined where the term fits 63 bits: it is what a fit spends its time with. Local. */
#ifndef PT_MODELS_SUMS_H
#define PT_MODELS_SUMS_H
#include <math.h>
#include <portrait/comm.h>

static inline void pt_models_sum(struct pt_exact *s, double term) {
  const double magic = 0x1.8p52; /* adding and taking it away rounds to an integer, halves to even */
  double v = term * 0x1p40;
  if (!(fabs(v) < 0x1p51)) {
    pt_exact_add(s, term);
    return;
  }
  int64_t i = (int64_t)((v + magic) - magic);
  s->lo += (uint64_t)i;
  s->hi += -(int64_t)(i < 0) + (int64_t)(s->lo < (uint64_t)i);
}

/* The same for `times` users with this term. */
static inline void pt_models_sum_times(struct pt_exact *s, double term, uint64_t times) {
  const double magic = 0x1.8p52;
  double v = term * 0x1p40;
  if (!(fabs(v) < 0x1p51) || times > INT64_MAX) {
    pt_exact_add_times(s, term, times);
    return;
  }
  __int128 all = (__int128)(int64_t)((v + magic) - magic) * (int64_t)times;
  s->lo += (uint64_t)all;
  s->hi = (int64_t)((uint64_t)s->hi + (uint64_t)(all >> 64) + (s->lo < (uint64_t)all));
}

#endif

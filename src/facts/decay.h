/* Decay as integers: round(2^32 * 2^(-days/H)), so that sums are exact and free of order. */
#ifndef PT_FACTS_DECAY_H
#define PT_FACTS_DECAY_H
#include <portrait/err.h>
#include <stdint.h>

struct pt_decay {
  uint64_t *weight; /* by days_since, below n; 0 from there on */
  int32_t n;
};

int pt_facts_decay_open(struct pt_decay *d, double half_life, struct pt_err *err) PT_MUST_CHECK;
void pt_facts_decay_close(struct pt_decay *d);
static inline uint64_t pt_decay_at(const struct pt_decay *d, int32_t days_since) {
  return days_since < d->n ? d->weight[days_since] : 0;
}

#endif

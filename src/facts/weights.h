/* Decayed action weights: preference.weights times the decay of each event's half life, as integers. */
#ifndef PT_FACTS_WEIGHTS_H
#define PT_FACTS_WEIGHTS_H
#include <portrait/conf.h>

#include "facts/decay.h"

#define PT_WEIGHT_ONE 4294967296.0 /* a weight of 1 on the last day: decay is in units of 2^-32 */

struct pt_weights {
  struct pt_decay decays[PT_T_OTHER]; /* the different ones */
  uint32_t n;
  const struct pt_decay *of[PT_T_OTHER];
  int64_t weight[PT_T_OTHER];
  uint64_t types; /* bits of those with a weight */
};

int pt_facts_weights_open(struct pt_weights *w, const struct pt_conf *conf, struct pt_err *err) PT_MUST_CHECK;
void pt_facts_weights_close(struct pt_weights *w);
/* Of an event of a type with a weight. A user's sum has room for 2^28 purchases of one day. */
static inline int64_t pt_weight(const struct pt_weights *w, uint32_t type, int32_t days_since) {
  return w->weight[type] * (int64_t)pt_decay_at(w->of[type], days_since);
}

#endif

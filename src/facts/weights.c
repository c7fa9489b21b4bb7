/* Half lives are few: each different one has its table once. */
#include "facts/weights.h"

#include <portrait/time.h>

int pt_facts_weights_open(struct pt_weights *w, const struct pt_conf *conf, struct pt_err *err) {
  *w = (struct pt_weights){0};
  for (uint32_t t = 0; t < PT_T_OTHER; t++) {
    w->weight[t] = conf->weight[t];
    if (conf->weight[t] == 0) continue;
    w->types |= UINT64_C(1) << t;
    for (uint32_t before = 0; before < t && !w->of[t]; before++)
      if (conf->weight[before] && conf->half_life_ms[before] == conf->half_life_ms[t]) w->of[t] = w->of[before];
    if (w->of[t]) continue;
    struct pt_decay *d = &w->decays[w->n++];
    PT_TRY(pt_facts_decay_open(d, (double)conf->half_life_ms[t] / (double)PT_DAY_MS, err));
    w->of[t] = d;
  }
  return 0;
}

void pt_facts_weights_close(struct pt_weights *w) {
  for (uint32_t i = 0; i < w->n; i++) pt_facts_decay_close(&w->decays[i]);
}

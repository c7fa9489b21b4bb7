/* The shuffle of a cleaner's events: the dictionaries are the cleaner's, the rest needs to know nothing of it. */
#include "shuffle_priv.h"

int pt_shuffle_open(struct pt_shuffle **out, struct pt_comm *c, const struct pt_shuffle_conf *conf,
                    struct pt_cleaner *cleaner, struct pt_store *store, struct pt_err *err) {
  struct pt_dict *dicts[PT_F_COUNT] = {NULL};
  for (int f = 0; f < PT_F_COUNT; f++)
    if (PT_CODE_BITS & PT_BIT(f)) dicts[f] = pt_cleaner_dict(cleaner, (enum pt_field)f);
  return pt_shuffle_open_dicts(out, c, conf, dicts, store, err);
}

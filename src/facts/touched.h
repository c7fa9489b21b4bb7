/* The entries of a dictionary field that a user's events touch, numbered in order of arrival: families keep what they
 * know of an entry in arrays by that number, so an event costs one look-up a field, whoever asks. */
#ifndef PT_FACTS_TOUCHED_H
#define PT_FACTS_TOUCHED_H
#include <portrait/event.h>
#include <portrait/table.h>

#include "facts/vec.h"

enum pt_touched_field { PT_TOUCH_CATEGORY, PT_TOUCH_BRAND, PT_TOUCH_STYLE, PT_TOUCH_TOPIC, PT_TOUCH_FIELDS };

struct pt_touched {
  enum pt_field field;
  uint64_t types; /* bits of the types whose events are told; 0 = nobody asks */
  struct pt_table by_code;
  struct pt_vec codes;    /* uint32_t: code of each number */
  struct pt_vec order;    /* uint64_t: code << 32 | number */
  uint32_t at, last_code; /* number of the last code, where codes.n > 0 */
  bool here;              /* the event at hand has the field, and `at` is its number */
  bool ordered;
};

void pt_facts_touched_clear(struct pt_touched *t);
void pt_facts_touched_free(struct pt_touched *t);
/* The slow half of pt_touch(). */
int pt_facts_touched_find(struct pt_touched *t, uint32_t code, struct pt_err *err) PT_MUST_CHECK;
/* The touched entries by code: *order gets touched->codes.n values code << 32 | number, valid until the next user. */
int pt_facts_touched_order(struct pt_touched *t, const uint64_t **order, struct pt_err *err) PT_MUST_CHECK;

static inline int pt_touch(struct pt_touched *t, const struct pt_event *e, struct pt_err *err) {
  t->here = (e->has & PT_BIT(t->field)) != 0;
  if (!t->here) return 0;
  uint32_t code = (uint32_t)e->v[t->field];
  if (t->codes.n && code == t->last_code) return 0;
  return pt_facts_touched_find(t, code, err);
}

#endif

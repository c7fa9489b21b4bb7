/* Gaps between distinct days: their median and its spread, in integers. */
#ifndef PT_FACTS_GAPS_H
#define PT_FACTS_GAPS_H
#include "facts/vec.h"

/* Puts a local day among distinct ascending ones (int32_t). Dates rise with time but for an hour at some changes of
 * offset: then the date is put in its place. */
int pt_facts_note_day(struct pt_vec *days, int32_t day, struct pt_err *err) PT_MUST_CHECK;

struct pt_gaps {
  size_t n;
  int64_t median2; /* twice the median gap */
  int64_t mad4;    /* four times the median absolute deviation from it */
};
/* Of n_days ascending distinct days; `room` is a vector of int64_t to work in. Without a gap all is 0. */
int pt_facts_gaps(struct pt_vec *room, const int32_t *days, size_t n_days, struct pt_gaps *out,
                  struct pt_err *err) PT_MUST_CHECK;

#endif

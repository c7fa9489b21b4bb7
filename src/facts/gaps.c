/* Medians are kept doubled, MADs fourfold: integers until the last division. */
#include "facts/gaps.h"

#include <stdlib.h>
#include <string.h>

int pt_facts_note_day(struct pt_vec *v, int32_t day, struct pt_err *err) {
  int32_t *days = v->p;
  size_t i = v->n;
  while (i > 0 && days[i - 1] > day) i--;
  if (i > 0 && days[i - 1] == day) return 0;
  PT_TRY(pt_facts_vec_room(v, 1, sizeof *days, err));
  days = v->p;
  if (i < v->n) memmove(&days[i + 1], &days[i], (v->n - i) * sizeof *days);
  days[i] = day;
  v->n++;
  return 0;
}

int pt_facts_gaps(struct pt_vec *room, const int32_t *days, size_t n_days, struct pt_gaps *out, struct pt_err *err) {
  *out = (struct pt_gaps){.n = n_days ? n_days - 1 : 0};
  if (out->n == 0) return 0;
  pt_facts_vec_clear(room, sizeof(int64_t));
  PT_TRY(pt_facts_vec_room(room, out->n, sizeof(int64_t), err));
  int64_t *gaps = room->p;
  for (size_t i = 0; i < out->n; i++) gaps[i] = days[i + 1] - days[i];
  out->median2 = (int64_t)pt_facts_median2(gaps, out->n);
  for (size_t i = 0; i < out->n; i++) gaps[i] = llabs(2 * gaps[i] - out->median2);
  out->mad4 = (int64_t)pt_facts_median2(gaps, out->n); /* deviations are doubled, and so is their median */
  return 0;
}

/* An exact sum of integers as the integer it is. Local. */
#ifndef PT_MODELS_WHOLE_H
#define PT_MODELS_WHOLE_H
#include <portrait/comm.h>

static inline __int128 pt_whole(const struct pt_exact *s) {
  return (__int128)((unsigned __int128)(uint64_t)s->hi << 64 | s->lo) >> 40;
}

#endif

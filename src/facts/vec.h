/* A growable array that is emptied for every user and keeps its memory between them. */
#ifndef PT_FACTS_VEC_H
#define PT_FACTS_VEC_H
#include <portrait/err.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialised is empty. `size` of an element is given with every call and must not change. */
struct pt_vec {
  void *p;
  size_t n, cap; /* elements */
};

/* Makes room for `more` elements behind n. */
int pt_facts_vec_room(struct pt_vec *v, size_t more, size_t size, struct pt_err *err) PT_MUST_CHECK;
/* Empties it; memory over 1 MiB (one heavy user) goes back. */
void pt_facts_vec_clear(struct pt_vec *v, size_t size);
void pt_facts_vec_free(struct pt_vec *v);

/* Median of type 7, doubled (the sum of the two middle values), so that it stays an integer. n > 0; reorders v. */
__int128 pt_facts_median2(int64_t *v, size_t n);

#endif

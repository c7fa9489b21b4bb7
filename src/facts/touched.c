/* A hash table of the user's own size, not an array over the vocabulary: it stays in the cache however many entries the
 * dictionaries have. Memory: 4 + 8 bytes and a table cell for each entry that one user touches. */
#include "facts/touched.h"

#include <stdlib.h>

#define FEW 24 /* up to here insertion is the fastest way to sort */

void pt_facts_touched_clear(struct pt_touched *t) {
  t->here = t->ordered = false;
  if (t->codes.n == 0) return;
  pt_table_clear(&t->by_code);
  pt_facts_vec_clear(&t->codes, sizeof(uint32_t));
  pt_facts_vec_clear(&t->order, sizeof(uint64_t));
}

void pt_facts_touched_free(struct pt_touched *t) {
  pt_table_free(&t->by_code);
  pt_facts_vec_free(&t->codes);
  pt_facts_vec_free(&t->order);
}

int pt_facts_touched_find(struct pt_touched *t, uint32_t code, struct pt_err *err) {
  bool fresh;
  uint32_t *at = pt_table_put(&t->by_code, code, (uint32_t)t->codes.n, &fresh);
  if (!at) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for what a user touches");
  t->at = *at;
  t->last_code = code;
  if (!fresh) return 0;
  PT_TRY(pt_facts_vec_room(&t->codes, 1, sizeof(uint32_t), err));
  ((uint32_t *)t->codes.p)[t->codes.n++] = code;
  return 0;
}

static int by_code(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

static void insertion_sort(uint64_t *v, size_t n) {
  for (size_t i = 1; i < n; i++) {
    uint64_t x = v[i];
    size_t j = i;
    for (; j > 0 && v[j - 1] > x; j--) v[j] = v[j - 1];
    v[j] = x;
  }
}

int pt_facts_touched_order(struct pt_touched *t, const uint64_t **order, struct pt_err *err) {
  size_t n = t->codes.n;
  if (!t->ordered) {
    t->order.n = 0;
    PT_TRY(pt_facts_vec_room(&t->order, n, sizeof(uint64_t), err));
    uint64_t *v = t->order.p;
    const uint32_t *codes = t->codes.p;
    for (size_t i = 0; i < n; i++) v[i] = (uint64_t)codes[i] << 32 | i;
    if (n <= FEW)
      insertion_sort(v, n);
    else
      qsort(v, n, sizeof *v, by_code);
    t->ordered = true;
  }
  *order = t->order.p;
  return 0;
}

/* The median is found by quickselect: a user with 200,000 sessions must not pay for a full sort. Pivots are the median
 * of three; an input that defeats them falls back to heapsort after 2 log2 n rounds, so the cost is O(n log n) at
 * worst. In place. */
#include <stdlib.h>

#include "facts/vec.h"

#define SMALL 24

int pt_facts_vec_room(struct pt_vec *v, size_t more, size_t size, struct pt_err *err) {
  if (v->cap - v->n >= more) return 0;
  size_t cap = v->cap ? v->cap * 2 : 32;
  while (cap - v->n < more) cap *= 2;
  void *p = cap <= SIZE_MAX / size ? realloc(v->p, cap * size) : NULL;
  if (!p) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for a user's %zu records", cap);
  v->p = p;
  v->cap = cap;
  return 0;
}

void pt_facts_vec_clear(struct pt_vec *v, size_t size) {
  if (v->cap * size > (size_t)1 << 20)
    pt_facts_vec_free(v);
  else
    v->n = 0;
}

void pt_facts_vec_free(struct pt_vec *v) {
  free(v->p);
  *v = (struct pt_vec){0};
}

static void swap(int64_t *a, int64_t *b) {
  int64_t t = *a;
  *a = *b;
  *b = t;
}

static void insertion_sort(int64_t *v, size_t n) {
  for (size_t i = 1; i < n; i++) {
    int64_t x = v[i];
    size_t j = i;
    for (; j > 0 && v[j - 1] > x; j--) v[j] = v[j - 1];
    v[j] = x;
  }
}

static void sift(int64_t *v, size_t root, size_t n) {
  for (size_t child = 2 * root + 1; child < n; child = 2 * root + 1) {
    if (child + 1 < n && v[child + 1] > v[child]) child++;
    if (v[root] >= v[child]) return;
    swap(&v[root], &v[child]);
    root = child;
  }
}

static void heap_sort(int64_t *v, size_t n) {
  for (size_t i = n / 2; i-- > 0;) sift(v, i, n);
  for (size_t i = n; i-- > 1;) {
    swap(&v[0], &v[i]);
    sift(v, 0, i);
  }
}

/* Hoare's partition around the median of three: returns j with v[0..j] <= v[j+1..n). n >= 3. */
static size_t split(int64_t *v, size_t n) {
  size_t mid = n / 2, end = n - 1;
  if (v[mid] < v[0]) swap(&v[mid], &v[0]);
  if (v[end] < v[mid]) swap(&v[end], &v[mid]);
  if (v[mid] < v[0]) swap(&v[mid], &v[0]);
  int64_t pivot = v[mid];
  size_t i = 0, j = end;
  for (;;) {
    while (v[i] < pivot) i++;
    while (v[j] > pivot) j--;
    if (i >= j) return j < end ? j : end - 1;
    swap(&v[i++], &v[j--]);
  }
}

/* Puts the k-th smallest at v[k] with nothing larger before it. */
static void select_nth(int64_t *v, size_t n, size_t k) {
  unsigned rounds = 0;
  for (size_t m = n; m > 1; m /= 2) rounds += 2;
  while (n > SMALL) {
    if (rounds-- == 0) {
      heap_sort(v, n);
      return;
    }
    size_t left = split(v, n) + 1;
    if (k < left) {
      n = left;
    } else {
      v += left;
      n -= left;
      k -= left;
    }
  }
  insertion_sort(v, n);
}

__int128 pt_facts_median2(int64_t *v, size_t n) {
  size_t upper = n / 2;
  select_nth(v, n, upper);
  if (n & 1) return (__int128)2 * v[upper];
  int64_t lower = v[0];
  for (size_t i = 1; i < upper; i++)
    if (v[i] > lower) lower = v[i];
  return (__int128)lower + v[upper];
}

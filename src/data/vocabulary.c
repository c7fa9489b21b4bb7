/* One allocation: the slices, then the texts. */
#include "data/vocabulary.h"

#include <stdlib.h>
#include <string.h>

#define SUMS 32 /* bytes an entry for those who sum by code */

static uint64_t text_bytes(const struct pt_vocabulary *v) {
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < v->n; i++) bytes += v->text[i].n + 1;
  return bytes;
}

static uint64_t charged(const struct pt_vocabulary *v) {
  return text_bytes(v) + v->n * (sizeof *v->text + SUMS);
}

int pt_vocabulary_copy(struct pt_vocabulary *to, const struct pt_vocabulary *from, struct pt_mem *mem,
                       struct pt_err *err) {
  struct pt_slice *text = malloc(from->n * sizeof *text + text_bytes(from) + 1);
  if (!text) return pt_fail(err, "rows", PT_MEMORY, 0, "out of memory for a vocabulary of %u entries", from->n);
  char *at = (char *)(text + from->n);
  *to = *from;
  to->text = text;
  to->longest = 0;
  for (uint32_t i = 0; i < from->n; i++) {
    size_t n = from->text[i].n;
    if (n) memcpy(at, from->text[i].p, n);
    at[n] = 0;
    text[i] = (struct pt_slice){at, n};
    at += n + 1;
    if (n > to->longest) to->longest = (uint32_t)n;
  }
  pt_mem_charge(mem, charged(to));
  return 0;
}

void pt_vocabulary_free(struct pt_vocabulary *v, struct pt_mem *mem) {
  if (!v->text) return;
  pt_mem_release(mem, charged(v));
  free((void *)(uintptr_t)v->text);
  *v = (struct pt_vocabulary){0};
}

uint32_t pt_vocabulary_find(const struct pt_vocabulary *v, struct pt_slice text) {
  uint32_t low = 0, high = v->n - v->other;
  if (v->other && pt_slice_eq(v->text[v->n - 1], text)) return v->n - 1;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    int order = pt_slice_cmp(v->text[middle], text);
    if (order == 0) return middle;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return PT_NO_CODE;
}

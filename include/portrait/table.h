/* Open-addressing map from a 64-bit key to a 32-bit value, emptied in O(1). For per-user state. Local. */
#ifndef PORTRAIT_TABLE_H
#define PORTRAIT_TABLE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pt_table_cell {
  uint64_t key;
  uint32_t value;
  uint32_t epoch;
};

/* Zero-initialised is empty. */
struct pt_table {
  struct pt_table_cell *cells;
  size_t cap; /* power of two */
  size_t n;
  uint32_t epoch;
};

/* Forgets all keys, keeps the memory (gives it back where it is over 1 MiB and was hardly used). */
void pt_table_clear(struct pt_table *t);
/* The value of `key`; where absent it is inserted with `fresh` and *is_new = true. NULL: no memory. */
uint32_t *pt_table_put(struct pt_table *t, uint64_t key, uint32_t fresh, bool *is_new);
/* NULL where absent. */
uint32_t *pt_table_get(const struct pt_table *t, uint64_t key);
void pt_table_free(struct pt_table *t);

#endif

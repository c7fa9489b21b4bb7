/* Linear probing at most 5/8 full. Keys are hashes of user-chosen ids: mixed once more with a constant of the process,
 * so that ids chosen to collide in the low bits do not make long runs. */
#include <portrait/table.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 64
#define KEEP_CAP  ((size_t)1 << 16) /* cells: 1 MiB */

static size_t place(uint64_t key, size_t cap) {
  key ^= key >> 32;
  key *= UINT64_C(0x9E3779B97F4A7C15);
  return (size_t)(key >> 32) & (cap - 1);
}

void pt_table_clear(struct pt_table *t) {
  if (t->cap > KEEP_CAP && t->n < t->cap / 16) {
    pt_table_free(t);
    return;
  }
  t->n = 0;
  if (++t->epoch == 0) {
    memset(t->cells, 0, t->cap * sizeof *t->cells);
    t->epoch = 1;
  }
}

static struct pt_table_cell *find(const struct pt_table *t, uint64_t key) {
  size_t i = place(key, t->cap);
  while (t->cells[i].epoch == t->epoch && t->cells[i].key != key) i = (i + 1) & (t->cap - 1);
  return &t->cells[i];
}

static int grow(struct pt_table *t) {
  struct pt_table bigger = {.cap = t->cap ? t->cap * 2 : FIRST_CAP, .n = t->n, .epoch = 1};
  bigger.cells = calloc(bigger.cap, sizeof *bigger.cells);
  if (!bigger.cells) return -1;
  for (size_t i = 0; i < t->cap; i++) {
    if (t->cells[i].epoch != t->epoch) continue;
    struct pt_table_cell *cell = find(&bigger, t->cells[i].key);
    *cell = t->cells[i];
    cell->epoch = 1;
  }
  free(t->cells);
  *t = bigger;
  return 0;
}

uint32_t *pt_table_put(struct pt_table *t, uint64_t key, uint32_t fresh, bool *is_new) {
  if (t->epoch == 0) t->epoch = 1;
  if (t->n * 8 >= t->cap * 5 && grow(t)) return NULL;
  struct pt_table_cell *cell = find(t, key);
  *is_new = cell->epoch != t->epoch;
  if (*is_new) {
    *cell = (struct pt_table_cell){key, fresh, t->epoch};
    t->n++;
  }
  return &cell->value;
}

uint32_t *pt_table_get(const struct pt_table *t, uint64_t key) {
  if (t->n == 0) return NULL;
  struct pt_table_cell *cell = find(t, key);
  return cell->epoch == t->epoch ? &cell->value : NULL;
}

void pt_table_free(struct pt_table *t) {
  free(t->cells);
  *t = (struct pt_table){0};
}

/* Telling an id costs an append; repeats are taken out whenever the list has doubled since the last time, so a list
 * takes at most twice what its users need and each record is looked at a constant number of times. */
#include "ids.h"

#include <stdlib.h>

#define FIRST_LIMIT 4096
#define RECORD      (sizeof(struct pt_h128) + sizeof(uint32_t))

static size_t record_size(const char *p) {
  uint32_t n;
  memcpy(&n, p + sizeof(struct pt_h128), sizeof n);
  return RECORD + (((size_t)n + 3) & ~(size_t)3);
}

/* Keeps the first record of each user, in the order they came. */
static int compact(struct pt_store_ids *l) {
  size_t cells = 64;
  while (cells < 2 * l->n) cells *= 2;
  uint32_t *cell = calloc(cells, sizeof *cell); /* place + 1 in 4-byte words */
  if (!cell) return -1;
  size_t out = 0, kept = 0;
  for (size_t at = 0, size; at < l->buf.n; at += size) {
    char *p = l->buf.p + at;
    size = record_size(p);
    struct pt_h128 h, other;
    memcpy(&h, p, sizeof h);
    size_t i = (size_t)(h.lo ^ h.hi) & (cells - 1);
    for (; cell[i]; i = (i + 1) & (cells - 1)) {
      memcpy(&other, l->buf.p + 4 * (size_t)(cell[i] - 1), sizeof other);
      if (pt_h128_cmp(h, other) == 0) break;
    }
    if (cell[i]) continue;
    cell[i] = (uint32_t)(out / 4) + 1;
    memmove(l->buf.p + out, p, size);
    out += size;
    kept++;
  }
  free(cell);
  l->buf.n = out;
  l->n = kept;
  return 0;
}

int pt_ids_add(struct pt_store_ids *l, struct pt_mem *mem, struct pt_h128 user, struct pt_slice id) {
  size_t padded = (id.n + 3) & ~(size_t)3;
  if (l->buf.n + RECORD + padded > l->limit) {
    if (l->limit && compact(l)) return -1;
    l->limit = 2 * (l->buf.n + RECORD + padded);
    if (l->limit < FIRST_LIMIT) l->limit = FIRST_LIMIT;
  }
  size_t cap = l->buf.cap;
  if (pt_buf_reserve(&l->buf, RECORD + padded + 4)) return -1;
  pt_mem_charge(mem, l->buf.cap - cap);
  char *p = l->buf.p + l->buf.n;
  uint32_t n = (uint32_t)id.n;
  memcpy(p, &user, sizeof user);
  memcpy(p + sizeof user, &n, sizeof n);
  memset(p + RECORD + padded - (padded ? 4 : 0), 0, 4);
  if (id.n) memcpy(p + RECORD, id.p, id.n);
  l->buf.n += RECORD + padded;
  l->n++;
  return 0;
}

void pt_ids_free(struct pt_store_ids *l, struct pt_mem *mem) {
  pt_mem_release(mem, l->buf.cap);
  pt_buf_free(&l->buf);
  *l = (struct pt_store_ids){0};
}

void pt_ids_read(const struct pt_store_ids *l, struct pt_h128 *hashes, struct pt_slice *ids) {
  const char *p = l->buf.p;
  for (size_t i = 0; i < l->n; i++, p += record_size(p)) {
    uint32_t n;
    memcpy(&hashes[i], p, sizeof *hashes);
    memcpy(&n, p + sizeof *hashes, sizeof n);
    ids[i] = (struct pt_slice){p + RECORD, n};
  }
}

size_t pt_ids_distinct(struct pt_h128 *hashes, struct pt_slice *ids, size_t n) {
  struct pt_hashed *v = malloc((2 * sizeof *v + sizeof *hashes + sizeof *ids) * (n + 1));
  if (!v) return SIZE_MAX;
  struct pt_h128 *old_hashes = (struct pt_h128 *)(v + 2 * n);
  struct pt_slice *old_ids = (struct pt_slice *)(old_hashes + n);
  if (n) {
    memcpy(old_hashes, hashes, n * sizeof *hashes);
    memcpy(old_ids, ids, n * sizeof *ids);
  }
  for (size_t i = 0; i < n; i++) v[i] = (struct pt_hashed){old_hashes[i].hi, &old_hashes[i]};
  pt_sort_hashed(v, v + n, n);
  size_t out = 0;
  for (size_t i = 0; i < n; i++) {
    size_t from = (size_t)((const struct pt_h128 *)v[i].at - old_hashes);
    if (out && pt_h128_cmp(hashes[out - 1], old_hashes[from]) == 0) continue;
    hashes[out] = old_hashes[from];
    ids[out++] = old_ids[from];
  }
  free(v);
  return out;
}

/* Strings live in blocks that never move; an open-addressing table of codes finds them by a keyed hash (XXH3 with a
 * secret of the process: no input can be made to collide). */
#include <portrait/dict.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

#define BLOCK_BYTES 65536

struct entry {
  const char *p;
  uint32_t n;
  uint32_t hash; /* upper half of the hash: most mismatches are seen without the string */
};

struct block {
  struct block *next;
  size_t used, cap;
  char bytes[];
};

struct pt_dict {
  struct entry *entries;
  uint32_t n, cap;
  uint32_t *slots; /* code + 1, 0 = empty */
  uint32_t mask;
  struct block *blocks;
  uint64_t bytes;
};

static uint64_t secret(void) {
  static uint64_t seed;
  static bool ready;
  if (!ready) {
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed) seed = (uint64_t)(uintptr_t)&seed;
    ready = true;
  }
  return seed;
}

struct pt_dict *pt_dict_new(void) {
  struct pt_dict *d = calloc(1, sizeof *d);
  if (!d) return NULL;
  d->mask = 255;
  d->slots = calloc(d->mask + 1, sizeof *d->slots);
  if (!d->slots) {
    free(d);
    return NULL;
  }
  d->bytes = sizeof *d + (d->mask + 1) * sizeof *d->slots;
  return d;
}

void pt_dict_free(struct pt_dict *d) {
  if (!d) return;
  for (struct block *b = d->blocks; b;) {
    struct block *next = b->next;
    free(b);
    b = next;
  }
  free(d->entries);
  free(d->slots);
  free(d);
}

/* The slot of `s`, or the empty one where it would go. */
static uint32_t *slot_of(const struct pt_dict *d, struct pt_slice s, uint64_t hash) {
  uint32_t i = (uint32_t)hash & d->mask, upper = (uint32_t)(hash >> 32);
  for (;; i = (i + 1) & d->mask) {
    uint32_t code = d->slots[i];
    if (code == 0) return &d->slots[i];
    const struct entry *e = &d->entries[code - 1];
    if (e->hash == upper && e->n == s.n && (s.n == 0 || memcmp(e->p, s.p, s.n) == 0)) return &d->slots[i];
  }
}

static int grow_slots(struct pt_dict *d) {
  uint64_t cap = ((uint64_t)d->mask + 1) * 2;
  if (cap > UINT64_C(1) << 31) return -1;
  uint32_t *slots = calloc(cap, sizeof *slots);
  if (!slots) return -1;
  uint32_t mask = (uint32_t)(cap - 1);
  for (uint32_t code = 0; code < d->n; code++) {
    const struct entry *e = &d->entries[code];
    uint32_t i = (uint32_t)XXH3_64bits_withSeed(e->p, e->n, secret()) & mask;
    while (slots[i]) i = (i + 1) & mask;
    slots[i] = code + 1;
  }
  free(d->slots);
  d->slots = slots;
  d->bytes += cap / 2 * sizeof *slots;
  d->mask = mask;
  return 0;
}

static int grow_entries(struct pt_dict *d) {
  uint32_t cap = d->cap ? d->cap * 2 : 128;
  struct entry *entries = realloc(d->entries, (size_t)cap * sizeof *entries);
  if (!entries) return -1;
  d->bytes += (uint64_t)(cap - d->cap) * sizeof *entries;
  d->entries = entries;
  d->cap = cap;
  return 0;
}

static const char *keep(struct pt_dict *d, struct pt_slice s) {
  if (!d->blocks || d->blocks->cap - d->blocks->used < s.n) {
    size_t cap = s.n > BLOCK_BYTES ? s.n : BLOCK_BYTES;
    struct block *b = malloc(sizeof *b + cap);
    if (!b) return NULL;
    *b = (struct block){d->blocks, 0, cap};
    d->blocks = b;
    d->bytes += sizeof *b + cap;
  }
  char *p = d->blocks->bytes + d->blocks->used;
  if (s.n) memcpy(p, s.p, s.n);
  d->blocks->used += s.n;
  return p;
}

uint32_t pt_dict_put(struct pt_dict *d, struct pt_slice s) {
  uint64_t hash = XXH3_64bits_withSeed(s.p, s.n, secret());
  uint32_t *slot = slot_of(d, s, hash);
  if (*slot) return *slot - 1;
  if (s.n > UINT32_MAX || (d->n == d->cap && grow_entries(d))) return PT_NO_CODE;
  if ((uint64_t)d->n * 2 >= d->mask) {
    if (grow_slots(d)) return PT_NO_CODE;
    slot = slot_of(d, s, hash);
  }
  const char *p = keep(d, s);
  if (!p) return PT_NO_CODE;
  d->entries[d->n] = (struct entry){p, (uint32_t)s.n, (uint32_t)(hash >> 32)};
  *slot = ++d->n;
  return d->n - 1;
}

uint32_t pt_dict_find(const struct pt_dict *d, struct pt_slice s) {
  uint32_t code = *slot_of(d, s, XXH3_64bits_withSeed(s.p, s.n, secret()));
  return code ? code - 1 : PT_NO_CODE;
}

uint32_t pt_dict_count(const struct pt_dict *d) {
  return d->n;
}

struct pt_slice pt_dict_at(const struct pt_dict *d, uint32_t code) {
  return (struct pt_slice){d->entries[code].p, d->entries[code].n};
}

uint64_t pt_dict_bytes(const struct pt_dict *d) {
  return d->bytes;
}

static int by_bytes(const void *a, const void *b, void *entries) {
  const struct entry *x = (const struct entry *)entries + *(const uint32_t *)a;
  const struct entry *y = (const struct entry *)entries + *(const uint32_t *)b;
  return pt_slice_cmp((struct pt_slice){x->p, x->n}, (struct pt_slice){y->p, y->n});
}

int pt_dict_order(const struct pt_dict *d, uint32_t *rank_of, struct pt_err *err) {
  uint32_t *codes = malloc(((size_t)d->n + 1) * sizeof *codes);
  if (!codes) return pt_fail(err, "data", PT_MEMORY, 0, "out of memory for a dictionary of %u strings", d->n);
  for (uint32_t i = 0; i < d->n; i++) codes[i] = i;
  qsort_r(codes, d->n, sizeof *codes, by_bytes, d->entries);
  for (uint32_t i = 0; i < d->n; i++) rank_of[codes[i]] = i;
  free(codes);
  return 0;
}

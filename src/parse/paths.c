/* The keys that a format names, as a tree in one table hashed by (parent, name): one probe per key of a line however
 * many fields are mapped. Small: paths come from the job file. */
#include <stdlib.h>

#include "parse_priv.h"

int pt_paths_open(struct pt_paths *t) {
  *t = (struct pt_paths){0};
  t->cap = 64;
  t->key = calloc(t->cap, sizeof *t->key);
  if (!t->key) return -1;
  t->key[0] = (struct pt_key){.parent = PT_NONE, .slot = PT_NO_SLOT};
  t->n = 1;
  return 0;
}

void pt_paths_close(struct pt_paths *t) {
  free(t->key);
  free(t->hash);
  pt_buf_free(&t->names);
  *t = (struct pt_paths){0};
}

static uint32_t hash_of(uint32_t parent, const char *name, size_t n) {
  uint64_t h = UINT64_C(0xcbf29ce484222325) ^ ((uint64_t)parent << 32) ^ n;
  for (size_t i = 0; i < n; i++) h = (h ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
  return (uint32_t)(h >> 32) ^ (uint32_t)h;
}

static bool is_key(const struct pt_paths *t, uint32_t k, uint32_t parent, const char *name, size_t n) {
  const struct pt_key *key = &t->key[k];
  return key->parent == parent && key->n == n && memcmp(t->names.p + key->name, name, n) == 0;
}

uint32_t pt_paths_child(const struct pt_paths *t, uint32_t parent, const char *name, size_t n) {
  if (n > t->longest || !t->hash) return PT_NONE;
  for (uint32_t h = hash_of(parent, name, n);; h++) {
    uint32_t k = t->hash[h & t->hash_mask];
    if (k == PT_NONE || is_key(t, k, parent, name, n)) return k;
  }
}

static uint32_t add_child(struct pt_paths *t, uint32_t parent, const char *name, size_t n) {
  for (uint32_t k = 1; k < t->n; k++)
    if (is_key(t, k, parent, name, n)) return k;
  if (t->n == t->cap) {
    struct pt_key *more = realloc(t->key, 2 * (size_t)t->cap * sizeof *more);
    if (!more) return PT_NONE;
    t->key = more;
    t->cap *= 2;
  }
  uint32_t at = (uint32_t)t->names.n;
  if (pt_buf_add(&t->names, n ? name : "", n)) return PT_NONE;
  t->key[t->n] = (struct pt_key){.parent = parent, .name = at, .n = (uint32_t)n, .slot = PT_NO_SLOT};
  if (n > t->longest) t->longest = (uint32_t)n;
  return t->n++;
}

uint32_t pt_paths_add(struct pt_paths *t, uint32_t from, struct pt_slice path) {
  while (from != PT_NONE) {
    const char *dot = path.n ? memchr(path.p, '.', path.n) : NULL;
    size_t n = dot ? (size_t)(dot - path.p) : path.n;
    from = add_child(t, from, path.p, n);
    if (!dot) break;
    path = (struct pt_slice){dot + 1, path.n - n - 1};
  }
  return from;
}

int pt_paths_seal(struct pt_paths *t) {
  uint32_t size = 16;
  while (size < 4 * t->n) size *= 2;
  uint32_t *hash = malloc(size * sizeof *hash);
  if (!hash) return -1;
  memset(hash, 0xff, size * sizeof *hash);
  free(t->hash);
  t->hash = hash;
  t->hash_mask = size - 1;
  for (uint32_t k = 0; k < t->n; k++) t->key[k].mask[0] = t->key[k].mask[1] = 0;
  for (uint32_t k = t->n; k-- > 1;) { /* children stand behind their parents */
    struct pt_key *key = &t->key[k], *up = &t->key[key->parent];
    if (key->slot != PT_NO_SLOT) key->mask[key->slot >> 6] |= UINT64_C(1) << (key->slot & 63);
    for (int i = 0; i < 2; i++) up->mask[i] |= key->mask[i];
    uint32_t h = hash_of(key->parent, t->names.p + key->name, key->n);
    while (hash[h & t->hash_mask] != PT_NONE) h++;
    hash[h & t->hash_mask] = k;
  }
  return 0;
}

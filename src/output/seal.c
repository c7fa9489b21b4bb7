/* HDF5 calls deflate deep inside a collective write and says nothing about it, on which rank and in which order it
 * pleases; so each call is noted under the hash of what went in, and the reading back asks with the hash of what should
 * have gone in. A chunk that is missing here is decoded there instead, so running out of memory does no harm.
 *
 * Memory: 64 bytes for each chunk that this rank compressed; static as the filter has no state of its own. */
#include "seal.h"

#include <portrait/table.h>
#include <stdlib.h>

static struct pt_table places;
static struct pt_seal *seals;
static size_t n_seals, cap_seals;

void pt_seal_add(const void *source, size_t n, const void *stored, size_t bytes) {
  if (n_seals == cap_seals) {
    size_t cap = cap_seals ? cap_seals * 2 : 1024;
    struct pt_seal *more = cap < UINT32_MAX ? realloc(seals, cap * sizeof *more) : NULL;
    if (!more) return;
    seals = more;
    cap_seals = cap;
  }
  struct pt_seal *s = &seals[n_seals];
  *s = (struct pt_seal){XXH3_128bits(source, n), XXH3_128bits(stored, bytes), bytes};
  bool is_new;
  if (pt_table_put(&places, s->source.low64, (uint32_t)n_seals, &is_new) && is_new) n_seals++;
}

const struct pt_seal *pt_seal_find(XXH128_hash_t source) {
  const uint32_t *at = n_seals ? pt_table_get(&places, source.low64) : NULL;
  return at && XXH128_isEqual(seals[*at].source, source) ? &seals[*at] : NULL;
}

void pt_seal_forget(void) {
  pt_table_free(&places);
  free(seals);
  seals = NULL;
  n_seals = cap_seals = 0;
}

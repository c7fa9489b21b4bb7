/* Who reads what of a kept store, and merging. The events of each slot stand in the tails of the parts, so bounds for
 * any number of ranks need no more than 64 Ki counts. Merging is reading the smallest generations as a store and
 * writing them as one. */
#include <stdlib.h>

#include "keep_priv.h"

static int add_part(const struct pt_keep *k, const struct pt_keep_part *part, uint64_t *weights, struct pt_err *err) {
  struct pt_keep_file f;
  PT_TRY(pt_keep_file_open(&f, k, part, err));
  uint32_t first = part->slot_from / PT_KEEP_FILE_SLOTS * PT_KEEP_FILE_SLOTS;
  for (uint32_t i = 0; i < PT_KEEP_FILE_SLOTS; i++) weights[first + i] += f.counts[i];
  pt_keep_file_close(&f);
  return 0;
}

int pt_keep_weights(const struct pt_keep *k, int rank, int size, uint64_t *weights, struct pt_err *err) {
  uint64_t number = 0;
  for (uint32_t i = 0; i < k->n_generations; i++)
    for (uint32_t p = 0; p < k->generations[i].n_parts; p++)
      if (number++ % (uint64_t)size == (uint64_t)rank) PT_TRY(add_part(k, &k->generations[i].parts[p], weights, err));
  return 0;
}

void pt_keep_bounds(const uint64_t *weights, int size, uint32_t *slot_from) {
  uint64_t total = 0, before = 0;
  for (uint32_t s = 0; s < PT_SLOTS; s++) total += weights[s];
  uint32_t slot = 0;
  slot_from[0] = 0;
  for (int r = 1; r < size; r++) {
    uint64_t share = (uint64_t)((unsigned __int128)total * (uint64_t)r / (uint64_t)size);
    /* The slot that crosses the mark goes to the side where more of it lies. */
    while (slot < PT_SLOTS && before + (weights[slot] + 1) / 2 <= share) before += weights[slot++];
    slot_from[r] = total ? slot : (uint32_t)((uint64_t)PT_SLOTS * (uint64_t)r / (uint64_t)size);
  }
  slot_from[size] = PT_SLOTS;
}

int pt_keep_merge(const struct pt_keep *k, uint32_t slot_from, uint32_t slot_to, struct pt_mem *mem, int rank,
                  struct pt_buf *merged, struct pt_err *err) {
  uint64_t *weights = calloc(PT_SLOTS, sizeof *weights);
  if (!weights) return pt_keep_no_memory(err);
  int code = 0;
  for (uint32_t i = 0; !code && i < k->n_generations; i++)
    for (uint32_t p = 0; !code && k->generations[i].merging && p < k->generations[i].n_parts; p++)
      code = add_part(k, &k->generations[i].parts[p], weights, err);
  struct pt_store *s = NULL;
  struct pt_store_conf conf = {.slot_from = slot_from, .slot_to = slot_to, .mem = mem};
  if (!code && slot_from < slot_to) code = pt_keep_store_of(&s, k, &conf, weights, UINT64_MAX, true, err);
  if (!code && s) code = pt_keep_write_as(k, s, k->next + 1, rank, merged, err);
  pt_store_close(s);
  free(weights);
  return code;
}

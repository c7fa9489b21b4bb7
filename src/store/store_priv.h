/* What the files of the store share. Local. */
#ifndef PORTRAIT_STORE_PRIV_H
#define PORTRAIT_STORE_PRIV_H
#include <portrait/packed.h>
#include <portrait/store.h>

#include "block.h"
#include "chunk.h"
#include "ids.h"
#include "scratch.h"

struct pt_store_block {
  struct pt_store_block *next;
  uint64_t at, n;         /* in the scratch file */
  uint64_t rows_n, ids_n; /* bytes of rows and of ids when decoded */
  uint32_t rows, users;
};

struct pt_store_bucket {
  unsigned char *at, *end; /* free part of the last chunk */
  struct pt_store_chunk *first, *last;
  uint64_t rows, bytes; /* in memory */
  struct pt_store_ids ids;
  struct pt_store_block *blocks, *last_block;
  bool ordered; /* codes in memory are in byte order already */
  bool closed;  /* forgotten */
};

struct pt_keep_source;

struct pt_store {
  struct pt_store_conf conf;
  uint32_t n_buckets;
  uint64_t per_slot; /* buckets a slot, in 1/2^32 */
  struct pt_store_bucket *buckets;
  struct pt_store_chunks chunks;
  struct pt_dict *dict[PT_F_COUNT];
  uint64_t dict_charged;
  bool sealed;
  uint32_t *order[PT_F_COUNT];          /* code by arrival -> place in byte order */
  struct pt_slice *ordered[PT_F_COUNT]; /* texts in byte order */
  uint32_t n_ordered[PT_F_COUNT];
  struct pt_scratch scratch;
  struct pt_block_encoder *encoder;
  struct pt_block_decoder *decoder;
  struct pt_buf io;
  /* the loaded bucket */
  const unsigned char **rows;
  size_t cap_rows;
  struct pt_h128 *id_hash;
  struct pt_slice *ids;
  size_t cap_ids;
  unsigned char *decoded; /* rows and id bytes of blocks */
  size_t cap_decoded;
  uint64_t load_charged;
  struct pt_keep_source *source; /* the buckets come from a kept store; NULL: from here */
};

static inline struct pt_store_bucket *pt_store_bucket_of(struct pt_store *s, uint64_t hi) {
  uint32_t slot = (uint32_t)(hi >> 48) - s->conf.slot_from;
  return &s->buckets[(slot * s->per_slot) >> 32];
}

/* Spills until a chunk can be had without more memory than the budget has. */
int pt_store_make_room(struct pt_store *s, struct pt_err *err) PT_MUST_CHECK;
/* Row pointers of what a bucket has in memory, in order of arrival. */
void pt_store_walk(struct pt_store_bucket *b, const unsigned char **rows);
int pt_store_no_memory(struct pt_err *err);
/* Room for rows and ids of a load or a spill. */
int pt_store_reserve(struct pt_store *s, size_t rows, size_t ids, struct pt_err *err) PT_MUST_CHECK;

#endif

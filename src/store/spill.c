/* Beyond the budget: every bucket that holds at least the average goes to the scratch file as a block, which frees half
 * of the rows or more for one walk over the buckets. A block keeps the store's codes, for the dictionaries stay in
 * memory. What is kept free is a share for the loading that follows: the largest bucket and its pointers. */
#include <stdlib.h>

#include "store_priv.h"

#define SPILL_LEVEL 1

int pt_store_reserve(struct pt_store *s, size_t rows, size_t ids, struct pt_err *err) {
  if (rows > s->cap_rows) {
    const unsigned char **p = realloc(s->rows, rows * sizeof *p);
    if (!p) return pt_store_no_memory(err);
    s->rows = p;
    s->cap_rows = rows;
  }
  if (ids > s->cap_ids) {
    struct pt_h128 *h = realloc(s->id_hash, ids * sizeof *h);
    if (h) s->id_hash = h;
    struct pt_slice *v = realloc(s->ids, ids * sizeof *v);
    if (v) s->ids = v;
    if (!h || !v) return pt_store_no_memory(err);
    s->cap_ids = ids;
  }
  return 0;
}

static int note_block(struct pt_store_bucket *b, const struct pt_store_block *block, struct pt_err *err) {
  struct pt_store_block *k = malloc(sizeof *k);
  if (!k) return pt_store_no_memory(err);
  *k = *block;
  if (b->last_block)
    b->last_block->next = k;
  else
    b->blocks = k;
  b->last_block = k;
  return 0;
}

static int write_blocks(struct pt_store *s, struct pt_store_bucket *b, struct pt_block_in *in, struct pt_err *err) {
  while (in->n_rows || in->n_ids) {
    struct pt_block_in before = *in;
    struct pt_block_head head;
    s->io.n = 0;
    PT_TRY(pt_block_encode(s->encoder, in, &s->io, err));
    memcpy(&head, s->io.p, sizeof head);
    struct pt_store_block k = {.at = s->scratch.bytes, .n = s->io.n, .rows = head.n_rows, .users = head.n_users};
    for (const struct pt_hashed *v = before.rows; v < in->rows; v++) k.rows_n += pt_row_size(v->at);
    for (const struct pt_slice *id = before.ids; id < in->ids; id++) k.ids_n += id->n;
    PT_TRY(pt_scratch_append(&s->scratch, s->io.p, s->io.n, err));
    PT_TRY(note_block(b, &k, err));
  }
  return 0;
}

static int spill_bucket(struct pt_store *s, struct pt_store_bucket *b, struct pt_err *err) {
  size_t n = b->rows, n_ids = b->ids.n;
  PT_TRY(pt_store_reserve(s, n, n_ids, err));
  struct pt_hashed *v = malloc((2 * n + 1) * sizeof *v);
  if (!v) return pt_store_no_memory(err);
  pt_store_walk(b, s->rows);
  for (size_t i = 0; i < n; i++) v[i] = (struct pt_hashed){pt_row_user(s->rows[i]).hi, s->rows[i]};
  pt_sort_hashed(v, v + n, n);
  pt_ids_read(&b->ids, s->id_hash, s->ids);
  n_ids = pt_ids_distinct(s->id_hash, s->ids, n_ids);
  int code = n_ids == SIZE_MAX ? pt_store_no_memory(err) : 0;
  struct pt_block_in in = {
      .rows = v, .n_rows = n, .id_hash = s->id_hash, .ids = s->ids, .n_ids = n_ids, .level = SPILL_LEVEL};
  if (!code) code = write_blocks(s, b, &in, err);
  free(v);
  if (code) return code;
  pt_chunks_give(&s->chunks, b->first, 0);
  pt_ids_free(&b->ids, s->conf.mem);
  b->first = b->last = NULL;
  b->at = b->end = NULL;
  b->rows = b->bytes = 0;
  return 0;
}

/* Bytes that stay free for the pointers and the decoded rows of one bucket at a time, and for the rows of results. */
static uint64_t headroom(const struct pt_store *s) {
  uint64_t share = s->conf.mem->budget / 4, bucket = 4 * s->conf.bucket_bytes;
  return bucket < share ? bucket : share;
}

int pt_store_make_room(struct pt_store *s, struct pt_err *err) {
  if (pt_mem_left(s->conf.mem) >= s->chunks.slab_bytes + headroom(s)) return 0;
  uint64_t total = 0, full = 0;
  for (uint32_t i = 0; i < s->n_buckets; i++) {
    total += s->buckets[i].bytes;
    full += s->buckets[i].bytes > 0;
  }
  /* With next to nothing to spill, somebody else holds the budget: a slab more does less harm than a crawl. */
  if (total < s->chunks.slab_bytes || full == 0) return 0;
  if (!s->conf.scratch)
    return pt_fail(err, "store", PT_MEMORY, 0,
                   "the events need more than %llu bytes of memory, and there is no scratch",
                   (unsigned long long)s->conf.mem->budget);
  if (s->scratch.fd < 0) PT_TRY(pt_scratch_open(&s->scratch, s->conf.scratch, err));
  if (!s->encoder) PT_TRY(pt_block_encoder_new(&s->encoder, err));
  uint64_t average = total / full;
  for (uint32_t i = 0; i < s->n_buckets; i++)
    if (s->buckets[i].bytes >= average) PT_TRY(spill_bucket(s, &s->buckets[i], err));
  return 0;
}

/* One bucket for grouping: pointers to the rows in memory, and the rows of its blocks decoded beside them, all with
 * codes in byte order. A bucket with one user of ten million events is loaded whole: 8 bytes of pointers an event and
 * the decoded rows come on top of what is in memory. */
#include <stdlib.h>

#include "keep_priv.h"
#include "store_priv.h"

/* Codes by arrival to codes by bytes, once for the rows in memory. */
static void put_in_order(struct pt_store *s, struct pt_store_bucket *b, uint64_t n) {
  for (uint64_t i = 0; i < n; i++) {
    unsigned char *row = (unsigned char *)(uintptr_t)s->rows[i]; /* the store's own chunks */
    unsigned char *p = row + sizeof(struct pt_row_head);
    for (uint64_t bits = pt_row_head(row).has & PT_CODE_BITS; bits; bits &= bits - 1, p += 4) {
      uint32_t code;
      memcpy(&code, p, sizeof code);
      memcpy(p, &s->order[__builtin_ctzll(bits)][code], sizeof code);
    }
  }
  b->ordered = true;
}

static int read_block(struct pt_store *s, const struct pt_store_block *k, struct pt_err *err) {
  s->io.n = 0;
  if (pt_buf_reserve(&s->io, k->n)) return pt_store_no_memory(err);
  PT_TRY(pt_scratch_read(&s->scratch, k->at, s->io.p, k->n, err));
  return pt_block_open(s->decoder, s->io.p, k->n, UINT64_MAX, err);
}

static int decode_blocks(struct pt_store *s, struct pt_store_bucket *b, struct pt_bucket *out, struct pt_err *err) {
  const uint32_t *map[PT_F_COUNT];
  for (int f = 0; f < PT_F_COUNT; f++) map[f] = s->order[f];
  unsigned char *to = s->decoded;
  for (struct pt_store_block *k = b->blocks; k; k = k->next) {
    size_t id_bytes;
    uint32_t rows, users;
    uint64_t n_ids;
    PT_TRY(read_block(s, k, err));
    size_t bytes = pt_block_row_bytes(s->decoder, &id_bytes, &rows, &users);
    if (bytes != k->rows_n || id_bytes != k->ids_n || rows != k->rows || users != k->users)
      return pt_fail(err, "store", PT_IO, 0, "scratch file in %s: another block was read", s->conf.scratch);
    PT_TRY(pt_block_rows(s->decoder, map, s->n_ordered, to, s->rows + out->n_rows, (char *)to + bytes,
                         s->id_hash + out->n_ids, s->ids + out->n_ids, &n_ids, err));
    out->n_rows += rows;
    out->n_ids += n_ids;
    to += bytes + id_bytes;
  }
  return 0;
}

static int load_blocks(struct pt_store *s, struct pt_store_bucket *b, struct pt_bucket *out, struct pt_err *err) {
  if (!s->decoder) PT_TRY(pt_block_decoder_new(&s->decoder, err));
  size_t bytes = 0;
  for (struct pt_store_block *k = b->blocks; k; k = k->next) bytes += k->rows_n + k->ids_n;
  if (bytes > s->cap_decoded) {
    free(s->decoded);
    s->cap_decoded = 0;
    s->decoded = malloc(bytes + 1);
    if (!s->decoded) return pt_store_no_memory(err);
    s->cap_decoded = bytes;
  }
  return decode_blocks(s, b, out, err);
}

static void charge_load(struct pt_store *s) {
  uint64_t now = s->cap_rows * sizeof *s->rows + s->cap_ids * (sizeof *s->ids + sizeof *s->id_hash) + s->cap_decoded;
  pt_mem_release(s->conf.mem, s->load_charged);
  pt_mem_charge(s->conf.mem, now);
  s->load_charged = now;
}

int pt_store_load(struct pt_store *s, uint32_t bucket, struct pt_bucket *out, struct pt_err *err) {
  if (!s->sealed || bucket >= s->n_buckets) return pt_fail(err, "store", PT_INTERNAL, 0, "load of bucket %u", bucket);
  if (s->source) return pt_keep_source_load(s, bucket, out, err);
  struct pt_store_bucket *b = &s->buckets[bucket];
  if (b->closed) return pt_fail(err, "store", PT_INTERNAL, 0, "bucket %u was forgotten", bucket);
  uint64_t rows = b->rows, users = b->ids.n;
  for (struct pt_store_block *k = b->blocks; k; k = k->next) {
    rows += k->rows;
    users += k->users;
  }
  PT_TRY(pt_store_reserve(s, rows, users, err));
  *out = (struct pt_bucket){.rows = s->rows, .n_rows = b->rows, .id_hash = s->id_hash, .ids = s->ids};
  pt_store_walk(b, s->rows);
  if (!b->ordered) put_in_order(s, b, b->rows);
  pt_ids_read(&b->ids, s->id_hash, s->ids);
  out->n_ids = b->ids.n;
  if (b->blocks) PT_TRY(load_blocks(s, b, out, err));
  charge_load(s);
  return 0;
}

void pt_store_unload(struct pt_store *s, uint32_t bucket, bool forget) {
  if (!forget || s->source || bucket >= s->n_buckets) return;
  struct pt_store_bucket *b = &s->buckets[bucket];
  pt_chunks_give(&s->chunks, b->first, 1);
  pt_ids_free(&b->ids, s->conf.mem);
  b->first = b->last = NULL;
  b->at = b->end = NULL;
  b->rows = b->bytes = 0;
  b->closed = true;
}

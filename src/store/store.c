/* The store in memory: rows are copied to the end of their bucket's last chunk, in order of arrival. A bucket is a run
 * of slots; their number is chosen so that one bucket fits the cache when it is grouped. Memory: the rows (104 bytes an
 * event of nine fields), at most 256 KiB a bucket unused, and twice the users' ids. */
#include <errno.h>
#include <stdlib.h>

#include "keep_priv.h"
#include "store_priv.h"

#define DEFAULT_BUCKET (UINT64_C(2) << 20)
#define UNKNOWN_TOTAL  256u /* buckets where nobody guesses the total */

int pt_store_no_memory(struct pt_err *err) {
  return pt_fail(err, "store", PT_MEMORY, ENOMEM, "out of memory for the events");
}

static uint32_t choose_buckets(const struct pt_store_conf *conf) {
  uint32_t slots = conf->slot_to - conf->slot_from;
  uint64_t n = conf->expected_bytes ? conf->expected_bytes / conf->bucket_bytes + 1 : UNKNOWN_TOTAL;
  return n < slots ? (uint32_t)n : slots ? slots : 1;
}

int pt_store_open(struct pt_store **out, const struct pt_store_conf *conf, struct pt_err *err) {
  if (conf->slot_from > conf->slot_to || conf->slot_to > PT_SLOTS)
    return pt_fail(err, "store", PT_INTERNAL, 0, "slots %u to %u", conf->slot_from, conf->slot_to);
  struct pt_store *s = calloc(1, sizeof *s);
  if (!s) return pt_store_no_memory(err);
  s->conf = *conf;
  s->scratch.fd = -1;
  if (!s->conf.bucket_bytes) s->conf.bucket_bytes = DEFAULT_BUCKET;
  s->n_buckets = choose_buckets(&s->conf);
  uint32_t slots = conf->slot_to - conf->slot_from;
  s->per_slot = slots ? ((uint64_t)s->n_buckets << 32) / slots : 0;
  pt_chunks_init(&s->chunks, conf->mem);
  s->buckets = calloc(s->n_buckets, sizeof *s->buckets);
  bool ok = s->buckets;
  for (int f = 0; ok && f < PT_F_COUNT; f++)
    if (PT_CODE_BITS & PT_BIT(f)) ok = (s->dict[f] = pt_dict_new()) != NULL;
  if (!ok) {
    pt_store_close(s);
    return pt_store_no_memory(err);
  }
  *out = s;
  return 0;
}

void pt_store_close(struct pt_store *s) {
  if (!s) return;
  if (s->source) pt_keep_source_close(s);
  for (uint32_t i = 0; s->buckets && i < s->n_buckets; i++) {
    pt_ids_free(&s->buckets[i].ids, s->conf.mem);
    for (struct pt_store_block *b = s->buckets[i].blocks, *next; b; b = next) {
      next = b->next;
      free(b);
    }
  }
  free(s->buckets);
  pt_chunks_free(&s->chunks);
  for (int f = 0; f < PT_F_COUNT; f++) {
    pt_dict_free(s->dict[f]);
    free(s->order[f]);
    free(s->ordered[f]);
  }
  pt_scratch_close(&s->scratch);
  pt_block_encoder_free(s->encoder);
  pt_block_decoder_free(s->decoder);
  pt_buf_free(&s->io);
  free(s->rows);
  free(s->id_hash);
  free(s->ids);
  free(s->decoded);
  pt_mem_release(s->conf.mem, s->dict_charged + s->load_charged);
  free(s);
}

struct pt_dict *pt_store_dict(struct pt_store *s, enum pt_field f) {
  return s->dict[f];
}

_Static_assert(PT_PACK_RECORD_MAX + sizeof(struct pt_store_chunk) <= 4096, "any row fits any chunk");

/* The bucket's next chunk: twice the last one, so that small buckets stay small. */
static int next_chunk(struct pt_store *s, struct pt_store_bucket *b, struct pt_err *err) {
  uint32_t cls = b->last ? b->last->cls + 1 : 0;
  if (cls >= PT_CHUNK_CLASSES) cls = PT_CHUNK_CLASSES - 1;
  if (pt_chunks_short(&s->chunks, cls)) PT_TRY(pt_store_make_room(s, err));
  if (!b->last) cls = 0; /* it was spilled to make room */
  struct pt_store_chunk *k = pt_chunks_take(&s->chunks, cls);
  if (!k) return pt_store_no_memory(err);
  if (b->last) {
    b->last->used = (uint32_t)(b->at - PT_CHUNK_ROWS(b->last));
    b->last->next = k;
  } else {
    b->first = k;
  }
  b->last = k;
  b->at = PT_CHUNK_ROWS(k);
  b->end = (unsigned char *)k + pt_chunk_size(k->cls);
  return 0;
}

/* The bucket's next row comes hundreds of rows later: by then the lines asked for here are in the cache. */
int pt_store_room(struct pt_store *s, uint64_t hi, size_t n, unsigned char **row, struct pt_err *err) {
  struct pt_store_bucket *b = pt_store_bucket_of(s, hi);
  if ((size_t)(b->end - b->at) < n) PT_TRY(next_chunk(s, b, err));
  *row = b->at;
  b->at += n;
  b->bytes += n;
  b->rows++;
  __builtin_prefetch(b->at + 63, 1);
  __builtin_prefetch(b->at + 127, 1);
  return 0;
}

int pt_store_add(struct pt_store *s, const unsigned char *row, size_t n, struct pt_err *err) {
  unsigned char *to;
  PT_TRY(pt_store_room(s, pt_row_user(row).hi, n, &to, err));
  memcpy(to, row, n);
  return 0;
}

int pt_store_id(struct pt_store *s, struct pt_h128 user, struct pt_slice id, struct pt_err *err) {
  struct pt_store_bucket *b = pt_store_bucket_of(s, user.hi);
  return pt_ids_add(&b->ids, s->conf.mem, user, id) ? pt_store_no_memory(err) : 0;
}

void pt_store_walk(struct pt_store_bucket *b, const unsigned char **rows) {
  if (b->last) b->last->used = (uint32_t)(b->at - PT_CHUNK_ROWS(b->last));
  for (struct pt_store_chunk *k = b->first; k; k = k->next) {
    const unsigned char *p = PT_CHUNK_ROWS(k), *end = p + k->used;
    for (; p < end; p += pt_row_size(p)) *rows++ = p;
  }
}

static int order_dict(struct pt_store *s, int f, struct pt_err *err) {
  uint32_t n = pt_dict_count(s->dict[f]);
  s->order[f] = malloc((n + (size_t)1) * sizeof *s->order[f]);
  s->ordered[f] = malloc((n + (size_t)1) * sizeof *s->ordered[f]);
  if (!s->order[f] || !s->ordered[f]) return pt_store_no_memory(err);
  PT_TRY(pt_dict_order(s->dict[f], s->order[f], err));
  for (uint32_t i = 0; i < n; i++) s->ordered[f][s->order[f][i]] = pt_dict_at(s->dict[f], i);
  s->n_ordered[f] = n;
  uint64_t bytes = pt_dict_bytes(s->dict[f]) + n * (sizeof *s->order[f] + sizeof *s->ordered[f]);
  pt_mem_charge(s->conf.mem, bytes);
  s->dict_charged += bytes;
  return 0;
}

int pt_store_seal(struct pt_store *s, struct pt_err *err) {
  if (s->sealed) return 0;
  for (int f = 0; f < PT_F_COUNT; f++)
    if (s->dict[f]) PT_TRY(order_dict(s, f, err));
  s->sealed = true;
  return 0;
}

const struct pt_slice *pt_store_ordered(const struct pt_store *s, enum pt_field f, uint32_t *n) {
  *n = s->n_ordered[f];
  return s->ordered[f];
}

uint32_t pt_store_buckets(const struct pt_store *s) {
  return s->n_buckets;
}

uint64_t pt_store_spilled(const struct pt_store *s) {
  return s->scratch.bytes;
}

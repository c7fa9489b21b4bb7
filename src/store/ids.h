/* The id bytes of a bucket's users, told any number of times. Local. */
#ifndef PORTRAIT_STORE_IDS_H
#define PORTRAIT_STORE_IDS_H
#include <portrait/buf.h>
#include <portrait/hash.h>
#include <portrait/mem.h>
#include <portrait/packed.h>

/* Zeroed is empty. Records: hash (16 bytes), length (4), bytes, padded to 4. */
struct pt_store_ids {
  struct pt_buf buf;
  size_t limit; /* repeats are taken out when buf.n gets there */
  size_t n;     /* records */
};

/* 0, or -1: no memory. */
int pt_ids_add(struct pt_store_ids *l, struct pt_mem *mem, struct pt_h128 user, struct pt_slice id);
void pt_ids_free(struct pt_store_ids *l, struct pt_mem *mem);
/* Fills hashes[n] and ids[n] (pointing into the list). */
void pt_ids_read(const struct pt_store_ids *l, struct pt_h128 *hashes, struct pt_slice *ids);
/* The distinct ones, in hash order: how many, or SIZE_MAX where memory is refused. The arrays have room for `n`. */
size_t pt_ids_distinct(struct pt_h128 *hashes, struct pt_slice *ids, size_t n);

#endif

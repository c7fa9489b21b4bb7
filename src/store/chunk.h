/* Chunks of the buckets' rows, cut from large mappings. Local. */
#ifndef PORTRAIT_STORE_CHUNK_H
#define PORTRAIT_STORE_CHUNK_H
#include <portrait/mem.h>

#define PT_CHUNK_CLASSES 7 /* 4 KiB << class, to 256 KiB */

struct pt_store_chunk {
  struct pt_store_chunk *next;
  uint32_t used; /* bytes of rows; the last chunk of a bucket is told when it is left */
  uint32_t cls;
};
#define PT_CHUNK_ROWS(c) ((unsigned char *)((c) + 1))

/* Zeroed, then pt_chunks_init(). */
struct pt_store_chunks {
  struct pt_mem *mem;
  size_t slab_bytes;
  uint64_t charged;
  unsigned char **slabs;
  size_t n_slabs, cap_slabs;
  unsigned char *at, *end;                       /* not yet cut part of the last slab */
  struct pt_store_chunk *free[PT_CHUNK_CLASSES]; /* charged, ready for use */
};

static inline size_t pt_chunk_size(uint32_t cls) {
  return (size_t)4096 << cls;
}
void pt_chunks_init(struct pt_store_chunks *c, struct pt_mem *mem);
/* A chunk of the class or, where only that is at hand, of a smaller one. NULL: no memory from the system. */
struct pt_store_chunk *pt_chunks_take(struct pt_store_chunks *c, uint32_t cls);
/* Whether the next take may have to map a slab. */
int pt_chunks_short(const struct pt_store_chunks *c, uint32_t cls);
/* A list of chunks back, for use by other buckets, or for good: then its pages go to the kernel. */
void pt_chunks_give(struct pt_store_chunks *c, struct pt_store_chunk *list, int for_good);
void pt_chunks_free(struct pt_store_chunks *c);

#endif

/* Slabs of 2 MiB are cut into chunks of 4 to 256 KiB, so that what a bucket leaves goes back to the kernel piece by
 * piece. A slab is charged when it is mapped; a chunk given back for good is uncharged. No huge pages are asked for:
 * on a virtual machine whose free memory goes back to the host a huge page costs up to 3 ns a byte when it is first
 * touched, a small one 0.6; on bare metal 0.1 and 0.6. Asked for a slab at a time instead of fault by fault the small
 * ones cost a sixth less. */
#include "chunk.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define SLAB       ((size_t)2 << 20)
#define SMALL_SLAB ((size_t)256 << 10)

void pt_chunks_init(struct pt_store_chunks *c, struct pt_mem *mem) {
  *c = (struct pt_store_chunks){.mem = mem};
  c->slab_bytes = mem->budget && mem->budget < 32 * SLAB ? SMALL_SLAB : SLAB;
}

static int map_slab(struct pt_store_chunks *c) {
  if (c->n_slabs == c->cap_slabs) {
    size_t cap = c->cap_slabs ? 2 * c->cap_slabs : 64;
    unsigned char **p = realloc(c->slabs, cap * sizeof *p);
    if (!p) return -1;
    c->slabs = p;
    c->cap_slabs = cap;
  }
  size_t n = c->slab_bytes;
  unsigned char *raw = mmap(NULL, 2 * n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (raw == MAP_FAILED) return -1;
  unsigned char *slab = (unsigned char *)(((uintptr_t)raw + n - 1) & ~(uintptr_t)(n - 1));
  if (slab > raw) munmap(raw, (size_t)(slab - raw));
  munmap(slab + n, (size_t)(raw + n - slab));
#ifdef MADV_POPULATE_WRITE
  (void)madvise(slab, n, MADV_POPULATE_WRITE); /* advice: a kernel that does not know it faults the pages one by one */
#endif
  c->slabs[c->n_slabs++] = slab;
  c->at = slab;
  c->end = slab + n;
  pt_mem_charge(c->mem, n);
  c->charged += n;
  return 0;
}

static void put_free(struct pt_store_chunks *c, struct pt_store_chunk *k, uint32_t cls) {
  k->cls = cls;
  k->next = c->free[cls];
  c->free[cls] = k;
}

/* What is left of the last slab becomes chunks, so that nothing is lost between two slabs. */
static void cut_rest(struct pt_store_chunks *c) {
  for (uint32_t cls = PT_CHUNK_CLASSES; cls-- > 0;)
    while ((size_t)(c->end - c->at) >= pt_chunk_size(cls)) {
      put_free(c, (struct pt_store_chunk *)(void *)c->at, cls);
      c->at += pt_chunk_size(cls);
    }
}

static struct pt_store_chunk *pop(struct pt_store_chunks *c, uint32_t cls) {
  struct pt_store_chunk *k = c->free[cls];
  if (k) c->free[cls] = k->next;
  return k;
}

/* Halves a larger free chunk until one of `cls` is there. */
static struct pt_store_chunk *split(struct pt_store_chunks *c, uint32_t cls) {
  uint32_t from = cls + 1;
  while (from < PT_CHUNK_CLASSES && !c->free[from]) from++;
  if (from >= PT_CHUNK_CLASSES) return NULL;
  struct pt_store_chunk *k = pop(c, from);
  while (from > cls) {
    from--;
    put_free(c, (struct pt_store_chunk *)(void *)((unsigned char *)k + pt_chunk_size(from)), from);
  }
  return k;
}

int pt_chunks_short(const struct pt_store_chunks *c, uint32_t cls) {
  if ((size_t)(c->end - c->at) >= pt_chunk_size(cls)) return 0;
  for (uint32_t i = 0; i < PT_CHUNK_CLASSES; i++)
    if (c->free[i]) return 0;
  return 1;
}

struct pt_store_chunk *pt_chunks_take(struct pt_store_chunks *c, uint32_t cls) {
  struct pt_store_chunk *k = pop(c, cls);
  if (!k && (size_t)(c->end - c->at) >= pt_chunk_size(cls)) {
    k = (struct pt_store_chunk *)(void *)c->at;
    c->at += pt_chunk_size(cls);
  }
  if (!k) k = split(c, cls);
  for (uint32_t smaller = cls; !k && smaller-- > 0;) {
    k = pop(c, smaller);
    if (k) cls = smaller;
  }
  if (!k) {
    cut_rest(c);
    if (map_slab(c)) return NULL;
    k = (struct pt_store_chunk *)(void *)c->at;
    c->at += pt_chunk_size(cls);
  }
  *k = (struct pt_store_chunk){.cls = cls};
  return k;
}

void pt_chunks_give(struct pt_store_chunks *c, struct pt_store_chunk *list, int for_good) {
  for (struct pt_store_chunk *next; list; list = next) {
    next = list->next;
    uint32_t cls = list->cls;
    if (!for_good) {
      put_free(c, list, cls);
    } else if (madvise(list, pt_chunk_size(cls), MADV_DONTNEED) == 0) {
      pt_mem_release(c->mem, pt_chunk_size(cls));
      c->charged -= pt_chunk_size(cls);
    }
  }
}

void pt_chunks_free(struct pt_store_chunks *c) {
  for (size_t i = 0; i < c->n_slabs; i++) munmap(c->slabs[i], c->slab_bytes);
  free(c->slabs);
  if (c->mem) pt_mem_release(c->mem, c->charged);
  *c = (struct pt_store_chunks){0};
}

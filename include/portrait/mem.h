/* The memory account of a rank: who holds how much of the budget. Local.
 *
 * Large holders (store, rows, shuffle buffers, dictionaries) charge what they allocate, and spill when
 * pt_mem_left() says so. Small ones are covered by a fixed reserve. */
#ifndef PORTRAIT_MEM_H
#define PORTRAIT_MEM_H
#include <stddef.h>
#include <stdint.h>

struct pt_mem {
  uint64_t budget; /* bytes for this rank; 0 = no limit */
  uint64_t used;   /* bytes charged now */
  uint64_t peak;   /* largest `used` so far */
};

void pt_mem_charge(struct pt_mem *m, uint64_t bytes);
void pt_mem_release(struct pt_mem *m, uint64_t bytes);
/* Bytes that may still be charged; UINT64_MAX without a limit. */
uint64_t pt_mem_left(const struct pt_mem *m);
/* The process's largest resident set so far, bytes (VmHWM). */
uint64_t pt_mem_peak_rss(void);

#endif

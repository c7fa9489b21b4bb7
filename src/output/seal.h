/* What deflate made of each chunk in this process. Local. */
#ifndef PT_OUTPUT_SEAL_H
#define PT_OUTPUT_SEAL_H
#include <stdbool.h>
#include <stddef.h>
#include <xxhash.h>

struct pt_seal {
  XXH128_hash_t source, stored; /* of the bytes given to deflate, of those it made */
  size_t bytes;                 /* of the latter */
};

void pt_seal_add(const void *source, size_t n, const void *stored, size_t bytes);
/* NULL where no chunk with this hash was compressed here, or no memory was left to note it. */
const struct pt_seal *pt_seal_find(XXH128_hash_t source);
void pt_seal_forget(void);

#endif

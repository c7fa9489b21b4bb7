/* XXH3 of long texts with AVX2: half the time of the library's build for any x86-64 machine. The values are the same.
 */
#include "hash_avx2.h"

#ifdef PT_HASH_AVX2
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#endif
#define XXH_VECTOR 2 /* XXH_AVX2 */
#define XXH_INLINE_ALL
#include <immintrin.h>
#include <xxhash.h>

uint64_t pt_hash64_avx2(const void *p, size_t n) {
  return XXH3_64bits(p, n);
}
#ifdef __clang__
#pragma clang attribute pop
#endif
#else
typedef int pt_hash_avx2_is_for_x86;
#endif

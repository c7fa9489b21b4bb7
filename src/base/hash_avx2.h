/* The long path of pt_hash64() where the machine has AVX2. Internal to base/. */
#ifndef PORTRAIT_BASE_HASH_AVX2_H
#define PORTRAIT_BASE_HASH_AVX2_H
#include <stddef.h>
#include <stdint.h>

#ifdef __x86_64__
#define PT_HASH_AVX2
uint64_t pt_hash64_avx2(const void *p, size_t n);
#endif

#endif

#include <portrait/hash.h>
#include <sodium.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "hash_avx2.h"

struct pt_hash_key pt_hash_key_default(void) {
  struct pt_hash_key key;
  for (unsigned i = 0; i < sizeof key.bytes; i++) key.bytes[i] = (unsigned char)i;
  return key;
}

static uint64_t big_endian(const unsigned char *p) {
  uint64_t v;
  memcpy(&v, p, sizeof v);
  return __builtin_bswap64(v);
}

struct pt_h128 pt_hash_user(const struct pt_hash_key *key, const void *p, size_t n) {
  unsigned char out[crypto_shorthash_siphashx24_BYTES];
  crypto_shorthash_siphashx24(out, p, n, key->bytes);
  return (struct pt_h128){big_endian(out), big_endian(out + 8)};
}

/* Up to 240 bytes XXH3 is made of multiplications and needs no vectors; inlined it spares the way into the library. */
uint64_t pt_hash64(const void *p, size_t n) {
#ifdef PT_HASH_AVX2
  if (n > 240 && __builtin_cpu_supports("avx2")) return pt_hash64_avx2(p, n);
#endif
  return XXH3_64bits(p, n);
}

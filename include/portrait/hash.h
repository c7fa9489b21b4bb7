/* Hashes. The user's hash decides row order and ownership: SipHash-2-4-128 (libsodium
 * crypto_shorthash_siphashx24) of the user id's bytes. Fingerprints and keys: XXH3-64. Local. */
#ifndef PORTRAIT_HASH_H
#define PORTRAIT_HASH_H
#include <portrait/buf.h>
#include <stdint.h>

/* 16 bytes of SipHash read big-endian, so that (hi, lo) order = order of the bytes. */
struct pt_h128 {
  uint64_t hi, lo;
};

struct pt_hash_key {
  unsigned char bytes[16]; /* default 00 01 .. 0f */
};

struct pt_hash_key pt_hash_key_default(void);
struct pt_h128 pt_hash_user(const struct pt_hash_key *key, const void *p, size_t n);
/* Slot of a user: the first two bytes of the hash, big-endian. */
#define PT_SLOTS 65536u
static inline uint32_t pt_slot(struct pt_h128 h) {
  return (uint32_t)(h.hi >> 48);
}
static inline int pt_h128_cmp(struct pt_h128 a, struct pt_h128 b) {
  if (a.hi != b.hi) return a.hi < b.hi ? -1 : 1;
  return a.lo == b.lo ? 0 : a.lo < b.lo ? -1 : 1;
}
/* XXH3-64, seed 0: fingerprint of a raw line without its end; key of an item, session, order id. */
uint64_t pt_hash64(const void *p, size_t n);

#endif

/* The packed row from inside: its head, where its values stand, and the order by user hash. Local.
 *
 * Row = head (48 bytes), codes of dictionary fields (4 bytes each, field order), values of the other travelling fields
 * (8 bytes each, field order), event_id's bytes (of a record its packed
 * fields) padded with zeros to 4. Codes stand first so that a translation of
 * codes is one short loop over neighbours. Time stands in the head alone. */
#ifndef PORTRAIT_PACKED_H
#define PORTRAIT_PACKED_H
#include <portrait/event.h>
#include <portrait/record.h>
#include <stdbool.h>
#include <stddef.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "packed rows and blocks are little-endian");

struct pt_row_head {
  uint64_t hi, lo; /* the user's hash */
  int64_t time;
  uint64_t fingerprint;
  uint64_t has;
  uint8_t type, format;
  uint16_t nth;
  uint16_t id_n;  /* bytes of event_id */
  uint16_t words; /* size of the row in 4-byte words */
};
_Static_assert(sizeof(struct pt_row_head) == 48 && offsetof(struct pt_row_head, type) == 40,
               "pt_pack writes whole words");

#define PT_MAX_PAYLOAD ((size_t)PT_MAX_RECORD) /* bytes of a record there; an event_id has 256 at most */

/* Bits of the fields that stand in a row as 4-byte codes, and as 8-byte values. */
static const uint64_t pt_code_bits =
#define PT_X(id, name, kind) ((kind) == PT_K_DICT ? PT_BIT(PT_F_##id) : 0) |
    PT_FIELDS(PT_X)
#undef PT_X
        UINT64_C(0);
static const uint64_t pt_wide_bits =
#define PT_X(id, name, kind) ((kind) != PT_K_DICT && (kind) != PT_K_TEXT ? PT_BIT(PT_F_##id) : 0) |
    PT_FIELDS(PT_X)
#undef PT_X
        UINT64_C(0);
#define PT_CODE_BITS pt_code_bits
#define PT_WIDE_BITS (pt_wide_bits & ~PT_BIT(PT_F_TIME))

/* Bits set, without a library call where the machine has no such instruction. */
static inline unsigned pt_bits(uint64_t x) {
  x -= (x >> 1) & UINT64_C(0x5555555555555555);
  x = (x & UINT64_C(0x3333333333333333)) + ((x >> 2) & UINT64_C(0x3333333333333333));
  x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
  return (unsigned)((x * UINT64_C(0x0101010101010101)) >> 56);
}
static inline size_t pt_row_size_of(uint64_t has, size_t id_n) {
  return sizeof(struct pt_row_head) + 4 * (size_t)pt_bits(has & PT_CODE_BITS) +
         8 * (size_t)pt_bits(has & PT_WIDE_BITS) + ((id_n + 3) & ~(size_t)3);
}
static inline struct pt_row_head pt_row_head(const unsigned char *row) {
  struct pt_row_head h;
  memcpy(&h, row, sizeof h);
  return h;
}
static inline struct pt_h128 pt_row_user(const unsigned char *row) {
  struct pt_h128 h;
  memcpy(&h, row, sizeof h);
  return h;
}
static inline size_t pt_row_size(const unsigned char *row) {
  uint16_t words;
  memcpy(&words, row + offsetof(struct pt_row_head, words), sizeof words);
  return 4 * (size_t)words;
}
/* Bytes before the event_id. */
static inline size_t pt_row_id_at(const struct pt_row_head *h) {
  return 4 * (size_t)h->words - (((size_t)h->id_n + 3) & ~(size_t)3);
}

/* One item of an order by user hash: `at` points to the 16 bytes of a struct pt_h128 (a packed row begins with them).
 */
struct pt_hashed {
  uint64_t hi;
  const void *at;
};
/* Stable; `spare` has room for n. Linear for hashes as they come, n log n at worst. */
void pt_sort_hashed(struct pt_hashed *v, struct pt_hashed *spare, size_t n);

#endif

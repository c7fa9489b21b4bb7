/* Events to packed rows and back: the set bits are walked lowest first, twice (codes, then 8-byte values), so the cost
 * goes with the fields an event has and not with the fields there are. */
#include <portrait/packed.h>
#include <portrait/store.h>

size_t pt_pack(const struct pt_event *e, unsigned char *out) {
  unsigned char *p = out + sizeof(struct pt_row_head);
  for (uint64_t bits = e->has & PT_CODE_BITS; bits; bits &= bits - 1, p += 4) {
    uint32_t code = (uint32_t)e->v[__builtin_ctzll(bits)];
    memcpy(p, &code, sizeof code);
  }
  for (uint64_t bits = e->has & PT_WIDE_BITS; bits; bits &= bits - 1, p += 8)
    memcpy(p, &e->v[__builtin_ctzll(bits)], 8);
  size_t id_n = e->event_id.n < PT_MAX_PAYLOAD ? e->event_id.n : PT_MAX_PAYLOAD;
  if (id_n) {
    size_t padded = (id_n + 3) & ~(size_t)3;
    memset(p + padded - 4, 0, 4);
    memcpy(p, e->event_id.p, id_n);
    p += padded;
  }
  /* Whole words straight from the event: a head built field by field would be read back before it is written. */
  uint64_t small = e->type | (uint64_t)e->format << 8 | (uint64_t)e->nth << 16 | (uint64_t)id_n << 32 |
                   (uint64_t)(p - out) / 4 << 48;
  memcpy(out, &e->user, 16);
  memcpy(out + 16, &e->time, 8);
  memcpy(out + 24, &e->fingerprint, 8);
  memcpy(out + 32, &e->has, 8);
  memcpy(out + 40, &small, 8);
  return (size_t)(p - out);
}

size_t pt_unpack(const unsigned char *row, struct pt_event *e) {
  struct pt_row_head head = pt_row_head(row);
  e->user = (struct pt_h128){head.hi, head.lo};
  e->time = head.time;
  e->fingerprint = head.fingerprint;
  e->has = head.has;
  e->type = head.type;
  e->format = head.format;
  e->nth = head.nth;
  e->v[PT_F_TIME] = head.time;
  e->v[PT_F_QUANTITY] = 1000;
  const unsigned char *p = row + sizeof head;
  for (uint64_t bits = head.has & PT_CODE_BITS; bits; bits &= bits - 1, p += 4) {
    uint32_t code;
    memcpy(&code, p, sizeof code);
    e->v[__builtin_ctzll(bits)] = code;
  }
  for (uint64_t bits = head.has & PT_WIDE_BITS; bits; bits &= bits - 1, p += 8)
    memcpy(&e->v[__builtin_ctzll(bits)], p, 8);
  e->event_id = (struct pt_slice){head.id_n ? (const char *)p : NULL, head.id_n};
  return 4 * (size_t)head.words;
}

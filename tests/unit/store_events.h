/* Random events for the tests of store, shuffle and group: few values, so that ties and repeats are common. */
#ifndef TESTS_STORE_EVENTS_H
#define TESTS_STORE_EVENTS_H
#include <portrait/dict.h>
#include <portrait/event.h>
#include <portrait/packed.h>
#include <stdio.h>
#include <string.h>

static uint64_t rng_state = 1;

static inline uint64_t rng(void) {
  uint64_t z = (rng_state += UINT64_C(0x9E3779B97F4A7C15));
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}
static inline uint64_t below(uint64_t n) {
  return rng() % n;
}

static inline struct pt_slice user_name(uint64_t u, char text[32]) {
  return (struct pt_slice){text, (size_t)snprintf(text, 32, "user-%llu", (unsigned long long)u)};
}
static inline struct pt_h128 user_hash(uint64_t u) {
  char text[32];
  struct pt_hash_key key = pt_hash_key_default();
  struct pt_slice s = user_name(u, text);
  return pt_hash_user(&key, s.p, s.n);
}

/* An event of user u; codes below n_codes. Its event_id (one in three has one) lives in `id`. */
static inline struct pt_event random_event(uint64_t u, uint32_t n_codes, char id[32]) {
  struct pt_event e = {.user = user_hash(u), .time = (int64_t)below(50) - 10, .fingerprint = below(8)};
  e.type = (uint8_t)below(PT_T_COUNT);
  e.format = (uint8_t)below(2);
  e.nth = (uint16_t)below(3);
  e.has = rng() & (PT_CODE_BITS | PT_WIDE_BITS);
  if (e.type == PT_T_OTHER) e.has |= PT_BIT(PT_F_EVENT);
  for (int f = 0; f < PT_F_COUNT; f++)
    if (e.has & PT_BIT(f)) e.v[f] = PT_CODE_BITS & PT_BIT(f) ? (int64_t)below(n_codes) : (int64_t)rng();
  if (e.has & PT_BIT(PT_F_RECEIVED_AT)) e.v[PT_F_RECEIVED_AT] = (int64_t)below(4);
  e.v[PT_F_TIME] = e.time;
  if (!(e.has & PT_BIT(PT_F_QUANTITY))) e.v[PT_F_QUANTITY] = 1000;
  if (below(3) == 0)
    e.event_id = (struct pt_slice){id, (size_t)snprintf(id, 32, "e%llu", (unsigned long long)below(9))};
  return e;
}

/* Equal in all that a row carries. */
static inline bool same_event(const struct pt_event *a, const struct pt_event *b) {
  if (pt_h128_cmp(a->user, b->user) || a->time != b->time || a->fingerprint != b->fingerprint || a->has != b->has ||
      a->type != b->type || a->format != b->format || a->nth != b->nth || !pt_slice_eq(a->event_id, b->event_id) ||
      a->v[PT_F_TIME] != b->v[PT_F_TIME] || a->v[PT_F_QUANTITY] != b->v[PT_F_QUANTITY])
    return false;
  for (int f = 0; f < PT_F_COUNT; f++)
    if ((a->has & (PT_CODE_BITS | PT_WIDE_BITS) & PT_BIT(f)) && a->v[f] != b->v[f]) return false;
  return true;
}

/* Hash of all that a row carries, codes replaced by their texts: a sum of these tells multisets apart. */
static inline uint64_t event_print(const struct pt_event *e, const struct pt_slice *const *texts) {
  uint64_t h = e->user.hi ^ e->user.lo * 3;
  uint64_t head[5] = {(uint64_t)e->time, e->fingerprint, e->has, (uint64_t)e->type << 8 | e->format, e->nth};
  h = h * 31 + pt_hash64(head, sizeof head);
  h = h * 31 + (e->event_id.n ? pt_hash64(e->event_id.p, e->event_id.n) : 7);
  for (int f = 0; f < PT_F_COUNT; f++) {
    if (!(e->has & (PT_CODE_BITS | PT_WIDE_BITS) & PT_BIT(f))) continue;
    if (PT_CODE_BITS & PT_BIT(f))
      h = h * 31 + pt_hash64(texts[f][e->v[f]].p, texts[f][e->v[f]].n);
    else
      h = h * 31 + pt_hash64(&e->v[f], 8);
  }
  return h;
}

#endif

/* The store: what the shuffle delivers, by slot. Local.
 *
 * In memory: packed rows in chunks per bucket (a bucket = a run of slots that fits the cache). Beyond the budget, and
 * in a kept store: columnar blocks, users grouped, in zstd frames with checksums. A block = users in hash order, their
 * id bytes once, a dictionary for each dictionary field, one column a field. */
#ifndef PORTRAIT_STORE_H
#define PORTRAIT_STORE_H
#include <portrait/dict.h>
#include <portrait/event.h>
#include <portrait/mem.h>
#include <portrait/record.h>

/* -- packed rows: the wire form of an event, a multiple of 4 bytes, host byte order, never on disk -- */
/* Largest packed size of an event: fixed head + every field + event_id; and of a user record. */
#define PT_PACK_MAX        (64 + 8 * PT_F_COUNT + 256 + 8)
#define PT_PACK_RECORD_MAX (64 + 8 * PT_F_COUNT + PT_MAX_RECORD + 8)
size_t pt_pack(const struct pt_event *e, unsigned char *out); /* bytes written */
size_t pt_unpack(const unsigned char *p, struct pt_event *e); /* bytes read; e->event_id points into p */

struct pt_store; /* opaque: one rank's slots */

struct pt_store_conf {
  uint32_t slot_from, slot_to; /* owned slots [from, to) */
  struct pt_mem *mem;
  const char *scratch;     /* folder for what is beyond the budget; may be NULL: then 71 */
  uint64_t bucket_bytes;   /* aimed at; default 2 MiB */
  uint64_t expected_bytes; /* guess of all packed bytes of this rank, to choose the number of buckets */
};
int pt_store_open(struct pt_store **out, const struct pt_store_conf *conf, struct pt_err *err) PT_MUST_CHECK;
void pt_store_close(struct pt_store *s);

/* Adds one packed row whose dictionary codes are already this store's (pt_store_dict). */
int pt_store_add(struct pt_store *s, const unsigned char *row, size_t n, struct pt_err *err) PT_MUST_CHECK;
/* Room for the row of n bytes that the caller writes next, of a user whose hash begins with `hi`: a row that is made or
 * changed on its way in is written once. */
int pt_store_room(struct pt_store *s, uint64_t hi, size_t n, unsigned char **row, struct pt_err *err) PT_MUST_CHECK;
/* Adds a user's id bytes; may be told more than once. */
int pt_store_id(struct pt_store *s, struct pt_h128 user, struct pt_slice id, struct pt_err *err) PT_MUST_CHECK;
/* The store's dictionary of a PT_K_DICT field: codes in order of arrival until pt_store_seal(). */
struct pt_dict *pt_store_dict(struct pt_store *s, enum pt_field f);
/* No more comes. From here on rows are handed out with codes in BYTE ORDER of the strings: pt_store_ordered(f)[i] is
 * the i-th string. */
int pt_store_seal(struct pt_store *s, struct pt_err *err) PT_MUST_CHECK;
const struct pt_slice *pt_store_ordered(const struct pt_store *s, enum pt_field f, uint32_t *n);

uint32_t pt_store_buckets(const struct pt_store *s);
uint64_t pt_store_spilled(const struct pt_store *s); /* bytes written to scratch */

/* One bucket, in memory: rows and ids. Owned by the store until pt_store_unload() or the next load. */
struct pt_bucket {
  const unsigned char **rows; /* n_rows packed rows, any order */
  uint64_t n_rows;
  const struct pt_h128 *id_hash; /* n_ids, may repeat */
  const struct pt_slice *ids;
  uint64_t n_ids;
};
int pt_store_load(struct pt_store *s, uint32_t bucket, struct pt_bucket *out, struct pt_err *err) PT_MUST_CHECK;
/* `forget`: the bucket's memory is given back for good. */
void pt_store_unload(struct pt_store *s, uint32_t bucket, bool forget);

#endif

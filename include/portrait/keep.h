/* The kept store (`ingest --store DIR`, `build --store DIR`): hash-partitioned logs as columnar blocks. Local.
 *
 *     DIR/manifest.json     the truth: replaced by rename after all that it names is on disk
 *     DIR/gNNNNNN/FF.RRRR   a generation's part: slots FF00 to FFff as far as rank RRRR wrote them
 *     DIR/lock, DIR/readers one ingest at a time; builds under way, which merging waits for
 *
 * Nothing here communicates: rank 0 locks and commits, every rank opens the same manifest text, writes or reads the
 * parts of its own slots, and what one rank must know of the others is handed over as bytes or counts. */
#ifndef PORTRAIT_KEEP_H
#define PORTRAIT_KEEP_H
#include <portrait/store.h>
#include <stdbool.h>

struct pt_keep;      /* a manifest, opened */
struct pt_keep_lock; /* the right to change a store */

/* A setting that all ingests and builds of a store must share, as text. */
struct pt_keep_setting {
  const char *name, *value;
};
/* An input's content: XXH3-128 of its bytes as they lie on disk, and their number. */
struct pt_keep_digest {
  uint64_t hi, lo, bytes;
};
struct pt_keep_day {
  int64_t day; /* local days since 1970-01-01 */
  uint64_t n;  /* accepted lines */
};
/* A counter by name; the counters of generations are summed name by name. The name is UTF-8. */
struct pt_keep_count {
  struct pt_slice name;
  uint64_t n;
};
struct pt_keep_input {
  struct pt_keep_digest digest;
  const char *name;
};

/* -- rank 0 -- */

/* Makes DIR where it is not there, takes its lock and removes what an interrupted ingest left. 74 where another ingest
 * has the lock. */
int pt_keep_lock(struct pt_keep_lock **out, const char *dir, struct pt_err *err) PT_MUST_CHECK;
void pt_keep_unlock(struct pt_keep_lock *l);
/* The manifest's text, for all ranks. Empty where DIR has none and `may_be_new`, else 66. */
int pt_keep_manifest(const char *dir, bool may_be_new, struct pt_buf *out, struct pt_err *err) PT_MUST_CHECK;

/* One ingest's facts, of all ranks together. */
struct pt_keep_commit {
  struct pt_slice parts;      /* what pt_keep_write() told, of all ranks, in any order */
  struct pt_slice merged;     /* the same of pt_keep_merge(); empty where nothing was merged */
  const char *const *formats; /* names of the run's formats, by the events' `format` */
  uint32_t n_formats;
  const struct pt_keep_day *days;
  uint64_t n_days;
  const struct pt_keep_count *counts;
  uint64_t n_counts;
  const struct pt_keep_input *inputs;
  uint64_t n_inputs;
};
/* Makes the generation part of the store: manifest.json is replaced, then what merging made superfluous is removed. */
int pt_keep_commit(struct pt_keep *k, struct pt_keep_lock *l, const struct pt_keep_commit *what,
                   struct pt_err *err) PT_MUST_CHECK;

/* -- every rank -- */

/* `manifest`: the text, empty for a new store. 78 where a setting has another value than the store's. */
int pt_keep_open(struct pt_keep **out, const char *dir, struct pt_slice manifest, const struct pt_keep_setting *bound,
                 uint32_t n_bound, struct pt_err *err) PT_MUST_CHECK;
void pt_keep_close(struct pt_keep *k);
/* Tells ingests that files are being read, until close. */
void pt_keep_reading(struct pt_keep *k);
const char *pt_keep_id(const struct pt_keep *k); /* "" for a new store */
uint32_t pt_keep_generations(const struct pt_keep *k);
uint64_t pt_keep_events(const struct pt_keep *k);
bool pt_keep_has(const struct pt_keep *k, struct pt_keep_digest d);
int pt_keep_digest(const char *path, struct pt_keep_digest *out, struct pt_err *err) PT_MUST_CHECK;
/* Names of all generations' formats in byte order: rows that are read have their `format` as a place in this list. */
const char *const *pt_keep_formats(const struct pt_keep *k, uint32_t *n);
/* Sums over the generations; days ascending, names in byte order. */
const struct pt_keep_day *pt_keep_days(const struct pt_keep *k, uint64_t *n);
const struct pt_keep_count *pt_keep_counts(const struct pt_keep *k, uint64_t *n);

/* Writes all of a sealed store's buckets (and forgets them) as parts of the next generation, on disk when this returns.
 * Appends to *parts what the commit must know. */
int pt_keep_write(const struct pt_keep *k, struct pt_store *s, int rank, struct pt_buf *parts,
                  struct pt_err *err) PT_MUST_CHECK;
/* Whether this ingest has to merge the smallest generations: over 16 with its own. The same on every rank. */
bool pt_keep_must_merge(const struct pt_keep *k);
/* Writes this rank's slots of the generations to be merged. Appends to *merged. */
int pt_keep_merge(const struct pt_keep *k, uint32_t slot_from, uint32_t slot_to, struct pt_mem *mem, int rank,
                  struct pt_buf *merged, struct pt_err *err) PT_MUST_CHECK;

/* Adds the events of each slot, PT_SLOTS counts, of every size-th part from number `rank`: summed over ranks they are
 * the events of the store. */
int pt_keep_weights(const struct pt_keep *k, int rank, int size, uint64_t *weights, struct pt_err *err) PT_MUST_CHECK;
/* size + 1 slot bounds that share the events out evenly. */
void pt_keep_bounds(const uint64_t *weights, int size, uint32_t *slot_from);
/* A sealed store of the slots in `conf` whose buckets are read from the parts as they are loaded; of `wanted` fields
 * alone. Everything that takes a sealed store takes it. Loading buckets in their order decodes each block once. `k`
 * must outlive it. */
int pt_keep_store(struct pt_store **out, const struct pt_keep *k, const struct pt_store_conf *conf,
                  const uint64_t *weights, uint64_t wanted, struct pt_err *err) PT_MUST_CHECK;

#endif

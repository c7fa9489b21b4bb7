/* Grouping: a bucket's rows to users in hash order, each user's events in the catalogue's order, duplicates out. Local.
 */
#ifndef PORTRAIT_GROUP_H
#define PORTRAIT_GROUP_H
#include <portrait/conf.h>
#include <portrait/store.h>

struct pt_group; /* opaque, reusable */

/* Per source: what became of events of accepted lines. Indexed by [source]: see pt_group_source. */
struct pt_group_counts {
  uint64_t counted, duplicate, after_as_of, exact_duplicates_kept, records, no_amount;
};

struct pt_group_conf {
  enum pt_dups duplicates;
  int64_t as_of; /* events with time >= as_of are counted and left out */
  const struct pt_store *store;
  uint32_t n_formats;
};
int pt_group_open(struct pt_group **out, const struct pt_group_conf *conf, struct pt_err *err) PT_MUST_CHECK;
void pt_group_close(struct pt_group *g);
/* Takes a loaded bucket (valid while users are drawn). Sorts; removes duplicates; drops users without a counted event
 * and without a record. */
int pt_group_bucket(struct pt_group *g, const struct pt_bucket *b, struct pt_err *err) PT_MUST_CHECK;
uint32_t pt_group_users(const struct pt_group *g); /* of this bucket: rows to be */
const struct pt_h128 *pt_group_hashes(const struct pt_group *g);
const struct pt_slice *pt_group_ids(const struct pt_group *g);
/* Number of counted events of user u, and the i-th in order (unpacked into *e). Sequential access is fast. */
uint64_t pt_group_events(const struct pt_group *g, uint32_t u);
void pt_group_event(const struct pt_group *g, uint32_t u, uint64_t i, struct pt_event *e);
/* User records of user u, the latest last (times, then the catalogue's order), in the same way. */
uint64_t pt_group_records(const struct pt_group *g, uint32_t u);
void pt_group_record(const struct pt_group *g, uint32_t u, uint64_t i, struct pt_event *e);
/* Counts so far by source: sources = formats (0 .. n_formats-1) then the byte-ordered strings of field `source`. */
const struct pt_group_counts *pt_group_counts(const struct pt_group *g, uint32_t *n);

#endif

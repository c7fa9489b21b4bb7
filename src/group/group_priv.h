/* What the files of grouping share. Local. */
#ifndef PORTRAIT_GROUP_PRIV_H
#define PORTRAIT_GROUP_PRIV_H
#include <portrait/group.h>
#include <portrait/packed.h>
#include <portrait/table.h>

/* An event of the user in hand: its time, and its row. */
struct pt_item {
  int64_t time;
  const unsigned char *row;
};

struct pt_group {
  struct pt_group_conf conf;
  struct pt_group_counts *counts;
  uint32_t n_sources;
  struct pt_item *items, *spare; /* of the bucket; the same memory held the order by hash before */
  size_t cap_items;
  struct pt_h128 *hashes;
  struct pt_slice *ids;
  uint64_t *first, *n;     /* of each user's items */
  struct pt_item *records; /* of the bucket's users, one user after the other */
  size_t n_records, cap_records;
  uint64_t *first_record; /* of each user, and one more */
  uint32_t n_users;
  size_t cap_users;
  struct pt_table seen; /* event_ids or fingerprints of the user in hand */
  struct pt_hash_key secret;
  struct pt_event a, b; /* of a comparison */
};

/* The catalogue's order of one user's events; < 0, 0, > 0. */
int pt_group_compare(struct pt_group *g, const unsigned char *a, const unsigned char *b);
/* Sorts n items of one user; `spare` has room for n. */
void pt_group_sort(struct pt_group *g, struct pt_item *v, struct pt_item *spare, size_t n);

/* What the rows of a user told on the way. */
struct pt_group_seen {
  bool event_ids;    /* some event has one */
  bool many_formats; /* its events came in several formats */
};
/* Takes the duplicates out of n sorted items; *left = what stays. Counts both kinds. */
int pt_group_dups(struct pt_group *g, struct pt_item *v, size_t n, struct pt_group_seen seen, size_t *left,
                  struct pt_err *err) PT_MUST_CHECK;
/* The counts of a row's source. */
struct pt_group_counts *pt_group_source(struct pt_group *g, const unsigned char *row);
int pt_group_no_memory(struct pt_err *err);

#endif

/* Facts: one user's events in order, through the families the job asks for, to a row.
 *
 * A family is one file in src/facts/: its columns, a per-user state, begin / event / end, and what it needs of the
 * population. Adding a column = one row in that file and its test. Local. */
#ifndef PORTRAIT_FACTS_H
#define PORTRAIT_FACTS_H
#include <portrait/conf.h>
#include <portrait/event.h>
#include <portrait/mem.h>
#include <portrait/rows.h>
#include <portrait/schema.h>
#include <portrait/store.h>
#include <portrait/time.h>

#define PT_ALL_TIME INT32_MAX

struct pt_user; /* of src/facts */

/* What every family may know; the same for all users. */
struct pt_facts_ctx {
  const struct pt_conf *conf;
  const struct pt_zone *zone;
  int64_t as_of, log_start;                /* ms; log_start = first instant of that local day */
  int64_t last_day;                        /* local days since 1970-01-01 of as_of minus 1 ms */
  const struct pt_slice *dict[PT_F_COUNT]; /* byte-ordered strings of dictionary fields (codes index them) */
  uint32_t n_dict[PT_F_COUNT];
  struct pt_mem *mem;   /* the rank's account for what grows with a user; may be NULL */
  struct pt_user *user; /* the user's sessions and orders, kept once for all families: set by pt_facts_open alone */
};

/* What every family wants to know of an event, worked out once. */
struct pt_derived {
  int32_t day;        /* local days since 1970-01-01 */
  int32_t days_since; /* last_day - day, >= 0 */
  uint8_t hour;       /* local, 0..23 */
  uint8_t weekday;    /* 0 = Monday */
  uint8_t window;     /* index of the smallest window of conf->windows it is in; n_windows = `all` alone */
  bool visit;         /* a visit event */
  uint8_t counted;    /* index in conf->counted_events, or UINT8_MAX */
  bool purchase;      /* a purchase that counts as one (amount >= 0) */
  bool refund;        /* a refund, or a purchase with negative amount: money = its absolute value */
  int64_t money;      /* amount >= 0 of purchase, refund, return, cancel, reject; 0 where none is told */
  bool has_money;
};

/* What the population pass works out for a family over all rows and ranks, exactly. */
enum pt_need { PT_NEED_SUM, PT_NEED_MEDIAN, PT_NEED_CODES };
/* Sums of the first plane of sparse rows, by code: integers, rounded once. */
struct pt_codesums {
  double *sum; /* of each entry of the vocabulary; owned by the family, who frees it */
  double all;
  const struct pt_vocabulary *vocabulary; /* of the rows, as long as they live */
};
struct pt_popneed {
  enum pt_need need;
  char column[65]; /* hidden or visible numeric column; absent values are left out. width > 1: SUM gives `width` sums */
  double *out;     /* SUM, MEDIAN: owned by the family; NaN over nobody */
  struct pt_codesums *codes; /* CODES */
};

struct pt_family {
  const char *name;
  /* Adds columns to the schema where wanted, allocates state. `fields` gets the event fields it needs. Must work
   * without dictionaries in ctx too (explain, planning). *state NULL: the job asks for none of its columns. */
  int (*open)(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
              struct pt_err *err);
  void (*close)(void *state);
  /* Told once before the first user, when ctx is complete (dictionaries, as_of). May be NULL. */
  int (*start)(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err);
  /* Bits of the pt_types whose events it is given; PT_T_REFUND stands for purchases of negative amount too. NULL: all.
   */
  uint64_t (*types)(void *state);
  /* Where its types need different fields: adds to by_type[t] what an event of type t must bring along. NULL: each type
   * brings all of *fields. */
  void (*carry)(void *state, uint64_t by_type[PT_T_COUNT]);
  void (*begin)(void *state);                                                                          /* may be NULL */
  int (*event)(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err); /* may be NULL */
  /* Writes row `row` of `range`. */
  int (*end)(void *state, struct pt_rows *rows, uint32_t range, uint32_t row, struct pt_err *err);
  /* Needs of the population: n of them. May be NULL. */
  struct pt_popneed *(*needs)(void *state, uint32_t *n);
  /* After the population pass: finishes the columns of one range. May be NULL. */
  int (*finish)(void *state, struct pt_rows *rows, uint32_t range, struct pt_err *err);
};

/* The table of families in catalogue order; NULL at the end. */
extern const struct pt_family *const pt_families[];

struct pt_facts; /* the families of a job, opened; opaque */
/* Opens the families that conf->columns asks for; fills schema; *fields = event fields needed by all of them. */
int pt_facts_open(struct pt_facts **out, const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields,
                  struct pt_err *err) PT_MUST_CHECK;
/* The fields that an event of each type must bring along: PT_T_COUNT masks. Local. */
const uint64_t *pt_facts_fields(const struct pt_facts *f);
void pt_facts_close(struct pt_facts *f);
/* ctx is complete now (the same pointer as at open may have been filled in). */
int pt_facts_start(struct pt_facts *f, const struct pt_facts_ctx *ctx, struct pt_err *err) PT_MUST_CHECK;
int pt_facts_begin(struct pt_facts *f);
/* The user's records, the latest last, before the events. They must stay where they are until the user's end. */
void pt_facts_record(struct pt_facts *f, const struct pt_event *e);
int pt_facts_event(struct pt_facts *f, const struct pt_event *e, struct pt_err *err) PT_MUST_CHECK;
int pt_facts_end(struct pt_facts *f, struct pt_rows *rows, uint32_t range, uint32_t row,
                 struct pt_err *err) PT_MUST_CHECK;
/* All needs of all families (the array belongs to the facts), and the finishing of one range. */
int pt_facts_needs(struct pt_facts *f, struct pt_popneed **needs, uint32_t *n, struct pt_err *err) PT_MUST_CHECK;
int pt_facts_finish(struct pt_facts *f, struct pt_rows *rows, uint32_t range, struct pt_err *err) PT_MUST_CHECK;
/* Users so far whose records disagree, by field: PT_RF_KEPT + 1 counts. */
const uint64_t *pt_facts_conflicts(const struct pt_facts *f);
/* Users under 14 have facts without tags: makes all tags of theirs in the range unknown. After the last tag is made. */
void pt_facts_hide_minors(struct pt_rows *rows, uint32_t range);

#endif

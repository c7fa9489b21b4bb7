/* One job under way: what the stages hand to each other. Internal to pipeline/. */
#ifndef PORTRAIT_PIPELINE_JOB_H
#define PORTRAIT_PIPELINE_JOB_H
#include <portrait/clean.h>
#include <portrait/comm.h>
#include <portrait/conf.h>
#include <portrait/facts.h>
#include <portrait/frame.h>
#include <portrait/group.h>
#include <portrait/keep.h>
#include <portrait/mem.h>
#include <portrait/output.h>
#include <portrait/pipeline.h>
#include <portrait/population.h>
#include <portrait/read.h>
#include <portrait/record.h>
#include <portrait/rows.h>
#include <portrait/shuffle.h>
#include <portrait/store.h>
#include <portrait/tags.h>

#define PT_MAX_FORMATS 8
#define PT_MAX_STAGES  24
#define PT_HEAVY       5

/* -- tally.c: where every line and event went, by source -- */
enum pt_tally_cell {
  PT_TL_LINES,
  PT_TL_BLANK,
  PT_TL_HEADER,
  PT_TL_FILTERED,
  PT_TL_ACCEPTED,
  PT_TL_EVENTS,
  PT_TL_RECORDS,
  PT_TL_DUPLICATE,
  PT_TL_ERASED,
  PT_TL_AFTER,
  PT_TL_COUNTED,
  PT_TL_EXACT_KEPT,
  PT_TL_NO_AMOUNT,
  PT_TL_REASON,                             /* first of PT_R_COUNT */
  PT_TL_UNREAD = PT_TL_REASON + PT_R_COUNT, /* first of PT_RF_COUNT fields of records, and PT_RF_KEPT */
  PT_TL_CELLS = PT_TL_UNREAD + PT_RF_KEPT + 1
};
struct pt_tally {
  struct pt_dict *sources;
  uint64_t (*v)[PT_TL_CELLS];
  uint32_t cap;
};
int pt_tally_open(struct pt_tally *t, struct pt_err *err) PT_MUST_CHECK;
void pt_tally_close(struct pt_tally *t);
/* The row of a source, made where new; NULL without memory. */
uint64_t *pt_tally_row(struct pt_tally *t, struct pt_slice source);
/* A cell's name ("accepted", "bad_time") and back; -1 where none has it. */
const char *pt_tally_cell_name(int cell);
int pt_tally_cell_of(struct pt_slice name);
/* Collective: afterwards rank 0 has everybody's, and `total` holds the sum over sources on every rank. */
int pt_tally_merge(struct pt_tally *t, struct pt_comm *c, uint64_t total[PT_TL_CELLS],
                   struct pt_err *err) PT_MUST_CHECK;
/* Rank 0, merged: /uns/quality/rejects and /uns/quality/lines. */
int pt_tally_frames(const struct pt_tally *t, struct pt_frame *rejects, struct pt_frame *lines,
                    struct pt_err *err) PT_MUST_CHECK;
/* ... and /uns/quality/records: by field of user records, values that could not be read, and conflicts (PT_RF_KEPT + 1
 * counts). */
int pt_tally_records(const struct pt_tally *t, const uint64_t *conflicts, struct pt_frame *f,
                     struct pt_err *err) PT_MUST_CHECK;

/* -- coverage.c: what is known of the users -- */
#define PT_MAX_SOURCES     64
#define PT_NAMED_SOURCES   48 /* values of the field source that are told apart; the others are one */
#define PT_COVERAGE_FRAMES 3
struct pt_job;
/* ctx has its dictionaries: the number of each source, and one user's sources as bits of such numbers. Local. */
void pt_sources_open(struct pt_job *j);
void pt_sources_user(struct pt_job *j, uint64_t sources);
/* Collective: /uns/quality/coverage, labels and sources, filled on rank 0. */
int pt_coverage(struct pt_job *j, struct pt_frame *frames, uint32_t *made, struct pt_err *err) PT_MUST_CHECK;

/* -- rejects.c: positions of rejected lines -- */
struct pt_reject {
  uint64_t file, frame, offset;
  uint32_t reason;
};
struct pt_rejects {
  struct pt_reject *v;
  uint64_t n, cap;
};
void pt_rejects_add(struct pt_rejects *r, struct pt_reject one); /* capped; the counts are elsewhere and full */
/* Collective: writes PATH (0600) on rank 0, sorted by position. */
int pt_rejects_write(struct pt_rejects *r, struct pt_comm *c, const char *path, const struct pt_inputs *in,
                     struct pt_err *err) PT_MUST_CHECK;

struct pt_stage_time {
  const char *name;
  double seconds;
};

struct pt_heavy {
  char id[260];
  uint64_t events;
};

struct pt_job {
  struct pt_comm *comm;
  const struct pt_options *o;
  struct pt_conf conf;
  struct pt_zone *zone;
  struct pt_hash_key key;
  struct pt_mem mem;
  uint64_t memory; /* the whole budget of this rank */
  const char *scratch;
  /* input */
  struct pt_inputs inputs;
  struct pt_keep_digest *digests; /* XXH3-128 of each file's bytes */
  struct pt_reader *reader;
  const struct pt_format *formats[PT_MAX_FORMATS]; /* of the run, the same on every rank */
  const char *format_names[PT_MAX_FORMATS * 8];    /* what `format` of an event counts in */
  uint32_t n_formats;
  struct pt_tally tally;
  uint64_t total[PT_TL_CELLS];
  struct pt_rejects rejects;
  uint64_t *day_lines; /* accepted lines by local day, from day_first */
  int64_t day_first;
  uint64_t n_days;
  /* users */
  uint64_t fields;         /* that the parser reads */
  const uint64_t *carried; /* that travel, by type of event */
  struct pt_keep *keep;    /* --store */
  struct pt_schema schema;
  struct pt_facts_ctx ctx;
  struct pt_facts *facts;
  struct pt_tags *tags;
  struct pt_store *store;
  uint32_t *slot_from;
  struct pt_rows *rows;
  uint64_t users;
  uint64_t conflicts[PT_RF_KEPT + 1]; /* users whose records disagree, by field */
  struct pt_heavy heavy[PT_HEAVY];
  struct pt_sources {
    struct pt_slice names[PT_MAX_SOURCES]; /* different ones; their numbers are bits of a user's sources */
    uint32_t n;
    uint8_t of_format[PT_MAX_FORMATS * 8], of_code[PT_NAMED_SOURCES], beyond;
    uint64_t pairs[PT_MAX_SOURCES][PT_MAX_SOURCES]; /* users of both, the smaller number first */
  } sources;
  /* tables */
  struct pt_label_list labels;
  struct pt_frame frames[32];
  uint32_t n_frames;
  char *run_json;
  struct pt_output_stats written;
  /* times */
  struct pt_stage_time times[PT_MAX_STAGES];
  uint32_t n_times;
  double started;
};

/* -- job.c -- */
int pt_job_open(struct pt_job *j, struct pt_comm *c, const struct pt_options *o, struct pt_err *err) PT_MUST_CHECK;
void pt_job_close(struct pt_job *j);
double pt_job_now(void); /* seconds, monotonic */
/* Adds `seconds` to the stage's time. */
void pt_job_time(struct pt_job *j, const char *stage, double seconds);

/* -- job_file.c: collective: the job file (NULL: defaults) with the files that it names. c NULL: local -- */
int pt_job_file(struct pt_comm *c, const char *path, struct pt_conf *conf, struct pt_err *err) PT_MUST_CHECK;

/* -- the stages, in the order of plan.c; each is collective -- */
int pt_stage_inputs(struct pt_job *j, struct pt_err *err) PT_MUST_CHECK;
int pt_stage_plan(struct pt_job *j, struct pt_err *err) PT_MUST_CHECK;
int pt_stage_road(struct pt_job *j, struct pt_err *err) PT_MUST_CHECK;
int pt_stage_store(struct pt_job *j, struct pt_err *err) PT_MUST_CHECK; /* instead of inputs and road */
int pt_stage_asof(struct pt_job *j, struct pt_err *err) PT_MUST_CHECK;
int pt_stage_facts(struct pt_job *j, struct pt_err *err) PT_MUST_CHECK;
int pt_stage_population(struct pt_job *j, struct pt_err *err) PT_MUST_CHECK;
int pt_stage_models(struct pt_job *j, struct pt_err *err) PT_MUST_CHECK;
int pt_stage_tags(struct pt_job *j, struct pt_err *err) PT_MUST_CHECK;
int pt_stage_segments(struct pt_job *j, struct pt_err *err) PT_MUST_CHECK;
int pt_stage_output(struct pt_job *j, struct pt_err *err) PT_MUST_CHECK;

/* -- budget.c: Local -- */
/* Bytes for this rank: the batch system's or cgroup's limit shared by the ranks of the node, else half of RAM. */
uint64_t pt_budget_found(int ranks_on_node);

/* -- asof.c -- */
/* The local day of a time, with the zone's offset cached between calls. */
struct pt_day_cache {
  int64_t from, to, offset;
};
int64_t pt_local_day(const struct pt_zone *z, struct pt_day_cache *cache, int64_t ms);

/* -- lines.c: lines of one part through parser and cleaner -- */
struct pt_lines;
int pt_lines_open(struct pt_lines **out, struct pt_job *j, struct pt_cleaner *cleaner,
                  struct pt_err *err) PT_MUST_CHECK;
void pt_lines_close(struct pt_lines *l);
/* Local: all records of a chunk. `put` gets each accepted event. */
typedef int (*pt_put)(void *ctx, const struct pt_event *e, struct pt_slice user_id, struct pt_err *err);
int pt_lines_chunk(struct pt_lines *l, const struct pt_chunk *chunk, pt_put put, void *ctx,
                   struct pt_err *err) PT_MUST_CHECK;

/* -- bound.c: what a store binds: format, timezone, identity, money, time_range, hash key -- */
#define PT_N_BOUND 6
struct pt_bound {
  struct pt_keep_setting v[PT_N_BOUND];
  struct pt_buf text[PT_N_BOUND];
};
int pt_bound_of(struct pt_bound *b, const struct pt_conf *conf, const struct pt_hash_key *key,
                struct pt_err *err) PT_MUST_CHECK;
void pt_bound_free(struct pt_bound *b);
/* A build takes from the manifest what its own job file leaves at the default; the zone is opened anew where it
 * changes. */
int pt_bound_inherit(struct pt_bound *b, struct pt_job *j, struct pt_slice manifest, struct pt_err *err) PT_MUST_CHECK;
/* Collective: rank 0's manifest text on every rank, opened with these settings into j->keep. */
int pt_bound_open(struct pt_job *j, bool may_be_new, bool inherit, struct pt_err *err) PT_MUST_CHECK;

/* -- inputs.c -- */
/* Collective: leaves out what the store has taken before, and the same content given twice. */
int pt_inputs_new(struct pt_job *j, struct pt_err *err) PT_MUST_CHECK;

/* -- run.c -- */
int pt_run_json(struct pt_job *j, struct pt_err *err) PT_MUST_CHECK;

/* -- progress.c: Local, rank 0's own share stands for all -- */
void pt_progress(struct pt_job *j, const char *stage, uint64_t done, uint64_t all);
void pt_progress_end(struct pt_job *j);

/* -- summary.c: collective: the table at the end, and --summary -- */
int pt_summary(struct pt_job *j, struct pt_err *err) PT_MUST_CHECK;

#endif

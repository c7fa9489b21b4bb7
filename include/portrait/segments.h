/* Segments: `all`, the job file's, and every label of every tag: their statistics, reduced to rank 0 (catalog section
 * 11, docs/tables.md). Collective. */
#ifndef PORTRAIT_SEGMENTS_H
#define PORTRAIT_SEGMENTS_H
#include <portrait/comm.h>
#include <portrait/conf.h>
#include <portrait/frame.h>
#include <portrait/output.h>
#include <portrait/rows.h>

#define PT_SEGMENT_FRAMES 16

struct pt_segments_conf {
  uint32_t max_labels;           /* a tag with more labels enters with its largest and `other` */
  const struct pt_names *tables; /* to make; NULL or none: all */
  const struct pt_names *steps;  /* of the funnel */
  int64_t first_day, last_day;   /* local days since 1970-01-01: of log_start, and of the moment before T */
  int64_t last_whole_day;        /* the latest local day that ends by T */
  const char *previous;          /* an earlier file, for drift and psi; NULL: none */
  const struct pt_hash_key *key; /* of the users' hash: where the earlier file's users stand */
  uint32_t privacy_k;            /* cells that count fewer users are left out */
};

/* The tables into frames[PT_SEGMENT_FRAMES], filled on rank 0 (elsewhere without rows); *n = how many there are: a
 * table whose columns the job does not compute is absent. The caller frees the frames. Memory: a table's counts on
 * every rank: months or days times segments, segments squared. */
int pt_segments_run(struct pt_comm *c, struct pt_rows *rows, const struct pt_label_list *labels,
                    const struct pt_segments_conf *conf, struct pt_frame frames[PT_SEGMENT_FRAMES], uint32_t *n,
                    struct pt_err *err) PT_MUST_CHECK;

#endif

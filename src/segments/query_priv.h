/* What the files of the query share. */
#ifndef PORTRAIT_QUERY_PRIV_H
#define PORTRAIT_QUERY_PRIV_H
#include <portrait/expr.h>
#include <portrait/profiles.h>
#include <portrait/query.h>

#define PT_QUERY_BATCH 65536u /* rows read at once */

/* A column at hand: the rows of a batch. */
struct query_column {
  struct pt_profile_column about;
  struct pt_profile_values values;
  uint32_t number; /* in the file */
};

struct pt_query {
  struct pt_comm *c;
  const struct pt_query_conf *conf;
  struct pt_profiles *file;
  struct pt_expr *expr;
  struct pt_zone *zone; /* of the file's run; NULL where it does not tell */
  struct pt_xclock clock;
  uint64_t first, n;    /* this rank's rows */
  uint8_t *in;          /* whether each holds */
  uint64_t mine, users; /* that hold, here and on all ranks */
};

static inline int pt_query_no_memory(struct pt_err *err) {
  return pt_fail(err, "segment", PT_MEMORY, 0, "out of memory");
}
/* Room for a batch; reads rows of it. */
int pt_query_column_open(struct pt_query *q, uint32_t number, struct query_column *out,
                         struct pt_err *err) PT_MUST_CHECK;
int pt_query_column_read(struct pt_query *q, struct query_column *c, uint64_t first, uint64_t n,
                         struct pt_err *err) PT_MUST_CHECK;
void pt_query_column_close(struct query_column *c);

/* The two tables. Collective. */
int pt_query_summary(struct pt_query *q, struct pt_frame *f, struct pt_err *err) PT_MUST_CHECK;
int pt_query_tgi(struct pt_query *q, struct pt_frame *f, struct pt_err *err) PT_MUST_CHECK;

#endif

/* A segment asked of a finished file: who is in it, what they are like, which labels they have more often than all.
 * Collective: each rank reads its share of the rows. */
#ifndef PORTRAIT_QUERY_H
#define PORTRAIT_QUERY_H
#include <portrait/comm.h>
#include <portrait/frame.h>

enum pt_ids_format { PT_IDS_CSV, PT_IDS_LINES };

struct pt_query_conf {
  const char *file, *expression;
  uint32_t privacy_k; /* smaller segments are refused (65), smaller cells left out */
};

struct pt_query; /* opaque: the file, the expression, and which of this rank's rows hold */

/* 64 with line, caret and nearest name where the expression does not stand with the file's columns. Memory: a byte a
 * row of the rank, and a batch of rows. */
int pt_query_open(struct pt_query **out, struct pt_comm *c, const struct pt_query_conf *conf,
                  struct pt_err *err) PT_MUST_CHECK;
void pt_query_close(struct pt_query *q);
/* Users of the segment, and of the file. Local. */
uint64_t pt_query_users(const struct pt_query *q);
uint64_t pt_query_all(const struct pt_query *q);

/* summary: a row for the segment and one for all; tgi: the labels of every tag that the expression does not read, the
 * largest first. Filled on rank 0; the caller frees them. Memory: 9 bytes a row of the rank, 16 a label. */
int pt_query_tables(struct pt_query *q, struct pt_frame *summary, struct pt_frame *tgi,
                    struct pt_err *err) PT_MUST_CHECK;
/* The ids in the order of the file's rows to `path` (0600), by rename when all is written. CSV: a head line, RFC 4180,
 * and what a spreadsheet would take for a formula has an apostrophe before it. Lines: as they are; 65 where one has a
 * line break in it. */
int pt_query_ids(struct pt_query *q, const char *path, enum pt_ids_format format, struct pt_err *err) PT_MUST_CHECK;

#endif

/* prank: mid-ranks of values over all ranks, (values less + half of the equal ones) / n, exact. Collective.
 *
 * `scan` calls visit(sink, value, to) for every local value that is known (no NaN), the same ones each time it is
 * called; the value's rank goes to *to, which must not be where scan reads values. The result does not depend on the
 * number of ranks, on the order of values or on `bytes`, the memory that each rank may use for it. */
#ifndef PORTRAIT_RANKS_H
#define PORTRAIT_RANKS_H
#include <portrait/comm.h>

typedef void (*pt_rank_visit)(void *sink, double value, double *to);
typedef void (*pt_rank_scan)(void *ctx, pt_rank_visit visit, void *sink);

int pt_ranks(struct pt_comm *c, pt_rank_scan scan, void *ctx, uint64_t bytes, struct pt_err *err) PT_MUST_CHECK;

#endif

/* The only home of MPI. Whoever is given a `struct pt_comm *` may communicate; nobody else can.
 *
 * Every function here is COLLECTIVE unless its line says Local. An MPI error aborts the job (a broken world). */
#ifndef PORTRAIT_COMM_H
#define PORTRAIT_COMM_H
#include <portrait/buf.h>
#include <portrait/err.h>
#include <stdbool.h>
#include <stdint.h>

struct pt_comm; /* opaque: a duplicated communicator with an aborting error handler */

/* MPI_Init with our settings (fcoll=individual unless set); without mpirun: one rank. */
int pt_comm_open(struct pt_comm **out, int *argc, char ***argv, struct pt_err *err) PT_MUST_CHECK;
void pt_comm_close(struct pt_comm *c);
int pt_comm_rank(const struct pt_comm *c); /* Local */
int pt_comm_size(const struct pt_comm *c); /* Local */
/* Ranks on this rank's node, and its number among them. Local after open. */
int pt_comm_node_size(const struct pt_comm *c);
/* The MPI communicator, as void * so that only output/ (parallel HDF5) needs <mpi.h>. Local. */
void *pt_comm_handle(const struct pt_comm *c);
/* Prints one line for this rank and ends the job with `code` at once. Local, does not return. */
_Noreturn void pt_comm_abort(struct pt_comm *c, const struct pt_err *err);

/* Agreement: every rank brings its *err (code 0 = fine). All fine: returns 0. Otherwise the error of the lowest failing
 * rank replaces *err on every rank (text prefixed "[stage, rank R of N] "), and its code is returned everywhere. */
int pt_agree(struct pt_comm *c, struct pt_err *err) PT_MUST_CHECK;
#ifdef __clang_analyzer__ /* ... and that whoever brings an error does not get 0. */
#define pt_agree(c, err) ((err)->code ? ((void)!pt_agree(c, err), PT_INTERNAL) : pt_agree(c, err))
#endif

void pt_comm_barrier(struct pt_comm *c);
/* From rank `root` to all, any number of bytes (in pieces below 1 GiB). */
void pt_bcast(struct pt_comm *c, void *p, uint64_t n, int root);
/* Sums, minima, maxima in place on every rank. */
void pt_sum_u64(struct pt_comm *c, uint64_t *v, uint64_t n);
void pt_max_u64(struct pt_comm *c, uint64_t *v, uint64_t n);
void pt_min_u64(struct pt_comm *c, uint64_t *v, uint64_t n);
/* Sum of the values of all lower ranks (0 on rank 0). */
uint64_t pt_exscan_u64(struct pt_comm *c, uint64_t v);
/* One value of each rank, on every rank: out has size() entries. */
void pt_allgather_u64(struct pt_comm *c, uint64_t v, uint64_t *out);
/* Each rank's bytes to rank `root`, in rank order: out/counts only there (counts[size()]). Errors are agreed. */
int pt_gather_bytes(struct pt_comm *c, const void *p, uint64_t n, int root, struct pt_buf *out, uint64_t *counts,
                    struct pt_err *err) PT_MUST_CHECK;

/* Exact sums: each term rounded once to 2^-40 and added in 128 bits, so the sum does not depend on the order. */
struct pt_exact {
  uint64_t lo;
  int64_t hi;
};
void pt_exact_add(struct pt_exact *s, double term); /* Local; NaN and |term| >= 2^80 are ignored */
/* `times` terms of this value, each rounded as one; Local. |term| * times < 2^86. */
void pt_exact_add_times(struct pt_exact *s, double term, uint64_t times);
void pt_exact_add_i64(struct pt_exact *s, int64_t term);             /* Local; an integer in units of 1 */
void pt_exact_join(struct pt_exact *s, const struct pt_exact *term); /* Local */
double pt_exact_value(const struct pt_exact *s);                     /* Local */
void pt_sum_exact(struct pt_comm *c, struct pt_exact *v, uint64_t n);

/* Sized exchange: send[r] (nbytes[r]) goes to rank r; what came is handed out rank by rank. Rounds of at most
 * `round_bytes` a pair keep every count inside an int. Non-blocking: start, progress (Local, cheap), finish. */
struct pt_exchange;                                                                                 /* opaque */
int pt_exchange_new(struct pt_exchange **out, struct pt_comm *c, struct pt_err *err) PT_MUST_CHECK; /* Local */
void pt_exchange_free(struct pt_exchange *x);
/* Collective. The buffers must stay untouched until finish. `flags` (more, severity, stop) are reduced by MAX on the
 * way. */
void pt_exchange_start(struct pt_exchange *x, void *const *send, const uint64_t *nbytes, uint64_t flags[3]);
void pt_exchange_progress(struct pt_exchange *x); /* Local */
/* Completes; got[r]/ngot[r] are valid until the next start; got[own rank] is the caller's own send buffer. flags =
 * maxima over ranks. A rank without memory for what comes ends the job. */
int pt_exchange_finish(struct pt_exchange *x, void ***got, const uint64_t **ngot, uint64_t flags[3],
                       struct pt_err *err) PT_MUST_CHECK;

/* Exact order statistics over all ranks, by refinement of counts: nothing is gathered. Collective.
 *
 * `scan` calls visit(sink, group, key) for every local value, the same ones each time it is called (up to 6 times);
 * keys order as the values do (pt_key_f64). Target i asks for the k-th smallest (from 0) of its group; targets are
 * sorted by group; keys[i] gets the answer on every rank (0 where the group has no more than k values). Memory and
 * message: 32 KiB a target. */
struct pt_target {
  uint32_t group;
  uint64_t k;
};
typedef void (*pt_visit)(void *sink, uint32_t group, uint64_t key);
typedef void (*pt_scan)(void *ctx, pt_visit visit, void *sink);
int pt_select(struct pt_comm *c, const struct pt_target *targets, uint32_t n, uint32_t n_groups, pt_scan scan,
              void *ctx, uint64_t *keys, struct pt_err *err) PT_MUST_CHECK;
/* A double as a key of the same order, and back. Local. */
uint64_t pt_key_f64(double v);
double pt_f64_key(uint64_t key);
/* An int64 as a key of the same order, and back. Local. */
static inline uint64_t pt_key_i64(int64_t v) {
  return (uint64_t)v ^ UINT64_C(1) << 63;
}
static inline int64_t pt_i64_key(uint64_t key) {
  return (int64_t)(key ^ UINT64_C(1) << 63);
}
/* The two order statistics and the weight of a type-7 quantile over n values: x[lo] + part * (x[lo + 1] - x[lo]).
 * Local. */
void pt_type7(uint64_t n, double p, uint64_t *lo, double *part);

#endif

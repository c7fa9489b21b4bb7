/* Reductions and broadcasts of any length, in pieces whose counts fit an int. */
#include "comm_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int piece(uint64_t left) {
  return (int)(left < PT_PIECE ? left : PT_PIECE);
}

void pt_bcast(struct pt_comm *c, void *p, uint64_t n, int root) {
  for (uint64_t at = 0; at < n; at += PT_PIECE) MPI_Bcast((char *)p + at, piece(n - at), MPI_BYTE, root, c->mpi);
}

static void reduce(struct pt_comm *c, uint64_t *v, uint64_t n, MPI_Op op) {
  for (uint64_t at = 0; at < n; at += PT_PIECE / 8)
    MPI_Allreduce(MPI_IN_PLACE, v + at, piece(n - at < PT_PIECE / 8 ? n - at : PT_PIECE / 8), MPI_UINT64_T, op, c->mpi);
}

void pt_sum_u64(struct pt_comm *c, uint64_t *v, uint64_t n) {
  reduce(c, v, n, MPI_SUM);
}
void pt_max_u64(struct pt_comm *c, uint64_t *v, uint64_t n) {
  reduce(c, v, n, MPI_MAX);
}
void pt_min_u64(struct pt_comm *c, uint64_t *v, uint64_t n) {
  reduce(c, v, n, MPI_MIN);
}

uint64_t pt_exscan_u64(struct pt_comm *c, uint64_t v) {
  uint64_t before = 0;
  MPI_Exscan(&v, &before, 1, MPI_UINT64_T, MPI_SUM, c->mpi);
  return c->rank == 0 ? 0 : before;
}

void pt_allgather_u64(struct pt_comm *c, uint64_t v, uint64_t *out) {
  MPI_Allgather(&v, 1, MPI_UINT64_T, out, 1, MPI_UINT64_T, c->mpi);
}

/* Pieces by point-to-point: what reaches the root may be over 2 GiB in all. */
static void send_pieces(struct pt_comm *c, const char *p, uint64_t n, int root) {
  for (uint64_t at = 0; at < n; at += PT_PIECE) MPI_Send(p + at, piece(n - at), MPI_BYTE, root, 1, c->mpi);
}

static void take_pieces(struct pt_comm *c, char *p, uint64_t n, int from) {
  for (uint64_t at = 0; at < n; at += PT_PIECE)
    MPI_Recv(p + at, piece(n - at), MPI_BYTE, from, 1, c->mpi, MPI_STATUS_IGNORE);
}

int pt_gather_bytes(struct pt_comm *c, const void *p, uint64_t n, int root, struct pt_buf *out, uint64_t *counts,
                    struct pt_err *err) {
  uint64_t *all = malloc((size_t)c->size * sizeof *all), total = 0;
  if (!all) pt_fail(err, "comm", PT_MEMORY, 0, "out of memory");
  int failed = pt_agree(c, err);
  if (failed) {
    free(all);
    return failed;
  }
  pt_allgather_u64(c, n, all);
  for (int r = 0; r < c->size; r++) total += all[r];
  if (c->rank == root) {
    out->n = 0;
    if (pt_buf_reserve(out, total + 1))
      pt_fail(err, "comm", PT_MEMORY, 0, "out of memory: %llu bytes to gather", (unsigned long long)total);
  }
  failed = pt_agree(c, err);
  if (failed) {
    free(all);
    return failed;
  }
  if (c->rank == root) {
    for (int r = 0; r < c->size; r++) {
      if (counts) counts[r] = all[r];
      if (r == root && n) memcpy(out->p + out->n, p, n);
      if (r != root) take_pieces(c, out->p + out->n, all[r], r);
      out->n += all[r];
    }
  } else {
    send_pieces(c, p, n, root);
  }
  free(all);
  return 0;
}

/* Exact sums: 128-bit integers in units of 2^-40. */
static void add128(struct pt_exact *s, __int128 v) {
  unsigned __int128 sum = ((unsigned __int128)(uint64_t)s->hi << 64 | s->lo) + (unsigned __int128)v;
  s->lo = (uint64_t)sum;
  s->hi = (int64_t)(uint64_t)(sum >> 64);
}

void pt_exact_add(struct pt_exact *s, double term) {
  if (!(fabs(term) < 0x1p80)) return;
  double scaled = rint(ldexp(term, 40)); /* exact up to 2^53 units, then the term's own last bit */
  add128(s, (__int128)scaled);
}

void pt_exact_add_times(struct pt_exact *s, double term, uint64_t times) {
  if (!(fabs(term) < 0x1p80)) return;
  add128(s, (__int128)((unsigned __int128)(__int128)rint(ldexp(term, 40)) * times));
}

void pt_exact_add_i64(struct pt_exact *s, int64_t term) {
  add128(s, (__int128)term * ((__int128)1 << 40));
}

void pt_exact_join(struct pt_exact *s, const struct pt_exact *term) {
  add128(s, (__int128)((unsigned __int128)(uint64_t)term->hi << 64 | term->lo));
}

double pt_exact_value(const struct pt_exact *s) {
  __int128 v = (__int128)((unsigned __int128)(uint64_t)s->hi << 64 | s->lo);
  return ldexp((double)v, -40);
}

static void sum_exact(void *in, void *inout, int *n, MPI_Datatype *type) {
  (void)type;
  const struct pt_exact *a = in;
  struct pt_exact *b = inout;
  for (int i = 0; i < *n; i++) add128(&b[i], (__int128)((unsigned __int128)(uint64_t)a[i].hi << 64 | a[i].lo));
}

void pt_sum_exact(struct pt_comm *c, struct pt_exact *v, uint64_t n) {
  MPI_Datatype type;
  MPI_Op op;
  MPI_Type_contiguous((int)sizeof *v, MPI_BYTE, &type);
  MPI_Type_commit(&type);
  MPI_Op_create(sum_exact, 1, &op);
  for (uint64_t at = 0; at < n; at += PT_PIECE / sizeof *v)
    MPI_Allreduce(MPI_IN_PLACE, v + at, (int)(n - at < PT_PIECE / sizeof *v ? n - at : PT_PIECE / sizeof *v), type, op,
                  c->mpi);
  MPI_Op_free(&op);
  MPI_Type_free(&type);
}

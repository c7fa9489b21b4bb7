/* Sized exchange. The sizes travel by a non-blocking Alltoall and the flags by a non-blocking Allreduce, started
 * together; as soon as both are there the pieces are posted as point-to-point messages. Nothing blocks before finish,
 * so a caller that calls progress now and then overlaps all of it with its own work. A rank that waits for a slower
 * one sleeps: MPI's own wait takes a whole core, which somebody else may need. */
#include "comm_priv.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One message moves a few fragments at a time however often it is driven (three, where ranks share memory): a piece's
 * bytes are pushed by tens of messages side by side instead. */
#define MESSAGE (UINT64_C(256) << 10)

#define WAIT_TESTS 256   /* before the first sleep: a message on its way comes within these */
#define WAIT_NS    20000 /* with what the kernel adds, far below the time that a round takes */

enum phase { IDLE, SIZES, BYTES };

struct pt_exchange {
  struct pt_comm *c;
  enum phase phase;
  uint64_t *nsend, *nrecv;
  uint64_t flags_in[3], flags_out[3];
  void *const *send;
  void **recv;
  struct pt_buf *bufs; /* one a source, kept between rounds */
  MPI_Request head[2];
  MPI_Request *requests;
  int n_requests, cap_requests;
  struct pt_err err;
};

int pt_exchange_new(struct pt_exchange **out, struct pt_comm *c, struct pt_err *err) {
  struct pt_exchange *x = calloc(1, sizeof *x);
  size_t n = (size_t)c->size;
  if (x) {
    x->c = c;
    x->nsend = calloc(n, sizeof *x->nsend);
    x->nrecv = calloc(n, sizeof *x->nrecv);
    x->recv = calloc(n, sizeof *x->recv);
    x->bufs = calloc(n, sizeof *x->bufs);
  }
  if (!x || !x->nsend || !x->nrecv || !x->recv || !x->bufs) {
    pt_exchange_free(x);
    return pt_fail(err, "comm", PT_MEMORY, 0, "out of memory for the exchange");
  }
  *out = x;
  return 0;
}

void pt_exchange_free(struct pt_exchange *x) {
  if (!x) return;
  if (x->bufs)
    for (int r = 0; r < x->c->size; r++) pt_buf_free(&x->bufs[r]);
  free(x->nsend);
  free(x->nrecv);
  free(x->recv);
  free(x->bufs);
  free(x->requests);
  free(x);
}

void pt_exchange_start(struct pt_exchange *x, void *const *send, const uint64_t *nbytes, uint64_t flags[3]) {
  memcpy(x->nsend, nbytes, (size_t)x->c->size * sizeof *nbytes);
  memcpy(x->flags_in, flags, sizeof x->flags_in);
  x->send = send;
  x->n_requests = 0;
  MPI_Ialltoall(x->nsend, 1, MPI_UINT64_T, x->nrecv, 1, MPI_UINT64_T, x->c->mpi, &x->head[0]);
  MPI_Iallreduce(x->flags_in, x->flags_out, 3, MPI_UINT64_T, MPI_MAX, x->c->mpi, &x->head[1]);
  x->phase = SIZES;
}

static MPI_Request *next_request(struct pt_exchange *x) {
  if (x->n_requests == x->cap_requests) {
    int cap = x->cap_requests ? x->cap_requests * 2 : 64;
    MPI_Request *p = realloc(x->requests, (size_t)cap * sizeof *p);
    if (!p) {
      pt_fail(&x->err, "comm", PT_MEMORY, 0, "out of memory for %d messages", cap);
      pt_comm_abort(x->c, &x->err); /* the others have posted already: nothing to agree on */
    }
    x->requests = p;
    x->cap_requests = cap;
  }
  return &x->requests[x->n_requests++];
}

static void post(struct pt_exchange *x) {
  int me = x->c->rank, n = x->c->size;
  for (int i = 0; i < n; i++) {
    int from = (me - i + n) % n;
    struct pt_buf *b = &x->bufs[from];
    b->n = 0;
    if (pt_buf_reserve(b, x->nrecv[from] + 64)) {
      pt_fail(&x->err, "comm", PT_MEMORY, 0, "out of memory: %llu bytes from rank %d",
              (unsigned long long)x->nrecv[from], from);
      pt_comm_abort(x->c, &x->err);
    }
    x->recv[from] = b->p;
    if (from == me) continue;
    for (uint64_t at = 0; at < x->nrecv[from]; at += MESSAGE) {
      uint64_t left = x->nrecv[from] - at;
      MPI_Irecv(b->p + at, (int)(left < MESSAGE ? left : MESSAGE), MPI_BYTE, from, 2, x->c->mpi, next_request(x));
    }
  }
  for (int i = 1; i < n; i++) {
    int to = (me + i) % n;
    for (uint64_t at = 0; at < x->nsend[to]; at += MESSAGE) {
      uint64_t left = x->nsend[to] - at;
      MPI_Isend((const char *)x->send[to] + at, (int)(left < MESSAGE ? left : MESSAGE), MPI_BYTE, to, 2, x->c->mpi,
                next_request(x));
    }
  }
  x->recv[me] = (void *)x->send[me]; /* what stays here is not copied */
  x->phase = BYTES;
}

void pt_exchange_progress(struct pt_exchange *x) {
  int done = 0;
  if (x->phase == SIZES) {
    MPI_Testall(2, x->head, &done, MPI_STATUSES_IGNORE);
    if (done) post(x);
  } else if (x->phase == BYTES && x->n_requests) {
    MPI_Testall(x->n_requests, x->requests, &done, MPI_STATUSES_IGNORE);
    if (done) x->n_requests = 0;
  }
}

static void wait_all(int n, MPI_Request *requests) {
  int done = 0;
  for (unsigned tests = 0; !done; tests++) {
    if (tests >= WAIT_TESTS) nanosleep(&(struct timespec){0, WAIT_NS}, NULL);
    MPI_Testall(n, requests, &done, MPI_STATUSES_IGNORE);
  }
}

int pt_exchange_finish(struct pt_exchange *x, void ***got, const uint64_t **ngot, uint64_t flags[3],
                       struct pt_err *err) {
  (void)err;
  if (x->phase == SIZES) {
    wait_all(2, x->head);
    post(x);
  }
  if (x->n_requests) wait_all(x->n_requests, x->requests);
  x->n_requests = 0;
  x->phase = IDLE;
  *got = x->recv;
  *ngot = x->nrecv;
  memcpy(flags, x->flags_out, sizeof x->flags_out);
  return 0;
}

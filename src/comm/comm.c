/* Start and end of MPI, and the one place that aborts. An MPI error is a broken world: the handler names it and ends
 * the job, so no call here is checked one by one. */
#include "comm_priv.h"

#include <portrait/log.h>
#include <stdio.h>
#include <stdlib.h>

static void broken_world(MPI_Comm *comm, int *code, ...) {
  char text[MPI_MAX_ERROR_STRING];
  int n = 0, rank = 0;
  MPI_Comm_rank(*comm, &rank);
  MPI_Error_string(*code, text, &n);
  fprintf(stderr, "portrait: error: [comm, rank %d] MPI: %s\n", rank, text);
  MPI_Abort(*comm, PT_INTERNAL);
}

int pt_comm_open(struct pt_comm **out, int *argc, char ***argv, struct pt_err *err) {
  setenv("OMPI_MCA_fcoll", "individual", 0); /* the default component loses data on a full disk and reports success */
  struct pt_comm *c = calloc(1, sizeof *c);
  if (!c) return pt_fail(err, "comm", PT_MEMORY, 0, "out of memory");
  if (MPI_Init(argc, argv) != MPI_SUCCESS) {
    free(c);
    return pt_fail(err, "comm", PT_INTERNAL, 0, "MPI_Init failed");
  }
  MPI_Comm_dup(MPI_COMM_WORLD, &c->mpi);
  MPI_Errhandler handler;
  MPI_Comm_create_errhandler(broken_world, &handler);
  MPI_Comm_set_errhandler(c->mpi, handler);
  MPI_Errhandler_free(&handler);
  MPI_Comm_rank(c->mpi, &c->rank);
  MPI_Comm_size(c->mpi, &c->size);
  MPI_Comm node;
  MPI_Comm_split_type(c->mpi, MPI_COMM_TYPE_SHARED, c->rank, MPI_INFO_NULL, &node);
  MPI_Comm_size(node, &c->node_size);
  MPI_Comm_free(&node);
  *out = c;
  return 0;
}

void pt_comm_close(struct pt_comm *c) {
  if (!c) return;
  MPI_Comm_free(&c->mpi);
  free(c);
  MPI_Finalize();
}

int pt_comm_rank(const struct pt_comm *c) {
  return c->rank;
}
int pt_comm_size(const struct pt_comm *c) {
  return c->size;
}
int pt_comm_node_size(const struct pt_comm *c) {
  return c->node_size;
}
void *pt_comm_handle(const struct pt_comm *c) {
  return (void *)&c->mpi;
}

void pt_comm_abort(struct pt_comm *c, const struct pt_err *err) {
  fprintf(stderr, "portrait: error: [%s, rank %d of %d] %s\n", err->stage, c->rank, c->size, err->text);
  fflush(stderr);
  MPI_Abort(c->mpi, err->code ? err->code : PT_INTERNAL);
  _Exit(err->code ? err->code : PT_INTERNAL);
}

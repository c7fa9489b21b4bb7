/* One Allreduce where all is well; where not, the lowest failing rank's error goes to all. */
#include "comm_priv.h"

#include <stdio.h>
#include <string.h>

int(pt_agree)(struct pt_comm *c, struct pt_err *err) {
  int first = err->code ? c->rank : c->size, lowest;
  MPI_Allreduce(&first, &lowest, 1, MPI_INT, MPI_MIN, c->mpi);
  if (lowest == c->size) return 0;
  if (lowest == c->rank && strncmp(err->text, "[", 1) != 0) {
    char text[sizeof err->text];
    snprintf(text, sizeof text, "[%s, rank %d of %d] %.380s", err->stage, c->rank, c->size, err->text);
    memcpy(err->text, text, sizeof text);
  }
  MPI_Bcast(err, (int)sizeof *err, MPI_BYTE, lowest, c->mpi);
  return err->code;
}

void pt_comm_barrier(struct pt_comm *c) {
  MPI_Barrier(c->mpi);
}

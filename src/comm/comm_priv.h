/* What the files of comm/ share. */
#ifndef PORTRAIT_COMM_PRIV_H
#define PORTRAIT_COMM_PRIV_H
#include <mpi.h>
#include <portrait/comm.h>

#define PT_PIECE (UINT64_C(1) << 28) /* bytes or items a single MPI call moves: far below INT_MAX */

struct pt_comm {
  MPI_Comm mpi;
  int rank, size, node_size;
};

#endif

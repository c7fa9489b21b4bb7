/* h5write FILE BYTES: the seconds of a plain parallel HDF5 write of so many raw bytes, as datasets of float64 that the
 * ranks write together in contiguous layout, with close; and the MB/s. The yardstick of bench/row_output.py. */
#include <hdf5.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#define ROWS ((hsize_t)2000000) /* of a dataset */

static int die(const char *what) {
  fprintf(stderr, "h5write: %s\n", what);
  MPI_Abort(MPI_COMM_WORLD, 74);
  return 74;
}

static void write_one(hid_t file, unsigned number, hsize_t rows, int rank, int size, const double *values) {
  char name[32];
  snprintf(name, sizeof name, "column%u", number);
  hsize_t from = rows * (hsize_t)rank / (hsize_t)size, n = rows * (hsize_t)(rank + 1) / (hsize_t)size - from;
  hid_t space = H5Screate_simple(1, &rows, NULL), part = H5Screate_simple(1, &n, NULL);
  hid_t how = H5Pcreate(H5P_DATASET_XFER);
  hid_t set = H5Dcreate2(file, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Sselect_hyperslab(space, H5S_SELECT_SET, &from, NULL, &n, NULL);
  H5Pset_dxpl_mpio(how, H5FD_MPIO_COLLECTIVE);
  if (set < 0 || H5Dwrite(set, H5T_NATIVE_DOUBLE, part, space, how, values) < 0) die("a write failed");
  H5Dclose(set);
  H5Pclose(how);
  H5Sclose(part);
  H5Sclose(space);
}

int main(int argc, char **argv) {
  setenv("OMPI_MCA_fcoll", "individual", 0);
  MPI_Init(&argc, &argv);
  int rank, size;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (argc != 3) return die("usage: h5write FILE BYTES");
  hsize_t left = strtoull(argv[2], NULL, 10) / sizeof(double);
  double *values = malloc(ROWS * sizeof *values);
  if (!values) return die("no memory");
  for (hsize_t i = 0; i < ROWS; i++) values[i] = (double)(i * 2654435761u % 1000003u) / 7.0;
  MPI_Barrier(MPI_COMM_WORLD);
  double start = MPI_Wtime();
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_mpio(access, MPI_COMM_WORLD, MPI_INFO_NULL);
  hid_t file = H5Fcreate(argv[1], H5F_ACC_TRUNC, H5P_DEFAULT, access);
  if (file < 0) return die("the file cannot be made");
  double bytes = (double)left * sizeof(double);
  for (unsigned number = 0; left; number++) {
    hsize_t rows = left < ROWS ? left : ROWS;
    write_one(file, number, rows, rank, size, values);
    left -= rows;
  }
  if (H5Fclose(file) < 0) return die("the close failed");
  MPI_Barrier(MPI_COMM_WORLD);
  double seconds = MPI_Wtime() - start;
  if (rank == 0) printf("%.4f s, %.0f MB/s\n", seconds, bytes / seconds / 1e6);
  H5Pclose(access);
  free(values);
  MPI_Finalize();
  return 0;
}

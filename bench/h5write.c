/* h5write FILE BYTES: a plain parallel HDF5 write of so many raw bytes with what the output stage promises too:
 * datasets of float64 that the ranks write together in contiguous layout, flushed to disk, closed, opened again and
 * read back. Prints the seconds of all, and of the write into the page cache alone. The yardstick of
 * bench/row_output.py. */
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

/* This rank's part of a dataset of `rows`, written or read together. */
static void move(hid_t file, unsigned number, hsize_t rows, double *values, int write) {
  char name[32];
  int rank, size;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  snprintf(name, sizeof name, "column%u", number);
  hsize_t from = rows * (hsize_t)rank / (hsize_t)size, n = rows * (hsize_t)(rank + 1) / (hsize_t)size - from;
  hid_t space = H5Screate_simple(1, &rows, NULL), part = H5Screate_simple(1, &n, NULL);
  hid_t how = H5Pcreate(H5P_DATASET_XFER), type = H5T_NATIVE_DOUBLE;
  hid_t set = write ? H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)
                    : H5Dopen2(file, name, H5P_DEFAULT);
  H5Sselect_hyperslab(space, H5S_SELECT_SET, &from, NULL, &n, NULL);
  H5Pset_dxpl_mpio(how, H5FD_MPIO_COLLECTIVE);
  if (set < 0) die("a dataset cannot be made or opened");
  if ((write ? H5Dwrite(set, type, part, space, how, values) : H5Dread(set, type, part, space, how, values)) < 0)
    die("a write or read failed");
  H5Dclose(set);
  H5Pclose(how);
  H5Sclose(part);
  H5Sclose(space);
}

static void move_all(hid_t file, hsize_t left, double *values, int write) {
  for (unsigned number = 0; left; number++) {
    hsize_t rows = left < ROWS ? left : ROWS;
    move(file, number, rows, values, write);
    left -= rows;
  }
}

int main(int argc, char **argv) {
  setenv("OMPI_MCA_fcoll", "individual", 0);
  MPI_Init(&argc, &argv);
  if (argc != 3) return die("usage: h5write FILE BYTES");
  hsize_t values_n = strtoull(argv[2], NULL, 10) / sizeof(double);
  double *values = malloc(ROWS * sizeof *values), *back = malloc(ROWS * sizeof *back);
  if (!values || !back) return die("no memory");
  for (hsize_t i = 0; i < ROWS; i++) values[i] = (double)(i * 2654435761u % 1000003u) / 7.0;
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_mpio(access, MPI_COMM_WORLD, MPI_INFO_NULL);

  MPI_Barrier(MPI_COMM_WORLD);
  double start = MPI_Wtime();
  hid_t file = H5Fcreate(argv[1], H5F_ACC_TRUNC, H5P_DEFAULT, access);
  if (file < 0) return die("the file cannot be made");
  move_all(file, values_n, values, 1);
  MPI_Barrier(MPI_COMM_WORLD);
  double written = MPI_Wtime() - start;
  if (H5Fflush(file, H5F_SCOPE_GLOBAL) < 0 || H5Fclose(file) < 0) return die("the close failed");
  file = H5Fopen(argv[1], H5F_ACC_RDONLY, access);
  if (file < 0) return die("the file cannot be opened");
  move_all(file, values_n, back, 0);
  if (H5Fclose(file) < 0) return die("the close failed");
  MPI_Barrier(MPI_COMM_WORLD);
  double seconds = MPI_Wtime() - start;

  int rank;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (values_n && back[0] != values[0]) return die("what was read is not what was written");
  if (rank == 0) printf("%.4f %.4f\n", seconds, written);
  H5Pclose(access);
  free(values);
  free(back);
  MPI_Finalize();
  return 0;
}

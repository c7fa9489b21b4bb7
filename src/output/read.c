/* Reading a finished file, serially. */
#include <stdlib.h>

#include "h5.h"

uint64_t pt_h5_length(hid_t dataset) {
  hid_t space = H5Dget_space(dataset);
  hssize_t n = H5Sget_simple_extent_npoints(space);
  H5Sclose(space);
  return n > 0 ? (uint64_t)n : 0;
}

int pt_h5_read_rows(hid_t dataset, uint64_t first, uint64_t n, hid_t type, void *to, struct pt_err *err) {
  hsize_t start = first, count = n;
  hid_t from = H5Dget_space(dataset), mem = H5Screate_simple(1, &count, NULL);
  int code = 0;
  if (H5Sselect_hyperslab(from, H5S_SELECT_SET, &start, NULL, &count, NULL) < 0 ||
      H5Dread(dataset, type, mem, from, H5P_DEFAULT, to) < 0)
    code = pt_h5_fail(err, "read", "a row");
  H5Sclose(mem);
  H5Sclose(from);
  return code;
}

int pt_h5_read_texts(hid_t dataset, char **out, uint64_t *n, size_t *width, struct pt_err *err) {
  hid_t type = H5Dget_type(dataset);
  int code = 0;
  *n = pt_h5_length(dataset);
  *width = H5Tget_size(type);
  *out = NULL;
  if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) != 0)
    code = pt_fail(err, "output", PT_REJECTED, 0, "a text column that this program has not written");
  else if (!(*out = calloc(*n + 1, *width + 1)))
    code = pt_fail(err, "output", PT_MEMORY, 0, "no memory for a column of texts");
  else if (*n && pt_h5_read_rows(dataset, 0, *n, type, *out, err))
    code = err->code;
  H5Tclose(type);
  return code;
}

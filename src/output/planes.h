/* HDF5's shuffle: element by element to byte by byte. Local. */
#ifndef PT_OUTPUT_PLANES_H
#define PT_OUTPUT_PLANES_H
#include <stddef.h>

/* n elements of `size` bytes into `size` planes of n bytes, the lowest bytes first. */
void pt_planes(const unsigned char *in, unsigned char *out, size_t n, size_t size);

#endif

/* A stored chunk back to its rows, without HDF5's filters. Local. */
#ifndef PT_OUTPUT_UNFILTER_H
#define PT_OUTPUT_UNFILTER_H
#include <stdbool.h>
#include <stddef.h>

/* Undoes Fletcher-32, deflate and shuffle (elements of `size` bytes; 1: none) of a chunk of `stored` bytes into `rows`,
 * which has exactly n bytes; `work` has n too. False where a checksum, the stream or the length is wrong. */
bool pt_unfilter(const unsigned char *chunk, size_t stored, size_t size, unsigned char *rows, unsigned char *work,
                 size_t n);
/* The same without undoing the shuffle: n bytes into `planes`. */
bool pt_unfilter_planes(const unsigned char *chunk, size_t stored, unsigned char *planes, size_t n);
/* Whether the last four of `stored` bytes are the Fletcher-32 of those before them. */
bool pt_fletcher_holds(const unsigned char *chunk, size_t stored);

#endif

/* The deflate behind HDF5's standard gzip filter. Local. */
#ifndef PT_OUTPUT_COMPRESS_H
#define PT_OUTPUT_COMPRESS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From now on level 1 means ISA-L's deflate (true) or zlib's (false). */
void pt_deflate_fast(bool on);
/* How often the filter was given to ISA-L so far: shows whether our symbol took zlib's place. */
uint64_t pt_deflate_fast_calls(void);
/* Bytes that n bytes take after shuffle (elements of `size` bytes) and deflate; `scratch` has 3 * n + 128 bytes. */
size_t pt_deflate_probe(const void *p, size_t n, size_t size, int level, unsigned char *scratch);

#endif

/* HDF5 1.10 refuses to replace its own deflate filter, but that filter calls zlib's compress2() through the dynamic
 * linker: a definition in the program stands before libz.so in the search order and is taken instead. Ours gives level
 * 1 to ISA-L (a zlib stream with the same header and Adler-32, about 2.5 times as fast) and every other level to
 * zlib's deflate, so any reader of the gzip filter reads the result.
 *
 * Memory: ISA-L's level buffer, about 0.3 MiB, static: HDF5 calls its filters from one thread. */
#include "compress.h"

#include <isa-l/igzip_lib.h>
#include <string.h>
#include <zlib.h>

#include "planes.h"
#include "seal.h"

static bool fast_on;
static uint64_t fast_calls;
static unsigned char level_buf[ISAL_DEF_LVL1_DEFAULT];

void pt_deflate_fast(bool on) {
  fast_on = on;
}

uint64_t pt_deflate_fast_calls(void) {
  return fast_calls;
}

static int isal_compress(Bytef *dest, uLongf *dest_len, const Bytef *source, uLong source_len) {
  struct isal_zstream s;
  isal_deflate_stateless_init(&s);
  s.level = 1;
  s.level_buf = level_buf;
  s.level_buf_size = sizeof level_buf;
  s.gzip_flag = IGZIP_ZLIB;
  s.end_of_stream = 1;
  s.flush = NO_FLUSH;
  s.next_in = (uint8_t *)source; /* ISA-L only reads it */
  s.avail_in = (uint32_t)source_len;
  s.next_out = dest;
  s.avail_out = (uint32_t)(*dest_len > UINT32_MAX ? UINT32_MAX : *dest_len);
  if (isal_deflate_stateless(&s) != COMP_OK) return Z_BUF_ERROR;
  fast_calls++;
  *dest_len = s.total_out;
  return Z_OK;
}

static int zlib_compress(Bytef *dest, uLongf *dest_len, const Bytef *source, uLong source_len, int level) {
  if (source_len > UINT32_MAX || *dest_len > UINT32_MAX) return Z_BUF_ERROR;
  z_stream s;
  memset(&s, 0, sizeof s);
  int rc = deflateInit(&s, level);
  if (rc != Z_OK) return rc;
  s.next_in = (Bytef *)source; /* zlib only reads it */
  s.avail_in = (uInt)source_len;
  s.next_out = dest;
  s.avail_out = (uInt)*dest_len;
  rc = deflate(&s, Z_FINISH);
  *dest_len = s.total_out;
  deflateEnd(&s);
  return rc == Z_STREAM_END ? Z_OK : rc == Z_OK ? Z_BUF_ERROR : rc;
}

static int compress_any(Bytef *dest, uLongf *dest_len, const Bytef *source, uLong source_len, int level) {
  uLongf room = *dest_len;
  if (level == 1 && fast_on && source_len <= UINT32_MAX) {
    if (isal_compress(dest, dest_len, source, source_len) == Z_OK) return Z_OK;
    *dest_len = room;
  }
  return zlib_compress(dest, dest_len, source, source_len, level);
}

/* zlib.h declares it; the visibility makes sure that libhdf5 finds it in the program. */
__attribute__((visibility("default"))) int compress2(Bytef *dest, uLongf *dest_len, const Bytef *source,
                                                     uLong source_len, int level) {
  int rc = compress_any(dest, dest_len, source, source_len, level);
  if (rc == Z_OK) pt_seal_add(source, source_len, dest, *dest_len);
  return rc;
}

size_t pt_deflate_probe(const void *p, size_t n, size_t size, int level, unsigned char *scratch) {
  size_t rows = n / size;
  pt_planes(p, scratch, rows, size);
  uLongf out = 2 * n + 128;
  if (compress_any(scratch + n, &out, scratch, rows * size, level) != Z_OK) return n;
  return out < n ? out : n;
}

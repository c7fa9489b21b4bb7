/* Reading back through HDF5's own filters costs more than writing did: zlib's inflate and a bytewise unshuffle. So the
 * raw chunk is read (H5Dread_chunk) and undone here with ISA-L's inflate, which checks the stream's Adler-32; that any
 * zlib reads the same stream is the tests' business, not each run's. */
#include "unfilter.h"

#include <isa-l/igzip_lib.h>
#include <stdint.h>
#include <string.h>

/* HDF5's Fletcher-32: big-endian 16-bit words, sums modulo 65535, folded every 360 words so that nothing overflows. */
static uint32_t fletcher32(const unsigned char *p, size_t n) {
  uint32_t a = 0, b = 0;
  size_t words = n / 2;
  while (words) {
    size_t block = words > 360 ? 360 : words;
    words -= block;
    for (; block; block--, p += 2) {
      a += (uint32_t)p[0] << 8 | p[1];
      b += a;
    }
    a = (a & 0xFFFF) + (a >> 16);
    b = (b & 0xFFFF) + (b >> 16);
  }
  if (n % 2) {
    a += (uint32_t)*p << 8;
    b += a;
    a = (a & 0xFFFF) + (a >> 16);
    b = (b & 0xFFFF) + (b >> 16);
  }
  a = (a & 0xFFFF) + (a >> 16);
  b = (b & 0xFFFF) + (b >> 16);
  return b << 16 | a;
}

static bool inflate_all(const unsigned char *in, size_t n_in, unsigned char *out, size_t n) {
  struct inflate_state s;
  if (n_in > UINT32_MAX || n > UINT32_MAX) return false;
  isal_inflate_init(&s);
  s.crc_flag = ISAL_ZLIB;
  s.next_in = (uint8_t *)in; /* ISA-L only reads it */
  s.avail_in = (uint32_t)n_in;
  s.next_out = out;
  s.avail_out = (uint32_t)n;
  return isal_inflate(&s) == ISAL_DECOMP_OK && s.block_state == ISAL_BLOCK_FINISH && s.total_out == n &&
         s.avail_in == 0;
}

/* Each loop puts whole elements together: one store an element. Little-endian, as the file's types are. */
static void unshuffle2(const unsigned char *in, unsigned char *out, size_t n) {
  for (size_t i = 0; i < n; i++) {
    uint16_t v = (uint16_t)(in[i] | in[n + i] << 8);
    memcpy(out + 2 * i, &v, 2);
  }
}

static void unshuffle4(const unsigned char *in, unsigned char *out, size_t n) {
  const unsigned char *a = in, *b = a + n, *c = b + n, *d = c + n;
  for (size_t i = 0; i < n; i++) {
    uint32_t v = (uint32_t)a[i] | (uint32_t)b[i] << 8 | (uint32_t)c[i] << 16 | (uint32_t)d[i] << 24;
    memcpy(out + 4 * i, &v, 4);
  }
}

static void unshuffle8(const unsigned char *in, unsigned char *out, size_t n) {
  for (size_t i = 0; i < n; i++) {
    uint64_t v = 0;
    for (unsigned k = 0; k < 8; k++) v |= (uint64_t)in[k * n + i] << (8 * k);
    memcpy(out + 8 * i, &v, 8);
  }
}

static void unshuffle(const unsigned char *in, unsigned char *out, size_t n, size_t size) {
  if (size == 2)
    unshuffle2(in, out, n);
  else if (size == 4)
    unshuffle4(in, out, n);
  else if (size == 8)
    unshuffle8(in, out, n);
  else
    for (size_t i = 0; i < n; i++)
      for (size_t k = 0; k < size; k++) out[i * size + k] = in[k * n + i];
}

bool pt_fletcher_holds(const unsigned char *chunk, size_t stored) {
  if (stored < 4) return false;
  const unsigned char *sum = chunk + stored - 4;
  uint32_t want = (uint32_t)sum[0] | (uint32_t)sum[1] << 8 | (uint32_t)sum[2] << 16 | (uint32_t)sum[3] << 24;
  return fletcher32(chunk, stored - 4) == want;
}

bool pt_unfilter_planes(const unsigned char *chunk, size_t stored, unsigned char *planes, size_t n) {
  return pt_fletcher_holds(chunk, stored) && inflate_all(chunk, stored - 4, planes, n);
}

bool pt_unfilter(const unsigned char *chunk, size_t stored, size_t size, unsigned char *rows, unsigned char *work,
                 size_t n) {
  if (size <= 1) return pt_unfilter_planes(chunk, stored, rows, n);
  if (!pt_unfilter_planes(chunk, stored, work, n)) return false;
  unshuffle(work, rows, n / size, size);
  memcpy(rows + n / size * size, work + n / size * size, n % size);
  return true;
}

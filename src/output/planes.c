/* The expected form of every chunk is made once more for the reading back, so this must run at the speed of memory:
 * even and odd bytes are parted by packing 16-bit lanes, one level for each doubling of the element. SSE2 is part of
 * x86-64; elsewhere, and for the odd widths of texts, the plain loop serves. */
#include "planes.h"

static void planes_from(const unsigned char *in, unsigned char *out, size_t n, size_t size, size_t first) {
  for (size_t b = 0; b < size; b++)
    for (size_t i = first; i < n; i++) out[b * n + i] = in[i * size + b];
}

#ifdef __SSE2__
#include <emmintrin.h>

static inline __m128i even(__m128i a, __m128i b) {
  __m128i low = _mm_set1_epi16(0xFF);
  return _mm_packus_epi16(_mm_and_si128(a, low), _mm_and_si128(b, low));
}

static inline __m128i odd(__m128i a, __m128i b) {
  return _mm_packus_epi16(_mm_srli_epi16(a, 8), _mm_srli_epi16(b, 8));
}

static inline void put(unsigned char *to, __m128i v) {
  _mm_storeu_si128((__m128i *)(void *)to, v);
}

/* 16 elements of four bytes each to four planes, `apart` bytes from each other. */
static inline void planes4(__m128i a, __m128i b, __m128i c, __m128i d, unsigned char *to, size_t apart) {
  __m128i even_low = even(a, b), even_high = even(c, d), odd_low = odd(a, b), odd_high = odd(c, d);
  put(to, even(even_low, even_high));
  put(to + apart, even(odd_low, odd_high));
  put(to + 2 * apart, odd(even_low, even_high));
  put(to + 3 * apart, odd(odd_low, odd_high));
}

void pt_planes(const unsigned char *in, unsigned char *out, size_t n, size_t size) {
  size_t i = 0;
  for (; (size == 2 || size == 4 || size == 8) && i + 16 <= n; i += 16) {
    const __m128i *v = (const __m128i *)(const void *)(in + i * size);
    __m128i a = _mm_loadu_si128(v), b = _mm_loadu_si128(v + 1);
    if (size == 2) {
      put(out + i, even(a, b));
      put(out + n + i, odd(a, b));
      continue;
    }
    __m128i c = _mm_loadu_si128(v + 2), d = _mm_loadu_si128(v + 3);
    if (size == 4) {
      planes4(a, b, c, d, out + i, n);
      continue;
    }
    __m128i e = _mm_loadu_si128(v + 4), f = _mm_loadu_si128(v + 5);
    __m128i g = _mm_loadu_si128(v + 6), h = _mm_loadu_si128(v + 7);
    planes4(even(a, b), even(c, d), even(e, f), even(g, h), out + i, 2 * n);
    planes4(odd(a, b), odd(c, d), odd(e, f), odd(g, h), out + n + i, 2 * n);
  }
  planes_from(in, out, n, size, i);
}
#else
void pt_planes(const unsigned char *in, unsigned char *out, size_t n, size_t size) {
  planes_from(in, out, n, size, 0);
}
#endif

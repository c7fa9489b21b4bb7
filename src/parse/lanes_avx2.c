/* The hot loops with AVX2, chosen at run time. A string of up to 31 bytes, a number of up to 15 and the bytes between
 * two values of up to 32 take one comparison each, and no branch that depends on their length. */
#include "parse_priv.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define LANE_TARGET __attribute__((target("avx2,bmi")))
#define LANE_WIDTH  32
#define LANE_HABITS 1

/* Bytes in front of the first '"', '\\', control or non-ASCII byte, LANE_WIDTH where none is there. */
LANE_TARGET static inline unsigned lane_special(const char *p) {
  __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
  __m256i quote = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('"'));
  __m256i slash = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\'));
  __m256i low = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), v); /* signed: non-ASCII too */
  return _tzcnt_u32((uint32_t)_mm256_movemask_epi8(_mm256_or_si256(_mm256_or_si256(quote, slash), low)));
}

LANE_TARGET static inline bool lane_same(const char *p, const char *end, const struct pt_edge *e) {
  __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
  __m256i w = _mm256_loadu_si256((const __m256i *)(const void *)e->head);
  uint32_t same = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, w));
  if ((same & e->head_set) != e->head_set) return false;
  if (__builtin_expect(e->n <= sizeof e->head, 1)) return true;
  return (size_t)(end - p) >= e->n && memcmp(p + sizeof e->head, e->text + sizeof e->head, e->n - sizeof e->head) == 0;
}

LANE_TARGET static inline const char *lane_number(const char *p, const char *end) {
  const char *first = p + (*p == '-');
  __m128i v = _mm_loadu_si128((const __m128i *)(const void *)first);
  __m128i under = _mm_cmplt_epi8(v, _mm_set1_epi8('0')), over = _mm_cmpgt_epi8(v, _mm_set1_epi8('9'));
  uint32_t other = (uint32_t)_mm_movemask_epi8(_mm_or_si128(under, over));
  unsigned n = _tzcnt_u32(other); /* digits in front of the dot; 32 where none of 16 ends them */
  if (__builtin_expect(n - 1 > 14 || (*first == '0' && n > 1), 0)) return pt_number_scan(p, end);
  if (first[n] == '.') {
    unsigned stop = _tzcnt_u32(other & (other - 1));
    if (stop > 15 || stop == n + 1) return pt_number_scan(p, end);
    n = stop;
  }
  if ((first[n] | 0x20) == 'e') return pt_number_scan(p, end);
  return first + n;
}

/* Bytes in front of the delimiter or line feed; *high where a byte here or a little behind is not ASCII. */
LANE_TARGET static inline unsigned lane_cell(const char *p, char delimiter, bool *high) {
  __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
  __m256i stop =
      _mm256_or_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(delimiter)), _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\n')));
  *high |= _mm256_movemask_epi8(v) != 0;
  return _tzcnt_u32((uint32_t)_mm256_movemask_epi8(stop));
}

#include "lanes_body.h"

/* The compiler leaves the upper halves of the registers in use where it knows that a function called last does not
 * touch them; each step from here to SSE code and back would then cost a hundred cycles. */
LANE_TARGET static const char *follow_and_leave(struct pt_json *j, const char *p, const char *end, bool last) {
  const char *stop = follow(j, p, end, last);
  _mm256_zeroupper();
  return stop;
}

LANE_TARGET static enum pt_csv_fate split_and_leave(struct pt_csv *c, const char *p, const char *end, bool last,
                                                    struct pt_csv_line *out) {
  enum pt_csv_fate fate = split(c, p, end, last, out);
  _mm256_zeroupper();
  return fate;
}

static const struct pt_lanes lanes = {follow_and_leave, split_and_leave};

const struct pt_lanes *pt_lanes_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") ? &lanes : NULL;
}
#else
const struct pt_lanes *pt_lanes_avx2(void) {
  return NULL;
}
#endif

/* The hot loops with 8-byte words: for processors without AVX2, and the twin that the tests compare it to. */
#include "parse_priv.h"

#define LANE_TARGET
#define LANE_WIDTH  8
#define LANE_HABITS 0

/* Bytes in front of the first '"', '\\', control or non-ASCII byte, LANE_WIDTH where none is there. */
static inline unsigned lane_special(const char *p) {
  uint64_t m = pt_special8(pt_load8(p));
  return m ? (unsigned)__builtin_ctzll(m) >> 3 : LANE_WIDTH;
}

static inline bool lane_same(const char *p, const char *end, const struct pt_edge *e) {
  return (size_t)(end - p) >= e->n && memcmp(p, e->text, e->n) == 0;
}

static inline const char *lane_number(const char *p, const char *end) {
  return pt_number_scan(p, end);
}

/* Bytes in front of the delimiter or line feed; *high where a byte here or a little behind is not ASCII. */
static inline unsigned lane_cell(const char *p, char delimiter, bool *high) {
  uint64_t w = pt_load8(p), a = w ^ (PT_ONES * (unsigned char)delimiter), b = w ^ (PT_ONES * '\n');
  uint64_t m = ((a - PT_ONES) & ~a) | ((b - PT_ONES) & ~b);
  *high |= (w & PT_HIGHS) != 0;
  m &= PT_HIGHS;
  return m ? (unsigned)__builtin_ctzll(m) >> 3 : LANE_WIDTH;
}

#include "lanes_body.h"

const struct pt_lanes pt_lanes_swar = {follow, split};

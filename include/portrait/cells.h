/* What the facts leave for the segments' tables in hidden columns of bytes: runs of numbers as LEB128, signed ones with
 * the sign in the lowest bit. One user's bytes:
 *
 *   _visit_days   ascending distinct local days with a visit event: the first day (signed), then the gaps
 *   _order_days   local days with an order's first purchase: the first day (signed) or the gap, then the orders
 *   _money_months local months with money, ascending: the first month (signed) or the gap, purchases, spend (signed),
 *                 net spend (signed), money in 1/10,000
 *   _top_months   top category (code of the column's dictionary), month (signed), purchases, spend (signed)
 *
 * Days are days since 1970-01-01, months 12 * year + month - 1. Local. */
#ifndef PORTRAIT_CELLS_H
#define PORTRAIT_CELLS_H
#include <portrait/buf.h>
#include <portrait/time.h>

#define PT_CELL_MAX 10 /* bytes of a number */

static inline size_t pt_cell_put(char *p, uint64_t v) {
  size_t n = 0;
  for (; v >= 128; v >>= 7) p[n++] = (char)(v | 128);
  p[n++] = (char)v;
  return n;
}
static inline size_t pt_cell_put_signed(char *p, int64_t v) {
  return pt_cell_put(p, (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0));
}

/* Takes the next number off `s`; 0 behind the end. */
static inline uint64_t pt_cell_take(struct pt_slice *s) {
  uint64_t v = 0;
  for (unsigned shift = 0; s->n && shift < 64; shift += 7) {
    unsigned char byte = (unsigned char)*s->p++;
    s->n--;
    v |= (uint64_t)(byte & 127) << shift;
    if (byte < 128) break;
  }
  return v;
}
static inline int64_t pt_cell_take_signed(struct pt_slice *s) {
  uint64_t v = pt_cell_take(s);
  return (int64_t)(v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
}

/* The month of a local day, and the first day of a month. */
static inline int32_t pt_month_of(int64_t day) {
  int64_t year;
  int month, of_month;
  pt_civil_from_days(day, &year, &month, &of_month);
  return (int32_t)(12 * year + month - 1);
}
static inline int64_t pt_month_start(int64_t month) {
  int64_t year = pt_floor_div(month, 12);
  return pt_days_from_civil(year, (int)(month - 12 * year) + 1, 1);
}

#endif

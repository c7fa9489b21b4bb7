/* Cumulative shares without sorting: as in the selection of order statistics each pass fixes 12 more bits, but cells
 * hold sums of amounts, not counts, and the walk is downwards: the amount sought lies in the cell where the sum of all
 * above reaches the share. Six passes, whatever the data; sums are exact integers. */
#include <math.h>
#include <portrait/models_value.h>
#include <stdlib.h>
#include <string.h>

#include "models/whole.h"

#define BITS   12
#define CELLS  (UINT32_C(1) << BITS)
#define PASSES 6          /* 6 * 12 >= 63 */
#define ONE    1000000000 /* shares have 9 digits */

struct walk {
  uint32_t n;
  int64_t *prefix;         /* of each answer: the bits known */
  __int128 *above, *limit; /* the amounts above the prefix, and where to stop: times ONE */
  struct pt_exact *cells;
  int shift, bits;
};

static void add(void *sink, int64_t amount) {
  struct walk *w = sink;
  for (uint32_t i = 0; i < w->n; i++) {
    int known = w->shift + w->bits;
    if (known < 63 && amount >> known != w->prefix[i]) continue;
    pt_exact_add_i64(&w->cells[(size_t)i * CELLS + (amount >> w->shift & ((INT64_C(1) << w->bits) - 1))], amount);
  }
}

/* Downwards while what is above and in the cell stays below the limit. */
static void narrow(struct walk *w) {
  for (uint32_t i = 0; i < w->n; i++) {
    const struct pt_exact *cells = &w->cells[(size_t)i * CELLS];
    uint32_t cell = (UINT32_C(1) << w->bits) - 1;
    for (; cell > 0; cell--) {
      __int128 more = w->above[i] + pt_whole(&cells[cell]) * ONE;
      if (more >= w->limit[i]) break;
      w->above[i] = more;
    }
    w->prefix[i] = w->prefix[i] << w->bits | cell;
  }
}

static void add_all(void *sink, int64_t amount) {
  pt_exact_add_i64(sink, amount);
}

static int allocate(struct walk *w, struct pt_err *err) {
  w->prefix = calloc((size_t)w->n + 1, sizeof *w->prefix);
  w->above = calloc((size_t)w->n + 1, sizeof *w->above);
  w->limit = calloc((size_t)w->n + 1, sizeof *w->limit);
  w->cells = calloc((size_t)w->n * CELLS + 1, sizeof *w->cells);
  if (w->prefix && w->above && w->limit && w->cells) return 0;
  return pt_fail(err, "models", PT_MEMORY, 0, "out of memory for %u shares", w->n);
}

static void give(const struct walk *w, bool any, int64_t *least) {
  for (uint32_t i = 0; i < w->n; i++) {
    least[i] = w->prefix[i];
    if (!any) least[i] = 0;
    if (w->limit[i] == 0) least[i] = any ? INT64_MAX : 0;
  }
}

int pt_models_tiers(struct pt_comm *c, pt_amount_scan scan, void *ctx, const double *shares, uint32_t n, int64_t *least,
                    struct pt_err *err) {
  struct walk w = {.n = n, .shift = 63};
  PT_LATER(allocate(&w, err));
  int failed = pt_agree(c, err);
  struct pt_exact all = {0};
  if (!failed) {
    scan(ctx, add_all, &all);
    pt_sum_exact(c, &all, 1);
    for (uint32_t i = 0; i < n; i++) w.limit[i] = pt_whole(&all) * llround(shares[i] * ONE);
  }
  for (int pass = 0; pass < PASSES && !failed; pass++) {
    w.bits = w.shift >= BITS ? BITS : w.shift;
    w.shift -= w.bits;
    memset(w.cells, 0, (size_t)n * CELLS * sizeof *w.cells);
    scan(ctx, add, &w);
    pt_sum_exact(c, w.cells, (uint64_t)n * CELLS);
    narrow(&w);
  }
  if (!failed) give(&w, pt_whole(&all) > 0, least);
  free(w.prefix);
  free(w.above);
  free(w.limit);
  free(w.cells);
  return failed;
}

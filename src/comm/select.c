/* Each pass fixes 12 more bits of every answer: ranks count the values that share the bits known so far by their next
 * 12 bits, the counts are summed, and the answer lies where the running count passes k. Six passes, whatever the data.
 */
#include "comm_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BITS   12
#define CELLS  (UINT32_C(1) << BITS)
#define PASSES 6 /* 6 * 12 >= 64; the last pass has 4 bits */

struct state {
  const struct pt_target *targets;
  uint32_t n;
  uint32_t *first; /* first target of each group; n_groups + 1 entries */
  uint64_t *prefix, *left, *counts;
  int shift, bits; /* bits looked at in this pass */
};

static void count(void *sink, uint32_t group, uint64_t key) {
  struct state *s = sink;
  for (uint32_t t = s->first[group]; t < s->first[group + 1]; t++) {
    int known = s->shift + s->bits;
    if (known < 64 && key >> known != s->prefix[t]) continue;
    s->counts[(size_t)t * CELLS + (key >> s->shift & ((UINT64_C(1) << s->bits) - 1))]++;
  }
}

static void narrow(struct state *s) {
  uint32_t cells = UINT32_C(1) << s->bits;
  for (uint32_t t = 0; t < s->n; t++) {
    const uint64_t *counts = &s->counts[(size_t)t * CELLS];
    uint32_t cell = 0;
    while (cell + 1 < cells && s->left[t] >= counts[cell]) s->left[t] -= counts[cell++];
    s->prefix[t] = s->prefix[t] << s->bits | cell;
  }
}

static int allocate(struct state *s, uint32_t n_groups, struct pt_err *err) {
  s->first = calloc((size_t)n_groups + 2, sizeof *s->first);
  s->prefix = calloc((size_t)s->n + 1, sizeof *s->prefix);
  s->left = calloc((size_t)s->n + 1, sizeof *s->left);
  s->counts = malloc(((size_t)s->n * CELLS + 1) * sizeof *s->counts);
  if (!s->first || !s->prefix || !s->left || !s->counts)
    return pt_fail(err, "comm", PT_MEMORY, 0, "out of memory for %u quantiles", s->n);
  uint32_t t = 0;
  for (uint32_t g = 0; g <= n_groups; g++) {
    while (t < s->n && s->targets[t].group < g) t++;
    s->first[g] = t;
  }
  for (uint32_t i = 0; i < s->n; i++) s->left[i] = s->targets[i].k;
  return 0;
}

int pt_select(struct pt_comm *c, const struct pt_target *targets, uint32_t n, uint32_t n_groups, pt_scan scan,
              void *ctx, uint64_t *keys, struct pt_err *err) {
  struct state s = {.targets = targets, .n = n, .shift = 64};
  if (!err->code) PT_LATER(allocate(&s, n_groups, err));
  int failed = pt_agree(c, err);
  for (int pass = 0; pass < PASSES && !failed; pass++) {
    s.bits = s.shift >= BITS ? BITS : s.shift;
    s.shift -= s.bits;
    memset(s.counts, 0, (size_t)n * CELLS * sizeof *s.counts);
    scan(ctx, count, &s);
    pt_sum_u64(c, s.counts, (uint64_t)n * CELLS);
    narrow(&s);
  }
  for (uint32_t i = 0; i < n && !failed; i++) keys[i] = s.prefix[i];
  free(s.first);
  free(s.prefix);
  free(s.left);
  free(s.counts);
  return failed;
}

uint64_t pt_key_f64(double v) {
  uint64_t bits;
  if (v == 0) v = 0; /* one zero */
  memcpy(&bits, &v, sizeof bits);
  return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

double pt_f64_key(uint64_t key) {
  uint64_t bits = key >> 63 ? key & ~(UINT64_C(1) << 63) : ~key;
  double v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

void pt_type7(uint64_t n, double p, uint64_t *lo, double *part) {
  double h = n ? (double)(n - 1) * p : 0;
  *lo = (uint64_t)floor(h);
  *part = h - floor(h);
}

/* Order by user hash. The hashes of a bucket are even over a known stretch, so one counting pass over
 * (hash - smallest) >> shift leaves about two users a bin; a bin that still mixes users is cut again over its own
 * stretch. Each cut narrows the stretch by the number of bins, so five are enough for 64 bits; users that agree in all
 * 64 (somebody made them so) are merged by the other 64. Memory: `spare` and 32 KiB of stack a level. */
#include <portrait/packed.h>

#define MAX_BINS 4096u
#define FEW      24u

static int compare(const struct pt_hashed *a, const struct pt_hashed *b) {
  if (a->hi != b->hi) return a->hi < b->hi ? -1 : 1;
  struct pt_h128 x, y;
  memcpy(&x, a->at, sizeof x);
  memcpy(&y, b->at, sizeof y);
  return x.lo == y.lo ? 0 : x.lo < y.lo ? -1 : 1;
}

static void insert(struct pt_hashed *v, size_t n) {
  for (size_t i = 1; i < n; i++) {
    struct pt_hashed x = v[i];
    size_t j = i;
    for (; j > 0 && compare(&x, &v[j - 1]) < 0; j--) v[j] = v[j - 1];
    v[j] = x;
  }
}

static void merge(struct pt_hashed *v, struct pt_hashed *spare, size_t n) {
  if (n <= FEW) {
    insert(v, n);
    return;
  }
  size_t half = n / 2;
  merge(v, spare, half);
  merge(v + half, spare, n - half);
  memcpy(spare, v, half * sizeof *v);
  size_t a = 0, b = half, out = 0;
  while (a < half && b < n) v[out++] = compare(&v[b], &spare[a]) < 0 ? v[b++] : spare[a++];
  memcpy(v + out, spare + a, (half - a) * sizeof *v);
}

static bool one_user(const struct pt_hashed *v, size_t n) {
  struct pt_h128 first, other;
  memcpy(&first, v[0].at, sizeof first);
  for (size_t i = 1; i < n; i++) {
    memcpy(&other, v[i].at, sizeof other);
    if (other.lo != first.lo) return false;
  }
  return true;
}

/* Smallest and largest hi; true where v is in order by hi already. */
static bool stretch(const struct pt_hashed *v, size_t n, uint64_t *least, uint64_t *most) {
  bool ordered = true;
  *least = *most = v[0].hi;
  for (size_t i = 1; i < n; i++) {
    if (v[i].hi < *least) *least = v[i].hi;
    if (v[i].hi > *most) *most = v[i].hi;
    ordered &= v[i - 1].hi <= v[i].hi;
  }
  return ordered;
}

/* Runs of equal hi in an ordered v: settles those that hold several users. */
static void settle(struct pt_hashed *v, struct pt_hashed *spare, size_t n) {
  for (size_t from = 0, to; from < n; from = to) {
    for (to = from + 1; to < n && v[to].hi == v[from].hi;) to++;
    if (to - from > 1 && !one_user(v + from, to - from)) merge(v + from, spare, to - from);
  }
}

void pt_sort_hashed(struct pt_hashed *v, struct pt_hashed *spare, size_t n) {
  if (n < 2) return;
  uint64_t least, most;
  if (stretch(v, n, &least, &most)) {
    settle(v, spare, n);
    return;
  }
  if (n <= FEW) {
    insert(v, n);
    return;
  }
  unsigned bins = 16, shift = 0;
  while (bins < MAX_BINS && bins < n / 4) bins *= 2;
  while ((most - least) >> shift >= bins) shift++;
  size_t ends[MAX_BINS + 1];
  memset(ends, 0, (bins + 1) * sizeof *ends);
  for (size_t i = 0; i < n; i++) ends[((v[i].hi - least) >> shift) + 1]++;
  for (unsigned b = 0; b < bins; b++) ends[b + 1] += ends[b];
  for (size_t i = 0; i < n; i++) spare[ends[(v[i].hi - least) >> shift]++] = v[i];
  memcpy(v, spare, n * sizeof *v);
  size_t from = 0;
  for (unsigned b = 0; b < bins; from = ends[b++]) pt_sort_hashed(v + from, spare, ends[b] - from);
}

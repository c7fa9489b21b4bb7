/* Optimal string alignment: insertions, deletions, changes and swaps of neighbours count one each. Three rows of the
 * matrix on the stack; names are short, longer ones than NAME_MAX_BYTES are compared to nothing. */
#include <portrait/nearest.h>

#define NAME_MAX_BYTES 96

static unsigned char fold(char c) {
  return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static unsigned least(unsigned a, unsigned b) {
  return a < b ? a : b;
}

static unsigned distance(struct pt_slice a, struct pt_slice b) {
  unsigned rows[3][NAME_MAX_BYTES + 1];
  unsigned *before = rows[0], *above = rows[1], *row = rows[2];
  for (size_t j = 0; j <= b.n; j++) above[j] = (unsigned)j;
  for (size_t i = 1; i <= a.n; i++) {
    row[0] = (unsigned)i;
    for (size_t j = 1; j <= b.n; j++) {
      unsigned change = fold(a.p[i - 1]) != fold(b.p[j - 1]);
      row[j] = least(above[j - 1] + change, least(above[j], row[j - 1]) + 1);
      if (i > 1 && j > 1 && fold(a.p[i - 1]) == fold(b.p[j - 2]) && fold(a.p[i - 2]) == fold(b.p[j - 1]))
        row[j] = least(row[j], before[j - 2] + 1);
    }
    unsigned *spare = before;
    before = above;
    above = row;
    row = spare;
  }
  return above[b.n];
}

const char *pt_nearest(struct pt_slice name, const char *(*known)(void *ctx, uint32_t i), void *ctx) {
  if (name.n == 0 || name.n > NAME_MAX_BYTES) return NULL;
  const char *best = NULL;
  unsigned best_distance = (unsigned)(name.n + 2) / 3;
  if (best_distance > 4) best_distance = 4;
  best_distance++;
  const char *text;
  for (uint32_t i = 0; (text = known(ctx, i)); i++) {
    struct pt_slice other = pt_slice_of(text);
    if (other.n > NAME_MAX_BYTES) continue;
    unsigned d = distance(name, other);
    /* a name of which no letter is right is no suggestion */
    if (d < best_distance && d < name.n && d < other.n) {
      best = text;
      best_distance = d;
    }
  }
  return best;
}

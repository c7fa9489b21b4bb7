/* The order of a user's events. They come in runs that are in order already, for logs are written in time order, so the
 * natural runs are merged pair by pair: one pass over n events for each doubling of runs, nothing where there is one
 * run, n log n at worst. Short runs are filled up to 16 by insertion first. Only equal times look at the rows. */
#include "group_priv.h"

#define SHORT_RUN 16

static int cmp_u64(uint64_t a, uint64_t b) {
  return a == b ? 0 : a < b ? -1 : 1;
}

int pt_group_compare(struct pt_group *g, const unsigned char *x, const unsigned char *y) {
  struct pt_event *a = &g->a, *b = &g->b;
  pt_unpack(x, a);
  pt_unpack(y, b);
  if (a->time != b->time) return a->time < b->time ? -1 : 1;
  int64_t ra = pt_ev(a, PT_F_RECEIVED_AT, INT64_MAX), rb = pt_ev(b, PT_F_RECEIVED_AT, INT64_MAX);
  if (ra != rb) return ra < rb ? -1 : 1;
  if (a->type != b->type) return a->type < b->type ? -1 : 1;
  int order = 0;
  if (a->type == PT_T_OTHER) order = cmp_u64((uint64_t)pt_ev(a, PT_F_EVENT, 0), (uint64_t)pt_ev(b, PT_F_EVENT, 0));
  if (!order) order = pt_slice_cmp(a->event_id, b->event_id);
  if (!order) order = cmp_u64(a->fingerprint, b->fingerprint);
  if (!order) order = cmp_u64(a->nth, b->nth);
  return order;
}

static inline bool before(struct pt_group *g, const struct pt_item *a, const struct pt_item *b) {
  if (__builtin_expect(a->time != b->time, 1)) return a->time < b->time;
  return pt_group_compare(g, a->row, b->row) < 0;
}

/* Puts v[sorted..n) into the sorted v[0..sorted). */
static void insert(struct pt_group *g, struct pt_item *v, size_t sorted, size_t n) {
  for (size_t i = sorted; i < n; i++) {
    struct pt_item x = v[i];
    size_t j = i;
    for (; j > 0 && before(g, &x, &v[j - 1]); j--) v[j] = v[j - 1];
    v[j] = x;
  }
}

/* End of the run that begins at v[0]; at least SHORT_RUN long where there are as many. */
static size_t run(struct pt_group *g, struct pt_item *v, size_t n) {
  size_t end = 1;
  while (end < n && !before(g, &v[end], &v[end - 1])) end++;
  if (end >= SHORT_RUN || end == n) return end;
  size_t least = n < SHORT_RUN ? n : SHORT_RUN;
  insert(g, v, end, least);
  return least;
}

/* v[0..half) and v[half..n) are in order. */
static void merge(struct pt_group *g, struct pt_item *v, struct pt_item *spare, size_t half, size_t n) {
  if (!before(g, &v[half], &v[half - 1])) return;
  memcpy(spare, v, half * sizeof *v);
  size_t a = 0, b = half, out = 0;
  while (a < half && b < n) {
    bool second = before(g, &v[b], &spare[a]);
    v[out++] = second ? v[b] : spare[a];
    b += second;
    a += !second;
  }
  memcpy(v + out, spare + a, (half - a) * sizeof *v);
}

/* A run waiting to be merged; powers of two keep the stack below 64. */
struct pending {
  size_t from, n;
};

void pt_group_sort(struct pt_group *g, struct pt_item *v, struct pt_item *spare, size_t n) {
  struct pending stack[130];
  size_t depth = 0;
  for (size_t at = 0; at < n;) {
    size_t len = run(g, v + at, n - at);
    stack[depth++] = (struct pending){at, len};
    at += len;
    while (depth > 1 && (stack[depth - 2].n <= 2 * stack[depth - 1].n || at == n)) {
      struct pending *p = &stack[depth - 2];
      merge(g, v + p->from, spare, p->n, p->n + stack[depth - 1].n);
      p->n += stack[depth - 1].n;
      depth--;
    }
  }
}

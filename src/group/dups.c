/* Duplicates of one user, whose events are in order: of those with equal (event_id, place in their line) the first is
 * kept; the products of one order share an event_id and differ in the place. Lines without event_id repeat each other
 * by (fingerprint, place). Equal lines of one format are equal in all that orders them, so they stand side by side;
 * only where a user's lines came in several formats a table is needed. The table's keys are hashed with a secret of
 * this process, so no input can make it slow; what it holds is compared, so the outcome does not depend on the secret.
 */
#include "group_priv.h"

struct key {
  struct pt_slice bytes;
  uint16_t nth;
};

static struct key key_of(const unsigned char *row) {
  struct pt_row_head h = pt_row_head(row);
  if (h.id_n) return (struct key){{(const char *)row + pt_row_id_at(&h), h.id_n}, h.nth};
  return (struct key){{(const char *)row + offsetof(struct pt_row_head, fingerprint), 8}, h.nth};
}

static bool has_id(const unsigned char *row) {
  return pt_row_head(row).id_n != 0;
}

static bool same(const unsigned char *a, const unsigned char *b) {
  struct key x = key_of(a), y = key_of(b);
  return x.nth == y.nth && has_id(a) == has_id(b) && pt_slice_eq(x.bytes, y.bytes);
}

/* Whether the key of `row` is one of v[0..n), the events kept so far; else it is noted as number n. */
static int seen_before(struct pt_group *g, const struct pt_item *v, size_t n, const unsigned char *row, bool *seen,
                       struct pt_err *err) {
  struct key k = key_of(row);
  struct pt_h128 h = pt_hash_user(&g->secret, k.bytes.p, k.bytes.n);
  for (uint64_t key = h.hi + k.nth * (h.lo | 1);; key += h.lo | 1) {
    bool fresh;
    uint32_t *at = pt_table_put(&g->seen, key, (uint32_t)n, &fresh);
    if (!at) return pt_group_no_memory(err);
    *seen = !fresh;
    if (fresh || same(v[*at].row, row)) return 0;
  }
}

/* A repeated event: true where it goes. */
static bool drop(struct pt_group *g, const unsigned char *row) {
  if (has_id(row) || g->conf.duplicates == PT_DUP_EXACT) {
    pt_group_source(g, row)->duplicate++;
    return true;
  }
  pt_group_source(g, row)->exact_duplicates_kept++;
  return false;
}

/* Events without event_id, of one format: a repeated one follows its like. */
static size_t drop_neighbours(struct pt_group *g, struct pt_item *v, size_t n) {
  size_t out = n ? 1 : 0;
  struct pt_item last = n ? v[0] : (struct pt_item){0};
  for (size_t i = 1; i < n; i++) {
    struct pt_item x = v[i];
    bool repeated = x.time == last.time && same(x.row, last.row);
    last = x;
    if (!repeated || !drop(g, x.row)) v[out++] = x;
  }
  return out;
}

static int drop_by_table(struct pt_group *g, struct pt_item *v, size_t n, struct pt_group_seen what, size_t *left,
                         struct pt_err *err) {
  bool ids = what.event_ids && g->conf.duplicates != PT_DUP_KEEP;
  const unsigned char *last = NULL; /* the last event without event_id */
  size_t out = 0;
  pt_table_clear(&g->seen);
  for (size_t i = 0; i < n; i++) {
    const unsigned char *row = v[i].row;
    bool repeated = false, with_id = has_id(row);
    if (with_id ? ids : what.many_formats)
      PT_TRY(seen_before(g, v, out, row, &repeated, err));
    else if (!with_id && last)
      repeated = same(row, last);
    if (!with_id) last = row;
    if (!repeated || !drop(g, row)) v[out++] = v[i];
  }
  *left = out;
  return 0;
}

int pt_group_dups(struct pt_group *g, struct pt_item *v, size_t n, struct pt_group_seen what, size_t *left,
                  struct pt_err *err) {
  if (n > UINT32_MAX) return pt_fail(err, "group", PT_MEMORY, 0, "a user with %zu events", n);
  if (what.event_ids || what.many_formats) return drop_by_table(g, v, n, what, left, err);
  *left = drop_neighbours(g, v, n);
  return 0;
}

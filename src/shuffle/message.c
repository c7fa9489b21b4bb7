/* Messages between ranks. A message carries the texts of the codes it uses and no others: one pass over its rows gives
 * each code its place in the message's own list (a stamped table, so nothing is cleared between messages), and the
 * receiver looks each text up once a message. Memory: 8 bytes a text the sender knows, 4 a text of the message. */
#include <stdlib.h>

#include "shuffle_priv.h"

int pt_shuffle_no_memory(struct pt_err *err) {
  return pt_fail(err, "shuffle", PT_MEMORY, 0, "out of memory for the round's messages");
}

static int ready_field(struct pt_shuffle_local *l, int f, uint32_t n, struct pt_err *err) {
  if (n <= l->cap[f]) return 0;
  size_t cap = 2 * (size_t)n;
  struct pt_shuffle_stamp *s = realloc(l->stamps[f], cap * sizeof *s);
  if (s) {
    memset(s + l->cap[f], 0, (cap - l->cap[f]) * sizeof *s);
    l->stamps[f] = s;
  }
  uint32_t *u = realloc(l->used[f], cap * sizeof *u);
  if (u) l->used[f] = u;
  if (!s || !u) return pt_shuffle_no_memory(err);
  l->cap[f] = cap;
  return 0;
}

static int ready(struct pt_shuffle_local *l, struct pt_dict *const dicts[PT_F_COUNT], struct pt_err *err) {
  if (++l->epoch == 0) { /* stamps of four billion messages ago */
    for (int f = 0; f < PT_F_COUNT; f++)
      if (l->cap[f]) memset(l->stamps[f], 0, l->cap[f] * sizeof **l->stamps);
    l->epoch = 1;
  }
  memset(l->n_used, 0, sizeof l->n_used);
  for (int f = 0; f < PT_F_COUNT; f++)
    if (dicts[f]) PT_TRY(ready_field(l, f, pt_dict_count(dicts[f]), err));
  return 0;
}

static void localise(struct pt_shuffle_local *l, unsigned char *p, const unsigned char *end) {
  for (; p < end; p += pt_row_size(p)) {
    unsigned char *at = p + sizeof(struct pt_row_head);
    for (uint64_t bits = pt_row_head(p).has & PT_CODE_BITS; bits; bits &= bits - 1, at += 4) {
      int f = __builtin_ctzll(bits);
      uint32_t code;
      memcpy(&code, at, sizeof code);
      struct pt_shuffle_stamp *s = &l->stamps[f][code];
      if (s->epoch != l->epoch) {
        *s = (struct pt_shuffle_stamp){l->epoch, l->n_used[f]};
        l->used[f][l->n_used[f]++] = code;
      }
      memcpy(at, &s->local, sizeof s->local);
    }
  }
}

static int add_text(struct pt_buf *m, struct pt_slice text) {
  uint32_t n = (uint32_t)text.n;
  static const char zeros[4];
  return pt_buf_add(m, &n, sizeof n) || pt_buf_add(m, text.p, text.n) || pt_buf_add(m, zeros, -text.n & 3);
}

static int add_texts(struct pt_shuffle_local *l, struct pt_buf *m, struct pt_dict *const dicts[PT_F_COUNT],
                     struct pt_err *err) {
  for (uint32_t f = 0; f < PT_F_COUNT; f++) {
    if (!l->n_used[f]) continue;
    uint32_t head[2] = {f, l->n_used[f]};
    if (pt_buf_add(m, head, sizeof head)) return pt_shuffle_no_memory(err);
    for (uint32_t i = 0; i < l->n_used[f]; i++)
      if (add_text(m, pt_dict_at(dicts[f], l->used[f][i]))) return pt_shuffle_no_memory(err);
  }
  return 0;
}

int pt_message_close(struct pt_shuffle_local *l, struct pt_buf *m, const struct pt_buf *ids,
                     struct pt_dict *const dicts[PT_F_COUNT], struct pt_err *err) {
  struct pt_message_head head = {.rows = m->n - sizeof head, .ids = ids->n};
  PT_TRY(ready(l, dicts, err));
  localise(l, (unsigned char *)m->p + sizeof head, (unsigned char *)m->p + m->n);
  if (pt_buf_add(m, ids->p, ids->n)) return pt_shuffle_no_memory(err);
  size_t before = m->n;
  PT_TRY(add_texts(l, m, dicts, err));
  head.texts = m->n - before;
  memcpy(m->p, &head, sizeof head);
  return 0;
}

void pt_shuffle_local_free(struct pt_shuffle_local *l) {
  for (int f = 0; f < PT_F_COUNT; f++) {
    free(l->stamps[f]);
    free(l->used[f]);
  }
}

static int damaged(struct pt_err *err, const char *why) {
  return pt_fail(err, "shuffle", PT_INTERNAL, 0, "a message is not whole: %s", why);
}

static int take_ids(const unsigned char *p, uint64_t n, struct pt_store *store, struct pt_err *err) {
  struct pt_h128 h;
  uint32_t len;
  while (n) {
    if (n < sizeof h + sizeof len) return damaged(err, "ids");
    memcpy(&h, p, sizeof h);
    memcpy(&len, p + sizeof h, sizeof len);
    uint64_t size = sizeof h + sizeof len + (((uint64_t)len + 3) & ~UINT64_C(3));
    if (size > n) return damaged(err, "ids");
    PT_TRY(pt_store_id(store, h, (struct pt_slice){(const char *)p + sizeof h + sizeof len, len}, err));
    p += size;
    n -= size;
  }
  return 0;
}

static int reserve_map(struct pt_shuffle_maps *m, uint32_t f, uint32_t n, struct pt_err *err) {
  if (n <= m->cap[f]) return 0;
  uint32_t *p = realloc(m->map[f], 2 * (size_t)n * sizeof *p);
  if (!p) return pt_shuffle_no_memory(err);
  m->map[f] = p;
  m->cap[f] = 2 * (size_t)n;
  return 0;
}

/* One field's texts from the front of p; *used = their bytes. */
static int take_field(struct pt_shuffle_maps *m, const unsigned char *p, uint64_t n, struct pt_store *store,
                      uint64_t *used, struct pt_err *err) {
  uint32_t head[2], len;
  if (n < sizeof head) return damaged(err, "texts");
  memcpy(head, p, sizeof head);
  uint32_t f = head[0];
  uint64_t at = sizeof head;
  if (f >= PT_F_COUNT || !(PT_CODE_BITS & PT_BIT(f)) || head[1] > n / 4) return damaged(err, "texts");
  PT_TRY(reserve_map(m, f, head[1], err));
  m->n[f] = 0;
  for (uint32_t i = 0; i < head[1]; i++) {
    if (n - at < sizeof len) return damaged(err, "texts");
    memcpy(&len, p + at, sizeof len);
    at += sizeof len;
    uint64_t padded = ((uint64_t)len + 3) & ~UINT64_C(3);
    if (padded > n - at) return damaged(err, "texts");
    uint32_t code = pt_dict_put(pt_store_dict(store, (enum pt_field)f), (struct pt_slice){(const char *)p + at, len});
    if (code == PT_NO_CODE) return pt_shuffle_no_memory(err);
    m->map[f][m->n[f]++] = code;
    at += padded;
  }
  *used = at;
  return 0;
}

static int take_texts(struct pt_shuffle_maps *m, const unsigned char *p, uint64_t n, struct pt_store *store,
                      struct pt_err *err) {
  memset(m->n, 0, sizeof m->n);
  for (uint64_t used = 0; n; p += used, n -= used) PT_TRY(take_field(m, p, n, store, &used, err));
  return 0;
}

static int take_rows(struct pt_shuffle_maps *m, unsigned char *p, uint64_t n, struct pt_store *store,
                     struct pt_err *err) {
  while (n) {
    if (n < sizeof(struct pt_row_head)) return damaged(err, "rows");
    struct pt_row_head head = pt_row_head(p);
    size_t size = pt_row_size(p);
    if (size > n || head.id_n > PT_MAX_PAYLOAD || head.type >= PT_T_COUNT ||
        size != pt_row_size_of(head.has, head.id_n))
      return damaged(err, "rows");
    unsigned char *row;
    PT_TRY(pt_store_room(store, head.hi, size, &row, err));
    memcpy(row, p, size);
    const unsigned char *from = p + sizeof head;
    unsigned char *to = row + sizeof head;
    for (uint64_t bits = head.has & PT_CODE_BITS; bits; bits &= bits - 1, from += 4, to += 4) {
      uint32_t local;
      memcpy(&local, from, sizeof local);
      int f = __builtin_ctzll(bits);
      if (local >= m->n[f]) return damaged(err, "a code without text"); /* the run ends here, its store with it */
      memcpy(to, &m->map[f][local], 4);
    }
    p += size;
    n -= size;
  }
  return 0;
}

int pt_message_take(struct pt_shuffle_maps *maps, unsigned char *p, uint64_t n, struct pt_store *store,
                    struct pt_err *err) {
  struct pt_message_head head;
  if (n < sizeof head) return damaged(err, "its head");
  memcpy(&head, p, sizeof head);
  n -= sizeof head;
  p += sizeof head;
  if (head.rows > n || head.ids > n - head.rows || head.texts != n - head.rows - head.ids)
    return damaged(err, "its head");
  PT_TRY(take_ids(p + head.rows, head.ids, store, err));
  PT_TRY(take_texts(maps, p + head.rows + head.ids, head.texts, store, err));
  return take_rows(maps, p, head.rows, store, err);
}

void pt_shuffle_maps_free(struct pt_shuffle_maps *m) {
  for (int f = 0; f < PT_F_COUNT; f++) free(m->map[f]);
}

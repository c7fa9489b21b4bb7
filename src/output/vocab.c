/* Each rank has its own codes for the texts it met. A text's owner is the rank its hash names: the owner adds up the
 * counts of all ranks, so no rank holds all texts. Where there are more than `limit`, the smallest count that still
 * fits is found by halving the range of counts (one summed number a step), and of the texts with the count below it
 * each owner offers the first ones in byte order. Rank 0 sees those alone, sorts, and sends the list round.
 *
 * Memory: an owner's share of the distinct texts; on rank 0 at most `limit` texts and `limit` ties of each rank. */
#include <portrait/dict.h>
#include <portrait/hash.h>
#include <portrait/vocab.h>
#include <stdlib.h>
#include <string.h>

#define STAGE "output"

/* A text on its way: its users, its length, its bytes. */
struct head {
  uint64_t users;
  uint32_t n;
};

struct owned {
  struct pt_dict *dict;
  uint64_t *users; /* by code */
  uint32_t cap;
};

struct pick {
  struct pt_slice text;
  uint64_t users;
};

size_t pt_text_cut(struct pt_slice s, size_t longest) {
  if (s.n <= longest) return s.n;
  size_t n = longest;
  while (n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80) n--;
  return n;
}

static bool is_other(struct pt_slice s) {
  return pt_slice_eq(s, PT_SLICE(PT_OTHER));
}

static int no_memory(struct pt_err *err) {
  return pt_fail(err, STAGE, PT_MEMORY, 0, "no memory for a vocabulary");
}

static int add_text(struct pt_buf *b, struct pt_slice text, uint64_t users, struct pt_err *err) {
  struct head h;
  memset(&h, 0, sizeof h);
  h.users = users;
  h.n = (uint32_t)text.n;
  if (pt_buf_add(b, &h, sizeof h) || pt_buf_add(b, text.p, text.n)) return no_memory(err);
  return 0;
}

/* The end of n bytes, of which there may be none at all. */
static const char *end_of(const char *p, uint64_t n) {
  return n ? p + n : p;
}

/* Takes the next text off [*p, end); false at the end. */
static bool take_text(const char **p, const char *end, struct pick *out) {
  struct head h;
  if (*p + sizeof h > end) return false;
  memcpy(&h, *p, sizeof h);
  out->users = h.users;
  out->text = (struct pt_slice){*p + sizeof h, h.n};
  *p += sizeof h + h.n;
  return true;
}

static void count_users(struct pt_rows *rows, uint32_t column, uint64_t *users, uint32_t n) {
  for (uint32_t r = 0; r < pt_rows_ranges(rows); r++) {
    const int32_t *v = pt_rows_values(rows, r, column);
    for (uint32_t i = 0; i < pt_rows_in(rows, r); i++)
      if (v[i] >= 0 && (uint32_t)v[i] < n) users[v[i]]++;
  }
}

static int own(struct owned *o, struct pick p, struct pt_err *err) {
  uint32_t code = pt_dict_put(o->dict, p.text);
  if (code == PT_NO_CODE) return no_memory(err);
  if (code >= o->cap) {
    uint32_t cap = o->cap ? o->cap * 2 : 1024;
    uint64_t *users = realloc(o->users, cap * sizeof *users);
    if (!users) return no_memory(err);
    memset(users + o->cap, 0, (cap - o->cap) * sizeof *users);
    o->users = users;
    o->cap = cap;
  }
  o->users[code] += p.users;
  return 0;
}

/* Local: this rank's texts, packed by owner. */
static int pack(const struct pt_vocab_texts *t, int size, size_t longest, struct pt_buf *to, struct pt_vocab *out,
                struct pt_err *err) {
  for (uint32_t i = 0; i < t->n; i++) {
    if (!t->users[i]) continue;
    struct pt_slice s = t->at(t->of, i);
    size_t fits = pt_text_cut(s, longest);
    if (fits < s.n) out->cut++;
    s.n = fits;
    PT_TRY(add_text(&to[pt_hash64(s.p, s.n) % (uint64_t)size], s, t->users[i], err));
  }
  return 0;
}

/* Collective: every text's counts come together at its owner. */
static int gather_at_owners(struct pt_comm *c, struct pt_buf *to, struct owned *o, struct pt_err *err) {
  int size = pt_comm_size(c);
  struct pt_exchange *x = NULL;
  void **send = calloc((size_t)size, sizeof *send), **got = NULL;
  uint64_t *n = calloc((size_t)size, sizeof *n), flags[3] = {0, 0, 0};
  const uint64_t *ngot = NULL;
  if (!send || !n) (void)no_memory(err);
  if (!err->code && pt_exchange_new(&x, c, err)) x = NULL;
  int code = pt_agree(c, err);
  if (!code) {
    for (int r = 0; r < size; r++) {
      send[r] = to[r].p;
      n[r] = to[r].n;
    }
    pt_exchange_start(x, send, n, flags);
    code = pt_exchange_finish(x, &got, &ngot, flags, err);
  }
  for (int r = 0; !code && r < size; r++) {
    const char *p = got[r], *end = end_of(p, ngot[r]);
    struct pick text;
    while (!err->code && ngot[r] && take_text(&p, end, &text)) (void)own(o, text, err);
  }
  if (!code) code = pt_agree(c, err);
  pt_exchange_free(x);
  free(send);
  free(n);
  return code;
}

static uint64_t users_of(const struct owned *o, uint32_t code) {
  return o->users[code]; /* NOLINT(clang-analyzer-core.NullDereference): own() counts each text it puts */
}

static uint64_t owned_from(const struct owned *o, uint64_t least) {
  uint64_t n = 0;
  for (uint32_t i = 0; i < pt_dict_count(o->dict); i++)
    n += users_of(o, i) >= least && !is_other(pt_dict_at(o->dict, i));
  return n;
}

/* Collective: the smallest count t >= 1 of which no more than `limit` texts have it or a larger one. */
static uint64_t find_threshold(struct pt_comm *c, const struct owned *o, uint32_t limit, uint64_t *above) {
  uint64_t low = 1, high = 1;
  for (uint32_t i = 0; i < pt_dict_count(o->dict); i++)
    if (users_of(o, i) + 1 > high) high = users_of(o, i) + 1;
  pt_max_u64(c, &high, 1);
  while (low < high) {
    uint64_t middle = low + (high - low) / 2, n = owned_from(o, middle);
    pt_sum_u64(c, &n, 1);
    if (n <= limit)
      high = middle;
    else
      low = middle + 1;
  }
  *above = owned_from(o, low);
  pt_sum_u64(c, above, 1);
  return low;
}

static int by_bytes(const void *a, const void *b) {
  const struct pick *x = a, *y = b;
  return pt_slice_cmp(x->text, y->text);
}

static int by_users(const void *a, const void *b) {
  const struct pick *x = a, *y = b;
  if (x->users != y->users) return x->users > y->users ? -1 : 1;
  return pt_slice_cmp(x->text, y->text);
}

/* Local: this owner's candidates: all from `least` users on, and its first `ties` with one user less. */
static int offer(const struct owned *o, uint64_t least, uint64_t ties, struct pt_buf *b, struct pt_err *err) {
  uint32_t n = pt_dict_count(o->dict), n_ties = 0;
  struct pick *tied = calloc(n + 1, sizeof *tied);
  if (!tied) return no_memory(err);
  int code = 0;
  for (uint32_t i = 0; !code && i < n; i++) {
    struct pick p = {pt_dict_at(o->dict, i), users_of(o, i)};
    if (is_other(p.text)) continue;
    if (p.users >= least)
      code = add_text(b, p.text, p.users, err);
    else if (p.users + 1 == least)
      tied[n_ties++] = p;
  }
  qsort(tied, n_ties, sizeof *tied, by_bytes);
  for (uint32_t i = 0; !code && i < n_ties && i < ties; i++) code = add_text(b, tied[i].text, tied[i].users, err);
  free(tied);
  return code;
}

/* Local, rank 0: the candidates of all ranks, largest first, at most `limit`, packed again. */
static int choose(const struct pt_buf *all, uint32_t limit, struct pt_buf *chosen, struct pt_err *err) {
  size_t n = 0, cap = all->n / sizeof(struct head) + 1;
  struct pick *picks = calloc(cap, sizeof *picks);
  if (!picks) return no_memory(err);
  const char *p = all->p, *end = end_of(p, all->n);
  while (all->n && take_text(&p, end, &picks[n])) n++;
  qsort(picks, n, sizeof *picks, by_users);
  int code = 0;
  for (size_t i = 0; !code && i < n && i < limit; i++) code = add_text(chosen, picks[i].text, picks[i].users, err);
  free(picks);
  return code;
}

/* Collective: rank 0's bytes on every rank. */
static int spread(struct pt_comm *c, struct pt_buf *b, struct pt_err *err) {
  uint64_t n = b->n;
  pt_bcast(c, &n, sizeof n, 0);
  if (pt_comm_rank(c) != 0) {
    b->n = 0;
    if (pt_buf_reserve(b, n)) (void)no_memory(err);
  }
  PT_TRY(pt_agree(c, err));
  b->n = n;
  if (n) pt_bcast(c, b->p, n, 0);
  return 0;
}

/* Local: the chosen texts as a vocabulary, and this rank's codes in it. */
static int unpack(const struct pt_buf *chosen, bool other, struct pt_vocab *v, struct pt_err *err) {
  size_t cap = chosen->n / sizeof(struct head) + 2;
  v->text = calloc(cap, sizeof *v->text);
  v->users = calloc(cap, sizeof *v->users);
  if (!v->text || !v->users || pt_buf_reserve(&v->bytes, chosen->n + sizeof PT_OTHER)) return no_memory(err);
  const char *p = chosen->p, *end = end_of(p, chosen->n);
  struct pick t;
  while (chosen->n && take_text(&p, end, &t)) { /* room was made: texts keep their places */
    v->text[v->n] = v->bytes.p + v->bytes.n;
    v->users[v->n++] = t.users;
    memcpy(v->bytes.p + v->bytes.n, t.text.p, t.text.n);
    v->bytes.p[v->bytes.n + t.text.n] = 0;
    v->bytes.n += t.text.n + 1;
  }
  if (!other) return 0;
  v->other = true;
  v->text[v->n++] = PT_OTHER;
  return 0;
}

static int map_codes(const struct pt_vocab_texts *t, size_t longest, struct pt_vocab *v, struct pt_err *err) {
  v->n_local = t->n;
  v->of = calloc(v->n_local + 1, sizeof *v->of);
  struct pt_dict *known = pt_dict_new();
  int code = v->of && known ? 0 : no_memory(err);
  for (uint32_t i = 0; !code && i < v->n; i++)
    if (pt_dict_put(known, pt_slice_of(v->text[i])) == PT_NO_CODE) code = no_memory(err);
  for (uint32_t i = 0; !code && i < v->n_local; i++) {
    struct pt_slice s = t->at(t->of, i);
    s.n = pt_text_cut(s, longest);
    v->of[i] = pt_dict_find(known, s);
    if (v->of[i] == PT_NO_CODE && v->other) v->of[i] = v->n - 1;
  }
  pt_dict_free(known);
  return code;
}

/* Collective. */
static int select_largest(struct pt_comm *c, const struct owned *o, uint32_t limit, struct pt_buf *chosen, bool *other,
                          uint64_t *rare, struct pt_err *err) {
  struct pt_buf mine = {0}, all = {0};
  uint64_t *sizes = calloc((size_t)pt_comm_size(c), sizeof *sizes), above = 0, sums[2] = {owned_from(o, 1), 0};
  if (!sizes) (void)no_memory(err);
  pt_sum_u64(c, sums, 1);
  uint64_t least = find_threshold(c, o, limit, &above);
  if (!err->code) (void)offer(o, least, least > 1 ? limit - above : 0, &mine, err);
  int code = pt_agree(c, err);
  if (!code) code = pt_gather_bytes(c, mine.p, mine.n, 0, &all, sizes, err);
  if (!code && pt_comm_rank(c) == 0) (void)choose(&all, limit, chosen, err);
  if (!code) code = pt_agree(c, err);
  if (!code) code = spread(c, chosen, err);
  sums[1] = pt_dict_find(o->dict, PT_SLICE(PT_OTHER)) != PT_NO_CODE;
  if (!code) pt_sum_u64(c, sums + 1, 1);
  *other = sums[0] > limit || sums[1] > 0;
  *rare = (sums[0] > limit ? sums[0] - limit : 0) + (sums[1] > 0);
  pt_buf_free(&mine);
  pt_buf_free(&all);
  free(sizes);
  return code;
}

int pt_vocab_merge_texts(struct pt_comm *c, const struct pt_vocab_texts *texts, uint32_t limit, size_t longest,
                         struct pt_vocab *out, struct pt_err *err) {
  *out = (struct pt_vocab){0};
  int size = pt_comm_size(c);
  struct owned o = {pt_dict_new(), NULL, 0};
  struct pt_buf *to = calloc((size_t)size, sizeof *to), chosen = {0};
  bool other = false;
  if (!o.dict || !to) (void)no_memory(err);
  if (!err->code) (void)pack(texts, size, longest, to, out, err);
  int code = pt_agree(c, err);
  if (!code) code = gather_at_owners(c, to, &o, err);
  if (!code) code = select_largest(c, &o, limit, &chosen, &other, &out->rare, err);
  if (!code) {
    if (!unpack(&chosen, other, out, err)) (void)map_codes(texts, longest, out, err);
    code = pt_agree(c, err);
  }
  for (int r = 0; to && r < size; r++) pt_buf_free(&to[r]);
  free(to);
  pt_buf_free(&chosen);
  pt_dict_free(o.dict);
  free(o.users);
  return code;
}

static struct pt_slice dict_text(const void *of, uint32_t code) {
  return pt_dict_at(of, code);
}

int pt_vocab_of(struct pt_comm *c, const struct pt_dict *d, const uint64_t *users, uint32_t limit, size_t longest,
                struct pt_vocab *out, struct pt_err *err) {
  struct pt_vocab_texts texts = {dict_text, d, d ? pt_dict_count(d) : 0, users};
  return pt_vocab_merge_texts(c, &texts, limit, longest, out, err);
}

int pt_vocab_merge(struct pt_comm *c, struct pt_rows *rows, uint32_t column, uint32_t limit, size_t longest,
                   struct pt_vocab *out, struct pt_err *err) {
  const struct pt_dict *d = pt_rows_schema(rows)->columns[column].labels.dict;
  uint32_t n = d ? pt_dict_count(d) : 0;
  uint64_t *users = calloc((size_t)n + 1, sizeof *users);
  *out = (struct pt_vocab){0};
  if (users)
    count_users(rows, column, users, n);
  else
    (void)no_memory(err);
  int code = pt_agree(c, err);
  if (!code) code = pt_vocab_of(c, d, users, limit, longest, out, err);
  free(users);
  return code;
}

void pt_vocab_free(struct pt_vocab *v) {
  pt_buf_free(&v->bytes);
  free(v->text);
  free(v->users);
  free(v->of);
  *v = (struct pt_vocab){0};
}

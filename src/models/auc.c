/* AUC = (pairs where the positive's score is larger + half of those equal) / all pairs, in integers.
 *
 * Each rank sorts its scores and joins equal ones; splitters that are exact quantiles of all scores cut the axis into
 * as many pieces as there are ranks, equal scores never parted; each rank gets its piece of everybody's list, sums it,
 * and adds the negatives below it. Memory: 24 bytes a distinct score sent, 24 for each received; a rank receives no
 * more than its share of the rows unless a single score has more, which is one entry a rank. */
#include <math.h>
#include <portrait/models_score.h>
#include <stdlib.h>
#include <string.h>

struct entry {
  uint64_t key, no, yes; /* score, and rows of each label that have it */
};

struct list {
  struct entry *v;
  uint64_t n;
};

static int by_key(const void *a, const void *b) {
  const struct entry *x = a, *y = b;
  return x->key < y->key ? -1 : x->key > y->key;
}

static void sort_and_join(struct list *l) {
  uint64_t n = 0;
  qsort(l->v, l->n, sizeof *l->v, by_key);
  for (uint64_t i = 0; i < l->n; i++) {
    if (n && l->v[n - 1].key == l->v[i].key) {
      l->v[n - 1].no += l->v[i].no;
      l->v[n - 1].yes += l->v[i].yes;
    } else {
      l->v[n++] = l->v[i];
    }
  }
  l->n = n;
}

static int collect(struct list *l, const double *score, const uint8_t *label, uint64_t n, struct pt_err *err) {
  l->v = malloc((n + 1) * sizeof *l->v);
  if (!l->v) return pt_fail(err, "models", PT_MEMORY, 0, "out of memory to rank %llu scores", (unsigned long long)n);
  for (uint64_t i = 0; i < n; i++)
    if (label[i] <= 1 && !isnan(score[i]))
      l->v[l->n++] = (struct entry){pt_key_f64(score[i] + 0.), label[i] == 0, label[i] == 1}; /* + 0: one zero */
  sort_and_join(l);
  return 0;
}

static void scan(void *ctx, pt_visit visit, void *sink) {
  const struct list *l = ctx;
  for (uint64_t i = 0; i < l->n; i++) visit(sink, 0, l->v[i].key);
}

/* First entry of the list whose key is above `key`. */
static uint64_t above(const struct list *l, uint64_t key) {
  uint64_t low = 0, high = l->n;
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    if (l->v[middle].key <= key)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

struct swap {
  struct pt_target *targets;
  uint64_t *keys, *nbytes;
  void **send;
};

/* Each rank's piece of my list, between the splitters: distinct scores are shared out evenly. */
static int cut(struct pt_comm *c, struct list *l, struct swap *s, struct pt_err *err) {
  uint32_t size = (uint32_t)pt_comm_size(c);
  uint64_t all = l->n, at = 0;
  pt_sum_u64(c, &all, 1);
  for (uint32_t r = 0; r + 1 < size; r++) s->targets[r].k = all ? (all * (r + 1) - 1) / size : 0;
  if (size > 1) PT_TRY(pt_select(c, s->targets, size - 1, 1, scan, l, s->keys, err));
  for (uint32_t r = 0; r < size; r++) {
    uint64_t end = r + 1 < size && all ? above(l, s->keys[r]) : l->n;
    s->send[r] = l->v + at;
    s->nbytes[r] = (end - at) * sizeof *l->v;
    at = end;
  }
  return 0;
}

static int receive(struct pt_comm *c, struct pt_exchange *x, struct list *out, struct pt_err *err) {
  void **got;
  const uint64_t *ngot;
  uint64_t flags[3] = {0, 0, 0}, n = 0;
  PT_TRY(pt_exchange_finish(x, &got, &ngot, flags, err));
  for (int r = 0; r < pt_comm_size(c); r++) n += ngot[r];
  out->v = malloc(n + sizeof *out->v);
  if (!out->v) return pt_fail(err, "models", PT_MEMORY, 0, "out of memory to rank %llu bytes", (unsigned long long)n);
  for (int r = 0; r < pt_comm_size(c); r++) {
    if (ngot[r]) memcpy(out->v + out->n, got[r], ngot[r]);
    out->n += ngot[r] / sizeof *out->v;
  }
  sort_and_join(out);
  return 0;
}

/* Twice the number of pairs won, over all ranks: its low 32 bits and the rest are summed apart. */
static double count_pairs(struct pt_comm *c, const struct list *l) {
  uint64_t no = 0, yes = 0;
  for (uint64_t i = 0; i < l->n; i++) no += l->v[i].no, yes += l->v[i].yes;
  uint64_t below = pt_exscan_u64(c, no), totals[4] = {no, yes, 0, 0};
  unsigned __int128 won = 0;
  for (uint64_t i = 0; i < l->n; i++) {
    won += (unsigned __int128)l->v[i].yes * (2 * (unsigned __int128)below + l->v[i].no);
    below += l->v[i].no;
  }
  totals[2] = (uint32_t)won;
  totals[3] = (uint64_t)(won >> 32);
  pt_sum_u64(c, totals, 4);
  if (totals[0] == 0 || totals[1] == 0) return NAN;
  return (double)(((unsigned __int128)totals[3] << 32) + totals[2]) / 2 / ((double)totals[0] * (double)totals[1]);
}

static int open_swap(struct swap *s, size_t size, struct pt_err *err) {
  s->targets = calloc(size, sizeof *s->targets);
  s->keys = calloc(size, sizeof *s->keys);
  s->nbytes = calloc(size, sizeof *s->nbytes);
  s->send = calloc(size, sizeof *s->send);
  if (s->targets && s->keys && s->nbytes && s->send) return 0;
  return pt_fail(err, "models", PT_MEMORY, 0, "out of memory to rank scores");
}

static void close_swap(struct swap *s) {
  free(s->targets);
  free(s->keys);
  free(s->nbytes);
  free(s->send);
}

int pt_models_auc(struct pt_comm *c, const double *score, const uint8_t *label, uint64_t n, double *auc,
                  struct pt_err *err) {
  struct list mine = {0}, piece = {0};
  struct swap s = {0};
  struct pt_exchange *x = NULL;
  uint64_t flags[3] = {0, 0, 0};
  if (!open_swap(&s, (size_t)pt_comm_size(c), err) && !pt_exchange_new(&x, c, err))
    PT_LATER(collect(&mine, score, label, n, err));
  int failed = pt_agree(c, err);
  if (!failed) failed = cut(c, &mine, &s, err);
  if (!failed) {
    pt_exchange_start(x, s.send, s.nbytes, flags);
    PT_LATER(receive(c, x, &piece, err));
    failed = pt_agree(c, err);
  }
  if (!failed) *auc = count_pairs(c, &piece);
  pt_exchange_free(x);
  close_swap(&s);
  free(mine.v);
  free(piece.v);
  return failed;
}

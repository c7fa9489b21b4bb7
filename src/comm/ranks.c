/* A sample sort that moves distinct values alone, in rounds that fit the memory it is given. A sample of all ranks
 * gives splitters; how many values equal each splitter and lie between two of them is counted and summed, so every
 * bucket between splitters knows how many values are below it. Then, round by round, each rank owns one bucket: the
 * others send it their distinct values with counts and get back their ranks. A value that many users share (most often
 * 0) is among the splitters and never travels, so a bucket is small whatever the data. Memory: some 64 bytes for each
 * value of a round, and 520 bytes for each bucket. */
#include <portrait/ranks.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES   64   /* for each bucket */
#define PER_VALUE 64   /* bytes in a round: sorted keys, what is sent, received, sorted and answered */
#define LEAST     4096 /* values of a round, however little memory is left */

struct pair {
  uint64_t key, count;
};

struct ranks {
  struct pt_comm *c;
  pt_rank_scan scan;
  void *ctx;
  uint64_t local, total; /* values */
  uint64_t buckets;      /* asked for; n_splitters + 1 in the end */
  uint64_t *splitters;   /* ascending, distinct */
  uint64_t n_splitters;
  uint64_t *mine;    /* local values in [2 * bucket], equal to the splitter above it in [2 * bucket + 1] */
  uint64_t *counts;  /* the same over all ranks */
  uint64_t *below;   /* values below each of these cells */
  uint64_t from, to; /* buckets of the round */
  uint64_t *keys;    /* local values of the round */
  uint64_t n_keys;
  struct pair *pairs; /* distinct ones */
  uint64_t n_pairs;
  double *answers; /* a rank for each pair */
};

static int compare_keys(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static int no_memory(struct pt_err *err) {
  return pt_fail(err, "comm", PT_MEMORY, 0, "out of memory for ranks");
}

static void count_local(void *sink, double value, double *to) {
  (void)value;
  (void)to;
  ((struct ranks *)sink)->local++;
}

/* ---- splitters */

struct sample {
  struct pt_buf keys;
  uint64_t seen, stride;
  bool failed;
};

static void take_sample(void *sink, double value, double *to) {
  struct sample *s = sink;
  (void)to;
  if (s->seen++ % s->stride) return;
  uint64_t key = pt_key_f64(value);
  s->failed = s->failed || pt_buf_add(&s->keys, &key, sizeof key);
}

/* Every SAMPLES-th of the sorted sample, each value once. */
static uint64_t choose(const uint64_t *sample, uint64_t n, uint64_t buckets, uint64_t *out) {
  uint64_t k = 0;
  for (uint64_t i = 1; i < buckets && n; i++) {
    uint64_t key = sample[(unsigned __int128)i * n / buckets];
    if (k == 0 || out[k - 1] != key) out[k++] = key;
  }
  return k;
}

static int find_splitters(struct ranks *r, struct pt_err *err) {
  struct sample s = {.stride = r->total / (SAMPLES * r->buckets) + 1};
  struct pt_buf all = {0};
  uint64_t *counts = calloc((size_t)pt_comm_size(r->c), sizeof *counts);
  r->splitters = calloc(r->buckets, sizeof *r->splitters);
  if (r->buckets > 1) r->scan(r->ctx, take_sample, &s);
  if (s.failed || !counts || !r->splitters) no_memory(err);
  int failed = pt_agree(r->c, err);
  if (!failed) failed = pt_gather_bytes(r->c, s.keys.p, s.keys.n, 0, &all, counts, err);
  if (!failed && pt_comm_rank(r->c) == 0) {
    if (all.n) qsort(all.p, all.n / sizeof(uint64_t), sizeof(uint64_t), compare_keys);
    r->n_splitters = choose((const uint64_t *)(const void *)all.p, all.n / sizeof(uint64_t), r->buckets, r->splitters);
  }
  if (!failed) {
    pt_bcast(r->c, &r->n_splitters, sizeof r->n_splitters, 0);
    pt_bcast(r->c, r->splitters, r->n_splitters * sizeof *r->splitters, 0);
    r->buckets = r->n_splitters + 1;
  }
  pt_buf_free(&s.keys);
  pt_buf_free(&all);
  free(counts);
  return failed;
}

/* The cell of a value: 2 * bucket, or 2 * i + 1 where it is splitter i. */
static uint64_t cell_of(const struct ranks *r, uint64_t key) {
  uint64_t low = 0, high = r->n_splitters; /* splitters below `low` are smaller than key */
  while (low < high) {
    uint64_t middle = (low + high) / 2;
    if (r->splitters[middle] < key)
      low = middle + 1;
    else
      high = middle;
  }
  return 2 * low + (low < r->n_splitters && r->splitters[low] == key);
}

static void count_cell(void *sink, double value, double *to) {
  struct ranks *r = sink;
  (void)to;
  r->mine[cell_of(r, pt_key_f64(value))]++;
}

static int count_cells(struct ranks *r, struct pt_err *err) {
  uint64_t n = 2 * r->buckets;
  r->mine = calloc(n, sizeof *r->mine);
  r->counts = calloc(n, sizeof *r->counts);
  r->below = calloc(n + 1, sizeof *r->below);
  if (!r->mine || !r->counts || !r->below) no_memory(err);
  PT_TRY(pt_agree(r->c, err));
  r->scan(r->ctx, count_cell, r);
  memcpy(r->counts, r->mine, n * sizeof *r->counts);
  pt_sum_u64(r->c, r->counts, n);
  for (uint64_t i = 0; i < n; i++) r->below[i + 1] = r->below[i] + r->counts[i];
  return 0;
}

/* ---- one round */

static double rank_of(const struct ranks *r, uint64_t below, uint64_t equal) {
  return ((double)below + .5 * (double)equal) / (double)r->total;
}

static bool in_round(const struct ranks *r, uint64_t cell) {
  return cell % 2 == 0 && cell / 2 >= r->from && cell / 2 < r->to;
}

static void take_key(void *sink, double value, double *to) {
  struct ranks *r = sink;
  (void)to;
  uint64_t key = pt_key_f64(value);
  if (in_round(r, cell_of(r, key))) r->keys[r->n_keys++] = key;
}

/* Local: the round's distinct values with their counts, ascending. */
static int collect(struct ranks *r, struct pt_err *err) {
  uint64_t n = 0;
  for (uint64_t b = r->from; b < r->to; b++) n += r->mine[2 * b];
  r->n_keys = r->n_pairs = 0;
  r->keys = malloc((n + 1) * sizeof *r->keys);
  r->pairs = malloc((n + 1) * sizeof *r->pairs);
  r->answers = malloc((n + 1) * sizeof *r->answers);
  if (!r->keys || !r->pairs || !r->answers) return no_memory(err);
  r->scan(r->ctx, take_key, r);
  qsort(r->keys, r->n_keys, sizeof *r->keys, compare_keys);
  for (uint64_t i = 0; i < r->n_keys; i++) {
    if (i == 0 || r->keys[i] != r->keys[i - 1]) r->pairs[r->n_pairs++] = (struct pair){r->keys[i], 0};
    r->pairs[r->n_pairs - 1].count++;
  }
  return 0;
}

struct received {
  uint64_t key, count;
  double *answer;
};

static int compare_received(const void *a, const void *b) {
  return compare_keys(&((const struct received *)a)->key, &((const struct received *)b)->key);
}

/* Local: the bucket of this rank, which `below` values precede. */
static void answer(const struct ranks *r, struct received *v, uint64_t n, uint64_t below) {
  qsort(v, n, sizeof *v, compare_received);
  for (uint64_t i = 0, end; i < n; i = end) {
    uint64_t equal = 0;
    for (end = i; end < n && v[end].key == v[i].key; end++) equal += v[end].count;
    for (uint64_t k = i; k < end; k++) *v[k].answer = rank_of(r, below, equal);
    below += equal;
  }
}

struct round {
  struct pt_exchange *there, *back;
  void **send;
  uint64_t *bytes;
  struct received *received;
  double *answers;
};

static void share_out(const struct ranks *r, struct round *x) {
  uint64_t at = 0;
  for (int owner = 0; owner < pt_comm_size(r->c); owner++) {
    uint64_t first = at;
    while (at < r->n_pairs && cell_of(r, r->pairs[at].key) / 2 == r->from + (uint64_t)owner) at++;
    x->send[owner] = r->pairs + first;
    x->bytes[owner] = (at - first) * sizeof *r->pairs;
  }
}

static int answer_all(struct ranks *r, struct round *x, void **got, const uint64_t *ngot, struct pt_err *err) {
  uint64_t n = 0, k = 0, bucket = r->from + (uint64_t)pt_comm_rank(r->c);
  for (int s = 0; s < pt_comm_size(r->c); s++) n += ngot[s] / sizeof *r->pairs;
  x->received = malloc((n + 1) * sizeof *x->received);
  x->answers = malloc((n + 1) * sizeof *x->answers);
  if (!x->received || !x->answers) return no_memory(err);
  for (int s = 0; s < pt_comm_size(r->c); s++) {
    const struct pair *pairs = got[s];
    x->send[s] = x->answers + k;
    x->bytes[s] = ngot[s] / sizeof *pairs * sizeof *x->answers;
    for (uint64_t i = 0; i < ngot[s] / sizeof *pairs; i++, k++)
      x->received[k] = (struct received){pairs[i].key, pairs[i].count, &x->answers[k]};
  }
  if (n) answer(r, x->received, n, r->below[2 * bucket]);
  return 0;
}

/* Collective: fills r->answers. */
static int exchange(struct ranks *r, struct round *x, struct pt_err *err) {
  void **got;
  const uint64_t *ngot;
  uint64_t flags[3] = {0};
  share_out(r, x);
  pt_exchange_start(x->there, x->send, x->bytes, flags);
  PT_LATER(pt_exchange_finish(x->there, &got, &ngot, flags, err));
  if (!err->code) PT_LATER(answer_all(r, x, got, ngot, err));
  PT_TRY(pt_agree(r->c, err));
  pt_exchange_start(x->back, x->send, x->bytes, flags);
  PT_LATER(pt_exchange_finish(x->back, &got, &ngot, flags, err));
  uint64_t at = 0;
  for (int s = 0; s < pt_comm_size(r->c); s++) {
    if (ngot[s]) memcpy(r->answers + at, got[s], ngot[s]);
    at += ngot[s] / sizeof *r->answers;
  }
  return pt_agree(r->c, err);
}

static void put_rank(void *sink, double value, double *to) {
  struct ranks *r = sink;
  uint64_t key = pt_key_f64(value), cell = cell_of(r, key);
  if (cell % 2) {
    *to = rank_of(r, r->below[cell], r->counts[cell]);
  } else if (in_round(r, cell)) {
    uint64_t low = 0, high = r->n_pairs;
    while (high - low > 1) {
      uint64_t middle = (low + high) / 2;
      if (r->pairs[middle].key <= key)
        low = middle;
      else
        high = middle;
    }
    *to = r->answers[low];
  }
}

static int one_round(struct ranks *r, struct round *x, struct pt_err *err) {
  PT_LATER(collect(r, err));
  int failed = pt_agree(r->c, err);
  if (!failed) failed = exchange(r, x, err);
  if (!failed) r->scan(r->ctx, put_rank, r);
  free(x->received);
  free(x->answers);
  x->received = NULL;
  x->answers = NULL;
  free(r->keys);
  free(r->pairs);
  free(r->answers);
  return failed;
}

static int all_rounds(struct ranks *r, struct pt_err *err) {
  struct round x = {0};
  uint64_t size = (uint64_t)pt_comm_size(r->c);
  x.send = calloc(size, sizeof *x.send);
  x.bytes = calloc(size, sizeof *x.bytes);
  if (!x.send || !x.bytes) no_memory(err);
  if (!err->code) PT_LATER(pt_exchange_new(&x.there, r->c, err));
  if (!err->code) PT_LATER(pt_exchange_new(&x.back, r->c, err));
  int failed = pt_agree(r->c, err);
  for (r->from = 0; r->from < r->buckets && !failed; r->from = r->to) {
    r->to = r->from + size < r->buckets ? r->from + size : r->buckets;
    failed = one_round(r, &x, err);
  }
  pt_exchange_free(x.there);
  pt_exchange_free(x.back);
  free(x.send);
  free(x.bytes);
  return failed;
}

int pt_ranks(struct pt_comm *c, pt_rank_scan scan, void *ctx, uint64_t bytes, struct pt_err *err) {
  struct ranks r = {.c = c, .scan = scan, .ctx = ctx};
  uint64_t size = (uint64_t)pt_comm_size(c), fit = bytes / PER_VALUE < LEAST ? LEAST : bytes / PER_VALUE;
  scan(ctx, count_local, &r);
  r.total = r.local;
  pt_sum_u64(c, &r.total, 1);
  pt_min_u64(c, &fit, 1);
  int failed = pt_agree(c, err);
  if (failed || r.total == 0) return failed;
  uint64_t rounds = (r.total / size + fit) / fit;
  r.buckets = rounds * size;
  failed = find_splitters(&r, err);
  if (!failed) failed = count_cells(&r, err);
  if (!failed) failed = all_rounds(&r, err);
  free(r.splitters);
  free(r.mine);
  free(r.counts);
  free(r.below);
  return failed;
}

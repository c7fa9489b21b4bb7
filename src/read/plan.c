/* Parts to ranks: the largest first, each to the rank with the least so far (a heap), ties to the lowest rank. Every
 * rank computes the same plan from the same list, so nothing is sent. Memory: 32 bytes a part. */
#include "read/read_priv.h"

#include <errno.h>
#include <stdlib.h>

enum { PARTS_PER_RANK = 16, MIN_GRAIN = 1 << 20, PACKED = 8 }; /* text is about eight times its packed size */

struct weighed {
  struct pt_part part;
  uint64_t cost;
};
struct load {
  uint64_t cost;
  int rank;
};

uint64_t pt_read_grain(const struct pt_inputs *in, const struct pt_read_conf *conf, int ranks) {
  uint64_t total = 0, least = conf->split_bytes < MIN_GRAIN ? conf->split_bytes : MIN_GRAIN;
  for (uint64_t i = 0; i < in->n; i++) total += in->files[i].bytes;
  uint64_t grain = total / ((uint64_t)ranks * PARTS_PER_RANK);
  if (grain < least) grain = least;
  return grain ? grain : 1;
}

bool pt_read_splits(const struct pt_input *f, const struct pt_read_conf *conf, uint64_t grain) {
  return !conf->multiline && f->codec != PT_GZIP && f->bytes >= conf->split_bytes && f->bytes > grain;
}

static int heaviest(const void *a, const void *b) {
  const struct weighed *x = a, *y = b;
  if (x->cost != y->cost) return x->cost > y->cost ? -1 : 1;
  if (x->part.file != y->part.file) return x->part.file < y->part.file ? -1 : 1;
  return x->part.begin < y->part.begin ? -1 : x->part.begin > y->part.begin;
}

static int in_order(const void *a, const void *b) {
  const struct pt_part *x = a, *y = b;
  if (x->file != y->file) return x->file < y->file ? -1 : 1;
  return x->begin < y->begin ? -1 : x->begin > y->begin;
}

static int add(struct pt_buf *parts, const struct pt_input *f, uint64_t file, uint64_t begin, uint64_t end) {
  struct weighed w = {{file, begin, end}, (end - begin) * (f->codec == PT_PLAIN ? 1 : PACKED)};
  return pt_buf_add(parts, &w, sizeof w);
}

/* All parts of all files. */
static int cut_all(const struct pt_inputs *in, const struct pt_read_conf *conf, const struct pt_cuts *cuts, int ranks,
                   struct pt_buf *parts, struct pt_err *err) {
  uint64_t grain = pt_read_grain(in, conf, ranks), cut = 0;
  int bad = 0;
  for (uint64_t i = 0; i < in->n && !bad; i++) {
    const struct pt_input *f = &in->files[i];
    uint64_t begin = 0;
    if (ranks > 1 && f->codec == PT_PLAIN && pt_read_splits(f, conf, grain)) {
      for (; f->bytes - begin > grain && !bad; begin += grain) bad = add(parts, f, i, begin, begin + grain);
    }
    for (; cut < cuts->n && cuts->v[cut].file == i && !bad; begin = cuts->v[cut++].at) {
      bad = add(parts, f, i, begin, cuts->v[cut].at);
    }
    bad = bad || add(parts, f, i, begin, f->bytes);
  }
  return bad ? pt_fail(err, PT_READ, PT_MEMORY, ENOMEM, "no memory for the parts of %llu files",
                       (unsigned long long)in->n)
             : 0;
}

static bool lighter(struct load a, struct load b) {
  return a.cost != b.cost ? a.cost < b.cost : a.rank < b.rank;
}

/* The heap's top has become heavier: sinks to its place. */
static void sink(struct load *heap, int n) {
  struct load top = heap[0];
  int i = 0;
  for (int k; (k = 2 * i + 1) < n; i = k) {
    if (k + 1 < n && lighter(heap[k + 1], heap[k])) k++;
    if (!lighter(heap[k], top)) break;
    heap[i] = heap[k];
  }
  heap[i] = top;
}

int pt_read_plan(const struct pt_inputs *in, const struct pt_read_conf *conf, const struct pt_cuts *cuts, int rank,
                 int ranks, struct pt_part **out, uint64_t *n, struct pt_err *err) {
  struct pt_buf all = {0}, mine = {0};
  struct load *heap = calloc((size_t)ranks, sizeof *heap);
  *out = NULL;
  *n = 0;
  if (!heap) return pt_fail(err, PT_READ, PT_MEMORY, ENOMEM, "no memory for the plan of %d ranks", ranks);
  for (int i = 0; i < ranks; i++) heap[i].rank = i;
  int code = cut_all(in, conf, cuts, ranks, &all, err);
  struct weighed *w = (struct weighed *)(void *)all.p;
  uint64_t parts = code ? 0 : all.n / sizeof *w;
  if (parts) qsort(w, parts, sizeof *w, heaviest);
  for (uint64_t i = 0; i < parts && !code; i++) {
    if (heap[0].rank == rank && pt_buf_add(&mine, &w[i].part, sizeof w[i].part)) {
      code = pt_fail(err, PT_READ, PT_MEMORY, ENOMEM, "no memory for this rank's parts");
    }
    heap[0].cost += w[i].cost + 1; /* + 1: empty files are shared out too */
    sink(heap, ranks);
  }
  free(heap);
  pt_buf_free(&all);
  if (code) {
    pt_buf_free(&mine);
    return code;
  }
  *out = (struct pt_part *)(void *)mine.p;
  *n = mine.n / sizeof **out;
  if (*n) qsort(*out, *n, sizeof **out, in_order);
  return 0;
}

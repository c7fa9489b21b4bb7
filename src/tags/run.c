/* Over the ranges, a thousand rows at a time, every rule in order: what a range holds is brought into memory once for
 * all of them. Only prank(x) needs all users: its argument is worked out with the other rules of its pass, then ranked
 * by all ranks together, and the rules that read it follow in the next pass. Memory: the vectors of the programs, and
 * what the ranks are given. */
#include <math.h>
#include <portrait/ranks.h>
#include <stdlib.h>
#include <string.h>

#include "tags_priv.h"

#define UNDECIDED INT32_MIN

/* The first case that is not false decides: unknown makes the label unknown. */
static void put_labels(struct item *item, struct view *view, uint32_t n, int32_t *label) {
  uint32_t left = n;
  for (uint32_t i = 0; i < n; i++) label[i] = UNDECIDED;
  for (uint32_t k = 0; k < item->n_when && left; k++) {
    const struct pt_xvector *v = pt_xbatch_eval(item->when[k].batch, n, pt_tags_fetch, view);
    for (uint32_t i = 0; i < n; i++) {
      if (label[i] != UNDECIDED || !(v->unknown[i] || v->v.truth[i])) continue;
      label[i] = v->unknown[i] ? -1 : item->codes[k];
      left--;
    }
  }
  for (uint32_t i = 0; i < n && left; i++)
    if (label[i] == UNDECIDED) label[i] = item->otherwise;
}

static void put_index(struct item *item, struct view *view, uint32_t n, const int32_t *label, float *index) {
  const struct pt_xvector *v = NULL;
  if (item->index.batch) v = pt_xbatch_eval(item->index.batch, n, pt_tags_fetch, view);
  for (uint32_t i = 0; i < n; i++) {
    double x = !v ? 1 : v->unknown[i] ? NAN : v->v.number[i];
    index[i] = label[i] < 0 ? NAN : (float)(x < 0 ? 0 : x > 1 ? 1 : x);
  }
}

static void put_evidence(struct item *item, struct view *view, uint32_t n, uint32_t *evidence) {
  if (!item->evidence.batch) return; /* rows begin as zeros */
  const struct pt_xvector *v = pt_xbatch_eval(item->evidence.batch, n, pt_tags_fetch, view);
  for (uint32_t i = 0; i < n; i++) {
    double x = v->unknown[i] ? 0 : floor(v->v.number[i] + .5);
    evidence[i] = x < 0 ? 0 : x > UINT32_MAX ? UINT32_MAX : (uint32_t)x;
  }
}

static void run_tag(struct item *item, struct view *view, uint32_t n) {
  int32_t *label = pt_rows_values(view->rows, view->range, item->column[PART_LABEL]);
  float *index = pt_rows_values(view->rows, view->range, item->column[PART_INDEX]);
  uint32_t *evidence = pt_rows_values(view->rows, view->range, item->column[PART_EVIDENCE]);
  put_labels(item, view, n, label + view->from);
  put_index(item, view, n, label + view->from, index + view->from);
  put_evidence(item, view, n, evidence + view->from);
}

static void run_segment(struct item *item, struct view *view, uint32_t n) {
  uint8_t *to = (uint8_t *)pt_rows_values(view->rows, view->range, item->column[0]) + view->from;
  const struct pt_xvector *v = pt_xbatch_eval(item->when->batch, n, pt_tags_fetch, view);
  for (uint32_t i = 0; i < n; i++) to[i] = !v->unknown[i] && v->v.truth[i];
}

static void run_rank(struct item *item, struct view *view, uint32_t n) {
  double *rank = (double *)pt_rows_values(view->rows, view->range, item->column[0]) + view->from;
  double *of = (double *)pt_rows_values(view->rows, view->range, item->column[1]) + view->from;
  const struct pt_xvector *v = pt_xbatch_eval(item->when->batch, n, pt_tags_fetch, view);
  for (uint32_t i = 0; i < n; i++) {
    of[i] = v->unknown[i] ? NAN : v->v.number[i];
    rank[i] = NAN;
  }
}

static void run_range(struct pt_tags *t, struct view *view, uint32_t pass) {
  uint32_t rows = pt_rows_in(view->rows, view->range);
  for (view->from = 0; view->from < rows; view->from += t->batch) {
    uint32_t n = rows - view->from < t->batch ? rows - view->from : t->batch;
    for (uint32_t i = 0; i < t->n_order; i++) {
      struct item *item = t->items[t->order[i]];
      if (item->pass != pass) continue;
      if (item->kind == ITEM_TAG)
        run_tag(item, view, n);
      else if (item->kind == ITEM_SEGMENT)
        run_segment(item, view, n);
      else
        run_rank(item, view, n);
    }
  }
}

struct scan {
  struct pt_rows *rows;
  uint32_t rank, of;
};

static void scan_values(void *ctx, pt_rank_visit visit, void *sink) {
  const struct scan *s = ctx;
  for (uint32_t range = 0; range < pt_rows_ranges(s->rows); range++) {
    double *rank = pt_rows_values(s->rows, range, s->rank);
    const double *of = pt_rows_values(s->rows, range, s->of);
    for (uint32_t i = 0; i < pt_rows_in(s->rows, range); i++)
      if (!isnan(of[i])) visit(sink, of[i], &rank[i]);
    pt_rows_done(s->rows, range);
  }
}

/* An entry's place in the vocabulary over all ranks is its code. */
static void find_entries(struct pt_tags *t, const struct pt_rows *rows) {
  for (uint32_t i = 0; i < t->n_interests; i++) {
    struct interest *in = &t->interests[i];
    const struct pt_vocabulary *v = pt_rows_vocabulary(rows, t->schema->columns[in->column].sparse->vocabulary);
    in->code = v ? pt_vocabulary_find(v, pt_slice_of(in->entry)) : PT_NO_CODE;
  }
}

int pt_tags_run(struct pt_tags *t, struct pt_comm *c, struct pt_rows *rows, const struct pt_tags_world *world,
                struct pt_err *err) {
  t->clock = (struct pt_xclock){world->zone, world->last_day};
  find_entries(t, rows);
  for (uint32_t pass = 0; pass < t->passes; pass++) {
    struct view view = {t, rows, 0, 0};
    for (; view.range < pt_rows_ranges(rows); view.range++) {
      run_range(t, &view, pass);
      pt_rows_done(rows, view.range);
    }
    for (uint32_t i = 0; i < t->n_order; i++) {
      const struct item *item = t->items[t->order[i]];
      if (item->kind != ITEM_RANK || item->pass != pass) continue;
      struct scan scan = {rows, item->column[0], item->column[1]};
      PT_TRY(pt_ranks(c, scan_values, &scan, world->bytes, err));
    }
  }
  return 0;
}

/* Users in both of two segments of the job file, for every pair. Memory: 8 bytes a pair. */
#include <stdlib.h>

#include "segments_priv.h"

struct overlap {
  const struct segments *s;
  uint64_t *both; /* [segment][segment] */
};

static void add_row(void *ctx, uint32_t range, uint32_t row, const uint32_t *in, uint32_t n) {
  struct overlap *o = ctx;
  (void)range;
  (void)row;
  for (uint32_t a = 0; a < n; a++)
    for (uint32_t b = a; b < n; b++) o->both[(size_t)in[a] * o->s->n_own + in[b]]++;
}

static int write_pair(const struct overlap *o, uint32_t a, uint32_t b, struct pt_frame *f, struct pt_err *err) {
  uint64_t n = o->s->n_own, row, both = o->both[a * n + b], in_a = o->both[a * n + a], in_b = o->both[b * n + b];
  PT_TRY(pt_segments_row(o->s, f, a, &row, err));
  PT_TRY(pt_segments_text(f, row, 1, o->s->v[b].name, err));
  f->columns[2].v.i64[row] = (int64_t)both;
  f->columns[3].v.i64[row] = (int64_t)in_a;
  f->columns[4].v.i64[row] = (int64_t)in_b;
  f->columns[5].v.f64[row] = pt_ratio((double)both, (double)(in_a + in_b - both));
  return 0;
}

static int write(const void *table, struct pt_frame *f, struct pt_err *err) {
  const struct overlap *o = table;
  static const struct table_column columns[] = {{"other", PT_FR_TEXT, "", "another segment of the job file"},
                                                {"users", PT_FR_I64, "users", "users in both"},
                                                {"users_segment", PT_FR_I64, "users", "users of the segment"},
                                                {"users_other", PT_FR_I64, "users", "users of the other"},
                                                {"jaccard", PT_FR_F64, "1", "users in both / users in either"}};
  PT_TRY(PT_TABLE_COLUMNS(f, columns, err));
  for (uint32_t a = 1; a < o->s->n_own; a++)
    for (uint32_t b = a + 1; b < o->s->n_own; b++) PT_TRY(write_pair(o, a, b, f, err));
  return 0;
}

int pt_segments_overlap(struct pt_comm *c, const struct segments *s, struct pt_frame *f, bool *made,
                        struct pt_err *err) {
  if (s->n_own < 2) return 0;
  size_t n = (size_t)s->n_own * s->n_own;
  struct overlap o = {s, calloc(n, sizeof *o.both)};
  if (!o.both) (void)pt_segments_no_memory(err);
  int failed = pt_agree(c, err);
  if (!failed) {
    pt_segments_each(s, add_row, &o);
    pt_sum_u64(c, o.both, n);
    failed = pt_segments_finish(c, "segments/overlap", write, &o, f, made, err);
  }
  free(o.both);
  return failed;
}

/* Target group index: how much more often a label occurs in a segment than in all, over the users whose tag is known.
 * One matrix of counts, segments x labels, reduced once. */
#include "segments_priv.h"

#include <math.h>
#include <stdlib.h>

struct tgi {
  const struct segments *s;
  uint64_t *both;  /* [segment][segment]: users in both */
  uint64_t *known; /* [segment][tag]: users of the segment whose tag is known */
};

static void add_row(struct tgi *t, uint32_t range, uint32_t row) {
  const struct segments *s = t->s;
  uint32_t n = pt_segments_of(s, range, row);
  for (uint32_t i = 0; i < n; i++) {
    uint64_t *both = t->both + (size_t)s->in[i] * s->n, *known = t->known + (size_t)s->in[i] * s->n_tags;
    for (uint32_t k = n; k-- > 0 && s->v[s->in[k]].tag >= 0;) { /* the tags' stand behind the others */
      both[s->in[k]]++;
      known[s->v[s->in[k]].tag]++;
    }
  }
}

void pt_tgi_measure(struct tgi_row *r) {
  double p1 = (double)r->k / (double)r->n1, p = (double)r->k_all / (double)r->n;
  double root = sqrt(p * (1 - p) * (1 / (double)r->n1 - 1 / (double)r->n));
  r->z = r->n1 && r->n && root > 0 ? (p1 - p) / root : NAN;
  r->p = isnan(r->z) ? NAN : erfc(fabs(r->z) / sqrt(2));
  r->q = NAN;
}

static int by_p(const void *a, const void *b) {
  double x = (*(const struct tgi_row *const *)a)->p, y = (*(const struct tgi_row *const *)b)->p;
  return x < y ? -1 : x > y;
}

int pt_tgi_false_discovery(struct tgi_row *rows, uint64_t n, struct pt_err *err) {
  struct tgi_row **order = malloc((n + 1) * sizeof *order);
  if (!order) return pt_fail(err, "segments", PT_MEMORY, 0, "out of memory");
  uint64_t m = 0;
  for (uint64_t i = 0; i < n; i++)
    if (!isnan(rows[i].p)) order[m++] = &rows[i];
  qsort(order, m, sizeof *order, by_p);
  double least = 1;
  for (uint64_t i = m; i-- > 0;) {
    double q = order[i]->p * (double)m / (double)(i + 1);
    if (q < least) least = q;
    order[i]->q = least;
  }
  free(order);
  return 0;
}

static uint64_t list_rows(const struct tgi *t, struct tgi_row *out) {
  uint64_t n = 0;
  const struct segments *s = t->s;
  for (uint32_t a = 0; a < s->n; a++)
    for (uint32_t b = s->n_own; b < s->n; b++) {
      if (s->v[a].tag == s->v[b].tag) continue; /* not against itself */
      size_t tag = (size_t)s->v[b].tag;
      struct tgi_row r = {.segment = a,
                          .label = b,
                          .k = t->both[(size_t)a * s->n + b],
                          .k_all = t->both[b],
                          .n1 = t->known[a * (size_t)s->n_tags + tag],
                          .n = t->known[tag]};
      if (out) {
        pt_tgi_measure(&r);
        out[n] = r;
      }
      n++;
    }
  return n;
}

enum { K = 3, N1, K_ALL, N, P1, P, TGI, Z, Q };

static int write_row(const struct segments *s, const struct tgi_row *r, struct pt_frame *f, struct pt_err *err) {
  uint64_t row;
  PT_TRY(pt_frame_row(f, &row, err));
  PT_TRY(pt_segments_name_row(s, f, row, r->label, err)); /* tag and label are the other tag's */
  PT_TRY(pt_frame_set_text(f, row, 0, s->v[r->segment].name, strlen(s->v[r->segment].name), err));
  f->columns[K].v.i64[row] = (int64_t)r->k;
  f->columns[N1].v.i64[row] = (int64_t)r->n1;
  f->columns[K_ALL].v.i64[row] = (int64_t)r->k_all;
  f->columns[N].v.i64[row] = (int64_t)r->n;
  double p1 = r->n1 ? (double)r->k / (double)r->n1 : NAN, p = r->n ? (double)r->k_all / (double)r->n : NAN;
  f->columns[P1].v.f64[row] = p1;
  f->columns[P].v.f64[row] = p;
  f->columns[TGI].v.f64[row] = p > 0 ? 100 * p1 / p : NAN;
  f->columns[Z].v.f64[row] = r->z;
  f->columns[Q].v.f64[row] = r->q;
  return 0;
}

static int write_frame(const struct tgi *t, struct pt_frame *f, struct pt_err *err) {
  static const struct {
    const char *name;
    enum pt_ftype type;
    const char *unit, *text;
  } columns[] = {{"k", PT_FR_I64, "users", "users of the segment with the label"},
                 {"n1", PT_FR_I64, "users", "users of the segment whose tag is known"},
                 {"k_all", PT_FR_I64, "users", "users with the label"},
                 {"n", PT_FR_I64, "users", "users whose tag is known"},
                 {"p1", PT_FR_F64, "1", "k / n1"},
                 {"p", PT_FR_F64, "1", "k_all / n"},
                 {"tgi", PT_FR_F64, "1", "100 p1 / p"},
                 {"z", PT_FR_F64, "1", "(p1 - p) / sqrt(p (1 - p) (1/n1 - 1/n))"},
                 {"q", PT_FR_F64, "1", "Benjamini-Hochberg over the table"}};
  uint32_t at;
  PT_TRY(pt_segments_name_columns(f, err));
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
    PT_TRY(pt_frame_column(f, columns[i].name, columns[i].type, columns[i].unit, columns[i].text, &at, err));
  uint64_t n = list_rows(t, NULL);
  struct tgi_row *rows = malloc((n + 1) * sizeof *rows);
  if (!rows) return pt_fail(err, "segments", PT_MEMORY, 0, "out of memory");
  list_rows(t, rows);
  int failed = pt_tgi_false_discovery(rows, n, err);
  for (uint64_t i = 0; i < n && !failed; i++) failed = write_row(t->s, &rows[i], f, err);
  free(rows);
  return failed;
}

int pt_segments_tgi(struct pt_comm *c, const struct segments *s, struct pt_frame *f, bool *made, struct pt_err *err) {
  if (s->n_tags == 0) return 0;
  struct tgi t = {.s = s};
  t.both = calloc((size_t)s->n * s->n, sizeof *t.both);
  t.known = calloc((size_t)s->n * s->n_tags, sizeof *t.known);
  if (!t.both || !t.known) pt_fail(err, "segments", PT_MEMORY, 0, "out of memory");
  int failed = pt_agree(c, err);
  for (uint32_t range = 0; range < pt_rows_ranges(s->rows) && !failed; range++)
    for (uint32_t row = 0; row < pt_rows_in(s->rows, range); row++) add_row(&t, range, row);
  if (!failed) {
    pt_sum_u64(c, t.both, (uint64_t)s->n * s->n);
    pt_sum_u64(c, t.known, (uint64_t)s->n * s->n_tags);
    PT_LATER(pt_frame_init(f, "segments/tgi", err));
    if (pt_comm_rank(c) == 0 && !err->code) PT_LATER(write_frame(&t, f, err));
    failed = pt_agree(c, err);
    *made = true;
  }
  free(t.both);
  free(t.known);
  return failed;
}

/* Which labels the users of a query have more often than all users, from the tags' columns of /obs. Memory: 16 bytes a
 * label, one batch of one column at a time. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "query_priv.h"
#include "segments_priv.h"

struct tag {
  struct pt_profile_column about;
  uint32_t number; /* of its column */
  uint64_t first;  /* its labels in the counts */
  uint64_t n1, n;  /* users whose label is known: of the segment, of all */
};

struct tags {
  struct pt_query *q;
  struct tag *v;
  uint32_t n;
  uint64_t labels;
  uint64_t *counts; /* [label][2]: in the segment, in all */
};

/* A tag that the expression reads tells nothing about the users it chose. */
static bool read_by(const struct pt_query *q, uint32_t column) {
  uint32_t n;
  const int *reads = pt_expr_reads(q->expr, &n);
  for (uint32_t i = 0; i < n; i++)
    if (reads[i] == (int)column) return true;
  return false;
}

static int list_tags(struct tags *t, struct pt_err *err) {
  uint32_t n = pt_profiles_columns(t->q->file);
  t->v = calloc((size_t)n + 1, sizeof *t->v);
  if (!t->v) return pt_query_no_memory(err);
  for (uint32_t i = 0; i < n; i++) {
    struct tag *tag = &t->v[t->n];
    PT_TRY(pt_profiles_column(t->q->file, i, &tag->about, err));
    if (!tag->about.tag || read_by(t->q, i)) continue;
    tag->number = i;
    tag->first = t->labels;
    t->labels += tag->about.n_labels;
    t->n++;
  }
  t->counts = calloc(2 * t->labels + 1, sizeof *t->counts);
  return t->counts ? 0 : pt_query_no_memory(err);
}

static int count_tag(struct tags *t, const struct tag *tag, struct pt_err *err) {
  struct query_column c;
  int code = pt_query_column_open(t->q, tag->number, &c, err);
  for (uint64_t done = 0; done < t->q->n && !code; done += PT_QUERY_BATCH) {
    uint64_t n = t->q->n - done < PT_QUERY_BATCH ? t->q->n - done : PT_QUERY_BATCH;
    code = pt_query_column_read(t->q, &c, t->q->first + done, n, err);
    for (uint64_t i = 0; i < n && !code; i++) {
      if (c.values.absent[i]) continue;
      uint64_t *k = &t->counts[2 * (tag->first + (uint64_t)c.values.whole[i])];
      k[0] += t->q->in[done + i];
      k[1]++;
    }
  }
  pt_query_column_close(&c);
  return code;
}

/* Local: this rank's rows. */
static int scan(struct tags *t, struct pt_err *err) {
  PT_TRY(list_tags(t, err));
  for (uint32_t i = 0; i < t->n; i++) PT_TRY(count_tag(t, &t->v[i], err));
  return 0;
}

static const struct tags *sort_tags; /* qsort has no context; one thread */

static const char *label_of(const struct tags *t, const struct tgi_row *r) {
  return t->v[r->segment].about.labels[r->label];
}

static double tgi_of(const struct tgi_row *r) {
  return 100 * ((double)r->k / (double)r->n1) / ((double)r->k_all / (double)r->n);
}

static int larger_first(const void *a, const void *b) {
  const struct tgi_row *x = a, *y = b;
  double tx = tgi_of(x), ty = tgi_of(y);
  if (tx != ty) return tx > ty ? -1 : 1;
  if (x->segment != y->segment) return x->segment < y->segment ? -1 : 1;
  return strcmp(label_of(sort_tags, x), label_of(sort_tags, y));
}

/* The labels of a tag that fall for privacy: small ones, and never one alone. */
static int falling(const struct tags *t, const struct tag *tag, bool *falls, struct pt_err *err) {
  uint64_t *users = calloc((size_t)tag->about.n_labels + 1, sizeof *users);
  if (!users) return pt_query_no_memory(err);
  for (uint32_t i = 0; i < tag->about.n_labels; i++) {
    users[i] = t->counts[2 * (tag->first + i)];
    falls[i] = users[i] < t->q->conf->privacy_k;
  }
  uint32_t partner = pt_suppress_partner(falls, users, 0, tag->about.n_labels);
  if (partner != UINT32_MAX) falls[partner] = true;
  free(users);
  return 0;
}

/* Rows of labels that somebody has, in tags of which somebody of the segment is known. In a row, `segment` is the tag
 * and `label` its label. */
static int list_rows(struct tags *t, struct tgi_row *rows, uint64_t *n, struct pt_err *err) {
  bool *falls = calloc(t->labels + 1, sizeof *falls);
  int code = falls ? 0 : pt_query_no_memory(err);
  for (uint32_t i = 0; i < t->n && !code; i++) {
    struct tag *tag = &t->v[i];
    for (uint32_t l = 0; l < tag->about.n_labels; l++) {
      tag->n1 += t->counts[2 * (tag->first + l)];
      tag->n += t->counts[2 * (tag->first + l) + 1];
    }
    code = falling(t, tag, falls + tag->first, err);
    for (uint32_t l = 0; l < tag->about.n_labels && tag->n1 && !code; l++) {
      const uint64_t *k = &t->counts[2 * (tag->first + l)];
      if (k[1] == 0 || falls[tag->first + l]) continue;
      struct tgi_row *r = &rows[(*n)++];
      *r = (struct tgi_row){.segment = i, .label = l, .k = k[0], .n1 = tag->n1, .k_all = k[1], .n = tag->n};
      pt_tgi_measure(r);
    }
  }
  free(falls);
  return code;
}

static int write_row(const struct tags *t, const struct tgi_row *r, struct pt_frame *f, struct pt_err *err) {
  uint64_t row;
  PT_TRY(pt_frame_row(f, &row, err));
  PT_TRY(pt_segments_text(f, row, 0, t->v[r->segment].about.name, err));
  PT_TRY(pt_segments_text(f, row, 1, label_of(t, r), err));
  const uint64_t counts[] = {r->k, r->n1, r->k_all, r->n};
  const double figures[] = {(double)r->k / (double)r->n1, (double)r->k_all / (double)r->n, tgi_of(r), r->z, r->q};
  for (int i = 0; i < 4; i++) f->columns[2 + i].v.i64[row] = (int64_t)counts[i];
  for (int i = 0; i < 5; i++) f->columns[6 + i].v.f64[row] = figures[i];
  return 0;
}

static int write(struct tags *t, struct pt_frame *f, struct pt_err *err) {
  static const struct table_column columns[] = {{"tag", PT_FR_TEXT, "", "the tag"},
                                                {"label", PT_FR_TEXT, "", "its label"},
                                                {"k", PT_FR_I64, "users", "users of the segment with the label"},
                                                {"n1", PT_FR_I64, "users", "users of the segment whose tag is known"},
                                                {"k_all", PT_FR_I64, "users", "users with the label"},
                                                {"n", PT_FR_I64, "users", "users whose tag is known"},
                                                {"p1", PT_FR_F64, "1", "k / n1"},
                                                {"p", PT_FR_F64, "1", "k_all / n"},
                                                {"tgi", PT_FR_F64, "1", "100 p1 / p"},
                                                {"z", PT_FR_F64, "1", "(p1 - p) / sqrt(p (1 - p) (1/n1 - 1/n))"},
                                                {"q", PT_FR_F64, "1", "Benjamini-Hochberg over the table"}};
  uint32_t at;
  PT_TRY(pt_frame_init(f, "segments/tgi", err));
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
    PT_TRY(pt_frame_column(f, columns[i].name, columns[i].type, columns[i].unit, columns[i].text, &at, err));
  struct tgi_row *rows = calloc(t->labels + 1, sizeof *rows);
  uint64_t n = 0;
  int code = rows ? list_rows(t, rows, &n, err) : pt_query_no_memory(err);
  if (!code) code = pt_tgi_false_discovery(rows, n, err);
  sort_tags = t;
  if (!code && n) qsort(rows, n, sizeof *rows, larger_first);
  for (uint64_t i = 0; i < n && !code; i++) code = write_row(t, &rows[i], f, err);
  free(rows);
  return code;
}

int pt_query_tgi(struct pt_query *q, struct pt_frame *f, struct pt_err *err) {
  struct tags t = {.q = q};
  PT_LATER(scan(&t, err));
  int code = pt_agree(q->c, err);
  if (!code) {
    pt_sum_u64(q->c, t.counts, 2 * t.labels);
    if (pt_comm_rank(q->c) == 0) PT_LATER(write(&t, f, err));
    code = pt_agree(q->c, err);
  }
  free(t.counts);
  free(t.v);
  return code;
}

int pt_query_tables(struct pt_query *q, struct pt_frame *summary, struct pt_frame *tgi, struct pt_err *err) {
  *summary = *tgi = (struct pt_frame){0};
  PT_TRY(pt_query_summary(q, summary, err));
  return pt_query_tgi(q, tgi, err);
}

/* How much is known of the users: of each column and tag, how labels are spread, and which sources know the same users.
 * All counts of all columns go through one sum over the ranks. Memory: 8 bytes a column and closed label, 32 KiB for
 * the pairs of sources. */
#include <math.h>
#include <portrait/log.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/job.h"

/* -- sources: told while the users pass -- */

static uint8_t number_of(struct pt_sources *s, struct pt_slice name) {
  for (uint32_t i = 0; i < s->n; i++)
    if (pt_slice_eq(s->names[i], name)) return (uint8_t)i;
  s->names[s->n] = name;
  return (uint8_t)s->n++;
}

/* Which named sources are beyond depends on their own names alone, not on the formats that were met. */
void pt_sources_open(struct pt_job *j) {
  struct pt_sources *s = &j->sources;
  for (uint32_t i = 0; i < j->n_formats; i++)
    s->of_format[i] = s->n < PT_MAX_SOURCES - PT_NAMED_SOURCES - 1 ? number_of(s, pt_slice_of(j->format_names[i])) : 0;
  for (uint32_t i = 0; i < j->ctx.n_dict[PT_F_SOURCE] && i < PT_NAMED_SOURCES; i++)
    s->of_code[i] = number_of(s, j->ctx.dict[PT_F_SOURCE][i]);
  s->beyond = number_of(s, PT_SLICE("(other sources)"));
}

void pt_sources_user(struct pt_job *j, uint64_t sources) {
  for (uint64_t a = sources; a; a &= a - 1)
    for (uint64_t b = a; b; b &= b - 1) j->sources.pairs[__builtin_ctzll(a)][__builtin_ctzll(b)]++;
}

/* -- columns: counted over the rows -- */

struct counted {
  uint32_t column;
  uint64_t known;  /* place of its count among all counts */
  uint64_t labels; /* of its labels, where it has a closed vocabulary and is no tag: else 0 */
};

struct coverage {
  struct pt_job *j;
  const struct pt_schema *schema;
  struct counted *columns;
  uint32_t n;
  uint64_t *counts, n_counts; /* pairs of sources first */
};

static int tag_of(const struct pt_schema *s, uint32_t column, bool *is_part) {
  for (uint32_t t = 0; t < s->n_tags; t++) {
    *is_part = s->tags[t].index == column || s->tags[t].evidence == column;
    if (*is_part || s->tags[t].label == column) return (int)t;
  }
  *is_part = false;
  return -1;
}

static void list_one(struct coverage *k, uint32_t column, bool tag) {
  const struct pt_column *c = &k->schema->columns[column];
  struct counted *one = &k->columns[k->n++];
  *one = (struct counted){column, k->n_counts++, 0};
  if (tag || c->type != PT_C_LABEL || !c->labels.names) return;
  one->labels = k->n_counts;
  k->n_counts += c->labels.n_names;
}

/* As they stand in the file: the tags behind the others. */
static int list_columns(struct coverage *k, struct pt_err *err) {
  const struct pt_schema *s = k->schema;
  bool is_part;
  k->n_counts = PT_MAX_SOURCES * PT_MAX_SOURCES;
  k->columns = calloc((size_t)s->n + 1, sizeof *k->columns);
  if (!k->columns) return pt_fail(err, "output", PT_MEMORY, 0, "out of memory for the coverage");
  for (uint32_t i = 0; i < s->n; i++)
    if (s->columns[i].where == PT_IN_OBS && tag_of(s, i, &is_part) < 0) list_one(k, i, false);
  for (uint32_t t = 0; t < s->n_tags; t++) list_one(k, s->tags[t].label, true);
  k->counts = calloc(k->n_counts, sizeof *k->counts);
  return k->counts ? 0 : pt_fail(err, "output", PT_MEMORY, 0, "out of memory for the coverage");
}

static uint64_t known_floats(const void *values, enum pt_ctype type, uint32_t n) {
  uint64_t known = 0;
  const float *single = values;
  const double *wide = values;
  for (uint32_t i = 0; i < n; i++) known += type == PT_C_F32 ? !isnan(single[i]) : !isnan(wide[i]);
  return known;
}

static void count_range(struct coverage *k, const struct counted *one, uint32_t range) {
  struct pt_rows *rows = k->j->rows;
  const struct pt_column *c = &k->schema->columns[one->column];
  const uint8_t *mask = pt_rows_mask(rows, range, one->column);
  const void *values = pt_rows_values(rows, range, one->column);
  uint32_t n = pt_rows_in(rows, range);
  uint64_t known = mask || c->type == PT_C_LABEL ? 0 : n;
  for (uint32_t i = 0; mask && i < n; i++) known += !mask[i];
  if (c->type == PT_C_F32 || c->type == PT_C_F64) known = known_floats(values, c->type, n);
  const int32_t *codes = c->type == PT_C_LABEL ? values : NULL;
  for (uint32_t i = 0; codes && i < n; i++) {
    known += codes[i] >= 0;
    if (one->labels && codes[i] >= 0) k->counts[one->labels + (uint32_t)codes[i]]++;
  }
  k->counts[one->known] += known;
}

static void count_all(struct coverage *k) {
  struct pt_job *j = k->j;
  memcpy(k->counts, j->sources.pairs, sizeof j->sources.pairs);
  for (uint32_t range = 0; range < pt_rows_ranges(j->rows); range++) {
    for (uint32_t i = 0; i < k->n; i++) count_range(k, &k->columns[i], range);
    pt_rows_done(j->rows, range);
  }
}

/* -- tables -- */

static double share(uint64_t part, uint64_t whole) {
  return whole ? (double)part / (double)whole : NAN;
}

static int text(struct pt_frame *f, uint64_t row, uint32_t column, const char *value, struct pt_err *err) {
  return pt_frame_set_text(f, row, column, value, strlen(value), err);
}

static int coverage_frame(const struct coverage *k, struct pt_frame *f, struct pt_err *err) {
  uint32_t column, family, known, part;
  PT_TRY(pt_frame_init(f, "quality/coverage", err));
  PT_TRY(pt_frame_column(f, "column", PT_FR_TEXT, "", "column of /obs, for a tag its label", &column, err));
  PT_TRY(pt_frame_column(f, "family", PT_FR_TEXT, "", "its family", &family, err));
  PT_TRY(pt_frame_column(f, "known", PT_FR_I64, "users", "users of whom it is known", &known, err));
  PT_TRY(pt_frame_column(f, "share", PT_FR_F64, "1", "known / all users", &part, err));
  for (uint32_t i = 0; i < k->n; i++) {
    const struct pt_column *c = &k->schema->columns[k->columns[i].column];
    uint64_t row, n = k->counts[k->columns[i].known];
    PT_TRY(pt_frame_row(f, &row, err));
    PT_TRY(text(f, row, column, c->name, err));
    PT_TRY(text(f, row, family, c->family, err));
    f->columns[known].v.i64[row] = (int64_t)n;
    f->columns[part].v.f64[row] = share(n, k->j->users);
  }
  return 0;
}

struct label_at {
  struct pt_frame *f;
  uint32_t column, label, users, part;
};

static int label_row(const struct label_at *at, const char *column, const char *label, uint64_t users, uint64_t known,
                     struct pt_err *err) {
  uint64_t row;
  PT_TRY(pt_frame_row(at->f, &row, err));
  PT_TRY(text(at->f, row, at->column, column, err));
  PT_TRY(text(at->f, row, at->label, label, err));
  at->f->columns[at->users].v.i64[row] = (int64_t)users;
  at->f->columns[at->part].v.f64[row] = share(users, known);
  return 0;
}

static int label_rows(const struct coverage *k, const struct counted *one, const struct label_at *at,
                      struct pt_err *err) {
  const struct pt_column *c = &k->schema->columns[one->column];
  const struct pt_label_list *labels = &k->j->labels;
  uint64_t known = k->counts[one->known];
  bool is_part;
  int tag = tag_of(k->schema, one->column, &is_part);
  for (uint32_t i = 0; one->labels && i < c->labels.n_names; i++)
    PT_TRY(label_row(at, c->name, c->labels.names[i], k->counts[one->labels + i], known, err));
  for (uint32_t i = 0; tag >= 0 && i < labels->n; i++)
    if (labels->v[i].tag == (uint32_t)tag)
      PT_TRY(label_row(at, c->name, labels->v[i].text, labels->v[i].users, known, err));
  return 0;
}

static int labels_frame(const struct coverage *k, struct pt_frame *f, struct pt_err *err) {
  struct label_at at = {.f = f};
  PT_TRY(pt_frame_init(f, "quality/labels", err));
  PT_TRY(pt_frame_column(f, "column", PT_FR_TEXT, "", "tag, or column of a closed vocabulary", &at.column, err));
  PT_TRY(pt_frame_column(f, "label", PT_FR_TEXT, "", "the label", &at.label, err));
  PT_TRY(pt_frame_column(f, "users", PT_FR_I64, "users", "users with the label", &at.users, err));
  PT_TRY(pt_frame_column(f, "share", PT_FR_F64, "1", "of the users of whom the column is known", &at.part, err));
  for (uint32_t i = 0; i < k->n; i++) PT_TRY(label_rows(k, &k->columns[i], &at, err));
  return 0;
}

/* Numbers of the sources in byte order of their names, whatever order they were met in. */
static void sort_sources(const struct pt_sources *s, uint8_t order[PT_MAX_SOURCES]) {
  for (uint32_t i = 0; i < s->n; i++) {
    uint32_t at = i;
    for (; at > 0 && pt_slice_cmp(s->names[order[at - 1]], s->names[i]) > 0; at--) order[at] = order[at - 1];
    order[at] = (uint8_t)i;
  }
}

static int sources_frame(const struct coverage *k, struct pt_frame *f, struct pt_err *err) {
  const struct pt_sources *s = &k->j->sources;
  uint32_t source, other, users;
  uint8_t order[PT_MAX_SOURCES];
  sort_sources(s, order);
  PT_TRY(pt_frame_init(f, "quality/sources", err));
  PT_TRY(pt_frame_column(f, "source", PT_FR_TEXT, "", "field source, else the format", &source, err));
  PT_TRY(pt_frame_column(f, "other", PT_FR_TEXT, "", "another source, or the same", &other, err));
  PT_TRY(pt_frame_column(f, "users", PT_FR_I64, "users", "users with events or records from both", &users, err));
  for (uint32_t i = 0; i < s->n; i++)
    for (uint32_t m = i; m < s->n; m++) {
      uint32_t a = order[i], b = order[m], low = a < b ? a : b, high = a < b ? b : a;
      uint64_t row, n = k->counts[low * PT_MAX_SOURCES + high];
      if (n == 0) continue;
      PT_TRY(pt_frame_row(f, &row, err));
      PT_TRY(pt_frame_set_text(f, row, source, s->names[a].p, s->names[a].n, err));
      PT_TRY(pt_frame_set_text(f, row, other, s->names[b].p, s->names[b].n, err));
      f->columns[users].v.i64[row] = (int64_t)n;
    }
  return 0;
}

int pt_coverage(struct pt_job *j, struct pt_frame *frames, uint32_t *made, struct pt_err *err) {
  struct coverage k = {.j = j, .schema = &j->schema};
  *made = PT_COVERAGE_FRAMES;
  PT_LATER(list_columns(&k, err));
  int failed = pt_agree(j->comm, err);
  if (!failed) {
    count_all(&k);
    pt_sum_u64(j->comm, k.counts, k.n_counts);
    if (pt_comm_rank(j->comm) == 0) {
      PT_LATER(coverage_frame(&k, &frames[0], err));
      if (!err->code) PT_LATER(labels_frame(&k, &frames[1], err));
      if (!err->code) PT_LATER(sources_frame(&k, &frames[2], err));
    }
    failed = pt_agree(j->comm, err);
  }
  free(k.columns);
  free(k.counts);
  return failed;
}

/* What the files of segments/ share. */
#ifndef PORTRAIT_SEGMENTS_PRIV_H
#define PORTRAIT_SEGMENTS_PRIV_H
#include <portrait/segments.h>

struct segment {
  int32_t tag; /* -1 = `all`, or the job file's */
  char name[336], label[256];
};

/* The segments of a job and the way from a row to them: `all`, the job file's, the labels of the tags. */
struct segments {
  struct pt_rows *rows;
  const struct pt_schema *schema;
  const struct pt_segments_conf *conf;
  struct segment *v;
  uint32_t n, n_own; /* v[0 .. n_own): `all` and the job file's */
  uint32_t n_tags;
  int32_t **of_code; /* of_code[tag][local label code] = segment */
  uint64_t *users;   /* of each segment, on every rank */
  uint32_t *in;      /* room for the segments of one row: 1 + job file's + tags */
  int64_t first_month;
  uint32_t n_months, n_days; /* of the log */
};

/* list.c. Local. */
int pt_segments_list(struct segments *s, struct pt_rows *rows, const struct pt_label_list *labels,
                     const struct pt_segments_conf *conf, struct pt_err *err) PT_MUST_CHECK;
void pt_segments_free(struct segments *s);
/* Fills s->users. Collective. */
void pt_segments_count(struct segments *s, struct pt_comm *c);
/* The segment of a row by a tag, -1 where unknown. */
static inline int32_t pt_segment_of(const struct segments *s, uint32_t tag, int32_t code) {
  return code < 0 ? -1 : s->of_code[tag][code];
}
/* Labels of a range for one tag. */
const int32_t *pt_segments_labels(const struct segments *s, uint32_t tag, uint32_t range);
/* The segments of a row into s->in: `all` and the job file's, or those and the tags' too. Returns their number. */
uint32_t pt_segments_own(const struct segments *s, uint32_t range, uint32_t row);
uint32_t pt_segments_of(const struct segments *s, uint32_t range, uint32_t row);

/* segment, tag, label of a frame: columns 0, 1, 2; texts of one row of them. */
int pt_segments_name_columns(struct pt_frame *f, struct pt_err *err) PT_MUST_CHECK;
int pt_segments_name_row(const struct segments *s, struct pt_frame *f, uint64_t row, uint32_t segment,
                         struct pt_err *err) PT_MUST_CHECK;

/* The columns of a table behind `segment`, its column 0. */
struct table_column {
  const char *name;
  enum pt_ftype type;
  const char *unit, *text;
};
int pt_segments_columns(struct pt_frame *f, const struct table_column *columns, size_t n,
                        struct pt_err *err) PT_MUST_CHECK;
#define PT_TABLE_COLUMNS(f, columns, err) pt_segments_columns(f, columns, sizeof(columns) / sizeof *(columns), err)
/* A new row of a segment. */
int pt_segments_row(const struct segments *s, struct pt_frame *f, uint32_t segment, uint64_t *row,
                    struct pt_err *err) PT_MUST_CHECK;
int pt_segments_text(struct pt_frame *f, uint64_t row, uint32_t column, const char *text,
                     struct pt_err *err) PT_MUST_CHECK;
int pt_segments_month(struct pt_frame *f, uint64_t row, uint32_t column, int64_t month,
                      struct pt_err *err) PT_MUST_CHECK;
int pt_segments_day(struct pt_frame *f, uint64_t row, uint32_t column, int64_t day, struct pt_err *err) PT_MUST_CHECK;
static inline double pt_ratio(double a, double b) {
  return b == 0 ? __builtin_nan("") : a / b;
}
/* Whether T lies behind the last instant of a month. */
bool pt_segments_month_over(const struct segments *s, int64_t month);
static inline int pt_segments_no_memory(struct pt_err *err) {
  return pt_fail(err, "segments", PT_MEMORY, 0, "out of memory");
}

/* Each fills one frame on rank 0; *made = whether its columns are there. Collective. */
typedef int segment_table(struct pt_comm *c, const struct segments *s, struct pt_frame *f, bool *made,
                          struct pt_err *err);
segment_table pt_segments_summary, pt_segments_tgi, pt_segments_hours, pt_segments_burst, pt_segments_cohorts,
    pt_segments_retention, pt_segments_funnel, pt_segments_trend, pt_segments_growth, pt_segments_overlap;

/* drift and psi, where there is an earlier file. Collective. */
int pt_segments_drift(struct pt_comm *c, const struct segments *s, struct pt_frame frames[2], uint32_t *n,
                      struct pt_err *err) PT_MUST_CHECK;

/* The end of most tables: agrees, then rank 0 writes. Collective. */
typedef int table_writer(const void *table, struct pt_frame *f, struct pt_err *err);
int pt_segments_finish(struct pt_comm *c, const char *path, table_writer *write, const void *table, struct pt_frame *f,
                       bool *made, struct pt_err *err) PT_MUST_CHECK;
/* Every local row with its own segments. */
typedef void row_fn(void *ctx, uint32_t range, uint32_t row, const uint32_t *in, uint32_t n);
void pt_segments_each(const struct segments *s, row_fn *f, void *ctx);

/* A row of tgi: k of n1 users of the segment have the label, k_all of n of all. */
struct tgi_row {
  uint32_t segment, label; /* label = the segment of the other tag's label */
  uint64_t k, n1, k_all, n;
  double z, p, q; /* p of z, two-sided */
};
/* z and p; q over all rows that have a z, by Benjamini and Hochberg. */
void pt_tgi_measure(struct tgi_row *r);
int pt_tgi_false_discovery(struct tgi_row *rows, uint64_t n, struct pt_err *err) PT_MUST_CHECK;

/* suppress.c, suppress_tgi.c: cells that count fewer than privacy_k users, and those that would give them away, become
 * NaN; a column of integers becomes one of floats with its first. Local, rank 0. */
int pt_segments_suppress(const struct segments *s, struct pt_frame *frames, uint32_t n,
                         struct pt_err *err) PT_MUST_CHECK;
void pt_suppress_cell(struct pt_frame *f, uint64_t row, uint32_t column);
/* A count; NaN where it was suppressed. */
double pt_suppress_value(const struct pt_frame *f, uint64_t row, uint32_t column);
/* hidden[segment]: those of which nothing may be told. */
int pt_suppress_tgi(const struct segments *s, const bool *hidden, struct pt_frame *f, struct pt_err *err) PT_MUST_CHECK;
/* The label of the group [from, to) that is to fall too, because exactly one of them does: the one with the fewest
 * users; UINT32_MAX where none or more do. */
uint32_t pt_suppress_partner(const bool *falls, const uint64_t *users, uint32_t from, uint32_t to);

#endif

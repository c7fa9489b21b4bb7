/* The steps of the funnel: who did each, who did it with all earlier ones before it inside 7 days, and how long that
 * took from the step before. Steps that no user did are left out, as in funnel_closed. Memory: 16 bytes a step and
 * segment, and what the medians of one segment need. */
#include <math.h>
#include <stdlib.h>

#include "segments_priv.h"

#define MS_PER_HOUR 3600000.0

struct funnel {
  const struct segments *s;
  uint32_t done, full, wait; /* columns */
  uint32_t n;                /* steps */
  uint32_t present;          /* bits of the steps that someone did */
  uint32_t segment;          /* whose medians are looked for */
  uint64_t *counts;          /* [segment][step][2]: did it, closed */
  double *median;            /* [segment][step], ms; NaN over nobody */
};

static const uint8_t *done_of(const struct funnel *u, uint32_t range, uint32_t row) {
  return (const uint8_t *)pt_rows_values(u->s->rows, range, u->done) + (size_t)row * u->n;
}

/* Bits of the steps that the user did with all earlier ones of the input before it. */
static uint32_t closed_of(const struct funnel *u, uint32_t range, uint32_t row) {
  const uint8_t *done = done_of(u, range, row);
  uint32_t full = ((const uint32_t *)pt_rows_values(u->s->rows, range, u->full))[row], closed = 0;
  for (uint32_t i = 0; i < u->n; i++) {
    if (done[i] && (full >> i & 1)) closed |= 1u << i;
    if (!done[i] && (u->present >> i & 1)) break;
  }
  return closed;
}

static void add_done(void *ctx, uint32_t range, uint32_t row, const uint32_t *in, uint32_t n) {
  struct funnel *u = ctx;
  const uint8_t *done = done_of(u, range, row);
  for (uint32_t k = 0; k < n; k++)
    for (uint32_t i = 0; i < u->n; i++) u->counts[2 * ((size_t)in[k] * u->n + i)] += done[i];
}

static void add_closed(void *ctx, uint32_t range, uint32_t row, const uint32_t *in, uint32_t n) {
  struct funnel *u = ctx;
  uint32_t closed = closed_of(u, range, row);
  for (uint32_t k = 0; k < n; k++)
    for (uint32_t i = 0; i < u->n; i++) u->counts[2 * ((size_t)in[k] * u->n + i) + 1] += closed >> i & 1;
}

struct visitor {
  struct funnel *u;
  pt_visit visit;
  void *sink;
};

static void visit_row(void *ctx, uint32_t range, uint32_t row, const uint32_t *in, uint32_t n) {
  struct visitor *v = ctx;
  bool mine = false;
  for (uint32_t k = 0; k < n; k++) mine = mine || in[k] == v->u->segment;
  if (!mine) return;
  const uint32_t *wait = (const uint32_t *)pt_rows_values(v->u->s->rows, range, v->u->wait) + (size_t)row * v->u->n;
  uint32_t closed = closed_of(v->u, range, row);
  for (uint32_t i = 0; i < v->u->n; i++)
    if (closed >> i & 1) v->visit(v->sink, i, wait[i]);
}

static void scan(void *ctx, pt_visit visit, void *sink) {
  struct visitor v = {ctx, visit, sink};
  pt_segments_each(v.u->s, visit_row, &v);
}

/* Collective: the medians of one segment, by refinement of counts. */
static int medians(struct pt_comm *c, struct funnel *u, struct pt_err *err) {
  struct pt_target targets[64];
  uint64_t keys[64];
  double part[32] = {0};
  const uint64_t *counts = &u->counts[2 * (size_t)u->segment * u->n];
  for (uint32_t i = 0; i < u->n; i++) {
    uint64_t low;
    pt_type7(counts[2 * i + 1], .5, &low, &part[i]);
    targets[2 * i] = (struct pt_target){i, low};
    targets[2 * i + 1] = (struct pt_target){i, low + (part[i] > 0)};
  }
  PT_TRY(pt_select(c, targets, 2 * u->n, u->n, scan, u, keys, err));
  for (uint32_t i = 0; i < u->n; i++) {
    double low = (double)keys[2 * i], high = (double)keys[2 * i + 1];
    u->median[(size_t)u->segment * u->n + i] = counts[2 * i + 1] ? low + part[i] * (high - low) : NAN;
  }
  return 0;
}

static const struct table_column columns[] = {
    {"step", PT_FR_I64, "", "number of the step, from 0"},
    {"event", PT_FR_TEXT, "", "its event"},
    {"users", PT_FR_I64, "users", "users with the event"},
    {"rate_first", PT_FR_F64, "1", "users / users of the first step"},
    {"rate_previous", PT_FR_F64, "1", "users / users of the step before"},
    {"closed", PT_FR_I64, "users", "users with the event and all earlier steps before it inside 7 days"},
    {"closed_rate_first", PT_FR_F64, "1", "closed / closed of the first step"},
    {"closed_rate_previous", PT_FR_F64, "1", "closed / closed of the step before"},
    {"hours_median", PT_FR_F64, "h", "median time from the step before to the first event that closes, over closed"}};

static int write_segment(const struct funnel *u, uint32_t segment, struct pt_frame *f, struct pt_err *err) {
  const uint64_t *first = NULL, *previous = NULL;
  uint32_t number = 0;
  for (uint32_t i = 0; i < u->n; i++) {
    if (!(u->present >> i & 1)) continue;
    const uint64_t *k = &u->counts[2 * ((size_t)segment * u->n + i)];
    uint64_t row;
    PT_TRY(pt_segments_row(u->s, f, segment, &row, err));
    f->columns[1].v.i64[row] = number++;
    PT_TRY(pt_segments_text(f, row, 2, u->s->conf->steps->v[i], err));
    first = first ? first : k;
    f->columns[3].v.i64[row] = (int64_t)k[0];
    f->columns[4].v.f64[row] = pt_ratio((double)k[0], (double)first[0]);
    f->columns[6].v.i64[row] = (int64_t)k[1];
    f->columns[7].v.f64[row] = pt_ratio((double)k[1], (double)first[1]);
    if (previous) {
      f->columns[5].v.f64[row] = pt_ratio((double)k[0], (double)previous[0]);
      f->columns[8].v.f64[row] = pt_ratio((double)k[1], (double)previous[1]);
      f->columns[9].v.f64[row] = u->median[(size_t)segment * u->n + i] / MS_PER_HOUR;
    }
    previous = k;
  }
  return 0;
}

static int write(const void *table, struct pt_frame *f, struct pt_err *err) {
  const struct funnel *u = table;
  PT_TRY(PT_TABLE_COLUMNS(f, columns, err));
  for (uint32_t segment = 0; segment < u->s->n_own; segment++) PT_TRY(write_segment(u, segment, f, err));
  return 0;
}

/* Collective. */
static int gather(struct pt_comm *c, struct funnel *u, struct pt_err *err) {
  size_t n = 2 * (size_t)u->s->n_own * u->n;
  pt_segments_each(u->s, add_done, u);
  for (uint32_t i = 0; i < u->n; i++)
    if (u->counts[2 * (size_t)i]) u->present |= 1u << i;
  uint64_t present[32];
  for (uint32_t i = 0; i < 32; i++) present[i] = u->present >> i & 1;
  pt_max_u64(c, present, 32);
  for (uint32_t i = 0; i < 32; i++) u->present |= (uint32_t)present[i] << i;
  pt_segments_each(u->s, add_closed, u);
  pt_sum_u64(c, u->counts, n);
  for (u->segment = 0; u->segment < u->s->n_own; u->segment++) PT_TRY(medians(c, u, err));
  return 0;
}

int pt_segments_funnel(struct pt_comm *c, const struct segments *s, struct pt_frame *f, bool *made,
                       struct pt_err *err) {
  int64_t done = pt_schema_find(s->schema, "_funnel_done"), full = pt_schema_find(s->schema, "_funnel_full"),
          wait = pt_schema_find(s->schema, "_funnel_wait");
  if (done < 0 || full < 0 || wait < 0) return 0;
  struct funnel u = {.s = s, .done = (uint32_t)done, .full = (uint32_t)full, .wait = (uint32_t)wait};
  u.n = s->schema->columns[done].width;
  u.counts = calloc(2 * (size_t)s->n_own * u.n + 1, sizeof *u.counts);
  u.median = calloc((size_t)s->n_own * u.n + 1, sizeof *u.median);
  if (!u.counts || !u.median) (void)pt_segments_no_memory(err);
  int failed = pt_agree(c, err);
  if (!failed) failed = gather(c, &u, err);
  if (!failed) failed = pt_segments_finish(c, "segments/funnel", write, &u, f, made, err);
  free(u.counts);
  free(u.median);
  return failed;
}

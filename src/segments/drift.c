/* What became of the users of an earlier file: for each tag the flows from label to label, and how far its distribution
 * moved. Each rank reads a share of the earlier file's rows, batch by batch, and sends every user to the rank that has
 * the user's row now: rows stand in the order of their hash, so the owner follows from each rank's first hash. Nothing
 * is gathered. Memory: a batch of records (16 bytes and 4 a tag), a byte a row, and the matrices of flows. */
#include <math.h>
#include <portrait/hash.h>
#include <portrait/profiles.h>
#include <stdlib.h>
#include <string.h>

#include "segments_priv.h"

#define BATCH 16384u

static const char not_known[] = "(unknown)", not_there[] = "(not in the file)";

/* A tag that both files have. States: its labels, then unknown, then not in the file. */
struct tag {
  uint32_t tag;      /* in the schema */
  uint32_t column;   /* in the earlier file */
  uint32_t first;    /* the segment of its first label */
  uint32_t n;        /* labels */
  bool more;         /* the last one is an `other` that only the earlier file needs */
  uint32_t *of_code; /* earlier code -> state */
  uint64_t *flows;   /* [earlier state][state] */
};

struct drift {
  struct pt_comm *c;
  const struct segments *s;
  struct pt_profiles *file;
  struct tag *v;
  uint32_t n;
  uint8_t *seen;         /* of this rank's rows: whether the earlier file has them */
  struct pt_h128 *first; /* of each rank's first row; the largest hash where it has none */
  uint64_t at, end;      /* this rank's rows of the earlier file */
  struct pt_buf *to;     /* records by rank */
  char *ids;
  struct pt_profile_values values;
  uint32_t *codes; /* [tag][row of the batch]: states */
};

static uint32_t states(const struct tag *t) {
  return t->n + 2;
}

/* The earlier labels as states: by text; a text that has no label of its own is `other`. */
static int map_labels(const struct segments *s, struct tag *t, const struct pt_profile_column *c, struct pt_err *err) {
  uint32_t other = UINT32_MAX, own = t->n;
  t->of_code = malloc(((size_t)c->n_labels + 1) * sizeof *t->of_code);
  if (!t->of_code) return pt_segments_no_memory(err);
  for (uint32_t i = 0; i < own; i++)
    if (strcmp(s->v[t->first + i].label, "other") == 0) other = i;
  for (uint32_t code = 0; code < c->n_labels; code++) {
    uint32_t i = 0;
    while (i < own && strcmp(s->v[t->first + i].label, c->labels[code]) != 0) i++;
    if (i == own && other == UINT32_MAX) {
      other = t->n++;
      t->more = true;
    }
    t->of_code[code] = i < own ? i : other;
  }
  return 0;
}

static int open_tag(struct drift *d, uint32_t tag, struct pt_err *err) {
  const struct segments *s = d->s;
  const char *name = s->schema->columns[s->schema->tags[tag].label].name;
  int64_t column = pt_profiles_find(d->file, name, strlen(name));
  struct pt_profile_column c;
  if (column < 0) return 0;
  PT_TRY(pt_profiles_column(d->file, (uint32_t)column, &c, err));
  if (c.kind != PT_P_LABEL) return 0;
  struct tag *t = &d->v[d->n++];
  *t = (struct tag){.tag = tag, .column = (uint32_t)column, .first = s->n_own};
  while (t->first < s->n && s->v[t->first].tag != (int32_t)tag) t->first++;
  while (t->first + t->n < s->n && s->v[t->first + t->n].tag == (int32_t)tag) t->n++;
  PT_TRY(map_labels(s, t, &c, err));
  t->flows = calloc((size_t)states(t) * states(t), sizeof *t->flows);
  return t->flows ? 0 : pt_segments_no_memory(err);
}

static int open_all(struct drift *d, struct pt_err *err) {
  PT_TRY(pt_profiles_open(&d->file, d->s->conf->previous, err));
  d->v = calloc((size_t)d->s->n_tags + 1, sizeof *d->v);
  if (!d->v) return pt_segments_no_memory(err);
  for (uint32_t tag = 0; tag < d->s->n_tags; tag++) PT_TRY(open_tag(d, tag, err));
  uint64_t users = pt_profiles_users(d->file), rank = (uint64_t)pt_comm_rank(d->c), size = (uint64_t)pt_comm_size(d->c);
  d->at = users / size * rank + (rank < users % size ? rank : users % size);
  d->end = d->at + users / size + (rank < users % size);
  d->seen = calloc(pt_rows_count(d->s->rows) + 1, 1);
  d->first = calloc((size_t)size, sizeof *d->first);
  d->to = calloc((size_t)size, sizeof *d->to);
  d->ids = malloc(BATCH * pt_profiles_id_width(d->file) + 1);
  d->values.whole = malloc(BATCH * sizeof *d->values.whole);
  d->values.absent = malloc(BATCH);
  d->codes = malloc(((size_t)d->n + 1) * BATCH * sizeof *d->codes);
  bool all = d->seen && d->first && d->to && d->ids && d->values.whole && d->values.absent && d->codes;
  return all ? 0 : pt_segments_no_memory(err);
}

static void close_all(struct drift *d) {
  for (uint32_t i = 0; i < d->n; i++) {
    free(d->v[i].of_code);
    free(d->v[i].flows);
  }
  for (int r = 0; d->to && r < pt_comm_size(d->c); r++) pt_buf_free(&d->to[r]);
  free(d->v);
  free(d->seen);
  free(d->first);
  free(d->to);
  free(d->ids);
  free(d->values.whole);
  free(d->values.absent);
  free(d->codes);
  pt_profiles_close(d->file);
}

/* Collective. */
static int find_owners(struct drift *d, struct pt_err *err) {
  int size = pt_comm_size(d->c);
  struct pt_h128 mine = {UINT64_MAX, UINT64_MAX};
  if (pt_rows_count(d->s->rows)) mine = pt_rows_hashes(d->s->rows, 0)[0];
  uint64_t *hi = calloc((size_t)size, sizeof *hi), *lo = calloc((size_t)size, sizeof *lo);
  if (!hi || !lo) (void)pt_segments_no_memory(err);
  int failed = pt_agree(d->c, err);
  if (!failed) {
    pt_allgather_u64(d->c, mine.hi, hi);
    pt_allgather_u64(d->c, mine.lo, lo);
  }
  for (int r = 0; r < size && !failed; r++) d->first[r] = (struct pt_h128){hi[r], lo[r]};
  free(hi);
  free(lo);
  return failed;
}

/* The last rank whose rows begin at or before the hash; ranks without rows stand behind every hash. */
static int owner_of(const struct drift *d, struct pt_h128 h) {
  int owner = 0;
  for (int r = 0; r < pt_comm_size(d->c); r++)
    if (pt_h128_cmp(d->first[r], h) <= 0) owner = r;
  return owner;
}

/* Local: the next batch of the earlier file, packed by owner. */
static int pack(struct drift *d, struct pt_err *err) {
  uint64_t n = d->end - d->at < BATCH ? d->end - d->at : BATCH;
  size_t width = pt_profiles_id_width(d->file);
  for (int r = 0; r < pt_comm_size(d->c); r++) d->to[r].n = 0;
  for (uint32_t i = 0; i < d->n; i++) {
    const struct tag *t = &d->v[i];
    PT_TRY(pt_profiles_read(d->file, t->column, d->at, n, &d->values, err));
    for (uint64_t k = 0; k < n; k++)
      d->codes[i * (size_t)BATCH + k] = d->values.absent[k] ? t->n : t->of_code[d->values.whole[k]];
  }
  PT_TRY(pt_profiles_ids(d->file, d->at, n, d->ids, err));
  for (uint64_t k = 0; k < n; k++) {
    const char *id = d->ids + k * width;
    struct pt_h128 h = pt_hash_user(d->s->conf->key, id, strnlen(id, width));
    struct pt_buf *b = &d->to[owner_of(d, h)];
    if (pt_buf_add(b, &h, sizeof h)) return pt_segments_no_memory(err);
    for (uint32_t i = 0; i < d->n; i++)
      if (pt_buf_add(b, &d->codes[i * (size_t)BATCH + k], sizeof *d->codes)) return pt_segments_no_memory(err);
  }
  d->at += n;
  return 0;
}

/* The state of a row by a tag. */
static uint32_t state_of(const struct drift *d, const struct tag *t, uint32_t range, uint32_t row) {
  int32_t g = pt_segment_of(d->s, t->tag, pt_segments_labels(d->s, t->tag, range)[row]);
  return g < 0 ? t->n : (uint32_t)g - t->first;
}

/* The local row of a hash: ranges and rows both ascend. */
static bool find_row(const struct drift *d, struct pt_h128 h, uint32_t *range, uint32_t *row) {
  uint32_t low = 0, high = pt_rows_ranges(d->s->rows);
  while (low + 1 < high) {
    uint32_t middle = low + (high - low) / 2;
    if (pt_h128_cmp(pt_rows_hashes(d->s->rows, middle)[0], h) <= 0)
      low = middle;
    else
      high = middle;
  }
  if (high == 0) return false;
  *range = low;
  const struct pt_h128 *hashes = pt_rows_hashes(d->s->rows, low);
  uint32_t first = 0, end = pt_rows_in(d->s->rows, low);
  while (first < end) {
    uint32_t middle = first + (end - first) / 2;
    int order = pt_h128_cmp(hashes[middle], h);
    if (order == 0) {
      *row = middle;
      return true;
    }
    if (order < 0)
      first = middle + 1;
    else
      end = middle;
  }
  return false;
}

static void take(struct drift *d, const char *p, uint64_t bytes) {
  size_t size = sizeof(struct pt_h128) + d->n * sizeof(uint32_t);
  for (uint64_t i = 0; i + size <= bytes; i += size) {
    struct pt_h128 h;
    uint32_t range, row, from;
    memcpy(&h, p + i, sizeof h);
    bool found = find_row(d, h, &range, &row);
    if (found) d->seen[pt_rows_before(d->s->rows, range) + row] = 1;
    for (uint32_t k = 0; k < d->n; k++) {
      struct tag *t = &d->v[k];
      memcpy(&from, p + i + sizeof h + k * sizeof from, sizeof from);
      t->flows[(size_t)from * states(t) + (found ? state_of(d, t, range, row) : t->n + 1)]++;
    }
  }
}

/* Collective: rounds of one batch a rank. */
static int exchange(struct drift *d, struct pt_err *err) {
  int size = pt_comm_size(d->c), failed;
  struct pt_exchange *x = NULL;
  void **send = calloc((size_t)size, sizeof *send), **got = NULL;
  uint64_t *bytes = calloc((size_t)size, sizeof *bytes), flags[3] = {1, 0, 0};
  const uint64_t *n_got = NULL;
  if (!send || !bytes) (void)pt_segments_no_memory(err);
  if (!err->code && pt_exchange_new(&x, d->c, err)) x = NULL;
  failed = pt_agree(d->c, err);
  while (!failed && flags[0]) {
    PT_LATER(pack(d, err));
    failed = pt_agree(d->c, err);
    if (failed) break;
    for (int r = 0; r < size; r++) {
      send[r] = d->to[r].p;
      bytes[r] = d->to[r].n;
    }
    flags[0] = d->at < d->end;
    flags[1] = flags[2] = 0;
    pt_exchange_start(x, send, bytes, flags);
    failed = pt_exchange_finish(x, &got, &n_got, flags, err);
    for (int r = 0; r < size && !failed; r++) take(d, got[r], n_got[r]);
  }
  pt_exchange_free(x);
  free(send);
  free(bytes);
  return failed;
}

/* The rows that the earlier file does not have. */
static void add_new(struct drift *d) {
  for (uint32_t range = 0; range < pt_rows_ranges(d->s->rows); range++)
    for (uint32_t row = 0; row < pt_rows_in(d->s->rows, range); row++) {
      if (d->seen[pt_rows_before(d->s->rows, range) + row]) continue;
      for (uint32_t k = 0; k < d->n; k++) {
        struct tag *t = &d->v[k];
        t->flows[(size_t)(t->n + 1) * states(t) + state_of(d, t, range, row)]++;
      }
    }
}

static const char *state_name(const struct segments *s, const struct tag *t, uint32_t state) {
  if (state == t->n) return not_known;
  if (state > t->n) return not_there;
  return t->more && state + 1 == t->n ? "other" : s->v[t->first + state].label;
}

/* Small flows fall, and what the total of a row or a column would give away falls with them. */
static void hide_flows(const struct tag *t, uint64_t k, bool *falls) {
  uint32_t n = states(t);
  bool again = true;
  for (size_t i = 0; i < (size_t)n * n; i++) falls[i] = t->flows[i] && t->flows[i] < k;
  while (again) {
    again = false;
    for (uint32_t line = 0; line < 2 * n; line++) { /* rows, then columns */
      size_t first = line < n ? (size_t)line * n : line - n, step = line < n ? 1 : n, least = SIZE_MAX;
      uint32_t fallen = 0;
      for (size_t i = first, m = 0; m < n; m++, i += step) {
        fallen += falls[i];
        if (!falls[i] && t->flows[i] && (least == SIZE_MAX || t->flows[i] < t->flows[least])) least = i;
      }
      if (fallen != 1 || least == SIZE_MAX) continue;
      falls[least] = again = true;
    }
  }
}

static int write_tag(const struct drift *d, const struct tag *t, struct pt_frame *f, struct pt_err *err) {
  const char *name = d->s->schema->columns[d->s->schema->tags[t->tag].label].name;
  uint32_t n = states(t);
  for (uint32_t from = 0; from < n; from++)
    for (uint32_t to = 0; to < n; to++) {
      uint64_t users = t->flows[(size_t)from * n + to], row;
      if (users == 0) continue;
      PT_TRY(pt_frame_row(f, &row, err));
      PT_TRY(pt_segments_text(f, row, 0, name, err));
      PT_TRY(pt_segments_text(f, row, 1, state_name(d->s, t, from), err));
      PT_TRY(pt_segments_text(f, row, 2, state_name(d->s, t, to), err));
      f->columns[3].v.i64[row] = (int64_t)users;
    }
  return 0;
}

/* The flows of all tags stand in the table as written: only then may cells fall. */
static int suppress(const struct drift *d, struct pt_frame *f, struct pt_err *err) {
  uint64_t row = 0;
  for (uint32_t i = 0; i < d->n; i++) {
    const struct tag *t = &d->v[i];
    size_t cells = (size_t)states(t) * states(t);
    bool *falls = calloc(cells + 1, sizeof *falls);
    if (!falls) return pt_segments_no_memory(err);
    hide_flows(t, d->s->conf->privacy_k, falls);
    for (size_t k = 0; k < cells; k++) {
      if (falls[k]) pt_suppress_cell(f, row, 3);
      row += t->flows[k] > 0;
    }
    free(falls);
  }
  return 0;
}

static int columns_of(struct pt_frame *f, const struct table_column *columns, size_t n, struct pt_err *err) {
  uint32_t at;
  for (size_t i = 0; i < n; i++)
    PT_TRY(pt_frame_column(f, columns[i].name, columns[i].type, columns[i].unit, columns[i].text, &at, err));
  return 0;
}

static int write_flows(const void *table, struct pt_frame *f, struct pt_err *err) {
  const struct drift *d = table;
  static const struct table_column columns[] = {{"tag", PT_FR_TEXT, "", "the tag"},
                                                {"from", PT_FR_TEXT, "", "label in the earlier file"},
                                                {"to", PT_FR_TEXT, "", "label now"},
                                                {"users", PT_FR_I64, "users", "users that went this way"}};
  PT_TRY(columns_of(f, columns, sizeof columns / sizeof *columns, err));
  for (uint32_t i = 0; i < d->n; i++) PT_TRY(write_tag(d, &d->v[i], f, err));
  return d->s->conf->privacy_k ? suppress(d, f, err) : 0;
}

/* Users of a label, in the earlier file (rows of the matrix) or now (columns). */
static uint64_t users_of(const struct tag *t, uint32_t label, bool earlier) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < states(t); i++)
    sum += earlier ? t->flows[(size_t)label * states(t) + i] : t->flows[(size_t)i * states(t) + label];
  return sum;
}

static int write_psi(const void *table, struct pt_frame *f, struct pt_err *err) {
  const struct drift *d = table;
  static const struct table_column columns[] = {
      {"tag", PT_FR_TEXT, "", "the tag"},
      {"labels", PT_FR_I64, "", "labels, L"},
      {"users_previous", PT_FR_I64, "users", "users of the earlier file whose tag is known"},
      {"users", PT_FR_I64, "users", "users whose tag is known now"},
      {"psi", PT_FR_F64, "1", "sum over labels of (a - b) ln(a / b), a = (n + .5) / (N + .5 L) now, b before"}};
  PT_TRY(columns_of(f, columns, sizeof columns / sizeof *columns, err));
  for (uint32_t i = 0; i < d->n; i++) {
    const struct tag *t = &d->v[i];
    uint64_t row, before = 0, now = 0;
    for (uint32_t l = 0; l < t->n; l++) {
      before += users_of(t, l, true);
      now += users_of(t, l, false);
    }
    double psi = 0, half = 0.5 * t->n;
    for (uint32_t l = 0; l < t->n; l++) {
      double a = ((double)users_of(t, l, false) + 0.5) / ((double)now + half);
      double b = ((double)users_of(t, l, true) + 0.5) / ((double)before + half);
      psi += (a - b) * log(a / b);
    }
    PT_TRY(pt_frame_row(f, &row, err));
    PT_TRY(pt_segments_text(f, row, 0, d->s->schema->columns[d->s->schema->tags[t->tag].label].name, err));
    f->columns[1].v.i64[row] = t->n;
    f->columns[2].v.i64[row] = (int64_t)before;
    f->columns[3].v.i64[row] = (int64_t)now;
    f->columns[4].v.f64[row] = before && now ? psi : NAN;
  }
  return 0;
}

int pt_segments_drift(struct pt_comm *c, const struct segments *s, struct pt_frame frames[2], uint32_t *n,
                      struct pt_err *err) {
  struct drift d = {.c = c, .s = s};
  PT_LATER(open_all(&d, err));
  int failed = pt_agree(c, err);
  if (!failed) failed = find_owners(&d, err);
  if (!failed) failed = exchange(&d, err);
  if (!failed) {
    add_new(&d);
    for (uint32_t i = 0; i < d.n; i++) pt_sum_u64(c, d.v[i].flows, (uint64_t)states(&d.v[i]) * states(&d.v[i]));
  }
  static table_writer *const writers[] = {write_flows, write_psi};
  static const char *const paths[] = {"segments/drift", "segments/psi"};
  for (int i = 0; i < 2 && !failed; i++) {
    bool made = false;
    frames[i] = (struct pt_frame){0};
    failed = pt_segments_finish(c, paths[i], writers[i], &d, &frames[i], &made, err);
    *n += made;
  }
  close_all(&d);
  return failed;
}

/* Small cells: what counts fewer than privacy.k users is left out, and with it what is made of it alone. A cell that
 * the total of its row or column gives away does not fall alone: the smallest of the others falls with it. In the
 * tables by label the totals are the tag's users; the other tables have no totals, but rates of neighbours, which fall
 * with what they are made of. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "segments_priv.h"

double pt_suppress_value(const struct pt_frame *f, uint64_t row, uint32_t column) {
  const struct pt_frame_column *c = &f->columns[column];
  return c->type == PT_FR_I64 ? (double)c->v.i64[row] : c->v.f64[row];
}

/* Integers have no absent value: the column becomes one of floats. */
void pt_suppress_cell(struct pt_frame *f, uint64_t row, uint32_t column) {
  struct pt_frame_column *c = &f->columns[column];
  if (c->type == PT_FR_I64) {
    for (uint64_t i = 0; i < f->n_rows; i++) {
      double v = (double)c->v.i64[i];
      memcpy(&c->v.f64[i], &v, sizeof v);
    }
    c->type = PT_FR_F64;
  }
  if (c->type == PT_FR_F64) c->v.f64[row] = NAN;
}

uint32_t pt_suppress_partner(const bool *falls, const uint64_t *users, uint32_t from, uint32_t to) {
  uint32_t n = 0, least = UINT32_MAX;
  for (uint32_t i = from; i < to; i++) {
    n += falls[i];
    if (!falls[i] && (least == UINT32_MAX || users[i] < users[least])) least = i;
  }
  return n == 1 ? least : UINT32_MAX;
}

/* Which segments fall whole; of a tag never one label alone. */
static void hide_segments(const struct segments *s, bool *hidden) {
  for (uint32_t g = 0; g < s->n; g++) hidden[g] = s->users[g] < s->conf->privacy_k;
  for (uint32_t from = s->n_own, to; from < s->n; from = to) {
    for (to = from; to < s->n && s->v[to].tag == s->v[from].tag;) to++;
    uint32_t partner = pt_suppress_partner(hidden, s->users, from, to);
    if (partner != UINT32_MAX) hidden[partner] = true;
  }
}

static int64_t column_of(const struct pt_frame *f, const char *name, size_t n) {
  for (uint32_t c = 0; c < f->n_columns; c++)
    if (strlen(f->columns[c].name) == n && memcmp(f->columns[c].name, name, n) == 0) return c;
  return -1;
}

/* The cells of a row in the columns of a list of names. */
static void fall(struct pt_frame *f, uint64_t row, const char *names) {
  while (*names) {
    size_t n = strcspn(names, " ");
    int64_t c = column_of(f, names, n);
    if (c >= 0) pt_suppress_cell(f, row, (uint32_t)c);
    names += n + (names[n] == ' ');
  }
}

/* How far a small cell reaches: its row; all rows of its segment; the rows behind it that begin as it does. */
enum reach { ROW, SEGMENT, ONWARD };
static const struct rule {
  const char *table, *count, *falls; /* `falls`: beside the count; by reach */
  enum reach reach;
} rules[] = {
    {"cohorts", "users", "n_ready active buyers spend net_spend active_rate net_spend_cumulative_per_user", ROW},
    {"cohorts", "active", "active_rate", ROW},
    {"cohorts", "buyers", "spend net_spend net_spend_cumulative_per_user", ROW},
    {"cohorts", "buyers", "net_spend_cumulative_per_user", ONWARD},
    {"retention", "users", "n_ready on_day on_or_after on_day_rate on_or_after_rate", ROW},
    {"retention", "n_ready", "on_day on_or_after on_day_rate on_or_after_rate", ROW},
    {"retention", "on_day", "on_day_rate", ROW},
    {"retention", "on_or_after", "on_or_after_rate", ROW},
    {"funnel", "users", "rate_first rate_previous", SEGMENT},
    {"funnel", "closed", "closed_rate_first closed_rate_previous", SEGMENT},
    {"funnel", "closed", "hours_median", ROW},
    {"trend", "buyers", "purchases spend", ROW},
    {"growth", "new", "", ROW},
    {"growth", "returning", "", ROW},
    {"growth", "resurrected", "", ROW},
    {"growth", "dormant", "", ROW},
    {"overlap", "users", "jaccard", ROW},
    {"overlap", "users_segment", "users jaccard", ROW},
    {"overlap", "users_other", "users jaccard", ROW},
};

static bool same_text(const struct pt_frame *f, uint64_t a, uint64_t b, uint32_t column) {
  return strcmp(f->columns[column].v.text[a], f->columns[column].v.text[b]) == 0;
}

static void apply(const struct rule *r, struct pt_frame *f, double k) {
  int64_t count = column_of(f, r->count, strlen(r->count));
  if (count < 0) return;
  for (uint64_t row = 0; row < f->n_rows; row++) {
    double v = pt_suppress_value(f, row, (uint32_t)count);
    if (v >= k) continue;
    pt_suppress_cell(f, row, (uint32_t)count);
    fall(f, row, r->falls);
    for (uint64_t i = row + 1;
         r->reach == ONWARD && i < f->n_rows && same_text(f, i, row, 0) && same_text(f, i, row, 1);)
      fall(f, i++, r->falls);
    for (uint64_t i = 0; r->reach == SEGMENT && i < f->n_rows; i++)
      if (same_text(f, i, row, 0)) fall(f, i, r->falls);
  }
}

/* All that a table tells of the segments that fall: what is no text and says nothing of users by itself stays. */
static void hide_rows(const struct segments *s, const bool *hidden, struct pt_frame *f) {
  static const char *const stay[] = {"weekday", "hour", "months_since", "week", "step", "complete"};
  for (uint64_t row = 0; row < f->n_rows; row++) {
    uint32_t g = 0;
    while (g < s->n && strcmp(s->v[g].name, f->columns[0].v.text[row]) != 0) g++;
    if (g == s->n || !hidden[g]) continue;
    for (uint32_t c = 1; c < f->n_columns; c++) {
      bool stays = false;
      for (size_t i = 0; i < sizeof stay / sizeof *stay; i++) stays = stays || strcmp(stay[i], f->columns[c].name) == 0;
      if (!stays) pt_suppress_cell(f, row, c);
    }
  }
}

/* summary: what the buyers of a label are few for; never one label of a tag alone. Rows stand as the segments do. */
static int few_buyers(const struct segments *s, struct pt_frame *f, struct pt_err *err) {
  int64_t column = column_of(f, "buyers", 6);
  if (column < 0) return 0;
  bool *falls = calloc((size_t)s->n + 1, sizeof *falls);
  uint64_t *buyers = calloc((size_t)s->n + 1, sizeof *buyers);
  int failed = falls && buyers ? 0 : pt_segments_no_memory(err);
  for (uint32_t g = 0; g < s->n && !failed; g++) {
    double v = pt_suppress_value(f, g, (uint32_t)column);
    falls[g] = !(v >= s->conf->privacy_k);
    buyers[g] = isnan(v) ? 0 : (uint64_t)v;
  }
  for (uint32_t from = s->n_own, to; from < s->n && !failed; from = to) {
    for (to = from; to < s->n && s->v[to].tag == s->v[from].tag;) to++;
    uint32_t partner = pt_suppress_partner(falls, buyers, from, to);
    if (partner != UINT32_MAX) falls[partner] = true;
  }
  for (uint32_t g = 0; g < s->n && !failed; g++)
    if (falls[g])
      fall(f, g,
           "buyers orders_365d orders_all spend_365d spend_all net_spend_365d net_spend_all net_spend_mean "
           "net_spend_median net_spend_p90 order_value_mean recency_mean");
  free(falls);
  free(buyers);
  return failed;
}

static int suppress_frame(const struct segments *s, const bool *hidden, struct pt_frame *f, struct pt_err *err) {
  const char *name = f->path + sizeof "segments/" - 1;
  if (strcmp(name, "tgi") == 0) return pt_suppress_tgi(s, hidden, f, err);
  hide_rows(s, hidden, f);
  if (strcmp(name, "summary") == 0) return few_buyers(s, f, err);
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
    if (strcmp(rules[i].table, name) == 0) apply(&rules[i], f, s->conf->privacy_k);
  return 0;
}

int pt_segments_suppress(const struct segments *s, struct pt_frame *frames, uint32_t n, struct pt_err *err) {
  bool *hidden = calloc((size_t)s->n + 1, sizeof *hidden);
  if (!hidden) return pt_segments_no_memory(err);
  hide_segments(s, hidden);
  int failed = 0;
  for (uint32_t i = 0; i < n && !failed; i++) failed = suppress_frame(s, hidden, &frames[i], err);
  free(hidden);
  return failed;
}

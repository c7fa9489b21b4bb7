/* THE table of the tables. */
#include "segments_priv.h"

#include <string.h>

static const struct {
  const char *name;
  segment_table *make;
} tables[] = {
    {"summary", pt_segments_summary}, {"tgi", pt_segments_tgi},         {"hours", pt_segments_hours},
    {"burst", pt_segments_burst},     {"cohorts", pt_segments_cohorts}, {"retention", pt_segments_retention},
    {"funnel", pt_segments_funnel},   {"trend", pt_segments_trend},     {"growth", pt_segments_growth},
    {"overlap", pt_segments_overlap},
};
#define N_TABLES (sizeof tables / sizeof *tables)
_Static_assert(N_TABLES + 2 <= PT_SEGMENT_FRAMES, "the caller's frames are enough");

static bool wanted(const struct pt_names *names, const char *name) {
  for (uint32_t i = 0; names && i < names->n; i++)
    if (strcmp(names->v[i], name) == 0) return true;
  return !names || names->n == 0;
}

int pt_segments_run(struct pt_comm *c, struct pt_rows *rows, const struct pt_label_list *labels,
                    const struct pt_segments_conf *conf, struct pt_frame frames[PT_SEGMENT_FRAMES], uint32_t *n,
                    struct pt_err *err) {
  struct segments s;
  *n = 0;
  PT_LATER(pt_segments_list(&s, rows, labels, conf, err));
  int failed = pt_agree(c, err);
  if (!failed && conf->privacy_k) pt_segments_count(&s, c);
  for (uint32_t i = 0; i < N_TABLES && !failed; i++) {
    bool made = false;
    if (!wanted(conf->tables, tables[i].name)) continue;
    frames[*n] = (struct pt_frame){0};
    failed = tables[i].make(c, &s, &frames[*n], &made, err);
    if (made) ++*n;
  }
  if (!failed && pt_comm_rank(c) == 0 && conf->privacy_k) PT_LATER(pt_segments_suppress(&s, frames, *n, err));
  if (!failed) failed = pt_agree(c, err);
  if (!failed && conf->previous) failed = pt_segments_drift(c, &s, &frames[*n], n, err);
  pt_segments_free(&s);
  return failed;
}

/* Log-loss, Brier, calibration and coverage: one pass and one reduction. */
#include <math.h>
#include <portrait/models_score.h>

#include "models/sums.h"

#define CLIP 1e-15

static const double cover_at[PT_SCORE_COVERS] = {.6, .7, .8, .9};

/* What is summed: exact sums, and counts. */
enum { LOSS, BRIER, BIN_P, N_SUMS = BIN_P + PT_SCORE_BINS };
enum {
  ROWS,
  POSITIVES,
  RIGHT,
  BIN_ROWS,
  BIN_YES = BIN_ROWS + PT_SCORE_BINS,
  COVERED = BIN_YES + PT_SCORE_BINS,
  COVERED_RIGHT = COVERED + PT_SCORE_COVERS,
  N_COUNTS = COVERED_RIGHT + PT_SCORE_COVERS
};
struct tally {
  struct pt_exact sums[N_SUMS];
  uint64_t counts[N_COUNTS];
};

static void add(struct tally *t, double p, uint8_t label) {
  double q = fmin(fmax(p, CLIP), 1 - CLIP), off = p - label;
  bool right = (p >= .5) == label;
  int bin = (int)(p * PT_SCORE_BINS);
  if (bin >= PT_SCORE_BINS) bin = PT_SCORE_BINS - 1;
  t->counts[ROWS]++;
  t->counts[POSITIVES] += label;
  t->counts[RIGHT] += right;
  pt_models_sum(&t->sums[LOSS], label ? -log(q) : -log1p(-q));
  pt_models_sum(&t->sums[BRIER], off * off);
  pt_models_sum(&t->sums[BIN_P + bin], p);
  t->counts[BIN_ROWS + bin]++;
  t->counts[BIN_YES + bin] += label;
  for (int i = 0; i < PT_SCORE_COVERS; i++) {
    bool covered = fmax(p, 1 - p) >= cover_at[i];
    t->counts[COVERED + i] += covered;
    t->counts[COVERED_RIGHT + i] += covered && right;
  }
}

static double over(double sum, uint64_t n) {
  return n ? sum / (double)n : NAN;
}

static void take(struct pt_score *out, const struct tally *t) {
  const uint64_t *n = t->counts;
  out->n = n[ROWS];
  out->positives = n[POSITIVES];
  out->log_loss = over(pt_exact_value(&t->sums[LOSS]), n[ROWS]);
  out->brier = over(pt_exact_value(&t->sums[BRIER]), n[ROWS]);
  out->accuracy = over((double)n[RIGHT], n[ROWS]);
  for (int i = 0; i < PT_SCORE_BINS; i++) {
    uint64_t rows = n[BIN_ROWS + i];
    out->bins[i] = (struct pt_score_bin){rows, over(pt_exact_value(&t->sums[BIN_P + i]), rows),
                                         over((double)n[BIN_YES + i], rows)};
  }
  for (int i = 0; i < PT_SCORE_COVERS; i++)
    out->covers[i] = (struct pt_score_cover){cover_at[i], over((double)n[COVERED + i], n[ROWS]),
                                             over((double)n[COVERED_RIGHT + i], n[COVERED + i])};
}

int pt_models_score(struct pt_comm *c, const double *p, const uint8_t *label, uint64_t n, struct pt_score *out,
                    struct pt_err *err) {
  struct tally t = {.counts = {0}};
  for (uint64_t i = 0; i < n; i++)
    if (label[i] <= 1 && !isnan(p[i])) add(&t, p[i], label[i]);
  pt_sum_exact(c, t.sums, N_SUMS);
  pt_sum_u64(c, t.counts, N_COUNTS);
  take(out, &t);
  return pt_models_auc(c, p, label, n, &out->auc, err);
}

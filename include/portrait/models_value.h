/* Worth of users against each other: scores, tiers, thresholds over all rows and ranks. Collective.
 *
 * Every figure is of exact integers (days, 1/10,000 of the currency), so it does not depend on the number of ranks. */
#ifndef PORTRAIT_MODELS_VALUE_H
#define PORTRAIT_MODELS_VALUE_H
#include <portrait/comm.h>
#include <portrait/frame.h>
#include <portrait/rows.h>

#define PT_VALUE_FRAMES 2 /* the most tables it makes */

/* Where high begins. */
enum pt_high_kind { PT_HIGH_MEAN, PT_HIGH_MEDIAN, PT_HIGH_NUMBER };
struct pt_high {
  enum pt_high_kind kind;
  int64_t number; /* in 1/10,000 */
};

struct pt_value_conf {
  struct pt_high rfm[3]; /* of recency, frequency, monetary */
  double tier_a, tier_b; /* shares with up to 9 digits, likewise the quantiles */
  double loyal_quantile, core_quantile;
  uint32_t loyal_days;
  uint64_t bytes; /* of memory that ranking may use */
};

/* Fills the columns of the families value and lifecycle that the job has, from their hidden ones. *made = tables in
 * frames[] (rank 0's have rows). */
int pt_models_value(struct pt_comm *c, struct pt_rows *rows, const struct pt_value_conf *conf, struct pt_frame *frames,
                    uint32_t *made, struct pt_err *err) PT_MUST_CHECK;

/* After the tags: users by is_loyal and is_core, where both are tags of the job. No rows where a cell would count
 * fewer users than `k`. */
int pt_models_roles(struct pt_comm *c, struct pt_rows *rows, uint32_t k, struct pt_frame *frame, uint32_t *made,
                    struct pt_err *err) PT_MUST_CHECK;

/* Calls visit for every local amount (> 0), the same ones each time. */
typedef void (*pt_amount_visit)(void *sink, int64_t amount);
typedef void (*pt_amount_scan)(void *ctx, pt_amount_visit visit, void *sink);
/* For each of n shares (ascending or not, 0 to 1, 9 digits) the smallest amount whose strictly larger ones sum to less
 * than that share of the whole, on every rank; 0 over nobody, INT64_MAX where the share is 0. Memory and message: 64
 * KiB a share. */
int pt_models_tiers(struct pt_comm *c, pt_amount_scan scan, void *ctx, const double *shares, uint32_t n, int64_t *least,
                    struct pt_err *err) PT_MUST_CHECK;

#endif

/* Customer lifetime value: how often (BG/NBD, MBG/NBD) and for how much (Gamma-Gamma) somebody will buy.
 *
 * BG/NBD: Fader, Hardie & Lee 2005, Marketing Science 24:275-284, eq. 6 and 10, P(alive) from their note of 2008.
 * MBG/NBD: Batislam, Denizel & Filiztekin 2007, IJRM 24:201-209. Gamma-Gamma: Fader & Hardie 2013, "The Gamma-Gamma
 * Model of Monetary Value", eq. 1a and 5. What is summed over users is summed exactly: the same bits for any number of
 * ranks. */
#ifndef PORTRAIT_MODELS_CLV_H
#define PORTRAIT_MODELS_CLV_H
#include <portrait/models_fit.h>
#include <portrait/table.h>

enum pt_clv_model { PT_MBGNBD, PT_BGNBD };

/* -- what is fitted on: counts of distinct (x, t_x, T), each rank its own users'. Zero-initialised is empty. Local. --
 */
struct pt_clv_cell {
  uint32_t x, tx, T; /* purchase days - 1; first to last and first to the last day, in days */
  uint64_t users;
};
struct pt_clv_counts {
  struct pt_clv_cell *v;
  size_t n, cap;
  struct pt_table index;
};
/* Adds `users` users. 70 where a number is over 2^21 or t_x > T. */
int pt_models_clv_add(struct pt_clv_counts *c, uint32_t x, uint32_t tx, uint32_t T, uint64_t users,
                      struct pt_err *err) PT_MUST_CHECK;
void pt_models_clv_free(struct pt_clv_counts *c);

struct pt_clv_params {
  enum pt_clv_model model;
  double unit; /* days in a unit of time */
  double r, alpha, a, b;
};
struct pt_clv_fit {
  struct pt_clv_params p;
  double se[4]; /* of r, alpha, a, b; NaN at a boundary */
  double log_likelihood;
  uint64_t users;
  uint32_t starts, evaluations;
  double gradient; /* largest |derivative by a log-parameter| over the number of users */
  bool converged;
  bool boundary; /* a parameter at a bound, or mean dropout a/(a+b) < 1e-3 */
};
/* Collective: maximum likelihood over all ranks' counts, log-parameters in [ln 1e-3, ln 1e3]. Nobody at all: users = 0
 * and NaN. Memory: 40 bytes a day of the longest T and a purchase of the largest x. */
int pt_models_clv_fit(struct pt_comm *c, const struct pt_clv_counts *counts, enum pt_clv_model model, double unit,
                      struct pt_clv_fit *out, struct pt_err *err) PT_MUST_CHECK;
/* Collective: log-likelihood of these parameters. */
int pt_models_clv_likelihood(struct pt_comm *c, const struct pt_clv_counts *counts, const struct pt_clv_params *p,
                             double *out, struct pt_err *err) PT_MUST_CHECK;

/* -- forecasts; x in purchases, all times in days. Local. -- */
double pt_models_p_alive(const struct pt_clv_params *p, double x, double tx, double T);
/* Of a purchase in the next h days. */
double pt_models_p_purchase(const struct pt_clv_params *p, double x, double tx, double T, double h);
/* Purchases expected in the next h days of somebody alive; times P(alive): of this user. */
double pt_models_purchases_alive(const struct pt_clv_params *p, double x, double T, double h);
/* Purchases expected in the first t days of a new customer: at x = T = 0 all are alive (BG/NBD). */
double pt_models_purchases_new(const struct pt_clv_params *p, double t);

/* -- Gamma-Gamma: value of a purchase -- */
struct pt_spend_fit {
  double p, q, v;
  double se[3];
  double log_likelihood;
  uint64_t users;
  double correlation; /* Pearson's, of x and the mean value: the model takes them as independent */
  uint32_t starts, evaluations;
  double gradient;
  bool converged, boundary;
};
/* Calls visit for every local user with x > 0 and mean > 0, the same ones each time. */
typedef void (*pt_spend_visit)(void *sink, uint32_t x, double mean);
typedef void (*pt_spend_scan)(void *ctx, pt_spend_visit visit, void *sink);
/* Collective. Money is scaled by a power of two near its mean, so that the bounds, 1e-3 to 1e3, serve any currency. */
int pt_models_spend_fit(struct pt_comm *c, pt_spend_scan scan, void *ctx, struct pt_spend_fit *out,
                        struct pt_err *err) PT_MUST_CHECK;
/* Local: expected value of a purchase; `mean` is ignored at x = 0. NaN where it has no mean (p x + q <= 1). */
double pt_models_spend_expected(const struct pt_spend_fit *f, double x, double mean);

/* Local: purchases of the next 12 months of somebody alive, each month's times (1 + discount)^-month. */
double pt_models_purchases_12m(const struct pt_clv_params *p, double x, double T, double discount);
/* Local: value of the next 12 months, t_j = j * 365/12 days, discounted by `discount` a month. */
double pt_models_clv_12m(const struct pt_clv_params *p, double x, double tx, double T, double value, double margin,
                         double discount);

#endif

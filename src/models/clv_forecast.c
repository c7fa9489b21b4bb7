/* Forecasts for one user.
 *
 * The purchases expected of somebody alive are the mean over p ~ Beta(a, b') of (1 - (A/(A+ph))^s) / p, s = r + x,
 * A = alpha + T. With y = h/(A+h) and q = 1 - p the fraction is the sum over j of NB(j; s, y) (1 + q + .. + q^(j-1)):
 * the purchases of a negative binomial horizon that happen before the user leaves. So
 *
 *   mean = sum over j >= 1 of NB(j; s, y) W_j,  W_j = sum over n < j of (b')_n / (a+b')_n,
 *
 * all of whose terms are positive: no cancellation and no pole anywhere, unlike the 2F1 form at a = 1. The terms needed
 * are the horizon's purchases and some 40 (A+h)/A: a few hundred. */
#include <math.h>
#include <portrait/models_clv.h>

#define BIG     1e200
#define LOG_BIG 460.51701859880913680359829093687284152022

double pt_models_p_alive(const struct pt_clv_params *p, double x, double tx, double T) {
  double k = p->model == PT_MBGNBD;
  if (x + k <= 0) return 1;
  double t = p->alpha + tx / p->unit;
  double odds = log(p->a / (p->b + x - 1 + k)) + (p->r + x) * log1p((T - tx) / p->unit / t);
  return 1 / (1 + exp(odds));
}

double pt_models_p_purchase(const struct pt_clv_params *p, double x, double tx, double T, double h) {
  double A = p->alpha + T / p->unit;
  return pt_models_p_alive(p, x, tx, T) * -expm1(-(p->r + x) * log1p(h / p->unit / A));
}

/* sum over j >= 1 of NB(j; s, y) W_j, h = y / (1 - y). A first probability below exp(-600) is carried with the
 * logarithm of a common scale apart, until the terms have grown. */
static double before_leaving(double s, double h, double a, double b) {
  const double y = h / (1 + h);
  double mass = 1, log_scale = -s * log1p(h), sum = 0, each = 1, before = 0;
  for (double j = 0;; j++) { /* mass = NB(j) / scale, before = W_j, each = (b)_j / (a+b)_j */
    if (log_scale < 0 && (log_scale > -600 || mass > BIG)) {
      double part = log_scale > -600 ? log_scale : -LOG_BIG;
      mass *= exp(part);
      sum *= exp(part);
      log_scale -= part;
    }
    sum += mass * before;
    double ratio = y * (s + j) / (j + 1), most = fmax(ratio, y);
    /* what is left: mass * (W_j most / (1 - most) + most / (1 - most)^2) at most */
    if (j > 0 && log_scale >= 0 && most < 1 && mass * (before + 1 / (1 - most)) <= 1e-17 * sum * (1 - most)) return sum;
    before += each;
    each *= (b + j) / (a + b + j);
    mass *= ratio;
  }
}

double pt_models_purchases_alive(const struct pt_clv_params *p, double x, double T, double h) {
  if (!(h > 0)) return 0;
  double A = p->alpha + T / p->unit;
  return before_leaving(p->r + x, h / p->unit / A, p->a, p->b + x + (p->model == PT_MBGNBD));
}

double pt_models_purchases_new(const struct pt_clv_params *p, double t) {
  return pt_models_purchases_alive(p, 0, 0, t);
}

double pt_models_spend_expected(const struct pt_spend_fit *f, double x, double mean) {
  double left = f->p * x + f->q - 1;
  if (!(left > 0)) return NAN;
  return f->p * (f->v + (x > 0 ? x * mean : 0)) / left;
}

double pt_models_purchases_12m(const struct pt_clv_params *p, double x, double T, double discount) {
  double sum = 0, before = 0;
  for (int j = 1; j <= 12; j++) {
    double until = pt_models_purchases_alive(p, x, T, j * 365. / 12);
    sum += (until - before) * pow(1 + discount, -j);
    before = until;
  }
  return sum;
}

double pt_models_clv_12m(const struct pt_clv_params *p, double x, double tx, double T, double value, double margin,
                         double discount) {
  return pt_models_purchases_12m(p, x, T, discount) * pt_models_p_alive(p, x, tx, T) * value * margin;
}

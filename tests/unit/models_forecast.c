/* Forecasts against the integral they are the mean of, and at their limits. */
#include <math.h>
#include <models/special.h>
#include <portrait/models_clv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void near(double got, double want, double relative) {
  if (!(fabs(got - want) <= relative * fabs(want))) print_error("%.15g, expected %.15g\n", got, want);
  assert_true(fabs(got - want) <= relative * fabs(want));
}

/* The mean over p ~ Beta(a, b) by the trapezoid in log(p / (1 - p)), which converges exponentially; not for a or b
 * below .1, whose tails are too long. */
static double by_integral(double a, double b, double s, double h) {
  double sum = 0, norm = lgamma(a + b) - lgamma(a) - lgamma(b);
  for (double w = -400; w <= 400; w += 1. / 16) {
    double p = w < 0 ? exp(w) / (1 + exp(w)) : 1 / (1 + exp(-w)), log_p = -log1p(exp(-w)), log_q = -log1p(exp(w));
    sum += exp(norm + a * log_p + b * log_q) * -expm1(-s * log1p(p * h)) / p / 16;
  }
  return sum;
}

static void purchases_are_the_mean(void **unused) {
  (void)unused;
  static const double as[] = {.1, .79, 1, 1 + 1e-9, 2.5, 40}, xs[] = {0, 1, 7, 120}, hs[] = {1, 30, 365, 3650};
  for (int m = 0; m < 2; m++)
    for (int i = 0; i < 6; i++)
      for (int k = 0; k < 4; k++)
        for (int l = 0; l < 4; l++) {
          const struct pt_clv_params p = {(enum pt_clv_model)m, 7, .25, 4.4, as[i], 2.4};
          double want = by_integral(p.a, p.b + xs[k] + (m == PT_MBGNBD), p.r + xs[k], hs[l] / 7 / (p.alpha + 300 / 7.));
          near(pt_models_purchases_alive(&p, xs[k], 300, hs[l]), want, 1e-11);
        }
}

/* The corners of the box of parameters, the busiest users and the first day. */
static void finite_everywhere(void **unused) {
  (void)unused;
  static const double edge[] = {1e-3, 1, 1e3}, xs[] = {0, 1, 5000}, Ts[] = {0, 1, 5000};
  for (int i = 0; i < 2 * 81 * 9; i++) {
    const struct pt_clv_params p = {
        (enum pt_clv_model)(i % 2), 7, edge[i / 2 % 3], edge[i / 6 % 3], edge[i / 18 % 3], edge[i / 54 % 3]};
    double x = xs[i / 162 % 3], T = Ts[i / 486 % 3];
    if (x > T || (p.r + x) * 52 / (p.alpha + T / 7) > 1e5) continue; /* a thousand a day: right, but slow */
    double alive = pt_models_p_alive(&p, x, T / 2, T), buys = pt_models_p_purchase(&p, x, T / 2, T, 30);
    double near30 = pt_models_purchases_alive(&p, x, T, 30), year = pt_models_purchases_alive(&p, x, T, 365);
    assert_true(alive >= 0 && alive <= 1 && buys >= 0 && buys <= alive);
    assert_true(near30 >= 0 && year >= near30 * (1 - 1e-9) && isfinite(year));
    if (p.alpha + T < .1) continue; /* two million terms each */
    assert_true(isfinite(pt_models_clv_12m(&p, x, T / 2, T, 10, 1, .01)));
  }
}

static void one_time_buyers(void **unused) {
  (void)unused;
  struct pt_clv_params p = {PT_MBGNBD, 7, .525, 6.183, .891, 1.614};
  double soon = pt_models_p_alive(&p, 0, 0, 7), late = pt_models_p_alive(&p, 0, 0, 700);
  near(soon, 1 / (1 + .891 / 1.614 * pow(7.183 / 6.183, .525)), 1e-14);
  assert_true(late < soon && soon < 1);
  p.model = PT_BGNBD;
  assert_true(pt_models_p_alive(&p, 0, 0, 700) == 1);
  assert_true(pt_models_purchases_alive(&p, 0, 0, 0) == 0);
}

static void purchase_probability(void **unused) {
  (void)unused;
  const struct pt_clv_params p = {PT_BGNBD, 7, .2426, 4.4136, .7929, 2.4259};
  double alive = pt_models_p_alive(&p, 2, 213, 272), A = 4.4136 + 272 / 7.;
  near(pt_models_p_purchase(&p, 2, 213, 272, 90), alive * (1 - pow(A / (A + 90 / 7.), 2.2426)), 1e-13);
  assert_true(pt_models_p_purchase(&p, 2, 213, 272, 1e9) <= alive);
}

static void expected_value(void **unused) {
  (void)unused;
  struct pt_spend_fit f = {.p = 6, .q = 4, .v = 15};
  near(pt_models_spend_expected(&f, 0, NAN), 6 * 15 / 3., 1e-15);
  near(pt_models_spend_expected(&f, 2, 50), 6 * (15 + 100.) / (12 + 3), 1e-15);
  f.q = .9; /* no mean of the population */
  assert_true(isnan(pt_models_spend_expected(&f, 0, NAN)));
  near(pt_models_spend_expected(&f, 1, 50), 6 * 65 / 5.9, 1e-15);
}

static void digamma(void **unused) {
  (void)unused;
  const double euler = .57721566490153286;
  near(pt_models_digamma(1), -euler, 1e-14);
  near(pt_models_digamma(.5), -euler - 2 * log(2), 1e-14);
  near(pt_models_digamma(10), 2.2517525890667211, 1e-14);
  near(pt_models_digamma(1e-3), -1000.5755719318093, 1e-14); /* the series at 0 */
  near(pt_models_digamma(5000), log(5000) - 1 / 1e4 - 1 / (12 * 25e6), 1e-14);
  for (double x = .01; x < 100; x *= 1.3) near(pt_models_digamma(x + 1), pt_models_digamma(x) + 1 / x, 1e-12);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(purchases_are_the_mean), cmocka_unit_test(finite_everywhere), cmocka_unit_test(one_time_buyers),
      cmocka_unit_test(purchase_probability),   cmocka_unit_test(expected_value),    cmocka_unit_test(digamma),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "synth/synth_priv.h"

#include <cmocka.h>

static struct synth_world world(uint64_t users, uint64_t events) {
  struct pt_synth_conf c;
  struct synth_world w;
  pt_synth_default(&c);
  c.users = users;
  c.events = events;
  synth_world_set(&w, &c, 20000);
  uint64_t floors = 0;
  struct synth_person p;
  for (uint64_t u = 0; u < users; u++) {
    synth_person_life(&w, u, &p);
    floors += synth_person_floor(&w, &p);
  }
  assert_true(floors <= events);
  w.spread = events - floors;
  return w;
}

/* SplitMix64 with seed 0: the published first outputs. */
static void generator_has_published_values(void **state) {
  (void)state;
  assert_int_equal(synth_draw(0, 0), UINT64_C(0xe220a8397b1dcdaf));
  assert_int_equal(synth_draw(0, 1), UINT64_C(0x6e789e6aa1b965f4));
}

static void near(double value, double wanted, double tolerance) {
  if (value < wanted - tolerance || value > wanted + tolerance)
    fail_msg("%g is not %g +- %g", value, wanted, tolerance);
}

/* Mean and variance of Gamma(k, 1) are k; mean of Beta(a, b) is a / (a + b). 200,000 draws. */
static void distributions_have_their_moments(void **state) {
  (void)state;
  const double shapes[] = {0.4, 0.9, 3.0};
  const int n = 200000;
  for (int s = 0; s < 3; s++) {
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++) {
      uint64_t at = 0;
      double x = synth_gamma(synth_draw(7, (uint64_t)i), &at, shapes[s]);
      sum += x;
      squares += x * x;
    }
    double mean = sum / n;
    near(mean, shapes[s], 0.02);
    near(squares / n - mean * mean, shapes[s], 0.06);
  }
  double sum = 0;
  for (int i = 0; i < n; i++) {
    uint64_t at = 0;
    sum += synth_beta(synth_draw(8, (uint64_t)i), &at, 0.8, 2.4);
  }
  near(sum / n, 0.25, 0.005);
}

static void events_sum_to_what_was_asked(void **state) {
  (void)state;
  const uint64_t sizes[][2] = {{1, 50}, {7, 700}, {1000, 100000}, {3000, 40001}};
  for (size_t i = 0; i < 4; i++) {
    struct synth_world w = world(sizes[i][0], sizes[i][1]);
    struct synth_person p;
    uint64_t sum = 0;
    for (uint64_t u = 0; u < w.users; u++) {
      synth_person_make(&w, u, &p);
      assert_true(p.events >= 1);
      sum += p.events;
    }
    assert_int_equal(sum, sizes[i][1]);
  }
}

static void ids_are_each_used_once(void **state) {
  (void)state;
  struct synth_world w = world(1000, 30000);
  struct synth_person p;
  unsigned char seen[1000] = {0};
  for (uint64_t u = 0; u < w.users; u++) {
    synth_person_life(&w, u, &p);
    assert_true(p.number < 1000);
    assert_int_equal(seen[p.number]++, 0);
  }
}

/* All at once, and day by day: the same events, none outside its days, purchases as many orders as the truth says. */
static void days_cut_a_life_without_loss(void **state) {
  (void)state;
  struct synth_world w = world(40, 8000);
  struct synth_person p;
  struct synth_batch all = {0}, cut = {0};
  for (uint64_t u = 0; u < w.users; u++) {
    synth_person_make(&w, u, &p);
    all.n = cut.n = 0;
    assert_int_equal(synth_person_events(&w, &p, 0, w.days, &all), 0);
    assert_int_equal(all.n, p.events);
    uint32_t orders = 0;
    for (uint64_t i = 0; i < all.n; i++) orders += all.v[i].type == PT_T_ORDER;
    assert_int_equal(orders, p.orders);
    for (uint32_t day = 0; day < w.days; day++) {
      uint64_t from = cut.n;
      assert_int_equal(synth_person_events(&w, &p, day, day + 1, &cut), 0);
      for (uint64_t i = from; i < cut.n; i++) assert_int_equal(cut.v[i].time / 86400000, w.first_day + day);
    }
    assert_int_equal(cut.n, all.n);
    uint64_t sum_all = 0, sum_cut = 0;
    for (uint64_t i = 0; i < all.n; i++) {
      sum_all += synth_mix((uint64_t)all.v[i].time ^ all.v[i].item ^ ((uint64_t)all.v[i].type << 40));
      sum_cut += synth_mix((uint64_t)cut.v[i].time ^ cut.v[i].item ^ ((uint64_t)cut.v[i].type << 40));
    }
    assert_int_equal(sum_all, sum_cut);
  }
  free(all.v);
  free(cut.v);
}

static void nobody_buys_after_leaving(void **state) {
  (void)state;
  struct synth_world w = world(2000, 200000);
  struct synth_person p;
  uint64_t buyers = 0, gone = 0;
  for (uint64_t u = 0; u < w.users; u++) {
    synth_person_make(&w, u, &p);
    if (!p.orders) continue;
    buyers++;
    if (p.death == SYNTH_ALIVE) continue;
    gone++;
    assert_int_equal(p.order_day[p.orders - 1], p.death);
  }
  assert_true(buyers > 1000 && gone > 300 && gone < buyers);
}

static void lines_are_as_documented(void **state) {
  (void)state;
  struct synth_world w = world(10, 1000);
  struct synth_text *t = malloc(sizeof *t);
  char line[SYNTH_LINE + 1] = {0};
  synth_text_init(t);
  struct synth_event e = {.time = INT64_C(1773480413589), /* 2026-03-14T09:26:53.589Z */
                          .user = 12345,
                          .item = 12345,
                          .session = 0x3f9a21c7,
                          .type = PT_T_VIEW,
                          .channel = 3,
                          .quantity = 1};
  size_t n = synth_line(t, &w, &e, line);
  assert_int_equal(n, strlen(line));
  uint32_t price = synth_price(&w, 12345);
  assert_true(price >= 200 && price <= 200099);
  char wanted[SYNTH_LINE];
  const char *brand = strstr(line, "\"brand\":\"brand_");
  assert_non_null(brand);
  snprintf(
      wanted, sizeof wanted,
      "{\"time\":\"2026-03-14T09:26:53.589Z\",\"user_id\":\"u00012345\",\"event\":\"view\",\"item_id\":\"p012345\","
      "\"category\":\"%s\",\"brand\":\"brand_%.4s\",\"price\":%u.%02u,\"quantity\":1,\"channel\":\"email\","
      "\"device\":\"iPhone15,2\",\"session_id\":\"s3f9a21c7\"}\n",
      t->category[45].p, brand + 15, price / 100, price % 100);
  assert_string_equal(line, wanted);
  assert_string_equal(t->category[45].p, "sport.hiking.clothes");
  free(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(generator_has_published_values), cmocka_unit_test(distributions_have_their_moments),
      cmocka_unit_test(events_sum_to_what_was_asked),   cmocka_unit_test(ids_are_each_used_once),
      cmocka_unit_test(days_cut_a_life_without_loss),   cmocka_unit_test(nobody_buys_after_leaving),
      cmocka_unit_test(lines_are_as_documented),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

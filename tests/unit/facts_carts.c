/* Section 3 of the catalogue: carts, searches, the funnel. T = 2026-04-01. */
#include "facts_fixture.h"

static void carts(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  f.conf.essential_categories = NAMES("food");
  const struct ev list[] = {
      E("2026-03-01T09:00:00", "purchase", .item = "a", .amount = "1"), /* closes nothing */
      E("2026-03-01T10:00:00", "cart_add", .item = "a", .category = "x"),
      E("2026-03-01T11:00:00", "cart_add", .item = "a", .category = "x"), /* a re-add: not the opening one */
      E("2026-03-01T12:00:00", "purchase", .item = "a", .amount = "1"),
      E("2026-03-01T13:00:00", "purchase", .item = "a", .amount = "1"),
      E("2026-03-02T10:00:00", "cart_add", .item = "b"),
      E("2026-03-02T11:00:00", "cart_remove", .item = "b"),
      E("2026-03-03T10:00:00", "cart_add", .item = "b"),
      E("2026-03-03T14:00:00", "purchase", .item = "b", .amount = "1"),
      E("2026-03-04T10:00:00", "cart_add"),
      E("2026-03-28T23:59:59.999", "cart_add", .item = "d", .category = "food.milk"),
      E("2026-03-29T00:00:00", "cart_add", .item = "c", .category = "foodie"), /* 72 h at T: not yet abandoned */
      E("2026-03-30T00:00:00", "purchase", .item = "d", .amount = "-1"),       /* a refund */
  };
  const struct user users[] = {USER(list), {NULL, 0}};
  RUN(&f, users);
  const struct want wants[] = {
      {"cart_adds", 0, "7"},          {"cart_removes", 0, "1"},   {"cart_submit_rate", 0, "0.4"},
      {"cart_hours_median", 0, "3"},  {"cart_abandoned", 0, "1"}, {"cart_category", 0, "x"},
      {"essentials_in_cart", 0, "1"}, {"cart_adds", 1, "0"},      {"cart_submit_rate", 1, "-"},
      {"cart_hours_median", 1, "-"},  {"cart_abandoned", 1, "0"}, {"cart_category", 1, "-"},
      {"essentials_in_cart", 1, "0"},
  };
  CHECK(&f, wants);
  fx_close(&f);
}

static void cart_category_ties(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  const struct ev latest[] = {E("2026-03-01T10:00:00", "cart_add", .category = "a"),
                              E("2026-03-02T10:00:00", "cart_add", .category = "b")};
  const struct ev bytes[] = {E("2026-03-01T10:00:00", "cart_add", .category = "b"),
                             E("2026-03-01T10:00:00", "cart_add", .category = "a")};
  const struct user users[] = {USER(latest), USER(bytes)};
  RUN(&f, users);
  const struct want wants[] = {{"cart_category", 0, "b"}, {"cart_category", 1, "a"}, {"essentials_in_cart", 0, "0"}};
  CHECK(&f, wants);
  fx_close(&f);
}

static void searches(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  const struct ev day[] = {
      E("2026-03-01T10:00:00", "search", .query = "x", .results = "0"), /* exactly 24 h: too late */
      E("2026-03-01T10:00:00.001", "search", .query = "y", .results = "3"),
      E("2026-03-02T10:00:00", "purchase", .amount = "1"),
      E("2026-03-02T10:00:00", "search", .query = "x"), /* at the instant of the purchase before it */
      E("2026-03-31T00:00:00", "search"),
      E("2026-03-31T00:00:00.001", "search"), /* its 24 h are not over at T */
      E("2026-03-31T23:00:00", "purchase", .amount = "-1"),
  };
  const struct ev many[] = {E("2026-03-01T10:00:00", "search"), E("2026-03-01T11:00:00", "search"),
                            E("2026-03-01T12:00:00", "purchase", .amount = "1")};
  const struct user users[] = {USER(day), USER(many), {NULL, 0}};
  RUN(&f, users);
  const struct want wants[] = {
      {"searches", 0, "5"},
      {"queries_distinct", 0, "2"},
      {"search_empty_rate", 0, "0.5"},
      {"search_purchase_rate", 0, "0.5"},
      {"search_purchase_rate", 1, "1"},
      {"search_empty_rate", 1, "-"},
      {"queries_distinct", 1, "0"},
      {"searches", 2, "0"},
      {"search_purchase_rate", 2, "-"},
  };
  CHECK(&f, wants);
  fx_close(&f);
}

static void funnel(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
#define BOUGHT .amount = "1"
  const struct ev all[] = {E("2026-03-01T10:00:00", "view"), E("2026-03-02T10:00:00", "cart_add"),
                           E("2026-03-03T10:00:00", "order"), E("2026-03-04T10:00:00", "purchase", BOUGHT)};
  const struct ev late[] = {E("2026-03-01T10:00:00", "view"), E("2026-03-08T10:00:00.001", "cart_add")};
  const struct ev exact[] = {E("2026-03-01T10:00:00", "view"), E("2026-03-08T10:00:00", "cart_add")};
  const struct ev mixed[] = {E("2026-03-01T10:00:00", "cart_add"), E("2026-03-02T10:00:00", "view"),
                             E("2026-03-03T10:00:00", "order")};
  const struct ev alone[] = {E("2026-03-01T10:00:00", "purchase", BOUGHT)};
  const struct ev backwards[] = {E("2026-03-01T10:00:00", "purchase", BOUGHT), E("2026-03-02T10:00:00", "view")};
  const struct ev refund[] = {E("2026-03-01T10:00:00", "view"), E("2026-03-01T11:00:00", "purchase", .amount = "-1")};
  const struct user users[] = {USER(all),   USER(late),      USER(exact),  USER(mixed),
                               USER(alone), USER(backwards), USER(refund), {NULL, 0}};
  RUN(&f, users);
  const struct want wants[] = {
      {"funnel_step", 0, "purchase"}, {"funnel_closed", 0, "purchase"}, {"funnel_step", 1, "cart_add"},
      {"funnel_closed", 1, "view"},   {"funnel_step", 2, "cart_add"},   {"funnel_closed", 2, "cart_add"},
      {"funnel_step", 3, "order"},    {"funnel_closed", 3, "order"},    {"funnel_step", 4, "purchase"},
      {"funnel_closed", 4, "-"},      {"funnel_step", 5, "purchase"},   {"funnel_closed", 5, "view"},
      {"funnel_step", 6, "view"},     {"funnel_closed", 6, "view"},     {"funnel_step", 7, "-"},
      {"funnel_closed", 7, "-"},
  };
  CHECK(&f, wants);
  fx_close(&f);
}

static void funnel_without_steps_of_the_input(void **unused) {
  (void)unused;
  struct fixture f;
  fx_open(&f, "UTC");
  const struct ev list[] = {E("2026-03-01T10:00:00", "view"), E("2026-03-04T10:00:00", "purchase", BOUGHT)};
  const struct ev other[] = {E("2026-03-01T10:00:00", "checkout")};
  const struct user users[] = {USER(list), USER(other)};
  f.conf.funnel_steps = NAMES("view", "cart_add", "checkout", "purchase");
  fx_run(&f, users, 1); /* neither cart_add nor checkout: their places are closed up */
  fx_check(&f, &(struct want){"funnel_closed", 0, "purchase"}, 1);
  fx_close(&f);

  fx_open(&f, "UTC");
  f.conf.funnel_steps = NAMES("view", "cart_add", "checkout", "purchase");
  RUN(&f, users);
  const struct want wants[] = {{"funnel_step", 0, "purchase"},
                               {"funnel_closed", 0, "view"},
                               {"funnel_step", 1, "checkout"},
                               {"funnel_closed", 1, "-"}};
  CHECK(&f, wants);
  fx_close(&f);

  fx_open(&f, "UTC");
  f.conf.funnel_steps = NAMES("view", "view");
  assert_int_equal(pt_facts_open(&f.facts, &f.ctx, &f.schema, &f.fields, &f.err), PT_CONFIG);
  fx_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(carts),
      cmocka_unit_test(cart_category_ties),
      cmocka_unit_test(searches),
      cmocka_unit_test(funnel),
      cmocka_unit_test(funnel_without_steps_of_the_input),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

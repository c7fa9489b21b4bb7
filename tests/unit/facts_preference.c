/* Interests, tops, demand, entropy and sizes, worked out by hand. T = 2026-04-01, so 2026-03-31 has decay 1, 2026-03-01
 * is 30 days before, 2026-01-30 60 days. */
#include "facts_fixture.h"

static void interests(void **unused) {
  (void)unused;
  /* a: 1 + 8; b: .5 + 4 * .5; c: nothing above 0. Brands: x 8, y .5 + 2. */
  const struct ev first[] = {
      E("2026-01-30T10:00:00", "cart_add", .category = "b", .brand = "y"),
      E("2026-03-01T10:00:00", "view", .category = "b", .brand = "y"),
      E("2026-03-31T10:00:00", "view", .category = "a"),
      E("2026-03-31T10:01:00", "login", .category = "c"),
      E("2026-03-31T11:00:00", "purchase", .category = "a", .brand = "x", .amount = "3"),
      E("2026-03-31T12:00:00", "purchase", .category = "c", .amount = "-3"),
      E("2026-03-31T13:00:00", "return", .category = "c", .amount = "3"),
  };
  /* b: 1, c: 2 */
  const struct ev second[] = {E("2026-03-31T09:00:00", "view", .category = "b"),
                              E("2026-03-31T10:00:00", "search", .category = "c", .topic = "t")};
  const struct user users[] = {USER(first), USER(second), {NULL, 0}};
  /* the population: a 9, b 3.5, c 2 of 14.5 */
  const struct want wants[] = {
      {"category_interest/a", 0, "0.7335423197492164"}, /* (9 + 5 * 9/14.5) / 16.5 */
      {"category_interest/b", 0, "0.22466039707419017"},
      {"category_interest/c", 0, "."},
      {"category_interest_prior", 0, "0.30303030303030304"}, /* 5 / 16.5 */
      {"top_category", 0, "a"},
      {"top_category_index", 0, "0.7335423197492164"},
      {"top_category_evidence", 0, "2"},
      {"top_category_lift", 0, "1.1818181818181819"},
      {"category_top_1", 0, "a"},
      {"category_top_2", 0, "b"},
      {"category_top_3", 0, "-"},
      {"category_interest/b", 1, "0.27586206896551724"}, /* (1 + 5 * 3.5/14.5) / 8 */
      {"category_interest/c", 1, "0.33620689655172414"},
      {"top_category", 1, "c"},
      {"top_category_lift", 1, "2.4375"},
      {"top_category_evidence", 1, "1"},
      {"category_interest_prior", 1, "0.625"},
      {"category_interest_prior", 2, "1"},
      {"top_category", 2, "-"},
      {"top_category_index", 2, "-"},
      {"top_category_lift", 2, "-"},
      {"top_brand", 0, "x"},
      {"top_brand", 1, "-"},
      {"brand_interest/x", 0, "0.76190476190476186"}, /* alone: (8 + 5 * 8/10.5) / 15.5 */
      {"top_brand_lift", 0, "1"},
      {"brand_top_2", 0, "y"},
      {"topic_interest/t", 1, "1"},
      {"top_topic", 1, "t"},
  };
  struct fixture f;
  fx_open(&f, "UTC");
  RUN(&f, users);
  CHECK(&f, wants);
  fx_close(&f);

  /* What a tag needs is there, and not written. */
  const char *globs[] = {"top_category*"};
  fx_open(&f, "UTC");
  f.conf.columns = fx_names(globs, 1);
  RUN(&f, users);
  fx_check(&f, &wants[4], 4);
  int64_t at = pt_schema_find(&f.schema, "_category_interest");
  assert_true(at >= 0 && f.schema.columns[at].where == PT_HIDDEN);
  assert_int_equal(pt_schema_find(&f.schema, "_brand_interest"), -1);
  assert_false(f.fields & PT_BIT(PT_F_BRAND));
  fx_close(&f);
}

static void ties_by_name(void **unused) {
  (void)unused;
  const struct ev list[] = {
      E("2026-03-31T09:00:00", "view", .category = "d"), E("2026-03-31T09:01:00", "view", .category = "c"),
      E("2026-03-31T09:02:00", "view", .category = "b"), E("2026-03-31T09:03:00", "view", .category = "a"),
      E("2026-03-31T09:04:00", "click", .category = "c")};
  const struct user users[] = {USER(list)};
  const struct want wants[] = {
      {"top_category", 0, "c"},        {"category_top_2", 0, "a"},       {"category_top_3", 0, "b"},
      {"click_category", 0, "c"},      {"click_category_index", 0, "1"}, {"click_category_evidence", 0, "1"},
      {"click_category_lift", 0, "1"}, {"category_entropy", 0, "1"}, /* four views, a click is none */
  };
  struct fixture f;
  fx_open(&f, "UTC");
  RUN(&f, users);
  CHECK(&f, wants);
  fx_close(&f);
}

static void wear(void **unused) {
  (void)unused;
  const struct ev first[] = {E("2026-03-31T09:00:00", "purchase", .style = "boho", .amount = "1"),
                             E("2026-03-31T09:01:00", "view", .style = "Cotton-Linen"),
                             E("2026-03-31T09:02:00", "favorite", .style = "urban nature")};
  const struct ev second[] = {E("2026-03-31T09:00:00", "view", .style = "boho")};
  const struct user users[] = {USER(first), USER(second)};
  /* boho 9, cotton 1, urban 3 of 13 */
  const struct want wants[] = {
      {"style_wear", 0, "urban_nature"},
      {"style_wear_index", 0, "0.24434389140271492"}, /* (3 + 5 * 3/13) / 17 */
      {"style_wear_lift", 0, "1.0588235294117647"},
      {"style_wear_evidence", 0, "1"},
      {"style_interest/Cotton-Linen", 0, "0.081447963800904979"},
      {"style_wear", 1, "-"},
      {"style_wear_index", 1, "-"},
  };
  struct fixture f;
  fx_open(&f, "UTC");
  RUN(&f, users);
  CHECK(&f, wants);
  fx_close(&f);
}

static void demand(void **unused) {
  (void)unused;
  const struct ev first[] = {
      E("2026-03-17T10:00:00", "cart_add", .category = "old"), /* 14 days before */
      E("2026-03-24T10:00:00", "search", .session = "s"),      /* 7 days: 2 * .5 */
      E("2026-03-24T10:01:00", "login", .session = "s", .category = "no"),
      E("2026-03-24T10:02:00", "view", .session = "other", .category = "no"),
      E("2026-03-24T10:03:00", "view", .session = "s", .category = "a"),
      E("2026-03-24T10:04:00", "view", .session = "s", .category = "b"), /* it is taken */
      E("2026-03-31T08:00:00", "search", .session = "t"),
      E("2026-03-31T08:01:00", "search", .session = "t"),
      E("2026-03-31T08:02:00", "click", .session = "t", .category = "c"),
      E("2026-03-31T08:03:00", "search", .session = "t"),
      E("2026-03-31T08:04:00", "click", .session = "t"), /* says none: lost */
      E("2026-03-31T08:05:00", "view", .session = "t", .category = "b"),
      E("2026-03-31T09:00:00", "cart_add", .category = "a"),
  };
  const struct user users[] = {USER(first)};
  const struct want wants[] = {
      {"category_demand/a", 0, "0.46473857148100972"}, /* 1 + 4 */
      {"category_demand/c", 0, "0.39346934028736658"}, /* 2 + 2 */
      {"category_demand/b", 0, "."},
      {"category_demand/no", 0, "."},
      {"category_demand/old", 0, "."},
  };
  struct fixture f;
  fx_open(&f, "UTC");
  RUN(&f, users);
  CHECK(&f, wants);
  fx_close(&f);
}

static void entropy(void **unused) {
  (void)unused;
  const struct ev first[] = {E("2020-01-01T09:00:00", "view", .category = "a"),
                             E("2026-03-31T09:01:00", "purchase", .category = "a", .amount = "1"),
                             E("2026-03-31T09:02:00", "view", .category = "b"),
                             E("2026-03-31T09:03:00", "search", .category = "b"),
                             E("2026-03-31T09:04:00", "view", .category = "c"),
                             E("2026-03-31T09:05:00", "view")};
  const struct user users[] = {USER(first), {first, 2}, {NULL, 0}};
  const struct want wants[] = {{"category_entropy", 0, "0.94639463035718"}, /* 2 1 1: 1.0397 / ln 3 */
                               {"category_entropy", 1, "0"},
                               {"category_entropy", 2, "-"}};
  struct fixture f;
  fx_open(&f, "UTC");
  RUN(&f, users);
  CHECK(&f, wants);
  fx_close(&f);
}

static void sizes(void **unused) {
  (void)unused;
  const struct ev first[] = {
      E("2026-03-01T09:00:00", "purchase", .category = "wear.shoes.boots", .size = "41", .order = "1", .item = "i"),
      E("2026-03-02T09:00:00", "purchase", .category = "wear.shoes", .size = "42", .order = "2", .item = "j"),
      E("2026-03-03T09:00:00", "purchase", .category = "wear.shoes", .size = "41", .order = "3", .item = "i"),
      E("2026-03-04T09:00:00", "purchase", .category = "wear.shoes", .size = "43", .order = "4", .item = "k"),
      E("2026-03-04T09:00:00", "purchase", .category = "wear.shoes", .size = "43", .order = "4", .item = "l"),
      E("2026-03-04T09:00:00", "purchase", .category = "wear.shirts", .size = "L", .order = "4", .item = "m"),
      E("2026-03-05T09:00:00", "purchase", .category = "wear.shoes", .order = "5"),
      E("2026-03-05T09:00:00", "purchase", .category = "wear.shoestrings", .size = "1m"),
      E("2026-03-06T09:00:00", "return", .item = "i"),               /* the last of them: order 3 */
      E("2026-03-07T09:00:00", "return", .order = "4", .item = "k"), /* one of its three */
      E("2026-03-07T09:00:00", "return", .order = "9", .item = "j"), /* another order */
  };
  const struct ev second[] = {
      E("2026-03-04T09:00:00", "purchase", .category = "wear.shoes", .size = "40", .order = "4", .item = "k"),
      E("2026-03-04T09:00:00", "purchase", .category = "wear.shirts", .size = "M", .order = "4", .item = "k"),
      E("2026-03-06T09:00:00", "return", .order = "4"),
  };
  const struct ev third[] = {
      E("2026-03-04T09:00:00", "purchase", .category = "wear.shoes", .size = "40", .item = "k"),
      E("2026-03-04T09:00:00", "purchase", .category = "wear.shoes", .size = "39", .item = "k"),
      E("2026-03-06T09:00:00", "return", .item = "k"),
      E("2026-03-06T09:00:00", "return", .item = "k"),
      E("2026-03-06T09:00:00", "return", .item = "k"),
      E("2026-03-08T09:00:00", "purchase", .category = "wear.shoes", .size = "38", .item = "k"),
  };
  const struct user users[] = {USER(first), USER(second), USER(third)};
  const struct want wants[] = {
      {"size_shoes", 0, "43"}, /* 41 42 43 once each: the latest */
      {"size_shoes_index", 0, "0.33333333333333331"},
      {"size_shoes_evidence", 0, "3"},
      {"size_wear", 0, "1m"}, /* everything below wear: that is the latest */
      {"size_shoes", 1, "-"},
      {"size_shoes_evidence", 1, "0"},
      {"size_shoes", 2, "38"},
      {"size_shoes_index", 2, "1"},
  };
  struct pt_garment garments[] = {{"shoes", NAMES("wear.shoes")}, {"wear", NAMES("wear")}};
  struct fixture f;
  fx_open(&f, "UTC");
  f.conf.garments = (struct pt_garments){garments, 2};
  RUN(&f, users);
  CHECK(&f, wants);
  fx_close(&f);

  fx_open(&f, "UTC");
  RUN(&f, users);
  assert_int_equal(pt_schema_find(&f.schema, "size_shoes"), -1);
  fx_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(interests), cmocka_unit_test(ties_by_name),
                                     cmocka_unit_test(wear),      cmocka_unit_test(demand),
                                     cmocka_unit_test(entropy),   cmocka_unit_test(sizes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

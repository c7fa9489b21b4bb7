/* Tables of users as JSON and CSV, and the traits of identify payloads. */
#include "parse_fixture.h"

static char *kept_names[] = {(char *)"pet", (char *)"shoe.size"};

static struct pt_format with_kept(const struct pt_format *f) {
  struct pt_format with = *f;
  with.kept = kept_names;
  with.n_kept = 2;
  return with;
}

static void trait(const struct pt_record *r, int k, enum pt_vkind kind, const char *text) {
  assert_int_equal(r->fate, PT_ACCEPTED);
  assert_true(r->events->record);
  check_value(&r->events->traits[k], kind, text);
}

static void lines_of_json(void **unused) {
  (void)unused;
  struct pt_format f = with_kept(pt_format_users(0));
  struct pt_parser *p = open_parser(&f, (struct pt_slice){0}, 1 << 20);
  static const char lines[] =
      "{\"user_id\":\"a\",\"updated_at\":\"2026-01-01\",\"gender\":\"m\",\"consent\":[\"x\",\"y\"],\"pet\":\"cat\"}\n"
      "{\"user_id\":2,\"birth_date\":\"1990-01-02\",\"shoe\":{\"size\":43},\"push_permitted\":true}\n"
      "{\"user_id\":\"c\",\"gender\":null,\"nickname\":\"x\"}\n";
  struct pt_record r;
  for (int round = 0; round < 3; round++) {
    struct text t = text_of(lines, sizeof lines - 1);
    pt_parser_next(p, t.p, t.end, round == 0, true, &r);
    trait(&r, PT_RF_GENDER, PT_V_TEXT, "m");
    trait(&r, PT_RF_CONSENT, PT_V_OTHER, "[\"x\",\"y\"]");
    trait(&r, PT_RF_COUNT, PT_V_TEXT, "cat");
    trait(&r, PT_RF_COUNT + 1, PT_V_ABSENT, NULL);
    check_value(&r.events->v[PT_F_TIME], PT_V_TEXT, "2026-01-01");
    pt_parser_next(p, r.next, t.end, false, true, &r);
    trait(&r, PT_RF_GENDER, PT_V_ABSENT, NULL); /* nothing of the line before is left */
    trait(&r, PT_RF_CONSENT, PT_V_ABSENT, NULL);
    trait(&r, PT_RF_BIRTH_DATE, PT_V_TEXT, "1990-01-02");
    trait(&r, PT_RF_PUSH_PERMITTED, PT_V_TRUE, NULL);
    trait(&r, PT_RF_COUNT, PT_V_ABSENT, NULL);
    trait(&r, PT_RF_COUNT + 1, PT_V_NUMBER, "43");
    check_value(&r.events->v[PT_F_TIME], PT_V_ABSENT, NULL);
    check_value(&r.events->v[PT_F_USER_ID], PT_V_NUMBER, "2");
    pt_parser_next(p, r.next, t.end, false, true, &r);
    trait(&r, PT_RF_GENDER, PT_V_NULL, NULL);
    trait(&r, PT_RF_BIRTH_DATE, PT_V_ABSENT, NULL);
    free(t.p);
  }
  pt_parser_close(p);
}

static void lines_of_csv(void **unused) {
  (void)unused;
  static const char file[] = "pet;user_id;gender;city\ncat;a;f;\"K\xc3\xb6ln; S\xc3\xbc\x64\"\n;b;;Rom\n";
  struct pt_slice head = {file, sizeof file - 1};
  const struct pt_format *found = pt_format_detect_users(head, "users.csv");
  assert_true(found && found->delimiter == ';');
  struct pt_format f = with_kept(found);
  struct pt_parser *p = open_parser(&f, head, 1 << 20);
  struct text t = text_of(file, sizeof file - 1);
  struct pt_record r;
  pt_parser_next(p, t.p, t.end, true, true, &r);
  assert_int_equal(r.fate, PT_HEADER);
  pt_parser_next(p, r.next, t.end, false, true, &r);
  trait(&r, PT_RF_COUNT, PT_V_TEXT, "cat");
  trait(&r, PT_RF_GENDER, PT_V_TEXT, "f");
  trait(&r, PT_RF_CITY, PT_V_TEXT, "K\xc3\xb6ln; S\xc3\xbc\x64");
  pt_parser_next(p, r.next, t.end, false, true, &r);
  assert_false(pt_value_given(&r.events->traits[PT_RF_GENDER]));
  assert_false(pt_value_given(&r.events->traits[PT_RF_COUNT]));
  trait(&r, PT_RF_CITY, PT_V_TEXT, "Rom");
  free(t.p);
  pt_parser_close(p);
}

static void what_a_table_is_found_by(void **unused) {
  (void)unused;
  assert_true(pt_format_detect_users(PT_SLICE("\xEF\xBB\xBFuser_id,gender\n"), "users.csv") == pt_format_users(','));
  assert_true(pt_format_detect_users(PT_SLICE("gender\tuser_id\n"), "users.tsv") == pt_format_users('\t'));
  assert_true(pt_format_detect_users(PT_SLICE("{\"user_id\":1}\n"), NULL) == pt_format_users(0));
  assert_null(pt_format_detect_users(PT_SLICE("name,gender\n"), "users.csv"));
  struct pt_parser *p;
  struct pt_err err = {0};
  assert_int_equal(pt_parser_open(&p, pt_format_users(','), UINT64_MAX, PT_SLICE("name,gender\nx,m\n"), 1000, &err),
                   PT_REJECTED);
}

/* Its own traits before those of the context; the spec's names, and the record's. */
static void traits_of_identify(void **unused) {
  (void)unused;
  struct pt_format f = with_kept(pt_format_builtin("segment"));
  struct pt_parser *p = open_parser(&f, (struct pt_slice){0}, 1 << 20);
  static const char *const lines[] = {
      "{\"type\":\"identify\",\"userId\":\"1\",\"traits\":{\"birthday\":\"1990-01-02\",\"gender\":\"m\",\"pet\":"
      "\"dog\","
      "\"address\":{\"city\":\"Wien\"},\"createdAt\":\"2020-01-01\",\"email\":\"a@b\"},\"context\":{\"traits\":"
      "{\"gender\":\"f\",\"age\":30}}}",
      "{\"type\":\"identify\",\"userId\":\"1\",\"context\":{\"traits\":{\"income\":5}}}",
      "{\"type\":\"identify\",\"userId\":\"1\",\"traits\":[1]}",
  };
  struct pt_record r;
  struct text t = text_of(lines[0], strlen(lines[0]));
  pt_parser_next(p, t.p, t.end, false, true, &r);
  trait(&r, PT_RF_BIRTH_DATE, PT_V_TEXT, "1990-01-02");
  trait(&r, PT_RF_GENDER, PT_V_TEXT, "m");
  trait(&r, PT_RF_CITY, PT_V_TEXT, "Wien");
  trait(&r, PT_RF_REGISTERED_AT, PT_V_TEXT, "2020-01-01");
  trait(&r, PT_RF_EMAIL, PT_V_TEXT, "a@b");
  trait(&r, PT_RF_AGE, PT_V_NUMBER, "30");
  trait(&r, PT_RF_COUNT, PT_V_TEXT, "dog");
  free(t.p);
  t = text_of(lines[1], strlen(lines[1]));
  pt_parser_next(p, t.p, t.end, false, true, &r);
  trait(&r, PT_RF_INCOME, PT_V_NUMBER, "5");
  trait(&r, PT_RF_GENDER, PT_V_ABSENT, NULL);
  free(t.p);
  t = text_of(lines[2], strlen(lines[2]));
  pt_parser_next(p, t.p, t.end, false, true, &r);
  for (int k = 0; k < PT_N_TRAITS; k++) trait(&r, k, PT_V_ABSENT, NULL);
  free(t.p);
  pt_parser_close(p);
}

/* As many as a job may keep fit beside the catalogue's, in every format. */
static void the_most_kept(void **unused) {
  (void)unused;
  static char names[PT_MAX_KEPT][8], *list[PT_MAX_KEPT];
  for (int i = 0; i < PT_MAX_KEPT; i++) {
    snprintf(names[i], sizeof names[i], "kept%d", i);
    list[i] = names[i];
  }
  const struct pt_format *formats[] = {pt_format_users(0), pt_format_builtin("segment")};
  for (int i = 0; i < 2; i++) {
    struct pt_format f = *formats[i];
    f.kept = list;
    f.n_kept = PT_MAX_KEPT;
    pt_parser_close(open_parser(&f, (struct pt_slice){0}, 1000));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_of_json),      cmocka_unit_test(lines_of_csv),  cmocka_unit_test(what_a_table_is_found_by),
      cmocka_unit_test(traits_of_identify), cmocka_unit_test(the_most_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The job file: defaults, every key, the text of mistakes, and the canonical text that reads back equal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka needs the above first */
#include <cmocka.h>
#include <portrait/conf.h>

static void parse(struct pt_conf *c, const char *yaml) {
  struct pt_err err = {0};
  if (pt_conf_parse(c, "job.yaml", pt_slice_of(yaml), &err)) fail_msg("%s\n--- in\n%s", err.text, yaml);
}

static void assert_names(const struct pt_names *names, const char *joined) {
  char all[1024] = "";
  for (uint32_t i = 0; i < names->n; i++) {
    if (i) strcat(all, "|");
    strcat(all, names->v[i]);
  }
  assert_string_equal(all, joined);
}

static void test_defaults(void **state) {
  (void)state;
  struct pt_conf c;
  struct pt_err err = {0};
  assert_int_equal(pt_conf_default(&c, &err), 0);
  assert_string_equal(c.as_of, "");
  assert_string_equal(c.timezone, "UTC");
  assert_int_equal(c.n_windows, 4);
  assert_int_equal(c.windows[0], 7);
  assert_int_equal(c.windows[3], 365);
  assert_names(&c.columns, "*");
  assert_names(&c.counted_events, "view|search|click|favorite|follow|cart_add|purchase|review|return|share|login");
  assert_names(
      &c.not_visit,
      "message_sent|message_delivered|message_open|message_click|message_bounce|unsubscribe|complaint|uninstall|"
      "receive|refund|cancel|reject|coupon_get");
  assert_int_equal(c.visit_events.n, 0);
  assert_int_equal(c.session_gap_ms, 30 * 60 * 1000);
  assert_int_equal(c.cart_abandon_ms, 72 * 3600 * 1000);
  assert_names(&c.funnel_steps, "view|cart_add|order|purchase");
  assert_string_equal(c.currency, "");
  assert_int_equal(c.n_rates, 0);
  assert_int_equal(c.duplicates, PT_DUP_EVENT_ID);
  assert_true(c.max_rejects == 0.5);
  assert_int_equal(c.time_from, INT64_C(31536000000));
  assert_int_equal(c.time_to, INT64_C(4102444800000));
  assert_true(c.integer_ids);
  assert_int_equal(c.identity, PT_ID_COALESCE);
  assert_null(c.format);
  assert_int_equal(c.max_line, 1048576);
  assert_int_equal(c.max_labels, 1000);
  assert_int_equal(c.segment_labels, 50);
  assert_int_equal(c.inputs.n, 0);
  pt_conf_free(&c);
  pt_conf_free(&c);
}

static const char everything[] =
    "# a job\n"
    "timezone: Europe/Paris\n"
    "as_of: 2026-03-01\n"
    "windows: [1, 7d, 30 d, 90, 365, all]\n"
    "columns: [orders_*, \"*_count_*\"]\n"
    "counted_events: [view, Signed Up, my-event]\n"
    "not_visit: refund\n"
    "visit_events: [\"Product Zoomed\"]\n"
    "session_gap: 45\n"
    "cart_abandon: 3 d\n"
    "essential_categories: [' food > milk ', pets]\n"
    "half_life: {view: 14 d, review: 36 h}\n"
    "preference: {weights: {review: 2, favorite: 0, return: -7}, shrink: 9, max_vocabulary: 12}\n"
    "size: {categories: {shoes: [wear/shoes, wear.boots], coats: wear.coats}}\n"
    "funnel: {steps: [view, purchase]}\n"
    "money: {currency: EUR, rates: {USD: 0.92, JPY: .0061}}\n"
    "clean: {duplicates: exact, max_rejects: .125, time_range: [1980, 2050-06-01T12:00:00+02:00], integer_ids: no}\n"
    "identity: user_id\n"
    "read:\n  max_line: 64 KiB\n"
    "tags: {max_labels: 7}\n"
    "segments:\n"
    "inputs: [logs/, \"caf\\u00e9 \\\"a\\\\b\\\".jsonl\", \"line\\u2028end\\ttab\"]\n"
    "format: rees46\n";

static void test_every_key(void **state) {
  (void)state;
  struct pt_conf c;
  parse(&c, everything);
  assert_string_equal(c.timezone, "Europe/Paris");
  assert_string_equal(c.as_of, "2026-03-01");
  assert_int_equal(c.n_windows, 5);
  assert_int_equal(c.windows[1], 7);
  assert_names(&c.columns, "orders_*|*_count_*");
  assert_names(&c.counted_events, "view|Signed Up|my-event");
  assert_names(&c.not_visit, "refund");
  assert_names(&c.visit_events, "Product Zoomed");
  assert_int_equal(c.session_gap_ms, 45 * 60 * 1000);
  assert_int_equal(c.cart_abandon_ms, 72 * 3600 * 1000);
  assert_names(&c.essential_categories, "food.milk|pets");
  assert_int_equal(c.half_life_ms[PT_T_VIEW], 14 * INT64_C(86400000));
  assert_int_equal(c.half_life_ms[PT_T_REVIEW], 36 * INT64_C(3600000));
  assert_int_equal(c.half_life_ms[PT_T_ORDER], 180 * INT64_C(86400000)); /* not named: the default */
  assert_int_equal(c.weight[PT_T_REVIEW], 2);
  assert_int_equal(c.weight[PT_T_FAVORITE], 0);
  assert_int_equal(c.weight[PT_T_RETURN], -7);
  assert_int_equal(c.weight[PT_T_PURCHASE], 8);
  assert_int_equal(c.shrink, 9);
  assert_int_equal(c.max_vocabulary, 12);
  assert_int_equal(c.garments.n, 2);
  assert_string_equal(c.garments.v[1].name, "coats");
  assert_names(&c.garments.v[0].categories, "wear.shoes|wear.boots");
  assert_names(&c.funnel_steps, "view|purchase");
  assert_string_equal(c.currency, "EUR");
  assert_int_equal(c.n_rates, 2);
  assert_string_equal(c.rates[1].code, "JPY");
  assert_int_equal(c.rates[0].rate_e9, 920000000);
  assert_int_equal(c.rates[1].rate_e9, 6100000);
  assert_int_equal(c.duplicates, PT_DUP_EXACT);
  assert_true(c.max_rejects == 0.125);
  assert_int_equal(c.time_from, INT64_C(315532800000));
  assert_int_equal(c.time_to, INT64_C(2537690400000));
  assert_false(c.integer_ids);
  assert_int_equal(c.identity, PT_ID_USER);
  assert_int_equal(c.max_line, 65536);
  assert_int_equal(c.max_labels, 7);
  assert_int_equal(c.segment_labels, 50);
  assert_names(&c.inputs, "logs/|caf\u00e9 \"a\\b\".jsonl|line\u2028end\ttab");
  assert_string_equal(c.format->name, "rees46");
  pt_conf_free(&c);
}

static char *canonical(const char *yaml) {
  struct pt_conf c;
  struct pt_err err = {0};
  struct pt_buf out = {0};
  parse(&c, yaml);
  assert_int_equal(pt_conf_text(&c, &out, &err), 0);
  assert_int_equal(pt_buf_add(&out, "", 1), 0);
  pt_conf_free(&c);
  return out.p;
}

#define CSV "format:\n  kind: csv\n  header: false\n"

static const char *const jobs[] = {
    "",
    "# nothing\n",
    "clean:\n",
    everything,
    "format: auto",
    "format: portrait",
    "format: segment",
    "format: taobao",
    "format: {root: payload}",
    "format: {kind: csv, header: false, delimiter: blank, fields: {user_id: 0, time: 1, quantity: 2, amount: 3}, "
    "time: '%Y%m%d', event: purchase}",
    "format: {root: payload, time: unix_ms, where: \"type == 'track'\"}",
    "format: {extends: segment, fields: {user_id: [user.id, userId], brand: ~, shop: x}, events: {Zoomed: view, "
    "'Signed Up': "
    "~}, where: shop == 'a'}",
    "format: {extends: rees46, delimiter: '\\t', events: {wish: favorite}}",
    "format: {kind: csv, delimiter: blank, fields: {user_id: id, time: at, event: what}, time: '%Y%m%d'}",
    CSV
    "  fields: {user_id: 0, item_id: 1, category: 2, event: 3, time: 4}\n  time: unix_s\n"
    "  events: {pv: view, buy: purchase, cart: cart_add, fav: favorite}\n  multiline: true\n  delimiter: ';'\n",
    "format: {fields: {user_id: u, time: t, country: c}, event: purchase, where: \"country != 'Unspecified'\", amount: "
    "2 * 3}",
};

static void test_round_trip(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
    char *once = canonical(jobs[i]), *twice = canonical(once);
    assert_string_equal(twice, once);
    free(once);
    free(twice);
  }
}

/* The canonical text holds the values themselves, not only itself. */
static void test_text(void **state) {
  (void)state;
  char *text = canonical(everything);
  static const char *const lines[] = {
      "timezone: \"Europe/Paris\"\n",
      "windows: [1, 7, 30, 90, 365]\n",
      "session_gap: 45 min\n",
      "  rates: {\"USD\": 0.920000000, \"JPY\": 0.006100000}\n",
      "  max_rejects: 0.125000000\n",
      "  time_range: [\"1980-01-01T00:00:00.000Z\", \"2050-06-01T10:00:00.000Z\"]\n",
      "  integer_ids: false\n",
      "format: rees46\n",
      "half_life: {view: 14 d, search: 30 d,",
      "  categories: {shoes: [\"wear.shoes\", \"wear.boots\"], coats: [\"wear.coats\"]}\n"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    if (!strstr(text, lines[i])) fail_msg("no '%s' in\n%s", lines[i], text);
  free(text);
}

static const struct {
  const char *yaml, *message;
} mistakes[] = {
    {"a: 1\nb: 2\ntimezon: UTC", "job.yaml:1:1: unknown key 'a'"},
    {"windows: [30, 90, 365]\n\ntimezon: UTC", "job.yaml:3:1: unknown key 'timezon' (did you mean 'timezone'?)"},
    {"clean:\n  duplicate: exact", "job.yaml:2:3: unknown key 'clean.duplicate' (did you mean 'clean.duplicates'?)"},
    {"max_rejects: .1", "job.yaml:1:1: unknown key 'max_rejects' (did you mean 'clean.max_rejects'?)"},
    {"claen: {duplicates: exact}", "job.yaml:1:1: unknown key 'claen' (did you mean 'clean'?)"},
    {"clean: exact", "job.yaml:1:8: clean holds keys: a map is needed"},
    {"- a", "job.yaml:1:1: a job file is a map of keys"},
    {"hello", "job.yaml:1:1: a job file is a map of keys"},
    {"timezone: UTC\ntimezone: UTC", "job.yaml:2:1: the key 'timezone' stands in line 1 already"},
    {"{clean: {duplicates: keep}, ? [a, b] : 1}", "job.yaml:1:31: a key must be a text"},
    {"timezone: &z UTC", "job.yaml:1:11: anchors are not read: a text that begins with & stands in quotes"},
    {"inputs: &z [a]", "job.yaml:1:9: anchors are not read: a text that begins with & stands in quotes"},
    {"timezone: *z", "job.yaml:1:11: aliases are not read: a text that begins with * stands in quotes"},
    {"columns: [orders_*, *_count_*]",
     "job.yaml:1:21: aliases are not read: a text that begins with * stands in quotes"},
    {"timezone: !!str UTC", "job.yaml:1:11: tags are not read: a text that begins with ! stands in quotes"},
    {"timezone: UTC\n---\ntimezone: UTC", "job.yaml:2:1: a second document: a job file is one"},
    {"timezone: [", "job.yaml:2:1: while parsing a flow node: did not find expected node content"},
    {"timezone: \"a\\0b\"", "job.yaml:1:11: a text with a NUL"},
    {"inputs: [[[[[[[[[[[[[[[[a]]]]]]]]]]]]]]]]", "job.yaml:1:24: nested deeper than 16 levels"},
    {"timezone:", "job.yaml:1:10: timezone has no value: leave the key out for its default"},
    {"timezone: [UTC]", "job.yaml:1:11: timezone is one value, not a list"},
    {"timezone: ../etc", "job.yaml:1:11: '../etc' is no time zone name such as Europe/Paris"},
    {"as_of: yesterday", "job.yaml:1:8: 'yesterday' is no date or time (2026-03-14, 2026-03-14T09:26:53Z)"},
    {"as_of: 2026-02-30", "job.yaml:1:8: '2026-02-30' is no date or time (2026-03-14, 2026-03-14T09:26:53Z)"},
    {"windows: [90, 30, 365]", "job.yaml:1:15: windows ascend: 30 stands behind 90"},
    {"windows: [30, 30, 90, 365]", "job.yaml:1:15: windows ascend: 30 stands behind 30"},
    {"windows: [0, 30, 90, 365]", "job.yaml:1:11: a window is whole days from 1 to 36500, not '0'"},
    {"windows: [1.5, 30, 90, 365]", "job.yaml:1:11: a window is whole days from 1 to 36500, not '1.5'"},
    {"windows: 30", "job.yaml:1:10: windows is a list of whole days"},
    {"session_gap: soon", "job.yaml:1:14: session_gap is a duration such as '30 min', '72 h' or '30 d', not 'soon'"},
    {"session_gap: -5", "job.yaml:1:14: session_gap lies between 1 ms and 36500 d, not '-5'"},
    {"session_gap: 0", "job.yaml:1:14: session_gap lies between 1 ms and 36500 d, not '0'"},
    {"identity: stitch", "job.yaml:1:11: identity is one of user_id, coalesce, not 'stitch'"},
    {"clean: {max_rejects: 1.5}", "job.yaml:1:22: clean.max_rejects lies between 0 and 1, not '1.5'"},
    {"clean: {max_rejects: 50 %}", "job.yaml:1:22: clean.max_rejects is a number, not '50 %'"},
    {"clean: {integer_ids: 1}", "job.yaml:1:22: clean.integer_ids is true or false, not '1'"},
    {"clean: {time_range: [2000]}", "job.yaml:1:21: clean.time_range is a list of two times: [from, to)"},
    {"clean: {time_range: [2000, 1990]}", "job.yaml:1:28: clean.time_range ends before it begins"},
    {"money: {rates: {USD: 0.92}}", "job.yaml:1:16: money.rates has no effect without money.currency"},
    {"money: {currency: EUR, rates: {EUR: 1}}", "job.yaml:1:31: money.rates: EUR is money.currency itself"},
    {"money: {currency: EUR, rates: {USD: -1}}", "job.yaml:1:37: the rate of USD lies above 0 and up to 9000000000"},
    {"money: {currency: EUR, rates: {USD: 0.0000000001}}",
     "job.yaml:1:37: the rate of USD has over 9 digits behind the point"},
    {"money: {currency: 'a currency with a long name'}", "job.yaml:1:19: money.currency is longer than 15 bytes"},
    {"read: {max_line: 1}", "job.yaml:1:18: read.max_line lies between 256 and 268435456, not '1'"},
    {"half_life: 30", "job.yaml:1:12: half_life is a map by event, such as {view: 30 d}"},
    {"half_life: {veiw: 30}", "job.yaml:1:13: half_life: 'veiw' is no event of the catalogue (did you mean 'view'?)"},
    {"half_life: {view: 0}", "job.yaml:1:19: half_life lies between 1 ms and 36500 d, not '0'"},
    {"preference: {weights: {view: 1.5}}",
     "job.yaml:1:30: preference.weights: a whole number from -100 to 100, not '1.5'"},
    {"preference: {weights: {share: 1}}",
     "job.yaml:1:23: preference.weights: share has no half_life: name it there too"},
    {"preference: {shrink: 0}", "job.yaml:1:22: preference.shrink lies between 1 and 1000000, not '0'"},
    {"size: {categories: [shoes]}", "job.yaml:1:20: size.categories is a map such as {shoes: [fashion.women.shoes]}"},
    {"size: {categories: {Shoes: a}}",
     "job.yaml:1:21: size.categories: 'Shoes' names the column size_NAME: a-z, 0-9 and _, up to 49 bytes"},
    {"size: {categories: {shoes: []}}", "job.yaml:1:28: size.categories has between 1 and 1000 entries, not 0"},
    {"tags: {max_labels: 1e3}", "job.yaml:1:20: tags.max_labels is a whole number, not '1e3'"},
    {"columns: []", "job.yaml:1:10: columns has between 1 and 10000 entries, not 0"},
    {"not_visit: {a: b}", "job.yaml:1:12: not_visit is a list, not a map"},
    {"not_visit: [refund, refund]", "job.yaml:1:12: not_visit names 'refund' twice"},
    {"visit_events: [x, y]\nnot_visit: [y]", "job.yaml:1:15: 'y' stands in visit_events and in not_visit"},
    {"visit_events: [view]",
     "job.yaml:1:15: visit_events: 'view' is in the catalogue's list: a visit unless not_visit names it"},
    {"counted_events: [1view]", "job.yaml:1:18: counted_events: '1view' names columns: a letter first, up to 48 bytes"},
    {"counted_events: [a-b, A b]", "job.yaml:1:17: counted_events: 'a-b' and 'A b' would give the same columns"},
    /* format */
    {"format: rees64", "job.yaml:1:9: 'rees64' is no built-in format (did you mean rees46)"},
    {"format: [a]", "job.yaml:1:9: format is a name or a map"},
    {"format:\n  feilds: {}", "job.yaml:2:3: unknown key 'format.feilds' (did you mean 'format.fields'?)"},
    {"format: {root: a, kind: csv}", "job.yaml:1:10: format.root has no effect with kind: csv"},
    {"format: {header: true}", "job.yaml:1:10: format.header has no effect without kind: csv"},
    {"format: {extends: segment, kind: csv}", "job.yaml:1:28: segment is a format of JSON lines, not of csv"},
    {"format: {fields: {user_id: a}}", "job.yaml:1:10: format.fields does not say where time is"},
    {"format: {fields: {time: a, event: b}}",
     "job.yaml:1:10: format.fields says neither where user_id nor where anonymous_id is"},
    {"format: {fields: {time: a, user_id: b}}",
     "job.yaml:1:10: format.fields does not say where event is, and there is no format.event"},
    {"format: {fields: {time: a, usr_id: b, event: c, anonymous_id: d}}",
     "job.yaml:1:10: format.fields: 'usr_id' is no field and no expression reads it (did you mean 'user_id'?)"},
    {CSV "  fields: {time: a, user_id: 1, event: 2}",
     "job.yaml:4:3: format.fields: without a header 'time' must be a column number from 0, not 'a'"},
    {"format: {fields: {time: a, user_id: [], event: c}}", "job.yaml:1:37: format.fields: an empty list for 'user_id'"},
    {"format: {fields: {time: , user_id: b, event: c}}",
     "job.yaml:1:25: time has no value: leave the key out for its default"},
    {"format: {fields: {'a b': x}}",
     "job.yaml:1:19: 'a b' is no name: a letter, then up to 63 letters, digits and '_'"},
    {"format: {kind: csv, delimiter: ab}",
     "job.yaml:1:32: format.delimiter is one character that stands in no number or word, tab or blank, not 'ab'"},
    {"format: {time: soon}",
     "job.yaml:1:16: format.time is iso8601, unix_s, unix_ms or a pattern such as %Y%m%d, not 'soon'"},
    {"format: {where: ''}", "job.yaml:1:17: format.where has 1 to 65536 bytes"},
};

static void test_mistakes(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
    struct pt_conf c;
    struct pt_err err = {0};
    int code = pt_conf_parse(&c, "job.yaml", pt_slice_of(mistakes[i].yaml), &err);
    if (code != PT_CONFIG || strcmp(err.text, mistakes[i].message))
      fail_msg("%s\n  gives %d '%s'\n  not      '%s'", mistakes[i].yaml, code, err.text, mistakes[i].message);
    pt_conf_free(&c);
  }
}

static void test_size(void **state) {
  (void)state;
  struct pt_conf c;
  struct pt_err err = {0};
  size_t n = (1u << 20) + 1;
  char *big = malloc(n);
  memset(big, '\n', n);
  assert_int_equal(pt_conf_parse(&c, "job.yaml", (struct pt_slice){big, n - 1}, &err), 0);
  pt_conf_free(&c);
  assert_int_equal(pt_conf_parse(&c, "job.yaml", (struct pt_slice){big, n}, &err), PT_CONFIG);
  assert_string_equal(err.text, "job.yaml: over 1 MiB");
  pt_err_clear(&err);
  assert_int_equal(pt_conf_parse(&c, "job.yaml", PT_SLICE("a: \xff"), &err), PT_CONFIG);
  assert_non_null(strstr(err.text, "job.yaml: byte 3: "));
  free(big);
}

static void test_formats(void **state) {
  (void)state;
  struct pt_conf c;
  parse(&c, "format: {root: payload}");
  assert_true(c.format->segment);
  assert_string_equal(c.format->root, "payload");
  assert_string_equal(c.format->name, "custom");
  pt_conf_free(&c);

  parse(&c, jobs[11]); /* extends: segment */
  assert_true(c.format->segment);
  uint32_t n = c.format->n_fields, users = 0;
  for (uint32_t i = 0; i < n; i++) {
    assert_string_not_equal(c.format->fields[i].name, "brand");
    if (strcmp(c.format->fields[i].name, "user_id") == 0) users++;
  }
  assert_int_equal(users, 2);
  assert_string_equal(c.format->fields[n - 1].name, "shop");
  assert_string_equal(c.format->events[c.format->n_events - 1].from, "Zoomed");
  for (uint32_t i = 0; i < c.format->n_events; i++) assert_string_not_equal(c.format->events[i].from, "Signed Up");
  pt_conf_free(&c);

  parse(&c, "format: {kind: csv, where: price > 0}");
  assert_int_equal(c.format->kind, PT_CSV);
  assert_int_equal(c.format->delimiter, ',');
  assert_int_equal(c.format->header, PT_HEADER_AUTO);
  assert_int_equal(c.format->n_fields, PT_F_COUNT);
  assert_string_equal(c.format->where, "price > 0");
  pt_conf_free(&c);

  parse(&c, jobs[14]);
  assert_int_equal(c.format->header, PT_HEADER_NO);
  assert_int_equal(c.format->delimiter, ';');
  assert_true(c.format->multiline);
  assert_int_equal(c.format->time.kind, PT_TIME_UNIX_S);
  assert_int_equal(c.format->n_fields, 5);
  assert_string_equal(c.format->fields[4].source, "4");
  assert_string_equal(c.format->events[3].to, "favorite");
  pt_conf_free(&c);
}

/* Every row of the table says what it is. */
static void test_table(void **state) {
  (void)state;
  uint32_t n = 0;
  for (const struct pt_key_info *key; (key = pt_conf_key(n)); n++) {
    assert_true(strlen(key->name) && strlen(key->type) && strlen(key->help) > 20);
    assert_non_null(key->unit);
    assert_non_null(key->fallback);
    for (uint32_t i = 0; i < n; i++) assert_string_not_equal(pt_conf_key(i)->name, key->name);
  }
  assert_in_range(n, 36, 128);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_defaults), cmocka_unit_test(test_every_key), cmocka_unit_test(test_round_trip),
      cmocka_unit_test(test_text),     cmocka_unit_test(test_mistakes),  cmocka_unit_test(test_size),
      cmocka_unit_test(test_formats),  cmocka_unit_test(test_table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

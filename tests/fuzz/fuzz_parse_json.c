/* JSON lines against jansson: the same lines are accepted (but for the differences of DESIGN section 3) and give the
 * same values, by the full scanner, along learned lines with AVX2, and with words. The first byte chooses what stands
 * behind the data. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "../../src/parse/parse_priv.h"

#define CHECK(x)                \
  do {                          \
    if (!(x)) __builtin_trap(); \
  } while (0)

static struct pt_format_field field[] = {{"user_id", "u"},    {"time", "t"},
                                         {"event", "e"},      {"item_id", "p.i"},
                                         {"price", "p.c.$"},  {"brand", "p.c.b"},
                                         {"category", ""},    {"city", "u.n"},
                                         {"coupon_id", "p."}, {"extra", "long key of more than thirty-two bytes"}};
#define FIELDS (sizeof field / sizeof field[0])
static const struct pt_format plain = {.name = "custom", .fields = field, .n_fields = FIELDS};
static const struct pt_format rooted = {.name = "custom", .root = "p", .fields = field, .n_fields = FIELDS};

static int depth_of(const json_t *v) {
  int deepest = 0;
  const char *key;
  json_t *inner;
  size_t i;
  if (json_is_object(v)) json_object_foreach((json_t *)(uintptr_t)v, key, inner) {
      int d = depth_of(inner);
      if (d > deepest) deepest = d;
    }
  if (json_is_array(v)) json_array_foreach(v, i, inner) {
      int d = depth_of(inner);
      if (d > deepest) deepest = d;
    }
  return json_is_object(v) || json_is_array(v) ? deepest + 1 : 0;
}

static const json_t *at_path(const json_t *v, const char *path) {
  for (;;) {
    const char *dot = strchr(path, '.');
    size_t n = dot ? (size_t)(dot - path) : strlen(path);
    char key[192];
    memcpy(key, path, n);
    key[n] = '\0';
    v = json_object_get(v, key);
    if (!dot) return v;
    path = dot + 1;
  }
}

static void same_number(const struct pt_value *v, const json_t *j) {
  char text[4096];
  CHECK(v->kind == PT_V_NUMBER);
  if (v->n >= sizeof text) return;
  memcpy(text, v->p, v->n);
  text[v->n] = '\0';
  if (json_is_integer(j))
    CHECK(strtoll(text, NULL, 10) == json_integer_value(j));
  else
    CHECK(strtod(text, NULL) == json_real_value(j));
}

static void same_value(const struct pt_value *v, const json_t *j) {
  switch (j ? (int)json_typeof(j) : -1) {
    case -1:
      CHECK(v->kind == PT_V_ABSENT);
      break;
    case JSON_STRING:
      CHECK(v->kind == PT_V_TEXT && v->n == json_string_length(j) && memcmp(v->p, json_string_value(j), v->n) == 0);
      break;
    case JSON_TRUE:
      CHECK(v->kind == PT_V_TRUE);
      break;
    case JSON_FALSE:
      CHECK(v->kind == PT_V_FALSE);
      break;
    case JSON_NULL:
      CHECK(v->kind == PT_V_NULL);
      break;
    case JSON_INTEGER:
    case JSON_REAL:
      same_number(v, j);
      break;
    default:
      CHECK(v->kind == PT_V_OTHER);
  }
}

static void same_record(const struct pt_record *r, const struct pt_format *f) {
  json_error_t error;
  json_t *j = json_loadb(r->raw, r->raw_n, 0, &error);
  if (!j && json_error_code(&error) == json_error_numeric_overflow) return;
  const json_t *event = f->root[0] ? at_path(j, f->root) : j;
  bool nul = memchr(r->raw, 0, r->raw_n) != NULL; /* jansson overlooks one behind a number */
  bool valid = !nul && json_is_object(j) && depth_of(j) <= PT_JSON_DEPTH && json_is_object(event);
  if (r->fate == PT_BLANK)
    CHECK(!j);
  else
    CHECK((r->fate == PT_ACCEPTED) == valid);
  for (uint32_t i = 0; valid && i < FIELDS; i++) {
    enum pt_field slot = i == FIELDS - 1 ? PT_F_COUNT : pt_field_of(pt_slice_of(field[i].name));
    same_value(&r->events->v[slot], at_path(event, field[i].source));
  }
  json_decref(j);
}

/* Parsers stay open for all inputs, only what they have learned goes: opening costs more than a small input. */
static struct pt_parser *parser_for(int which, const struct pt_format *f, const struct pt_lanes *lanes) {
  static struct pt_parser *parser[6];
  struct pt_err err = {0};
  if (!parser[which]) CHECK(pt_parser_open(&parser[which], f, UINT64_MAX, (struct pt_slice){0}, 1 << 16, &err) == 0);
  parser[which]->lanes = lanes;
  pt_graph_reset(parser[which]->json.graph);
  return parser[which];
}

static void run(int which, const struct pt_format *f, const struct pt_lanes *lanes, bool learn, const char *p,
                const char *end) {
  if (!lanes) return;
  struct pt_parser *parser = parser_for(which, f, lanes);
  for (int round = 0; round < 2; round++) { /* the second finds every line known */
    for (const char *at = p; at < end;) {
      struct pt_record r;
      if (!learn) pt_graph_reset(parser->json.graph);
      pt_parser_next(parser, at, end, false, true, &r);
      CHECK(r.next > at && r.next <= end);
      same_record(&r, f);
      at = r.next;
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  if (n < 1) return 0;
  char *copy = malloc(n - 1 + 64);
  if (!copy) return 0;
  memcpy(copy, data + 1, n - 1);
  memset(copy + n - 1, data[0], 64);
  const char *end = copy + n - 1;
  const struct pt_format *formats[] = {&plain, &rooted};
  for (int i = 0; i < 2; i++) {
    run(3 * i, formats[i], &pt_lanes_swar, false, copy, end);
    run(3 * i + 1, formats[i], &pt_lanes_swar, true, copy, end);
    run(3 * i + 2, formats[i], pt_lanes_avx2(), true, copy, end);
  }
  free(copy);
  return 0;
}

/* CSV records: AVX2 and words give the same, records follow each other without a gap and lie inside the data, and
 * detection with what it finds holds too. The first byte chooses delimiter, header and multiline. */
#include <stdlib.h>

#include "../../src/parse/parse_priv.h"

#define CHECK(x)                \
  do {                          \
    if (!(x)) __builtin_trap(); \
  } while (0)

static struct pt_format_field numbered[] = {{"user_id", "0"}, {"time", "1"}, {"event", "3"}, {"copy", "3"}};
static struct pt_format_field named[] = {{"user_id", "u"}, {"time", "t"}, {"event", "e"}, {"copy", "2"}};

static void same_value(const struct pt_value *a, const struct pt_value *b, const char *p, const char *end) {
  CHECK(a->kind == b->kind && a->n == b->n);
  CHECK(a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
  CHECK(a->kind != PT_V_TEXT || a->n > 0);
  if (a->p >= p && a->p < end) CHECK(a->p + a->n <= end);
}

static void same_record(const struct pt_record *a, const struct pt_record *b, const char *p, const char *end) {
  CHECK(a->fate == b->fate && a->reason == b->reason && a->next == b->next && a->raw == b->raw && a->raw_n == b->raw_n);
  if (a->fate == PT_INCOMPLETE) return;
  CHECK(a->n_events == b->n_events && a->raw + a->raw_n <= a->next);
  if (a->fate != PT_ACCEPTED) return;
  for (uint32_t e = 0; e < a->n_events; e++)
    for (int f = 0; f < PT_F_COUNT + 1; f++) same_value(&a->events[e].v[f], &b->events[e].v[f], p, end);
}

static void run(const struct pt_format *f, const char *p, const char *end, bool last) {
  struct pt_parser *a, *b;
  struct pt_err err = {0};
  struct pt_slice head = {p, (size_t)(end - p)};
  if (pt_parser_open(&a, f, UINT64_MAX, head, 300, &err)) return;
  CHECK(pt_parser_open(&b, f, UINT64_MAX, head, 300, &err) == 0);
  b->lanes = &pt_lanes_swar;
  for (const char *at = p; at < end;) {
    struct pt_record r, s;
    pt_parser_next(a, at, end, at == p, last, &r);
    pt_parser_next(b, at, end, at == p, last, &s);
    same_record(&r, &s, p, end);
    if (r.fate == PT_INCOMPLETE) {
      CHECK(!last);
      break;
    }
    CHECK(r.next > at && r.next <= end);
    at = r.next;
  }
  pt_parser_close(a);
  pt_parser_close(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  static const char delimiters[] = ",\t ;";
  if (n < 1) return 0;
  char *copy = malloc(n - 1 + 64);
  if (!copy) return 0;
  memcpy(copy, data + 1, n - 1);
  memset(copy + n - 1, data[0], 64);
  const char *end = copy + n - 1;
  bool by_number = data[0] & 4;
  struct pt_format f = {.name = "custom", .kind = PT_CSV, .n_fields = 4, .fields = by_number ? numbered : named};
  f.delimiter = delimiters[data[0] & 3];
  f.multiline = data[0] & 8;
  f.header = (enum pt_header)((data[0] >> 4) % 3);
  run(&f, copy, end, data[0] & 64);
  const struct pt_format *found = pt_format_detect((struct pt_slice){copy, n - 1}, data[0] & 128 ? "a.tsv" : NULL);
  if (found) run(found, copy, end, data[0] & 64);
  free(copy);
  return 0;
}

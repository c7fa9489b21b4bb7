/* ns per line of the parser beside a memchr and a memcpy pass over the same bytes. Not built by default:
 *   gcc -O2 -std=c17 -D_GNU_SOURCE -Iinclude -Isrc bench/micro_parse.c src/parse/[a-z]*.c
 * src/data/{event,format,reason}.c \ src/base/{buf,decimal,err}.c -o micro_parse && ./micro_parse Lines are
 * those of DESIGN section 6 with values of varying length; a share of them lacks optional fields. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "parse/parse_priv.h"

#define LINES  4000 /* about the 1 MiB that reading hands out at once */
#define ROUNDS 60

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint64_t state = 1;
static unsigned roll(unsigned n) {
  state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (unsigned)((state >> 33) % n);
}

static void put_json(struct pt_buf *b, bool mixed) {
  static const char *const channel[] = {"email", "sms", "web", "app", "push", "store"};
  bool search = mixed && roll(20) == 0, bare = mixed && roll(5) == 0;
  pt_buf_printf(b, "{\"time\":\"2026-03-%02uT%02u:26:53.%03uZ\",\"user_id\":\"u%08u\",\"event\":\"%s\"", 1 + roll(28),
                roll(24), roll(1000), roll(200000),
                search    ? "search"
                : roll(8) ? "view"
                          : "purchase");
  if (search)
    pt_buf_printf(b, ",\"query\":\"kettle %u\",\"results\":%u", roll(1000), roll(500));
  else
    pt_buf_printf(
        b,
        ",\"item_id\":\"p%06u\",\"category\":\"home.kitchen.c%03u\",\"brand\":\"brand_%04u\",\"price\":%u.%02u,"
        "\"quantity\":%u",
        roll(200000), roll(300), roll(2000), 1 + roll(400), roll(100), 1 + roll(3));
  pt_buf_printf(b, ",\"channel\":\"%s\"", channel[roll(6)]);
  if (!bare) pt_buf_printf(b, ",\"device\":\"iPhone%u,%u\"", roll(16), roll(4));
  pt_buf_printf(b, ",\"session_id\":\"s%08x\"}\n", roll(1u << 31));
}

static void put_csv(struct pt_buf *b) {
  pt_buf_printf(b, "2019-10-01 00:%02u:%02u UTC,view,%u,%u%u,%s,%s,%u.%02u,%u,%08x-5bb3-4e00-8c23-%08xed73\n", roll(60),
                roll(60), 1000000 + roll(1u << 26), roll(1u << 30), roll(1u << 30),
                roll(3) ? "electronics.smartphone" : "", roll(4) ? "samsung" : "", roll(900), roll(100),
                500000000 + roll(1u << 26), roll(1u << 30), roll(1u << 30));
}

static void run(const char *what, const struct pt_lanes *lanes, const struct pt_format *f, struct pt_slice head,
                const struct pt_buf *b, bool predict) {
  struct pt_parser *p;
  struct pt_err err = {0};
  if (!lanes || pt_parser_open(&p, f, UINT64_MAX, head, 1 << 20, &err)) return;
  p->lanes = lanes;
  double best = 1e300;
  uint64_t sum = 0, accepted = 0;
  for (int round = 0; round < ROUNDS; round++) {
    double start = now();
    accepted = 0;
    for (const char *at = b->p, *end = b->p + b->n; at < end;) {
      struct pt_record r;
      if (!predict) pt_graph_reset(p->json.graph);
      pt_parser_next(p, at, end, at == b->p && f->kind == PT_CSV && head.n, true, &r);
      accepted += r.fate == PT_ACCEPTED;
      sum += r.events->v[PT_F_ITEM_ID].n + r.events->v[PT_F_SESSION_ID].n;
      at = r.next;
    }
    double took = now() - start;
    if (took < best) best = took;
  }
  printf("%-24s %7.1f ns/line  %5.2f GB/s  (%llu accepted, %llu)\n", what, best / LINES, (double)b->n / best,
         (unsigned long long)accepted, (unsigned long long)sum);
  pt_parser_close(p);
}

static void plain_passes(const struct pt_buf *b) {
  char *to = malloc(b->n + 64);
  double best[2] = {1e300, 1e300};
  unsigned long long lines = 0;
  for (int round = 0; to && round < ROUNDS; round++) {
    double start = now();
    for (const char *p = b->p, *end = b->p + b->n; p < end; lines++)
      p = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
    double middle = now();
    memcpy(to, b->p, b->n);
    double stop = now();
    if (middle - start < best[0]) best[0] = middle - start;
    if (stop - middle < best[1]) best[1] = stop - middle;
  }
  printf("%.1f bytes/line: memchr %.1f ns/line, memcpy %.1f ns/line (%llu)\n", (double)b->n / LINES, best[0] / LINES,
         best[1] / LINES, lines);
  free(to);
}

int main(void) {
  const struct pt_format *json = pt_format_builtin("portrait");
  for (int mixed = 0; mixed < 2; mixed++) {
    struct pt_buf b = {0};
    for (int i = 0; i < LINES; i++) put_json(&b, mixed);
    if (pt_buf_reserve(&b, 64)) return 1;
    printf("JSON, %s\n", mixed ? "optional fields" : "one shape");
    plain_passes(&b);
    run("avx2", pt_lanes_avx2(), json, (struct pt_slice){0}, &b, true);
    run("swar", &pt_lanes_swar, json, (struct pt_slice){0}, &b, true);
    pt_buf_free(&b);
  }
  struct pt_buf b = {0};
  struct pt_slice head =
      PT_SLICE("event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n");
  for (int i = 0; i < LINES; i++) put_csv(&b);
  if (pt_buf_reserve(&b, 64)) return 1;
  puts("CSV");
  plain_passes(&b);
  run("avx2", pt_lanes_avx2(), pt_format_builtin("rees46"), head, &b, true);
  run("swar", &pt_lanes_swar, pt_format_builtin("rees46"), head, &b, true);
  pt_buf_free(&b);
  return 0;
}

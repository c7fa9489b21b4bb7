/* Purchase histories of real shops (../shared/data beside the project's root), for tests of models. Nothing of them is
 * copied here; where they are absent a test skips and says so. */
#ifndef TESTS_MODELS_REAL_H
#define TESTS_MODELS_REAL_H
#include <math.h>
#include <portrait/comm.h>
#include <portrait/models_clv.h>
#include <portrait/time.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include <cmocka.h>

struct buyer {
  int id;
  uint32_t x, tx, T;       /* purchase days - 1; days */
  double mean;             /* of the repeat days, NaN without one */
  int64_t first, last;     /* days since 1970-01-01 */
  double spend_first, all; /* money of the first day, of all days */
};

struct buyers {
  struct buyer *v;
  size_t n, cap;
};

static inline char *real_file(const char *name) {
  char path[4096];
  const char *slash = strrchr(__FILE__, '/');
  snprintf(path, sizeof path, "%.*s/../../../shared/data/%s", (int)(slash ? slash - __FILE__ : 0), __FILE__, name);
  FILE *in = fopen(path, "rb");
  if (!in) {
    print_message("skipped: no ../shared/data/%s beside the project\n", name);
    skip();
  }
  struct pt_buf b = {0};
  for (size_t n = 1; n; b.n += n) {
    assert_int_equal(pt_buf_reserve(&b, (1 << 16) + 1), 0);
    n = fread(b.p + b.n, 1, 1 << 16, in);
  }
  fclose(in);
  b.p[b.n] = 0;
  if (!strstr(name, ".zst")) return b.p;
  unsigned long long size = ZSTD_getFrameContentSize(b.p, b.n);
  assert_true(size < (1U << 30));
  char *plain = malloc(size + 1);
  assert_non_null(plain);
  assert_int_equal(ZSTD_decompress(plain, size, b.p, b.n), size);
  plain[size] = 0;
  pt_buf_free(&b);
  return plain;
}

/* The buyer's next line: same-day purchases are one. Lines of a buyer come in order of days. */
static inline void real_purchase(struct buyers *l, int id, int64_t day, double money) {
  struct buyer *u = l->n ? &l->v[l->n - 1] : NULL;
  if (!u || u->id != id) {
    if (l->n == l->cap) {
      l->cap = l->cap ? 2 * l->cap : 1024;
      l->v = realloc(l->v, l->cap * sizeof *l->v);
      assert_non_null(l->v);
    }
    u = &l->v[l->n++];
    *u = (struct buyer){.id = id, .first = day, .last = day};
  }
  if (day != u->last) u->x++;
  u->last = day;
  u->tx = (uint32_t)(day - u->first);
  u->all += money;
  if (day == u->first) u->spend_first += money;
}

static inline void real_finish(struct buyers *l, int64_t last_day) {
  for (size_t i = 0; i < l->n; i++) {
    l->v[i].T = (uint32_t)(last_day - l->v[i].first);
    l->v[i].mean = l->v[i].x ? (l->v[i].all - l->v[i].spend_first) / l->v[i].x : NAN;
  }
}

static inline int64_t real_day(int date) {
  return pt_days_from_civil(date / 10000, date / 100 % 100, date % 100);
}

/* The 2,357 customers of the CDNOW sample, to 1997-09-30. */
static inline struct buyers real_cdnow(void) {
  struct buyers l = {0};
  char *text = real_file("cdnow/CDNOW_sample.txt"), *rest = text, *line;
  while ((line = strsep(&rest, "\n"))) {
    int master, id, date, cds;
    double dollars;
    if (sscanf(line, "%d %d %d %d %lf", &master, &id, &date, &cds, &dollars) == 5 && date <= 19970930)
      real_purchase(&l, id, real_day(date), dollars);
  }
  free(text);
  real_finish(&l, real_day(19970930));
  return l;
}

/* The same as a table of weeks and values with two decimals, as most packages' published numbers were computed. */
static inline struct buyers real_cdnow_rounded(void) {
  struct buyers l = {0};
  char *text = real_file("cdnow/cdnow_customers_summary_with_transactions.csv"), *rest = text, *line;
  while ((line = strsep(&rest, "\n"))) {
    int id;
    unsigned x;
    double tx, T, mean;
    if (sscanf(line, "%d,%u,%lf,%lf,%lf", &id, &x, &tx, &T, &mean) != 5) continue;
    real_purchase(&l, id, 0, 0);
    l.v[l.n - 1].x = x;
    l.v[l.n - 1].tx = (uint32_t)lrint(7 * tx);
    l.v[l.n - 1].T = (uint32_t)lrint(7 * T);
    l.v[l.n - 1].mean = mean;
  }
  free(text);
  return l;
}

static inline int real_by_buyer_and_day(const void *a, const void *b) {
  const int64_t *x = a, *y = b;
  if (x[0] != y[0]) return x[0] < y[0] ? -1 : 1;
  return x[1] == y[1] ? 0 : x[1] < y[1] ? -1 : 1;
}

/* Lines of positive quantity with a customer, of the UCI online retail data, to 2011-12-09. */
static inline struct buyers real_online_retail(void) {
  struct buyers l = {0};
  char *text = real_file("online_retail/online_retail.csv.zst"), *rest = text, *line;
  int64_t(*v)[3] = malloc(600000 * sizeof *v);
  size_t n = 0;
  assert_non_null(v);
  while ((line = strsep(&rest, "\n")) && n < 600000) {
    char *at = line + strlen(line);
    const char *fields[5] = {"", "", "", "", ""}; /* from the right, where nothing is quoted */
    for (int i = 0; i < 5 && at > line; i++) {    /* country, customer, price, date, quantity */
      while (at > line && at[-1] != ',') at--;
      fields[i] = at;
      if (at > line) at--;
    }
    int y, m, d, id = atoi(fields[1]);
    double price = atof(fields[2]);
    if (id > 0 && atoi(fields[4]) > 0 && price > 0 && sscanf(fields[3], "%d-%d-%d", &y, &m, &d) == 3) {
      v[n][0] = id, v[n][1] = pt_days_from_civil(y, m, d);
      v[n++][2] = llround(atoi(fields[4]) * price * 1000);
    }
  }
  free(text);
  qsort(v, n, sizeof *v, real_by_buyer_and_day);
  for (size_t i = 0; i < n; i++) real_purchase(&l, (int)v[i][0], v[i][1], (double)v[i][2] / 1000);
  free(v);
  real_finish(&l, real_day(20111209));
  return l;
}

#endif

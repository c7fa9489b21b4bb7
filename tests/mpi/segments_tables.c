/* The tables of section 11 over six users told by hand, shared out over the ranks: 1 January to 31 March 2026. A table
 * is compared as lines of CSV. */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <math.h>
#include <portrait/cells.h>
#include <portrait/segments.h>
#include <stdio.h>
#include <stdlib.h>

static struct pt_comm *comm;

#define DAY(y, m, d) ((int32_t)pt_days_from_civil(y, m, d))

struct money {
  int month; /* of 2026, from 1; 0 ends */
  int purchases;
  double spend, net;
};
struct top {
  const char *category;
  int month, purchases;
  double spend;
};
static const struct told {
  int visits[5][3];      /* dates; year 0 ends */
  int orders[3][4];      /* date and number */
  struct money money[3]; /* by month */
  struct top tops[2];
  int done[4], full; /* steps of the funnel */
  uint32_t wait[4];
  bool a, b; /* segments */
} users[] = {
    {{{2026, 1, 5}, {2026, 1, 12}, {2026, 2, 20}, {2026, 3, 30}},
     {{2026, 1, 5, 2}},
     {{1, 2, 100, 90}, {3, 0, 0, -10}},
     {{"books", 1, 2, 100}},
     {1, 1, 0, 1},
     15,
     {0, 3600000, 0, 7200000},
     true,
     true},
    {{{2025, 12, 20}, {2026, 2, 1}},
     {{0}},
     {{2, 1, 30.5, 30.5}},
     {{0}},
     {1, 0, 0, 1},
     9,
     {0, 0, 0, 60000},
     true,
     false},
    {{{2026, 1, 7}, {2026, 3, 1}}, {{0}}, {{0}}, {{0}}, {1}, 1, {0}, false, false},
    {{{0}}, {{0}}, {{0}}, {{0}}, {0}, 0, {0}, false, false},
    {{{2026, 3, 31}}, {{2026, 3, 31, 1}}, {{3, 1, 5, 5}}, {{"toys", 3, 1, 5}}, {0}, 0, {0}, false, true},
    {{{2026, 1, 6}, {2026, 1, 13}, {2026, 1, 20}},
     {{2026, 1, 6, 1}},
     {{1, 1, 10, 10}},
     {{"toys", 1, 1, 10}},
     {1, 1},
     3,
     {0, 1800000},
     true,
     false},
};
#define N_USERS ((int)(sizeof users / sizeof *users))

struct made {
  struct pt_schema schema;
  struct pt_rows *rows;
  struct pt_mem mem;
  struct pt_dict *tops;
  struct pt_label_list labels;
  struct pt_frame frames[PT_SEGMENT_FRAMES];
  uint32_t n;
  struct pt_err err;
};

static uint32_t column(struct made *m, const char *name, enum pt_ctype type, uint32_t width, const struct pt_dict *d) {
  struct pt_column c = {.type = type, .width = width, .where = PT_HIDDEN, .family = "segments", .labels.dict = d};
  uint32_t at;
  snprintf(c.name, sizeof c.name, "%s", name);
  assert_int_equal(pt_schema_add(&m->schema, &c, &at, &m->err), 0);
  return at;
}

static void put(struct made *m, uint32_t at, uint32_t row, const char *bytes, size_t n) {
  if (n) assert_int_equal(pt_rows_put(m->rows, 0, at, row, bytes, n, &m->err), 0);
}

static void put_visits(struct made *m, uint32_t at, uint32_t row, const struct told *u) {
  char bytes[100];
  size_t n = 0;
  int32_t before = 0;
  for (int i = 0; i < 5 && u->visits[i][0]; i++) {
    int32_t day = DAY(u->visits[i][0], u->visits[i][1], u->visits[i][2]);
    n += i ? pt_cell_put(bytes + n, (uint64_t)(day - before)) : pt_cell_put_signed(bytes + n, day);
    before = day;
  }
  put(m, at, row, bytes, n);
}

static void put_orders(struct made *m, uint32_t at, uint32_t row, const struct told *u) {
  char bytes[100];
  size_t n = 0;
  for (int i = 0; i < 3 && u->orders[i][0]; i++) { /* no more than one day here */
    n += pt_cell_put_signed(bytes + n, DAY(u->orders[i][0], u->orders[i][1], u->orders[i][2]));
    n += pt_cell_put(bytes + n, (uint64_t)u->orders[i][3]);
  }
  put(m, at, row, bytes, n);
}

static void put_money(struct made *m, uint32_t at, uint32_t row, const struct told *u) {
  char bytes[100];
  size_t n = 0;
  for (int i = 0; i < 3 && u->money[i].month; i++) {
    const struct money *v = &u->money[i];
    if (i)
      n += pt_cell_put(bytes + n, (uint64_t)(v->month - v[-1].month));
    else
      n += pt_cell_put_signed(bytes + n, 12 * 2026 + v->month - 1);
    n += pt_cell_put(bytes + n, (uint64_t)v->purchases);
    n += pt_cell_put_signed(bytes + n, (int64_t)(v->spend * 10000));
    n += pt_cell_put_signed(bytes + n, (int64_t)(v->net * 10000));
  }
  put(m, at, row, bytes, n);
}

static void put_tops(struct made *m, uint32_t at, uint32_t row, const struct told *u) {
  char bytes[100];
  size_t n = 0;
  for (int i = 0; i < 2 && u->tops[i].category; i++) {
    n += pt_cell_put(bytes + n, pt_dict_put(m->tops, pt_slice_of(u->tops[i].category)));
    n += pt_cell_put_signed(bytes + n, 12 * 2026 + u->tops[i].month - 1);
    n += pt_cell_put(bytes + n, (uint64_t)u->tops[i].purchases);
    n += pt_cell_put_signed(bytes + n, (int64_t)(u->tops[i].spend * 10000));
  }
  put(m, at, row, bytes, n);
}

/* User i is on rank i % size. */
static void make_rows(struct made *m) {
  int rank = pt_comm_rank(comm), size = pt_comm_size(comm);
  m->tops = pt_dict_new();
  if (rank % 2) (void)pt_dict_put(m->tops, PT_SLICE("nobody buys this"));
  uint32_t visits = column(m, "_visit_days", PT_C_BYTES, 1, NULL),
           orders = column(m, "_order_days", PT_C_BYTES, 1, NULL),
           money = column(m, "_money_months", PT_C_BYTES, 1, NULL),
           tops = column(m, "_top_months", PT_C_BYTES, 1, m->tops), done = column(m, "_funnel_done", PT_C_U8, 4, NULL),
           full = column(m, "_funnel_full", PT_C_U32, 1, NULL), wait = column(m, "_funnel_wait", PT_C_U32, 4, NULL),
           in_a, in_b, range;
  assert_int_equal(pt_schema_segment(&m->schema, "a", "first", &in_a, &m->err), 0);
  assert_int_equal(pt_schema_segment(&m->schema, "b", "second", &in_b, &m->err), 0);
  assert_int_equal(pt_rows_open(&m->rows, &m->schema, &m->mem, NULL, &m->err), 0);
  struct pt_h128 hashes[N_USERS] = {{0, 0}};
  struct pt_slice ids[N_USERS];
  uint32_t n = 0;
  for (int i = rank; i < N_USERS; i += size) ids[n++] = PT_SLICE("u");
  if (n == 0) return;
  assert_int_equal(pt_rows_add(m->rows, n, hashes, ids, &range, &m->err), 0);
  for (uint32_t r = 0; r < n; r++) {
    const struct told *u = &users[rank + (int)r * size];
    put_visits(m, visits, r, u);
    put_orders(m, orders, r, u);
    put_money(m, money, r, u);
    put_tops(m, tops, r, u);
    for (int s = 0; s < 4; s++) {
      ((uint8_t *)pt_rows_values(m->rows, 0, done))[r * 4 + (uint32_t)s] = (uint8_t)u->done[s];
      ((uint32_t *)pt_rows_values(m->rows, 0, wait))[r * 4 + (uint32_t)s] = u->wait[s];
    }
    ((uint32_t *)pt_rows_values(m->rows, 0, full))[r] = (uint32_t)u->full;
    ((uint8_t *)pt_rows_values(m->rows, 0, in_a))[r] = u->a;
    ((uint8_t *)pt_rows_values(m->rows, 0, in_b))[r] = u->b;
  }
}

static void run(struct made *m, struct pt_segments_conf conf) {
  static char view[] = "view", cart[] = "cart_add", order[] = "order", purchase[] = "purchase";
  char *steps[] = {view, cart, order, purchase};
  struct pt_names names = {steps, 4};
  conf.steps = &names;
  conf.first_day = DAY(2026, 1, 1);
  conf.last_day = DAY(2026, 3, 31);
  if (conf.last_whole_day == 0) conf.last_whole_day = conf.last_day;
  if (conf.max_labels == 0) conf.max_labels = 50;
  assert_int_equal(pt_output_labels(comm, m->rows, 1000, &m->labels, &m->err), 0);
  assert_int_equal(pt_segments_run(comm, m->rows, &m->labels, &conf, m->frames, &m->n, &m->err), 0);
}

static void make(struct made *m, struct pt_segments_conf conf) {
  *m = (struct made){0};
  make_rows(m);
  run(m, conf);
}

static void close_made(struct made *m) {
  for (uint32_t i = 0; i < m->n; i++) pt_frame_free(&m->frames[i]);
  pt_label_list_free(&m->labels, m->schema.n_tags);
  pt_rows_close(m->rows);
  pt_schema_free(&m->schema);
  pt_dict_free(m->tops);
}

static const struct pt_frame *table(const struct made *m, const char *name) {
  for (uint32_t i = 0; i < m->n; i++)
    if (strcmp(m->frames[i].path + sizeof "segments/" - 1, name) == 0) return &m->frames[i];
  return NULL;
}

static void cell(const struct pt_frame_column *c, uint64_t row, struct pt_buf *out) {
  if (c->type == PT_FR_TEXT)
    (void)pt_buf_printf(out, "%s", c->v.text[row]);
  else if (c->type == PT_FR_I64)
    (void)pt_buf_printf(out, "%lld", (long long)c->v.i64[row]);
  else if (isnan(c->v.f64[row]))
    (void)pt_buf_printf(out, "-");
  else
    (void)pt_buf_printf(out, "%.6g", c->v.f64[row]);
}

/* The rows of a table that begin with `prefix`, without it. */
static void expect(const struct made *m, const char *name, const char *prefix, const char *wanted) {
  if (pt_comm_rank(comm) != 0) return;
  const struct pt_frame *f = table(m, name);
  struct pt_buf all = {0};
  (void)pt_buf_reserve(&all, 1);
  all.p[0] = 0;
  assert_non_null(f);
  for (uint64_t row = 0; row < f->n_rows; row++) {
    struct pt_buf line = {0};
    for (uint32_t c = 0; c < f->n_columns; c++) {
      if (c) (void)pt_buf_add(&line, ",", 1);
      cell(&f->columns[c], row, &line);
    }
    if (strncmp(line.p, prefix, strlen(prefix)) == 0) (void)pt_buf_printf(&all, "%s\n", line.p + strlen(prefix));
    pt_buf_free(&line);
  }
  assert_string_equal(all.p, wanted);
  pt_buf_free(&all);
}

static void test_growth(void **state) {
  struct made m;
  (void)state;
  make(&m, (struct pt_segments_conf){0});
  expect(&m, "growth", "all,", "2026-01,1,3,0,0,1\n2026-02,1,0,1,1,2\n2026-03,1,1,1,1,1\n");
  expect(&m, "growth", "a,", "2026-01,1,2,0,0,1\n2026-02,1,0,1,1,1\n2026-03,1,0,1,0,1\n");
  expect(&m, "growth", "b,", "2026-01,1,1,0,0,0\n2026-02,1,0,1,0,0\n2026-03,1,1,1,0,0\n");
  close_made(&m);
}

static void test_cohorts(void **state) {
  struct made m;
  (void)state;
  make(&m, (struct pt_segments_conf){0});
  expect(&m, "cohorts", "all,",
         "2026-01,0,2,2,2,2,110,100,1,50\n2026-01,1,2,2,1,0,0,0,0.5,50\n2026-01,2,2,2,1,0,0,-10,0.5,45\n"
         "2026-02,0,1,1,1,1,30.5,30.5,1,30.5\n2026-02,1,1,1,0,0,0,0,0,30.5\n"
         "2026-03,0,1,1,1,1,5,5,1,5\n");
  expect(&m, "cohorts", "b,2026-03", ",0,1,1,1,1,5,5,1,5\n");
  close_made(&m);
  make(&m, (struct pt_segments_conf){.last_whole_day = DAY(2026, 3, 30)}); /* March is not over */
  expect(&m, "cohorts", "all,2026-01,2", ",2,0,1,0,0,-10,-,-\n");
  expect(&m, "growth", "all,2026-03", ",0,1,1,1,1\n");
  expect(&m, "retention", "all,2026-03-30", "");
  close_made(&m);
}

static void test_retention(void **state) {
  struct made m;
  (void)state;
  make(&m, (struct pt_segments_conf){0});
  expect(&m, "retention", "all,2026-01-05,0", ",3,3,3,3,1,1\n");
  expect(&m, "retention", "all,2026-01-05,1,", "3,3,2,3,0.666667,1\n");
  expect(&m, "retention", "all,2026-01-05,2,", "3,3,1,3,0.333333,1\n");
  expect(&m, "retention", "all,2026-01-05,3,", "3,3,0,2,0,0.666667\n");
  expect(&m, "retention", "all,2026-01-05,12,", "3,2,1,1,0.5,0.5\n");
  expect(&m, "retention", "all,2026-01-05,13,", "");
  expect(&m, "retention", "all,2026-03-30,", "0,1,1,1,1,1,1\n");
  expect(&m, "retention", "all,2025", ""); /* before the log */
  expect(&m, "retention", "a,2026-01-05,1,", "2,2,2,2,1,1\n");
  close_made(&m);
}

static void test_burst(void **state) {
  struct made m;
  (void)state;
  make(&m, (struct pt_segments_conf){0});
  expect(&m, "burst", "all,2026-01-05", ",2,0,-,0.00187362,0\n"); /* 1 - e^-m - m e^-m, m = 1/16 */
  expect(&m, "burst", "all,2026-01-12", ",0,0.4,-1,1,0\n");
  expect(&m, "burst", "all,2026-03-31", ",1,0,-,0.0605869,0\n"); /* 1 - e^-m */
  expect(&m, "burst", "b,2026-01-06", ",0,0,-,1,0\n");
  if (pt_comm_rank(comm) == 0) assert_int_equal(table(&m, "burst")->n_rows, 3 * 90);
  close_made(&m);
}

static void test_trend(void **state) {
  struct made m;
  (void)state;
  make(&m, (struct pt_segments_conf){0});
  expect(&m, "trend", "all,", "books,2026-01,1,2,1,100\ntoys,2026-01,1,1,1,10\ntoys,2026-03,1,1,1,5\n");
  expect(&m, "trend", "b,", "books,2026-01,1,2,1,100\ntoys,2026-03,1,1,1,5\n");
  close_made(&m);
  make(&m, (struct pt_segments_conf){.max_labels = 1});
  expect(&m, "trend", "all,", "books,2026-01,1,2,1,100\nother,2026-01,1,1,1,10\nother,2026-03,1,1,1,5\n");
  close_made(&m);
}

static void test_funnel(void **state) {
  struct made m;
  (void)state;
  make(&m, (struct pt_segments_conf){0});
  expect(&m, "funnel", "all,", /* nobody does the step order */
         "0,view,4,1,-,4,1,-,-\n1,cart_add,2,0.5,0.5,2,0.5,0.5,0.75\n2,purchase,2,0.5,1,1,0.25,0.5,2\n");
  expect(&m, "funnel", "b,", "0,view,1,1,-,1,1,-,-\n1,cart_add,1,1,1,1,1,1,1\n2,purchase,1,1,1,1,1,1,2\n");
  close_made(&m);
}

static void test_overlap(void **state) {
  struct made m;
  (void)state;
  make(&m, (struct pt_segments_conf){0});
  expect(&m, "overlap", "", "a,b,1,3,2,0.25\n");
  close_made(&m);
}

static void test_chosen_tables(void **state) {
  static char growth[] = "growth", members[] = "members";
  char *chosen[] = {growth, members};
  struct pt_names names = {chosen, 2};
  struct made m;
  (void)state;
  make(&m, (struct pt_segments_conf){.tables = &names});
  assert_int_equal(m.n, 1);
  expect(&m, "growth", "b,2026-01", ",1,1,0,0,0\n");
  close_made(&m);
}

/* 40 users of two tags: x has labels of 1, 4 and 35 users, y halves them. */
static void make_tagged(struct made *m, uint32_t k) {
  static const char *const x[] = {"one", "four", "rest"}, *const y[] = {"even", "odd"};
  *m = (struct made){0};
  struct pt_tag tx, ty;
  struct pt_column c = {.family = "tags", .name = "x", .labels = {.names = x, .n_names = 3}}, d = c;
  snprintf(d.name, sizeof d.name, "y");
  d.labels = (struct pt_labels){.names = y, .n_names = 2};
  assert_int_equal(pt_schema_tag(&m->schema, &c, &tx, &m->err), 0);
  assert_int_equal(pt_schema_tag(&m->schema, &d, &ty, &m->err), 0);
  assert_int_equal(pt_rows_open(&m->rows, &m->schema, &m->mem, NULL, &m->err), 0);
  struct pt_h128 hashes[40] = {{0, 0}};
  struct pt_slice ids[40];
  uint32_t n = 0, range;
  for (int i = pt_comm_rank(comm); i < 40; i += pt_comm_size(comm)) ids[n++] = PT_SLICE("u");
  assert_int_equal(pt_rows_add(m->rows, n, hashes, ids, &range, &m->err), 0);
  for (uint32_t r = 0; r < n; r++) {
    int i = pt_comm_rank(comm) + (int)r * pt_comm_size(comm);
    ((int32_t *)pt_rows_values(m->rows, 0, tx.label))[r] = i < 1 ? 0 : i < 5 ? 1 : 2;
    ((int32_t *)pt_rows_values(m->rows, 0, ty.label))[r] = i % 2;
  }
  run(m, (struct pt_segments_conf){.privacy_k = k});
}

static void test_tgi(void **state) {
  struct made m;
  (void)state;
  make_tagged(&m, 0);
  expect(&m, "summary", "x=", "one,x,one,1,0.025\nfour,x,four,4,0.1\nrest,x,rest,35,0.875\n");
  /* z = (17/35 - 1/2) / sqrt(1/4 (1/35 - 1/40)); all cells of all have z = 0 or none */
  expect(&m, "tgi", "x=rest,",
         "y,even,17,35,20,40,0.485714,0.5,97.1429,-0.478091,0.948878\n"
         "y,odd,18,35,20,40,0.514286,0.5,102.857,0.478091,0.948878\n");
  close_made(&m);
}

/* A small label falls, and with it the smallest of the others; what is left adds up to nothing. */
static void test_small_cells(void **state) {
  struct made m;
  (void)state;
  make_tagged(&m, 3);
  expect(&m, "summary", "x=", "one,x,one,-,-\nfour,x,four,-,-\nrest,x,rest,35,0.875\n");
  expect(&m, "summary", "y=", "even,y,even,20,0.5\nodd,y,odd,20,0.5\n");
  expect(&m, "tgi", "all,x,",
         "one,-,40,-,40,-,-,-,-,-\nfour,-,40,-,40,-,-,-,-,-\nrest,35,40,35,40,0.875,0.875,100,-,-\n");
  expect(&m, "tgi", "y=even,x,",
         "one,-,20,-,40,-,-,-,-,-\nfour,-,20,-,40,-,-,-,-,-\nrest,17,20,35,40,0.85,0.875,97.1429,-0.478091,0.948878\n");
  expect(&m, "tgi", "x=four,", "y,even,-,-,20,40,-,0.5,-,-,-\ny,odd,-,-,20,40,-,0.5,-,-,-\n");
  close_made(&m);
  make(&m, (struct pt_segments_conf){.privacy_k = 2});
  expect(&m, "growth", "all,", "2026-01,1,3,-,-,-\n2026-02,1,-,-,-,2\n2026-03,1,-,-,-,-\n");
  expect(&m, "cohorts", "all,2026-01", ",0,2,2,2,2,110,100,1,50\n,1,2,2,-,-,-,-,-,-\n,2,2,2,-,-,-,-,-,-\n");
  expect(&m, "cohorts", "all,2026-02", ",0,-,-,-,-,-,-,-,-\n,1,-,-,-,-,-,-,-,-\n");
  expect(&m, "funnel", "all,", "0,view,4,1,-,4,-,-,-\n1,cart_add,2,0.5,0.5,2,-,-,0.75\n2,purchase,2,0.5,1,-,-,-,-\n");
  expect(&m, "overlap", "", "a,b,-,3,2,-\n");
  close_made(&m);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_growth),    cmocka_unit_test(test_cohorts),
                                     cmocka_unit_test(test_retention), cmocka_unit_test(test_burst),
                                     cmocka_unit_test(test_trend),     cmocka_unit_test(test_funnel),
                                     cmocka_unit_test(test_overlap),   cmocka_unit_test(test_chosen_tables),
                                     cmocka_unit_test(test_tgi),       cmocka_unit_test(test_small_cells)};
  struct pt_err err = {0};
  if (pt_comm_open(&comm, &argc, &argv, &err)) return 1;
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  pt_comm_close(comm);
  return failed;
}

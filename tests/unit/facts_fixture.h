/* Small users told as tables: events in order, the columns they must give. Population needs are worked out here the
 * plain way, so that finish() can be tested without ranks. */
#ifndef FACTS_FIXTURE_H
#define FACTS_FIXTURE_H
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <math.h>
#include <portrait/decimal.h>
#include <portrait/facts.h>
#include <portrait/record.h>
#include <stdio.h>
#include <stdlib.h>

/* One event; NULL = absent. Local times of the fixture's zone. */
struct ev {
  const char *time, *type;
  const char *item, *order, *session, *coupon, *query; /* keys */
  const char *category, *brand, *channel, *city;       /* dictionary texts */
  const char *style, *size, *topic;
  const char *amount, *price, *list, *discount, *qty, *results;
  const char *device, *store, *guide;
};
#define FX_DICTS 10
#define E(at, ...) \
  { .time = at, .type = __VA_ARGS__ }
struct user {
  const struct ev *events;
  uint32_t n;
};
#define USER(list) \
  { list, sizeof(list) / sizeof *(list) }

/* A user record, packed; time NULL = undated. A user's records stand in order. */
struct rec {
  uint32_t user;
  const char *time;
  struct pt_slice packed;
};

/* "-" = absent; labels by text; numbers as text, rounded to the column's type. "matrix/entry" is a cell of sparse rows:
 * "." = there is none. */
struct want {
  const char *column;
  uint32_t user;
  const char *value;
};

struct fixture {
  struct pt_conf conf;
  struct pt_facts_ctx ctx;
  struct pt_zone *zone;
  const struct rec *records;
  uint32_t n_records;
  struct pt_slice texts[FX_DICTS][32]; /* in the order of fx_dicts; sorted */
  struct pt_slice names[8];            /* unknown event names */
  struct pt_schema schema;
  struct pt_facts *facts;
  struct pt_rows *rows;
  struct pt_mem mem;
  uint64_t fields;
  struct pt_err err;
};

static const enum pt_field fx_dicts[FX_DICTS] = {PT_F_CATEGORY, PT_F_BRAND, PT_F_CHANNEL, PT_F_CITY,  PT_F_STYLE,
                                                 PT_F_SIZE,     PT_F_TOPIC, PT_F_DEVICE,  PT_F_STORE, PT_F_GUIDE};

static struct pt_names fx_names(const char *const *v, uint32_t n) {
  return (struct pt_names){(char **)(uintptr_t)v, n};
}
#define NAMES(...) fx_names((const char *const[]){__VA_ARGS__}, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *))

static const char *const fx_counted[] = {"view",     "search", "click",  "favorite", "follow", "cart_add",
                                         "purchase", "review", "return", "share",    "login"};
static const char *const fx_not_visit[] = {"message_*", "unsubscribe", "complaint", "uninstall",  "receive",
                                           "refund",    "cancel",      "reject",    "coupon_get", "coupon_use"};
static const char *const fx_steps[] = {"view", "cart_add", "order", "purchase"};

/* The catalogue's defaults; T = 2026-04-01 00:00 local. */
static inline void fx_open(struct fixture *f, const char *zone) {
  *f = (struct fixture){.conf = {.windows = {7, 30, 90, 365},
                                 .n_windows = 4,
                                 .session_gap_ms = 30 * 60000,
                                 .cart_abandon_ms = 72 * INT64_C(3600000),
                                 .clv_unit_ms = 7 * PT_DAY_MS}};
  static const struct {
    enum pt_type type;
    int weight, days;
  } weights[] = {{PT_T_VIEW, 1, 30},     {PT_T_CLICK, 1, 30},     {PT_T_SEARCH, 2, 30},
                 {PT_T_FAVORITE, 3, 60}, {PT_T_FOLLOW, 3, 60},    {PT_T_CART_ADD, 4, 60},
                 {PT_T_ORDER, 5, 180},   {PT_T_PURCHASE, 8, 180}, {PT_T_RETURN, -4, 180}};
  for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
    f->conf.weight[weights[i].type] = weights[i].weight;
    f->conf.half_life_ms[weights[i].type] = weights[i].days * INT64_C(86400000);
  }
  f->conf.shrink = 5;
  f->conf.counted_events = fx_names(fx_counted, 11);
  f->conf.not_visit = fx_names(fx_not_visit, 10);
  f->conf.funnel_steps = fx_names(fx_steps, 4);
  assert_int_equal(pt_zone_open(&f->zone, zone, &f->err), 0);
  f->ctx.conf = &f->conf;
  f->ctx.zone = f->zone;
}

static inline int64_t fx_time(const struct fixture *f, const char *text) {
  struct pt_time_format iso = {.kind = PT_TIME_ISO};
  int64_t ms = 0;
  if (pt_time_parse(&iso, f->zone, pt_slice_of(text), &ms)) fail_msg("bad time '%s'", text);
  return ms;
}

static inline void fx_learn(struct pt_slice *list, uint32_t *n, uint32_t cap, const char *text) {
  if (!text) return;
  uint32_t i = 0;
  while (i < *n && pt_slice_cmp(list[i], pt_slice_of(text)) < 0) i++;
  if (i < *n && pt_slice_eq(list[i], pt_slice_of(text))) return;
  assert_true(*n < cap);
  memmove(&list[i + 1], &list[i], (*n - i) * sizeof *list);
  list[i] = pt_slice_of(text);
  ++*n;
}

static inline void fx_dictionaries(struct fixture *f, const struct user *users, uint32_t n) {
  for (uint32_t u = 0; u < n; u++)
    for (uint32_t i = 0; i < users[u].n; i++) {
      const struct ev *e = &users[u].events[i];
      const char *texts[FX_DICTS] = {e->category, e->brand, e->channel, e->city,  e->style,
                                     e->size,     e->topic, e->device,  e->store, e->guide};
      for (int d = 0; d < FX_DICTS; d++) fx_learn(f->texts[d], &f->ctx.n_dict[fx_dicts[d]], 32, texts[d]);
      if (pt_type_of(pt_slice_of(e->type)) == PT_T_OTHER) fx_learn(f->names, &f->ctx.n_dict[PT_F_EVENT], 8, e->type);
    }
  for (int d = 0; d < FX_DICTS; d++) f->ctx.dict[fx_dicts[d]] = f->texts[d];
  f->ctx.dict[PT_F_EVENT] = f->names;
}

static inline int64_t fx_code(const struct fixture *f, enum pt_field field, const char *text) {
  for (uint32_t i = 0; i < f->ctx.n_dict[field]; i++)
    if (pt_slice_eq(f->ctx.dict[field][i], pt_slice_of(text))) return i;
  fail_msg("no code for '%s'", text);
  return -1;
}

static inline void fx_set(struct pt_event *e, enum pt_field field, int64_t v) {
  e->v[field] = v;
  e->has |= PT_BIT(field);
}
static inline void fx_key(struct pt_event *e, enum pt_field field, const char *text) {
  if (text) fx_set(e, field, (int64_t)pt_hash64(text, strlen(text)));
}
static inline void fx_number(struct pt_event *e, enum pt_field field, int digits, const char *text) {
  int64_t v = 0;
  if (!text) return;
  assert_int_equal(pt_decimal(pt_slice_of(text), digits, INT64_C(100000000000), &v), 0);
  fx_set(e, field, v);
}

/* What cleaning makes of it: the amount is told, or price * quantity - discount. */
static inline struct pt_event fx_event(const struct fixture *f, const struct ev *in) {
  struct pt_event e = {.time = fx_time(f, in->time), .type = (uint8_t)pt_type_of(pt_slice_of(in->type))};
  const char *texts[FX_DICTS] = {in->category, in->brand, in->channel, in->city,  in->style,
                                 in->size,     in->topic, in->device,  in->store, in->guide};
  fx_set(&e, PT_F_TIME, e.time);
  for (int d = 0; d < FX_DICTS; d++)
    if (texts[d]) fx_set(&e, fx_dicts[d], fx_code(f, fx_dicts[d], texts[d]));
  if (e.type == PT_T_OTHER) fx_set(&e, PT_F_EVENT, fx_code(f, PT_F_EVENT, in->type));
  fx_key(&e, PT_F_ITEM_ID, in->item);
  fx_key(&e, PT_F_ORDER_ID, in->order);
  fx_key(&e, PT_F_SESSION_ID, in->session);
  fx_key(&e, PT_F_COUPON_ID, in->coupon);
  fx_key(&e, PT_F_QUERY, in->query);
  fx_number(&e, PT_F_PRICE, 4, in->price);
  fx_number(&e, PT_F_LIST_PRICE, 4, in->list);
  fx_number(&e, PT_F_DISCOUNT, 4, in->discount);
  fx_number(&e, PT_F_QUANTITY, 3, in->qty);
  fx_number(&e, PT_F_RESULTS, 3, in->results);
  if (in->amount)
    fx_number(&e, PT_F_AMOUNT, 4, in->amount);
  else if (in->price)
    fx_set(&e, PT_F_AMOUNT,
           pt_money_times(e.v[PT_F_PRICE], pt_ev(&e, PT_F_QUANTITY, 1000)) - pt_ev(&e, PT_F_DISCOUNT, 0));
  return e;
}

static inline double fx_value(const struct pt_column *c, const void *values, size_t i) {
  switch (c->type) {
    case PT_C_U8:
    case PT_C_BOOL:
      return ((const uint8_t *)values)[i];
    case PT_C_U16:
      return ((const uint16_t *)values)[i];
    case PT_C_U32:
      return ((const uint32_t *)values)[i];
    case PT_C_I32:
    case PT_C_LABEL:
      return ((const int32_t *)values)[i];
    case PT_C_I64:
      return (double)((const int64_t *)values)[i];
    case PT_C_F32:
      return ((const float *)values)[i];
    case PT_C_F64:
      return ((const double *)values)[i];
    default:
      return NAN;
  }
}

static int fx_order(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* All users are here, so that codes are places in the vocabulary as they are. */
static inline void fx_vocabularies(struct fixture *f) {
  for (int d = 0; d < FX_DICTS; d++) {
    struct pt_vocabulary v = {.text = f->texts[d], .n = f->ctx.n_dict[fx_dicts[d]]};
    assert_int_equal(pt_rows_set_vocabulary(f->rows, fx_dicts[d], &v, &f->err), 0);
  }
}

static inline void fx_codes(struct fixture *f, const struct pt_popneed *need, uint32_t column, uint32_t n) {
  const struct pt_sparse *s = f->schema.columns[column].sparse;
  struct pt_codesums *out = need->codes;
  out->vocabulary = pt_rows_vocabulary(f->rows, s->vocabulary);
  out->sum = calloc(out->vocabulary->n + 1, sizeof *out->sum);
  for (uint32_t r = 0; r < n; r++) {
    struct pt_slice b = pt_rows_bytes(f->rows, 0, column, r);
    for (size_t at = 0; at < b.n; at += pt_cell_bytes(s)) {
      uint32_t code;
      int64_t v;
      memcpy(&code, b.p + at, sizeof code);
      memcpy(&v, b.p + at + 8, sizeof v);
      out->sum[code] += (double)v;
      out->all += (double)v;
    }
  }
}

static inline void fx_need(struct fixture *f, const struct pt_popneed *need, uint32_t n) {
  int64_t at = pt_schema_find(&f->schema, need->column);
  assert_true(at >= 0);
  if (need->need == PT_NEED_CODES) {
    fx_codes(f, need, (uint32_t)at, n);
    return;
  }
  const struct pt_column *c = &f->schema.columns[at];
  const void *values = pt_rows_values(f->rows, 0, (uint32_t)at);
  if (need->need == PT_NEED_SUM) {
    for (uint32_t k = 0; k < c->width; k++) {
      need->out[k] = n ? 0 : NAN;
      for (uint32_t r = 0; r < n; r++) need->out[k] += fx_value(c, values, (size_t)r * c->width + k);
    }
    return;
  }
  double *v = calloc(n + 1, sizeof *v);
  uint32_t known = 0;
  for (uint32_t r = 0; r < n; r++)
    if (!isnan(fx_value(c, values, r))) v[known++] = fx_value(c, values, r);
  qsort(v, known, sizeof *v, fx_order);
  *need->out = known ? (v[(known - 1) / 2] + v[known / 2]) / 2 : NAN;
  free(v);
}

/* Opens the families, runs all users, the population pass and finish. */
static inline void fx_run(struct fixture *f, const struct user *users, uint32_t n) {
  struct pt_err *err = &f->err;
  if (pt_facts_open(&f->facts, &f->ctx, &f->schema, &f->fields, err)) fail_msg("%s", err->text);
  if (!f->ctx.as_of) f->ctx.as_of = fx_time(f, "2026-04-01");
  int64_t from, to, last = f->ctx.as_of - 1;
  f->ctx.last_day = pt_floor_div(last + pt_zone_offset(f->zone, last, &from, &to), PT_DAY_MS);
  fx_dictionaries(f, users, n);
  assert_int_equal(pt_rows_open(&f->rows, &f->schema, &f->mem, NULL, err), 0);
  struct pt_h128 *hashes = calloc(n, sizeof *hashes);
  struct pt_slice *ids = calloc(n, sizeof *ids);
  for (uint32_t u = 0; u < n; u++) ids[u] = PT_SLICE("u");
  uint32_t range;
  assert_int_equal(pt_rows_add(f->rows, n, hashes, ids, &range, err), 0);
  free(hashes);
  free(ids);
  if (pt_facts_start(f->facts, &f->ctx, err)) fail_msg("%s", err->text);
  for (uint32_t u = 0; u < n; u++) {
    assert_int_equal(pt_facts_begin(f->facts), 0);
    for (uint32_t i = 0; i < f->n_records; i++) {
      const struct rec *r = &f->records[i];
      struct pt_event e = {
          .time = r->time ? fx_time(f, r->time) : PT_UNDATED, .type = PT_T_RECORD, .event_id = r->packed};
      if (r->user == u) pt_facts_record(f->facts, &e);
    }
    for (uint32_t i = 0; i < users[u].n; i++) {
      struct pt_event e = fx_event(f, &users[u].events[i]);
      assert_int_equal(pt_facts_event(f->facts, &e, err), 0);
    }
    assert_int_equal(pt_facts_end(f->facts, f->rows, range, u, err), 0);
  }
  fx_vocabularies(f);
  struct pt_popneed *needs;
  uint32_t n_needs;
  assert_int_equal(pt_facts_needs(f->facts, &needs, &n_needs, err), 0);
  for (uint32_t i = 0; i < n_needs; i++) fx_need(f, &needs[i], n);
  assert_int_equal(pt_facts_finish(f->facts, f->rows, range, err), 0);
}

static inline void fx_close(struct fixture *f) {
  pt_rows_close(f->rows);
  pt_facts_close(f->facts);
  pt_schema_free(&f->schema);
  pt_zone_close(f->zone);
}

/* The cell as text: "-" absent, a label, or a number with 17 digits. */
static inline void fx_cell(struct fixture *f, uint32_t column, uint32_t row, char out[300]) {
  const struct pt_column *c = &f->schema.columns[column];
  const uint8_t *mask = pt_rows_mask(f->rows, 0, column);
  double v = fx_value(c, pt_rows_values(f->rows, 0, column), row);
  if ((mask && mask[row]) || isnan(v) || (c->type == PT_C_LABEL && v < 0)) {
    snprintf(out, 300, "-");
  } else if (c->type == PT_C_LABEL) {
    struct pt_slice s =
        c->labels.names ? pt_slice_of(c->labels.names[(uint32_t)v]) : pt_dict_at(c->labels.dict, (uint32_t)v);
    snprintf(out, 300, "%.*s", (int)s.n, s.p);
  } else {
    snprintf(out, 300, "%.17g", v);
  }
}

/* A cell of sparse rows by "matrix/entry"; *type = of the matrix. */
static inline void fx_sparse(struct fixture *f, const char *name, uint32_t row, char out[300], enum pt_ctype *type) {
  const char *entry = strchr(name, '/') + 1;
  const struct pt_schema *s = &f->schema;
  snprintf(out, 300, ".");
  for (uint32_t c = 0; c < s->n; c++)
    for (uint32_t p = 0; s->columns[c].sparse && p < s->columns[c].sparse->n_planes; p++) {
      const struct pt_plane *plane = &s->columns[c].sparse->planes[p];
      if (strlen(plane->name) != (size_t)(entry - 1 - name) || strncmp(plane->name, name, strlen(plane->name)) != 0)
        continue;
      const struct pt_vocabulary *v = pt_rows_vocabulary(f->rows, s->columns[c].sparse->vocabulary);
      uint32_t code = pt_vocabulary_find(v, pt_slice_of(entry)), size = pt_cell_bytes(s->columns[c].sparse);
      struct pt_slice b = pt_rows_bytes(f->rows, 0, c, row);
      *type = plane->type;
      for (size_t at = 0; at < b.n; at += size) {
        double d;
        int64_t i;
        if (memcmp(b.p + at, &code, sizeof code) != 0) continue;
        memcpy(&d, b.p + at + 8 + 8 * p, sizeof d);
        memcpy(&i, b.p + at + 8 + 8 * p, sizeof i);
        double value = *type == PT_C_F32 ? (double)(float)d : *type == PT_C_F64 ? d : (double)i;
        snprintf(out, 300, isnan(value) ? "-" : "%.17g", value);
      }
      return;
    }
  fail_msg("no matrix %s", name);
}

static inline void fx_check(struct fixture *f, const struct want *wants, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    char got[300], expected[300], *end;
    enum pt_ctype type = PT_C_F64;
    if (strchr(wants[i].column, '/')) {
      fx_sparse(f, wants[i].column, wants[i].user, got, &type);
    } else {
      int64_t at = pt_schema_find(&f->schema, wants[i].column);
      if (at < 0) fail_msg("no column %s", wants[i].column);
      fx_cell(f, (uint32_t)at, wants[i].user, got);
      type = f->schema.columns[at].type;
    }
    double v = strtod(wants[i].value, &end);
    if (type == PT_C_LABEL || *end || end == wants[i].value)
      snprintf(expected, sizeof expected, "%s", wants[i].value);
    else
      snprintf(expected, sizeof expected, "%.17g", type == PT_C_F32 ? (double)(float)v : v);
    if (strcmp(got, expected) != 0)
      fail_msg("%s of user %u: %s, expected %s", wants[i].column, wants[i].user, got, expected);
  }
}
#define CHECK(f, wants) fx_check(f, wants, sizeof(wants) / sizeof *(wants))
#define RUN(f, users)   fx_run(f, users, sizeof(users) / sizeof *(users))

#endif

/* A bucket's rows to users. The rows are ordered by hash (one counting pass for hashes as they come), then each user's
 * run is ordered by the catalogue. Memory: 32 bytes an event of the bucket, which the order by hash and the orders of
 * the users share, 16 bytes a record and 56 bytes a user; a user's table of event_ids comes on top while that user is
 * in hand. */
#include <portrait/group.h>
#include <stdlib.h>
#include <sys/random.h>

#include "group_priv.h"

_Static_assert(sizeof(struct pt_item) == sizeof(struct pt_hashed), "both orders share their memory");

#define AHEAD 12 /* rows asked for before they are needed: about the latency of the outer cache */

int pt_group_no_memory(struct pt_err *err) {
  return pt_fail(err, "group", PT_MEMORY, 0, "out of memory for the events of a bucket");
}

int pt_group_open(struct pt_group **out, const struct pt_group_conf *conf, struct pt_err *err) {
  struct pt_group *g = calloc(1, sizeof *g);
  if (!g) return pt_group_no_memory(err);
  uint32_t named;
  pt_store_ordered(conf->store, PT_F_SOURCE, &named);
  g->conf = *conf;
  g->n_sources = conf->n_formats + named;
  g->counts = calloc(g->n_sources + (size_t)1, sizeof *g->counts);
  if (!g->counts) {
    pt_group_close(g);
    return pt_group_no_memory(err);
  }
  /* Without entropy yet the default key stays: the outcome is the same, only less safe against made-up ids. */
  if (getrandom(&g->secret, sizeof g->secret, GRND_NONBLOCK) != (ssize_t)sizeof g->secret)
    g->secret = pt_hash_key_default();
  *out = g;
  return 0;
}

void pt_group_close(struct pt_group *g) {
  if (!g) return;
  pt_table_free(&g->seen);
  free(g->counts);
  free(g->items);
  free(g->hashes);
  free(g->ids);
  free(g->first);
  free(g->first_record);
  free(g->records);
  free(g);
}

static int reserve(struct pt_group *g, size_t rows, size_t users, struct pt_err *err) {
  if (rows > g->cap_items) {
    free(g->items);
    g->cap_items = 0;
    g->items = malloc(2 * rows * sizeof *g->items);
    if (!g->items) return pt_group_no_memory(err);
    g->cap_items = rows;
  }
  g->spare = g->items ? g->items + g->cap_items : NULL;
  if (users <= g->cap_users) return 0;
  free(g->hashes);
  free(g->ids);
  free(g->first);
  free(g->first_record);
  g->cap_users = 0;
  g->hashes = malloc(users * sizeof *g->hashes);
  g->ids = malloc(users * sizeof *g->ids);
  g->first = malloc(2 * users * sizeof *g->first);
  g->first_record = malloc((users + 1) * sizeof *g->first_record);
  if (!g->hashes || !g->ids || !g->first || !g->first_record) return pt_group_no_memory(err);
  g->cap_users = users;
  g->n = g->first + users;
  return 0;
}

struct pt_group_counts *pt_group_source(struct pt_group *g, const unsigned char *row) {
  struct pt_row_head h = pt_row_head(row);
  uint32_t source = h.format;
  if (__builtin_expect((h.has & PT_BIT(PT_F_SOURCE)) != 0, 0)) {
    unsigned before = pt_bits(h.has & PT_CODE_BITS & (PT_BIT(PT_F_SOURCE) - 1));
    memcpy(&source, row + sizeof h + 4 * before, sizeof source);
    source += g->conf.n_formats;
  }
  return &g->counts[source < g->n_sources ? source : g->n_sources];
}

/* The distinct ids of the bucket in hash order, into g->hashes and g->ids; *n = how many. */
static void order_ids(struct pt_group *g, const struct pt_bucket *b, size_t *n) {
  struct pt_hashed *v = (struct pt_hashed *)g->items;
  for (uint64_t i = 0; i < b->n_ids; i++) v[i] = (struct pt_hashed){b->id_hash[i].hi, &b->id_hash[i]};
  pt_sort_hashed(v, (struct pt_hashed *)g->spare, b->n_ids);
  size_t out = 0;
  for (uint64_t i = 0; i < b->n_ids; i++) {
    size_t from = (size_t)((const struct pt_h128 *)v[i].at - b->id_hash);
    if (out && pt_h128_cmp(g->hashes[out - 1], b->id_hash[from]) == 0) continue;
    g->hashes[out] = b->id_hash[from];
    g->ids[out++] = b->ids[from];
  }
  *n = out;
}

/* What one user's rows become. */
struct tally {
  struct pt_group_seen seen;
  uint64_t rows; /* of this user, records too */
  size_t events;
  bool record;
};

static int add_record(struct pt_group *g, int64_t time, const unsigned char *row, struct pt_err *err) {
  if (g->n_records == g->cap_records) {
    size_t cap = g->cap_records ? 2 * g->cap_records : 256;
    struct pt_item *p = realloc(g->records, cap * sizeof *p);
    if (!p) return pt_group_no_memory(err);
    g->records = p;
    g->cap_records = cap;
  }
  g->records[g->n_records++] = (struct pt_item){time, row};
  return 0;
}

static bool same_user(const struct pt_hashed *a, struct pt_h128 h) {
  return a->hi == h.hi && pt_row_user(a->at).lo == h.lo;
}

/* Turns the rows of user `h` at the front of v into items, in place, and records into g->records; counts records and
 * purchases without amount. */
static struct tally take_user(struct pt_group *g, struct pt_hashed *v, size_t n, struct pt_h128 h, struct pt_err *err) {
  struct tally t = {.rows = 0};
  struct pt_item *items = (struct pt_item *)v;
  uint8_t format = pt_row_head(v[0].at).format;
  for (; t.rows < n && same_user(&v[t.rows], h); t.rows++) {
    if (t.rows + AHEAD < n) __builtin_prefetch(v[t.rows + AHEAD].at);
    const unsigned char *row = v[t.rows].at;
    struct pt_row_head head = pt_row_head(row);
    if (head.type == PT_T_RECORD) {
      t.record = true;
      pt_group_source(g, row)->records++;
      PT_LATER(add_record(g, head.time, row, err));
      continue;
    }
    if (head.type == PT_T_PURCHASE && !(head.has & PT_BIT(PT_F_AMOUNT))) pt_group_source(g, row)->no_amount++;
    t.seen.event_ids |= head.id_n != 0;
    t.seen.many_formats |= head.format != format;
    items[t.events++] = (struct pt_item){head.time, row};
  }
  return t;
}

/* Counts the events and cuts those from as_of on, which stand last. */
static size_t count_events(struct pt_group *g, const struct pt_item *v, size_t n) {
  size_t left = n;
  while (left && v[left - 1].time >= g->conf.as_of) pt_group_source(g, v[--left].row)->after_as_of++;
  for (size_t i = 0; i < left; i++) pt_group_source(g, v[i].row)->counted++;
  return left;
}

static int add_user(struct pt_group *g, size_t *next_id, size_t n_ids, struct pt_h128 h, uint64_t first, uint64_t n,
                    struct pt_err *err) {
  size_t i = *next_id;
  while (i < n_ids && pt_h128_cmp(g->hashes[i], h) < 0) i++;
  *next_id = i;
  if (i == n_ids || pt_h128_cmp(g->hashes[i], h) != 0)
    return pt_fail(err, "group", PT_INTERNAL, 0, "a user of slot %u came without an id", pt_slot(h));
  /* Users are a part of the ids, in the same order: what is written stands before what is still to be read. */
  g->hashes[g->n_users] = h;
  g->ids[g->n_users] = g->ids[i];
  g->first[g->n_users] = first;
  g->first_record[g->n_users + 1] = g->n_records;
  g->n[g->n_users++] = n;
  *next_id = i + 1;
  return 0;
}

int pt_group_bucket(struct pt_group *g, const struct pt_bucket *b, struct pt_err *err) {
  g->n_users = 0;
  g->n_records = 0;
  size_t n = b->n_rows, n_ids, next_id = 0;
  PT_TRY(reserve(g, n > b->n_ids ? n : b->n_ids, b->n_ids, err));
  order_ids(g, b, &n_ids);
  if (b->n_ids) g->first_record[0] = 0;
  struct pt_hashed *v = (struct pt_hashed *)g->items;
  for (size_t i = 0; i < n; i++) v[i] = (struct pt_hashed){pt_row_user(b->rows[i]).hi, b->rows[i]};
  pt_sort_hashed(v, (struct pt_hashed *)g->spare, n);
  for (size_t from = 0; from < n;) {
    struct pt_h128 h = pt_row_user(v[from].at);
    size_t records = g->n_records;
    struct tally t = take_user(g, v + from, n - from, h, err);
    if (err->code) return err->code;
    if (t.record) pt_group_sort(g, g->records + records, g->spare, g->n_records - records);
    struct pt_item *items = g->items + from;
    size_t events;
    pt_group_sort(g, items, g->spare, t.events);
    PT_TRY(pt_group_dups(g, items, t.events, t.seen, &events, err));
    events = count_events(g, items, events);
    if (events || t.record) PT_TRY(add_user(g, &next_id, n_ids, h, from, events, err));
    from += t.rows;
  }
  return 0;
}

uint32_t pt_group_users(const struct pt_group *g) {
  return g->n_users;
}
const struct pt_h128 *pt_group_hashes(const struct pt_group *g) {
  return g->hashes;
}
const struct pt_slice *pt_group_ids(const struct pt_group *g) {
  return g->ids;
}
uint64_t pt_group_events(const struct pt_group *g, uint32_t u) {
  return g->n[u];
}

void pt_group_event(const struct pt_group *g, uint32_t u, uint64_t i, struct pt_event *e) {
  const struct pt_item *v = g->items + g->first[u] + i;
  if (i + AHEAD < g->n[u]) {
    __builtin_prefetch(v[AHEAD].row);
    __builtin_prefetch(v[AHEAD].row + 64);
  }
  pt_unpack(v->row, e);
}

uint64_t pt_group_records(const struct pt_group *g, uint32_t u) {
  return g->first_record[u + 1] - g->first_record[u];
}

void pt_group_record(const struct pt_group *g, uint32_t u, uint64_t i, struct pt_event *e) {
  pt_unpack(g->records[g->first_record[u] + i].row, e);
}

const struct pt_group_counts *pt_group_counts(const struct pt_group *g, uint32_t *n) {
  *n = g->n_sources;
  return g->counts;
}

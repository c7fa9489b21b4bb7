/* One event: whose, when, what, then numbers, keys and dictionary fields. Reasons are looked for in the order of the
 * contract: user, time, event, future, numbers, currency. Memory: the dictionaries, and a constant. */
#include "clean_priv.h"

#include <stdlib.h>

static const uint64_t checked =
    PT_BIT(PT_F_TIME) | PT_BIT(PT_F_USER_ID) | PT_BIT(PT_F_EVENT) | PT_BIT(PT_F_EVENT_ID) | PT_BIT(PT_F_ANONYMOUS_ID) |
    PT_BIT(PT_F_PRICE) | PT_BIT(PT_F_LIST_PRICE) | PT_BIT(PT_F_QUANTITY) | PT_BIT(PT_F_AMOUNT) | PT_BIT(PT_F_DISCOUNT) |
    PT_BIT(PT_F_CURRENCY) | PT_BIT(PT_F_RESULTS) | PT_BIT(PT_F_RATING) | PT_BIT(PT_F_LATITUDE) |
    PT_BIT(PT_F_LONGITUDE) | PT_BIT(PT_F_SOURCE) | PT_BIT(PT_F_RECEIVED_AT);

uint64_t pt_cleaner_wants(uint64_t carried) {
  return carried | checked;
}

int pt_cleaner_open(struct pt_cleaner **out, const struct pt_conf *conf, const struct pt_zone *zone,
                    const struct pt_hash_key *key, const uint64_t *carried, struct pt_err *err) {
  struct pt_cleaner *c = calloc(1, sizeof *c);
  if (!c) return pt_fail(err, "clean", PT_MEMORY, 0, "out of memory");
  c->conf = conf;
  c->zone = zone;
  c->key = *key;
  for (int t = 0; t < PT_T_COUNT; t++)
    c->carried[t] = carried[t] | PT_BIT(PT_F_EVENT) | PT_BIT(PT_F_SOURCE) | PT_BIT(PT_F_RECEIVED_AT);
  c->names = pt_dict_new();
  c->categories.raw = pt_dict_new();
  bool good = c->names && c->categories.raw;
  for (int f = 0; f < PT_F_COUNT; f++)
    if (pt_field_info[f].kind == PT_K_DICT && !(c->dicts[f] = pt_dict_new())) good = false;
  if (!good) {
    pt_cleaner_close(c);
    return pt_fail(err, "clean", PT_MEMORY, 0, "out of memory");
  }
  *out = c;
  return 0;
}

void pt_cleaner_close(struct pt_cleaner *c) {
  if (!c) return;
  pt_clean_rules_free(c);
  for (int f = 0; f < PT_F_COUNT; f++) pt_dict_free(c->dicts[f]);
  pt_dict_free(c->categories.raw);
  free(c->categories.code);
  pt_dict_free(c->names);
  free(c->of_name);
  free(c);
}

uint64_t pt_cleaner_unread(const struct pt_cleaner *c) {
  return c->unread;
}

struct pt_dict *pt_cleaner_dict(struct pt_cleaner *c, enum pt_field f) {
  return c->dicts[f];
}

int pt_cleaner_part(struct pt_cleaner *c, const struct pt_parser *p, const struct pt_format *f, uint8_t format_index,
                    struct pt_err *err) {
  c->parser = p;
  if (c->format != f) {
    pt_dict_free(c->names); /* the names of another format may mean other events */
    c->names = pt_dict_new();
    if (!c->names) return pt_fail(err, "clean", PT_MEMORY, 0, "out of memory");
    memset(&c->name_memo, 0, sizeof c->name_memo);
  }
  c->format = f;
  c->format_index = format_index;
  return pt_clean_rules(c, err);
}

/* -- whose -- */

static bool user_of(struct pt_cleaner *c, struct pt_slice *user, enum pt_reason *reason) {
  const struct pt_value *v = &c->in->v[PT_F_USER_ID];
  *user = pt_clean_id(v, c->conf->integer_ids, c->user);
  *reason = PT_R_BAD_USER;
  if (user->n > PT_MAX_ID || v->kind == PT_V_OTHER) return false;
  if (user->n) return true;
  *reason = PT_R_MISSING_USER;
  if (c->conf->identity != PT_ID_COALESCE) return false;
  struct pt_slice anonymous = pt_clean_id(&c->in->v[PT_F_ANONYMOUS_ID], c->conf->integer_ids, c->id);
  if (anonymous.n == 0 || anonymous.n > PT_MAX_ID - 5) return false;
  memcpy(c->user, "anon:", 5);
  memcpy(c->user + 5, anonymous.p, anonymous.n < sizeof c->user - 5 ? anonymous.n : sizeof c->user - 5);
  *user = (struct pt_slice){c->user, anonymous.n + 5};
  return user->n <= sizeof c->user;
}

/* -- when -- */

/* 1 read, 0 absent, -1 bad. */
static int time_of(struct pt_cleaner *c, enum pt_field f, int64_t *out) {
  const struct pt_value *v = &c->in->v[f];
  if (v->kind == PT_V_ABSENT || v->kind == PT_V_NULL) return 0;
  struct pt_slice text = {v->p, v->n};
  if (v->kind == PT_V_TEXT && pt_slice_trim(text).n == 0) return 0;
  bool unix_time = c->format->time.kind == PT_TIME_UNIX_S || c->format->time.kind == PT_TIME_UNIX_MS;
  if (v->kind != PT_V_TEXT && !(v->kind == PT_V_NUMBER && unix_time)) return -1;
  return pt_time_parse(&c->format->time, c->zone, text, out) ? -1 : 1;
}

static bool when(struct pt_cleaner *c, struct pt_event *e, enum pt_reason *reason) {
  int there = time_of(c, PT_F_TIME, &e->time);
  if (there == 0 && c->format->users) { /* a record without a date is older than any with one */
    e->time = PT_UNDATED;
    return true;
  }
  *reason = there == 0 ? PT_R_MISSING_TIME : PT_R_BAD_TIME;
  return there > 0 && e->time >= c->conf->time_from && e->time < c->conf->time_to;
}

static bool received(struct pt_cleaner *c, struct pt_event *e, enum pt_reason *reason) {
  int64_t at;
  if (!(c->in->maybe >> PT_F_RECEIVED_AT & 1)) return true;
  if (time_of(c, PT_F_RECEIVED_AT, &at) <= 0) return true; /* one that cannot be read is absent */
  e->v[PT_F_RECEIVED_AT] = at;
  e->has |= PT_BIT(PT_F_RECEIVED_AT);
  *reason = PT_R_FUTURE;
  return e->time <= at + PT_DAY_MS;
}

/* -- what -- */

static bool new_name(struct pt_cleaner *c, struct pt_slice raw, uint32_t code) {
  if (code >= c->cap_names) {
    uint32_t cap = c->cap_names ? c->cap_names * 2 : 64;
    struct event_name *of = realloc(c->of_name, cap * sizeof *of);
    if (!of) return false;
    c->of_name = of;
    c->cap_names = cap;
  }
  struct pt_slice name = raw;
  for (uint32_t i = 0; i < c->format->n_events; i++)
    if (pt_slice_eq(raw, pt_slice_of(c->format->events[i].from))) name = pt_slice_of(c->format->events[i].to);
  struct event_name n = {.type = (uint8_t)pt_type_of(name)};
  if (n.type == PT_T_OTHER) {
    n.other = pt_dict_put(c->dicts[PT_F_EVENT], name);
    if (n.other == PT_NO_CODE) return false;
  }
  c->of_name[code] = n;
  return true;
}

static bool what(struct pt_cleaner *c, struct pt_event *e) {
  if (c->in->record) {
    e->type = PT_T_RECORD;
    return true;
  }
  struct pt_slice name;
  if (c->format->event) {
    if (!pt_clean_event_rule(c, &name)) return false;
  } else {
    name = pt_clean_text(&c->in->v[PT_F_EVENT]);
  }
  if (name.n == 0) return false;
  bool held;
  uint64_t words[4];
  struct pt_memo_cell *cell = pt_memo_find(&c->name_memo, name, words, &held);
  uint32_t code = held ? cell->code : 0;
  if (!held) {
    uint32_t known = pt_dict_count(c->names);
    code = pt_dict_put(c->names, name);
    if (code == PT_NO_CODE || (code == known && !new_name(c, name, code))) return false;
    pt_memo_keep(cell, words, name.n, code);
  }
  e->type = c->of_name[code].type;
  if (e->type == PT_T_OTHER) {
    e->v[PT_F_EVENT] = c->of_name[code].other;
    e->has |= PT_BIT(PT_F_EVENT);
  }
  return true;
}

/* -- keys and dictionary fields -- */

static uint32_t category_code(struct pt_cleaner *c, struct pt_slice raw) {
  struct lexicon *l = &c->categories;
  uint32_t known = pt_dict_count(l->raw), code = pt_dict_put(l->raw, raw);
  if (code == PT_NO_CODE) return code;
  if (code < known) return l->code[code];
  if (code >= l->cap) {
    uint32_t cap = l->cap ? l->cap * 2 : 256;
    uint32_t *p = realloc(l->code, cap * sizeof *p);
    if (!p) return PT_NO_CODE;
    l->code = p;
    l->cap = cap;
  }
  struct pt_slice path = pt_clean_category(raw, c->path, sizeof c->path);
  l->code[code] = path.n ? pt_dict_put(c->dicts[PT_F_CATEGORY], path) : PT_NO_CODE;
  return l->code[code];
}

static void key_field(struct pt_cleaner *c, enum pt_field f, struct pt_event *e) {
  const struct pt_value *v = &c->in->v[f];
  bool text = f == PT_F_QUERY; /* a query is a text, not an id */
  struct pt_slice id = text ? pt_clean_text(v) : pt_clean_id(v, c->conf->integer_ids, c->id);
  if (id.n == 0 || (!text && id.n > PT_MAX_ID)) return;
  e->v[f] = (int64_t)pt_hash64(id.p, id.n);
  e->has |= PT_BIT(f);
}

static void dict_field(struct pt_cleaner *c, enum pt_field f, struct pt_event *e) {
  struct pt_slice text = pt_clean_text(&c->in->v[f]);
  if (text.n == 0) return;
  bool held;
  uint64_t words[4];
  struct pt_memo_cell *cell = pt_memo_find(&c->memos[f], text, words, &held);
  uint32_t code = held ? cell->code : 0;
  if (!held) {
    code = f == PT_F_CATEGORY ? category_code(c, text) : pt_dict_put(c->dicts[f], text);
    pt_memo_keep(cell, words, text.n, code);
  }
  if (code == PT_NO_CODE) return;
  e->v[f] = code;
  e->has |= PT_BIT(f);
}

static void fields(struct pt_cleaner *c, struct pt_event *e) {
  uint64_t todo = c->carried[e->type] & c->in->maybe & ~PT_BIT(PT_F_EVENT);
  for (; todo; todo &= todo - 1) {
    enum pt_field f = (enum pt_field)__builtin_ctzll(todo);
    if (c->in->v[f].kind <= PT_V_NULL) continue;
    if (pt_field_info[f].kind == PT_K_KEY) key_field(c, f, e);
    if (pt_field_info[f].kind == PT_K_DICT) dict_field(c, f, e);
  }
  e->event_id = (struct pt_slice){NULL, 0};
  if (!(c->in->maybe >> PT_F_EVENT_ID & 1)) return;
  struct pt_slice id = pt_clean_id(&c->in->v[PT_F_EVENT_ID], c->conf->integer_ids, c->event_id);
  e->event_id = id.n <= PT_MAX_ID ? id : (struct pt_slice){NULL, 0};
}

enum pt_fate pt_clean(struct pt_cleaner *c, const struct pt_fields *in, uint64_t fingerprint, uint16_t nth,
                      struct pt_event *e, struct pt_slice *user, enum pt_reason *reason) {
  c->in = in;
  e->has = 0;
  if (!pt_clean_where(c)) return PT_FILTERED;
  if (!user_of(c, user, reason) || !when(c, e, reason)) return PT_REJECTED_LINE;
  if (!what(c, e)) {
    *reason = PT_R_MISSING_EVENT;
    return PT_REJECTED_LINE;
  }
  if (!received(c, e, reason)) return PT_REJECTED_LINE;
  if (e->type != PT_T_RECORD && !pt_clean_numbers(c, e, reason)) return PT_REJECTED_LINE;
  e->user = pt_hash_user(&c->key, user->p, user->n);
  e->fingerprint = fingerprint;
  e->format = c->format_index;
  e->nth = nth;
  fields(c, e);
  if (e->type == PT_T_RECORD) e->event_id = pt_clean_record(c);
  return PT_ACCEPTED;
}

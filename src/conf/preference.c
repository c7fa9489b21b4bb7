/* Keys of preferences: numbers by event, and the garments that have sizes. */
#include <portrait/decimal.h>
#include <portrait/nearest.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf_priv.h"

static const char *type_name(void *ctx, uint32_t i) {
  (void)ctx;
  return i < PT_T_OTHER ? pt_type_name[i] : NULL;
}

/* Each event that is named gets its number at[type]; the others keep theirs. */
static int read_by_event(const struct pt_reading *r, const struct pt_key *key, uint32_t node, int64_t *at,
                         int (*take)(const struct pt_reading *, const struct pt_key *, uint32_t, int64_t *)) {
  const struct pt_ynode *nodes = r->doc->nodes;
  if (nodes[node].kind != PT_Y_MAP)
    return pt_yaml_fail(r->doc, node, r->err, "%s is a map by event, such as %s", key->info.name, key->info.type);
  for (uint32_t k = nodes[node].child; k; k = nodes[nodes[k].next].next) {
    const char *name = pt_yaml_text(r->doc, k);
    enum pt_type type = pt_type_of(pt_slice_of(name));
    const char *near = type == PT_T_OTHER ? pt_nearest(pt_slice_of(name), type_name, NULL) : NULL;
    if (type == PT_T_OTHER)
      return pt_yaml_fail(r->doc, k, r->err, "%s: '%.64s' is no event of the catalogue%s%s%s", key->info.name, name,
                          near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
    PT_TRY(take(r, key, nodes[k].next, &at[type]));
  }
  return 0;
}

static int take_ms(const struct pt_reading *r, const struct pt_key *key, uint32_t node, int64_t *at) {
  return pt_read_ms(r, key, node, at);
}

static int take_weight(const struct pt_reading *r, const struct pt_key *key, uint32_t node, int64_t *at) {
  const char *text = pt_read_scalar(r, key->info.name, node);
  if (!text) return r->err->code;
  bool whole = text[0] && text[strspn(text, "+-0123456789")] == 0;
  if (!whole || pt_decimal(pt_slice_of(text), 0, 100, at))
    return pt_yaml_fail(r->doc, node, r->err, "%s: a whole number from -100 to 100, not '%.64s'", key->info.name, text);
  return 0;
}

int pt_read_half_lives(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  return read_by_event(r, key, node, at, take_ms);
}

int pt_read_weights(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  return read_by_event(r, key, node, at, take_weight);
}

static int write_by_event(const int64_t *v, bool ms, struct pt_buf *out) {
  int failed = pt_buf_add(out, " {", 2);
  const char *comma = "";
  for (int t = 0; t < PT_T_OTHER && !failed; t++) {
    if (v[t] == 0) continue;
    failed = pt_buf_printf(out, "%s%s: ", comma, pt_type_name[t]) ||
             (ms ? pt_unit_ms_text(v[t], out) : pt_buf_printf(out, "%lld", (long long)v[t]));
    comma = ", ";
  }
  return failed || pt_buf_add(out, "}", 1) ? -1 : 0;
}

int pt_write_half_lives(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  return write_by_event(at, true, out);
}

/* A weight of 0 is written where it takes a default's place. */
int pt_write_weights(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  const int64_t *v = at;
  int failed = pt_buf_add(out, " {", 2);
  for (int t = 0; t < PT_T_OTHER && !failed; t++)
    failed = pt_buf_printf(out, "%s%s: %lld", t ? ", " : "", pt_type_name[t], (long long)v[t]);
  return failed || pt_buf_add(out, "}", 1) ? -1 : 0;
}

static int read_garment(const struct pt_reading *r, const struct pt_key *key, uint32_t k, struct pt_garment *g) {
  const char *name = pt_yaml_text(r->doc, k), *p = name;
  bool good = strlen(name) < sizeof g->name && *name;
  for (; *p && good; p++) good = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_';
  if (!good)
    return pt_yaml_fail(r->doc, k, r->err, "%s: '%.64s' names the column size_NAME: a-z, 0-9 and _, up to %zu bytes",
                        key->info.name, name, sizeof g->name - 1);
  snprintf(g->name, sizeof g->name, "%s", name);
  struct pt_key list = {.info = key->info, .low = 1, .high = 1000, .item = pt_item_category};
  return pt_read_names(r, &list, r->doc->nodes[k].next, &g->categories);
}

void pt_garments_free(struct pt_garments *g) {
  for (uint32_t i = 0; i < g->n; i++) pt_names_free(&g->v[i].categories);
  free(g->v);
  *g = (struct pt_garments){0};
}

int pt_read_garments(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  const struct pt_ynode *nodes = r->doc->nodes;
  struct pt_garments got = {0};
  uint32_t n = 0;
  if (nodes[node].kind != PT_Y_MAP)
    return pt_yaml_fail(r->doc, node, r->err, "%s is a map such as {shoes: [fashion.women.shoes]}", key->info.name);
  for (uint32_t k = nodes[node].child; k; k = nodes[nodes[k].next].next) n++;
  if (n > key->high)
    return pt_yaml_fail(r->doc, node, r->err, "%s: at most %llu garments", key->info.name,
                        (unsigned long long)key->high);
  got.v = calloc((size_t)n + 1, sizeof *got.v);
  if (!got.v) return pt_conf_no_memory(r->err);
  int code = 0;
  for (uint32_t k = nodes[node].child; k && !code; k = nodes[nodes[k].next].next)
    code = read_garment(r, key, k, &got.v[got.n++]);
  if (code) {
    pt_garments_free(&got);
    return code;
  }
  pt_garments_free(at);
  *(struct pt_garments *)at = got;
  return 0;
}

int pt_write_garments(const struct pt_key *key, const void *at, struct pt_buf *out) {
  const struct pt_garments *g = at;
  int failed = pt_buf_add(out, " {", 2);
  for (uint32_t i = 0; i < g->n && !failed; i++)
    failed = pt_buf_printf(out, "%s%s:", i ? ", " : "", g->v[i].name) || pt_write_names(key, &g->v[i].categories, out);
  return failed || pt_buf_add(out, "}", 1) ? -1 : 0;
}

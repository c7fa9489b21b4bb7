/* What several keys must be together. */
#include "conf_priv.h"

static uint32_t place_of(const uint32_t *given, const char *name) {
  for (uint32_t i = 0; i < pt_keys_n; i++)
    if (strcmp(pt_keys[i].info.name, name) == 0) return given[i];
  return 0;
}

static int check_money(const struct pt_reading *r, const struct pt_conf *c, const uint32_t *given) {
  uint32_t node = place_of(given, "money.rates");
  if (c->n_rates && !c->currency[0])
    return pt_yaml_fail(r->doc, node, r->err, "money.rates has no effect without money.currency");
  for (uint32_t i = 0; i < c->n_rates; i++)
    if (strcmp(c->rates[i].code, c->currency) == 0)
      return pt_yaml_fail(r->doc, node, r->err, "money.rates: %s is money.currency itself", c->currency);
  return 0;
}

static bool has(const struct pt_names *names, const char *name) {
  for (uint32_t i = 0; i < names->n; i++)
    if (strcmp(names->v[i], name) == 0) return true;
  return false;
}

static int check_visits(const struct pt_reading *r, const struct pt_conf *c, const uint32_t *given) {
  uint32_t node = place_of(given, "visit_events");
  for (uint32_t i = 0; i < c->visit_events.n; i++) {
    const char *name = c->visit_events.v[i];
    if (has(&c->not_visit, name))
      return pt_yaml_fail(r->doc, node ? node : place_of(given, "not_visit"), r->err,
                          "'%s' stands in visit_events and in not_visit", name);
    if (pt_type_of(pt_slice_of(name)) != PT_T_OTHER)
      return pt_yaml_fail(r->doc, node, r->err,
                          "visit_events: '%s' is in the catalogue's list: a visit unless not_visit names it", name);
  }
  return 0;
}

/* A byte of an event's name as its columns have it. */
static char column_byte(char c) {
  if (c >= 'A' && c <= 'Z') return (char)(c + 32);
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
}

static bool same_columns(const char *a, const char *b) {
  while (*a && *b && column_byte(*a) == column_byte(*b)) {
    a++;
    b++;
  }
  return !*a && !*b;
}

static int check_counted(const struct pt_reading *r, const struct pt_conf *c, const uint32_t *given) {
  const struct pt_names *names = &c->counted_events;
  for (uint32_t i = 0; i < names->n; i++)
    for (uint32_t k = 0; k < i; k++)
      if (same_columns(names->v[i], names->v[k]))
        return pt_yaml_fail(r->doc, place_of(given, "counted_events"), r->err,
                            "counted_events: '%s' and '%s' would give the same columns", names->v[k], names->v[i]);
  return 0;
}

static int check_weights(const struct pt_reading *r, const struct pt_conf *c, const uint32_t *given) {
  for (int t = 0; t < PT_T_OTHER; t++)
    if (c->weight[t] && !c->half_life_ms[t])
      return pt_yaml_fail(r->doc, place_of(given, "preference.weights"), r->err,
                          "preference.weights: %s has no half_life: name it there too", pt_type_name[t]);
  return 0;
}

int pt_conf_check(const struct pt_reading *r, const struct pt_conf *c, const uint32_t *given) {
  PT_TRY(check_money(r, c, given));
  PT_TRY(check_visits(r, c, given));
  PT_TRY(check_weights(r, c, given));
  return check_counted(r, c, given);
}

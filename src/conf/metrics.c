/* The key `metrics`: a map from names to metrics. Each metric's keys are rows of a table, read in its order, so that
 * the written-out job file has them in one order too. What an expression says is checked where it is compiled; here,
 * what the keys must be together. */
#include <portrait/nearest.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf_priv.h"

const char *const pt_metric_op_name[PT_M_OPS + 1] = {"count", "sum",      "mean", "min", "max", "first",
                                                     "last",  "distinct", "days", "top", NULL};

static pt_key_read read_expression, read_window;
static pt_key_write write_expression, write_window;

#define AT(member) .offset = offsetof(struct pt_metric, member)

enum { OP, OF, EVENT, WHERE, WINDOW, UNIT, DESCRIPTION, N_KEYS };
const struct pt_key pt_metric_keys[] = {
    [OP] = {.info = {"metrics.NAME.op", "count, sum, mean, min, max, first, last, distinct, days or top", "", "none",
                     "What is made of the events: their number, the sum, mean, smallest, largest, first or last value "
                     "of `of`, its different values, the local days with an event, or its most frequent text (then the "
                     "latest, then the first by bytes)."},
            .read = pt_read_choice,
            .write = pt_write_choice,
            AT(op),
            .choices = pt_metric_op_name},
    [OF] = {.info = {"metrics.NAME.of", "expression", "", "time (first and last alone)",
                     "The value of each event: a field, or an expression over fields such as 'price * quantity'; hour, "
                     "weekday (0 = Monday) and days_since are there too. Events where it is unknown are passed over."},
            .read = read_expression,
            .write = write_expression,
            AT(of)},
    [EVENT] = {.info = {"metrics.NAME.event", "event name or list of them", "", "all events",
                        "The events it is made of. As everywhere, a purchase with a negative amount is a refund of its "
                        "absolute value."},
               .read = pt_read_names,
               .write = pt_write_names,
               .low = 1,
               .high = 256,
               .item = pt_item_event,
               AT(events)},
    [WHERE] = {.info = {"metrics.NAME.where", "expression", "", "every event",
                        "Only events for which this is true: \"category == 'home.kitchen' and quantity > 1\"."},
               .read = read_expression,
               .write = write_expression,
               AT(where)},
    [WINDOW] = {.info = {"metrics.NAME.window", "days, all, or list of them", "days", "all",
                         "Only events of so many last days: 90d. A list makes a column for each, with the window "
                         "behind the name: [30d, all] gives NAME_30d and NAME_all."},
                .read = read_window,
                .write = write_window,
                AT(window)},
    [UNIT] = {.info = {"metrics.NAME.unit", "text", "", "told by op and of",
                       "The unit that the column is marked with."},
              .read = pt_read_text,
              .write = pt_write_text,
              .high = sizeof((struct pt_metric *)0)->unit,
              AT(unit)},
    [DESCRIPTION] = {.info = {"metrics.NAME.description", "text", "", "made of the other keys",
                              "What the column tells, in the file and in `portrait explain`."},
                     .read = pt_read_long_text,
                     .write = pt_write_long_text,
                     AT(description)},
};
const uint32_t pt_metric_keys_n = N_KEYS;

static const char *sub_name(void *ctx, uint32_t i) {
  (void)ctx;
  return i < N_KEYS ? pt_metric_keys[i].info.name + strlen("metrics.NAME.") : NULL;
}

static int place_of(const struct pt_reading *r, uint32_t node, char *out, size_t n) {
  const struct pt_ynode *y = &r->doc->nodes[node];
  return snprintf(out, n, "%.120s:%u:%u", r->doc->name, y->line, y->col);
}

static int read_expression(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  struct pt_rule *t = at;
  char place[160];
  PT_TRY(pt_read_long_text(r, key, node, &t->text));
  place_of(r, node, place, sizeof place);
  t->place = strdup(place);
  return t->place ? 0 : pt_conf_no_memory(r->err);
}

static int write_expression(const struct pt_key *key, const void *at, struct pt_buf *out) {
  return pt_write_text(key, ((const struct pt_rule *)at)->text, out);
}

static int take_window(const struct pt_reading *r, uint32_t node, struct pt_metric_windows *w) {
  const char *text = pt_read_scalar(r, "metrics.NAME.window", node);
  if (!text) return r->err->code;
  int64_t days = strcmp(text, "all") == 0 ? (int64_t)PT_METRIC_ALL : pt_whole_days(text);
  if (days < 0)
    return pt_yaml_fail(r->doc, node, r->err, "a window is all or whole days from 1 to 36500, not '%.64s'", text);
  if (w->n == sizeof w->v / sizeof *w->v)
    return pt_yaml_fail(r->doc, node, r->err, "more than %zu windows", sizeof w->v / sizeof *w->v);
  if (w->n && days <= w->v[w->n - 1])
    return pt_yaml_fail(r->doc, node, r->err, "windows ascend, all behind the others, each once");
  w->v[w->n++] = (uint32_t)days;
  return 0;
}

static int read_window(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  const struct pt_ynode *nodes = r->doc->nodes;
  struct pt_metric_windows *w = at;
  *w = (struct pt_metric_windows){.listed = nodes[node].kind == PT_Y_LIST};
  if (!w->listed) return take_window(r, node, w);
  for (uint32_t i = nodes[node].child; i; i = nodes[i].next) PT_TRY(take_window(r, i, w));
  return w->n ? 0 : pt_yaml_fail(r->doc, node, r->err, "%s: an empty list", key->info.name);
}

static int write_window(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  const struct pt_metric_windows *w = at;
  int failed = pt_buf_printf(out, w->listed ? " [" : " ");
  for (uint32_t i = 0; i < w->n && !failed; i++) {
    if (i) failed = pt_buf_add(out, ", ", 2);
    if (failed) break;
    failed = w->v[i] == PT_METRIC_ALL ? pt_buf_printf(out, "all") : pt_buf_printf(out, "%ud", w->v[i]);
  }
  return failed || (w->listed && pt_buf_add(out, "]", 1)) ? -1 : 0;
}

static int check_name(const struct pt_reading *r, uint32_t node, const char *name) {
  const char *p = name;
  bool good = *p >= 'a' && *p <= 'z' && strlen(name) <= 64;
  for (; *p && good; p++) good = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_';
  if (good) return 0;
  return pt_yaml_fail(r->doc, node, r->err, "metrics: '%.80s' is no column name ([a-z][a-z0-9_]*, up to 64 bytes)",
                      name);
}

/* nodes[i] = the value of key i; 0 = not given. */
static int collect(const struct pt_reading *r, const struct pt_metric *m, uint32_t map, uint32_t given[N_KEYS]) {
  const struct pt_ynode *nodes = r->doc->nodes;
  for (uint32_t k = nodes[map].child; k; k = nodes[nodes[k].next].next) {
    const char *name = pt_yaml_text(r->doc, k);
    uint32_t i = 0;
    while (i < N_KEYS && strcmp(sub_name(NULL, i), name) != 0) i++;
    if (i < N_KEYS) {
      given[i] = nodes[k].next;
      continue;
    }
    const char *near = pt_nearest(pt_slice_of(name), sub_name, NULL);
    return pt_yaml_fail(r->doc, k, r->err, "unknown key 'metrics.%s.%.64s'%s%s%s", m->name, name,
                        near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
  }
  return 0;
}

static int check_metric(const struct pt_reading *r, const struct pt_metric *m, uint32_t map, const uint32_t *given) {
  bool needs = m->op == PT_M_SUM || m->op == PT_M_MEAN || m->op == PT_M_MIN || m->op == PT_M_MAX ||
               m->op == PT_M_DISTINCT || m->op == PT_M_TOP;
  if (!given[OP]) return pt_yaml_fail(r->doc, map, r->err, "metrics.%s: 'op' is missing", m->name);
  if (needs && !given[OF])
    return pt_yaml_fail(r->doc, map, r->err, "metrics.%s: 'of' is missing: %s of what?", m->name,
                        pt_metric_op_name[m->op]);
  if (m->op == PT_M_DAYS && given[OF])
    return pt_yaml_fail(r->doc, given[OF], r->err, "metrics.%s: 'of' has no effect with op: days", m->name);
  return 0;
}

static int read_metric(const struct pt_reading *r, uint32_t key, struct pt_metric *m) {
  uint32_t map = r->doc->nodes[key].next, given[N_KEYS] = {0};
  const char *name = pt_yaml_text(r->doc, key);
  PT_TRY(check_name(r, key, name));
  snprintf(m->name, sizeof m->name, "%s", name);
  place_of(r, key, m->place, sizeof m->place);
  if (r->doc->nodes[map].kind != PT_Y_MAP)
    return pt_yaml_fail(r->doc, map, r->err, "metrics.%s is a map such as {op: count, event: view}", name);
  PT_TRY(collect(r, m, map, given));
  m->window = (struct pt_metric_windows){.v = {PT_METRIC_ALL}, .n = 1};
  for (uint32_t i = 0; i < N_KEYS; i++) {
    const struct pt_key *k = &pt_metric_keys[i];
    if (given[i]) PT_TRY(k->read(r, k, given[i], (char *)m + k->offset));
  }
  return check_metric(r, m, map, given);
}

static void free_metric(struct pt_metric *m) {
  free(m->of.text);
  free(m->of.place);
  free(m->where.text);
  free(m->where.place);
  free(m->description);
  pt_names_free(&m->events);
}

void pt_metrics_free(struct pt_metrics *metrics) {
  for (uint32_t i = 0; i < metrics->n; i++) free_metric(&metrics->v[i]);
  free(metrics->v);
  *metrics = (struct pt_metrics){0};
}

int pt_read_metrics(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  const struct pt_ynode *nodes = r->doc->nodes;
  struct pt_metrics got = {0};
  uint32_t n = 0;
  if (nodes[node].kind != PT_Y_MAP) return pt_yaml_fail(r->doc, node, r->err, "metrics is a map of names");
  for (uint32_t k = nodes[node].child; k; k = nodes[nodes[k].next].next) n++;
  if (n > key->high) return pt_yaml_fail(r->doc, node, r->err, "more than %llu metrics", (unsigned long long)key->high);
  got.v = calloc((size_t)n + 1, sizeof *got.v);
  if (!got.v) return pt_conf_no_memory(r->err);
  int code = 0;
  for (uint32_t k = nodes[node].child; k && !code; k = nodes[nodes[k].next].next)
    code = read_metric(r, k, &got.v[got.n++]);
  if (code) {
    pt_metrics_free(&got);
    return code;
  }
  pt_metrics_free(at);
  *(struct pt_metrics *)at = got;
  return 0;
}

static bool is_written(const struct pt_metric *m, uint32_t key) {
  if (key == OF) return m->of.text != NULL;
  if (key == EVENT) return m->events.n > 0;
  if (key == WHERE) return m->where.text != NULL;
  if (key == UNIT) return m->unit[0] != 0;
  return key != DESCRIPTION || m->description;
}

int pt_write_metrics(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  const struct pt_metrics *metrics = at;
  int failed = metrics->n ? 0 : pt_buf_printf(out, " {}");
  for (uint32_t i = 0; i < metrics->n && !failed; i++) {
    const struct pt_metric *m = &metrics->v[i];
    failed = pt_buf_printf(out, "\n  %s:", m->name);
    for (uint32_t k = 0; k < N_KEYS && !failed; k++) {
      if (!is_written(m, k)) continue;
      failed = pt_buf_printf(out, "\n    %s:", sub_name(NULL, k)) ||
               pt_metric_keys[k].write(&pt_metric_keys[k], (const char *)m + pt_metric_keys[k].offset, out);
    }
  }
  return failed ? -1 : 0;
}

/* Counts, days, first and last time of each counted event. Counters are kept for the smallest window an event is in
 * and summed at the end of the user: one addition an event, whatever the number of windows. */
#include <string.h>

#include "facts/family.h"

enum { COUNT, DAYS, FIRST, LAST, N_ROWS };
static const struct pt_colrow rows[N_ROWS] = {
    [COUNT] = {.name = "count", .type = PT_C_U32, .flags = PT_COL_WINDOWS, .unit = "events", .text = "* events"},
    [DAYS] = {.name = "days",
              .type = PT_C_U16,
              .flags = PT_COL_WINDOWS,
              .unit = "days",
              .text = "Distinct local days with a * event"},
    [FIRST] = {.name = "first",
               .type = PT_C_I64,
               .flags = PT_COL_NULLABLE,
               .unit = "ms since 1970-01-01T00:00:00Z",
               .text = "Time of the first * event"},
    [LAST] = {.name = "last",
              .type = PT_C_I64,
              .flags = PT_COL_NULLABLE,
              .unit = "ms since 1970-01-01T00:00:00Z",
              .text = "Time of the last * event"},
};

struct counter {
  int64_t first, last;
  struct pt_days day;
  uint32_t count[PT_MAX_WINDOWS], days[PT_MAX_WINDOWS];
  bool any;
};

struct state {
  struct pt_cols cols; /* rows[] once for each counted event */
  struct counter *counters;
  uint32_t n;
  uint64_t types; /* with a wanted column */
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  free(s->counters);
  free(s);
}

/* Event names are the user's: other characters become '_'. */
static void map_name(const char *name, char out[65]) {
  size_t n = strnlen(name, 64);
  for (size_t i = 0; i < n; i++) {
    char c = name[i];
    if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
    out[i] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
  }
  out[n] = 0;
}

static int open_columns(struct state *s, const struct pt_colopen *o, struct pt_err *err) {
  const struct pt_names *names = &o->ctx->conf->counted_events;
  if (names->n >= UINT8_MAX) return pt_fail(err, "facts", PT_CONFIG, 0, "counted_events has more than 254 names");
  for (uint32_t i = 0; i < names->n; i++) {
    char name[65];
    map_name(names->v[i], name);
    PT_TRY(pt_facts_cols_add(&s->cols, o, rows, N_ROWS, name, err));
    for (uint32_t r = 0; r < N_ROWS; r++)
      if (pt_wanted(&s->cols, i * N_ROWS + r)) s->types |= PT_TYPE_BIT(pt_type_of(pt_slice_of(names->v[i])));
  }
  s->n = names->n;
  s->counters = calloc((size_t)s->n + 1, sizeof *s->counters);
  return s->counters ? 0 : pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for counted events");
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  PT_TRY(open_columns(s, &(struct pt_colopen){ctx, schema, fields, "activity"}, err));
  return pt_facts_opened(state, &s->cols, close_state);
}

static uint64_t types(void *state) {
  return ((struct state *)state)->types;
}

static void begin(void *state) {
  struct state *s = state;
  for (uint32_t i = 0; i < s->n; i++)
    if (s->counters[i].any) memset(&s->counters[i], 0, sizeof s->counters[i]);
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  (void)err;
  if (d->counted == UINT8_MAX) return 0;
  struct counter *c = &((struct state *)state)->counters[d->counted];
  if (!c->any) {
    c->any = true;
    c->first = e->time;
    c->day.latest = PT_NO_DAY;
  }
  c->last = e->time;
  c->count[d->window]++;
  if (pt_day_new(&c->day, d->day)) c->days[d->window]++;
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  pt_facts_cols_at(&s->cols, to, range, row);
  for (uint32_t i = 0; i < s->n; i++) {
    const struct counter *c = &s->counters[i];
    uint32_t base = i * N_ROWS;
    pt_put_time(&s->cols, pt_slot_at(&s->cols, base + FIRST), c->any, c->first);
    pt_put_time(&s->cols, pt_slot_at(&s->cols, base + LAST), c->any, c->last);
    if (!c->any) continue; /* rows begin as zeros */
    pt_facts_put_counts(&s->cols, base + COUNT, c->count);
    pt_facts_put_days(&s->cols, base + DAYS, c->days);
  }
  return 0;
}

const struct pt_family pt_facts_activity = {
    .name = "activity",
    .open = open_state,
    .close = close_state,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
};

/* Visit events: first, last, active days, the clock of the user, and the tags that read it. Histograms are sums of
 * integer weights, so ties are decided on integers. */
#include <string.h>

#include "facts/decay.h"
#include "facts/family.h"

#define HALF_LIFE 30.0 /* days; the catalogue's, for the histograms */

static const char *const hours[24] = {"0",  "1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",  "9",  "10", "11",
                                      "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23"};
static const char *const dayparts[4] = {"night", "morning", "afternoon", "evening"};
static const char *const lives[4] = {"night", "weekend", "workday_day", "workday_evening"};

enum {
  FIRST_SEEN,
  LAST_SEEN,
  ACTIVE_DAYS,
  SINCE,
  PREV,
  HOURS,
  WEEKDAYS,
  STICKINESS,
  MOMENTUM,
  ACTIVE_HOUR,
  DAYPART,
  LIFESTYLE,
  LIFE_COUNTS,
  DAYS_30,
  EVENTS_30,
  N_ROWS
};
#define MS "ms since 1970-01-01T00:00:00Z"
static const struct pt_colrow rows[N_ROWS] = {
    [FIRST_SEEN] = {.name = "first_seen",
                    .type = PT_C_I64,
                    .flags = PT_COL_NULLABLE,
                    .unit = MS,
                    .text = "Time of the first visit event"},
    [LAST_SEEN] = {.name = "last_seen",
                   .type = PT_C_I64,
                   .flags = PT_COL_NULLABLE,
                   .unit = MS,
                   .text = "Time of the last visit event"},
    [ACTIVE_DAYS] = {.name = "active_days",
                     .type = PT_C_U16,
                     .flags = PT_COL_WINDOWS,
                     .unit = "days",
                     .text = "Distinct local days with a visit event"},
    [SINCE] = {.name = "days_since_active",
               .type = PT_C_I32,
               .flags = PT_COL_NULLABLE,
               .unit = "days",
               .text = "Whole days from the last visit event to the last day"},
    [PREV] = {.name = "active_days_30d_prev",
              .type = PT_C_U16,
              .unit = "days",
              .text = "Distinct local days with a visit event, the 30 days before the last 30"},
    [HOURS] = {.name = "hour_histogram",
               .type = PT_C_F32,
               .flags = PT_COL_OBSM,
               .width = 24,
               .unit = "1",
               .text = "Share of each local hour in the visit events, decayed with a half life of 30 days"},
    [WEEKDAYS] = {.name = "weekday_histogram",
                  .type = PT_C_F32,
                  .flags = PT_COL_OBSM,
                  .width = 7,
                  .unit = "1",
                  .text =
                      "Share of each weekday (0 = Monday) in the visit events, decayed with a half life of 30 days"},
    [STICKINESS] = {.name = "stickiness", .type = PT_C_F32, .unit = "1", .text = "Active days in 30 days / 30"},
    [MOMENTUM] = {.name = "momentum",
                  .type = PT_C_F32,
                  .unit = "1",
                  .text = "(Active days in 7 days / 7) / (active days in 30 days / 30)"},
    [ACTIVE_HOUR] = {.name = "active_hour",
                     .reads = "hour_histogram",
                     .type = PT_C_LABEL,
                     .flags = PT_COL_TAG,
                     .labels = hours,
                     .n_labels = 24,
                     .unit = "",
                     .text = "Start of the 3 hours of the day with most decayed visit events; index = "
                             "their share"},
    [DAYPART] = {.name = "daypart",
                 .reads = "hour_histogram",
                 .type = PT_C_LABEL,
                 .flags = PT_COL_TAG,
                 .labels = dayparts,
                 .n_labels = 4,
                 .unit = "",
                 .text = "Quarter of the day with most decayed visit events; index = its share"},
    [LIFESTYLE] = {.name = "lifestyle",
                   .reads = "hour_histogram weekday_histogram",
                   .type = PT_C_LABEL,
                   .flags = PT_COL_TAG,
                   .labels = lives,
                   .n_labels = 4,
                   .unit = "",
                   .text = "Part of the week whose shrunk share of the visit events is largest against the "
                           "population's, from 5 events; index = that share"},
    [LIFE_COUNTS] = {.name = "_lifestyle_events",
                     .type = PT_C_U32,
                     .flags = PT_COL_HIDDEN,
                     .width = 4,
                     .serves = 1u << LIFESTYLE,
                     .unit = "events",
                     .text = "Visit events by part of the week"},
    [DAYS_30] = {.name = "_active_days_30",
                 .type = PT_C_U16,
                 .flags = PT_COL_HIDDEN,
                 .unit = "days",
                 .text = "Distinct local days with a visit event, last 30 days, whatever the windows"},
    [EVENTS_30] = {.name = "_visit_events_30",
                   .type = PT_C_U32,
                   .flags = PT_COL_HIDDEN,
                   .unit = "events",
                   .text = "Visit events, last 30 days"},
};

struct state {
  struct pt_cols cols;
  struct pt_decay decay;
  struct pt_popneed need;
  double population[4]; /* visit events by part of the week */
  uint64_t visit_types;
  uint8_t part_of[7][24];

  int64_t first, last;
  int32_t last_since;
  struct pt_days day;
  uint32_t days[PT_MAX_WINDOWS], days_7, days_30, days_prev;
  uint32_t events, events_30;
  uint64_t hour[24], weekday[7];
  uint32_t part[4];
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  pt_facts_decay_close(&s->decay);
  free(s);
}

static uint8_t part_of(int weekday, int hour) {
  if (hour < 6) return 0;
  if (weekday >= 5) return 1;
  return hour < 18 ? 2 : 3;
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  PT_TRY(pt_facts_cols_add(&s->cols, &(struct pt_colopen){ctx, schema, fields, "activity"}, rows, N_ROWS, NULL, err));
  PT_TRY(pt_facts_decay_open(&s->decay, HALF_LIFE, err));
  for (int day = 0; day < 7; day++)
    for (int hour = 0; hour < 24; hour++) s->part_of[day][hour] = part_of(day, hour);
  s->visit_types = pt_facts_visit_types(ctx->conf);
  s->need = (struct pt_popneed){.need = PT_NEED_SUM, .column = "_lifestyle_events", .out = s->population};
  return pt_facts_opened(state, &s->cols, close_state);
}

static uint64_t types(void *state) {
  return ((struct state *)state)->visit_types;
}

static void begin(void *state) {
  struct state *s = state;
  size_t from = offsetof(struct state, first);
  memset((char *)s + from, 0, sizeof *s - from);
  s->day.latest = PT_NO_DAY;
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  (void)err;
  if (!d->visit) return 0;
  struct state *s = state;
  uint64_t weight = pt_decay_at(&s->decay, d->days_since);
  if (s->events++ == 0) s->first = e->time;
  s->last = e->time;
  s->last_since = d->days_since;
  s->events_30 += d->days_since < 30;
  s->hour[d->hour] += weight;
  s->weekday[d->weekday] += weight;
  s->part[s->part_of[d->weekday][d->hour]]++;
  if (pt_day_new(&s->day, d->day)) {
    s->days[d->window]++;
    s->days_7 += d->days_since < 7;
    s->days_30 += d->days_since < 30;
    s->days_prev += d->days_since >= 30 && d->days_since < 60;
  }
  return 0;
}

static void put_histogram(const struct state *s, uint32_t column, const uint64_t *weights, uint32_t n, uint64_t total) {
  float *to = (float *)(void *)pt_slot_at(&s->cols, column)->values;
  if (!to) return;
  to += (size_t)s->cols.row * n;
  for (uint32_t i = 0; i < n; i++) to[i] = total ? (float)((double)weights[i] / (double)total) : 0;
}

static void put_active_hour(const struct state *s, uint64_t total) {
  uint64_t best = 0;
  int32_t start = -1;
  for (int h = 0; h < 24; h++) {
    uint64_t mass = s->hour[h] + s->hour[(h + 1) % 24] + s->hour[(h + 2) % 24];
    if (mass <= best) continue;
    best = mass;
    start = h;
  }
  pt_put_tag(&s->cols, pt_slot_at(&s->cols, ACTIVE_HOUR), start, pt_share(best, total), s->events);
}

static void put_daypart(const struct state *s, uint64_t total) {
  uint64_t best = 0;
  int32_t part = -1;
  for (int p = 0; p < 4; p++) {
    uint64_t mass = 0;
    for (int h = 6 * p; h < 6 * p + 6; h++) mass += s->hour[h];
    if (mass <= best) continue;
    best = mass;
    part = p;
  }
  pt_put_tag(&s->cols, pt_slot_at(&s->cols, DAYPART), part, pt_share(best, total), s->events);
}

static void put_clock(const struct state *s) {
  uint64_t total = 0;
  for (int i = 0; i < 7; i++) total += s->weekday[i];
  put_histogram(s, HOURS, s->hour, 24, total);
  put_histogram(s, WEEKDAYS, s->weekday, 7, total);
  put_active_hour(s, total);
  put_daypart(s, total);
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  struct pt_cols *c = &s->cols;
  pt_facts_cols_at(c, to, range, row);
  pt_put_time(c, pt_slot_at(c, FIRST_SEEN), s->events > 0, s->first);
  pt_put_time(c, pt_slot_at(c, LAST_SEEN), s->events > 0, s->last);
  pt_facts_put_days(c, ACTIVE_DAYS, s->days);
  pt_put_days(c, pt_slot_at(c, SINCE), s->events > 0, s->last_since);
  pt_put_u16(c, pt_slot_at(c, PREV), (uint16_t)s->days_prev);
  pt_put_f32(c, pt_slot_at(c, STICKINESS), pt_share(s->days_30, 30));
  pt_put_f32(c, pt_slot_at(c, MOMENTUM), pt_share(s->days_7 * 30, s->days_30 * 7));
  pt_put_u16(c, pt_slot_at(c, DAYS_30), (uint16_t)s->days_30);
  pt_put_u32(c, pt_slot_at(c, EVENTS_30), s->events_30);
  pt_put_tag(c, pt_slot_at(c, LIFESTYLE), -1, NAN, s->events);
  put_clock(s);
  uint32_t *parts = (uint32_t *)(void *)pt_slot_at(c, LIFE_COUNTS)->values;
  if (parts) memcpy(parts + (size_t)row * 4, s->part, sizeof s->part);
  return 0;
}

static struct pt_popneed *needs(void *state, uint32_t *n) {
  struct state *s = state;
  *n = pt_wanted(&s->cols, LIFE_COUNTS);
  return &s->need;
}

/* share / p0 = (k / p0 + m) / (n + m): its order is that of k / K, compared crosswise on integers. */
static void put_lifestyle(const struct state *s, const uint32_t *k, const uint64_t *all, uint64_t total) {
  uint64_t n = (uint64_t)k[0] + k[1] + k[2] + k[3];
  if (n < 5) return;
  int32_t best = -1;
  for (int p = 0; p < 4; p++) {
    if (all[p] == 0) continue;
    if (best < 0 || (unsigned __int128)k[p] * all[best] > (unsigned __int128)k[best] * all[p]) best = p;
  }
  if (best < 0) return;
  /* (k + 5 K / N) / (n + 5) */
  double index = pt_share((__int128)k[best] * total + 5 * (__int128)all[best], (__int128)total * (n + 5));
  pt_put_tag(&s->cols, pt_slot_at(&s->cols, LIFESTYLE), best, index, (uint32_t)n);
}

static int finish(void *state, struct pt_rows *to, uint32_t range, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  if (!pt_wanted(&s->cols, LIFE_COUNTS)) return 0;
  uint64_t all[4], total = 0;
  for (int p = 0; p < 4; p++) total += all[p] = s->population[p] > 0 ? (uint64_t)s->population[p] : 0;
  pt_facts_cols_range(&s->cols, to, range);
  const uint32_t *parts = (const uint32_t *)(const void *)pt_slot_at(&s->cols, LIFE_COUNTS)->values;
  uint32_t n = pt_rows_in(to, range);
  for (uint32_t row = 0; row < n; row++) {
    s->cols.row = row;
    put_lifestyle(s, parts + (size_t)row * 4, all, total);
  }
  return 0;
}

const struct pt_family pt_facts_visits = {
    .name = "visits",
    .open = open_state,
    .close = close_state,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
    .needs = needs,
    .finish = finish,
};

/* City, devices, store and guide: what records declare, else what events show. Codes are counted, texts made at the
 * end. Memory: the distinct values of one user. */
#include "facts/family.h"
#include "facts/modal.h"

#define NIGHT_DAYS 90

enum { CITY, DEVICE_LAST, DEVICE_TOP, DEVICES, STORE_HOME, GUIDE, N_ROWS };
static const struct pt_colrow rows[N_ROWS] = {
    [CITY] = {.name = "city",
              .type = PT_C_LABEL,
              .flags = PT_COL_TAG,
              .fields = PT_BIT(PT_F_CITY),
              .unit = "",
              .text = "Declared city, else the modal one of purchases, else of visit events from 22:00 to 06:00 in 90 "
                      "days; index = its share there"},
    [DEVICE_LAST] = {.name = "device_last",
                     .type = PT_C_LABEL,
                     .fields = PT_BIT(PT_F_DEVICE),
                     .unit = "",
                     .text = "Device of the last event that has one"},
    [DEVICE_TOP] = {.name = "device_top",
                    .type = PT_C_LABEL,
                    .fields = PT_BIT(PT_F_DEVICE),
                    .unit = "",
                    .text = "Most frequent device of the events"},
    [DEVICES] = {.name = "devices",
                 .type = PT_C_U32,
                 .fields = PT_BIT(PT_F_DEVICE),
                 .unit = "devices",
                 .text = "Number of different devices"},
    [STORE_HOME] = {.name = "store_home",
                    .type = PT_C_LABEL,
                    .fields = PT_BIT(PT_F_STORE),
                    .unit = "",
                    .text = "Most frequent store of the purchases; where none names a store, the record's"},
    [GUIDE] = {.name = "guide",
               .type = PT_C_LABEL,
               .fields = PT_BIT(PT_F_GUIDE),
               .unit = "",
               .text = "Last guide, of an event or a record"},
};

struct state {
  struct pt_cols cols;
  const struct pt_facts_ctx *ctx;
  const struct pt_profile *profile;
  struct pt_modal bought, night, devices, stores;
  int64_t guide, guide_time; /* code; -1 = none */
  uint64_t types;
  bool city, device, store, guides; /* whether any column asks */
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  pt_facts_modal_free(&s->bought);
  pt_facts_modal_free(&s->night);
  pt_facts_modal_free(&s->devices);
  pt_facts_modal_free(&s->stores);
  free(s);
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  PT_TRY(pt_facts_cols_add(&s->cols, &(struct pt_colopen){ctx, schema, fields, "attributes"}, rows, N_ROWS, NULL, err));
  s->profile = &ctx->user->profile;
  s->city = pt_wanted(&s->cols, CITY);
  s->device = pt_wanted(&s->cols, DEVICE_LAST) || pt_wanted(&s->cols, DEVICE_TOP) || pt_wanted(&s->cols, DEVICES);
  s->store = pt_wanted(&s->cols, STORE_HOME);
  s->guides = pt_wanted(&s->cols, GUIDE);
  if (s->city) s->types |= pt_facts_visit_types(ctx->conf) | PT_TYPE_BIT(PT_T_PURCHASE);
  if (s->store) s->types |= PT_TYPE_BIT(PT_T_PURCHASE);
  if (s->device || s->guides) s->types = PT_TYPE_BIT(PT_T_RECORD) - 1;
  return pt_facts_opened(state, &s->cols, close_state);
}

static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  (void)err;
  ((struct state *)state)->ctx = ctx;
  return 0;
}

static uint64_t types(void *state) {
  return ((struct state *)state)->types;
}

static void begin(void *state) {
  struct state *s = state;
  pt_facts_modal_clear(&s->bought);
  pt_facts_modal_clear(&s->night);
  pt_facts_modal_clear(&s->devices);
  pt_facts_modal_clear(&s->stores);
  s->guide = -1;
}

static int add_city(struct state *s, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  uint64_t code = (uint64_t)e->v[PT_F_CITY];
  if (d->purchase) PT_TRY(pt_facts_modal_add(&s->bought, code, e->time, err));
  if (!d->visit || d->days_since >= NIGHT_DAYS || (d->hour >= 6 && d->hour < 22)) return 0;
  return pt_facts_modal_add(&s->night, code, e->time, err);
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  const uint64_t some = PT_BIT(PT_F_CITY) | PT_BIT(PT_F_DEVICE) | PT_BIT(PT_F_STORE) | PT_BIT(PT_F_GUIDE);
  struct state *s = state;
  if (!(e->has & some)) return 0;
  if (s->device && (e->has & PT_BIT(PT_F_DEVICE)))
    PT_TRY(pt_facts_modal_add(&s->devices, (uint64_t)e->v[PT_F_DEVICE], e->time, err));
  if (s->city && (e->has & PT_BIT(PT_F_CITY))) PT_TRY(add_city(s, e, d, err));
  if (s->store && d->purchase && (e->has & PT_BIT(PT_F_STORE)))
    PT_TRY(pt_facts_modal_add(&s->stores, (uint64_t)e->v[PT_F_STORE], e->time, err));
  if (s->guides && (e->has & PT_BIT(PT_F_GUIDE))) {
    s->guide = e->v[PT_F_GUIDE];
    s->guide_time = e->time;
  }
  return 0;
}

static int put_city(struct state *s, struct pt_err *err) {
  struct pt_slice text = pt_told_text(s->profile, PT_RF_CITY);
  double share = text.p ? 1 : NAN;
  uint32_t evidence = s->profile->given[PT_RF_CITY];
  const struct pt_modal *from = s->bought.total ? &s->bought : &s->night;
  if (!text.p && from->total) {
    const struct pt_modal_cell *best = pt_facts_modal_best(from, NULL, NULL);
    text = pt_code_text(s->ctx, PT_F_CITY, (int64_t)best->key);
    share = pt_share(best->count, from->total);
    evidence = from->total;
  }
  int32_t label;
  PT_TRY(pt_facts_label(&s->cols, CITY, text, &label, err));
  pt_put_tag(&s->cols, pt_slot_at(&s->cols, CITY), label, share, evidence);
  return 0;
}

static int put_devices(struct state *s, struct pt_err *err) {
  const struct pt_modal *m = &s->devices;
  const struct pt_modal_cell *cells = m->cells.p, *best = pt_facts_modal_best(m, NULL, NULL);
  int64_t last = m->total ? (int64_t)cells[m->at].key : -1, top = best ? (int64_t)best->key : -1;
  pt_put_u32(&s->cols, pt_slot_at(&s->cols, DEVICES), (uint32_t)m->cells.n);
  PT_TRY(pt_facts_put_text(&s->cols, DEVICE_LAST, pt_code_text(s->ctx, PT_F_DEVICE, last), err));
  return pt_facts_put_text(&s->cols, DEVICE_TOP, pt_code_text(s->ctx, PT_F_DEVICE, top), err);
}

static int put_store(struct state *s, struct pt_err *err) {
  const struct pt_modal_cell *best = pt_facts_modal_best(&s->stores, NULL, NULL);
  struct pt_slice text =
      best ? pt_code_text(s->ctx, PT_F_STORE, (int64_t)best->key) : pt_told_text(s->profile, PT_RF_STORE);
  return pt_facts_put_text(&s->cols, STORE_HOME, text, err);
}

static int put_guide(struct state *s, struct pt_err *err) {
  struct pt_slice text = pt_told_text(s->profile, PT_RF_GUIDE);
  if (s->guide >= 0 && (!text.p || s->profile->time[PT_RF_GUIDE] <= s->guide_time))
    text = pt_code_text(s->ctx, PT_F_GUIDE, s->guide);
  return pt_facts_put_text(&s->cols, GUIDE, text, err);
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  struct state *s = state;
  pt_facts_cols_at(&s->cols, to, range, row);
  PT_TRY(put_city(s, err));
  PT_TRY(put_devices(s, err));
  PT_TRY(put_store(s, err));
  return put_guide(s, err);
}

const struct pt_family pt_facts_places = {
    .name = "places",
    .open = open_state,
    .close = close_state,
    .start = start,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
};

/* Channels: the first and the last one seen on a visit event, and the one that most sessions begin with. */
#include "facts/family.h"
#include "facts/modal.h"

enum { FIRST, LAST, CONTACT, N_ROWS };
#define CHANNEL PT_BIT(PT_F_CHANNEL)
static const struct pt_colrow rows[N_ROWS] = {
    [FIRST] = {.name = "channel_first",
               .type = PT_C_LABEL,
               .fields = CHANNEL,
               .unit = "",
               .text = "Channel of the first visit event that has one"},
    [LAST] = {.name = "channel_last",
              .type = PT_C_LABEL,
              .fields = CHANNEL,
              .unit = "",
              .text = "Channel of the last visit event that has one"},
    [CONTACT] = {.name = "contact_channel",
                 .reads = "channel_first channel_last",
                 .type = PT_C_LABEL,
                 .flags = PT_COL_TAG,
                 .unit = "",
                 .fields = CHANNEL | PT_BIT(PT_F_SESSION_ID),
                 .text = "Most frequent channel of the sessions' first events; index = its share of those with one"},
};

struct state {
  struct pt_cols cols;
  const struct pt_facts_ctx *ctx;
  const struct pt_sessions *book;
  struct pt_modal contacts;
  int64_t first, last; /* codes; -1 = none */
  uint64_t visit_types;
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  pt_facts_modal_free(&s->contacts);
  free(s);
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  PT_TRY(pt_facts_cols_add(&s->cols, &(struct pt_colopen){ctx, schema, fields, "activity"}, rows, N_ROWS, NULL, err));
  s->book = &ctx->user->sessions;
  if (pt_wanted(&s->cols, CONTACT)) ctx->user->sessions.wanted = true;
  s->visit_types = pt_facts_visit_types(ctx->conf);
  return pt_facts_opened(state, &s->cols, close_state);
}

static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  (void)err;
  ((struct state *)state)->ctx = ctx;
  return 0;
}

static uint64_t types(void *state) {
  return ((struct state *)state)->visit_types;
}

static void begin(void *state) {
  struct state *s = state;
  pt_facts_modal_clear(&s->contacts);
  s->first = s->last = -1;
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  if (!d->visit || !(e->has & CHANNEL)) return 0;
  struct state *s = state;
  s->last = e->v[PT_F_CHANNEL];
  if (s->first < 0) s->first = s->last;
  return s->book->began ? pt_facts_modal_add(&s->contacts, (uint64_t)s->last, e->time, err) : 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  struct state *s = state;
  pt_facts_cols_at(&s->cols, to, range, row);
  PT_TRY(pt_facts_put_text(&s->cols, FIRST, pt_code_text(s->ctx, PT_F_CHANNEL, s->first), err));
  PT_TRY(pt_facts_put_text(&s->cols, LAST, pt_code_text(s->ctx, PT_F_CHANNEL, s->last), err));
  const struct pt_modal_cell *best = pt_facts_modal_best(&s->contacts, NULL, NULL);
  int64_t code = best ? (int64_t)best->key : -1;
  int32_t label;
  PT_TRY(pt_facts_label(&s->cols, CONTACT, pt_code_text(s->ctx, PT_F_CHANNEL, code), &label, err));
  pt_put_tag(&s->cols, pt_slot_at(&s->cols, CONTACT), label, pt_share(best ? best->count : 0, s->contacts.total),
             s->contacts.total);
  return 0;
}

const struct pt_family pt_facts_channels = {
    .name = "channels",
    .open = open_state,
    .close = close_state,
    .start = start,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
};

/* When a user registered, whether the app is installed, and whether the log knows the user from the beginning. */
#include "facts/family.h"

enum { AT, DAYS, INSTALL, HISTORY, N_ROWS };
static const char *const installs[] = {"installed", "uninstalled"}, *const histories[] = {"complete", "truncated"};
static const struct pt_colrow rows[N_ROWS] = {
    [AT] = {.name = "registered_at",
            .type = PT_C_I64,
            .flags = PT_COL_NULLABLE,
            .unit = "ms since 1970-01-01T00:00:00Z",
            .text = "Registration by the record, else the first register event"},
    [DAYS] = {.name = "registered_days",
              .type = PT_C_I32,
              .flags = PT_COL_NULLABLE,
              .unit = "days",
              .text = "Days since the registration"},
    [INSTALL] = {.name = "install_state",
                 .type = PT_C_LABEL,
                 .flags = PT_COL_TAG,
                 .labels = installs,
                 .n_labels = 2,
                 .unit = "",
                 .text = "By the later one of install and uninstall events; unknown without any"},
    [HISTORY] = {.name = "history",
                 .reads = "registered_at first_seen",
                 .type = PT_C_LABEL,
                 .flags = PT_COL_TAG | PT_COL_STATIC,
                 .labels = histories,
                 .n_labels = 2,
                 .unit = "",
                 .text = "truncated: registered before the log begins, and no record has first_purchase_at"},
};

struct state {
  struct pt_cols cols;
  const struct pt_facts_ctx *ctx;
  const struct pt_profile *profile;
  int64_t first;
  uint32_t registers, installs;
  bool uninstalled;
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  free(s);
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  PT_TRY(pt_facts_cols_add(&s->cols, &(struct pt_colopen){ctx, schema, fields, "attributes"}, rows, N_ROWS, NULL, err));
  s->profile = &ctx->user->profile;
  return pt_facts_opened(state, &s->cols, close_state);
}

static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  (void)err;
  ((struct state *)state)->ctx = ctx;
  return 0;
}

static uint64_t types(void *state) {
  (void)state;
  return PT_TYPE_BIT(PT_T_INSTALL) | PT_TYPE_BIT(PT_T_UNINSTALL) | PT_TYPE_BIT(PT_T_REGISTER);
}

static void begin(void *state) {
  struct state *s = state;
  s->registers = s->installs = 0;
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  (void)d;
  (void)err;
  struct state *s = state;
  if (e->type == PT_T_REGISTER) {
    if (s->registers++ == 0) s->first = e->time;
    return 0;
  }
  s->installs++;
  s->uninstalled = e->type == PT_T_UNINSTALL;
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  const struct pt_profile *p = s->profile;
  bool declared = pt_told(p, PT_RF_REGISTERED_AT), known = declared || s->registers;
  int64_t at = declared ? pt_told_number(p, PT_RF_REGISTERED_AT) : s->first;
  int64_t days = known ? s->ctx->last_day - pt_local_date(s->ctx->zone, at) : 0;
  bool truncated = known && at < s->ctx->log_start && !pt_told(p, PT_RF_FIRST_PURCHASE_AT);
  pt_facts_cols_at(&s->cols, to, range, row);
  pt_put_time(&s->cols, pt_slot_at(&s->cols, AT), known, at);
  pt_put_days(&s->cols, pt_slot_at(&s->cols, DAYS), known, (int32_t)days);
  pt_put_tag(&s->cols, pt_slot_at(&s->cols, INSTALL), s->installs ? s->uninstalled : -1, s->installs ? 1 : NAN,
             s->installs);
  pt_put_tag(&s->cols, pt_slot_at(&s->cols, HISTORY), truncated, 1,
             declared ? p->given[PT_RF_REGISTERED_AT] : s->registers);
  return 0;
}

const struct pt_family pt_facts_registered = {
    .name = "registered",
    .open = open_state,
    .close = close_state,
    .start = start,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
};

/* What the first purchase was of: missing where that event does not say. */
#include "facts/family.h"

enum { N_ROWS = 3 };
static const enum pt_field field_of[N_ROWS] = {PT_F_CATEGORY, PT_F_BRAND, PT_F_CHANNEL};
static const struct pt_colrow rows[N_ROWS] = {
    {.name = "first_purchase_category",
     .type = PT_C_LABEL,
     .fields = PT_BIT(PT_F_CATEGORY),
     .unit = "",
     .text = "Leaf category of the first purchase"},
    {.name = "first_purchase_brand",
     .type = PT_C_LABEL,
     .fields = PT_BIT(PT_F_BRAND),
     .unit = "",
     .text = "Brand of the first purchase"},
    {.name = "first_purchase_channel",
     .type = PT_C_LABEL,
     .fields = PT_BIT(PT_F_CHANNEL),
     .unit = "",
     .text = "Channel of the first purchase"},
};

struct state {
  struct pt_cols cols;
  const struct pt_facts_ctx *ctx;
  bool bought;
  int64_t code[N_ROWS]; /* -1 = absent */
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
  struct pt_colopen open = {ctx, schema, fields, "consumption"};
  PT_TRY(pt_facts_cols_add(&s->cols, &open, rows, N_ROWS, NULL, err));
  return pt_facts_opened(state, &s->cols, close_state);
}

static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  (void)err;
  ((struct state *)state)->ctx = ctx;
  return 0;
}

static uint64_t types(void *state) {
  (void)state;
  return PT_TYPE_BIT(PT_T_PURCHASE);
}

static void begin(void *state) {
  struct state *s = state;
  s->bought = false;
  for (int i = 0; i < N_ROWS; i++) s->code[i] = -1;
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  (void)d;
  (void)err;
  struct state *s = state;
  if (s->bought) return 0;
  s->bought = true;
  for (int i = 0; i < N_ROWS; i++) s->code[i] = pt_ev(e, field_of[i], -1);
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  struct state *s = state;
  pt_facts_cols_at(&s->cols, to, range, row);
  for (uint32_t i = 0; i < N_ROWS; i++)
    PT_TRY(pt_facts_put_text(&s->cols, i, pt_code_text(s->ctx, field_of[i], s->code[i]), err));
  return 0;
}

const struct pt_family pt_facts_first = {
    .name = "first",
    .open = open_state,
    .close = close_state,
    .start = start,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
};

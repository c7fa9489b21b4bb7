/* How much of what a shop wants to know of a person is known. What is sensitive is not told here, only whether it is
 * known. */
#include "facts/family.h"

enum { SHARE, MISSING, N_ROWS };
enum { CONSUMPTION = 1, BIRTH = 2, SHAPE = 4, HEIGHT = 8, SKIN = 16, N_PARTS = 5 };
static const struct pt_colrow rows[N_ROWS] = {
    [SHARE] = {.name = "completeness",
               .type = PT_C_F32,
               .flags = PT_COL_STATIC,
               .unit = "1",
               .text = "Share of consumption (a purchase), birth date, body shape, height and skin type that is known"},
    [MISSING] = {.name = "missing_fields",
                 .type = PT_C_U8,
                 .flags = PT_COL_STATIC,
                 .unit = "bits",
                 .text = "What completeness lacks: 1 consumption, 2 birth date, 4 body shape, 8 height, 16 skin type"},
};

struct state {
  struct pt_cols cols;
  const struct pt_profile *profile;
  bool bought;
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

static uint64_t types(void *state) {
  (void)state;
  return PT_TYPE_BIT(PT_T_PURCHASE);
}

static void begin(void *state) {
  ((struct state *)state)->bought = false;
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  (void)e;
  (void)d;
  (void)err;
  ((struct state *)state)->bought = true;
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  const struct pt_profile *p = s->profile;
  unsigned missing = s->bought ? 0 : CONSUMPTION;
  if (!pt_told(p, PT_RF_ID_NUMBER) && !pt_told(p, PT_RF_BIRTH_DATE)) missing |= BIRTH;
  if (!pt_told(p, PT_RF_BODY_SHAPE)) missing |= SHAPE;
  if (!pt_told(p, PT_RF_HEIGHT_CM)) missing |= HEIGHT;
  if (!pt_told(p, PT_RF_SKIN_TYPE)) missing |= SKIN;
  pt_facts_cols_at(&s->cols, to, range, row);
  pt_put_f32(&s->cols, pt_slot_at(&s->cols, SHARE), (double)(N_PARTS - __builtin_popcount(missing)) / N_PARTS);
  pt_put_u8(&s->cols, pt_slot_at(&s->cols, MISSING), (uint8_t)missing);
  return 0;
}

const struct pt_family pt_facts_completeness = {
    .name = "completeness",
    .open = open_state,
    .close = close_state,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
};

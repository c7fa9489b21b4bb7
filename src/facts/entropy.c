/* How evenly a user's purchases and views are spread over the leaf categories they touch: Shannon's entropy of their
 * shares over its largest value, the logarithm of the number of those categories. Counts are summed in the order of the
 * categories' names. Memory: 4 bytes a category. */
#include <math.h>
#include <string.h>

#include "facts/family.h"

static const struct pt_colrow rows[] = {
    {.name = "category_entropy",
     .type = PT_C_F32,
     .fields = PT_BIT(PT_F_CATEGORY),
     .unit = "1",
     .text = "Entropy of the leaf categories' shares in purchases and views, over the logarithm of the number of the "
             "user's categories; 0 with one"}};

struct state {
  struct pt_cols cols;
  struct pt_touched *touched;
  struct pt_vec counts; /* uint32_t by the category's number in the book */
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  pt_facts_vec_free(&s->counts);
  free(s);
}

#define TYPES (PT_TYPE_BIT(PT_T_VIEW) | PT_TYPE_BIT(PT_T_PURCHASE))

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  PT_TRY(pt_facts_cols_add(&s->cols, &(struct pt_colopen){ctx, schema, fields, "preference"}, rows, 1, NULL, err));
  s->touched = &ctx->user->touched[PT_TOUCH_CATEGORY];
  if (s->cols.n_wanted) s->touched->types |= TYPES;
  return pt_facts_opened(state, &s->cols, close_state);
}

static uint64_t types(void *state) {
  (void)state;
  return TYPES;
}

static void begin(void *state) {
  pt_facts_vec_clear(&((struct state *)state)->counts, sizeof(uint32_t));
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  (void)e;
  (void)d;
  struct state *s = state;
  if (!s->touched->here) return 0;
  uint32_t number = s->touched->at;
  while (s->counts.n <= number) {
    PT_TRY(pt_facts_vec_room(&s->counts, 1, sizeof(uint32_t), err));
    ((uint32_t *)s->counts.p)[s->counts.n++] = 0;
  }
  ((uint32_t *)s->counts.p)[number]++;
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  struct state *s = state;
  const uint64_t *order;
  uint64_t all = 0, categories = 0;
  double sum = 0;
  PT_TRY(pt_facts_touched_order(s->touched, &order, err));
  for (size_t i = 0; i < s->touched->codes.n; i++) {
    uint32_t number = (uint32_t)order[i], n = number < s->counts.n ? ((const uint32_t *)s->counts.p)[number] : 0;
    if (n == 0) continue;
    all += n;
    categories++;
    sum += n * log(n);
  }
  pt_facts_cols_at(&s->cols, to, range, row);
  double entropy = categories ? 0 : NAN; /* H = ln all - sum / all */
  if (categories > 1) entropy = (log((double)all) - sum / (double)all) / log((double)categories);
  pt_put_f32(&s->cols, pt_slot_at(&s->cols, 0), entropy > 1 ? 1 : entropy);
  return 0;
}

const struct pt_family pt_facts_entropy = {
    .name = "entropy",
    .open = open_state,
    .close = close_state,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
};

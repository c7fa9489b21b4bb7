/* Whether a user has children: declared, else told by what is bought for them. The shrunk share needs the population's,
 * so it is finished after the population pass; the threshold is compared in integers. */
#include "facts/family.h"

enum { HAS_CHILD, BOUGHT, CHILD, ORDERS, N_ROWS };
enum { YES, NO };
#define FIELDS (PT_BIT(PT_F_CATEGORY) | PT_BIT(PT_F_ORDER_ID))
static const char *const answers[] = {"yes", "no"};
static const struct pt_colrow rows[N_ROWS] = {
    [HAS_CHILD] = {.name = "has_child",
                   .reads = "children",
                   .type = PT_C_LABEL,
                   .flags = PT_COL_TAG,
                   .fields = FIELDS,
                   .labels = answers,
                   .n_labels = 2,
                   .unit = "",
                   .text = "Declared, else from 2 orders: shrunk share of purchases in child_categories >= 0.1; index "
                           "= 1 or that share"},
    [BOUGHT] = {.name = "_has_child_purchases",
                .type = PT_C_U32,
                .flags = PT_COL_HIDDEN,
                .serves = 1u << HAS_CHILD,
                .unit = "events",
                .text = "purchases"},
    [CHILD] = {.name = "_has_child_child",
               .type = PT_C_U32,
               .flags = PT_COL_HIDDEN,
               .serves = 1u << HAS_CHILD,
               .unit = "events",
               .text = "purchases in child_categories"},
    [ORDERS] = {.name = "_has_child_orders",
                .type = PT_C_U32,
                .flags = PT_COL_HIDDEN,
                .serves = 1u << HAS_CHILD,
                .unit = "orders",
                .text = "orders"},
};

struct state {
  struct pt_cols cols;
  const struct pt_facts_ctx *ctx;
  const struct pt_profile *profile;
  const struct pt_orders *book;
  uint8_t *listed; /* by category code */
  uint32_t bought, child;
  struct pt_popneed needs[2];
  double all_bought, all_child; /* of the population */
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  free(s->listed);
  free(s);
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  uint64_t own = 0;
  PT_TRY(pt_facts_cols_add(&s->cols, &(struct pt_colopen){ctx, schema, &own, "attributes"}, rows, N_ROWS, NULL, err));
  s->ctx = ctx;
  s->profile = &ctx->user->profile;
  s->book = &ctx->user->orders;
  if (ctx->conf->child_categories.n && s->cols.n_wanted) { /* without them no event says anything */
    *fields |= own;
    ctx->user->orders.wanted = true;
  }
  s->needs[0] = (struct pt_popneed){.need = PT_NEED_SUM, .column = "_has_child_purchases", .out = &s->all_bought};
  s->needs[1] = (struct pt_popneed){.need = PT_NEED_SUM, .column = "_has_child_child", .out = &s->all_child};
  return pt_facts_opened(state, &s->cols, close_state);
}

static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  struct state *s = state;
  s->ctx = ctx;
  free(s->listed);
  s->listed = pt_facts_categories(ctx, &ctx->conf->child_categories, err);
  return s->listed ? 0 : err->code;
}

static uint64_t types(void *state) {
  return ((struct state *)state)->ctx->conf->child_categories.n ? PT_TYPE_BIT(PT_T_PURCHASE) : 0;
}

static void begin(void *state) {
  struct state *s = state;
  s->bought = s->child = 0;
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  (void)d;
  (void)err;
  struct state *s = state;
  int64_t category = pt_ev(e, PT_F_CATEGORY, -1);
  s->bought++;
  s->child += category >= 0 && category < (int64_t)s->ctx->n_dict[PT_F_CATEGORY] && s->listed[category];
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  struct pt_cols *c = &s->cols;
  bool told = pt_told(s->profile, PT_RF_CHILDREN);
  pt_facts_cols_at(c, to, range, row);
  pt_put_tag(c, pt_slot_at(c, HAS_CHILD), told ? (pt_told_number(s->profile, PT_RF_CHILDREN) > 0 ? YES : NO) : -1,
             told ? 1 : NAN, s->profile->given[PT_RF_CHILDREN]);
  pt_put_u32(c, pt_slot_at(c, BOUGHT), s->bought);
  pt_put_u32(c, pt_slot_at(c, CHILD), s->child);
  pt_put_u32(c, pt_slot_at(c, ORDERS), s->bought ? s->book->bought : 0);
  return 0;
}

static struct pt_popneed *needs(void *state, uint32_t *n) {
  struct state *s = state;
  *n = 2;
  return s->needs;
}

static int finish(void *state, struct pt_rows *to, uint32_t range, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  if (!(s->all_bought > 0)) return 0;
  struct pt_cols *c = &s->cols;
  pt_facts_cols_range(c, to, range);
  const struct pt_slot *tag = pt_slot_at(c, HAS_CHILD);
  const int32_t *label = (const int32_t *)(const void *)tag->values;
  const uint32_t *bought = (const uint32_t *)(const void *)pt_slot_at(c, BOUGHT)->values;
  const uint32_t *child = (const uint32_t *)(const void *)pt_slot_at(c, CHILD)->values;
  const uint32_t *orders = (const uint32_t *)(const void *)pt_slot_at(c, ORDERS)->values;
  __int128 all = (__int128)s->all_bought, all_child = (__int128)s->all_child;
  uint32_t n = pt_rows_in(to, range);
  for (c->row = 0; c->row < n; c->row++) {
    uint32_t row = c->row;
    if (label[row] >= 0 || orders[row] < 2) continue;
    /* (k + 5 K / N) / (n + 5) */
    __int128 part = child[row] * all + 5 * all_child, whole = all * ((__int128)bought[row] + 5);
    pt_put_tag(c, tag, part * 10 >= whole ? YES : NO, pt_share(part, whole), bought[row]);
  }
  return 0;
}

const struct pt_family pt_facts_child = {
    .name = "child",
    .open = open_state,
    .close = close_state,
    .start = start,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
    .needs = needs,
    .finish = finish,
};

/* Carts: one a (user, item). An add opens it, further adds change nothing, a remove or a purchase closes it.
 * Memory: 16 bytes and a table cell for each item a user ever carted, 8 for each cart that was bought. */
#include <string.h>

#include "facts/family.h"
#include "facts/modal.h"

#define NOT_OPEN INT64_MIN

enum { ADDS, REMOVES, SUBMIT_RATE, HOURS, ABANDONED, CATEGORY, ESSENTIALS, N_ROWS };
#define ITEM PT_BIT(PT_F_ITEM_ID)
static const struct pt_colrow rows[N_ROWS] = {
    [ADDS] = {.name = "cart_adds", .type = PT_C_U32, .unit = "events", .text = "Cart_add events"},
    [REMOVES] = {.name = "cart_removes", .type = PT_C_U32, .unit = "events", .text = "Cart_remove events"},
    [SUBMIT_RATE] = {.name = "cart_submit_rate",
                     .type = PT_C_F32,
                     .fields = ITEM,
                     .unit = "1",
                     .text = "Share of opened carts (one an item) that a purchase of the item closed"},
    [HOURS] = {.name = "cart_hours_median",
               .type = PT_C_F32,
               .fields = ITEM,
               .unit = "hours",
               .text = "Median hours from the add that opened a cart to the purchase that closed it"},
    [ABANDONED] = {.name = "cart_abandoned",
                   .type = PT_C_U32,
                   .fields = ITEM,
                   .unit = "carts",
                   .text = "Carts still open at as_of, for longer than the key cart_abandon"},
    [CATEGORY] = {.name = "cart_category",
                  .type = PT_C_LABEL,
                  .fields = PT_BIT(PT_F_CATEGORY),
                  .unit = "",
                  .text = "Most frequent leaf category of the cart_add events"},
    [ESSENTIALS] = {.name = "essentials_in_cart",
                    .type = PT_C_U32,
                    .fields = ITEM | PT_BIT(PT_F_CATEGORY),
                    .unit = "items",
                    .text = "Carts open at as_of whose category is one of essential_categories or "
                            "below one"},
};

struct cart {
  int64_t opened; /* NOT_OPEN */
  bool essential;
};

struct state {
  struct pt_cols cols;
  const struct pt_facts_ctx *ctx;
  uint8_t *essential; /* by category code */
  bool want_carts, want_category;
  struct pt_table items; /* item to cart */
  struct pt_vec carts;   /* struct cart */
  struct pt_vec waits;   /* int64_t ms: the carts that were bought */
  struct pt_modal categories;
  uint32_t adds, removes;
  uint64_t opened;
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  free(s->essential);
  pt_table_free(&s->items);
  pt_facts_vec_free(&s->carts);
  pt_facts_vec_free(&s->waits);
  pt_facts_modal_free(&s->categories);
  free(s);
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  struct pt_colopen open = {ctx, schema, fields, "consumption"};
  PT_TRY(pt_facts_cols_add(&s->cols, &open, rows, N_ROWS, NULL, err));
  for (uint32_t r = 0; r < N_ROWS; r++) s->want_carts |= pt_wanted(&s->cols, r) && (rows[r].fields & ITEM);
  s->want_category = pt_wanted(&s->cols, CATEGORY);
  return pt_facts_opened(state, &s->cols, close_state);
}

static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  struct state *s = state;
  s->ctx = ctx;
  free(s->essential);
  s->essential = pt_facts_categories(ctx, &ctx->conf->essential_categories, err);
  return s->essential ? 0 : err->code;
}

static uint64_t types(void *state) {
  const struct state *s = state;
  return PT_TYPE_BIT(PT_T_CART_ADD) | PT_TYPE_BIT(PT_T_CART_REMOVE) | (s->want_carts ? PT_TYPE_BIT(PT_T_PURCHASE) : 0);
}

static void begin(void *state) {
  struct state *s = state;
  pt_table_clear(&s->items);
  pt_facts_vec_clear(&s->carts, sizeof(struct cart));
  pt_facts_vec_clear(&s->waits, sizeof(int64_t));
  pt_facts_modal_clear(&s->categories);
  s->adds = s->removes = 0;
  s->opened = 0;
}

static int add(struct state *s, const struct pt_event *e, struct pt_err *err) {
  int64_t category = pt_ev(e, PT_F_CATEGORY, -1);
  s->adds++;
  if (s->want_category && category >= 0) PT_TRY(pt_facts_modal_add(&s->categories, (uint64_t)category, e->time, err));
  if (!s->want_carts || !(e->has & ITEM)) return 0;
  bool fresh;
  uint32_t *at = pt_table_put(&s->items, (uint64_t)e->v[PT_F_ITEM_ID], (uint32_t)s->carts.n, &fresh);
  if (!at) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for a user's carts");
  if (fresh) {
    PT_TRY(pt_facts_vec_room(&s->carts, 1, sizeof(struct cart), err));
    ((struct cart *)s->carts.p)[s->carts.n++].opened = NOT_OPEN;
  }
  struct cart *cart = (struct cart *)s->carts.p + *at;
  if (cart->opened != NOT_OPEN) return 0;
  bool known = category >= 0 && category < (int64_t)s->ctx->n_dict[PT_F_CATEGORY];
  *cart = (struct cart){e->time, known && s->essential[category]};
  s->opened++;
  return 0;
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  struct state *s = state;
  if (e->type == PT_T_CART_ADD) return add(s, e, err);
  s->removes += e->type == PT_T_CART_REMOVE;
  uint32_t *at = s->want_carts && (e->has & ITEM) ? pt_table_get(&s->items, (uint64_t)e->v[PT_F_ITEM_ID]) : NULL;
  struct cart *cart = at ? (struct cart *)s->carts.p + *at : NULL;
  if (!cart || cart->opened == NOT_OPEN) return 0;
  if (d->purchase) {
    PT_TRY(pt_facts_vec_room(&s->waits, 1, sizeof(int64_t), err));
    ((int64_t *)s->waits.p)[s->waits.n++] = e->time - cart->opened;
  }
  cart->opened = NOT_OPEN;
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  struct state *s = state;
  struct pt_cols *c = &s->cols;
  pt_facts_cols_at(c, to, range, row);
  uint32_t abandoned = 0, essentials = 0;
  const struct cart *carts = s->carts.p;
  for (size_t i = 0; i < s->carts.n; i++) {
    if (carts[i].opened == NOT_OPEN) continue;
    abandoned += s->ctx->as_of - carts[i].opened > s->ctx->conf->cart_abandon_ms;
    essentials += carts[i].essential;
  }
  pt_put_u32(c, pt_slot_at(c, ADDS), s->adds);
  pt_put_u32(c, pt_slot_at(c, REMOVES), s->removes);
  pt_put_f32(c, pt_slot_at(c, SUBMIT_RATE), pt_share(s->waits.n, s->opened));
  pt_put_f32(c, pt_slot_at(c, HOURS),
             s->waits.n ? pt_share(pt_facts_median2(s->waits.p, s->waits.n), 2 * 3600000) : NAN);
  pt_put_u32(c, pt_slot_at(c, ABANDONED), abandoned);
  pt_put_u32(c, pt_slot_at(c, ESSENTIALS), essentials);
  const struct pt_modal_cell *best = pt_facts_modal_best(&s->categories, NULL, NULL);
  int64_t code = best ? (int64_t)best->key : -1;
  return pt_facts_put_text(c, CATEGORY, pt_code_text(s->ctx, PT_F_CATEGORY, code), err);
}

const struct pt_family pt_facts_carts = {
    .name = "carts",
    .open = open_state,
    .close = close_state,
    .start = start,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
};

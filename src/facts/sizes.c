/* The size of each garment of the key size.categories: the modal one of the purchases that were not returned. A return
 * takes back the purchases of its order with its item; without an item all of its order; without an order the last one
 * of its item. Purchases hang in chains by order, by item and by both, which lose what was returned: so any number of
 * returns costs no more than the purchases. Memory: 40 bytes a purchase with a size, and three table cells. */
#include <stdio.h>
#include <string.h>

#include "facts/family.h"
#include "facts/modal.h"

#define NONE         UINT32_MAX
#define MAX_GARMENTS 64
#define FIELDS       (PT_BIT(PT_F_CATEGORY) | PT_BIT(PT_F_SIZE) | PT_BIT(PT_F_ORDER_ID) | PT_BIT(PT_F_ITEM_ID))

enum { BY_ORDER, BY_ITEM, BY_BOTH, N_CHAINS };

struct bought {
  int64_t time;
  uint64_t garments; /* bits */
  uint32_t size;
  uint32_t before[N_CHAINS]; /* the one before in each chain */
  bool returned;
};

struct state {
  struct pt_cols cols; /* a row for each garment */
  const struct pt_facts_ctx *ctx;
  uint64_t *garments_of;          /* bits by category code */
  struct pt_vec all;              /* struct bought */
  struct pt_table last[N_CHAINS]; /* key to the last one of the chain */
  struct pt_modal sizes;
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  free(s->garments_of);
  pt_facts_vec_free(&s->all);
  for (int i = 0; i < N_CHAINS; i++) pt_table_free(&s->last[i]);
  pt_facts_modal_free(&s->sizes);
  free(s);
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  const struct pt_garments *g = &ctx->conf->garments;
  for (uint32_t i = 0; i < g->n && i < MAX_GARMENTS; i++) {
    char name[65];
    snprintf(name, sizeof name, "size_%s", g->v[i].name);
    const struct pt_colrow row = {.name = name,
                                  .type = PT_C_LABEL,
                                  .flags = PT_COL_TAG,
                                  .fields = FIELDS,
                                  .unit = "",
                                  .text =
                                      "Most frequent size of the purchases in the categories of size.categories "
                                      "that were not returned"};
    PT_TRY(pt_facts_cols_add(&s->cols, &(struct pt_colopen){ctx, schema, fields, "preference"}, &row, 1, NULL, err));
  }
  return pt_facts_opened(state, &s->cols, close_state);
}

/* `a` holds `a` and `a.b`. */
static bool holds(struct pt_slice category, const char *top) {
  size_t n = strlen(top);
  return category.n >= n && memcmp(category.p, top, n) == 0 && (category.n == n || category.p[n] == '.');
}

static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  struct state *s = state;
  uint32_t n = ctx->n_dict[PT_F_CATEGORY];
  s->ctx = ctx;
  free(s->garments_of);
  s->garments_of = calloc((size_t)n + 1, sizeof *s->garments_of);
  if (!s->garments_of) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for %u categories", n);
  for (uint32_t g = 0; g < s->cols.n_rows; g++) {
    const struct pt_names *names = &ctx->conf->garments.v[g].categories;
    for (uint32_t i = 0; i < n; i++)
      for (uint32_t k = 0; k < names->n; k++)
        if (holds(ctx->dict[PT_F_CATEGORY][i], names->v[k])) s->garments_of[i] |= UINT64_C(1) << g;
  }
  return 0;
}

static uint64_t types(void *state) {
  (void)state;
  return PT_TYPE_BIT(PT_T_PURCHASE) | PT_TYPE_BIT(PT_T_RETURN);
}

static void begin(void *state) {
  struct state *s = state;
  if (s->all.n == 0) return;
  pt_facts_vec_clear(&s->all, sizeof(struct bought));
  for (int i = 0; i < N_CHAINS; i++) pt_table_clear(&s->last[i]);
}

/* The chains that an event names, and its key in each. */
static unsigned keys_of(const struct pt_event *e, uint64_t keys[N_CHAINS]) {
  bool order = (e->has & PT_BIT(PT_F_ORDER_ID)) != 0, item = (e->has & PT_BIT(PT_F_ITEM_ID)) != 0;
  uint64_t both[2] = {order ? (uint64_t)e->v[PT_F_ORDER_ID] : 0, item ? (uint64_t)e->v[PT_F_ITEM_ID] : 0};
  keys[BY_ORDER] = both[0];
  keys[BY_ITEM] = both[1];
  keys[BY_BOTH] = pt_hash64(both, sizeof both);
  return (order ? 1u << BY_ORDER : 0) | (item ? 1u << BY_ITEM : 0) | (order && item ? 1u << BY_BOTH : 0);
}

static int buy(struct state *s, const struct pt_event *e, uint64_t garments, struct pt_err *err) {
  uint64_t keys[N_CHAINS];
  unsigned chains = keys_of(e, keys);
  PT_TRY(pt_facts_vec_room(&s->all, 1, sizeof(struct bought), err));
  uint32_t at = (uint32_t)s->all.n++;
  struct bought *b = (struct bought *)s->all.p + at;
  *b = (struct bought){e->time, garments, (uint32_t)e->v[PT_F_SIZE], {NONE, NONE, NONE}, false};
  for (int i = 0; i < N_CHAINS; i++) {
    if (!(chains >> i & 1)) continue;
    bool fresh;
    uint32_t *last = pt_table_put(&s->last[i], keys[i], NONE, &fresh);
    if (!last) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for a user's sizes");
    b->before[i] = *last;
    *last = at;
  }
  return 0;
}

static void take_back(struct state *s, const struct pt_event *e) {
  uint64_t keys[N_CHAINS];
  unsigned chains = keys_of(e, keys);
  int chain = chains >> BY_BOTH & 1 ? BY_BOTH : chains >> BY_ORDER & 1 ? BY_ORDER : BY_ITEM;
  uint32_t *last = chains ? pt_table_get(&s->last[chain], keys[chain]) : NULL;
  bool more = true;
  while (last && *last != NONE && more) {
    struct bought *b = (struct bought *)s->all.p + *last;
    *last = b->before[chain];
    more = chain != BY_ITEM || b->returned;
    b->returned = true;
  }
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  (void)d;
  struct state *s = state;
  if (e->type == PT_T_RETURN) {
    take_back(s, e);
    return 0;
  }
  int64_t category = pt_ev(e, PT_F_CATEGORY, -1);
  bool known = category >= 0 && category < (int64_t)s->ctx->n_dict[PT_F_CATEGORY] && (e->has & PT_BIT(PT_F_SIZE));
  uint64_t garments = known ? s->garments_of[category] : 0;
  return garments ? buy(s, e, garments, err) : 0;
}

static int put_size(struct state *s, uint32_t g, struct pt_err *err) {
  const struct bought *all = s->all.p;
  pt_facts_modal_clear(&s->sizes);
  for (size_t i = 0; i < s->all.n; i++)
    if ((all[i].garments >> g & 1) && !all[i].returned)
      PT_TRY(pt_facts_modal_add(&s->sizes, all[i].size, all[i].time, err));
  const struct pt_modal_cell *best = pt_facts_modal_best(&s->sizes, NULL, NULL);
  int32_t label;
  PT_TRY(pt_facts_label(&s->cols, g, pt_code_text(s->ctx, PT_F_SIZE, best ? (int64_t)best->key : -1), &label, err));
  pt_put_tag(&s->cols, pt_slot_at(&s->cols, g), label, pt_share(best ? best->count : 0, s->sizes.total),
             s->sizes.total);
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  struct state *s = state;
  pt_facts_cols_at(&s->cols, to, range, row);
  for (uint32_t g = 0; g < s->cols.n_rows; g++) PT_TRY(put_size(s, g, err));
  return 0;
}

const struct pt_family pt_facts_sizes = {
    .name = "sizes",
    .open = open_state,
    .close = close_state,
    .start = start,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
};

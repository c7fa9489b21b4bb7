/* What a user looks for just now: searches and carts of 14 days, decayed with 7 days, as 1 - exp(-s/8). A search names
 * no category: it counts for that of the next view or click of its session, and waits for it in an array by the
 * session's number. Memory: 8 bytes a category that the user touches and 8 a session. */
#include <math.h>
#include <string.h>

#include "facts/family.h"
#include "facts/sparse.h"
#include "facts/weights.h"

#define DAYS      14
#define HALF_LIFE 7.0
#define SCALE     8.0

static const struct pt_plane plane = {
    .name = "category_demand",
    .type = PT_C_F32,
    .unit = "1",
    .description =
        "1 - exp(-s/8) for each leaf category, s = weights of searches and cart_adds of the last 14 days, "
        "decayed with a half life of 7 days",
    .join = PT_JOIN_SUM};

struct state {
  struct pt_sparse_rows cells;
  struct pt_touched *touched;
  const struct pt_sessions *sessions;
  struct pt_decay decay;
  int64_t search, cart; /* weights */
  struct pt_vec sums;   /* int64_t by the category's number in the book */
  struct pt_vec waits;  /* int64_t by session: of searches without a category yet */
  bool any;             /* of the searches waits */
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_sparse_free(&s->cells);
  pt_facts_decay_close(&s->decay);
  pt_facts_vec_free(&s->sums);
  pt_facts_vec_free(&s->waits);
  free(s);
}

#define TYPES (PT_TYPE_BIT(PT_T_SEARCH) | PT_TYPE_BIT(PT_T_CART_ADD) | PT_TYPE_BIT(PT_T_VIEW) | PT_TYPE_BIT(PT_T_CLICK))

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  struct pt_colopen open = {ctx, schema, fields, "preference"};
  PT_TRY(pt_facts_sparse_add(&s->cells, &open, plane.name, PT_F_CATEGORY, &plane, 1, 0, err));
  if (!s->cells.any) {
    close_state(s);
    *state = NULL;
    return 0;
  }
  *fields |= PT_BIT(PT_F_SESSION_ID);
  s->touched = &ctx->user->touched[PT_TOUCH_CATEGORY];
  s->touched->types |= TYPES;
  s->sessions = &ctx->user->sessions;
  ctx->user->sessions.wanted = true;
  s->search = ctx->conf->weight[PT_T_SEARCH];
  s->cart = ctx->conf->weight[PT_T_CART_ADD];
  return pt_facts_decay_open(&s->decay, HALF_LIFE, err);
}

static uint64_t types(void *state) {
  (void)state;
  return TYPES;
}

static void begin(void *state) {
  struct state *s = state;
  pt_facts_vec_clear(&s->sums, sizeof(int64_t));
  pt_facts_vec_clear(&s->waits, sizeof(int64_t));
  s->any = false;
}

/* v[at] += term, zeros before it. */
static int add_at(struct pt_vec *v, uint32_t at, int64_t term, struct pt_err *err) {
  if (v->n <= at) {
    size_t more = at + (size_t)1 - v->n;
    PT_TRY(pt_facts_vec_room(v, more, sizeof(int64_t), err));
    memset((int64_t *)v->p + v->n, 0, more * sizeof(int64_t));
    v->n += more;
  }
  ((int64_t *)v->p)[at] += term;
  return 0;
}

/* The searches of this session have found their category, or none. */
static int settle(struct state *s, struct pt_err *err) {
  uint32_t session = s->sessions->at;
  if (session >= s->waits.n) return 0;
  int64_t *wait = (int64_t *)s->waits.p + session, found = *wait;
  *wait = 0;
  return found && s->touched->here ? add_at(&s->sums, s->touched->at, found, err) : 0;
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  struct state *s = state;
  if (d->days_since >= DAYS) return 0;
  int64_t decay = (int64_t)pt_decay_at(&s->decay, d->days_since);
  if (e->type == PT_T_CART_ADD) return s->touched->here ? add_at(&s->sums, s->touched->at, s->cart * decay, err) : 0;
  if (!d->visit) return 0;
  if (e->type == PT_T_SEARCH) {
    s->any = true;
    return add_at(&s->waits, s->sessions->at, s->search * decay, err);
  }
  return s->any ? settle(s, err) : 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  struct state *s = state;
  const uint64_t *order;
  if (s->sums.n == 0) return 0;
  PT_TRY(pt_facts_touched_order(s->touched, &order, err));
  for (size_t i = 0; i < s->touched->codes.n; i++) {
    uint32_t number = (uint32_t)order[i];
    int64_t sum = number < s->sums.n ? ((const int64_t *)s->sums.p)[number] : 0, *v;
    if (sum <= 0) continue;
    PT_TRY(pt_facts_sparse_cell(&s->cells, (uint32_t)(order[i] >> 32), &v, err));
    v[0] = sum;
  }
  return pt_facts_sparse_put(&s->cells, to, range, row, err);
}

static int finish(void *state, struct pt_rows *to, uint32_t range, struct pt_err *err) {
  (void)err;
  const struct state *s = state;
  for (uint32_t row = 0; row < pt_rows_in(to, range); row++) {
    struct pt_cells cells = pt_row_cells(&s->cells, to, range, row);
    for (size_t i = 0; i < cells.n; i++) {
      int64_t *v = cells.v + i * cells.words + 1;
      pt_cell_real(v, -expm1(-pt_real(*v) / (SCALE * PT_WEIGHT_ONE)));
    }
  }
  return 0;
}

const struct pt_family pt_facts_demand = {
    .name = "demand",
    .open = open_state,
    .close = close_state,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
    .finish = finish,
};

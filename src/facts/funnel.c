/* The funnel: the deepest step done, and the deepest with all earlier ones before it inside 7 days.
 *
 * Steps that no event of the input has are left out, which is known only when all users are through: so the rows keep
 * which steps a user did and, for each of them, whether all earlier ones *that the user ever did* were before it in
 * time. A step is closed where those are all earlier steps of the input. Per event: the earlier steps within 7 days,
 * remembered where they are all those done so far; what the user does first only later makes the memory stale, which
 * end() sees. */
#include <string.h>

#include "facts/family.h"

#define MAX_STEPS 32
#define SPAN      (7 * PT_DAY_MS)
#define NO_STEP   UINT8_MAX

enum { STEP, CLOSED, DONE, FULL, WAIT, N_ROWS };
static const struct pt_colrow rows[N_ROWS] = {
    [STEP] = {.name = "funnel_step",
              .type = PT_C_LABEL,
              .flags = PT_COL_ORDERED,
              .unit = "",
              .text = "Deepest funnel step done in any 7 days"},
    [CLOSED] = {.name = "funnel_closed",
                .type = PT_C_LABEL,
                .flags = PT_COL_ORDERED,
                .unit = "",
                .text = "Deepest funnel step with all earlier ones before it inside 7 days"},
    [DONE] = {.name = "_funnel_done",
              .type = PT_C_U8,
              .flags = PT_COL_HIDDEN,
              .serves = 1u << CLOSED,
              .unit = "1",
              .text = "1 for each funnel step done"},
    [FULL] = {.name = "_funnel_full",
              .type = PT_C_U32,
              .flags = PT_COL_HIDDEN,
              .serves = 1u << CLOSED,
              .unit = "1",
              .text = "Bits of the steps with all earlier steps that the user ever did inside 7 days before"},
    [WAIT] = {.name = "_funnel_wait",
              .type = PT_C_U32,
              .flags = PT_COL_HIDDEN,
              .unit = "ms",
              .text = "From the step before to the first event of the step that has all earlier ones before it"},
};

struct state {
  struct pt_cols cols;
  struct pt_popneed need;
  double population[MAX_STEPS];
  const struct pt_names *steps;
  uint32_t n;
  uint64_t types;
  uint8_t step_of[PT_T_COUNT];
  uint8_t *other_step; /* by dictionary code of an unknown event name */
  uint32_t n_other;

  uint32_t done;              /* bits of the steps so far */
  int64_t last[MAX_STEPS];    /* time of the last event of a step, where done */
  uint32_t before[MAX_STEPS]; /* the earlier steps done then, at the last event that had them all inside 7 days */
  uint32_t wait[MAX_STEPS];   /* ms from the latest of them, at the first such event */
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  free(s->other_step);
  free(s);
}

static int read_steps(struct state *s, const struct pt_conf *conf, struct pt_err *err) {
  s->steps = &conf->funnel_steps;
  s->n = s->steps->n;
  if (s->n > MAX_STEPS) return pt_fail(err, "facts", PT_CONFIG, 0, "funnel.steps has more than %d steps", MAX_STEPS);
  for (int t = 0; t < PT_T_COUNT; t++) s->step_of[t] = NO_STEP;
  for (uint32_t i = 0; i < s->n; i++) {
    for (uint32_t k = 0; k < i; k++)
      if (strcmp(s->steps->v[i], s->steps->v[k]) == 0)
        return pt_fail(err, "facts", PT_CONFIG, 0, "funnel.steps names '%s' twice", s->steps->v[i]);
    enum pt_type type = pt_type_of(pt_slice_of(s->steps->v[i]));
    s->types |= PT_TYPE_BIT(type);
    if (type != PT_T_OTHER) s->step_of[type] = (uint8_t)i;
  }
  return 0;
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  PT_TRY(read_steps(s, ctx->conf, err));
  struct pt_colrow own[N_ROWS];
  for (int r = 0; r < N_ROWS; r++) own[r] = rows[r];
  own[STEP].labels = own[CLOSED].labels = (const char *const *)s->steps->v;
  own[STEP].n_labels = own[CLOSED].n_labels = s->n;
  own[DONE].width = own[WAIT].width = s->n;
  own[WAIT].serves = pt_facts_table(ctx, "funnel") ? 1u << CLOSED : 0;
  struct pt_colopen open = {ctx, schema, fields, "consumption"};
  if (s->n) PT_TRY(pt_facts_cols_add(&s->cols, &open, own, N_ROWS, NULL, err));
  s->need = (struct pt_popneed){.need = PT_NEED_SUM, .column = "_funnel_done", .out = s->population};
  return pt_facts_opened(state, &s->cols, close_state);
}

static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  struct state *s = state;
  free(s->other_step);
  s->n_other = ctx->n_dict[PT_F_EVENT];
  s->other_step = malloc((size_t)s->n_other + 1);
  if (!s->other_step) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for %u event names", s->n_other);
  memset(s->other_step, NO_STEP, (size_t)s->n_other + 1);
  for (uint32_t i = 0; i < s->n; i++) {
    const char *name = s->steps->v[i];
    int64_t code = pt_type_of(pt_slice_of(name)) == PT_T_OTHER ? pt_facts_code(ctx, PT_F_EVENT, name) : -1;
    if (code >= 0) s->other_step[code] = (uint8_t)i;
  }
  return 0;
}

static uint64_t types(void *state) {
  return ((struct state *)state)->types;
}

static void begin(void *state) {
  ((struct state *)state)->done = 0;
}

static uint32_t below(uint32_t step) {
  return (1u << step) - 1;
}

static int32_t highest(uint32_t bits) {
  return bits ? 31 - __builtin_clz(bits) : -1;
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  enum pt_type type = pt_type_as(e, d);
  uint8_t step = s->step_of[type];
  if (type == PT_T_OTHER) {
    uint64_t code = (uint64_t)pt_ev(e, PT_F_EVENT, -1);
    step = code < s->n_other ? s->other_step[code] : NO_STEP;
  }
  if (step == NO_STEP) return 0;
  uint32_t earlier = s->done & below(step), inside = 0;
  for (uint32_t i = 0; i < step; i++)
    if ((earlier >> i & 1) && e->time - s->last[i] <= SPAN) inside |= 1u << i;
  if (!(s->done >> step & 1)) s->before[step] = UINT32_MAX;
  if (inside == earlier && s->before[step] != earlier) {
    s->before[step] = earlier;
    s->wait[step] = earlier ? (uint32_t)(e->time - s->last[highest(earlier)]) : 0;
  }
  s->done |= 1u << step;
  s->last[step] = e->time;
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  struct pt_cols *c = &s->cols;
  pt_facts_cols_at(c, to, range, row);
  uint32_t full = 0;
  for (uint32_t i = 0; i < s->n; i++)
    if ((s->done >> i & 1) && s->before[i] == (s->done & below(i))) full |= 1u << i;
  pt_put_i32(c, pt_slot_at(c, STEP), highest(s->done));
  pt_put_i32(c, pt_slot_at(c, CLOSED), -1);
  pt_put_u32(c, pt_slot_at(c, FULL), full);
  uint8_t *done = pt_slot_at(c, DONE)->values;
  for (uint32_t i = 0; done && i < s->n; i++) done[(size_t)row * s->n + i] = s->done >> i & 1;
  uint32_t *wait = (uint32_t *)(void *)pt_slot_at(c, WAIT)->values;
  for (uint32_t i = 0; wait && i < s->n; i++) wait[(size_t)row * s->n + i] = full >> i & 1 ? s->wait[i] : 0;
  return 0;
}

static struct pt_popneed *needs(void *state, uint32_t *n) {
  struct state *s = state;
  *n = pt_wanted(&s->cols, DONE);
  return &s->need;
}

static int finish(void *state, struct pt_rows *to, uint32_t range, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  struct pt_cols *c = &s->cols;
  if (!pt_wanted(c, CLOSED)) return 0;
  uint32_t present = 0;
  for (uint32_t i = 0; i < s->n; i++)
    if (s->population[i] > 0) present |= 1u << i;
  pt_facts_cols_range(c, to, range);
  const uint8_t *done = pt_slot_at(c, DONE)->values;
  const uint32_t *full = (const uint32_t *)(const void *)pt_slot_at(c, FULL)->values;
  uint32_t n = pt_rows_in(to, range);
  for (c->row = 0; c->row < n; c->row++) {
    int32_t closed = -1;
    bool gap = false; /* an earlier step of the input that the user never did */
    for (uint32_t i = 0; i < s->n && !gap; i++) {
      bool did = done[(size_t)c->row * s->n + i];
      if (did && (full[c->row] >> i & 1)) closed = (int32_t)i;
      gap = !did && (present >> i & 1);
    }
    pt_put_i32(c, pt_slot_at(c, CLOSED), closed);
  }
  return 0;
}

const struct pt_family pt_facts_funnel = {
    .name = "funnel",
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

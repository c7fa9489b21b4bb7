/* Users under 14 have facts without tags: a hidden flag made with the facts, and the sweep that follows it once all
 * tags are made. */
#include "facts/family.h"

#define NAME     "_minor"
#define FULL_AGE 14

struct state {
  const struct pt_facts_ctx *ctx;
  const struct pt_profile *profile;
  int64_t today;
  uint32_t column;
};

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  static const struct pt_column column = {.name = NAME,
                                          .type = PT_C_BOOL,
                                          .width = 1,
                                          .where = PT_HIDDEN,
                                          .family = "attributes",
                                          .level = "fact",
                                          .kind = "static",
                                          .description = "under 14 years"};
  (void)fields;
  *state = NULL;
  if (schema->n == 0) return 0;
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  s->profile = &ctx->user->profile;
  return pt_schema_add(schema, &column, &s->column, err);
}

static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  s->ctx = ctx;
  s->today = pt_local_date(ctx->zone, ctx->as_of);
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  int64_t years;
  uint32_t evidence;
  if (s->profile->records == 0 || !pt_facts_age(s->profile, s->ctx, s->today, &years, &evidence)) return 0;
  ((uint8_t *)pt_rows_values(to, range, s->column))[row] = years < FULL_AGE;
  return 0;
}

static void hide(struct pt_rows *rows, uint32_t range, uint32_t row) {
  const struct pt_schema *schema = pt_rows_schema(rows);
  for (uint32_t t = 0; t < schema->n_tags; t++) {
    const struct pt_tag *tag = &schema->tags[t];
    ((int32_t *)pt_rows_values(rows, range, tag->label))[row] = -1;
    ((float *)pt_rows_values(rows, range, tag->index))[row] = NAN;
    ((uint32_t *)pt_rows_values(rows, range, tag->evidence))[row] = 0;
  }
}

void pt_facts_hide_minors(struct pt_rows *rows, uint32_t range) {
  int64_t column = pt_schema_find(pt_rows_schema(rows), NAME);
  if (column < 0) return;
  const uint8_t *minor = pt_rows_values(rows, range, (uint32_t)column);
  for (uint32_t row = 0; row < pt_rows_in(rows, range); row++)
    if (minor[row]) hide(rows, range, row);
}

const struct pt_family pt_facts_minors = {
    .name = "minors",
    .open = open_state,
    .close = free,
    .start = start,
    .end = end,
};

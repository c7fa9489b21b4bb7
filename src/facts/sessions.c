/* Sessions by window, their length, depth and bounces. The sessions themselves are kept in session_book.c. */
#include "facts/family.h"

enum { SESSIONS, MINUTES, DEPTH, BOUNCE, N_ROWS };
#define FIELDS PT_BIT(PT_F_SESSION_ID)
static const struct pt_colrow rows[N_ROWS] = {
    [SESSIONS] = {.name = "sessions",
                  .type = PT_C_U32,
                  .flags = PT_COL_WINDOWS,
                  .fields = FIELDS,
                  .unit = "sessions",
                  .text = "Sessions of visit events, by the time of their first event"},
    [MINUTES] = {.name = "session_minutes_median",
                 .type = PT_C_F32,
                 .fields = FIELDS,
                 .unit = "minutes",
                 .text = "Median over sessions of the minutes from the first to the last event"},
    [DEPTH] = {.name = "session_depth_mean",
               .type = PT_C_F32,
               .fields = FIELDS,
               .unit = "events",
               .text = "Mean number of events of a session"},
    [BOUNCE] = {.name = "bounce_rate",
                .type = PT_C_F32,
                .fields = FIELDS,
                .unit = "1",
                .text = "Share of sessions with one event"},
};

struct state {
  struct pt_cols cols;
  const struct pt_sessions *book;
  struct pt_vec lengths; /* int64_t: ms */
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  pt_facts_vec_free(&s->lengths);
  free(s);
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  PT_TRY(pt_facts_cols_add(&s->cols, &(struct pt_colopen){ctx, schema, fields, "activity"}, rows, N_ROWS, NULL, err));
  s->book = &ctx->user->sessions;
  if (s->cols.n_wanted) ctx->user->sessions.wanted = true;
  return pt_facts_opened(state, &s->cols, close_state);
}

static uint64_t types(void *state) {
  (void)state;
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  struct state *s = state;
  const struct pt_session *all = s->book->all.p;
  size_t n = s->book->all.n;
  pt_facts_cols_at(&s->cols, to, range, row);
  pt_facts_put_counts(&s->cols, SESSIONS, s->book->count);

  pt_facts_vec_clear(&s->lengths, sizeof(int64_t));
  PT_TRY(pt_facts_vec_room(&s->lengths, n, sizeof(int64_t), err));
  int64_t *ms = s->lengths.p;
  uint64_t bounces = 0;
  for (size_t i = 0; i < n; i++) {
    ms[i] = all[i].last - all[i].first;
    bounces += all[i].events == 1;
  }
  double minutes = n && pt_wanted(&s->cols, MINUTES) ? (double)pt_facts_median2(ms, n) / 120000.0 : NAN;
  pt_put_f32(&s->cols, pt_slot_at(&s->cols, MINUTES), minutes);
  pt_put_f32(&s->cols, pt_slot_at(&s->cols, DEPTH), pt_share(s->book->events, n));
  pt_put_f32(&s->cols, pt_slot_at(&s->cols, BOUNCE), pt_share(bounces, n));
  return 0;
}

const struct pt_family pt_facts_sessions = {
    .name = "sessions",
    .open = open_state,
    .close = close_state,
    .types = types,
    .end = end,
};

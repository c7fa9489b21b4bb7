/* Most events belong to the session of the event before, so the table of ids is asked once a session, not once an
 * event. Memory: 24 bytes a session and a table cell for each with an id. */
#include <string.h>

#include "facts/user.h"

void pt_facts_sessions_clear(struct pt_sessions *s) {
  pt_table_clear(&s->by_id);
  pt_facts_vec_clear(&s->all, sizeof(struct pt_session));
  memset(s->count, 0, sizeof s->count);
  s->has_last = s->has_run = s->began = false;
  s->events = 0;
}

void pt_facts_sessions_free(struct pt_sessions *s) {
  pt_table_free(&s->by_id);
  pt_facts_vec_free(&s->all);
}

static int begin_session(struct pt_sessions *s, const struct pt_event *e, const struct pt_derived *d,
                         struct pt_err *err) {
  PT_TRY(pt_facts_vec_room(&s->all, 1, sizeof(struct pt_session), err));
  ((struct pt_session *)s->all.p)[s->all.n++] = (struct pt_session){.first = e->time};
  s->count[d->window]++;
  s->began = true;
  return 0;
}

static int with_id(struct pt_sessions *s, const struct pt_event *e, const struct pt_derived *d, uint32_t *at,
                   struct pt_err *err) {
  uint64_t id = (uint64_t)e->v[PT_F_SESSION_ID];
  if (!s->has_last || s->last_id != id) {
    bool fresh;
    uint32_t *found = pt_table_put(&s->by_id, id, (uint32_t)s->all.n, &fresh);
    if (!found) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for a user's sessions");
    s->last_at = *found;
    s->last_id = id;
    s->has_last = true;
    if (fresh) PT_TRY(begin_session(s, e, d, err));
  }
  *at = s->last_at;
  return 0;
}

int pt_facts_sessions_event(struct pt_sessions *s, const struct pt_event *e, const struct pt_derived *d,
                            struct pt_err *err) {
  uint32_t at = 0;
  s->began = false;
  if (e->has & PT_BIT(PT_F_SESSION_ID)) {
    PT_TRY(with_id(s, e, d, &at, err));
  } else {
    if (!s->has_run || e->time - ((struct pt_session *)s->all.p)[s->run].last > s->gap) {
      s->run = (uint32_t)s->all.n;
      s->has_run = true;
      PT_TRY(begin_session(s, e, d, err));
    }
    at = s->run;
  }
  s->at = at;
  struct pt_session *session = (struct pt_session *)s->all.p + at;
  session->last = e->time;
  session->events++;
  s->events++;
  return 0;
}

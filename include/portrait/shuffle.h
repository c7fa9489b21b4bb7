/* The shuffle: events to the rank that owns their user's slot, in bounded rounds, overlapped with parsing. */
#ifndef PORTRAIT_SHUFFLE_H
#define PORTRAIT_SHUFFLE_H
#include <portrait/clean.h>
#include <portrait/comm.h>
#include <portrait/store.h>

struct pt_shuffle; /* opaque */

struct pt_shuffle_conf {
  uint64_t round_bytes;      /* packed bytes of a rank's round; default 16 MiB; tests force 4 KiB */
  const uint32_t *slot_from; /* size() + 1 slot bounds: rank r owns [slot_from[r], slot_from[r + 1]) */
};
/* Local. `cleaner` owns the dictionaries that the events' codes refer to. */
int pt_shuffle_open(struct pt_shuffle **out, struct pt_comm *c, const struct pt_shuffle_conf *conf,
                    struct pt_cleaner *cleaner, struct pt_store *store, struct pt_err *err) PT_MUST_CHECK;
void pt_shuffle_close(struct pt_shuffle *s);
/* Local: queues an event and its user's id. */
int pt_shuffle_put(struct pt_shuffle *s, const struct pt_event *e, struct pt_slice user_id,
                   struct pt_err *err) PT_MUST_CHECK;
bool pt_shuffle_full(const struct pt_shuffle *s); /* Local: the round's bytes are there */
void pt_shuffle_progress(struct pt_shuffle *s);   /* Local, cheap: lets messages move while parsing goes on */
/* Collective: finishes the round under way (what came goes into the store) and starts the next with what is queued.
 * `more`: this rank has more to put. *any_more: some rank has, or a round is still under way. A local failure in *err
 * goes out with the round's flags: then every rank returns it after the same round. */
int pt_shuffle_turn(struct pt_shuffle *s, bool more, bool *any_more, struct pt_err *err) PT_MUST_CHECK;
uint64_t pt_shuffle_sent(const struct pt_shuffle *s); /* bytes sent to other ranks */

#endif

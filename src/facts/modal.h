/* The modal value of a user: largest count, then latest, then smallest key (dictionary codes are in byte order). */
#ifndef PT_FACTS_MODAL_H
#define PT_FACTS_MODAL_H
#include <portrait/table.h>

#include "facts/vec.h"

#define PT_MODAL_FEW 8 /* values without a table */

struct pt_modal_cell {
  uint64_t key;
  int64_t latest;
  uint32_t count;
};

/* Zero-initialised is empty. */
struct pt_modal {
  struct pt_table table; /* key to cell, where there are more than a few */
  struct pt_vec cells;
  size_t at; /* cell of the last event */
  uint32_t total;
};

void pt_facts_modal_clear(struct pt_modal *m);
void pt_facts_modal_free(struct pt_modal *m);
/* One more `key` at `time`; times do not fall. */
int pt_facts_modal_add(struct pt_modal *m, uint64_t key, int64_t time, struct pt_err *err) PT_MUST_CHECK;
/* NULL where there is none. `less` orders keys that tie; NULL: as numbers. */
typedef bool (*pt_modal_less)(void *ctx, uint64_t a, uint64_t b);
const struct pt_modal_cell *pt_facts_modal_best(const struct pt_modal *m, pt_modal_less less, void *ctx);

#endif

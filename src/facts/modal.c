/* Memory: 24 bytes and a table cell for each distinct value of one user. */
#include "facts/modal.h"

void pt_facts_modal_clear(struct pt_modal *m) {
  if (m->total == 0) return;
  pt_table_clear(&m->table);
  pt_facts_vec_clear(&m->cells, sizeof(struct pt_modal_cell));
  m->at = 0;
  m->total = 0;
}

void pt_facts_modal_free(struct pt_modal *m) {
  pt_table_free(&m->table);
  pt_facts_vec_free(&m->cells);
}

int pt_facts_modal_add(struct pt_modal *m, uint64_t key, int64_t time, struct pt_err *err) {
  struct pt_modal_cell *cells = m->cells.p;
  if (m->total == 0 || cells[m->at].key != key) {
    PT_TRY(pt_facts_vec_room(&m->cells, 1, sizeof *cells, err));
    cells = m->cells.p;
    bool fresh;
    uint32_t *at = pt_table_put(&m->table, key, (uint32_t)m->cells.n, &fresh);
    if (!at) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for a user's counts");
    if (fresh) cells[m->cells.n++] = (struct pt_modal_cell){.key = key};
    m->at = *at;
  }
  cells[m->at].count++;
  cells[m->at].latest = time;
  m->total++;
  return 0;
}

const struct pt_modal_cell *pt_facts_modal_best(const struct pt_modal *m, pt_modal_less less, void *ctx) {
  const struct pt_modal_cell *cells = m->cells.p, *best = NULL;
  for (size_t i = 0; i < m->cells.n; i++) {
    const struct pt_modal_cell *c = &cells[i];
    if (best && c->count < best->count) continue;
    if (best && c->count == best->count) {
      if (c->latest < best->latest) continue;
      if (c->latest == best->latest && !(less ? less(ctx, c->key, best->key) : c->key < best->key)) continue;
    }
    best = c;
  }
  return best;
}

/* Memory: 24 bytes and a table cell for each distinct value of one user. */
#include "facts/modal.h"

void pt_facts_modal_clear(struct pt_modal *m) {
  if (m->total == 0) return;
  if (m->cells.n > PT_MODAL_FEW) pt_table_clear(&m->table);
  pt_facts_vec_clear(&m->cells, sizeof(struct pt_modal_cell));
  m->at = 0;
  m->total = 0;
}

void pt_facts_modal_free(struct pt_modal *m) {
  pt_table_free(&m->table);
  pt_facts_vec_free(&m->cells);
}

static int no_memory(struct pt_err *err) {
  return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for a user's counts");
}

/* Most users have a handful of values: these are looked through, and only more go to the table. */
static int find(struct pt_modal *m, uint64_t key, struct pt_err *err) {
  struct pt_modal_cell *cells = m->cells.p;
  size_t n = m->cells.n;
  bool fresh;
  if (n <= PT_MODAL_FEW) {
    for (size_t i = 0; i < n; i++)
      if (cells[i].key == key) {
        m->at = i;
        return 0;
      }
    for (size_t i = 0; n == PT_MODAL_FEW && i < n; i++)
      if (!pt_table_put(&m->table, cells[i].key, (uint32_t)i, &fresh)) return no_memory(err);
  }
  if (n >= PT_MODAL_FEW) {
    uint32_t *at = pt_table_put(&m->table, key, (uint32_t)n, &fresh);
    if (!at) return no_memory(err);
    m->at = *at;
    if (!fresh) return 0;
  }
  m->at = n;
  cells[m->cells.n++] = (struct pt_modal_cell){.key = key};
  return 0;
}

int pt_facts_modal_add(struct pt_modal *m, uint64_t key, int64_t time, struct pt_err *err) {
  struct pt_modal_cell *cells = m->cells.p;
  if (m->total == 0 || cells[m->at].key != key) {
    PT_TRY(pt_facts_vec_room(&m->cells, 1, sizeof *cells, err));
    PT_TRY(find(m, key, err));
    cells = m->cells.p;
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

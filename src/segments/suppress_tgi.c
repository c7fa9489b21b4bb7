/* Small cells of tgi. Its counts k are a matrix of segments by labels that is symmetric where both are labels: a cell
 * falls with its mirror. The labels of a tag add up to n1 in a segment, and so do the labels of the segment's own tag
 * to the mirror's: a cell that falls alone among them is joined by the smallest of the others, until no cell is alone.
 * Memory: 9 bytes a cell. */
#include <math.h>
#include <stdlib.h>

#include "segments_priv.h"

enum { K = 3, N1, K_ALL, N, P1, P, TGI, Z, Q };

struct cells {
  const struct segments *s;
  uint32_t n;
  bool *falls;     /* [segment][label's segment] */
  uint64_t *users; /* k */
};

static void take_down(struct cells *m, uint32_t a, uint32_t b) {
  m->falls[(size_t)a * m->n + b] = true;
  if (a >= m->s->n_own) m->falls[(size_t)b * m->n + a] = true;
}

/* One round over all groups; true where something fell. A column's groups are a row's of the mirror. */
static bool complete(struct cells *m) {
  const struct segment *v = m->s->v;
  bool any = false;
  for (uint32_t a = 0; a < m->n; a++)
    for (uint32_t from = m->s->n_own, to; from < m->n; from = to) {
      for (to = from; to < m->n && v[to].tag == v[from].tag;) to++;
      if (v[a].tag == v[from].tag) continue;
      uint32_t b = pt_suppress_partner(m->falls + (size_t)a * m->n, m->users + (size_t)a * m->n, from, to);
      if (b == UINT32_MAX) continue;
      take_down(m, a, b);
      any = true;
    }
  return any;
}

/* Rows stand in the order in which tgi.c lists them. */
static void read_cells(struct cells *m, const bool *hidden, const struct pt_frame *f) {
  const struct segment *v = m->s->v;
  uint64_t row = 0;
  for (uint32_t a = 0; a < m->n; a++)
    for (uint32_t b = m->s->n_own; b < m->n; b++) {
      if (v[a].tag == v[b].tag) continue;
      uint64_t k = (uint64_t)f->columns[K].v.i64[row++];
      m->users[(size_t)a * m->n + b] = k;
      if (k < m->s->conf->privacy_k || hidden[a] || hidden[b]) m->falls[(size_t)a * m->n + b] = true;
    }
}

static void write_cells(const struct cells *m, const bool *hidden, struct pt_frame *f) {
  const struct segment *v = m->s->v;
  static const uint32_t of_cell[] = {K, P1, TGI, Z, Q}, of_label[] = {K_ALL, P};
  double k = m->s->conf->privacy_k;
  uint64_t row = 0;
  for (uint32_t a = 0; a < m->n; a++)
    for (uint32_t b = m->s->n_own; b < m->n; b++) {
      if (v[a].tag == v[b].tag) continue;
      for (size_t i = 0; m->falls[(size_t)a * m->n + b] && i < sizeof of_cell / sizeof *of_cell; i++)
        pt_suppress_cell(f, row, of_cell[i]);
      for (size_t i = 0; hidden[b] && i < sizeof of_label / sizeof *of_label; i++)
        pt_suppress_cell(f, row, of_label[i]);
      if (hidden[a] || pt_suppress_value(f, row, N1) < k) pt_suppress_cell(f, row, N1);
      if (pt_suppress_value(f, row, N) < k) pt_suppress_cell(f, row, N);
      row++;
    }
}

int pt_suppress_tgi(const struct segments *s, const bool *hidden, struct pt_frame *f, struct pt_err *err) {
  struct cells m = {.s = s, .n = s->n};
  size_t n = (size_t)s->n * s->n;
  m.falls = calloc(n + 1, sizeof *m.falls);
  m.users = calloc(n + 1, sizeof *m.users);
  int failed = m.falls && m.users ? 0 : pt_segments_no_memory(err);
  if (!failed) {
    read_cells(&m, hidden, f);
    while (complete(&m)) continue;
    write_cells(&m, hidden, f);
  }
  free(m.falls);
  free(m.users);
  return failed;
}

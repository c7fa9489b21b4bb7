/* The two hot loops, compiled once per instruction set: the including file defines LANE_TARGET (function attribute),
 * LANE_WIDTH, LANE_HABITS (0: lengths steer branches anyway) and the primitives lane_special(), lane_same(),
 * lane_number(), lane_cell(). All may read 64 bytes behind `end`, so a place is compared with `end` before each step
 * and what lies behind it never decides. */

LANE_TARGET static const char *text_value(struct pt_json *j, const char *p, const char *end, struct pt_value *out) {
  const char *start = p;
  for (;;) {
    unsigned k = lane_special(p);
    p += k;
    if (__builtin_expect(k < LANE_WIDTH, 1)) break;
    if (p >= end) return NULL;
  }
  if (__builtin_expect(*p != '"', 0)) return pt_text_scan(start, end, &j->arena, out);
  *out = (struct pt_value){start, (uint32_t)(p - start), PT_V_TEXT};
  return p + 1;
}

LANE_TARGET static const char *word_value(const char *p, struct pt_value *out) {
  uint32_t kind, n = 4;
  if (memcmp(p, "null", 4) == 0) {
    kind = PT_V_NULL;
  } else if (memcmp(p, "true", 4) == 0) {
    kind = PT_V_TRUE;
  } else if (memcmp(p, "false", 5) == 0) {
    kind = PT_V_FALSE;
    n = 5;
  } else {
    return NULL;
  }
  *out = (struct pt_value){p, n, kind};
  return p + n;
}

LANE_TARGET static inline const char *scalar(struct pt_json *j, const char *p, const char *end, struct pt_value *out) {
  if (__builtin_expect(*p == '"', 1)) return text_value(j, p + 1, end, out);
  if (*p <= '9') {
    const char *stop = lane_number(p, end);
    if (!stop) return NULL;
    *out = (struct pt_value){p, (uint32_t)(stop - p), PT_V_NUMBER};
    return stop;
  }
  return word_value(p, out);
}

/* p + length, where `length` was just measured. Most values are as long as the last one in their place (times, ids of
 * equal width): where that has held, the sum is made from the remembered length and the measured one is only compared,
 * so the processor goes on with the next value before this one's end is known. The asm keeps the two apart. */
LANE_TARGET static inline const char *advance(const char *p, uint32_t length, struct pt_habit *h) {
  if (!LANE_HABITS) return p + length;
  uint32_t same = h->length;
  __asm__("" : "+r"(same));
  if (__builtin_expect(h->trust >= PT_TRUST, 1)) {
    if (__builtin_expect(length == h->length, 1)) {
      if (h->trust < 2 * PT_TRUST) h->trust++;
      return p + same;
    }
    h->trust -= 2;
    return p + length;
  }
  h->trust = (h->trust + 1) & -(int32_t)(length == h->length); /* no branch: it could not be foreseen */
  h->length = length;
  return p + length;
}

LANE_TARGET static struct pt_edge *other_edge(struct pt_state *s, const char *p, const char *end) {
  for (struct pt_edge *e = s->edges; e; e = e->next) {
    if (e != s->last && lane_same(p, end, e)) {
      s->last = e;
      return e;
    }
  }
  return NULL;
}

LANE_TARGET static const char *line_end(const char *p, const char *end, bool last) {
  if (p < end && *p == '\n') return p;
  if (end - p >= 2 && p[0] == '\r' && p[1] == '\n') return p;
  return p == end && last ? p : NULL;
}

LANE_TARGET static const char *follow(struct pt_json *j, const char *p, const char *end, bool last) {
  struct pt_state *s = pt_graph_start(j->graph);
  uint64_t seen0 = 0, seen1 = 0;
  j->arena.n = j->n_rows = 0;
  while (p <= end) {
    struct pt_edge *e = s->last;
    if (__builtin_expect(!e || !lane_same(p, end, e), 0)) {
      e = other_edge(s, p, end);
      if (!e) break;
    }
    p += e->n;
    if ((seen0 & e->clear[0]) | (seen1 & e->clear[1])) break; /* a key again: its earlier value goes */
    s = e->target;
    if (!s) {
      p = line_end(p, end, last);
      if (!p) break;
      j->seen[0] = seen0 | e->set[0];
      j->seen[1] = seen1 | e->set[1];
      pt_json_settle(j);
      return p;
    }
    if (p > end) break;
    seen0 |= e->set[0];
    seen1 |= e->set[1];
    const char *stop = scalar(j, p, end, e->to);
    if (!stop) break;
    p = advance(p, (uint32_t)(stop - p), &e->habit);
  }
  j->dirty[0] |= seen0;
  j->dirty[1] |= seen1;
  return NULL;
}

LANE_TARGET static enum pt_csv_fate split(struct pt_csv *c, const char *p, const char *end, bool last,
                                          struct pt_csv_line *out) {
  uint32_t cells = 0;
  bool high = false, cut = false;
  const char delimiter = c->delimiter;
  for (;;) {
    struct pt_column *column = cells < c->n_columns ? &c->column[cells] : &c->other;
    cells++;
    const char *start = p;
    if (__builtin_expect(p < end && *p == '"', 0)) {
      p = pt_csv_quoted(c, p + 1, end, &cut, column->to);
      if (!p) return cut && !last ? PT_CSV_CUT : PT_CSV_BAD;
      high = true;
      if (p < end && *p == '\r' && (p + 1 == end || p[1] == '\n')) p++;
      if (p < end && *p != delimiter && *p != '\n') return PT_CSV_BAD;
    } else {
      unsigned k;
      while ((k = lane_cell(p, delimiter, &high)) == LANE_WIDTH && p + k < end) p += k;
      p = p == start ? advance(p, k, &column->habit) : p + k;
      if (p > end) p = end;
      bool crlf = p < end && *p == '\n' && p > start && p[-1] == '\r';
      uint32_t n = (uint32_t)(p - start) - crlf;
      *column->to = (struct pt_value){start, n, n ? PT_V_TEXT : PT_V_ABSENT};
    }
    if (p >= end) {
      if (!last) return PT_CSV_CUT;
      *out = (struct pt_csv_line){end, end, cells, high};
      return PT_CSV_OK;
    }
    if (*p++ == '\n') break;
  }
  const char *stop = p - 1;
  if (stop[-1] == '\r') stop--;
  *out = (struct pt_csv_line){stop, p, cells, high};
  return PT_CSV_OK;
}

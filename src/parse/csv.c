/* The parts of CSV that need no speed: quoted cells, and cells between runs of blanks (RFC 4180; DESIGN section 3). */
#include "parse_priv.h"

static bool spill(struct pt_arena *a, const char *p, size_t n) {
  if (a->cap - a->n < n) return false;
  memcpy(a->p + a->n, p, n);
  a->n += n;
  return true;
}

/* Looks for the quote first and then for line ends in front of it, so many quoted cells cost one pass. */
const char *pt_csv_quoted(struct pt_csv *c, const char *p, const char *end, bool *cut, struct pt_value *out) {
  struct pt_arena *a = &c->arena;
  size_t mark = a->n;
  bool doubled = false;
  for (const char *from = p;;) {
    const char *q = from < end ? memchr(from, '"', (size_t)(end - from)) : NULL;
    const char *stop = q ? q : end;
    if (!c->multiline && memchr(from, '\n', (size_t)(stop - from))) return NULL;
    if (!q) {
      *cut = true;
      return NULL;
    }
    bool again = q + 1 < end && q[1] == '"';
    if (again || doubled) {
      if (!spill(a, from, (size_t)(q - from) + again)) return NULL;
      doubled = true;
    }
    from = q + 2;
    if (again) continue;
    size_t n = doubled ? a->n - mark : (size_t)(q - p);
    *out = (struct pt_value){doubled ? a->p + mark : p, (uint32_t)n, n ? PT_V_TEXT : PT_V_ABSENT};
    return q + 1;
  }
}

static bool blank(char c) {
  return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *p, const char *end) {
  while (p < end && blank(*p)) p++;
  return p;
}

static bool at_line_end(const char *p, const char *end) {
  return p >= end || *p == '\n' || (*p == '\r' && (p + 1 == end || p[1] == '\n'));
}

static const char *bare_cell(const char *p, const char *end, struct pt_value *out) {
  const char *start = p;
  while (!at_line_end(p, end) && !blank(*p)) p++;
  *out = (struct pt_value){start, (uint32_t)(p - start), PT_V_TEXT};
  return p;
}

enum pt_csv_fate pt_csv_blanks(struct pt_csv *c, const char *p, const char *end, bool last, struct pt_csv_line *out) {
  uint32_t cells = 0;
  bool cut = false;
  for (p = skip_blanks(p, end); !at_line_end(p, end); p = skip_blanks(p, end)) {
    struct pt_value *to = cells < c->n_columns ? c->column[cells].to : &c->trash;
    cells++;
    p = *p == '"' ? pt_csv_quoted(c, p + 1, end, &cut, to) : bare_cell(p, end, to);
    if (!p) return cut && !last ? PT_CSV_CUT : PT_CSV_BAD;
    if (!at_line_end(p, end) && !blank(*p)) return PT_CSV_BAD;
  }
  const char *stop = p;
  if (p < end && *p == '\r') p++;
  if (p >= end && !last) return PT_CSV_CUT;
  *out = (struct pt_csv_line){stop, p < end ? p + 1 : end, cells, true};
  return PT_CSV_OK;
}

/* Names to slots: which value of a line goes to which field. Done when a parser is opened and when an expression asks
 * for a further name; lines themselves know only slots. */
#include <stdlib.h>

#include "parse_priv.h"

#define MAX_COLUMNS 16384

struct pt_value *pt_slot_value(struct pt_parser *p, uint8_t slot) {
  return slot < PT_OWN_SLOT ? &p->events[0].v[slot] : &p->own[slot - PT_OWN_SLOT];
}

static uint8_t own_slot(struct pt_parser *p) {
  return p->n_own < PT_PARSE_SLOTS - PT_OWN_SLOT ? (uint8_t)(PT_OWN_SLOT + p->n_own++) : PT_NO_SLOT;
}

static uint32_t number_of(struct pt_slice s) {
  uint32_t n = 0;
  if (s.n == 0 || s.n > 6) return PT_NONE;
  for (size_t i = 0; i < s.n; i++) {
    if (s.p[i] < '0' || s.p[i] > '9') return PT_NONE;
    n = n * 10 + (uint32_t)(s.p[i] - '0');
  }
  return n < MAX_COLUMNS ? n : PT_NONE;
}

uint32_t pt_column_of(const struct pt_parser *p, struct pt_slice source) {
  for (uint32_t i = p->n_columns; i-- > 0;)
    if (pt_slice_eq(p->column[i], source)) return i;
  uint32_t n = number_of(source);
  return p->has_header && n >= p->n_columns ? PT_NONE : n;
}

static int grow_columns(struct pt_parser *p, uint32_t n) {
  struct pt_csv *c = &p->csv;
  if (n <= c->n_columns) return 0;
  struct pt_column *column = realloc(c->column, n * sizeof *column);
  if (!column) return -1;
  c->column = column;
  uint8_t *slots = realloc(p->column_slot, n);
  if (!slots) return -1;
  p->column_slot = slots;
  for (uint32_t i = c->n_columns; i < n; i++) {
    column[i] = (struct pt_column){.to = &c->trash};
    slots[i] = PT_NO_SLOT;
  }
  c->n_columns = n;
  return 0;
}

static uint8_t bind_column(struct pt_parser *p, struct pt_slice source, uint8_t wish) {
  uint32_t k = pt_column_of(p, source);
  if (k == PT_NONE || grow_columns(p, k + 1)) return PT_NO_SLOT;
  if (!p->has_header && k + 1 > p->columns_needed) p->columns_needed = k + 1;
  if (p->column_slot[k] != PT_NO_SLOT) return p->column_slot[k];
  uint8_t slot = wish == PT_NO_SLOT ? own_slot(p) : wish;
  if (slot == PT_NO_SLOT) return slot;
  p->column_slot[k] = slot;
  p->csv.column[k].to = pt_slot_value(p, slot);
  return slot;
}

uint8_t pt_bind_source(struct pt_parser *p, struct pt_slice source, uint8_t wish) {
  if (p->f->kind == PT_CSV) return bind_column(p, source, wish);
  uint32_t k = pt_paths_add(&p->json.paths, p->root, source);
  if (k == PT_NONE) return PT_NO_SLOT;
  struct pt_key *key = &p->json.paths.key[k];
  if (key->slot != PT_NO_SLOT) return key->slot;
  key->slot = wish == PT_NO_SLOT ? own_slot(p) : wish;
  return key->slot;
}

bool pt_bind_name(struct pt_parser *p, const char *name, uint8_t slot) {
  struct pt_pick pick = {.to = slot};
  uint32_t sources = 0;
  for (uint32_t i = 0; i < p->f->n_fields; i++) sources += strcmp(p->f->fields[i].name, name) == 0;
  for (uint32_t i = 0; i < p->f->n_fields; i++) {
    const struct pt_format_field *f = &p->f->fields[i];
    if (strcmp(f->name, name) != 0) continue;
    uint8_t from = pt_bind_source(p, pt_slice_of(f->source), sources == 1 ? slot : PT_NO_SLOT);
    if (from == PT_NO_SLOT && p->f->kind == PT_CSV) continue; /* no such column: absent */
    if (from == PT_NO_SLOT || pick.n == PT_PICK_FROM) return false;
    pick.from[pick.n++] = from;
  }
  if (pick.n == 0 || (pick.n == 1 && pick.from[0] == slot)) return true;
  if (p->n_picks == PT_OWN_SLOT) return false;
  p->pick[p->n_picks++] = pick;
  return true;
}

/* The format's names: catalogue fields keep their number, the others follow in order. */
static int list_names(struct pt_parser *p, struct pt_err *err) {
  for (uint32_t i = 0; i < p->f->n_fields; i++) {
    const char *name = p->f->fields[i].name;
    enum pt_field field = pt_field_of(pt_slice_of(name));
    if (field < PT_F_COUNT) {
      p->mapped |= PT_BIT(field);
      continue;
    }
    bool known = false;
    for (uint32_t k = 0; k < p->n_extra; k++) known |= strcmp(p->extra[k].text, name) == 0;
    if (known) continue;
    if (p->n_extra == PT_MAX_EXTRA)
      return pt_fail(err, "parse", PT_CONFIG, 0, "format.fields: more than %d names of its own", PT_MAX_EXTRA);
    struct pt_name *extra = &p->extra[p->n_extra];
    extra->slot = (uint8_t)(PT_F_COUNT + p->n_extra++);
    memcpy(extra->text, name, strlen(name) + 1);
  }
  return 0;
}

int pt_bind_fields(struct pt_parser *p, struct pt_err *err) {
  PT_TRY(list_names(p, err));
  bool ok = true;
  for (int f = 0; f < PT_F_COUNT; f++)
    if (p->mapped & p->wanted & PT_BIT(f)) ok = ok && pt_bind_name(p, pt_field_info[f].name, (uint8_t)f);
  for (uint32_t k = 0; k < p->n_extra; k++) ok = ok && pt_bind_name(p, p->extra[k].text, p->extra[k].slot);
  return ok ? 0
            : pt_fail(err, "parse", PT_CONFIG, 0, "format.fields: too many sources, or a column over %d", MAX_COLUMNS);
}

static bool source_is_column(const struct pt_parser *p, const char *name) {
  for (uint32_t i = 0; i < p->f->n_fields; i++) {
    const struct pt_format_field *f = &p->f->fields[i];
    if (strcmp(f->name, name) == 0 && pt_column_of(p, pt_slice_of(f->source)) != PT_NONE) return true;
  }
  return false;
}

static bool by_name(const struct pt_parser *p) {
  for (uint32_t i = 0; i < p->f->n_fields; i++)
    if (number_of(pt_slice_of(p->f->fields[i].source)) == PT_NONE) return true;
  return false;
}

static bool required_there(const struct pt_parser *p, const char **lacking) {
  *lacking = "time";
  if (!p->f->users && !source_is_column(p, "time")) return false;
  *lacking = "user_id";
  return source_is_column(p, "user_id") || source_is_column(p, "anonymous_id");
}

static struct pt_slice first_line(struct pt_slice head) {
  const char *p = head.p, *end = head.p + head.n;
  if (head.n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) p += 3;
  while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) p++;
  return (struct pt_slice){p, (size_t)(end - p)};
}

/* Cells of the first line to p->column, trimmed. The line is copied first: the splitter reads on behind its end. */
static int read_columns(struct pt_parser *p, struct pt_slice head) {
  struct pt_slice rest = first_line(head);
  if (rest.n == 0) return 0;
  const char *lf = p->f->multiline ? NULL : memchr(rest.p, '\n', rest.n);
  if (lf) rest.n = (size_t)(lf - rest.p);
  if (pt_buf_add(&p->header, rest.p, rest.n) || pt_buf_reserve(&p->header, 64)) return -1;
  memset(p->header.p + p->header.n, 0, 64);
  const char *end = p->header.p + p->header.n;
  pt_split split = p->f->delimiter == ' ' ? pt_csv_blanks : p->lanes->split;
  struct pt_csv c = {.delimiter = p->csv.delimiter, .multiline = p->csv.multiline, .arena = p->csv.arena};
  c.other.to = &c.trash;
  struct pt_csv_line line;
  if (split(&c, p->header.p, end, true, &line) != PT_CSV_OK || line.cells > MAX_COLUMNS) return 0;
  struct pt_value *cell = calloc(line.cells, sizeof *cell);
  struct pt_column *column = calloc(line.cells, sizeof *column);
  p->column = calloc(line.cells, sizeof *p->column);
  int code = cell && column && p->column ? 0 : -1;
  if (!code) {
    for (uint32_t i = 0; i < line.cells; i++) column[i].to = &cell[i];
    c.column = column;
    c.n_columns = line.cells;
    c.arena.n = 0;
    if (split(&c, p->header.p, end, true, &line) == PT_CSV_OK) p->n_columns = line.cells;
    for (uint32_t i = 0; i < p->n_columns; i++) p->column[i] = pt_slice_trim((struct pt_slice){cell[i].p, cell[i].n});
    p->csv.arena.n = c.arena.n; /* decoded names stay in front of the lines' texts */
  }
  free(cell);
  free(column);
  return code;
}

int pt_bind_header(struct pt_parser *p, struct pt_slice head, struct pt_err *err) {
  if (p->f->header == PT_HEADER_NO) return 0;
  if (read_columns(p, head)) return pt_fail(err, "parse", PT_MEMORY, 0, "no memory for the CSV header");
  if (first_line(head).n == 0) return 0;
  p->has_header = true;
  const char *lacking;
  bool there = required_there(p, &lacking);
  if (p->f->header == PT_HEADER_AUTO && !by_name(p)) there = false;
  if (p->f->header == PT_HEADER_AUTO && !there && !by_name(p)) {
    p->has_header = false;
    p->n_columns = 0;
    return 0;
  }
  return there ? 0 : pt_fail(err, "parse", PT_REJECTED, 0, "the CSV header has no column for %s", lacking);
}

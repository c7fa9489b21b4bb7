/* A parser: from a place in a chunk to the fields of the record there. JSON lines are first followed along what
 * earlier ones taught (lanes_body.h), then scanned in full; CSV records are split. Memory: one arena of the line limit,
 * and for Segment the events of one order. */
#include <stdlib.h>

#include "parse_priv.h"

static int open_json(struct pt_parser *p, struct pt_err *err) {
  struct pt_json *j = &p->json;
  if (pt_json_open(j, p->max_line)) return pt_fail(err, "parse", PT_MEMORY, 0, "no memory for a parser");
  for (uint32_t s = 0; s < PT_PARSE_SLOTS; s++) j->to[s] = pt_slot_value(p, (uint8_t)s);
  p->root_slot = PT_NO_SLOT;
  if (p->f->root[0]) {
    p->root = pt_paths_add(&j->paths, 0, pt_slice_of(p->f->root));
    if (p->root == PT_NONE) return pt_fail(err, "parse", PT_MEMORY, 0, "no memory for a parser");
    p->root_slot = (uint8_t)(PT_OWN_SLOT + p->n_own++);
    j->paths.key[p->root].slot = p->root_slot;
    j->paths.key[p->root].object_only = true;
  }
  if (p->f->segment)
    p->wanted |= PT_BIT(PT_F_EVENT) | PT_BIT(PT_F_PRICE) | PT_BIT(PT_F_QUANTITY) | PT_BIT(PT_F_DISCOUNT);
  PT_TRY(pt_bind_fields(p, err));
  if (p->f->segment) PT_TRY(pt_segment_open(p, err));
  if (p->f->users) PT_TRY(pt_traits_open(p, err));
  if (pt_paths_seal(&j->paths)) return pt_fail(err, "parse", PT_MEMORY, 0, "no memory for a parser");
  return 0;
}

static int open_csv(struct pt_parser *p, struct pt_slice head, struct pt_err *err) {
  struct pt_csv *c = &p->csv;
  c->delimiter = p->f->delimiter ? p->f->delimiter : ',';
  c->multiline = p->f->multiline;
  c->other.to = &c->trash;
  c->arena.cap = p->max_line + head.n + 64;
  c->arena.p = malloc(c->arena.cap);
  if (!c->arena.p) return pt_fail(err, "parse", PT_MEMORY, 0, "no memory for a parser");
  PT_TRY(pt_bind_header(p, head, err));
  c->arena.p += c->arena.n; /* the header's texts stay */
  p->header_texts = c->arena.n;
  c->arena.cap -= c->arena.n;
  c->arena.n = 0;
  PT_TRY(pt_bind_fields(p, err));
  return p->f->users ? pt_traits_open(p, err) : 0;
}

int pt_parser_open(struct pt_parser **out, const struct pt_format *f, uint64_t wanted, struct pt_slice head,
                   size_t max_line, struct pt_err *err) {
  struct pt_parser *p = calloc(1, sizeof *p);
  *out = p;
  if (!p) return pt_fail(err, "parse", PT_MEMORY, 0, "no memory for a parser");
  p->f = f;
  p->wanted = wanted;
  p->max_line = max_line;
  p->lanes = pt_lanes_avx2();
  if (!p->lanes) p->lanes = &pt_lanes_swar;
  p->events = calloc(f->segment ? PT_MAX_ROWS : 1, sizeof *p->events);
  int code = 0;
  if (!p->events)
    code = pt_fail(err, "parse", PT_MEMORY, 0, "no memory for a parser");
  else
    code = f->kind == PT_CSV ? open_csv(p, head, err) : open_json(p, err);
  if (code) {
    pt_parser_close(p);
    *out = NULL;
  }
  return code;
}

void pt_parser_close(struct pt_parser *p) {
  if (!p) return;
  pt_segment_close(p);
  pt_json_close(&p->json);
  if (p->csv.arena.p) free(p->csv.arena.p - p->header_texts);
  free(p->csv.column);
  free(p->column_slot);
  free(p->column);
  free(p->traits);
  pt_buf_free(&p->header);
  free(p->events);
  free(p);
}

/* ---- names ---- */

static int known_name(struct pt_parser *p, struct pt_slice name, enum pt_field field) {
  if (field < PT_F_COUNT && (p->mapped & PT_BIT(field))) {
    if (p->wanted & PT_BIT(field)) return (int)field;
    p->wanted |= PT_BIT(field);
    return pt_bind_name(p, pt_field_info[field].name, (uint8_t)field) ? (int)field : -1;
  }
  for (uint32_t i = 0; i < p->n_extra; i++)
    if (pt_slice_eq(pt_slice_of(p->extra[i].text), name)) return p->extra[i].slot;
  return -1;
}

static int raw_source(struct pt_parser *p, struct pt_slice name) {
  struct pt_name *extra = &p->extra[p->n_extra];
  if (name.n >= sizeof extra->text) return -1;
  if (p->f->kind == PT_CSV && pt_column_of(p, name) == PT_NONE) return -1;
  uint8_t wish = p->n_extra < PT_MAX_EXTRA ? (uint8_t)(PT_F_COUNT + p->n_extra) : PT_NO_SLOT;
  uint8_t slot = pt_bind_source(p, name, wish);
  if (slot == PT_NO_SLOT || (slot >= PT_OWN_SLOT && wish == PT_NO_SLOT)) return -1;
  if (slot >= PT_OWN_SLOT) {
    if (p->n_picks == PT_OWN_SLOT) return -1;
    p->pick[p->n_picks++] = (struct pt_pick){.to = wish, .n = 1, .from = {slot}};
  } else if (slot != wish) {
    return slot;
  }
  memcpy(extra->text, name.p, name.n);
  extra->text[name.n] = '\0';
  extra->slot = wish;
  p->n_extra++;
  return wish;
}

/* The parser is opaque and lives on the heap: `const` in the face says that the record at hand stays as it is. */
int pt_parser_name(const struct pt_parser *face, struct pt_slice name) {
  struct pt_parser *p = (struct pt_parser *)(uintptr_t)face;
  enum pt_field field = pt_field_of(name);
  int slot = known_name(p, name, field);
  if (slot < 0) slot = raw_source(p, name);
  if (slot < 0 && field < PT_F_COUNT) slot = (int)field; /* absent in every line */
  if (p->f->kind == PT_JSONL) {
    if (pt_paths_seal(&p->json.paths)) return -1;
    pt_graph_reset(p->json.graph); /* its edges know the old slots */
  }
  return slot;
}

/* ---- records ---- */

static const char *line_feed(const char *p, const char *end) {
  return p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
}

/* The line at `at` to `out`: raw, next. False where its end is not there. */
static bool take_line(const char *at, const char *end, struct pt_record *out) {
  const char *lf = line_feed(at, end), *stop = lf ? lf : end;
  out->next = lf ? lf + 1 : end;
  if (lf && stop > at && stop[-1] == '\r') stop--;
  out->raw = at;
  out->raw_n = (size_t)(stop - at);
  return lf != NULL;
}

static bool blank_line(const char *p, const char *end, bool last) {
  while (p < end && (*p == ' ' || *p == '\t' || *p == '\r')) p++;
  return p < end ? *p == '\n' : last;
}

static void reject(struct pt_record *out, enum pt_reason reason) {
  out->fate = PT_REJECTED_LINE;
  out->reason = reason;
}

static void reject_unread(struct pt_parser *p, struct pt_record *out) {
  if (out->raw_n > p->max_line)
    reject(out, PT_R_TOO_LONG);
  else
    reject(out, PT_R_UNPARSABLE);
}

static void pick_values(struct pt_parser *p) {
  for (uint32_t i = 0; i < p->n_picks; i++) {
    const struct pt_pick *k = &p->pick[i];
    struct pt_value v = {0};
    for (uint32_t s = 0; s < k->n; s++) {
      v = *pt_slot_value(p, k->from[s]);
      if (pt_value_given(&v)) break;
    }
    p->events[0].v[k->to] = v;
  }
}

static bool in_root(const struct pt_parser *p) {
  return p->root_slot == PT_NO_SLOT || (p->json.seen[p->root_slot >> 6] >> (p->root_slot & 63) & 1);
}

static void finish_json(struct pt_parser *p, struct pt_record *out) {
  if (out->raw_n > p->max_line) {
    reject(out, PT_R_TOO_LONG);
    return;
  }
  if (!in_root(p) || p->json.n_rows > PT_MAX_ROWS) {
    reject(out, PT_R_UNPARSABLE);
    return;
  }
  out->fate = PT_ACCEPTED;
  p->events[0].maybe = p->n_picks || p->segment ? UINT64_MAX : p->json.seen[0];
  if (p->n_picks) pick_values(p);
  if (p->segment && !pt_segment_apply(p, out)) reject(out, PT_R_UNKNOWN_FORMAT);
  if (p->traits) pt_traits_take(p);
}

static void scan_json(struct pt_parser *p, const char *at, const char *end, bool last, struct pt_record *out) {
  bool whole = take_line(at, end, out) || last;
  if (blank_line(at, end, last)) {
    out->fate = PT_BLANK;
  } else if (!whole) {
    out->fate = PT_INCOMPLETE;
  } else if (out->raw_n > p->max_line || !pt_json_scan(&p->json, at, at + out->raw_n)) {
    reject_unread(p, out);
  } else {
    if (in_root(p)) pt_graph_learn(&p->json, at, at + out->raw_n);
    finish_json(p, out);
  }
}

static void next_json(struct pt_parser *p, const char *at, const char *end, bool last, struct pt_record *out) {
  const char *stop = p->lanes->follow(&p->json, at, end, last);
  if (__builtin_expect(!stop, 0)) {
    scan_json(p, at, end, last, out);
    return;
  }
  out->raw = at;
  out->raw_n = (size_t)(stop - at);
  out->next = stop < end ? stop + 1 + (*stop == '\r') : end;
  pt_graph_hit(p->json.graph);
  finish_json(p, out);
}

/* A record whose end is not there, or that is none. Behind it the next line is tried. */
static void broken_csv(struct pt_parser *p, bool cut, const char *at, const char *end, struct pt_record *out) {
  if (cut && (size_t)(end - at) <= p->max_line) {
    out->fate = PT_INCOMPLETE;
    return;
  }
  take_line(at, end, out);
  if (p->header_due) {
    p->header_due = false;
    out->fate = PT_HEADER;
    return;
  }
  reject_unread(p, out);
}

static void next_csv(struct pt_parser *p, const char *at, const char *end, bool last, struct pt_record *out) {
  if ((at >= end || *at <= ' ') && blank_line(at, end, last)) {
    take_line(at, end, out);
    out->fate = PT_BLANK;
    return;
  }
  struct pt_csv_line line;
  p->csv.arena.n = 0;
  pt_split split = p->csv.delimiter == ' ' ? pt_csv_blanks : p->lanes->split;
  enum pt_csv_fate fate = split(&p->csv, at, end, last, &line);
  if (fate != PT_CSV_OK) {
    broken_csv(p, fate == PT_CSV_CUT, at, end, out);
    return;
  }
  out->raw = at;
  out->raw_n = (size_t)(line.end - at);
  out->next = line.next;
  bool cells = p->has_header ? line.cells == p->n_columns : line.cells >= p->columns_needed;
  if (p->header_due) {
    p->header_due = false;
    out->fate = PT_HEADER;
  } else if (out->raw_n > p->max_line || !cells || (line.high && !pt_utf8_valid(at, line.end))) {
    reject_unread(p, out);
  } else {
    out->fate = PT_ACCEPTED;
    p->events[0].maybe = UINT64_MAX;
    if (p->n_picks) pick_values(p);
    if (p->traits) pt_traits_take(p);
  }
}

void pt_parser_next(struct pt_parser *p, const char *at, const char *end, bool file_start, bool last,
                    struct pt_record *out) {
  out->raw = out->next = at;
  out->raw_n = 0;
  out->events = p->events;
  out->n_events = 1;
  out->reason = PT_R_COUNT;
  if (file_start) {
    if (end - at >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0) at += 3;
    p->header_due = p->has_header;
  }
  if (p->f->kind == PT_CSV)
    next_csv(p, at, end, last, out);
  else
    next_json(p, at, end, last, out);
}

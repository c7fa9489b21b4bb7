/* The full JSON scanner: jansson's grammar, one pass, recursive (at most 64 deep), values straight to their slots.
 * A key that comes again clears what its earlier value set, so the last one holds. */
#include <stdlib.h>

#include "parse_priv.h"

int pt_json_open(struct pt_json *j, size_t max_line) {
  *j = (struct pt_json){0};
  j->arena.cap = max_line + 64;
  j->arena.p = malloc(j->arena.cap);
  if (!j->arena.p || pt_paths_open(&j->paths) || pt_graph_open(&j->graph)) return -1;
  return 0;
}

void pt_json_close(struct pt_json *j) {
  free(j->arena.p);
  free(j->row);
  pt_paths_close(&j->paths);
  pt_graph_close(j->graph);
  *j = (struct pt_json){0};
}

struct scan {
  struct pt_json *j;
  const char *p, *end;
};

static void skip_blanks(struct scan *s) {
  while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' || *s->p == '\n')) s->p++;
}

static char peek(struct scan *s) {
  skip_blanks(s);
  return s->p < s->end ? *s->p : '\0';
}

static bool value(struct scan *s, uint32_t key, int depth);

static void forget(struct pt_json *j, const uint64_t mask[2]) {
  for (int i = 0; i < 2; i++) {
    j->dirty[i] |= j->seen[i] & mask[i];
    j->seen[i] &= ~mask[i];
  }
}

static void keep(struct pt_json *j, const struct pt_key *k, const struct pt_value *v) {
  if (k->slot == PT_NO_SLOT) return;
  if (k->object_only) {
    if (v->kind != PT_V_OTHER || *v->p != '{') return;
  } else {
    *j->to[k->slot] = *v;
  }
  j->seen[k->slot >> 6] |= UINT64_C(1) << (k->slot & 63);
}

static bool member(struct scan *s, uint32_t parent, int depth) {
  struct pt_json *j = s->j;
  struct pt_value name;
  size_t mark = j->arena.n;
  s->p = pt_text_scan(s->p + 1, s->end, &j->arena, &name);
  if (!s->p) return false;
  uint32_t key = parent == PT_NONE ? PT_NONE : pt_paths_child(&j->paths, parent, name.p, name.n);
  j->arena.n = mark;
  if (key != PT_NONE) forget(j, j->paths.key[key].mask);
  if (peek(s) != ':') return false;
  s->p++;
  skip_blanks(s);
  return value(s, key, depth);
}

static bool object(struct scan *s, uint32_t key, int depth) {
  s->p++;
  char c = peek(s);
  if (c == '}') {
    s->p++;
    return true;
  }
  for (;;) {
    if (c != '"' || !member(s, key, depth)) return false;
    c = peek(s);
    s->p++;
    if (c == '}') return true;
    if (c != ',') return false;
    c = peek(s);
  }
}

/* Keeps the values of an array's object as a row. Behind PT_MAX_ROWS only the count goes on. */
static void keep_row(struct pt_json *j) {
  if (j->n_rows < PT_MAX_ROWS) {
    for (uint32_t i = 0; i < j->n_row_slots; i++) {
      uint8_t s = j->row_slot[i];
      bool there = j->seen[s >> 6] >> (s & 63) & 1;
      j->row[j->n_rows][i] = there ? *j->to[s] : (struct pt_value){0};
    }
  }
  j->n_rows++;
}

static bool element(struct scan *s, const struct pt_key *rows, int depth) {
  struct pt_json *j = s->j;
  if (!rows || peek(s) != '{') return value(s, PT_NONE, depth);
  forget(j, rows->mask);
  if (!value(s, (uint32_t)(rows - j->paths.key), depth)) return false;
  keep_row(j);
  return true;
}

static bool array(struct scan *s, uint32_t key, int depth) {
  const struct pt_key *rows = NULL;
  if (key != PT_NONE && s->j->paths.key[key].rows) {
    rows = &s->j->paths.key[key];
    s->j->n_rows = 0;
  }
  s->p++;
  if (peek(s) == ']') {
    s->p++;
    return true;
  }
  for (;;) {
    skip_blanks(s);
    if (!element(s, rows, depth)) return false;
    char c = peek(s);
    s->p++;
    if (c == ']') return true;
    if (c != ',') return false;
  }
}

static bool word(struct scan *s, const char *text, size_t n) {
  if ((size_t)(s->end - s->p) < n || memcmp(s->p, text, n) != 0) return false;
  s->p += n;
  return true;
}

static bool number(struct scan *s) {
  s->p = pt_number_scan(s->p, s->end);
  return s->p != NULL;
}

/* `key`: where the value belongs, PT_NONE: only validated. s->p is at its first byte. */
static bool value(struct scan *s, uint32_t key, int depth) {
  struct pt_value v = {s->p, 0, PT_V_OTHER};
  if (s->p >= s->end) return false;
  bool ok;
  switch (*s->p) {
    case '"':
      s->p = pt_text_scan(s->p + 1, s->end, &s->j->arena, &v);
      ok = s->p != NULL;
      break;
    case '{':
      ok = depth < PT_JSON_DEPTH && object(s, key, depth + 1);
      break;
    case '[':
      ok = depth < PT_JSON_DEPTH && array(s, key, depth + 1);
      break;
    case 't':
      ok = word(s, "true", 4);
      v.kind = PT_V_TRUE;
      break;
    case 'f':
      ok = word(s, "false", 5);
      v.kind = PT_V_FALSE;
      break;
    case 'n':
      ok = word(s, "null", 4);
      v.kind = PT_V_NULL;
      break;
    default:
      ok = number(s);
      v.kind = PT_V_NUMBER;
  }
  if (!ok) return false;
  if (key == PT_NONE) return true;
  if (v.kind != PT_V_TEXT) v.n = (uint32_t)(s->p - v.p);
  keep(s->j, &s->j->paths.key[key], &v);
  return true;
}

bool pt_json_scan(struct pt_json *j, const char *p, const char *end) {
  struct scan s = {j, p, end};
  j->seen[0] = j->seen[1] = 0;
  j->arena.n = 0;
  j->n_rows = 0;
  bool ok = peek(&s) == '{' && value(&s, 0, 0);
  if (ok) {
    skip_blanks(&s);
    ok = s.p == s.end;
  }
  pt_json_settle(j);
  return ok;
}

void pt_json_settle(struct pt_json *j) {
  for (int i = 0; i < 2; i++) {
    for (uint64_t m = j->dirty[i] & ~j->seen[i]; m; m &= m - 1)
      *j->to[64 * i + __builtin_ctzll(m)] = (struct pt_value){0};
    j->dirty[i] = j->seen[i];
  }
}

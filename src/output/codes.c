/* The codes of sparse rows: from this rank's dictionaries to the vocabularies over all ranks. Both are in byte order,
 * so a row's codes stay ascending where they are and only what becomes `other` moves to the row's end, in place.
 * Entries that become one are joined plane by plane as integers.
 *
 * Memory: 16 bytes for each entry of the largest dictionary, and a vocabulary twice while it is copied. A vocabulary
 * beyond a quarter of the budget is refused: the job file bounds it. */
#include <portrait/log.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"

#define SHARE 4 /* of the budget */

struct field {
  struct pt_rows *rows;
  int field;
  const struct pt_slice *texts; /* of this rank, by code */
  uint32_t n;
  uint64_t *users; /* by code */
  uint32_t *map;   /* code to place in the vocabulary */
  uint32_t last;   /* place of `other`, PT_NO_CODE without one */
};

static int no_memory(struct pt_err *err) {
  return pt_fail(err, "output", PT_MEMORY, 0, "no memory for the vocabularies");
}

static bool is_of(const struct pt_column *c, int field) {
  return c->type == PT_C_BYTES && c->sparse && c->sparse->vocabulary == field;
}

static uint32_t code_at(const char *cell) {
  uint32_t code;
  memcpy(&code, cell, sizeof code);
  return code;
}

/* Rows with a cell of each code in any column: `seen` holds the row last counted. */
static void count_row(struct field *f, const struct pt_column *c, struct pt_slice cells, uint64_t row, uint64_t *seen) {
  size_t size = pt_cell_bytes(c->sparse);
  for (size_t at = 0; at < cells.n; at += size) {
    uint32_t code = code_at(cells.p + at);
    if (seen[code] == row + 1) continue;
    seen[code] = row + 1;
    f->users[code]++;
  }
}

static void count_users(struct field *f, uint64_t *seen) {
  const struct pt_schema *s = pt_rows_schema(f->rows);
  for (uint32_t range = 0; range < pt_rows_ranges(f->rows); range++) {
    for (uint32_t row = 0; row < pt_rows_in(f->rows, range); row++)
      for (uint32_t c = 0; c < s->n; c++)
        if (is_of(&s->columns[c], f->field))
          count_row(f, &s->columns[c], pt_rows_bytes(f->rows, range, c, row), pt_rows_before(f->rows, range) + row,
                    seen);
    pt_rows_done(f->rows, range);
  }
}

static struct pt_slice text_of(const void *of, uint32_t code) {
  return ((const struct pt_slice *)of)[code];
}

struct named {
  struct pt_slice text;
  uint32_t at; /* in the merged vocabulary */
};

static int by_bytes(const void *a, const void *b) {
  return pt_slice_cmp(((const struct named *)a)->text, ((const struct named *)b)->text);
}

static int set_vocabulary(const struct field *f, const struct pt_vocab *merged, const struct named *named,
                          struct pt_err *err) {
  struct pt_slice *texts = calloc((size_t)merged->n + 1, sizeof *texts);
  if (!texts) return no_memory(err);
  uint64_t bytes = 0, budget = pt_rows_budget(f->rows);
  for (uint32_t i = 0; i < merged->n; i++) {
    texts[i] = named[i].text;
    bytes += texts[i].n + 1 + sizeof *texts;
  }
  struct pt_vocabulary v = {.text = texts, .n = merged->n, .other = merged->other, .rare = merged->rare};
  int code = 0;
  if (budget && bytes > budget / SHARE)
    code = pt_fail(err, "output", PT_MEMORY, 0,
                   "the vocabulary of %s takes %llu bytes: lower preference.max_vocabulary or raise --memory",
                   pt_field_info[f->field].name, (unsigned long long)bytes);
  if (!code) code = pt_rows_set_vocabulary(f->rows, f->field, &v, err);
  free(texts);
  return code;
}

/* Local: the merged texts in byte order as the rows' vocabulary, and each code's place in it. */
static int keep(struct field *f, const struct pt_vocab *merged, struct pt_err *err) {
  struct named *named = calloc((size_t)merged->n + 1, sizeof *named);
  uint32_t *place = calloc((size_t)merged->n + 1, sizeof *place);
  int code = named && place ? 0 : no_memory(err);
  if (!code) {
    for (uint32_t i = 0; i < merged->n; i++) named[i] = (struct named){pt_slice_of(merged->text[i]), i};
    qsort(named, merged->n - merged->other, sizeof *named, by_bytes);
    for (uint32_t i = 0; i < merged->n; i++) place[named[i].at] = i;
    f->last = merged->other ? merged->n - 1 : PT_NO_CODE;
    for (uint32_t i = 0; i < f->n; i++) f->map[i] = merged->of[i] == PT_NO_CODE ? PT_NO_CODE : place[merged->of[i]];
    code = set_vocabulary(f, merged, named, err);
  }
  free(named);
  free(place);
  return code;
}

static void join(const struct pt_sparse *s, char *to, const char *from) {
  for (uint32_t p = 0; p < s->n_planes; p++) {
    int64_t a, b;
    memcpy(&a, to + 8 + 8 * p, sizeof a);
    memcpy(&b, from + 8 + 8 * p, sizeof b);
    switch (s->planes[p].join) {
      case PT_JOIN_SUM:
        if (__builtin_add_overflow(a, b, &a)) a = INT64_MAX;
        break;
      case PT_JOIN_MIN:
        if (a == 0 || (b != 0 && b < a)) a = b;
        break;
      case PT_JOIN_MAX:
        if (b > a) a = b;
        break;
      case PT_JOIN_NONE:
        a = -1;
        break;
    }
    memcpy(to + 8 + 8 * p, &a, sizeof a);
  }
}

/* What becomes `other` is `other` even alone. */
static void unname(const struct pt_sparse *s, char *cell) {
  int64_t none = -1;
  for (uint32_t p = 0; p < s->n_planes; p++)
    if (s->planes[p].join == PT_JOIN_NONE) memcpy(cell + 8 + 8 * p, &none, sizeof none);
}

/* One row in place; returns the bytes that are left of it. */
static size_t recode(const struct field *f, const struct pt_sparse *s, char *cells, size_t n, char *other) {
  size_t size = pt_cell_bytes(s), to = 0;
  bool any = false;
  for (size_t at = 0; at < n; at += size) {
    uint32_t code = f->map[code_at(cells + at)];
    if (code == PT_NO_CODE) continue;
    if (code == f->last) {
      if (any)
        join(s, other, cells + at);
      else
        memcpy(other, cells + at, size);
      any = true;
    } else if (to && code_at(cells + to - size) == code) {
      join(s, cells + to - size, cells + at);
    } else {
      if (to != at) memmove(cells + to, cells + at, size);
      memcpy(cells + to, &code, sizeof code);
      to += size;
    }
  }
  if (!any) return to;
  unname(s, other);
  memcpy(other, &f->last, sizeof f->last);
  memcpy(cells + to, other, size);
  return to + size;
}

static int recode_range(const struct field *f, uint32_t range, uint64_t *keep_bytes, char *other) {
  const struct pt_schema *s = pt_rows_schema(f->rows);
  for (uint32_t c = 0; c < s->n; c++) {
    if (!is_of(&s->columns[c], f->field)) continue;
    for (uint32_t row = 0; row < pt_rows_in(f->rows, range); row++) {
      struct pt_slice b = pt_rows_bytes(f->rows, range, c, row);
      keep_bytes[row] = recode(f, s->columns[c].sparse, (char *)(uintptr_t)b.p, b.n, other);
    }
    pt_rows_cut(f->rows, range, c, keep_bytes);
  }
  pt_rows_done(f->rows, range);
  return 0;
}

static int recode_all(const struct field *f, struct pt_err *err) {
  const struct pt_schema *s = pt_rows_schema(f->rows);
  uint32_t rows = 1, widest = 8;
  for (uint32_t range = 0; range < pt_rows_ranges(f->rows); range++)
    if (pt_rows_in(f->rows, range) > rows) rows = pt_rows_in(f->rows, range);
  for (uint32_t c = 0; c < s->n; c++)
    if (is_of(&s->columns[c], f->field) && pt_cell_bytes(s->columns[c].sparse) > widest)
      widest = pt_cell_bytes(s->columns[c].sparse);
  uint64_t *keep_bytes = malloc(rows * sizeof *keep_bytes);
  char *other = malloc(widest);
  int code = keep_bytes && other ? 0 : no_memory(err);
  for (uint32_t range = 0; !code && range < pt_rows_ranges(f->rows); range++)
    code = recode_range(f, range, keep_bytes, other);
  free(keep_bytes);
  free(other);
  return code;
}

static void report(struct pt_comm *c, const struct pt_vocab *merged, int field) {
  uint64_t cut = merged->cut;
  pt_sum_u64(c, &cut, 1);
  if (merged->rare)
    pt_log(PT_WARN, "output", "%s: %llu rare entries are counted as other (preference.max_vocabulary)",
           pt_field_info[field].name, (unsigned long long)merged->rare);
  if (cut) pt_log(PT_WARN, "output", "%s: entries over %u bytes were cut", pt_field_info[field].name, PT_TEXT_MAX);
}

/* Collective. */
static int merge(struct pt_comm *c, struct field *f, uint32_t limit, struct pt_err *err) {
  struct pt_vocab merged;
  uint64_t *seen = calloc((size_t)f->n + 1, sizeof *seen);
  f->users = calloc((size_t)f->n + 1, sizeof *f->users);
  f->map = calloc((size_t)f->n + 1, sizeof *f->map);
  if (seen && f->users && f->map)
    count_users(f, seen);
  else
    (void)no_memory(err);
  free(seen);
  struct pt_vocab_texts texts = {text_of, f->texts, err->code ? 0 : f->n, f->users};
  int code = pt_vocab_merge_texts(c, &texts, limit, PT_TEXT_MAX, &merged, err);
  if (!code) {
    report(c, &merged, f->field);
    if (!keep(f, &merged, err)) (void)recode_all(f, err);
    code = pt_agree(c, err);
  }
  pt_vocab_free(&merged);
  free(f->users);
  free(f->map);
  return code;
}

int pt_output_vocabularies(struct pt_comm *c, struct pt_rows *rows, const struct pt_slice *const dict[PT_F_COUNT],
                           const uint32_t n_dict[PT_F_COUNT], uint32_t limit, struct pt_err *err) {
  const struct pt_schema *s = pt_rows_schema(rows);
  for (int field = 0; field < PT_F_COUNT; field++) {
    bool any = false;
    for (uint32_t i = 0; i < s->n; i++) any = any || is_of(&s->columns[i], field);
    if (!any) continue;
    struct field f = {.rows = rows, .field = field, .texts = dict[field], .n = n_dict[field]};
    PT_TRY(merge(c, &f, limit, err));
  }
  return 0;
}

int pt_output_vocabulary_frame(const struct pt_rows *rows, struct pt_frame *out, struct pt_err *err) {
  uint32_t name, entries, rare;
  PT_TRY(pt_frame_init(out, "quality/vocabularies", err));
  PT_TRY(pt_frame_column(out, "vocabulary", PT_FR_TEXT, "", "the table below /uns/vocabulary", &name, err));
  PT_TRY(pt_frame_column(out, "entries", PT_FR_I64, "entries", "entries with cells in a matrix", &entries, err));
  PT_TRY(pt_frame_column(out, "other", PT_FR_I64, "entries", "those of them that are counted as other", &rare, err));
  for (int field = 0; field < PT_F_COUNT; field++) {
    const struct pt_vocabulary *v = pt_rows_vocabulary(rows, field);
    uint64_t row;
    if (!v) continue;
    PT_TRY(pt_frame_row(out, &row, err));
    PT_TRY(pt_frame_set_text(out, row, name, pt_field_info[field].name, strlen(pt_field_info[field].name), err));
    out->columns[entries].v.i64[row] = (int64_t)(v->n - v->other + v->rare);
    out->columns[rare].v.i64[row] = (int64_t)v->rare;
  }
  return 0;
}

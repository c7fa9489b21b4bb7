/* A family's table of columns, and writing one user's row of them. */
#ifndef PT_FACTS_COLUMNS_H
#define PT_FACTS_COLUMNS_H
#include <math.h>
#include <portrait/facts.h>

#define PT_MAX_WINDOWS 17 /* conf->windows and `all` */

enum {
  PT_COL_WINDOWS = 1,  /* one column a window: `_7d` .. `_all` behind the name */
  PT_COL_NULLABLE = 2, /* may be absent */
  PT_COL_OBSM = 4,     /* a matrix of /obsm, `width` wide */
  PT_COL_HIDDEN = 8,   /* there where a row of `serves` is wanted, or a rule reads it */
  PT_COL_TAG = 16,     /* three columns: label, index, evidence */
  PT_COL_ORDERED = 32, /* the labels are a scale */
  PT_COL_STATIC = 64   /* from records, not from events */
};

/* A row of the table. To add a column, add a row and write it in the family's end() or finish(). */
struct pt_colrow {
  const char *name, *unit;
  const char *text;          /* its description; '*' stands for the prefix of the name */
  uint64_t fields;           /* event fields it is made of */
  uint64_t serves;           /* hidden: bits of the rows that need it */
  const char *const *labels; /* closed vocabulary of a label; NULL: open */
  const char *reads;         /* a tag: names of the columns behind it, with blanks between */
  const char *level;         /* NULL = "fact" */
  const char *sensitive;     /* only where conf->allow_sensitive has this name */
  uint32_t n_labels;
  uint32_t width; /* 0 = 1 */
  enum pt_ctype type;
  uint32_t flags;
};

struct pt_slot {
  unsigned char *values; /* of the range at hand; NULL where the column is not wanted */
  uint8_t *mask;
  uint32_t column;
};

/* The opened table. Slots of row r begin at rows[r].slot: one a window, three a tag, else one. */
struct pt_cols {
  struct pt_slot *slots;
  uint32_t n_slots;
  struct pt_colstate {
    struct pt_dict *dict; /* open vocabulary, owned */
    uint32_t slot;
    bool wanted;
  } * rows;
  uint32_t n_rows, n_wanted;
  uint32_t windows; /* with `all` */
  const struct pt_rows *of;
  uint32_t range, row; /* where the put functions write */
};

/* What every table of a family has in common. */
struct pt_colopen {
  const struct pt_facts_ctx *ctx;
  struct pt_schema *schema;
  uint64_t *fields;
  const char *family; /* "activity" */
};

/* Whether the job asks for a table of the segments: `segments.tables` has it, and `columns` its name or `segments`. */
bool pt_facts_table(const struct pt_facts_ctx *ctx, const char *table);
/* A hidden column of bytes that a table is made of; `dict` (may be NULL) is what its codes refer to. */
int pt_facts_hidden(struct pt_schema *schema, const char *name, const char *unit, const char *text,
                    const struct pt_dict *dict, uint32_t *at, struct pt_err *err) PT_MUST_CHECK;
/* Appends n rows of a table: `prefix` (may be NULL) and '_' before each name. */
int pt_facts_cols_add(struct pt_cols *c, const struct pt_colopen *open, const struct pt_colrow *rows, uint32_t n,
                      const char *prefix, struct pt_err *err) PT_MUST_CHECK;
void pt_facts_cols_free(struct pt_cols *c);
/* The put functions write row `row` of `range` from here on. */
void pt_facts_cols_range(struct pt_cols *c, struct pt_rows *rows, uint32_t range);
static inline void pt_facts_cols_at(struct pt_cols *c, struct pt_rows *rows, uint32_t range, uint32_t row) {
  if (c->of != rows || c->range != range || row == 0) pt_facts_cols_range(c, rows, range);
  c->row = row;
}

static inline bool pt_wanted(const struct pt_cols *c, uint32_t row) {
  return c->rows[row].wanted;
}
static inline struct pt_slot *pt_slot_at(const struct pt_cols *c, uint32_t row) {
  return &c->slots[c->rows[row].slot];
}

#define PT_PUT(NAME, TYPE)                                                                     \
  static inline void pt_put_##NAME(const struct pt_cols *c, const struct pt_slot *s, TYPE v) { \
    if (s->values) ((TYPE *)(void *)s->values)[c->row] = v;                                    \
  }
PT_PUT(u8, uint8_t)
PT_PUT(u16, uint16_t)
PT_PUT(u32, uint32_t)
PT_PUT(i32, int32_t)
PT_PUT(i64, int64_t)
PT_PUT(f64, double)
#undef PT_PUT

static inline void pt_put_f32(const struct pt_cols *c, const struct pt_slot *s, double v) {
  if (s->values) ((float *)(void *)s->values)[c->row] = (float)v;
}
/* Beside the value of a nullable column: whether there is one. */
static inline void pt_put_known(const struct pt_cols *c, const struct pt_slot *s, bool known) {
  if (s->values) s->mask[c->row] = !known;
}
static inline void pt_put_time(const struct pt_cols *c, const struct pt_slot *s, bool known, int64_t ms) {
  pt_put_i64(c, s, known ? ms : 0);
  pt_put_known(c, s, known);
}
static inline void pt_put_days(const struct pt_cols *c, const struct pt_slot *s, bool known, int32_t days) {
  pt_put_i32(c, s, known ? days : 0);
  pt_put_known(c, s, known);
}
static inline void pt_put_flag(const struct pt_cols *c, const struct pt_slot *s, bool known, bool flag) {
  pt_put_u8(c, s, known && flag);
  pt_put_known(c, s, known);
}
static inline void pt_put_tag(const struct pt_cols *c, const struct pt_slot *s, int32_t label, double index,
                              uint32_t evidence) {
  pt_put_i32(c, s, label);
  pt_put_f32(c, s + 1, index);
  pt_put_u32(c, s + 2, evidence);
}
/* Counters per smallest window, summed to the windows' columns. */
void pt_facts_put_counts(const struct pt_cols *c, uint32_t row, const uint32_t *smallest);
void pt_facts_put_days(const struct pt_cols *c, uint32_t row, const uint32_t *smallest);
/* Exact sums per smallest window, divided once by `scale`. */
void pt_facts_put_sums(const struct pt_cols *c, uint32_t row, const __int128 *smallest, double scale);
/* The code of an open label's text (-1 where the text's pointer is NULL). */
int pt_facts_label(struct pt_cols *c, uint32_t row, struct pt_slice text, int32_t *code,
                   struct pt_err *err) PT_MUST_CHECK;
/* label() and put. */
int pt_facts_put_text(struct pt_cols *c, uint32_t row, struct pt_slice text, struct pt_err *err) PT_MUST_CHECK;
/* The string of a dictionary code; NULL pointer where code < 0 or unknown. */
static inline struct pt_slice pt_code_text(const struct pt_facts_ctx *ctx, enum pt_field f, int64_t code) {
  if (code < 0 || code >= (int64_t)ctx->n_dict[f]) return (struct pt_slice){NULL, 0};
  return ctx->dict[f][code];
}

/* The nearest double; nearly every sum fits the machine's own conversion. */
static inline double pt_real(__int128 x) {
  return x == (int64_t)x ? (double)(int64_t)x : (double)x;
}
/* One division of exact integers; NaN over nobody. */
static inline double pt_share(__int128 part, __int128 whole) {
  return whole ? pt_real(part) / pt_real(whole) : NAN;
}

#endif

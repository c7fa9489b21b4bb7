/* What the files of this folder share. Slots: 0..63 are pt_fields.v, 64..127 the parser's own (alternatives,
 * Segment's products). */
#ifndef PORTRAIT_PARSE_PRIV_H
#define PORTRAIT_PARSE_PRIV_H
#include <portrait/parse.h>

#define PT_JSON_DEPTH  64
#define PT_PARSE_SLOTS 128
#define PT_OWN_SLOT    64 /* first of the parser's own */
#define PT_NO_SLOT     255
#define PT_NONE        UINT32_MAX

_Static_assert(PT_F_COUNT + PT_MAX_EXTRA <= PT_OWN_SLOT, "a bit for each field");

/* ---- text.c ---- */
#define PT_ONES  UINT64_C(0x0101010101010101)
#define PT_HIGHS UINT64_C(0x8080808080808080)
/* Eight bytes, the first one lowest. */
static inline uint64_t pt_load8(const char *p) {
  uint64_t w;
  memcpy(&w, p, 8);
  return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(w) : w;
}
/* High bit of each byte that is '"', '\\', a control character or not ASCII. Borrows may mark more bytes behind the
 * first such byte, never one in front of it. */
static inline uint64_t pt_special8(uint64_t w) {
  uint64_t quote = w ^ (PT_ONES * '"'), slash = w ^ (PT_ONES * '\\');
  return ((quote - PT_ONES) | (slash - PT_ONES) | (w - PT_ONES * 0x20) | w) & PT_HIGHS;
}
struct pt_arena { /* decoded texts of one line */
  char *p;
  size_t n, cap;
};
/* Behind the run of non-ASCII characters at p, NULL where it is no UTF-8. Reads up to 3 bytes behind end. */
const char *pt_utf8_run(const char *p, const char *end);
bool pt_utf8_valid(const char *p, const char *end);
/* A JSON string's text from behind its opening quote; returns the place behind its closing quote, or NULL. */
const char *pt_text_scan(const char *p, const char *end, struct pt_arena *a, struct pt_value *out);
/* Behind the JSON number at p, or NULL. */
const char *pt_number_scan(const char *p, const char *end);

/* ---- paths.c: the keys that the format names, as a tree ---- */
struct pt_key {
  uint32_t parent;
  uint32_t name, n; /* bytes in pt_paths.names */
  uint8_t slot;     /* where its value goes, or PT_NO_SLOT */
  bool object_only; /* the root of the event: its slot's bit says that it is an object, no value is kept */
  bool rows;        /* an array here is read object by object (Segment's products) */
  uint64_t mask[2]; /* slots of it and of all beneath it */
};
struct pt_paths {
  struct pt_key *key; /* key[0] is the line's object */
  uint32_t n, cap;
  uint32_t *hash; /* of (parent, name): index, PT_NONE = free */
  uint32_t hash_mask, longest;
  struct pt_buf names;
};
int pt_paths_open(struct pt_paths *t);
void pt_paths_close(struct pt_paths *t);
/* The key of a path "a.b.c" below `from`, made where it is not there; PT_NONE: no memory. Call pt_paths_seal() after.
 */
uint32_t pt_paths_add(struct pt_paths *t, uint32_t from, struct pt_slice path);
int pt_paths_seal(struct pt_paths *t);
uint32_t pt_paths_child(const struct pt_paths *t, uint32_t parent, const char *name, size_t n);

#define PT_TRUST 8
struct pt_habit { /* how long the values of one place are (lanes_body.h) */
  uint32_t length;
  int32_t trust; /* believed from PT_TRUST on; 2 less per surprise */
};

/* ---- json.c ---- */
#define PT_ROW_SLOTS 32   /* values kept of a product */
#define PT_MAX_ROWS  4096 /* products of one order */
struct pt_graph;
struct pt_json {
  struct pt_paths paths;
  struct pt_value *to[PT_PARSE_SLOTS]; /* where a slot's value goes */
  struct pt_value trash;
  uint64_t seen[2];  /* slots of this line with a value */
  uint64_t dirty[2]; /* slots that may hold one of the line before */
  struct pt_arena arena;
  struct pt_value (*row)[PT_ROW_SLOTS]; /* PT_MAX_ROWS of them, or NULL */
  uint32_t n_rows;
  uint8_t row_slot[PT_ROW_SLOTS];
  uint32_t n_row_slots;
  struct pt_graph *graph;
};
int pt_json_open(struct pt_json *j, size_t max_line);
void pt_json_close(struct pt_json *j);
/* The whole line [p, end) by the full scanner; false: not accepted. Slots without a value are absent after it. */
bool pt_json_scan(struct pt_json *j, const char *p, const char *end);
/* Makes the slots absent that only the line before had. */
void pt_json_settle(struct pt_json *j);

/* ---- learn.c: lines like earlier ones ----
 * Two lines that differ only in scalars have the same bytes between their scalars. An edge is such bytes; a state is
 * where they can be told apart: the keys of the open containers. Following edges that a fully scanned line has left is
 * a proof that this line is JSON too. */
struct pt_state;
struct pt_edge {
  char head[32];     /* the first bytes of `text` */
  uint32_t head_set; /* a bit for each that counts */
  uint32_t n;
  const char *text;
  struct pt_state *target; /* NULL: the line's end */
  struct pt_value *to;     /* the value behind it */
  struct pt_habit habit;   /* of that value */
  uint64_t set[2], clear[2];
  struct pt_edge *next; /* of the same state */
};
struct pt_state {
  struct pt_edge *last; /* taken last: tried first */
  struct pt_edge *edges;
  uint32_t path, n_path; /* in pt_graph.text */
};
int pt_graph_open(struct pt_graph **out);
void pt_graph_close(struct pt_graph *g);
void pt_graph_reset(struct pt_graph *g);
struct pt_state *pt_graph_start(struct pt_graph *g);
/* Remembers the line, which pt_json_scan() has accepted, where that has paid lately. */
void pt_graph_learn(struct pt_json *j, const char *p, const char *end);
void pt_graph_hit(struct pt_graph *g);

/* ---- lanes: the same loops with AVX2 and with 8-byte words ---- */
struct pt_column {
  struct pt_value *to;
  struct pt_habit habit;
};
struct pt_csv {
  char delimiter;
  bool multiline;
  struct pt_column *column;
  uint32_t n_columns;
  struct pt_column other; /* any column behind them */
  struct pt_value trash;
  struct pt_arena arena;
};
struct pt_csv_line {
  const char *end;  /* where the record ends (without CR LF) */
  const char *next; /* behind its line end */
  uint32_t cells;
  bool high; /* perhaps not ASCII */
};
enum pt_csv_fate { PT_CSV_OK, PT_CSV_BAD, PT_CSV_CUT };
/* JSON: the line at p along the graph. Behind its last byte before the line end, or NULL: the full scanner decides. */
typedef const char *(*pt_follow)(struct pt_json *j, const char *p, const char *end, bool last);
/* CSV: the record at p to its cells. */
typedef enum pt_csv_fate (*pt_split)(struct pt_csv *c, const char *p, const char *end, bool last,
                                     struct pt_csv_line *out);
struct pt_lanes {
  pt_follow follow;
  pt_split split;
};
extern const struct pt_lanes pt_lanes_swar;
/* NULL where this processor has no AVX2. */
const struct pt_lanes *pt_lanes_avx2(void);

/* ---- csv.c ---- */
/* A quoted cell from behind its opening quote; behind its closing one, or NULL with *cut set where the data ends. */
const char *pt_csv_quoted(struct pt_csv *c, const char *p, const char *end, bool *cut, struct pt_value *out);
enum pt_csv_fate pt_csv_blanks(struct pt_csv *c, const char *p, const char *end, bool last, struct pt_csv_line *out);

/* ---- parser.c ---- */
#define PT_PICK_FROM 8
struct pt_pick { /* v[to] = the first of the slots that has a value */
  uint8_t to, n, from[PT_PICK_FROM];
};
struct pt_name {
  char text[192];
  uint8_t slot;
};
struct pt_parser {
  const struct pt_format *f;
  const struct pt_lanes *lanes;
  uint64_t wanted;
  size_t max_line;
  struct pt_fields *events; /* 1, or PT_MAX_ROWS for Segment */
  struct pt_value own[PT_PARSE_SLOTS - PT_OWN_SLOT];
  uint32_t n_own;
  struct pt_name extra[PT_MAX_EXTRA];
  uint32_t n_extra;
  uint64_t mapped; /* catalogue fields that the format maps */
  struct pt_pick pick[PT_OWN_SLOT];
  uint32_t n_picks;
  struct pt_json json;
  uint32_t root;     /* key of the event */
  uint8_t root_slot; /* its object_only slot, or PT_NO_SLOT */
  struct pt_csv csv;
  struct pt_slice *column; /* names of the header */
  uint32_t n_columns;
  struct pt_buf header; /* the names' bytes */
  size_t header_texts;  /* bytes in front of csv.arena.p that the names use */
  uint8_t *column_slot; /* as csv.column */
  uint32_t columns_needed;
  bool has_header, header_due;
  struct pt_segment *segment;
  struct pt_traits *traits; /* where the format has records */
};

/* ---- bind.c: names to slots ---- */
struct pt_value *pt_slot_value(struct pt_parser *p, uint8_t slot);
/* The slot that a source is read to: its own where it has one, else `wish` (PT_NO_SLOT: a new one of the parser's).
 * PT_NO_SLOT where none is left, or where the CSV file has no such column. */
uint8_t pt_bind_source(struct pt_parser *p, struct pt_slice source, uint8_t wish);
/* v[slot] from all sources of that name. False: no room. */
bool pt_bind_name(struct pt_parser *p, const char *name, uint8_t slot);
/* Number of the CSV column of that name or number, PT_NONE where the file has none. */
uint32_t pt_column_of(const struct pt_parser *p, struct pt_slice source);
int pt_bind_fields(struct pt_parser *p, struct pt_err *err) PT_MUST_CHECK;
/* CSV: the first line of the file, where it is a header. */
int pt_bind_header(struct pt_parser *p, struct pt_slice head, struct pt_err *err) PT_MUST_CHECK;

/* ---- traits.c: the fields of records ---- */
#define PT_N_TRAITS (PT_RF_COUNT + PT_MAX_KEPT)
struct pt_traits {
  struct pt_value v[PT_N_TRAITS];
  struct pt_pick source[PT_N_TRAITS]; /* slots of the parser's own; the first that is given holds */
  uint32_t n;
};
int pt_traits_open(struct pt_parser *p, struct pt_err *err) PT_MUST_CHECK;
/* The values of the line at hand. */
void pt_traits_take(struct pt_parser *p);

/* ---- segment.c: the Segment spec's rules ---- */
int pt_segment_open(struct pt_parser *p, struct pt_err *err) PT_MUST_CHECK;
void pt_segment_close(struct pt_parser *p);
/* Fills the events of a scanned line; false: a payload of an unknown kind. */
bool pt_segment_apply(struct pt_parser *p, struct pt_record *out);

static inline bool pt_value_given(const struct pt_value *v) {
  return v->kind > PT_V_NULL && !(v->kind == PT_V_TEXT && v->n == 0);
}

#endif

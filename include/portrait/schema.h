/* Columns of /obs, /obsm and of the rows' hidden intermediates: one descriptor each, from the family that owns it.
 * HDF5 attributes, `portrait explain` and the docs come from here. Local. */
#ifndef PORTRAIT_SCHEMA_H
#define PORTRAIT_SCHEMA_H
#include <portrait/dict.h>
#include <portrait/err.h>
#include <portrait/event.h>
#include <stdbool.h>
#include <stdint.h>

enum pt_ctype {
  PT_C_U8,
  PT_C_U16,
  PT_C_U32,
  PT_C_I32,
  PT_C_I64,
  PT_C_F32,
  PT_C_F64,
  PT_C_BOOL,  /* u8 0/1 */
  PT_C_LABEL, /* i32 code into `labels`, -1 = absent */
  PT_C_BYTES  /* ragged bytes (user_id): never in /obs but as text */
};

enum pt_where {
  PT_IN_OBS,  /* a column of /obs */
  PT_IN_OBSM, /* a dense matrix of /obsm: width > 1 */
  PT_HIDDEN,  /* an intermediate: name begins with '_', not written */
  PT_IN_CSR,  /* sparse rows: PT_C_BYTES holding cells; each plane is a csr_matrix of /obsm */
};

/* A sparse row is an array of cells with ascending codes: a uint32 code, 4 bytes of zero, then 8 bytes for each plane.
 * Until the vocabularies are merged (pt_output_vocabularies) codes are this rank's, as in events, and all values are
 * int64; from then on a code is the place of the entry in pt_rows_vocabulary(). Finishing may overwrite values in place
 * (pt_rows_bytes), never add or drop cells. Planes of one column share their structure in the file. A hidden column may
 * have sparse rows too. */
enum pt_join { PT_JOIN_SUM, PT_JOIN_MIN, PT_JOIN_MAX, PT_JOIN_NONE }; /* NONE: -1 where entries became `other` */
struct pt_plane {
  const char *name;   /* of the matrix in /obsm */
  enum pt_ctype type; /* in the file: PT_C_F32 and PT_C_F64 from a double, others from an int64 */
  const char *unit, *description;
  enum pt_join join; /* of the int64 values of entries that become one: MIN leaves out 0 */
  bool hidden;       /* an intermediate, not written */
};
struct pt_sparse {
  int vocabulary; /* enum pt_field of a dictionary field */
  uint32_t n_planes;
  const struct pt_plane *planes; /* static, or outlives the schema */
};

/* Vocabulary of a label column. Closed: `names` in the catalogue's order. Open: `dict`, rank-local codes, merged at
 * output. */
struct pt_labels {
  const char *const *names; /* closed vocabulary or NULL */
  uint32_t n_names;
  bool ordered;               /* a scale */
  const struct pt_dict *dict; /* open vocabulary: rank-local; labels are its codes. NULL where closed */
};

struct pt_column {
  char name[65]; /* [a-z][a-z0-9_]*, but for clv_T */
  enum pt_ctype type;
  uint32_t width; /* 1; 24 for hour_histogram */
  bool nullable;  /* ints, times, flags: a mask stands beside the values. Floats use NaN, labels -1 */
  enum pt_where where;
  const char *family; /* "activity" */
  const char *level;  /* "fact", "model", "prediction" */
  const char *kind;   /* "static" or "dynamic" */
  char unit[48];      /* "events", "days", "ms since 1970-01-01T00:00:00Z", "currency", "1" (shares) */
  char description[240];
  const char *rule;               /* of a tag: its rule as text, for the file; NULL: none. Outlives the schema */
  const char *reads;              /* of a tag: the columns behind it, with blanks between; likewise */
  struct pt_labels labels;        /* PT_C_LABEL */
  const struct pt_sparse *sparse; /* PT_IN_CSR */
};

/* A tag: three columns (NAME label, NAME_index f32, NAME_evidence u32), added together. */
struct pt_tag {
  uint32_t label, index, evidence; /* column numbers in the schema */
};

/* The job file's segments are hidden PT_C_BOOL columns `_segment_NAME`: 1 = the user is in it (unknown = 0). Their
 * description is the job file's, else the expression, cut to what a description holds. */
#define PT_SEGMENT_PREFIX "_segment_"

struct pt_schema {
  struct pt_column *columns;
  uint32_t n, cap;
  struct pt_tag *tags;
  uint32_t n_tags, cap_tags;
  uint32_t *segments; /* column numbers, in the order of the job file */
  uint32_t n_segments;
};

/* Adds a column (copied); *at = its number. 78 on a clash of names, 71 without memory. */
int pt_schema_add(struct pt_schema *s, const struct pt_column *c, uint32_t *at, struct pt_err *err) PT_MUST_CHECK;
/* Adds the three columns of a tag: c->name, c->labels, c->description, family, level, kind are read. Tags stand behind
 * all other columns in the file whatever the order of adding. c->where = PT_HIDDEN: the three are intermediates and no
 * tag. */
int pt_schema_tag(struct pt_schema *s, const struct pt_column *c, struct pt_tag *tag, struct pt_err *err) PT_MUST_CHECK;
/* Adds the column of a segment of the job file. */
int pt_schema_segment(struct pt_schema *s, const char *name, const char *description, uint32_t *at,
                      struct pt_err *err) PT_MUST_CHECK;
/* NAME of segment i of the job file. */
static inline const char *pt_segment_name(const struct pt_schema *s, uint32_t i) {
  return s->columns[s->segments[i]].name + sizeof PT_SEGMENT_PREFIX - 1;
}
/* Hides the columns and tags that no glob asks for: they are there because something else reads them. */
void pt_schema_hide(struct pt_schema *s, const char *const *globs, uint32_t n);
/* Column number by name, or -1. */
int64_t pt_schema_find(const struct pt_schema *s, const char *name);
/* Bytes of one row's values of a column (width included): 0 for PT_C_BYTES. */
uint32_t pt_column_bytes(const struct pt_column *c);
/* Bytes of a cell of sparse rows, and one of its values. */
static inline uint32_t pt_cell_bytes(const struct pt_sparse *s) {
  return 8 + 8 * s->n_planes;
}
/* True where any of the n globs (fnmatch: * ? [..]) matches the name, a plane's name or the family; n = 0: true. */
bool pt_column_wanted(const struct pt_column *c, const char *const *globs, uint32_t n);
void pt_schema_free(struct pt_schema *s);

#endif

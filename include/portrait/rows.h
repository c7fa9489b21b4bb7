/* The column store of the users' rows: ranges of rows, column-major within a range. Local.
 *
 * A range holds the users of one bucket in hash order; ranges follow each other in hash order, and ranks too, so row
 * order in the file = rank order, range order, row order. A range lives on the heap while the budget allows, else in a
 * scratch file of reserved size that is mapped: pointers stay valid either way. pt_rows_done() lets the kernel take
 * its pages back. Every stage after facts reads and writes columns here. */
#ifndef PORTRAIT_ROWS_H
#define PORTRAIT_ROWS_H
#include <portrait/err.h>
#include <portrait/hash.h>
#include <portrait/mem.h>
#include <portrait/schema.h>

struct pt_rows; /* opaque */

/* `schema` must be complete and outlive the rows. `scratch` is a folder (may be NULL: heap only). */
int pt_rows_open(struct pt_rows **out, const struct pt_schema *schema, struct pt_mem *mem, const char *scratch,
                 struct pt_err *err) PT_MUST_CHECK;
void pt_rows_close(struct pt_rows *r);

/* Appends a range of n rows, zeroed: values 0, masks 0 (present), labels 0. `ids` = the n users' id bytes, copied;
 * `hashes` likewise. *range = its number. */
int pt_rows_add(struct pt_rows *r, uint32_t n, const struct pt_h128 *hashes, const struct pt_slice *ids,
                uint32_t *range, struct pt_err *err) PT_MUST_CHECK;

uint32_t pt_rows_ranges(const struct pt_rows *r);
uint64_t pt_rows_count(const struct pt_rows *r);                  /* rows of this rank */
uint32_t pt_rows_in(const struct pt_rows *r, uint32_t range);     /* rows of a range */
uint64_t pt_rows_before(const struct pt_rows *r, uint32_t range); /* local number of its first row */
const struct pt_schema *pt_rows_schema(const struct pt_rows *r);

/* Values of a column in a range: n * width values of the column's C type, writable. */
void *pt_rows_values(struct pt_rows *r, uint32_t range, uint32_t column);
/* Mask of a nullable column: one byte a row, 1 = absent. NULL for others. */
uint8_t *pt_rows_mask(struct pt_rows *r, uint32_t range, uint32_t column);
const struct pt_h128 *pt_rows_hashes(struct pt_rows *r, uint32_t range);
struct pt_slice pt_rows_id(struct pt_rows *r, uint32_t range, uint32_t row);
/* Ragged columns (PT_C_BYTES, hidden): each row's bytes are put once, rows in increasing order, the range being the
 * last one added; rows passed over are empty. */
int pt_rows_put(struct pt_rows *r, uint32_t range, uint32_t column, uint32_t row, const void *p, size_t n,
                struct pt_err *err) PT_MUST_CHECK;
struct pt_slice pt_rows_bytes(struct pt_rows *r, uint32_t range, uint32_t column, uint32_t row);
/* Cuts each row's bytes to its first keep[row]. */
void pt_rows_cut(struct pt_rows *r, uint32_t range, uint32_t column, const uint64_t *keep);
/* The entries that the codes of sparse rows stand for, the same on every rank: in byte order, `other` last where there
 * is one. NULL before they are merged, and for fields without sparse rows. */
struct pt_vocabulary {
  const struct pt_slice *text; /* each with a NUL behind it */
  uint32_t n;
  bool other;       /* text[n - 1] stands for `rare` entries */
  uint64_t rare;    /* distinct entries that became `other` */
  uint32_t longest; /* bytes of the longest text */
};
const struct pt_vocabulary *pt_rows_vocabulary(const struct pt_rows *r, int field);
/* The code of a text; PT_NO_CODE where it has none. */
uint32_t pt_vocabulary_find(const struct pt_vocabulary *v, struct pt_slice text);
/* Sets it, copied; charged with 32 bytes an entry for the sums by code of those who ask for them. */
int pt_rows_set_vocabulary(struct pt_rows *r, int field, const struct pt_vocabulary *v,
                           struct pt_err *err) PT_MUST_CHECK;
/* This rank is through with the range for now. The first time: its ragged columns are complete. */
void pt_rows_done(struct pt_rows *r, uint32_t range);
/* The whole budget of the rank, 0 = none. */
uint64_t pt_rows_budget(const struct pt_rows *r);
/* Bytes now on scratch. */
uint64_t pt_rows_spilled(const struct pt_rows *r);

#endif

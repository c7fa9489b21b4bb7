/* A small table for /uns: columns of equal length, held whole on rank 0 (segments' statistics, rejects, vocabularies
 * of labels). Written as an AnnData dataframe with a row-number index. Local. */
#ifndef PORTRAIT_FRAME_H
#define PORTRAIT_FRAME_H
#include <portrait/err.h>
#include <stddef.h>
#include <stdint.h>

enum pt_ftype { PT_FR_I64, PT_FR_F64, PT_FR_TEXT };

struct pt_frame_column {
  char name[65];
  enum pt_ftype type;
  const char *unit, *description; /* static text */
  union {
    int64_t *i64;
    double *f64; /* NaN = absent */
    char **text; /* owned, NUL-terminated UTF-8 */
  } v;
};

struct pt_frame {
  char path[96]; /* "segments/summary": below /uns */
  struct pt_frame_column *columns;
  uint32_t n_columns;
  uint64_t n_rows, cap_rows;
};

int pt_frame_init(struct pt_frame *f, const char *path, struct pt_err *err) PT_MUST_CHECK;
/* Adds a column before the first row; *at = its number. */
int pt_frame_column(struct pt_frame *f, const char *name, enum pt_ftype type, const char *unit, const char *description,
                    uint32_t *at, struct pt_err *err) PT_MUST_CHECK;
/* Adds a row of zeros, NaN and "" and returns its number in *row. */
int pt_frame_row(struct pt_frame *f, uint64_t *row, struct pt_err *err) PT_MUST_CHECK;
int pt_frame_set_text(struct pt_frame *f, uint64_t row, uint32_t column, const char *text, size_t n,
                      struct pt_err *err) PT_MUST_CHECK;
void pt_frame_free(struct pt_frame *f);

/* What a table of the file is, by its path below /uns (var: /var). A table that a stage adds has a row in
 * src/data/table_info.c. NULL at the end, or where there is none. */
struct pt_table_info {
  const char *path, *text;
};
const struct pt_table_info *pt_table_info(uint32_t i);
const struct pt_table_info *pt_table_find(const char *path);

#endif

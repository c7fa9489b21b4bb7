/* A finished file, read by columns of /obs: each rank opens it for itself and takes the rows it wants. Local, serial.
 */
#ifndef PORTRAIT_PROFILES_H
#define PORTRAIT_PROFILES_H
#include <portrait/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pt_profile_kind { PT_P_WHOLE, PT_P_REAL, PT_P_FLAG, PT_P_LABEL };

struct pt_profile_column {
  const char *name, *unit, *family; /* "" where the file does not tell */
  enum pt_profile_kind kind;
  bool single;               /* PT_P_REAL: held as float32 */
  bool tag;                  /* a label with NAME_index behind it */
  const char *const *labels; /* PT_P_LABEL: what the codes mean */
  uint32_t n_labels;
};

/* Values of a stretch of rows, in arrays of the caller: codes of labels, flags (0, 1) and whole numbers, or real ones,
 * by the column's kind; what is absent has absent[i] = 1. */
struct pt_profile_values {
  int64_t *whole;
  double *real;
  uint8_t *absent;
};

struct pt_profiles; /* opaque */

/* 66 where there is no such file, 65 where it is none of ours, 74 where it cannot be read. */
int pt_profiles_open(struct pt_profiles **out, const char *path, struct pt_err *err) PT_MUST_CHECK;
void pt_profiles_close(struct pt_profiles *p);
uint64_t pt_profiles_users(const struct pt_profiles *p);
uint32_t pt_profiles_columns(const struct pt_profiles *p);
const char *pt_profiles_name(const struct pt_profiles *p, uint32_t i);
/* The number of a column by name, or -1. */
int64_t pt_profiles_find(const struct pt_profiles *p, const char *name, size_t n);
/* What column i is; valid until the file is closed. */
int pt_profiles_column(struct pt_profiles *p, uint32_t i, struct pt_profile_column *out,
                       struct pt_err *err) PT_MUST_CHECK;
int pt_profiles_read(struct pt_profiles *p, uint32_t i, uint64_t first, uint64_t n, const struct pt_profile_values *to,
                     struct pt_err *err) PT_MUST_CHECK;
/* The JSON of /uns/run: free() it. */
int pt_profiles_run(struct pt_profiles *p, char **out, struct pt_err *err) PT_MUST_CHECK;
/* User ids: pt_profiles_id_width() bytes each, those behind the id are NUL. */
size_t pt_profiles_id_width(const struct pt_profiles *p);
int pt_profiles_ids(struct pt_profiles *p, uint64_t first, uint64_t n, char *to, struct pt_err *err) PT_MUST_CHECK;

#endif

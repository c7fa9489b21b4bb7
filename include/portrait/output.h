/* Output: rows, labels and tables to one HDF5 file in the AnnData layout (DESIGN section 4). The only home of HDF5. */
#ifndef PORTRAIT_OUTPUT_H
#define PORTRAIT_OUTPUT_H
#include <portrait/comm.h>
#include <portrait/conf.h>
#include <portrait/frame.h>
#include <portrait/rows.h>

struct pt_output_conf {
  enum pt_compress compress;
  int level;            /* of PT_GZIP_LEVEL */
  uint32_t max_labels;  /* open tags in /var: this many largest and `other` */
  bool members;         /* the rows of the job file's segments, in /uns/segments/members */
  uint32_t privacy_k;   /* ... of those with so many users */
  const char *run_json; /* /uns/run, a JSON text (same on every run of the same input) */
};
struct pt_output_stats {
  uint64_t raw_bytes, file_bytes; /* of the columns, of the file */
  double write_seconds, verify_seconds;
};

/* One label of one tag over all ranks, in /var order. Filled by pt_output_labels for the segments too. */
struct pt_label {
  uint32_t tag; /* number in schema->tags */
  char *text;   /* "high", "other" */
  uint64_t users;
  double mean_index; /* NaN where none is known */
};
struct pt_label_list {
  struct pt_label *v;
  uint32_t n;
  int32_t **of_code; /* of_code[tag][local label code] = number in v */
};
/* Collective: merges the tags' vocabularies over ranks (closed: all labels in order; open: the max_labels largest by
 * users, ties by bytes, and `other`), counts users and mean index exactly. */
int pt_output_labels(struct pt_comm *c, struct pt_rows *rows, uint32_t max_labels, struct pt_label_list *out,
                     struct pt_err *err) PT_MUST_CHECK;
void pt_label_list_free(struct pt_label_list *l, uint32_t n_tags);

/* Collective: gives the codes of all sparse rows their place in the vocabularies over all ranks (pt_rows_vocabulary),
 * which get the `limit` entries with cells of most users, ties by bytes, and `other` for the rest. dict[f] = this
 * rank's texts of the field f by code. */
int pt_output_vocabularies(struct pt_comm *c, struct pt_rows *rows, const struct pt_slice *const dict[PT_F_COUNT],
                           const uint32_t n_dict[PT_F_COUNT], uint32_t limit, struct pt_err *err) PT_MUST_CHECK;
/* Rank 0: quality/vocabularies, one row for each: entries, and how many of them are `other`. */
int pt_output_vocabulary_frame(const struct pt_rows *rows, struct pt_frame *out, struct pt_err *err) PT_MUST_CHECK;

/* Collective: writes `path`.part, closes, reads every column back and compares, fsyncs, renames. Nothing appears under
 * `path` unless it is complete and equal to what was computed. Frames matter on rank 0 alone. An HDF5 or MPI-IO failure
 * ends the job (74) at once. */
int pt_output_write(struct pt_comm *c, const char *path, struct pt_rows *rows, const struct pt_label_list *labels,
                    const struct pt_frame *frames, uint32_t n_frames, const struct pt_output_conf *conf,
                    struct pt_output_stats *stats, struct pt_err *err) PT_MUST_CHECK;

/* One user's row, for `show`: Local, serial. Opaque handle on a finished file. */
struct pt_card;
int pt_card_open(struct pt_card **out, const char *path, struct pt_err *err) PT_MUST_CHECK;
void pt_card_close(struct pt_card *k);
/* Finds the row by id (hash order is searched by halves where ids are plain): 66 where there is none. */
int pt_card_find(struct pt_card *k, const char *user_id, uint64_t *row, struct pt_err *err) PT_MUST_CHECK;
uint32_t pt_card_columns(const struct pt_card *k);
const char *pt_card_name(const struct pt_card *k, uint32_t i);
/* The column of that name, or -1. */
int64_t pt_card_at(const struct pt_card *k, const char *name);
/* Column i of a row as text ("" = absent), with its name, unit, family, description and whether it is a tag's label. */
struct pt_card_cell {
  const char *name, *unit, *family, *description;
  const char *rule, *reads; /* of a tag: its rule as text, the columns behind it with blanks between; NULL: not told */
  char text[300];
  bool absent, number, flag, tag; /* tag: the label of a tag; its index and evidence are the next two columns */
};
int pt_card_cell(struct pt_card *k, uint64_t row, uint32_t i, struct pt_card_cell *out,
                 struct pt_err *err) PT_MUST_CHECK;
/* Matrix i of /obsm: a user's row of it. The entries are valid until the next matrix is asked for. */
struct pt_card_entry {
  char name[256]; /* of the vocabulary where the matrix is sparse, else its place from 0 */
  double value;
};
struct pt_card_matrix {
  const char *name;
  char *unit, *family, *description; /* may be NULL */
  bool sparse;
  const struct pt_card_entry *v;
  uint32_t n;
};
uint32_t pt_card_matrices(const struct pt_card *k);
int pt_card_matrix(struct pt_card *k, uint64_t row, uint32_t i, struct pt_card_matrix *out,
                   struct pt_err *err) PT_MUST_CHECK;
void pt_card_matrix_free(struct pt_card_matrix *m);
/* /uns/run, a JSON text: free() it. NULL where the file has none. */
int pt_card_run(struct pt_card *k, char **json, struct pt_err *err) PT_MUST_CHECK;
uint64_t pt_card_rows(const struct pt_card *k);
/* A /uns table as text rows (for the demo's segment summary). */
int pt_card_frame(struct pt_card *k, const char *path, struct pt_frame *out, struct pt_err *err) PT_MUST_CHECK;

#endif

/* What the files of the card share: an open file, its columns as far as they were asked for, rows of a dataset. */
#ifndef PT_OUTPUT_CARD_PRIV_H
#define PT_OUTPUT_CARD_PRIV_H
#include <portrait/output.h>

#include "h5.h"

struct pt_card_column {
  char *unit, *family, *description, *rule, *reads;
  hid_t values, mask; /* mask < 0: none */
  char *categories;   /* n * width bytes, NULL: no label */
  uint64_t n_categories;
  size_t width;
  bool loaded, number, flag, time, real, is_tag;
  size_t size;
};

struct pt_card {
  hid_t file, ids;
  uint64_t rows;
  size_t id_width;
  char **names;
  uint64_t n;
  struct pt_card_column *columns;
  char **texts; /* what frames' columns point to, owned */
  size_t n_texts;
  char **matrices; /* their names below /obsm */
  uint32_t n_matrices;
  struct pt_card_entry *entries; /* of the matrix last asked for */
  size_t cap_entries;
};

int pt_card_no_memory(struct pt_err *err);
uint64_t pt_card_length(hid_t dataset);
/* Rows [first, first + n) of a one-dimensional dataset. */
int pt_card_read(hid_t dataset, uint64_t first, uint64_t n, hid_t type, void *to, struct pt_err *err) PT_MUST_CHECK;
/* A whole dataset of fixed-length texts as one block; *width bytes each, and a NUL behind the last. */
int pt_card_texts(hid_t dataset, char **out, uint64_t *n, size_t *width, struct pt_err *err) PT_MUST_CHECK;
/* Fills the names of the matrices. */
int pt_card_list_matrices(struct pt_card *k, struct pt_err *err) PT_MUST_CHECK;

#endif

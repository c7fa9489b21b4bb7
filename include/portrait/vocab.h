/* The vocabulary of an open label column, of a dictionary, or of the codes of sparse rows, over all ranks.
 * Collective. */
#ifndef PORTRAIT_VOCAB_H
#define PORTRAIT_VOCAB_H
#include <portrait/comm.h>
#include <portrait/rows.h>

#define PT_OTHER "other"

struct pt_vocab {
  struct pt_buf bytes; /* the texts, each with its NUL */
  const char **text;   /* n texts, largest first, ties by bytes; `other` last where there is one */
  uint64_t *users;     /* of each text but `other`: 0 there */
  uint32_t n;
  bool other;       /* text[n - 1] stands for all that are not named */
  uint32_t *of;     /* local code -> number here; PT_NO_CODE for codes that no row has */
  uint64_t cut;     /* texts of this rank that were over the length and were cut */
  uint32_t n_local; /* entries of `of` */
  uint64_t rare;    /* texts over all ranks that are not named */
};

struct pt_vocab_texts {
  struct pt_slice (*at)(const void *of, uint32_t code); /* the text of a code of this rank */
  const void *of;
  uint32_t n;
  const uint64_t *users; /* of each code: those of nobody are left out */
};
/* Adds the users of each text up over the ranks, keeps the `limit` largest, and names the rest `other` (a text that is
 * "other" belongs to it too). Texts over `longest` bytes are cut on a character boundary first. Errors are agreed. */
int pt_vocab_merge_texts(struct pt_comm *c, const struct pt_vocab_texts *texts, uint32_t limit, size_t longest,
                         struct pt_vocab *out, struct pt_err *err) PT_MUST_CHECK;
/* The same of a label column: rows are counted. */
int pt_vocab_merge(struct pt_comm *c, struct pt_rows *rows, uint32_t column, uint32_t limit, size_t longest,
                   struct pt_vocab *out, struct pt_err *err) PT_MUST_CHECK;
/* The same of a dictionary's texts, `users` of each code. */
int pt_vocab_of(struct pt_comm *c, const struct pt_dict *d, const uint64_t *users, uint32_t limit, size_t longest,
                struct pt_vocab *out, struct pt_err *err) PT_MUST_CHECK;
void pt_vocab_free(struct pt_vocab *v);

/* Length of the longest beginning of `s` that has at most `longest` bytes and ends between two characters. */
size_t pt_text_cut(struct pt_slice s, size_t longest);

#endif

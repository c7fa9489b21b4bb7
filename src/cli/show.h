/* What the files of `show` share. Internal to cli/. */
#ifndef PORTRAIT_CLI_SHOW_H
#define PORTRAIT_CLI_SHOW_H
#include <portrait/output.h>
#include <portrait/time.h>

#include "cli/cli.h"

struct show {
  const char *file, *user;
  const char *why; /* --why TAG */
  bool json, all, colour;
  struct pt_card *k;
  uint64_t row;
};

enum show_colour { SHOW_PLAIN, SHOW_BOLD, SHOW_DIM, SHOW_NAME, SHOW_LABEL, SHOW_BAR, SHOW_INVERSE };

/* -- show_text.c -- */
/* Turns the colour on (SHOW_PLAIN: off). Nothing where there is none. */
void show_paint(const struct show *s, enum show_colour colour);
/* Text of a log on a terminal: control characters, marks that turn the direction of writing and bytes that are no
 * UTF-8 become '?'. At most `width` characters ("..." behind what is cut), padded to it where `pad`. */
void show_text(const char *text, unsigned width, bool pad);
/* The same into a buffer: valid UTF-8. */
void show_clean(const char *text, char *out, size_t cap);
void show_heading(const struct show *s, const char *text);
/* 10 cells, filled to `share`. */
void show_bar(const struct show *s, double share);
/* One block a value, as high as its part of the largest. */
void show_spark(const struct show *s, const struct pt_card_entry *v, uint32_t n);
/* A number of the file as people read it: six digits. */
void show_number(const char *text);
/* Value and unit of a cell. */
void show_value(const struct pt_card_cell *cell);

/* -- show_card.c, show_json.c, show_why.c -- */
int show_card(struct show *s, struct pt_err *err) PT_MUST_CHECK;
int show_json(struct show *s, struct pt_err *err) PT_MUST_CHECK;
int show_why(struct show *s, struct pt_err *err) PT_MUST_CHECK;

/* -- show_parts.c -- */
/* The first column of a line. */
void show_name(const struct show *s, const char *name, unsigned width);
/* A tag's line: name, label, bar of the index, evidence. `i` = column of the label. */
int show_tag(const struct show *s, uint32_t i, struct pt_err *err) PT_MUST_CHECK;
/* The matrix of that name: *m with n = 0 and name NULL where there is none. */
int show_matrix(const struct show *s, const char *name, struct pt_card_matrix *m, struct pt_err *err) PT_MUST_CHECK;
/* Its entries: blocks where dense, else the `most` largest as bars. */
void show_entries(const struct show *s, const struct pt_card_matrix *m, uint32_t most);

#endif

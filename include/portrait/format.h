/* A format: which field of a line is which, and which name is which event (DESIGN section 3). Built in or from the
 * job file. Local. */
#ifndef PORTRAIT_FORMAT_H
#define PORTRAIT_FORMAT_H
#include <portrait/event.h>
#include <portrait/time.h>
#include <stdbool.h>

#define PT_MAX_EXTRA 24 /* names of `fields:` that are no catalogue field, for the expressions */

enum pt_format_kind { PT_JSONL, PT_CSV };
enum pt_header { PT_HEADER_AUTO, PT_HEADER_YES, PT_HEADER_NO };

/* Several entries of one name are alternatives: the first whose value is neither absent, null nor empty holds. */
struct pt_format_field {
  char name[65];    /* a catalogue field or an extra name */
  char source[192]; /* JSON path "properties.product.price", CSV header name, or CSV column number from 0 */
};
struct pt_format_event {
  char from[128], to[65];
};

/* Owned by whoever made it; pt_format_free() accepts zeroed. */
struct pt_format {
  char name[65]; /* "portrait", "segment", "rees46", "taobao", or "custom" */
  enum pt_format_kind kind;
  bool segment;          /* the Segment spec's rules: products, identify = record, four times */
  bool users;            /* every line is a user record, and its time may be absent */
  char root[192];        /* jsonl: where the event lies in the line; "" = the line */
  enum pt_header header; /* csv */
  char delimiter;        /* csv: ',', '\t', ...; ' ' = runs of blanks and tabs */
  bool multiline;        /* csv: quoted line breaks; such a file is never split */
  struct pt_format_field *fields;
  uint32_t n_fields;
  struct pt_time_format time;
  struct pt_format_event *events;
  uint32_t n_events;
  /* Where the fields of records stand (static); several entries of one name are alternatives. */
  const struct pt_format_field *traits;
  uint32_t n_traits;
  char *const *kept; /* users.keep, borrowed: fields of records under their own names */
  uint32_t n_kept;
  char *where, *amount, *event; /* expression texts, NULL where not given. `event: purchase` (a bare catalogue name or
                                   unknown identifier) is a constant */
};
void pt_format_free(struct pt_format *f);
/* The built-in one of that name, or NULL. Static. */
const struct pt_format *pt_format_builtin(const char *name);
/* Its CSV (',') or TSV ('\t') variant, or NULL: portrait is JSON and CSV, rees46 and taobao are CSV. Static. */
const struct pt_format *pt_format_builtin_csv(const char *name, char delimiter);
/* User records: lines of JSON (0) or CSV by delimiter; static. They have the catalogue's field names. */
const struct pt_format *pt_format_users(char delimiter);
/* The same for a file that begins with these bytes; NULL where it names no user_id. */
const struct pt_format *pt_format_detect_users(struct pt_slice head, const char *file_name);
/* The traits of Segment's identify payloads, as of an object of its own. Static. */
const struct pt_format *pt_format_traits(void);
/* Which built-in format the first bytes of a file (decompressed, at least one whole line where there is one) are in;
 * NULL where none fits. `file_name` helps (.csv, .tsv). */
const struct pt_format *pt_format_detect(struct pt_slice head, const char *file_name);

#endif

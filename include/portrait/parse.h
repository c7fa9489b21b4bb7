/* Parsing: one line to the fields that the format names. No allocation and no locale per line. Local.
 *
 * JSON: jansson's grammar with the five differences of DESIGN section 3. CSV: RFC 4180. UTF-8 is validated. */
#ifndef PORTRAIT_PARSE_H
#define PORTRAIT_PARSE_H
#include <portrait/format.h>
#include <portrait/reason.h>
#include <portrait/record.h>

enum pt_vkind {
  PT_V_ABSENT = 0,
  PT_V_NULL,
  PT_V_TEXT,
  PT_V_NUMBER,
  PT_V_TRUE,
  PT_V_FALSE,
  PT_V_OTHER /* object, array */
};

/* A field as it stands in the line: text with escapes decoded, number as its characters. CSV: always text ("" =
 * absent). */
struct pt_value {
  const char *p;
  uint32_t n;
  uint32_t kind; /* enum pt_vkind */
};

/* Fields of one event. v[0..PT_F_COUNT) catalogue fields, then the format's extra names in order of the format. */
struct pt_fields {
  struct pt_value v[PT_F_COUNT + PT_MAX_EXTRA];
  uint64_t maybe;                /* bits of the catalogue fields that may be given; the others are absent */
  bool record;                   /* a user record (of a table of users, segment identify), no event */
  const struct pt_value *traits; /* of a record: PT_RF_COUNT fields, then the format's `kept` ones. NULL: none given */
  int64_t amount;                /* segment orders: this product's share, exact, 1/10,000, where has_amount */
  bool has_amount;
};

/* One record of the input. */
struct pt_record {
  enum pt_fate fate;     /* ACCEPTED here = parsed: clean still decides. INCOMPLETE: the chunk ends inside it */
  enum pt_reason reason; /* of PT_REJECTED_LINE */
  const char *raw;       /* the line without its end (LF or CRLF) */
  size_t raw_n;
  const char *next;               /* where the next record begins */
  const struct pt_fields *events; /* n_events of them (segment order events: one a product); until the next call */
  uint32_t n_events;
};

struct pt_parser; /* opaque */

/* `wanted`: bits of the fields whose values are read; the others are validated alone. Extra names are always read.
 * `head`: the first bytes of the file, for the CSV header. 65 where a CSV header lacks a mapped column that is required
 * (time, and user_id or anonymous_id). */
int pt_parser_open(struct pt_parser **out, const struct pt_format *f, uint64_t wanted, struct pt_slice head,
                   size_t max_line, struct pt_err *err) PT_MUST_CHECK;
void pt_parser_close(struct pt_parser *p);
/* Index into pt_fields.v of an extra name, a catalogue field, or a source path of the format's own kind that the parser
 * was opened for; -1 where unknown. */
int pt_parser_name(const struct pt_parser *p, struct pt_slice name);
/* The record that begins at `at` (< end). `file_start`: `at` is the first byte of the file (BOM, header). At least 64
 * bytes behind `end` are readable. `last`: nothing follows `end`, so a record without line end is whole. */
void pt_parser_next(struct pt_parser *p, const char *at, const char *end, bool file_start, bool last,
                    struct pt_record *out);

#endif

/* Why a line is rejected, and where every line went (catalog sections 0 and 13). Local. */
#ifndef PORTRAIT_REASON_H
#define PORTRAIT_REASON_H

#define PT_REASONS(X)                                                                                    \
  X(UNPARSABLE, "unparsable", "no valid JSON or UTF-8, or a CSV record with the wrong number of fields") \
  X(TOO_LONG, "too_long", "longer than read.max_line")                                                   \
  X(MISSING_USER, "missing_user", "no user_id and no anonymous_id")                                      \
  X(BAD_USER, "bad_user", "a user id of more than 256 bytes")                                            \
  X(MISSING_TIME, "missing_time", "no time")                                                             \
  X(BAD_TIME, "bad_time", "a time that cannot be read or lies outside clean.time_range")                 \
  X(FUTURE, "future", "later than received_at + 1 day")                                                  \
  X(MISSING_EVENT, "missing_event", "no event name")                                                     \
  X(BAD_NUMBER, "bad_number", "a number that cannot be read, is too large or negative")                  \
  X(CURRENCY, "currency", "a currency without a rate")                                                   \
  X(UNKNOWN_FORMAT, "unknown_format", "a payload of a kind that the format does not know")

enum pt_reason {
#define PT_X(id, name, text) PT_R_##id,
  PT_REASONS(PT_X)
#undef PT_X
      PT_R_COUNT
};
struct pt_reason_info {
  const char *name, *text;
};
extern const struct pt_reason_info pt_reason_info[PT_R_COUNT];

/* What became of a line. Lines = blank + header + filtered + rejected + accepted. */
enum pt_fate { PT_ACCEPTED, PT_REJECTED_LINE, PT_BLANK, PT_HEADER, PT_FILTERED, PT_INCOMPLETE };

#endif

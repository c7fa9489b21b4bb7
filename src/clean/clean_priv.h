/* What the files of clean/ share. */
#ifndef PORTRAIT_CLEAN_PRIV_H
#define PORTRAIT_CLEAN_PRIV_H
#include <portrait/clean.h>
#include <portrait/decimal.h>
#include <portrait/expr.h>
#include <portrait/time.h>

#define PT_MAX_ID    256
#define PT_MAX_MONEY INT64_C(100000000000) /* |x| above is bad_number */

/* Raw texts to codes: a text is normalised once, when it is first seen. */
struct lexicon {
  struct pt_dict *raw;
  uint32_t *code;
  uint32_t cap;
};

/* Event names of the current part: raw text -> type, and the code of an unknown name. */
struct event_name {
  uint8_t type;
  uint32_t other;
};

struct pt_cleaner {
  const struct pt_conf *conf;
  const struct pt_zone *zone;
  struct pt_hash_key key;
  uint64_t carried[PT_T_COUNT];
  struct pt_dict *dicts[PT_F_COUNT];
  struct lexicon categories;
  /* the part */
  const struct pt_parser *parser;
  const struct pt_format *format;
  uint8_t format_index;
  struct pt_dict *names; /* raw event names of this part */
  struct event_name *of_name;
  uint32_t cap_names;
  struct pt_expr *where, *amount, *event;
  bool has_constant; /* `event: purchase` */
  /* the event */
  const struct pt_fields *in;
  char user[PT_MAX_ID + 8], event_id[PT_MAX_ID], id[PT_MAX_ID], path[PT_MAX_ID * 8];
};

/* ids.c: the value as a trimmed text ("" = absent; true and false as words; objects absent). */
struct pt_slice pt_clean_text(const struct pt_value *v);
/* A normalised id (catalog section 0, Ids) in the value's own bytes or in `room`; "" where absent; n > PT_MAX_ID where
 * too long. */
struct pt_slice pt_clean_id(const struct pt_value *v, bool integers, char room[PT_MAX_ID]);
/* category.c: parts trimmed, `>` and `/` as `.`, empty parts dropped. */
struct pt_slice pt_clean_category(struct pt_slice raw, char *room, size_t cap);

/* numbers.c: price, list_price, quantity, amount, discount, results, rating, latitude, longitude, currency into *out.
 * False with the reason. */
bool pt_clean_numbers(struct pt_cleaner *c, struct pt_event *out, enum pt_reason *reason);

/* rules.c: the format's expressions, compiled for a part. */
int pt_clean_rules(struct pt_cleaner *c, struct pt_err *err) PT_MUST_CHECK;
void pt_clean_rules_free(struct pt_cleaner *c);
bool pt_clean_where(struct pt_cleaner *c);
/* Text of `event:`; false where unknown. */
bool pt_clean_event_rule(struct pt_cleaner *c, struct pt_slice *name);
/* Result of `amount:` in 1/10,000: 1 there, 0 unknown, -1 too large. */
int pt_clean_amount_rule(struct pt_cleaner *c, int64_t *amount);

#endif

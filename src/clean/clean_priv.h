/* What the files of clean/ share. */
#ifndef PORTRAIT_CLEAN_PRIV_H
#define PORTRAIT_CLEAN_PRIV_H
#include <portrait/clean.h>
#include <portrait/decimal.h>
#include <portrait/expr.h>
#include <portrait/record.h>
#include <portrait/time.h>

#define PT_MAX_ID    256
#define PT_MAX_MONEY INT64_C(100000000000) /* |x| above is bad_number */

/* Raw texts to codes: a text is normalised once, when it is first seen. */
struct lexicon {
  struct pt_dict *raw;
  uint32_t *code;
  uint32_t cap;
};

/* The last texts of up to 32 bytes and their codes, by a hash of a multiplication: most lines name what lines just
 * before named. */
#define PT_MEMO_CELLS 256
struct pt_memo {
  struct pt_memo_cell {
    uint64_t w[4];
    uint32_t n, code; /* n = 0: empty */
  } cells[PT_MEMO_CELLS];
};

/* Words that tell texts of the same length apart; false where it is empty or too long. */
static inline bool pt_memo_words(struct pt_slice s, uint64_t w[4]) {
  w[2] = w[3] = 0;
  if (s.n > 16 && s.n <= 32) {
    memcpy(w, s.p, 16);
    memcpy(w + 2, s.p + s.n - 16, 16);
  } else if (s.n >= 8 && s.n <= 16) {
    memcpy(&w[0], s.p, 8);
    memcpy(&w[1], s.p + s.n - 8, 8);
  } else if (s.n >= 4 && s.n < 8) {
    uint32_t x, y;
    memcpy(&x, s.p, 4);
    memcpy(&y, s.p + s.n - 4, 4);
    w[0] = x;
    w[1] = y;
  } else if (s.n > 0 && s.n < 4) {
    w[0] = (unsigned char)s.p[0] | (uint64_t)(unsigned char)s.p[s.n / 2] << 8 |
           (uint64_t)(unsigned char)s.p[s.n - 1] << 16;
    w[1] = 0;
  } else {
    return false;
  }
  return true;
}
static inline uint32_t pt_memo_at(const uint64_t w[4], size_t n) {
  uint64_t a = w[0] ^ w[2], b = w[1] ^ (w[3] << 29 | w[3] >> 35);
  return (uint32_t)(((a ^ (b << 7 | b >> 57) ^ n) * UINT64_C(0x9E3779B97F4A7C15)) >> 56);
}
/* The text's cell: it holds the text's code, or *held is false and pt_memo_keep() may put it there. NULL: too long. */
static inline struct pt_memo_cell *pt_memo_find(struct pt_memo *m, struct pt_slice s, uint64_t w[4], bool *held) {
  *held = false;
  if (!pt_memo_words(s, w)) return NULL;
  struct pt_memo_cell *c = &m->cells[pt_memo_at(w, s.n)];
  *held = c->n == s.n && ((c->w[0] ^ w[0]) | (c->w[1] ^ w[1]) | (c->w[2] ^ w[2]) | (c->w[3] ^ w[3])) == 0;
  return c;
}
static inline void pt_memo_keep(struct pt_memo_cell *c, const uint64_t w[4], size_t n, uint32_t code) {
  if (!c) return;
  memcpy(c->w, w, sizeof c->w);
  c->n = (uint32_t)n;
  c->code = code;
}
_Static_assert(PT_MEMO_CELLS == 256, "pt_memo_at() gives eight bits");

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
  struct pt_memo name_memo, memos[PT_F_COUNT];
  struct pt_dict *names; /* raw event names of this part */
  struct event_name *of_name;
  uint32_t cap_names;
  struct pt_expr *where, *amount, *event;
  bool has_constant; /* `event: purchase` */
  /* the event */
  const struct pt_fields *in;
  struct pt_record_buf record;
  uint64_t unread; /* of the last record: a bit for each field whose value could not be read */
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

/* record.c: the fields of the record at hand, standardised and packed; c->unread tells which were dropped. */
struct pt_slice pt_clean_record(struct pt_cleaner *c);

/* words.c: what a declared value stands for. A value that says that nothing is known is PT_SAYS_NOTHING. */
enum pt_says { PT_SAYS_NOTHING = -1, PT_SAYS_RUBBISH = -2 };
int pt_clean_gender(struct pt_slice text); /* enum pt_gender or enum pt_says */
int pt_clean_flag(struct pt_slice text);   /* 0, 1 or enum pt_says */
/* The standard word of occupation, marital_status, body_shape and skin_type; else the text, for the latter three as a
 * word (lower case, '_' for blanks and '-'). */
struct pt_slice pt_clean_word(enum pt_rfield f, struct pt_slice text, char room[PT_MAX_RTEXT + 1]);
bool pt_clean_unknown(struct pt_slice text); /* "unknown", "n/a", ... */
/* 18 digits with the check digit of ISO 7064 MOD 11-2: birth date and gender. */
bool pt_clean_id_number(struct pt_slice text, int64_t *birth, int64_t *gender);
/* "1990-05-17", "1990/5/17", "19900517", with or without a time behind it. */
bool pt_clean_date(struct pt_slice text, int64_t *days);

/* rules.c: the format's expressions, compiled for a part. */
int pt_clean_rules(struct pt_cleaner *c, struct pt_err *err) PT_MUST_CHECK;
void pt_clean_rules_free(struct pt_cleaner *c);
bool pt_clean_where(struct pt_cleaner *c);
/* Text of `event:`; false where unknown. */
bool pt_clean_event_rule(struct pt_cleaner *c, struct pt_slice *name);
/* Result of `amount:` in 1/10,000: 1 there, 0 unknown, -1 too large. */
int pt_clean_amount_rule(struct pt_cleaner *c, int64_t *amount);

#endif

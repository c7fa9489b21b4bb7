/* User records: their fields (one list, the only place to add one), and the packed form in which they travel. Local.
 *
 * A record is an event of type PT_T_RECORD whose event_id is its packed fields: field number (1 byte), length (2 bytes,
 * low one first), bytes; ascending by number, so equal records have equal bytes. Values are standardised where they are
 * packed (clean). A field of `users.keep` is PT_RF_KEPT: its name, a zero, its text. */
#ifndef PORTRAIT_RECORD_H
#define PORTRAIT_RECORD_H
#include <portrait/buf.h>
#include <stdbool.h>
#include <stdint.h>

/* What a value is once it is packed: numbers are int64. */
enum pt_rkind {
  PT_RK_TEXT,   /* as written, trimmed */
  PT_RK_WORD,   /* standardised text */
  PT_RK_LIST,   /* texts in byte order, joined by ',' */
  PT_RK_GENDER, /* enum pt_gender */
  PT_RK_FLAG,   /* 0, 1 */
  PT_RK_COUNT,  /* a whole number */
  PT_RK_DATE,   /* days since 1970-01-01 */
  PT_RK_TIME,   /* ms */
  PT_RK_MONEY,  /* 1/10,000 */
  PT_RK_REAL,   /* double's bits */
  PT_RK_KEY,    /* pt_hash64 of the id */
  PT_RK_ID,     /* two numbers: birth date in days, enum pt_gender. The number itself goes no further than clean */
  PT_RK_THERE   /* never packed: that it is given makes the field behind it 1 */
};

/* X(ENUM, "name", kind). `phone` and `email` stand right before what they make known. */
#define PT_RECORD_FIELDS(X)                             \
  X(GENDER, "gender", PT_RK_GENDER)                     \
  X(BIRTH_DATE, "birth_date", PT_RK_DATE)               \
  X(ID_NUMBER, "id_number", PT_RK_ID)                   \
  X(AGE, "age", PT_RK_COUNT)                            \
  X(OCCUPATION, "occupation", PT_RK_WORD)               \
  X(INCOME, "income", PT_RK_MONEY)                      \
  X(MARITAL_STATUS, "marital_status", PT_RK_WORD)       \
  X(CHILDREN, "children", PT_RK_COUNT)                  \
  X(CITY, "city", PT_RK_TEXT)                           \
  X(LATITUDE, "latitude", PT_RK_REAL)                   \
  X(LONGITUDE, "longitude", PT_RK_REAL)                 \
  X(REGISTERED_AT, "registered_at", PT_RK_TIME)         \
  X(FIRST_PURCHASE_AT, "first_purchase_at", PT_RK_TIME) \
  X(HEIGHT_CM, "height_cm", PT_RK_REAL)                 \
  X(BODY_SHAPE, "body_shape", PT_RK_WORD)               \
  X(SKIN_TYPE, "skin_type", PT_RK_WORD)                 \
  X(SIZE, "size", PT_RK_TEXT)                           \
  X(STORE, "store", PT_RK_TEXT)                         \
  X(GUIDE, "guide", PT_RK_TEXT)                         \
  X(INVITED_BY, "invited_by", PT_RK_KEY)                \
  X(LEVEL, "level", PT_RK_TEXT)                         \
  X(OPINION_LEADER, "opinion_leader", PT_RK_FLAG)       \
  X(ALLIANCE, "alliance", PT_RK_FLAG)                   \
  X(CONSENT, "consent", PT_RK_LIST)                     \
  X(PUSH_PERMITTED, "push_permitted", PT_RK_FLAG)       \
  X(WECHAT_FOLLOWED, "wechat_followed", PT_RK_FLAG)     \
  X(PHONE, "phone", PT_RK_THERE)                        \
  X(PHONE_KNOWN, "phone_known", PT_RK_FLAG)             \
  X(EMAIL, "email", PT_RK_THERE)                        \
  X(EMAIL_KNOWN, "email_known", PT_RK_FLAG)             \
  X(THIRD_PARTY_GENDER, "third_party_gender", PT_RK_GENDER)

enum pt_rfield {
#define PT_X(id, name, kind) PT_RF_##id,
  PT_RECORD_FIELDS(PT_X)
#undef PT_X
      PT_RF_COUNT,
  PT_RF_KEPT = PT_RF_COUNT /* one of users.keep */
};
struct pt_rfield_info {
  const char *name;
  enum pt_rkind kind;
};
extern const struct pt_rfield_info pt_rfield_info[PT_RF_COUNT];
/* PT_RF_COUNT where no field has that name. */
enum pt_rfield pt_rfield_of(struct pt_slice name);

enum pt_gender { PT_MALE, PT_FEMALE, PT_OTHER_GENDER };

#define PT_MAX_KEPT      16   /* entries of users.keep */
#define PT_MAX_RTEXT     255  /* bytes of a text; longer ones are cut between characters */
#define PT_MAX_RECORD    3072 /* bytes of a packed record: a row of it fits the smallest chunk of the store */
#define PT_RECORD_SOURCE "users"
/* The time of a record that has none: before any that clean lets pass, so that any dated record is later. */
#define PT_UNDATED (-(INT64_C(1) << 43))

/* A record in the making. */
struct pt_record_buf {
  size_t n;
  char p[PT_MAX_RECORD];
};
/* Appends a field; false where there is no room. Numbers must not fall. */
bool pt_record_put(struct pt_record_buf *b, unsigned field, const void *p, size_t n);
bool pt_record_put_number(struct pt_record_buf *b, unsigned field, int64_t v);
/* `name` without zero bytes. */
bool pt_record_put_kept(struct pt_record_buf *b, const char *name, struct pt_slice value);

/* The next field of `*rest`, which loses it; false at the end and where the bytes are no record. */
bool pt_record_next(struct pt_slice *rest, unsigned *field, struct pt_slice *value);
/* Number i of a value; 0 where it has none. */
int64_t pt_record_number(struct pt_slice value, unsigned i);
/* The text of a PT_RF_KEPT value where it is of that name; p NULL where it is not. */
struct pt_slice pt_record_kept(struct pt_slice value, const char *name);

#endif

/* The event: its fields (one list, the only place to add one), its types, and the typed struct stages exchange. */
#ifndef PORTRAIT_EVENT_H
#define PORTRAIT_EVENT_H
#include <portrait/buf.h>
#include <portrait/hash.h>
#include <stdint.h>

/* How a field travels after cleaning (catalog section 0). */
enum pt_field_kind {
  PT_K_TEXT,  /* read by clean alone, does not travel (event_id and user_id travel as bytes of their own) */
  PT_K_TIME,  /* int64 ms */
  PT_K_KEY,   /* pt_hash64 of the trimmed, integer-normalised id: only equality matters */
  PT_K_DICT,  /* code in the holder's struct pt_dict of that field */
  PT_K_MONEY, /* int64, 1/10,000 */
  PT_K_QTY,   /* int64, 1/1,000 */
  PT_K_REAL   /* double's bits */
};

/* X(ENUM, "name", kind) in catalog order. At most 64. */
#define PT_FIELDS(X)                             \
  X(TIME, "time", PT_K_TIME)                     \
  X(USER_ID, "user_id", PT_K_TEXT)               \
  X(EVENT, "event", PT_K_DICT)                   \
  X(EVENT_ID, "event_id", PT_K_TEXT)             \
  X(ANONYMOUS_ID, "anonymous_id", PT_K_TEXT)     \
  X(SESSION_ID, "session_id", PT_K_KEY)          \
  X(ITEM_ID, "item_id", PT_K_KEY)                \
  X(CATEGORY, "category", PT_K_DICT)             \
  X(BRAND, "brand", PT_K_DICT)                   \
  X(STYLE, "style", PT_K_DICT)                   \
  X(SIZE, "size", PT_K_DICT)                     \
  X(TOPIC, "topic", PT_K_DICT)                   \
  X(PRICE, "price", PT_K_MONEY)                  \
  X(LIST_PRICE, "list_price", PT_K_MONEY)        \
  X(QUANTITY, "quantity", PT_K_QTY)              \
  X(AMOUNT, "amount", PT_K_MONEY)                \
  X(DISCOUNT, "discount", PT_K_MONEY)            \
  X(CURRENCY, "currency", PT_K_TEXT)             \
  X(COUPON_ID, "coupon_id", PT_K_KEY)            \
  X(ORDER_ID, "order_id", PT_K_KEY)              \
  X(PAYMENT_METHOD, "payment_method", PT_K_DICT) \
  X(QUERY, "query", PT_K_KEY)                    \
  X(RESULTS, "results", PT_K_QTY)                \
  X(RATING, "rating", PT_K_REAL)                 \
  X(TEXT, "text", PT_K_TEXT)                     \
  X(CHANNEL, "channel", PT_K_DICT)               \
  X(METHOD, "method", PT_K_DICT)                 \
  X(CAMPAIGN_ID, "campaign_id", PT_K_KEY)        \
  X(DEVICE, "device", PT_K_DICT)                 \
  X(OS, "os", PT_K_DICT)                         \
  X(CITY, "city", PT_K_DICT)                     \
  X(LATITUDE, "latitude", PT_K_REAL)             \
  X(LONGITUDE, "longitude", PT_K_REAL)           \
  X(STORE, "store", PT_K_DICT)                   \
  X(GUIDE, "guide", PT_K_DICT)                   \
  X(REFERRER_URL, "referrer_url", PT_K_TEXT)     \
  X(PAGE, "page", PT_K_TEXT)                     \
  X(INVITED_BY, "invited_by", PT_K_KEY)          \
  X(SOURCE, "source", PT_K_DICT)                 \
  X(RECEIVED_AT, "received_at", PT_K_TIME)

enum pt_field {
#define PT_X(id, name, kind) PT_F_##id,
  PT_FIELDS(PT_X)
#undef PT_X
      PT_F_COUNT
};
#define PT_BIT(field) (UINT64_C(1) << (field))

struct pt_field_info {
  const char *name;
  enum pt_field_kind kind;
};
extern const struct pt_field_info pt_field_info[PT_F_COUNT];
/* PT_F_COUNT where no field has that name. */
enum pt_field pt_field_of(struct pt_slice name);

/* Event types in catalog order: the order of a user's events at equal times. */
#define PT_TYPES(X)                         \
  X(INSTALL, "install")                     \
  X(UNINSTALL, "uninstall")                 \
  X(REGISTER, "register")                   \
  X(LOGIN, "login")                         \
  X(VIEW, "view")                           \
  X(SEARCH, "search")                       \
  X(CLICK, "click")                         \
  X(FAVORITE, "favorite")                   \
  X(FOLLOW, "follow")                       \
  X(CART_ADD, "cart_add")                   \
  X(CART_REMOVE, "cart_remove")             \
  X(ORDER, "order")                         \
  X(PURCHASE, "purchase")                   \
  X(CANCEL, "cancel")                       \
  X(RECEIVE, "receive")                     \
  X(REVIEW, "review")                       \
  X(RETURN, "return")                       \
  X(REFUND, "refund")                       \
  X(REJECT, "reject")                       \
  X(SHARE, "share")                         \
  X(CONTACT, "contact")                     \
  X(COUPON_GET, "coupon_get")               \
  X(COUPON_USE, "coupon_use")               \
  X(ATTEND, "attend")                       \
  X(MESSAGE_SENT, "message_sent")           \
  X(MESSAGE_DELIVERED, "message_delivered") \
  X(MESSAGE_OPEN, "message_open")           \
  X(MESSAGE_CLICK, "message_click")         \
  X(MESSAGE_BOUNCE, "message_bounce")       \
  X(UNSUBSCRIBE, "unsubscribe")             \
  X(COMPLAINT, "complaint")

enum pt_type {
#define PT_X(id, name) PT_T_##id,
  PT_TYPES(PT_X)
#undef PT_X
      PT_T_OTHER, /* any other name: v[PT_F_EVENT] holds its dictionary code */
  PT_T_RECORD,    /* a user record (identify): makes a row, is no event */
  PT_T_COUNT
};
extern const char *const pt_type_name[PT_T_COUNT]; /* "other", "record" for the last two */
/* PT_T_OTHER where the name is not in the list. Case-sensitive. */
enum pt_type pt_type_of(struct pt_slice name);

/* One cleaned event. v[f] is valid where bit f of `has` is set: ms, hash, code, scaled integer or double's bits by the
 * field's kind. `amount` already holds the catalogue's amount of the event where one can be told
 * (amount, else price * quantity - discount); an absent quantity is 1000 (1) and its bit is clear. */
struct pt_event {
  struct pt_h128 user;
  int64_t time;
  uint64_t fingerprint; /* of the raw line */
  uint64_t has;
  uint8_t type;             /* enum pt_type */
  uint8_t format;           /* index of the format in the run's list: the source where `source` is absent */
  uint16_t nth;             /* n-th event of its line, from 0; saturates */
  struct pt_slice event_id; /* owned by whoever handed the event out; empty where absent */
  int64_t v[PT_F_COUNT];
};

static inline int64_t pt_ev(const struct pt_event *e, enum pt_field f, int64_t absent) {
  return (e->has & PT_BIT(f)) ? e->v[f] : absent;
}

#endif

/* The built-in formats: tables only. Their order of alternatives is their meaning (format.h). */
#include <portrait/format.h>
#include <portrait/record.h>
#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void pt_format_free(struct pt_format *f) {
  if (!f) return;
  free(f->fields);
  free(f->events);
  free(f->where);
  free(f->amount);
  free(f->event);
  *f = (struct pt_format){0};
}

static struct pt_format_field portrait_fields[] = {
#define PT_X(id, name, kind) {name, name},
    PT_FIELDS(PT_X)
#undef PT_X
};

static struct pt_format_field rees46_fields[] = {
    {"time", "event_time"}, {"event", "event_type"}, {"item_id", "product_id"}, {"category", "category_code"},
    {"brand", "brand"},     {"price", "price"},      {"user_id", "user_id"},    {"session_id", "user_session"},
};
static struct pt_format_event rees46_events[] = {{"cart", "cart_add"}, {"remove_from_cart", "cart_remove"}};

static struct pt_format_field taobao_fields[] = {
    {"user_id", "0"}, {"item_id", "1"}, {"category", "2"}, {"event", "3"}, {"time", "4"}};
static struct pt_format_event taobao_events[] = {
    {"pv", "view"}, {"buy", "purchase"}, {"cart", "cart_add"}, {"fav", "favorite"}};

/* Properties of an event, and of each entry of properties.products, stand under the same names. */
static struct pt_format_field segment_fields[] = {
    {"time", "timestamp"},
    {"time", "originalTimestamp"},
    {"time", "sentAt"},
    {"time", "receivedAt"},
    {"received_at", "receivedAt"},
    {"user_id", "userId"},
    {"anonymous_id", "anonymousId"},
    {"event_id", "messageId"},
    {"event", "event"},
    {"session_id", "properties.session_id"},
    {"session_id", "context.sessionId"},
    {"item_id", "properties.product_id"},
    {"item_id", "properties.sku"},
    {"category", "properties.category"},
    {"brand", "properties.brand"},
    {"size", "properties.size"},
    {"size", "properties.variant"},
    {"price", "properties.price"},
    {"list_price", "properties.list_price"},
    {"quantity", "properties.quantity"},
    {"discount", "properties.discount"},
    {"currency", "properties.currency"},
    {"coupon_id", "properties.coupon"},
    {"coupon_id", "properties.coupon_id"},
    {"order_id", "properties.order_id"},
    {"payment_method", "properties.payment_method"},
    {"query", "properties.query"},
    {"rating", "properties.rating"},
    {"text", "properties.review_body"},
    {"campaign_id", "properties.campaign_id"},
    {"campaign_id", "context.campaign.name"},
    {"channel", "context.campaign.medium"},
    {"device", "context.device.model"},
    {"os", "context.os.name"},
    {"city", "context.location.city"},
    {"latitude", "context.location.latitude"},
    {"longitude", "context.location.longitude"},
    {"referrer_url", "context.page.referrer"},
    {"page", "context.page.path"},
    {"page", "properties.path"},
};
/* E-commerce, mobile, B2B and e-mail specs, and the first e-commerce spec's names. Others are kept as they are. */
static struct pt_format_event segment_events[] = {
    {"Products Searched", "search"},
    {"Product List Viewed", "view"},
    {"Product Viewed", "view"},
    {"Cart Viewed", "view"},
    {"Application Opened", "view"},
    {"Product Clicked", "click"},
    {"Promotion Clicked", "click"},
    {"Product Added", "cart_add"},
    {"Wishlist Product Added to Cart", "cart_add"},
    {"Product Removed", "cart_remove"},
    {"Product Added to Wishlist", "favorite"},
    {"Checkout Started", "order"},
    {"Order Completed", "purchase"},
    {"Order Refunded", "refund"},
    {"Order Cancelled", "cancel"},
    {"Coupon Applied", "coupon_use"},
    {"Product Shared", "share"},
    {"Cart Shared", "share"},
    {"Product Reviewed", "review"},
    {"Application Installed", "install"},
    {"Application Uninstalled", "uninstall"},
    {"Signed Up", "register"},
    {"User Registered", "register"},
    {"Signed In", "login"},
    {"Email Delivered", "message_delivered"},
    {"Email Opened", "message_open"},
    {"Email Link Clicked", "message_click"},
    {"Email Bounced", "message_bounce"},
    {"Email Marked as Spam", "complaint"},
    {"Unsubscribed", "unsubscribe"},
    {"Push Notification Received", "message_delivered"},
    {"Push Notification Tapped", "message_click"},
    {"Push Notification Bounced", "message_bounce"},
    {"Viewed Product Category", "view"},
    {"Viewed Product", "view"},
    {"Added Product", "cart_add"},
    {"Removed Product", "cart_remove"},
    {"Completed Order", "purchase"},
};

#define FIELDS(a) .fields = (a), .n_fields = COUNT(a)
#define EVENTS(a) .events = (a), .n_events = COUNT(a)
#define REES46(c)                                                                                       \
  {                                                                                                     \
    .name = "rees46", .kind = PT_CSV, .header = PT_HEADER_YES, .delimiter = (c), FIELDS(rees46_fields), \
    EVENTS(rees46_events)                                                                               \
  }
#define TAOBAO(c)                                                                                      \
  {                                                                                                    \
    .name = "taobao", .kind = PT_CSV, .header = PT_HEADER_NO, .delimiter = (c), FIELDS(taobao_fields), \
    EVENTS(taobao_events), .time = {                                                                   \
      PT_TIME_UNIX_S,                                                                                  \
      ""                                                                                               \
    }                                                                                                  \
  }
#define PORTRAIT(c) \
  { .name = "portrait", .kind = PT_CSV, .header = PT_HEADER_YES, .delimiter = (c), FIELDS(portrait_fields) }

/* The first of a name is what pt_format_builtin() answers. */
static const struct pt_format builtin[] = {
    {.name = "portrait", .kind = PT_JSONL, FIELDS(portrait_fields)},
    {.name = "segment", .kind = PT_JSONL, .segment = true, FIELDS(segment_fields), EVENTS(segment_events)},
    PORTRAIT(','),
    PORTRAIT('\t'),
    REES46(','),
    REES46('\t'),
    TAOBAO(','),
    TAOBAO('\t'),
};

const struct pt_format *pt_format_builtin(const char *name) {
  for (size_t i = 0; i < COUNT(builtin); i++)
    if (strcmp(builtin[i].name, name) == 0) return &builtin[i];
  return NULL;
}

const struct pt_format *pt_format_builtin_csv(const char *name, char delimiter) {
  for (size_t i = 0; i < COUNT(builtin); i++)
    if (builtin[i].kind == PT_CSV && builtin[i].delimiter == delimiter && strcmp(builtin[i].name, name) == 0)
      return &builtin[i];
  return NULL;
}

static struct pt_format_field users_fields[] = {
    {"user_id", "user_id"}, {"anonymous_id", "anonymous_id"}, {"time", "updated_at"},
    {"source", "source"},   {"received_at", "received_at"},
};
static const struct pt_format_field users_traits[] = {
#define PT_X(id, name, kind) {name, name},
    PT_RECORD_FIELDS(PT_X)
#undef PT_X
};
/* The spec's reserved traits, and any other under the name of the record's field. */
static const struct pt_format_field segment_traits[] = {{"birth_date", "birthday"},
                                                        {"registered_at", "createdAt"},
                                                        {"registered_at", "created_at"},
                                                        {"city", "address.city"},
#define PT_X(id, name, kind) {name, name},
                                                        PT_RECORD_FIELDS(PT_X)
#undef PT_X
};

#define TRAITS(a) .traits = (a), .n_traits = COUNT(a)
#define USERS(c)                                                                                        \
  {                                                                                                     \
    .name = PT_RECORD_SOURCE, .kind = PT_CSV, .header = PT_HEADER_YES, .delimiter = (c), .users = true, \
    FIELDS(users_fields), TRAITS(users_traits)                                                          \
  }
static const struct pt_format users[] = {
    {.name = PT_RECORD_SOURCE, .kind = PT_JSONL, .users = true, FIELDS(users_fields), TRAITS(users_traits)},
    USERS(','),
    USERS('\t'),
    USERS(';'),
};

const struct pt_format *pt_format_users(char delimiter) {
  for (size_t i = 0; i < COUNT(users); i++)
    if (users[i].delimiter == delimiter) return &users[i];
  return NULL;
}

const struct pt_format *pt_format_traits(void) {
  static const struct pt_format traits = {
      .name = "traits", .kind = PT_JSONL, .users = true, .root = "traits", TRAITS(segment_traits)};
  return &traits;
}

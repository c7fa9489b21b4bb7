/* Words, and lines without printf: every piece is copied with its length, numbers digit by digit. The date is made once
 * per day, as lines come nearly in order of time. */
#include <math.h>
#include <portrait/time.h>
#include <stdio.h>
#include <string.h>
#include "synth_priv.h"

/* Ten top categories, each with six of its own and five kinds of goods: 300 paths. */
static const struct {
  const char *top, *middle[6], *leaf[5];
} shelf[10] = {
    {"home",
     {"kitchen", "bedroom", "bath", "garden", "office", "cellar"},
     {"kettles", "lamps", "boxes", "textiles", "tools"}},
    {"electronics",
     {"phones", "audio", "computers", "cameras", "gaming", "wearables"},
     {"devices", "cables", "cases", "chargers", "stands"}},
    {"fashion", {"women", "men", "girls", "boys", "baby", "sports"}, {"shirts", "trousers", "shoes", "coats", "belts"}},
    {"beauty", {"skin", "hair", "makeup", "nails", "perfume", "bath"}, {"sets", "creams", "brushes", "sprays", "oils"}},
    {"food",
     {"pantry", "drinks", "sweets", "fresh", "frozen", "pets"},
     {"basics", "snacks", "organic", "gifts", "mixes"}},
    {"sport",
     {"running", "cycling", "swimming", "football", "hiking", "yoga"},
     {"clothes", "shoes", "bags", "gear", "nutrition"}},
    {"toys",
     {"babies", "building", "dolls", "games", "outdoor", "craft"},
     {"sets", "figures", "parts", "books", "cards"}},
    {"books",
     {"novels", "children", "science", "travel", "cooking", "history"},
     {"paper", "hardback", "audio", "digital", "series"}},
    {"health",
     {"vitamins", "care", "fitness", "sleep", "mother", "seniors"},
     {"tablets", "devices", "bandages", "teas", "creams"}},
    {"auto",
     {"tyres", "interior", "engine", "lights", "bikes", "camping"},
     {"parts", "tools", "care", "covers", "sets"}},
};

static const char *const channels[SYNTH_CHANNELS] = {"app", "web", "wechat", "email", "store", "search"};

static const char *const devices[SYNTH_DEVICES] = {
    "iPhone15,2", "iPhone14,7", "iPhone14,3", "iPhone13,2", "iPhone12,1", "iPhone16,1", "iPad13,4", "iPad14,1",
    "SM-S911B",   "SM-A546B",   "SM-G991B",   "SM-A146P",   "SM-S928U",   "Pixel 8",    "Pixel 7a", "Pixel 6",
    "2201117TG",  "23049PCD8G", "22101316UG", "CPH2451",    "CPH2269",    "V2227A",     "V2254",    "ANA-AN00",
    "NOH-AN00",   "Windows 11", "Windows 10", "Macintosh",  "Linux",      "Chromebook"};

static const char *const methods[4] = {"message", "gift", "benefit", "event"};

static const char *const styles[] = {"business",    "sports_fashion", "cotton_linen", "urban_nature",
                                     "avant_garde", "haute_couture",  "boho",         "retro"};
static const char *const sizes[] = {"XS", "S", "M", "L", "XL", "XXL"};
static const char *const topics[] = {"travel", "family", "fitness", "cooking", "design",  "gardening",
                                     "gaming", "music",  "pets",    "finance", "science", "outdoor"};
#define COUNT(list) (sizeof(list) / sizeof *(list))

static void piece(struct synth_piece *to, const char *text) {
  size_t n = strlen(text);
  memcpy(to->p, text, n + 1);
  to->n = (uint8_t)n;
}

void synth_category(uint32_t category, struct synth_piece *to) {
  int n = snprintf(to->p, sizeof to->p, "%s.%s.%s", shelf[category % 10].top,
                   shelf[category % 10].middle[category / 10 % 6], shelf[category % 10].leaf[category / 60]);
  to->n = (uint8_t)n;
}

void synth_text_init(struct synth_text *t) {
  for (uint32_t c = 0; c < SYNTH_CATEGORIES; c++) synth_category(c, &t->category[c]);
  for (uint32_t i = 0; i < SYNTH_DEVICES; i++) piece(&t->device[i], devices[i]);
  for (uint32_t i = 0; i < SYNTH_CHANNELS; i++) piece(&t->channel[i], channels[i]);
  for (uint32_t i = 0; i < PT_T_COUNT; i++) piece(&t->type[i], pt_type_name[i]);
  t->day = INT64_MIN;
}

uint32_t synth_item_category(uint32_t item) {
  return item % SYNTH_CATEGORIES;
}

/* Some twenty brands a category. */
static uint32_t brand_of(const struct synth_world *w, uint32_t item) {
  uint64_t bits = synth_draw(w->seed + 1, item);
  uint32_t which = (uint32_t)(24.0 * synth_unit(bits) * synth_unit(bits << 20));
  return (uint32_t)(synth_draw(w->seed + 2, synth_item_category(item) * 24u + which) % SYNTH_BRANDS);
}

/* About lognormal round the category's own middle, 2 to 2,000. */
uint32_t synth_price(const struct synth_world *w, uint32_t item) {
  uint64_t of = synth_draw(w->seed + 3, synth_item_category(item)), own = synth_draw(w->seed + 4, item);
  double sum = (double)(own & 0xffff) + (double)(own >> 16 & 0xffff) + (double)(own >> 32 & 0xffff) - 98302.5;
  double price = exp(2.3 + 2.0 * synth_unit(of) + sum / 55000.0);
  price = price < 2.0 ? 2.0 : price > 2000.0 ? 2000.0 : price;
  return (uint32_t)price * 100 + (own >> 48 & 1 ? 90 : 99);
}

static char *text(char *to, const char *p, size_t n) {
  memcpy(to, p, n);
  return to + n;
}
#define LITERAL(to, s) text(to, s, sizeof(s) - 1)

/* `width` digits at least, zeros before. */
static char *digits(char *to, uint32_t v, unsigned width) {
  char back[10];
  unsigned n = 0;
  do back[n++] = (char)('0' + v % 10);
  while ((v /= 10) != 0);
  for (; width > n; width--) *to++ = '0';
  while (n) *to++ = back[--n];
  return to;
}

static char *hex8(char *to, uint32_t v) {
  for (int shift = 28; shift >= 0; shift -= 4) *to++ = "0123456789abcdef"[v >> shift & 15];
  return to;
}

static char *hundredths(char *to, uint32_t v) {
  to = digits(to, v / 100, 1);
  *to++ = '.';
  return digits(to, v % 100, 2);
}

size_t synth_user_id(uint32_t number, char *to) {
  *to = 'u';
  return (size_t)(digits(to + 1, number, 8) - to);
}

static char *timestamp(struct synth_text *t, int64_t time, char *to) {
  int64_t day = pt_floor_div(time, PT_DAY_MS);
  uint32_t ms = (uint32_t)(time - day * PT_DAY_MS);
  if (day != t->day) {
    pt_time_text(day * PT_DAY_MS, t->date);
    t->day = day;
  }
  to = text(to, t->date, 11);
  to = digits(to, ms / 3600000, 2);
  *to++ = ':';
  to = digits(to, ms / 60000 % 60, 2);
  *to++ = ':';
  to = digits(to, ms / 1000 % 60, 2);
  *to++ = '.';
  to = digits(to, ms % 1000, 3);
  return text(to, "Z", 1);
}

static char *item_fields(const struct synth_text *t, const struct synth_world *w, const struct synth_event *e,
                         char *to) {
  const struct synth_piece *category = &t->category[synth_item_category(e->item)];
  uint32_t price = synth_price(w, e->item);
  to = digits(LITERAL(to, ",\"item_id\":\"p"), e->item, 6);
  to = text(LITERAL(to, "\",\"category\":\""), category->p, category->n);
  to = digits(LITERAL(to, "\",\"brand\":\"brand_"), brand_of(w, e->item), 4);
  to = hundredths(LITERAL(to, "\",\"price\":"), price);
  to = digits(LITERAL(to, ",\"quantity\":"), e->quantity, 1);
  if (e->type == PT_T_PURCHASE && e->discount)
    to = hundredths(LITERAL(to, ",\"discount\":"), (uint32_t)((uint64_t)price * e->quantity * e->discount / 1000));
  if (e->type == PT_T_REVIEW) to = digits(LITERAL(to, ",\"rating\":"), e->extra, 1);
  return to;
}

struct synth_leaning synth_leaning(const struct synth_world *w, uint32_t number) {
  uint64_t key = synth_draw(w->seed + 5, number);
  return (struct synth_leaning){key, styles[key % COUNT(styles)], sizes[(key >> 16) % COUNT(sizes)],
                                topics[(key >> 32) % COUNT(topics)]};
}

/* Goods are looked at in the user's own style, size and topic 7 of 10 times. */
static char *rich_fields(const struct synth_world *w, const struct synth_event *e, char *to) {
  struct synth_leaning own = synth_leaning(w, e->user);
  uint64_t bits = synth_draw(own.key, ((uint64_t)e->session << 32 | e->item) + (uint64_t)e->time);
  const char *style = bits % 10 < 7 ? own.style : styles[(bits >> 8) % COUNT(styles)];
  const char *size = (bits >> 16) % 10 < 7 ? own.size : sizes[(bits >> 24) % COUNT(sizes)];
  const char *topic = (bits >> 32) % 10 < 7 ? own.topic : topics[(bits >> 40) % COUNT(topics)];
  to = text(LITERAL(to, ",\"style\":\""), style, strlen(style));
  to = text(LITERAL(to, "\",\"size\":\""), size, strlen(size));
  to = text(LITERAL(to, "\",\"topic\":\""), topic, strlen(topic));
  return LITERAL(to, "\"");
}

static char *search_fields(const struct synth_text *t, const struct synth_event *e, char *to) {
  const struct synth_piece *category = &t->category[synth_item_category(e->item)];
  to = text(LITERAL(to, ",\"query\":\""), category->p, category->n);
  *to++ = ' ';
  to = digits(to, e->item / SYNTH_CATEGORIES % 7, 1);
  to = digits(LITERAL(to, "\",\"results\":"), e->extra < 12 ? 0 : e->extra, 1);
  to = text(LITERAL(to, ",\"category\":\""), category->p, category->n);
  return LITERAL(to, "\"");
}

static char *message_fields(const struct synth_event *e, char *to) {
  static const char *const by[4] = {"email", "sms", "push", "wechat"};
  const char *method = methods[e->extra / 4 % 4], *channel = by[e->extra % 4];
  to = digits(LITERAL(to, ",\"campaign_id\":\"c"), e->extra, 4);
  to = text(LITERAL(to, "\",\"method\":\""), method, strlen(method));
  to = text(LITERAL(to, "\",\"channel\":\""), channel, strlen(channel));
  return LITERAL(to, "\"}\n");
}

size_t synth_line(struct synth_text *t, const struct synth_world *w, const struct synth_event *e, char *to) {
  char *start = to;
  to = timestamp(t, e->time, LITERAL(to, "{\"time\":\""));
  to = LITERAL(to, "\",\"user_id\":\"");
  to += synth_user_id(e->user, to);
  to = text(LITERAL(to, "\",\"event\":\""), t->type[e->type].p, t->type[e->type].n);
  *to++ = '"';
  if (e->type >= PT_T_MESSAGE_SENT && e->type <= PT_T_MESSAGE_CLICK) return (size_t)(message_fields(e, to) - start);
  if (e->type == PT_T_SEARCH) {
    to = search_fields(t, e, to);
  } else if (e->type == PT_T_COUPON_GET || e->type == PT_T_COUPON_USE) {
    to = digits(LITERAL(to, ",\"coupon_id\":\"k"), e->item % 1000, 4);
    *to++ = '"';
  } else if (e->type != PT_T_LOGIN) {
    to = item_fields(t, w, e, to);
    if (w->rich) to = rich_fields(w, e, to);
  }
  const struct synth_piece *channel = &t->channel[e->channel], *device = &t->device[e->device];
  to = text(LITERAL(to, ",\"channel\":\""), channel->p, channel->n);
  to = text(LITERAL(to, "\",\"device\":\""), device->p, device->n);
  to = hex8(LITERAL(to, "\",\"session_id\":\"s"), e->session);
  if (e->order) to = hex8(LITERAL(to, "\",\"order_id\":\"o"), e->order);
  return (size_t)(LITERAL(to, "\"}\n") - start);
}

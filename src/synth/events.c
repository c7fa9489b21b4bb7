/* What a user does on given days.
 *
 * Everything a user does falls into units that lie inside one day: an order's session (search, views, cart, coupon,
 * order, purchases), what follows it (receive, review, return, refund), a browsing session, a message. The day, hour
 * and content of a unit are functions of (seed, user, kind, number of the unit), and browsing sessions lie in strata of
 * the user's time, so the units of any span of days are found without making the others. Memory: the caller's batch. */
#include <math.h>
#include <stdlib.h>
#include "synth_priv.h"

struct unit {
  const struct synth_world *w;
  const struct synth_person *p;
  struct synth_batch *out;
  uint64_t key;  /* draws of this unit */
  uint64_t next; /* index of the next draw */
  int64_t time;
  uint32_t session, order, item;
  uint16_t category;
  uint8_t channel, device, quantity;
};

static uint64_t draw(struct unit *u) {
  return synth_draw(u->key, u->next++);
}

static void put(struct unit *u, enum pt_type type, uint16_t extra, uint16_t discount) {
  u->out->v[u->out->n++] = (struct synth_event){.time = u->time,
                                                .user = u->p->number,
                                                .item = u->item,
                                                .session = u->session,
                                                .order = u->order,
                                                .type = (uint8_t)type,
                                                .channel = u->channel,
                                                .device = u->device,
                                                .quantity = u->quantity,
                                                .extra = extra,
                                                .discount = discount};
  double gap = synth_unit(draw(u));
  u->time += 2000 + (int64_t)((SYNTH_MAX_GAP_MS - 2001) * gap * gap);
}

static int room(struct synth_batch *b) {
  if (b->cap - b->n >= 2 * SYNTH_MAX_SESSION) return 0;
  uint64_t cap = b->cap ? b->cap * 2 : 65536;
  struct synth_event *v = realloc(b->v, cap * sizeof *v);
  if (!v) return -1;
  b->v = v;
  b->cap = cap;
  return 0;
}

/* A unit of at most `events` events on `day`: 7 of 10 within some hours of the user's own hour, the others by day. */
static struct unit unit_at(const struct synth_world *w, const struct synth_person *p, struct synth_batch *out,
                           enum synth_stream stream, uint64_t number, uint32_t day, uint32_t events) {
  struct unit u = {.w = w, .p = p, .out = out, .key = synth_draw(synth_draw(p->key, stream), number), .quantity = 1};
  double a = synth_unit(draw(&u)), b = synth_unit(draw(&u)), hour;
  uint64_t bits = draw(&u);
  if (bits % 10 < 7) {
    hour = fmod(p->hour + 0.5 + 3.0 * (a + b - 1.0) + 24.0, 24.0);
  } else {
    hour = 7.0 + 8.5 * (a + b);
  }
  int64_t ms = (int64_t)(hour * 3600000.0), last = 86399999 - (int64_t)events * SYNTH_MAX_GAP_MS;
  u.time = (w->first_day + day) * 86400000 + (ms < last ? ms : last);
  u.session = (uint32_t)(synth_draw(u.key, 1u << 20) >> 32);
  u.channel = (bits >> 8) % 10 < 7 ? p->channel : (uint8_t)((bits >> 16) % SYNTH_CHANNELS);
  u.device = (bits >> 32) % 10 < 8 ? p->device : p->second_device;
  return u;
}

/* Six of ten times one of the user's own categories; the lower the number, the more popular. */
static void choose_category(struct unit *u) {
  uint64_t bits = draw(u);
  uint32_t categories = u->w->items < SYNTH_CATEGORIES ? u->w->items : SYNTH_CATEGORIES;
  double x = synth_unit(draw(u));
  if (bits % 10 < 6) {
    u->category = u->p->favourite[(uint32_t)(SYNTH_FAVOURITES * x * x)];
  } else {
    u->category = (uint16_t)(categories * x * x);
  }
}

/* Items of category c are c, c + 300, c + 600, ... */
static void choose_item(struct unit *u) {
  double x = synth_unit(draw(u));
  uint32_t of = (u->w->items - u->category + SYNTH_CATEGORIES - 1) / SYNTH_CATEGORIES;
  u->item = u->category + SYNTH_CATEGORIES * (uint32_t)(of * x * x * x);
}

struct order {
  uint64_t key;
  uint32_t views, lines;
  bool search, coupon;
  uint32_t receive, review, returned, refund; /* days after the order, 0 = does not happen */
};

/* The shape of an order, from draws of its own, so that it can be counted without being made. */
static struct order order_shape(const struct synth_person *p, uint32_t number) {
  struct order o = {.key = synth_draw(synth_draw(p->key, SYNTH_ORDER), number)};
  uint64_t bits = synth_draw(o.key, 1u << 21), after = synth_draw(o.key, 1u << 22);
  o.search = bits % 100 < 35;
  o.coupon = (bits >> 8) % 100 < 8;
  o.views = 1 + (uint32_t)((bits >> 16) % 5);
  o.lines = (bits >> 24) % 10 < 7 ? 1 : 2 + (uint32_t)((bits >> 32) % 2);
  if (after % 100 < 70) o.receive = 2 + (uint32_t)((after >> 8) % 5);
  if ((after >> 16) % 100 < 15) o.review = 4 + (uint32_t)((after >> 24) % 9);
  if ((after >> 32) % 100 < 6) o.returned = 5 + (uint32_t)((after >> 40) % 10);
  if (o.returned && (after >> 48) % 10 < 8) o.refund = o.returned + 1 + (uint32_t)((after >> 56) % 3);
  return o;
}

static bool within(const struct synth_world *w, uint32_t day, uint32_t after) {
  return after && day + after < w->days;
}

uint32_t synth_order_events(const struct synth_world *w, const struct synth_person *p, uint32_t order) {
  struct order o = order_shape(p, order);
  uint32_t day = p->order_day[order];
  return o.search + o.views + 2 * o.lines + o.coupon + 1 + within(w, day, o.receive) + within(w, day, o.review) +
         within(w, day, o.returned) + within(w, day, o.refund);
}

static void order_session(const struct synth_world *w, const struct synth_person *p, uint32_t number,
                          const struct order *o, struct synth_batch *out) {
  struct unit u = unit_at(w, p, out, SYNTH_ORDER, number, p->order_day[number], SYNTH_MAX_SESSION);
  choose_category(&u);
  choose_item(&u);
  uint32_t items[4] = {u.item};
  if (o->search) put(&u, PT_T_SEARCH, (uint16_t)(draw(&u) % 200), 0);
  for (uint32_t i = 1; i < o->views; i++) {
    choose_item(&u);
    put(&u, PT_T_VIEW, 0, 0);
  }
  u.item = items[0];
  put(&u, PT_T_VIEW, 0, 0);
  for (uint32_t i = 0; i < o->lines; i++) {
    if (i) choose_item(&u);
    items[i] = u.item;
    put(&u, PT_T_CART_ADD, 0, 0);
  }
  u.order = (uint32_t)(o->key >> 32);
  if (o->coupon) put(&u, PT_T_COUPON_USE, 0, 0);
  put(&u, PT_T_ORDER, 0, 0);
  uint16_t discount = draw(&u) % 100 < 18 ? (uint16_t)(50 * (1 + draw(&u) % 6)) : 0;
  for (uint32_t i = 0; i < o->lines; i++) {
    u.item = items[i];
    u.quantity = draw(&u) % 10 < 8 ? 1 : (uint8_t)(2 + draw(&u) % 3);
    put(&u, PT_T_PURCHASE, 0, discount);
  }
}

static void order_after(const struct synth_world *w, const struct synth_person *p, uint32_t number,
                        const struct order *o, enum pt_type type, uint32_t after, struct synth_batch *out) {
  struct unit u =
      unit_at(w, p, out, SYNTH_AFTER, (uint64_t)number * PT_T_COUNT + type, p->order_day[number] + after, 1);
  struct unit made = {.w = w, .p = p, .key = o->key, .next = 3}; /* the order's first item: its draws again */
  choose_category(&made);
  choose_item(&made);
  u.item = made.item;
  u.order = (uint32_t)(o->key >> 32);
  put(&u, type, (uint16_t)("5554543521"[draw(&u) % 10] - '0'), 0);
}

static int orders(const struct synth_world *w, const struct synth_person *p, uint32_t from, uint32_t to,
                  struct synth_batch *out) {
  for (uint32_t i = 0; i < p->orders; i++) {
    uint32_t day = p->order_day[i];
    if (day >= to) break;
    if (day + 20 < from) continue;
    struct order o = order_shape(p, i);
    if (room(out)) return -1;
    if (day >= from) order_session(w, p, i, &o, out);
    const struct {
      enum pt_type type;
      uint32_t days;
    } after[] = {
        {PT_T_RECEIVE, o.receive}, {PT_T_REVIEW, o.review}, {PT_T_RETURN, o.returned}, {PT_T_REFUND, o.refund}};
    for (uint32_t k = 0; k < 4; k++) {
      if (!within(w, day, after[k].days) || day + after[k].days < from || day + after[k].days >= to) continue;
      order_after(w, p, i, &o, after[k].type, after[k].days, out);
    }
  }
  return 0;
}

/* Cumulative per mille. */
static const struct {
  uint16_t below;
  uint8_t type;
} mixture[] = {{700, PT_T_VIEW},     {780, PT_T_CLICK},       {860, PT_T_SEARCH}, {920, PT_T_CART_ADD},
               {955, PT_T_FAVORITE}, {967, PT_T_CART_REMOVE}, {978, PT_T_SHARE},  {984, PT_T_FOLLOW},
               {992, PT_T_LOGIN},    {1000, PT_T_COUPON_GET}};

static void browse(struct unit *u, uint32_t events) {
  choose_category(u);
  choose_item(u);
  for (uint32_t i = 0; i < events; i++) {
    uint64_t bits = draw(u);
    uint32_t roll = (uint32_t)(bits % 1000), k = 0;
    while (mixture[k].below <= roll) k++;
    if (mixture[k].type == PT_T_VIEW && (bits >> 16) % 10 < 7) choose_item(u);
    put(u, (enum pt_type)mixture[k].type, (uint16_t)((bits >> 32) % 200), 0);
  }
}

static void message(struct unit *u, uint32_t events) {
  static const uint8_t chain[] = {PT_T_MESSAGE_SENT, PT_T_MESSAGE_DELIVERED, PT_T_MESSAGE_OPEN, PT_T_MESSAGE_CLICK};
  uint16_t campaign = (uint16_t)(((u->time / 86400000 - u->w->first_day) / 5) % 1000);
  for (uint32_t i = 0; i < events; i++) put(u, (enum pt_type)chain[i], campaign, 0);
}

/* Events of the sessions before number k: a straight line with jitter, so that sizes differ and the sum is exact. */
static uint64_t before(const struct synth_person *p, uint64_t key, uint64_t k) {
  uint64_t browsing = p->events - p->order_events;
  if (k == 0) return 0;
  if (k >= p->sessions) return browsing;
  return (uint64_t)((double)browsing * ((double)k + synth_unit(synth_draw(key, k))) / (double)p->sessions);
}

static int sessions(const struct synth_world *w, const struct synth_person *p, uint32_t from, uint32_t to,
                    struct synth_batch *out) {
  if (!p->sessions || p->to <= from || p->from >= to) return 0;
  double a_day = (double)p->sessions / (p->to - p->from);
  double low = ((double)from - p->from) * a_day - 1.0, high = ((double)to - p->from) * a_day + 1.0;
  uint64_t k = low > 0.0 ? (uint64_t)low : 0, end = high < (double)p->sessions ? (uint64_t)high : p->sessions;
  uint64_t sizes = synth_draw(p->key, SYNTH_SIZE), days = synth_draw(p->key, SYNTH_DAY);
  for (; k < end; k++) {
    uint32_t day = p->from + (uint32_t)(((double)k + synth_unit(synth_draw(days, k))) / a_day);
    if (day >= p->to) day = p->to - 1;
    if (day < from || day >= to) continue;
    uint32_t events = (uint32_t)(before(p, sizes, k + 1) - before(p, sizes, k));
    if (!events) continue;
    if (room(out)) return -1;
    struct unit u = unit_at(w, p, out, SYNTH_SESSION, k, day, events);
    if (events <= 4 && draw(&u) % 100 < 25) {
      message(&u, events);
    } else {
      browse(&u, events);
    }
  }
  return 0;
}

int synth_person_events(const struct synth_world *w, const struct synth_person *p, uint32_t from, uint32_t to,
                        struct synth_batch *out) {
  if (orders(w, p, from, to, out)) return -1;
  return sessions(w, p, from, to, out);
}

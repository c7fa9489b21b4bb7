/* One user of the population.
 *
 * Purchases follow the MBG/NBD model, so that a fit can be compared with what made the data: a buyer's first order
 * comes soon after the arrival; from then on orders come as a Poisson process with the user's rate ~ Gamma(r, alpha),
 * and after each order (the first one too) the user leaves for good with the user's probability ~ Beta(a, b). Browsing
 * ends a few days after leaving.
 *
 * The number of events is exact by quotas: a user has the events of the orders (at least 1 in all), and of the rest of
 * M the difference of two roundings of a cumulative Zipf-like weight, which needs no table and sums to the rest. */
#include <math.h>
#include "synth_priv.h"

#define ZIPF_POWER  0.9
#define ZIPF_OFFSET 20.0

double synth_exp(uint64_t bits) {
  return -log1p(-synth_unit(bits));
}

static double normal(uint64_t key, uint64_t *index) {
  double radius = sqrt(2.0 * synth_exp(synth_draw(key, (*index)++)));
  return radius * cos(2.0 * 3.14159265358979323846 * synth_unit(synth_draw(key, (*index)++)));
}

/* Marsaglia and Tsang; below shape 1 by the boost U^(1/shape). */
double synth_gamma(uint64_t key, uint64_t *index, double shape) {
  double boost = 1.0;
  if (shape < 1.0) {
    boost = pow(1.0 - synth_unit(synth_draw(key, (*index)++)), 1.0 / shape);
    shape += 1.0;
  }
  double d = shape - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
  for (;;) {
    double x = normal(key, index), v = 1.0 + c * x;
    double u = 1.0 - synth_unit(synth_draw(key, (*index)++));
    if (v <= 0.0) continue;
    v = v * v * v;
    if (log(u) < 0.5 * x * x + d - d * v + d * log(v)) return boost * d * v;
  }
}

double synth_beta(uint64_t key, uint64_t *index, double a, double b) {
  double x = synth_gamma(key, index, a), y = synth_gamma(key, index, b);
  return x + y > 0.0 ? x / (x + y) : 0.5;
}

static uint64_t gcd(uint64_t a, uint64_t b) {
  while (b) {
    uint64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

void synth_world_set(struct synth_world *w, const struct pt_synth_conf *c, int64_t first_day) {
  double mean = (double)c->events / (double)c->users, orders = 0.08 * mean;
  orders = orders < 0.3 ? 0.3 : orders > 30.0 ? 30.0 : orders;
  *w = (struct synth_world){.seed = synth_mix(c->seed + 1),
                            .users = c->users,
                            .events = c->events,
                            .items = c->items,
                            .days = c->days,
                            .rich = c->rich,
                            .first_day = first_day,
                            .buyers = 0.7,
                            .r = 0.9,
                            .a = 0.8,
                            .b = 2.4};
  w->alpha = w->r * 400.0 / orders;
  w->stride = (uint64_t)((double)c->users * 0.6180339887) | 1;
  while (gcd(w->stride, w->users) != 1) w->stride += 2;
  w->zipf_low = pow(ZIPF_OFFSET, 1.0 - ZIPF_POWER);
  w->zipf_span = pow((double)c->users + ZIPF_OFFSET, 1.0 - ZIPF_POWER) - w->zipf_low;
}

/* Of w->spread, the events of all users before `rank`. */
static uint64_t quota(const struct synth_world *w, uint64_t rank) {
  if (rank == 0) return 0;
  if (rank >= w->users) return w->spread;
  double share = (pow((double)rank + ZIPF_OFFSET, 1.0 - ZIPF_POWER) - w->zipf_low) / w->zipf_span;
  uint64_t q = (uint64_t)(share * (double)w->spread);
  return q < w->spread ? q : w->spread;
}

static void person_taste(const struct synth_world *w, struct synth_person *p) {
  uint64_t key = synth_draw(p->key, SYNTH_TASTE), bits = synth_draw(key, 0);
  /* Most people's hour lies in the evening. */
  p->hour = (uint8_t)((uint32_t)(8.0 + 15.9 * sqrt(synth_unit(bits))) % 24);
  p->channel = (uint8_t)synth_below(synth_draw(key, 1), SYNTH_CHANNELS);
  p->device = (uint8_t)synth_below(synth_draw(key, 2), SYNTH_DEVICES);
  p->second_device = (uint8_t)synth_below(synth_draw(key, 3), SYNTH_DEVICES);
  uint32_t categories = w->items < SYNTH_CATEGORIES ? w->items : SYNTH_CATEGORIES;
  for (uint32_t i = 0; i < SYNTH_FAVOURITES; i++)
    p->favourite[i] = (uint16_t)synth_below(synth_draw(key, 4 + i), categories);
}

static void person_orders(const struct synth_world *w, struct synth_person *p, uint64_t key, uint64_t *index) {
  double t = p->arrival + 6.0 * synth_exp(synth_draw(key, (*index)++));
  while (t < w->days && p->orders < SYNTH_MAX_ORDERS) {
    p->order_day[p->orders++] = (uint32_t)t;
    if (synth_unit(synth_draw(key, (*index)++)) < p->drop) {
      p->death = (uint32_t)t;
      return;
    }
    t += synth_exp(synth_draw(key, (*index)++)) / p->rate;
  }
}

void synth_person_life(const struct synth_world *w, uint64_t rank, struct synth_person *p) {
  p->number = (uint32_t)((unsigned __int128)rank * w->stride % w->users);
  p->key = synth_draw(w->seed, p->number);
  p->orders = 0;
  p->order_events = p->events = p->sessions = 0;
  p->death = SYNTH_ALIVE;
  uint64_t key = synth_draw(p->key, SYNTH_LIFE), index = 0;
  double u = synth_unit(synth_draw(key, index++));
  p->arrival = (uint32_t)(0.95 * w->days * u * sqrt(u));
  p->buyer = synth_unit(synth_draw(key, index++)) < w->buyers;
  p->rate = synth_gamma(key, &index, w->r) / w->alpha;
  p->drop = synth_beta(key, &index, w->a, w->b);
  if (p->buyer && !w->no_orders) {
    person_orders(w, p, key, &index);
  } else if (!p->buyer) {
    double life = 0.5 * w->days * synth_exp(synth_draw(key, index++));
    if (p->arrival + life < w->days) p->death = (uint32_t)(p->arrival + life);
  }
  double linger = 5.0 * synth_exp(synth_draw(key, index++));
  p->from = p->arrival;
  p->to = w->days;
  if (p->death != SYNTH_ALIVE && p->death + linger + 1.0 < w->days) p->to = p->death + (uint32_t)linger + 1;
  person_taste(w, p);
  for (uint32_t i = 0; i < p->orders; i++) p->order_events += synth_order_events(w, p, i);
}

uint64_t synth_person_floor(const struct synth_world *w, const struct synth_person *p) {
  uint64_t least = w->events >= w->users ? 1 : 0;
  return p->order_events > least ? p->order_events : least;
}

/* The heaviest users browse for as many days as their events need, at most 1,000 a day where that is possible. */
static void widen(const struct synth_world *w, struct synth_person *p, uint64_t browsing) {
  uint64_t need = browsing / 1000 + 1;
  if (need > w->days) need = w->days;
  if (p->to - p->from >= need) return;
  p->to = p->from + need < w->days ? p->from + (uint32_t)need : w->days;
  if (p->to - p->from < need) p->from = p->to - (uint32_t)need;
}

void synth_person_make(const struct synth_world *w, uint64_t rank, struct synth_person *p) {
  synth_person_life(w, rank, p);
  p->events = synth_person_floor(w, p) + quota(w, rank + 1) - quota(w, rank);
  uint64_t browsing = p->events - p->order_events;
  p->sessions = browsing == 0 ? 0 : browsing < 9 ? 1 : (browsing + 3) / 6;
  widen(w, p, browsing);
}

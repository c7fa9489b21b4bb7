/* What the files of src/synth share. */
#ifndef PORTRAIT_SYNTH_PRIV_H
#define PORTRAIT_SYNTH_PRIV_H
#include <portrait/event.h>
#include <portrait/synth.h>

/* Counter-based randomness: value = f(key, index), with key = f(seed, stream, number). SplitMix64's output function. */
static inline uint64_t synth_mix(uint64_t x) {
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}
static inline uint64_t synth_draw(uint64_t key, uint64_t index) {
  return synth_mix(key + (index + 1) * UINT64_C(0x9e3779b97f4a7c15));
}
static inline double synth_unit(uint64_t bits) {
  return (double)(bits >> 11) * 0x1p-53;
}
static inline uint32_t synth_below(uint64_t bits, uint32_t n) {
  return (uint32_t)(((bits >> 32) * n) >> 32);
}
/* Streams: the second argument of synth_draw where a key is made. */
enum synth_stream {
  SYNTH_LIFE = 1,
  SYNTH_ORDER,
  SYNTH_AFTER,
  SYNTH_SESSION,
  SYNTH_SIZE,
  SYNTH_DAY,
  SYNTH_TASTE,
  SYNTH_RECORD
};

double synth_exp(uint64_t bits);                                 /* exponential, mean 1 */
double synth_gamma(uint64_t key, uint64_t *index, double shape); /* gamma, scale 1; draws from *index on */
double synth_beta(uint64_t key, uint64_t *index, double a, double b);

/* The population: what is the same for all users. */
struct synth_world {
  uint64_t seed, users, events;
  uint32_t items, days;
  int64_t first_day;     /* days since 1970-01-01 of day 0 */
  double buyers;         /* share of users who ever buy */
  double r, alpha, a, b; /* MBG/NBD: rate ~ Gamma(r, alpha) a day, drop-out ~ Beta(a, b) */
  bool no_orders;        /* too few events for orders */
  bool rich;             /* style, size and topic in the lines */
  uint64_t spread;       /* events shared out by Zipf weights, beyond each user's floor */
  uint64_t stride;       /* user number = rank * stride mod users: ids tell nothing of the rank */
  double zipf_low, zipf_span;
};

#define SYNTH_MAX_ORDERS  400
#define SYNTH_MAX_SESSION 16
#define SYNTH_MAX_GAP_MS  170000
#define SYNTH_CATEGORIES  300
#define SYNTH_BRANDS      2000
#define SYNTH_CHANNELS    6
#define SYNTH_DEVICES     30
#define SYNTH_FAVOURITES  3
#define SYNTH_ALIVE       UINT32_MAX

/* One user. Days count from the world's first one. */
struct synth_person {
  uint64_t key;
  uint32_t number; /* of the id */
  bool buyer;
  double rate, drop; /* purchases a day while alive; probability of leaving after each */
  uint32_t arrival;  /* first day */
  uint32_t death;    /* day of leaving, SYNTH_ALIVE where not yet */
  uint32_t from, to; /* browses on days [from, to) */
  uint32_t orders;
  uint32_t order_day[SYNTH_MAX_ORDERS];
  uint64_t order_events;     /* events of all orders, with what follows them */
  uint64_t events, sessions; /* all events; browsing sessions, which have events - order_events */
  uint8_t hour, channel, device, second_device;
  uint16_t favourite[SYNTH_FAVOURITES];
};

void synth_world_set(struct synth_world *w, const struct pt_synth_conf *c, int64_t first_day);
/* Everything of the user at Zipf rank `rank` but events and sessions: order_events is known. */
void synth_person_life(const struct synth_world *w, uint64_t rank, struct synth_person *p);
/* ... and how many events and sessions. Needs w->spread. */
void synth_person_make(const struct synth_world *w, uint64_t rank, struct synth_person *p);
/* The fewest events of a user. */
uint64_t synth_person_floor(const struct synth_world *w, const struct synth_person *p);

/* One line to be. */
struct synth_event {
  int64_t time; /* ms since 1970 */
  uint32_t user, item, session, order;
  uint8_t type, channel, device, quantity;
  uint16_t extra;    /* results, rating or campaign, by type */
  uint16_t discount; /* per mille of the price */
};
struct synth_batch {
  struct synth_event *v;
  uint64_t n, cap;
};

/* How many events order number `order` brings, what follows it included. */
uint32_t synth_order_events(const struct synth_world *w, const struct synth_person *p, uint32_t order);
/* Appends the person's events of days [from, to). 0, or -1 without memory. */
int synth_person_events(const struct synth_world *w, const struct synth_person *p, uint32_t from, uint32_t to,
                        struct synth_batch *out);

/* The words, and lines. */
struct synth_text {
  struct synth_piece {
    char p[63];
    uint8_t n;
  } category[SYNTH_CATEGORIES], device[SYNTH_DEVICES], channel[SYNTH_CHANNELS], type[PT_T_COUNT];
  int64_t day; /* of date[] */
  char date[32];
};
#define SYNTH_LINE 512 /* no line is longer */
void synth_text_init(struct synth_text *t);
/* Writes the line of e, with its end, to `to` (SYNTH_LINE bytes free); returns its length. */
size_t synth_line(struct synth_text *t, const struct synth_world *w, const struct synth_event *e, char *to);
size_t synth_user_id(uint32_t number, char *to);
uint32_t synth_item_category(uint32_t item);
void synth_category(uint32_t category, struct synth_piece *to); /* its path, with a NUL behind it */
/* What a user is planted with, by the number of the id: 7 of 10 rich lines show it. */
struct synth_leaning {
  uint64_t key;
  const char *style, *size, *topic;
};
struct synth_leaning synth_leaning(const struct synth_world *w, uint32_t number);
uint32_t synth_price(const struct synth_world *w, uint32_t item); /* hundredths */

/* Who a user is, and whether the shop has it on file. */
struct synth_self {
  uint64_t key;
  int64_t birth; /* days since 1970-01-01 */
  bool female, known;
};
void synth_self_make(const struct synth_world *w, const struct synth_person *p, struct synth_self *s);
/* The person's records, with their ends, to `to` (2 * SYNTH_LINE bytes free); returns their length, 0 where there are
 * none. */
size_t synth_records(const struct synth_world *w, const struct synth_person *p, char *to);

/* A file of zstd frames, made under a hidden name. */
struct synth_part;
int synth_part_open(struct synth_part **out, const char *dir, const char *name, int level,
                    struct pt_err *err) PT_MUST_CHECK;
/* Room for `room` bytes; the caller writes there and says how many with synth_part_wrote. NULL: see err. */
char *synth_part_room(struct synth_part *p, size_t room, struct pt_err *err);
void synth_part_wrote(struct synth_part *p, size_t n);
/* Ends the file and gives it its name. */
int synth_part_finish(struct synth_part *p, struct pt_err *err) PT_MUST_CHECK;
/* Frees; what is not finished is removed. Accepts NULL. */
void synth_part_free(struct synth_part *p);

#endif

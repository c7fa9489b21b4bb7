/* What the shop has on file about a user: for four of five a record, for some of them an older one that says other
 * things, so that the latest has something to win. The truth beside it has gender and birth date of everybody. */
#include <portrait/time.h>
#include <stdio.h>
#include <string.h>
#include "synth_priv.h"

#define RECORDS  0.8
#define WRONG    0.02 /* declared genders that are not the true one */
#define ID_KNOWN 0.2
#define OLD      0.1  /* an older record of another city and level */
#define LONG_AGO 3650 /* days */

static double draw(uint64_t key, uint64_t i) {
  return synth_unit(synth_draw(key, i));
}

void synth_self_make(const struct synth_world *w, const struct synth_person *p, struct synth_self *s) {
  uint64_t key = synth_draw(p->key, SYNTH_RECORD);
  s->key = key;
  s->female = draw(key, 0) < 0.55;
  /* between 16 and 75 years on the last day, most of them around 35 */
  double age = 16.0 + 59.0 * (draw(key, 1) + draw(key, 2)) * 0.5 * (0.5 + 0.5 * draw(key, 3));
  s->birth = w->first_day + w->days - (int64_t)(age * 365.25) - (int64_t)synth_below(synth_draw(key, 4), 365);
  s->known = draw(key, 5) < RECORDS;
}

static void date_text(int64_t day, char to[32]) {
  pt_time_text(day * PT_DAY_MS, to);
  to[10] = 0;
}

/* 18 digits with their check digit: a made-up region, the birth date, a number that is odd for men. */
static void id_number(const struct synth_self *s, char to[19]) {
  static const uint8_t weight[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  int64_t year;
  int month, day;
  unsigned sum = 0;
  pt_civil_from_days(s->birth, &year, &month, &day);
  unsigned serial = synth_below(synth_draw(s->key, 6), 499) * 2 + (s->female ? 0 : 1);
  snprintf(to, 19, "110105%04u%02u%02u%03u", (unsigned)year % 10000, (unsigned)month % 100, (unsigned)day % 100,
           serial % 1000);
  for (int i = 0; i < 17; i++) sum += (unsigned)(to[i] - '0') * weight[i];
  to[17] = "10X98765432"[sum % 11];
  to[18] = 0;
}

static const char *city_of(uint64_t bits) {
  static const char *const cities[] = {"Beijing", "Berlin", "Chengdu",  "Graz",    "Hamburg", "Lyon",
                                       "Milano",  "Porto",  "Shanghai", "Utrecht", "Wien",    "Zürich"};
  return cities[synth_below(bits, 12)];
}

static const char *level_of(uint64_t bits) {
  static const char *const levels[] = {"basic", "basic", "basic", "silver", "silver", "gold"};
  return levels[synth_below(bits, 6)];
}

/* The latest record. */
static size_t whole_record(const struct synth_world *w, const struct synth_person *p, const struct synth_self *s,
                           char *to) {
  static const char *const jobs[] = {"teacher", "it", "student", "finance", "white_collar", "gardener"};
  char birth[32], joined[32], updated[32], id[24] = {0}, number[32] = "", digits[19];
  uint64_t key = s->key;
  synth_user_id(p->number, id);
  date_text(s->birth, birth);
  date_text(w->first_day + p->arrival, joined);
  date_text(w->first_day + p->arrival + synth_below(synth_draw(key, 7), w->days - p->arrival), updated);
  if (draw(key, 8) < ID_KNOWN) {
    id_number(s, digits);
    snprintf(number, sizeof number, "\"%s\"", digits);
  }
  bool female = draw(key, 9) < WRONG ? !s->female : s->female;
  return (size_t)snprintf(
      to, SYNTH_LINE,
      "{\"user_id\":\"%s\",\"gender\":\"%s\",\"birth_date\":\"%s\",\"id_number\":%s,\"occupation\":\"%s\",\"city\":\"%"
      "s\","
      "\"height_cm\":%u,\"level\":\"%s\",\"registered_at\":\"%s\",\"push_permitted\":%s,\"phone_known\":%s,"
      "\"consent\":[%s],\"nickname\":\"nick%s\",\"updated_at\":\"%s\"}\n",
      id, female ? "female" : "male", birth, *number ? number : "null", jobs[synth_below(synth_draw(key, 10), 6)],
      city_of(synth_draw(key, 11)), (s->female ? 155 : 168) + synth_below(synth_draw(key, 12), 25),
      level_of(synth_draw(key, 13)), joined, draw(key, 14) < 0.5 ? "true" : "false",
      draw(key, 15) < 0.7 ? "true" : "false", draw(key, 16) < 0.6 ? "\"ads\",\"profile\"" : "\"profile\"", id, updated);
}

size_t synth_records(const struct synth_world *w, const struct synth_person *p, char *to) {
  struct synth_self s;
  size_t n = 0;
  synth_self_make(w, p, &s);
  if (!s.known) return 0;
  if (draw(s.key, 17) < OLD) {
    char id[24] = {0}, updated[32];
    synth_user_id(p->number, id);
    date_text(w->first_day - 1 - (int64_t)synth_below(synth_draw(s.key, 18), LONG_AGO), updated);
    n = (size_t)snprintf(to, SYNTH_LINE,
                         "{\"user_id\":\"%s\",\"city\":\"%s\",\"level\":\"%s\",\"updated_at\":\"%s\"}\n", id,
                         city_of(synth_draw(s.key, 19)), level_of(synth_draw(s.key, 20)), updated);
  }
  return n + whole_record(w, p, &s, to + n);
}

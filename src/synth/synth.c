/* Which rank writes what.
 *
 * The files are a grid of user chunks and spans of days: file f holds the users whose Zipf rank is congruent to f mod
 * C, on the days of span f / C. C is the smallest divisor of the number of files that leaves at most 64 spans (1 for up
 * to 64 files, which then are slices of time, as real logs are), so a user is looked at 64 times at most however many
 * files there are. Inside a file days are taken in steps of about a million events, which are generated, sorted by time
 * and written. Memory of a rank: one step and one frame, about 150 MB, whatever M, N and the number of ranks.
 * A step never depends on who makes it; files go to ranks in turn. */
#include <errno.h>
#include <portrait/log.h>
#include <portrait/time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "synth_priv.h"

#define STEP_EVENTS    1000000u
#define MAX_SPANS      64u
#define MOST_IN_A_FILE 2500000u
#define LAST_DAY       PT_SLICE("2026-03-31")

void pt_synth_default(struct pt_synth_conf *c) {
  *c = (struct pt_synth_conf){.seed = 1, .items = 200000, .days = 400, .level = 3};
  memcpy(c->end, LAST_DAY.p, LAST_DAY.n);
}

struct plan {
  struct pt_synth_conf conf;
  struct synth_world world;
  struct synth_text text;
  uint32_t files, chunks, spans;
};

static int check(const struct pt_synth_conf *c, int64_t *last_day, struct pt_err *err) {
  struct pt_time_format iso = {.kind = PT_TIME_ISO};
  struct pt_zone *utc = NULL;
  int64_t ms = 0;
  if (c->users < 1 || c->users > UINT32_MAX) return pt_fail(err, "synth", PT_USAGE, 0, "users: 1 to 4294967295");
  if (c->events < 1) return pt_fail(err, "synth", PT_USAGE, 0, "events: 1 or more");
  if (c->items < 1) return pt_fail(err, "synth", PT_USAGE, 0, "items: 1 or more");
  if (c->files > 100000) return pt_fail(err, "synth", PT_USAGE, 0, "files: 1 to 100000");
  if (c->days < 1 || c->days > 3650) return pt_fail(err, "synth", PT_USAGE, 0, "days: 1 to 3650");
  if (c->level < 1 || c->level > 19) return pt_fail(err, "synth", PT_USAGE, 0, "level: 1 to 19");
  PT_TRY(pt_zone_open(&utc, "UTC", err));
  bool bad = strlen(c->end) != LAST_DAY.n || pt_time_parse(&iso, utc, pt_slice_of(c->end), &ms);
  pt_zone_close(utc);
  if (bad || ms < 10000 * PT_DAY_MS || ms > 40000 * PT_DAY_MS)
    return pt_fail(err, "synth", PT_USAGE, 0, "end: a date such as 2026-03-31, not '%s'", c->end);
  *last_day = ms / PT_DAY_MS;
  return 0;
}

static uint32_t divisor(uint32_t files) {
  uint32_t chunks = (files + MAX_SPANS - 1) / MAX_SPANS;
  while (files % chunks) chunks++;
  return chunks;
}

static int make_folder(const char *path, struct pt_err *err) {
  char *copy = strdup(path);
  if (!copy) return pt_fail(err, "synth", PT_MEMORY, 0, "no memory");
  int bad = 0;
  for (char *slash = copy + 1; (slash = strchr(slash, '/')); slash++) {
    *slash = 0;
    (void)mkdir(copy, 0777);
    *slash = '/';
  }
  struct stat st;
  if (mkdir(copy, 0777) && (errno != EEXIST || stat(copy, &st) || !S_ISDIR(st.st_mode))) bad = errno;
  free(copy);
  return bad ? pt_fail(err, "synth", PT_IO, bad, "%s: cannot be made: %s", path, strerror(bad)) : 0;
}

/* The sum of all floors decides what is left for the Zipf weights. COLLECTIVE. */
static void share_out(struct pt_comm *comm, struct synth_world *w) {
  uint64_t rank = (uint64_t)pt_comm_rank(comm), size = (uint64_t)pt_comm_size(comm), floors = 0;
  struct synth_person p;
  for (uint64_t u = rank; u < w->users; u += size) {
    synth_person_life(w, u, &p);
    floors += synth_person_floor(w, &p);
  }
  pt_sum_u64(comm, &floors, 1);
  if (floors > w->events) {
    w->no_orders = true;
    floors = w->events >= w->users ? w->users : 0;
  }
  w->spread = w->events - floors;
}

/* Stable LSD radix sort of positions by time: equal times stay in the order of users. */
struct key {
  uint64_t time;
  uint64_t at;
};

static void sort_keys(struct key *v, struct key *spare, uint64_t n, uint64_t largest) {
  struct key *from = v, *to = spare;
  unsigned passes = 0;
  for (unsigned shift = 0; shift == 0 || largest >> shift; shift += 11, passes++) {
    uint64_t start[2048] = {0}, sum = 0;
    for (uint64_t i = 0; i < n; i++) start[from[i].time >> shift & 2047]++;
    for (unsigned d = 0; d < 2048; d++) {
      uint64_t count = start[d];
      start[d] = sum;
      sum += count;
    }
    for (uint64_t i = 0; i < n; i++) to[start[from[i].time >> shift & 2047]++] = from[i];
    struct key *swap = from;
    from = to;
    to = swap;
  }
  if (passes % 2) memcpy(v, spare, n * sizeof *v);
}

static int write_sorted(struct plan *plan, const struct synth_batch *b, int64_t origin, struct synth_part *part,
                        struct pt_err *err) {
  struct key *keys = malloc((b->n + 1) * 2 * sizeof *keys);
  if (!keys) return pt_fail(err, "synth", PT_MEMORY, 0, "no memory to sort %llu lines", (unsigned long long)b->n);
  uint64_t largest = 0;
  for (uint64_t i = 0; i < b->n; i++) {
    keys[i] = (struct key){(uint64_t)(b->v[i].time - origin), i};
    if (keys[i].time > largest) largest = keys[i].time;
  }
  sort_keys(keys, keys + b->n, b->n, largest);
  int code = 0;
  for (uint64_t i = 0; i < b->n && !code; i++) {
    char *to = synth_part_room(part, SYNTH_LINE, err);
    if (!to) {
      code = err->code;
    } else {
      synth_part_wrote(part, synth_line(&plan->text, &plan->world, &b->v[keys[i].at], to));
    }
  }
  free(keys);
  return code;
}

/* Days [from, to) of a chunk's users. */
static int write_step(struct plan *plan, uint32_t chunk, uint32_t from, uint32_t to, struct synth_batch *batch,
                      struct synth_part *part, struct pt_err *err) {
  struct synth_person p;
  batch->n = 0;
  for (uint64_t u = chunk; u < plan->world.users; u += plan->chunks) {
    synth_person_make(&plan->world, u, &p);
    if (synth_person_events(&plan->world, &p, from, to, batch))
      return pt_fail(err, "synth", PT_MEMORY, 0, "no memory for %llu events", (unsigned long long)batch->n);
  }
  return write_sorted(plan, batch, (plan->world.first_day + from) * PT_DAY_MS, part, err);
}

static int write_file(struct plan *plan, uint32_t file, struct synth_batch *batch, struct pt_err *err) {
  const struct pt_synth_conf *c = &plan->conf;
  uint32_t chunk = file % plan->chunks, span = file / plan->chunks;
  uint32_t from = (uint32_t)((uint64_t)c->days * span / plan->spans);
  uint32_t to = (uint32_t)((uint64_t)c->days * (span + 1) / plan->spans);
  uint64_t steps = c->events / plan->files / STEP_EVENTS + 1;
  if (steps > to - from) steps = to > from ? to - from : 1;
  char name[40];
  snprintf(name, sizeof name, "part-%04u.jsonl.zst", file);
  struct synth_part *part = NULL;
  PT_TRY(synth_part_open(&part, c->out, name, c->level, err));
  int code = 0;
  for (uint64_t s = 0; s < steps && !code; s++)
    code = write_step(plan, chunk, from + (uint32_t)((to - from) * s / steps),
                      from + (uint32_t)((to - from) * (s + 1) / steps), batch, part, err);
  if (!code) code = synth_part_finish(part, err);
  synth_part_free(part);
  return code;
}

/* The end of a truth line: what a rich log shows of the user's leanings. */
static size_t truth_end(const struct synth_world *w, const struct synth_person *p, char *to, size_t room) {
  if (!w->rich) return (size_t)snprintf(to, room, "}\n");
  struct synth_leaning own = synth_leaning(w, p->number);
  struct synth_piece category;
  synth_category(p->favourite[0], &category);
  return (size_t)snprintf(to, room, ",\"category\":\"%s\",\"style\":\"%s\",\"size\":\"%s\",\"topic\":\"%s\"}\n",
                          category.p, own.style, own.size, own.topic);
}

static size_t truth_line(const struct synth_world *w, const struct synth_person *p, char *to) {
  char id[24] = {0}, death[32] = "null", stamp[32], birth[32];
  struct synth_self self;
  synth_self_make(w, p, &self);
  pt_time_text(self.birth * PT_DAY_MS, birth);
  synth_user_id(p->number, id);
  pt_time_text((w->first_day + p->arrival) * PT_DAY_MS, stamp);
  if (p->death != SYNTH_ALIVE) {
    char day[32];
    pt_time_text((w->first_day + p->death) * PT_DAY_MS, day);
    snprintf(death, sizeof death, "\"%.10s\"", day);
  }
  size_t n = (size_t)snprintf(to, SYNTH_LINE,
                              "{\"user_id\":\"%s\",\"events\":%llu,\"arrival\":\"%.10s\",\"death\":%s,\"buyer\":%s,"
                              "\"rate_per_day\":%.9g,\"dropout\":%.9g,\"orders\":%u,\"favourite_hour\":%u,"
                              "\"favourite_categories\":[%u,%u,%u],\"gender\":\"%s\",\"birth_date\":\"%.10s\"",
                              id, (unsigned long long)p->events, stamp, death, p->buyer ? "true" : "false", p->rate,
                              p->drop, p->orders, p->hour, p->favourite[0], p->favourite[1], p->favourite[2],
                              self.female ? "female" : "male", birth);
  return n + truth_end(w, p, to + n, SYNTH_LINE - n);
}

/* A file with what `line` says of every user. */
static int write_users(struct plan *plan, const char *name,
                       size_t (*line)(const struct synth_world *, const struct synth_person *, char *),
                       struct pt_err *err) {
  struct synth_part *part = NULL;
  struct synth_person p;
  int code = 0;
  PT_TRY(synth_part_open(&part, plan->conf.out, name, plan->conf.level, err));
  for (uint64_t u = 0; u < plan->world.users && !code; u++) {
    char *to = synth_part_room(part, 2 * SYNTH_LINE, err);
    if (!to) {
      code = err->code;
      break;
    }
    synth_person_make(&plan->world, u, &p);
    synth_part_wrote(part, line(&plan->world, &p, to));
  }
  if (!code) code = synth_part_finish(part, err);
  synth_part_free(part);
  return code;
}

static int write_population(const struct plan *plan, struct pt_err *err) {
  const struct synth_world *w = &plan->world;
  char path[4200];
  snprintf(path, sizeof path, "%s/truth_population.json", plan->conf.out);
  FILE *f = fopen(path, "w");
  if (!f) return pt_fail(err, "synth", PT_IO, errno, "%s: %s", path, strerror(errno));
  fprintf(f,
          "{\"users\": %llu, \"events\": %llu, \"seed\": %llu, \"days\": %u, \"end\": \"%s\", \"items\": %u,\n"
          " \"model\": \"mbgnbd\", \"orders\": %s, \"buyers\": %.3g, \"r\": %.9g, \"alpha_days\": %.9g, \"a\": %.9g, "
          "\"b\": %.9g}\n",
          (unsigned long long)w->users, (unsigned long long)w->events, (unsigned long long)plan->conf.seed, w->days,
          plan->conf.end, w->items, w->no_orders ? "false" : "true", w->buyers, w->r, w->alpha, w->a, w->b);
  int bad = ferror(f), sys = errno;
  if (fclose(f) || bad) return pt_fail(err, "synth", PT_IO, sys, "%s: cannot be written", path);
  return 0;
}

/* This rank's files, then, on the ranks after the last file's, the records of users and the truth. Local. */
static int write_own(struct plan *plan, uint32_t rank, uint32_t size, struct pt_err *err) {
  struct synth_batch batch = {0};
  int code = 0;
  for (uint32_t f = rank; f < plan->files && !code; f += size) {
    code = write_file(plan, f, &batch, err);
    if (!code) pt_log(PT_NOTE, "synth", "file %u of %u written", f + 1, plan->files);
  }
  free(batch.v);
  if (!code && rank == (plan->files + 1) % size) code = write_users(plan, "users.jsonl.zst", synth_records, err);
  if (code || plan->conf.no_truth) return code;
  if (rank == plan->files % size) PT_TRY(write_users(plan, "truth.jsonl.zst", truth_line, err));
  return rank == 0 ? write_population(plan, err) : 0;
}

int pt_synth_run(struct pt_comm *comm, const struct pt_synth_conf *conf, struct pt_err *err) {
  int rank = pt_comm_rank(comm), size = pt_comm_size(comm);
  int64_t last_day = 0;
  struct plan *plan = calloc(1, sizeof *plan);
  if (!plan) {
    (void)pt_fail(err, "synth", PT_MEMORY, 0, "no memory");
  } else if (check(conf, &last_day, err) == 0 && rank == 0) {
    (void)make_folder(conf->out, err);
  }
  int code = pt_agree(comm, err);
  if (code) goto out;
  uint64_t files = conf->files ? conf->files : (conf->events + MOST_IN_A_FILE - 1) / MOST_IN_A_FILE;
  plan->files = conf->files ? conf->files : files < 8 ? 8 : files > 100000 ? 100000 : (uint32_t)files;
  plan->conf = *conf;
  plan->chunks = divisor(plan->files);
  plan->spans = plan->files / plan->chunks;
  synth_text_init(&plan->text);
  synth_world_set(&plan->world, conf, last_day + 1 - conf->days);
  share_out(comm, &plan->world);
  (void)write_own(plan, (uint32_t)rank, (uint32_t)size, err);
  code = pt_agree(comm, err);
out:
  free(plan);
  return code;
}

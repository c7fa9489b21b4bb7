/* The manifest, read: JSON to the structs, nothing believed. Names of parts must be of our own making, so that no
 * manifest can make a reader open, or a commit remove, a file outside the store. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "keep_priv.h"

#define MAX_MANIFEST (UINT64_C(1) << 30)

static int bad(const struct pt_keep *k, const char *what, struct pt_err *err) {
  return pt_fail(err, "store", PT_IO, 0, "%s/manifest.json: %s", k->dir, what);
}

int pt_keep_manifest(const char *dir, bool may_be_new, struct pt_buf *out, struct pt_err *err) {
  char path[4096];
  int n = snprintf(path, sizeof path, "%s/manifest.json", dir);
  if (n < 0 || (size_t)n >= sizeof path) return pt_fail(err, "store", PT_USAGE, 0, "the store's name is too long");
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT && may_be_new) return 0;
  if (fd < 0)
    return pt_fail(err, "store", errno == ENOENT ? PT_NOINPUT : PT_IO, errno, "%s: %s", path, strerror(errno));
  int code = 0;
  for (ssize_t got = 1; got > 0 && !code;) {
    if (out->n > MAX_MANIFEST || pt_buf_reserve(out, 65536)) {
      code = pt_keep_no_memory(err);
      break;
    }
    got = read(fd, out->p + out->n, 65536);
    if (got < 0 && errno == EINTR)
      got = 1;
    else if (got < 0)
      code = pt_fail(err, "store", PT_IO, errno, "%s: %s", path, strerror(errno));
    else
      out->n += (size_t)got;
  }
  close(fd);
  return code;
}

static bool number(const json_t *o, const char *key, uint64_t *out) {
  const json_t *v = json_object_get(o, key);
  if (!json_is_integer(v) || json_integer_value(v) < 0) return false;
  *out = (uint64_t)json_integer_value(v);
  return true;
}

static bool hex(const char *text, size_t n, uint64_t *out) {
  *out = 0;
  for (size_t i = 0; i < n; i++) {
    const char *digits = "0123456789abcdef", *d = text[i] ? strchr(digits, text[i]) : NULL;
    if (!d) return false;
    *out = *out << 4 | (uint64_t)(d - digits);
  }
  return true;
}

/* "gNNNNNN" with 6 digits or more. */
static bool generation_name(const char *s, size_t n) {
  if (n < 7 || n > 20 || s[0] != 'g') return false;
  for (size_t i = 1; i < n; i++)
    if (s[i] < '0' || s[i] > '9') return false;
  return true;
}

/* "GENERATION/xx.RRRR" */
static bool part_name(const char *s, const char *generation) {
  size_t n = strlen(generation), len = strlen(s);
  uint64_t unused;
  if (len < n + 8 || len > n + 12 || strncmp(s, generation, n) != 0 || s[n] != '/' || s[n + 3] != '.') return false;
  if (!hex(s + n + 1, 2, &unused)) return false;
  for (size_t i = n + 4; i < len; i++)
    if (s[i] < '0' || s[i] > '9') return false;
  return true;
}

static int by_slot(const void *x, const void *y) {
  const struct pt_keep_part *a = x, *b = y;
  return a->slot_from == b->slot_from ? 0 : a->slot_from < b->slot_from ? -1 : 1;
}

static int read_part(struct pt_keep *k, struct pt_keep_generation *g, const json_t *o, struct pt_err *err) {
  const char *name = json_string_value(json_object_get(o, "name"));
  const char *sum = json_string_value(json_object_get(o, "xxh3"));
  struct pt_keep_part p = {.name = NULL};
  uint64_t from, to;
  if (!name || !part_name(name, g->name) || !sum || strlen(sum) != 16 || !hex(sum, 16, &p.xxh3) ||
      !number(o, "slot_from", &from) || !number(o, "slot_to", &to) || !number(o, "bytes", &p.bytes) ||
      !number(o, "events", &p.events) || from >= to || to > PT_SLOTS)
    return bad(k, "a part that cannot be", err);
  p.slot_from = (uint32_t)from;
  p.slot_to = (uint32_t)to;
  p.name = strdup(name);
  if (!p.name) return pt_keep_no_memory(err);
  g->parts[g->n_parts++] = p;
  g->events += p.events;
  return 0;
}

static int read_generation(struct pt_keep *k, const json_t *o, struct pt_err *err) {
  struct pt_keep_generation *g = &k->generations[k->n_generations];
  const char *name = json_string_value(json_object_get(o, "name"));
  const json_t *parts = json_object_get(o, "parts"), *formats = json_object_get(o, "formats");
  if (!name || !generation_name(name, strlen(name)) || !json_is_array(parts) || !json_is_array(formats) ||
      json_array_size(formats) > 256)
    return bad(k, "a generation that cannot be", err);
  g->name = strdup(name);
  g->parts = calloc(json_array_size(parts) + 1, sizeof *g->parts);
  k->n_generations++;
  if (!g->name || !g->parts) return pt_keep_no_memory(err);
  for (size_t i = 0; i < json_array_size(parts); i++) PT_TRY(read_part(k, g, json_array_get(parts, i), err));
  qsort(g->parts, g->n_parts, sizeof *g->parts, by_slot);
  for (uint32_t i = 1; i < g->n_parts; i++)
    if (g->parts[i].slot_from < g->parts[i - 1].slot_to) return bad(k, "two parts with one slot", err);
  g->n_formats = (uint32_t)json_array_size(formats);
  for (uint32_t i = 0; i < g->n_formats; i++)
    if (!json_is_string(json_array_get(formats, i))) return bad(k, "a format without a name", err);
  return 0;
}

static int by_text(const void *x, const void *y) {
  return strcmp(*(char *const *)x, *(char *const *)y);
}

/* The union of the generations' formats, and each generation's numbers as places in it. */
static int unite_formats(struct pt_keep *k, const json_t *generations, struct pt_err *err) {
  size_t total = 0, out = 0;
  for (uint32_t i = 0; i < k->n_generations; i++) total += k->generations[i].n_formats;
  k->formats = calloc(total + 1, sizeof *k->formats);
  if (!k->formats) return pt_keep_no_memory(err);
  for (uint32_t i = 0; i < k->n_generations; i++) {
    const json_t *names = json_object_get(json_array_get(generations, i), "formats");
    for (uint32_t f = 0; f < k->generations[i].n_formats; f++)
      if (!(k->formats[k->n_formats++] = strdup(json_string_value(json_array_get(names, f)))))
        return pt_keep_no_memory(err);
  }
  qsort(k->formats, k->n_formats, sizeof *k->formats, by_text);
  for (uint32_t i = 0; i < k->n_formats; i++) {
    if (out && strcmp(k->formats[out - 1], k->formats[i]) == 0)
      free(k->formats[i]);
    else
      k->formats[out++] = k->formats[i];
  }
  k->n_formats = (uint32_t)out;
  if (out > 256) return bad(k, "more than 256 formats", err);
  for (uint32_t i = 0; i < k->n_generations; i++) {
    const json_t *names = json_object_get(json_array_get(generations, i), "formats");
    for (uint32_t f = 0; f < k->generations[i].n_formats; f++) {
      const char *name = json_string_value(json_array_get(names, f));
      char **at = bsearch(&name, k->formats, k->n_formats, sizeof *k->formats, by_text);
      k->generations[i].format[f] = (uint8_t)(at - k->formats);
    }
  }
  return 0;
}

static int by_day(const void *x, const void *y) {
  const struct pt_keep_day *a = x, *b = y;
  return a->day == b->day ? 0 : a->day < b->day ? -1 : 1;
}
static int by_name(const void *x, const void *y) {
  return pt_slice_cmp(((const struct pt_keep_count *)x)->name, ((const struct pt_keep_count *)y)->name);
}
static int by_digest(const void *x, const void *y) {
  const struct pt_keep_digest *a = x, *b = y;
  if (a->hi != b->hi) return a->hi < b->hi ? -1 : 1;
  if (a->lo != b->lo) return a->lo < b->lo ? -1 : 1;
  return a->bytes == b->bytes ? 0 : a->bytes < b->bytes ? -1 : 1;
}

static int read_sums(struct pt_keep *k, const json_t *o, struct pt_err *err) {
  json_t *days = json_object_get(o, "days"), *counts = json_object_get(o, "counts"), *v;
  const json_t *inputs = json_object_get(o, "inputs");
  const char *key;
  if (!json_is_object(days) || !json_is_object(counts) || !json_is_array(inputs))
    return bad(k, "a generation without its sums", err);
  json_object_foreach(days, key, v) {
    char *end;
    errno = 0;
    long long day = strtoll(key, &end, 10);
    if (*end || errno || !json_is_integer(v) || json_integer_value(v) < 0) return bad(k, "a day that is none", err);
    k->days[k->n_days++] = (struct pt_keep_day){day, (uint64_t)json_integer_value(v)};
  }
  json_object_foreach(counts, key, v) {
    if (!json_is_integer(v) || json_integer_value(v) < 0) return bad(k, "a count that is none", err);
    k->counts[k->n_counts++] = (struct pt_keep_count){pt_slice_of(key), (uint64_t)json_integer_value(v)};
  }
  for (size_t i = 0; i < json_array_size(inputs); i++) {
    const json_t *in = json_array_get(inputs, i);
    const char *text = json_string_value(json_object_get(in, "xxh128"));
    struct pt_keep_digest d;
    if (!text || strlen(text) != 32 || !hex(text, 16, &d.hi) || !hex(text + 16, 16, &d.lo) ||
        !number(in, "bytes", &d.bytes))
      return bad(k, "an input that cannot be", err);
    k->digests[k->n_digests++] = d;
  }
  return 0;
}

/* Days, counters and inputs of all generations, added up. */
static int unite_sums(struct pt_keep *k, const json_t *generations, struct pt_err *err) {
  size_t days = 0, counts = 0, inputs = 0;
  for (size_t i = 0; i < json_array_size(generations); i++) {
    const json_t *o = json_array_get(generations, i);
    days += json_object_size(json_object_get(o, "days"));
    counts += json_object_size(json_object_get(o, "counts"));
    inputs += json_array_size(json_object_get(o, "inputs"));
  }
  k->days = calloc(days + 1, sizeof *k->days);
  k->counts = calloc(counts + 1, sizeof *k->counts);
  k->digests = calloc(inputs + 1, sizeof *k->digests);
  if (!k->days || !k->counts || !k->digests) return pt_keep_no_memory(err);
  for (size_t i = 0; i < json_array_size(generations); i++) PT_TRY(read_sums(k, json_array_get(generations, i), err));
  qsort(k->days, k->n_days, sizeof *k->days, by_day);
  qsort(k->counts, k->n_counts, sizeof *k->counts, by_name);
  qsort(k->digests, k->n_digests, sizeof *k->digests, by_digest);
  uint64_t out = 0;
  for (uint64_t i = 0; i < k->n_days; i++) {
    if (out && k->days[out - 1].day == k->days[i].day)
      k->days[out - 1].n += k->days[i].n;
    else
      k->days[out++] = k->days[i];
  }
  k->n_days = out;
  out = 0;
  for (uint64_t i = 0; i < k->n_counts; i++) {
    if (out && pt_slice_eq(k->counts[out - 1].name, k->counts[i].name))
      k->counts[out - 1].n += k->counts[i].n;
    else
      k->counts[out++] = k->counts[i];
  }
  k->n_counts = out;
  return 0;
}

static int check_bound(struct pt_keep *k, const json_t *bound, struct pt_err *err) {
  for (uint32_t i = 0; i < k->n_bound; i++) {
    const char *have = json_string_value(json_object_get(bound, k->bound[i].name));
    if (!have) return bad(k, "a bound setting is missing", err);
    if (strcmp(have, k->bound[i].value) != 0)
      return pt_fail(err, "store", PT_CONFIG, 0, "%s was filled with %s = %s; it cannot be used with %s", k->dir,
                     k->bound[i].name, have, k->bound[i].value);
  }
  return 0;
}

/* The smallest generations, where with one more there would be too many. */
static void choose_merging(struct pt_keep *k) {
  uint32_t left = k->n_generations >= PT_KEEP_GENERATIONS ? k->n_generations - PT_KEEP_GENERATIONS + PT_KEEP_MERGED : 0;
  for (; left; left--) {
    struct pt_keep_generation *least = NULL;
    for (uint32_t i = 0; i < k->n_generations; i++) {
      struct pt_keep_generation *g = &k->generations[i];
      if (!g->merging && (!least || g->events < least->events)) least = g;
    }
    if (least) least->merging = true;
  }
}

static int read_manifest(struct pt_keep *k, struct pt_slice text, struct pt_err *err) {
  json_error_t why;
  json_t *json = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &why);
  if (!json) return bad(k, why.text, err);
  k->json = json;
  uint64_t version;
  const char *id = json_string_value(json_object_get(json, "id"));
  const json_t *generations = json_object_get(json, "generations");
  if (!number(json, "portrait_store", &version)) return bad(k, "no manifest of a store", err);
  if (version != PT_KEEP_VERSION) return bad(k, "written by another version", err);
  if (!id || strlen(id) != 32 || !number(json, "next", &k->next) || !json_is_array(generations))
    return bad(k, "incomplete", err);
  memcpy(k->id, id, 33);
  PT_TRY(check_bound(k, json_object_get(json, "bound"), err));
  k->generations = calloc(json_array_size(generations) + 1, sizeof *k->generations);
  if (!k->generations) return pt_keep_no_memory(err);
  for (size_t i = 0; i < json_array_size(generations); i++)
    PT_TRY(read_generation(k, json_array_get(generations, i), err));
  PT_TRY(unite_formats(k, generations, err));
  PT_TRY(unite_sums(k, generations, err));
  choose_merging(k);
  return 0;
}

static int copy_bound(struct pt_keep *k, const struct pt_keep_setting *bound, uint32_t n, struct pt_err *err) {
  k->bound = calloc(n + (size_t)1, sizeof *k->bound);
  if (!k->bound) return pt_keep_no_memory(err);
  for (; k->n_bound < n; k->n_bound++) {
    struct pt_keep_setting *s = &k->bound[k->n_bound];
    s->name = strdup(bound[k->n_bound].name);
    s->value = strdup(bound[k->n_bound].value);
    if (!s->name || !s->value) {
      k->n_bound++;
      return pt_keep_no_memory(err);
    }
  }
  return 0;
}

int pt_keep_open(struct pt_keep **out, const char *dir, struct pt_slice manifest, const struct pt_keep_setting *bound,
                 uint32_t n_bound, struct pt_err *err) {
  struct pt_keep *k = calloc(1, sizeof *k);
  if (!k) return pt_keep_no_memory(err);
  k->readers = -1;
  k->next = 1;
  k->dir = strdup(dir);
  int code = k->dir ? copy_bound(k, bound, n_bound, err) : pt_keep_no_memory(err);
  if (!code && manifest.n) code = read_manifest(k, manifest, err);
  if (code) {
    pt_keep_close(k);
    return code;
  }
  *out = k;
  return 0;
}

void pt_keep_close(struct pt_keep *k) {
  if (!k) return;
  if (k->readers >= 0) close(k->readers);
  for (uint32_t i = 0; i < k->n_generations; i++) {
    for (uint32_t p = 0; p < k->generations[i].n_parts; p++) free(k->generations[i].parts[p].name);
    free(k->generations[i].parts);
    free(k->generations[i].name);
  }
  for (uint32_t i = 0; i < k->n_formats; i++) free(k->formats[i]);
  for (uint32_t i = 0; i < k->n_bound; i++) {
    free((void *)(uintptr_t)k->bound[i].name);
    free((void *)(uintptr_t)k->bound[i].value);
  }
  free(k->generations);
  free(k->formats);
  free(k->bound);
  free(k->days);
  free(k->counts);
  free(k->digests);
  free(k->dir);
  json_decref(k->json);
  free(k);
}

void pt_keep_reading(struct pt_keep *k) {
  char path[4096];
  int n = snprintf(path, sizeof path, "%s/readers", k->dir);
  if (n < 0 || (size_t)n >= sizeof path) return;
  /* A store that may not be written has no ingest to warn: failing to lock is no failure. */
  k->readers = open(path, O_RDONLY | O_CLOEXEC);
  if (k->readers >= 0) flock(k->readers, LOCK_SH | LOCK_NB);
}

const char *pt_keep_id(const struct pt_keep *k) {
  return k->id;
}
uint32_t pt_keep_generations(const struct pt_keep *k) {
  return k->n_generations;
}
uint64_t pt_keep_events(const struct pt_keep *k) {
  uint64_t n = 0;
  for (uint32_t i = 0; i < k->n_generations; i++) n += k->generations[i].events;
  return n;
}
bool pt_keep_has(const struct pt_keep *k, struct pt_keep_digest d) {
  return k->n_digests && bsearch(&d, k->digests, k->n_digests, sizeof d, by_digest);
}
const char *const *pt_keep_formats(const struct pt_keep *k, uint32_t *n) {
  *n = k->n_formats;
  return (const char *const *)k->formats;
}
const struct pt_keep_day *pt_keep_days(const struct pt_keep *k, uint64_t *n) {
  *n = k->n_days;
  return k->days;
}
const struct pt_keep_count *pt_keep_counts(const struct pt_keep *k, uint64_t *n) {
  *n = k->n_counts;
  return k->counts;
}
bool pt_keep_must_merge(const struct pt_keep *k) {
  return k->n_generations >= PT_KEEP_GENERATIONS;
}

/* Changing a store. One ingest at a time holds DIR/lock. New files have names that no manifest knows until
 * manifest.json is replaced by rename, after all it names is on disk: a kill at any moment leaves the old store or the
 * new one. What is in the way of neither (files that no manifest names) is removed by the next one that locks. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "keep_priv.h"

struct pt_keep_lock {
  int fd, dir;
};

static int io(const char *dir, const char *what, struct pt_err *err) {
  return pt_fail(err, "store", PT_IO, errno, "%s/%s: %s", dir, what, strerror(errno));
}

/* Names in the manifest of DIR: of its generations' folders and of their files. NULL where there is no manifest. */
static int named(const char *dir, struct pt_keep **k, struct pt_err *err) {
  struct pt_buf text = {0};
  int code = pt_keep_manifest(dir, true, &text, err);
  if (!code) code = pt_keep_open(k, dir, (struct pt_slice){text.p, text.n}, NULL, 0, err);
  pt_buf_free(&text);
  return code;
}

static const struct pt_keep_generation *generation_of(const struct pt_keep *k, const char *name) {
  for (uint32_t i = 0; i < k->n_generations; i++)
    if (strcmp(k->generations[i].name, name) == 0) return &k->generations[i];
  return NULL;
}

static bool names_file(const struct pt_keep_generation *g, const char *file) {
  for (uint32_t i = 0; g && i < g->n_parts; i++)
    if (strcmp(strchr(g->parts[i].name, '/') + 1, file) == 0) return true;
  return false;
}

/* Removes what `g` does not name from folder `name`, and the folder where it names nothing. What cannot be removed
 * stays: it does no harm. */
static void sweep_folder(int dir, const char *name, const struct pt_keep_generation *g) {
  int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
  if (!d) {
    if (fd >= 0) close(fd);
    return;
  }
  for (struct dirent *e; (e = readdir(d));)
    if (e->d_name[0] != '.' && !names_file(g, e->d_name)) unlinkat(fd, e->d_name, 0);
  closedir(d);
  if (!g) unlinkat(dir, name, AT_REMOVEDIR);
}

/* Folders that no manifest has named yet are an interrupted ingest's; older ones (`all`) may still be read by a build
 * that began before the last merging. */
static void sweep(int dir, const struct pt_keep *k, bool all) {
  int fd = dup(dir);
  DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
  if (!d) {
    if (fd >= 0) close(fd);
    return;
  }
  rewinddir(d);
  for (struct dirent *e; (e = readdir(d));) {
    bool ours = e->d_name[0] == 'g' && strlen(e->d_name) >= 7 && strspn(e->d_name + 1, "0123456789") >= 6;
    if (ours && (all || strtoull(e->d_name + 1, NULL, 10) >= k->next))
      sweep_folder(dir, e->d_name, generation_of(k, e->d_name));
  }
  closedir(d);
  unlinkat(dir, "manifest.json.part", 0);
}

static void sweep_unless_read(const struct pt_keep_lock *l, const struct pt_keep *k) {
  int readers = openat(l->dir, "readers", O_RDWR | O_CLOEXEC);
  sweep(l->dir, k, readers >= 0 && flock(readers, LOCK_EX | LOCK_NB) == 0);
  if (readers >= 0) close(readers);
}

static int take_lock(struct pt_keep_lock *l, const char *dir, struct pt_err *err) {
  if (mkdir(dir, 0777) && errno != EEXIST) return pt_fail(err, "store", PT_IO, errno, "%s: %s", dir, strerror(errno));
  l->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (l->dir < 0) return pt_fail(err, "store", PT_IO, errno, "%s: %s", dir, strerror(errno));
  l->fd = openat(l->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (l->fd < 0) return io(dir, "lock", err);
  if (flock(l->fd, LOCK_EX | LOCK_NB)) {
    if (errno != EWOULDBLOCK) return io(dir, "lock", err);
    return pt_fail(err, "store", PT_IO, errno, "%s: another ingest is writing to this store", dir);
  }
  int readers = openat(l->dir, "readers", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (readers >= 0) close(readers);
  return 0;
}

int pt_keep_lock(struct pt_keep_lock **out, const char *dir, struct pt_err *err) {
  struct pt_keep_lock *l = malloc(sizeof *l);
  struct pt_keep *k = NULL;
  if (!l) return pt_keep_no_memory(err);
  *l = (struct pt_keep_lock){-1, -1};
  int code = take_lock(l, dir, err);
  if (!code) code = named(dir, &k, err);
  if (!code) sweep_unless_read(l, k);
  pt_keep_close(k);
  if (code) {
    pt_keep_unlock(l);
    return code;
  }
  *out = l;
  return 0;
}

void pt_keep_unlock(struct pt_keep_lock *l) {
  if (!l) return;
  if (l->fd >= 0) close(l->fd);
  if (l->dir >= 0) close(l->dir);
  free(l);
}

int pt_keep_digest(const char *path, struct pt_keep_digest *out, struct pt_err *err) {
  enum { PIECE = 1 << 20 };
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return pt_fail(err, "store", PT_NOINPUT, errno, "%s: %s", path, strerror(errno));
  XXH3_state_t *s = XXH3_createState();
  char *p = malloc(PIECE);
  int code = s && p ? 0 : pt_keep_no_memory(err);
  if (!code) XXH3_128bits_reset(s);
  out->bytes = 0;
  for (ssize_t got = 1; !code && got > 0;) {
    got = read(fd, p, PIECE);
    if (got < 0 && errno == EINTR) {
      got = 1;
      continue;
    }
    if (got < 0) code = pt_fail(err, "store", PT_IO, errno, "%s: %s", path, strerror(errno));
    if (got <= 0) break;
    XXH3_128bits_update(s, p, (size_t)got);
    out->bytes += (uint64_t)got;
  }
  if (!code) {
    XXH128_hash_t h = XXH3_128bits_digest(s);
    out->hi = h.high64;
    out->lo = h.low64;
  }
  XXH3_freeState(s);
  free(p);
  close(fd);
  return code;
}

/* Lines of JSON to an array; NULL where one is none. */
static json_t *parts_of(struct pt_slice lines) {
  json_t *out = json_array();
  while (out && lines.n) {
    const char *end = memchr(lines.p, '\n', lines.n);
    size_t n = end ? (size_t)(end - lines.p) : lines.n;
    json_t *part = json_loadb(lines.p, n, 0, NULL);
    if (!part || json_array_append_new(out, part)) {
      json_decref(out);
      return NULL;
    }
    lines.p += n + (end != NULL);
    lines.n -= n + (end != NULL);
  }
  return out;
}

static json_t *input_json(const struct pt_keep_input *in) {
  char text[33];
  snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)in->digest.hi, (unsigned long long)in->digest.lo);
  /* A name that is not UTF-8 is for people alone: the digest tells. */
  json_t *name = json_string(in->name);
  if (!name) name = json_string("");
  return json_pack("{s:s, s:I, s:o}", "xxh128", text, "bytes", (json_int_t)in->digest.bytes, "name", name);
}

/* A generation of the manifest, without its parts. */
static json_t *sums_json(const struct pt_keep_commit *c) {
  json_t *days = json_object(), *counts = json_object(), *inputs = json_array(), *formats = json_array();
  bool ok = days && counts && inputs && formats;
  for (uint64_t i = 0; ok && i < c->n_days; i++) {
    char key[32];
    snprintf(key, sizeof key, "%lld", (long long)c->days[i].day);
    ok = !json_object_set_new(days, key, json_integer((json_int_t)c->days[i].n));
  }
  for (uint64_t i = 0; ok && i < c->n_counts; i++) {
    char *key = strndup(c->counts[i].name.p ? c->counts[i].name.p : "", c->counts[i].name.n);
    ok = key && !json_object_set_new(counts, key, json_integer((json_int_t)c->counts[i].n));
    free(key);
  }
  for (uint64_t i = 0; ok && i < c->n_inputs; i++) ok = !json_array_append_new(inputs, input_json(&c->inputs[i]));
  for (uint32_t i = 0; ok && i < c->n_formats; i++) ok = !json_array_append_new(formats, json_string(c->formats[i]));
  json_t *out =
      ok ? json_pack("{s:O, s:O, s:O, s:O}", "formats", formats, "days", days, "counts", counts, "inputs", inputs)
         : NULL;
  json_decref(days);
  json_decref(counts);
  json_decref(inputs);
  json_decref(formats);
  return out;
}

/* The sums of the generations that were merged; inputs one by one, so that no content is taken a second time. */
static json_t *merged_sums(const struct pt_keep *k) {
  json_t *days = json_object(), *counts = json_object(), *inputs = json_array(), *formats = json_array(), *v;
  bool ok = days && counts && inputs && formats;
  const char *key;
  for (uint32_t g = 0; ok && g < k->n_generations; g++) {
    if (!k->generations[g].merging) continue;
    json_t *from = json_array_get(json_object_get(k->json, "generations"), g);
    json_object_foreach(json_object_get(from, "days"), key, v) ok &= !json_object_set_new(
        days, key, json_integer(json_integer_value(json_object_get(days, key)) + json_integer_value(v)));
    json_object_foreach(json_object_get(from, "counts"), key, v) ok &= !json_object_set_new(
        counts, key, json_integer(json_integer_value(json_object_get(counts, key)) + json_integer_value(v)));
    ok &= !json_array_extend(inputs, json_object_get(from, "inputs"));
  }
  for (uint32_t i = 0; ok && i < k->n_formats; i++) ok = !json_array_append_new(formats, json_string(k->formats[i]));
  json_t *out =
      ok ? json_pack("{s:O, s:O, s:O, s:O}", "formats", formats, "days", days, "counts", counts, "inputs", inputs)
         : NULL;
  json_decref(days);
  json_decref(counts);
  json_decref(inputs);
  json_decref(formats);
  return out;
}

static bool add_generation(json_t *list, json_t *sums, uint64_t number, struct pt_slice lines) {
  char name[32];
  snprintf(name, sizeof name, "g%06llu", (unsigned long long)number);
  json_t *parts = parts_of(lines);
  bool ok = sums && parts && !json_object_set_new(sums, "name", json_string(name));
  ok = ok && !json_object_set(sums, "parts", parts) && !json_array_append(list, sums);
  json_decref(parts);
  json_decref(sums);
  return ok;
}

static void new_id(char id[33]) {
  uint64_t v[2] = {0};
  if (getrandom(v, sizeof v, 0) != (ssize_t)sizeof v) v[0] = (uint64_t)getpid();
  snprintf(id, 33, "%016llx%016llx", (unsigned long long)v[0], (unsigned long long)v[1]);
}

static json_t *manifest_json(struct pt_keep *k, const struct pt_keep_commit *c, bool merged) {
  json_t *list = json_array(), *bound = json_object();
  bool ok = list && bound;
  for (uint32_t g = 0; ok && g < k->n_generations; g++)
    if (!merged || !k->generations[g].merging)
      ok = !json_array_append(list, json_array_get(json_object_get(k->json, "generations"), g));
  if (ok) ok = add_generation(list, sums_json(c), k->next, c->parts);
  if (ok && merged) ok = add_generation(list, merged_sums(k), k->next + 1, c->merged);
  const json_t *old = json_object_get(k->json, "bound");
  if (ok && old) ok = !json_object_update(bound, (json_t *)(uintptr_t)old);
  for (uint32_t i = 0; ok && i < k->n_bound; i++)
    ok = !json_object_set_new(bound, k->bound[i].name, json_string(k->bound[i].value));
  if (!k->id[0]) new_id(k->id);
  json_t *out = ok ? json_pack("{s:i, s:s, s:O, s:I, s:O}", "portrait_store", PT_KEEP_VERSION, "id", k->id, "bound",
                               bound, "next", (json_int_t)k->next + 2, "generations", list)
                   : NULL;
  json_decref(list);
  json_decref(bound);
  return out;
}

/* manifest.json.part, on disk, then under its name, then the folder on disk. */
static int replace(const struct pt_keep *k, int dir, const char *text, struct pt_err *err) {
  int fd = openat(dir, "manifest.json.part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return io(k->dir, "manifest.json.part", err);
  int failed = 0;
  for (size_t n = strlen(text), done = 0; done < n && !failed;) {
    ssize_t got = write(fd, text + done, n - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      failed = 1;
    else
      done += (size_t)got;
  }
  if (!failed) failed = fsync(fd);
  int sys = errno;
  if (close(fd) && !failed) {
    failed = 1;
    sys = errno;
  }
  errno = sys;
  if (failed || fsync(dir)) return io(k->dir, "manifest.json.part", err);
  if (renameat(dir, "manifest.json.part", dir, "manifest.json") || fsync(dir)) return io(k->dir, "manifest.json", err);
  return 0;
}

int pt_keep_commit(struct pt_keep *k, struct pt_keep_lock *l, const struct pt_keep_commit *what, struct pt_err *err) {
  bool merged = what->merged.n > 0;
  json_t *json = manifest_json(k, what, merged);
  char *text = json ? json_dumps(json, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;
  json_decref(json);
  if (!text) return pt_keep_no_memory(err);
  /* Read back before it counts: a manifest that cannot be opened again must not replace one that can. */
  struct pt_keep *again = NULL;
  int code = pt_keep_open(&again, k->dir, pt_slice_of(text), k->bound, k->n_bound, err);
  if (!code) code = replace(k, l->dir, text, err);
  if (!code && merged) sweep_unless_read(l, again);
  pt_keep_close(again);
  free(text);
  return code;
}

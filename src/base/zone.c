/* IANA zones from TZif files (RFC 8536): 64-bit transitions, and the POSIX rule of the footer expanded year by year
 * to 2101, so that a lookup is a binary search and nothing else. */
#include <fcntl.h>
#include <portrait/time.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/zone_rule.h"

#define LAST_YEAR 2101
#define MAX_FILE  (1 << 20)

struct transition {
  int64_t at;     /* UTC ms from which `offset` holds */
  int64_t offset; /* ms */
};

struct pt_zone {
  struct transition *t; /* t[0].at = INT64_MIN */
  size_t n, cap;
};

static int add(struct pt_zone *z, int64_t at_s, int64_t offset_s) {
  int64_t at = z->n == 0 ? INT64_MIN : at_s * 1000;
  if (z->n && z->t[z->n - 1].offset == offset_s * 1000) return 0;
  if (z->n == z->cap) {
    size_t cap = z->cap ? z->cap * 2 : 64;
    struct transition *t = realloc(z->t, cap * sizeof *t);
    if (!t) return -1;
    z->t = t;
    z->cap = cap;
  }
  z->t[z->n++] = (struct transition){at, offset_s * 1000};
  return 0;
}

static int64_t be(const unsigned char *p, int bytes) {
  uint64_t v = 0;
  for (int i = 0; i < bytes; i++) v = v << 8 | p[i];
  return bytes == 4 ? (int32_t)(uint32_t)v : (int64_t)v;
}

struct header {
  int64_t isut, isstd, leap, time, type, chars;
};

static bool header_of(const unsigned char *p, const unsigned char *end, struct header *h) {
  if (end - p < 44 || memcmp(p, "TZif", 4) != 0 || p[4] < '2') return false;
  const unsigned char *c = p + 20;
  h->isut = be(c, 4), h->isstd = be(c + 4, 4), h->leap = be(c + 8, 4);
  h->time = be(c + 12, 4), h->type = be(c + 16, 4), h->chars = be(c + 20, 4);
  return h->time >= 0 && h->type > 0 && h->time < 100000 && h->type < 256 && h->chars >= 0 && h->leap >= 0 &&
         h->isut >= 0 && h->isstd >= 0;
}

static int64_t body_bytes(const struct header *h, int time_bytes) {
  return h->time * time_bytes + h->time + h->type * 6 + h->chars + h->leap * (time_bytes + 4) + h->isstd + h->isut;
}

/* The rule of the footer, from the year behind the last explicit transition on. */
static int expand(struct pt_zone *z, const char *text, size_t n) {
  struct pt_zone_rule rule;
  if (pt_zone_rule_parse((struct pt_slice){text, n}, &rule)) return -1;
  if (!rule.has_dst) return z->n ? 0 : add(z, 0, rule.std_offset);
  int64_t last = z->n > 1 ? z->t[z->n - 1].at / 1000 : INT64_MIN;
  if (z->n == 0 && add(z, 0, rule.std_offset)) return -1;
  for (int year = 1970; year <= LAST_YEAR; year++) {
    struct pt_rule_change c[2];
    pt_zone_rule_year(&rule, year, c);
    for (int i = 0; i < 2; i++)
      if (c[i].at > last && add(z, c[i].at, c[i].offset)) return -1;
  }
  return 0;
}

static int parse(struct pt_zone *z, const unsigned char *p, size_t n) {
  const unsigned char *end = p + n;
  struct header h;
  if (!header_of(p, end, &h) || body_bytes(&h, 4) > end - p - 44) return -1;
  p += 44 + body_bytes(&h, 4);
  if (!header_of(p, end, &h) || body_bytes(&h, 8) > end - p - 44) return -1;
  p += 44;
  const unsigned char *index = p + h.time * 8, *types = index + h.time, *footer = p + body_bytes(&h, 8);
  if (add(z, 0, be(types, 4))) return -1;
  for (int64_t i = 0; i < h.time; i++) {
    if (index[i] >= h.type) return -1;
    if (add(z, be(p + i * 8, 8), be(types + index[i] * 6, 4))) return -1;
  }
  if (footer >= end || *footer != '\n') return -1;
  const unsigned char *stop = memchr(footer + 1, '\n', (size_t)(end - footer - 1));
  if (!stop) return -1;
  return stop == footer + 1 ? 0 : expand(z, (const char *)footer + 1, (size_t)(stop - footer - 1));
}

static bool good_name(const char *name) {
  if (!*name || *name == '/' || *name == '.' || strstr(name, "..")) return false;
  for (const char *c = name; *c; c++)
    if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || strchr("/_+-", *c)))
      return false;
  return true;
}

static int load(struct pt_zone *z, const char *name, struct pt_err *err) {
  char path[512];
  const char *dir = getenv("TZDIR");
  snprintf(path, sizeof path, "%s/%s", dir && *dir ? dir : "/usr/share/zoneinfo", name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat st;
  if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > MAX_FILE) {
    if (fd >= 0) close(fd);
    return pt_fail(err, "conf", PT_CONFIG, 0, "timezone: '%s' is not in the time zone data (%s)", name, path);
  }
  unsigned char *bytes = malloc((size_t)st.st_size + 1);
  ssize_t got = bytes ? read(fd, bytes, (size_t)st.st_size) : -1;
  close(fd);
  int bad = got != st.st_size || parse(z, bytes, (size_t)got);
  free(bytes);
  return bad ? pt_fail(err, "conf", PT_CONFIG, 0, "timezone: %s is no TZif file of version 2 or later", path) : 0;
}

int pt_zone_open(struct pt_zone **out, const char *name, struct pt_err *err) {
  struct pt_zone *z = calloc(1, sizeof *z);
  if (!z) return pt_fail(err, "conf", PT_MEMORY, 0, "out of memory for the time zone");
  int failed = 0;
  if (strcmp(name, "UTC") == 0) {
    if (add(z, 0, 0)) failed = pt_fail(err, "conf", PT_MEMORY, 0, "out of memory for the time zone");
  } else if (!good_name(name)) {
    failed = pt_fail(err, "conf", PT_CONFIG, 0, "timezone: '%s' is no IANA name", name);
  } else {
    failed = load(z, name, err);
  }
  if (failed) {
    pt_zone_close(z);
    return failed;
  }
  *out = z;
  return 0;
}

void pt_zone_close(struct pt_zone *z) {
  if (!z) return;
  free(z->t);
  free(z);
}

static size_t place(const struct pt_zone *z, int64_t utc) {
  size_t low = 0, high = z->n;
  while (high - low > 1) {
    size_t mid = (low + high) / 2;
    if (z->t[mid].at <= utc)
      low = mid;
    else
      high = mid;
  }
  return low;
}

int64_t pt_zone_offset(const struct pt_zone *z, int64_t utc, int64_t *from, int64_t *to) {
  size_t i = place(z, utc);
  *from = z->t[i].at;
  *to = i + 1 < z->n ? z->t[i + 1].at : INT64_MAX;
  return z->t[i].offset;
}

int64_t pt_zone_to_utc(const struct pt_zone *z, int64_t local) {
  /* The offset before the change is tried first: it gives the earlier of two instants, and moves a time in a gap
   * forward by the gap. */
  size_t i = place(z, local - 14 * INT64_C(3600000));
  while (i + 1 < z->n && local - z->t[i].offset >= z->t[i + 1].at) {
    int64_t later = local - z->t[i + 1].offset;
    if (later < z->t[i + 1].at) return local - z->t[i].offset; /* in the gap */
    i++;
  }
  return local - z->t[i].offset;
}

int64_t pt_zone_day_start(const struct pt_zone *z, int64_t days) {
  int64_t local = days * PT_DAY_MS;
  int64_t utc = pt_zone_to_utc(z, local);
  int64_t from, to, offset = pt_zone_offset(z, utc, &from, &to);
  /* midnight in a gap: the day begins where the gap ends */
  return utc + offset > local && from != INT64_MIN && from + offset >= local ? from : utc;
}

const char *pt_zone_version(void) {
  static char version[32];
  if (version[0]) return version;
  snprintf(version, sizeof version, "unknown");
  FILE *f = fopen("/usr/share/zoneinfo/tzdata.zi", "r");
  if (!f) return version;
  char line[64];
  if (fgets(line, sizeof line, f) && sscanf(line, "# version %31s", version) != 1)
    snprintf(version, sizeof version, "unknown");
  fclose(f);
  return version;
}

/* Readers and writers of keys with one value. */
#include <math.h>
#include <portrait/decimal.h>
#include <stdlib.h>

#include "conf_priv.h"

#define SHARE_DIGITS 9
#define SHARE_ONE    INT64_C(1000000000)

const char *pt_read_scalar(const struct pt_reading *r, const char *key, uint32_t node) {
  const struct pt_ynode *n = &r->doc->nodes[node];
  if (n->kind != PT_Y_SCALAR) {
    pt_yaml_fail(r->doc, node, r->err, "%s is one value, not a %s", key, n->kind == PT_Y_MAP ? "map" : "list");
    return NULL;
  }
  if (pt_yaml_is_null(r->doc, node)) {
    pt_yaml_fail(r->doc, node, r->err, "%s has no value: leave the key out for its default", key);
    return NULL;
  }
  return pt_yaml_text(r->doc, node);
}

/* A text member: char[high]. */
int pt_read_text(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  const char *text = pt_read_scalar(r, key->info.name, node);
  if (!text) return r->err->code;
  size_t n = strlen(text);
  if (n >= key->high)
    return pt_yaml_fail(r->doc, node, r->err, "%s is longer than %llu bytes", key->info.name,
                        (unsigned long long)key->high - 1);
  memcpy(at, text, n + 1);
  return 0;
}

int pt_write_quoted(struct pt_buf *out, const char *text) {
  int failed = pt_buf_add(out, "\"", 1);
  for (const unsigned char *p = (const unsigned char *)text; *p && !failed; p++) {
    /* U+0080..9F, U+2028..29, U+FEFF and U+FFFE..F are line breaks or not allowed as they are */
    bool control = p[0] == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0;
    bool three = (p[0] == 0xE2 && p[1] == 0x80 && (p[2] == 0xA8 || p[2] == 0xA9)) ||
                 (p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF) || (p[0] == 0xEF && p[1] == 0xBF && p[2] >= 0xBE);
    if (control || three) {
      unsigned point = control ? p[1] : ((p[0] & 15u) << 12 | (p[1] & 63u) << 6 | (p[2] & 63u));
      failed = pt_buf_printf(out, "\\u%04X", point);
      p += control ? 1 : 2;
    } else if (*p < ' ' || *p == 127) {
      failed = pt_buf_printf(out, "\\x%02X", *p);
    } else if (*p == '"' || *p == '\\') {
      failed = pt_buf_printf(out, "\\%c", *p);
    } else {
      failed = pt_buf_add(out, p, 1);
    }
  }
  return failed || pt_buf_add(out, "\"", 1) ? -1 : 0;
}

int pt_write_text(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  return pt_buf_add(out, " ", 1) || pt_write_quoted(out, at) ? -1 : 0;
}

/* An enum member, numbered as the choices stand. */
int pt_read_choice(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  const char *text = pt_read_scalar(r, key->info.name, node);
  if (!text) return r->err->code;
  char all[128] = "";
  for (int i = 0; key->choices[i]; i++) {
    if (strcmp(text, key->choices[i]) == 0) {
      *(int *)at = i;
      return 0;
    }
    if (i) strcat(all, ", ");
    strcat(all, key->choices[i]);
  }
  return pt_yaml_fail(r->doc, node, r->err, "%s is one of %s, not '%.64s'", key->info.name, all, text);
}

int pt_write_choice(const struct pt_key *key, const void *at, struct pt_buf *out) {
  return pt_buf_printf(out, " %s", key->choices[*(const int *)at]);
}

int pt_read_bool(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  const char *text = pt_read_scalar(r, key->info.name, node);
  if (!text) return r->err->code;
  bool yes = strcmp(text, "true") == 0 || strcmp(text, "yes") == 0;
  if (!yes && strcmp(text, "false") != 0 && strcmp(text, "no") != 0)
    return pt_yaml_fail(r->doc, node, r->err, "%s is true or false, not '%.64s'", key->info.name, text);
  *(bool *)at = yes;
  return 0;
}

int pt_write_bool(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  return pt_buf_printf(out, *(const bool *)at ? " true" : " false");
}

static int check_range(const struct pt_reading *r, const struct pt_key *key, uint32_t node, int code, uint64_t v) {
  const char *text = pt_yaml_text(r->doc, node);
  if (code == -1)
    return pt_yaml_fail(r->doc, node, r->err, "%s is %s, not '%.64s'", key->info.name, key->info.type, text);
  if (code || v < key->low || v > key->high)
    return pt_yaml_fail(r->doc, node, r->err, "%s lies between %llu and %llu, not '%.64s'", key->info.name,
                        (unsigned long long)key->low, (unsigned long long)key->high, text);
  return 0;
}

static bool all_digits(const char *text) {
  return text[0] && text[strspn(text, "0123456789")] == 0;
}

int pt_read_count32(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  const char *text = pt_read_scalar(r, key->info.name, node);
  if (!text) return r->err->code;
  int64_t v = 0;
  int code = all_digits(text) ? pt_decimal(pt_slice_of(text), 0, UINT32_MAX, &v) : -1;
  PT_TRY(check_range(r, key, node, code, (uint64_t)v));
  *(uint32_t *)at = (uint32_t)v;
  return 0;
}

int pt_write_count32(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  return pt_buf_printf(out, " %u", *(const uint32_t *)at);
}

int pt_read_bytes(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  const char *text = pt_read_scalar(r, key->info.name, node);
  if (!text) return r->err->code;
  uint64_t v = 0;
  int code = pt_unit_bytes(pt_slice_of(text), &v);
  PT_TRY(check_range(r, key, node, code, v));
  *(uint64_t *)at = v;
  return 0;
}

int pt_write_bytes(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  return pt_buf_printf(out, " %llu", (unsigned long long)*(const uint64_t *)at);
}

int pt_read_share(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  const char *text = pt_read_scalar(r, key->info.name, node);
  if (!text) return r->err->code;
  int64_t v = 0;
  int code = pt_decimal(pt_slice_of(text), SHARE_DIGITS, 1, &v);
  PT_TRY(check_range(r, key, node, v < 0 ? -2 : code, (uint64_t)v / SHARE_ONE));
  *(double *)at = (double)v / (double)SHARE_ONE;
  return 0;
}

int pt_write_share(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  long long v = llround(*(const double *)at * (double)SHARE_ONE);
  return pt_buf_printf(out, " %lld.%09lld", v / SHARE_ONE, v % SHARE_ONE);
}

static int read_duration(const struct pt_reading *r, const struct pt_key *key, uint32_t node, int64_t *ms) {
  const char *text = pt_read_scalar(r, key->info.name, node);
  if (!text) return r->err->code;
  int code = pt_unit_ms(pt_slice_of(text), key->high, ms);
  if (code == -1)
    return pt_yaml_fail(r->doc, node, r->err, "%s is a duration such as '30 min', '72 h' or '30 d', not '%.64s'",
                        key->info.name, text);
  if (code || *ms < 1)
    return pt_yaml_fail(r->doc, node, r->err, "%s lies between 1 ms and 36500 d, not '%.64s'", key->info.name, text);
  return 0;
}

int pt_read_ms(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  return read_duration(r, key, node, at);
}

int pt_write_ms(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  return pt_buf_add(out, " ", 1) || pt_unit_ms_text(*(const int64_t *)at, out) ? -1 : 0;
}

/* A date or time, UTC where it has no offset. */
static int parse_utc(const struct pt_reading *r, uint32_t node, const char *text, int64_t *ms) {
  static const struct pt_time_format iso = {.kind = PT_TIME_ISO};
  struct pt_zone *utc;
  PT_TRY(pt_zone_open(&utc, "UTC", r->err));
  int failed = pt_time_parse(&iso, utc, pt_slice_of(text), ms);
  pt_zone_close(utc);
  if (failed)
    return pt_yaml_fail(r->doc, node, r->err, "'%.64s' is no date or time (2026-03-14, 2026-03-14T09:26:53Z)", text);
  return 0;
}

/* time_from and time_to, one behind the other. */
int pt_read_range(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  const struct pt_ynode *nodes = r->doc->nodes;
  uint32_t from = nodes[node].child, to = from ? nodes[from].next : 0;
  if (nodes[node].kind != PT_Y_LIST || !to || nodes[to].next)
    return pt_yaml_fail(r->doc, node, r->err, "%s is a list of two times: [from, to)", key->info.name);
  int64_t bounds[2];
  uint32_t ends[2] = {from, to};
  for (int i = 0; i < 2; i++) {
    const char *text = pt_read_scalar(r, key->info.name, ends[i]);
    if (!text) return r->err->code;
    char date[16];
    if (strlen(text) == 4 && all_digits(text)) { /* a year alone: its first instant */
      memcpy(date, text, 4);
      memcpy(date + 4, "-01-01", 7);
      text = date;
    }
    PT_TRY(parse_utc(r, ends[i], text, &bounds[i]));
  }
  if (bounds[0] >= bounds[1]) return pt_yaml_fail(r->doc, to, r->err, "%s ends before it begins", key->info.name);
  memcpy(at, bounds, sizeof bounds);
  return 0;
}

int pt_write_range(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  const int64_t *bounds = at;
  char from[32], to[32];
  pt_time_text(bounds[0], from);
  pt_time_text(bounds[1], to);
  return pt_buf_printf(out, " [\"%s\", \"%s\"]", from, to);
}

/* Checked as a time; kept as text, for a local one needs the zone. */
int pt_read_as_of(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  int64_t ms;
  const char *text = pt_read_scalar(r, key->info.name, node);
  if (!text) return r->err->code;
  if (text[0]) PT_TRY(parse_utc(r, node, text, &ms));
  return pt_read_text(r, key, node, at);
}

/* The shape of an IANA name; whether it is installed is seen when it is opened. */
int pt_read_zone(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  const char *text = pt_read_scalar(r, key->info.name, node);
  if (!text) return r->err->code;
  static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
  if (text[0] == 0 || text[0] == '/' || text[strspn(text, allowed)])
    return pt_yaml_fail(r->doc, node, r->err, "'%.64s' is no time zone name such as Europe/Paris", text);
  return pt_read_text(r, key, node, at);
}

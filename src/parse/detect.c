/* Which built-in format a file is in, from its first lines. Only what a log of that format must have decides. */
#include "parse_priv.h"

#define TRY_LINES 32

enum sign {
  S_TYPE,
  S_ACTION,
  S_USERID,
  S_ANONYMOUSID,
  S_MESSAGEID,
  S_TIME,
  S_EVENT,
  S_USER_ID,
  S_ANONYMOUS_ID,
  S_COUNT
};
static const char *const sign_key[S_COUNT] = {"type", "action", "userId",  "anonymousId", "messageId",
                                              "time", "event",  "user_id", "anonymous_id"};

static bool has_text(const struct pt_value *v, const char *const *texts) {
  for (; *texts; texts++)
    if (v->kind == PT_V_TEXT && pt_slice_eq((struct pt_slice){v->p, v->n}, pt_slice_of(*texts))) return true;
  return false;
}

static const struct pt_format *by_keys(const struct pt_json *j, const struct pt_value *v) {
  static const char *const kinds[] = {"track", "identify", "page", "screen", "group", "alias", NULL};
  uint64_t seen = j->seen[0];
  bool kind = has_text(&v[S_TYPE], kinds) || has_text(&v[S_ACTION], kinds);
  bool who = seen & (1u << S_USERID | 1u << S_ANONYMOUSID | 1u << S_MESSAGEID);
  if (who && (kind || (seen & (1u << S_TYPE | 1u << S_EVENT)))) return pt_format_builtin("segment");
  if ((seen & (1u << S_USER_ID | 1u << S_ANONYMOUS_ID)) && (seen & (1u << S_TIME | 1u << S_EVENT)))
    return pt_format_builtin("portrait");
  return kind ? pt_format_builtin("segment") : NULL;
}

static const struct pt_format *detect_json(const char *p, const char *end) {
  struct pt_json j;
  struct pt_value v[S_COUNT] = {{0}};
  const struct pt_format *found = NULL;
  bool ok = pt_json_open(&j, (size_t)(end - p)) == 0;
  for (int s = 0; ok && s < S_COUNT; s++) {
    uint32_t k = pt_paths_add(&j.paths, 0, pt_slice_of(sign_key[s]));
    ok = k != PT_NONE;
    if (ok) j.paths.key[k].slot = (uint8_t)s;
    j.to[s] = &v[s];
  }
  ok = ok && pt_paths_seal(&j.paths) == 0;
  for (int i = 0; ok && !found && i < TRY_LINES && p < end; i++) {
    const char *lf = memchr(p, '\n', (size_t)(end - p)), *stop = lf ? lf : end;
    if (pt_json_scan(&j, p, stop)) found = by_keys(&j, v);
    p = lf ? lf + 1 : end;
  }
  pt_json_close(&j);
  return found;
}

static bool has_column(const struct pt_slice *cell, uint32_t n, const char *name) {
  for (uint32_t i = 0; i < n; i++)
    if (pt_slice_eq(pt_slice_trim(cell[i]), pt_slice_of(name))) return true;
  return false;
}

static bool is_number(struct pt_slice s) {
  for (size_t i = 0; i < s.n; i++)
    if (s.p[i] < '0' || s.p[i] > '9') return false;
  return s.n > 0;
}

static bool is_taobao(const struct pt_slice *cell, uint32_t n) {
  if (n != 5) return false;
  for (uint32_t i = 0; i < 5; i++)
    if (i != 3 && !is_number(pt_slice_trim(cell[i]))) return false;
  struct pt_slice event = pt_slice_trim(cell[3]);
  return pt_slice_eq(event, PT_SLICE("pv")) || pt_slice_eq(event, PT_SLICE("buy")) ||
         pt_slice_eq(event, PT_SLICE("cart")) || pt_slice_eq(event, PT_SLICE("fav"));
}

/* Built-in names need no quotes inside: one pair around a cell is taken off. */
static uint32_t cut_cells(const char *p, const char *end, char delimiter, struct pt_slice *cell, uint32_t max) {
  uint32_t n = 0;
  while (n < max) {
    const char *stop = p < end ? memchr(p, delimiter, (size_t)(end - p)) : NULL;
    struct pt_slice s = pt_slice_trim((struct pt_slice){p, (size_t)((stop ? stop : end) - p)});
    if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"') s = (struct pt_slice){s.p + 1, s.n - 2};
    cell[n++] = s;
    if (!stop) break;
    p = stop + 1;
  }
  return n;
}

static const struct pt_format *detect_csv(const char *p, const char *end, const char *file_name) {
  const char *lf = memchr(p, '\n', (size_t)(end - p));
  const char *dot = file_name ? strrchr(file_name, '.') : NULL;
  const char *order = dot && strncmp(dot, ".tsv", 4) == 0 ? "\t," : ",\t";
  for (; *order; order++) {
    struct pt_slice cell[64];
    uint32_t n = cut_cells(p, lf ? lf : end, *order, cell, 64);
    if (has_column(cell, n, "event_time") && has_column(cell, n, "event_type") && has_column(cell, n, "product_id"))
      return pt_format_builtin_csv("rees46", *order);
    if (has_column(cell, n, "time") && (has_column(cell, n, "user_id") || has_column(cell, n, "anonymous_id")))
      return pt_format_builtin_csv("portrait", *order);
    if (is_taobao(cell, n)) return pt_format_builtin_csv("taobao", *order);
  }
  return NULL;
}

/* JSON is looked at in a copy: scanning reads up to 64 bytes behind its end. */
const struct pt_format *pt_format_detect(struct pt_slice head, const char *file_name) {
  struct pt_buf copy = {0};
  const char *p = head.p, *end = head.p + head.n;
  if (head.n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) p += 3;
  while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) p++;
  if (p >= end) return NULL;
  if (*p != '{') return detect_csv(p, end, file_name);
  size_t n = (size_t)(end - p);
  const struct pt_format *found = NULL;
  if (!pt_buf_reserve(&copy, n + 64)) {
    memcpy(copy.p, p, n);
    memset(copy.p + n, 0, 64);
    found = detect_json(copy.p, copy.p + n);
  }
  pt_buf_free(&copy);
  return found;
}

const struct pt_format *pt_format_detect_users(struct pt_slice head, const char *file_name) {
  const char *p = head.p, *end = head.p + head.n;
  if (head.n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) p += 3;
  while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) p++;
  if (p >= end) return NULL;
  if (*p == '{') return pt_format_users(0);
  const char *lf = memchr(p, '\n', (size_t)(end - p)), *dot = file_name ? strrchr(file_name, '.') : NULL;
  const char *order = dot && strncmp(dot, ".tsv", 4) == 0 ? "\t,;" : ",\t;";
  for (; *order; order++) {
    struct pt_slice cell[64];
    uint32_t n = cut_cells(p, lf ? lf : end, *order, cell, 64);
    if (has_column(cell, n, "user_id") || has_column(cell, n, "anonymous_id")) return pt_format_users(*order);
  }
  return NULL;
}

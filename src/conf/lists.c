/* Readers and writers of keys with several values. */
#include <portrait/decimal.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf_priv.h"

#define RATE_DIGITS 9

void pt_names_free(struct pt_names *names) {
  for (uint32_t i = 0; i < names->n; i++) free(names->v[i]);
  free(names->v);
  *names = (struct pt_names){0};
}

static uint32_t count_children(const struct pt_yaml *doc, uint32_t node) {
  uint32_t n = 0;
  for (uint32_t i = doc->nodes[node].child; i; i = doc->nodes[i].next) n++;
  return n;
}

/* One text of a list: `*out` is a copy that item() has seen. */
static int read_item(const struct pt_reading *r, const struct pt_key *key, uint32_t node, char **out) {
  const char *text = pt_read_scalar(r, key->info.name, node);
  if (!text) return r->err->code;
  *out = strdup(text);
  if (!*out) return pt_conf_no_memory(r->err);
  return key->item(r, key, node, *out);
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static int refuse_twins(const struct pt_reading *r, const struct pt_key *key, uint32_t node,
                        const struct pt_names *names) {
  if (names->n < 2) return 0;
  char **sorted = malloc(names->n * sizeof *sorted);
  if (!sorted) return pt_conf_no_memory(r->err);
  memcpy(sorted, names->v, names->n * sizeof *sorted);
  qsort(sorted, names->n, sizeof *sorted, compare_names);
  const char *twin = NULL;
  for (uint32_t i = 1; i < names->n && !twin; i++)
    if (strcmp(sorted[i - 1], sorted[i]) == 0) twin = sorted[i];
  free(sorted);
  return twin ? pt_yaml_fail(r->doc, node, r->err, "%s names '%.64s' twice", key->info.name, twin) : 0;
}

static int fill_names(const struct pt_reading *r, const struct pt_key *key, uint32_t node, struct pt_names *names) {
  const struct pt_yaml *doc = r->doc;
  bool one = doc->nodes[node].kind == PT_Y_SCALAR; /* a single text is a list of one */
  uint32_t n = one ? 1 : count_children(doc, node);
  if (doc->nodes[node].kind == PT_Y_MAP)
    return pt_yaml_fail(doc, node, r->err, "%s is a list, not a map", key->info.name);
  if (n < key->low || n > key->high)
    return pt_yaml_fail(doc, node, r->err, "%s has between %llu and %llu entries, not %u", key->info.name,
                        (unsigned long long)key->low, (unsigned long long)key->high, n);
  if (n == 0) return 0;
  names->v = calloc(n, sizeof *names->v);
  if (!names->v) return pt_conf_no_memory(r->err);
  names->n = n;
  uint32_t item = one ? node : doc->nodes[node].child;
  for (uint32_t i = 0; i < n; i++, item = doc->nodes[item].next) PT_TRY(read_item(r, key, item, &names->v[i]));
  return refuse_twins(r, key, node, names);
}

int pt_read_names(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  struct pt_names names = {0};
  int code = fill_names(r, key, node, &names);
  if (code) {
    pt_names_free(&names);
    return code;
  }
  pt_names_free(at);
  *(struct pt_names *)at = names;
  return 0;
}

int pt_write_names(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  const struct pt_names *names = at;
  int failed = pt_buf_add(out, " [", 2);
  for (uint32_t i = 0; i < names->n && !failed; i++)
    failed = (i && pt_buf_add(out, ", ", 2)) || pt_write_quoted(out, names->v[i]);
  return failed || pt_buf_add(out, "]", 1) ? -1 : 0;
}

int pt_item_text(const struct pt_reading *r, const struct pt_key *key, uint32_t node, char *text) {
  size_t n = strlen(text);
  if (n == 0 || n > 4095) return pt_yaml_fail(r->doc, node, r->err, "%s: a text of 1 to 4095 bytes", key->info.name);
  return 0;
}

int pt_item_event(const struct pt_reading *r, const struct pt_key *key, uint32_t node, char *text) {
  size_t n = strlen(text);
  if (n == 0 || n > 64)
    return pt_yaml_fail(r->doc, node, r->err, "%s: an event name has 1 to 64 bytes", key->info.name);
  return 0;
}

/* An event that names columns (`view` gives view_count_30d): what is no letter or digit there becomes '_'. */
int pt_item_counted(const struct pt_reading *r, const struct pt_key *key, uint32_t node, char *text) {
  size_t n = strlen(text);
  bool letter = (text[0] | 32) >= 'a' && (text[0] | 32) <= 'z';
  if (!letter || n > 48)
    return pt_yaml_fail(r->doc, node, r->err, "%s: '%.64s' names columns: a letter first, up to 48 bytes",
                        key->info.name, text);
  return 0;
}

const char *const pt_sensitive_names[] = {"when_where_what", "income", "children", "body_shape", "skin_type"};
const uint32_t pt_n_sensitive_names = sizeof pt_sensitive_names / sizeof *pt_sensitive_names;

/* A sensitive column that this version can compute. */
int pt_item_sensitive(const struct pt_reading *r, const struct pt_key *key, uint32_t node, char *text) {
  char known[128] = "";
  size_t n = 0;
  for (uint32_t i = 0; i < pt_n_sensitive_names; i++) {
    if (strcmp(text, pt_sensitive_names[i]) == 0) return 0;
    n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", n ? ", " : "", pt_sensitive_names[i]);
  }
  return pt_yaml_fail(r->doc, node, r->err, "%s: '%.64s' is no sensitive column (there are %s)", key->info.name, text,
                      known);
}

/* A further field of records. Those of the catalogue are columns already or are not to be, and what tells who somebody
 * is never is one. */
int pt_item_kept(const struct pt_reading *r, const struct pt_key *key, uint32_t node, char *text) {
  static const char *const never[] = {"nickname", "username",   "phone",     "mobile",       "email",     "e_mail",
                                      "e-mail",   "name",       "user_id",   "anonymous_id", "id_number", "firstname",
                                      "lastname", "first_name", "last_name", "firstName",    "lastName",  NULL};
  for (int i = 0; never[i]; i++)
    if (strcmp(text, never[i]) == 0)
      return pt_yaml_fail(r->doc, node, r->err, "%s: '%.64s' is never written", key->info.name, text);
  if (pt_rfield_of(pt_slice_of(text)) < PT_RF_COUNT)
    return pt_yaml_fail(r->doc, node, r->err, "%s: '%.64s' is a field of the catalogue, not a further one",
                        key->info.name, text);
  size_t n = strlen(text);
  bool letter = (text[0] | 32) >= 'a' && (text[0] | 32) <= 'z';
  if (letter && n <= 64) return 0;
  return pt_yaml_fail(r->doc, node, r->err, "%s: '%.64s' names a column: a letter first, up to 64 bytes",
                      key->info.name, text);
}

int pt_item_table(const struct pt_reading *r, const struct pt_key *key, uint32_t node, char *text) {
  static const char *const tables[] = {"summary", "tgi",   "hours",  "burst",   "cohorts", "retention",
                                       "funnel",  "trend", "growth", "overlap", "members"};
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
    if (strcmp(text, tables[i]) == 0) return 0;
  return pt_yaml_fail(r->doc, node, r->err, "%s: '%.64s' is no table of the segments", key->info.name, text);
}

/* A category as the events' are written: parts at '.', '>' and '/', trimmed, the empty ones dropped. */
int pt_item_category(const struct pt_reading *r, const struct pt_key *key, uint32_t node, char *text) {
  char *out = text;
  const char *p = text;
  while (*p) {
    size_t n = strcspn(p, ".>/");
    struct pt_slice part = pt_slice_trim((struct pt_slice){p, n});
    if (part.n) {
      if (out != text) *out++ = '.';
      memmove(out, part.p, part.n);
      out += part.n;
    }
    p += n + (p[n] != 0);
  }
  *out = 0;
  return pt_item_text(r, key, node, text);
}

int64_t pt_whole_days(const char *text) {
  struct pt_slice s = pt_slice_trim(pt_slice_of(text));
  if (s.n && s.p[s.n - 1] == 'd') s = pt_slice_trim((struct pt_slice){s.p, s.n - 1});
  int64_t days = 0;
  for (size_t i = 0; i < s.n; i++) {
    if (s.p[i] < '0' || s.p[i] > '9' || days > 36500) return -1;
    days = days * 10 + (s.p[i] - '0');
  }
  return days >= 1 && days <= 36500 ? days : -1;
}

#define MAX_WINDOWS 16

/* `windows` and `n_windows`, one behind the other. */
struct windows {
  uint32_t v[MAX_WINDOWS];
  uint32_t n;
};
_Static_assert(offsetof(struct pt_conf, n_windows) == offsetof(struct pt_conf, windows) + offsetof(struct windows, n),
               "the windows and their number stand together");

static int take_window(const struct pt_reading *r, uint32_t node, struct windows *w) {
  const char *text = pt_read_scalar(r, "windows", node);
  if (!text) return r->err->code;
  if (strcmp(text, "all") == 0) return 0; /* is always there */
  int64_t days = pt_whole_days(text);
  if (days < 0) return pt_yaml_fail(r->doc, node, r->err, "a window is whole days from 1 to 36500, not '%.64s'", text);
  if (w->n == MAX_WINDOWS) return pt_yaml_fail(r->doc, node, r->err, "more than %d windows", MAX_WINDOWS);
  if (w->n && days <= w->v[w->n - 1])
    return pt_yaml_fail(r->doc, node, r->err, "windows ascend: %lld stands behind %u", (long long)days, w->v[w->n - 1]);
  w->v[w->n++] = (uint32_t)days;
  return 0;
}

int pt_read_windows(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  struct windows w = {0};
  if (r->doc->nodes[node].kind != PT_Y_LIST)
    return pt_yaml_fail(r->doc, node, r->err, "%s is a list of whole days", key->info.name);
  for (uint32_t i = r->doc->nodes[node].child; i; i = r->doc->nodes[i].next) PT_TRY(take_window(r, i, &w));
  memcpy(at, &w, sizeof w);
  return 0;
}

int pt_write_windows(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  const struct windows *w = at;
  int failed = pt_buf_add(out, " [", 2);
  for (uint32_t i = 0; i < w->n && !failed; i++) failed = pt_buf_printf(out, "%s%u", i ? ", " : "", w->v[i]);
  return failed || pt_buf_add(out, "]", 1) ? -1 : 0;
}

/* `rates` and `n_rates`, one behind the other. */
struct rates {
  struct pt_rate *v;
  uint32_t n;
};
_Static_assert(offsetof(struct pt_conf, n_rates) == offsetof(struct pt_conf, rates) + offsetof(struct rates, n),
               "the rates and their number stand together");

/* A rate is kept to nine digits: more are refused, not rounded away. */
static bool too_fine(const char *text) {
  const char *point = strchr(text, '.');
  if (strpbrk(text, "eE")) return true;
  if (!point) return false;
  size_t n = strlen(point + 1);
  while (n && point[n] == '0') n--;
  return n > RATE_DIGITS;
}

static int read_rate(const struct pt_reading *r, uint32_t code, struct pt_rate *out) {
  const char *name = pt_yaml_text(r->doc, code);
  uint32_t node = r->doc->nodes[code].next;
  const char *text = pt_read_scalar(r, "a rate", node);
  if (!text) return r->err->code;
  size_t n = strlen(name);
  if (n == 0 || n >= sizeof out->code)
    return pt_yaml_fail(r->doc, code, r->err, "a currency has 1 to %zu bytes", sizeof out->code - 1);
  memcpy(out->code, name, n + 1);
  int failed = pt_decimal(pt_slice_of(text), RATE_DIGITS, INT64_C(9000000000), &out->rate_e9);
  if (failed == -1) return pt_yaml_fail(r->doc, node, r->err, "the rate of %s is a number, not '%.64s'", name, text);
  if (too_fine(text))
    return pt_yaml_fail(r->doc, node, r->err, "the rate of %s has over %d digits behind the point", name, RATE_DIGITS);
  if (failed || out->rate_e9 <= 0)
    return pt_yaml_fail(r->doc, node, r->err, "the rate of %s lies above 0 and up to 9000000000", name);
  return 0;
}

int pt_read_rates(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  if (r->doc->nodes[node].kind != PT_Y_MAP)
    return pt_yaml_fail(r->doc, node, r->err, "%s is a map such as {USD: 0.92}", key->info.name);
  uint32_t n = count_children(r->doc, node) / 2;
  if (n > key->high)
    return pt_yaml_fail(r->doc, node, r->err, "%s has over %llu entries", key->info.name,
                        (unsigned long long)key->high);
  struct pt_rate *v = n ? calloc(n, sizeof *v) : NULL;
  if (n && !v) return pt_conf_no_memory(r->err);
  uint32_t code = r->doc->nodes[node].child;
  for (uint32_t i = 0; i < n; i++, code = r->doc->nodes[r->doc->nodes[code].next].next) {
    int failed = read_rate(r, code, &v[i]);
    if (failed) {
      free(v);
      return failed;
    }
  }
  struct rates *rates = at;
  free(rates->v);
  rates->v = v;
  rates->n = n;
  return 0;
}

int pt_write_rates(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  const struct rates *rates = at;
  int failed = pt_buf_add(out, " {", 2);
  for (uint32_t i = 0; i < rates->n && !failed; i++) {
    int64_t rate = rates->v[i].rate_e9;
    failed = (i && pt_buf_add(out, ", ", 2)) || pt_write_quoted(out, rates->v[i].code) ||
             pt_buf_printf(out, ": %lld.%09lld", (long long)(rate / 1000000000), (long long)(rate % 1000000000));
  }
  return failed || pt_buf_add(out, "}", 1) ? -1 : 0;
}

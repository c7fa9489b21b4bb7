/* Readers and writers of the values inside the map `format`. */
#include <stdlib.h>

#include "conf_priv.h"

#define MAX_FIELDS 512 /* alternatives counted */
#define MAX_EVENTS 4096

/* A text of any length up to 64 KiB: char *. */
int pt_read_long_text(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  const char *text = pt_read_scalar(r, key->info.name, node);
  if (!text) return r->err->code;
  if (text[0] == 0 || strlen(text) > 65536)
    return pt_yaml_fail(r->doc, node, r->err, "%s has 1 to 65536 bytes", key->info.name);
  char *copy = strdup(text);
  if (!copy) return pt_conf_no_memory(r->err);
  free(*(char **)at);
  *(char **)at = copy;
  return 0;
}

int pt_write_long_text(const struct pt_key *key, const void *at, struct pt_buf *out) {
  return pt_write_text(key, *(char *const *)at, out);
}

int pt_read_delimiter(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  const char *text = pt_read_scalar(r, key->info.name, node);
  if (!text) return r->err->code;
  char c = text[0];
  if (strcmp(text, "\\t") == 0 || strcmp(text, "tab") == 0)
    c = '\t';
  else if (strcmp(text, "blank") == 0)
    c = ' ';
  else if (strlen(text) != 1 || ((c < '!' || c > '~') && c != '\t' && c != ' ') || strchr("\"-+.", c) ||
           ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9'))
    return pt_yaml_fail(r->doc, node, r->err,
                        "%s is one character that stands in no number or word, tab or blank, not '%.64s'",
                        key->info.name, text);
  *(char *)at = c;
  return 0;
}

int pt_write_delimiter(const struct pt_key *key, const void *at, struct pt_buf *out) {
  char c = *(const char *)at, text[2] = {c, 0};
  return c == ' '    ? pt_buf_printf(out, " blank")
         : c == '\t' ? pt_buf_printf(out, " tab")
                     : pt_write_text(key, text, out);
}

int pt_read_time(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  const char *text = pt_read_scalar(r, key->info.name, node);
  if (!text) return r->err->code;
  struct pt_time_format time = {0};
  if (pt_time_format_of(pt_slice_of(text), &time))
    return pt_yaml_fail(r->doc, node, r->err,
                        "%s is iso8601, unix_s, unix_ms or a pattern such as %%Y%%m%%d, not '%.64s'", key->info.name,
                        text);
  *(struct pt_time_format *)at = time;
  return 0;
}

int pt_write_time(const struct pt_key *key, const void *at, struct pt_buf *out) {
  static const char *const names[] = {"iso8601", "unix_s", "unix_ms"};
  const struct pt_time_format *time = at;
  return pt_write_text(key, time->kind == PT_TIME_PATTERN ? time->pattern : names[time->kind], out);
}

static bool good_name(const char *name) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  size_t n = strlen(name);
  return n >= 1 && n <= 64 && !(name[0] >= '0' && name[0] <= '9') && name[strspn(name, letters)] == 0;
}

/* One source of a field, appended. */
static int add_source(const struct pt_reading *r, const char *name, uint32_t node, struct pt_format *f) {
  const char *source = pt_read_scalar(r, name, node);
  if (!source) return r->err->code;
  size_t n = strlen(source);
  if (n == 0 || n >= sizeof f->fields->source)
    return pt_yaml_fail(r->doc, node, r->err, "format.fields: the place of '%.64s' has 1 to %zu bytes", name,
                        sizeof f->fields->source - 1);
  if (f->n_fields == MAX_FIELDS)
    return pt_yaml_fail(r->doc, node, r->err, "format.fields has over %d entries", MAX_FIELDS);
  struct pt_format_field *fields = realloc(f->fields, (f->n_fields + 1) * sizeof *fields);
  if (!fields) return pt_conf_no_memory(r->err);
  f->fields = fields;
  struct pt_format_field *field = &fields[f->n_fields++];
  *field = (struct pt_format_field){0};
  memcpy(field->name, name, strlen(name) + 1);
  memcpy(field->source, source, n + 1);
  return 0;
}

static bool drop_field(struct pt_format *f, const char *name) {
  uint32_t kept = 0, n = f->n_fields;
  for (uint32_t i = 0; i < n; i++)
    if (strcmp(f->fields[i].name, name) != 0) f->fields[kept++] = f->fields[i];
  f->n_fields = kept;
  return kept < n;
}

/* What the base says of a name gives way to what the map says; `name: ~` takes it out. */
int pt_read_fields(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  struct pt_format *f = at;
  const struct pt_ynode *nodes = r->doc->nodes;
  if (nodes[node].kind != PT_Y_MAP)
    return pt_yaml_fail(r->doc, node, r->err, "%s is a map such as {user_id: visitorId}", key->info.name);
  for (uint32_t k = nodes[node].child; k; k = nodes[nodes[k].next].next) {
    const char *name = pt_yaml_text(r->doc, k);
    uint32_t value = nodes[k].next;
    if (!good_name(name))
      return pt_yaml_fail(r->doc, k, r->err, "'%.64s' is no name: a letter, then up to 63 letters, digits and '_'",
                          name);
    bool dropped = drop_field(f, name);
    if (dropped && pt_yaml_is_null(r->doc, value)) continue;
    if (nodes[value].kind != PT_Y_LIST) {
      PT_TRY(add_source(r, name, value, f));
      continue;
    }
    if (!nodes[value].child) return pt_yaml_fail(r->doc, value, r->err, "format.fields: an empty list for '%s'", name);
    for (uint32_t i = nodes[value].child; i; i = nodes[i].next) PT_TRY(add_source(r, name, i, f));
  }
  return 0;
}

/* Names that the base has and the format has not. */
static int write_dropped(const struct pt_format *f, bool first, struct pt_buf *out) {
  const struct pt_format *base = f->segment ? pt_format_builtin("segment") : NULL;
  int failed = 0;
  for (uint32_t i = 0; base && i < base->n_fields && !failed; i++) {
    const char *name = base->fields[i].name;
    bool there = i && strcmp(base->fields[i - 1].name, name) == 0; /* an alternative: said already */
    for (uint32_t k = 0; k < f->n_fields && !there; k++) there = strcmp(f->fields[k].name, name) == 0;
    if (there) continue;
    failed = pt_buf_printf(out, "%s%s: ~", first ? "" : ", ", name);
    first = false;
  }
  return failed;
}

int pt_write_fields(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  const struct pt_format *f = at;
  int failed = pt_buf_add(out, " {", 2);
  for (uint32_t i = 0, n; i < f->n_fields && !failed; i += n) {
    const struct pt_format_field *field = &f->fields[i];
    for (n = 1; i + n < f->n_fields && strcmp(field[n].name, field->name) == 0;) n++;
    failed = pt_buf_printf(out, "%s%s: %s", i ? ", " : "", field->name, n > 1 ? "[" : "");
    for (uint32_t k = 0; k < n && !failed; k++)
      failed = (k && pt_buf_add(out, ", ", 2)) || pt_write_quoted(out, field[k].source);
    if (n > 1) failed = failed || pt_buf_add(out, "]", 1);
  }
  return failed || write_dropped(f, f->n_fields == 0, out) || pt_buf_add(out, "}", 1) ? -1 : 0;
}

static void drop_event(struct pt_format *f, const char *from) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < f->n_events; i++)
    if (strcmp(f->events[i].from, from) != 0) f->events[kept++] = f->events[i];
  f->n_events = kept;
}

static int add_event(const struct pt_reading *r, uint32_t key, struct pt_format *f) {
  const char *from = pt_yaml_text(r->doc, key);
  uint32_t value = r->doc->nodes[key].next;
  const char *to = pt_read_scalar(r, "an event name", value);
  if (!to) return r->err->code;
  size_t n_from = strlen(from), n_to = strlen(to);
  struct pt_format_event *event = &f->events[f->n_events];
  if (n_from == 0 || n_from >= sizeof event->from)
    return pt_yaml_fail(r->doc, key, r->err, "format.events: a name in the log has 1 to %zu bytes",
                        sizeof event->from - 1);
  if (n_to == 0 || n_to >= sizeof event->to)
    return pt_yaml_fail(r->doc, value, r->err, "format.events: an event name has 1 to %zu bytes", sizeof event->to - 1);
  *event = (struct pt_format_event){0};
  memcpy(event->from, from, n_from + 1);
  memcpy(event->to, to, n_to + 1);
  f->n_events++;
  return 0;
}

int pt_read_events(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  struct pt_format *f = at;
  const struct pt_ynode *nodes = r->doc->nodes;
  uint32_t n = 0;
  if (nodes[node].kind != PT_Y_MAP)
    return pt_yaml_fail(r->doc, node, r->err, "%s is a map such as {pv: view}", key->info.name);
  for (uint32_t k = nodes[node].child; k; k = nodes[nodes[k].next].next) n++;
  if (n > MAX_EVENTS) return pt_yaml_fail(r->doc, node, r->err, "%s has over %d entries", key->info.name, MAX_EVENTS);
  struct pt_format_event *events = realloc(f->events, (f->n_events + n + 1) * sizeof *events);
  if (!events) return pt_conf_no_memory(r->err);
  f->events = events;
  for (uint32_t k = nodes[node].child; k; k = nodes[nodes[k].next].next) {
    uint32_t before = f->n_events;
    drop_event(f, pt_yaml_text(r->doc, k));
    if (f->n_events < before && pt_yaml_is_null(r->doc, nodes[k].next)) continue;
    PT_TRY(add_event(r, k, f));
  }
  return 0;
}

int pt_write_events(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  const struct pt_format *f = at, *base = f->segment ? pt_format_builtin("segment") : NULL;
  bool first = true;
  int failed = pt_buf_add(out, " {", 2);
  for (uint32_t i = 0; i < f->n_events && !failed; i++, first = false)
    failed = (!first && pt_buf_add(out, ", ", 2)) || pt_write_quoted(out, f->events[i].from) ||
             pt_buf_add(out, ": ", 2) || pt_write_quoted(out, f->events[i].to);
  for (uint32_t i = 0; base && i < base->n_events && !failed; i++) {
    bool there = false;
    for (uint32_t k = 0; k < f->n_events && !there; k++) there = strcmp(f->events[k].from, base->events[i].from) == 0;
    if (there) continue;
    failed =
        (!first && pt_buf_add(out, ", ", 2)) || pt_write_quoted(out, base->events[i].from) || pt_buf_add(out, ": ~", 3);
    first = false;
  }
  return failed || pt_buf_add(out, "}", 1) ? -1 : 0;
}

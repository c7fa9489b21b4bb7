/* libyaml's events to a small tree with places. Only what a job file needs is let in: one document of plain maps,
 * lists and scalars; what makes YAML surprising (aliases, tags, duplicate keys, several documents) is refused where it
 * stands. Bounds: 1 MiB of text, depth 16, so at most some 40 MiB of nodes for a file made to hurt. */
#include <portrait/table.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "conf_priv.h"

struct reader {
  struct pt_yaml *doc;
  struct pt_err *err;
  yaml_parser_t parser;
  uint32_t open[PT_YAML_MAX_DEPTH]; /* collections around the event, and the last child of each */
  uint32_t last[PT_YAML_MAX_DEPTH];
  uint32_t depth;
  bool done; /* a document has ended */
};

static int fail_at(struct reader *r, yaml_mark_t mark, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static int fail_at(struct reader *r, yaml_mark_t mark, const char *fmt, ...) {
  char text[256];
  va_list args;
  va_start(args, fmt);
  vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  return pt_fail(r->err, "conf", PT_CONFIG, 0, "%.160s:%zu:%zu: %s", r->doc->name, mark.line + 1, mark.column + 1,
                 text);
}

int pt_yaml_fail(const struct pt_yaml *doc, uint32_t node, struct pt_err *err, const char *fmt, ...) {
  char text[320];
  va_list args;
  va_start(args, fmt);
  vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  return pt_fail(err, "conf", PT_CONFIG, 0, "%.120s:%u:%u: %s", doc->name, doc->nodes[node].line, doc->nodes[node].col,
                 text);
}

int pt_conf_no_memory(struct pt_err *err) {
  return pt_fail(err, "conf", PT_MEMORY, 0, "no memory for the job file");
}

const char *pt_yaml_text(const struct pt_yaml *doc, uint32_t node) {
  return doc->nodes[node].kind == PT_Y_SCALAR ? doc->texts.p + doc->nodes[node].text : "";
}

bool pt_yaml_is_null(const struct pt_yaml *doc, uint32_t node) {
  if (doc->nodes[node].kind != PT_Y_SCALAR || !doc->nodes[node].plain) return false;
  const char *text = pt_yaml_text(doc, node);
  return text[0] == 0 || strcmp(text, "~") == 0 || strcmp(text, "null") == 0;
}

static int add_node(struct reader *r, enum pt_ykind kind, yaml_mark_t mark, uint32_t *out) {
  struct pt_yaml *doc = r->doc;
  if (doc->n == doc->cap) {
    uint32_t cap = doc->cap ? doc->cap * 2 : 64;
    struct pt_ynode *nodes = realloc(doc->nodes, cap * sizeof *nodes);
    if (!nodes) return pt_conf_no_memory(r->err);
    doc->nodes = nodes;
    doc->cap = cap;
  }
  uint32_t i = doc->n++;
  doc->nodes[i] = (struct pt_ynode){.kind = kind, .line = (uint32_t)mark.line + 1, .col = (uint32_t)mark.column + 1};
  if (r->depth) {
    uint32_t *last = &r->last[r->depth - 1];
    if (*last)
      doc->nodes[*last].next = i;
    else
      doc->nodes[r->open[r->depth - 1]].child = i;
    *last = i;
  }
  *out = i;
  return 0;
}

static int add_scalar(struct reader *r, const yaml_event_t *event) {
  const char *text = (const char *)event->data.scalar.value;
  size_t n = event->data.scalar.length;
  if (memchr(text, 0, n)) return fail_at(r, event->start_mark, "a text with a NUL");
  uint32_t i;
  PT_TRY(add_node(r, PT_Y_SCALAR, event->start_mark, &i));
  r->doc->nodes[i].plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
  r->doc->nodes[i].text = (uint32_t)r->doc->texts.n;
  return pt_buf_add(&r->doc->texts, text, n + 1) ? pt_conf_no_memory(r->err) : 0;
}

static int begin(struct reader *r, enum pt_ykind kind, const yaml_event_t *event) {
  if (r->depth == PT_YAML_MAX_DEPTH)
    return fail_at(r, event->start_mark, "nested deeper than %d levels", PT_YAML_MAX_DEPTH);
  uint32_t i;
  PT_TRY(add_node(r, kind, event->start_mark, &i));
  r->open[r->depth] = i;
  r->last[r->depth] = 0;
  r->depth++;
  return 0;
}

/* Keys of a map that has ended: texts, each once. A table of hashes keeps a map of 100,000 keys linear. */
static int check_keys(struct reader *r, uint32_t map) {
  struct pt_yaml *doc = r->doc;
  struct pt_table seen = {0};
  int code = 0;
  for (uint32_t key = doc->nodes[map].child; key && !code; key = doc->nodes[doc->nodes[key].next].next) {
    const char *text = pt_yaml_text(doc, key);
    bool is_new;
    if (doc->nodes[key].kind != PT_Y_SCALAR) {
      code = pt_yaml_fail(doc, key, r->err, "a key must be a text");
      break;
    }
    uint32_t *first = pt_table_put(&seen, pt_hash64(text, strlen(text)), key, &is_new);
    if (!first)
      code = pt_conf_no_memory(r->err);
    else if (!is_new && strcmp(text, pt_yaml_text(doc, *first)) == 0)
      code = pt_yaml_fail(doc, key, r->err, "the key '%.64s' stands in line %u already", text, doc->nodes[*first].line);
  }
  pt_table_free(&seen);
  return code;
}

static int refuse_extras(struct reader *r, const yaml_event_t *event) {
  const yaml_char_t *anchor = NULL, *tag = NULL;
  if (event->type == YAML_ALIAS_EVENT)
    return fail_at(r, event->start_mark, "aliases are not read: a text that begins with * stands in quotes");
  if (event->type == YAML_SCALAR_EVENT) {
    anchor = event->data.scalar.anchor;
    tag = event->data.scalar.tag;
  } else if (event->type == YAML_SEQUENCE_START_EVENT) {
    anchor = event->data.sequence_start.anchor;
    tag = event->data.sequence_start.tag;
  } else if (event->type == YAML_MAPPING_START_EVENT) {
    anchor = event->data.mapping_start.anchor;
    tag = event->data.mapping_start.tag;
  }
  if (anchor) return fail_at(r, event->start_mark, "anchors are not read: a text that begins with & stands in quotes");
  if (tag) return fail_at(r, event->start_mark, "tags are not read: a text that begins with ! stands in quotes");
  return 0;
}

static int take(struct reader *r, const yaml_event_t *event) {
  PT_TRY(refuse_extras(r, event));
  switch (event->type) {
    case YAML_SCALAR_EVENT:
      return add_scalar(r, event);
    case YAML_SEQUENCE_START_EVENT:
      return begin(r, PT_Y_LIST, event);
    case YAML_MAPPING_START_EVENT:
      return begin(r, PT_Y_MAP, event);
    case YAML_SEQUENCE_END_EVENT:
      r->depth--;
      return 0;
    case YAML_MAPPING_END_EVENT:
      r->depth--;
      return check_keys(r, r->open[r->depth]);
    case YAML_DOCUMENT_START_EVENT:
      return r->done ? fail_at(r, event->start_mark, "a second document: a job file is one") : 0;
    case YAML_DOCUMENT_END_EVENT:
      r->done = true;
      return 0;
    default:
      return 0;
  }
}

static int syntax_error(struct reader *r) {
  const yaml_parser_t *p = &r->parser;
  if (p->error == YAML_MEMORY_ERROR) return pt_conf_no_memory(r->err);
  if (p->error == YAML_READER_ERROR)
    return pt_fail(r->err, "conf", PT_CONFIG, 0, "%.160s: byte %zu: %s", r->doc->name, p->problem_offset, p->problem);
  if (p->context && strstr(p->context, "alias"))
    return fail_at(r, p->context_mark, "aliases are not read: a text that begins with * stands in quotes");
  return fail_at(r, p->problem_mark, "%s%s%s", p->context ? p->context : "", p->context ? ": " : "", p->problem);
}

static int run(struct reader *r) {
  for (;;) {
    yaml_event_t event;
    if (!yaml_parser_parse(&r->parser, &event)) return syntax_error(r);
    bool end = event.type == YAML_STREAM_END_EVENT;
    int code = take(r, &event);
    yaml_event_delete(&event);
    if (code || end) return code;
  }
}

int pt_yaml_read(struct pt_yaml *doc, const char *name, struct pt_slice text, struct pt_err *err) {
  *doc = (struct pt_yaml){.name = name};
  struct reader r = {.doc = doc, .err = err};
  if (text.n > PT_YAML_MAX_BYTES) return pt_fail(err, "conf", PT_CONFIG, 0, "%.160s: over 1 MiB", name);
  if (!yaml_parser_initialize(&r.parser)) return pt_conf_no_memory(err);
  yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.p ? text.p : ""), text.n);
  int code = run(&r);
  yaml_parser_delete(&r.parser);
  if (code == 0 && doc->n == 0) { /* no document: an empty map */
    uint32_t root;
    code = add_node(&r, PT_Y_MAP, (yaml_mark_t){0}, &root);
  }
  if (code) pt_yaml_free(doc);
  return code;
}

void pt_yaml_free(struct pt_yaml *doc) {
  free(doc->nodes);
  pt_buf_free(&doc->texts);
  *doc = (struct pt_yaml){0};
}

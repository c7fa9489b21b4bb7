/* What the files of the job file share: the YAML tree with places, the key table, texts of values. */
#ifndef CONF_PRIV_H
#define CONF_PRIV_H
#include <portrait/conf.h>
#include <portrait/record.h>

/* ---- yaml.c: a document as a tree of nodes in one array; node 0 is the root. */

#define PT_YAML_MAX_BYTES (UINT64_C(1) << 20)
#define PT_YAML_MAX_DEPTH 16

enum pt_ykind { PT_Y_SCALAR, PT_Y_LIST, PT_Y_MAP };

struct pt_ynode {
  enum pt_ykind kind;
  bool plain;         /* a scalar without quotes */
  uint32_t line, col; /* from 1 */
  uint32_t text;      /* scalar: offset in the texts, NUL-terminated; without NUL inside */
  uint32_t child;     /* first element; of a map key, value, key, value ..; 0 = none */
  uint32_t next;      /* next sibling; 0 = none */
};

struct pt_yaml {
  const char *name; /* for messages; owned by the caller */
  struct pt_ynode *nodes;
  uint32_t n, cap;
  struct pt_buf texts;
};

int pt_yaml_read(struct pt_yaml *doc, const char *name, struct pt_slice text, struct pt_err *err);
void pt_yaml_free(struct pt_yaml *doc);
const char *pt_yaml_text(const struct pt_yaml *doc, uint32_t node);
/* Whether the node is nothing: `key:`, ~ or null. */
bool pt_yaml_is_null(const struct pt_yaml *doc, uint32_t node);
/* 78 with "name:line:col: ...". */
int pt_yaml_fail(const struct pt_yaml *doc, uint32_t node, struct pt_err *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- keys.c: the table. */

struct pt_reading {
  const struct pt_yaml *doc;
  struct pt_err *err;
};

struct pt_key;
/* Reads a node into the member at `at`, freeing what that held. */
typedef int pt_key_read(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at);
/* Appends the member as YAML: what follows "key:", with its blank or line breaks; -1 without memory. */
typedef int pt_key_write(const struct pt_key *key, const void *at, struct pt_buf *out);
/* Checks and may rewrite one text of a list in place (never longer). */
typedef int pt_key_item(const struct pt_reading *r, const struct pt_key *key, uint32_t node, char *text);

struct pt_key {
  struct pt_key_info info;
  pt_key_read *read;
  pt_key_write *write;
  size_t offset;      /* of the member: in struct pt_conf, for the format's keys in struct pt_format */
  uint64_t low, high; /* bounds of numbers, of elements of lists; plain durations: high = their unit in ms */
  const char *const *choices;
  pt_key_item *item;
  bool entries; /* SECTION.NAME stands for every other name in the section: read() gets the node of the name */
};

#define PT_MAX_KEYS        128 /* bounds of both tables */
#define PT_MAX_FORMAT_KEYS 16

extern const struct pt_key pt_keys[];
extern const uint32_t pt_keys_n;
extern const char *const pt_key_sections[];  /* what stands before the point, NULL at the end */
extern const struct pt_key pt_format_keys[]; /* format_keys.c: those of the map `format` */
extern const uint32_t pt_format_keys_n;
extern const struct pt_key pt_metric_keys[]; /* metrics.c: those of each entry of the map `metrics` */
extern const uint32_t pt_metric_keys_n;

/* ---- values.c, lists.c, format_map.c: readers and writers of the table's types. */

pt_key_read pt_read_text, pt_read_choice, pt_read_bool, pt_read_count32, pt_read_bytes, pt_read_share, pt_read_ms,
    pt_read_range, pt_read_as_of, pt_read_zone, pt_read_names, pt_read_windows, pt_read_rates, pt_read_format,
    pt_read_long_text, pt_read_delimiter, pt_read_time, pt_read_fields, pt_read_events, pt_read_metrics,
    pt_read_half_lives, pt_read_weights, pt_read_garments;
pt_key_write pt_write_text, pt_write_choice, pt_write_bool, pt_write_count32, pt_write_bytes, pt_write_share,
    pt_write_ms, pt_write_range, pt_write_names, pt_write_windows, pt_write_rates, pt_write_format, pt_write_long_text,
    pt_write_delimiter, pt_write_time, pt_write_fields, pt_write_events, pt_write_metrics, pt_write_half_lives,
    pt_write_weights, pt_write_garments;
pt_key_item pt_item_text, pt_item_event, pt_item_counted, pt_item_category, pt_item_sensitive, pt_item_table,
    pt_item_kept;

/* rules.c: tags and segments. */
pt_key_read pt_read_segment, pt_read_tag;
pt_key_write pt_write_segments, pt_write_tags;
/* Takes over what `from` has under names of its own, behind the others. */
int pt_conf_adopt(struct pt_conf *c, struct pt_conf *from, struct pt_err *err);
extern const unsigned char pt_standard_yaml[]; /* jobs/standard.yaml */
extern const size_t pt_standard_yaml_n;
void pt_segment_rules_free(struct pt_segment_rules *s);

/* model_values.c: a window that may be `all`, a struct pt_threshold. */
pt_key_read pt_read_days, pt_read_threshold;
pt_key_write pt_write_days, pt_write_threshold;

/* The scalar's text, or NULL with an error where the node is a map, a list or nothing. */
const char *pt_read_scalar(const struct pt_reading *r, const char *key, uint32_t node);
/* A text in double quotes, with all that YAML does not take as it is escaped; -1 without memory. */
int pt_write_quoted(struct pt_buf *out, const char *text);
int pt_conf_no_memory(struct pt_err *err);
void pt_names_free(struct pt_names *names);
void pt_garments_free(struct pt_garments *g);
void pt_metrics_free(struct pt_metrics *metrics);
/* "30", "30d" or "30 d"; -1 where it is no whole number of days from 1 to 36500. */
int64_t pt_whole_days(const char *text);

/* ---- units.c: texts of numbers with units. 0, or -1 where it is none, -2 where it is out of range. */

int pt_unit_ms(struct pt_slice text, uint64_t plain_ms, int64_t *ms);
int pt_unit_ms_text(int64_t ms, struct pt_buf *out);
int pt_unit_bytes(struct pt_slice text, uint64_t *bytes);

/* ---- resolve.c: what several keys must be together. given[i]: the node of pt_keys[i], 0 where it has its default. */
int pt_conf_check(const struct pt_reading *r, const struct pt_conf *c, const uint32_t *given);

#endif

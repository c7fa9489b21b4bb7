/* Columns, tags, matrices, tables and keys tell about themselves: what is printed here is what the schema, the rules
 * and the key table say, gathered as one list of JSON objects. */
#include <jansson.h>
#include <portrait/facts.h>
#include <portrait/frame.h>
#include <portrait/nearest.h>
#include <portrait/tags.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

struct explain {
  const char *name, *job_file;
  bool json;
};

static const struct argp_option options[] = {
    {"json", 'j', 0, 0, "Machine-readable output", 1},
    {"config", 'c', "FILE", 0, "Job file (YAML): its metrics, tags and windows too", 1},
    {0}};

static error_t parse(int key, char *arg, struct argp_state *state) {
  struct explain *e = state->input;
  if (key == 'j') {
    e->json = true;
  } else if (key == 'c') {
    e->job_file = arg;
  } else if (key == ARGP_KEY_ARG) {
    if (e->name) cli_usage(state, "explain: one NAME");
    e->name = arg;
  } else if (key == ARGP_KEY_INIT) {
    state->child_inputs[0] = NULL;
  } else {
    return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

/* -- the list -- */

static const char *type_name(enum pt_ctype type) {
  static const char *const names[] = {
      [PT_C_U8] = "uint8",    [PT_C_U16] = "uint16",  [PT_C_U32] = "uint32",  [PT_C_I32] = "int32",
      [PT_C_I64] = "int64",   [PT_C_F32] = "float32", [PT_C_F64] = "float64", [PT_C_BOOL] = "boolean",
      [PT_C_LABEL] = "label", [PT_C_BYTES] = "bytes"};
  return names[type];
}

static json_t *entry(const char *name, const char *what, const char *description) {
  return json_pack("{s:s, s:s, s:s}", "name", name, "what", what, "description", description);
}

static void set(json_t *to, const char *key, const char *value) {
  if (value && json_object_set_new(to, key, json_string(value))) return;
}

static void set_column(json_t *to, const struct pt_column *c, enum pt_ctype type, const char *unit) {
  set(to, "type", type_name(type));
  set(to, "unit", unit);
  set(to, "family", c->family);
  set(to, "level", c->level);
  set(to, "kind", c->kind);
}

static bool is_tag(const struct pt_schema *s, uint32_t column) {
  for (uint32_t i = 0; i < s->n_tags; i++)
    if (s->tags[i].label == column) return true;
  return false;
}

static void add_column(json_t *list, const struct pt_schema *s, uint32_t i) {
  const struct pt_column *c = &s->columns[i];
  json_t *one = entry(c->name, is_tag(s, i) ? "tag" : "column", c->description);
  set_column(one, c, c->type, c->unit);
  json_object_set_new(one, "nullable", json_boolean(c->nullable));
  if (c->where == PT_IN_OBSM) json_object_set_new(one, "width", json_integer(c->width));
  if (c->labels.names) {
    json_t *labels = json_array();
    for (uint32_t k = 0; k < c->labels.n_names; k++) json_array_append_new(labels, json_string(c->labels.names[k]));
    json_object_set_new(one, "labels", labels);
  }
  set(one, "reads", c->reads);
  set(one, "rule", c->rule);
  json_array_append_new(list, one);
}

static void add_planes(json_t *list, const struct pt_column *c) {
  for (uint32_t p = 0; p < c->sparse->n_planes; p++) {
    const struct pt_plane *plane = &c->sparse->planes[p];
    if (plane->hidden) continue;
    json_t *one = entry(plane->name, "matrix", plane->description);
    set_column(one, c, plane->type, plane->unit);
    set(one, "vocabulary", pt_field_info[c->sparse->vocabulary].name);
    json_array_append_new(list, one);
  }
}

static json_t *list_all(const struct pt_schema *s) {
  json_t *list = json_array();
  for (uint32_t i = 0; i < s->n; i++) {
    if (s->columns[i].where == PT_HIDDEN) continue;
    if (s->columns[i].where == PT_IN_CSR)
      add_planes(list, &s->columns[i]);
    else
      add_column(list, s, i);
  }
  for (uint32_t i = 0; pt_table_info(i); i++)
    json_array_append_new(list, entry(pt_table_info(i)->path, "table", pt_table_info(i)->text));
  for (uint32_t i = 0; pt_conf_key(i); i++) {
    const struct pt_key_info *k = pt_conf_key(i);
    json_t *one = entry(k->name, "key", k->help);
    set(one, "type", k->type);
    set(one, "unit", k->unit);
    set(one, "default", k->fallback);
    json_array_append_new(list, one);
  }
  return list;
}

/* -- for people -- */

static const char *get(const json_t *from, const char *key) {
  const char *text = json_string_value(json_object_get(from, key));
  return text ? text : "";
}

static void print_unit(const json_t *one) {
  if (get(one, "unit")[0]) printf(", in %s", get(one, "unit"));
}

static void print_rule(const json_t *one) {
  const char *rule = get(one, "rule");
  if (get(one, "reads")[0]) printf("  reads: %s\n", get(one, "reads"));
  if (rule[0]) printf("  the rule, to be changed under `tags` of the job file:\ntags:\n%s", rule);
}

static void print_column(const json_t *one) {
  printf("  %s of family %s, %s, %s; %s", get(one, "what"), get(one, "family"), get(one, "level"), get(one, "kind"),
         get(one, "type"));
  if (json_is_true(json_object_get(one, "nullable"))) printf(", may be absent");
  print_unit(one);
  if (json_object_get(one, "width")) printf("; in /obsm");
  if (get(one, "vocabulary")[0])
    printf("; sparse, in /obsm; its columns are /uns/vocabulary/%s", get(one, "vocabulary"));
  printf("\n");
  const json_t *labels = json_object_get(one, "labels");
  if (labels) printf("  labels:");
  for (size_t i = 0; i < json_array_size(labels); i++) printf(" %s", json_string_value(json_array_get(labels, i)));
  if (labels) printf("\n");
  print_rule(one);
}

static void print_one(const json_t *one) {
  const char *what = get(one, "what");
  printf("%s\n  %s\n", get(one, "name"), get(one, "description"));
  if (strcmp(what, "table") == 0) {
    bool var = strcmp(get(one, "name"), "var") == 0;
    printf("  table of the file, at %s%s; its columns carry description and units\n", var ? "/" : "/uns/",
           get(one, "name"));
  } else if (strcmp(what, "key") == 0) {
    printf("  key of the job file; %s", get(one, "type"));
    print_unit(one);
    printf("; default: %s\n", get(one, "default"));
  } else {
    print_column(one);
  }
}

static void print_all(const json_t *list) {
  static const char *const titles[][2] = {{"table", "tables of the file"}, {"key", "keys of the job file"}};
  char last[80] = "";
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *one = json_array_get(list, i);
    char title[80];
    snprintf(title, sizeof title, "columns of %.60s", get(one, "family"));
    for (int k = 0; k < 2; k++)
      if (strcmp(get(one, "what"), titles[k][0]) == 0) snprintf(title, sizeof title, "%s", titles[k][1]);
    if (strcmp(title, last) != 0) printf("\n%s\n", title);
    memcpy(last, title, sizeof last);
    printf("  %-28s %s\n", get(one, "name"), get(one, "description"));
  }
}

/* -- one name -- */

static const char *known_name(void *ctx, uint32_t i) {
  const json_t *one = json_array_get(ctx, i);
  return one ? get(one, "name") : NULL;
}

static int unknown(json_t *list, const char *name) {
  const char *best = pt_nearest(pt_slice_of(name), known_name, list);
  fprintf(stderr, "portrait: error: [explain] no column, tag, table or key is named '%s'", name);
  if (best) fprintf(stderr, "; did you mean '%s'?", best);
  fprintf(stderr, "\n");
  return PT_USAGE;
}

static json_t *find(const json_t *list, const char *name) {
  for (size_t i = 0; i < json_array_size(list); i++)
    if (strcmp(get(json_array_get(list, i), "name"), name) == 0) return json_array_get(list, i);
  return NULL;
}

static int answer(const struct explain *e, const struct pt_schema *schema) {
  json_t *list = list_all(schema), *one = e->name ? find(list, e->name) : list;
  int code = one ? 0 : unknown(list, e->name);
  if (one && e->json) {
    json_dumpf(one, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
    printf("\n");
  } else if (one && e->name) {
    print_one(one);
  } else if (one) {
    print_all(list);
  }
  json_decref(list);
  return code;
}

int cli_explain(int argc, char **argv) {
  struct explain e = {0};
  struct argp_child children[] = {{&cli_common_argp, 0, 0, 90}, {0}};
  struct argp argp = {
      options,  parse,
      "[NAME]", "Tells what a column, a tag, a table or a key of the job file is; all of them without NAME.",
      children, 0,
      0};
  cli_parse(&argp, argc, argv, &e);
  struct pt_conf conf = {0};
  struct pt_schema schema = {0};
  struct pt_err err = {0};
  struct pt_facts *facts = NULL;
  struct pt_tags *tags = NULL;
  int code = pt_catalogue(e.job_file, &conf, &schema, &facts, &tags, &err);
  if (code)
    cli_print_error(&err);
  else
    code = answer(&e, &schema);
  pt_schema_free(&schema);
  pt_tags_close(tags);
  pt_facts_close(facts);
  pt_conf_free(&conf);
  return code;
}

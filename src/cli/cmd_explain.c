/* Columns and keys tell about themselves: what is printed here is what the schema and the key table say. */
#include "cli/cli.h"

#include <jansson.h>
#include <portrait/facts.h>
#include <portrait/nearest.h>
#include <portrait/tags.h>
#include <stdio.h>
#include <string.h>

struct explain {
  const char *name;
  bool json;
};

static const struct argp_option options[] = {{"json", 'j', 0, 0, "Machine-readable output", 1}, {0}};

static error_t parse(int key, char *arg, struct argp_state *state) {
  struct explain *e = state->input;
  if (key == 'j') {
    e->json = true;
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

static const char *type_name(enum pt_ctype type) {
  static const char *const names[] = {
      [PT_C_U8] = "uint8",    [PT_C_U16] = "uint16",  [PT_C_U32] = "uint32",  [PT_C_I32] = "int32",
      [PT_C_I64] = "int64",   [PT_C_F32] = "float32", [PT_C_F64] = "float64", [PT_C_BOOL] = "boolean",
      [PT_C_LABEL] = "label", [PT_C_BYTES] = "bytes"};
  return names[type];
}

static json_t *column_json(const struct pt_column *c) {
  return json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:s}", "name", c->name, "what", "column", "type",
                   type_name(c->type), "nullable", c->nullable, "unit", c->unit, "family", c->family, "level", c->level,
                   "kind", c->kind, "description", c->description);
}

static json_t *plane_json(const struct pt_column *c, const struct pt_plane *p) {
  return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "name", p->name, "what", "matrix", "type",
                   type_name(p->type), "vocabulary", pt_field_info[c->sparse->vocabulary].name, "unit", p->unit,
                   "family", c->family, "level", c->level, "kind", c->kind, "description", p->description);
}

static json_t *key_json(const struct pt_key_info *k) {
  return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name", k->name, "what", "key", "type", k->type, "unit", k->unit,
                   "default", k->fallback, "description", k->help);
}

static void print_column(const struct pt_column *c) {
  printf("%s\n  %s\n  column of family %s, %s, %s; %s%s%s%s%s\n", c->name, c->description, c->family, c->level, c->kind,
         type_name(c->type), c->nullable ? ", may be absent" : "", c->unit[0] ? ", in " : "", c->unit,
         c->where == PT_IN_OBSM ? "; in /obsm" : "");
  if (c->labels.names) {
    printf("  labels:");
    for (uint32_t i = 0; i < c->labels.n_names; i++) printf(" %s", c->labels.names[i]);
    printf("\n");
  }
}

static void print_plane(const struct pt_column *c, const struct pt_plane *p) {
  printf("%s\n  %s\n  sparse matrix of family %s, %s, %s; %s%s%s; in /obsm, columns are /uns/vocabulary/%s\n", p->name,
         p->description, c->family, c->level, c->kind, type_name(p->type), p->unit[0] ? ", in " : "", p->unit,
         pt_field_info[c->sparse->vocabulary].name);
}

/* The matrix of that name, with its column; NULL where there is none. */
static const struct pt_plane *find_plane(const struct pt_schema *s, const char *name, const struct pt_column **column) {
  for (uint32_t i = 0; i < s->n; i++) {
    const struct pt_column *c = *column = &s->columns[i];
    for (uint32_t p = 0; c->where == PT_IN_CSR && p < c->sparse->n_planes; p++)
      if (!c->sparse->planes[p].hidden && strcmp(c->sparse->planes[p].name, name) == 0) return &c->sparse->planes[p];
  }
  return NULL;
}

static void print_key(const struct pt_key_info *k) {
  printf("%s\n  %s\n  key of the job file; %s%s%s; default: %s\n", k->name, k->help, k->type, k->unit[0] ? ", in " : "",
         k->unit, k->fallback);
}

static void list_planes(const struct pt_column *c, json_t *list, bool json) {
  for (uint32_t p = 0; p < c->sparse->n_planes; p++) {
    if (c->sparse->planes[p].hidden) continue;
    json_array_append_new(list, plane_json(c, &c->sparse->planes[p]));
    if (!json) printf("  %-28s %s\n", c->sparse->planes[p].name, c->sparse->planes[p].description);
  }
}

static int print_all(const struct pt_schema *s, bool json) {
  json_t *list = json_array();
  const char *family = "";
  for (uint32_t i = 0; i < s->n; i++) {
    const struct pt_column *c = &s->columns[i];
    if (c->where == PT_HIDDEN) continue;
    if (!json && strcmp(family, c->family) != 0) printf("\ncolumns of %s\n", c->family);
    family = c->family;
    if (c->where == PT_IN_CSR) {
      list_planes(c, list, json);
      continue;
    }
    json_array_append_new(list, column_json(c));
    if (json) continue;
    printf("  %-28s %s\n", c->name, c->description);
  }
  if (!json) printf("\nkeys of the job file\n");
  for (uint32_t i = 0; pt_conf_key(i); i++) {
    json_array_append_new(list, key_json(pt_conf_key(i)));
    if (!json) printf("  %-28s %s\n", pt_conf_key(i)->name, pt_conf_key(i)->help);
  }
  if (json) {
    json_dumpf(list, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
    printf("\n");
  }
  json_decref(list);
  return 0;
}

/* A tag that is data: its rule, ready to be copied into a job file. */
static void print_rule(const struct pt_tag_rule *rule) {
  struct pt_buf text = {0};
  struct pt_err err = {0};
  if (rule && pt_tag_rule_text(rule, &text, &err) == 0)
    printf("  the rule, to be changed under `tags` of the job file:\ntags:\n%.*s", (int)text.n, text.p);
  pt_buf_free(&text);
}

static int print_one(const struct pt_schema *s, const struct pt_tags *tags, const char *name, bool json) {
  json_t *one = NULL;
  int64_t at = pt_schema_find(s, name);
  const struct pt_column *column;
  const struct pt_plane *plane = find_plane(s, name, &column);
  if (plane) {
    one = plane_json(column, plane);
    if (!json) print_plane(column, plane);
  } else if (at >= 0 && s->columns[at].where != PT_HIDDEN && s->columns[at].where != PT_IN_CSR) {
    one = column_json(&s->columns[at]);
    if (!json) print_column(&s->columns[at]);
    if (!json) print_rule(pt_tags_rule(tags, name));
  }
  for (uint32_t i = 0; !one && pt_conf_key(i); i++)
    if (strcmp(pt_conf_key(i)->name, name) == 0) {
      one = key_json(pt_conf_key(i));
      if (!json) print_key(pt_conf_key(i));
    }
  if (one && json) {
    json_dumpf(one, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
    printf("\n");
  }
  json_decref(one);
  return one ? 0 : PT_USAGE;
}

struct known {
  const struct pt_schema *schema;
};

/* Columns, then keys; hidden columns stand as "" so that numbers stay dense. */
static const char *known_name(void *ctx, uint32_t i) {
  const struct pt_schema *s = ((const struct known *)ctx)->schema;
  if (i < s->n) return s->columns[i].where == PT_HIDDEN ? "" : s->columns[i].name;
  i -= s->n;
  for (uint32_t c = 0; c < s->n; c++) {
    if (s->columns[c].where != PT_IN_CSR) continue;
    if (i < s->columns[c].sparse->n_planes) return s->columns[c].sparse->planes[i].name;
    i -= s->columns[c].sparse->n_planes;
  }
  const struct pt_key_info *key = pt_conf_key(i);
  return key ? key->name : NULL;
}

static void suggest(const struct pt_schema *s, const char *name) {
  struct known known = {s};
  const char *best = pt_nearest(pt_slice_of(name), known_name, &known);
  fprintf(stderr, "portrait: error: [explain] no column, tag or key is named '%s'", name);
  if (best) fprintf(stderr, "; did you mean '%s'?", best);
  fprintf(stderr, "\n");
}

int cli_explain(int argc, char **argv) {
  struct explain e = {0};
  struct argp_child children[] = {{&cli_common_argp, 0, 0, 90}, {0}};
  struct argp argp = {
      options,  parse, "[NAME]", "Tells what a column, a tag or a key of the job file is; all of them without NAME.",
      children, 0,     0};
  cli_parse(&argp, argc, argv, &e);
  struct pt_conf conf = {0};
  struct pt_schema schema = {0};
  struct pt_err err = {0};
  struct pt_facts *facts = NULL;
  struct pt_tags *tags = NULL;
  int code = pt_catalogue(&conf, &schema, &facts, &tags, &err);
  if (code)
    cli_print_error(&err);
  else
    code = e.name ? print_one(&schema, tags, e.name, e.json) : print_all(&schema, e.json);
  if (!err.code && code) suggest(&schema, e.name);
  pt_schema_free(&schema);
  pt_tags_close(tags);
  pt_facts_close(facts);
  pt_conf_free(&conf);
  return code;
}

/* Any bytes as a job file whose tags and segments are compiled against a few columns: no rule may crash it, make it
 * recurse without bound or take long, and what is refused says why. */
#include <portrait/tags.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const labels[] = {"low", "high"};
static const struct pt_plane plane = {.name = "category_interest", .type = PT_C_F32, .unit = "1"};
static const struct pt_sparse sparse = {.vocabulary = PT_F_CATEGORY, .n_planes = 1, .planes = &plane};

static void add(struct pt_schema *s, const char *name, enum pt_ctype type, const char *level, const char *unit) {
  struct pt_err err = {0};
  struct pt_column c = {.type = type, .width = 1, .family = "tests", .level = level, .kind = "static"};
  uint32_t at;
  snprintf(c.name, sizeof c.name, "%s", name);
  snprintf(c.unit, sizeof c.unit, "%s", unit);
  if (type == PT_C_LABEL) c.labels = (struct pt_labels){.names = labels, .n_names = 2};
  c.where = name[0] == '_' ? PT_HIDDEN : type == PT_C_BYTES ? PT_IN_CSR : PT_IN_OBS;
  if (type == PT_C_BYTES) c.sparse = &sparse;
  if (pt_schema_add(s, &c, &at, &err)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  struct pt_conf conf;
  struct pt_schema schema = {0};
  struct pt_tags *tags = NULL;
  struct pt_names needs = {0};
  struct pt_err err = {0};
  if (pt_conf_parse(&conf, "job.yaml", (struct pt_slice){(const char *)data, n}, &err)) return 0;
  add(&schema, "n", PT_C_F64, "fact", "1");
  add(&schema, "seen", PT_C_I64, "fact", "ms since 1970-01-01T00:00:00Z");
  add(&schema, "f", PT_C_BOOL, "model", "");
  add(&schema, "l", PT_C_LABEL, "prediction", "");
  add(&schema, "category_interest", PT_C_BYTES, "fact", "1");
  add(&schema, "_active_days_30", PT_C_U16, "fact", "days");
  add(&schema, "_visit_events_30", PT_C_U32, "fact", "events");
  if (pt_tags_open(&tags, &conf, &schema, &err)) {
    if (!err.text[0]) abort();
  } else if (pt_tags_needs(tags, &conf.columns, &needs, &err)) {
    abort();
  }
  for (uint32_t i = 0; i < needs.n; i++) free(needs.v[i]);
  free(needs.v);
  pt_schema_free(&schema);
  pt_tags_close(tags);
  pt_conf_free(&conf);
  return 0;
}

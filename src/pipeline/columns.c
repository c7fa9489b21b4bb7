/* What of the catalogue is computed: the columns that the job asks for, and those that rules and segments read. The
 * rules are compiled twice: against everything that the catalogue has, which tells every mistake and what is read, then
 * against what this job computes. */
#include "pipeline/job.h"

#include <portrait/profiles.h>
#include <stdlib.h>

static char every[] = "*", intermediates[] = "_*";
static char *const everything[] = {every, intermediates};

/* Against the whole catalogue. Local. */
static int find_needs(struct pt_job *j, struct pt_names *needs, struct pt_err *err) {
  struct pt_names asked = j->conf.columns;
  struct pt_schema schema = {0};
  struct pt_facts *facts = NULL;
  struct pt_tags *tags = NULL;
  uint64_t fields;
  j->conf.columns = (struct pt_names){.v = (char **)everything, .n = 2};
  int failed = pt_facts_open(&facts, &j->ctx, &schema, &fields, err);
  if (!failed) failed = pt_tags_open(&tags, &j->conf, &schema, err);
  j->conf.columns = asked;
  if (!failed) failed = pt_tags_needs(tags, &asked, needs, err);
  pt_schema_free(&schema);
  pt_tags_close(tags);
  pt_facts_close(facts);
  return failed;
}

/* Facts for what is asked and needed; the latter is hidden. Local. */
static int open_facts(struct pt_job *j, const struct pt_names *needs, struct pt_err *err) {
  struct pt_names asked = j->conf.columns;
  char **both = malloc(((size_t)asked.n + needs->n + 1) * sizeof *both);
  if (!both) return pt_fail(err, "conf", PT_MEMORY, 0, "out of memory for the columns");
  for (uint32_t i = 0; i < asked.n; i++) both[i] = asked.v[i];
  for (uint32_t i = 0; i < needs->n; i++) both[asked.n + i] = needs->v[i];
  j->conf.columns = (struct pt_names){.v = both, .n = asked.n + needs->n};
  int failed = pt_facts_open(&j->facts, &j->ctx, &j->schema, &j->fields, err);
  j->conf.columns = asked;
  free(both);
  if (!failed) pt_schema_hide(&j->schema, (const char *const *)asked.v, asked.n);
  return failed;
}

static int open_all(struct pt_job *j, struct pt_err *err) {
  struct pt_names needs = {0};
  int failed = find_needs(j, &needs, err);
  if (!failed) failed = open_facts(j, &needs, err);
  if (!failed) failed = pt_tags_open(&j->tags, &j->conf, &j->schema, err);
  for (uint32_t i = 0; i < needs.n; i++) free(needs.v[i]);
  free(needs.v);
  return failed;
}

/* Long before it is needed, so that a wrong name costs nothing. */
static int look_at_previous(const struct pt_job *j, struct pt_err *err) {
  struct pt_profiles *file;
  PT_TRY(pt_profiles_open(&file, j->o->previous, err));
  pt_profiles_close(file);
  return 0;
}

int pt_stage_plan(struct pt_job *j, struct pt_err *err) {
  PT_LATER(open_all(j, err));
  if (j->o->previous) PT_LATER(look_at_previous(j, err));
  PT_TRY(pt_agree(j->comm, err));
  j->carried = pt_facts_fields(j->facts);
  for (uint32_t i = 0; i < j->schema.n; i++)
    if (j->schema.columns[i].where != PT_HIDDEN) return 0;
  return pt_fail(err, "conf", PT_CONFIG, 0, "columns: no column of the catalogue matches");
}

/* With every sensitive tag allowed: to explain is not to compute. */
int pt_catalogue(const char *job_file, struct pt_conf *conf, struct pt_schema *schema, struct pt_facts **facts,
                 struct pt_tags **tags, struct pt_err *err) {
  PT_TRY(pt_job_file(NULL, job_file, conf, err));
  struct pt_facts_ctx ctx = {.conf = conf};
  uint64_t fields = 0;
  struct pt_names asked = conf->columns, allowed = conf->allow_sensitive;
  conf->columns = (struct pt_names){.v = (char **)everything, .n = 2};
  conf->allow_sensitive = (struct pt_names){(char **)(uintptr_t)pt_sensitive_names, pt_n_sensitive_names};
  int failed = pt_facts_open(facts, &ctx, schema, &fields, err);
  if (!failed) failed = pt_tags_open(tags, conf, schema, err);
  conf->columns = asked;
  conf->allow_sensitive = allowed;
  return failed;
}

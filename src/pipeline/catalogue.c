#include "pipeline/job.h"

/* With every sensitive tag allowed: to explain is not to compute. */
int pt_catalogue(struct pt_conf *conf, struct pt_schema *schema, struct pt_facts **facts, struct pt_err *err) {
  PT_TRY(pt_conf_parse(conf, "catalogue", PT_SLICE("allow_sensitive: [when_where_what]\n"), err));
  struct pt_facts_ctx ctx = {.conf = conf};
  uint64_t fields = 0;
  return pt_facts_open(facts, &ctx, schema, &fields, err);
}

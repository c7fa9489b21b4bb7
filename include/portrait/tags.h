/* Tags and segments as data: expressions over the columns of the rows, from the standard file and the job file.
 *
 * A tag has cases; the first whose condition holds gives its label, an unknown condition before that an unknown one.
 * Rules may read each other in any order but not in a circle; a fact reads no tag, and nothing reads what is of a
 * higher level. */
#ifndef PORTRAIT_TAGS_H
#define PORTRAIT_TAGS_H
#include <portrait/comm.h>
#include <portrait/conf.h>
#include <portrait/rows.h>

struct pt_tags; /* opaque */

/* Compiles the rules that the job file asks for (tags by `columns`, all segments) and what they read, against the
 * schema, which is complete but for them; adds their columns: a tag that is only read by others is hidden. A standard
 * tag whose columns are not in the schema is absent. 78 with place, line and caret. `conf` and `schema` outlive it, the
 * vocabularies in the schema live as long as it does. Local. */
int pt_tags_open(struct pt_tags **out, const struct pt_conf *conf, struct pt_schema *schema,
                 struct pt_err *err) PT_MUST_CHECK;
void pt_tags_close(struct pt_tags *t);
/* Names of the columns that the segments and the tags matching `globs` read, directly and through other rules, and that
 * the globs do not name. The caller frees them. Local. */
int pt_tags_needs(const struct pt_tags *t, const struct pt_names *globs, struct pt_names *out,
                  struct pt_err *err) PT_MUST_CHECK;
/* The rule of a tag, NULL where none has this name. Local. */
const struct pt_tag_rule *pt_tags_rule(const struct pt_tags *t, const char *name);

/* What rules read besides the rows. */
struct pt_tags_world {
  const struct pt_zone *zone;
  int64_t last_day; /* local days since 1970-01-01 */
  uint64_t bytes;   /* of memory that prank() may use */
};
/* Fills the columns in all rows. Collective. */
int pt_tags_run(struct pt_tags *t, struct pt_comm *c, struct pt_rows *rows, const struct pt_tags_world *world,
                struct pt_err *err) PT_MUST_CHECK;

#endif

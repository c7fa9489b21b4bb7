/* Segments of the job file: expressions over the columns of a row, to hidden flags. */
#ifndef PORTRAIT_TAGS_H
#define PORTRAIT_TAGS_H
#include <portrait/conf.h>
#include <portrait/rows.h>

struct pt_tags; /* opaque */

/* Compiles the job file's segments against the schema, complete but for them, and adds their columns. 78 with place,
 * line and caret. Local. */
int pt_tags_open(struct pt_tags **out, const struct pt_conf *conf, struct pt_schema *schema,
                 struct pt_err *err) PT_MUST_CHECK;
void pt_tags_close(struct pt_tags *t);
/* Fills their columns in all rows of this rank. Local. */
int pt_tags_run(struct pt_tags *t, struct pt_rows *rows, struct pt_err *err) PT_MUST_CHECK;

#endif

/* What the tables of the file are, for `portrait explain` and their `description` in the file. Their columns tell about
 * themselves. */
#include <portrait/frame.h>
#include <string.h>

static const struct pt_table_info tables[] = {
    {"var", "The labels of all tags, the columns of /X and /layers/index: users and mean index of each."},
    {"segments/summary",
     "Users, buyers, orders, spend, recency and activity of every segment: all, the job file's, and "
     "every label of every tag."},
    {"segments/tgi",
     "How much more frequent every label is in a segment than among all users whose tag is known: tgi, "
     "z, and q by Benjamini-Hochberg."},
    {"segments/hours", "Visit events by local weekday and hour."},
    {"segments/burst", "Orders by local day against the same weekday of the weeks around."},
    {"segments/cohorts", "Users by the month of their first purchase, and months since: active, spend, net spend."},
    {"segments/retention",
     "Users by the week they were first seen, and weeks since: seen on that day, or on it or later."},
    {"segments/funnel", "Users that came as far as each step of funnel.steps, rates and median times between steps."},
    {"segments/trend", "Purchases, buyers and spend by top category and month."},
    {"segments/growth", "New, returning, resurrected and dormant users by month."},
    {"segments/overlap", "Users in both of two segments of the job file, for all pairs."},
    {"segments/members", "The row numbers of the users of each segment of the job file."},
    {"segments/drift", "What became of the users of an earlier file (--previous): flows from label to label, by tag."},
    {"segments/psi", "How far the distribution of each tag moved since an earlier file: population stability index."},
    {"value/gini", "How unequal the users' net spends are."},
    {"value/lorenz",
     "Shares of the users, those who spend least first, and the shares of the net spend that are theirs."},
    {"value/loyal_core", "Users by is_loyal and is_core."},
    {"quality/rejects", "Rejected lines by reason and source."},
    {"quality/lines",
     "Where every line and event of a source went: read, filtered, rejected, accepted, duplicate, "
     "after as_of, counted."},
    {"quality/records", "Fields of user records: values that could not be read, users whose records disagree."},
    {"quality/vocabularies", "Entries of the matrices' vocabularies, and how many rare ones are counted as other."},
    {"quality/coverage", "Of how many users each column and tag is known."},
    {"quality/labels", "How many users have each label of a tag or of another closed vocabulary, and their share."},
    {"quality/sources", "Users of each source, and of each two sources."},
    {"models/fits", "The models that were fitted: on how many users, log-likelihood, whether it came to an end."},
    {"models/parameters", "The parameters of the models, with standard errors."},
    {"vocabulary", "The names of the matrices' columns, one list a field, in byte order."},
    {"run",
     "What is needed to repeat the run, as JSON: job file as resolved, inputs with sizes and checksums, as_of, "
     "versions."},
    {NULL, NULL}};

const struct pt_table_info *pt_table_info(uint32_t i) {
  return i < sizeof tables / sizeof *tables - 1 ? &tables[i] : NULL;
}

const struct pt_table_info *pt_table_find(const char *path) {
  for (const struct pt_table_info *t = tables; t->path; t++)
    if (strcmp(t->path, path) == 0) return t;
  return NULL;
}

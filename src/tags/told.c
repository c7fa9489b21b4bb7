/* What the file tells of a tag: its rule, and the columns and tags that it reads, for whoever asks why. */
#include <stdlib.h>

#include "tags_priv.h"

static int add_name(struct pt_buf *out, const char *name) {
  return (out->n && pt_buf_add(out, " ", 1)) || pt_buf_add(out, name, strlen(name));
}

/* A rank stands for what it ranks. */
static int add_reads(const struct pt_tags *t, const struct item *item, struct pt_buf *out) {
  int failed = 0;
  for (uint32_t i = 0; i < item->n_reads && !failed; i++) {
    uint32_t at = item->reads[i];
    if (at < ITEM_AT) {
      failed = add_name(out, t->schema->columns[at].name);
      continue;
    }
    const struct item *other = t->items[at - ITEM_AT];
    failed = other->kind == ITEM_TAG ? add_name(out, other->tag->name) : add_reads(t, other, out);
  }
  return failed;
}

int pt_tags_tell(const struct pt_tags *t, struct item *item, struct pt_err *err) {
  PT_TRY(pt_tag_rule_text(item->tag, &item->rule_text, err));
  if (add_reads(t, item, &item->reads_text) || pt_buf_add(&item->rule_text, "", 1) ||
      pt_buf_add(&item->reads_text, "", 1))
    return pt_tags_no_memory(err);
  return 0;
}

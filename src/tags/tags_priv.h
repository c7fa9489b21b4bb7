/* What the files of tags/ share: rules as items that read columns and each other. */
#ifndef PORTRAIT_TAGS_PRIV_H
#define PORTRAIT_TAGS_PRIV_H
#include <portrait/expr.h>
#include <portrait/tags.h>

enum item_kind { ITEM_TAG, ITEM_SEGMENT, ITEM_RANK };
enum part { PART_LABEL, PART_INDEX, PART_EVIDENCE, PARTS }; /* of a tag; others have the first alone */

struct program {
  struct pt_expr *e; /* NULL: not given */
  struct pt_xbatch *batch;
};

/* A tag, a segment, or a prank(x) that one of them asks for. */
struct item {
  enum item_kind kind;
  const struct pt_tag_rule *tag;
  const struct pt_segment_rule *segment;
  char *argument; /* text of x */
  bool standard, needed, compiled, absent;
  bool is_static;       /* reads what is from records alone */
  struct program *when; /* one a case; of others the only one */
  struct program index, evidence;
  uint32_t n_when;
  const char **labels; /* of a tag, in order */
  uint32_t n_labels;
  int32_t *codes; /* of each case's label */
  int32_t otherwise;
  uint32_t *reads, n_reads;            /* columns of the schema; ITEM_AT and up: items */
  struct pt_buf rule_text, reads_text; /* of a tag, for the file: NUL-terminated */
  enum pt_tag_level level;
  uint32_t pass;          /* after as many rounds of ranks it can be worked out */
  uint8_t state;          /* of the walk that puts them in order */
  uint32_t column[PARTS]; /* in the schema. A rank: the rank, then what is ranked */
};

/* Operands of expressions: a column's number, a part of an item, an interest. */
#define ITEM_AT     (UINT32_C(1) << 28)
#define INTEREST_AT (UINT32_C(1) << 29)

struct interest {
  uint32_t column;
  char *entry;
  uint32_t code; /* of the entry, UINT32_MAX where the data does not have it */
};

struct pt_tags {
  const struct pt_conf *conf;
  struct pt_schema *schema;
  uint32_t n_columns; /* that were there before */
  struct pt_tag_rules standard;
  struct item **items;
  uint32_t n, cap;
  uint32_t *order, n_order; /* needed items, what is read first */
  uint32_t passes;
  char **kinds; /* of each column: `category` of category_interest, NULL of others */
  struct interest *interests;
  uint32_t n_interests;
  struct pt_xclock clock;
  uint32_t batch; /* rows at a time */
};

static inline struct item *pt_tags_item(const struct pt_tags *t, uint32_t operand) {
  return t->items[(operand - ITEM_AT) / PARTS];
}
int pt_tags_no_memory(struct pt_err *err);
/* "tags.NAME", "segments.NAME" or "prank(x)" and where it stands. */
void pt_tags_name(const struct item *item, char out[96]);
const char *pt_tags_place(const struct item *item);
/* Whether the globs ask for it. */
bool pt_tags_wanted(const struct item *item, const struct pt_names *globs);

/* items.c */
int pt_tags_items(struct pt_tags *t, struct pt_err *err) PT_MUST_CHECK;
void pt_tags_items_free(struct pt_tags *t);
int pt_tags_new_item(struct pt_tags *t, struct item **out, struct pt_err *err) PT_MUST_CHECK;

/* compile.c: the programs of a needed item; what it reads becomes needed. */
int pt_tags_compile(struct pt_tags *t, uint32_t item, struct pt_err *err) PT_MUST_CHECK;

/* told.c: a tag's texts for the file. */
int pt_tags_tell(const struct pt_tags *t, struct item *item, struct pt_err *err) PT_MUST_CHECK;

/* order.c: t->order, passes and levels. */
int pt_tags_sort(struct pt_tags *t, struct pt_err *err) PT_MUST_CHECK;

/* load.c: n rows of an operand from row `from` of a range. */
struct view {
  const struct pt_tags *t;
  struct pt_rows *rows;
  uint32_t range, from;
};
void pt_tags_fetch(void *view, int operand, uint32_t n, struct pt_xvector *out);

#endif

/* Segments and tags written out again, for /uns/run and `portrait explain`. */
#include "conf_priv.h"

/* `key: "text"` at an indentation; nothing where there is no text. */
static int write_text(struct pt_buf *out, int indent, const char *key, const char *text) {
  if (!text) return 0;
  if (pt_buf_printf(out, "%*s%s: ", indent, "", key)) return -1;
  return pt_write_quoted(out, text) || pt_buf_add(out, "\n", 1) ? -1 : 0;
}

int pt_write_segments(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  const struct pt_segment_rules *s = at;
  int failed = 0;
  for (uint32_t i = 0; i < s->n && !failed; i++)
    failed = pt_buf_printf(out, "  %s:\n", s->v[i].name) || write_text(out, 4, "when", s->v[i].when.text) ||
             write_text(out, 4, "description", s->v[i].description);
  return failed ? -1 : 0;
}

static int write_labels(struct pt_buf *out, const struct pt_names *labels) {
  if (labels->n == 0) return 0;
  int failed = pt_buf_printf(out, "    labels: [");
  for (uint32_t i = 0; i < labels->n && !failed; i++)
    failed = (i && pt_buf_add(out, ", ", 2)) || pt_write_quoted(out, labels->v[i]);
  return failed || pt_buf_add(out, "]\n", 2) ? -1 : 0;
}

static int write_tag(const struct pt_tag_rule *t, struct pt_buf *out) {
  static const char *const levels[] = {NULL, "fact", "model", "prediction"};
  int failed = pt_buf_printf(out, "  %s:\n", t->name) || write_text(out, 4, "description", t->description) ||
               write_text(out, 4, "family", t->family) || write_text(out, 4, "level", levels[t->level]) ||
               (t->ordered && pt_buf_printf(out, "    ordered: true\n")) || write_labels(out, &t->labels) ||
               pt_buf_printf(out, "    cases:\n");
  for (uint32_t i = 0; i < t->n_cases && !failed; i++)
    failed = pt_buf_printf(out, "      - when: ") || pt_write_quoted(out, t->cases[i].when.text) ||
             pt_buf_add(out, "\n", 1) || write_text(out, 8, "label", t->cases[i].label);
  return failed || write_text(out, 4, "default", t->otherwise) || write_text(out, 4, "index", t->index.text) ||
                 write_text(out, 4, "evidence", t->evidence.text)
             ? -1
             : 0;
}

int pt_write_tags(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  const struct pt_tag_rules *t = at;
  int failed = 0;
  for (uint32_t i = 0; i < t->n && !failed; i++) failed = write_tag(&t->v[i], out);
  return failed ? -1 : 0;
}

int pt_tag_rule_text(const struct pt_tag_rule *rule, struct pt_buf *out, struct pt_err *err) {
  return write_tag(rule, out) ? pt_conf_no_memory(err) : 0;
}

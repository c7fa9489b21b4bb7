/* What the files of segments/ share. */
#ifndef PORTRAIT_SEGMENTS_PRIV_H
#define PORTRAIT_SEGMENTS_PRIV_H
#include <portrait/segments.h>

struct segment {
  int32_t tag; /* -1 = all */
  char name[336], label[256];
};

/* The segments of a job and the way from a row to them. Segment 0 = all. */
struct segments {
  struct pt_rows *rows;
  const struct pt_schema *schema;
  struct segment *v;
  uint32_t n;
  uint32_t n_tags;
  int32_t **of_code; /* of_code[tag][local label code] = segment */
};

int pt_segments_list(struct segments *s, struct pt_rows *rows, const struct pt_label_list *labels, uint32_t max_labels,
                     struct pt_err *err) PT_MUST_CHECK;
void pt_segments_free(struct segments *s);
/* The segment of a row by a tag, -1 where unknown. */
static inline int32_t pt_segment_of(const struct segments *s, uint32_t tag, int32_t code) {
  return code < 0 ? -1 : s->of_code[tag][code];
}
/* Labels of a range for one tag. */
const int32_t *pt_segments_labels(const struct segments *s, uint32_t tag, uint32_t range);

/* Each fills one frame on rank 0; *made = whether its columns are there. Collective. */
int pt_segments_summary(struct pt_comm *c, const struct segments *s, struct pt_frame *f, bool *made,
                        struct pt_err *err) PT_MUST_CHECK;
int pt_segments_tgi(struct pt_comm *c, const struct segments *s, struct pt_frame *f, bool *made,
                    struct pt_err *err) PT_MUST_CHECK;
int pt_segments_hours(struct pt_comm *c, const struct segments *s, struct pt_frame *f, bool *made,
                      struct pt_err *err) PT_MUST_CHECK;
/* segment, tag, label of a frame: columns 0, 1, 2. */
int pt_segments_name_columns(struct pt_frame *f, struct pt_err *err) PT_MUST_CHECK;
int pt_segments_name_row(const struct segments *s, struct pt_frame *f, uint64_t row, uint32_t segment,
                         struct pt_err *err) PT_MUST_CHECK;

#endif

/* Segments: every label of every tag, and `all`: their statistics, reduced to rank 0 (catalog section 11). Collective.
 */
#ifndef PORTRAIT_SEGMENTS_H
#define PORTRAIT_SEGMENTS_H
#include <portrait/comm.h>
#include <portrait/frame.h>
#include <portrait/output.h>
#include <portrait/rows.h>

#define PT_SEGMENT_FRAMES 3

/* summary, tgi and hours into frames[PT_SEGMENT_FRAMES], filled on rank 0 (elsewhere without rows); *n = how many there
 * are: a table whose columns the job does not compute is absent. A tag with more than `max_labels` labels enters with
 * its largest and `other`. The caller frees the frames. */
int pt_segments_run(struct pt_comm *c, struct pt_rows *rows, const struct pt_label_list *labels, uint32_t max_labels,
                    struct pt_frame frames[PT_SEGMENT_FRAMES], uint32_t *n, struct pt_err *err) PT_MUST_CHECK;

#endif

/* as_of and log_start from the accepted lines of each local day: days far below the usual number, such as those that
 * one wrong clock makes, move nothing. */
#include "pipeline/job.h"

#include <portrait/log.h>
#include <stdlib.h>

int64_t pt_local_day(const struct pt_zone *z, struct pt_day_cache *c, int64_t ms) {
  if (ms < c->from || ms >= c->to || c->from == c->to) c->offset = pt_zone_offset(z, ms, &c->from, &c->to);
  return pt_floor_div(ms + c->offset, PT_DAY_MS);
}

static int by_value(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

#define NO_DAY INT64_MIN

/* First and last day that has at least 1/1000 of the lower median day's lines, days without any left out. */
static int usual_days(const struct pt_job *j, int64_t *first, int64_t *last, struct pt_err *err) {
  uint64_t *sorted = malloc((j->n_days + 1) * sizeof *sorted), n = 0;
  if (!sorted) return pt_fail(err, "population", PT_MEMORY, 0, "out of memory");
  for (uint64_t d = 0; d < j->n_days; d++)
    if (j->day_lines[d]) sorted[n++] = j->day_lines[d];
  qsort(sorted, n, sizeof *sorted, by_value);
  uint64_t median = n ? sorted[(n - 1) / 2] : 0;
  free(sorted);
  bool any = false;
  for (uint64_t d = 0; d < j->n_days; d++) {
    if (j->day_lines[d] == 0 || j->day_lines[d] * 1000 < median) continue;
    *last = j->day_first + (int64_t)d;
    if (!any) *first = *last;
    any = true;
  }
  if (!any && j->conf.as_of[0]) return 0; /* user records alone: there is no log to find the time from */
  return any ? 0 : pt_fail(err, "clean", PT_REJECTED, 0, "no line of a log was accepted: say as_of in the job file");
}

static int given(const struct pt_job *j, int64_t *as_of, struct pt_err *err) {
  struct pt_time_format iso = {.kind = PT_TIME_ISO};
  if (pt_time_parse(&iso, j->zone, pt_slice_of(j->conf.as_of), as_of))
    return pt_fail(err, "conf", PT_CONFIG, 0, "as_of: '%s' is no ISO 8601 time", j->conf.as_of);
  return 0;
}

static void complete_ctx(struct pt_job *j, int64_t as_of, int64_t log_start) {
  struct pt_facts_ctx *ctx = &j->ctx;
  struct pt_day_cache cache = {0};
  ctx->as_of = as_of;
  ctx->log_start = log_start;
  ctx->last_day = pt_local_day(j->zone, &cache, as_of - 1);
  for (int f = 0; f < PT_F_COUNT; f++)
    if (pt_field_info[f].kind == PT_K_DICT && j->store)
      ctx->dict[f] = pt_store_ordered(j->store, (enum pt_field)f, &ctx->n_dict[f]);
}

int pt_stage_asof(struct pt_job *j, struct pt_err *err) {
  int64_t first = NO_DAY, last = 0, as_of = 0;
  if (!j->keep) pt_sum_u64(j->comm, j->day_lines, j->n_days); /* a manifest tells all ranks the same */
  if (usual_days(j, &first, &last, err) == 0) {
    as_of = pt_zone_day_start(j->zone, last + 1);
    if (j->conf.as_of[0]) PT_LATER(given(j, &as_of, err));
  }
  PT_TRY(pt_agree(j->comm, err));
  complete_ctx(j, as_of, first == NO_DAY ? as_of : pt_zone_day_start(j->zone, first));
  char text[32];
  pt_time_text(as_of, text);
  pt_log(PT_NOTE, "facts", "as of %s%s", text, j->conf.as_of[0] ? "" : " (found from the log)");
  return 0;
}

/* Lines of a part: format found or given, parser, cleaner, and the book-keeping of every line. No allocation per line.
 */
#include "pipeline/job.h"

#include <portrait/log.h>
#include <portrait/parse.h>
#include <stdlib.h>
#include <string.h>

struct pt_lines {
  struct pt_job *j;
  struct pt_cleaner *cleaner;
  struct pt_parser *parser;
  const struct pt_format *format;
  struct pt_format reading; /* it, and what the job keeps of records */
  uint8_t format_index;
  struct pt_slice source; /* of the format: its name */
  struct pt_day_cache day;
  uint64_t *row; /* tally of the last source */
  struct pt_slice row_source;
  bool row_of_format; /* that source was the format's, not one that a line named */
  char row_room[260];
  struct pt_event *events; /* of one line */
  uint32_t cap;
  struct pt_slice user;
};

int pt_lines_open(struct pt_lines **out, struct pt_job *j, struct pt_cleaner *cleaner, struct pt_err *err) {
  struct pt_lines *l = calloc(1, sizeof *l);
  if (!l || !(l->events = calloc(l->cap = 16, sizeof *l->events))) {
    free(l);
    return pt_fail(err, "parse", PT_MEMORY, 0, "out of memory");
  }
  l->j = j;
  l->cleaner = cleaner;
  *out = l;
  return 0;
}

void pt_lines_close(struct pt_lines *l) {
  if (!l) return;
  pt_parser_close(l->parser);
  free(l->events);
  free(l);
}

static int unknown_format(const char *path, bool users, struct pt_err *err) {
  if (users) return pt_fail(err, "parse", PT_REJECTED, 0, "%s: a table of users names its user_id", path);
  return pt_fail(err, "parse", PT_REJECTED, 0,
                 "%s: its format is none of portrait, segment, rees46, taobao: "
                 "say what it is with `format:` in the job file",
                 path);
}

static int find_format(struct pt_lines *l, uint64_t file, struct pt_slice head, struct pt_err *err) {
  struct pt_job *j = l->j;
  const char *path = j->inputs.files[file].path;
  bool users = j->inputs.files[file].table == PT_USERS;
  if (users)
    l->format = pt_format_detect_users(head, path);
  else
    l->format = j->conf.format ? j->conf.format : pt_format_detect(head, path);
  if (!l->format) return unknown_format(path, users, err);
  l->reading = *l->format;
  l->reading.kept = j->conf.users_keep.v;
  l->reading.n_kept = j->conf.users_keep.n;
  for (uint32_t i = 0; i < j->n_formats; i++)
    if (strcmp(j->formats[i]->name, l->format->name) == 0) l->format_index = (uint8_t)i;
  l->source = pt_slice_of(l->format->name);
  l->row_of_format = false;
  return 0;
}

static int open_part(struct pt_lines *l, const struct pt_chunk *chunk, struct pt_err *err) {
  struct pt_job *j = l->j;
  pt_parser_close(l->parser);
  l->parser = NULL;
  struct pt_slice head = pt_reader_head(j->reader);
  if (pt_slice_trim(head).n == 0) return 0; /* an empty file has no format */
  PT_TRY(find_format(l, chunk->file, head, err));
  pt_log(PT_DEBUG, "parse", "%s: format %s", j->inputs.files[chunk->file].path, l->format->name);
  PT_TRY(pt_parser_open(&l->parser, &l->reading, pt_cleaner_wants(j->fields), head, j->conf.max_line, err));
  return pt_cleaner_part(l->cleaner, l->parser, l->format, l->format_index, err);
}

/* The tally of a line's source; the last one is remembered. */
static uint64_t *tally_of(struct pt_lines *l, const struct pt_record *r) {
  struct pt_slice source = {0};
  if (r && r->n_events) {
    const struct pt_value *v = &r->events[0].v[PT_F_SOURCE];
    if (v->kind == PT_V_TEXT || v->kind == PT_V_NUMBER) source = pt_slice_trim((struct pt_slice){v->p, v->n});
  }
  bool of_format = source.n == 0;
  if (of_format && l->row_of_format) return l->row;
  if (of_format) source = l->source;
  bool held = l->row && pt_slice_eq(source, l->row_source);
  l->row_of_format = of_format && held;
  if (held) return l->row;
  l->row = pt_tally_row(&l->j->tally, source);
  if (l->row && source.n <= sizeof l->row_room) {
    memcpy(l->row_room, source.p, source.n);
    l->row_source = (struct pt_slice){l->row_room, source.n};
    l->row_of_format = of_format;
  } else {
    l->row_source = (struct pt_slice){"", 0};
  }
  return l->row;
}

static void reject(struct pt_lines *l, const struct pt_chunk *chunk, const char *raw, enum pt_reason reason,
                   uint64_t *tally) {
  tally[PT_TL_REASON + (int)reason]++;
  pt_rejects_add(&l->j->rejects, (struct pt_reject){chunk->file, chunk->frame_offset,
                                                    chunk->offset + (uint64_t)(raw - chunk->p), (uint32_t)reason});
}

static int room_for(struct pt_lines *l, uint32_t n, struct pt_err *err) {
  if (n <= l->cap) return 0;
  struct pt_event *events = realloc(l->events, (size_t)n * sizeof *events);
  if (!events) return pt_fail(err, "parse", PT_MEMORY, 0, "out of memory for a line of %u events", n);
  l->events = events;
  l->cap = n;
  return 0;
}

/* A line of a log counts on the local day of its first event. */
static void count_line(struct pt_lines *l, const struct pt_record *r, uint64_t *tally) {
  struct pt_job *j = l->j;
  tally[PT_TL_ACCEPTED]++;
  if (r->events[0].record) {
    for (uint64_t bits = pt_cleaner_unread(l->cleaner); bits; bits &= bits - 1)
      tally[PT_TL_UNREAD + __builtin_ctzll(bits)]++;
    tally[PT_TL_RECORDS]++;
    if (l->format->users) return; /* a table says nothing of the days that the logs hold */
  }
  int64_t day = pt_local_day(j->zone, &l->day, l->events[0].time) - j->day_first;
  if (day >= 0 && (uint64_t)day < j->n_days) j->day_lines[day]++;
  if (!r->events[0].record) tally[PT_TL_EVENTS] += r->n_events;
}

static int take_line(struct pt_lines *l, const struct pt_chunk *chunk, const struct pt_record *r, pt_put put, void *ctx,
                     struct pt_err *err) {
  uint64_t *tally = tally_of(l, r);
  if (!tally) return pt_fail(err, "parse", PT_MEMORY, 0, "out of memory for the counts by source");
  tally[PT_TL_LINES]++;
  PT_TRY(room_for(l, r->n_events, err));
  uint64_t fingerprint = pt_hash64(r->raw, r->raw_n);
  for (uint32_t i = 0; i < r->n_events; i++) {
    enum pt_reason reason = PT_R_UNPARSABLE;
    enum pt_fate fate = pt_clean(l->cleaner, &r->events[i], fingerprint, (uint16_t)(i < 65535 ? i : 65535),
                                 &l->events[i], &l->user, &reason);
    if (fate == PT_FILTERED) {
      tally[PT_TL_FILTERED]++;
      return 0;
    }
    if (fate != PT_ACCEPTED) {
      reject(l, chunk, r->raw, reason, tally);
      return 0;
    }
  }
  count_line(l, r, tally);
  for (uint32_t i = 0; i < r->n_events; i++) PT_TRY(put(ctx, &l->events[i], l->user, err));
  return 0;
}

static int take(struct pt_lines *l, const struct pt_chunk *chunk, const struct pt_record *r, pt_put put, void *ctx,
                struct pt_err *err) {
  if (r->fate == PT_ACCEPTED && r->n_events) return take_line(l, chunk, r, put, ctx, err);
  uint64_t *tally = tally_of(l, NULL);
  if (!tally) return pt_fail(err, "parse", PT_MEMORY, 0, "out of memory for the counts by source");
  tally[PT_TL_LINES]++;
  if (r->fate == PT_BLANK) tally[PT_TL_BLANK]++;
  if (r->fate == PT_HEADER) tally[PT_TL_HEADER]++;
  if (r->fate == PT_FILTERED) tally[PT_TL_FILTERED]++;
  if (r->fate == PT_REJECTED_LINE) reject(l, chunk, r->raw, r->reason, tally);
  if (r->fate == PT_ACCEPTED) reject(l, chunk, r->raw, PT_R_UNKNOWN_FORMAT, tally); /* an order without products */
  return 0;
}

/* Lines that never reached the parser: over long ones. */
static int take_long(struct pt_lines *l, const struct pt_chunk *chunk, struct pt_err *err) {
  uint64_t *tally = chunk->long_lines ? tally_of(l, NULL) : NULL;
  if (chunk->long_lines && !tally) return pt_fail(err, "parse", PT_MEMORY, 0, "out of memory");
  for (uint64_t i = 0; i < chunk->long_lines; i++) {
    tally[PT_TL_LINES]++;
    tally[PT_TL_REASON + PT_R_TOO_LONG]++;
    pt_rejects_add(&l->j->rejects,
                   (struct pt_reject){chunk->file, chunk->frame_offset, chunk->long_offset, PT_R_TOO_LONG});
  }
  return 0;
}

int pt_lines_chunk(struct pt_lines *l, const struct pt_chunk *chunk, pt_put put, void *ctx, struct pt_err *err) {
  if (chunk->damaged) return pt_fail(err, "read", PT_IO, 0, "%s", pt_reader_damage(l->j->reader));
  if (chunk->new_part) PT_TRY(open_part(l, chunk, err));
  PT_TRY(take_long(l, chunk, err));
  const char *at = chunk->p, *end = chunk->p + chunk->n;
  bool start = chunk->file_start;
  if (!l->parser) return 0;
  for (struct pt_record r; at < end; at = r.next, start = false) {
    pt_parser_next(l->parser, at, end, start, chunk->last, &r);
    if (r.fate == PT_INCOMPLETE) {
      pt_reader_keep(l->j->reader, (size_t)(end - at));
      return 0;
    }
    PT_TRY(take(l, chunk, &r, put, ctx, err));
  }
  return 0;
}

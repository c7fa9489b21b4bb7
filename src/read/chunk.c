/* Decoded bytes to chunks of whole lines, in one buffer: bytes are decoded behind what is left of the last chunk, and
 * only that rest, less than a line as a rule, is moved to the front. Memory: two lines of max_line and a chunk.
 *
 * A file is a sequence of bytes and breaks, cut into lines at line ends; a line with a break in it is damaged. This
 * does not depend on the buffer or on how the file is split, and neither do the rules here:
 *  - all lines of a chunk begin in one frame, so each line has an exact position;
 *  - a chunk is handed out only when it is known whether something follows (`last`): while the end is not seen, one
 * line or a part of one is held back;
 *  - the line in which the stream broke is handed out alone, without what follows the break up to the next line end,
 *    for a fragment can look like a line (`42,view` of `1042,view`); where nothing of it is left it is an empty line;
 *  - a line over the limit is told in a chunk of its own, without bytes. */
#include "read/read_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BEHIND = 64, SLACK = 64 << 10 }; /* readable bytes behind a chunk; room to look for a line end in */
static const size_t NONE = SIZE_MAX;

int pt_read_lines_init(struct pt_lines *l, const struct pt_read_conf *conf, struct pt_err *err) {
  *l = (struct pt_lines){.max_line = conf->max_line, .chunk = conf->chunk ? conf->chunk : 1};
  size_t most = SIZE_MAX / 4;
  if (conf->max_line > most || conf->chunk > most) {
    return pt_fail(err, PT_READ, PT_CONFIG, 0, "read.max_line is too large");
  }
  l->cap = 2 * (l->max_line + 2) + l->chunk + SLACK;
  l->p = malloc(l->cap + BEHIND);
  return l->p ? 0 : pt_fail(err, PT_READ, PT_MEMORY, ENOMEM, "no memory for a chunk of %zu bytes", l->cap);
}

void pt_read_lines_free(struct pt_lines *l) {
  free(l->p);
  free(l->marks);
  *l = (struct pt_lines){0};
}

void pt_read_lines_begin(struct pt_lines *l, bool file_start) {
  l->at = l->end = l->kept = l->back = l->seal = l->resume = l->n_marks = 0;
  l->skip = file_start ? PT_SKIP_NOT : PT_SKIP_LEAD;
  l->torn = l->break_next = l->is_long = l->ended = l->beyond = false;
  l->fresh = true;
  l->file_start = file_start;
}

/* The mark of the frame in which p[i] lies; NULL where nothing was read yet. */
static const struct pt_mark *mark_of(const struct pt_lines *l, size_t i) {
  size_t lo = 0, hi = l->n_marks;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    if (l->marks[mid].pos <= i) {
      lo = mid + 1;
    } else {
      hi = mid;
    }
  }
  return lo ? &l->marks[lo - 1] : NULL;
}

static void place(const struct pt_lines *l, size_t i, uint64_t *frame, uint64_t *offset) {
  const struct pt_mark *m = mark_of(l, i);
  *frame = m ? m->frame : 0;
  *offset = m ? m->offset + (i - m->pos) : 0;
}

/* From p[pos] on the bytes are those of `frame` from `offset` on. */
static int mark(struct pt_lines *l, size_t pos, uint64_t frame, uint64_t offset, struct pt_err *err) {
  while (l->n_marks && l->marks[l->n_marks - 1].pos >= pos) l->n_marks--;
  if (l->n_marks) {
    const struct pt_mark *m = &l->marks[l->n_marks - 1];
    if (m->frame == frame && m->offset + (pos - m->pos) == offset) return 0;
  }
  if (l->n_marks == l->cap_marks) {
    size_t cap = l->cap_marks ? 2 * l->cap_marks : 64;
    struct pt_mark *more = realloc(l->marks, cap * sizeof *more);
    if (!more) return pt_fail(err, PT_READ, PT_MEMORY, ENOMEM, "no memory for the positions of %zu frames", cap);
    l->marks = more;
    l->cap_marks = cap;
  }
  l->marks[l->n_marks++] = (struct pt_mark){pos, frame, offset};
  return 0;
}

void pt_read_lines_room(struct pt_lines *l, char **p, size_t *room) {
  size_t d = l->at;
  if (d) {
    memmove(l->p, l->p + d, l->end - d);
    size_t first = l->n_marks;
    while (first > 0 && l->marks[first - 1].pos > d) first--; /* marks from `first` on lie behind p[d] */
    size_t from = first ? first - 1 : 0;
    for (size_t i = from; i < l->n_marks; i++) {
      struct pt_mark m = l->marks[i];
      if (m.pos < d) {
        m.offset += d - m.pos;
        m.pos = d;
      }
      m.pos -= d;
      l->marks[i - from] = m;
    }
    l->n_marks -= from;
    l->end -= d;
    l->at = 0;
    l->back -= l->back < d ? l->back : d;
    l->seal -= l->seal < d ? l->seal : d;
    l->resume -= l->resume < d ? l->resume : d;
  }
  *p = l->p + l->end;
  *room = l->cap - 1 - l->end; /* one byte stays for the line end of a damaged line */
  if (*room > l->chunk) *room = l->chunk;
  if (l->beyond && *room > SLACK) *room = SLACK; /* one line end is all that is looked for */
}

/* Drops bytes up to the line end; *n = those that stay, at p[end]. */
static void skip_line(struct pt_lines *l, size_t *n, uint64_t *offset) {
  const char *nl = memchr(l->p + l->end, '\n', *n);
  size_t drop = nl ? (size_t)(nl + 1 - (l->p + l->end)) : *n;
  if (nl) l->skip = PT_SKIP_NOT;
  *n -= drop;
  *offset += drop;
  if (*n) memmove(l->p + l->end, l->p + l->end + drop, *n);
}

static int take_bytes(struct pt_lines *l, const struct pt_pulled *got, bool beyond, struct pt_err *err) {
  size_t n = got->n;
  uint64_t offset = got->offset;
  if (beyond && l->skip == PT_SKIP_LEAD) { /* a part without a line end: its line is another's */
    l->ended = true;
    return 0;
  }
  const char *nl = beyond ? memchr(l->p + l->end, '\n', n) : NULL;
  if (nl) {
    n = (size_t)(nl + 1 - (l->p + l->end));
    l->ended = true;
  }
  l->beyond = beyond;
  if (l->skip) skip_line(l, &n, &offset);
  if (n) PT_TRY(mark(l, l->end, got->frame, offset, err));
  l->end += n;
  memset(l->p + l->end, 0, BEHIND);
  return 0;
}

int pt_read_lines_take(struct pt_lines *l, const struct pt_pulled *got, bool beyond, const char *why,
                       struct pt_err *err) {
  switch (got->kind) {
    case PT_PULL_BYTES:
      return take_bytes(l, got, beyond, err);
    case PT_PULL_END:
      l->ended = true;
      return 0;
    case PT_PULL_BREAK:
      break;
  }
  if (l->skip == PT_SKIP_LEAD) return 0; /* another part's line */
  if (l->skip == PT_SKIP_TORN) {         /* the same line, damaged once more */
    size_t n = strlen(l->damage);
    snprintf(l->damage + n, sizeof l->damage - n, "; %s", why);
    return 0;
  }
  l->skip = PT_SKIP_NOT;
  l->break_next = true;
  l->break_frame = got->frame;
  l->break_offset = got->offset;
  snprintf(l->damage_next, sizeof l->damage_next, "%s", why);
  return 0;
}

/* Index of the last line end in [from, to). */
static size_t last_end(const struct pt_lines *l, size_t from, size_t to) {
  const char *nl = to > from ? memrchr(l->p + from, '\n', to - from) : NULL;
  return nl ? (size_t)(nl - l->p) : NONE;
}

/* Where the line end of the line at s is, if within the limit (a CR before it does not count); else NONE. */
static size_t short_end(const struct pt_lines *l, size_t s, size_t to) {
  size_t reach = to - s > l->max_line ? s + l->max_line + 1 : to;
  size_t e = last_end(l, s, reach);
  if (e == NONE && reach < to && l->p[reach] == '\n' && l->p[reach - 1] == '\r') e = reach;
  return e;
}

/* Is p[s .. to), without a line end so far, over the limit for certain? `whole`: nothing will be joined to it. */
static bool too_long(const struct pt_lines *l, size_t s, size_t to, bool whole) {
  size_t n = to - s;
  if (n <= l->max_line) return false;
  if (n == l->max_line + 1 && l->p[to - 1] == '\r') return false;
  return whole || n > l->max_line + 1 || l->p[to - 1] != '\r';
}

/* The first line in [from, to) that is over the limit; `to` where there is none. Looks at one line in max_line bytes.
 */
static size_t find_long(const struct pt_lines *l, size_t from, size_t to, bool whole) {
  while (to - from > l->max_line) {
    size_t e = short_end(l, from, to);
    if (e == NONE) return memchr(l->p + from, '\n', to - from) || too_long(l, from, to, whole) ? from : to;
    from = e + 1;
  }
  return to;
}

/* Drops the line (with the record it is in) up to `next` as too long. */
static void drop_long(struct pt_lines *l, size_t next) {
  place(l, l->at, &l->long_frame, &l->long_offset);
  l->is_long = true;
  l->at = next;
  l->kept = 0;
}

static void hand_out(struct pt_lines *l, struct pt_chunk *c, size_t from, size_t to) {
  *c = (struct pt_chunk){.p = l->p + from, .n = to - from, .new_part = l->fresh};
  c->file_start = l->fresh && l->file_start;
  place(l, from, &c->frame_offset, &c->offset);
  l->fresh = false;
  l->back = from;
  l->at = to;
  l->kept = 0;
}

static bool out_long(struct pt_lines *l, struct pt_chunk *c) {
  if (l->end == l->at && !l->break_next && !l->ended) return false;
  hand_out(l, c, l->at, l->at);
  c->frame_offset = l->long_frame;
  c->offset = c->long_offset = l->long_offset;
  c->long_lines = 1;
  c->last = l->ended && !l->break_next && l->at == l->end;
  l->is_long = false;
  return true;
}

static bool out_torn(struct pt_lines *l, struct pt_chunk *c) {
  if (l->end == l->resume && !l->break_next && !l->ended) return false;
  hand_out(l, c, l->at, l->seal);
  if (l->torn_empty) {
    c->frame_offset = l->torn_frame;
    c->offset = l->torn_offset;
  }
  c->damaged = true;
  c->last = l->ended && !l->break_next && l->resume == l->end;
  l->at = l->back = l->resume; /* a damaged line is not kept */
  l->torn = false;
  return true;
}

/* The stream broke behind p[end - 1] and p[from .. end) is the beginning of the damaged line. */
static void tear(struct pt_lines *l, size_t from) {
  l->torn_empty = l->end == from && !l->kept;
  if (l->end == from) {
    l->p[l->end++] = '\n';
    memset(l->p + l->end, 0, BEHIND);
  }
  l->seal = l->resume = l->end;
  l->torn = true;
  l->break_next = false;
  l->skip = PT_SKIP_TORN;
  l->torn_frame = l->break_frame;
  l->torn_offset = l->break_offset;
  memcpy(l->damage, l->damage_next, sizeof l->damage);
}

/* Cuts [at, to) where its lines begin in another frame than the first does. */
static size_t one_frame(const struct pt_lines *l, size_t to) {
  if (l->kept) return to; /* a record over several lines: repeated at each frame it would cost its length each time */
  const struct pt_mark *m = mark_of(l, l->at), *all_end = l->marks + l->n_marks;
  if (!m || ++m >= all_end || m->pos >= to) return to;
  const char *nl = memchr(l->p + m->pos - 1, '\n', to - (m->pos - 1));
  return nl ? (size_t)(nl + 1 - l->p) : to;
}

bool pt_read_lines_cut(struct pt_lines *l, struct pt_chunk *c) {
  for (;;) {
    if (l->torn) return out_torn(l, c);
    if (l->is_long) return out_long(l, c);
    if (l->skip && !l->ended) return false;
    bool whole = l->ended || l->break_next;
    size_t from = l->at + l->kept, to = l->end, nl = NONE;
    if (!l->ended || l->break_next) {
      nl = last_end(l, from, whole || to == from ? to : to - 1);
      to = nl == NONE ? from : nl + 1;
    }
    size_t bad = find_long(l, from, to, whole);
    if (bad == from && to > from) {
      const char *e = memchr(l->p + from, '\n', to - from);
      drop_long(l, e ? (size_t)(e + 1 - l->p) : to);
    } else if (bad > from) {
      to = one_frame(l, bad);
      hand_out(l, c, l->at, to);
      c->last = l->ended && !l->break_next && to == l->end;
      return true;
    } else if (too_long(l, from, l->end, whole) && !memchr(l->p + from, '\n', l->end - from)) {
      drop_long(l, l->end);
      l->skip = whole ? PT_SKIP_NOT : PT_SKIP_LONG;
    } else if (l->break_next) {
      tear(l, from);
    } else {
      break;
    }
  }
  if (!l->ended || !l->fresh) return false;
  hand_out(l, c, l->at, l->at); /* a part without lines */
  c->last = true;
  return true;
}

void pt_read_lines_keep(struct pt_lines *l, size_t n) {
  bool nothing_follows = l->ended && !l->break_next && l->at == l->end;
  if (nothing_follows || l->torn || l->is_long) return;
  if (n > l->at - l->back) n = l->at - l->back;
  l->at -= n;
  l->kept = n;
  if (n > l->max_line) drop_long(l, l->at + n);
}

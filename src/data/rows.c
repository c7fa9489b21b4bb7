/* One allocation a range: hashes, id offsets, id bytes, then each column's values (8-byte aligned) and mask. On
 * scratch the same bytes lie in one file per rank, unlinked after opening, whose space is reserved before it is mapped:
 * a full disk is an error here, never a SIGBUS later. Ragged columns grow on the heap while their range is made, and
 * all those of a range go to scratch together when it is done and they do not fit. */
#include <errno.h>
#include <fcntl.h>
#include <portrait/rows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/vocabulary.h"

#define HEAP_SHARE 4 /* rows take at most a quarter of what is left before they go to scratch */

/* A ragged column of one range, charged to the budget while it is on the heap. */
struct ragged {
  uint64_t *ends; /* of each row's bytes */
  struct pt_buf bytes;
  uint32_t filled; /* rows whose end is set */
};

struct range {
  unsigned char *p;
  uint64_t bytes;
  uint64_t before;
  uint32_t n;
  bool mapped;
  bool done;                 /* the ragged columns are complete */
  struct ragged *ragged;     /* one for each ragged column of the schema, in order */
  unsigned char *ragged_map; /* where their ends and bytes lie on scratch; NULL: on the heap */
  uint64_t ragged_bytes;
};

struct pt_rows {
  const struct pt_schema *schema;
  struct pt_mem *mem;
  char *scratch;
  int fd;
  uint64_t file_bytes;
  struct range *ranges;
  uint32_t n, cap;
  uint64_t count;
  uint32_t n_ragged;
  uint32_t *ragged_of; /* column -> its number among the ragged ones */
  uint32_t at_range;   /* the range whose column places are in `at` */
  uint64_t *at;        /* offset of each column's values in that range; a row's writer asks for every column */
  struct pt_vocabulary vocabularies[PT_F_COUNT]; /* text NULL: none */
};

int pt_rows_open(struct pt_rows **out, const struct pt_schema *schema, struct pt_mem *mem, const char *scratch,
                 struct pt_err *err) {
  struct pt_rows *r = calloc(1, sizeof *r);
  if (!r) return pt_fail(err, "rows", PT_MEMORY, 0, "out of memory");
  r->schema = schema;
  r->mem = mem;
  r->fd = -1;
  r->at_range = UINT32_MAX;
  r->at = malloc((schema->n + 1) * sizeof *r->at);
  r->ragged_of = calloc(schema->n + 1, sizeof *r->ragged_of);
  if (!r->at || !r->ragged_of || (scratch && !(r->scratch = strdup(scratch)))) {
    pt_rows_close(r);
    return pt_fail(err, "rows", PT_MEMORY, 0, "out of memory");
  }
  for (uint32_t c = 0; c < schema->n; c++)
    if (schema->columns[c].type == PT_C_BYTES) r->ragged_of[c] = r->n_ragged++;
  *out = r;
  return 0;
}

static void free_ragged_heap(struct pt_rows *r, struct range *g) {
  for (uint32_t i = 0; i < r->n_ragged; i++) {
    pt_mem_release(r->mem, g->ragged[i].bytes.cap + (g->ragged[i].ends ? g->n * sizeof *g->ragged[i].ends : 0));
    pt_buf_free(&g->ragged[i].bytes);
    free(g->ragged[i].ends);
  }
}

static void free_ragged(struct pt_rows *r, struct range *g) {
  if (g->ragged_map)
    munmap(g->ragged_map, g->ragged_bytes);
  else if (g->ragged)
    free_ragged_heap(r, g);
  free(g->ragged);
}

void pt_rows_close(struct pt_rows *r) {
  if (!r) return;
  for (uint32_t i = 0; i < r->n; i++) {
    free_ragged(r, &r->ranges[i]);
    if (r->ranges[i].mapped) {
      munmap(r->ranges[i].p, r->ranges[i].bytes);
    } else {
      free(r->ranges[i].p);
      pt_mem_release(r->mem, r->ranges[i].bytes);
    }
  }
  if (r->fd >= 0) close(r->fd);
  for (int f = 0; f < PT_F_COUNT; f++) pt_vocabulary_free(&r->vocabularies[f], r->mem);
  free(r->ranges);
  free(r->at);
  free(r->ragged_of);
  free(r->scratch);
  free(r);
}

static uint64_t aligned(uint64_t bytes) {
  return (bytes + 7) & ~UINT64_C(7);
}

static uint64_t ids_at(uint32_t n) {
  return (uint64_t)n * sizeof(struct pt_h128);
}

static uint64_t fixed_bytes(uint32_t n, uint64_t id_bytes) {
  return aligned(ids_at(n) + (uint64_t)(n + 1) * sizeof(uint64_t) + id_bytes);
}

static uint64_t columns_bytes(const struct pt_schema *s, uint32_t n) {
  uint64_t bytes = 0;
  for (uint32_t c = 0; c < s->n; c++)
    bytes += aligned((uint64_t)n * pt_column_bytes(&s->columns[c])) + (s->columns[c].nullable ? aligned(n) : 0);
  return bytes;
}

static int open_scratch(struct pt_rows *r, struct pt_err *err) {
  if (r->fd >= 0) return 0;
  if (!r->scratch)
    return pt_fail(err, "rows", PT_MEMORY, 0, "the rows do not fit the budget and there is no --scratch");
  r->fd = open(r->scratch, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (r->fd >= 0) return 0;
  char path[4096];
  snprintf(path, sizeof path, "%s/portrait-rows-XXXXXX", r->scratch);
  r->fd = mkostemp(path, O_CLOEXEC);
  if (r->fd < 0) return pt_fail(err, "rows", PT_IO, errno, "scratch %s: %s", r->scratch, strerror(errno));
  unlink(path);
  return 0;
}

/* `bytes` more of the scratch file, rounded up to whole pages. */
static int map_more(struct pt_rows *r, uint64_t *bytes, unsigned char **out, struct pt_err *err) {
  PT_TRY(open_scratch(r, err));
  uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
  *bytes = (*bytes + page - 1) / page * page;
  int full = posix_fallocate(r->fd, (off_t)r->file_bytes, (off_t)*bytes);
  if (full)
    return pt_fail(err, "rows", PT_IO, full, "scratch %s: %llu bytes more: %s", r->scratch, (unsigned long long)*bytes,
                   strerror(full));
  unsigned char *p = mmap(NULL, *bytes, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, (off_t)r->file_bytes);
  if (p == MAP_FAILED) return pt_fail(err, "rows", PT_MEMORY, errno, "mmap of scratch: %s", strerror(errno));
  *out = p;
  r->file_bytes += *bytes;
  return 0;
}

static int map_range(struct pt_rows *r, struct range *g, struct pt_err *err) {
  PT_TRY(map_more(r, &g->bytes, &g->p, err));
  g->mapped = true;
  return 0;
}

static int new_range(struct pt_rows *r, uint64_t bytes, struct range *g, struct pt_err *err) {
  *g = (struct range){.bytes = bytes ? bytes : 8};
  if (g->bytes > pt_mem_left(r->mem) / HEAP_SHARE) return map_range(r, g, err);
  g->p = calloc(1, g->bytes);
  if (!g->p) return pt_fail(err, "rows", PT_MEMORY, 0, "out of memory: %llu bytes", (unsigned long long)g->bytes);
  pt_mem_charge(r->mem, g->bytes);
  return 0;
}

static int new_ragged(struct pt_rows *r, struct range *g, uint32_t n, struct pt_err *err) {
  if (r->n_ragged == 0) return 0;
  g->ragged = calloc(r->n_ragged, sizeof *g->ragged);
  for (uint32_t i = 0; g->ragged && i < r->n_ragged; i++) {
    g->ragged[i].ends = calloc((size_t)n + 1, sizeof *g->ragged[i].ends);
    if (!g->ragged[i].ends) break;
    pt_mem_charge(r->mem, n * sizeof *g->ragged[i].ends);
    if (i + 1 == r->n_ragged) return 0;
  }
  return pt_fail(err, "rows", PT_MEMORY, 0, "out of memory for %u rows", n);
}

static int make_place(struct pt_rows *r, struct pt_err *err) {
  if (r->n < r->cap) return 0;
  uint32_t cap = r->cap ? r->cap * 2 : 64;
  struct range *ranges = realloc(r->ranges, cap * sizeof *ranges);
  if (!ranges) return pt_fail(err, "rows", PT_MEMORY, 0, "out of memory");
  r->ranges = ranges;
  r->cap = cap;
  return 0;
}

int pt_rows_add(struct pt_rows *r, uint32_t n, const struct pt_h128 *hashes, const struct pt_slice *ids,
                uint32_t *range, struct pt_err *err) {
  PT_TRY(make_place(r, err));
  uint64_t id_bytes = 0;
  for (uint32_t i = 0; i < n; i++) id_bytes += ids[i].n;
  struct range *g = &r->ranges[r->n];
  PT_TRY(new_range(r, fixed_bytes(n, id_bytes) + columns_bytes(r->schema, n), g, err));
  g->n = n;
  g->before = r->count;
  if (n) memcpy(g->p, hashes, ids_at(n));
  uint64_t *offsets = (uint64_t *)(g->p + ids_at(n));
  char *bytes = (char *)(offsets + n + 1);
  offsets[0] = 0;
  for (uint32_t i = 0; i < n; i++) {
    if (ids[i].n) memcpy(bytes + offsets[i], ids[i].p, ids[i].n);
    offsets[i + 1] = offsets[i] + ids[i].n;
  }
  *range = r->n++;
  r->count += n;
  return new_ragged(r, g, n, err);
}

int pt_rows_put(struct pt_rows *r, uint32_t range, uint32_t column, uint32_t row, const void *p, size_t n,
                struct pt_err *err) {
  struct ragged *g = &r->ranges[range].ragged[r->ragged_of[column]];
  while (g->filled < row) g->ends[g->filled++] = g->bytes.n;
  uint64_t cap = g->bytes.cap;
  if (pt_buf_add(&g->bytes, p, n)) return pt_fail(err, "rows", PT_MEMORY, 0, "out of memory for %zu bytes", n);
  pt_mem_charge(r->mem, g->bytes.cap - cap);
  g->ends[row] = g->bytes.n;
  g->filled = row + 1;
  return 0;
}

static void complete(struct ragged *g, uint32_t rows) {
  while (g->filled < rows) g->ends[g->filled++] = g->bytes.n;
}

struct pt_slice pt_rows_bytes(struct pt_rows *r, uint32_t range, uint32_t column, uint32_t row) {
  struct ragged *g = &r->ranges[range].ragged[r->ragged_of[column]];
  complete(g, r->ranges[range].n);
  uint64_t from = row ? g->ends[row - 1] : 0;
  if (g->ends[row] == from) return (struct pt_slice){NULL, 0}; /* there may be no bytes at all */
  return (struct pt_slice){g->bytes.p + from, g->ends[row] - from};
}

void pt_rows_cut(struct pt_rows *r, uint32_t range, uint32_t column, const uint64_t *keep) {
  struct ragged *g = &r->ranges[range].ragged[r->ragged_of[column]];
  uint64_t from = 0, to = 0;
  complete(g, r->ranges[range].n);
  for (uint32_t row = 0; row < r->ranges[range].n; row++) {
    uint64_t next = g->ends[row];
    if (keep[row] && from != to) memmove(g->bytes.p + to, g->bytes.p + from, keep[row]);
    to += keep[row];
    g->ends[row] = to;
    from = next;
  }
  g->bytes.n = to;
}

/* The ragged columns of a finished range, one behind the other on scratch. */
static int spill_ragged(struct pt_rows *r, struct range *g, uint64_t bytes, struct pt_err *err) {
  unsigned char *to;
  PT_TRY(map_more(r, &bytes, &to, err));
  struct ragged *moved = calloc(r->n_ragged, sizeof *moved);
  if (!moved) {
    munmap(to, bytes);
    return pt_fail(err, "rows", PT_MEMORY, 0, "out of memory");
  }
  unsigned char *at = to;
  for (uint32_t i = 0; i < r->n_ragged; i++) {
    const struct ragged *from = &g->ragged[i];
    moved[i] =
        (struct ragged){(uint64_t *)(void *)at, {(char *)at + g->n * sizeof *from->ends, from->bytes.n, 0}, g->n};
    memcpy(at, from->ends, g->n * sizeof *from->ends);
    if (from->bytes.n) memcpy(moved[i].bytes.p, from->bytes.p, from->bytes.n);
    at += g->n * sizeof *from->ends + aligned(from->bytes.n);
  }
  free_ragged_heap(r, g);
  free(g->ragged);
  g->ragged = moved;
  g->ragged_map = to;
  g->ragged_bytes = bytes;
  return 0;
}

/* Where scratch is full or there is none they stay on the heap: the account says so, and the next one asks again. */
static void settle_ragged(struct pt_rows *r, struct range *g) {
  uint64_t bytes = 0, held = 0;
  g->done = true;
  for (uint32_t i = 0; i < r->n_ragged; i++) {
    struct ragged *one = &g->ragged[i];
    complete(one, g->n);
    bytes += g->n * sizeof *one->ends + aligned(one->bytes.n);
    held += one->bytes.cap;
  }
  struct pt_err err = {0};
  if (bytes > (pt_mem_left(r->mem) + held) / HEAP_SHARE && r->scratch && !spill_ragged(r, g, bytes, &err)) return;
  for (uint32_t i = 0; i < r->n_ragged; i++) { /* doubling has left room that nobody needs */
    struct pt_buf *b = &g->ragged[i].bytes;
    char *p = b->n && b->cap > b->n ? realloc(b->p, b->n) : NULL;
    if (!p) continue;
    pt_mem_release(r->mem, b->cap - b->n);
    b->p = p;
    b->cap = b->n;
  }
}

uint32_t pt_rows_ranges(const struct pt_rows *r) {
  return r->n;
}
uint64_t pt_rows_count(const struct pt_rows *r) {
  return r->count;
}
uint32_t pt_rows_in(const struct pt_rows *r, uint32_t range) {
  return r->ranges[range].n;
}
uint64_t pt_rows_before(const struct pt_rows *r, uint32_t range) {
  return r->ranges[range].before;
}
const struct pt_schema *pt_rows_schema(const struct pt_rows *r) {
  return r->schema;
}

static void find_places(struct pt_rows *r, uint32_t range) {
  const struct range *g = &r->ranges[range];
  const uint64_t *offsets = (const uint64_t *)(g->p + ids_at(g->n));
  uint64_t at = fixed_bytes(g->n, offsets[g->n]);
  const struct pt_column *c = r->schema->columns;
  for (uint32_t i = 0; i < r->schema->n; i++) {
    r->at[i] = at;
    at += aligned((uint64_t)g->n * pt_column_bytes(&c[i])) + (c[i].nullable ? aligned(g->n) : 0);
  }
  r->at_range = range;
}

static unsigned char *column_at(struct pt_rows *r, uint32_t range, uint32_t column) {
  if (r->at_range != range) find_places(r, range);
  return r->ranges[range].p + r->at[column];
}

void *pt_rows_values(struct pt_rows *r, uint32_t range, uint32_t column) {
  return column_at(r, range, column);
}

uint8_t *pt_rows_mask(struct pt_rows *r, uint32_t range, uint32_t column) {
  const struct pt_column *c = &r->schema->columns[column];
  if (!c->nullable) return NULL;
  return column_at(r, range, column) + aligned((uint64_t)r->ranges[range].n * pt_column_bytes(c));
}

const struct pt_h128 *pt_rows_hashes(struct pt_rows *r, uint32_t range) {
  return (const struct pt_h128 *)r->ranges[range].p;
}

struct pt_slice pt_rows_id(struct pt_rows *r, uint32_t range, uint32_t row) {
  const struct range *g = &r->ranges[range];
  const uint64_t *offsets = (const uint64_t *)(g->p + ids_at(g->n));
  const char *bytes = (const char *)(offsets + g->n + 1);
  return (struct pt_slice){bytes + offsets[row], offsets[row + 1] - offsets[row]};
}

const struct pt_vocabulary *pt_rows_vocabulary(const struct pt_rows *r, int field) {
  return r->vocabularies[field].text ? &r->vocabularies[field] : NULL;
}

int pt_rows_set_vocabulary(struct pt_rows *r, int field, const struct pt_vocabulary *v, struct pt_err *err) {
  pt_vocabulary_free(&r->vocabularies[field], r->mem);
  return pt_vocabulary_copy(&r->vocabularies[field], v, r->mem, err);
}

void pt_rows_done(struct pt_rows *r, uint32_t range) {
  struct range *g = &r->ranges[range];
  if (!g->done && r->n_ragged) settle_ragged(r, g);
  if (g->ragged_map) madvise(g->ragged_map, g->ragged_bytes, MADV_DONTNEED);
  if (g->mapped) madvise(g->p, g->bytes, MADV_DONTNEED); /* shared file mapping: the pages stay in the file */
}

uint64_t pt_rows_budget(const struct pt_rows *r) {
  return r->mem->budget;
}

uint64_t pt_rows_spilled(const struct pt_rows *r) {
  return r->file_bytes;
}

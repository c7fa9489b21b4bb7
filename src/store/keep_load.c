/* A kept store read as a store. Each generation has a cursor: the part, the block in it, and the decoded block with
 * how much of it was handed out. Rows lie in hash order in a generation, so a bucket takes from each cursor what is
 * below its end; buckets loaded in their order decode each block once. Another order starts the cursors anew. Memory: a
 * decoded block for each generation, and those that the loaded bucket took rows from. */
#include <stdlib.h>

#include "keep_priv.h"
#include "store_priv.h"

/* A decoded block. */
struct loaded {
  struct loaded *next;
  unsigned char *bytes;
  size_t n_bytes;
  const unsigned char **rows;
  struct pt_h128 *hashes;
  struct pt_slice *ids;
  uint32_t n_rows, row; /* rows before `row` were handed out */
  uint64_t n_ids, id;
};

struct cursor {
  const struct pt_keep_generation *g;
  uint32_t part, block;
  struct pt_keep_file file; /* fd < 0: not open */
  uint32_t *map[PT_F_COUNT];
  uint32_t n_map[PT_F_COUNT];
  struct loaded *now;
};

struct pt_keep_source {
  const struct pt_keep *k;
  uint64_t wanted;
  uint32_t *bucket_from; /* n_buckets + 1 slots */
  uint32_t next;         /* the bucket that the cursors stand before */
  struct cursor *cursors;
  uint32_t n_cursors;
  struct loaded *used; /* blocks of the loaded bucket that have nothing left */
  struct pt_buf io;
};

static void free_loaded(struct pt_store *s, struct loaded *l) {
  if (!l) return;
  pt_mem_release(s->conf.mem, l->n_bytes);
  free(l->bytes);
  free(l);
}

static void free_used(struct pt_store *s) {
  for (struct loaded *l = s->source->used, *next; l; l = next) {
    next = l->next;
    free_loaded(s, l);
  }
  s->source->used = NULL;
}

static void close_part(struct cursor *c) {
  if (c->file.fd >= 0) pt_keep_file_close(&c->file);
  for (int f = 0; f < PT_F_COUNT; f++) {
    free(c->map[f]);
    c->map[f] = NULL;
    c->n_map[f] = 0;
  }
}

struct text_arg {
  struct pt_store *store;
  struct cursor *cursor;
  uint64_t wanted;
};

static int learn_text(void *arg, int field, uint32_t code, struct pt_slice text, struct pt_err *err) {
  const struct text_arg *a = arg;
  (void)code;
  if (!(a->wanted & PT_BIT(field))) return 0;
  return pt_dict_put(a->store->dict[field], text) == PT_NO_CODE ? pt_keep_no_memory(err) : 0;
}

/* The part's code of a text as its place in the byte order of the whole store. */
static int map_text(void *arg, int field, uint32_t code, struct pt_slice text, struct pt_err *err) {
  const struct text_arg *a = arg;
  struct cursor *c = a->cursor;
  if (!(a->wanted & PT_BIT(field))) return 0;
  if (code >= c->n_map[field]) {
    if (code > UINT32_MAX / 2) return pt_fail(err, "store", PT_IO, 0, "%s: an impossible code", c->file.name);
    size_t cap = 2 * (size_t)code + 64;
    uint32_t *p = realloc(c->map[field], cap * sizeof *p);
    if (!p) return pt_keep_no_memory(err);
    memset(p + c->n_map[field], 0, (cap - c->n_map[field]) * sizeof *p);
    c->map[field] = p;
    c->n_map[field] = (uint32_t)cap;
  }
  uint32_t own = pt_dict_find(a->store->dict[field], text);
  if (own == PT_NO_CODE) return pt_fail(err, "store", PT_IO, 0, "%s: changed while it was read", c->file.name);
  c->map[field][code] = a->store->order[field][own];
  return 0;
}

static bool overlaps(const struct pt_keep_part *p, const struct pt_store_conf *conf) {
  return p->slot_from < conf->slot_to && p->slot_to > conf->slot_from;
}

/* Opens the cursor's next part with rows of this store; *any = whether there is one. */
static int next_part(struct pt_store *s, struct cursor *c, bool *any, struct pt_err *err) {
  close_part(c);
  while (c->part < c->g->n_parts && !overlaps(&c->g->parts[c->part], &s->conf)) c->part++;
  *any = c->part < c->g->n_parts;
  if (!*any) return 0;
  PT_TRY(pt_keep_file_open(&c->file, s->source->k, &c->g->parts[c->part], err));
  c->part++;
  c->block = 0;
  struct text_arg arg = {s, c, s->source->wanted};
  return pt_keep_file_texts(&c->file, map_text, &arg, err);
}

static int decode(struct pt_store *s, struct cursor *c, struct loaded **out, struct pt_err *err) {
  uint32_t rows, users;
  size_t id_bytes, bytes = pt_block_row_bytes(s->decoder, &id_bytes, &rows, &users);
  struct loaded *l = calloc(1, sizeof *l);
  if (!l) return pt_keep_no_memory(err);
  /* One allocation, the arrays first for their alignment. */
  size_t at_ids = rows * sizeof *l->rows, at_hashes = at_ids + users * sizeof *l->ids,
         at_rows = at_hashes + users * sizeof *l->hashes;
  l->n_bytes = at_rows + bytes + id_bytes;
  l->bytes = malloc(l->n_bytes + 1);
  if (!l->bytes) {
    free(l);
    return pt_keep_no_memory(err);
  }
  pt_mem_charge(s->conf.mem, l->n_bytes);
  l->rows = (const unsigned char **)(void *)l->bytes;
  l->ids = (struct pt_slice *)(void *)(l->bytes + at_ids);
  l->hashes = (struct pt_h128 *)(void *)(l->bytes + at_hashes);
  l->n_rows = rows;
  int code = pt_block_rows(s->decoder, (const uint32_t *const *)c->map, c->n_map, l->bytes + at_rows, l->rows,
                           (char *)l->bytes + at_rows + bytes, l->hashes, l->ids, &l->n_ids, err);
  if (code) {
    free_loaded(s, l);
    return code;
  }
  *out = l;
  return 0;
}

/* Decodes the cursor's next block with a slot in [from, to) where there is one. */
static int next_block(struct pt_store *s, struct cursor *c, uint32_t from, uint32_t to, struct pt_err *err) {
  for (;;) {
    while (c->file.fd >= 0 && c->block < c->file.tail.n_blocks && c->file.blocks[c->block].slot_last < from) c->block++;
    if (c->file.fd >= 0 && c->block < c->file.tail.n_blocks) break;
    if (c->part < c->g->n_parts && c->g->parts[c->part].slot_from >= to) return 0;
    bool any;
    PT_TRY(next_part(s, c, &any, err));
    if (!any) return 0;
  }
  const struct pt_keep_block *b = &c->file.blocks[c->block];
  if (b->slot_first >= to) return 0;
  struct pt_keep_source *src = s->source;
  src->io.n = 0;
  if (pt_buf_reserve(&src->io, b->n)) return pt_keep_no_memory(err);
  PT_TRY(pt_keep_read_at(&c->file, b->at, src->io.p, b->n, err));
  PT_TRY(pt_block_open(s->decoder, src->io.p, b->n, src->wanted, err));
  PT_TRY(pt_block_map_formats(s->decoder, c->g->format, c->g->n_formats, err));
  c->block++;
  return decode(s, c, &c->now, err);
}

static uint32_t slot_of(uint64_t hi) {
  return (uint32_t)(hi >> 48);
}

/* Hands out the rows and ids of slots [from, to) of the decoded block. */
static int take(struct pt_store *s, struct loaded *l, uint32_t from, uint32_t to, struct pt_bucket *out,
                struct pt_err *err) {
  while (l->row < l->n_rows && slot_of(pt_row_user(l->rows[l->row]).hi) < from) l->row++;
  while (l->id < l->n_ids && slot_of(l->hashes[l->id].hi) < from) l->id++;
  uint32_t row = l->row;
  uint64_t id = l->id;
  while (row < l->n_rows && slot_of(pt_row_user(l->rows[row]).hi) < to) row++;
  while (id < l->n_ids && slot_of(l->hashes[id].hi) < to) id++;
  size_t rows = row - l->row, ids = id - l->id;
  size_t cap_rows = out->n_rows + rows > s->cap_rows ? 2 * (out->n_rows + rows) : 0;
  size_t cap_ids = out->n_ids + ids > s->cap_ids ? 2 * (out->n_ids + ids) : 0;
  PT_TRY(pt_store_reserve(s, cap_rows, cap_ids, err));
  if (rows) memcpy(s->rows + out->n_rows, l->rows + l->row, rows * sizeof *l->rows);
  if (ids) memcpy(s->id_hash + out->n_ids, l->hashes + l->id, ids * sizeof *l->hashes);
  if (ids) memcpy(s->ids + out->n_ids, l->ids + l->id, ids * sizeof *l->ids);
  out->n_rows += rows;
  out->n_ids += ids;
  l->row = row;
  l->id = id;
  return 0;
}

static int draw(struct pt_store *s, struct cursor *c, uint32_t from, uint32_t to, struct pt_bucket *out,
                struct pt_err *err) {
  for (;;) {
    if (!c->now) PT_TRY(next_block(s, c, from, to, err));
    if (!c->now) return 0;
    PT_TRY(take(s, c->now, from, to, out, err));
    if (c->now->row < c->now->n_rows || c->now->id < c->now->n_ids) return 0;
    c->now->next = s->source->used;
    s->source->used = c->now;
    c->now = NULL;
  }
}

static void rewind_cursors(struct pt_store *s) {
  for (uint32_t i = 0; i < s->source->n_cursors; i++) {
    struct cursor *c = &s->source->cursors[i];
    close_part(c);
    free_loaded(s, c->now);
    c->now = NULL;
    c->part = c->block = 0;
  }
}

int pt_keep_source_load(struct pt_store *s, uint32_t bucket, struct pt_bucket *out, struct pt_err *err) {
  struct pt_keep_source *src = s->source;
  free_used(s);
  if (bucket != src->next) rewind_cursors(s);
  src->next = bucket + 1;
  *out = (struct pt_bucket){.n_rows = 0};
  uint32_t from = src->bucket_from[bucket], to = src->bucket_from[bucket + 1];
  for (uint32_t i = 0; i < src->n_cursors; i++) PT_TRY(draw(s, &src->cursors[i], from, to, out, err));
  out->rows = s->rows;
  out->id_hash = s->id_hash;
  out->ids = s->ids;
  return 0;
}

void pt_keep_source_close(struct pt_store *s) {
  struct pt_keep_source *src = s->source;
  free_used(s);
  if (src->cursors) rewind_cursors(s);
  free(src->cursors);
  free(src->bucket_from);
  pt_buf_free(&src->io);
  free(src);
  s->source = NULL;
  s->n_buckets = 1; /* the one of its own */
}

/* Texts of all parts that this store reads, so that places in byte order are known before the first row. */
static int learn_texts(struct pt_store *s, struct pt_err *err) {
  for (uint32_t i = 0; i < s->source->n_cursors; i++) {
    const struct pt_keep_generation *g = s->source->cursors[i].g;
    for (uint32_t p = 0; p < g->n_parts; p++) {
      struct pt_keep_file file;
      if (!overlaps(&g->parts[p], &s->conf)) continue;
      PT_TRY(pt_keep_file_open(&file, s->source->k, &g->parts[p], err));
      struct text_arg arg = {s, NULL, s->source->wanted};
      int code = pt_keep_file_texts(&file, learn_text, &arg, err);
      pt_keep_file_close(&file);
      if (code) return code;
    }
  }
  return pt_store_seal(s, err);
}

/* Bucket bounds: slots are added to a bucket until it would outgrow `most` events. */
static int cut_buckets(struct pt_store *s, const uint64_t *weights, struct pt_err *err) {
  uint32_t from = s->conf.slot_from, to = s->conf.slot_to, n = 0;
  uint64_t most = s->conf.bucket_bytes / 96 + 1, held = 0;
  uint32_t *cut = malloc((to - from + (size_t)2) * sizeof *cut);
  if (!cut) return pt_keep_no_memory(err);
  cut[n++] = from;
  for (uint32_t slot = from; slot < to; slot++) {
    if (held && held + weights[slot] > most) {
      cut[n++] = slot;
      held = 0;
    }
    held += weights[slot];
  }
  cut[n] = to;
  s->source->bucket_from = cut;
  s->n_buckets = n;
  return 0;
}

static int attach(struct pt_store *s, const struct pt_keep *k, const uint64_t *weights, uint64_t wanted, bool merging,
                  struct pt_err *err) {
  struct pt_keep_source *src = calloc(1, sizeof *src);
  if (!src) return pt_keep_no_memory(err);
  s->source = src;
  src->k = k;
  src->wanted = wanted;
  src->cursors = calloc(k->n_generations + (size_t)1, sizeof *src->cursors);
  if (!src->cursors) return pt_keep_no_memory(err);
  for (uint32_t i = 0; i < k->n_generations; i++)
    if (!merging || k->generations[i].merging)
      src->cursors[src->n_cursors++] = (struct cursor){.g = &k->generations[i], .file = {.fd = -1}};
  PT_TRY(pt_block_decoder_new(&s->decoder, err));
  PT_TRY(learn_texts(s, err));
  return cut_buckets(s, weights, err);
}

int pt_keep_store_of(struct pt_store **out, const struct pt_keep *k, const struct pt_store_conf *conf,
                     const uint64_t *weights, uint64_t wanted, bool merging, struct pt_err *err) {
  struct pt_store *s;
  struct pt_store_conf own = *conf;
  own.expected_bytes = 1; /* one bucket of its own, which stays empty */
  PT_TRY(pt_store_open(&s, &own, err));
  int code = attach(s, k, weights, wanted, merging, err);
  if (code) {
    pt_store_close(s);
    return code;
  }
  *out = s;
  return 0;
}

int pt_keep_store(struct pt_store **out, const struct pt_keep *k, const struct pt_store_conf *conf,
                  const uint64_t *weights, uint64_t wanted, struct pt_err *err) {
  return pt_keep_store_of(out, k, conf, weights, wanted, false, err);
}

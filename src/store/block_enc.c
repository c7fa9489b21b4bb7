/* Rows to a columnar block. The rows are walked once for users and shapes and once for each column; a value's place in
 * its row depends on the shape alone, so a column is read through a table of places. (value - least) in as few whole
 * bytes as hold it: no branch a value on either side, and zstd finds the rest. Memory: 14 bytes a row of a block
 * (131,072 at most) and the bytes of the columns. */
#include <stdlib.h>
#include <xxhash.h>
#include <zstd.h>

#include "block.h"

#define SHAPE_CELLS 16384u
#define SECTIONS    (16 + 3 * PT_F_COUNT)

struct stamp {
  uint32_t epoch, local;
};

struct pt_block_encoder {
  ZSTD_CCtx *z;
  struct pt_buf raw, ids, hashes, texts;
  struct pt_block_section sections[SECTIONS];
  uint32_t n_sections;
  struct pt_block_shape shapes[PT_BLOCK_SHAPES];
  uint32_t n_shapes;
  uint16_t cells[SHAPE_CELLS]; /* shape + 1, 0 = empty */
  uint16_t place[PT_BLOCK_SHAPES];
  uint16_t *shape_of;              /* of each row */
  uint64_t *values, *count, *id_n; /* columns in the making */
  uint32_t n_users, n_rows;
  uint64_t any; /* union of the rows' `has` */
  struct stamp *stamps;
  size_t cap_stamps;
  uint32_t epoch;
  uint32_t most_rows; /* of this block: fewer where their texts are long */
  bool too_big;
};

int pt_block_encoder_new(struct pt_block_encoder **out, struct pt_err *err) {
  struct pt_block_encoder *c = calloc(1, sizeof *c);
  if (c) {
    c->z = ZSTD_createCCtx();
    c->shape_of = malloc(PT_BLOCK_ROWS * sizeof *c->shape_of);
    c->values = malloc(3 * (size_t)PT_BLOCK_ROWS * sizeof *c->values);
  }
  if (!c || !c->z || !c->shape_of || !c->values) {
    pt_block_encoder_free(c);
    return pt_fail(err, "store", PT_MEMORY, 0, "out of memory for a block");
  }
  c->count = c->values + PT_BLOCK_ROWS;
  c->id_n = c->count + PT_BLOCK_ROWS;
  *out = c;
  return 0;
}

void pt_block_encoder_free(struct pt_block_encoder *c) {
  if (!c) return;
  ZSTD_freeCCtx(c->z);
  pt_buf_free(&c->raw);
  pt_buf_free(&c->ids);
  pt_buf_free(&c->hashes);
  pt_buf_free(&c->texts);
  free(c->shape_of);
  free(c->values);
  free(c->stamps);
  free(c);
}

static int no_memory(struct pt_err *err) {
  return pt_fail(err, "store", PT_MEMORY, 0, "out of memory for a block");
}

/* The row's shape; PT_BLOCK_SHAPES where the block has no room for another. */
static uint32_t shape_of(struct pt_block_encoder *c, const struct pt_row_head *h) {
  uint64_t key = (h->has ^ (uint64_t)h->type << 48 ^ (uint64_t)h->format << 56) * UINT64_C(0x9E3779B97F4A7C15);
  uint32_t i = (uint32_t)(key >> 50) & (SHAPE_CELLS - 1);
  for (; c->cells[i]; i = (i + 1) & (SHAPE_CELLS - 1)) {
    const struct pt_block_shape *s = &c->shapes[c->cells[i] - 1];
    if (s->has == h->has && s->type == h->type && s->format == h->format) return c->cells[i] - 1u;
  }
  if (c->n_shapes == PT_BLOCK_SHAPES) return PT_BLOCK_SHAPES;
  c->shapes[c->n_shapes] = (struct pt_block_shape){.has = h->has, .type = h->type, .format = h->format};
  c->any |= h->has;
  c->cells[i] = (uint16_t)++c->n_shapes;
  return c->n_shapes - 1;
}

/* Rows of user `h` from the front of the rest; how many fitted. */
static uint32_t take_rows(struct pt_block_encoder *c, const struct pt_block_in *in, struct pt_h128 h, bool *full) {
  uint32_t n = 0;
  while (c->n_rows < in->n_rows) {
    struct pt_row_head head = pt_row_head(in->rows[c->n_rows].at);
    if (head.hi != h.hi || head.lo != h.lo) break;
    uint32_t shape = c->n_rows < c->most_rows ? shape_of(c, &head) : PT_BLOCK_SHAPES;
    if (shape == PT_BLOCK_SHAPES) {
      *full = true;
      break;
    }
    c->shape_of[c->n_rows++] = (uint16_t)shape;
    n++;
  }
  return n;
}

/* Users, their counts and ids; *ids = ids taken. */
static int take_users(struct pt_block_encoder *c, const struct pt_block_in *in, size_t *ids, struct pt_err *err) {
  size_t j = 0;
  bool full = false;
  while (!full && c->n_users < PT_BLOCK_ROWS && (c->n_rows < in->n_rows || j < in->n_ids)) {
    struct pt_h128 h = {UINT64_MAX, UINT64_MAX};
    if (c->n_rows < in->n_rows) h = pt_row_user(in->rows[c->n_rows].at);
    bool has_id = j < in->n_ids && pt_h128_cmp(in->id_hash[j], h) <= 0;
    if (has_id) h = in->id_hash[j];
    uint32_t n = take_rows(c, in, h, &full);
    if (full && n == 0) break;
    size_t id_n = has_id ? in->ids[j].n : 0;
    if (pt_buf_add(&c->hashes, &h, sizeof h) || (has_id && pt_buf_add(&c->ids, in->ids[j].p, id_n)))
      return no_memory(err);
    c->count[c->n_users] = n;
    c->id_n[c->n_users++] = id_n;
    j += has_id;
  }
  *ids = j;
  return 0;
}

static int add_bytes(struct pt_block_encoder *c, enum pt_block_part part, int field, const void *p, size_t n,
                     uint32_t count, struct pt_err *err) {
  if (n > PT_BLOCK_MAX_RAW - c->raw.n) {
    c->too_big = true;
    return 0;
  }
  if (pt_buf_reserve(&c->raw, n + 8)) return no_memory(err);
  pt_buf_add(&c->raw, p, n);
  c->sections[c->n_sections++] =
      (struct pt_block_section){.part = (uint8_t)part, .field = (uint8_t)field, .n = count, .raw = (uint32_t)n};
  return 0;
}

static int add_column(struct pt_block_encoder *c, enum pt_block_part part, int field, const uint64_t *v, uint32_t n,
                      struct pt_err *err) {
  uint64_t least = n ? v[0] : 0, most = least;
  for (uint32_t i = 1; i < n; i++) {
    least = v[i] < least ? v[i] : least;
    most = v[i] > most ? v[i] : most;
  }
  uint32_t width = most == least ? 0 : (71u - (uint32_t)__builtin_clzll(most - least)) / 8;
  if ((size_t)n * width > PT_BLOCK_MAX_RAW - c->raw.n) {
    c->too_big = true;
    return 0;
  }
  if (pt_buf_reserve(&c->raw, (size_t)n * width + 8)) return no_memory(err);
  unsigned char *p = (unsigned char *)c->raw.p + c->raw.n;
  if (width)
    for (uint32_t i = 0; i < n; i++, p += width) {
      uint64_t x = v[i] - least;
      memcpy(p, &x, sizeof x);
    }
  c->raw.n += (size_t)n * width;
  c->sections[c->n_sections++] = (struct pt_block_section){
      .part = (uint8_t)part, .field = (uint8_t)field, .width = (uint8_t)width, .n = n, .base = least, .raw = n * width};
  return 0;
}

/* Signed values in unsigned order, so that (value - least) is small around zero too. */
static uint64_t biased(int64_t v) {
  return (uint64_t)v ^ (UINT64_C(1) << 63);
}

static int add_heads(struct pt_block_encoder *c, const struct pt_block_in *in, struct pt_err *err) {
  uint64_t *v = c->values;
  for (uint32_t i = 0; i < c->n_rows; i++) v[i] = c->shape_of[i];
  PT_TRY(add_column(c, PT_S_SHAPE, 0, v, c->n_rows, err));
  for (uint32_t i = 0; i < c->n_rows; i++) v[i] = pt_row_head(in->rows[i].at).nth;
  PT_TRY(add_column(c, PT_S_NTH, 0, v, c->n_rows, err));
  for (uint32_t i = 0; i < c->n_rows; i++) v[i] = biased(pt_row_head(in->rows[i].at).time);
  PT_TRY(add_column(c, PT_S_TIME, 0, v, c->n_rows, err));
  for (uint32_t i = 0; i < c->n_rows; i++) v[i] = pt_row_head(in->rows[i].at).fingerprint;
  PT_TRY(add_column(c, PT_S_PRINT, 0, v, c->n_rows, err));
  c->texts.n = 0;
  for (uint32_t i = 0; i < c->n_rows; i++) {
    struct pt_row_head h = pt_row_head(in->rows[i].at);
    v[i] = h.id_n;
    if (h.id_n && pt_buf_add(&c->texts, (const unsigned char *)in->rows[i].at + pt_row_id_at(&h), h.id_n))
      return no_memory(err);
  }
  PT_TRY(add_column(c, PT_S_EVENT_N, 0, v, c->n_rows, err));
  return add_bytes(c, PT_S_EVENT_IDS, 0, c->texts.p, c->texts.n, (uint32_t)c->texts.n, err);
}

/* Where field f stands in a row of each shape; 0 = nowhere. */
static void find_places(struct pt_block_encoder *c, int f) {
  uint64_t bit = PT_BIT(f);
  for (uint32_t s = 0; s < c->n_shapes; s++) {
    uint64_t has = c->shapes[s].has;
    size_t at = sizeof(struct pt_row_head);
    if (PT_CODE_BITS & bit)
      at += 4 * (size_t)pt_bits(has & PT_CODE_BITS & (bit - 1));
    else
      at += 4 * (size_t)pt_bits(has & PT_CODE_BITS) + 8 * (size_t)pt_bits(has & PT_WIDE_BITS & (bit - 1));
    c->place[s] = has & bit ? (uint16_t)at : 0;
  }
}

static int grow_stamps(struct pt_block_encoder *c, uint32_t n, struct pt_err *err) {
  if (n <= c->cap_stamps) return 0;
  size_t cap = 2 * (size_t)n;
  struct stamp *p = realloc(c->stamps, cap * sizeof *p);
  if (!p) return no_memory(err);
  memset(p + c->cap_stamps, 0, (cap - c->cap_stamps) * sizeof *p);
  c->stamps = p;
  c->cap_stamps = cap;
  return 0;
}

/* Codes of the holder to codes of the block, in order of appearance; the texts become two sections before the column.
 */
static int localise(struct pt_block_encoder *c, const struct pt_dict *dict, int f, uint64_t *v, uint32_t n,
                    struct pt_err *err) {
  uint32_t known = pt_dict_count(dict), used = 0;
  PT_TRY(grow_stamps(c, known, err));
  c->epoch++;
  c->texts.n = 0;
  uint64_t *lengths = c->count; /* its section is written already */
  for (uint32_t i = 0; i < n; i++) {
    if (v[i] >= known) return pt_fail(err, "store", PT_INTERNAL, 0, "%s: code without text", pt_field_info[f].name);
    struct stamp *s = &c->stamps[v[i]];
    if (s->epoch != c->epoch) {
      struct pt_slice text = pt_dict_at(dict, (uint32_t)v[i]);
      *s = (struct stamp){c->epoch, used};
      lengths[used++] = text.n;
      if (pt_buf_add(&c->texts, text.p, text.n)) return no_memory(err);
    }
    v[i] = s->local;
  }
  PT_TRY(add_column(c, PT_S_TEXT_N, f, lengths, used, err));
  return add_bytes(c, PT_S_TEXTS, f, c->texts.p, c->texts.n, (uint32_t)c->texts.n, err);
}

static int add_field(struct pt_block_encoder *c, const struct pt_block_in *in, int f, struct pt_err *err) {
  uint64_t *v = c->values;
  uint32_t n = 0;
  bool coded = PT_CODE_BITS & PT_BIT(f);
  uint64_t flip = pt_field_info[f].kind == PT_K_KEY || coded ? 0 : biased(0);
  find_places(c, f);
  for (uint32_t i = 0; i < c->n_rows; i++) {
    uint32_t at = c->place[c->shape_of[i]];
    if (!at) continue;
    uint64_t x = 0;
    memcpy(&x, (const unsigned char *)in->rows[i].at + at, coded ? 4 : 8);
    v[n++] = x ^ flip;
  }
  if (coded && in->dicts) PT_TRY(localise(c, in->dicts[f], f, v, n, err));
  return add_column(c, PT_S_VALUES, f, v, n, err);
}

static int add_sections(struct pt_block_encoder *c, const struct pt_block_in *in, struct pt_err *err) {
  PT_TRY(add_bytes(c, PT_S_HASH, 0, c->hashes.p, c->hashes.n, c->n_users, err));
  PT_TRY(add_column(c, PT_S_COUNT, 0, c->count, c->n_users, err));
  PT_TRY(add_column(c, PT_S_ID_N, 0, c->id_n, c->n_users, err));
  PT_TRY(add_bytes(c, PT_S_IDS, 0, c->ids.p, c->ids.n, (uint32_t)c->ids.n, err));
  PT_TRY(add_bytes(c, PT_S_SHAPES, 0, c->shapes, c->n_shapes * sizeof *c->shapes, c->n_shapes, err));
  PT_TRY(add_heads(c, in, err));
  for (uint64_t bits = c->any & (PT_CODE_BITS | PT_WIDE_BITS); bits; bits &= bits - 1)
    PT_TRY(add_field(c, in, __builtin_ctzll(bits), err));
  return 0;
}

static int compress(struct pt_block_encoder *c, const void *p, size_t n, struct pt_buf *out, size_t *stored,
                    struct pt_err *err) {
  size_t bound = ZSTD_compressBound(n);
  if (pt_buf_reserve(out, bound)) return no_memory(err);
  size_t got = ZSTD_compress2(c->z, out->p + out->n, bound, p, n);
  if (ZSTD_isError(got)) return pt_fail(err, "store", PT_INTERNAL, 0, "zstd: %s", ZSTD_getErrorName(got));
  out->n += got;
  *stored = got;
  return 0;
}

/* One frame a section; a section that zstd cannot make smaller stays as it is (stored == raw). */
static int compress_split(struct pt_block_encoder *c, struct pt_buf *out, struct pt_err *err) {
  const char *p = c->raw.p;
  for (uint32_t i = 0; i < c->n_sections; i++) {
    struct pt_block_section *s = &c->sections[i];
    size_t at = out->n, stored = s->raw;
    if (s->raw) PT_TRY(compress(c, p, s->raw, out, &stored, err));
    if (stored + stored / 16 >= s->raw) {
      out->n = at;
      if (pt_buf_add(out, p, s->raw)) return no_memory(err);
      stored = s->raw;
    }
    s->stored = (uint32_t)stored;
    p += s->raw;
  }
  return 0;
}

static int write_block(struct pt_block_encoder *c, const struct pt_block_in *in, struct pt_buf *out,
                       struct pt_err *err) {
  struct pt_block_head head = {.magic = PT_BLOCK_MAGIC,
                               .version = PT_BLOCK_VERSION,
                               .flags = (uint16_t)((in->dicts ? PT_BLOCK_TEXTS : 0) | (in->split ? PT_BLOCK_SPLIT : 0)),
                               .n_users = c->n_users,
                               .n_rows = c->n_rows,
                               .n_sections = c->n_sections,
                               .raw = (uint32_t)c->raw.n};
  size_t start = out->n, table = c->n_sections * sizeof *c->sections, body, unused;
  const struct pt_h128 *hashes = (const struct pt_h128 *)(const void *)c->hashes.p;
  head.hi_first = hashes[0].hi;
  head.hi_last = hashes[c->n_users - 1].hi;
  if (pt_buf_reserve(out, sizeof head + table)) return no_memory(err);
  out->n += sizeof head + table;
  body = out->n;
  if (in->split)
    PT_TRY(compress_split(c, out, err));
  else
    PT_TRY(compress(c, c->raw.p, c->raw.n, out, &unused, err));
  head.stored = out->n - body + table;
  memcpy(out->p + start + sizeof head, c->sections, table);
  uint64_t seed = XXH3_64bits(&head, offsetof(struct pt_block_head, checksum));
  head.checksum = XXH3_64bits_withSeed(out->p + start + sizeof head, head.stored, seed);
  memcpy(out->p + start, &head, sizeof head);
  return 0;
}

static int build(struct pt_block_encoder *c, const struct pt_block_in *in, size_t *ids, struct pt_err *err) {
  c->raw.n = c->ids.n = c->hashes.n = 0;
  c->n_sections = c->n_shapes = c->n_users = c->n_rows = 0;
  c->any = 0;
  c->too_big = false;
  memset(c->cells, 0, sizeof c->cells);
  PT_TRY(take_users(c, in, ids, err));
  if (c->n_users == 0) return pt_fail(err, "store", PT_INTERNAL, 0, "an empty block");
  return add_sections(c, in, err);
}

int pt_block_encode(struct pt_block_encoder *c, struct pt_block_in *in, struct pt_buf *out, struct pt_err *err) {
  size_t ids;
  c->most_rows = PT_BLOCK_ROWS;
  PT_TRY(build(c, in, &ids, err));
  while (c->too_big) {
    c->most_rows = c->n_rows / 2;
    if (c->most_rows == 0) return pt_fail(err, "store", PT_MEMORY, 0, "an event of more than 256 MiB");
    PT_TRY(build(c, in, &ids, err));
  }
  ZSTD_CCtx_setParameter(c->z, ZSTD_c_compressionLevel, in->level);
  ZSTD_CCtx_setParameter(c->z, ZSTD_c_checksumFlag, 1);
  PT_TRY(write_block(c, in, out, err));
  in->rows += c->n_rows;
  in->n_rows -= c->n_rows;
  in->id_hash += ids;
  in->ids += ids;
  in->n_ids -= ids;
  return 0;
}

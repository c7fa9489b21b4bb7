/* A columnar block back to rows. The head's checksum is compared first, yet nothing is taken on trust after it: the
 * sections must fill the decoded bytes exactly, each column must have as many values as the shapes promise, sums of
 * counts and lengths must agree, and a code must have a text. So the loop over the rows needs no check a value.
 * Memory: the decoded bytes (256 MiB at most, as the head tells) and 4 bytes a row. */
#include <stdlib.h>
#include <xxhash.h>
#include <zstd.h>

#include "block.h"

struct pt_block_decoder {
  ZSTD_DCtx *z;
  unsigned char *raw;
  size_t cap_raw;
  struct pt_block_head head;
  uint64_t wanted;
  struct pt_block_column part[PT_S_KINDS];   /* of the parts without a field */
  struct pt_block_column value[PT_F_COUNT];  /* p == NULL: not there */
  struct pt_block_column text_n[PT_F_COUNT]; /* lengths of texts */
  struct pt_block_column text[PT_F_COUNT];   /* bytes of texts: p, n */
  struct pt_slice *texts[PT_F_COUNT];
  uint32_t n_texts[PT_F_COUNT];
  struct pt_slice *slices; /* home of all texts */
  size_t cap_slices;
  struct pt_block_shape *shapes;
  uint16_t *words;       /* row size of each shape without event_id, in 4-byte words */
  uint32_t *shape_count; /* rows of each shape */
  uint32_t *shape_of;    /* of each row */
  uint32_t n_shapes;
  size_t row_bytes, id_bytes;
};

static int broken(struct pt_err *err, const char *why) {
  return pt_fail(err, "store", PT_IO, 0, "damaged block: %s", why);
}

int pt_block_decoder_new(struct pt_block_decoder **out, struct pt_err *err) {
  struct pt_block_decoder *d = calloc(1, sizeof *d);
  if (d) {
    d->z = ZSTD_createDCtx();
    d->shapes = malloc(PT_BLOCK_SHAPES * sizeof *d->shapes);
    d->words = malloc(PT_BLOCK_SHAPES * sizeof *d->words);
    d->shape_count = malloc(PT_BLOCK_SHAPES * sizeof *d->shape_count);
    d->shape_of = malloc(PT_BLOCK_ROWS * sizeof *d->shape_of);
  }
  if (!d || !d->z || !d->shapes || !d->words || !d->shape_count || !d->shape_of) {
    pt_block_decoder_free(d);
    return pt_fail(err, "store", PT_MEMORY, 0, "out of memory for a block");
  }
  *out = d;
  return 0;
}

void pt_block_decoder_free(struct pt_block_decoder *d) {
  if (!d) return;
  ZSTD_freeDCtx(d->z);
  free(d->raw);
  free(d->slices);
  free(d->shapes);
  free(d->words);
  free(d->shape_count);
  free(d->shape_of);
  free(d);
}

int pt_block_peek(const void *p, size_t n, struct pt_block_head *head, size_t *size, struct pt_err *err) {
  if (n < sizeof *head) return broken(err, "cut off in its head");
  memcpy(head, p, sizeof *head);
  if (head->magic != PT_BLOCK_MAGIC) return broken(err, "no block begins here");
  if (head->version != PT_BLOCK_VERSION) return broken(err, "written by another version");
  if (head->raw > PT_BLOCK_MAX_RAW || head->n_rows > PT_BLOCK_ROWS || head->n_users > PT_BLOCK_ROWS ||
      head->n_users == 0 || head->n_sections > 16 + 3 * PT_F_COUNT ||
      head->stored < head->n_sections * sizeof(struct pt_block_section))
    return broken(err, "impossible sizes");
  if (head->stored > n - sizeof *head) return broken(err, "cut off");
  *size = sizeof *head + (size_t)head->stored;
  return 0;
}

static int unzip(struct pt_block_decoder *d, void *to, size_t n, const void *from, size_t stored, struct pt_err *err) {
  size_t got = ZSTD_decompressDCtx(d->z, to, n, from, stored);
  if (ZSTD_isError(got)) return broken(err, ZSTD_getErrorName(got));
  return got == n ? 0 : broken(err, "a frame of another size");
}

/* The column that an entry of the section table is about; NULL where there is none such. */
static struct pt_block_column *column_of(struct pt_block_decoder *d, const struct pt_block_section *s) {
  if (s->part < PT_S_TEXT_N) return s->field == 0 ? &d->part[s->part] : NULL;
  if (s->part >= PT_S_KINDS || s->field >= PT_F_COUNT) return NULL;
  if (!((PT_CODE_BITS | (s->part == PT_S_VALUES ? PT_WIDE_BITS : 0)) & PT_BIT(s->field))) return NULL;
  return s->part == PT_S_VALUES  ? &d->value[s->field]
         : s->part == PT_S_TEXTS ? &d->text[s->field]
                                 : &d->text_n[s->field];
}

static bool is_bytes(uint8_t part) {
  return part == PT_S_HASH || part == PT_S_IDS || part == PT_S_SHAPES || part == PT_S_EVENT_IDS || part == PT_S_TEXTS;
}

static bool size_fits(const struct pt_block_section *s) {
  if (s->width > 8) return false;
  uint64_t unit = s->part == PT_S_HASH ? 16 : s->part == PT_S_SHAPES ? sizeof(struct pt_block_shape) : 1;
  return s->raw == (is_bytes(s->part) ? unit : s->width) * (uint64_t)s->n;
}

/* Places each section in the decoded bytes; in a split block decodes the wanted ones. */
static int place_sections(struct pt_block_decoder *d, const unsigned char *table, const unsigned char *body,
                          size_t body_n, struct pt_err *err) {
  size_t at = 0, from = 0;
  bool split = d->head.flags & PT_BLOCK_SPLIT;
  for (uint32_t i = 0; i < d->head.n_sections; i++) {
    struct pt_block_section s;
    memcpy(&s, table + i * sizeof s, sizeof s);
    struct pt_block_column *c = column_of(d, &s);
    if (!c || c->p || !size_fits(&s) || s.raw > d->head.raw - at) return broken(err, "a section that cannot be");
    if (split && s.stored > body_n - from) return broken(err, "a section cut off");
    bool skip = s.part >= PT_S_TEXT_N && !(d->wanted & PT_BIT(s.field));
    if (split && !skip && s.raw) {
      if (s.stored == s.raw)
        memcpy(d->raw + at, body + from, s.raw);
      else
        PT_TRY(unzip(d, d->raw + at, s.raw, body + from, s.stored, err));
    }
    *c = (struct pt_block_column){d->raw + at, s.base, s.width == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * s.width) - 1,
                                  s.width, s.n};
    at += s.raw;
    from += split ? s.stored : 0;
  }
  if (at != d->head.raw || (split && from != body_n)) return broken(err, "sections do not fill it");
  return 0;
}

static int check_users(struct pt_block_decoder *d, struct pt_err *err) {
  uint32_t n = d->head.n_users;
  struct pt_block_column count = d->part[PT_S_COUNT], id_n = d->part[PT_S_ID_N];
  if (d->part[PT_S_HASH].n != n || count.n != n || id_n.n != n || !d->part[PT_S_IDS].p)
    return broken(err, "users without a column");
  uint64_t rows = 0, bytes = 0;
  struct pt_h128 last = {0}, h;
  for (uint32_t i = 0; i < n; i++) {
    memcpy(&h, d->part[PT_S_HASH].p + i * sizeof h, sizeof h);
    if (i && pt_h128_cmp(last, h) >= 0) return broken(err, "users out of order");
    if (i == 0 && h.hi != d->head.hi_first) return broken(err, "another first user");
    last = h;
    uint64_t c = pt_block_next(&count), b = pt_block_next(&id_n);
    if (c > d->head.n_rows || b > PT_BLOCK_MAX_RAW) return broken(err, "a user with impossible counts");
    rows += c;
    bytes += b;
  }
  if (last.hi != d->head.hi_last) return broken(err, "another last user");
  if (rows != d->head.n_rows || bytes != d->part[PT_S_IDS].n) return broken(err, "counts do not add up");
  d->id_bytes = bytes;
  return 0;
}

/* Shapes, their row sizes and how many rows have them. */
static int check_shapes(struct pt_block_decoder *d, struct pt_err *err) {
  uint32_t n = d->part[PT_S_SHAPES].n;
  if (n > PT_BLOCK_SHAPES || d->part[PT_S_SHAPE].n != d->head.n_rows) return broken(err, "rows without a shape");
  d->n_shapes = n;
  if (n) memcpy(d->shapes, d->part[PT_S_SHAPES].p, n * sizeof *d->shapes);
  memset(d->shape_count, 0, n * sizeof *d->shape_count);
  for (uint32_t s = 0; s < n; s++) {
    if (d->shapes[s].type >= PT_T_COUNT || d->shapes[s].has >> PT_F_COUNT) return broken(err, "an unknown shape");
    d->shapes[s].has &= d->wanted | ~(PT_CODE_BITS | PT_WIDE_BITS);
    d->words[s] = (uint16_t)(pt_row_size_of(d->shapes[s].has, 0) / 4);
  }
  struct pt_block_column shape = d->part[PT_S_SHAPE];
  size_t words = 0;
  for (uint32_t i = 0; i < d->head.n_rows; i++) {
    uint64_t s = pt_block_next(&shape);
    if (s >= n) return broken(err, "a row of no shape");
    d->shape_of[i] = (uint32_t)s;
    d->shape_count[s]++;
    words += d->words[s];
  }
  d->row_bytes = 4 * words;
  return 0;
}

static int check_heads(struct pt_block_decoder *d, struct pt_err *err) {
  uint32_t n = d->head.n_rows;
  struct pt_block_column length = d->part[PT_S_EVENT_N], nth = d->part[PT_S_NTH];
  if (nth.n != n || d->part[PT_S_TIME].n != n || d->part[PT_S_PRINT].n != n || length.n != n ||
      !d->part[PT_S_EVENT_IDS].p)
    return broken(err, "rows without a column");
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < n; i++) {
    uint64_t b = pt_block_next(&length);
    if (b > PT_MAX_PAYLOAD) return broken(err, "an event_id too long");
    bytes += b;
    d->row_bytes += (b + 3) & ~UINT64_C(3);
  }
  return bytes == d->part[PT_S_EVENT_IDS].n ? 0 : broken(err, "event_ids do not add up");
}

static int check_fields(struct pt_block_decoder *d, struct pt_err *err) {
  uint64_t seen[64] = {0};
  for (uint32_t s = 0; s < d->n_shapes; s++)
    for (uint64_t bits = d->shapes[s].has & (PT_CODE_BITS | PT_WIDE_BITS); bits; bits &= bits - 1)
      seen[__builtin_ctzll(bits)] += d->shape_count[s];
  for (int f = 0; f < PT_F_COUNT; f++)
    if (seen[f] && (!d->value[f].p || d->value[f].n != seen[f])) return broken(err, "a field without its values");
  return 0;
}

static int read_texts(struct pt_block_decoder *d, struct pt_err *err) {
  size_t total = 0;
  memset(d->n_texts, 0, sizeof d->n_texts);
  for (int f = 0; f < PT_F_COUNT; f++) total += d->wanted & PT_BIT(f) && d->text_n[f].p ? d->text_n[f].n : 0;
  if (total > PT_BLOCK_ROWS * (size_t)PT_F_COUNT) return broken(err, "too many texts");
  if (total > d->cap_slices) {
    struct pt_slice *p = realloc(d->slices, total * sizeof *p);
    if (!p) return pt_fail(err, "store", PT_MEMORY, 0, "out of memory for a block");
    d->slices = p;
    d->cap_slices = total;
  }
  struct pt_slice *next = d->slices;
  for (int f = 0; f < PT_F_COUNT; f++) {
    if (!(d->wanted & PT_BIT(f)) || !d->text_n[f].p) continue;
    struct pt_block_column length = d->text_n[f];
    const char *p = (const char *)d->text[f].p;
    uint64_t left = d->text[f].p ? d->text[f].n : 0;
    d->texts[f] = next;
    d->n_texts[f] = length.n;
    for (uint32_t i = 0; i < length.n; i++) {
      uint64_t n = pt_block_next(&length);
      if (n > left) return broken(err, "texts do not add up");
      *next++ = (struct pt_slice){p, n};
      p += n;
      left -= n;
    }
    if (left) return broken(err, "texts do not add up");
  }
  return 0;
}

int pt_block_open(struct pt_block_decoder *d, const void *p, size_t n, uint64_t wanted, struct pt_err *err) {
  size_t size;
  PT_TRY(pt_block_peek(p, n, &d->head, &size, err));
  const unsigned char *table = (const unsigned char *)p + sizeof d->head;
  uint64_t seed = XXH3_64bits(&d->head, offsetof(struct pt_block_head, checksum));
  if (XXH3_64bits_withSeed(table, d->head.stored, seed) != d->head.checksum) return broken(err, "wrong checksum");
  if (d->head.raw + 8 > d->cap_raw) {
    free(d->raw);
    d->cap_raw = 0;
    d->raw = malloc((size_t)d->head.raw + 8);
    if (!d->raw) return pt_fail(err, "store", PT_MEMORY, 0, "out of memory for a block");
    d->cap_raw = (size_t)d->head.raw + 8;
  }
  memset(d->raw + d->head.raw, 0, 8);
  memset(d->part, 0, sizeof d->part);
  memset(d->value, 0, sizeof d->value);
  memset(d->text, 0, sizeof d->text);
  memset(d->text_n, 0, sizeof d->text_n);
  d->wanted = wanted;
  size_t table_n = d->head.n_sections * sizeof(struct pt_block_section), body_n = (size_t)d->head.stored - table_n;
  if (!(d->head.flags & PT_BLOCK_SPLIT)) PT_TRY(unzip(d, d->raw, d->head.raw, table + table_n, body_n, err));
  PT_TRY(place_sections(d, table, table + table_n, body_n, err));
  PT_TRY(check_users(d, err));
  PT_TRY(check_shapes(d, err));
  PT_TRY(check_heads(d, err));
  PT_TRY(check_fields(d, err));
  return read_texts(d, err);
}

int pt_block_map_formats(struct pt_block_decoder *d, const uint8_t *to, uint32_t n, struct pt_err *err) {
  for (uint32_t s = 0; s < d->n_shapes; s++) {
    if (d->shapes[s].format >= n) return broken(err, "rows of an unknown format");
    d->shapes[s].format = to[d->shapes[s].format];
  }
  return 0;
}

const struct pt_slice *pt_block_texts(const struct pt_block_decoder *d, enum pt_field f, uint32_t *n) {
  *n = d->n_texts[f];
  return d->texts[f];
}

size_t pt_block_row_bytes(const struct pt_block_decoder *d, size_t *id_bytes, uint32_t *n_rows, uint32_t *n_users) {
  *id_bytes = d->id_bytes;
  *n_rows = d->head.n_rows;
  *n_users = d->head.n_users;
  return d->row_bytes;
}

/* The fields of one row behind its head; false where a code has no place in the map. */
static bool put_fields(struct pt_block_decoder *d, uint64_t has, const uint32_t *const *map, const uint32_t *n_map,
                       unsigned char **to) {
  unsigned char *p = *to;
  bool ok = true;
  for (uint64_t bits = has & PT_CODE_BITS; bits; bits &= bits - 1, p += 4) {
    int f = __builtin_ctzll(bits);
    uint64_t local = pt_block_next(&d->value[f]);
    if (local >= n_map[f]) {
      ok = false;
      local = 0;
    }
    if (ok) memcpy(p, &map[f][local], 4);
  }
  for (uint64_t bits = has & PT_WIDE_BITS; bits; bits &= bits - 1, p += 8) {
    int f = __builtin_ctzll(bits);
    uint64_t v = pt_block_next(&d->value[f]) ^ (pt_field_info[f].kind == PT_K_KEY ? 0 : UINT64_C(1) << 63);
    memcpy(p, &v, 8);
  }
  *to = p;
  return ok;
}

int pt_block_rows(struct pt_block_decoder *d, const uint32_t *const *map, const uint32_t *n_map, unsigned char *to,
                  const unsigned char **rows, char *id_to, struct pt_h128 *hashes, struct pt_slice *ids,
                  uint64_t *n_ids, struct pt_err *err) {
  struct pt_block_column count = d->part[PT_S_COUNT], id_n = d->part[PT_S_ID_N], nth = d->part[PT_S_NTH],
                         time = d->part[PT_S_TIME], print = d->part[PT_S_PRINT], event_n = d->part[PT_S_EVENT_N];
  const unsigned char *event_ids = d->part[PT_S_EVENT_IDS].p, *user = d->part[PT_S_HASH].p;
  bool ok = true;
  uint64_t n = 0;
  uint32_t row = 0;
  if (d->id_bytes) memcpy(id_to, d->part[PT_S_IDS].p, d->id_bytes);
  for (uint32_t u = 0; u < d->head.n_users; u++, user += sizeof(struct pt_h128)) {
    struct pt_h128 h = pt_row_user(user);
    uint64_t id_bytes = pt_block_next(&id_n);
    if (id_bytes) {
      hashes[n] = h;
      ids[n++] = (struct pt_slice){id_to, id_bytes};
      id_to += id_bytes;
    }
    for (uint64_t left = pt_block_next(&count); left; left--, row++) {
      const struct pt_block_shape *s = &d->shapes[d->shape_of[row]];
      struct pt_row_head head = {.hi = h.hi, .lo = h.lo, .has = s->has, .type = s->type, .format = s->format};
      head.time = (int64_t)(pt_block_next(&time) ^ UINT64_C(1) << 63);
      head.fingerprint = pt_block_next(&print);
      head.nth = (uint16_t)pt_block_next(&nth);
      head.id_n = (uint16_t)pt_block_next(&event_n);
      head.words = (uint16_t)(d->words[d->shape_of[row]] + (head.id_n + 3u) / 4);
      rows[row] = to;
      memcpy(to, &head, sizeof head);
      to += sizeof head;
      ok &= put_fields(d, s->has, map, n_map, &to);
      if (head.id_n) {
        uint32_t padded = (head.id_n + 3u) & ~3u;
        memset(to + padded - 4, 0, 4);
        memcpy(to, event_ids, head.id_n);
        event_ids += head.id_n;
        to += padded;
      }
    }
  }
  *n_ids = n;
  return ok ? 0 : broken(err, "a code without text");
}

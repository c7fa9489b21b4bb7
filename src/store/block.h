/* The columnar block: users in hash order with their events, as on scratch and in a kept store. Local.
 *
 * Block = head, section table, sections (one zstd frame, or one each). A section is a run of bytes or a column: n
 * values as (value - base) in `width` bytes each. Which fields a row has, its type and its format are one number, the
 * row's shape; a field's column holds the values of the rows that have it. Nothing is believed on the way back: every
 * size is checked before it is used. */
#ifndef PORTRAIT_STORE_BLOCK_H
#define PORTRAIT_STORE_BLOCK_H
#include <portrait/buf.h>
#include <portrait/dict.h>
#include <portrait/err.h>
#include <portrait/packed.h>

#define PT_BLOCK_ROWS    131072u
#define PT_BLOCK_SHAPES  4096u
#define PT_BLOCK_MAX_RAW (UINT32_C(256) << 20)
#define PT_BLOCK_MAGIC   UINT32_C(0x31425450) /* "PTB1" */
#define PT_BLOCK_VERSION 1u
enum { PT_BLOCK_TEXTS = 1, PT_BLOCK_SPLIT = 2 };

struct pt_block_head {
  uint32_t magic;
  uint16_t version, flags;
  uint32_t n_users, n_rows, n_sections, raw;
  uint64_t stored; /* bytes behind the head */
  uint64_t hi_first, hi_last;
  uint64_t checksum; /* XXH3-64 of all behind the head, seeded by that of the head before this field */
};
_Static_assert(sizeof(struct pt_block_head) == 56, "the block's head has no padding");

enum pt_block_part {
  PT_S_HASH,
  PT_S_COUNT,
  PT_S_ID_N,
  PT_S_IDS,
  PT_S_SHAPES,
  PT_S_SHAPE,
  PT_S_NTH,
  PT_S_TIME,
  PT_S_PRINT,
  PT_S_EVENT_N,
  PT_S_EVENT_IDS,
  PT_S_TEXT_N, /* by field from here */
  PT_S_TEXTS,
  PT_S_VALUES,
  PT_S_KINDS
};

struct pt_block_section {
  uint8_t part, field, width, zero;
  uint32_t n;
  uint64_t base;
  uint32_t raw, stored;
};
_Static_assert(sizeof(struct pt_block_section) == 24, "a section's entry has no padding");

struct pt_block_shape {
  uint64_t has;
  uint8_t type, format, zero[6];
};

/* What an encoder reads: rows in hash order, ids in hash order with every user once. */
struct pt_block_in {
  const struct pt_hashed *rows;
  size_t n_rows;
  const struct pt_h128 *id_hash;
  const struct pt_slice *ids;
  size_t n_ids;
  struct pt_dict *const *dicts; /* by field: the texts go into the block; NULL: codes stay the holder's */
  int level;                    /* of zstd */
  bool split;                   /* a frame for each section, so that a reader can leave fields out */
};

struct pt_block_encoder; /* opaque, reusable */
int pt_block_encoder_new(struct pt_block_encoder **out, struct pt_err *err) PT_MUST_CHECK;
void pt_block_encoder_free(struct pt_block_encoder *c);
/* Appends one block to *out, of as many of the rows and ids as one block takes; their numbers are subtracted from the
 * front of *in. */
int pt_block_encode(struct pt_block_encoder *c, struct pt_block_in *in, struct pt_buf *out,
                    struct pt_err *err) PT_MUST_CHECK;

/* A column as it lies in the decoded bytes (8 readable bytes behind it). */
struct pt_block_column {
  const unsigned char *p;
  uint64_t base, mask;
  uint32_t width, n;
};
static inline uint64_t pt_block_next(struct pt_block_column *c) {
  uint64_t v;
  memcpy(&v, c->p, sizeof v);
  c->p += c->width;
  return c->base + (v & c->mask);
}

struct pt_block_decoder; /* opaque, reusable */
int pt_block_decoder_new(struct pt_block_decoder **out, struct pt_err *err) PT_MUST_CHECK;
void pt_block_decoder_free(struct pt_block_decoder *d);
/* Size of the block that begins at p, and its head; 74 where that cannot be one. */
int pt_block_peek(const void *p, size_t n, struct pt_block_head *head, size_t *size, struct pt_err *err) PT_MUST_CHECK;
/* Checks and unpacks the sections. Fields outside `wanted` are left out. What it hands out is valid until the next
 * open. */
int pt_block_open(struct pt_block_decoder *d, const void *p, size_t n, uint64_t wanted,
                  struct pt_err *err) PT_MUST_CHECK;
/* Replaces the rows' formats: f becomes to[f]; 74 where f is not below n. */
int pt_block_map_formats(struct pt_block_decoder *d, const uint8_t *to, uint32_t n, struct pt_err *err) PT_MUST_CHECK;
/* Texts of a dictionary field of a block with PT_BLOCK_TEXTS: its codes index them. */
const struct pt_slice *pt_block_texts(const struct pt_block_decoder *d, enum pt_field f, uint32_t *n);
/* Bytes that pt_block_rows() writes: rows, and the users' id bytes. */
size_t pt_block_row_bytes(const struct pt_block_decoder *d, size_t *id_bytes, uint32_t *n_rows, uint32_t *n_users);
/* Writes the rows and the ids that the block knows. A code c of field f becomes map[f][c], c < n_map[f]. `rows` has
 * room for n_rows, `hashes` and `ids` for n_users; *n_ids = ids written. */
int pt_block_rows(struct pt_block_decoder *d, const uint32_t *const *map, const uint32_t *n_map, unsigned char *to,
                  const unsigned char **rows, char *id_to, struct pt_h128 *hashes, struct pt_slice *ids,
                  uint64_t *n_ids, struct pt_err *err) PT_MUST_CHECK;

#endif

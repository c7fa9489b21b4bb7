/* What the files of the writer share: the state of one pt_output_write(). */
#ifndef PT_OUTPUT_OUT_H
#define PT_OUTPUT_OUT_H
#include <hdf5.h>
#include <portrait/output.h>
#include <portrait/vocab.h>
#include <xxhash.h>

#define PT_CHUNK_ROWS   16384u
#define PT_CHUNK_BYTES  (UINT64_C(1) << 20)
#define PT_SAMPLE_ROWS  4096u
#define PT_SAMPLE_BYTES PT_CHUNK_BYTES
#define PT_TEXT_MAX     255u   /* bytes of a category's text */
#define PT_FULL_VOCAB   65536u /* distinct texts of a column of /obs, then `other` */

/* What this rank wrote, to be read back: rows of a dataset, or an attribute of an object. */
struct pt_slab {
  char *path, *attr;
  uint64_t first, count;
  XXH128_hash_t hash;
  XXH128_hash_t *chunks; /* instead, where the rows are whole chunks: of each one as planes of bytes */
};
struct pt_slabs {
  struct pt_slab *v;
  size_t n, cap;
};

/* A column of /obs of labels, ready to be written. */
struct pt_codes {
  struct pt_vocab vocab; /* open ones */
  uint32_t *place;       /* local code -> code in the file */
  uint32_t n;            /* categories in the file */
  const char **texts;    /* them, in order */
  uint32_t width;        /* longest text, >= 1 */
  enum pt_ctype type;    /* smallest integer that holds them (PT_C_U8 stands for int8) */
};

/* A block of rows of /X on its way. */
struct pt_block {
  int32_t *label;
  float *index, *one;
  int64_t *ends; /* of each row's cells */
  uint64_t rows; /* in a full block */
  bool wide;     /* labels and ends go out as int64 */
};

/* The rows of the job file's segments. */
struct pt_members {
  uint64_t *counts; /* [rank][segment] */
  uint64_t total;
};

/* Sparse rows on their way: one column of the schema, one matrix a plane. */
struct pt_csr {
  const struct pt_sparse *sparse;
  uint32_t column;
  uint64_t cells, first, all; /* of this rank, before it, of all */
  uint64_t *counts;           /* of each rank */
  uint64_t piece;             /* cells of one collective write */
  bool wide;                  /* indices and indptr are int64 */
};

struct pt_out {
  struct pt_comm *c;
  struct pt_rows *rows;
  const struct pt_schema *schema;
  const struct pt_label_list *labels;
  const struct pt_output_conf *conf;
  struct pt_err *err;
  char *part;                   /* "<path>.part" */
  uint64_t local, first, total; /* rows of this rank, before it, of all */
  uint64_t *counts;             /* rows of each rank */
  uint64_t cells, first_cell, all_cells;
  uint32_t longest_id;
  uint32_t *order, n_order; /* columns in the order of the file: tags behind all others */
  struct pt_codes *codes;   /* by column */
  hid_t file, transfer, creation;
  unsigned char *buf; /* one piece */
  struct pt_block block;
  struct pt_members members;
  struct pt_csr *csr;
  uint32_t n_csr;
  unsigned char *cells_buf; /* the arrays of one piece of a csr */
  unsigned char *scratch;   /* for the estimate, and for a chunk as planes */
  double estimate;          /* bytes that this rank's rows will take */
  struct pt_slabs slabs;
  uint64_t raw_bytes;
};

/* A dataset that all ranks write rows of. */
struct pt_big {
  hid_t id, type;
  char path[160];
  uint32_t width;
  size_t row_bytes;
  uint64_t rows;
  uint64_t chunk_rows; /* 0: contiguous */
};

/* Tests set them; the program never does. Narrow: cells of /X up to which its index arrays are int32. Piece: bytes a
 * rank brings to one collective write. Spoil: called on rank 0 between the last write and the first look at what was
 * written. */
extern uint64_t pt_output_narrow;
extern uint64_t pt_output_piece;
extern void (*pt_output_spoil)(const char *part);

/* big.c. Collective; whatever fails inside HDF5 ends the job. */
_Noreturn void pt_out_broken(struct pt_out *o, const char *what, const char *name);
void pt_big_group(struct pt_out *o, const char *path);
uint64_t pt_big_chunk(size_t row_bytes, uint64_t rows, uint64_t wanted);
/* Takes `type` over. chunk_rows: as wanted, cut to PT_CHUNK_BYTES. */
void pt_big_open(struct pt_out *o, struct pt_big *b, const char *path, hid_t type, uint32_t width, uint64_t rows,
                 uint64_t chunk_rows);
/* Rows [first, first + n) from p; n = 0 joins with nothing. */
void pt_big_put(struct pt_out *o, struct pt_big *b, uint64_t first, uint64_t n, const void *p);
void pt_big_close(struct pt_out *o, struct pt_big *b);

/* columns.c: /obs and the dense matrices of /obsm. Collective. */
void pt_columns_write(struct pt_out *o);
void pt_column_path(const struct pt_column *c, char path[128]);
/* Bytes of one row of the widest thing in a piece. Local. */
size_t pt_columns_widest(const struct pt_out *o);
/* Adds to o->estimate, from a sample of every column. Local. */
void pt_columns_estimate(struct pt_out *o);
void pt_matrix_estimate(struct pt_out *o);
/* Bytes of a sample on disk. Local. */
size_t pt_out_probe(struct pt_out *o, const void *p, size_t n, size_t size);

/* matrix.c: /X and /layers/index. All but the writing is Local. */
uint64_t pt_matrix_count(struct pt_out *o);
int pt_matrix_open(struct pt_out *o, struct pt_err *err) PT_MUST_CHECK;
void pt_matrix_close(struct pt_out *o);
void pt_matrix_write(struct pt_out *o);

/* members.c: /uns/segments/members. */
bool pt_members_wanted(const struct pt_out *o);                                          /* Local */
int pt_members_open(struct pt_out *o, struct pt_err *err) PT_MUST_CHECK;                 /* Collective */
void pt_members_close(struct pt_out *o);                                                 /* Local */
void pt_members_write(struct pt_out *o);                                                 /* Collective */
int pt_members_describe(struct pt_out *o, hid_t file, struct pt_err *err) PT_MUST_CHECK; /* Local, rank 0 */

/* sparse.c: the sparse matrices of /obsm, and /uns/vocabulary. open and write are collective. */
int pt_sparse_open(struct pt_out *o, struct pt_err *err) PT_MUST_CHECK;
int pt_sparse_room(struct pt_out *o, struct pt_err *err) PT_MUST_CHECK;
void pt_sparse_close(struct pt_out *o);
void pt_sparse_estimate(struct pt_out *o);
void pt_sparse_write(struct pt_out *o);
int pt_sparse_attributes(struct pt_out *o, hid_t file, struct pt_err *err) PT_MUST_CHECK;
/* Whether a matrix that is written has the vocabulary of the field. */
bool pt_sparse_reads(const struct pt_out *o, int field);

/* categories.c: codes and categories of each label column of /obs. Collective. */
int pt_codes_open(struct pt_out *o, struct pt_err *err) PT_MUST_CHECK;
void pt_codes_close(struct pt_out *o);

/* tables.c, attributes.c: Local, on rank 0, with the serial driver, after the collective part is closed. */
int pt_tables_write(struct pt_out *o, hid_t file, const struct pt_frame *frames, uint32_t n,
                    struct pt_err *err) PT_MUST_CHECK;
int pt_attributes_write(struct pt_out *o, hid_t file, struct pt_err *err) PT_MUST_CHECK;
/* A text attribute of an object, its list form, and a bool; noted for the reading back. NULL text: nothing. */
int pt_put_attr(struct pt_out *o, hid_t object, const char *path, const char *name, const char *text,
                struct pt_err *err) PT_MUST_CHECK;
int pt_put_attr_list(struct pt_out *o, hid_t object, const char *path, const char *name, const char *const *texts,
                     uint64_t n, struct pt_err *err) PT_MUST_CHECK;
/* The attributes of a csr_matrix. */
int pt_put_csr(struct pt_out *o, hid_t file, const char *path, uint64_t rows, uint64_t columns,
               struct pt_err *err) PT_MUST_CHECK;
/* A dataset of texts of one width. */
int pt_put_texts(struct pt_out *o, hid_t file, const char *path, const char *const *texts, uint64_t n,
                 struct pt_err *err) PT_MUST_CHECK;
/* encoding-type and encoding-version of the object at `path`. */
int pt_put_encoding(struct pt_out *o, hid_t file, const char *path, const char *type, const char *version,
                    struct pt_err *err) PT_MUST_CHECK;

/* verify.c. Local. The second form takes `chunks` over. */
int pt_slab_add(struct pt_slabs *s, const char *path, const char *attr, uint64_t first, uint64_t count,
                XXH128_hash_t hash, struct pt_err *err) PT_MUST_CHECK;
int pt_slab_add_chunks(struct pt_slabs *s, const char *path, uint64_t first, uint64_t count, XXH128_hash_t *chunks,
                       struct pt_err *err) PT_MUST_CHECK;
int pt_slabs_check(const struct pt_slabs *s, const char *path, struct pt_err *err) PT_MUST_CHECK;
void pt_slabs_free(struct pt_slabs *s);

/* publish.c. Local, rank 0. */
int pt_part_create(const char *part, struct pt_err *err) PT_MUST_CHECK;
/* Sets `bytes` of disk aside for the file; 74 where they are not there. */
int pt_part_reserve(const char *part, uint64_t bytes, struct pt_err *err) PT_MUST_CHECK;
/* Cuts the reserve off behind the file's end and starts the writing to disk. */
int pt_part_settle(const char *part, uint64_t *bytes, struct pt_err *err) PT_MUST_CHECK;
int pt_part_publish(const char *part, const char *path, struct pt_err *err) PT_MUST_CHECK;

/* The next stretch of this rank's rows [row, row + n) that lies in one range. */
struct pt_stretch {
  uint32_t range, first, n;
};
/* Call with it->n = 0 first, `row` = where to start; false at the end. Local. */
bool pt_stretch_next(struct pt_rows *rows, struct pt_stretch *it, uint64_t row, uint64_t n);

#endif

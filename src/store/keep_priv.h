/* What the files of the kept store share. Local. */
#ifndef PORTRAIT_STORE_KEEP_PRIV_H
#define PORTRAIT_STORE_KEEP_PRIV_H
#include <portrait/keep.h>

#include "block.h"

#define PT_KEEP_VERSION     1
#define PT_KEEP_GENERATIONS 16u /* over this the smallest are merged */
#define PT_KEEP_MERGED      8u
#define PT_KEEP_FILE_SLOTS  256u

/* A part as the manifest knows it. */
struct pt_keep_part {
  char *name; /* below DIR */
  uint32_t slot_from, slot_to;
  uint64_t bytes, events, xxh3; /* of the whole part up to its tail */
};

struct pt_keep_generation {
  char *name;
  uint64_t events;
  struct pt_keep_part *parts; /* by slot_from */
  uint32_t n_parts;
  uint8_t format[256]; /* the generation's number of a format -> place in pt_keep.formats */
  uint32_t n_formats;
  bool merging; /* one of those the next ingest merges */
};

struct pt_keep {
  char *dir;
  void *json; /* json_t of the manifest; NULL for a new store */
  char id[40];
  uint64_t next; /* number of the next generation */
  struct pt_keep_generation *generations;
  uint32_t n_generations;
  char **formats;
  uint32_t n_formats;
  struct pt_keep_day *days;
  uint64_t n_days;
  struct pt_keep_count *counts; /* names lie in json */
  uint64_t n_counts;
  struct pt_keep_digest *digests; /* sorted */
  uint64_t n_digests;
  struct pt_keep_setting *bound;
  uint32_t n_bound;
  int readers; /* fd of DIR/readers, -1 */
};

/* The end of a part file. */
struct pt_keep_tail {
  uint64_t magic; /* "PTPART1\n" */
  uint32_t version, n_blocks;
  uint64_t texts_at, texts_stored, texts_raw; /* a zstd frame: the texts of the codes in use */
  uint64_t xxh3;                              /* of the bytes before texts_at */
  uint64_t tail_xxh3;                         /* of the bytes from texts_at to here */
  uint64_t head_xxh3;                         /* of this struct before this field */
};
#define PT_KEEP_MAGIC UINT64_C(0x0a31545241505450)

struct pt_keep_block {
  uint64_t at;
  uint32_t n, rows;
  uint16_t slot_first, slot_last;
  uint32_t zero;
};

/* A part file opened for reading. */
struct pt_keep_file {
  int fd;
  const struct pt_keep_part *part;
  char *name; /* with the folder */
  struct pt_keep_tail tail;
  unsigned char *bytes;               /* texts (stored), counts, blocks */
  const struct pt_keep_block *blocks; /* in bytes */
  const uint64_t *counts;             /* PT_KEEP_FILE_SLOTS, in bytes */
};
int pt_keep_file_open(struct pt_keep_file *f, const struct pt_keep *k, const struct pt_keep_part *part,
                      struct pt_err *err) PT_MUST_CHECK;
void pt_keep_file_close(struct pt_keep_file *f);
int pt_keep_read_at(const struct pt_keep_file *f, uint64_t at, void *p, size_t n, struct pt_err *err) PT_MUST_CHECK;
/* Calls `take` with each text of the part and its code. */
typedef int pt_keep_take_text(void *arg, int field, uint32_t code, struct pt_slice text, struct pt_err *err);
int pt_keep_file_texts(const struct pt_keep_file *f, pt_keep_take_text *take, void *arg,
                       struct pt_err *err) PT_MUST_CHECK;

/* Writes the buckets of `s` as parts of generation number `number`. */
int pt_keep_write_as(const struct pt_keep *k, struct pt_store *s, uint64_t number, int rank, struct pt_buf *parts,
                     struct pt_err *err) PT_MUST_CHECK;
/* As pt_keep_store, of the generations to be merged alone. */
int pt_keep_store_of(struct pt_store **out, const struct pt_keep *k, const struct pt_store_conf *conf,
                     const uint64_t *weights, uint64_t wanted, bool merging, struct pt_err *err) PT_MUST_CHECK;
int pt_keep_no_memory(struct pt_err *err);
#ifdef __clang_analyzer__ /* never 0, as in err.h */
#define pt_keep_no_memory(err) ((void)pt_keep_no_memory(err), (err)->code = PT_MEMORY)
#endif
/* fsync of a folder or file by name. */
int pt_keep_sync(const char *path, struct pt_err *err) PT_MUST_CHECK;

/* The buckets of a pt_store that come from parts (keep_load.c); see store_priv.h. */
struct pt_keep_source;
int pt_keep_source_load(struct pt_store *s, uint32_t bucket, struct pt_bucket *out, struct pt_err *err) PT_MUST_CHECK;
void pt_keep_source_close(struct pt_store *s);

#endif

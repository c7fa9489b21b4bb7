/* What the files of this folder share: parts, a file's blocks, a file's decoded stream, the walk over zstd frames. */
#ifndef PORTRAIT_READ_PRIV_H
#define PORTRAIT_READ_PRIV_H
#include <portrait/read.h>
#include <stddef.h>

#define PT_READ "read" /* the stage's name in errors and logs */
enum { PT_READ_BLOCK = 256 << 10, PT_READ_HEAD = 256 << 10, PT_READ_DAMAGE = 400 };

/* A piece of a file: the frames (zstd) or bytes (plain) that start in [begin, end). A gzip file is one part. */
struct pt_part {
  uint64_t file, begin, end;
};

/* plan.c. The compressed bytes from which a cut inside a file is worth its while; the same on every rank. */
uint64_t pt_read_grain(const struct pt_inputs *in, const struct pt_read_conf *conf, int ranks);
/* May file f be cut at all? */
bool pt_read_splits(const struct pt_input *f, const struct pt_read_conf *conf, uint64_t grain);
/* Where zstd files are cut: pairs (file, compressed offset), ascending. */
struct pt_cuts {
  struct pt_cut {
    uint64_t file, at;
  } * v;
  uint64_t n;
};
/* The parts of rank `rank` of `ranks`, ascending by (file, begin). Local. */
int pt_read_plan(const struct pt_inputs *in, const struct pt_read_conf *conf, const struct pt_cuts *cuts, int rank,
                 int ranks, struct pt_part **out, uint64_t *n, struct pt_err *err) PT_MUST_CHECK;

/* reader.c. Local: the reader of these parts (taken over, by malloc; freed on failure too, close *out all the same). */
int pt_read_open_parts(struct pt_reader **out, const struct pt_inputs *in, const struct pt_read_conf *conf,
                       struct pt_part *parts, uint64_t n, struct pt_err *err) PT_MUST_CHECK;

/* frames.c. Local: where the frame, skippable frame or garbage at `at` ends, by its headers alone: the next frame's
 * start, or `size`. Reader and walk both go by this, so that they find the same frames in a damaged file too. */
int pt_read_frame_after(int fd, const char *path, uint64_t size, uint64_t at, uint64_t *next,
                        struct pt_err *err) PT_MUST_CHECK;
/* Local: adds (number, start) for frames at least `grain` apart, the first at 0 left out. */
int pt_read_frames_of(const struct pt_input *f, uint64_t number, uint64_t grain, struct pt_buf *cuts,
                      struct pt_err *err) PT_MUST_CHECK;
/* Collective: the cuts of all files that pt_read_splits(), on every rank. out->v is the caller's to free. */
int pt_read_frames(struct pt_comm *c, const struct pt_inputs *in, const struct pt_read_conf *conf, uint64_t grain,
                   struct pt_cuts *out, struct pt_err *err) PT_MUST_CHECK;

/* source.c. An open file's bytes in blocks: p[at .. n) are there and not used yet. */
struct pt_source {
  int fd; /* -1 = closed */
  const char *path;
  uint64_t listed, size; /* what a file grows by after it was listed is not read; size is less where it shrank */
  uint64_t file_at;
  char *p;
  size_t at, n;
};
int pt_read_source_open(struct pt_source *s, const struct pt_input *f, struct pt_err *err) PT_MUST_CHECK;
void pt_read_source_close(struct pt_source *s); /* keeps the block buffer for the next file */
void pt_read_source_free(struct pt_source *s);
void pt_read_source_seek(struct pt_source *s, uint64_t at);
/* At least `need` (<= block) unused bytes, fewer only at the end of the file. */
int pt_read_source_need(struct pt_source *s, size_t need, struct pt_err *err) PT_MUST_CHECK;
/* Offset in the file of p[at]. */
uint64_t pt_read_source_tell(const struct pt_source *s);
/* pread() until n bytes or the end; *got. Errors name the path. */
int pt_read_at(int fd, const char *path, void *p, size_t n, uint64_t at, size_t *got, struct pt_err *err) PT_MUST_CHECK;

/* A file's decoded bytes, frame after frame. */
enum pt_pull { PT_PULL_BYTES, PT_PULL_BREAK, PT_PULL_END };
struct pt_pulled {
  enum pt_pull kind;
  size_t n;        /* bytes written, all of one frame */
  uint64_t frame;  /* its compressed offset; 0 for plain and gzip */
  uint64_t offset; /* decoded offset of the first of these bytes in the frame (gzip, plain: in the file) */
};                 /* BREAK: the frame that broke and how far it was decoded */
struct pt_stream {
  struct pt_source src;
  enum pt_codec codec;
  uint64_t frame;  /* zstd frame or gzip member: where it starts */
  uint64_t offset; /* bytes delivered of it (gzip: of the file) */
  bool in_frame;
  bool broken; /* the break is the next thing to report */
  struct ZSTD_DCtx_s *zstd;
  enum pt_zstd_piece { PT_ZSTD_HEADER, PT_ZSTD_BLOCK_HEADER, PT_ZSTD_BLOCK, PT_ZSTD_CHECKSUM } piece;
  size_t left, block;  /* of the piece: bytes not fed yet; bytes of the block behind a block header */
  bool last, checksum; /* the block is the frame's last; the frame ends in a checksum */
  struct inflate_state *gzip;
  uint64_t break_frame, break_offset; /* where the last break was */
  char damage[PT_READ_DAMAGE];        /* its text */
};
/* stream.c: the three codecs behind one face. A zeroed struct with src.fd = -1 is closed. */
int pt_read_stream_open(struct pt_stream *st, const struct pt_input *f, uint64_t at, int window_log_max,
                        struct pt_err *err) PT_MUST_CHECK;
void pt_read_stream_free(struct pt_stream *st);
/* Up to cap (>= 1) bytes, ending early at a frame's end; BREAK once for each place where decoding failed. */
int pt_read_stream_pull(struct pt_stream *st, char *p, size_t cap, struct pt_pulled *out,
                        struct pt_err *err) PT_MUST_CHECK;
/* Certainly nothing more to pull. */
bool pt_read_stream_done(const struct pt_stream *st);

/* zstd_in.c, gzip_in.c: one codec each; *n bytes were written; sets broken and damage. */
int pt_read_zstd_begin(struct pt_stream *st, int window_log_max, struct pt_err *err) PT_MUST_CHECK;
int pt_read_zstd_pull(struct pt_stream *st, char *p, size_t cap, size_t *n, bool *end,
                      struct pt_err *err) PT_MUST_CHECK;
void pt_read_zstd_free(struct pt_stream *st);
int pt_read_gzip_begin(struct pt_stream *st, struct pt_err *err) PT_MUST_CHECK;
int pt_read_gzip_pull(struct pt_stream *st, char *p, size_t cap, size_t *n, bool *end,
                      struct pt_err *err) PT_MUST_CHECK;
void pt_read_gzip_free(struct pt_stream *st);

/* chunk.c. Decoded bytes to chunks of whole lines. */
struct pt_mark { /* from index `pos` of the buffer on: frame, and decoded offset in it */
  size_t pos;
  uint64_t frame, offset;
};
enum pt_skip { PT_SKIP_NOT, PT_SKIP_LEAD, PT_SKIP_LONG, PT_SKIP_TORN };
struct pt_lines {
  char *p;
  size_t cap, max_line, chunk;
  size_t at, end; /* bytes not handed out yet */
  size_t kept;    /* p[at .. at + kept) was handed out already and comes again */
  size_t back;    /* where the chunk handed out last starts: what pt_reader_keep() counts from */
  size_t seal;    /* torn: p[at .. seal) is the damaged line, what follows starts at `resume` */
  size_t resume;
  enum pt_skip skip; /* drop up to the next line end */
  bool torn;         /* a damaged line waits to be handed out */
  bool break_next;   /* the stream broke behind p[end - 1] */
  bool is_long;      /* a line over the limit waits to be told */
  bool ended;        /* nothing follows p[end - 1] in this part */
  bool file_start;   /* the part begins with its file */
  bool fresh;        /* no chunk of this part was handed out yet */
  bool beyond;       /* bytes from the part's end on have come */
  uint64_t long_frame, long_offset;
  uint64_t break_frame, break_offset, torn_frame, torn_offset; /* of break_next; of the damaged line if it is empty */
  bool torn_empty;
  char damage[PT_READ_DAMAGE], damage_next[PT_READ_DAMAGE]; /* why: of the damaged line, of break_next */
  struct pt_mark *marks;                                    /* of the bytes in the buffer, ascending */
  size_t n_marks, cap_marks;
};
int pt_read_lines_init(struct pt_lines *l, const struct pt_read_conf *conf, struct pt_err *err) PT_MUST_CHECK;
void pt_read_lines_free(struct pt_lines *l);
void pt_read_lines_begin(struct pt_lines *l, bool file_start);
/* Room for the next pull: moves what is left to the front. *p, *room >= 1. */
void pt_read_lines_room(struct pt_lines *l, char **p, size_t *room);
/* Takes what was pulled to that place. Bytes must not straddle the part's end; `beyond` = they lie behind it; `why`
 * explains a break. Not to be called while the break before waits (break_next) or behind the end. */
int pt_read_lines_take(struct pt_lines *l, const struct pt_pulled *got, bool beyond, const char *why,
                       struct pt_err *err) PT_MUST_CHECK;
/* The next chunk, if what is here suffices; else pull more. */
bool pt_read_lines_cut(struct pt_lines *l, struct pt_chunk *c);
void pt_read_lines_keep(struct pt_lines *l, size_t n);

#endif

/* Reading: inputs to parts, parts to chunks of whole lines, in bounded memory (DESIGN section 3).
 *
 * Rank 0 lists (pt_read_list), the list is broadcast, every rank cuts the same parts (pt_read_plan) and reads its own.
 */
#ifndef PORTRAIT_READ_H
#define PORTRAIT_READ_H
#include <portrait/buf.h>
#include <portrait/comm.h>
#include <portrait/err.h>
#include <stdbool.h>
#include <stdint.h>

enum pt_table_of { PT_LOG, PT_USERS };        /* what the lines of a file are */
enum pt_codec { PT_PLAIN, PT_ZSTD, PT_GZIP }; /* by magic bytes, whatever the name says */

struct pt_input {
  char *path;
  uint64_t bytes; /* size on disk */
  int64_t mtime_ns;
  enum pt_codec codec;
  enum pt_table_of table;
};
struct pt_inputs {
  struct pt_input *files; /* logs and tables of users, sorted by path bytes */
  uint64_t n;
  char **skipped; /* "path: why", for the log */
  uint64_t n_skipped;
};

struct pt_read_conf {
  uint64_t split_bytes; /* files of several zstd frames (and plain ones) from this size are split; default 64 MiB */
  uint64_t max_line;    /* bytes; a longer one is handed out as `too_long`; default 1 MiB */
  uint64_t chunk;       /* bytes handed out at once; default 1 MiB */
  int window_log_max;   /* zstd window bound, default 27 */
  bool multiline;       /* never split; see pt_reader_keep */
};

/* Collective: expands files, folders (recursive, byte order) and globs on rank 0, agrees, broadcasts. `users`: tables
 * of user records; those in folders (users*) are found by name. 66 where nothing is there or readable. Other table
 * files (items*, stores*, campaigns*, assignments*, activities*, costs*), names with '.', '_' or "truth" first, and
 * unknown extensions in folders are named in `skipped`. */
int pt_read_list(struct pt_comm *c, const char *const *args, uint32_t n, const char *const *users, uint32_t n_users,
                 struct pt_inputs *out, struct pt_err *err) PT_MUST_CHECK;
void pt_inputs_free(struct pt_inputs *in);

struct pt_reader; /* one rank's share of the input; opaque */

/* Collective: cuts the inputs into parts (frames of large zstd files, byte ranges of large plain ones), largest first
 * on the least loaded rank, the same on every rank. Frame walks are shared out over ranks. */
int pt_reader_open(struct pt_reader **out, struct pt_comm *c, const struct pt_inputs *in,
                   const struct pt_read_conf *conf, struct pt_err *err) PT_MUST_CHECK;
void pt_reader_close(struct pt_reader *r);

/* A chunk of whole lines (the last line of a file may lack its end), all beginning in one frame: the position of a line
 * is (file, frame_offset, offset + (line - p)), except behind a record that pt_reader_keep() repeats. At least 64
 * readable bytes stand behind p[n - 1]. Valid until the next call. */
struct pt_chunk {
  const char *p;
  size_t n;
  uint64_t file;         /* number in pt_inputs */
  bool file_start;       /* p[0] is the file's first byte (its frame may stand behind a skippable one) */
  bool new_part;         /* first chunk of this part: (re)open the parser with pt_reader_head() */
  bool last;             /* last chunk of this part */
  uint64_t frame_offset; /* compressed offset of the frame in which p[0] lies (0 for plain and gzip) */
  uint64_t offset;       /* decompressed offset of p[0] in that frame */
  uint64_t long_lines;   /* 1: a line over max_line was dropped, counted `too_long`; such a chunk has n == 0 */
  uint64_t long_offset;  /* its offset in the frame (= offset) */
  /* The stream broke behind this chunk: its last line is `damaged` (cut, or empty where nothing is left of it); it is
   * the chunk's only one but for a kept record. The text is in pt_reader_damage(). What the line went on with behind
   * the break is dropped. */
  bool damaged;
};
/* Local. 0 and chunk->n == 0 && !chunk->new_part && !long_lines: all read. Unreadable file: error (74). */
int pt_reader_next(struct pt_reader *r, struct pt_chunk *chunk, struct pt_err *err) PT_MUST_CHECK;
/* The first bytes (up to 256 KiB, decompressed) of the current part's file, for the format and the CSV header. */
struct pt_slice pt_reader_head(const struct pt_reader *r);
/* Of the last chunk that was `damaged`: file, byte, cause and what was lost. */
const char *pt_reader_damage(const struct pt_reader *r);
/* Why the last damaged stream broke: file, position, cause, bytes lost. */
const char *pt_reader_damage(const struct pt_reader *r);
/* Local: the last n bytes of the current chunk come again at the front of the next (a record that goes on). Without
 * effect where the chunk is the part's last or `damaged`; a record over max_line is dropped as a long line. */
void pt_reader_keep(struct pt_reader *r, size_t n);
/* Compressed bytes read so far and in all by this rank. Local. */
void pt_reader_progress(const struct pt_reader *r, uint64_t *done, uint64_t *all);

#endif

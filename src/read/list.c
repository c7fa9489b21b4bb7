/* INPUT arguments to a list of files. Rank 0 looks (one view of the folders, not one per rank), the list is broadcast;
 * what costs an open() per file, telling the codec by its first bytes, is shared out over the ranks. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "read/read_priv.h"

enum { DEPTH = 64 };

struct found { /* on rank 0, before it is sent */
  char *path;
  uint64_t bytes;
  int64_t mtime_ns;
  uint64_t dev, ino;
  uint64_t table; /* enum pt_table_of */
};
struct listing {
  struct pt_buf files;   /* struct found */
  struct pt_buf skipped; /* "path: why" with their NUL, one after the other */
  uint64_t n_skipped;
  enum pt_table_of table; /* of files named by the arguments at hand */
};

static int no_memory(struct pt_err *err) {
  return pt_fail(err, PT_READ, PT_MEMORY, ENOMEM, "no memory for the list of inputs");
}

static int skip(struct listing *l, const char *path, const char *why, struct pt_err *err) {
  l->n_skipped++;
  return pt_buf_add(&l->skipped, path, strlen(path)) || pt_buf_add(&l->skipped, ": ", 2) ||
                 pt_buf_add(&l->skipped, why, strlen(why) + 1)
             ? no_memory(err)
             : 0;
}

static int add_file(struct listing *l, const char *path, const struct stat *s, enum pt_table_of table,
                    struct pt_err *err) {
  struct found f = {strdup(path),        (uint64_t)s->st_size, s->st_mtim.tv_sec * 1000000000LL + s->st_mtim.tv_nsec,
                    (uint64_t)s->st_dev, (uint64_t)s->st_ino,  table};
  if (f.path && !pt_buf_add(&l->files, &f, sizeof f)) return 0;
  free(f.path);
  return no_memory(err);
}

static bool begins(const char *name, const char *with) {
  return strncmp(name, with, strlen(with)) == 0;
}

/* Length of `name` without the ending, or the length itself. */
static size_t without(const char *name, size_t n, const char *ending) {
  size_t e = strlen(ending);
  return n > e && memcmp(name + n - e, ending, e) == 0 ? n - e : n;
}

/* Why a file of this name in a folder is not read; NULL where it is. */
static const char *why_not(const char *name) {
  static const char *const tables[] = {"items", "stores", "campaigns", "assignments", "activities", "costs"};
  static const char *const logs[] = {".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt"};
  if (name[0] == '.' || name[0] == '_' || begins(name, "truth")) return "the name says that it is no input";
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    if (begins(name, tables[i])) return "a table that this version does not use";
  }
  size_t n = without(name, without(name, strlen(name), ".zst"), ".gz");
  for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
    if (without(name, n, logs[i]) < n) return NULL;
  }
  return "not a known extension";
}

static int add_folder(struct listing *l, const char *path, int depth, struct pt_err *err);

static int add_entry(struct listing *l, const char *path, const char *name, int depth, struct pt_err *err) {
  struct stat s, target;
  if (lstat(path, &s) || stat(path, &target)) return skip(l, path, strerror(errno), err);
  if (S_ISDIR(s.st_mode)) {
    if (name[0] == '.' || name[0] == '_' || begins(name, "truth")) return skip(l, path, why_not(name), err);
    return depth < DEPTH ? add_folder(l, path, depth + 1, err) : skip(l, path, "folders nested too deeply", err);
  }
  if (S_ISDIR(target.st_mode)) return skip(l, path, "a link to a folder", err);
  const char *why = why_not(name);
  if (!why && !S_ISREG(target.st_mode)) why = "not a regular file";
  enum pt_table_of table = begins(name, "users") ? PT_USERS : l->table;
  return why ? skip(l, path, why, err) : add_file(l, path, &target, table, err);
}

static int add_folder(struct listing *l, const char *path, int depth, struct pt_err *err) {
  DIR *d = opendir(path);
  if (!d) return pt_fail(err, PT_READ, PT_NOINPUT, errno, "%s: %s", path, strerror(errno));
  struct pt_buf full = {0};
  size_t n = strlen(path);
  int code = 0;
  const struct dirent *e;
  while (!code && (errno = 0, e = readdir(d))) {
    if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
    full.n = 0;
    const char *slash = n && path[n - 1] == '/' ? "" : "/";
    bool bad = pt_buf_add(&full, path, n) || pt_buf_add(&full, slash, strlen(slash)) ||
               pt_buf_add(&full, e->d_name, strlen(e->d_name) + 1);
    code = bad ? no_memory(err) : add_entry(l, full.p, e->d_name, depth, err);
  }
  if (!code && errno) code = pt_fail(err, PT_READ, PT_NOINPUT, errno, "%s: %s", path, strerror(errno));
  closedir(d);
  pt_buf_free(&full);
  return code;
}

/* A path that exists: a folder, or a file by name. */
static int add_path(struct listing *l, const char *path, struct pt_err *err) {
  struct stat s;
  if (stat(path, &s)) return pt_fail(err, PT_READ, PT_NOINPUT, errno, "%s: %s", path, strerror(errno));
  if (S_ISDIR(s.st_mode)) return add_folder(l, path, 0, err);
  if (!S_ISREG(s.st_mode)) return pt_fail(err, PT_READ, PT_NOINPUT, 0, "%s: not a regular file", path);
  return add_file(l, path, &s, l->table, err);
}

static int add_arg(struct listing *l, const char *arg, struct pt_err *err) {
  struct stat s;
  if (lstat(arg, &s) == 0 || !strpbrk(arg, "*?[")) return add_path(l, arg, err);
  glob_t g = {0};
  int r = glob(arg, GLOB_NOSORT, NULL, &g);
  int code = 0;
  if (r == GLOB_NOSPACE) code = no_memory(err);
  if (r == GLOB_NOMATCH) code = pt_fail(err, PT_READ, PT_NOINPUT, 0, "%s: no file of such a name", arg);
  if (r == GLOB_ABORTED) code = pt_fail(err, PT_READ, PT_NOINPUT, errno, "%s: cannot be listed", arg);
  for (size_t i = 0; i < g.gl_pathc && !code; i++) code = add_path(l, g.gl_pathv[i], err);
  globfree(&g);
  return code;
}

static int by_path(const void *a, const void *b) {
  return strcmp(((const struct found *)a)->path, ((const struct found *)b)->path);
}

static int by_inode(const void *a, const void *b) {
  const struct found *x = a, *y = b;
  if (x->dev != y->dev) return x->dev < y->dev ? -1 : 1;
  if (x->ino != y->ino) return x->ino < y->ino ? -1 : 1;
  return by_path(a, b);
}

/* A file reached by two arguments is read once, as a table of users where one of them says so. */
static int drop_repeated(struct listing *l, struct pt_err *err) {
  struct found *f = (struct found *)(void *)l->files.p;
  size_t n = l->files.n / sizeof *f, kept = 0;
  int code = 0;
  if (n) qsort(f, n, sizeof *f, by_inode);
  for (size_t i = 0; i < n; i++) {
    if (kept && f[i].dev == f[kept - 1].dev && f[i].ino == f[kept - 1].ino) {
      if (!code) code = skip(l, f[i].path, "given twice", err);
      if (f[i].table == PT_USERS) f[kept - 1].table = PT_USERS;
      free(f[i].path);
    } else {
      f[kept++] = f[i];
    }
  }
  l->files.n = kept * sizeof *f;
  if (kept) qsort(f, kept, sizeof *f, by_path);
  return code;
}

/* The listing as bytes: counts, then per file bytes, mtime, table and path, then the skipped. */
static int pack(struct listing *l, struct pt_buf *out, struct pt_err *err) {
  const struct found *f = (const struct found *)(void *)l->files.p;
  uint64_t counts[2] = {l->files.n / sizeof *f, l->n_skipped};
  int bad = pt_buf_add(out, counts, sizeof counts);
  for (uint64_t i = 0; i < counts[0] && !bad; i++) {
    bad = pt_buf_add(out, &f[i].bytes, sizeof f[i].bytes) || pt_buf_add(out, &f[i].mtime_ns, sizeof f[i].mtime_ns) ||
          pt_buf_add(out, &f[i].table, sizeof f[i].table) || pt_buf_add(out, f[i].path, strlen(f[i].path) + 1);
  }
  bad = bad || pt_buf_add(out, l->skipped.p, l->skipped.n);
  return bad ? no_memory(err) : 0;
}

static int list_all(const char *const *args, uint32_t n, const char *const *users, uint32_t n_users, struct pt_buf *out,
                    struct pt_err *err) {
  struct listing l = {0};
  int code = 0;
  for (uint32_t i = 0; i < n && !code; i++) code = add_arg(&l, args[i], err);
  l.table = PT_USERS;
  for (uint32_t i = 0; i < n_users && !code; i++) code = add_arg(&l, users[i], err);
  if (!code) code = drop_repeated(&l, err);
  if (!code && l.files.n == 0) {
    code = pt_fail(err, PT_READ, PT_NOINPUT, 0, "%s%s: no logs%s%.300s", n ? args[0] : "", n > 1 ? ", ..." : "",
                   l.n_skipped ? "; skipped " : "", l.n_skipped ? l.skipped.p : "");
  }
  if (!code) code = pack(&l, out, err);
  struct found *f = (struct found *)(void *)l.files.p;
  for (size_t i = 0; i < l.files.n / sizeof *f; i++) free(f[i].path);
  pt_buf_free(&l.files);
  pt_buf_free(&l.skipped);
  return code;
}

static char *take_text(const char **p) {
  char *text = strdup(*p);
  *p += strlen(*p) + 1;
  return text;
}

static int unpack(const char *p, struct pt_inputs *out, struct pt_err *err) {
  uint64_t counts[2];
  memcpy(counts, p, sizeof counts);
  p += sizeof counts;
  out->files = calloc(counts[0] + 1, sizeof *out->files);
  out->skipped = calloc(counts[1] + 1, sizeof *out->skipped);
  if (!out->files || !out->skipped) return no_memory(err);
  for (; out->n < counts[0]; out->n++) {
    struct pt_input *f = &out->files[out->n];
    memcpy(&f->bytes, p, sizeof f->bytes);
    memcpy(&f->mtime_ns, p + sizeof f->bytes, sizeof f->mtime_ns);
    p += sizeof f->bytes + sizeof f->mtime_ns;
    uint64_t table;
    memcpy(&table, p, sizeof table);
    p += sizeof table;
    f->table = (enum pt_table_of)table;
    if (!(f->path = take_text(&p))) return no_memory(err);
  }
  for (; out->n_skipped < counts[1]; out->n_skipped++) {
    if (!(out->skipped[out->n_skipped] = take_text(&p))) return no_memory(err);
  }
  return 0;
}

/* The codec by the first bytes; a file that cannot be opened is a missing input. */
static int sniff(const struct pt_input *f, uint64_t *codec, struct pt_err *err) {
  unsigned char b[4] = {0};
  size_t got = 0;
  int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return pt_fail(err, PT_READ, PT_NOINPUT, errno, "%s: %s", f->path, strerror(errno));
  int code = pt_read_at(fd, f->path, b, sizeof b, 0, &got, err);
  close(fd);
  *codec = PT_PLAIN;
  if (b[0] == 0x1f && b[1] == 0x8b) *codec = PT_GZIP;
  if (!memcmp(b, "\x28\xb5\x2f\xfd", 4)) *codec = PT_ZSTD;
  if ((b[0] & 0xf0) == 0x50 && !memcmp(b + 1, "\x2a\x4d\x18", 3)) *codec = PT_ZSTD; /* a skippable frame */
  return code;
}

static int sniff_all(struct pt_comm *c, struct pt_inputs *in, struct pt_err *err) {
  uint64_t *codecs = calloc(in->n, sizeof *codecs);
  if (!codecs) (void)no_memory(err);
  for (uint64_t i = (uint64_t)pt_comm_rank(c); i < in->n && !err->code; i += (uint64_t)pt_comm_size(c)) {
    PT_LATER(sniff(&in->files[i], &codecs[i], err)); /* agreed on at once for all */
  }
  int code = pt_agree(c, err);
  if (!code) {
    pt_sum_u64(c, codecs, in->n);
    for (uint64_t i = 0; i < in->n; i++) in->files[i].codec = (enum pt_codec)codecs[i];
  }
  free(codecs);
  return code;
}

int pt_read_list(struct pt_comm *c, const char *const *args, uint32_t n, const char *const *users, uint32_t n_users,
                 struct pt_inputs *out, struct pt_err *err) {
  struct pt_buf bytes = {0};
  *out = (struct pt_inputs){0};
  if (pt_comm_rank(c) == 0) PT_LATER(list_all(args, n, users, n_users, &bytes, err)); /* agreed on next */
  int code = pt_agree(c, err);
  if (!code) {
    uint64_t size = bytes.n;
    pt_bcast(c, &size, sizeof size, 0);
    if (pt_comm_rank(c) != 0 && pt_buf_reserve(&bytes, size)) (void)no_memory(err);
    code = pt_agree(c, err);
    if (!code) {
      pt_bcast(c, bytes.p, size, 0);
      PT_LATER(unpack(bytes.p, out, err));
      code = pt_agree(c, err);
    }
  }
  if (!code) code = sniff_all(c, out, err);
  pt_buf_free(&bytes);
  if (code) pt_inputs_free(out);
  return code;
}

void pt_inputs_free(struct pt_inputs *in) {
  for (uint64_t i = 0; i < in->n; i++) free(in->files[i].path);
  for (uint64_t i = 0; i < in->n_skipped; i++) free(in->skipped[i]);
  free(in->files);
  free(in->skipped);
  *in = (struct pt_inputs){0};
}

/* Errors: a code and a text in a struct the caller owns, filled once, where the facts are known.
 *
 * Every function that can fail returns 0 or one of the exit codes below and takes a `struct pt_err *` last.
 * Nobody below main() exits, prints or asserts. Local. */
#ifndef PORTRAIT_ERR_H
#define PORTRAIT_ERR_H

/* Exit codes of the program (sysexits). */
enum pt_code {
  PT_OK = 0,
  PT_USAGE = 64,    /* command line */
  PT_REJECTED = 65, /* more rejected lines than clean.max_rejects, or nothing accepted */
  PT_NOINPUT = 66,  /* an input is missing or unreadable */
  PT_INTERNAL = 70, /* a broken promise of the program itself */
  PT_MEMORY = 71,   /* memory or another limit of the system */
  PT_IO = 74,       /* reading or writing failed */
  PT_STOPPED = 75,  /* stopped, resumable */
  PT_CONFIG = 78    /* job file */
};

struct pt_err {
  int code;       /* enum pt_code; 0 = no error */
  int sys;        /* errno where it explains the failure, else 0 */
  char stage[16]; /* "read", "parse", ... */
  char text[480]; /* object, place, cause: "part-0017.jsonl.zst at byte 12345: zstd: data corruption" */
};

#define PT_MUST_CHECK __attribute__((warn_unused_result))

/* Fills *err unless it already holds an error (the first one wins); returns the code that it holds. */
int pt_fail(struct pt_err *err, const char *stage, enum pt_code code, int sys, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
#ifdef __clang_analyzer__ /* What the static analyzer cannot see from a caller: the code is never 0. */
#define pt_fail(err, ...) ((void)pt_fail(err, __VA_ARGS__), (err)->code = PT_INTERNAL)
#endif

/* Empties *err. */
void pt_err_clear(struct pt_err *err);

/* Forwards a failure to the caller. For functions that hold no resource; others use one exit label. */
#define PT_TRY(call)                       \
  do {                                     \
    int pt_try_code_ = (call);             \
    if (pt_try_code_) return pt_try_code_; \
  } while (0)

/* A failure stays in *err: for work just before an agreement, which every rank must reach. */
#define PT_LATER(call) \
  do {                 \
    if (call) (void)0; \
  } while (0)

#endif

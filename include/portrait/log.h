/* Lines for people, on stderr. One voice: rank 0, unless a rank says goodbye. Control bytes are escaped. Local. */
#ifndef PORTRAIT_LOG_H
#define PORTRAIT_LOG_H
#include <stdbool.h>

enum pt_level { PT_QUIET = 0, PT_WARN = 1, PT_NOTE = 2, PT_DEBUG = 3 };

/* Set once by the command line, before any thread: level, and whether this rank speaks. */
void pt_log_setup(enum pt_level level, bool speaks);
enum pt_level pt_log_level(void);
bool pt_log_speaks(void);
/* "portrait: [read] text". Only on the speaking rank and where `level` <= the set one. */
void pt_log(enum pt_level level, const char *stage, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif

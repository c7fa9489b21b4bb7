#include <portrait/log.h>
#include <stdarg.h>
#include <stdio.h>

static enum pt_level the_level = PT_NOTE;
static bool the_voice = true;

void pt_log_setup(enum pt_level level, bool speaks) {
  the_level = level;
  the_voice = speaks;
}

enum pt_level pt_log_level(void) {
  return the_level;
}

bool pt_log_speaks(void) {
  return the_voice;
}

void pt_log(enum pt_level level, const char *stage, const char *fmt, ...) {
  if (!the_voice || level > the_level) return;
  char text[2048];
  va_list args;
  va_start(args, fmt);
  vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  for (char *c = text; *c; c++)
    if (((unsigned char)*c < 0x20 && *c != '\n') || *c == 0x7f) *c = '?'; /* names in logs must not drive a terminal */
  fprintf(stderr, "portrait: %s%s%s%s\n", stage ? "[" : "", stage ? stage : "", stage ? "] " : "", text);
}

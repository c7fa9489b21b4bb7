#include <portrait/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int(pt_fail)(struct pt_err *err, const char *stage, enum pt_code code, int sys, const char *fmt, ...) {
  if (err->code) return err->code;
  err->code = code;
  err->sys = sys;
  snprintf(err->stage, sizeof err->stage, "%s", stage);
  va_list args;
  va_start(args, fmt);
  vsnprintf(err->text, sizeof err->text, fmt, args);
  va_end(args);
  return code;
}

void pt_err_clear(struct pt_err *err) {
  memset(err, 0, sizeof *err);
}

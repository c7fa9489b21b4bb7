/* One file without a name for what does not fit in memory. Local. */
#ifndef PORTRAIT_STORE_SCRATCH_H
#define PORTRAIT_STORE_SCRATCH_H
#include <portrait/err.h>
#include <stddef.h>
#include <stdint.h>

struct pt_scratch {
  int fd;
  const char *folder;
  uint64_t bytes;
};

int pt_scratch_open(struct pt_scratch *s, const char *folder, struct pt_err *err) PT_MUST_CHECK;
int pt_scratch_append(struct pt_scratch *s, const void *p, size_t n, struct pt_err *err) PT_MUST_CHECK;
int pt_scratch_read(const struct pt_scratch *s, uint64_t at, void *p, size_t n, struct pt_err *err) PT_MUST_CHECK;
void pt_scratch_close(struct pt_scratch *s);

#endif

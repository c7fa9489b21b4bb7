#include <portrait/mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pt_mem_charge(struct pt_mem *m, uint64_t bytes) {
  m->used += bytes;
  if (m->used > m->peak) m->peak = m->used;
}

void pt_mem_release(struct pt_mem *m, uint64_t bytes) {
  m->used = bytes < m->used ? m->used - bytes : 0;
}

uint64_t pt_mem_left(const struct pt_mem *m) {
  if (m->budget == 0) return UINT64_MAX;
  return m->used < m->budget ? m->budget - m->used : 0;
}

uint64_t pt_mem_peak_rss(void) {
  FILE *f = fopen("/proc/self/status", "r");
  if (!f) return 0;
  char line[256];
  uint64_t kib = 0;
  while (fgets(line, sizeof line, f))
    if (strncmp(line, "VmHWM:", 6) == 0) kib = strtoull(line + 6, NULL, 10);
  fclose(f);
  return kib * 1024;
}

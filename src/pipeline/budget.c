#include "pipeline/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A number of bytes in a file of one line; UINT64_MAX where there is none ("max"). */
static uint64_t limit_of(const char *path) {
  FILE *f = fopen(path, "r");
  if (!f) return UINT64_MAX;
  char text[64];
  uint64_t v = UINT64_MAX;
  if (fgets(text, sizeof text, f) && *text >= '0' && *text <= '9') v = strtoull(text, NULL, 10);
  fclose(f);
  return v;
}

/* The process's own group of the unified hierarchy, and the mount's root (what a container sees). */
static uint64_t cgroup_limit(void) {
  uint64_t least = limit_of("/sys/fs/cgroup/memory.max"), v = limit_of("/sys/fs/cgroup/memory/memory.limit_in_bytes");
  if (v < least) least = v;
  FILE *f = fopen("/proc/self/cgroup", "r");
  if (!f) return least;
  char line[1024], path[1200];
  while (fgets(line, sizeof line, f)) {
    line[strcspn(line, "\n")] = 0;
    if (strncmp(line, "0::", 3) != 0) continue;
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", line + 3);
    v = limit_of(path);
    if (v < least) least = v;
  }
  fclose(f);
  return least;
}

uint64_t pt_budget_found(int ranks_on_node) {
  uint64_t ram = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE), share = cgroup_limit();
  const char *slurm = getenv("SLURM_MEM_PER_NODE"); /* MiB */
  if (slurm && *slurm) {
    uint64_t v = strtoull(slurm, NULL, 10) << 20;
    if (v && v < share) share = v;
  }
  if (share >= ram) share = ram / 2;
  return share / (uint64_t)(ranks_on_node > 0 ? ranks_on_node : 1);
}

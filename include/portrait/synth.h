/* Synthetic logs with known truth: a population, and what it does, any size, any number of ranks. */
#ifndef PORTRAIT_SYNTH_H
#define PORTRAIT_SYNTH_H
#include <portrait/comm.h>
#include <portrait/err.h>
#include <stdbool.h>
#include <stdint.h>

struct pt_synth_conf {
  const char *out; /* folder, made where it is missing */
  uint64_t users;  /* 1 .. 2^32-1 */
  uint64_t events; /* lines written, exactly */
  uint64_t seed;   /* 1 */
  uint32_t files;  /* 0 = 8, or one per 2.5 M events where that is more */
  uint32_t items;  /* 200,000 */
  uint32_t days;   /* 400 */
  char end[16];    /* the last day, "2026-03-31" */
  int level;       /* zstd level, 3 */
  bool rich;       /* lines have style, size and topic too, and users have planted ones */
  bool no_truth;   /* do not write truth.jsonl.zst and truth_population.json */
};

/* Everything but out, users and events. Local. */
void pt_synth_default(struct pt_synth_conf *c);

/* COLLECTIVE. Writes part-0000.jsonl.zst ... (zstd frames of about 32 MiB of lines), records of four fifths of the
 * users (users.jsonl.zst) and the truth into conf->out; each file appears by rename when it is whole. The content
 * depends on *conf alone, not on the number of ranks. Every rank gives the same *conf. 64 for a value out of range, 74
 * where a file cannot be written. Errors are agreed. */
int pt_synth_run(struct pt_comm *comm, const struct pt_synth_conf *conf, struct pt_err *err) PT_MUST_CHECK;

#endif

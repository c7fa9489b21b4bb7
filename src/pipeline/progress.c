/* Progress on rank 0: a bar on a terminal, a line now and then elsewhere. No message between ranks: rank 0's own share
 * stands for all. */
#include "pipeline/job.h"

#include <portrait/log.h>
#include <stdio.h>
#include <unistd.h>

static double last_said, stage_started;
static const char *said_stage;
static bool on_line;

static void bar(const char *stage, double part, double left) {
  char cells[31];
  for (int i = 0; i < 30; i++) cells[i] = i < (int)(part * 30) ? '#' : '.';
  cells[30] = 0;
  fprintf(stderr, "\rportrait: %-10s [%s] %3.0f %%  %4.0f s left ", stage, cells, part * 100, left);
  on_line = true;
}

void pt_progress(struct pt_job *j, const char *stage, uint64_t done, uint64_t all) {
  if (!pt_log_speaks() || pt_log_level() < PT_NOTE || j->o->progress == 0 || all == 0) return;
  double now = pt_job_now();
  if (said_stage != stage) {
    said_stage = stage;
    stage_started = last_said = now;
  }
  bool terminal = isatty(2);
  if (now - last_said < (terminal ? .2 : j->o->progress)) return;
  last_said = now;
  double part = (double)done / (double)all, left = part > 0 ? (now - stage_started) * (1 - part) / part : 0;
  if (terminal)
    bar(stage, part, left);
  else
    pt_log(PT_NOTE, stage, "%.0f %%, about %.0f s left", part * 100, left);
}

void pt_progress_end(struct pt_job *j) {
  (void)j;
  if (on_line) fprintf(stderr, "\r%78s\r", "");
  on_line = false;
  said_stage = NULL;
}

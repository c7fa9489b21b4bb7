/* The stage: fits over all users' rows, forecasts into them, tables of the parameters. Collective. */
#ifndef PORTRAIT_MODELS_H
#define PORTRAIT_MODELS_H
#include <portrait/comm.h>
#include <portrait/frame.h>
#include <portrait/rows.h>

#define PT_MODELS_FRAMES 2 /* the most tables it makes */

struct pt_models_conf {
  bool bgnbd;      /* else MBG/NBD */
  double unit;     /* days */
  double discount; /* a month */
  double margin;
  int64_t late_day; /* users first seen from this local day on are fitted on where most histories are truncated */
};

/* Reads the hidden columns of the family clv, fits, and fills its forecasts; nothing where the job has none of them.
 * Who has no purchase gets none. *made = tables in frames[] (rank 0's have rows). Every rank gets the same parameters,
 * and the same bits for any number of ranks. */
int pt_models_run(struct pt_comm *c, struct pt_rows *rows, const struct pt_models_conf *conf, struct pt_frame *frames,
                  uint32_t *made, struct pt_err *err) PT_MUST_CHECK;

#endif

/* What families need of all users: exact sums and medians over rows and ranks. Collective.
 *
 * Each need's `out` gets the same bits on every rank, whatever their number. */
#ifndef PORTRAIT_POPULATION_H
#define PORTRAIT_POPULATION_H
#include <portrait/comm.h>
#include <portrait/facts.h>

int pt_population_run(struct pt_comm *c, struct pt_rows *rows, const struct pt_popneed *needs, uint32_t n,
                      struct pt_err *err) PT_MUST_CHECK;
/* Value i of row `row` of a numeric column as a double; false where it is absent (mask, NaN). Local. */
bool pt_population_value(struct pt_rows *rows, uint32_t range, uint32_t column, uint32_t row, uint32_t i, double *out);

#endif

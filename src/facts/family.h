/* What the files of the families share: the list of them and the make of one. */
#ifndef PT_FACTS_FAMILY_H
#define PT_FACTS_FAMILY_H
#include <stdlib.h>

#include "facts/columns.h"
#include "facts/derive.h"
#include "facts/user.h"

#define PT_CYCLE_OVER_NOBODY 30.0 /* days: P of the catalogue where nobody has a gap */
#define PT_COUNT_OF(array)   ((uint32_t)(sizeof(array) / sizeof *(array)))

extern const struct pt_family pt_facts_attributes, pt_facts_places, pt_facts_registered, pt_facts_completeness,
    pt_facts_child, pt_facts_minors;
extern const struct pt_family pt_facts_activity, pt_facts_visits, pt_facts_sessions, pt_facts_where, pt_facts_channels,
    pt_facts_spend, pt_facts_returns, pt_facts_discounts, pt_facts_cycle, pt_facts_repeat, pt_facts_burst,
    pt_facts_carts, pt_facts_searches, pt_facts_funnel, pt_facts_first, pt_facts_category_table, pt_facts_interest,
    pt_facts_demand, pt_facts_entropy, pt_facts_sizes, pt_facts_hours, pt_facts_visit_days, pt_facts_money_months,
    pt_facts_value, pt_facts_lifecycle, pt_facts_clv, pt_facts_metrics;

/* Zeroed state of a family; NULL with an error. */
void *pt_facts_new(size_t size, struct pt_err *err);
/* The end of every open(): closes the state and sets it to NULL where the job asks for none of its columns. */
int pt_facts_opened(void **state, const struct pt_cols *cols, void (*close)(void *));

#endif

/* A dictionary: strings to dense codes in order of arrival; a final order by bytes. Local.
 *
 * Memory: the bytes of each string once + 24 bytes; keyed hash, so no input can make it slow. */
#ifndef PORTRAIT_DICT_H
#define PORTRAIT_DICT_H
#include <portrait/buf.h>
#include <portrait/err.h>
#include <stdint.h>

#define PT_NO_CODE UINT32_MAX

struct pt_dict; /* opaque */

struct pt_dict *pt_dict_new(void); /* NULL: no memory */
void pt_dict_free(struct pt_dict *d);
/* Code of `s`, added where new. PT_NO_CODE: no memory. */
uint32_t pt_dict_put(struct pt_dict *d, struct pt_slice s);
/* PT_NO_CODE where absent. */
uint32_t pt_dict_find(const struct pt_dict *d, struct pt_slice s);
uint32_t pt_dict_count(const struct pt_dict *d);
/* Valid until the dictionary is freed (strings never move). */
struct pt_slice pt_dict_at(const struct pt_dict *d, uint32_t code);
uint64_t pt_dict_bytes(const struct pt_dict *d);
/* rank_of[code] = place of the code's string in byte order, from 0; rank_of has pt_dict_count() entries. */
int pt_dict_order(const struct pt_dict *d, uint32_t *rank_of, struct pt_err *err) PT_MUST_CHECK;

#endif

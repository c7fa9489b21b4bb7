/* Cleaning: the fields of a line to typed events, or a reason (catalog sections 0 and 13). Local.
 *
 * Trims, normalises ids, categories and money, reads times, applies where / amount / event of the format, maps event
 * names, resolves the user's id and hash. Owns the sender's dictionaries. */
#ifndef PORTRAIT_CLEAN_H
#define PORTRAIT_CLEAN_H
#include <portrait/conf.h>
#include <portrait/dict.h>
#include <portrait/event.h>
#include <portrait/parse.h>

struct pt_cleaner; /* opaque */

/* `carried[type]`: bits of the fields whose values travel with an event of that type (PT_T_COUNT masks, copied); the
 * others are only checked where a rule says so. */
int pt_cleaner_open(struct pt_cleaner **out, const struct pt_conf *conf, const struct pt_zone *zone,
                    const struct pt_hash_key *key, const uint64_t *carried, struct pt_err *err) PT_MUST_CHECK;
void pt_cleaner_close(struct pt_cleaner *c);
/* The parser of a new part, its format and the format's index in the run's list. */
int pt_cleaner_part(struct pt_cleaner *c, const struct pt_parser *p, const struct pt_format *f, uint8_t format_index,
                    struct pt_err *err) PT_MUST_CHECK;
/* The fields that the cleaner needs of a parser for `carried`. */
uint64_t pt_cleaner_wants(uint64_t carried);
/* One event of a record. ACCEPTED: *out is filled and *user_id names its user (valid until the next call). */
enum pt_fate pt_clean(struct pt_cleaner *c, const struct pt_fields *in, uint64_t fingerprint, uint16_t nth,
                      struct pt_event *out, struct pt_slice *user_id, enum pt_reason *reason);
/* Of the last record: a bit for each of its fields (enum pt_rfield, PT_RF_KEPT) that was given and could not be read,
 * so that it was dropped. */
uint64_t pt_cleaner_unread(const struct pt_cleaner *c);
/* The sender's dictionary of a PT_K_DICT field. */
struct pt_dict *pt_cleaner_dict(struct pt_cleaner *c, enum pt_field f);

#endif

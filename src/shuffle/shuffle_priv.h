/* What the files of the shuffle share. Local unless a line says otherwise. */
#ifndef PORTRAIT_SHUFFLE_PRIV_H
#define PORTRAIT_SHUFFLE_PRIV_H
#include <portrait/packed.h>
#include <portrait/shuffle.h>

/* A message: this head, packed rows, ids (hash, length, bytes, padded to 4), texts (for each dictionary field in use:
 * field, count, then length and bytes padded to 4 of each; codes of the rows are places in that list). */
struct pt_message_head {
  uint64_t rows, ids, texts; /* bytes */
};

struct pt_shuffle_stamp {
  uint32_t epoch, local;
};

/* The sender's codes as places in a message's list of texts; reused for each message. */
struct pt_shuffle_local {
  struct pt_shuffle_stamp *stamps[PT_F_COUNT];
  size_t cap[PT_F_COUNT];
  uint32_t *used[PT_F_COUNT]; /* codes in the order of their places */
  uint32_t n_used[PT_F_COUNT];
  uint32_t epoch;
};

/* Completes a message: `m` holds room for the head, then rows with the codes of `dicts`; translates these in place and
 * appends ids and texts. */
int pt_message_close(struct pt_shuffle_local *l, struct pt_buf *m, const struct pt_buf *ids,
                     struct pt_dict *const dicts[PT_F_COUNT], struct pt_err *err) PT_MUST_CHECK;
void pt_shuffle_local_free(struct pt_shuffle_local *l);

/* Receiver's translation tables, reused. */
struct pt_shuffle_maps {
  uint32_t *map[PT_F_COUNT];
  size_t cap[PT_F_COUNT];
  uint32_t n[PT_F_COUNT];
};
/* Puts what a message brings into the store; the rows' codes are translated in place. 70 where it is not whole. */
int pt_message_take(struct pt_shuffle_maps *maps, unsigned char *p, uint64_t n, struct pt_store *store,
                    struct pt_err *err) PT_MUST_CHECK;
void pt_shuffle_maps_free(struct pt_shuffle_maps *m);
int pt_shuffle_no_memory(struct pt_err *err);

/* As pt_shuffle_open, of a sender whose codes belong to `dicts` (by field). */
int pt_shuffle_open_dicts(struct pt_shuffle **out, struct pt_comm *c, const struct pt_shuffle_conf *conf,
                          struct pt_dict *const dicts[PT_F_COUNT], struct pt_store *store,
                          struct pt_err *err) PT_MUST_CHECK;

#endif

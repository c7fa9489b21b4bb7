/* The shuffle. An event of this rank's own slots goes into the store at once; others wait in one buffer a destination.
 * A turn finishes the round under way, gives what came to the store, and starts the next, which then travels while the
 * caller parses on: two sets of buffers. The flags {more, severity} travel with the bytes, so a failure or the end
 * needs no message of its own. A user's id bytes are told once for as long as the user stays in a table of the users
 * seen last: the owner keeps them. Memory: twice the round's bytes to others, what comes in, 1 MiB for the users. */
#include <stdlib.h>

#include "shuffle_priv.h"

#define DEFAULT_ROUND (UINT64_C(16) << 20)
#define FIRST_SHARE   (UINT64_C(1) << 20) /* of a destination's buffer, which doubles from there */
#define TOLD          131072u             /* users, a power of two */
#define LATE          8u                  /* events between the question and the answer whether an id was told */
#define COARSE        16u                 /* slots a cell of the first look at ownership */
#define NOBODY        UINT16_MAX

enum { MORE, SEVERITY, STOP };

struct outbox {
  struct pt_buf rows, ids;
};

/* An id that may have to be told. */
struct asked {
  struct pt_h128 user;
  int owner;
  uint32_t n;
  char id[256];
};

struct pt_shuffle {
  struct pt_comm *c;
  uint64_t round_bytes;
  int rank, size;
  struct pt_store *store;
  struct pt_dict *dicts[PT_F_COUNT];
  uint32_t *own[PT_F_COUNT]; /* sender's code -> store's code, PT_NO_CODE where not yet asked */
  uint32_t n_own[PT_F_COUNT];
  uint32_t *slot_from;               /* size + 1 bounds */
  uint16_t owner[PT_SLOTS / COARSE]; /* of the first slot of each cell: small enough for the innermost cache */
  struct pt_h128 *told;              /* by the hash's low bits: a user whose id the owner has */
  struct asked asked[LATE];
  uint64_t n_asked, n_answered;
  struct outbox *boxes[2]; /* [set][destination] */
  int filling;             /* set */
  uint64_t queued;         /* packed bytes since the last turn, own ones too */
  uint64_t sent;
  struct pt_exchange *x;
  bool under_way;
  void **send;
  uint64_t *n_send;
  struct pt_shuffle_local local;
  struct pt_shuffle_maps maps;
};

static int fill_owners(struct pt_shuffle *s, const uint32_t *slot_from, struct pt_err *err) {
  if (slot_from[0] != 0 || slot_from[s->size] != PT_SLOTS)
    return pt_fail(err, "shuffle", PT_INTERNAL, 0, "slot bounds do not cover all slots");
  for (int r = 0; r < s->size; r++) {
    if (slot_from[r] > slot_from[r + 1]) return pt_fail(err, "shuffle", PT_INTERNAL, 0, "slot bounds go backwards");
  }
  memcpy(s->slot_from, slot_from, ((size_t)s->size + 1) * sizeof *slot_from);
  for (uint32_t cell = 0, r = 0; cell < PT_SLOTS / COARSE; cell++) {
    while (slot_from[r + 1] <= cell * COARSE) r++;
    s->owner[cell] = (uint16_t)r;
  }
  return 0;
}

static bool allocate(struct pt_shuffle *s) {
  size_t n = (size_t)s->size;
  s->slot_from = malloc((n + 1) * sizeof *s->slot_from);
  s->told = calloc(TOLD, sizeof *s->told);
  s->boxes[0] = calloc(n, sizeof **s->boxes);
  s->boxes[1] = calloc(n, sizeof **s->boxes);
  s->send = calloc(n, sizeof *s->send);
  s->n_send = calloc(n, sizeof *s->n_send);
  return s->slot_from && s->told && s->boxes[0] && s->boxes[1] && s->send && s->n_send;
}

int pt_shuffle_open_dicts(struct pt_shuffle **out, struct pt_comm *c, const struct pt_shuffle_conf *conf,
                          struct pt_dict *const dicts[PT_F_COUNT], struct pt_store *store, struct pt_err *err) {
  struct pt_shuffle *s = calloc(1, sizeof *s);
  if (!s) return pt_shuffle_no_memory(err);
  s->c = c;
  s->rank = pt_comm_rank(c);
  s->size = pt_comm_size(c);
  s->store = store;
  s->round_bytes = conf->round_bytes ? conf->round_bytes : DEFAULT_ROUND;
  memcpy(s->dicts, dicts, sizeof s->dicts);
  int code = 0;
  if (s->size > NOBODY)
    code = pt_fail(err, "shuffle", PT_USAGE, 0, "%d ranks: at most %d", s->size, NOBODY);
  else if (!allocate(s))
    code = pt_shuffle_no_memory(err);
  if (!code) code = fill_owners(s, conf->slot_from, err);
  if (!code && s->size > 1) code = pt_exchange_new(&s->x, c, err);
  if (code) {
    pt_shuffle_close(s);
    return code;
  }
  /* A cell of zeros would claim that the user with hash 0 was told; no user of cell 0 has this hash. */
  s->told[0].lo = 1;
  *out = s;
  return 0;
}

void pt_shuffle_close(struct pt_shuffle *s) {
  if (!s) return;
  for (int set = 0; set < 2; set++) {
    for (int r = 0; s->boxes[set] && r < s->size; r++) {
      pt_buf_free(&s->boxes[set][r].rows);
      pt_buf_free(&s->boxes[set][r].ids);
    }
    free(s->boxes[set]);
  }
  for (int f = 0; f < PT_F_COUNT; f++) free(s->own[f]);
  if (s->x) pt_exchange_free(s->x);
  pt_shuffle_local_free(&s->local);
  pt_shuffle_maps_free(&s->maps);
  free(s->slot_from);
  free(s->told);
  free(s->send);
  free(s->n_send);
  free(s);
}

/* The store's code of a sender's code seen for the first time. */
static int learn(struct pt_shuffle *s, int f, uint32_t code, struct pt_err *err) {
  if (code >= s->n_own[f]) {
    uint32_t n = pt_dict_count(s->dicts[f]);
    if (code >= n) return pt_fail(err, "shuffle", PT_INTERNAL, 0, "%s: code without text", pt_field_info[f].name);
    size_t cap = 2 * (size_t)n < PT_NO_CODE ? 2 * (size_t)n : PT_NO_CODE;
    uint32_t *p = realloc(s->own[f], cap * sizeof *p);
    if (!p) return pt_shuffle_no_memory(err);
    for (size_t i = s->n_own[f]; i < cap; i++) p[i] = PT_NO_CODE;
    s->own[f] = p;
    s->n_own[f] = (uint32_t)cap;
  }
  s->own[f][code] = pt_dict_put(pt_store_dict(s->store, (enum pt_field)f), pt_dict_at(s->dicts[f], code));
  return s->own[f][code] == PT_NO_CODE ? pt_shuffle_no_memory(err) : 0;
}

/* The codes are learnt before the row has its place: learning may fail. */
static int put_own(struct pt_shuffle *s, const struct pt_event *e, struct pt_err *err) {
  for (uint64_t bits = e->has & PT_CODE_BITS; bits; bits &= bits - 1) {
    int f = __builtin_ctzll(bits);
    uint32_t code = (uint32_t)e->v[f];
    if (code >= s->n_own[f] || s->own[f][code] == PT_NO_CODE) PT_TRY(learn(s, f, code, err));
  }
  size_t id_n = e->event_id.n < PT_MAX_PAYLOAD ? e->event_id.n : PT_MAX_PAYLOAD;
  size_t n = pt_row_size_of(e->has, id_n);
  unsigned char *row;
  PT_TRY(pt_store_room(s->store, e->user.hi, n, &row, err));
  pt_pack(e, row);
  unsigned char *p = row + sizeof(struct pt_row_head);
  for (uint64_t bits = e->has & PT_CODE_BITS; bits; bits &= bits - 1, p += 4) {
    int f = __builtin_ctzll(bits);
    memcpy(p, &s->own[f][(uint32_t)e->v[f]], 4);
  }
  s->queued += n;
  return 0;
}

static int put_other(struct pt_shuffle *s, struct outbox *box, const struct pt_event *e, struct pt_err *err) {
  struct pt_buf *b = &box->rows;
  size_t head = b->n ? 0 : sizeof(struct pt_message_head);
  if (b->cap - b->n < head + PT_PACK_RECORD_MAX) {
    uint64_t share = s->round_bytes / (uint64_t)s->size;
    size_t first = b->cap ? 0 : (size_t)(share < FIRST_SHARE ? share : FIRST_SHARE);
    if (pt_buf_reserve(b, first + head + PT_PACK_RECORD_MAX)) return pt_shuffle_no_memory(err);
  }
  b->n += head;
  size_t n = pt_pack(e, (unsigned char *)b->p + b->n);
  b->n += n;
  s->queued += n;
  return 0;
}

static int tell(struct pt_shuffle *s, int owner, struct pt_h128 user, struct pt_slice id, struct pt_err *err) {
  if (owner == s->rank) return pt_store_id(s->store, user, id, err);
  struct pt_buf *b = &s->boxes[s->filling][owner].ids;
  static const char zeros[4];
  uint32_t n = (uint32_t)id.n;
  if (pt_buf_add(b, &user, sizeof user) || pt_buf_add(b, &n, sizeof n) || pt_buf_add(b, id.p, id.n) ||
      pt_buf_add(b, zeros, -id.n & 3))
    return pt_shuffle_no_memory(err);
  return 0;
}

/* Answers the oldest question. */
static int answer(struct pt_shuffle *s, struct pt_err *err) {
  const struct asked *a = &s->asked[s->n_answered++ % LATE];
  struct pt_h128 *told = &s->told[a->user.lo & (TOLD - 1)];
  if (told->lo == a->user.lo && told->hi == a->user.hi) return 0;
  *told = a->user;
  return tell(s, a->owner, a->user, (struct pt_slice){a->id, a->n}, err);
}

static void answer_all(struct pt_shuffle *s, struct pt_err *err) {
  while (!err->code && s->n_answered < s->n_asked)
    if (answer(s, err)) break;
}

static int ask(struct pt_shuffle *s, int owner, struct pt_h128 user, struct pt_slice id, struct pt_err *err) {
  __builtin_prefetch(&s->told[user.lo & (TOLD - 1)], 1);
  if (s->n_asked - s->n_answered == LATE) PT_TRY(answer(s, err));
  struct asked *a = &s->asked[s->n_asked % LATE];
  if (id.n > sizeof a->id) return pt_fail(err, "shuffle", PT_INTERNAL, 0, "a user id of %zu bytes", id.n);
  a->user = user;
  a->owner = owner;
  a->n = (uint32_t)id.n;
  if (id.n) memcpy(a->id, id.p, id.n);
  s->n_asked++;
  return 0;
}

int pt_shuffle_put(struct pt_shuffle *s, const struct pt_event *e, struct pt_slice user_id, struct pt_err *err) {
  uint32_t slot = pt_slot(e->user);
  int owner = s->owner[slot / COARSE];
  while (slot >= s->slot_from[owner + 1]) owner++;
  PT_TRY(ask(s, owner, e->user, user_id, err));
  return owner == s->rank ? put_own(s, e, err) : put_other(s, &s->boxes[s->filling][owner], e, err);
}

bool pt_shuffle_full(const struct pt_shuffle *s) {
  return s->queued >= s->round_bytes;
}

void pt_shuffle_progress(struct pt_shuffle *s) {
  if (s->under_way) pt_exchange_progress(s->x);
}

uint64_t pt_shuffle_sent(const struct pt_shuffle *s) {
  return s->sent;
}

/* Makes the messages of the set being filled. After a failure nothing but the flags goes out. */
static void prepare(struct pt_shuffle *s, struct pt_err *err) {
  struct outbox *boxes = s->boxes[s->filling];
  answer_all(s, err);
  for (int r = 0; r < s->size; r++) {
    struct pt_buf *b = &boxes[r].rows;
    s->send[r] = NULL;
    s->n_send[r] = 0;
    if (err->code || r == s->rank || (!b->n && !boxes[r].ids.n)) continue;
    if (!b->n) {
      if (pt_buf_reserve(b, sizeof(struct pt_message_head))) {
        pt_shuffle_no_memory(err);
        continue;
      }
      b->n = sizeof(struct pt_message_head);
    }
    if (pt_message_close(&s->local, b, &boxes[r].ids, s->dicts, err)) continue;
    s->send[r] = b->p;
    s->n_send[r] = b->n;
    s->sent += b->n;
  }
}

static void start(struct pt_shuffle *s, bool more, struct pt_err *err) {
  prepare(s, err);
  uint64_t flags[3] = {[MORE] = more && !err->code, [SEVERITY] = err->code != 0, [STOP] = 0};
  pt_exchange_start(s->x, s->send, s->n_send, flags);
  s->under_way = true;
  s->filling = !s->filling;
  for (int r = 0; r < s->size; r++) s->boxes[s->filling][r].rows.n = s->boxes[s->filling][r].ids.n = 0;
}

/* Finishes the round under way; a local failure stays in *err for the next round's flags. */
static int finish(struct pt_shuffle *s, uint64_t flags[3], struct pt_err *err) {
  void **got;
  const uint64_t *n_got;
  struct pt_err world = {0};
  s->under_way = false;
  if (pt_exchange_finish(s->x, &got, &n_got, flags, &world)) {
    *err = world;
    return world.code;
  }
  if (flags[SEVERITY]) return pt_agree(s->c, err);
  for (int r = 0; r < s->size && !err->code; r++)
    if (r != s->rank && n_got[r] && pt_message_take(&s->maps, got[r], n_got[r], s->store, err)) break;
  return 0;
}

int pt_shuffle_turn(struct pt_shuffle *s, bool more, bool *any_more, struct pt_err *err) {
  s->queued = 0;
  if (s->size == 1) {
    answer_all(s, err);
    *any_more = more;
    return err->code ? pt_agree(s->c, err) : 0;
  }
  uint64_t flags[3] = {[MORE] = 1};
  if (s->under_way) PT_TRY(finish(s, flags, err));
  if (!flags[MORE]) { /* that was the last round: what failed in it is agreed at once */
    *any_more = false;
    return pt_agree(s->c, err);
  }
  start(s, more, err);
  *any_more = true;
  return 0;
}

/* The block codec: there and back, fields left out, and every kind of damage refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the three above */
#include <cmocka.h>
#include <portrait/store.h>
#include <stdlib.h>
#include <xxhash.h>

#include "store/block.h"
#include "unit/store_events.h"

enum { ROWS = 3000, USERS = 70, CODES = 12 };
static unsigned char packed[ROWS * PT_PACK_MAX];
static struct pt_hashed order[ROWS], spare[ROWS];
static struct pt_h128 id_hash[USERS];
static struct pt_slice ids[USERS];
static char names[USERS][32], texts[CODES][16];
static struct pt_dict *dicts[PT_F_COUNT];

static int by_hash(const void *a, const void *b) {
  return pt_h128_cmp(*(const struct pt_h128 *)a, *(const struct pt_h128 *)b);
}

static int setup(void **state) {
  (void)state;
  for (int f = 0; f < PT_F_COUNT; f++) {
    if (!(PT_CODE_BITS & PT_BIT(f))) continue;
    dicts[f] = pt_dict_new();
    for (int c = 0; c < CODES; c++) {
      snprintf(texts[c], sizeof texts[c], "text-%d", c * 37 % 101);
      pt_dict_put(dicts[f], pt_slice_of(texts[c]));
    }
  }
  size_t at = 0;
  for (int i = 0; i < ROWS; i++) {
    char id[32];
    struct pt_event e = random_event(below(USERS - 5), CODES, id);
    order[i].at = packed + at;
    order[i].hi = e.user.hi;
    at += pt_pack(&e, packed + at);
  }
  pt_sort_hashed(order, spare, ROWS);
  for (int u = 0; u < USERS; u++) id_hash[u] = user_hash((uint64_t)u);
  qsort(id_hash, USERS, sizeof *id_hash, by_hash);
  for (uint64_t u = 0; u < USERS; u++) {
    struct pt_h128 h = user_hash(u);
    struct pt_h128 *p = bsearch(&h, id_hash, USERS, sizeof *id_hash, by_hash);
    ids[p - id_hash] = user_name(u, names[u]);
  }
  return 0;
}

static int teardown(void **state) {
  (void)state;
  for (int f = 0; f < PT_F_COUNT; f++) pt_dict_free(dicts[f]);
  return 0;
}

static struct pt_buf encode(bool with_texts, bool split) {
  struct pt_err err = {0};
  struct pt_block_encoder *enc;
  struct pt_buf out = {0};
  struct pt_block_in in = {.rows = order, .n_rows = ROWS, .id_hash = id_hash, .ids = ids, .n_ids = USERS, .level = 1};
  in.dicts = with_texts ? dicts : NULL;
  in.split = split;
  assert_int_equal(pt_block_encoder_new(&enc, &err), 0);
  assert_int_equal(pt_block_encode(enc, &in, &out, &err), 0);
  assert_int_equal(in.n_rows, 0);
  assert_int_equal(in.n_ids, 0);
  pt_block_encoder_free(enc);
  return out;
}

struct decoded {
  unsigned char *bytes;
  const unsigned char *rows[ROWS];
  struct pt_h128 hashes[USERS];
  struct pt_slice ids[USERS];
  uint64_t n_ids;
  uint32_t n_rows;
};

/* 0 or the code of the failure; *d is to be freed by free(d->bytes). */
static int decode(struct pt_block_decoder *dec, const void *p, size_t n, uint64_t wanted, struct decoded *d) {
  struct pt_err err = {0};
  d->bytes = NULL;
  if (pt_block_open(dec, p, n, wanted, &err)) return err.code;
  uint32_t codes[CODES], n_map[PT_F_COUNT], users;
  const uint32_t *map[PT_F_COUNT];
  uint32_t *own[PT_F_COUNT] = {NULL};
  size_t id_bytes, bytes = pt_block_row_bytes(dec, &id_bytes, &d->n_rows, &users);
  for (uint32_t c = 0; c < CODES; c++) codes[c] = c;
  for (int f = 0; f < PT_F_COUNT; f++) {
    uint32_t n_texts;
    const struct pt_slice *t = pt_block_texts(dec, (enum pt_field)f, &n_texts);
    map[f] = codes;
    n_map[f] = dicts[f] ? CODES : 0;
    if (!n_texts || !dicts[f]) continue;
    map[f] = own[f] = malloc(n_texts * sizeof **own);
    n_map[f] = n_texts;
    for (uint32_t i = 0; i < n_texts; i++) own[f][i] = pt_dict_find(dicts[f], t[i]);
  }
  assert_true(d->n_rows <= ROWS && users <= USERS);
  d->bytes = malloc(bytes + id_bytes + 1);
  int code =
      pt_block_rows(dec, map, n_map, d->bytes, d->rows, (char *)d->bytes + bytes, d->hashes, d->ids, &d->n_ids, &err);
  for (int f = 0; f < PT_F_COUNT; f++) free(own[f]);
  return code;
}

static void there_and_back(void **state) {
  (void)state;
  static struct decoded d;
  for (int kind = 0; kind < 4; kind++) {
    struct pt_err err = {0};
    struct pt_block_decoder *dec;
    struct pt_buf b = encode(kind & 1, kind & 2);
    assert_int_equal(pt_block_decoder_new(&dec, &err), 0);
    assert_int_equal(decode(dec, b.p, b.n, UINT64_MAX, &d), 0);
    assert_int_equal(d.n_rows, ROWS);
    assert_int_equal(d.n_ids, USERS);
    for (int i = 0; i < ROWS; i++) {
      size_t n = pt_row_size(order[i].at);
      assert_int_equal(pt_row_size(d.rows[i]), n);
      assert_memory_equal(d.rows[i], order[i].at, n);
    }
    for (int u = 0; u < USERS; u++)
      assert_true(pt_h128_cmp(d.hashes[u], id_hash[u]) == 0 && pt_slice_eq(d.ids[u], ids[u]));
    free(d.bytes);
    pt_block_decoder_free(dec);
    pt_buf_free(&b);
  }
}

static void fields_left_out(void **state) {
  (void)state;
  static struct decoded d;
  struct pt_err err = {0};
  struct pt_block_decoder *dec;
  struct pt_buf b = encode(true, true);
  uint64_t wanted = PT_BIT(PT_F_BRAND) | PT_BIT(PT_F_PRICE) | PT_BIT(PT_F_RECEIVED_AT);
  assert_int_equal(pt_block_decoder_new(&dec, &err), 0);
  assert_int_equal(decode(dec, b.p, b.n, wanted, &d), 0);
  for (int i = 0; i < ROWS; i++) {
    struct pt_event e, full;
    pt_unpack(d.rows[i], &e);
    pt_unpack(order[i].at, &full);
    full.has &= wanted;
    if (!(full.has & PT_BIT(PT_F_QUANTITY))) full.v[PT_F_QUANTITY] = 1000;
    assert_true(same_event(&e, &full));
  }
  free(d.bytes);
  pt_block_decoder_free(dec);
  pt_buf_free(&b);
}

static void sign_anew(struct pt_buf *b) {
  struct pt_block_head head;
  memcpy(&head, b->p, sizeof head);
  uint64_t seed = XXH3_64bits(&head, offsetof(struct pt_block_head, checksum));
  if (head.stored <= b->n - sizeof head) head.checksum = XXH3_64bits_withSeed(b->p + sizeof head, head.stored, seed);
  memcpy(b->p, &head, sizeof head);
}

/* Cut at every length of a small step and with random bytes changed: refused. With the checksum made right again: no
 * crash, whatever comes out. */
static void damage(void **state) {
  (void)state;
  static struct decoded d;
  struct pt_err err = {0};
  struct pt_block_decoder *dec;
  assert_int_equal(pt_block_decoder_new(&dec, &err), 0);
  for (int kind = 0; kind < 4; kind++) {
    struct pt_buf b = encode(kind & 1, kind & 2), copy = {0};
    for (size_t n = 0; n < b.n; n += 1 + b.n / 300) {
      char *exact = malloc(n + 1);
      memcpy(exact, b.p, n);
      assert_int_equal(decode(dec, exact, n, UINT64_MAX, &d), PT_IO);
      free(exact);
    }
    size_t refused = 0;
    for (int i = 0; i < 2000; i++) {
      copy.n = 0;
      assert_int_equal(pt_buf_add(&copy, b.p, b.n), 0);
      size_t at = i % 2 ? below(sizeof(struct pt_block_head) + 40 * sizeof(struct pt_block_section)) : below(b.n);
      copy.p[at] = (char)(copy.p[at] ^ (1 << below(8)));
      assert_int_equal(decode(dec, copy.p, copy.n, UINT64_MAX, &d), PT_IO);
      free(d.bytes);
      sign_anew(&copy);
      refused += decode(dec, copy.p, copy.n, UINT64_MAX, &d) != 0;
      free(d.bytes);
    }
    assert_true(refused > 500);
    pt_buf_free(&copy);
    pt_buf_free(&b);
  }
  pt_block_decoder_free(dec);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back), cmocka_unit_test(fields_left_out),
                                     cmocka_unit_test(damage)};
  return cmocka_run_group_tests(tests, setup, teardown);
}

/* Hashes against published vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka needs the above first */
#include <cmocka.h>
#include <portrait/hash.h>
#include <xxhash.h>

/* vectors_sip128 of the SipHash reference implementation: key 00 .. 0f, message 00 .. n-1. */
static const struct {
  size_t n;
  unsigned char hash[16];
} siphash[] = {
    {0, {0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93}},
    {1, {0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45}},
    {2, {0x81, 0x77, 0x22, 0x8d, 0xa4, 0xa4, 0x5d, 0xc7, 0xfc, 0xa3, 0x8b, 0xde, 0xf6, 0x0a, 0xff, 0xe4}},
    {7, {0xa1, 0xf1, 0xeb, 0xbe, 0xd8, 0xdb, 0xc1, 0x53, 0xc0, 0xb8, 0x4a, 0xa6, 0x1f, 0xf0, 0x82, 0x39}},
    {8, {0x3b, 0x62, 0xa9, 0xba, 0x62, 0x58, 0xf5, 0x61, 0x0f, 0x83, 0xe2, 0x64, 0xf3, 0x14, 0x97, 0xb4}},
    {15, {0x54, 0x93, 0xe9, 0x99, 0x33, 0xb0, 0xa8, 0x11, 0x7e, 0x08, 0xec, 0x0f, 0x97, 0xcf, 0xc3, 0xd9}},
};

static void test_siphash(void **state) {
  (void)state;
  struct pt_hash_key key = pt_hash_key_default();
  unsigned char message[16];
  for (unsigned i = 0; i < 16; i++) message[i] = (unsigned char)i;
  assert_memory_equal(key.bytes, message, 16);
  for (size_t i = 0; i < sizeof siphash / sizeof *siphash; i++) {
    struct pt_h128 h = pt_hash_user(&key, message, siphash[i].n);
    unsigned char bytes[16]; /* read big-endian: the order of (hi, lo) is the order of the bytes */
    for (int b = 0; b < 8; b++) {
      bytes[b] = (unsigned char)(h.hi >> (56 - 8 * b));
      bytes[8 + b] = (unsigned char)(h.lo >> (56 - 8 * b));
    }
    assert_memory_equal(bytes, siphash[i].hash, 16);
    assert_int_equal(pt_slot(h), siphash[i].hash[0] * 256 + siphash[i].hash[1]);
  }
  key.bytes[15] ^= 1;
  assert_true(pt_hash_user(&key, "", 0).hi != UINT64_C(0xa3817f04ba25a8e6));
}

static void test_order(void **state) {
  (void)state;
  struct pt_h128 a = {1, UINT64_MAX}, b = {2, 0}, c = {UINT64_C(1) << 63, 0};
  assert_true(pt_h128_cmp(a, b) < 0 && pt_h128_cmp(b, a) > 0 && pt_h128_cmp(a, a) == 0);
  assert_true(pt_h128_cmp(b, c) < 0); /* unsigned */
  assert_true(pt_h128_cmp((struct pt_h128){1, 1}, (struct pt_h128){1, 2}) < 0);
}

static void test_xxh3(void **state) {
  (void)state;
  assert_true(pt_hash64("", 0) == UINT64_C(0x2D06800538D394C2));
  assert_true(pt_hash64("abc", 3) == UINT64_C(0x78AF5F94892F3950));
  static char text[3000]; /* XXH3 has ways of its own for short, middle and long texts: all are the library's hash */
  for (size_t n = 0; n < sizeof text; n++) text[n] = (char)(n * 131 + n / 7);
  for (size_t n = 0; n < sizeof text - 3; n++) assert_true(pt_hash64(text + 3, n) == XXH3_64bits(text + 3, n));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_siphash), cmocka_unit_test(test_order),
                                     cmocka_unit_test(test_xxh3)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

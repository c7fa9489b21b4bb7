/* Our deflate against zlib's inflate, our unfilter against HDF5's filters and against damage, and texts cut. */
#include <hdf5.h>
#include <output/compress.h>
#include <output/out.h>
#include <output/planes.h>
#include <output/seal.h>
#include <output/unfilter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#define MOST 200000

static uint32_t random_state = 1;
static unsigned char next_random(void) {
  random_state = random_state * 1664525u + 1013904223u;
  return (unsigned char)(random_state >> 24);
}

/* 0: noise, 1: zeros, 2: small numbers of four bytes. */
static void fill(unsigned char *p, size_t n, int kind) {
  for (size_t i = 0; i < n; i++) p[i] = kind == 0 ? next_random() : kind == 1 || i % 4 ? 0 : next_random() % 7;
}

static void round_trip(size_t n, int kind, int level) {
  static unsigned char in[MOST], out[MOST + MOST / 1000 + 20], back[MOST + 1];
  fill(in, n, kind);
  uLongf stored = n + n / 1000 + 13, got = sizeof back; /* the room that HDF5 gives */
  assert_int_equal(compress2(out, &stored, in, n, level), Z_OK);
  assert_int_equal(out[0] & 15, 8); /* a zlib header */
  assert_int_equal((out[0] * 256 + out[1]) % 31, 0);
  assert_int_equal(uncompress(back, &got, out, stored), Z_OK);
  assert_int_equal(got, n);
  assert_memory_equal(back, in, n);
}

static void test_zlib_reads_it(void **state) {
  (void)state;
  static const size_t sizes[] = {1, 2, 3, 7, 100, 4096, 65535, 65536, 131072, MOST};
  for (int fast = 0; fast < 2; fast++) {
    pt_deflate_fast(fast);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
      for (int kind = 0; kind < 3; kind++)
        for (int level = 1; level <= 9; level += 4) round_trip(sizes[i], kind, level);
  }
}

static void test_fast_is_level_one_only(void **state) {
  (void)state;
  pt_deflate_fast(true);
  uint64_t before = pt_deflate_fast_calls();
  round_trip(5000, 2, 1);
  assert_int_equal(pt_deflate_fast_calls(), before + 1);
  round_trip(5000, 2, 6);
  assert_int_equal(pt_deflate_fast_calls(), before + 1);
  pt_deflate_fast(false);
  round_trip(5000, 2, 1);
  assert_int_equal(pt_deflate_fast_calls(), before + 1);
}

static void test_no_room(void **state) {
  (void)state;
  unsigned char in[1000], out[100];
  fill(in, sizeof in, 0);
  for (int fast = 0; fast < 2; fast++) {
    pt_deflate_fast(fast);
    uLongf room = sizeof out;
    assert_int_equal(compress2(out, &room, in, sizeof in, 1), Z_BUF_ERROR);
  }
}

/* A chunk as HDF5 itself stores it: n elements of one type through shuffle, deflate and Fletcher-32. */
static size_t chunk_of(const void *p, hsize_t n, hid_t type, unsigned char **chunk) {
  char path[] = "/tmp/pt-filters-XXXXXX";
  close(mkstemp(path));
  hid_t f = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), create = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(create, 1, &n);
  if (H5Tget_size(type) > 1) H5Pset_shuffle(create);
  H5Pset_deflate(create, 1);
  H5Pset_fletcher32(create);
  hid_t space = H5Screate_simple(1, &n, NULL);
  hid_t d = H5Dcreate2(f, "d", type, space, H5P_DEFAULT, create, H5P_DEFAULT);
  assert_true(H5Dwrite(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, p) >= 0);
  H5Dflush(d);
  hsize_t at = 0, stored = 0;
  uint32_t skipped;
  assert_true(H5Dget_chunk_storage_size(d, &at, &stored) >= 0);
  *chunk = malloc(stored);
  assert_true(H5Dread_chunk(d, H5P_DEFAULT, &at, &skipped, *chunk) >= 0);
  H5Dclose(d);
  H5Sclose(space);
  H5Pclose(create);
  H5Fclose(f);
  unlink(path);
  return stored;
}

static void test_unfilter(void **state) {
  (void)state;
  static unsigned char in[16384 * 9], rows[16384 * 9], work[16384 * 9];
  static const size_t sizes[] = {1, 2, 4, 8, 9}, counts[] = {1, 5, 721, 16384};
  for (size_t i = 0; i < 20; i++) {
    size_t size = sizes[i / 4], n = counts[i % 4];
    hid_t type = H5Tcreate(H5T_OPAQUE, size);
    unsigned char *chunk;
    pt_deflate_fast(i % 2);
    fill(in, n * size, i % 3 == 0 ? 0 : 2);
    size_t stored = chunk_of(in, n, type, &chunk);
    H5Tclose(type);
    memset(rows, 0xEE, sizeof rows);
    assert_true(pt_unfilter(chunk, stored, size, rows, work, n * size));
    assert_memory_equal(rows, in, n * size);
    assert_false(pt_unfilter(chunk, stored - 1, size, rows, work, n * size));
    assert_false(pt_unfilter(chunk, stored, size, rows, work, n * size + size));
    for (size_t at = 0; at < stored; at += 1 + stored / 50) { /* one wrong bit anywhere */
      chunk[at] ^= (unsigned char)(1u << at % 8);
      assert_false(pt_unfilter(chunk, stored, size, rows, work, n * size));
      chunk[at] ^= (unsigned char)(1u << at % 8);
    }
    free(chunk);
  }
  assert_false(pt_unfilter(in, 3, 4, rows, work, 4));
}

static void test_planes(void **state) {
  (void)state;
  static unsigned char in[1000 * 9], out[1000 * 9];
  fill(in, sizeof in, 0);
  for (size_t size = 1; size <= 9; size++)
    for (size_t n = 0; n <= 1000; n += n < 70 ? 1 : 465) {
      pt_planes(in, out, n, size);
      for (size_t b = 0; b < size; b++)
        for (size_t i = 0; i < n; i++) assert_int_equal(out[b * n + i], in[i * size + b]);
    }
}

/* What HDF5 gave to deflate is what planes.c says it must give, and the seal is that of the bytes in the file. */
static void test_seal(void **state) {
  (void)state;
  static unsigned char in[16384 * 9], planes[16384 * 9];
  static const size_t sizes[] = {1, 2, 4, 8, 9};
  for (size_t i = 0; i < 10; i++) {
    size_t size = sizes[i / 2], n = i % 2 ? 16384 : 721;
    hid_t type = H5Tcreate(H5T_OPAQUE, size);
    unsigned char *chunk;
    pt_deflate_fast(i % 3);
    fill(in, n * size, 2);
    size_t stored = chunk_of(in, n, type, &chunk);
    H5Tclose(type);
    pt_planes(in, planes, n, size);
    const struct pt_seal *seal = pt_seal_find(XXH3_128bits(planes, n * size));
    assert_non_null(seal);
    assert_int_equal(seal->bytes + 4, stored);
    assert_true(XXH128_isEqual(seal->stored, XXH3_128bits(chunk, seal->bytes)));
    assert_true(pt_fletcher_holds(chunk, stored));
    chunk[stored - 1] ^= 1;
    assert_false(pt_fletcher_holds(chunk, stored));
    planes[0] ^= 1;
    assert_null(pt_seal_find(XXH3_128bits(planes, n * size)));
    free(chunk);
  }
  pt_seal_forget();
  pt_planes(in, planes, 16384, 9);
  assert_null(pt_seal_find(XXH3_128bits(planes, sizeof planes)));
}

static void test_seals_grow(void **state) {
  (void)state;
  pt_seal_forget();
  for (uint32_t i = 0; i < 5000; i++) pt_seal_add(&i, sizeof i, &i, 1 + i % 4);
  for (uint32_t i = 0; i < 5000; i++) {
    const struct pt_seal *seal = pt_seal_find(XXH3_128bits(&i, sizeof i));
    assert_non_null(seal);
    assert_int_equal(seal->bytes, 1 + i % 4);
  }
  uint32_t other = 5000;
  assert_null(pt_seal_find(XXH3_128bits(&other, sizeof other)));
  pt_seal_forget();
}

static void test_text_cut(void **state) {
  (void)state;
  struct pt_slice s = PT_SLICE("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z"); /* 1 + 2 + 3 + 4 + 1 bytes */
  static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
  for (size_t longest = 0; longest < sizeof want / sizeof *want; longest++)
    assert_int_equal(pt_text_cut(s, longest), want[longest]);
}

static void test_chunk_rows(void **state) {
  (void)state;
  assert_int_equal(pt_big_chunk(8, 1000000, 16384), 16384);
  assert_int_equal(pt_big_chunk(96, 1000000, 16384), 8192);
  assert_int_equal(pt_big_chunk(256, 1000000, 16384), 4096);
  assert_int_equal(pt_big_chunk(8, 100, 16384), 100);
  assert_int_equal(pt_big_chunk(8, 0, 16384), 1);
  assert_int_equal(pt_big_chunk((size_t)1 << 21, 5, 16384), 1);
}

static void test_reserve(void **state) {
  (void)state;
  char part[] = "/tmp/pt-part-XXXXXX";
  struct pt_err err = {0};
  uint64_t bytes = 99;
  close(mkstemp(part));
  assert_int_equal(pt_part_create(part, &err), 0); /* an old one makes room */
  assert_int_equal(pt_part_reserve(part, 1 << 20, &err), 0);
  assert_int_equal(pt_part_settle(part, &bytes, &err), 0);
  assert_int_equal(bytes, 0);
  assert_int_equal(pt_part_reserve(part, UINT64_C(1) << 60, &err), PT_IO);
  assert_non_null(strstr(err.text, "not enough space"));
  unlink(part);
  pt_err_clear(&err);
  assert_int_equal(pt_part_publish(part, "/tmp/pt-never", &err), PT_IO);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_zlib_reads_it), cmocka_unit_test(test_fast_is_level_one_only),
      cmocka_unit_test(test_no_room),       cmocka_unit_test(test_unfilter),
      cmocka_unit_test(test_text_cut),      cmocka_unit_test(test_chunk_rows),
      cmocka_unit_test(test_reserve),       cmocka_unit_test(test_planes),
      cmocka_unit_test(test_seal),          cmocka_unit_test(test_seals_grow)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

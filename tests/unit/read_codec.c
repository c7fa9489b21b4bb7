/* What each codec delivers, whole and damaged, by known values. */
#include <isa-l/igzip_lib.h>

#include "unit/read_help.h"

static char dir[] = "/tmp/pt_read_codec_XXXXXX";
static char path[64];
static char damage[PT_READ_DAMAGE]; /* of the last damaged chunk of read_text() */

static int set_up(void **state) {
  (void)state;
  if (!mkdtemp(dir)) return -1;
  snprintf(path, sizeof path, "%s/log", dir);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  unlink(path);
  return rmdir(dir);
}

/* The file as text: lines as they are, damaged ones as <line>, long ones as (long). */
static void read_text(struct pt_buf *out, const struct pt_buf *file, enum pt_codec codec, uint64_t chunk,
                      uint64_t max_line) {
  struct pt_err err = {0};
  put_file(path, file->p, file->n);
  struct pt_input f = one_file(path, codec);
  struct pt_inputs in = {&f, 1, NULL, 0};
  struct pt_read_conf conf = {64 << 20, max_line, chunk, 27, false};
  struct pt_part *part = malloc(sizeof *part);
  struct pt_reader *r;
  *part = (struct pt_part){0, 0, f.bytes};
  assert_int_equal(pt_read_open_parts(&r, &in, &conf, part, 1, &err), 0);
  struct lines_list all = {0};
  out->n = 0;
  damage[0] = 0;
  for (struct pt_chunk c;;) {
    assert_int_equal(pt_reader_next(r, &c, &err), 0);
    if (!c.n && !c.new_part && !c.long_lines) break;
    if (c.damaged) snprintf(damage, sizeof damage, "%s", pt_reader_damage(r));
    list_chunk(&all, &c);
  }
  pt_reader_close(r);
  for (size_t i = 0; i < all.n; i++) {
    const struct line *l = &all.v[i];
    if (l->kind == LONG_LINE) pt_buf_printf(out, "(long)");
    if (l->kind == TORN_LINE) pt_buf_printf(out, "<%.*s>", (int)l->n, l->text);
    if (l->kind == LINE) pt_buf_add(out, l->text, l->n);
  }
  pt_buf_add(out, "", 1);
  list_free(&all);
}

/* For chunks of 1, 7 and 100,000 bytes. */
static void reads_as(const struct pt_buf *file, enum pt_codec codec, const char *want) {
  static const uint64_t chunks[] = {1, 7, 100000};
  for (size_t i = 0; i < 3; i++) {
    struct pt_buf got = {0};
    read_text(&got, file, codec, chunks[i], 200);
    assert_string_equal(got.p, want);
    pt_buf_free(&got);
  }
}

/* Lines "line 000000\n" ...: 12 bytes each; many blocks, hardly compressible where `noise`. */
static void many_lines(struct pt_buf *text, uint32_t n, bool noise) {
  uint64_t rnd = 1;
  for (uint32_t i = 0; i < n; i++) pt_buf_printf(text, "line %06u\n", noise ? dice(&rnd, 1000000) : i);
}

static void add_gzip(struct pt_buf *out, const char *text, size_t n) {
  struct isal_zstream z;
  isal_deflate_init(&z);
  size_t bound = n + n / 2 + 1000;
  assert_int_equal(pt_buf_reserve(out, bound), 0);
  z.gzip_flag = IGZIP_GZIP;
  z.end_of_stream = 1;
  z.next_in = (uint8_t *)(uintptr_t)text;
  z.avail_in = (uint32_t)n;
  z.next_out = (uint8_t *)out->p + out->n;
  z.avail_out = (uint32_t)bound;
  assert_int_equal(isal_deflate(&z), COMP_OK);
  out->n += z.total_out;
}

static void plain_text(void **state) {
  (void)state;
  struct pt_buf file = {0};
  reads_as(&file, PT_PLAIN, "");
  pt_buf_printf(&file,
                "\xef\xbb\xbf"
                "a,b\r\n\n1,2\r\nlast");
  reads_as(&file, PT_PLAIN, file.p); /* BOM, CR and empty lines are the parser's; no last line end is needed */
  pt_buf_free(&file);
}

static void frames_and_skippable_frames(void **state) {
  (void)state;
  struct pt_buf file = {0};
  pt_buf_add(&file, "\x50\x2a\x4d\x18\x02\0\0\0ab", 10);
  add_frame(&file, "", 0);
  add_frame(&file, "one\nt", 5);
  pt_buf_add(&file, "\x5f\x2a\x4d\x18\0\0\0\0", 8);
  add_frame(&file, "wo\nthree", 8);
  reads_as(&file, PT_ZSTD, "one\ntwo\nthree");
  pt_buf_free(&file);
}

static void lines_over_the_limit(void **state) {
  (void)state;
  struct pt_buf file = {0}, want = {0};
  for (int n = 198; n <= 203; n++) {
    for (int cr = 0; cr < 2; cr++) {
      file.n = want.n = 0;
      pt_buf_printf(&file, "a\n%0*d%s\nb\n%0*d%s\n%0*d%s", n, 0, cr ? "\r" : "", n, 1, cr ? "\r" : "", n, 2,
                    cr ? "\r" : "");
      if (n <= 200) {
        pt_buf_add(&want, file.p, file.n + 1);
      } else {
        pt_buf_printf(&want, "a\n(long)b\n(long)(long)");
      }
      reads_as(&file, PT_PLAIN, want.p);
    }
  }
  pt_buf_free(&file);
  pt_buf_free(&want);
}

static void wrong_checksum(void **state) {
  (void)state;
  struct pt_buf file = {0};
  add_frame(&file, "one\ntwo\nth", 10);
  file.p[file.n - 1] ^= 1; /* the checksum is a frame's last 4 bytes */
  add_frame(&file, "ree\nfour\n", 9);
  reads_as(&file, PT_ZSTD, "one\ntwo\n<th>four\n");
  struct pt_buf text = {0};
  read_text(&text, &file, PT_ZSTD, 1000, 200);
  assert_non_null(strstr(damage, "log at byte 0: zstd: Restored data doesn't match checksum after 10 decoded bytes"));
  pt_buf_free(&text);
  pt_buf_free(&file);
}

/* Blocks before the damaged one are delivered; the rest of the frame is lost; the next frame is read. */
static void damaged_block(void **state) {
  (void)state;
  struct pt_buf text = {0}, file = {0}, got = {0}, small = {0};
  many_lines(&text, 50000, true); /* 600,000 bytes in 5 blocks */
  add_frame(&file, text.p, text.n);
  file.p[file.n / 2] ^= 0x55;
  size_t first = file.n;
  add_frame(&file, "x\nafter\n", 8);
  read_text(&got, &file, PT_ZSTD, 1 << 20, 200);
  char tail[100];
  snprintf(tail, sizeof tail, "the rest of %zu compressed bytes", first);
  assert_non_null(strstr(damage, tail));
  size_t torn = (size_t)(strchr(got.p, '<') - got.p), stop = (size_t)(strchr(got.p, '>') - got.p) - 1;
  assert_int_equal(stop % (128 << 10), 0);
  assert_true(stop >= 128 << 10);
  assert_memory_equal(got.p, text.p, torn);
  assert_string_equal(strchr(got.p, '>'), ">after\n");
  read_text(&small, &file, PT_ZSTD, 1000, 200);
  assert_string_equal(small.p, got.p);
  pt_buf_free(&text);
  pt_buf_free(&file);
  pt_buf_free(&got);
  pt_buf_free(&small);
}

static void truncated(void **state) {
  (void)state;
  struct pt_buf file = {0};
  add_frame(&file, "one\n", 4);
  size_t first = file.n;
  add_frame(&file, "two\n", 4);
  file.n -= 2; /* in the checksum: its content is there */
  reads_as(&file, PT_ZSTD, "one\ntwo\n<\n>");
  assert_non_null(strstr(damage, "zstd: truncated after 4 decoded bytes"));
  file.n = first + 3; /* in the magic number */
  reads_as(&file, PT_ZSTD, "one\n<\n>");
  file.n = first + 5; /* in the header */
  reads_as(&file, PT_ZSTD, "one\n<\n>");
  pt_buf_free(&file);
}

static void garbage(void **state) {
  (void)state;
  struct pt_buf file = {0}, text = {0};
  add_frame(&file, "one\ntwo\n", 8);
  size_t first = file.n;
  pt_buf_add(&file, "some garbage", 12);
  reads_as(&file, PT_ZSTD, "one\ntwo\n<\n>");
  add_frame(&file, "perhaps whole\nfour\n", 19);
  reads_as(&file, PT_ZSTD, "one\ntwo\n<\n>four\n");
  read_text(&text, &file, PT_ZSTD, 1000, 200);
  char tail[100];
  snprintf(tail, sizeof tail, "log at byte %zu: zstd: not a zstd frame after 0 decoded bytes; lost: the rest of 12 ",
           first);
  assert_non_null(strstr(damage, tail));
  pt_buf_free(&file);
  pt_buf_free(&text);
}

/* A frame that wants a window of 2 GiB: refused as damage with its reason, the frame behind it is read. */
static void window_bomb(void **state) {
  (void)state;
  struct pt_buf file = {0}, text = {0};
  /* magic, descriptor (no content size), window descriptor of 2^31, one last raw block of 4 bytes */
  pt_buf_add(&file, "\x28\xb5\x2f\xfd\x00\xa8\x21\x00\x00two\n", 13);
  add_frame(&file, "\nthree\n", 7);
  reads_as(&file, PT_ZSTD, "<\n>three\n");
  read_text(&text, &file, PT_ZSTD, 1000, 200);
  assert_non_null(strstr(damage, "at byte 0: zstd: Frame requires too much memory for decoding after 0 decoded"));
  pt_buf_free(&file);
  pt_buf_free(&text);
}

static void gzip_members(void **state) {
  (void)state;
  /* printf 'one\ntw' | gzip -n: as gzip 1.12 writes it */
  static const unsigned char one[] = {0x1f, 0x8b, 0x08, 0,    0, 0,    0,    0,    0,    0x03, 0xcb, 0xcf, 0x4b,
                                      0xe5, 0x2a, 0x29, 0x07, 0, 0x8a, 0x0f, 0x3f, 0xea, 6,    0,    0,    0};
  struct pt_buf file = {0}, text = {0};
  pt_buf_add(&file, one, sizeof one);
  add_gzip(&file, "", 0);
  add_gzip(&file, "o\nthree\n", 8);
  reads_as(&file, PT_GZIP, "one\ntwo\nthree\n");
  pt_buf_add(&file, "\0\0\0\0\0\0\0\0\0", 9);
  reads_as(&file, PT_GZIP, "one\ntwo\nthree\n");
  pt_buf_add(&file, "garbage", 7);
  reads_as(&file, PT_GZIP, "one\ntwo\nthree\n<\n>");
  read_text(&text, &file, PT_GZIP, 1000, 200);
  assert_non_null(strstr(damage, "not a gzip member"));
  pt_buf_free(&file);
  pt_buf_free(&text);
}

static void gzip_damaged(void **state) {
  (void)state;
  struct pt_buf text = {0}, file = {0}, got = {0}, small = {0};
  many_lines(&text, 50000, true);
  add_gzip(&file, text.p, text.n);
  size_t first = file.n;
  add_gzip(&file, "x\nafter\n", 8);
  file.p[first - 6] ^= 1; /* its checksum */
  read_text(&got, &file, PT_GZIP, 1 << 20, 200);
  assert_memory_equal(got.p, text.p, text.n);
  assert_string_equal(got.p + text.n, "<\n>after\n");
  assert_non_null(strstr(damage, "gzip: wrong checksum after 600000 decoded bytes"));
  file.p[first - 6] ^= 1;
  memset(file.p + first / 2, 0xff, 50);
  read_text(&got, &file, PT_GZIP, 1 << 20, 200);
  assert_string_equal(strchr(got.p, '>'), ">after\n");
  assert_non_null(strstr(damage, "gzip: "));
  read_text(&small, &file, PT_GZIP, 700, 200);
  assert_string_equal(small.p, got.p);
  file.n = 0;
  add_gzip(&file, text.p, text.n);
  file.n -= 9;
  read_text(&got, &file, PT_GZIP, 1000, 200);
  assert_non_null(strstr(damage, "gzip: truncated"));
  assert_non_null(strchr(got.p, '<'));
  pt_buf_free(&text);
  pt_buf_free(&file);
  pt_buf_free(&got);
  pt_buf_free(&small);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plain_text),     cmocka_unit_test(frames_and_skippable_frames),
      cmocka_unit_test(wrong_checksum), cmocka_unit_test(lines_over_the_limit),
      cmocka_unit_test(damaged_block),  cmocka_unit_test(truncated),
      cmocka_unit_test(garbage),        cmocka_unit_test(window_bomb),
      cmocka_unit_test(gzip_members),   cmocka_unit_test(gzip_damaged),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* The reader's other promises: head, kept records, positions of chunks, errors, several files. */
#include "unit/read_help.h"

static char dir[] = "/tmp/pt_read_reader_XXXXXX";
static char path[64], other[64];

static int set_up(void **state) {
  (void)state;
  if (!mkdtemp(dir)) return -1;
  snprintf(path, sizeof path, "%s/a", dir);
  snprintf(other, sizeof other, "%s/b", dir);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  unlink(path);
  unlink(other);
  return rmdir(dir);
}

static struct pt_reader *open_parts(const struct pt_inputs *in, const struct pt_read_conf *conf,
                                    const struct pt_part *parts, uint64_t n) {
  struct pt_err err = {0};
  struct pt_reader *r;
  struct pt_part *mine = malloc(n * sizeof *mine);
  memcpy(mine, parts, n * sizeof *mine);
  assert_int_equal(pt_read_open_parts(&r, in, conf, mine, n, &err), 0);
  return r;
}

/* The head is the file's for every part of it, whatever the chunk and the frames; 256 KiB at most. */
static void head_of_every_part(void **state) {
  (void)state;
  struct pt_buf text = {0}, file = {0};
  for (int i = 0; i < 40000; i++) pt_buf_printf(&text, "line %06d\n", i);
  size_t cut = 0;
  pt_buf_add(&file, "\x50\x2a\x4d\x18\x02\0\0\0ab", 10);
  for (size_t at = 0; at < text.n; at += 100000) {
    if (at == 200000) cut = file.n;
    add_frame(&file, text.p + at, text.n - at < 100000 ? text.n - at : 100000);
  }
  put_file(path, file.p, file.n);
  put_file(other, "short\n", 6);
  struct pt_input f[] = {one_file(path, PT_ZSTD), one_file(other, PT_PLAIN)};
  struct pt_inputs in = {f, 2, NULL, 0};
  const struct pt_part parts[] = {{0, 0, cut}, {0, cut, file.n}, {1, 0, 6}};
  for (uint64_t chunk = 1000; chunk <= 1000000; chunk *= 10) {
    struct pt_read_conf conf = {1, 100, chunk, 27, false};
    for (int from = 0; from < 2; from++) {
      struct pt_err err = {0};
      struct pt_reader *r = open_parts(&in, &conf, parts + from, 3 - (uint64_t)from);
      int opened = 0;
      for (struct pt_chunk c;;) {
        assert_int_equal(pt_reader_next(r, &c, &err), 0);
        if (!c.n && !c.new_part && !c.long_lines) break;
        opened += c.new_part;
        assert_int_equal(c.file_start, c.new_part && (c.file == 1 || c.frame_offset < cut));
        struct pt_slice head = pt_reader_head(r);
        assert_int_equal(head.n, c.file == 0 ? PT_READ_HEAD : 6);
        if (c.new_part) assert_memory_equal(head.p, c.file == 0 ? text.p : "short\n", head.n);
      }
      assert_int_equal(opened, 3 - from);
      pt_reader_close(r);
    }
  }
  pt_buf_free(&text);
  pt_buf_free(&file);
}

/* Records of three lines, kept until their third line is there, come whole whatever the chunk. */
static void kept_records(void **state) {
  (void)state;
  struct pt_buf text = {0}, file = {0};
  for (int i = 0; i < 300; i++) pt_buf_printf(&text, "%d\nof\nthree\n", i);
  for (size_t at = 0; at < text.n; at += 37) add_frame(&file, text.p + at, text.n - at < 37 ? text.n - at : 37);
  put_file(path, file.p, file.n);
  struct pt_input f = one_file(path, PT_ZSTD);
  struct pt_inputs in = {&f, 1, NULL, 0};
  const struct pt_part part = {0, 0, f.bytes};
  for (uint64_t chunk = 1; chunk < 3000; chunk = chunk * 2 + 1) {
    struct pt_read_conf conf = {1, 100, chunk, 27, true};
    struct pt_err err = {0};
    struct pt_reader *r = open_parts(&in, &conf, &part, 1);
    struct pt_buf got = {0};
    for (struct pt_chunk c;;) {
      assert_int_equal(pt_reader_next(r, &c, &err), 0);
      if (!c.n) break;
      size_t used = 0;
      for (size_t i = 0; i + 6 <= c.n; i++) {
        if (!memcmp(c.p + i, "three\n", 6)) used = i + 6;
      }
      pt_buf_add(&got, c.p, used);
      pt_reader_keep(r, c.n - used);
    }
    assert_int_equal(got.n, text.n);
    assert_memory_equal(got.p, text.p, text.n);
    pt_buf_free(&got);
    pt_reader_close(r);
  }
  pt_buf_free(&text);
  pt_buf_free(&file);
}

/* A record that never ends is dropped as one long line when it is over the limit; memory stays bounded. */
static void kept_for_ever(void **state) {
  (void)state;
  struct pt_buf text = {0};
  for (int i = 0; i < 1000; i++) pt_buf_printf(&text, "never %d\n", i);
  put_file(path, text.p, text.n);
  struct pt_input f = one_file(path, PT_PLAIN);
  struct pt_inputs in = {&f, 1, NULL, 0};
  const struct pt_part part = {0, 0, f.bytes};
  struct pt_read_conf conf = {1, 100, 50, 27, true};
  struct pt_err err = {0};
  struct pt_reader *r = open_parts(&in, &conf, &part, 1);
  uint64_t dropped = 0, end = 0;
  for (struct pt_chunk c;;) {
    assert_int_equal(pt_reader_next(r, &c, &err), 0);
    if (!c.n && !c.long_lines) break;
    assert_in_range(c.n, 0, 200);
    if (c.long_lines) {
      assert_true(c.long_offset >= end);
      end = c.long_offset;
      dropped++;
    } else {
      pt_reader_keep(r, c.n);
    }
  }
  assert_in_range(dropped, 50, 100); /* 9,000 bytes in records of 100 to 200 */
  pt_reader_close(r);
  pt_buf_free(&text);
}

static void what_goes_wrong(void **state) {
  (void)state;
  put_file(path, "a\nb\n", 4);
  struct pt_input f[] = {one_file(path, PT_PLAIN), {.path = (char *)"/nonexistent/x", .bytes = 4}};
  struct pt_inputs in = {f, 2, NULL, 0};
  const struct pt_part parts[] = {{0, 0, 4}, {1, 0, 4}};
  struct pt_read_conf conf = {1, 100, 50, 27, false};
  struct pt_reader *r = open_parts(&in, &conf, parts, 2);
  struct pt_chunk c;
  struct pt_err err = {0};
  assert_int_equal(pt_reader_next(r, &c, &err), 0);
  assert_int_equal(c.n, 4);
  assert_true(c.new_part && c.last);
  assert_int_equal(pt_reader_next(r, &c, &err), PT_IO);
  assert_string_equal(err.text, "/nonexistent/x: No such file or directory");
  pt_reader_close(r);
  /* a file that became shorter since it was listed: told, and not an error */
  f[0].bytes = 10;
  const struct pt_part longer = {0, 0, 10};
  err = (struct pt_err){0};
  r = open_parts(&in, &conf, &longer, 1);
  struct lines_list got = {0};
  list_reader(&got, r);
  assert_int_equal(got.n, 3);
  assert_int_equal(got.v[2].kind, TORN_LINE);
  assert_non_null(strstr(pt_reader_damage(r), "at byte 4: became shorter while it was read; lost: 6 bytes"));
  list_free(&got);
  pt_reader_close(r);
}

/* Many files over ranks: all read once; the largest are spread first. */
static void plan_of_many_files(void **state) {
  (void)state;
  enum { N = 100 };
  struct pt_input f[N] = {{0}};
  struct pt_inputs in = {f, N, NULL, 0};
  struct pt_read_conf conf = {64 << 20, 100, 50, 27, false};
  struct pt_cuts none = {0};
  uint64_t total = 0, seen = 0, heaviest = 0, largest = 0;
  for (int i = 0; i < N; i++) {
    f[i].bytes = (uint64_t)((i * 37) % N) * 1000;
    f[i].codec = PT_ZSTD;
    total += f[i].bytes;
    if (f[i].bytes > largest) largest = f[i].bytes;
  }
  bool taken[N] = {false};
  for (int rank = 0; rank < 7; rank++) {
    struct pt_err err = {0};
    struct pt_part *p;
    uint64_t n, load = 0;
    assert_int_equal(pt_read_plan(&in, &conf, &none, rank, 7, &p, &n, &err), 0);
    for (uint64_t i = 0; i < n; i++) {
      assert_false(taken[p[i].file]);
      taken[p[i].file] = true;
      assert_int_equal(p[i].begin, 0);
      assert_int_equal(p[i].end, f[p[i].file].bytes);
      if (i) assert_true(p[i].file > p[i - 1].file);
      load += p[i].end;
    }
    seen += load;
    if (load > heaviest) heaviest = load;
    free(p);
  }
  assert_int_equal(seen, total);
  assert_true(heaviest * 7 < total * 102 / 100); /* within 2 % of even */
  assert_int_equal(largest, 99000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(head_of_every_part), cmocka_unit_test(kept_records),       cmocka_unit_test(kept_for_ever),
      cmocka_unit_test(what_goes_wrong),    cmocka_unit_test(plan_of_many_files),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

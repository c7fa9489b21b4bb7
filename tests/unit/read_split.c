/* Each line exactly once, with its exact position, for any split, any frame cuts, any chunk size. */
#include "unit/read_help.h"

static char dir[] = "/tmp/pt_read_split_XXXXXX";
static char path[64];

static int set_up(void **state) {
  (void)state;
  if (!mkdtemp(dir)) return -1;
  snprintf(path, sizeof path, "%s/a.jsonl.zst", dir);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  unlink(path);
  return rmdir(dir);
}

/* Lines of 0 to 30 bytes, some longer than 40 (the limit), some with CR, seldom without a last line end. */
static void make_text(struct pt_buf *text, uint64_t *rnd) {
  uint32_t lines = dice(rnd, 60);
  for (uint32_t i = 0; i < lines; i++) {
    uint32_t n = dice(rnd, 8) ? dice(rnd, 31) : 36 + dice(rnd, 30);
    for (uint32_t k = 0; k < n; k++) pt_buf_printf(text, "%c", 'a' + (int)dice(rnd, 26));
    bool end = i + 1 < lines || dice(rnd, 4);
    if (end) pt_buf_printf(text, dice(rnd, 4) ? "\n" : "\r\n");
  }
}

enum { MAX_FRAMES = 400, LIMIT = 40 };
struct frames {
  size_t begin[MAX_FRAMES + 1]; /* in the text */
  uint64_t at[MAX_FRAMES];      /* in the file */
  size_t n;
};

/* Frames of 0 to some bytes; some end at a line end; skippable frames between. */
static void make_file(const struct pt_buf *text, struct frames *f, struct pt_buf *file, uint64_t *rnd) {
  size_t at = 0;
  uint32_t most = 1 + dice(rnd, 200);
  *f = (struct frames){0};
  while (at < text->n || f->n == 0) {
    if (dice(rnd, 6) == 0) pt_buf_add(file, "\x53\x2a\x4d\x18\x03\x00\x00\x00xyz", 11);
    size_t n = dice(rnd, most + 1);
    if (n > text->n - at || f->n == MAX_FRAMES - 1) n = text->n - at;
    const char *nl = dice(rnd, 3) == 0 && at < text->n ? memchr(text->p + at, '\n', text->n - at) : NULL;
    if (nl) n = (size_t)(nl + 1 - (text->p + at));
    f->begin[f->n] = at;
    f->at[f->n++] = file->n;
    add_frame(file, text->p + at, n);
    at += n;
  }
  f->begin[f->n] = text->n;
}

/* By the definition: cut at line ends; a line belongs to the frame that holds its first byte. */
static void expect(struct lines_list *want, const struct pt_buf *text, const struct frames *f) {
  size_t frame = 0;
  for (size_t at = 0; at < text->n;) {
    const char *nl = memchr(text->p + at, '\n', text->n - at);
    size_t end = nl ? (size_t)(nl + 1 - text->p) : text->n, n = end - at - (nl ? 1 : 0);
    if (n && text->p[at + n - 1] == '\r') n--;
    while (f->begin[frame + 1] <= at) frame++;
    struct line line = {0, f->at[frame], at - f->begin[frame], n > LIMIT ? LONG_LINE : LINE, NULL, 0};
    list_add(want, line, text->p + at, n > LIMIT ? 0 : end - at);
    at = end;
  }
}

static void any_split_gives_each_line_once(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 400; seed++) {
    uint64_t rnd = seed;
    struct pt_buf text = {0}, file = {0};
    struct frames frames;
    struct lines_list want = {0};
    make_text(&text, &rnd);
    make_file(&text, &frames, &file, &rnd);
    expect(&want, &text, &frames);
    put_file(path, file.p, file.n);
    struct pt_input f = one_file(path, PT_ZSTD);
    struct pt_inputs in = {&f, 1, NULL, 0};
    for (int ranks = 1; ranks <= 5; ranks++) {
      struct pt_read_conf conf = {1, LIMIT, 1 + dice(&rnd, dice(&rnd, 2) ? 20 : 3000), 27, false};
      struct lines_list got = {0};
      list_ranks(&got, &in, &conf, ranks);
      list_same(&got, &want);
      list_free(&got);
    }
    list_free(&want);
    pt_buf_free(&text);
    pt_buf_free(&file);
  }
}

static void plain_files_too(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 300; seed++) {
    uint64_t rnd = seed;
    struct pt_buf text = {0};
    struct frames whole = {.n = 1};
    struct lines_list want = {0};
    make_text(&text, &rnd);
    whole.begin[1] = text.n;
    expect(&want, &text, &whole);
    put_file(path, text.p, text.n);
    struct pt_input f = one_file(path, PT_PLAIN);
    struct pt_inputs in = {&f, 1, NULL, 0};
    for (int ranks = 1; ranks <= 5; ranks++) {
      struct pt_read_conf conf = {1, LIMIT, 1 + dice(&rnd, dice(&rnd, 2) ? 20 : 3000), 27, false};
      struct lines_list got = {0};
      list_ranks(&got, &in, &conf, ranks);
      list_same(&got, &want);
      list_free(&got);
    }
    list_free(&want);
    pt_buf_free(&text);
  }
}

/* What is lost in a damaged file must not depend on the split either. */
static void damage_is_the_same_for_any_split(void **state) {
  (void)state;
  size_t torn = 0;
  for (uint64_t seed = 1; seed <= 400; seed++) {
    uint64_t rnd = seed;
    struct pt_buf text = {0}, file = {0};
    struct frames frames;
    struct lines_list want = {0};
    make_text(&text, &rnd);
    make_file(&text, &frames, &file, &rnd);
    for (uint32_t hits = 1 + dice(&rnd, 3); hits > 0; hits--) {
      file.p[dice(&rnd, (uint32_t)file.n)] ^= (char)(1 + dice(&rnd, 255));
    }
    if (dice(&rnd, 4) == 0) file.n -= dice(&rnd, (uint32_t)file.n);
    if (dice(&rnd, 4) == 0) pt_buf_add(&file, "garbage", 7);
    put_file(path, file.p, file.n);
    struct pt_input f = one_file(path, PT_ZSTD);
    struct pt_inputs in = {&f, 1, NULL, 0};
    struct pt_read_conf large = {1, LIMIT, 1 << 20, 27, false};
    list_ranks(&want, &in, &large, 1);
    for (size_t i = 0; i < want.n; i++) torn += want.v[i].kind == TORN_LINE;
    for (int ranks = 1; ranks <= 5; ranks++) {
      struct pt_read_conf conf = {1, LIMIT, 1 + dice(&rnd, dice(&rnd, 2) ? 20 : 3000), 27, false};
      struct lines_list got = {0};
      list_ranks(&got, &in, &conf, ranks);
      list_same(&got, &want);
      list_free(&got);
    }
    list_free(&want);
    pt_buf_free(&text);
    pt_buf_free(&file);
  }
  assert_in_range(torn, 300, 2000);
}

static void a_line_over_three_frames(void **state) {
  (void)state;
  struct pt_buf file = {0};
  add_frame(&file, "one\ntw", 6);
  uint64_t second = file.n;
  add_frame(&file, "o and ", 6);
  add_frame(&file, "", 0);
  uint64_t third = file.n;
  add_frame(&file, "more\nthree\n", 11);
  put_file(path, file.p, file.n);
  struct pt_input f = one_file(path, PT_ZSTD);
  struct pt_inputs in = {&f, 1, NULL, 0};
  struct pt_read_conf conf = {1, 100, 1000, 27, false};
  struct lines_list want = {0};
  list_add(&want, (struct line){.offset = 0}, "one\n", 4);
  list_add(&want, (struct line){.offset = 4}, "two and more\n", 13);
  list_add(&want, (struct line){.frame = third, .offset = 5}, "three\n", 6);
  for (uint64_t cut = 0; cut < 3; cut++) { /* one part, cut at the second frame, cut at the third */
    struct lines_list got = {0};
    uint64_t at = cut == 0 ? file.n : cut == 1 ? second : third;
    for (int half = 0; half < (cut ? 2 : 1); half++) {
      struct pt_err err = {0};
      struct pt_reader *r;
      struct pt_part *part = malloc(sizeof *part);
      *part = half ? (struct pt_part){0, at, file.n} : (struct pt_part){0, 0, at};
      assert_int_equal(pt_read_open_parts(&r, &in, &conf, part, 1, &err), 0);
      list_reader(&got, r);
      pt_reader_close(r);
    }
    list_same(&got, &want);
    list_free(&got);
  }
  list_free(&want);
  pt_buf_free(&file);
}

/* The seekable format's table gives the cuts that the walk gives; a table that lies is not believed. */
static void seekable_table(void **state) {
  (void)state;
  struct pt_buf file = {0}, table = {0}, cuts = {0};
  struct pt_err err = {0};
  uint32_t n = 9;
  uint64_t at[9];
  for (uint32_t i = 0; i < n; i++) {
    at[i] = file.n;
    add_frame(&file, "0123456789\n", 11);
    uint32_t entry[2] = {(uint32_t)(file.n - at[i]), 11};
    pt_buf_add(&table, entry, sizeof entry);
  }
  uint32_t head[2] = {0x184D2A5E, (uint32_t)table.n + 9};
  for (int lie = 0; lie < 2; lie++) {
    struct pt_buf all = {0};
    pt_buf_add(&all, file.p, file.n);
    pt_buf_add(&all, head, sizeof head);
    if (lie) { /* the sum is right, the frames are not */
      table.p[0]++;
      table.p[8]--;
    }
    pt_buf_add(&all, table.p, table.n);
    pt_buf_add(&all, &n, 4);
    pt_buf_add(&all, "\0\xb1\xea\x92\x8f", 5);
    put_file(path, all.p, all.n);
    pt_buf_free(&all);
    struct pt_input f = one_file(path, PT_ZSTD);
    cuts.n = 0;
    assert_int_equal(pt_read_frames_of(&f, 7, 1, &cuts, &err), 0);
    const struct pt_cut *c = (const struct pt_cut *)(void *)cuts.p;
    assert_int_equal(cuts.n / sizeof *c, n - 1);
    for (uint32_t i = 1; i < n; i++) {
      assert_int_equal(c[i - 1].file, 7);
      assert_int_equal(c[i - 1].at, at[i]);
    }
  }
  pt_buf_free(&file);
  pt_buf_free(&table);
  pt_buf_free(&cuts);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_split_gives_each_line_once),
      cmocka_unit_test(plain_files_too),
      cmocka_unit_test(damage_is_the_same_for_any_split),
      cmocka_unit_test(a_line_over_three_frames),
      cmocka_unit_test(seekable_table),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

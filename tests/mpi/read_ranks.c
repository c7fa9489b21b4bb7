/* Listing and reading with the ranks that there are: every rank has the same list, all lines are read once. */
#include "unit/read_help.h"

static struct pt_comm *comm;
static char dir[64];
static char path[200];

static const char *at(const char *name) {
  snprintf(path, sizeof path, "%s/%s", dir, name);
  return path;
}

/* Lines of all files: each a number, so that count and sum tell whether all came once. */
static uint64_t lines_sum, lines_count;

static void number_lines(struct pt_buf *text, uint64_t n) {
  for (uint64_t i = 0; i < n; i++) {
    lines_count++;
    lines_sum += lines_count * 7919;
    pt_buf_printf(text, "%llu\n", (unsigned long long)(lines_count * 7919));
  }
}

static void make_files(bool write) {
  struct pt_buf text = {0}, file = {0};
  number_lines(&text, 60000); /* large, many frames of any length */
  uint64_t rnd = 3;
  for (size_t i = 0; i < text.n;) {
    size_t n = dice(&rnd, 5000);
    if (n > text.n - i) n = text.n - i;
    add_frame(&file, text.p + i, n);
    i += n;
  }
  if (write) put_file(at("logs/b.jsonl.zst"), file.p, file.n);
  text.n = 0;
  number_lines(&text, 40000); /* large and plain, no last line end */
  if (write) put_file(at("logs/sub/a.csv"), text.p, text.n - 1);
  for (int i = 0; i < 9; i++) {
    char name[40];
    text.n = file.n = 0;
    number_lines(&text, (uint64_t)i * 10);
    add_frame(&file, text.p, text.n);
    snprintf(name, sizeof name, "logs/small-%d.json.zst", i);
    if (write) put_file(at(name), file.p, file.n);
  }
  if (write) {
    static const char *const others[] = {"logs/users.jsonl", "logs/.hidden.csv", "logs/_x.csv", "logs/truth.csv",
                                         "logs/readme.md"};
    for (int i = 0; i < 5; i++) put_file(at(others[i]), "99\n", i == 0 ? 0 : 3); /* no users: lines are added up */
    assert_int_equal(symlink("loop", at("logs/loop")), 0);
  }
  pt_buf_free(&text);
  pt_buf_free(&file);
}

static int set_up(void **state) {
  (void)state;
  struct pt_err err = {0};
  if (pt_comm_open(&comm, NULL, NULL, &err)) return -1;
  bool first = pt_comm_rank(comm) == 0;
  snprintf(dir, sizeof dir, "/tmp/pt_read_ranks_XXXXXX");
  if (first && (!mkdtemp(dir) || mkdir(at("logs"), 0700) || mkdir(at("logs/sub"), 0700))) return -1;
  pt_bcast(comm, dir, sizeof dir, 0);
  make_files(first);
  pt_comm_barrier(comm);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  pt_comm_barrier(comm);
  char command[100];
  snprintf(command, sizeof command, "rm -r '%s'", dir);
  int code = pt_comm_rank(comm) == 0 ? system(command) : 0;
  pt_comm_close(comm);
  return code;
}

static void list_of_a_folder(void **state) {
  (void)state;
  struct pt_err err = {0};
  struct pt_inputs in;
  char folder[100], file[100];
  snprintf(folder, sizeof folder, "%s/logs/", dir);
  snprintf(file, sizeof file, "%s/logs/s*l-3.json.zst", dir);
  const char *args[] = {folder, file};
  assert_int_equal(pt_read_list(comm, args, 2, NULL, 0, &in, &err), 0);
  static const char *const want[] = {"b.jsonl.zst",      "small-0.json.zst", "small-1.json.zst", "small-2.json.zst",
                                     "small-3.json.zst", "small-4.json.zst", "small-5.json.zst", "small-6.json.zst",
                                     "small-7.json.zst", "small-8.json.zst", "sub/a.csv"};
  assert_int_equal(in.n, 12);
  assert_string_equal(in.files[11].path + strlen(folder), "users.jsonl");
  for (int i = 0; i < 12; i++) assert_int_equal(in.files[i].table, i < 11 ? PT_LOG : PT_USERS);
  for (int i = 0; i < 11; i++) {
    assert_string_equal(in.files[i].path + strlen(folder), want[i]);
    assert_int_equal(in.files[i].codec, i < 10 ? PT_ZSTD : PT_PLAIN);
    assert_true(in.files[i].bytes > 0 && in.files[i].mtime_ns > 0);
  }
  assert_int_equal(in.n_skipped, 6); /* four names, a link to itself, a file given twice */
  int twice = 0;
  for (uint64_t i = 0; i < in.n_skipped; i++) {
    twice += strstr(in.skipped[i], "small-3.json.zst: given twice") != NULL;
  }
  assert_int_equal(twice, 1);
  pt_inputs_free(&in);
}

static void by_name_whatever_the_extension(void **state) {
  (void)state;
  struct pt_err err = {0};
  struct pt_inputs in;
  char file[100];
  snprintf(file, sizeof file, "%s/logs/readme.md", dir);
  const char *args[] = {file};
  assert_int_equal(pt_read_list(comm, args, 1, NULL, 0, &in, &err), 0);
  assert_int_equal(in.n, 1);
  assert_string_equal(in.files[0].path, file);
  pt_inputs_free(&in);
}

/* As a log and as a table of users: it is the latter. */
static void named_as_users(void **state) {
  (void)state;
  struct pt_err err = {0};
  struct pt_inputs in;
  char file[100];
  snprintf(file, sizeof file, "%s/logs/sub/a.csv", dir);
  const char *args[] = {file};
  assert_int_equal(pt_read_list(comm, args, 1, args, 1, &in, &err), 0);
  assert_int_equal(in.n, 1);
  assert_int_equal(in.files[0].table, PT_USERS);
  pt_inputs_free(&in);
}

static void no_input(void **state) {
  (void)state;
  char missing[100], glob[100], empty[100];
  snprintf(missing, sizeof missing, "%s/missing.csv", dir);
  snprintf(glob, sizeof glob, "%s/*.nothing", dir);
  snprintf(empty, sizeof empty, "%s/logs/sub/none", dir);
  if (pt_comm_rank(comm) == 0) (void)mkdir(empty, 0700);
  const char *const args[] = {missing, glob, empty, "/dev/null"};
  for (int i = 0; i < 4; i++) {
    struct pt_err err = {0};
    struct pt_inputs in;
    assert_int_equal(pt_read_list(comm, &args[i], 1, NULL, 0, &in, &err), PT_NOINPUT);
    assert_int_equal(err.code, PT_NOINPUT);
    assert_non_null(strstr(err.text, args[i]));
  }
}

static void all_lines_once(void **state) {
  (void)state;
  struct pt_err err = {0};
  struct pt_inputs in;
  struct pt_reader *r;
  char folder[100];
  snprintf(folder, sizeof folder, "%s/logs", dir);
  const char *args[] = {folder};
  assert_int_equal(pt_read_list(comm, args, 1, NULL, 0, &in, &err), 0);
  for (int whole = 0; whole < 2; whole++) {
    struct pt_read_conf conf = {whole ? 64 << 20 : 1000, 1 << 20, whole ? 1 << 20 : 333, 27, false};
    assert_int_equal(pt_reader_open(&r, comm, &in, &conf, &err), 0);
    uint64_t got[2] = {0, 0}, bytes = 0;
    for (struct pt_chunk c;;) {
      assert_int_equal(pt_reader_next(r, &c, &err), 0);
      if (!c.n && !c.new_part && !c.long_lines) break;
      bytes += c.n;
      assert_false(c.damaged || c.long_lines);
      for (size_t i = 0; i < c.n; got[0]++) {
        uint64_t v = 0;
        for (; i < c.n && c.p[i] != '\n'; i++) v = v * 10 + (uint64_t)(c.p[i] - '0');
        i++;
        got[1] += v;
      }
    }
    pt_reader_close(r);
    uint64_t least = bytes;
    pt_min_u64(comm, &least, 1);
    if (!whole) assert_true(least > 0); /* the large files were shared out */
    pt_sum_u64(comm, got, 2);
    assert_int_equal(got[0], lines_count);
    assert_int_equal(got[1], lines_sum);
  }
  pt_inputs_free(&in);
}

/* One rank cannot read: every rank gets the same error. */
static void an_error_is_agreed(void **state) {
  (void)state;
  struct pt_input f[] = {{.path = (char *)"/nonexistent/x.zst", .bytes = 100000, .codec = PT_ZSTD}};
  struct pt_inputs in = {f, 1, NULL, 0};
  struct pt_read_conf conf = {1000, 1000, 1000, 27, false};
  struct pt_err err = {0};
  struct pt_reader *r;
  if (pt_comm_size(comm) == 1) return; /* alone, no frame is looked for: it is met when it is read */
  assert_int_equal(pt_reader_open(&r, comm, &in, &conf, &err), PT_IO);
  assert_null(r);
  assert_non_null(strstr(err.text, "/nonexistent/x.zst: No such file"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(list_of_a_folder), cmocka_unit_test(by_name_whatever_the_extension),
      cmocka_unit_test(named_as_users),   cmocka_unit_test(no_input),
      cmocka_unit_test(all_lines_once),   cmocka_unit_test(an_error_is_agreed),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

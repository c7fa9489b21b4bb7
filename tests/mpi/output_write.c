/* The whole output stage. Rank 0 gives each file to tests/cli/readers.py, which reads it with other people's libraries
 * and compares every cell. With "write USERS PATH" as arguments it writes one file and leaves. */
#include <fcntl.h>
#include <hdf5.h>
#include <output/compress.h>
#include <output/out.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "output_synthetic.h"

#define MAX_LABELS 5

static struct pt_comm *comm;
static char folder[200];

static void make_frames(struct pt_frame f[2]) {
  static const int64_t users[] = {5, -7, 9007199254740993};
  static const double mean[] = {0.5, NAN, 1e300};
  static const char *const name[] = {"alpha", "", "gr\xC3\xB6\xC3\237er"};
  struct pt_err err = {0};
  uint32_t at;
  uint64_t row;
  assert_int_equal(pt_frame_init(&f[0], "segments/summary", &err), 0);
  assert_int_equal(pt_frame_column(&f[0], "name", PT_FR_TEXT, NULL, "name of it", &at, &err), 0);
  assert_int_equal(pt_frame_column(&f[0], "users", PT_FR_I64, "users", "users in it", &at, &err), 0);
  assert_int_equal(pt_frame_column(&f[0], "mean", PT_FR_F64, "1", "mean", &at, &err), 0);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(pt_frame_row(&f[0], &row, &err), 0);
    assert_int_equal(pt_frame_set_text(&f[0], row, 0, name[i], strlen(name[i]), &err), 0);
    f[0].columns[1].v.i64[row] = users[i];
    f[0].columns[2].v.f64[row] = mean[i];
  }
  assert_int_equal(pt_frame_init(&f[1], "empty", &err), 0);
  assert_int_equal(pt_frame_column(&f[1], "what", PT_FR_TEXT, NULL, "nothing", &at, &err), 0);
}

static int write_file(const char *path, uint64_t users, uint32_t range, struct pt_output_conf conf,
                      struct pt_err *err) {
  struct synthetic s;
  struct pt_label_list labels;
  struct pt_frame frames[2];
  struct pt_output_stats stats;
  conf.max_labels = MAX_LABELS;
  conf.run_json = "{\"a\": \"\xC3\xA9\"}";
  synthetic_open(&s, comm, users, range);
  make_frames(frames);
  int code = pt_output_labels(comm, s.rows, conf.max_labels, &labels, err);
  assert_int_equal(code, 0);
  uint32_t n = pt_comm_rank(comm) == 0 ? 2 : 0; /* frames matter on rank 0 alone */
  code = pt_output_write(comm, path, s.rows, &labels, frames, n, &conf, &stats, err);
  if (!code) {
    assert_true(stats.raw_bytes >= users * 100);
    assert_true(stats.file_bytes > 1000);
  }
  pt_label_list_free(&labels, s.schema.n_tags);
  pt_frame_free(&frames[0]);
  pt_frame_free(&frames[1]);
  synthetic_close(&s);
  return code;
}

static void path_of(char out[300], const char *name) {
  snprintf(out, 300, "%s/%s", folder, name);
}

static void run_reader(const char *with, const char *script, const char *path, const char *more) {
  char here[400], command[1200];
  snprintf(here, sizeof here, "%s", __FILE__);
  *strstr(here, "mpi/output_write.c") = 0;
  snprintf(command, sizeof command, "%s %scli/%s %s %s", with, here, script, path, more);
  int rc = system(command);
  assert_true(rc == 0 || WEXITSTATUS(rc) == 77); /* 77: it has said that a library is missing */
}

static void check_with_readers(const char *path, uint64_t users) {
  if (pt_comm_rank(comm) != 0) return;
  char more[80];
  snprintf(more, sizeof more, "--synthetic %llu %d", (unsigned long long)users, MAX_LABELS);
  run_reader("/usr/bin/python3", "readers.py", path, more);
  if (users == 50000 && system("command -v Rscript >/dev/null") == 0) run_reader("Rscript", "readers.R", path, "");
}

static void good(uint64_t users, uint32_t range, struct pt_output_conf conf) {
  char path[300], part[310];
  struct pt_err err = {0};
  path_of(path, "good.h5ad");
  snprintf(part, sizeof part, "%s.part", path);
  assert_int_equal(write_file(path, users, range, conf, &err), 0);
  assert_int_equal(access(part, F_OK), -1);
  struct stat st;
  assert_int_equal(stat(path, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0600);
  check_with_readers(path, users);
  pt_comm_barrier(comm);
  if (pt_comm_rank(comm) == 0) unlink(path);
}

static void test_sizes(void **state) {
  (void)state;
  static const uint64_t sizes[] = {0, 1, 1000, 50000};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) good(sizes[i], 700, (struct pt_output_conf){0});
}

static void test_compression(void **state) {
  (void)state;
  good(20000, 5000, (struct pt_output_conf){.compress = PT_GZIP_LEVEL, .level = 4});
  good(20000, 50000, (struct pt_output_conf){.compress = PT_NONE});
}

/* Many collective writes a column, chunks shared by ranks and by pieces. */
static void test_pieces(void **state) {
  (void)state;
  uint64_t was = pt_output_piece;
  pt_output_piece = 100000;
  good(70000, 3000, (struct pt_output_conf){0});
  pt_output_piece = was;
}

/* As if there were more cells than int32 counts. */
static void test_wide_matrix(void **state) {
  (void)state;
  uint64_t was = pt_output_narrow;
  pt_output_narrow = 1000;
  good(9000, 700, (struct pt_output_conf){0});
  pt_output_narrow = was;
}

static void test_fast_deflate_is_used(void **state) {
  (void)state;
  char path[300];
  struct pt_err err = {0};
  path_of(path, "fast.h5ad");
  uint64_t before = pt_deflate_fast_calls();
  assert_int_equal(write_file(path, 40000, 1000, (struct pt_output_conf){.compress = PT_FAST}, &err), 0);
  uint64_t calls = pt_deflate_fast_calls() - before, most = calls;
  pt_max_u64(comm, &most, 1);
  assert_true(most > 60); /* the estimate alone makes about 30 on each rank with rows */
  before = pt_deflate_fast_calls();
  assert_int_equal(write_file(path, 40000, 1000, (struct pt_output_conf){.compress = PT_GZIP_LEVEL, .level = 1}, &err),
                   0);
  assert_int_equal(pt_deflate_fast_calls(), before);
  if (pt_comm_rank(comm) == 0) unlink(path);
}

static void flip(const char *part, off_t at) {
  int fd = open(part, O_RDWR);
  unsigned char byte;
  assert_int_equal(pread(fd, &byte, 1, at), 1);
  byte ^= 0x10;
  assert_int_equal(pwrite(fd, &byte, 1, at), 1);
  close(fd);
}

static void spoil_chunk(const char *part) {
  hid_t f = H5Fopen(part, H5F_ACC_RDONLY, H5P_DEFAULT), d = H5Dopen2(f, "/obs/spend_all", H5P_DEFAULT);
  hid_t space = H5Dget_space(d);
  hsize_t offset[2], size;
  unsigned mask;
  haddr_t address;
  assert_true(H5Dget_chunk_info(d, space, 1, offset, &mask, &address, &size) >= 0);
  H5Sclose(space);
  H5Dclose(d);
  H5Fclose(f);
  flip(part, (off_t)(address + size / 2));
}

/* The attribute texts have no checksum in the file. */
static void spoil_text(const char *part) {
  FILE *f = fopen(part, "rb");
  fseek(f, 0, SEEK_END);
  size_t n = (size_t)ftell(f);
  char *p = malloc(n);
  rewind(f);
  assert_int_equal(fread(p, 1, n, f), n);
  fclose(f);
  const char *at = memmem(p, n, "what level means", 16);
  assert_non_null(at);
  flip(part, at - p + 5);
  free(p);
}

static void spoil_plain(const char *part) {
  hid_t f = H5Fopen(part, H5F_ACC_RDONLY, H5P_DEFAULT), d = H5Dopen2(f, "/obs/level", H5P_DEFAULT);
  haddr_t address = H5Dget_offset(d);
  H5Dclose(d);
  H5Fclose(f);
  flip(part, (off_t)(address + 17));
}

static void spoiled(void (*how)(const char *), struct pt_output_conf conf) {
  char path[300], part[310], text[5] = "";
  path_of(path, "spoiled.h5ad");
  snprintf(part, sizeof part, "%s.part", path);
  if (pt_comm_rank(comm) == 0) { /* an older result must survive */
    FILE *f = fopen(path, "wb");
    fputs("old", f);
    fclose(f);
  }
  struct pt_err err = {0};
  pt_output_spoil = how;
  assert_int_equal(write_file(path, 40000, 1000, conf, &err), PT_IO);
  pt_output_spoil = NULL;
  assert_string_equal(err.stage, "output");
  pt_comm_barrier(comm);
  assert_int_equal(access(part, F_OK), -1);
  FILE *f = fopen(path, "rb");
  assert_int_equal(fread(text, 1, 4, f), 3);
  assert_string_equal(text, "old");
  fclose(f);
  pt_comm_barrier(comm);
  if (pt_comm_rank(comm) == 0) unlink(path);
}

static void test_one_wrong_bit(void **state) {
  (void)state;
  spoiled(spoil_chunk, (struct pt_output_conf){0});
  spoiled(spoil_text, (struct pt_output_conf){0});
  spoiled(spoil_plain, (struct pt_output_conf){.compress = PT_NONE});
}

static void test_no_folder(void **state) {
  (void)state;
  char path[300];
  struct pt_err err = {0};
  path_of(path, "not/there.h5ad");
  assert_int_equal(write_file(path, 100, 100, (struct pt_output_conf){0}, &err), PT_IO);
  assert_non_null(strstr(err.text, "there.h5ad.part"));
}

static void test_stale_part(void **state) {
  (void)state;
  char part[310];
  path_of(part, "good.h5ad.part");
  if (pt_comm_rank(comm) == 0) {
    FILE *f = fopen(part, "wb");
    fputs("left by a run that was ended", f);
    fclose(f);
  }
  pt_comm_barrier(comm);
  good(100, 7, (struct pt_output_conf){0});
}

static const struct pt_card_cell *cell_named(struct pt_card *k, uint64_t row, const char *name) {
  static struct pt_card_cell cell_found;
  struct pt_err err = {0};
  for (uint32_t i = 0; i < pt_card_columns(k); i++) {
    assert_int_equal(pt_card_cell(k, row, i, &cell_found, &err), 0);
    if (strcmp(cell_found.name, name) == 0) return &cell_found;
  }
  fail_msg("no column %s", name);
  return NULL;
}

static void look_at_user_43(struct pt_card *k) {
  struct pt_err err = {0};
  uint64_t row;
  assert_int_equal(pt_card_find(k, "k\xC3\xA4ufer43", &row, &err), 0);
  assert_string_equal(cell_named(k, row, "orders_count_all")->text, "301");
  assert_string_equal(cell_named(k, row, "spend_all")->text, "10.75");
  assert_string_equal(cell_named(k, row, "share")->text, "0.043");
  assert_string_equal(cell_named(k, row, "is_member")->text, "true");
  assert_string_equal(cell_named(k, row, "has_app")->text, "false");
  assert_string_equal(cell_named(k, row, "first_time")->text, "2023-11-14T22:14:03.000Z");
  assert_true(cell_named(k, row, "gender")->absent);
  assert_string_equal(cell_named(k, row, "city")->text, "city 49/");
  assert_string_equal(cell_named(k, row, "lifecycle")->text, "lost");
  assert_true(cell_named(k, row, "lifecycle")->tag);
  assert_false(cell_named(k, row, "city")->tag);
  assert_false(cell_named(k, row, "lifecycle")->number);
  assert_true(cell_named(k, row, "lifecycle_index")->number);
  assert_string_equal(cell_named(k, row, "lifecycle_index")->text, "0.43");
  assert_string_equal(cell_named(k, row, "share")->unit, "1");
  assert_string_equal(cell_named(k, row, "share")->family, "synthetic");
  assert_string_equal(cell_named(k, row, "share")->description, "what share means");
  assert_int_equal(pt_card_find(k, "u39", &row, &err), 0); /* 39 is a multiple of 3 and 13 */
  assert_true(cell_named(k, row, "days_since_order")->absent);
  assert_true(cell_named(k, row, "spend_all")->absent);
}

static void look_at_table(struct pt_card *k) {
  struct pt_err err = {0};
  struct pt_frame f;
  assert_int_equal(pt_card_frame(k, "segments/summary", &f, &err), 0);
  assert_int_equal(f.n_rows, 3);
  assert_int_equal(f.n_columns, 3);
  assert_string_equal(f.columns[0].v.text[2],
                      "gr\xC3\xB6\xC3\x9F"
                      "er");
  assert_true(f.columns[1].v.i64[2] == 9007199254740993);
  assert_true(isnan(f.columns[2].v.f64[1]) && f.columns[2].v.f64[0] == 0.5);
  assert_string_equal(f.columns[1].unit, "users");
  pt_frame_free(&f);
  assert_int_equal(pt_card_frame(k, "no/such", &f, &err), PT_IO);
}

static void test_card(void **state) {
  (void)state;
  char path[300];
  struct pt_err err = {0};
  path_of(path, "card.h5ad");
  assert_int_equal(write_file(path, 20000, 900, (struct pt_output_conf){0}, &err), 0);
  if (pt_comm_rank(comm) != 0) return;
  struct pt_card *k;
  uint64_t row;
  assert_int_equal(pt_card_open(&k, path, &err), 0);
  assert_int_equal(pt_card_columns(k), 18);
  look_at_user_43(k);
  look_at_table(k);
  assert_int_equal(pt_card_find(k, "u20001", &row, &err), PT_NOINPUT);
  pt_card_close(k);
  unlink(path);
  pt_err_clear(&err);
  assert_int_equal(pt_card_open(&k, path, &err), PT_IO);
}

static void make_folder(void) {
  if (pt_comm_rank(comm) == 0) {
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.150s/pt-output-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(folder)) folder[0] = 0;
  }
  pt_bcast(comm, folder, sizeof folder, 0);
}

int main(int argc, char **argv) {
  struct pt_err err = {0};
  if (pt_comm_open(&comm, &argc, &argv, &err)) return err.code;
  int failed = 0;
  if (argc == 4 && strcmp(argv[1], "write") == 0) {
    failed = write_file(argv[3], strtoull(argv[2], NULL, 10), 1000, (struct pt_output_conf){0}, &err);
  } else {
    make_folder();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sizes),
                                       cmocka_unit_test(test_compression),
                                       cmocka_unit_test(test_pieces),
                                       cmocka_unit_test(test_wide_matrix),
                                       cmocka_unit_test(test_fast_deflate_is_used),
                                       cmocka_unit_test(test_one_wrong_bit),
                                       cmocka_unit_test(test_no_folder),
                                       cmocka_unit_test(test_stale_part),
                                       cmocka_unit_test(test_card)};
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (pt_comm_rank(comm) == 0) rmdir(folder);
  }
  pt_comm_close(comm);
  return failed != 0;
}

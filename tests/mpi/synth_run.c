/* The same lines from any number of ranks: one known checksum for n = 1, 2, 3, 4. */
#include <portrait/hash.h>
#include <portrait/synth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#define RECORDS UINT64_C(0x72fdc28b056bb830)

static int failures;

static void check(int ok, const char *what) {
  if (ok) return;
  failures++;
  fprintf(stderr, "FAILED: %s\n", what);
}

/* The decompressed text of a small file, to be freed. */
static char *slurp(const char *dir, const char *name, size_t *n) {
  char path[300];
  snprintf(path, sizeof path, "%s/%s", dir, name);
  FILE *f = fopen(path, "rb");
  size_t packed_cap = 4 << 20, cap = 32 << 20;
  char *packed = malloc(packed_cap), *text = malloc(cap);
  size_t packed_n = f ? fread(packed, 1, packed_cap, f) : 0;
  if (f) fclose(f);
  *n = ZSTD_decompress(text, cap, packed, packed_n);
  if (!f || ZSTD_isError(*n)) *n = 0;
  free(packed);
  return text;
}

static void look(const char *dir) {
  uint64_t lines = 0, sum = 0;
  for (int f = 0; f < 3; f++) {
    char name[40];
    size_t n;
    snprintf(name, sizeof name, "part-%04d.jsonl.zst", f);
    char *text = slurp(dir, name, &n);
    char last[25] = "";
    for (char *at = text; at < text + n; at = strchr(at, '\n') + 1, lines++) {
      check(strncmp(at + 9, last, 24) >= 0, "lines in order of time");
      memcpy(last, at + 9, 24);
    }
    sum += pt_hash64(text, n) * (uint64_t)(f + 1);
    text[n ? n - 1 : 0] = 0;
    free(text);
  }
  size_t records_n;
  char *records = slurp(dir, "users.jsonl.zst", &records_n);
  uint64_t records_sum = pt_hash64(records, records_n);
  free(records);
  if (records_sum != RECORDS) fprintf(stderr, "records: %016llx\n", (unsigned long long)records_sum);
  check(records_sum == RECORDS, "the known checksum of the records");
  check(lines == 20000, "20,000 lines");
  check(sum == UINT64_C(0x99b534007ea451e2), "the known checksum");
}

static void clean(const char *dir) {
  const char *names[] = {"part-0000.jsonl.zst", "part-0001.jsonl.zst",   "part-0002.jsonl.zst",
                         "truth.jsonl.zst",     "truth_population.json", "users.jsonl.zst"};
  for (size_t i = 0; i < 6; i++) {
    char path[300];
    snprintf(path, sizeof path, "%s/%s", dir, names[i]);
    check(unlink(path) == 0, names[i]);
  }
  check(rmdir(dir) == 0, "nothing else in the folder");
}

int main(int argc, char **argv) {
  struct pt_comm *comm;
  struct pt_err err = {0};
  if (pt_comm_open(&comm, &argc, &argv, &err)) return 1;
  struct pt_synth_conf conf;
  pt_synth_default(&conf);
  char dir[64] = "/tmp/portrait-synth.XXXXXX";
  if (pt_comm_rank(comm) == 0 && !mkdtemp(dir)) failures++;
  pt_bcast(comm, dir, sizeof dir, 0);
  conf.out = dir;
  conf.users = 300;
  conf.events = 20000;
  conf.files = 3;
  check(pt_synth_run(comm, &conf, &err) == 0, err.text);
  if (pt_comm_rank(comm) == 0) {
    look(dir);
    clean(dir);
  }
  conf.users = 0;
  check(pt_synth_run(comm, &conf, &err) == PT_USAGE, "0 users are refused on every rank");
  pt_err_clear(&err);
  conf.users = 10;
  conf.out = "/proc/no/such";
  check(pt_synth_run(comm, &conf, &err) == PT_IO, "a folder that cannot be made");
  uint64_t all = (uint64_t)failures;
  pt_sum_u64(comm, &all, 1);
  pt_comm_close(comm);
  return all != 0;
}

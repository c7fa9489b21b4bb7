#include "pipeline/job.h"

#include <errno.h>
#include <fcntl.h>
#include <portrait/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

double pt_job_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void pt_job_time(struct pt_job *j, const char *stage, double seconds) {
  for (uint32_t i = 0; i < j->n_times; i++)
    if (strcmp(j->times[i].name, stage) == 0) {
      j->times[i].seconds += seconds;
      return;
    }
  if (j->n_times < PT_MAX_STAGES) j->times[j->n_times++] = (struct pt_stage_time){stage, seconds};
}

static int load_key(struct pt_job *j, struct pt_err *err) {
  j->key = pt_hash_key_default();
  if (!j->o->key_file) return 0;
  struct stat st;
  int fd = open(j->o->key_file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return pt_fail(err, "conf", PT_CONFIG, errno, "%s: %s", j->o->key_file, strerror(errno));
  ssize_t got = read(fd, j->key.bytes, sizeof j->key.bytes);
  bool open_to_all = fstat(fd, &st) == 0 && (st.st_mode & 077);
  close(fd);
  if (got != (ssize_t)sizeof j->key.bytes)
    return pt_fail(err, "conf", PT_CONFIG, 0, "%s: a key file has at least 16 bytes", j->o->key_file);
  if (open_to_all) return pt_fail(err, "conf", PT_CONFIG, 0, "%s: others may read it: chmod 600", j->o->key_file);
  return 0;
}

static void set_memory(struct pt_job *j) {
  j->memory = j->o->memory ? j->o->memory : pt_budget_found(pt_comm_node_size(j->comm));
  /* buffers of reading, parsing, the exchange and HDF5, and the libraries themselves, stand outside the account */
  uint64_t reserve = j->memory / 4 < (UINT64_C(192) << 20) ? j->memory / 4 : UINT64_C(192) << 20;
  j->mem.budget = j->memory - reserve;
  j->scratch = j->o->scratch;
  if (!j->scratch) {
    const char *tmp = getenv("TMPDIR");
    j->scratch = tmp && *tmp ? tmp : "/tmp";
  }
}

static void set_formats(struct pt_job *j) {
  static const char *const builtin[] = {"portrait", "segment", "rees46", "taobao"};
  if (j->conf.format) {
    j->formats[j->n_formats++] = j->conf.format;
  } else {
    for (size_t i = 0; i < sizeof builtin / sizeof *builtin; i++)
      j->formats[j->n_formats++] = pt_format_builtin(builtin[i]);
  }
  j->formats[j->n_formats++] = pt_format_users(0);
  for (uint32_t i = 0; i < j->n_formats; i++) j->format_names[i] = j->formats[i]->name;
}

int pt_job_open(struct pt_job *j, struct pt_comm *c, const struct pt_options *o, struct pt_err *err) {
  *j = (struct pt_job){.comm = c, .o = o, .started = pt_job_now()};
  PT_TRY(pt_job_file(c, o->job_file, &j->conf, err));
  PT_LATER(pt_zone_open(&j->zone, j->conf.timezone, err));
  PT_LATER(load_key(j, err));
  set_memory(j);
  set_formats(j);
  j->day_first = pt_floor_div(j->conf.time_from, PT_DAY_MS) - 2;
  j->n_days = (uint64_t)(pt_floor_div(j->conf.time_to, PT_DAY_MS) + 3 - j->day_first);
  j->day_lines = calloc(j->n_days, sizeof *j->day_lines);
  if (!j->day_lines) pt_fail(err, "conf", PT_MEMORY, 0, "out of memory");
  if (!err->code) PT_LATER(pt_tally_open(&j->tally, err));
  j->ctx.conf = &j->conf;
  j->ctx.zone = j->zone;
  j->ctx.mem = &j->mem;
  return pt_agree(c, err);
}

void pt_job_close(struct pt_job *j) {
  pt_rows_close(j->rows);
  pt_facts_close(j->facts);
  pt_label_list_free(&j->labels, j->schema.n_tags);
  pt_schema_free(&j->schema);
  pt_tags_close(j->tags);
  pt_store_close(j->store);
  pt_keep_close(j->keep);
  pt_reader_close(j->reader);
  pt_tally_close(&j->tally);
  for (uint32_t i = 0; i < j->n_frames; i++) pt_frame_free(&j->frames[i]);
  pt_inputs_free(&j->inputs);
  pt_conf_free(&j->conf);
  pt_zone_close(j->zone);
  free(j->rejects.v);
  free(j->digests);
  free(j->day_lines);
  free(j->slot_from);
  free(j->run_json);
}

/* A sample through reader, parser and cleaner, and what it says of the whole: formats, fates, reasons, memory. Each
 * rank samples its own share. */
#include "pipeline/job.h"

#include <jansson.h>
#include <portrait/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_BYTES (UINT64_C(32) << 20) /* of text, of each rank */

struct sample {
  uint64_t bytes, packed, events;
};

static int count_event(void *ctx, const struct pt_event *e, struct pt_slice user_id, struct pt_err *err) {
  (void)err;
  struct sample *s = ctx;
  unsigned char room[PT_PACK_RECORD_MAX];
  s->packed += pt_pack(e, room) + user_id.n / 8; /* the id travels once per user and block */
  s->events++;
  return 0;
}

static int read_sample(struct pt_job *j, struct sample *s, struct pt_err *err) {
  struct pt_cleaner *cleaner = NULL;
  struct pt_lines *lines = NULL;
  int failed = pt_cleaner_open(&cleaner, &j->conf, j->zone, &j->key, j->carried, err);
  if (!failed) failed = pt_lines_open(&lines, j, cleaner, err);
  while (!failed && s->bytes < SAMPLE_BYTES) {
    struct pt_chunk chunk;
    failed = pt_reader_next(j->reader, &chunk, err);
    if (failed || (chunk.n == 0 && !chunk.new_part && !chunk.long_lines)) break;
    s->bytes += chunk.n;
    failed = pt_lines_chunk(lines, &chunk, count_event, s, err);
  }
  pt_lines_close(lines);
  pt_cleaner_close(cleaner);
  return failed;
}

static bool allowed(const struct pt_conf *conf, const char *name) {
  for (uint32_t i = 0; i < conf->allow_sensitive.n; i++)
    if (strcmp(conf->allow_sensitive.v[i], name) == 0) return true;
  return false;
}

static void print_text(const struct pt_job *j, const struct sample *s, double share, uint64_t memory) {
  const uint64_t *n = j->total;
  printf("sample      %.1f MiB of text, about %.1f %% of the input\n", (double)s->bytes / 1048576, share * 100);
  for (uint32_t i = 0; i < pt_dict_count(j->tally.sources); i++) {
    struct pt_slice name = pt_dict_at(j->tally.sources, i);
    printf("source      %.*s: %llu lines, %llu accepted\n", (int)name.n, name.p,
           (unsigned long long)j->tally.v[i][PT_TL_LINES], (unsigned long long)j->tally.v[i][PT_TL_ACCEPTED]);
  }
  printf("events      %llu in the sample\n", (unsigned long long)n[PT_TL_EVENTS]);
  if (n[PT_TL_RECORDS]) printf("records     %llu of users\n", (unsigned long long)n[PT_TL_RECORDS]);
  for (int f = 0; f <= PT_RF_KEPT; f++)
    if (n[PT_TL_UNREAD + f])
      printf("unread      %llu values of %s\n", (unsigned long long)n[PT_TL_UNREAD + f],
             f < PT_RF_COUNT ? pt_rfield_info[f].name : "users.keep");
  for (int r = 0; r < PT_R_COUNT; r++)
    if (n[PT_TL_REASON + r])
      printf("rejected    %llu %s: %s\n", (unsigned long long)n[PT_TL_REASON + r], pt_reason_info[r].name,
             pt_reason_info[r].text);
  printf("columns     %u and %u tags\n", j->schema.n - 3 * j->schema.n_tags, j->schema.n_tags);
  for (uint32_t i = 0; i < pt_n_sensitive_names; i++)
    if (!allowed(&j->conf, pt_sensitive_names[i]))
      printf("sensitive   %s is not computed: allow_sensitive does not name it\n", pt_sensitive_names[i]);
  printf("memory      about %.1f MiB a rank to hold everything; less goes through --scratch\n",
         (double)memory / 1048576);
}

static void print_json(const struct pt_job *j, const struct sample *s, double share, uint64_t memory) {
  const uint64_t *n = j->total;
  json_t *root = json_object(), *sources = json_object(), *reasons = json_object(), *not_allowed = json_array();
  for (uint32_t i = 0; i < pt_n_sensitive_names; i++)
    if (!allowed(&j->conf, pt_sensitive_names[i]))
      json_array_append_new(not_allowed, json_string(pt_sensitive_names[i]));
  for (uint32_t i = 0; i < pt_dict_count(j->tally.sources); i++) {
    struct pt_slice name = pt_dict_at(j->tally.sources, i);
    json_object_setn_new_nocheck(sources, name.p, name.n,
                                 json_pack("{s:I, s:I}", "lines", (json_int_t)j->tally.v[i][PT_TL_LINES], "accepted",
                                           (json_int_t)j->tally.v[i][PT_TL_ACCEPTED]));
  }
  for (int r = 0; r < PT_R_COUNT; r++)
    if (n[PT_TL_REASON + r])
      json_object_set_new(reasons, pt_reason_info[r].name, json_integer((json_int_t)n[PT_TL_REASON + r]));
  json_object_set_new(root, "sample_bytes", json_integer((json_int_t)s->bytes));
  json_object_set_new(root, "sample_share", json_real(share));
  json_object_set_new(root, "lines", json_integer((json_int_t)n[PT_TL_LINES]));
  json_object_set_new(root, "accepted", json_integer((json_int_t)n[PT_TL_ACCEPTED]));
  json_object_set_new(root, "events", json_integer((json_int_t)n[PT_TL_EVENTS]));
  json_object_set_new(root, "records", json_integer((json_int_t)n[PT_TL_RECORDS]));
  json_object_set_new(root, "sources", sources);
  json_object_set_new(root, "not_allowed", not_allowed);
  json_object_set_new(root, "rejected", reasons);
  json_object_set_new(root, "memory_per_rank", json_integer((json_int_t)memory));
  json_dumpf(root, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
  printf("\n");
  json_decref(root);
}

static int say(struct pt_job *j, struct sample *s, struct pt_err *err) {
  uint64_t done, all, sums[5];
  pt_reader_progress(j->reader, &done, &all);
  sums[0] = s->bytes, sums[1] = s->packed, sums[2] = s->events, sums[3] = done, sums[4] = all;
  pt_sum_u64(j->comm, sums, 5);
  PT_TRY(pt_tally_merge(&j->tally, j->comm, j->total, err));
  *s = (struct sample){sums[0], sums[1], sums[2]};
  double share = sums[4] ? (double)sums[3] / (double)sums[4] : 1;
  uint64_t memory = (uint64_t)((double)s->packed / (share > 0 ? share : 1) / pt_comm_size(j->comm)) + (64 << 20);
  if (pt_comm_rank(j->comm) == 0) {
    if (j->o->json)
      print_json(j, s, share, memory);
    else
      print_text(j, s, share, memory);
  }
  if (j->total[PT_TL_ACCEPTED] == 0) return pt_fail(err, "clean", PT_REJECTED, 0, "no line of the sample was accepted");
  return 0;
}

int pt_check(struct pt_comm *c, const struct pt_options *o, struct pt_err *err) {
  struct pt_job j;
  struct sample s = {0};
  int failed = pt_job_open(&j, c, o, err);
  if (!failed) failed = pt_stage_plan(&j, err);
  if (!failed) failed = pt_stage_inputs(&j, err);
  if (!failed) {
    PT_LATER(read_sample(&j, &s, err));
    failed = pt_agree(c, err);
  }
  if (!failed) failed = say(&j, &s, err);
  pt_job_close(&j);
  return failed;
}

/* What a store binds. A store's rows were cleaned under these settings; another value at a later ingest or build would
 * mix two meanings, so it is refused (78). */
#include "pipeline/job.h"

#include <jansson.h>
#include <portrait/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT, TIMEZONE, IDENTITY, MONEY, TIME_RANGE, HASH_KEY };
static const char *const names[PT_N_BOUND] = {"format", "timezone", "identity", "money", "time_range", "hash_key"};

/* The job-file text of a configuration that differs from the default in one part, hashed: equal texts, equal settings.
 */
static int part_text(struct pt_conf *only, struct pt_buf *out, struct pt_err *err) {
  struct pt_buf text = {0};
  int failed = pt_conf_text(only, &text, err);
  if (!failed && pt_buf_printf(out, "%016llx", (unsigned long long)pt_hash64(text.p, text.n)))
    failed = pt_fail(err, "store", PT_MEMORY, 0, "out of memory");
  pt_buf_free(&text);
  return failed;
}

static int format_text(const struct pt_conf *conf, struct pt_buf *out, struct pt_err *err) {
  struct pt_conf only;
  if (!conf->format) return pt_buf_printf(out, "found") ? pt_fail(err, "store", PT_MEMORY, 0, "out of memory") : 0;
  PT_TRY(pt_conf_default(&only, err));
  only.format = conf->format;
  if (pt_buf_printf(out, "%s ", conf->format->name)) pt_fail(err, "store", PT_MEMORY, 0, "out of memory");
  int failed = err->code ? err->code : part_text(&only, out, err);
  only.format = NULL;
  pt_conf_free(&only);
  return failed;
}

static int money_text(const struct pt_conf *conf, struct pt_buf *out) {
  int failed = pt_buf_printf(out, "%s", conf->currency);
  for (uint32_t i = 0; i < conf->n_rates && !failed; i++)
    failed = pt_buf_printf(out, " %s=%lld", conf->rates[i].code, (long long)conf->rates[i].rate_e9);
  return failed;
}

int pt_bound_of(struct pt_bound *b, const struct pt_conf *conf, const struct pt_hash_key *key, struct pt_err *err) {
  *b = (struct pt_bound){0};
  PT_TRY(format_text(conf, &b->text[FORMAT], err));
  struct pt_h128 id = pt_hash_user(key, "portrait key id", 15);
  int failed = pt_buf_printf(&b->text[TIMEZONE], "%s", conf->timezone) ||
               pt_buf_printf(&b->text[IDENTITY], "%s", conf->identity == PT_ID_USER ? "user_id" : "coalesce") ||
               money_text(conf, &b->text[MONEY]) ||
               pt_buf_printf(&b->text[TIME_RANGE], "%lld %lld", (long long)conf->time_from, (long long)conf->time_to) ||
               pt_buf_printf(&b->text[HASH_KEY], "%016llx", (unsigned long long)id.hi);
  for (int i = 0; i < PT_N_BOUND; i++) {
    failed = failed || pt_buf_add(&b->text[i], "", 1);
    b->v[i] = (struct pt_keep_setting){names[i], b->text[i].p};
  }
  return failed ? pt_fail(err, "store", PT_MEMORY, 0, "out of memory") : 0;
}

void pt_bound_free(struct pt_bound *b) {
  for (int i = 0; i < PT_N_BOUND; i++) pt_buf_free(&b->text[i]);
}

/* What the job file leaves at the default is the store's. */
static int take_over(struct pt_bound *b, const struct pt_bound *usual, const json_t *bound, struct pt_err *err) {
  for (int i = 0; i < HASH_KEY; i++) {
    const char *have = json_string_value(json_object_get(bound, names[i]));
    if (!have || strcmp(b->v[i].value, usual->v[i].value) != 0) continue;
    b->text[i].n = 0;
    if (pt_buf_add(&b->text[i], have, strlen(have) + 1)) return pt_fail(err, "store", PT_MEMORY, 0, "out of memory");
    b->v[i].value = b->text[i].p;
  }
  return 0;
}

static int change_zone(struct pt_job *j, const char *name, struct pt_err *err) {
  if (strcmp(j->conf.timezone, name) == 0) return 0;
  if (snprintf(j->conf.timezone, sizeof j->conf.timezone, "%s", name) >= (int)sizeof j->conf.timezone)
    return pt_fail(err, "store", PT_IO, 0, "the manifest names no time zone");
  pt_zone_close(j->zone);
  j->zone = NULL;
  PT_TRY(pt_zone_open(&j->zone, name, err));
  j->ctx.zone = j->zone;
  return 0;
}

int pt_bound_inherit(struct pt_bound *b, struct pt_job *j, struct pt_slice manifest, struct pt_err *err) {
  struct pt_conf conf;
  struct pt_bound usual = {0};
  PT_TRY(pt_conf_default(&conf, err));
  json_t *json = json_loadb(manifest.p, manifest.n, 0, NULL);
  int failed = pt_bound_of(&usual, &conf, &j->key, err);
  if (!failed) failed = take_over(b, &usual, json_object_get(json, "bound"), err);
  if (!failed) failed = change_zone(j, b->v[TIMEZONE].value, err);
  json_decref(json);
  pt_bound_free(&usual);
  pt_conf_free(&conf);
  return failed;
}

int pt_bound_open(struct pt_job *j, bool may_be_new, bool inherit, struct pt_err *err) {
  struct pt_buf text = {0};
  struct pt_bound bound = {0};
  if (pt_comm_rank(j->comm) == 0) PT_LATER(pt_keep_manifest(j->o->store, may_be_new, &text, err));
  int failed = pt_agree(j->comm, err);
  uint64_t n = text.n;
  if (!failed) pt_bcast(j->comm, &n, sizeof n, 0);
  if (!failed && pt_buf_reserve(&text, n + 1)) pt_fail(err, "store", PT_MEMORY, 0, "out of memory");
  if (!failed) failed = pt_agree(j->comm, err);
  if (!failed) {
    pt_bcast(j->comm, text.p, n, 0);
    struct pt_slice manifest = {text.p, n};
    PT_LATER(pt_bound_of(&bound, &j->conf, &j->key, err));
    if (!err->code && inherit) PT_LATER(pt_bound_inherit(&bound, j, manifest, err));
    if (!err->code) PT_LATER(pt_keep_open(&j->keep, j->o->store, manifest, bound.v, PT_N_BOUND, err));
    failed = pt_agree(j->comm, err);
  }
  pt_bound_free(&bound);
  pt_buf_free(&text);
  return failed;
}

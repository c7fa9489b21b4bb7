/* /uns/run: what is needed to repeat the run, and nothing that differs from run to run: the job file as resolved, the
 * inputs, as_of, versions. */
#include "pipeline/job.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *text_of(const char *p, size_t n) {
  json_t *t = json_stringn(p, n);
  return t ? t : json_string("(not UTF-8)");
}

static json_t *time_of(int64_t ms) {
  char text[32];
  pt_time_text(ms, text);
  return json_string(text);
}

/* Files by name alone and in byte order of the names: the folder is the business of the machine. */
static json_t *inputs_of(const struct pt_job *j) {
  json_t *list = json_array();
  for (uint64_t i = 0; i < j->inputs.n; i++) {
    const struct pt_input *f = &j->inputs.files[i];
    const char *name = strrchr(f->path, '/');
    name = name ? name + 1 : f->path;
    json_t *one = json_object();
    json_object_set_new(one, "name", text_of(name, strlen(name)));
    json_object_set_new(one, "bytes", json_integer((json_int_t)f->bytes));
    if (j->digests) {
      char hex[40];
      snprintf(hex, sizeof hex, "%016llx%016llx", (unsigned long long)j->digests[i].hi,
               (unsigned long long)j->digests[i].lo);
      json_object_set_new(one, "xxh3_128", json_string(hex));
    }
    json_array_append_new(list, one);
  }
  return list;
}

/* Tells keys apart without giving them away: a hash of a fixed text under the key. */
static json_t *key_id(const struct pt_job *j) {
  struct pt_h128 h = pt_hash_user(&j->key, "portrait key id", 15);
  char hex[20];
  snprintf(hex, sizeof hex, "%016llx", (unsigned long long)h.hi);
  return json_string(hex);
}

int pt_run_json(struct pt_job *j, struct pt_err *err) {
  struct pt_buf conf = {0};
  PT_TRY(pt_conf_text(&j->conf, &conf, err));
  json_t *run = json_object(), *software = json_object();
  json_object_set_new(software, "portrait", json_string(PORTRAIT_VERSION));
  json_object_set_new(software, "tzdata", json_string(pt_zone_version()));
  json_object_set_new(run, "software", software);
  json_object_set_new(run, "as_of", time_of(j->ctx.as_of));
  json_object_set_new(run, "log_start", time_of(j->ctx.log_start));
  json_object_set_new(run, "timezone", json_string(j->conf.timezone));
  json_object_set_new(run, "users", json_integer((json_int_t)j->users));
  json_object_set_new(run, "hash_key_id", key_id(j));
  if (j->keep)
    json_object_set_new(run, "store", json_string(pt_keep_id(j->keep)));
  else
    json_object_set_new(run, "inputs", inputs_of(j));
  if (j->o->previous) {
    const char *slash = strrchr(j->o->previous, '/'), *name = slash ? slash + 1 : j->o->previous;
    json_object_set_new(run, "previous", text_of(name, strlen(name)));
  }
  json_object_set_new(run, "job", text_of(conf.p, conf.n));
  j->run_json = json_dumps(run, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
  json_decref(run);
  pt_buf_free(&conf);
  return j->run_json ? 0 : pt_fail(err, "output", PT_MEMORY, 0, "out of memory for /uns/run");
}

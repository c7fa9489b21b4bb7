/* The pipeline: a job from its options to its file. The table of stages is src/pipeline/plan.c. */
#ifndef PORTRAIT_PIPELINE_H
#define PORTRAIT_PIPELINE_H
#include <portrait/comm.h>
#include <portrait/conf.h>
#include <portrait/err.h>
#include <portrait/schema.h>
#include <stdbool.h>
#include <stdint.h>

/* What the command line says; texts are the caller's. */
struct pt_options {
  const char *job_file;      /* -c */
  const char *const *inputs; /* files, folders, globs; none: the job file's `inputs` */
  uint32_t n_inputs;
  const char *const *users; /* --users FILE; none: the job file's `users.files` */
  uint32_t n_users;
  const char *store;         /* --store DIR */
  const char *output;        /* -o */
  const char *previous;      /* --previous FILE: an earlier build, for drift */
  const char *scratch;       /* --scratch DIR */
  const char *rejects;       /* --rejects FILE */
  const char *summary;       /* --summary FILE */
  const char *key_file;      /* --key-file FILE: key of the users' hash */
  uint64_t memory;           /* --memory, bytes of this rank; 0 = found */
  enum pt_compress compress; /* --compression */
  int level;
  bool dry_run, json;
  int progress; /* seconds between lines where stderr is no terminal; 0 = none */
};

/* Collective. Each returns the exit code; the error, if any, is agreed and the same on every rank. */
int pt_build(struct pt_comm *c, const struct pt_options *o, struct pt_err *err) PT_MUST_CHECK;
int pt_ingest(struct pt_comm *c, const struct pt_options *o, struct pt_err *err) PT_MUST_CHECK;
/* Reads a sample and says on rank 0's stdout what would be understood. */
int pt_check(struct pt_comm *c, const struct pt_options *o, struct pt_err *err) PT_MUST_CHECK;

/* Every column of the catalogue and of the job file (NULL: the defaults), for `explain`. The caller closes *facts and
 * *tags, which own the vocabularies, after the schema. Local. */
struct pt_facts;
struct pt_tags;
int pt_catalogue(const char *job_file, struct pt_conf *conf, struct pt_schema *schema, struct pt_facts **facts,
                 struct pt_tags **tags, struct pt_err *err) PT_MUST_CHECK;

#endif

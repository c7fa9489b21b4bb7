/* Any bytes as a job file. What is read must be written so that it reads back to the same text. */
#include <portrait/conf.h>
#include <stdio.h>
#include <stdlib.h>

static struct pt_buf write_text(const struct pt_conf *c) {
  struct pt_err err = {0};
  struct pt_buf out = {0};
  if (pt_conf_text(c, &out, &err)) abort();
  return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  struct pt_conf c;
  struct pt_err err = {0};
  if (pt_conf_parse(&c, "job.yaml", (struct pt_slice){(const char *)data, n}, &err)) {
    if (!err.text[0]) abort();
    pt_conf_free(&c);
    return 0;
  }
  struct pt_buf once = write_text(&c);
  pt_conf_free(&c);
  if (pt_conf_parse(&c, "again", (struct pt_slice){once.p, once.n}, &err)) {
    fprintf(stderr, "%s\n%.*s", err.text, (int)once.n, once.p);
    abort();
  }
  struct pt_buf twice = write_text(&c);
  pt_conf_free(&c);
  if (once.n != twice.n || memcmp(once.p, twice.p, once.n) != 0) abort();
  pt_buf_free(&once);
  pt_buf_free(&twice);
  return 0;
}

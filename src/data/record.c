/* Records as bytes. What is read back was written here, but lies on disk in between: lengths are checked. */
#include <portrait/record.h>

#define HEAD 3

const struct pt_rfield_info pt_rfield_info[PT_RF_COUNT] = {
#define PT_X(id, name, kind) {name, kind},
    PT_RECORD_FIELDS(PT_X)
#undef PT_X
};

enum pt_rfield pt_rfield_of(struct pt_slice name) {
  for (int f = 0; f < PT_RF_COUNT; f++)
    if (pt_slice_eq(pt_slice_of(pt_rfield_info[f].name), name)) return (enum pt_rfield)f;
  return PT_RF_COUNT;
}

static bool put_head(struct pt_record_buf *b, unsigned field, size_t n) {
  if (n > UINT16_MAX || n + HEAD > sizeof b->p - b->n) return false;
  b->p[b->n++] = (char)field;
  b->p[b->n++] = (char)(n & 255);
  b->p[b->n++] = (char)(n >> 8);
  return true;
}

bool pt_record_put(struct pt_record_buf *b, unsigned field, const void *p, size_t n) {
  if (!put_head(b, field, n)) return false;
  if (n) memcpy(b->p + b->n, p, n);
  b->n += n;
  return true;
}

bool pt_record_put_number(struct pt_record_buf *b, unsigned field, int64_t v) {
  return pt_record_put(b, field, &v, sizeof v);
}

bool pt_record_put_kept(struct pt_record_buf *b, const char *name, struct pt_slice value) {
  size_t named = strlen(name) + 1;
  if (!put_head(b, PT_RF_KEPT, named + value.n)) return false;
  memcpy(b->p + b->n, name, named);
  if (value.n) memcpy(b->p + b->n + named, value.p, value.n);
  b->n += named + value.n;
  return true;
}

bool pt_record_next(struct pt_slice *rest, unsigned *field, struct pt_slice *value) {
  if (rest->n < HEAD) return false;
  const unsigned char *p = (const unsigned char *)rest->p;
  size_t n = p[1] | (size_t)p[2] << 8;
  if (n > rest->n - HEAD) return false;
  *field = p[0];
  *value = (struct pt_slice){rest->p + HEAD, n};
  *rest = (struct pt_slice){rest->p + HEAD + n, rest->n - HEAD - n};
  return true;
}

int64_t pt_record_number(struct pt_slice value, unsigned i) {
  int64_t v = 0;
  if (value.n >= (i + 1) * sizeof v) memcpy(&v, value.p + i * sizeof v, sizeof v);
  return v;
}

struct pt_slice pt_record_kept(struct pt_slice value, const char *name) {
  size_t n = strlen(name);
  if (value.n <= n || memcmp(value.p, name, n) != 0 || value.p[n] != 0) return (struct pt_slice){NULL, 0};
  return (struct pt_slice){value.p + n + 1, value.n - n - 1};
}

/* Rows whose every value follows from the user's number, so that tests/cli/readers.py can say what each cell must be.
 * Users stand in hash order; ranks own unequal stretches of them (one may own none), cut into unequal ranges; each
 * rank's dictionaries have their own codes and texts that nobody has. */
#ifndef TESTS_OUTPUT_SYNTHETIC_H
#define TESTS_OUTPUT_SYNTHETIC_H
#include <math.h>
#include <portrait/comm.h>
#include <portrait/dict.h>
#include <portrait/rows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct synthetic {
  struct pt_schema schema;
  struct pt_rows *rows;
  struct pt_mem mem;
  struct pt_dict *city, *brand;
};

struct numbered {
  struct pt_h128 hash;
  uint64_t i;
};

static const char *const genders[] = {"female", "male", "unknown"};
static const char *const bands[] = {"-17", "18-34", "35-54", "55+"};
static const char *const cycle[] = {"new", "active", "sleeping", "lost"};

static int synthetic_id(uint64_t i, char out[64]) {
  return snprintf(out, 64, i % 10 == 3 ? "k\xC3\xA4ufer%llu" : "u%llu", (unsigned long long)i);
}

static int compare_numbered(const void *a, const void *b) {
  return pt_h128_cmp(((const struct numbered *)a)->hash, ((const struct numbered *)b)->hash);
}

static void column(struct synthetic *s, const char *name, enum pt_ctype type, bool nullable) {
  struct pt_column c = {.type = type, .width = 1, .nullable = nullable, .where = PT_IN_OBS};
  snprintf(c.name, sizeof c.name, "%s", name);
  c.family = "synthetic";
  c.level = "fact";
  c.kind = "dynamic";
  snprintf(c.unit, sizeof c.unit, "%s", strstr(name, "time") ? "ms since 1970-01-01T00:00:00Z" : "1");
  snprintf(c.description, sizeof c.description, "what %s means", name);
  if (type == PT_C_LABEL) {
    if (strcmp(name, "gender") == 0)
      c.labels = (struct pt_labels){.names = genders, .n_names = 3};
    else if (strcmp(name, "age_band") == 0)
      c.labels = (struct pt_labels){.names = bands, .n_names = 4, .ordered = true};
    else
      c.labels = (struct pt_labels){.dict = s->city};
  }
  if (strcmp(name, "hour_histogram") == 0) {
    c.where = PT_IN_OBSM;
    c.width = 24;
  }
  if (name[0] == '_') c.where = PT_HIDDEN;
  uint32_t at;
  struct pt_err err = {0};
  if (pt_schema_add(&s->schema, &c, &at, &err)) abort();
}

static void tag(struct synthetic *s, const char *name, struct pt_labels labels) {
  struct pt_column c = {.labels = labels, .family = "tags", .level = "model", .kind = "dynamic"};
  struct pt_tag t;
  struct pt_err err = {0};
  snprintf(c.name, sizeof c.name, "%s", name);
  snprintf(c.description, sizeof c.description, "what %s means", name);
  if (pt_schema_tag(&s->schema, &c, &t, &err)) abort();
}

/* User i has cells at the styles c with (3 i + c) mod 13 = 0, and nothing where i mod 8 = 3. */
#define STYLES 40
static const struct pt_plane planes[] = {
    {.name = "style_table_count", .type = PT_C_U32, .unit = "events", .description = "what style_table_count means"},
    {.name = "style_table_inner", .type = PT_C_F64, .unit = "1", .description = "unseen", .hidden = true},
    {.name = "style_table_share", .type = PT_C_F32, .unit = "1", .description = "what style_table_share means"},
    {.name = "style_table_new", .type = PT_C_BOOL, .unit = "", .description = "what style_table_new means"},
    {.name = "style_table_time", .type = PT_C_I64, .unit = "ms", .description = "what style_table_time means"}};
#define PLANES (sizeof planes / sizeof *planes)
static const struct pt_sparse sparse = {.vocabulary = PT_F_STYLE, .n_planes = PLANES, .planes = planes};

static void sparse_column(struct synthetic *s) {
  struct pt_column c = {.name = "style_table",
                        .type = PT_C_BYTES,
                        .where = PT_IN_CSR,
                        .family = "synthetic",
                        .level = "fact",
                        .kind = "dynamic",
                        .sparse = &sparse};
  uint32_t at;
  struct pt_err err = {0};
  if (pt_schema_add(&s->schema, &c, &at, &err)) abort();
}

static void sparse_vocabulary(struct synthetic *s) {
  char texts[STYLES][40];
  struct pt_slice v[STYLES];
  struct pt_err err = {0};
  for (int i = 0; i < STYLES; i++)
    v[i] = (struct pt_slice){texts[i], (size_t)snprintf(texts[i], 40, "style %02d%s", i, i == 7 ? " gr\xC3\xBCn" : "")};
  struct pt_vocabulary vocabulary = {.text = v, .n = STYLES};
  if (pt_rows_set_vocabulary(s->rows, PT_F_STYLE, &vocabulary, &err)) abort();
}

static void sparse_row(struct synthetic *s, uint32_t g, uint32_t r, uint64_t i) {
  uint32_t at = (uint32_t)pt_schema_find(&s->schema, "style_table");
  int64_t cells[STYLES][1 + PLANES], *cell = cells[0];
  struct pt_err err = {0};
  for (uint32_t c = 0; i % 8 != 3 && c < STYLES; c++) {
    if ((3 * i + c) % 13) continue;
    double share = c % 9 == 4 ? NAN : c / 64.0, inner = -1;
    int64_t v[PLANES] = {(int64_t)(i % 100 + c), 0, 0, c % 2, 1700000000000 + (int64_t)i};
    memcpy(&v[1], &inner, sizeof inner);
    memcpy(&v[2], &share, sizeof share);
    *cell = c;
    memcpy(cell + 1, v, sizeof v);
    cell += 1 + PLANES;
  }
  size_t n = (size_t)((char *)cell - (char *)cells);
  if (n && pt_rows_put(s->rows, g, at, r, cells, n, &err)) abort();
}

static void make_schema(struct synthetic *s) {
  tag(s, "lifecycle",
      (struct pt_labels){.names = cycle, .n_names = 4, .ordered = true}); /* tags go last all the same */
  column(s, "orders_count_all", PT_C_U32, false);
  column(s, "days_active_30d", PT_C_U16, false);
  column(s, "level", PT_C_U8, false);
  column(s, "spend_all", PT_C_F64, false);
  column(s, "share", PT_C_F32, false);
  column(s, "_hidden", PT_C_F64, false);
  column(s, "first_time", PT_C_I64, true);
  column(s, "days_since_order", PT_C_I32, true);
  column(s, "is_member", PT_C_BOOL, false);
  column(s, "has_app", PT_C_BOOL, true);
  column(s, "hour_histogram", PT_C_U32, false);
  sparse_column(s);
  column(s, "gender", PT_C_LABEL, false);
  column(s, "age_band", PT_C_LABEL, false);
  column(s, "city", PT_C_LABEL, false);
  tag(s, "top_brand", (struct pt_labels){.dict = s->brand});
}

static int32_t code_of(struct pt_dict *d, const char *text) {
  return (int32_t)pt_dict_put(d, (struct pt_slice){text, strlen(text)});
}

static int32_t city_of(struct synthetic *s, uint64_t i) {
  char text[400];
  if (i % 9 == 0) return -1;
  int n = snprintf(text, sizeof text, "city %llu/", (unsigned long long)(i * i % 300));
  if (i % 50 == 7)
    for (; n < 300; n += 2) memcpy(text + n, "\xC3\xA9", 3); /* 300 bytes or more: cut at 254 or 255 */
  return code_of(s->city, text);
}

/* 0 to 6 with 1 2 4 8 16 32 1 of every 64 users: two tie. */
static int brand_number(uint64_t i) {
  int b = 0;
  for (uint64_t x = i % 64 + 1; x > 1; x /= 2) b++;
  return b;
}

static void *cell(struct synthetic *s, uint32_t range, const char *name) {
  return pt_rows_values(s->rows, range, (uint32_t)pt_schema_find(&s->schema, name));
}

static uint8_t *mask(struct synthetic *s, uint32_t range, const char *name) {
  return pt_rows_mask(s->rows, range, (uint32_t)pt_schema_find(&s->schema, name));
}

static void fill_facts(struct synthetic *s, uint32_t g, uint32_t r, uint64_t i) {
  ((uint32_t *)cell(s, g, "orders_count_all"))[r] = (uint32_t)(i * 7 % 1000);
  ((uint16_t *)cell(s, g, "days_active_30d"))[r] = (uint16_t)(i % 31);
  ((uint8_t *)cell(s, g, "level"))[r] = (uint8_t)(i % 5);
  ((double *)cell(s, g, "spend_all"))[r] = i % 13 == 0 ? NAN : (double)i * 0.25;
  ((float *)cell(s, g, "share"))[r] = i % 17 == 0 ? NAN : (float)(i % 1000) / 1000.0F;
  ((int64_t *)cell(s, g, "first_time"))[r] = i % 11 == 0 ? -(int64_t)r : 1700000000000 + (int64_t)i * 1000;
  mask(s, g, "first_time")[r] = i % 11 == 0;
  ((int32_t *)cell(s, g, "days_since_order"))[r] = (int32_t)(i % 400) - 5;
  mask(s, g, "days_since_order")[r] = i % 3 == 0;
  ((uint8_t *)cell(s, g, "is_member"))[r] = i % 2;
  ((uint8_t *)cell(s, g, "has_app"))[r] = i % 4 == 0;
  mask(s, g, "has_app")[r] = i % 5 == 0;
  for (uint32_t h = 0; h < 24; h++)
    ((uint32_t *)cell(s, g, "hour_histogram"))[r * 24 + h] = (uint32_t)(i * (h + 1) % 97);
}

static void fill_row(struct synthetic *s, uint32_t g, uint32_t r, uint64_t i) {
  fill_facts(s, g, r, i);
  sparse_row(s, g, r, i);
  ((int32_t *)cell(s, g, "gender"))[r] = i % 4 == 3 ? -1 : (int32_t)(i % 4);
  ((int32_t *)cell(s, g, "age_band"))[r] = (int32_t)(i / 3 % 4);
  ((int32_t *)cell(s, g, "city"))[r] = city_of(s, i);
  ((int32_t *)cell(s, g, "lifecycle"))[r] = i % 5 == 4 ? -1 : (int32_t)(i % 5);
  ((float *)cell(s, g, "lifecycle_index"))[r] = i % 7 == 0 ? NAN : (float)(i % 101) / 100.0F;
  ((uint32_t *)cell(s, g, "lifecycle_evidence"))[r] = (uint32_t)(i % 50);
  char brand[32];
  snprintf(brand, sizeof brand, "brand_%d", brand_number(i));
  ((int32_t *)cell(s, g, "top_brand"))[r] = i % 6 == 5 ? -1 : code_of(s->brand, i % 97 == 1 ? "other" : brand);
  ((float *)cell(s, g, "top_brand_index"))[r] = (float)(i % 10) / 10.0F;
  ((uint32_t *)cell(s, g, "top_brand_evidence"))[r] = 1;
}

static void add_range(struct synthetic *s, const struct numbered *u, uint32_t n) {
  struct pt_h128 *hashes = calloc(n, sizeof *hashes);
  struct pt_slice *ids = calloc(n, sizeof *ids);
  char(*texts)[64] = calloc(n, sizeof *texts);
  struct pt_err err = {0};
  for (uint32_t r = 0; r < n; r++) {
    hashes[r] = u[r].hash;
    ids[r] = (struct pt_slice){texts[r], (size_t)synthetic_id(u[r].i, texts[r])};
  }
  uint32_t g;
  if (pt_rows_add(s->rows, n, hashes, ids, &g, &err)) abort();
  for (uint32_t r = 0; r < n; r++) fill_row(s, g, r, u[r].i);
  free(hashes);
  free(ids);
  free(texts);
}

/* Rank r of n begins at this user: rank 0 of three and more has none. */
static uint64_t begins(uint64_t total, int rank, int size) {
  if (rank <= 0) return 0;
  if (rank >= size) return total;
  return size > 2 ? total * (uint64_t)(rank - 1) / (uint64_t)(size - 1) : total * 2 / 3;
}

static void synthetic_open(struct synthetic *s, struct pt_comm *c, uint64_t total, uint32_t range) {
  *s = (struct synthetic){0};
  s->city = pt_dict_new();
  s->brand = pt_dict_new();
  code_of(s->city, "nobody lives here");
  code_of(s->brand, "nobody buys this");
  make_schema(s);
  struct pt_err err = {0};
  if (pt_rows_open(&s->rows, &s->schema, &s->mem, NULL, &err)) abort();
  sparse_vocabulary(s);
  struct numbered *u = calloc(total + 1, sizeof *u);
  struct pt_hash_key key = pt_hash_key_default();
  char id[64];
  for (uint64_t i = 0; i < total; i++) u[i] = (struct numbered){pt_hash_user(&key, id, (size_t)synthetic_id(i, id)), i};
  qsort(u, total, sizeof *u, compare_numbered);
  uint64_t at = begins(total, pt_comm_rank(c), pt_comm_size(c)),
           end = begins(total, pt_comm_rank(c) + 1, pt_comm_size(c));
  for (uint32_t k = 0; at < end; k++) { /* ranges of 1 to `range` rows */
    uint64_t n = 1 + k * 7919 % range;
    if (n > end - at) n = end - at;
    add_range(s, u + at, (uint32_t)n);
    at += n;
  }
  free(u);
}

static void synthetic_close(struct synthetic *s) {
  pt_rows_close(s->rows);
  pt_schema_free(&s->schema);
  pt_dict_free(s->city);
  pt_dict_free(s->brand);
}

#endif

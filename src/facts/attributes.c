/* What the records say, column by column. Nothing is imputed: what no record says is unknown. */
#include <stdio.h>
#include <string.h>

#include "facts/family.h"

enum {
  AGE,
  GENDER,
  OCCUPATION,
  OCCUPATION_TEXT,
  INCOME,
  MARITAL,
  CHILDREN,
  HEIGHT,
  SHAPE,
  SKIN,
  LEVEL,
  PUSH,
  WECHAT,
  PHONE,
  EMAIL,
  CONSENT,
  UPDATED,
  PROFILE_AGE,
  CONFLICTS,
  AGE_RECORDS,
  N_ROWS
};

static const char *const genders[] = {[PT_MALE] = "male", [PT_FEMALE] = "female", [PT_OTHER_GENDER] = "other"};
static const char *const occupations[] = {
    "white_collar", "teacher",      "new_parent",    "it",         "bank",          "government", "finance",
    "insurance",    "direct_sales", "wechat_seller", "freelancer", "wealthy_woman", "student",    "other"};
#define OTHER_OCCUPATION ((int32_t)PT_COUNT_OF(occupations) - 1)

static const struct pt_colrow rows[N_ROWS] = {
    [AGE] = {.name = "age",
             .type = PT_C_U16,
             .flags = PT_COL_STATIC | PT_COL_NULLABLE,
             .unit = "years",
             .text = "Full years at T, from the id number's birth date, else the declared one, else a declared age"},
    [GENDER] = {.name = "gender_declared",
                .type = PT_C_LABEL,
                .flags = PT_COL_STATIC,
                .labels = genders,
                .n_labels = PT_COUNT_OF(genders),
                .unit = "",
                .text = "Declared gender, standardised"},
    [OCCUPATION] = {.name = "occupation",
                    .reads = "occupation_text",
                    .type = PT_C_LABEL,
                    .flags = PT_COL_STATIC | PT_COL_TAG,
                    .labels = occupations,
                    .n_labels = PT_COUNT_OF(occupations),
                    .unit = "",
                    .text = "Declared occupation, standardised; other: see occupation_text"},
    [OCCUPATION_TEXT] = {.name = "occupation_text",
                         .type = PT_C_LABEL,
                         .flags = PT_COL_STATIC,
                         .unit = "",
                         .text = "Declared occupation as written, where occupation is other"},
    [INCOME] = {.name = "income",
                .type = PT_C_F64,
                .flags = PT_COL_STATIC,
                .sensitive = "income",
                .unit = "currency",
                .text = "Declared income"},
    [MARITAL] = {.name = "marital_status",
                 .type = PT_C_LABEL,
                 .flags = PT_COL_STATIC,
                 .unit = "",
                 .text = "Declared marital status, standardised"},
    [CHILDREN] = {.name = "children",
                  .type = PT_C_U16,
                  .flags = PT_COL_STATIC | PT_COL_NULLABLE,
                  .sensitive = "children",
                  .unit = "children",
                  .text = "Declared number of children"},
    [HEIGHT] = {.name = "height_cm", .type = PT_C_F32, .flags = PT_COL_STATIC, .unit = "cm", .text = "Declared height"},
    [SHAPE] = {.name = "body_shape",
               .type = PT_C_LABEL,
               .flags = PT_COL_STATIC,
               .sensitive = "body_shape",
               .unit = "",
               .text = "Declared body shape, standardised"},
    [SKIN] = {.name = "skin_type",
              .type = PT_C_LABEL,
              .flags = PT_COL_STATIC,
              .sensitive = "skin_type",
              .unit = "",
              .text = "Declared skin type, standardised"},
    [LEVEL] = {.name = "level",
               .type = PT_C_LABEL,
               .flags = PT_COL_STATIC,
               .unit = "",
               .text = "Level of membership, as the records have it"},
    [PUSH] = {.name = "push_permitted",
              .type = PT_C_BOOL,
              .flags = PT_COL_STATIC | PT_COL_NULLABLE,
              .unit = "",
              .text = "Whether push messages are permitted"},
    [WECHAT] = {.name = "wechat_followed",
                .type = PT_C_BOOL,
                .flags = PT_COL_STATIC | PT_COL_NULLABLE,
                .unit = "",
                .text = "Whether the user follows the WeChat account"},
    [PHONE] = {.name = "phone_known",
               .type = PT_C_BOOL,
               .flags = PT_COL_STATIC | PT_COL_NULLABLE,
               .unit = "",
               .text = "Whether a phone number is known"},
    [EMAIL] = {.name = "email_known",
               .type = PT_C_BOOL,
               .flags = PT_COL_STATIC | PT_COL_NULLABLE,
               .unit = "",
               .text = "Whether an e-mail address is known"},
    [CONSENT] = {.name = "consent",
                 .type = PT_C_LABEL,
                 .flags = PT_COL_STATIC,
                 .unit = "",
                 .text = "Purposes that the user consented to, in byte order with commas; none: an empty list"},
    [UPDATED] = {.name = "profile_updated_at",
                 .type = PT_C_I64,
                 .flags = PT_COL_STATIC | PT_COL_NULLABLE,
                 .unit = "ms since 1970-01-01T00:00:00Z",
                 .text = "Time of the latest record"},
    [PROFILE_AGE] = {.name = "profile_age_days",
                     .type = PT_C_I32,
                     .flags = PT_COL_STATIC | PT_COL_NULLABLE,
                     .unit = "days",
                     .text = "Days from the latest record to the last day; negative where it is dated later"},
    [CONFLICTS] = {.name = "profile_conflicts",
                   .type = PT_C_U32,
                   .flags = PT_COL_STATIC,
                   .unit = "fields",
                   .text = "Fields of which the user's records say different things: the latest record holds"},
    [AGE_RECORDS] = {.name = "_age_records",
                     .type = PT_C_U32,
                     .flags = PT_COL_HIDDEN | PT_COL_STATIC,
                     .unit = "records",
                     .text = "Records behind the age"},
};

struct state {
  struct pt_cols cols; /* rows of the table, then the kept fields */
  const struct pt_facts_ctx *ctx;
  const struct pt_profile *profile;
  int64_t today; /* local date of T */
  uint32_t n_kept;
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  free(s);
}

static int add_kept(struct state *s, const struct pt_colopen *open, const char *field, struct pt_err *err) {
  char name[65], text[200];
  size_t n = strlen(field);
  if (n >= sizeof name) n = sizeof name - 1;
  for (size_t i = 0; i < n; i++) {
    char c = field[i] >= 'A' && field[i] <= 'Z' ? (char)(field[i] | 32) : field[i];
    name[i] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
  }
  name[n] = 0;
  snprintf(text, sizeof text, "Field %s of the user's record (users.keep)", field);
  const struct pt_colrow row = {.name = name, .type = PT_C_LABEL, .flags = PT_COL_STATIC, .unit = "", .text = text};
  s->n_kept++;
  return pt_facts_cols_add(&s->cols, open, &row, 1, NULL, err);
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  struct pt_colopen open = {ctx, schema, fields, "attributes"};
  s->profile = &ctx->user->profile;
  PT_TRY(pt_facts_cols_add(&s->cols, &open, rows, N_ROWS, NULL, err));
  for (uint32_t i = 0; i < ctx->conf->users_keep.n && i < PT_MAX_KEPT; i++)
    PT_TRY(add_kept(s, &open, ctx->conf->users_keep.v[i], err));
  return pt_facts_opened(state, &s->cols, close_state);
}

static int start(void *state, const struct pt_facts_ctx *ctx, struct pt_err *err) {
  (void)err;
  struct state *s = state;
  s->ctx = ctx;
  s->today = pt_local_date(ctx->zone, ctx->as_of);
  return 0;
}

static void put_age(struct state *s) {
  int64_t years = 0;
  uint32_t evidence = 0;
  bool known = pt_facts_age(s->profile, s->ctx, s->today, &years, &evidence);
  pt_put_u16(&s->cols, pt_slot_at(&s->cols, AGE), known ? (uint16_t)years : 0);
  pt_put_known(&s->cols, pt_slot_at(&s->cols, AGE), known);
  pt_put_u32(&s->cols, pt_slot_at(&s->cols, AGE_RECORDS), known ? evidence : 0);
}

static int put_occupation(struct state *s, struct pt_err *err) {
  struct pt_slice text = pt_told_text(s->profile, PT_RF_OCCUPATION);
  int32_t label = text.p ? OTHER_OCCUPATION : -1;
  for (int32_t i = 0; text.p && i < OTHER_OCCUPATION; i++)
    if (pt_slice_eq(text, pt_slice_of(occupations[i]))) label = i;
  pt_put_tag(&s->cols, pt_slot_at(&s->cols, OCCUPATION), label, text.p ? 1 : NAN, s->profile->given[PT_RF_OCCUPATION]);
  if (label != OTHER_OCCUPATION) text.p = NULL;
  return pt_facts_put_text(&s->cols, OCCUPATION_TEXT, text, err);
}

static void put_numbers(struct state *s) {
  const struct pt_profile *p = s->profile;
  bool gender = pt_told(p, PT_RF_GENDER), children = pt_told(p, PT_RF_CHILDREN);
  pt_put_i32(&s->cols, pt_slot_at(&s->cols, GENDER), gender ? (int32_t)pt_told_number(p, PT_RF_GENDER) : -1);
  pt_put_f64(&s->cols, pt_slot_at(&s->cols, INCOME),
             pt_told(p, PT_RF_INCOME) ? (double)pt_told_number(p, PT_RF_INCOME) / 1e4 : NAN);
  pt_put_u16(&s->cols, pt_slot_at(&s->cols, CHILDREN), children ? (uint16_t)pt_told_number(p, PT_RF_CHILDREN) : 0);
  pt_put_known(&s->cols, pt_slot_at(&s->cols, CHILDREN), children);
  double height = NAN;
  if (pt_told(p, PT_RF_HEIGHT_CM)) memcpy(&height, p->v[PT_RF_HEIGHT_CM].p, sizeof height);
  pt_put_f32(&s->cols, pt_slot_at(&s->cols, HEIGHT), height);
}

static void put_flags(struct state *s) {
  static const struct {
    uint32_t row;
    enum pt_rfield field;
  } flags[] = {{PUSH, PT_RF_PUSH_PERMITTED},
               {WECHAT, PT_RF_WECHAT_FOLLOWED},
               {PHONE, PT_RF_PHONE_KNOWN},
               {EMAIL, PT_RF_EMAIL_KNOWN}};
  for (uint32_t i = 0; i < PT_COUNT_OF(flags); i++)
    pt_put_flag(&s->cols, pt_slot_at(&s->cols, flags[i].row), pt_told(s->profile, flags[i].field),
                pt_told_number(s->profile, flags[i].field));
}

static int put_texts(struct state *s, struct pt_err *err) {
  static const struct {
    uint32_t row;
    enum pt_rfield field;
  } texts[] = {
      {MARITAL, PT_RF_MARITAL_STATUS}, {SHAPE, PT_RF_BODY_SHAPE}, {SKIN, PT_RF_SKIN_TYPE}, {LEVEL, PT_RF_LEVEL}};
  for (uint32_t i = 0; i < PT_COUNT_OF(texts); i++)
    PT_TRY(pt_facts_put_text(&s->cols, texts[i].row, pt_told_text(s->profile, texts[i].field), err));
  struct pt_slice consent = pt_told_text(s->profile, PT_RF_CONSENT);
  PT_TRY(pt_facts_put_text(&s->cols, CONSENT, consent.p && consent.n == 0 ? PT_SLICE("none") : consent, err));
  for (uint32_t i = 0; i < s->n_kept; i++)
    PT_TRY(pt_facts_put_text(&s->cols, (uint32_t)N_ROWS + i, s->profile->kept[i], err));
  return 0;
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  struct state *s = state;
  const struct pt_profile *p = s->profile;
  pt_facts_cols_at(&s->cols, to, range, row);
  bool dated = p->records && p->latest != PT_UNDATED;
  int64_t age = dated ? s->ctx->last_day - pt_local_date(s->ctx->zone, p->latest) : 0;
  pt_put_time(&s->cols, pt_slot_at(&s->cols, UPDATED), dated, p->latest);
  pt_put_days(&s->cols, pt_slot_at(&s->cols, PROFILE_AGE), dated, (int32_t)age);
  pt_put_u32(&s->cols, pt_slot_at(&s->cols, CONFLICTS), (uint32_t)__builtin_popcountll(p->conflicts));
  put_age(s);
  put_numbers(s);
  put_flags(s);
  PT_TRY(put_occupation(s, err));
  return put_texts(s, err);
}

const struct pt_family pt_facts_attributes = {
    .name = "attributes",
    .open = open_state,
    .close = close_state,
    .start = start,
    .end = end,
};

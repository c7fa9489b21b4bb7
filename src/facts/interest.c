/* Interest in categories, brands, styles and topics: decayed weights as integers, drawn to the population's shares once
 * those are known, and the tops that are read off them. Clicks alone are a fifth kind that is not written. A kind keeps
 * 16 bytes for each entry that a user touches; in the rows a cell is 16 bytes, or 24 where a tag needs its events. */
#include <string.h>

#include "facts/family.h"
#include "facts/sparse.h"
#include "facts/weights.h"

enum { TOP_CATEGORY, TOP_BRAND, TOP_TOPIC, CLICK_CATEGORY, STYLE_WEAR };
enum {
  LIFT = STYLE_WEAR + 1,
  TOP3_CATEGORY = LIFT + 5,
  TOP3_BRAND = TOP3_CATEGORY + 3,
  PRIOR = TOP3_BRAND + 3,
  N_ROWS
};

static const char *const wears[] = {"business",     "sports_fashion", "cotton_linen",
                                    "urban_nature", "avant_garde",    "haute_couture"};
#define N_WEARS PT_COUNT_OF(wears)

#define TOP_ROW(NAME, FIELD, READS, WHAT)                                                                       \
  {                                                                                                             \
    .name = NAME, .type = PT_C_LABEL, .flags = PT_COL_TAG, .fields = PT_BIT(FIELD), .reads = READS, .unit = "", \
    .text = WHAT                                                                                                \
  }
#define LIFT_ROW(NAME, FIELD)                                                                            \
  {                                                                                                      \
    .name = NAME "_lift", .type = PT_C_F32, .fields = PT_BIT(FIELD), .unit = "1",                        \
    .text = "Index of the tag " NAME " over the population's share of that label: 1 = as everybody does" \
  }
#define TOP3_ROW(NAME, PLACE, FIELD)                                                         \
  {                                                                                          \
    .name = NAME "_top_" PLACE, .type = PT_C_LABEL, .fields = PT_BIT(FIELD), .unit = "",     \
    .text = "Number " PLACE " of the user's " NAME " interests, largest first, ties by name" \
  }
static const struct pt_colrow rows[N_ROWS] = {
    [TOP_CATEGORY] = TOP_ROW("top_category", PT_F_CATEGORY, "category_interest category_interest_prior",
                             "Leaf category of most interest; index = category_interest"),
    [TOP_BRAND] = TOP_ROW("top_brand", PT_F_BRAND, "brand_interest", "Brand of most interest; index = brand_interest"),
    [TOP_TOPIC] = TOP_ROW("top_topic", PT_F_TOPIC, "topic_interest", "Topic of most interest; index = topic_interest"),
    [CLICK_CATEGORY] = TOP_ROW("click_category", PT_F_CATEGORY, "click_category_lift",
                               "Leaf category of most interest by clicks alone; index = its shrunk share"),
    [STYLE_WEAR] = {.name = "style_wear",
                    .reads = "style_interest",
                    .type = PT_C_LABEL,
                    .flags = PT_COL_TAG,
                    .fields = PT_BIT(PT_F_STYLE),
                    .labels = wears,
                    .n_labels = N_WEARS,
                    .unit = "",
                    .text = "Of these six styles (capitals, blanks and - do not matter) that of most interest; index = "
                            "style_interest"},
    [LIFT + TOP_CATEGORY] = LIFT_ROW("top_category", PT_F_CATEGORY),
    [LIFT + TOP_BRAND] = LIFT_ROW("top_brand", PT_F_BRAND),
    [LIFT + TOP_TOPIC] = LIFT_ROW("top_topic", PT_F_TOPIC),
    [LIFT + CLICK_CATEGORY] = LIFT_ROW("click_category", PT_F_CATEGORY),
    [LIFT + STYLE_WEAR] = LIFT_ROW("style_wear", PT_F_STYLE),
    [TOP3_CATEGORY] = TOP3_ROW("category", "1", PT_F_CATEGORY),
    [TOP3_CATEGORY + 1] = TOP3_ROW("category", "2", PT_F_CATEGORY),
    [TOP3_CATEGORY + 2] = TOP3_ROW("category", "3", PT_F_CATEGORY),
    [TOP3_BRAND] = TOP3_ROW("brand", "1", PT_F_BRAND),
    [TOP3_BRAND + 1] = TOP3_ROW("brand", "2", PT_F_BRAND),
    [TOP3_BRAND + 2] = TOP3_ROW("brand", "3", PT_F_BRAND),
    [PRIOR] = {.name = "category_interest_prior",
               .type = PT_C_F32,
               .fields = PT_BIT(PT_F_CATEGORY),
               .unit = "1",
               .text = "What category_interest holds outside its cells and in them from the population: m / (S + m)"},
};

enum { INTEREST, EVENTS, N_PLANES };
#define INTEREST_PLANES(NAME)                                                                          \
  {                                                                                                    \
    [INTEREST] = {.name = NAME "_interest",                                                            \
                  .type = PT_C_F32,                                                                    \
                  .unit = "1",                                                                         \
                  .description = "Share of each " NAME                                                 \
                                 " in the user's decayed weighted events, shrunk towards "             \
                                 "the population's share; cells where the user has something above 0", \
                  .join = PT_JOIN_SUM},                                                                \
    [EVENTS] = {                                                                                       \
      .name = NAME "_interest_events",                                                                 \
      .type = PT_C_U32,                                                                                \
      .unit = "events",                                                                                \
      .description = "Events behind",                                                                  \
      .join = PT_JOIN_SUM,                                                                             \
      .hidden = true                                                                                   \
    }                                                                                                  \
  }
#define NO_ROW UINT32_MAX
static const struct {
  const char *column;
  enum pt_touched_field touched;
  uint32_t top, top3, prior; /* rows */
  bool hidden;               /* no plane of its own is ever asked for */
  struct pt_plane planes[N_PLANES];
} kinds[] = {
    {"category_interest", PT_TOUCH_CATEGORY, TOP_CATEGORY, TOP3_CATEGORY, PRIOR, false, INTEREST_PLANES("category")},
    {"brand_interest", PT_TOUCH_BRAND, TOP_BRAND, TOP3_BRAND, NO_ROW, false, INTEREST_PLANES("brand")},
    {"style_interest", PT_TOUCH_STYLE, STYLE_WEAR, NO_ROW, NO_ROW, false, INTEREST_PLANES("style")},
    {"topic_interest", PT_TOUCH_TOPIC, TOP_TOPIC, NO_ROW, NO_ROW, false, INTEREST_PLANES("topic")},
    {"click_interest", PT_TOUCH_CATEGORY, CLICK_CATEGORY, NO_ROW, NO_ROW, true, INTEREST_PLANES("click")},
};
#define N_KINDS  PT_COUNT_OF(kinds)
#define N_CLICKS (N_KINDS - 1) /* number of the kind of clicks */

/* By the entry's number in the book. */
struct cell {
  int64_t sum; /* decayed weights in units of 2^-32 */
  uint32_t events;
};

struct kind {
  struct pt_sparse_rows cells;
  struct pt_touched *touched;
  uint64_t types;
  struct pt_vec sums; /* struct cell */
  struct pt_codesums population;
};

struct state {
  struct pt_cols cols;
  struct kind kinds[N_KINDS];
  struct pt_weights weights;
  uint64_t types;
  struct kind *of_type[PT_T_OTHER][N_KINDS]; /* that events of each type count in */
  uint8_t n_of_type[PT_T_OTHER];
  struct pt_popneed needs[N_KINDS];
  uint32_t n_needs;
  double shrink;    /* m in units of 2^-32 */
  int32_t *wear_of; /* by code of the style vocabulary: label of style_wear or -1 */
};

static void close_state(void *state) {
  struct state *s = state;
  pt_facts_cols_free(&s->cols);
  pt_facts_weights_close(&s->weights);
  for (uint32_t i = 0; i < N_KINDS; i++) {
    pt_facts_sparse_free(&s->kinds[i].cells);
    pt_facts_vec_free(&s->kinds[i].sums);
    free(s->kinds[i].population.sum);
  }
  free(s->wear_of);
  free(s);
}

static bool row_wanted(const struct pt_cols *c, uint32_t row) {
  return row != NO_ROW && pt_wanted(c, row);
}

/* The planes that the wanted rows are read off. */
static uint64_t needed(const struct pt_cols *c, uint32_t i) {
  bool tag = row_wanted(c, kinds[i].top);
  bool interest = tag || row_wanted(c, LIFT + kinds[i].top) || row_wanted(c, kinds[i].prior);
  for (uint32_t k = 0; k < 3 && kinds[i].top3 != NO_ROW; k++) interest = interest || pt_wanted(c, kinds[i].top3 + k);
  return (interest ? 1u << INTEREST : 0) | (tag ? 1u << EVENTS : 0);
}

static int open_kind(struct state *s, uint32_t i, const struct pt_colopen *open, struct pt_err *err) {
  struct kind *k = &s->kinds[i];
  struct pt_plane planes[N_PLANES];
  memcpy(planes, kinds[i].planes, sizeof planes);
  planes[INTEREST].hidden = kinds[i].hidden;
  k->touched = &open->ctx->user->touched[kinds[i].touched];
  PT_TRY(pt_facts_sparse_add(&k->cells, open, kinds[i].column, k->touched->field, planes, N_PLANES, needed(&s->cols, i),
                             err));
  if (!k->cells.any) return 0;
  k->types = i == N_CLICKS ? s->weights.types & PT_TYPE_BIT(PT_T_CLICK) : s->weights.types;
  k->touched->types |= k->types;
  s->types |= k->types;
  for (uint32_t t = 0; t < PT_T_OTHER; t++)
    if (k->types >> t & 1) s->of_type[t][s->n_of_type[t]++] = k;
  struct pt_popneed *need = &s->needs[s->n_needs++];
  *need = (struct pt_popneed){.need = PT_NEED_CODES, .codes = &k->population};
  memcpy(need->column, open->schema->columns[k->cells.column].name, sizeof need->column);
  return 0;
}

static int open_state(const struct pt_facts_ctx *ctx, struct pt_schema *schema, uint64_t *fields, void **state,
                      struct pt_err *err) {
  struct state *s = *state = pt_facts_new(sizeof *s, err);
  if (!s) return err->code;
  struct pt_colopen open = {ctx, schema, fields, "preference"};
  PT_TRY(pt_facts_weights_open(&s->weights, ctx->conf, err));
  PT_TRY(pt_facts_cols_add(&s->cols, &open, rows, N_ROWS, NULL, err));
  s->shrink = PT_WEIGHT_ONE * ctx->conf->shrink;
  for (uint32_t i = 0; i < N_KINDS; i++) PT_TRY(open_kind(s, i, &open, err));
  if (s->n_needs) return 0;
  close_state(s);
  *state = NULL;
  return 0;
}

static uint64_t types(void *state) {
  return ((struct state *)state)->types;
}

static void begin(void *state) {
  struct state *s = state;
  for (uint32_t i = 0; i < N_KINDS; i++) pt_facts_vec_clear(&s->kinds[i].sums, sizeof(struct cell));
}

static int add(struct kind *k, int64_t weight, struct pt_err *err) {
  uint32_t number = k->touched->at;
  while (k->sums.n <= number) {
    PT_TRY(pt_facts_vec_room(&k->sums, 1, sizeof(struct cell), err));
    ((struct cell *)k->sums.p)[k->sums.n++] = (struct cell){0};
  }
  struct cell *c = (struct cell *)k->sums.p + number;
  c->sum += weight;
  c->events++;
  return 0;
}

static int event(void *state, const struct pt_event *e, const struct pt_derived *d, struct pt_err *err) {
  struct state *s = state;
  enum pt_type type = pt_type_as(e, d);
  int64_t weight = pt_weight(&s->weights, type, d->days_since);
  for (uint32_t i = 0; i < s->n_of_type[type]; i++)
    if (s->of_type[type][i]->touched->here) PT_TRY(add(s->of_type[type][i], weight, err));
  return 0;
}

static int put_kind(struct kind *k, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  const uint64_t *order;
  PT_TRY(pt_facts_touched_order(k->touched, &order, err));
  for (size_t i = 0; i < k->touched->codes.n; i++) {
    uint32_t number = (uint32_t)order[i];
    if (number >= k->sums.n) continue; /* touched by events of no weight */
    const struct cell *c = (const struct cell *)k->sums.p + number;
    int64_t *v;
    if (c->sum <= 0) continue;
    PT_TRY(pt_facts_sparse_cell(&k->cells, (uint32_t)(order[i] >> 32), &v, err));
    pt_cell_set(&k->cells, v, INTEREST, c->sum);
    pt_cell_set(&k->cells, v, EVENTS, c->events);
  }
  return pt_facts_sparse_put(&k->cells, to, range, row, err);
}

static int end(void *state, struct pt_rows *to, uint32_t range, uint32_t row, struct pt_err *err) {
  struct state *s = state;
  for (uint32_t i = 0; i < N_KINDS; i++)
    if (s->kinds[i].cells.any) PT_TRY(put_kind(&s->kinds[i], to, range, row, err));
  return 0;
}

static struct pt_popneed *needs(void *state, uint32_t *n) {
  struct state *s = state;
  *n = s->n_needs;
  return s->needs;
}

/* The three largest values of a row, ties by name: codes ascend as names do. */
struct best {
  uint32_t code[3], events;
  double value[3];
  uint32_t n;
};

static void offer(struct best *b, uint32_t code, double value, uint32_t events) {
  uint32_t at = b->n < 3 ? b->n++ : 3;
  for (; at > 0 && value > b->value[at - 1]; at--) {
    if (at == 3) continue;
    b->value[at] = b->value[at - 1];
    b->code[at] = b->code[at - 1];
  }
  if (at == 3) return;
  b->value[at] = value;
  b->code[at] = code;
  if (at == 0) b->events = events;
}

/* Sums become shrunk shares where they are. `among`: codes that may be the best, NULL = all. */
static double shrink_row(const struct state *s, const struct kind *k, struct pt_cells cells, const int32_t *among,
                         struct best *best) {
  double sum = 0; /* exact up to 2^53 units */
  __int128 all = 0;
  for (size_t i = 0; i < cells.n; i++) all += cells.v[i * cells.words + 1];
  sum = pt_real(all);
  *best = (struct best){.n = 0};
  for (size_t i = 0; i < cells.n; i++) {
    int64_t *cell = cells.v + i * cells.words;
    uint32_t code = pt_cell_code(cell);
    double share = k->population.sum[code] / k->population.all;
    double value = ((double)cell[1] + s->shrink * share) / (sum + s->shrink);
    if (!among || among[code] >= 0) offer(best, code, value, k->cells.at[EVENTS] >= 0 ? (uint32_t)cell[2] : 0);
    pt_cell_real(&cell[1], value);
  }
  return s->shrink / (sum + s->shrink);
}

static int put_best(struct state *s, uint32_t i, const struct best *b, struct pt_err *err) {
  const struct kind *k = &s->kinds[i];
  struct pt_cols *c = &s->cols;
  const struct pt_vocabulary *v = k->population.vocabulary;
  int32_t label = -1;
  uint32_t top = kinds[i].top;
  if (top == STYLE_WEAR)
    label = b->n ? s->wear_of[b->code[0]] : -1;
  else if (b->n)
    PT_TRY(pt_facts_label(c, top, v->text[b->code[0]], &label, err));
  double index = b->n ? b->value[0] : NAN;
  pt_put_tag(c, pt_slot_at(c, top), label, index, b->n ? b->events : 0);
  pt_put_f32(c, pt_slot_at(c, LIFT + top), b->n ? index / (k->population.sum[b->code[0]] / k->population.all) : NAN);
  for (uint32_t p = 0; p < 3 && kinds[i].top3 != NO_ROW; p++)
    PT_TRY(pt_facts_put_text(c, kinds[i].top3 + p, p < b->n ? v->text[b->code[p]] : (struct pt_slice){NULL, 0}, err));
  return 0;
}

/* "Sports-Fashion" and "sports fashion" are sports_fashion. */
static bool is_wear(struct pt_slice text, const char *wear) {
  if (text.n != strlen(wear)) return false;
  for (size_t i = 0; i < text.n; i++) {
    char c = text.p[i];
    if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
    if (c == ' ' || c == '-') c = '_';
    if (c != wear[i]) return false;
  }
  return true;
}

static int know_wears(struct state *s, const struct pt_vocabulary *v, struct pt_err *err) {
  if (s->wear_of) return 0;
  s->wear_of = malloc(((size_t)v->n + 1) * sizeof *s->wear_of);
  if (!s->wear_of) return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for %u styles", v->n);
  for (uint32_t i = 0; i < v->n; i++) {
    s->wear_of[i] = -1;
    for (uint32_t w = 0; w < N_WEARS; w++)
      if (is_wear(v->text[i], wears[w])) s->wear_of[i] = (int32_t)w;
  }
  return 0;
}

static int finish(void *state, struct pt_rows *to, uint32_t range, struct pt_err *err) {
  struct state *s = state;
  struct pt_cols *c = &s->cols;
  pt_facts_cols_range(c, to, range);
  for (uint32_t i = 0; i < N_KINDS; i++) {
    const struct kind *k = &s->kinds[i];
    if (!k->cells.any) continue;
    bool wear = kinds[i].top == STYLE_WEAR;
    if (wear) PT_TRY(know_wears(s, k->population.vocabulary, err));
    for (c->row = 0; c->row < pt_rows_in(to, range); c->row++) {
      struct best best;
      double prior = shrink_row(s, k, pt_row_cells(&k->cells, to, range, c->row), wear ? s->wear_of : NULL, &best);
      if (kinds[i].prior != NO_ROW) pt_put_f32(c, pt_slot_at(c, kinds[i].prior), prior);
      PT_TRY(put_best(s, i, &best, err));
    }
  }
  return 0;
}

const struct pt_family pt_facts_interest = {
    .name = "interest",
    .open = open_state,
    .close = close_state,
    .types = types,
    .begin = begin,
    .event = event,
    .end = end,
    .needs = needs,
    .finish = finish,
};

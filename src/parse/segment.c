/* The Segment / RudderStack spec's rules: which kinds of payload are events, and an order's products.
 *
 * An order event with products becomes one event per product. Its amount is price * quantity, less the product's own
 * discount and its share of the order's: shares go by line amount in 1/10,000, what rounding down leaves over goes to
 * the largest remainders, the earlier product at ties, so they sum to the order's discount exactly. Tax and shipping
 * stay outside. */
#include <portrait/decimal.h>
#include <stdlib.h>

#include "parse_priv.h"

#define ALTERNATIVES 4
#define MONEY_LIMIT  INT64_C(100000000000)

struct product_field {
  uint8_t field, n;
  uint8_t row[ALTERNATIVES]; /* places in a row, first given holds */
};
struct product {
  int64_t line, own; /* price * quantity - own discount; own discount */
  int64_t share;
  bool known, shared;
};
struct remainder { /* what rounding a share down has left */
  uint64_t rest;
  uint32_t product;
};
struct pt_segment {
  uint8_t type, action, rows;
  uint8_t subtotal, revenue, value, total, tax, shipping;
  struct product_field field[PT_ROW_SLOTS];
  uint32_t n_fields;
  struct product *product; /* PT_MAX_ROWS */
  struct remainder *order;
  char (*text)[32]; /* discounts as text */
  struct pt_format person_format[2];
  struct pt_parser *person[2]; /* of the traits of an identify payload: its own, and those in its context */
  struct pt_value traits[PT_N_TRAITS];
};

/* ---- opening ---- */

static struct product_field *field_entry(struct pt_segment *g, enum pt_field f) {
  for (uint32_t i = 0; i < g->n_fields; i++)
    if (g->field[i].field == f) return &g->field[i];
  if (g->n_fields == PT_ROW_SLOTS) return NULL;
  g->field[g->n_fields] = (struct product_field){.field = (uint8_t)f};
  return &g->field[g->n_fields++];
}

/* A field from "properties.x" is looked for as "x" in each product. */
static bool add_product_source(struct pt_parser *p, uint32_t rows, const struct pt_format_field *f) {
  static const char prefix[] = "properties.";
  struct pt_json *j = &p->json;
  enum pt_field field = pt_field_of(pt_slice_of(f->name));
  const char *key = f->source + sizeof prefix - 1;
  if (strncmp(f->source, prefix, sizeof prefix - 1) != 0 || strchr(key, '.')) return true;
  if (field == PT_F_COUNT || !(p->wanted & PT_BIT(field))) return true;
  struct product_field *entry = field_entry(p->segment, field);
  uint32_t k = pt_paths_add(&j->paths, rows, pt_slice_of(key));
  if (!entry || entry->n == ALTERNATIVES || k == PT_NONE || j->n_row_slots == PT_ROW_SLOTS) return false;
  if (p->n_own == PT_PARSE_SLOTS - PT_OWN_SLOT) return false;
  uint8_t slot = (uint8_t)(PT_OWN_SLOT + p->n_own++);
  if (j->paths.key[k].slot != PT_NO_SLOT) return false;
  j->paths.key[k].slot = slot;
  entry->row[entry->n++] = (uint8_t)j->n_row_slots;
  j->row_slot[j->n_row_slots++] = slot;
  return true;
}

static bool bind_products(struct pt_parser *p) {
  uint32_t rows = pt_paths_add(&p->json.paths, p->root, PT_SLICE("properties.products"));
  if (rows == PT_NONE || p->json.paths.key[rows].slot != PT_NO_SLOT) return false;
  p->segment->rows = (uint8_t)(PT_OWN_SLOT + p->n_own++);
  p->json.paths.key[rows].slot = p->segment->rows;
  p->json.paths.key[rows].rows = true;
  bool ok = true;
  for (uint32_t i = 0; i < p->f->n_fields; i++) ok = ok && add_product_source(p, rows, &p->f->fields[i]);
  return ok;
}

/* A line that says who somebody is is read once more, by a parser of traits: events know nothing of them. */
static int open_persons(struct pt_parser *p, struct pt_err *err) {
  static const char *const roots[2] = {"traits", "context.traits"};
  struct pt_segment *g = p->segment;
  for (int i = 0; i < 2; i++) {
    g->person_format[i] = *pt_format_traits();
    memcpy(g->person_format[i].root, roots[i], strlen(roots[i]) + 1);
    g->person_format[i].kept = p->f->kept;
    g->person_format[i].n_kept = p->f->n_kept;
    PT_TRY(pt_parser_open(&g->person[i], &g->person_format[i], 0, (struct pt_slice){0}, p->max_line, err));
  }
  return 0;
}

int pt_segment_open(struct pt_parser *p, struct pt_err *err) {
  struct pt_segment *g = p->segment = calloc(1, sizeof *g);
  if (!g) return pt_fail(err, "parse", PT_MEMORY, 0, "no memory for a parser");
  g->product = malloc(PT_MAX_ROWS * sizeof *g->product);
  g->order = malloc(PT_MAX_ROWS * sizeof *g->order);
  g->text = malloc(PT_MAX_ROWS * sizeof *g->text);
  p->json.row = malloc(PT_MAX_ROWS * sizeof *p->json.row);
  if (!g->product || !g->order || !g->text || !p->json.row)
    return pt_fail(err, "parse", PT_MEMORY, 0, "no memory for a parser");
  const struct {
    uint8_t *slot;
    const char *path;
  } own[] = {{&g->type, "type"},
             {&g->action, "action"},
             {&g->subtotal, "properties.subtotal"},
             {&g->revenue, "properties.revenue"},
             {&g->value, "properties.value"},
             {&g->total, "properties.total"},
             {&g->tax, "properties.tax"},
             {&g->shipping, "properties.shipping"}};
  bool ok = true;
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
    *own[i].slot = pt_bind_source(p, pt_slice_of(own[i].path), PT_NO_SLOT);
    ok = ok && *own[i].slot != PT_NO_SLOT;
  }
  if (ok && bind_products(p)) return open_persons(p, err);
  return pt_fail(err, "parse", PT_CONFIG, 0, "format.fields: too many sources, or properties.products is one of them");
}

void pt_segment_close(struct pt_parser *p) {
  if (!p->segment) return;
  free(p->segment->product);
  free(p->segment->order);
  free(p->segment->text);
  for (int i = 0; i < 2; i++) pt_parser_close(p->segment->person[i]);
  free(p->segment);
  p->segment = NULL;
}

/* ---- amounts ---- */

static bool decimal_of(const struct pt_value *v, int digits, int64_t *out) {
  if (v->kind != PT_V_NUMBER && v->kind != PT_V_TEXT) return false;
  return pt_decimal((struct pt_slice){v->p, v->n}, digits, MONEY_LIMIT, out) == 0;
}

static const struct pt_value *in_row(const struct pt_parser *p, uint32_t row, enum pt_field f) {
  static const struct pt_value absent;
  const struct product_field *entry = NULL;
  for (uint32_t i = 0; i < p->segment->n_fields; i++)
    if (p->segment->field[i].field == f) entry = &p->segment->field[i];
  for (uint32_t i = 0; entry && i < entry->n; i++) {
    const struct pt_value *v = &p->json.row[row][entry->row[i]];
    if (pt_value_given(v)) return v;
  }
  return &absent;
}

/* A product's line amount; `known` only where price, quantity and discount can be read and it is of sane size: else
 * cleaning finds the same values and says what is wrong with them. */
static void read_product(const struct pt_parser *p, uint32_t row, struct product *out) {
  const struct pt_value *price = in_row(p, row, PT_F_PRICE), *quantity = in_row(p, row, PT_F_QUANTITY);
  const struct pt_value *discount = in_row(p, row, PT_F_DISCOUNT);
  int64_t each, many = PT_QTY_SCALE;
  *out = (struct product){0};
  if (pt_value_given(discount) && !decimal_of(discount, PT_MONEY_DIGITS, &out->own)) return;
  if (!decimal_of(price, PT_MONEY_DIGITS, &each)) return;
  if (pt_value_given(quantity) && !decimal_of(quantity, PT_QTY_DIGITS, &many)) return;
  __int128 product = (__int128)each * many;
  if (product > (__int128)MONEY_LIMIT * PT_MONEY_SCALE * PT_QTY_SCALE || product < 0) return;
  out->line = pt_money_times(each, many) - out->own;
  out->known = true;
}

static int by_rest(const void *a, const void *b) {
  const struct remainder *x = a, *y = b;
  if (x->rest != y->rest) return x->rest > y->rest ? -1 : 1;
  return x->product < y->product ? -1 : x->product > y->product;
}

/* Shares of the order's discount by line amount, over the products with a positive one. */
static void spread(struct pt_segment *g, uint32_t n, int64_t discount) {
  __int128 total = 0;
  for (uint32_t i = 0; i < n; i++)
    if (g->product[i].line > 0) total += g->product[i].line;
  int64_t left = discount;
  uint32_t takers = 0;
  for (uint32_t i = 0; i < n; i++) {
    struct product *x = &g->product[i];
    if (x->line <= 0) continue;
    __int128 part = (__int128)discount * x->line;
    x->share = (int64_t)(part / total);
    x->shared = true;
    left -= x->share;
    g->order[takers++] = (struct remainder){(uint64_t)(part % total), i};
  }
  if (takers == 0 || left == 0) return;
  qsort(g->order, takers, sizeof *g->order, by_rest);
  for (uint32_t k = 0; k < left; k++) g->product[g->order[k].product].share++;
}

/* ---- events ---- */

static void overlay(const struct pt_parser *p, uint32_t row, struct pt_fields *e) {
  static const uint8_t products_own[] = {PT_F_ITEM_ID, PT_F_PRICE, PT_F_LIST_PRICE, PT_F_QUANTITY, PT_F_DISCOUNT};
  for (size_t i = 0; i < sizeof products_own; i++) e->v[products_own[i]] = (struct pt_value){0};
  for (uint32_t i = 0; i < p->segment->n_fields; i++) {
    enum pt_field f = (enum pt_field)p->segment->field[i].field;
    const struct pt_value *v = in_row(p, row, f);
    if (pt_value_given(v)) e->v[f] = *v;
  }
}

static void one_product(struct pt_parser *p, uint32_t row, struct pt_fields *e) {
  struct pt_segment *g = p->segment;
  const struct product *x = &g->product[row];
  overlay(p, row, e);
  e->has_amount = x->known;
  e->amount = x->known ? x->line - x->share : 0;
  if (!x->shared) return;
  int n = pt_money_text(x->own + x->share, g->text[row]);
  e->v[PT_F_DISCOUNT] = (struct pt_value){g->text[row], (uint32_t)n, PT_V_NUMBER};
}

static bool one_of(const struct pt_value *v, const char *const *names) {
  struct pt_slice s = {v->p, v->n};
  for (; *names; names++)
    if (v->kind == PT_V_TEXT && pt_slice_eq(pt_slice_of(*names), s)) return true;
  return false;
}

static const struct pt_value *own_value(struct pt_parser *p, uint8_t slot) {
  return pt_slot_value(p, slot);
}

/* An order without products: what was paid for the goods, or the total less tax and shipping. */
static void whole_order(struct pt_parser *p, struct pt_fields *e) {
  struct pt_segment *g = p->segment;
  const uint8_t goods[] = {g->subtotal, g->revenue, g->total, g->value};
  for (size_t i = 0; i < sizeof goods; i++) {
    const struct pt_value *v = own_value(p, goods[i]);
    if (!pt_value_given(v)) continue;
    int64_t total, tax = 0, shipping = 0;
    e->v[PT_F_AMOUNT] = *v;
    if (goods[i] != g->total || !decimal_of(v, PT_MONEY_DIGITS, &total)) return;
    decimal_of(own_value(p, g->tax), PT_MONEY_DIGITS, &tax);
    decimal_of(own_value(p, g->shipping), PT_MONEY_DIGITS, &shipping);
    e->amount = total - tax - shipping;
    e->has_amount = true;
    return;
  }
}

static void order_events(struct pt_parser *p, struct pt_record *out) {
  struct pt_json *j = &p->json;
  struct pt_segment *g = p->segment;
  bool listed = j->seen[g->rows >> 6] >> (g->rows & 63) & 1;
  uint32_t n = listed && *own_value(p, g->rows)->p == '[' ? j->n_rows : 0;
  if (n == 0) {
    whole_order(p, &p->events[0]);
    return;
  }
  int64_t discount = 0;
  const struct pt_value whole = p->events[0].v[PT_F_DISCOUNT];
  bool readable = decimal_of(&whole, PT_MONEY_DIGITS, &discount), spreads = readable && discount > 0;
  for (uint32_t i = 0; i < n; i++) read_product(p, i, &g->product[i]);
  if (spreads) spread(g, n, discount);
  for (uint32_t i = n; i-- > 0;) {
    if (i > 0) p->events[i] = p->events[0];
    one_product(p, i, &p->events[i]);
    if (pt_value_given(&whole) && !readable) p->events[i].v[PT_F_DISCOUNT] = whole; /* for clean to reject */
  }
  out->n_events = n;
}

static struct pt_value name_of(const char *text) {
  return (struct pt_value){text, (uint32_t)strlen(text), PT_V_TEXT};
}

static const struct pt_value *kind_of(struct pt_parser *p) {
  static const struct pt_value track = {"track", 5, PT_V_TEXT};
  const struct pt_value *kind = own_value(p, p->segment->type);
  if (!pt_value_given(kind)) kind = own_value(p, p->segment->action); /* the first spec's name of it */
  if (!pt_value_given(kind) && pt_value_given(&p->events[0].v[PT_F_EVENT])) kind = &track;
  return kind;
}

static void read_traits(struct pt_parser *p, const struct pt_record *line, struct pt_fields *e) {
  struct pt_segment *g = p->segment;
  memset(g->traits, 0, sizeof g->traits);
  for (int i = 0; i < 2; i++) {
    struct pt_record r;
    pt_parser_next(g->person[i], line->raw, line->raw + line->raw_n, false, true, &r);
    if (r.fate != PT_ACCEPTED) continue; /* no such object in it */
    for (uint32_t k = 0; k < PT_N_TRAITS; k++)
      if (!pt_value_given(&g->traits[k])) g->traits[k] = r.events->traits[k];
  }
  e->traits = g->traits;
}

bool pt_segment_apply(struct pt_parser *p, struct pt_record *out) {
  static const char *const track[] = {"track", NULL}, *const page[] = {"page", "screen", NULL},
                           *const record[] = {"identify", NULL}, *const other[] = {"group", "alias", NULL},
                           *const order[] = {"Order Completed", "Completed Order", "Order Updated",
                                             "Order Refunded",  "Order Cancelled", NULL};
  struct pt_fields *e = &p->events[0];
  const struct pt_value *kind = kind_of(p);
  e->record = one_of(kind, record);
  e->has_amount = false;
  e->amount = 0;
  p->json.dirty[0] = UINT64_MAX >> (64 - PT_OWN_SLOT); /* fields are set here that the line has not */
  e->v[PT_F_AMOUNT] = (struct pt_value){0};
  if (e->record) {
    read_traits(p, out, e);
    e->v[PT_F_EVENT] = (struct pt_value){0};
    return true;
  }
  if (one_of(kind, track)) {
    if (one_of(&e->v[PT_F_EVENT], order)) order_events(p, out);
    return true;
  }
  if (one_of(kind, page))
    e->v[PT_F_EVENT] = name_of("view");
  else if (one_of(kind, other))
    e->v[PT_F_EVENT] = *kind;
  else
    return false;
  return true;
}

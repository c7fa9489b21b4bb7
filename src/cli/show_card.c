/* One user as a card: who, when, what they like, value, stage, tags; then the user's own metrics. What the file does
 * not have or does not know is left out; --all has every column behind it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/show.h"

#define MAX_WINDOWS 18
#define LIKES       5

static bool named(const char *const *names, const char *name) {
  for (; *names; names++)
    if (strcmp(*names, name) == 0) return true;
  return false;
}

/* The cell of a column by name; absent where there is no such column. */
static int cell_of(const struct show *s, const char *name, struct pt_card_cell *cell, struct pt_err *err) {
  int64_t at = pt_card_at(s->k, name);
  *cell = (struct pt_card_cell){.absent = true, .name = name, .unit = "", .family = "", .description = ""};
  return at < 0 ? 0 : pt_card_cell(s->k, s->row, (uint32_t)at, cell, err);
}

static bool says_something(const struct pt_card_cell *c) {
  if (c->absent) return false;
  if (c->number) return strtod(c->text, NULL) != 0;
  return !c->flag || strcmp(c->text, "true") == 0;
}

static void print_line(const struct show *s, const struct pt_card_cell *cell) {
  show_name(s, cell->name, 28);
  show_value(cell);
  printf("\n");
}

/* -- the head -- */

static void print_as_of(const struct show *s, struct pt_err *err) {
  char *text = NULL;
  if (pt_card_run(s->k, &text, err) || !text) return;
  json_t *run = json_loads(text, 0, NULL);
  const char *as_of = json_string_value(json_object_get(run, "as_of"));
  if (as_of) {
    char date[16];
    snprintf(date, sizeof date, "%.10s", as_of);
    printf("   as of ");
    show_text(date, sizeof date, false);
  }
  json_decref(run);
  free(text);
}

static int print_head(const struct show *s, struct pt_err *err) {
  struct pt_card_cell first, last, since;
  PT_TRY(cell_of(s, "first_seen", &first, err));
  PT_TRY(cell_of(s, "last_seen", &last, err));
  PT_TRY(cell_of(s, "days_since_active", &since, err));
  show_paint(s, SHOW_INVERSE);
  putchar(' ');
  show_text(s->user, 256, false);
  putchar(' ');
  show_paint(s, SHOW_PLAIN);
  if (!first.absent && !last.absent) printf("   seen from %.10s to %.10s", first.text, last.text);
  if (!since.absent) printf(", %s days ago", since.text);
  print_as_of(s, err);
  printf("\n");
  return err->code;
}

/* -- windows side by side -- */

/* The window that stands behind BASE_ in a column's name, as text; NULL where it is none. */
static const char *window_of(const char *name, const char *base) {
  size_t n = strlen(base);
  if (strncmp(name, base, n) != 0 || name[n] != '_') return NULL;
  const char *end = name + n + 1;
  size_t digits = strspn(end, "0123456789");
  bool days = digits && digits < 6 && strcmp(end + digits, "d") == 0;
  return days || strcmp(end, "all") == 0 ? end : NULL;
}

static long days_of(const char *window) {
  return window[0] == 'a' ? 1000000 : strtol(window, NULL, 10);
}

/* Windows of any of the bases, ascending. */
static uint32_t list_windows(const struct show *s, const char *const *bases, const char *out[MAX_WINDOWS]) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < pt_card_columns(s->k); i++)
    for (const char *const *base = bases; *base; base++) {
      const char *w = window_of(pt_card_name(s->k, i), *base);
      uint32_t at = 0;
      while (w && at < n && days_of(out[at]) < days_of(w)) at++;
      if (!w || n == MAX_WINDOWS || (at < n && days_of(out[at]) == days_of(w))) continue;
      memmove(out + at + 1, out + at, (n - at) * sizeof *out);
      out[at] = w;
      n++;
    }
  return n;
}

static int print_window_row(const struct show *s, const char *base, const char *const *windows, uint32_t n,
                            struct pt_err *err) {
  struct pt_card_cell cells[MAX_WINDOWS];
  bool any = false;
  for (uint32_t w = 0; w < n; w++) {
    char name[128];
    snprintf(name, sizeof name, "%.64s_%.8s", base, windows[w]);
    PT_TRY(cell_of(s, name, &cells[w], err));
    any = any || says_something(&cells[w]);
  }
  if (!any) return 0;
  show_name(s, base, 16);
  for (uint32_t w = 0; w < n; w++) {
    char text[32] = "";
    double v = cells[w].absent ? 0 : strtod(cells[w].text, NULL);
    if (!cells[w].absent) snprintf(text, sizeof text, v == (double)(long)v && v < 1e9 ? "%.0f" : "%.6g", v);
    printf("%10s", strcmp(text, "0") == 0 ? "-" : text);
  }
  printf("\n");
  return 0;
}

static int print_windows(const struct show *s, const char *const *bases, struct pt_err *err) {
  const char *windows[MAX_WINDOWS];
  uint32_t n = list_windows(s, bases, windows);
  if (n == 0) return 0;
  show_paint(s, SHOW_DIM);
  printf("  %-16s ", "");
  for (uint32_t w = 0; w < n; w++) printf("%10s", windows[w]);
  show_paint(s, SHOW_PLAIN);
  printf("\n");
  for (; *bases; bases++) PT_TRY(print_window_row(s, *bases, windows, n, err));
  return 0;
}

static bool is_liking(const char *name) {
  static const char *const ends[] = {"_interest", "_demand"};
  for (int i = 0; i < 2; i++)
    if (strlen(name) > strlen(ends[i]) && strcmp(name + strlen(name) - strlen(ends[i]), ends[i]) == 0) return true;
  return false;
}

static int print_likes(const struct show *s, struct pt_err *err) {
  bool any = false;
  for (uint32_t i = 0; i < pt_card_matrices(s->k); i++) {
    struct pt_card_matrix m;
    PT_TRY(pt_card_matrix(s->k, s->row, i, &m, err));
    if (m.sparse && is_liking(m.name) && m.n) {
      if (!any) show_heading(s, "likes");
      any = true;
      show_entries(s, &m, LIKES);
    }
    pt_card_matrix_free(&m);
  }
  return 0;
}

static int print_histogram(const struct show *s, const char *name, const char *from, const char *to,
                           struct pt_err *err) {
  struct pt_card_matrix m;
  PT_TRY(show_matrix(s, name, &m, err));
  bool any = false;
  for (uint32_t i = 0; i < m.n; i++) any = any || m.v[i].value > 0;
  if (any) {
    show_name(s, name, 20);
    show_paint(s, SHOW_DIM);
    printf("%s ", from);
    show_paint(s, SHOW_PLAIN);
    show_spark(s, m.v, m.n);
    show_paint(s, SHOW_DIM);
    printf(" %s", to);
    show_paint(s, SHOW_PLAIN);
    printf("\n");
  }
  pt_card_matrix_free(&m);
  return 0;
}

/* -- tags -- */

static const char *const stages[] = {"lifecycle",   "visit_state",   "aipl", "loyalty", "value_tier",
                                     "rfm_segment", "rfm_octant",    "role", "vip",     "apple",
                                     "history",     "churn_warning", NULL};

/* Tags of the stage, or the others; unknown ones where all is asked for. */
static int print_tags(const struct show *s, const char *title, bool stage, struct pt_err *err) {
  bool any = false;
  for (uint32_t i = 0; i < pt_card_columns(s->k); i++) {
    struct pt_card_cell cell;
    PT_TRY(pt_card_cell(s->k, s->row, i, &cell, err));
    if (!cell.tag || i + 2 >= pt_card_columns(s->k)) continue;
    if (named(stages, cell.name) == stage && (!cell.absent || s->all)) {
      if (!any) show_heading(s, title);
      any = true;
      PT_TRY(show_tag(s, i, err));
    }
    i += 2;
  }
  return 0;
}

/* -- lists of columns -- */

/* Known columns of a family that are no tags. */
static int print_family(const struct show *s, const char *family, const char *title, struct pt_err *err) {
  bool any = false;
  for (uint32_t i = 0; i < pt_card_columns(s->k); i++) {
    struct pt_card_cell cell;
    PT_TRY(pt_card_cell(s->k, s->row, i, &cell, err));
    if (cell.tag) {
      i += 2;
      continue;
    }
    if (strcmp(cell.family, family) != 0 || !(s->all || says_something(&cell))) continue;
    if (!any) show_heading(s, title);
    any = true;
    print_line(s, &cell);
  }
  return 0;
}

static int print_columns(const struct show *s, const char *const *names, struct pt_err *err) {
  for (; *names; names++) {
    struct pt_card_cell cell;
    PT_TRY(cell_of(s, *names, &cell, err));
    if (says_something(&cell)) print_line(s, &cell);
  }
  return 0;
}

/* Every column, family by family, and every matrix. */
static int print_everything(const struct show *s, struct pt_err *err) {
  const char *family = "";
  for (uint32_t i = 0; i < pt_card_columns(s->k); i++) {
    struct pt_card_cell cell;
    PT_TRY(pt_card_cell(s->k, s->row, i, &cell, err));
    if (cell.tag) {
      i += 2;
      continue;
    }
    if (strcmp(family, cell.family) != 0) show_heading(s, cell.family);
    family = cell.family;
    print_line(s, &cell);
  }
  if (pt_card_matrices(s->k)) show_heading(s, "matrices");
  for (uint32_t i = 0; i < pt_card_matrices(s->k); i++) {
    struct pt_card_matrix m;
    PT_TRY(pt_card_matrix(s->k, s->row, i, &m, err));
    show_entries(s, &m, UINT32_MAX);
    pt_card_matrix_free(&m);
  }
  return 0;
}

static int print_short(const struct show *s, struct pt_err *err) {
  static const char *const visits[] = {"active_days", "sessions", "view_count", "search_count", "cart_add_count", NULL};
  static const char *const devices[] = {"device_last", "device_top", "channel_first", "channel_last", NULL};
  static const char *const money[] = {"orders", "spend", "net_spend", "items", NULL};
  static const char *const rhythm[] = {"order_value_mean",
                                       "order_value_max",
                                       "days_since_purchase",
                                       "purchase_cycle_days",
                                       "discount_share",
                                       "return_rate",
                                       "first_purchase_category",
                                       "first_purchase_brand",
                                       "cart_abandoned",
                                       "p_alive",
                                       "p_purchase_90d",
                                       "expected_purchases_90d",
                                       "clv_12m",
                                       NULL};
  PT_TRY(print_family(s, "attributes", "who", err));
  show_heading(s, "when");
  PT_TRY(print_histogram(s, "hour_histogram", "0h", "24h", err));
  PT_TRY(print_histogram(s, "weekday_histogram", "Mo", "Su", err));
  PT_TRY(print_windows(s, visits, err));
  PT_TRY(print_columns(s, devices, err));
  PT_TRY(print_likes(s, err));
  show_heading(s, "value");
  PT_TRY(print_windows(s, money, err));
  return print_columns(s, rhythm, err);
}

int show_card(struct show *s, struct pt_err *err) {
  PT_TRY(print_head(s, err));
  PT_TRY(s->all ? print_everything(s, err) : print_short(s, err));
  PT_TRY(print_tags(s, "stage", true, err));
  PT_TRY(print_tags(s, "tags", false, err));
  if (!s->all) PT_TRY(print_family(s, "metrics", "metrics", err));
  if (!s->all && s->colour) {
    show_paint(s, SHOW_DIM);
    printf("\n--all: every column; --why TAG: how a tag came about; --json: for machines\n");
    show_paint(s, SHOW_PLAIN);
  }
  return 0;
}

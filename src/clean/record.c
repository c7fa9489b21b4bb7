/* A record's fields, one after the other: a value that cannot be read is dropped and counted by field, the record
 * stays. What must not go further than this stops here: id numbers (only the birth date and gender in them are taken),
 * phone numbers and addresses (only that there is one). */
#include "clean_priv.h"

#define MOST_CHILDREN 30
#define MOST_YEARS    130
#define FIRST_BIRTH   (-29219) /* 1890-01-01 */

/* Of a text over the limit, what ends between two characters. */
static struct pt_slice cut(struct pt_slice s) {
  if (s.n <= PT_MAX_RTEXT) return s;
  s.n = PT_MAX_RTEXT;
  while (s.n && ((unsigned char)s.p[s.n] & 0xC0) == 0x80) s.n--;
  return pt_slice_trim(s);
}

static bool digits(const char *p, size_t n, int64_t *out) {
  *out = 0;
  for (size_t i = 0; i < n; i++) {
    if ((unsigned)(p[i] - '0') > 9) return false;
    *out = *out * 10 + (p[i] - '0');
  }
  return n > 0;
}

static bool civil(int64_t year, int64_t month, int64_t day, int64_t *days) {
  if (month < 1 || month > 12 || day < 1 || day > 31) return false;
  *days = pt_days_from_civil(year, (int)month, (int)day);
  int64_t y;
  int m, d;
  pt_civil_from_days(*days, &y, &m, &d);
  return y == year && m == month && d == day && *days >= FIRST_BIRTH;
}

/* One or two digits from *at on. */
static bool small_number(struct pt_slice s, size_t *at, int64_t *out) {
  size_t n = 0;
  while (*at + n < s.n && n < 2 && (unsigned)(s.p[*at + n] - '0') <= 9) n++;
  bool ok = digits(s.p + *at, n, out);
  *at += n;
  return ok;
}

bool pt_clean_date(struct pt_slice s, int64_t *days) {
  int64_t year, month, day;
  if (s.n < 8 || !digits(s.p, 4, &year)) return false;
  size_t at = 4;
  char between = s.p[4];
  bool parted = between == '-' || between == '/' || between == '.';
  at += parted;
  if (!small_number(s, &at, &month)) return false;
  if (parted && (at >= s.n || s.p[at++] != between)) return false;
  if (!small_number(s, &at, &day)) return false;
  if (at < s.n && s.p[at] != 'T' && s.p[at] != ' ') return false;
  return civil(year, month, day, days);
}

bool pt_clean_id_number(struct pt_slice s, int64_t *birth, int64_t *gender) {
  static const uint8_t weight[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  static const char check[12] = "10X98765432";
  int64_t year = 0, month = 0, day = 0;
  unsigned sum = 0;
  if (s.n != 18) return false;
  for (int i = 0; i < 17; i++) {
    if ((unsigned)(s.p[i] - '0') > 9) return false;
    sum += (unsigned)(s.p[i] - '0') * weight[i];
  }
  if ((s.p[17] == 'x' ? 'X' : s.p[17]) != check[sum % 11]) return false;
  (void)(digits(s.p + 6, 4, &year) && digits(s.p + 10, 2, &month) && digits(s.p + 12, 2, &day));
  *gender = (s.p[16] - '0') % 2 ? PT_MALE : PT_FEMALE;
  return civil(year, month, day, birth);
}

/* -- a value of each kind: 1 packed, 0 says nothing, -1 cannot be read -- */

static int put_text(struct pt_cleaner *c, enum pt_rfield f, struct pt_slice text) {
  char room[PT_MAX_RTEXT + 1];
  text = cut(text);
  if (pt_rfield_info[f].kind == PT_RK_WORD) {
    if (pt_clean_unknown(text)) return 0;
    text = pt_clean_word(f, text, room);
  }
  return pt_record_put(&c->record, f, text.p, text.n) ? 1 : -1;
}

static int put_number(struct pt_cleaner *c, enum pt_rfield f, int64_t v) {
  return pt_record_put_number(&c->record, f, v) ? 1 : -1;
}

static int put_said(struct pt_cleaner *c, enum pt_rfield f, int said) {
  if (said == PT_SAYS_NOTHING) return 0;
  return said < 0 ? -1 : put_number(c, f, said);
}

static int put_count(struct pt_cleaner *c, enum pt_rfield f, struct pt_slice text) {
  int64_t v, most = f == PT_RF_AGE ? MOST_YEARS : MOST_CHILDREN;
  if (pt_decimal(text, 1, most, &v) || v < 0 || v % 10) return -1;
  return put_number(c, f, v / 10);
}

static int put_money(struct pt_cleaner *c, enum pt_rfield f, struct pt_slice text) {
  int64_t v;
  return pt_decimal(text, PT_MONEY_DIGITS, PT_MAX_MONEY, &v) || v < 0 ? -1 : put_number(c, f, v);
}

static int put_real(struct pt_cleaner *c, enum pt_rfield f, struct pt_slice text) {
  static const struct {
    enum pt_rfield f;
    int64_t least, most; /* millionths */
  } bounds[] = {{PT_RF_HEIGHT_CM, 40000000, 280000000},
                {PT_RF_LATITUDE, -90000000, 90000000},
                {PT_RF_LONGITUDE, -180000000, 180000000}};
  int64_t v;
  if (pt_decimal(text, 6, 1000, &v)) return -1;
  for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
    if (bounds[i].f == f && (v < bounds[i].least || v > bounds[i].most)) return -1;
  double real = (double)v / 1e6;
  memcpy(&v, &real, sizeof v);
  return put_number(c, f, v);
}

static int put_time(struct pt_cleaner *c, enum pt_rfield f, struct pt_slice text, bool number) {
  static const struct pt_time_format iso = {.kind = PT_TIME_ISO};
  int64_t v;
  bool bad = number || pt_time_parse(&iso, c->zone, text, &v) || v < c->conf->time_from || v >= c->conf->time_to;
  return bad ? -1 : put_number(c, f, v);
}

static int put_date(struct pt_cleaner *c, enum pt_rfield f, struct pt_slice text) {
  int64_t days;
  return pt_clean_date(text, &days) ? put_number(c, f, days) : -1;
}

static int put_id(struct pt_cleaner *c, struct pt_slice text) {
  int64_t v[2];
  if (!pt_clean_id_number(text, &v[0], &v[1])) return -1;
  return pt_record_put(&c->record, PT_RF_ID_NUMBER, v, sizeof v) ? 1 : -1;
}

/* -- lists -- */

#define MOST_PURPOSES 32

static void add_sorted(struct pt_slice *list, uint32_t *n, struct pt_slice text) {
  uint32_t i = 0;
  while (i < *n && pt_slice_cmp(list[i], text) < 0) i++;
  if (text.n == 0 || *n == MOST_PURPOSES || (i < *n && pt_slice_eq(list[i], text))) return;
  memmove(&list[i + 1], &list[i], (*n - i) * sizeof *list);
  list[i] = text;
  ++*n;
}

/* Texts between quotes, or between ',', ';' and '|'. Escapes in JSON texts are left as they stand. */
static uint32_t split_list(struct pt_slice s, struct pt_slice *list) {
  uint32_t n = 0;
  bool json = s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']';
  if (json) s = (struct pt_slice){s.p + 1, s.n - 2};
  for (const char *p = s.p, *end = s.p + s.n; p < end;) {
    const char *stop = p;
    while (stop < end && *stop != ',' && *stop != ';' && *stop != '|') stop++;
    struct pt_slice text = pt_slice_trim((struct pt_slice){p, (size_t)(stop - p)});
    if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"')
      text = pt_slice_trim((struct pt_slice){text.p + 1, text.n - 2});
    add_sorted(list, &n, text);
    p = stop + 1;
  }
  return n;
}

static int put_list(struct pt_cleaner *c, enum pt_rfield f, struct pt_slice text) {
  struct pt_slice list[MOST_PURPOSES];
  char room[PT_MAX_RTEXT];
  size_t n = 0;
  uint32_t items = split_list(text, list);
  for (uint32_t i = 0; i < items; i++) {
    if (n + list[i].n + 1 > sizeof room) return -1;
    if (n) room[n++] = ',';
    memcpy(room + n, list[i].p, list[i].n);
    n += list[i].n;
  }
  return pt_record_put(&c->record, f, room, n) ? 1 : -1; /* an empty list says something: nothing is consented to */
}

/* -- a field -- */

static int put_field(struct pt_cleaner *c, enum pt_rfield f, const struct pt_value *v) {
  if (pt_rfield_info[f].kind == PT_RK_LIST) {
    bool list = v->kind == PT_V_OTHER && v->n && *v->p == '[';
    return list || v->kind == PT_V_TEXT ? put_list(c, f, pt_slice_trim((struct pt_slice){v->p, v->n})) : -1;
  }
  char room[PT_MAX_ID];
  struct pt_slice text = pt_clean_text(v);
  if (v->kind == PT_V_OTHER) return -1;
  if (text.n == 0) return 0;
  switch (pt_rfield_info[f].kind) {
    case PT_RK_GENDER:
      return put_said(c, f, pt_clean_gender(text));
    case PT_RK_FLAG:
      return put_said(c, f, pt_clean_flag(text));
    case PT_RK_COUNT:
      return put_count(c, f, text);
    case PT_RK_DATE:
      return put_date(c, f, text);
    case PT_RK_TIME:
      return put_time(c, f, text, v->kind != PT_V_TEXT);
    case PT_RK_MONEY:
      return put_money(c, f, text);
    case PT_RK_REAL:
      return put_real(c, f, text);
    case PT_RK_ID:
      return put_id(c, text);
    case PT_RK_KEY:
      text = pt_clean_id(v, c->conf->integer_ids, room);
      return text.n > PT_MAX_ID ? -1 : put_number(c, f, (int64_t)pt_hash64(text.p, text.n));
    default:
      return put_text(c, f, text);
  }
}

/* `phone` and `email` make the field behind them known, unless that is given itself. */
static void put_there(struct pt_cleaner *c, enum pt_rfield f) {
  const struct pt_value *told = &c->in->traits[f + 1];
  bool known = told->kind > PT_V_NULL && pt_clean_text(told).n;
  if (!known && pt_clean_text(&c->in->traits[f]).n) (void)pt_record_put_number(&c->record, (unsigned)f + 1, 1);
}

static void put_kept(struct pt_cleaner *c) {
  for (uint32_t i = 0; i < c->conf->users_keep.n && i < PT_MAX_KEPT; i++) {
    const struct pt_value *v = &c->in->traits[PT_RF_COUNT + i];
    struct pt_slice text = cut(pt_clean_text(v));
    if (v->kind == PT_V_OTHER || (text.n && !pt_record_put_kept(&c->record, c->conf->users_keep.v[i], text)))
      c->unread |= UINT64_C(1) << PT_RF_KEPT;
  }
}

struct pt_slice pt_clean_record(struct pt_cleaner *c) {
  c->record.n = 0;
  c->unread = 0;
  if (!c->in->traits) return (struct pt_slice){NULL, 0};
  for (int f = 0; f < PT_RF_COUNT; f++) {
    const struct pt_value *v = &c->in->traits[f];
    if (v->kind <= PT_V_NULL) continue;
    if (pt_rfield_info[f].kind == PT_RK_THERE)
      put_there(c, (enum pt_rfield)f);
    else if (put_field(c, (enum pt_rfield)f, v) < 0)
      c->unread |= UINT64_C(1) << f;
  }
  put_kept(c);
  return (struct pt_slice){c->record.p, c->record.n};
}

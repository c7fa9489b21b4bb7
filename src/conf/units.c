/* Numbers with units: "30 min", "1.5 h", "64 KiB". Exact: digits are scaled in integers, never through a double. */
#include <portrait/decimal.h>

#include "conf_priv.h"

#define DIGITS  6 /* behind the point */
#define MAX_MS  (INT64_C(36500) * PT_DAY_MS)
#define MILLION INT64_C(1000000)

struct unit {
  const char *name;
  uint64_t size;
};

static const struct unit times[] = {{"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}, {"ms", 1}};
static const struct unit more_times[] = {{"m", 60000}, {"days", 86400000}, {"day", 86400000}, {"hours", 3600000}};
static const struct unit sizes[] = {{"GiB", 1u << 30}, {"MiB", 1u << 20}, {"KiB", 1u << 10}, {"G", 1u << 30},
                                    {"M", 1u << 20},   {"K", 1u << 10},   {"B", 1}};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The number before the unit's letters, and the letters. */
static struct pt_slice split(struct pt_slice text, struct pt_slice *unit) {
  text = pt_slice_trim(text);
  size_t n = text.n;
  while (n && ((text.p[n - 1] | 32) >= 'a' && (text.p[n - 1] | 32) <= 'z')) n--;
  *unit = (struct pt_slice){text.p + n, text.n - n};
  return pt_slice_trim((struct pt_slice){text.p, n});
}

static uint64_t size_of(struct pt_slice unit, const struct unit *units, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (pt_slice_eq(unit, pt_slice_of(units[i].name))) return units[i].size;
  return 0;
}

/* value * size, rounded half up; false where it is negative or over the limit. */
static int scaled(struct pt_slice number, uint64_t size, int64_t limit, int64_t *out) {
  int64_t value;
  int code = pt_decimal(number, DIGITS, INT64_C(4000000000000), &value);
  if (code) return code;
  if (value < 0) return -2;
  __int128 exact = ((__int128)value * size + MILLION / 2) / MILLION;
  if (exact > limit) return -2;
  *out = (int64_t)exact;
  return 0;
}

int pt_unit_ms(struct pt_slice text, uint64_t plain_ms, int64_t *ms) {
  struct pt_slice unit, number = split(text, &unit);
  uint64_t size = unit.n == 0 ? plain_ms : size_of(unit, times, COUNT(times));
  if (size == 0) size = size_of(unit, more_times, COUNT(more_times));
  return size ? scaled(number, size, MAX_MS, ms) : -1;
}

int pt_unit_ms_text(int64_t ms, struct pt_buf *out) {
  size_t i = 0;
  while (ms % (int64_t)times[i].size) i++; /* ends at 1 ms */
  return pt_buf_printf(out, "%lld %s", (long long)(ms / (int64_t)times[i].size), times[i].name);
}

int pt_unit_bytes(struct pt_slice text, uint64_t *bytes) {
  struct pt_slice unit, number = split(text, &unit);
  uint64_t size = unit.n == 0 ? 1 : size_of(unit, sizes, COUNT(sizes));
  if (size == 0) return -1;
  int64_t value;
  int code = scaled(number, size, INT64_C(1) << 50, &value);
  if (code == 0) *bytes = (uint64_t)value;
  return code;
}

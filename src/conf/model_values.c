/* Values of the models' keys: a window of whole days or `all`, and thresholds told by number or by how they are found.
 */
#include <portrait/decimal.h>

#include "conf_priv.h"

/* uint32_t: whole days, PT_DAYS_ALL for `all`. */
int pt_read_days(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  const char *text = pt_read_scalar(r, key->info.name, node);
  if (!text) return r->err->code;
  if (strcmp(text, "all") == 0) {
    *(uint32_t *)at = PT_DAYS_ALL;
    return 0;
  }
  int64_t days = pt_whole_days(text);
  if (days < 0)
    return pt_yaml_fail(r->doc, node, r->err, "%s is all or whole days from 1 to 36500, not '%.64s'", key->info.name,
                        text);
  *(uint32_t *)at = (uint32_t)days;
  return 0;
}

int pt_write_days(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  uint32_t days = *(const uint32_t *)at;
  return days == PT_DAYS_ALL ? pt_buf_printf(out, " all") : pt_buf_printf(out, " %ud", days);
}

/* struct pt_threshold: mean, median, or a number with up to 4 digits behind the point. */
int pt_read_threshold(const struct pt_reading *r, const struct pt_key *key, uint32_t node, void *at) {
  struct pt_threshold found = {.kind = PT_AT_NUMBER};
  const char *text = pt_read_scalar(r, key->info.name, node);
  if (!text) return r->err->code;
  if (strcmp(text, "mean") == 0)
    found.kind = PT_AT_MEAN;
  else if (strcmp(text, "median") == 0)
    found.kind = PT_AT_MEDIAN;
  else if (pt_decimal(pt_slice_of(text), PT_MONEY_DIGITS, INT64_C(100000000000), &found.number))
    return pt_yaml_fail(r->doc, node, r->err, "%s is mean, median or a number, not '%.64s'", key->info.name, text);
  *(struct pt_threshold *)at = found;
  return 0;
}

int pt_write_threshold(const struct pt_key *key, const void *at, struct pt_buf *out) {
  (void)key;
  const struct pt_threshold *t = at;
  if (t->kind != PT_AT_NUMBER) return pt_buf_printf(out, t->kind == PT_AT_MEAN ? " mean" : " median");
  char text[32];
  pt_money_text(t->number, text);
  return pt_buf_printf(out, " %s", text);
}

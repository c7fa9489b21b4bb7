/* Expressions as texts. Ids travel as 64-bit hashes, of which only equality is known: a comparison with a literal text
 * is turned into one with the literal's hash before the expression is compiled. And a condition `a and b` is two
 * conditions, so that one that reads a single dictionary field alone can be worked out by code. Both need tokens and
 * brackets, no more: the text has been compiled once already. */
#include <ctype.h>
#include <portrait/hash.h>
#include <stdio.h>
#include <string.h>

#include "facts/metrics.h"

#define SHOWN 100 /* bytes of an expression shown with a mistake */

enum kind { END, NAME, TEXT, NUMBER, SIGN };
struct token {
  enum kind kind;
  uint32_t at, n;
};

static bool is_word(char c) {
  return c == '_' || c == '.' || isalnum((unsigned char)c);
}

static struct token token_at(const char *text, uint32_t at) {
  while (text[at] && strchr(" \t\r\n", text[at])) at++;
  struct token t = {END, at, 0};
  const char *p = text + at;
  if (!*p) return t;
  if (*p == '\'' || *p == '"') {
    const char *end = strchr(p + 1, *p);
    t.kind = TEXT;
    t.n = end ? (uint32_t)(end - p) + 1 : (uint32_t)strlen(p);
    return t;
  }
  t.kind = isdigit((unsigned char)*p) || (*p == '.') ? NUMBER : is_word(*p) ? NAME : SIGN;
  t.n = 1;
  if (t.kind == SIGN) {
    t.n += p[1] == '=' && strchr("=!<>", *p);
    return t;
  }
  while (is_word(p[t.n]) || (t.kind == NUMBER && strchr("+-", p[t.n]) && p[t.n] && (p[t.n - 1] | 32) == 'e')) t.n++;
  return t;
}

static struct token after(const char *text, struct token t) {
  return token_at(text, t.at + t.n);
}

static bool is(const char *text, struct token t, const char *word) {
  return t.n == strlen(word) && memcmp(text + t.at, word, t.n) == 0;
}

static bool is_key(const char *text, struct token t, enum pt_field *f) {
  if (t.kind != NAME) return false;
  *f = pt_field_of((struct pt_slice){text + t.at, t.n});
  return *f != PT_F_COUNT && pt_field_info[*f].kind == PT_K_KEY;
}

static bool is_equality(const char *text, struct token t) {
  return is(text, t, "==") || is(text, t, "!=");
}

struct rewrite {
  const char *text;
  bool integer_ids;
  struct pt_buf out;
  uint32_t done; /* bytes of the text that `out` has */
};

/* The literal as cleaning writes an id: trimmed, `12.0` as `12`. */
static int put_hash(struct rewrite *r, struct token literal, enum pt_field f) {
  struct pt_slice id = pt_slice_trim((struct pt_slice){r->text + literal.at + 1, literal.n - 2});
  size_t digits = 0;
  while (digits < id.n && isdigit((unsigned char)id.p[digits])) digits++;
  if (f != PT_F_QUERY && r->integer_ids && digits && id.n == digits + 2 && memcmp(id.p + digits, ".0", 2) == 0)
    id.n = digits;
  int failed = pt_buf_add(&r->out, r->text + r->done, literal.at - r->done) ||
               pt_buf_printf(&r->out, "%lld", (long long)pt_metric_key(pt_hash64(id.p, id.n)));
  r->done = literal.at + literal.n;
  return failed;
}

/* The texts of a list behind `in`; false where something else stands in it. */
static bool put_list(struct rewrite *r, struct token open, enum pt_field f, int *failed) {
  struct token t = after(r->text, open);
  if (!is(r->text, open, "(")) return false;
  for (;;) {
    if (t.kind != TEXT) return false;
    *failed = *failed || put_hash(r, t, f);
    t = after(r->text, t);
    if (is(r->text, t, ")")) return true;
    t = after(r->text, t); /* behind the comma */
  }
}

/* The key field at `t`, with the two tokens before it. */
static bool put_use(struct rewrite *r, struct token t, struct token before, struct token first, enum pt_field f,
                    int *failed) {
  struct token next = after(r->text, t), third = after(r->text, next);
  if (is(r->text, before, "(") && is(r->text, first, "is_known") && is(r->text, next, ")")) return true;
  if (is_equality(r->text, before) && first.kind == TEXT) return true; /* written when the text was met */
  if (is_equality(r->text, next) && third.kind == TEXT) {
    *failed = *failed || put_hash(r, third, f);
    return true;
  }
  if (is(r->text, next, "not") && is(r->text, third, "in")) {
    next = third;
    third = after(r->text, next);
  }
  return is(r->text, next, "in") && put_list(r, third, f, failed);
}

static int misused(const char *text, struct token t, struct pt_err *err) {
  uint32_t from = t.at > SHOWN / 2 ? t.at - SHOWN / 2 : 0;
  return pt_fail(err, "facts", PT_CONFIG, 0,
                 "%.*s travels as a hash: it can be compared with == != in and a text, tested with is_known(), "
                 "or counted as `of` of distinct\n  %.*s\n  %*s^",
                 (int)t.n, text + t.at, SHOWN, text + from, (int)(t.at - from), "");
}

int pt_metric_hash_keys(const char *text, bool integer_ids, char **out, struct pt_err *err) {
  struct rewrite r = {.text = text, .integer_ids = integer_ids};
  struct token first = {END, 0, 0}, before = {END, 0, 0};
  int failed = 0;
  enum pt_field f;
  for (struct token t = token_at(text, 0); t.kind != END && !failed; t = after(text, t)) {
    struct token sign = after(text, t), name = after(text, sign);
    if (t.kind == TEXT && is_equality(text, sign) && is_key(text, name, &f)) failed = put_hash(&r, t, f);
    if (is_key(text, t, &f) && !put_use(&r, t, before, first, f, &failed)) {
      pt_buf_free(&r.out);
      return misused(text, t, err);
    }
    first = before;
    before = t;
  }
  if (failed || pt_buf_add(&r.out, text + r.done, strlen(text + r.done) + 1)) {
    pt_buf_free(&r.out);
    return pt_fail(err, "facts", PT_MEMORY, 0, "out of memory for an expression");
  }
  *out = r.out.p;
  return 0;
}

uint32_t pt_metric_split(char *text, uint32_t *at, uint32_t most) {
  uint32_t n = 1, depth = 0, cut[64];
  if (most > sizeof cut / sizeof *cut) most = sizeof cut / sizeof *cut;
  at[0] = 0;
  for (struct token t = token_at(text, 0); t.kind != END; t = after(text, t)) {
    if (is(text, t, "(")) depth++;
    if (is(text, t, ")")) depth--;
    if (depth || t.kind != NAME) continue;
    if (is(text, t, "or")) return 1;
    if (!is(text, t, "and") || n == most) continue;
    cut[n] = t.at;
    at[n++] = t.at + t.n;
  }
  for (uint32_t i = 1; i < n; i++) text[cut[i]] = 0;
  return n;
}

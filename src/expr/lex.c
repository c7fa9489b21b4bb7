/* Tokens, one at a time from the text itself: no list of tokens is kept. */
#include "expr_priv.h"

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static const char *skip_digits(const char *p) {
  while (is_digit(*p)) p++;
  return p;
}

static int lex_number(const char *text, struct pt_xtoken *t, struct pt_err *err) {
  const char *begin = text + t->at, *p = skip_digits(begin);
  if (*p == '.') p = skip_digits(p + 1);
  if (*p == 'e' || *p == 'E') {
    const char *q = p + 1;
    if (*q == '+' || *q == '-') q++;
    if (is_digit(*q)) p = skip_digits(q);
  }
  t->kind = PT_XT_NUMBER;
  t->n = (uint32_t)(p - begin);
  if (is_name_start(*p)) return pt_x_mistake(text, t->at, err, "a number ends in letters");
  if (!pt_x_number((struct pt_slice){begin, t->n}, &t->value))
    return pt_x_mistake(text, t->at, err, "a number too large");
  return 0;
}

static int lex_text(const char *text, struct pt_xtoken *t, struct pt_err *err) {
  const char *begin = text + t->at + 1;
  const char *end = strchr(begin, begin[-1]);
  if (!end) return pt_x_mistake(text, t->at, err, "the text that begins here has no closing %c", begin[-1]);
  t->kind = PT_XT_TEXT;
  t->n = (uint32_t)(end - begin) + 2;
  t->value = (struct pt_xvalue){.type = PT_X_TEXT, .text = {begin, (size_t)(end - begin)}};
  return 0;
}

static int lex_sign(const char *text, struct pt_xtoken *t, struct pt_err *err) {
  const char *p = text + t->at;
  t->kind = PT_XT_SIGN;
  t->n = 1;
  if ((*p == '=' || *p == '!' || *p == '<' || *p == '>') && p[1] == '=') {
    t->n = 2;
    return 0;
  }
  if (*p == '=') return pt_x_mistake(text, t->at, err, "'=' is no comparison (did you mean '=='?)");
  if (*p == '!') return pt_x_mistake(text, t->at, err, "'!' is no operator (did you mean 'not'?)");
  if (strchr("<>+-*/(),", *p)) return 0;
  return pt_x_mistake(text, t->at, err, "a character that no expression has");
}

int pt_x_lex(const char *text, uint32_t at, struct pt_xtoken *out, struct pt_err *err) {
  const char *p = text + at;
  while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r') p++;
  *out = (struct pt_xtoken){.kind = PT_XT_END, .at = (uint32_t)(p - text)};
  if (*p == 0) return 0;
  if (is_digit(*p) || (*p == '.' && is_digit(p[1]))) return lex_number(text, out, err);
  if (*p == '\'' || *p == '"') return lex_text(text, out, err);
  if (!is_name_start(*p)) return lex_sign(text, out, err);
  const char *begin = p;
  while (is_name_start(*p) || is_digit(*p) || *p == '.') p++;
  out->kind = PT_XT_NAME;
  out->n = (uint32_t)(p - begin);
  return 0;
}

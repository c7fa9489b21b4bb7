/* Ink and paper of the card. Ids and labels come from logs, and logs from anybody: what would drive a terminal, or let
 * a text look like another, is not passed on. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/show.h"

void show_paint(const struct show *s, enum show_colour colour) {
  static const char *const codes[] = {"0", "1", "2", "36", "1;36", "33", "1;7"};
  if (s->colour) printf("\033[%sm", codes[colour]);
}

/* Bytes of the character at p and its code point; 0 where there is none (overlong forms and surrogates are none). */
static unsigned character(const unsigned char *p, uint32_t *point) {
  unsigned n = *p < 0x80 ? 1 : *p >= 0xF0 ? 4 : *p >= 0xE0 ? 3 : 2;
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  *point = n == 1 ? *p : *p & (0x7Fu >> n);
  if (n > 1 && (*p < 0xC2 || *p > 0xF4)) return 0;
  for (unsigned i = 1; i < n; i++) {
    if ((p[i] & 0xC0) != 0x80) return 0;
    *point = *point << 6 | (p[i] & 0x3Fu);
  }
  if (*point < least[n] || *point > 0x10FFFF || (*point >= 0xD800 && *point < 0xE000)) return 0;
  return n;
}

/* Controls, separators of lines, and what writes from right to left or hides. */
static bool drives(uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || c == 0x061C;
}

void show_clean(const char *text, char *out, size_t cap) {
  const unsigned char *p = (const unsigned char *)text;
  size_t at = 0;
  while (*p && at + 5 < cap) {
    uint32_t point;
    unsigned n = character(p, &point);
    if (n == 0 || drives(point)) {
      out[at++] = '?';
      p += n ? n : 1;
      continue;
    }
    memcpy(out + at, p, n);
    at += n;
    p += n;
  }
  out[at] = 0;
}

void show_text(const char *text, unsigned width, bool pad) {
  char clean[1200];
  unsigned n = 0, kept = 0;
  show_clean(text, clean, sizeof clean);
  for (const char *p = clean; *p; p++) n += ((unsigned char)*p & 0xC0) != 0x80;
  unsigned most = n > width ? width - 3 : n;
  for (const char *p = clean; *p; p++) {
    kept += ((unsigned char)*p & 0xC0) != 0x80;
    if (kept > most) break;
    putchar(*p);
  }
  if (n > width) printf("...");
  for (unsigned i = n > width ? width : n; pad && i < width; i++) putchar(' ');
}

void show_heading(const struct show *s, const char *text) {
  printf("\n");
  show_paint(s, SHOW_BOLD);
  for (; *text; text++) putchar(*text >= 'a' && *text <= 'z' ? *text - 32 : *text);
  show_paint(s, SHOW_PLAIN);
  printf("\n");
}

void show_bar(const struct show *s, double share) {
  int full = share > 0 ? (int)(share < 1 ? share * 10 + .5 : 10) : 0;
  show_paint(s, SHOW_BAR);
  for (int i = 0; i < full; i++) fputs("\xe2\x96\x88", stdout);
  show_paint(s, SHOW_DIM);
  for (int i = full; i < 10; i++) fputs("\xe2\x96\x91", stdout);
  show_paint(s, SHOW_PLAIN);
}

void show_spark(const struct show *s, const struct pt_card_entry *v, uint32_t n) {
  double most = 0;
  for (uint32_t i = 0; i < n; i++)
    if (v[i].value > most) most = v[i].value;
  show_paint(s, SHOW_BAR);
  for (uint32_t i = 0; i < n; i++) {
    int height = most > 0 && v[i].value > 0 ? 1 + (int)(v[i].value / most * 6.999) : 0;
    if (height == 0)
      putchar(' ');
    else
      printf("\xe2\x96%c", 0x80 + height); /* U+2581 to U+2587 */
  }
  show_paint(s, SHOW_PLAIN);
}

void show_number(const char *text) {
  double v = strtod(text, NULL);
  if (fabs(v) < 9e15 && v == (double)(long long)v)
    show_text(text, 40, false);
  else
    printf("%.6g", v);
}

void show_value(const struct pt_card_cell *cell) {
  if (cell->absent) {
    printf("unknown");
    return;
  }
  if (cell->number)
    show_number(cell->text);
  else
    show_text(cell->text, 60, false);
  size_t n = strlen(cell->unit);
  if (n == 0 || strcmp(cell->unit, "1") == 0 || cell->unit[n - 1] == 'Z' || !cell->number) return;
  printf(" %s", cell->unit);
}

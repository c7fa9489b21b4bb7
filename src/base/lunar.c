/* One word a year: bits 0-12 the months in order (1 = 30 days), 13-16 the leap month, from 17 the days from 20 January
 * to new year. The words are new moons and solar terms worked out by the rules; tests/unit/base_lunar.c works them out
 * again. Three months have the day that almanacs print, where the new moon falls within seven minutes of midnight:
 * 1906-04-24, 1933-07-22, 2097-08-07. */
#include <portrait/lunar.h>
#include <portrait/time.h>

#define N_YEARS (PT_LUNAR_LAST - PT_LUNAR_FIRST + 1)

static const uint32_t years[N_YEARS] = {
    0x2a0ad5, 0x1716d2, 0x3c0752, 0x260ea5, 0x12b64a, 0x36064b, 0x1e0a9b, 0x0a9556, 0x30056a, 0x1a0b59, 0x045752,
    0x2a0752, 0x14db25, 0x3a0b25, 0x220a4b, 0x0cb4ab, 0x3202ad, 0x1c056b, 0x064b69, 0x2c0da9, 0x18fd92, 0x3e0e92,
    0x260d25, 0x10ba4d, 0x360a56, 0x2002b6, 0x0895b5, 0x3006d4, 0x1a0ea9, 0x065e92, 0x2a0e92, 0x14cd26, 0x38052b,
    0x220a57, 0x0cb2d6, 0x320b5a, 0x1e06d4, 0x086ec9, 0x2c0749, 0x16f693, 0x3c0a93, 0x26052b, 0x0eca5b, 0x340aad,
    0x20056a, 0x0a9b55, 0x300ba4, 0x1a0b49, 0x045a93, 0x2a0a95, 0x12f52d, 0x380536, 0x220aad, 0x0eb5aa, 0x3205b2,
    0x1c0da5, 0x087d4a, 0x2e0d4a, 0x170a95, 0x3a0a97, 0x260556, 0x10cab5, 0x340ad5, 0x2006d2, 0x0a8ea5, 0x300ea5,
    0x1a064a, 0x026c97, 0x280a9b, 0x14f55a, 0x38056a, 0x220b69, 0x0eb752, 0x340b52, 0x1c0b25, 0x06964b, 0x2c0a4b,
    0x1714ab, 0x3a02ad, 0x24056d, 0x10cb69, 0x360da9, 0x200d92, 0x0a9d25, 0x300d25, 0x1b5a4d, 0x3e0a56, 0x2802b6,
    0x12c5b5, 0x3806d5, 0x220ea9, 0x0ebe92, 0x340e92, 0x1e0d26, 0x066a56, 0x2a0a57, 0x1714d6, 0x3c035a, 0x2406d5,
    0x10b6c9, 0x360749, 0x200693, 0x08952b, 0x2e052b, 0x180a5b, 0x04555a, 0x28056a, 0x12fb55, 0x3a0ba4, 0x240b49,
    0x0cba93, 0x320a95, 0x1c052d, 0x068aad, 0x2a0ab5, 0x1735aa, 0x3c05d2, 0x260da5, 0x10dd4a, 0x360d4a, 0x200c95,
    0x0a952e, 0x2e0556, 0x180ab5, 0x0455b2, 0x2a06d2, 0x12cea5, 0x380725, 0x22064b, 0x0cac97, 0x300cab, 0x1c055a,
    0x066ad6, 0x2c0b69, 0x177752, 0x3c0b52, 0x260b25, 0x10da4b, 0x340a4b, 0x1e04ab, 0x08a55b, 0x2e05ad, 0x180b6a,
    0x045b52, 0x2a0d92, 0x14fd25, 0x380d25, 0x220a55, 0x0cb4ad, 0x3204b6, 0x1a05b5, 0x066daa, 0x2c0ec9, 0x191e92,
    0x3c0e92, 0x260d26, 0x10ca56, 0x340a57, 0x1e04d6, 0x0886d5, 0x2e0755, 0x1a0749, 0x026e93, 0x280693, 0x12f52b,
    0x38052b, 0x200a5b, 0x0cb55a, 0x32056a, 0x1c0b65, 0x06974a, 0x2c0b4a, 0x171a95, 0x3c0a95, 0x24052d, 0x0ecaad,
    0x340ab5, 0x2005aa, 0x088ba5, 0x2e0da5, 0x1a0d4a, 0x047c95, 0x280c96, 0x12f94e, 0x380556, 0x220ab5, 0x0cb5b2,
    0x3206d2, 0x1c0ea5, 0x088e4a, 0x2a068b, 0x150c97, 0x3a04ab, 0x24055b, 0x0ecad6, 0x340b6a, 0x200752, 0x0a9725,
    0x2e0b45, 0x180a8b, 0x02549b, 0x2804ab};

static uint32_t word_of(int year) {
  return years[year - PT_LUNAR_FIRST];
}

static int64_t new_year(int year) {
  return pt_days_from_civil(year, 1, 20) + (word_of(year) >> 17);
}

static bool known(int year) {
  return year >= PT_LUNAR_FIRST && year <= PT_LUNAR_LAST;
}

int pt_lunar_leap(int year) {
  return known(year) ? (int)(word_of(year) >> 13 & 15) : 0;
}

/* Month number `at` from 0 of the year: 12 months, and the leap one after its namesake. */
static int month_at(int year, int at, bool *leap) {
  int is = pt_lunar_leap(year);
  *leap = is && at == is;
  return is && at >= is ? at : at + 1;
}

static int days_at(int year, int at) {
  return 29 + (int)(word_of(year) >> at & 1);
}

bool pt_lunar_month(int year, int month, bool leap, int64_t *first, int *days) {
  int is = pt_lunar_leap(year);
  if (!known(year) || month < 1 || month > 12 || (leap && month != is)) return false;
  int at = leap || (is && month > is) ? month : month - 1;
  *first = new_year(year);
  for (int i = 0; i < at; i++) *first += days_at(year, i);
  *days = days_at(year, at);
  return true;
}

bool pt_lunar_of(int64_t days, struct pt_lunar *out) {
  int64_t y;
  int month, day;
  pt_civil_from_days(days, &y, &month, &day);
  if (y < PT_LUNAR_FIRST + 1 || y > PT_LUNAR_LAST) return false;
  int year = days < new_year((int)y) ? (int)y - 1 : (int)y, at = 0;
  int64_t left = days - new_year(year);
  for (; left >= days_at(year, at); at++) left -= days_at(year, at);
  *out = (struct pt_lunar){.year = year, .day = (int)left + 1};
  out->month = month_at(year, at, &out->leap);
  return true;
}

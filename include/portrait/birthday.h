/* Zodiac and birthdays, solar and lunar. Days are since 1970-01-01. Local. */
#ifndef PORTRAIT_BIRTHDAY_H
#define PORTRAIT_BIRTHDAY_H
#include <portrait/lunar.h>

/* Aries .. Pisces; Aries begins on 21 March. */
extern const char *const pt_zodiac_names[12];
int pt_zodiac(int month, int day);
/* Whole days from `today` to the next birthday, 0 = it is today. 29 February falls back to the 28th. */
int64_t pt_birthday(int month, int day, int64_t today);
/* The same by the lunar calendar: a leap month falls back to the plain month in years without it, day 30 to 29 in short
 * months. -1 outside the table. */
int64_t pt_birthday_lunar(const struct pt_lunar *born, int64_t today);

#endif

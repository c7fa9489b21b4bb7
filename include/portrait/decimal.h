/* Exact decimals: text to scaled integers, rounded once, half away from zero. No locale, no libc. Local. */
#ifndef PORTRAIT_DECIMAL_H
#define PORTRAIT_DECIMAL_H
#include <portrait/buf.h>

#define PT_MONEY_SCALE  10000 /* money is int64 in 1/10,000 of the currency unit */
#define PT_MONEY_DIGITS 4
#define PT_QTY_SCALE    1000 /* quantities in 1/1,000 */
#define PT_QTY_DIGITS   3

/* Decimal text ("-12.345e2", blanks trimmed) to value * 10^digits. `limit` bounds |value| before scaling.
 * 0; -1 where the text is no decimal number; -2 where |value| > limit. */
int pt_decimal(struct pt_slice text, int digits, int64_t limit, int64_t *out);
/* price (1/10,000) * quantity (1/1,000) exact, then rounded to 1/10,000. */
int64_t pt_money_times(int64_t price, int64_t quantity);
/* Shortest text that says the same money ("12.5", "-3", "0.0001") into out[32]; returns its length. */
int pt_money_text(int64_t money, char out[32]);

#endif

/* Amounts as people and old systems write them, to exact decimal text. */
#ifndef MODEL_AMOUNT_H
#define MODEL_AMOUNT_H

#include <stdbool.h>

#include "base/text.h"
#include "model/scratch.h"

/* "1,234.50" with the point '.', "1.234,50" with ','. Blanks, apostrophes and the other of the two marks may part
 * groups of three digits. False when the text is no such number: nothing is guessed. */
bool amount_read_decimal(struct slice text, char point, struct scratch *scratch, struct slice *ret);

/* The same with a currency before or after it ("$85", "85.00 AUD"), and below zero as "-5", "5-" or "(5.00)". At least
 * two digits follow the point: "85.00". */
bool amount_read_money(struct slice text, char point, struct scratch *scratch, struct slice *ret);

#endif

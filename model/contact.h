/*
 * How people are reached, as typed over the years: phone numbers, e-mail addresses, card numbers. What is recognised is
 * put in order; what is not stays as it was, for the notes.
 */
#ifndef MODEL_CONTACT_H
#define MODEL_CONTACT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "model/scratch.h"

enum { PHONES_IN_A_FIELD_MAX = 6 };

/* Splits a field at ";", ",", "/", "|", line breaks, "or" and "and", where each piece is a number of its own. A piece
 * counts as a number with at least five digits and nothing but digits, + ( ) - . blanks and an extension ("x123", "ext.
 * 12"). *ret_rest says whether the field held anything else as well. Pieces are cleaned to single blanks. */
size_t phones_split(struct slice field, struct scratch *scratch, struct slice ret[PHONES_IN_A_FIELD_MAX],
                    bool *ret_rest);

/* The first address that Cliniko takes (OpenAPI pattern of patient.email, at most 255 characters), NULL data for none.
 * *ret_rest says whether the field held anything else. */
struct slice email_find(struct slice field, bool *ret_rest);

/* A DVA file number as Cliniko takes it (OpenAPI pattern of dva_card_number); NULL data when it is none. */
struct slice dva_number(struct slice field, struct scratch *scratch);

/* Ten digits, and the digit of the person on the card when it is glued on; false when it is no Medicare number. */
bool medicare_split(struct slice field, struct scratch *scratch, struct slice *ret_number, struct slice *ret_reference);

/* "#rgb" or "#rrggbb". */
bool colour_valid(struct slice text);

#endif

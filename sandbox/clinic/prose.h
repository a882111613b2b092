/* What clinicians write: plain lines ended by '\n', to be composed into documents. */
#ifndef SANDBOX_CLINIC_PROSE_H
#define SANDBOX_CLINIC_PROSE_H

#include "base/text.h"
#include "sandbox/clinic/dice.h"

/* A note of some lines about the visit of that number. */
void prose_note(struct dice *dice, int64_t visit, struct text *out);

/* As prose_note, with a list, a table, a link, empty lines, and signs that RTF and HTML give a meaning. */
void prose_rich_note(struct dice *dice, int64_t visit, struct text *out);

/* A note in many scripts, with characters beyond the basic plane. */
void prose_scripts(int64_t visit, struct text *out);

/* A note of at least so many bytes. */
void prose_long_note(struct dice *dice, int64_t visit, size_t least, struct text *out);

void prose_letter(struct dice *dice, const char *doctor, const char *patient, const char *author, int64_t number,
                  struct text *out);
void prose_report(struct dice *dice, const char *region, int64_t number, struct text *out);

#endif

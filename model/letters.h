/*
 * Text as people write it: white space of all kinds, letter case, lengths in characters. UTF-8 throughout.
 */
#ifndef MODEL_LETTERS_H
#define MODEL_LETTERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "model/scratch.h"

enum letters_case {
    LETTERS_UPPER,
    LETTERS_LOWER,
    LETTERS_TITLE, /* "O'BRIEN-SMITH" becomes "O'Brien-Smith", "SÃO JOSÉ" "São José" */
};

/* Without white space, no-break spaces and zero-width marks at both ends. */
struct slice letters_trim(struct slice text);

struct slice letters_case(struct slice text, enum letters_case wanted, struct scratch *scratch);

/* Every run of white space, line breaks included, as one blank. */
struct slice letters_one_line(struct slice text, struct scratch *scratch);

/* Line ends as "\n", other control characters left out, ends trimmed: what Cliniko shall show. */
struct slice letters_clean(struct slice text, struct scratch *scratch);

/* Characters (code points), and the first `count` of them. */
size_t utf8_length(struct slice text);
struct slice utf8_cut(struct slice text, size_t count);

#endif

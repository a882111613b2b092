#include "source/plain_value.h"

#include "model/letters.h"

enum { NUMBER_BYTES_MAX = 64 };

static struct slice written_out(const struct value *value, struct scratch *scratch)
{
    struct text text;
    struct slice copy = {0};

    text_init(&text, NUMBER_BYTES_MAX);
    value_put(value, &text);
    copy = scratch_copy(scratch, text_slice(&text));
    text_release(&text);
    return copy;
}

struct slice plain_value(const struct profile *profile, const struct value *value, struct scratch *scratch)
{
    struct slice text = {0};

    switch (value->type) {
    case VALUE_TEXT:
    case VALUE_DECIMAL:
        text = letters_trim(value->text);
        break;
    case VALUE_INTEGER:
    case VALUE_BOOL:
    case VALUE_TIME:
        text = written_out(value, scratch);
        break;
    case VALUE_NULL:
    case VALUE_BYTES:
        break;
    }
    return profile_is_empty(profile, text) ? (struct slice){0} : text;
}

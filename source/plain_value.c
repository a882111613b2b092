#include "source/plain_value.h"

#include <inttypes.h>

#include "model/letters.h"

enum { NUMBER_BYTES_MAX = 64, BYTES_WRITTEN_MAX = 64 * 1024 };

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

/* As exports write bytes, "0x0A1B". Those that are not at hand are known to be there; what is in them is read by their
 * locator. */
static struct slice bytes_written_out(const struct value *value, struct scratch *scratch)
{
    struct text text;
    struct slice copy = {0};

    text_init(&text, BYTES_WRITTEN_MAX);
    if (value->text.data) {
        text_puts(&text, "0x");
        for (size_t i = 0; i < value->text.size; i++)
            text_printf(&text, "%02X", (unsigned char)value->text.data[i]);
    } else {
        text_printf(&text, "(%" PRId64 " bytes)", value->integer);
    }
    copy = scratch_copy(scratch, text_slice(&text));
    text_release(&text);
    return copy;
}

struct slice value_text(const struct value *value, struct scratch *scratch)
{
    switch (value->type) {
    case VALUE_TEXT:
    case VALUE_DECIMAL:
        return value->text;
    case VALUE_INTEGER:
    case VALUE_BOOL:
    case VALUE_TIME:
        return written_out(value, scratch);
    case VALUE_BYTES:
        return bytes_written_out(value, scratch);
    case VALUE_NULL:
        break;
    }
    return (struct slice){0};
}

struct slice plain_value(const struct profile *profile, const struct value *value, struct scratch *scratch)
{
    struct slice text = letters_trim(value_text(value, scratch));

    return profile_is_empty(profile, text) ? (struct slice){0} : text;
}

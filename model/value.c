#include "model/value.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

struct value value_of_text(struct slice text)
{
    return (struct value){.type = VALUE_TEXT, .text = text};
}

static void put_time(const struct value *value, struct text *out)
{
    char instant[INSTANT_SIZE];

    instant_format(value->integer, instant);
    instant[10] = ' ';
    instant[19] = '\0';
    text_puts(out, instant);
    if (value->nanoseconds)
        text_printf(out, ".%03u", value->nanoseconds / 1000000);
}

void value_put(const struct value *value, struct text *out)
{
    switch (value->type) {
    case VALUE_TEXT:
    case VALUE_DECIMAL:
        text_put(out, value->text.data, value->text.size);
        break;
    case VALUE_INTEGER:
        text_printf(out, "%" PRId64, value->integer);
        break;
    case VALUE_BOOL:
        text_putc(out, value->integer ? '1' : '0');
        break;
    case VALUE_TIME:
        put_time(value, out);
        break;
    case VALUE_NULL:
    case VALUE_BYTES:
        break;
    }
}

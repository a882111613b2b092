#include "source/bak/utf16.h"

#include "base/memory.h"
#include "source/bak/endian.h"

static bool is_high(unsigned unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low(unsigned unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

void bak_put_utf16(const uint8_t *data, size_t size_bytes, struct text *out)
{
    for (size_t i = 0; i + 1 < size_bytes; i += 2) {
        unsigned unit = bak_u16(data + i);

        if (is_high(unit) && i + 3 < size_bytes && is_low(bak_u16(data + i + 2))) {
            unit = 0x10000 + ((unit - 0xD800) << 10) + (bak_u16(data + i + 2) - 0xDC00u);
            i += 2;
        }
        text_put_codepoint(out, unit);
    }
}

char *bak_utf16_string(const uint8_t *data, size_t size_bytes)
{
    struct text text;
    size_t size = 0;

    while (size + 1 < size_bytes && bak_u16(data + size) != 0)
        size += 2;
    text_init(&text, size * 2 + 1);
    bak_put_utf16(data, size, &text);
    if (text.size == 0) {
        text_release(&text);
        return x_strdup("");
    }
    return text_take(&text);
}

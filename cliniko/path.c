#include "cliniko/path.h"

#include <string.h>

#include "base/must.h"
#include "cliniko/object.h"

static bool is_unreserved(unsigned char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

void percent_encode(struct text *out, struct slice text)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];

        if (is_unreserved(byte)) {
            text_putc(out, (char)byte);
        } else {
            char code[3] = {'%', hex[byte >> 4], hex[byte & 15]};

            text_put(out, code, sizeof code);
        }
    }
}

static void put_separator(struct text *path)
{
    text_putc(path, strchr(text_string(path), '?') ? '&' : '?');
}

void path_put_object(struct text *path, const char *collection, const char *id, const char *verb)
{
    must(object_id_valid(id));
    text_puts(path, collection);
    text_putc(path, '/');
    text_puts(path, id);
    if (verb) {
        text_putc(path, '/');
        text_puts(path, verb);
    }
}

void path_put_filter(struct text *path, const char *field, const char *operator, const char * value)
{
    put_separator(path);
    text_puts(path, "q%5B%5D=");
    percent_encode(path, slice_of(field));
    text_puts(path, "%3A");
    percent_encode(path, slice_of(operator));
    percent_encode(path, slice_of(value));
}

void path_put_parameter(struct text *path, const char *name, const char *value)
{
    put_separator(path);
    percent_encode(path, slice_of(name));
    text_putc(path, '=');
    percent_encode(path, slice_of(value));
}

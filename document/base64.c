#include "document/base64.h"

#include <stdbool.h>
#include <strings.h>

static int base64_value(char byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 26;
    if (byte >= '0' && byte <= '9')
        return byte - '0' + 52;
    if (byte == '+' || byte == '-')
        return 62;
    return byte == '/' || byte == '_' ? 63 : -1;
}

size_t base64_decode(const char *text, unsigned char *out)
{
    unsigned bits = 0;
    unsigned count = 0;
    size_t size = 0;

    for (; *text && *text != '='; text++) {
        int value = base64_value(*text);

        if (*text == '%' && text[1] && text[2]) {
            /* %2B and %2F are letters, %0A and so on are blanks */
            value = strncasecmp(text, "%2B", 3) == 0 ? 62 : strncasecmp(text, "%2F", 3) == 0 ? 63 : -1;
            if (strncasecmp(text, "%3D", 3) == 0)
                break;
            text += 2;
        }
        if (value < 0)
            continue;
        bits = bits << 6 | (unsigned)value;
        if (++count % 4 == 0) {
            out[size++] = (unsigned char)(bits >> 16);
            out[size++] = (unsigned char)(bits >> 8);
            out[size++] = (unsigned char)bits;
        }
    }
    if (count % 4 == 2)
        out[size++] = (unsigned char)(bits >> 4);
    if (count % 4 == 3) {
        out[size++] = (unsigned char)(bits >> 10);
        out[size++] = (unsigned char)(bits >> 2);
    }
    return size;
}

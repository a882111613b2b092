#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "document/html_parts.h"
#include "document/plain.h"

enum {
    HEAD_BYTES = 4096, /* a declaration stands near the beginning */
    NAME_SIZE = 40,
};

/* Names that browsers take for Windows code pages, and those that ICU takes for something narrower. */
static const struct {
    const char *said;
    const char *meant;
} aliases[] = {
    {"iso-8859-1", "windows-1252"},
    {"latin1", "windows-1252"},
    {"us-ascii", "windows-1252"},
    {"ascii", "windows-1252"},
    {"iso-8859-9", "windows-1254"},
    {"iso-8859-11", "windows-874"},
    {"tis-620", "windows-874"},
    {"gb2312", "windows-936"},
    {"gbk", "windows-936"},
    {"shift_jis", "windows-31j"},
    {"ks_c_5601-1987", "windows-949"},
    {"euc-kr", "windows-949"},
    {"big5", "windows-950"},
    {"unicode", "UTF-8"},
    {"utf-16", "UTF-8"},
};

static size_t name_size(const char *start, const char *end)
{
    size_t size = 0;

    while (start + size < end && (isalnum((unsigned char)start[size]) || strchr("-_:.", start[size])))
        size++;
    return size;
}

/* What follows "charset=" in the head, or "encoding=" in an XML declaration. */
static bool find_declared(struct slice bytes, char name[static NAME_SIZE])
{
    const char *end = bytes.data + (bytes.size < HEAD_BYTES ? bytes.size : HEAD_BYTES);

    for (const char *at = bytes.data; at + 9 < end; at++) {
        bool is_meta = strncasecmp(at, "charset", 7) == 0;
        const char *value = at + (is_meta ? 7 : 8);
        size_t size = 0;

        if (!is_meta && strncasecmp(at, "encoding=", 9) != 0)
            continue;
        while (value < end && (isspace((unsigned char)*value) || strchr("=\"'", *value)))
            value++;
        size = name_size(value, end);
        if (size == 0 || size >= NAME_SIZE)
            continue;
        memcpy(name, value, size);
        name[size] = '\0';
        return true;
    }
    return false;
}

void html_put_utf8(struct slice bytes, struct text *out)
{
    char name[NAME_SIZE] = "";
    const char *utf16 = NULL;
    size_t mark = 0;

    if (plain_is_utf16(bytes, &utf16, &mark) || (bytes.size >= 3 && memcmp(bytes.data, "\xEF\xBB\xBF", 3) == 0) ||
        !find_declared(bytes, name)) {
        plain_put_utf8(bytes, out);
        return;
    }
    for (size_t i = 0; i < array_length(aliases); i++)
        if (strcasecmp(name, aliases[i].said) == 0)
            memcpy(name, aliases[i].meant, strlen(aliases[i].meant) + 1);
    /* A text that came through another program may be UTF-8 by now, whatever its head says. */
    if (utf8_valid(bytes.data, bytes.size) || strcasecmp(name, "utf-8") == 0 || !plain_put_encoded(name, bytes, out))
        plain_put_utf8(bytes, out);
}

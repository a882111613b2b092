#include "base/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "base/text.h"

/* The database and messages take only UTF-8, and a fault may quote any bytes or be cut inside a character: what does
 * not fit at the end goes, other bytes that are no character become '?'. */
static void make_utf8(char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        size_t size = 1;

        while (size <= 4 && size <= left && !utf8_valid(text, size))
            size++;
        if (size > left && (unsigned char)text[0] >= 0xC0) {
            text[0] = '\0';
            return;
        }
        if (size > 4 || size > left) {
            text[0] = '?';
            size = 1;
        }
        text += size;
        left -= size;
    }
}

PRINTF_LIKE(4, 0)
static void fill(struct fault *fault, enum fault_kind kind, int code, const char *format, va_list arguments)
{
    char text[FAULT_TEXT_SIZE];

    /* Formatted aside first: the arguments may point into the fault itself. */
    vsnprintf(text, sizeof text, format, arguments);
    make_utf8(text);
    *fault = (struct fault){.kind = kind, .code = code};
    memcpy(fault->text, text, sizeof text);
}

bool fault_set(struct fault *fault, enum fault_kind kind, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fill(fault, kind, 0, format, arguments);
    va_end(arguments);
    return false;
}

bool fault_errno(struct fault *fault, enum fault_kind kind, const char *format, ...)
{
    int code = errno;
    va_list arguments;
    size_t used = 0;

    va_start(arguments, format);
    fill(fault, kind, code, format, arguments);
    va_end(arguments);
    used = strlen(fault->text);
    snprintf(fault->text + used, sizeof fault->text - used, ": %s.", strerror(code));
    make_utf8(fault->text);
    errno = code;
    return false;
}

bool fault_prefix(struct fault *fault, const char *format, ...)
{
    char context[FAULT_TEXT_SIZE];
    char joined[2 * FAULT_TEXT_SIZE + 2];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(context, sizeof context, format, arguments);
    va_end(arguments);
    snprintf(joined, sizeof joined, "%s: %s", context, fault->text);
    memcpy(fault->text, joined, sizeof fault->text - 1);
    fault->text[sizeof fault->text - 1] = '\0';
    make_utf8(fault->text);
    return false;
}

const char *fault_kind_name(enum fault_kind kind)
{
    switch (kind) {
    case FAULT_NONE:
        return "none";
    case FAULT_RETRY:
        return "retry";
    case FAULT_REFUSED:
        return "refused";
    case FAULT_DENIED:
        return "denied";
    case FAULT_IN_DOUBT:
        return "in_doubt";
    case FAULT_GONE:
        return "gone";
    case FAULT_BAD_INPUT:
        return "bad_input";
    case FAULT_INTERNAL:
        return "internal";
    }
    must(!"a fault kind outside its enum");
    return "";
}

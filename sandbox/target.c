#include "sandbox/target.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"

static int hex(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit = (char)tolower((unsigned char)digit);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Decodes in place. A percent sign that starts no escape stays as it is. */
static void decode(char *text, bool plus_is_blank)
{
    char *to = text;

    for (const char *from = text; *from; from++) {
        if (*from == '%' && hex(from[1]) >= 0 && hex(from[2]) >= 0 && (from[1] != '0' || from[2] != '0')) {
            *to++ = (char)(hex(from[1]) * 16 + hex(from[2]));
            from += 2;
        } else if (*from == '+' && plus_is_blank) {
            *to++ = ' ';
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

static bool parse_path(char *path, struct target *target)
{
    char *rest = path;

    while (rest) {
        char *segment = rest;
        char *slash = strchr(rest, '/');

        rest = slash ? slash + 1 : NULL;
        if (slash)
            *slash = '\0';
        if (!*segment)
            continue;
        if (target->segment_count == TARGET_SEGMENTS_MAX)
            return false;
        decode(segment, false);
        target->segments[target->segment_count++] = segment;
    }
    return true;
}

static bool parse_query(char *query, struct target *target)
{
    char *rest = query;

    while (rest && *rest) {
        char *name = rest;
        char *value = NULL;
        char *end = strchr(rest, '&');

        rest = end ? end + 1 : NULL;
        if (end)
            *end = '\0';
        if (!*name)
            continue;
        if (target->parameter_count == TARGET_PARAMETERS_MAX)
            return false;
        value = strchr(name, '=');
        if (value)
            *value++ = '\0';
        else
            value = name + strlen(name);
        decode(name, true);
        decode(value, true);
        target->parameters[target->parameter_count++] = (struct parameter){name, value};
    }
    return true;
}

bool target_parse(const char *raw, struct target *ret)
{
    char *query = NULL;

    ret->memory = x_strdup(raw);
    ret->segment_count = 0;
    ret->parameter_count = 0;
    query = strchr(ret->memory, '?');
    if (query)
        *query++ = '\0';
    return parse_path(ret->memory, ret) && parse_query(query, ret);
}

void target_release(struct target *target)
{
    string_free(&target->memory);
    target->segment_count = 0;
    target->parameter_count = 0;
}

const char *target_parameter(const struct target *target, const char *name)
{
    for (int i = 0; i < target->parameter_count; i++)
        if (strcmp(target->parameters[i].name, name) == 0)
            return target->parameters[i].value;
    return NULL;
}

void target_percent_encode(struct text *out, const char *value)
{
    static const char digits[] = "0123456789ABCDEF";

    for (; *value; value++) {
        unsigned char byte = (unsigned char)*value;

        if (isalnum(byte) || strchr("-._~", byte)) {
            text_putc(out, (char)byte);
        } else {
            text_putc(out, '%');
            text_putc(out, digits[byte >> 4]);
            text_putc(out, digits[byte & 15]);
        }
    }
}

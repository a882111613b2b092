#include "model/shape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

char *path_member(const char *where, const char *name)
{
    return x_sprintf("%s%s%.60s", where, where[0] ? "." : "", name);
}

char *path_element(const char *where, size_t index)
{
    return x_sprintf("%s[%zu]", where, index);
}

static bool is_listed(const char *names, const char *name)
{
    size_t length = strlen(name);
    const char *at = length > 0 && !strchr(name, ' ') ? strstr(names, name) : NULL;

    for (; at; at = strstr(at + 1, name))
        if ((at == names || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

bool shape_object(const struct json *json, const char *where, const char *names, struct fault *fault)
{
    const char *shown = where[0] ? where : "profile";

    if (!json_is_object(json))
        return fault_set(fault, FAULT_BAD_INPUT, "%s: not an object", shown);
    for (const struct json *member = json_first(json); member; member = json_next(member)) {
        if (!is_listed(names, json_name(member)))
            return fault_set(fault, FAULT_BAD_INPUT, "%s: no member '%.40s' is known here; there are: %s", shown,
                             json_name(member), names);
        if (json_member(json, json_name(member)) != member)
            return fault_set(fault, FAULT_BAD_INPUT, "%s: member '%.40s' occurs twice", shown, json_name(member));
    }
    return true;
}

bool shape_text(const struct json *json, const char *where, const char **ret, struct fault *fault)
{
    if (!json_is_text(json))
        return fault_set(fault, FAULT_BAD_INPUT, "%s: %s", where, json ? "not a text" : "missing");
    *ret = json_text(json, "");
    return true;
}

bool shape_optional_text(const struct json *json, const char *where, char **ret, struct fault *fault)
{
    const char *text = NULL;

    if (!json)
        return true;
    if (!shape_text(json, where, &text, fault))
        return false;
    *ret = x_strdup(text);
    return true;
}

static bool fill_texts(const struct json *json, const char *where, char **list, struct fault *fault)
{
    size_t at = 0;

    for (const struct json *item = json_first(json); item; item = json_next(item), at++) {
        if (!json_is_text(item))
            return fault_set(fault, FAULT_BAD_INPUT, "%s[%zu]: not a text", where, at);
        list[at] = x_strdup(json_text(item, ""));
    }
    return true;
}

bool shape_texts(const struct json *json, const char *where, char ***ret, struct fault *fault)
{
    scoped(texts_free) char **list = x_alloc_array(json_count(json) + 2, sizeof(char *));

    if (json_is_text(json))
        list[0] = x_strdup(json_text(json, ""));
    else if (!json_is_array(json) || json_count(json) == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: %s", where,
                         json ? "neither a text nor a list of texts" : "missing");
    else if (!fill_texts(json, where, list, fault))
        return false;
    *ret = steal(list);
    return true;
}

bool shape_optional_bool(const struct json *json, const char *where, bool *ret, struct fault *fault)
{
    if (json && !json_is_bool(json))
        return fault_set(fault, FAULT_BAD_INPUT, "%s: neither true nor false", where);
    *ret = json_bool(json, *ret);
    return true;
}

bool shape_integer(const struct json *json, const char *where, long least, long greatest, long *ret,
                   struct fault *fault)
{
    double value = json_number(json, NAN);

    if (!(value >= (double)least && value <= (double)greatest) || value != floor(value))
        return fault_set(fault, FAULT_BAD_INPUT, "%s: not a whole number from %ld to %ld", where, least, greatest);
    *ret = (long)value;
    return true;
}

void texts_free(char ***texts)
{
    for (char **text = *texts; text && *text; text++)
        free(*text);
    free(*texts);
    *texts = NULL;
}

size_t texts_count(char *const *texts)
{
    size_t count = 0;

    while (texts && texts[count])
        count++;
    return count;
}

#include "source/header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "model/letters.h"

enum { LISTED_BYTES_MAX = 200 };

/* Names that differ only in case are different columns, so equal means the same bytes. */
static size_t earlier_of_that_name(const struct header *header, size_t column)
{
    size_t count = 0;

    for (size_t i = 0; i < column; i++)
        count += strcmp(header->plain[i], header->plain[column]) == 0;
    return count;
}

static void name_column(struct header *header, size_t column)
{
    size_t earlier = earlier_of_that_name(header, column);

    if (header->plain[column][0] == '\0')
        header->names[column] = x_sprintf("#%zu", column + 1);
    else if (earlier)
        header->names[column] = x_sprintf("%s#%zu", header->plain[column], earlier + 1);
    else
        header->names[column] = x_strdup(header->plain[column]);
}

bool header_read(const struct value *values, size_t count, struct header *ret, struct fault *fault)
{
    scoped(scratch_destroy) struct scratch *scratch = scratch_new();

    while (count && letters_trim(values[count - 1].text).size == 0)
        count--;
    if (count == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "the header row names no column");
    *ret = (struct header){
        .names = x_alloc_array(count, sizeof(char *)),
        .plain = x_alloc_array(count, sizeof(char *)),
        .count = count,
    };
    for (size_t i = 0; i < count; i++) {
        struct slice name = letters_one_line(values[i].text, scratch);

        ret->plain[i] = x_strndup(name.data, name.size);
        name_column(ret, i);
    }
    return true;
}

void header_release(struct header *header)
{
    for (size_t i = 0; i < header->count; i++) {
        free(header->names[i]);
        free(header->plain[i]);
    }
    free(header->names);
    free(header->plain);
    *header = (struct header){0};
}

static bool fault_missing(const struct header *header, const char *origin, const char *name, struct fault *fault)
{
    struct text known;

    text_init(&known, LISTED_BYTES_MAX);
    for (size_t i = 0; i < header->count; i++)
        text_printf(&known, "%s%s", i ? ", " : "", header->names[i]);
    fault_set(fault, FAULT_BAD_INPUT, "%s has no column '%s'; its columns are: %s%s", origin, name, text_string(&known),
              known.overflowed ? " …" : "");
    text_release(&known);
    return false;
}

static bool fault_repeated(const char *origin, const char *name, struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT, "%s has column '%s' more than once: say '%s#1' or '%s#2' in the profile",
                     origin, name, name, name);
}

/* "name#1" is the first of several; the others have their number in their name. */
static bool is_first_of(const char *asked, const char *plain)
{
    size_t length = strlen(plain);

    return strncmp(asked, plain, length) == 0 && strcmp(asked + length, "#1") == 0;
}

bool header_find(const struct header *header, const char *origin, const char *name, size_t *ret, struct fault *fault)
{
    size_t found = header->count;

    for (size_t i = 0; i < header->count; i++) {
        if (strcmp(header->names[i], name) != 0 && !is_first_of(name, header->names[i]))
            continue;
        for (size_t k = i + 1; k < header->count && strcmp(header->names[i], name) == 0; k++)
            if (strcmp(header->plain[k], name) == 0)
                return fault_repeated(origin, name, fault);
        *ret = i;
        return true;
    }
    for (size_t i = 0; i < header->count; i++) {
        if (strcasecmp(header->names[i], name) != 0)
            continue;
        if (found < header->count)
            return fault_repeated(origin, name, fault);
        found = i;
    }
    if (found == header->count)
        return fault_missing(header, origin, name, fault);
    *ret = found;
    return true;
}

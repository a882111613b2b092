#include "sandbox/options.h"

#include <string.h>

#include "base/memory.h"

static int find(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

bool unknown_related_parse(const char *name, enum unknown_related *ret)
{
    static const char *const names[] = {"422", "404", "500"};
    int place = find(names, array_length(names), name);

    if (place >= 0)
        *ret = (enum unknown_related)place;
    return place >= 0;
}

bool archived_parent_parse(const char *name, enum archived_parent *ret)
{
    static const char *const names[] = {"422", "404", "allowed"};
    int place = find(names, array_length(names), name);

    if (place >= 0)
        *ret = (enum archived_parent)place;
    return place >= 0;
}

#include "cli/search.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

static char *if_runs(char *path)
{
    if (access(path, X_OK) == 0)
        return path;
    string_free(&path);
    return NULL;
}

char *search_path(const char *name)
{
    const char *start = getenv("PATH");

    while (start && *start) {
        size_t size = strcspn(start, ":");
        char *found = size ? if_runs(x_sprintf("%.*s/%s", (int)size, start, name)) : NULL;

        if (found)
            return found;
        start += size + (start[size] == ':');
    }
    return NULL;
}

/* The folder of the running program; "" when it cannot be told. */
static void own_folder(char ret[PATH_MAX])
{
    ssize_t size = readlink("/proc/self/exe", ret, PATH_MAX - 1);
    char *slash = NULL;

    ret[size > 0 ? size : 0] = '\0';
    slash = strrchr(ret, '/');
    if (slash)
        *slash = '\0';
}

bool search_program(const char *folder, const char *sibling, const char *name, char **ret, struct fault *fault)
{
    char own[PATH_MAX];
    char *found = NULL;

    own_folder(own);
    if (folder)
        found = if_runs(x_sprintf("%s/%s", folder, name));
    else if (own[0])
        found = if_runs(x_sprintf("%s/%s", own, name));
    if (!found && !folder && own[0])
        found = if_runs(x_sprintf("%s/../%s/%s", own, sibling, name));
    if (!found && !folder)
        found = search_path(name);
    if (!found)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "The program %s was found neither in %s nor in PATH. Install it beside this one.", name,
                         folder ? folder : own);
    *ret = found;
    return true;
}

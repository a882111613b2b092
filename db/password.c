#include "db/password.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

bool password_read(const char *path, char **ret, struct fault *fault)
{
    char line[512] = "";
    scoped(file_close) FILE *file = NULL;

    *ret = NULL;
    if (!path || !path[0])
        return true;
    file = fopen(path, "r");
    if (!file)
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot read the password of PostgreSQL from %s", path);
    if (!fgets(line, sizeof line, file) || strlen(line) == sizeof line - 1)
        line[0] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    if (!line[0])
        return fault_set(
            fault, FAULT_BAD_INPUT,
            "%s does not hold the password of PostgreSQL: its first line is empty, or longer than %zu bytes.", path,
            sizeof line - 2);
    *ret = x_strdup(line);
    explicit_bzero(line, sizeof line);
    return true;
}

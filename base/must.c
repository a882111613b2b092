#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>

void must_failed(const char *condition, const char *file, int line, const char *function)
{
    fprintf(stderr, "bug: %s:%d: %s: broken rule: %s\n", file, line, function, condition);
    abort();
}

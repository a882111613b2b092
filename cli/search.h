/* Where programs are: beside the running one, in the build tree's folders, or in PATH. */
#ifndef CLI_SEARCH_H
#define CLI_SEARCH_H

#include <stdbool.h>

#include "base/fault.h"

/* The path of a program in PATH, NULL when there is none; the caller frees it with string_free. */
char *search_path(const char *name);

/* The path of a program of ours, such as handover-worker: in `folder` when that is given, else beside the running
 * program, in its sibling folder of a build tree (`../workers`), or in PATH. FAULT_BAD_INPUT when it is nowhere. */
MUST_CHECK bool search_program(const char *folder, const char *sibling, const char *name, char **ret,
                               struct fault *fault);

#endif

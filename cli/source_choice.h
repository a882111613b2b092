/* What the flags of a command say about its source: which of several backups is meant, and where one is unpacked. */
#ifndef CLI_SOURCE_CHOICE_H
#define CLI_SOURCE_CHOICE_H

#include "base/config.h"

extern const struct setting source_choice_rows[];

/* The path with what the flags choose behind it, as source_open takes it; owned by the caller. */
char *source_choice_path(const char *given);

#endif

/* The files of db/migrations/, in the program (made by the build). */
#ifndef DB_MIGRATIONS_H
#define DB_MIGRATIONS_H

#include "base/embedded_text.h"

extern const struct embedded_text migrations[];

#endif

/* Which page of a list is wanted, and the links to it and its neighbours (API reference 3.1). */
#ifndef SANDBOX_PAGES_H
#define SANDBOX_PAGES_H

#include <stdint.h>

#include "base/json.h"
#include "sandbox/target.h"

enum { PAGES_DEFAULT = 50, PAGES_MOST = 100 };

struct pages {
    int64_t page;     /* from 1 */
    int64_t per_page; /* 1 to 100 */
};

/* Page 0 and anything that is no number is page 1; per_page above 100 is 100. */
struct pages pages_parse(const struct target *target);

/* The members total_entries and links, into an open object. All other parameters are kept in the links. */
void pages_write(const struct pages *pages, const struct target *target, const char *base, uint64_t total,
                 struct json_writer *writer);

#endif

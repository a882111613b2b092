/*
 * The backup files that belong together, and the set that is read from them: a backup may be striped over several
 * files, and each alone is worth nothing. Format, section 2.4.
 */
#ifndef SOURCE_BAK_MEMBERS_H
#define SOURCE_BAK_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "source/bak/container.h"

struct bak_members {
    struct bak_file **files; /* in the order of their number in the set */
    struct bak_container **containers;
    size_t count;
    size_t set; /* index of the one that is read, in each container */
};

/* Opens the files, in any order. `set`: number as the set says it; 0 for the newest full one. FAULT_BAD_INPUT when one
 * is no backup, is missing, given twice, of another backup, or cut off before the end of the set. */
MUST_CHECK bool bak_members_open(const struct bak_input *inputs, size_t count, unsigned set, struct bak_members *ret,
                                 struct fault *fault);
void bak_members_release(struct bak_members *members);

const struct bak_set *bak_members_set(const struct bak_members *members, size_t member);

#endif

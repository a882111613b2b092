/* Unavailable blocks: time in which a practitioner takes no bookings (API reference 5.15). */
#ifndef SANDBOX_UNAVAILABLE_BLOCKS_H
#define SANDBOX_UNAVAILABLE_BLOCKS_H

#include "sandbox/schema.h"

enum block_field {
    BLOCK_ENDS_AT = RECORD_OWN,
    BLOCK_NOTES,
    BLOCK_REPEAT_RULE,
    BLOCK_STARTS_AT,
    BLOCK_BUSINESS,
    BLOCK_PRACTITIONER,
    BLOCK_REPEATED_FROM,
    BLOCK_CONFLICTS,
    BLOCK_REPEATS,
    BLOCK_FIELDS,
};

#endif

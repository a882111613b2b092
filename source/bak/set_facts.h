/*
 * What a backup set says of itself in its MQCI stream: one SCIN record, an SFGI for each filegroup, an SFIN for each
 * file. Format, section 2.7.
 */
#ifndef SOURCE_BAK_SET_FACTS_H
#define SOURCE_BAK_SET_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source/bak/container.h"

/* Seconds on the server's wall from the container's 5 bytes, or BAK_TIME_UNSET. Format, section 2.5. */
int64_t bak_time_at(const uint8_t *at);

/* Reads the content of an MQCI stream into the set. `final`: it is the one of the MSLS block, which wins over what the
 * MSCI block said, except that the pages of the first pass are those of MSCI. False, with a phrase, when it is damaged:
 * the set is then unchanged. */
MUST_CHECK bool bak_set_facts_read(const uint8_t *data, size_t size, bool final, struct bak_set *set,
                                   const char **ret_why);

void bak_set_release(struct bak_set *set);

#endif

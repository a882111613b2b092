/*
 * Wall-clock times of a place to UTC, by ICU's time-zone data. A time that daylight saving skipped is moved forward by
 * the length of the gap; a time that occurs twice is taken as the first, the one in daylight time. Both are reported.
 */
#ifndef MODEL_ZONE_H
#define MODEL_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

struct zones; /* the zones met so far; one owner, no sharing between threads */
struct zone;

enum wall_kind {
    WALL_PLAIN,
    WALL_SKIPPED, /* the clock went from before it to after it: moved forward */
    WALL_TWICE,   /* the clock was put back over it: the first is taken */
};

struct zones *zones_new(void);
void zones_destroy(struct zones **zones);

/* A zone by its IANA name ("Australia/Perth") or its Windows name ("W. Australia Standard Time"). Names that ICU does
 * not know are refused; offsets such as GMT+10 too, as they know no daylight saving. Borrowed from the set. */
MUST_CHECK bool zones_find(struct zones *zones, const char *name, struct zone **ret, struct fault *fault);

/* The IANA name of a zone. */
const char *zone_name(const struct zone *zone);

/* Whether the clocks on the walls of both show the same all through a span of UTC seconds, its ends included. */
bool zones_agree(struct zone *one, struct zone *other, int64_t from, int64_t to);

/* Wall-clock seconds since 1970-01-01T00:00:00 on that wall, to UTC seconds. */
int64_t zone_to_utc(struct zone *zone, int64_t wall_seconds, enum wall_kind *ret_kind);

#endif

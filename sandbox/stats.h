/*
 * What the sandbox has seen: requests by route and status, how many in any minute of the clock and in any 60 seconds,
 * and how many records were made. Read by tests and benches through /__stats.
 */
#ifndef SANDBOX_STATS_H
#define SANDBOX_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "sandbox/window.h"

/* One stream of requests: one user's, or all. Times are UTC milliseconds. */
struct traffic {
    uint64_t requests;
    uint64_t refused; /* answered 429 */
    int64_t first_ms; /* 0 before the first */
    int64_t last_ms;
    struct window sliding;
    uint64_t most_sliding;
    int64_t minute; /* minutes since 1970 */
    uint64_t minute_count;
    uint64_t most_fixed;
};

void traffic_add(struct traffic *traffic, int64_t now_ms);
void traffic_release(struct traffic *traffic);
void traffic_write(const struct traffic *traffic, struct json_writer *writer); /* members of an open object */

enum { STATS_STATUS_MAX = 600, STATS_MINUTES_MAX = 1440, STATS_ROUTES_MAX = 192, STATS_RESOURCES_MAX = 32 };

struct stats_minute {
    int64_t minute;
    uint64_t count;
};

struct stats {
    uint32_t counts[STATS_ROUTES_MAX][STATS_STATUS_MAX]; /* status 0: closed without an answer */
    uint64_t creates[STATS_RESOURCES_MAX];
    struct traffic all;
    struct stats_minute minutes[STATS_MINUTES_MAX];
    size_t minute_count;
};

void stats_arrived(struct stats *stats, int64_t now_ms);
void stats_answered(struct stats *stats, int route, int status);
void stats_release(struct stats *stats);

#endif

#include "sandbox/stats.h"

#include <string.h>

#include "base/must.h"

void traffic_add(struct traffic *traffic, int64_t now_ms)
{
    uint64_t total = 0;

    traffic->requests++;
    if (!traffic->first_ms)
        traffic->first_ms = now_ms;
    traffic->last_ms = now_ms;
    window_add(&traffic->sliding, now_ms);
    total = window_total(&traffic->sliding, now_ms);
    if (total > traffic->most_sliding)
        traffic->most_sliding = total;
    if (now_ms / WINDOW_MS != traffic->minute) {
        traffic->minute = now_ms / WINDOW_MS;
        traffic->minute_count = 0;
    }
    traffic->minute_count++;
    if (traffic->minute_count > traffic->most_fixed)
        traffic->most_fixed = traffic->minute_count;
}

void traffic_release(struct traffic *traffic)
{
    window_release(&traffic->sliding);
    *traffic = (struct traffic){0};
}

void traffic_write(const struct traffic *traffic, struct json_writer *writer)
{
    json_member_integer(writer, "requests", (int64_t)traffic->requests);
    json_member_integer(writer, "answered_429", (int64_t)traffic->refused);
    json_member_integer(writer, "max_in_fixed_minute", (int64_t)traffic->most_fixed);
    json_member_integer(writer, "max_in_sliding_minute", (int64_t)traffic->most_sliding);
    json_member_integer(writer, "first_request_ms", traffic->first_ms);
    json_member_integer(writer, "last_request_ms", traffic->last_ms);
}

void stats_arrived(struct stats *stats, int64_t now_ms)
{
    struct stats_minute *last = stats->minute_count ? &stats->minutes[stats->minute_count - 1] : NULL;

    traffic_add(&stats->all, now_ms);
    if (last && last->minute == now_ms / WINDOW_MS) {
        last->count++;
        return;
    }
    if (stats->minute_count == STATS_MINUTES_MAX) {
        memmove(stats->minutes, stats->minutes + 1, (STATS_MINUTES_MAX - 1) * sizeof stats->minutes[0]);
        stats->minute_count--;
    }
    stats->minutes[stats->minute_count++] = (struct stats_minute){now_ms / WINDOW_MS, 1};
}

void stats_answered(struct stats *stats, int route, int status)
{
    must(route >= 0 && route < STATS_ROUTES_MAX);
    must(status >= 0 && status < STATS_STATUS_MAX);
    stats->counts[route][status]++;
}

void stats_release(struct stats *stats)
{
    traffic_release(&stats->all);
    memset(stats, 0, sizeof *stats);
}

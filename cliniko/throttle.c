#include "cliniko/throttle.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/number.h"
#include "cliniko/client.h"

enum { BACKOFF_FIRST_MS = 2000, BACKOFF_LAST_MS = 60000 };

int64_t throttle_wait_ms(struct slice reset, struct slice date, int jitter_permille)
{
    struct fault fault;
    int64_t reset_s = 0;
    int64_t now_s = 0;

    if (!number_parse(slice_trim(reset), 0, INT64_MAX, &reset_s, &fault) ||
        !http_date_parse(slice_trim(date), &now_s, &fault))
        return THROTTLE_UNKNOWN_MS;
    if (reset_s <= now_s || reset_s > now_s + THROTTLE_RESET_FURTHEST_S)
        return THROTTLE_UNKNOWN_MS;
    return (reset_s - now_s + 1) * 1000 + (int64_t)THROTTLE_JITTER_MS * jitter_permille / 1000;
}

int64_t cliniko_backoff_ms(int attempt, int jitter_permille)
{
    int64_t pause_ms = BACKOFF_FIRST_MS;

    for (int i = 1; i < attempt && pause_ms < BACKOFF_LAST_MS; i++)
        pause_ms *= 2;
    if (pause_ms > BACKOFF_LAST_MS)
        pause_ms = BACKOFF_LAST_MS;
    return pause_ms / 2 + pause_ms / 2 * jitter_permille / 1000;
}

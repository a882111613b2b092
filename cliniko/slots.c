#include "cliniko/slots.h"

#include <string.h>

static void drop_first_lot(struct slots *slots)
{
    slots->count--;
    memmove(slots->lots, slots->lots + 1, (size_t)slots->count * sizeof slots->lots[0]);
}

static void drop_first_slot(struct slots *slots)
{
    struct lot *lot = &slots->lots[0];

    lot->first_us += lot->interval_us;
    if (--lot->left == 0)
        drop_first_lot(slots);
}

void slots_add(struct slots *slots, const struct bucket_grant *grant, int64_t now_us)
{
    if (grant->slots <= 0 || grant->interval_us <= 0)
        return;
    if (slots->count == SLOTS_LOTS_MAX)
        drop_first_lot(slots);
    slots->lots[slots->count++] = (struct lot){
        .first_us = now_us + grant->wait_us,
        .interval_us = grant->interval_us,
        .arrived_us = now_us,
        .left = grant->slots,
    };
}

void slots_drop_before(struct slots *slots, int64_t us)
{
    while (slots->count > 0 && slots->lots[0].first_us < us)
        drop_first_slot(slots);
}

static bool too_late(const struct lot *lot, int64_t now_us)
{
    int64_t due_us = lot->first_us > lot->arrived_us ? lot->first_us : lot->arrived_us;

    return now_us - due_us > SLOTS_LATE_US;
}

int64_t slots_next_us(struct slots *slots, int64_t now_us)
{
    while (slots->count > 0 && too_late(&slots->lots[0], now_us))
        drop_first_slot(slots);
    return slots->count > 0 ? slots->lots[0].first_us : -1;
}

bool slots_take(struct slots *slots, int64_t now_us)
{
    int64_t next_us = slots_next_us(slots, now_us);

    if (slots->count == 0 || next_us > now_us)
        return false;
    drop_first_slot(slots);
    return true;
}

int slots_left(const struct slots *slots)
{
    int left = 0;

    for (int i = 0; i < slots->count; i++)
        left += slots->lots[i].left;
    return left;
}

int slots_wanted(const struct slots *slots, int waiting, int rate_per_minute)
{
    int64_t second = ((int64_t)rate_per_minute * SLOTS_HORIZON_MS + 59999) / 60000;
    int lot = second > BUCKET_LOT_MAX ? BUCKET_LOT_MAX : (int)second;
    int left = slots_left(slots);
    int missing = waiting - left;

    if (missing <= 0 || left > lot / 2 || slots->count == SLOTS_LOTS_MAX)
        return 0;
    return missing < lot ? missing : lot;
}

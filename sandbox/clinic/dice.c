#include "sandbox/clinic/dice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"

/* SplitMix64 (Steele, Lea, Flood 2014): one addition and one mix a number. */
static uint64_t mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

void dice_init(struct dice *dice, uint64_t seed, uint64_t stream)
{
    dice->state = mix(seed) ^ mix(stream + UINT64_C(0x632be59bd9b4e019));
}

uint64_t dice_next(struct dice *dice)
{
    dice->state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(dice->state);
}

int64_t dice_between(struct dice *dice, int64_t least, int64_t greatest)
{
    must(least <= greatest);
    return least + (int64_t)(dice_next(dice) % ((uint64_t)(greatest - least) + 1));
}

bool dice_chance(struct dice *dice, unsigned parts)
{
    return dice_next(dice) % 1000 < parts;
}

const char *dice_pick(struct dice *dice, const struct dice_list *list)
{
    must(list->count > 0);
    return list->entries[dice_next(dice) % list->count];
}

void dice_guid(struct dice *dice, char ret[GUID_SIZE])
{
    uint64_t high = dice_next(dice);
    uint64_t low = dice_next(dice);

    snprintf(ret, GUID_SIZE, "%08X-%04X-4%03X-A%03X-%012" PRIX64, (unsigned)(high >> 32),
             (unsigned)(high >> 16) & 0xFFFF, (unsigned)high & 0xFFF, (unsigned)(low >> 48) & 0xFFF,
             low & UINT64_C(0xFFFFFFFFFFFF));
}

void dice_fill(struct dice *dice, unsigned char *buffer, size_t size)
{
    size_t i;

    for (i = 0; i < size; i += sizeof(uint64_t)) {
        uint64_t value = dice_next(dice);

        memcpy(buffer + i, &value, size - i < sizeof(value) ? size - i : sizeof(value));
    }
}

/*
 * Dice: small, seeded, the same on every machine. Each part of the clinic throws its own (a stream), so that one more
 * throw in one part leaves all others as they were.
 */
#ifndef SANDBOX_CLINIC_DICE_H
#define SANDBOX_CLINIC_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

void dice_init(struct dice *dice, uint64_t seed, uint64_t stream);
uint64_t dice_next(struct dice *dice);

/* Both ends included. */
int64_t dice_between(struct dice *dice, int64_t least, int64_t greatest);

/* True `parts` times out of a thousand. */
bool dice_chance(struct dice *dice, unsigned parts);

/* Texts to pick from; NULL is an entry like any other. */
struct dice_list {
    const char *const *entries;
    size_t count;
};

const char *dice_pick(struct dice *dice, const struct dice_list *list);

/* A random GUID as SQL Server writes it. */
enum { GUID_SIZE = 37 };
void dice_guid(struct dice *dice, char ret[GUID_SIZE]);

/* Fills a buffer: bytes that no packer makes smaller, as encrypted ones are. */
void dice_fill(struct dice *dice, unsigned char *buffer, size_t size);

/* One entry of an array of strings. */
#define dice_choose(dice, array) dice_pick((dice), &(struct dice_list){(array), sizeof(array) / sizeof((array)[0])})

#endif

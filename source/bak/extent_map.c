#include "source/bak/extent_map.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

static uint64_t start_of(const struct bak_run *run)
{
    return (uint64_t)run->file << 32 | run->extent;
}

static uint64_t end_of(const struct bak_run *run)
{
    return start_of(run) + run->count;
}

void bak_extent_map_release(struct bak_extent_map *map)
{
    free(map->runs);
    *map = (struct bak_extent_map){0};
}

static void push(struct bak_extent_map *map, struct bak_run run)
{
    if (map->count == map->room) {
        map->room = map->room ? map->room + map->room / 2 : 64;
        map->runs = x_grow_array(map->runs, map->room, sizeof *map->runs);
    }
    map->runs[map->count++] = run;
}

void bak_extent_map_append(struct bak_extent_map *map, struct bak_run run)
{
    struct bak_run *last = map->count ? &map->runs[map->count - 1] : NULL;

    if (last && last->file == run.file && last->member == run.member && last->extent + last->count == run.extent &&
        last->ordinal + last->count == run.ordinal)
        last->count += run.count;
    else
        push(map, run);
}

static int compare(const void *left_data, const void *right_data)
{
    const struct bak_run *left = left_data;
    const struct bak_run *right = right_data;

    if (start_of(left) != start_of(right))
        return start_of(left) < start_of(right) ? -1 : 1;
    return (left->count < right->count) - (left->count > right->count);
}

/* Takes extents off the front of a run. */
static struct bak_run without_front(struct bak_run run, uint32_t count)
{
    run.extent += count;
    run.ordinal += count;
    run.count -= count;
    return run;
}

int64_t bak_extent_map_sort(struct bak_extent_map *map)
{
    size_t kept = 0;
    int64_t gone = 0;

    if (map->count)
        qsort(map->runs, map->count, sizeof *map->runs, compare);
    for (size_t i = 0; i < map->count; i++) {
        struct bak_run run = map->runs[i];
        uint64_t before = kept ? end_of(&map->runs[kept - 1]) : 0;
        uint64_t overlap = before > start_of(&run) ? before - start_of(&run) : 0;

        if (overlap >= run.count) {
            gone += run.count;
            continue;
        }
        gone += (int64_t)overlap;
        map->runs[kept++] = without_front(run, (uint32_t)overlap);
    }
    map->count = kept;
    return gone;
}

/* Appends to `out` what of `run` none of the newer runs from *at on covers. */
static int64_t keep_uncovered(struct bak_run run, const struct bak_extent_map *newer, size_t *at,
                              struct bak_extent_map *out)
{
    int64_t covered = 0;

    while (*at < newer->count && end_of(&newer->runs[*at]) <= start_of(&run))
        (*at)++;
    for (size_t i = *at; i < newer->count && run.count && start_of(&newer->runs[i]) < end_of(&run); i++) {
        const struct bak_run *over = &newer->runs[i];
        uint64_t from = start_of(over) > start_of(&run) ? start_of(over) : start_of(&run);
        uint64_t to = end_of(over) < end_of(&run) ? end_of(over) : end_of(&run);
        struct bak_run before = run;

        before.count = (uint32_t)(from - start_of(&run));
        if (before.count)
            push(out, before);
        run = without_front(run, (uint32_t)(to - start_of(&run)));
        covered += (int64_t)(to - from);
    }
    if (run.count)
        push(out, run);
    return covered;
}

int64_t bak_extent_map_overlay(struct bak_extent_map *map, struct bak_extent_map *newer)
{
    struct bak_extent_map out = {0};
    int64_t replaced = 0;
    size_t at = 0;

    for (size_t i = 0; i < map->count; i++)
        replaced += keep_uncovered(map->runs[i], newer, &at, &out);
    for (size_t i = 0; i < newer->count; i++)
        push(&out, newer->runs[i]);
    bak_extent_map_sort(&out);
    bak_extent_map_release(map);
    bak_extent_map_release(newer);
    *map = out;
    return replaced;
}

const struct bak_run *bak_extent_map_find(const struct bak_extent_map *map, uint16_t file, uint32_t extent)
{
    uint64_t wanted = (uint64_t)file << 32 | extent;
    size_t low = 0;
    size_t high = map->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (end_of(&map->runs[middle]) <= wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low < map->count && start_of(&map->runs[low]) <= wanted ? &map->runs[low] : NULL;
}

int64_t bak_extent_map_extents(const struct bak_extent_map *map)
{
    int64_t sum = 0;

    for (size_t i = 0; i < map->count; i++)
        sum += map->runs[i].count;
    return sum;
}

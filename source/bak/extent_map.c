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
    if (!map->runs || map->count == map->room) {
        map->room = map->room ? map->room + map->room / 4 + 1 : 64;
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

/* By place; of two that begin alike, the longer first. */
static bool comes_before(const struct bak_run *left, const struct bak_run *right)
{
    if (start_of(left) != start_of(right))
        return start_of(left) < start_of(right);
    return left->count > right->count;
}

static void swap(struct bak_run *left, struct bak_run *right)
{
    struct bak_run kept = *left;

    *left = *right;
    *right = kept;
}

static void sift_down(struct bak_run *runs, size_t at, size_t count)
{
    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= count)
            return;
        if (child + 1 < count && comes_before(&runs[child], &runs[child + 1]))
            child++;
        if (!comes_before(&runs[at], &runs[child]))
            return;
        swap(&runs[at], &runs[child]);
        at = child;
    }
}

/* A heap sort: qsort would take as much memory again, and a map may have millions of runs. */
static void sort_runs(struct bak_run *runs, size_t count)
{
    bool sorted = true;

    for (size_t i = 1; i < count && sorted; i++)
        sorted = !comes_before(&runs[i], &runs[i - 1]);
    if (sorted)
        return;
    for (size_t i = count / 2; i-- > 0;)
        sift_down(runs, i, count);
    for (size_t i = count; i-- > 1;) {
        swap(&runs[0], &runs[i]);
        sift_down(runs, 0, i);
    }
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

    sort_runs(map->runs, map->count);
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

/* Takes from a run what the newer runs from *at on cover. What is left before the first of them stays in the run, which
 * may be of no extents then; what is left after goes to `rest`. Returns how many extents were covered. */
static int64_t uncover(struct bak_run *run, const struct bak_extent_map *newer, size_t *at, struct bak_extent_map *rest)
{
    struct bak_run left = *run;
    int64_t covered = 0;
    bool first = true;

    while (*at < newer->count && end_of(&newer->runs[*at]) <= start_of(run))
        (*at)++;
    for (size_t i = *at; i < newer->count && left.count && start_of(&newer->runs[i]) < end_of(&left); i++) {
        const struct bak_run *over = &newer->runs[i];
        uint64_t from = start_of(over) > start_of(&left) ? start_of(over) : start_of(&left);
        uint64_t to = end_of(over) < end_of(&left) ? end_of(over) : end_of(&left);
        struct bak_run before = left;

        before.count = (uint32_t)(from - start_of(&left));
        if (first)
            run->count = before.count;
        else if (before.count)
            push(rest, before);
        first = false;
        left = without_front(left, (uint32_t)(to - start_of(&left)));
        covered += (int64_t)(to - from);
    }
    if (!first && left.count)
        push(rest, left);
    return covered;
}

/* Merges `other` into the map from behind, within the map's own memory; both are sorted and share no extent. */
static void merge(struct bak_extent_map *map, const struct bak_extent_map *other)
{
    size_t left = map->count;
    size_t right = other->count;

    for (size_t i = 0; i < other->count; i++)
        push(map, other->runs[i]);
    for (size_t to = map->count; right > 0; to--) {
        if (left > 0 && comes_before(&other->runs[right - 1], &map->runs[left - 1]))
            map->runs[to - 1] = map->runs[--left];
        else
            map->runs[to - 1] = other->runs[--right];
    }
}

int64_t bak_extent_map_overlay(struct bak_extent_map *map, struct bak_extent_map *newer)
{
    struct bak_extent_map rest = {0};
    int64_t replaced = 0;
    size_t kept = 0;
    size_t at = 0;

    if (map->count == 0) {
        bak_extent_map_release(map);
        *map = *newer;
        *newer = (struct bak_extent_map){0};
        return 0;
    }
    for (size_t i = 0; i < map->count; i++) {
        struct bak_run run = map->runs[i];

        replaced += uncover(&run, newer, &at, &rest);
        if (run.count)
            map->runs[kept++] = run;
    }
    map->count = kept;
    merge(map, &rest);
    merge(map, newer);
    bak_extent_map_release(&rest);
    bak_extent_map_release(newer);
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

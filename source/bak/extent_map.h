/*
 * Where extents of database files lie in the backup: runs of consecutive ones that also follow each other in the
 * stream.
 */
#ifndef SOURCE_BAK_EXTENT_MAP_H
#define SOURCE_BAK_EXTENT_MAP_H

#include <stddef.h>
#include <stdint.h>

struct bak_run {
    uint32_t extent; /* the first: page number / 8 */
    uint32_t count;
    uint32_t ordinal; /* of the first, among all extents of the backup file */
    uint16_t file;    /* of the database */
    uint16_t member;  /* backup file, from 0 */
};

struct bak_extent_map {
    struct bak_run *runs;
    size_t count;
    size_t room;
};

void bak_extent_map_release(struct bak_extent_map *map);

/* Adds a run at the end, or makes the last one longer when it goes on there. */
void bak_extent_map_append(struct bak_extent_map *map, struct bak_run run);

/* Puts the runs in order of file and extent. Of two copies of an extent the one in the longer run stays; returns how
 * many extents went. */
int64_t bak_extent_map_sort(struct bak_extent_map *map);

/* Lays newer copies over the map, both being sorted; `newer` is empty afterwards. Returns how many were replaced. */
int64_t bak_extent_map_overlay(struct bak_extent_map *map, struct bak_extent_map *newer);

/* The run that holds the extent; NULL when there is none. The map must be sorted. */
const struct bak_run *bak_extent_map_find(const struct bak_extent_map *map, uint16_t file, uint32_t extent);

int64_t bak_extent_map_extents(const struct bak_extent_map *map);

#endif

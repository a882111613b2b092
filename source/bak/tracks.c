#include "source/bak/tracks.h"

#include <stdlib.h>

#include "base/memory.h"
#include "source/bak/endian.h"

/* An extent that was looked at. */
struct probe {
    uint32_t ordinal;
    uint16_t file;
    uint32_t extent;
};

enum { EXTENTS_PER_MOVE = 1024 };

struct prober {
    const struct bak_track *track;
    uint16_t number;
    struct bak_extent_map *map;
    struct bak_track_figures *figures;
    bool orderly;
    struct fault *fault;
};

bool bak_track_init(const struct bak_member *member, struct bak_track *ret, struct fault *fault)
{
    const struct bak_set *set = member->set;
    int64_t sum = 0;

    *ret = (struct bak_track){.file = member->file, .set = set, .progress = member->progress};
    ret->starts = x_alloc_array(set->piece_count + 1, sizeof *ret->starts);
    for (size_t i = 0; i < set->piece_count; i++) {
        ret->starts[i] = sum;
        sum += set->pieces[i].size / BAK_EXTENT_SIZE * set->pieces[i].count;
        if (sum > UINT32_MAX)
            return fault_set(fault, FAULT_BAD_INPUT, "%s holds more extents than can be", bak_file_name(member->file));
    }
    ret->starts[set->piece_count] = sum;
    return true;
}

void bak_track_release(struct bak_track *track)
{
    free(track->starts);
    track->starts = NULL;
}

int64_t bak_track_offset(const struct bak_track *track, uint32_t ordinal)
{
    size_t low = 0;
    size_t high = track->set->piece_count - 1;
    const struct bak_pieces *pieces;
    int64_t within;
    int64_t each;

    while (low < high) {
        size_t middle = low + (high - low + 1) / 2;

        if (track->starts[middle] <= (int64_t)ordinal)
            low = middle;
        else
            high = middle - 1;
    }
    pieces = &track->set->pieces[low];
    within = (int64_t)ordinal - track->starts[low];
    each = pieces->size / BAK_EXTENT_SIZE;
    return pieces->offset + within / each * pieces->step + within % each * BAK_EXTENT_SIZE;
}

void bak_track_pass(const struct bak_track *track, unsigned pass, uint32_t *ret_from, uint32_t *ret_to)
{
    const struct bak_set *set = track->set;
    size_t first = 0;
    size_t end;

    while (first < set->piece_count && set->pieces[first].pass < pass)
        first++;
    end = first;
    while (end < set->piece_count && set->pieces[end].pass == pass)
        end++;
    *ret_from = (uint32_t)track->starts[first];
    *ret_to = (uint32_t)track->starts[end];
}

static bool is_data_file(const struct bak_set *set, uint16_t id)
{
    for (size_t i = 0; i < set->file_count; i++) {
        if (set->files[i].id == id)
            return set->files[i].type == BAK_FILE_DATA;
    }
    return false;
}

bool bak_track_identify(const struct bak_track *track, uint32_t ordinal, enum bak_identity *ret, uint16_t *ret_file,
                        uint32_t *ret_extent, struct fault *fault)
{
    int64_t offset = bak_track_offset(track, ordinal);
    struct bak_place seen[BAK_EXTENT_PAGES];
    unsigned seen_count = 0;
    bool filler = true;

    for (unsigned i = 0; i < BAK_EXTENT_PAGES; i++) {
        uint8_t bytes[BAK_PAGE_HEADER_SIZE];
        struct bak_page_header header;
        struct bak_place base;

        if (!bak_file_read(track->file, offset + (int64_t)i * BAK_PAGE_SIZE, bytes, sizeof bytes, fault))
            return false;
        bak_page_header_decode(bytes, &header);
        filler = filler && header.type == BAK_PAGE_FILLER && bak_place_is_none(header.place);
        if (!bak_page_header_is_plausible(&header) || header.place.page % BAK_EXTENT_PAGES != i ||
            !is_data_file(track->set, header.place.file))
            continue;
        base = (struct bak_place){header.place.page - i, header.place.file};
        seen[seen_count++] = base;
        for (unsigned k = 0; k + 1 < seen_count; k++) {
            if (bak_place_equal(seen[k], base)) {
                seen[0] = base;
                seen_count = 1;
                i = BAK_EXTENT_PAGES;
                break;
            }
        }
    }
    *ret = filler ? BAK_EXTENT_FILLER : BAK_EXTENT_UNKNOWN;
    /* Pages that contradict each other, one voice each, say nothing. */
    if (seen_count != 1)
        return true;
    *ret = BAK_EXTENT_KNOWN;
    *ret_file = seen[0].file;
    *ret_extent = seen[0].page / BAK_EXTENT_PAGES;
    return true;
}

static bool look(struct prober *prober, uint32_t ordinal, struct probe *ret, enum bak_identity *ret_identity)
{
    ret->ordinal = ordinal;
    return bak_track_identify(prober->track, ordinal, ret_identity, &ret->file, &ret->extent, prober->fault);
}

static void emit(struct prober *prober, const struct probe *probe, uint32_t count)
{
    bak_extent_map_append(prober->map, (struct bak_run){.extent = probe->extent,
                                                        .count = count,
                                                        .ordinal = probe->ordinal,
                                                        .file = probe->file,
                                                        .member = prober->number});
}

/* Between two extents of one file there is room for those that stand between them in the stream. */
static bool in_order(const struct probe *low, const struct probe *high)
{
    return low->file != high->file ||
           (high->extent > low->extent && high->extent - low->extent >= high->ordinal - low->ordinal);
}

/* A known extent strictly between two, as near to the middle as may be. */
static bool find_between(struct prober *prober, uint32_t low, uint32_t high, struct probe *ret, bool *ret_found)
{
    uint32_t middle = low + (high - low) / 2;
    enum bak_identity identity = BAK_EXTENT_UNKNOWN;

    *ret_found = false;
    for (uint32_t i = middle; i < high && i > low; i++) {
        if (!look(prober, i, ret, &identity))
            return false;
        if (identity == BAK_EXTENT_KNOWN)
            return *ret_found = true;
    }
    for (uint32_t i = middle; i-- > low + 1;) {
        if (!look(prober, i, ret, &identity))
            return false;
        if (identity == BAK_EXTENT_KNOWN)
            return *ret_found = true;
    }
    return true;
}

/* Appends what stands from `low` up to, and without, `high`. The depth is that of a halving search: the middle is off
 * only by unknown extents, which are not asked again. */
static bool split(struct prober *prober, const struct probe *low, const struct probe *high)
{
    uint32_t gap = high->ordinal - low->ordinal;
    struct probe between;
    bool found = false;

    if (!in_order(low, high)) {
        prober->orderly = false;
        return true;
    }
    if (gap == 1 || (low->file == high->file && high->extent - low->extent == gap)) {
        emit(prober, low, gap);
        return true;
    }
    if (!find_between(prober, low->ordinal, high->ordinal, &between, &found))
        return false;
    if (!found) {
        prober->figures->unknown += gap - 1;
        emit(prober, low, 1);
        return true;
    }
    return split(prober, low, &between) && (!prober->orderly || split(prober, &between, high));
}

/* The first known extent from either end; the others on the way are counted. */
static bool find_ends(struct prober *prober, uint32_t from, uint32_t to, struct probe *low, struct probe *high,
                      bool *ret_found)
{
    enum bak_identity identity = BAK_EXTENT_UNKNOWN;

    *ret_found = false;
    for (; from < to; from++) {
        if (!look(prober, from, low, &identity))
            return false;
        if (identity == BAK_EXTENT_KNOWN)
            break;
        *(identity == BAK_EXTENT_FILLER ? &prober->figures->filler : &prober->figures->unknown) += 1;
    }
    if (from == to)
        return true;
    *ret_found = true;
    *high = *low;
    while (to-- > from + 1) {
        struct probe probe;

        if (!look(prober, to, &probe, &identity))
            return false;
        if (identity == BAK_EXTENT_KNOWN) {
            *high = probe;
            return true;
        }
        *(identity == BAK_EXTENT_FILLER ? &prober->figures->filler : &prober->figures->unknown) += 1;
    }
    return true;
}

bool bak_track_probe(const struct bak_track *track, uint16_t number, uint32_t from, uint32_t to,
                     struct bak_extent_map *map, struct bak_track_figures *figures, bool *ret_orderly,
                     struct fault *fault)
{
    struct prober prober = {
        .track = track, .number = number, .map = map, .figures = figures, .orderly = true, .fault = fault};
    struct probe low = {0};
    struct probe high = {0};
    bool found = false;

    *ret_orderly = true;
    if (!find_ends(&prober, from, to, &low, &high, &found))
        return false;
    if (!found)
        return true;
    if (low.ordinal != high.ordinal && !split(&prober, &low, &high))
        return false;
    emit(&prober, &high, 1);
    *ret_orderly = prober.orderly;
    return true;
}

bool bak_track_walk(const struct bak_track *track, uint16_t number, uint32_t from, uint32_t to,
                    struct bak_extent_map *map, struct bak_track_figures *figures, struct fault *fault)
{
    struct prober prober = {.track = track, .number = number, .map = map, .figures = figures, .fault = fault};

    for (uint32_t i = from; i < to; i++) {
        enum bak_identity identity = BAK_EXTENT_UNKNOWN;
        struct probe probe;

        if (track->progress.tell && (i - from) % EXTENTS_PER_MOVE == 0)
            track->progress.tell(track->progress.context, (int64_t)(i - from) * BAK_EXTENT_SIZE,
                                 (int64_t)(to - from) * BAK_EXTENT_SIZE);
        if (!look(&prober, i, &probe, &identity))
            return false;
        if (identity == BAK_EXTENT_KNOWN)
            emit(&prober, &probe, 1);
        else if (identity == BAK_EXTENT_FILLER)
            figures->filler++;
        else
            figures->unknown++;
    }
    return true;
}

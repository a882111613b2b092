#include "wide_builder.h"

#include <stdlib.h>
#include <string.h>

enum {
    PICTURES = 1002,
    USER_INDEX = 256,
    ROWSET_PART = 60,
    ROWS_PART = 110,
    LARGE_PART = 111,
    UNIT_ROWS = 1,
    UNIT_LARGE = 2,
    PFS_PAGES = 8088,
    INTERVAL_PAGES = 511232,
    LEAF = 3,
    ROOT_SIZE = 84,
    PIECES = 3,
    PIECE = WIDE_PICTURE_BYTES / PIECES,
    STORY_BYTES = 2 * WIDE_STORY_LETTERS,
    STORY_CUT = STORY_BYTES / 2 + 1, /* in the middle of a letter */
    FAR_LARGE = WIDE_FAR_ROWS + 6,
    FAR_FILE_LARGE = WIDE_FAR_FILE_ROWS + 8,
};

/* One of the two places in which the table lies. */
struct side {
    unsigned file;
    uint32_t rows;
    uint32_t large; /* page that is being filled */
};

struct spot {
    unsigned file;
    uint32_t page;
    unsigned slot;
};

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value & 0xFFFF);
    put16(at + 2, value >> 16);
}

static unsigned get16(const uint8_t *at)
{
    return at[0] | (unsigned)at[1] << 8;
}

static void put_spot(uint8_t *at, struct spot spot)
{
    put32(at, spot.page);
    put16(at + 4, spot.file);
    put16(at + 6, spot.slot);
}

static uint64_t unit_id(unsigned part)
{
    return (uint64_t)USER_INDEX << 48 | (uint64_t)part << 16;
}

uint8_t wide_picture_byte(unsigned row, size_t at)
{
    return (uint8_t)(row * 31 + at * 7 + at / 256);
}

char wide_story_letter(unsigned row, size_t at)
{
    return (char)('a' + (row * 5 + at) % 26);
}

uint8_t *wide_page(struct wide_database *database, unsigned file, uint32_t number)
{
    for (size_t i = 0; i < database->count; i++) {
        if (database->extents[i].file == file && database->extents[i].extent == number / 8)
            return database->extents[i].bytes + (size_t)(number % 8) * BUILT_PAGE;
    }
    return NULL;
}

static void add_extent(struct wide_database *database, unsigned file, uint32_t extent)
{
    struct wide_extent *added;

    if (database->count == WIDE_EXTENTS_MAX)
        abort();
    added = &database->extents[database->count++];
    memset(added, 0, sizeof *added);
    added->file = file;
    added->extent = extent;
}

static uint32_t map_page(uint32_t page, uint32_t every, uint32_t first)
{
    return page < every ? first : page / every * every;
}

static void use_page(struct wide_database *database, unsigned file, uint32_t page)
{
    wide_page(database, file, map_page(page, PFS_PAGES, 1))[100 + page % PFS_PAGES] = 0x40;
}

static void use_extent(struct wide_database *database, unsigned file, uint32_t page)
{
    unsigned bit = page % INTERVAL_PAGES / 8;

    wide_page(database, file, map_page(page, INTERVAL_PAGES, 2))[194 + bit / 8] &= (uint8_t) ~(1u << bit % 8);
}

static void put_gam(struct wide_database *database, unsigned file, uint32_t number)
{
    uint8_t *gam = wide_page(database, file, number);

    built_bitmap_page(gam, 8, file, number, 0, 99);
    memset(gam + 194, 0xFF, 7988);
}

/* The maps beyond the first 4 GB: the PFS page of their pages lies before them. */
static void put_far_interval(struct wide_database *database)
{
    static const uint32_t maps[] = {INTERVAL_PAGES, INTERVAL_PAGES + 1, INTERVAL_PAGES + 6, INTERVAL_PAGES + 7};
    uint32_t pfs = INTERVAL_PAGES / PFS_PAGES * PFS_PAGES;

    add_extent(database, 1, pfs / 8);
    add_extent(database, 1, INTERVAL_PAGES / 8);
    add_extent(database, 1, FAR_LARGE / 8);
    built_page(wide_page(database, 1, pfs), 11, 1, pfs, 0, 99);
    put_gam(database, 1, INTERVAL_PAGES);
    built_page(wide_page(database, 1, INTERVAL_PAGES + 1), 9, 1, INTERVAL_PAGES + 1, 0, 99);
    built_page(wide_page(database, 1, INTERVAL_PAGES + 6), 16, 1, INTERVAL_PAGES + 6, 0, 99);
    built_page(wide_page(database, 1, INTERVAL_PAGES + 7), 17, 1, INTERVAL_PAGES + 7, 0, 99);
    use_extent(database, 1, pfs);
    use_page(database, 1, pfs);
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
        use_page(database, 1, maps[i]);
}

static void put_far_file(struct wide_database *database)
{
    for (uint32_t extent = 0; extent <= FAR_FILE_LARGE / 8; extent++)
        add_extent(database, 3, extent);
    built_page(wide_page(database, 3, 0), 15, 3, 0, 0, 99);
    built_page(wide_page(database, 3, 1), 11, 3, 1, 0, 99);
    put_gam(database, 3, 2);
    for (uint32_t page = 0; page < 3; page++)
        use_page(database, 3, page);
    use_extent(database, 3, 0);
}

static void put_side(struct wide_database *database, const struct side *side)
{
    built_page(wide_page(database, side->file, side->rows), 1, side->file, side->rows, USER_INDEX, ROWS_PART);
    use_page(database, side->file, side->rows);
    use_extent(database, side->file, side->rows);
    use_extent(database, side->file, side->large);
    for (uint32_t i = 0; i < 8; i++)
        built_page(wide_page(database, side->file, side->large + i), LEAF, side->file, side->large + i, USER_INDEX,
                   LARGE_PART);
}

/* A piece or a root on the first page with room. */
static struct spot put_large(struct wide_database *database, struct side *side, const uint8_t *record, size_t size)
{
    uint8_t *page = wide_page(database, side->file, side->large);

    if (get16(page + 30) + size + 2 * ((size_t)get16(page + 22) + 1) > BUILT_PAGE)
        page = wide_page(database, side->file, ++side->large);
    use_page(database, side->file, side->large);
    return (struct spot){side->file, side->large, built_add(page, record, size)};
}

static void start_large(uint8_t *record, size_t size, unsigned kind)
{
    memset(record, 0, size);
    record[0] = 0x08;
    put16(record + 2, (unsigned)size);
    put16(record + 12, kind);
}

static struct spot put_picture(struct wide_database *database, struct side sides[2], unsigned row)
{
    uint8_t record[14 + PIECE];
    uint8_t root[ROOT_SIZE];

    start_large(root, sizeof root, 5);
    put16(root + 14, 5);
    put16(root + 16, PIECES);
    for (unsigned i = 0; i < PIECES; i++) {
        start_large(record, sizeof record, 3);
        for (size_t k = 0; k < PIECE; k++)
            record[14 + k] = wide_picture_byte(row, i * PIECE + k);
        put32(root + 24 + 12 * (size_t)i, (i + 1) * PIECE);
        put_spot(root + 28 + 12 * (size_t)i, put_large(database, &sides[(row + i) % 2], record, sizeof record));
    }
    return put_large(database, &sides[row % 2], root, sizeof root);
}

static void put_story(struct wide_database *database, struct side sides[2], unsigned row, uint8_t root[36])
{
    uint8_t letters[STORY_BYTES] = {0};
    uint8_t record[14 + STORY_CUT];

    for (size_t i = 0; i < WIDE_STORY_LETTERS; i++)
        letters[2 * i] = (uint8_t)wide_story_letter(row, i);
    memset(root, 0, 36);
    root[0] = 4;
    for (unsigned i = 0; i < 2; i++) {
        size_t size = i ? STORY_BYTES - STORY_CUT : STORY_CUT;

        start_large(record, 14 + size, 3);
        memcpy(record + 14, letters + (i ? STORY_CUT : 0), size);
        put32(root + 12 + 12 * (size_t)i, i ? STORY_BYTES : STORY_CUT);
        put_spot(root + 16 + 12 * (size_t)i, put_large(database, &sides[i], record, 14 + size));
    }
}

static void put_row(struct wide_database *database, struct side sides[2], unsigned row)
{
    const struct side *side = &sides[row > WIDE_ROWS / 2];
    uint8_t id[4];
    uint8_t pointer[16] = {9};
    uint8_t root[36];
    uint8_t record[200];
    struct built_variable variables[2] = {{pointer, sizeof pointer, true}, {root, sizeof root, true}};

    put32(id, row);
    put_spot(pointer + 8, put_picture(database, sides, row));
    put_story(database, sides, row, root);
    built_add(wide_page(database, side->file, side->rows), record,
              built_record(record, 0, id, sizeof id, 3, 0, variables, 2));
}

static void put_iam(struct wide_database *database, uint32_t number, unsigned part, const struct side *side,
                    uint32_t page, uint32_t next)
{
    uint8_t *iam = wide_page(database, 1, number);
    unsigned bit = page % INTERVAL_PAGES / 8;

    built_bitmap_page(iam, 10, 1, number, USER_INDEX, part);
    put32(iam + 136, page / INTERVAL_PAGES * INTERVAL_PAGES);
    put16(iam + 140, side->file);
    iam[194 + bit / 8] = (uint8_t)(1u << bit % 8);
    put32(iam + 16, next);
    put16(iam + 20, next ? 1 : 0);
    use_page(database, 1, number);
}

/* One more row in a base table, whose rowset counts them: rowsets stand in the order of the base tables. */
static void count_rows(uint8_t *rowsets, size_t rowset, unsigned more)
{
    rowsets[96 + 57 * rowset + 31] += (uint8_t)more;
}

static void put_catalogue(struct wide_database *database)
{
    uint64_t rowset = unit_id(ROWSET_PART);
    uint8_t *pages[6];

    for (uint32_t i = 0; i < 6; i++)
        pages[i] = wide_page(database, 1, 10 + i);
    built_unit(pages[0], unit_id(ROWS_PART), UNIT_ROWS, rowset, WIDE_NEAR_ROWS, WIDE_IAM);
    built_unit(pages[0], unit_id(LARGE_PART), UNIT_LARGE, rowset, WIDE_NEAR_LARGE, WIDE_LARGE_IAM);
    built_rowset(pages[1], rowset, PICTURES, 0, WIDE_ROWS);
    built_object(pages[2], PICTURES, "U ", "Pictures");
    built_column(pages[4], PICTURES, 1, "Id", 56, 4);
    built_column(pages[4], PICTURES, 2, "Picture", 34, 16);
    built_column(pages[4], PICTURES, 3, "Story", 231, 0xFFFF);
    built_column_place(pages[5], rowset, 1, 4);
    built_column_place(pages[5], rowset, 2, -1);
    built_column_place(pages[5], rowset, 3, -2);
    count_rows(pages[1], 0, 2);
    count_rows(pages[1], 1, 1);
    count_rows(pages[1], 2, 1);
    count_rows(pages[1], 4, 3);
    count_rows(pages[1], 5, 3);
}

void wide_database(struct wide_database *database, enum wide_far far)
{
    static const uint32_t starts[DATABASE_EXTENTS] = {0, 1, 2, DATABASE_WHOLE / 8};
    struct side sides[2] = {{1, WIDE_NEAR_ROWS, WIDE_NEAR_LARGE}, {1, WIDE_FAR_ROWS, FAR_LARGE}};
    struct built_database *first = malloc(sizeof *first);

    if (!first)
        abort();
    database->far = far;
    database->count = 0;
    built_database(first, false);
    for (size_t i = 0; i < DATABASE_EXTENTS; i++) {
        add_extent(database, 1, starts[i]);
        memcpy(database->extents[i].bytes, first->extents[i], BUILT_EXTENT);
    }
    free(first);
    add_extent(database, 1, WIDE_NEAR_ROWS / 8);
    add_extent(database, 1, WIDE_NEAR_LARGE / 8);
    if (far == WIDE_FAR_FILE) {
        sides[1] = (struct side){3, WIDE_FAR_FILE_ROWS, FAR_FILE_LARGE};
        put_far_file(database);
    } else {
        put_far_interval(database);
    }
    put_catalogue(database);
    for (unsigned i = 0; i < 2; i++) {
        put_side(database, &sides[i]);
        put_iam(database, WIDE_IAM + i, ROWS_PART, &sides[i], sides[i].rows, i ? 0 : WIDE_IAM + 1);
        put_iam(database, WIDE_LARGE_IAM + i, LARGE_PART, &sides[i], sides[i].large, i ? 0 : WIDE_LARGE_IAM + 1);
    }
    for (unsigned row = 1; row <= WIDE_ROWS; row++)
        put_row(database, sides, row);
}

void wide_seal(struct wide_database *database)
{
    for (size_t i = 0; i < database->count; i++) {
        for (size_t k = 0; k < 8; k++) {
            if (database->extents[i].bytes[k * BUILT_PAGE])
                built_checksum(database->extents[i].bytes + k * BUILT_PAGE);
        }
    }
}

static struct built_set set_of(const struct wide_database *database, const uint8_t *extents[WIDE_EXTENTS_MAX])
{
    bool two = database->far == WIDE_FAR_FILE;

    return (struct built_set){
        .kind = 'D',
        .extents = extents,
        .extent_count = database->count,
        .declared_pages = (uint32_t)database->count * 8,
        .file_pages = two ? DATABASE_FILE_PAGES : (FAR_LARGE / 8 + 1) * 8,
        .files = two ? 2 : 1,
        .second_file_pages = WIDE_FAR_FILE_PAGES,
    };
}

void wide_backup(struct built *built, struct wide_database *database)
{
    const uint8_t *extents[WIDE_EXTENTS_MAX];
    struct built_set set = set_of(database, extents);

    for (size_t i = 0; i < database->count; i++)
        extents[i] = database->extents[i].bytes;
    built_tape(built, &set);
    built_set(built, &set);
}

void wide_stripes(struct built built[2], struct wide_database *database)
{
    for (unsigned family = 0; family < 2; family++) {
        const uint8_t *extents[WIDE_EXTENTS_MAX];
        struct built_set set = set_of(database, extents);

        set.extent_count = 0;
        for (size_t i = family; i < database->count; i += 2)
            extents[set.extent_count++] = database->extents[i].bytes;
        set.families = 2;
        set.family = family + 1;
        built_tape(&built[family], &set);
        built_set(&built[family], &set);
    }
}

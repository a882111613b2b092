#include "source/bak/table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source/bak/allocation.h"
#include "source/bak/compression.h"

struct bak_scan {
    struct bak_store *store;
    const struct bak_catalogue *catalogue;
    const struct bak_table *table;
    size_t rowset; /* next partition to be opened */
    const struct bak_rowset *current;
    const struct bak_unit *unit; /* in-row data of the partition at hand */
    struct bak_owned *owned;     /* NULL between partitions */
    struct bak_usage *usage;
    struct bak_page page;
    bool loaded;
    unsigned slot; /* next of the page */
    int64_t pages;
    struct bak_page moved;    /* page of the forwarded row given last */
    struct bak_piece *pieces; /* of a compressed row; NULL when the table has none */
    struct bak_piece *anchor_pieces;
    struct bak_page_compression compression; /* of the page */
    struct scratch *scratch;
    struct bak_cell *cells;
    struct bak_row row;
    char problem[BAK_PROBLEM_SIZE];
    struct bak_tally tally;
};

/* Keeps a problem among the first ones, and in scan->problem. */
static void note(struct bak_scan *scan, const char *format, ...) PRINTF_LIKE(2, 3);

static void note(struct bak_scan *scan, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(scan->problem, sizeof scan->problem, format, arguments);
    va_end(arguments);
    if (scan->tally.problem_count < BAK_PROBLEMS_MAX)
        memcpy(scan->tally.problems[scan->tally.problem_count], scan->problem, sizeof scan->problem);
    scan->tally.problem_count++;
}

bool bak_scan_open(struct bak_store *store, const struct bak_catalogue *catalogue, const struct bak_table *table,
                   struct bak_scan **ret, struct fault *fault)
{
    struct bak_scan *scan;

    if (table->unreadable)
        return fault_set(fault, FAULT_BAD_INPUT, "table %s.%s %s", table->schema, table->name, table->unreadable);
    scan = x_alloc(sizeof *scan);
    scan->store = store;
    scan->catalogue = catalogue;
    scan->table = table;
    scan->usage = bak_usage_new(store);
    scan->cells = x_alloc_array(table->column_count, sizeof *scan->cells);
    scan->tally.expected = table->rows;
    if (table->compression != BAK_COMPRESSION_NONE) {
        scan->pieces = x_alloc_array(BAK_COMPRESSED_COLUMNS_MAX, sizeof *scan->pieces);
        scan->anchor_pieces = x_alloc_array(BAK_COMPRESSED_COLUMNS_MAX, sizeof *scan->anchor_pieces);
        scan->scratch = scratch_new();
    }
    *ret = scan;
    return true;
}

void bak_scan_close(struct bak_scan **scan)
{
    if (!*scan)
        return;
    bak_owned_close(&(*scan)->owned);
    bak_usage_destroy(&(*scan)->usage);
    scratch_destroy(&(*scan)->scratch);
    free((*scan)->pieces);
    free((*scan)->anchor_pieces);
    free((*scan)->cells);
    free(*scan);
    *scan = NULL;
}

const struct bak_tally *bak_scan_tally(const struct bak_scan *scan)
{
    return &scan->tally;
}

int64_t bak_scan_pages(const struct bak_scan *scan)
{
    return scan->pages;
}

bool bak_tally_is_complete(const struct bak_tally *tally)
{
    return tally->rows == tally->expected && tally->problem_count == 0;
}

/* The next partition that has storage; *ret_end when there is none. */
static bool next_rowset(struct bak_scan *scan, bool *ret_end, struct fault *fault)
{
    *ret_end = false;
    bak_owned_close(&scan->owned);
    while (scan->rowset < scan->table->rowset_count) {
        scan->current = scan->table->rowsets[scan->rowset++];
        scan->unit = bak_catalogue_unit_of_rowset(scan->catalogue, scan->current->id, BAK_UNIT_IN_ROW);
        if (scan->unit)
            return bak_owned_open(scan->store, scan->unit->first_iam, scan->unit->id, &scan->owned, fault);
        if (scan->current->rows)
            note(scan, "partition %d has rows, but no pages in the catalogue", (int)scan->current->partition);
    }
    *ret_end = true;
    return true;
}

/* What a page-compressed page keeps for all its rows must be read before any of them. */
static bool accept_compression(struct bak_scan *scan)
{
    const char *why = NULL;
    char text[BAK_PLACE_TEXT_SIZE];

    scan->compression.present = false;
    if (scan->current->compression != BAK_COMPRESSION_PAGE ||
        bak_page_compression_read(&scan->page, scan->anchor_pieces, &scan->compression, &why))
        return true;
    scan->tally.missing_pages++;
    note(scan, "%s: its rows cannot be read: %s", bak_place_text(scan->page.header.place, text), why);
    return false;
}

/* A page in use that is not one of the table's data pages must be one of its index. */
static bool accept_page(struct bak_scan *scan)
{
    const struct bak_page *page = &scan->page;
    char text[BAK_PLACE_TEXT_SIZE];

    bak_place_text(page->header.place, text);
    if (page->damage != BAK_PAGE_SOUND) {
        scan->tally.damaged_pages++;
        note(scan, "%s: %s", text,
             page->damage == BAK_PAGE_TORN ? "it was only half written" : "its checksum is wrong, its rows may be too");
    }
    if (!bak_page_belongs(&page->header, scan->unit->id)) {
        scan->tally.missing_pages++;
        note(scan, "%s: the table owns it, but it is a page of something else", text);
        return false;
    }
    if (page->header.type == BAK_PAGE_INDEX)
        return false;
    if (page->header.type == BAK_PAGE_DATA && page->header.level == 0 && page->header.slots <= BAK_PAGE_SLOTS_MAX)
        return accept_compression(scan);
    scan->tally.missing_pages++;
    note(scan, "%s: it is no page of rows (type %u)", text, page->header.type);
    return false;
}

static bool load_page(struct bak_scan *scan, struct bak_place place, struct fault *fault)
{
    enum bak_found found = BAK_ABSENT;
    bool allocated = false;
    char text[BAK_PLACE_TEXT_SIZE];

    if (bak_place_is_map(place))
        return true;
    if (!bak_store_holds(scan->store, place)) {
        if (++scan->tally.missing_pages > bak_store_page_count(scan->store))
            return fault_set(fault, FAULT_BAD_INPUT, "more of its pages are missing than the backup carries in all");
        note(scan, "%s: the table owns it, but the backup does not carry it", bak_place_text(place, text));
        return true;
    }
    if (!bak_usage_allocated(scan->usage, place, &allocated, fault))
        return false;
    if (!allocated)
        return true;
    if (!bak_store_read(scan->store, place, &scan->page, &found, fault))
        return false;
    scan->pages++;
    if (found != BAK_FOUND) {
        scan->tally.missing_pages++;
        note(scan, "%s: it is in use, but something else stands in its place", bak_place_text(place, text));
        return true;
    }
    scan->loaded = accept_page(scan);
    scan->slot = 0;
    return true;
}

static bool next_page(struct bak_scan *scan, bool *ret_end, struct fault *fault)
{
    struct bak_place place;
    bool end = false;

    *ret_end = false;
    scan->loaded = false;
    while (!scan->loaded) {
        if (!scan->owned) {
            if (!next_rowset(scan, ret_end, fault) || *ret_end)
                return *ret_end;
        }
        if (!bak_owned_next(scan->owned, &place, &end, fault))
            return false;
        if (end)
            bak_owned_close(&scan->owned);
        else if (!load_page(scan, place, fault))
            return false;
    }
    return true;
}

static void give_problem(struct bak_scan *scan, const char *why)
{
    char text[BAK_PLACE_TEXT_SIZE];

    note(scan, "%s slot %u: %s", bak_place_text(scan->row.address.place, text), scan->row.address.slot, why);
    scan->tally.damaged_rows++;
    scan->row.cells = NULL;
    scan->row.problem = scan->problem;
}

static void give_cells(struct bak_scan *scan, const struct bak_record *record)
{
    for (size_t i = 0; i < scan->table->column_count; i++) {
        const char *why = NULL;

        if (!bak_record_cell(record, &scan->current->places[i], &scan->cells[i], &why)) {
            give_problem(scan, why);
            return;
        }
    }
    scan->row.cells = scan->cells;
    scan->tally.rows++;
}

/* The row that a stub leads to; NULL or a phrase why it cannot be had. */
static bool follow_stub(struct bak_scan *scan, struct bak_address to, struct bak_record *ret, const char **ret_why,
                        struct fault *fault)
{
    enum bak_found found = BAK_ABSENT;
    const uint8_t *data = NULL;
    size_t room = 0;

    *ret_why = "it has moved to a page that is not in the backup";
    if (!bak_store_read(scan->store, to.place, &scan->moved, &found, fault))
        return false;
    if (found != BAK_FOUND)
        return true;
    *ret_why = "it has moved to a page of something else";
    if (scan->moved.header.type != BAK_PAGE_DATA || !bak_page_belongs(&scan->moved.header, scan->unit->id))
        return true;
    *ret_why = "it has moved to where no row is";
    if (bak_page_slot(&scan->moved, to.slot, &data, &room) != BAK_SLOT_RECORD)
        return true;
    if (scan->pieces && bak_is_compressed(data)) {
        *ret_why = "it has moved and is compressed, which cannot be read";
        return true;
    }
    if (!bak_record_parse(data, room, ret, ret_why))
        return true;
    *ret_why = "it has moved to where another row is";
    if (ret->type == BAK_RECORD_FORWARDED && ret->stub.slot == scan->row.address.slot &&
        bak_place_equal(ret->stub.place, scan->row.address.place))
        *ret_why = NULL;
    return true;
}

static bool is_row(enum bak_record_type type)
{
    return type == BAK_RECORD_PRIMARY || type == BAK_RECORD_STUB;
}

static void skip_other(struct bak_scan *scan, enum bak_record_type type)
{
    scan->tally.ghosts += type >= BAK_RECORD_GHOST_INDEX;
    if (type == BAK_RECORD_INDEX || type == BAK_RECORD_BLOB)
        give_problem(scan, "it is not a row");
}

static void give_compressed(struct bak_scan *scan, const struct bak_compressed *record)
{
    const struct bak_page_compression *page = scan->compression.present ? &scan->compression : NULL;

    for (size_t i = 0; i < scan->table->column_count; i++) {
        const char *why = NULL;

        if (!bak_compressed_cell(record, page, &scan->table->columns[i], &scan->current->places[i], scan->scratch,
                                 &scan->cells[i], &why)) {
            give_problem(scan, why);
            return;
        }
    }
    scan->row.cells = scan->cells;
    scan->tally.rows++;
}

/* A row of the compressed layout. How its stub looks when it moves is not known: such rows are problems. */
static void read_compressed(struct bak_scan *scan, const uint8_t *data, size_t room)
{
    struct bak_compressed record = {.pieces = scan->pieces};
    const char *why = NULL;

    scratch_clear(scan->scratch);
    if (!bak_compressed_parse(data, room, &record, &why))
        give_problem(scan, why);
    else if (record.type == BAK_RECORD_PRIMARY)
        give_compressed(scan, &record);
    else if (record.type == BAK_RECORD_STUB || record.type == BAK_RECORD_FORWARDED)
        give_problem(scan, "it has moved and is compressed, which cannot be read");
    else
        skip_other(scan, record.type);
}

/* The row of a slot; leaves scan->row without cells and problem when the slot has none. */
static bool read_slot(struct bak_scan *scan, struct fault *fault)
{
    const uint8_t *data = NULL;
    const char *why = NULL;
    struct bak_record record;
    size_t room = 0;
    enum bak_slot slot = bak_page_slot(&scan->page, scan->slot, &data, &room);

    scan->row = (struct bak_row){.address = {scan->page.header.place, (uint16_t)scan->slot}, .rowset = scan->current};
    scan->slot++;
    if (slot == BAK_SLOT_FREE)
        return true;
    if (slot == BAK_SLOT_OUTSIDE) {
        give_problem(scan, "it points outside the page");
        return true;
    }
    if (scan->pieces && bak_is_compressed(data)) {
        read_compressed(scan, data, room);
        return true;
    }
    if (!is_row(bak_record_type(data[0]))) {
        skip_other(scan, bak_record_type(data[0]));
        return true;
    }
    if (!bak_record_parse(data, room, &record, &why)) {
        give_problem(scan, why);
        return true;
    }
    if (record.type == BAK_RECORD_STUB) {
        if (!follow_stub(scan, record.stub, &record, &why, fault))
            return false;
        scan->tally.forwarded++;
    }
    if (why)
        give_problem(scan, why);
    else
        give_cells(scan, &record);
    return true;
}

bool bak_scan_next(struct bak_scan *scan, const struct bak_row **ret, struct fault *fault)
{
    bool end = false;

    *ret = NULL;
    for (;;) {
        while (scan->loaded && scan->slot < scan->page.header.slots) {
            if (!read_slot(scan, fault))
                return false;
            if (scan->row.cells || scan->row.problem) {
                *ret = &scan->row;
                return true;
            }
        }
        if (!next_page(scan, &end, fault))
            return fault_prefix(fault, "table %s.%s", scan->table->schema, scan->table->name);
        if (end)
            return true;
    }
}

/* The partition to which a page of rows belongs. */
static bool find_rowset(struct bak_scan *scan)
{
    for (size_t i = 0; i < scan->table->rowset_count; i++) {
        const struct bak_rowset *rowset = scan->table->rowsets[i];
        const struct bak_unit *unit = bak_catalogue_unit_of_rowset(scan->catalogue, rowset->id, BAK_UNIT_IN_ROW);

        if (unit && bak_page_belongs(&scan->page.header, unit->id)) {
            scan->current = rowset;
            scan->unit = unit;
            return true;
        }
    }
    return false;
}

bool bak_scan_at(struct bak_scan *scan, struct bak_address address, const struct bak_row **ret, struct fault *fault)
{
    enum bak_found found = BAK_ABSENT;
    char text[BAK_PLACE_TEXT_SIZE];

    if (!bak_store_read(scan->store, address.place, &scan->page, &found, fault))
        return false;
    bak_place_text(address.place, text);
    if (found != BAK_FOUND || !find_rowset(scan) || !accept_page(scan))
        return fault_set(fault, FAULT_BAD_INPUT, "%s is no page of rows of table %s.%s", text, scan->table->schema,
                         scan->table->name);
    scan->slot = address.slot;
    if (!read_slot(scan, fault))
        return false;
    if (!scan->row.cells)
        return fault_set(fault, FAULT_BAD_INPUT, "the row at %s slot %u of table %s.%s cannot be read", text,
                         address.slot, scan->table->schema, scan->table->name);
    *ret = &scan->row;
    return true;
}

/*
 * A whole backup with stretches of it overwritten: it is refused with a reason, or read to the end, and what is given
 * agrees with itself. Input: one byte of flags, three bytes for the size that is left when flag 1 is set, then
 * stretches: three bytes of offset, one of length, the bytes. Without checksums in the pages, so that they do not hide
 * what lies behind. The backup is the one of tests/support/bak_builder.h, or the file that BAK_FUZZ_BASE names.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/must.h"
#include "source/bak/check.h"
#include "source/bak/database.h"
#include "support/bak_builder.h"

enum { FLAG_CUT = 1, LENGTH_MASK = 31, PAGES_MAX = 2000 };

static struct built base;
static int descriptor = -1;
static char *path;
static volatile unsigned sink;

static void load_file(const char *name)
{
    scoped(file_close) FILE *file = fopen(name, "rb");
    char chunk[8192];
    size_t got;

    must(file != NULL);
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0)
        built_put(&base, chunk, got);
}

/* Pages begin at multiples of 512 in these files; a header's flags are at 4. */
static void drop_checksums(void)
{
    struct bak_input input = {.path = path};
    struct bak_file *file = NULL;
    struct bak_container *container = NULL;
    struct fault fault = {0};

    must(write(descriptor, base.data, base.size) == (ssize_t)base.size);
    must(bak_file_open(&input, &file, &fault) && bak_container_open(file, &container, &fault));
    for (size_t i = 0; i < bak_container_set(container, 0)->piece_count; i++) {
        const struct bak_pieces *pieces = &bak_container_set(container, 0)->pieces[i];

        for (int64_t at = 0; at < pieces->size; at += BAK_PAGE_SIZE)
            base.data[pieces->offset + at + 5] &= 0xFD;
    }
    bak_container_close(&container);
    bak_file_close(&file);
}

static void prepare(void)
{
    static struct built_database database;
    const char *name = getenv("BAK_FUZZ_BASE");

    if (name) {
        load_file(name);
    } else {
        built_database(&database, false);
        built_backup(&base, &database);
    }
    descriptor = memfd_create("backup", 0);
    path = x_sprintf("/proc/self/fd/%d", descriptor);
    drop_checksums();
    must(pwrite(descriptor, base.data, base.size, 0) == (ssize_t)base.size);
}

static size_t number(const uint8_t *at)
{
    return at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16;
}

static void put(size_t at, const uint8_t *data, size_t size)
{
    if (at < base.size)
        must(pwrite(descriptor, data, size < base.size - at ? size : base.size - at, (off_t)at) >= 0);
}

/* Writes the stretches into the backup, or the backup's own bytes back where they were. */
static void write_stretches(const uint8_t *data, size_t size, bool back)
{
    for (size_t at = 4; at + 4 < size;) {
        size_t length = (data[at + 3] & LENGTH_MASK) + 1u;
        size_t offset = number(data + at);

        length = length < size - at - 4 ? length : size - at - 4;
        if (offset < base.size)
            put(offset, back ? base.data + offset : data + at + 4, length);
        at += 4 + length;
    }
}

static void make_backup(const uint8_t *data, size_t size)
{
    write_stretches(data, size, false);
    if (data[0] & FLAG_CUT)
        must(ftruncate(descriptor, (off_t)(number(data + 1) % (base.size + 1))) == 0);
}

static void restore_backup(const uint8_t *data, size_t size)
{
    if (data[0] & FLAG_CUT)
        must(pwrite(descriptor, base.data, base.size, 0) == (ssize_t)base.size);
    else
        write_stretches(data, size, true);
}

static void check_row(const struct bak_table *table, const struct bak_row *row)
{
    unsigned sum = 0;

    must((row->cells != NULL) != (row->problem != NULL));
    for (size_t i = 0; row->cells && i < table->column_count; i++) {
        must(row->cells[i].size <= BAK_PAGE_SIZE);
        for (size_t k = 0; k < row->cells[i].size; k++)
            sum += row->cells[i].data[k];
    }
    sink += sum;
}

static void read_table(struct bak_database *database, const struct bak_table *table)
{
    struct bak_scan *scan = NULL;
    const struct bak_row *row = NULL;
    struct fault fault = {0};
    int64_t given = 0;

    if (!bak_database_scan(database, table, &scan, &fault)) {
        must(fault.kind == FAULT_BAD_INPUT && table->unreadable);
        return;
    }
    while (bak_scan_next(scan, &row, &fault) && row && bak_scan_pages(scan) < PAGES_MAX) {
        check_row(table, row);
        given += row->cells != NULL;
    }
    must(given == bak_scan_tally(scan)->rows);
    must(fault.kind == FAULT_NONE || (fault.kind == FAULT_BAD_INPUT && fault.text[0]));
    bak_scan_close(&scan);
}

static void check_pages(struct bak_database *database)
{
    struct bak_check *check = bak_check_new(database);
    struct fault fault = {0};
    bool end = false;

    while (!end && bak_check_step(check, 100, &end, &fault))
        ;
    must(!end || bak_check_result(check)->pages <= bak_check_result(check)->total);
    bak_check_destroy(&check);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_backup(void)
{
    struct bak_database *database = NULL;
    struct bak_options options = {.with_password = true};
    struct bak_input input = {.path = path};
    struct fault fault = {0};

    if (!bak_open(&input, 1, &options, &database, &fault)) {
        must(fault.kind == FAULT_BAD_INPUT && fault.text[0]);
        return;
    }
    for (size_t i = 0; i < bak_catalogue_table_count(bak_catalogue_of(database)); i++)
        read_table(database, bak_catalogue_table(bak_catalogue_of(database), i));
    check_pages(database);
    bak_close(&database);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    if (descriptor < 0)
        prepare();
    make_backup(data, size);
    read_backup();
    restore_backup(data, size);
    return 0;
}

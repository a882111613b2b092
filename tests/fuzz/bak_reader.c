/*
 * A whole backup with stretches of it overwritten: it is refused with a reason, or read to the end, and what is given
 * agrees with itself; pages and rows by themselves, then through the interface of every source with large values, the
 * log and all checks. Input: a byte of flags, three bytes for the size that is left when flag 1 is set, then stretches:
 * three bytes of offset, one of length, the bytes. Flags 2 and 4 choose the backup: that of bak_builder.h, that of
 * wide_builder.h in one file or in two stripes (their bytes count on from each other); or it is the file that
 * BAK_FUZZ_BASE names. Flag 8 steps over damage, 16 reads large values with their rows. Without checksums in the pages,
 * so that they do not hide what lies behind.
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
#include "source/source.h"
#include "support/bak_builder.h"
#include "support/wide_builder.h"

enum {
    FLAG_CUT = 1,
    BASE_SHIFT = 1,
    BASES = 3,
    FLAG_SALVAGE = 8,
    FLAG_WHOLE = 16,
    LENGTH_MASK = 31,
    PAGES_MAX = 2000,
    ROWS_MAX = 500,
    BLOBS_MAX = 8, /* of a table */
    LOCATOR_ROOM = 600,
    PIECE = 3000,
};

struct file {
    struct built bytes;
    int descriptor;
    char *path;
};

struct base {
    struct file files[2];
    size_t count;
    char *path;
};

static struct base bases[BASES];
static size_t base_count;
static volatile unsigned sink;

static void load_file(const char *name, struct built *ret)
{
    scoped(file_close) FILE *file = fopen(name, "rb");
    char chunk[8192];
    size_t got;

    must(file != NULL);
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0)
        built_put(ret, chunk, got);
}

/* Pages begin at multiples of 512 in these files; a header's flags are at 4. */
static void drop_checksums(struct file *file)
{
    struct bak_input input = {.path = file->path};
    struct bak_file *opened = NULL;
    struct bak_container *container = NULL;
    struct fault fault = {0};

    must(bak_file_open(&input, &opened, &fault) && bak_container_open(opened, &container, &fault));
    for (size_t i = 0; i < bak_container_set(container, 0)->piece_count; i++) {
        const struct bak_pieces *pieces = &bak_container_set(container, 0)->pieces[i];

        for (int64_t at = 0; at < pieces->size; at += BAK_PAGE_SIZE)
            file->bytes.data[pieces->offset + at + 5] &= 0xFD;
    }
    bak_container_close(&container);
    bak_file_close(&opened);
}

static void finish(struct base *base)
{
    for (size_t i = 0; i < base->count; i++) {
        struct file *file = &base->files[i];

        file->descriptor = memfd_create("backup", 0);
        file->path = x_sprintf("/proc/self/fd/%d", file->descriptor);
        must(write(file->descriptor, file->bytes.data, file->bytes.size) == (ssize_t)file->bytes.size);
        drop_checksums(file);
        must(pwrite(file->descriptor, file->bytes.data, file->bytes.size, 0) == (ssize_t)file->bytes.size);
    }
    base->path = base->count == 1 ? x_sprintf("%s#with-password", base->files[0].path)
                                  : x_sprintf("%s,%s#with-password", base->files[0].path, base->files[1].path);
}

static void prepare(void)
{
    static struct built_database database;
    static struct wide_database wide;
    const char *name = getenv("BAK_FUZZ_BASE");
    struct built stripes[2] = {0};

    for (size_t i = 0; i < BASES; i++)
        bases[i].count = 1;
    base_count = name ? 1 : BASES;
    if (name) {
        load_file(name, &bases[0].files[0].bytes);
    } else {
        built_database(&database, false);
        built_backup(&bases[0].files[0].bytes, &database);
        wide_database(&wide, WIDE_FAR_FILE);
        wide_backup(&bases[1].files[0].bytes, &wide);
        wide_stripes(stripes, &wide);
        bases[2].count = 2;
        bases[2].files[0].bytes = stripes[0];
        bases[2].files[1].bytes = stripes[1];
    }
    for (size_t i = 0; i < base_count; i++)
        finish(&bases[i]);
}

static size_t number(const uint8_t *at)
{
    return at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16;
}

/* Writes a stretch into the backup, or with NULL the backup's own bytes back where they were. */
static void put(const struct base *base, size_t at, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < base->count; i++) {
        const struct built *bytes = &base->files[i].bytes;

        if (at < bytes->size) {
            size = size < bytes->size - at ? size : bytes->size - at;
            must(pwrite(base->files[i].descriptor, data ? data : bytes->data + at, size, (off_t)at) >= 0);
            return;
        }
        at -= bytes->size;
    }
}

static void write_stretches(const struct base *base, const uint8_t *data, size_t size, bool back)
{
    for (size_t at = 4; at + 4 < size;) {
        size_t length = (data[at + 3] & LENGTH_MASK) + 1u;

        length = length < size - at - 4 ? length : size - at - 4;
        put(base, number(data + at), back ? NULL : data + at + 4, length);
        at += 4 + length;
    }
}

static void make_backup(const struct base *base, const uint8_t *data, size_t size)
{
    const struct file *file = &base->files[0];

    write_stretches(base, data, size, false);
    if (data[0] & FLAG_CUT)
        must(ftruncate(file->descriptor, (off_t)(number(data + 1) % (file->bytes.size + 1))) == 0);
}

static void restore_backup(const struct base *base, const uint8_t *data, size_t size)
{
    const struct file *file = &base->files[0];

    if (data[0] & FLAG_CUT)
        must(pwrite(file->descriptor, file->bytes.data, file->bytes.size, 0) == (ssize_t)file->bytes.size);
    write_stretches(base, data, size, true);
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

static void must_be_bad_input(const struct fault *fault)
{
    must(fault->kind == FAULT_BAD_INPUT && fault->text[0]);
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
    if (fault.kind != FAULT_NONE)
        must_be_bad_input(&fault);
    bak_scan_close(&scan);
}

static void read_backup(const struct base *base)
{
    struct bak_database *database = NULL;
    struct bak_options options = {.with_password = true};
    struct bak_input inputs[2] = {{.path = base->files[0].path}, {.path = base->files[1].path}};
    struct fault fault = {0};

    if (!bak_open(inputs, base->count, &options, &database, &fault)) {
        must_be_bad_input(&fault);
        return;
    }
    for (size_t i = 0; i < bak_catalogue_table_count(bak_catalogue_of(database)); i++)
        read_table(database, bak_catalogue_table(bak_catalogue_of(database), i));
    bak_close(&database);
}

/* A large value by its locator: as long as it says, or a fault. */
static void read_blob(struct source *source, const char *locator)
{
    scoped(blob_close) struct blob *blob = NULL;
    char piece[PIECE];
    struct fault fault = {0};
    int64_t given = 0;
    size_t got = 0;

    if (!source_open_blob(source, locator, &blob, &fault)) {
        must_be_bad_input(&fault);
        return;
    }
    do {
        if (!blob_read(blob, piece, sizeof piece, &got, &fault)) {
            must_be_bad_input(&fault);
            return;
        }
        for (size_t i = 0; i < got; i++)
            sink += (unsigned char)piece[i];
        given += (int64_t)got;
    } while (got);
    must(given == blob_size(blob));
}

static void read_values(struct source *source, struct scan *scan, const struct value *values, unsigned *blobs)
{
    struct fault fault = {0};
    struct text text;

    text_init(&text, LOCATOR_ROOM);
    for (size_t i = 0; i < scan_column_count(scan); i++) {
        int64_t size = 0;
        bool found = false;

        for (size_t k = 0; values[i].type == VALUE_TEXT && k < values[i].text.size; k++)
            sink += (unsigned char)values[i].text.data[k];
        text_clear(&text);
        if (!scan_locate(scan, i, &text, &size, &found, &fault))
            must_be_bad_input(&fault);
        else if (found && (*blobs)++ < BLOBS_MAX)
            read_blob(source, text_string(&text));
    }
    text_release(&text);
}

static void read_rows(struct source *source, size_t table)
{
    scoped(scan_close) struct scan *scan = NULL;
    const struct value *values = NULL;
    struct scan_tally tally;
    struct fault fault = {0};
    unsigned blobs = 0;
    unsigned rows = 0;
    bool good = source_scan(source, table, &scan, &fault);

    while (good && rows < ROWS_MAX && (good = scan_next(scan, &values, &fault)) && values) {
        read_values(source, scan, values, &blobs);
        rows++;
    }
    if (!good)
        must_be_bad_input(&fault);
    if (!scan)
        return;
    scan_tally_of(scan, &tally);
    must(tally.rows == (int64_t)rows);
}

static void examine(struct source *source)
{
    struct source_facts facts = {0};
    struct fault fault = {0};
    double done = 0;
    bool end = false;
    bool good;

    source_describe(source, &facts);
    good = source_examine(source, &facts, &fault);
    while (good && !end)
        good = source_check_step(source, &facts, &done, &end, &fault);
    if (!good)
        must_be_bad_input(&fault);
    must(facts.fault_count <= facts.warning_count);
    source_facts_release(&facts);
}

static void read_source(const struct base *base, unsigned flags)
{
    struct source_options options = {.salvage = flags & FLAG_SALVAGE, .whole_values = flags & FLAG_WHOLE};
    scoped(source_close) struct source *source = NULL;
    struct fault fault = {0};

    if (!source_open(base->path, &options, &source, &fault)) {
        must_be_bad_input(&fault);
        return;
    }
    examine(source);
    for (size_t i = 0; i < source_table_count(source); i++)
        read_rows(source, i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct base *base;

    if (size < 4)
        return 0;
    if (base_count == 0)
        prepare();
    base = &bases[(data[0] >> BASE_SHIFT & 3) % base_count];
    make_backup(base, data, size);
    read_backup(base);
    read_source(base, data[0]);
    restore_backup(base, data, size);
    return 0;
}

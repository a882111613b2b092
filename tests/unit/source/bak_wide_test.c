/* A database that reaches beyond 4 GB, lies in two files or in two stripes: its rows and large values come out. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bak_fixture.h"
#include "base/memory.h"
#include "source/source.h"
#include "support/wide_builder.h"

static struct wide_database made;

enum { LOCATOR_ROOM = 600, PATH_ROOM = 200 };

static void expect_picture(struct source *source, const struct scan *scan, unsigned row)
{
    scoped(blob_close) struct blob *blob = NULL;
    uint8_t bytes[WIDE_PICTURE_BYTES + 1];
    struct fault fault = {0};
    struct text locator;
    int64_t size = 0;
    size_t whole = 0;
    size_t got = 0;
    bool found = false;

    text_init(&locator, LOCATOR_ROOM);
    cr_assert(scan_locate(scan, 1, &locator, &size, &found, &fault) && found, "%s", fault.text);
    cr_expect_eq(size, WIDE_PICTURE_BYTES);
    cr_assert(source_open_blob(source, text_string(&locator), &blob, &fault), "%s", fault.text);
    do {
        cr_assert(blob_read(blob, bytes + whole, sizeof bytes - whole, &got, &fault), "row %u: %s", row, fault.text);
        whole += got;
    } while (got);
    cr_assert_eq(whole, WIDE_PICTURE_BYTES);
    for (size_t i = 0; i < whole; i++)
        cr_assert_eq(bytes[i], wide_picture_byte(row, i), "row %u byte %zu", row, i);
    text_release(&locator);
}

static void expect_pictures(struct source *source)
{
    scoped(scan_close) struct scan *scan = NULL;
    const struct value *values = NULL;
    struct fault fault = {0};
    size_t table = 0;

    cr_assert(source_find_table(source, "Pictures", &table, &fault) && source_scan(source, table, &scan, &fault), "%s",
              fault.text);
    for (unsigned row = 1; row <= WIDE_ROWS; row++) {
        cr_assert(scan_next(scan, &values, &fault) && values, "row %u: %s", row, fault.text);
        cr_expect_eq(values[0].integer, row);
        cr_expect_eq(values[1].type, VALUE_BYTES);
        cr_assert_eq(values[2].type, VALUE_TEXT);
        cr_assert_eq(values[2].text.size, WIDE_STORY_LETTERS);
        for (size_t i = 0; i < WIDE_STORY_LETTERS; i++)
            cr_assert_eq(values[2].text.data[i], wide_story_letter(row, i), "row %u letter %zu", row, i);
        expect_picture(source, scan, row);
    }
    cr_assert(scan_next(scan, &values, &fault), "%s", fault.text);
    cr_expect_null(values);
}

static void expect_sound(struct source *source)
{
    struct source_facts facts = {0};
    struct fault fault = {0};
    double done = 0;
    bool end = false;

    source_describe(source, &facts);
    cr_assert(source_examine(source, &facts, &fault), "%s", fault.text);
    while (!end)
        cr_assert(source_check_step(source, &facts, &done, &end, &fault), "%s", fault.text);
    cr_expect_eq(facts.warning_count, 0, "%s", facts.warning_count ? facts.warnings[0] : "");
    source_facts_release(&facts);
}

static void expect_whole(const char *path)
{
    scoped(source_close) struct source *source = NULL;
    struct fault fault = {0};

    cr_assert(source_open(path, &(struct source_options){0}, &source, &fault), "%s", fault.text);
    expect_pictures(source);
    expect_sound(source);
}

static void expect_one_backup(enum wide_far far)
{
    struct built built = {0};
    struct bak_fixture fixture;

    wide_database(&made, far);
    wide_seal(&made);
    wide_backup(&built, &made);
    bak_fixture_make(&fixture, built.data, built.size);
    built_release(&built);
    expect_whole(fixture.path);
    bak_fixture_remove(&fixture);
}

Test(bak_wide, rows_and_values_beyond_four_gigabytes)
{
    expect_one_backup(WIDE_FAR_INTERVAL);
}

Test(bak_wide, rows_and_values_in_two_data_files)
{
    expect_one_backup(WIDE_FAR_FILE);
}

static void count_call(void *context, int64_t done, int64_t total)
{
    cr_expect(done >= 0 && done <= total);
    ++*(unsigned *)context;
}

/* Extents that do not ascend are looked at one by one, which takes long in a large file. */
Test(bak_wide, looking_at_all_extents_is_told)
{
    static const size_t swapped[] = {0, 5};

    for (size_t i = 0; i < array_length(swapped); i++) {
        scoped(source_close) struct source *source = NULL;
        struct wide_extent kept;
        struct built built = {0};
        struct bak_fixture fixture;
        struct fault fault = {0};
        unsigned calls = 0;

        wide_database(&made, WIDE_FAR_INTERVAL);
        kept = made.extents[swapped[i]];
        made.extents[swapped[i]] = made.extents[0];
        made.extents[0] = kept;
        wide_backup(&built, &made);
        bak_fixture_make(&fixture, built.data, built.size);
        built_release(&built);
        cr_assert(source_open(fixture.path,
                              &(struct source_options){.progress = count_call, .progress_context = &calls}, &source,
                              &fault),
                  "%s", fault.text);
        cr_expect_eq(calls > 0, swapped[i] > 0, "%u calls", calls);
        expect_pictures(source);
        bak_fixture_remove(&fixture);
    }
}

Test(bak_wide, rows_and_values_in_two_stripes)
{
    for (unsigned far = WIDE_FAR_INTERVAL; far <= WIDE_FAR_FILE; far++) {
        struct built built[2] = {0};
        struct bak_fixture fixtures[2];
        char path[PATH_ROOM];

        wide_database(&made, (enum wide_far)far);
        wide_seal(&made);
        wide_stripes(built, &made);
        for (unsigned i = 0; i < 2; i++) {
            bak_fixture_make(&fixtures[i], built[i].data, built[i].size);
            built_release(&built[i]);
        }
        snprintf(path, sizeof path, "%s,%s", fixtures[1].path, fixtures[0].path);
        expect_whole(path);
        for (unsigned i = 0; i < 2; i++)
            bak_fixture_remove(&fixtures[i]);
    }
}

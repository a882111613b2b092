/* The container: what it says of its sets, and what becomes of it when it is cut off or damaged. */
#include "source/bak/container.h"

#include <criterion/criterion.h>
#include <string.h>

#include "bak_fixture.h"
#include "base/memory.h"

/* A container with its file, opened from bytes. */
struct opened {
    struct bak_fixture fixture;
    struct bak_file *file;
    struct bak_container *container;
    struct fault fault;
};

static bool open_again(struct opened *opened)
{
    struct bak_input input = {.path = opened->fixture.path};

    opened->fault = (struct fault){0};
    cr_assert(bak_file_open(&input, &opened->file, &opened->fault), "%s", opened->fault.text);
    return bak_container_open(opened->file, &opened->container, &opened->fault);
}

static void shut(struct opened *opened)
{
    bak_container_close(&opened->container);
    bak_file_close(&opened->file);
}

static bool open_bytes(struct opened *opened, const void *data, size_t size)
{
    memset(opened, 0, sizeof *opened);
    bak_fixture_make(&opened->fixture, data, size);
    return open_again(opened);
}

static void done(struct opened *opened)
{
    shut(opened);
    bak_fixture_remove(&opened->fixture);
}

static void build(struct built *built, struct built_set set)
{
    static struct built_database database;

    built_database(&database, true);
    set.extents = database.order;
    set.extent_count = DATABASE_EXTENTS;
    set.declared_pages = 32;
    set.file_pages = DATABASE_FILE_PAGES;
    if (built->size == 0)
        built_tape(built, &set);
    built_set(built, &set);
}

Test(bak_container, says_what_a_set_is_of)
{
    struct built built = {0};
    struct opened opened;
    const struct bak_set *set;

    build(&built, (struct built_set){.kind = 'D'});
    cr_assert(open_bytes(&opened, built.data, built.size), "%s", opened.fault.text);
    cr_assert_null(bak_container_damage(opened.container));
    cr_assert_eq(bak_container_set_count(opened.container), 1);
    set = bak_container_set(opened.container, 0);
    cr_expect(set->whole && set->has_final && set->has_facts);
    cr_expect_eq(set->number, 1);
    cr_expect_str_eq(set->name, "nightly");
    cr_expect_str_eq(set->database, "Clinic");
    cr_expect_str_eq(set->server, "SERVER");
    cr_expect_eq(set->kind, BAK_KIND_FULL);
    cr_expect_eq(set->database_version, 904);
    cr_expect_eq(set->server_major, 15);
    cr_expect_eq(set->created, BAK_TIME_UNSET);
    cr_expect_eq(set->finished, 1513614099, "2017-12-18 16:21:39");
    cr_expect_eq(set->last_lsn.block, 900);
    cr_assert_eq(set->file_count, 2);
    cr_expect_eq(set->files[0].pages, 32, "of MSCI: MSLS has none");
    cr_expect_eq(set->files[0].size_bytes, DATABASE_FILE_PAGES * BAK_PAGE_SIZE);
    cr_expect_eq(set->files[1].type, BAK_FILE_LOG);
    cr_assert_eq(set->piece_count, 1);
    cr_expect_eq(set->pieces[0].size, 4 * BAK_EXTENT_SIZE);
    cr_assert_eq(set->log_count, 1);
    cr_expect_eq(set->log[0].size, 512);
    cr_expect_eq(set->log[0].from, 8192);
    cr_expect_eq(set->log[0].log_file, 2);
    cr_expect_str_eq(bak_container_media(opened.container)->software, "Microsoft SQL Server");
    cr_expect_eq(bak_container_media(opened.container)->families, 1);
    done(&opened);
    built_release(&built);
}

Test(bak_container, keeps_equal_pieces_as_one_run)
{
    struct built built = {0};
    struct opened opened;
    const struct bak_set *set;

    build(&built, (struct built_set){.kind = 'D', .piece_extents = 1});
    cr_assert(open_bytes(&opened, built.data, built.size), "%s", opened.fault.text);
    set = bak_container_set(opened.container, 0);
    cr_assert_eq(set->piece_count, 1);
    cr_expect_eq(set->pieces[0].count, 4);
    cr_expect_eq(set->pieces[0].size, BAK_EXTENT_SIZE);
    cr_expect_eq(set->pieces[0].step, BAK_EXTENT_SIZE + 24);
    done(&opened);
    built_release(&built);
}

Test(bak_container, lists_several_sets)
{
    struct built built = {0};
    struct opened opened;

    build(&built, (struct built_set){.kind = 'D', .number = 1});
    build(&built, (struct built_set){.kind = 'L', .number = 2});
    build(&built, (struct built_set){.kind = 'I', .number = 3});
    cr_assert(open_bytes(&opened, built.data, built.size), "%s", opened.fault.text);
    cr_assert_eq(bak_container_set_count(opened.container), 3);
    cr_expect_eq(bak_container_set(opened.container, 1)->number, 2);
    cr_expect_eq(bak_container_set(opened.container, 1)->kind, BAK_KIND_LOG);
    cr_expect_eq(bak_container_set(opened.container, 2)->kind, BAK_KIND_DIFFERENTIAL);
    done(&opened);
    built_release(&built);
}

Test(bak_container, steps_over_unknown_streams_and_remembers_them)
{
    struct built built = {0};
    struct built_set set = {.kind = 'D'};
    struct opened opened;
    uint8_t head[60] = {0};

    built_tape(&built, &set);
    built_set(&built, &set);
    built_block(&built, "MSDA", head, sizeof head);
    built_stream(&built, "MQFS", 0, head, 30);
    built_stream(&built, "MQFS", 0, head, 12);
    built_end_block(&built);
    cr_assert(open_bytes(&opened, built.data, built.size), "%s", opened.fault.text);
    cr_assert_eq(bak_container_unknown_count(opened.container), 1);
    cr_expect_str_eq(bak_container_unknown(opened.container, 0)->id, "MQFS");
    cr_expect_eq(bak_container_unknown(opened.container, 0)->count, 2);
    cr_expect_eq(bak_container_unknown(opened.container, 0)->bytes, 42);
    done(&opened);
    built_release(&built);
}

/* However much of the end is missing: it is said, with the place, or nothing of the set is missing. */
Test(bak_container, notices_every_cut)
{
    struct built built = {0};
    struct opened opened;
    size_t end_of_set = 0;

    build(&built, (struct built_set){.kind = 'D'});
    cr_assert(open_bytes(&opened, built.data, built.size));
    /* The last filemark alone may go. */
    end_of_set = built.size - 512;
    for (size_t size = built.size; size > 0; size -= size > 300000 ? 8192 : size % 4 ? size % 4 : 4) {
        shut(&opened);
        bak_fixture_cut(&opened.fixture, size);
        if (!open_again(&opened)) {
            cr_expect_eq(opened.fault.kind, FAULT_BAD_INPUT);
            continue;
        }
        if (size >= end_of_set) {
            cr_expect(bak_container_set(opened.container, 0)->whole);
            cr_expect_eq(bak_container_damage(opened.container) != NULL, size != end_of_set && size != built.size);
            continue;
        }
        for (size_t i = 0; i < bak_container_set_count(opened.container); i++)
            cr_assert(!bak_container_set(opened.container, i)->whole, "cut to %zu", size);
        cr_assert_not_null(bak_container_damage(opened.container), "cut to %zu", size);
        cr_assert_not_null(strstr(bak_container_damage(opened.container), "cut off"));
    }
    shut(&opened);
    bak_fixture_cut(&opened.fixture, 0);
    cr_expect(!open_again(&opened));
    cr_expect_not_null(strstr(opened.fault.text, "is empty"));
    done(&opened);
    built_release(&built);
}

/* Bits of block and stream headers: their checksums cover them. */
Test(bak_container, notices_every_changed_bit_of_a_header)
{
    struct built built = {0};
    struct opened opened;
    size_t headers[400];
    size_t sizes[400];
    size_t count = 0;

    build(&built, (struct built_set){.kind = 'D'});
    for (size_t at = 0; at + 52 <= built.size; at += 2) {
        static const char *const tags[] = {"TAPE", "SFMB", "SSET", "VOLB", "MSCI", "MSDA", "MSTL",
                                           "MSLS", "ESET", "MQCI", "MQDA", "MQTL", "RAID", "SPAD"};

        for (size_t i = 0; i < array_length(tags); i++) {
            if (memcmp(built.data + at, tags[i], 4) != 0)
                continue;
            headers[count] = at;
            sizes[count++] = i <= 8 ? 52 : 22;
        }
    }
    cr_assert_eq(count, 25);
    cr_assert(open_bytes(&opened, built.data, built.size));
    for (size_t i = 0; i < count; i++) {
        for (size_t bit = 0; bit < 8 * sizes[i]; bit++) {
            size_t at = headers[i] + bit / 8;
            uint8_t changed = (uint8_t)(built.data[at] ^ 1u << bit % 8);

            shut(&opened);
            bak_fixture_change(&opened.fixture, at, &changed, 1);
            cr_assert(!open_again(&opened) || bak_container_damage(opened.container), "bit %zu at %zu", bit,
                      headers[i]);
            bak_fixture_change(&opened.fixture, at, built.data + at, 1);
        }
    }
    done(&opened);
    built_release(&built);
}

Test(bak_container, refuses_what_is_no_backup)
{
    static const struct {
        const char *bytes;
        const char *want;
    } cases[] = {
        {"MSSQLBAK\2\0\0\0", "Do not compress backup"},
        {"PK\3\4........", "is a zip"},
        {"Name,Birth\r\n", "is not a backup of SQL Server"},
        {"TAPE", "is cut off"},
    };
    uint8_t head[140] = {0};
    struct built built = {0};
    struct opened opened;

    for (size_t i = 0; i < array_length(cases); i++) {
        cr_assert(!open_bytes(&opened, cases[i].bytes, i == 3 ? 4 : 12), "case %zu", i);
        cr_expect_eq(opened.fault.kind, FAULT_BAD_INPUT);
        cr_expect_not_null(strstr(opened.fault.text, cases[i].want), "got %s, want %s", opened.fault.text,
                           cases[i].want);
        done(&opened);
    }
    built_block(&built, "TAPE", head, sizeof head);
    built_end_block(&built);
    cr_assert(!open_bytes(&opened, built.data, built.size));
    cr_expect_not_null(strstr(opened.fault.text, "of another program"), "%s", opened.fault.text);
    done(&opened);
    built_release(&built);
}

Test(bak_container, does_not_believe_lengths)
{
    struct built built = {0};
    struct built_set set = {.kind = 'D'};
    struct opened opened;
    uint8_t head[60] = {0};
    static const uint8_t huge[8] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F};
    size_t stream;
    unsigned sum = 0;

    built_tape(&built, &set);
    built_set(&built, &set);
    built_block(&built, "MSDA", head, sizeof head);
    stream = built.size;
    built_stream(&built, "MQDA", 2, head, 2);
    memcpy(built.data + stream + 8, huge, sizeof huge);
    for (size_t i = 0; i < 20; i += 2)
        sum ^= built.data[stream + i] | (unsigned)built.data[stream + i + 1] << 8;
    built.data[stream + 20] = (uint8_t)sum;
    built.data[stream + 21] = (uint8_t)(sum >> 8);
    cr_assert(open_bytes(&opened, built.data, built.size));
    cr_expect_not_null(strstr(bak_container_damage(opened.container), "absurd length"));
    done(&opened);
    built_release(&built);
}

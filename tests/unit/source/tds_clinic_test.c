/* The sample clinic by two doors: as a CSV export, and live over TDS. Tables and canonical records are the same. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "model/letters.h"
#include "model/profile.h"
#include "sandbox/clinic/clinic.h"
#include "source/extraction.h"
#include "tds_fixture.h"

TestSuite(tds_clinic, .timeout = 250);

enum {
    PATIENTS = 60,
    YEARS = 2,
    TODAY = 20514,
    RECORD_MAX = 32 * 1024 * 1024,
    LONG_TEXT = 8000 / 3,
    FILE_MOST = 64 * 1024 * 1024
};

/* Sorted lines are compared, so that the order of rows does not count. */
struct lines {
    char **lines;
    size_t count;
};

static struct folder_fixture folder;
static struct folder_fixture clinic;
static struct tds_fixture server;
static char *profile_text;

static char *read_file(const char *path)
{
    scoped(file_close) FILE *file = fopen(path, "rb");
    char *content = x_alloc(FILE_MOST);

    cr_assert_not_null(file, "%s is not there", path);
    content[fread(content, 1, FILE_MOST - 1, file)] = '\0';
    return content;
}

static void set_up(void)
{
    struct clinic_options options = {.seed = 7, .patients = PATIENTS, .years = YEARS, .today = TODAY};
    struct clinic_counts counts;
    struct fault fault = {0};

    cr_assert(sodium_init() >= 0);
    folder_fixture_make(&folder);
    folder_fixture_make(&clinic);
    options.folder = clinic.path;
    cr_assert(clinic_write(&options, &counts, &fault), "%s", fault.text);
    tds_fixture_init(&server, &folder);
    tds_fixture_start(&server, clinic.path);
    profile_text = read_file(PROJECT_DIR "/profiles/front-desk.json");
}

static void take_down(void)
{
    free(profile_text);
    tds_fixture_stop(&server);
    folder_fixture_remove(&clinic);
    folder_fixture_remove(&folder);
}

static void add_line(struct lines *lines, char *owned)
{
    lines->lines = x_grow_array(lines->lines, lines->count + 1, sizeof(char *));
    lines->lines[lines->count++] = owned;
}

static int compare_lines(const void *one, const void *two)
{
    return strcmp(*(char *const *)one, *(char *const *)two);
}

static void release_lines(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->lines[i]);
    free(lines->lines);
    *lines = (struct lines){0};
}

static void expect_same(struct lines *csv, struct lines *live)
{
    int shown = 0;

    qsort(csv->lines, csv->count, sizeof(char *), compare_lines);
    qsort(live->lines, live->count, sizeof(char *), compare_lines);
    cr_expect_eq(csv->count, live->count, "%zu lines of the export, %zu of the server", csv->count, live->count);
    for (size_t i = 0; i < csv->count && i < live->count && shown < 5; i++) {
        if (strcmp(csv->lines[i], live->lines[i]) == 0)
            continue;
        cr_expect(false, "export: %.1500s\nserver: %.1500s", csv->lines[i], live->lines[i]);
        shown++;
    }
    cr_expect(csv->count > 1000);
}

/* Without white space at the ends, which goes from texts that stand in a record. */
static void put_digest(const char *data, size_t size, struct text *out)
{
    struct slice content = letters_trim((struct slice){data, size});
    unsigned char digest[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(digest, (const unsigned char *)content.data, content.size);
    for (size_t i = 0; i < sizeof digest; i++)
        text_printf(out, "%02x", digest[i]);
}

static void put_blob_digest(struct source *source, const char *locator, struct text *out)
{
    scoped(blob_close) struct blob *blob = NULL;
    scoped(string_free) char *content = NULL;
    struct fault fault = {0};
    size_t size = 0;
    size_t got = 1;

    cr_assert(source_open_blob(source, locator, &blob, &fault), "%s: %s", locator, fault.text);
    content = x_alloc((size_t)blob_size(blob) + 1);
    while (got) {
        cr_assert(blob_read(blob, content + size, (size_t)blob_size(blob) + 1 - size, &got, &fault), "%s: %s", locator,
                  fault.text);
        size += got;
    }
    cr_assert_eq((int64_t)size, blob_size(blob));
    put_digest(content, size, out);
}

/* The payload with the digest of each large value in place of its locator or text. */
static void put_payload(struct source *source, struct slice payload, struct text *out)
{
    struct json *json = NULL;
    struct fault fault = {0};
    struct json_writer writer;

    cr_assert(json_parse(payload.data, payload.size, &json, &fault), "%s", fault.text);
    json_write_init(&writer, out);
    json_begin_object(&writer);
    for (const struct json *member = json_first(json); member; member = json_next(member)) {
        const char *locator = json_text(json_member(member, "locator"), NULL);
        const char *text = json_member(member, "format") ? json_text(json_member(member, "text"), NULL) : NULL;
        struct text digest;

        json_key(&writer, json_name(member));
        if (!locator && !text) {
            json_put_value(&writer, member);
            continue;
        }
        text_init(&digest, 500);
        if (locator)
            put_blob_digest(source, locator, &digest);
        else
            put_digest(text, strlen(text), &digest);
        text_printf(&digest, " %s %d", json_text(json_member(member, "format"), ""),
                    json_bool(json_member(member, "pictures"), false));
        json_put_text(&writer, text_string(&digest));
        text_release(&digest);
    }
    json_end_object(&writer);
    json_destroy(&json);
}

/* Problems and warnings begin with where the row stands, which differs. */
static const char *without_place(const char *text)
{
    const char *column = text ? strstr(text, ", column ") : NULL;

    return column ? column : text ? text : "";
}

static void extract(const char *path, struct lines *ret)
{
    scoped(profile_destroy) struct profile *profile = NULL;
    scoped(extraction_close) struct extraction *extraction = NULL;
    scoped(source_close) struct source *source = NULL;
    struct extraction_options options = {.time_zone = "Australia/Adelaide", .today = TODAY};
    struct fault fault = {0};
    bool end = false;

    cr_assert(profile_parse(profile_text, strlen(profile_text), &profile, &fault), "%s", fault.text);
    cr_assert(source_open(path, &(struct source_options){0}, &source, &fault), "%s", fault.text);
    cr_assert(extraction_open(path, profile, &options, &extraction, &fault), "%s", fault.text);
    while (!end) {
        struct staged_record record = {0};
        struct text line;

        cr_assert(extraction_next(extraction, &record, &end, &fault), "%s", fault.text);
        if (!record.source_key)
            continue;
        text_init(&line, RECORD_MAX);
        text_printf(&line, "%s %s %s ~ %s ", entity_facts(record.entity)->name, record.source_key,
                    without_place(record.problem), without_place(record.warning));
        put_payload(source, record.payload, &line);
        cr_assert(!line.overflowed);
        add_line(ret, text_take(&line));
    }
    for (size_t i = 0; i < extraction_count_size(extraction); i++) {
        struct extraction_count count = extraction_count_at(extraction, i);

        add_line(ret, x_sprintf("%s %" PRIu64 " %s", entity_facts(count.entity)->name, count.rows, count.reason));
    }
    for (size_t i = 0; i < left_behind_size(extraction_left_behind(extraction)); i++) {
        struct left_entry entry = left_behind_at(extraction_left_behind(extraction), i);

        if (strcmp(entry.what, "Warning about the source") != 0) /* that the connection is not encrypted */
            add_line(ret, x_sprintf("%s %d %d", entry.what, (int)entry.rows, (int)entry.unread));
    }
}

Test(tds_clinic, records_are_the_same_byte_for_byte, .init = set_up, .fini = take_down)
{
    struct lines csv = {0};
    struct lines live = {0};

    extract(clinic.path, &csv);
    extract(server.address, &live);
    expect_same(&csv, &live);
    release_lines(&csv);
    release_lines(&live);
}

/* An export writes whole seconds without a fraction, and fixed-length texts without the blanks at their end. */
static void put_cell(struct source *source, const struct scan *scan, size_t column, const struct value *value,
                     struct text *out)
{
    struct text locator;
    struct text text;
    struct fault fault = {0};
    int64_t size = 0;
    bool found = false;

    text_init(&locator, 1000);
    text_init(&text, RECORD_MAX);
    cr_assert(scan_locate(scan, column, &locator, &size, &found, &fault), "%s", fault.text);
    value_put(value, &text);
    while (text.size && text.data[text.size - 1] == ' ')
        text.data[--text.size] = '\0';
    if (text.size == 23 && text.data[4] == '-' && strcmp(text.data + 19, ".000") == 0)
        text.data[text.size = 19] = '\0';
    text_printf(out, " %s=", scan_column_name(scan, column));
    if (value->type == VALUE_NULL)
        text_puts(out, "NULL");
    else if (value->type == VALUE_BYTES && value->text.data) {
        text_puts(out, "0x");
        for (size_t i = 0; i < value->text.size; i++)
            text_printf(out, "%02X", (unsigned char)value->text.data[i]);
    } else if (found)
        put_blob_digest(source, text_string(&locator), out);
    else if (text.size > LONG_TEXT)
        put_digest(text_string(&text), text.size, out);
    else
        text_put(out, text_string(&text), text.size);
    text_release(&text);
    text_release(&locator);
}

/* Large texts are compared by their digest whichever way they came. */
static void read_tables(const char *path, struct lines *ret)
{
    scoped(source_close) struct source *source = NULL;
    struct fault fault = {0};

    cr_assert(source_open(path, &(struct source_options){0}, &source, &fault), "%s", fault.text);
    cr_assert_eq(source_table_count(source), 33, "%zu tables", source_table_count(source));
    for (size_t table = 0; table < source_table_count(source); table++) {
        scoped(scan_close) struct scan *scan = NULL;
        const struct value *values = NULL;

        cr_assert(source_scan(source, table, &scan, &fault), "%s", fault.text);
        while (scan_next(scan, &values, &fault) && values) {
            struct text line;

            text_init(&line, RECORD_MAX);
            text_puts(&line, source_table_name(source, table));
            for (size_t i = 0; i < scan_column_count(scan); i++)
                put_cell(source, scan, i, &values[i], &line);
            add_line(ret, text_take(&line));
        }
        cr_assert(!values && fault.kind == FAULT_NONE, "%s", fault.text);
    }
}

Test(tds_clinic, every_table_and_column_is_the_same, .init = set_up, .fini = take_down)
{
    struct lines csv = {0};
    struct lines live = {0};

    read_tables(clinic.path, &csv);
    read_tables(server.address, &live);
    expect_same(&csv, &live);
    release_lines(&csv);
    release_lines(&live);
}

#include "clinic_forms.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "model/letters.h"
#include "model/profile.h"
#include "sandbox/clinic/bak_clinic.h"
#include "sandbox/clinic/sheet.h"
#include "source/extraction.h"
#include "source/source.h"

enum { RECORD_MAX = 32 * 1024 * 1024, LONG_TEXT = 2000, DIFFERENCES_SHOWN = 5, PATIENTS = 60, YEARS = 2 };

static void make_backup(struct clinic_options options, const char *backup)
{
    scoped(mdf_clinic_destroy) struct mdf_clinic *clinic = NULL;
    struct clinic_counts counts;
    struct fault fault = {0};

    options.folder = NULL;
    cr_assert(mdf_clinic_create(backup, options.today, &clinic, &fault), "%s", fault.text);
    sheet_redirect(&mdf_clinic_sink, clinic);
    cr_assert(clinic_write(&options, &counts, &fault), "%s", fault.text);
    sheet_redirect(NULL, NULL);
    cr_assert(mdf_clinic_finish(clinic, &fault), "%s", fault.text);
}

void clinic_make(struct clinic_options options, const char *csv, const char *backup)
{
    struct clinic_counts counts;
    struct fault fault = {0};

    options.seed = 7;
    options.patients = PATIENTS;
    options.years = YEARS;
    options.today = CLINIC_TODAY;
    options.folder = csv;
    if (csv)
        cr_assert(clinic_write(&options, &counts, &fault), "%s", fault.text);
    if (backup)
        make_backup(options, backup);
}

static void add_line(struct lines *lines, char *owned)
{
    if ((lines->count & (lines->count - 1)) == 0)
        lines->lines = x_grow_array(lines->lines, lines->count ? 2 * lines->count : 1, sizeof(char *));
    lines->lines[lines->count++] = owned;
}

void lines_release(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->lines[i]);
    free(lines->lines);
    *lines = (struct lines){0};
}

static int compare_lines(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

/* Where the difference begins, a little before it. */
static size_t difference(const char *one, const char *other)
{
    size_t at = 0;

    while (one[at] && one[at] == other[at])
        at++;
    return at < 40 ? 0 : at - 40;
}

void lines_expect_same(struct lines *one, struct lines *other, const char *one_name, const char *other_name)
{
    int shown = 0;

    cr_assert(one->count > 0 && other->count > 0);
    qsort(one->lines, one->count, sizeof(char *), compare_lines);
    qsort(other->lines, other->count, sizeof(char *), compare_lines);
    cr_expect_eq(one->count, other->count, "%zu lines of %s, %zu of %s", one->count, one_name, other->count,
                 other_name);
    for (size_t i = 0; i < one->count && i < other->count && shown < DIFFERENCES_SHOWN; i++) {
        size_t at = difference(one->lines[i], other->lines[i]);

        if (strcmp(one->lines[i], other->lines[i]) == 0)
            continue;
        cr_expect(false, "%s: %.60s ... %.300s\n%s: %.60s ... %.300s", one_name, one->lines[i], one->lines[i] + at,
                  other_name, other->lines[i], other->lines[i] + at);
        shown++;
    }
}

static void put_digest(struct slice content, struct text *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    cr_assert_eq(EVP_Digest(content.data, content.size, digest, &length, EVP_sha256(), NULL), 1);
    for (unsigned i = 0; i < length; i++)
        text_printf(out, "%02x", digest[i]);
}

/* White space at the ends goes from texts that stand in a record, and not from those beside it. */
static void put_blob_digest(struct source *source, const char *locator, bool trimmed, struct text *out)
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
    put_digest(trimmed ? letters_trim((struct slice){content, size}) : (struct slice){content, size}, out);
}

/* A large value by its digest, in place of its locator or text. */
static void put_large(struct source *source, const struct json *member, const char *locator, const char *text,
                      struct json_writer *writer)
{
    struct text digest;

    text_init(&digest, 500);
    if (locator)
        put_blob_digest(source, locator, true, &digest);
    else
        put_digest(letters_trim(slice_of(text)), &digest);
    text_printf(&digest, " %s %d", json_text(json_member(member, "format"), ""),
                json_bool(json_member(member, "pictures"), false));
    json_put_text(writer, text_string(&digest));
    text_release(&digest);
}

static void put_payload(struct source *source, struct slice payload, struct text *out)
{
    scoped(json_destroy) struct json *json = NULL;
    struct fault fault = {0};
    struct json_writer writer;

    cr_assert(json_parse(payload.data, payload.size, &json, &fault), "%s", fault.text);
    json_write_init(&writer, out);
    json_begin_object(&writer);
    for (const struct json *member = json_first(json); member; member = json_next(member)) {
        const char *locator = json_text(json_member(member, "locator"), NULL);
        const char *text = json_member(member, "format") ? json_text(json_member(member, "text"), NULL) : NULL;

        json_key(&writer, json_name(member));
        if (locator || text)
            put_large(source, member, locator, text, &writer);
        else
            json_put_value(&writer, member);
    }
    json_end_object(&writer);
}

/* Problems and warnings begin with where the row stands. */
static const char *without_place(const char *text)
{
    const char *column = text ? strstr(text, ", column ") : NULL;

    return column ? column : text ? text : "";
}

static void put_record(struct source *source, const struct staged_record *record, struct lines *ret)
{
    struct text line;

    text_init(&line, RECORD_MAX);
    text_printf(&line, "%s %s %s ~ %s ", entity_facts(record->entity)->name, record->source_key,
                without_place(record->problem), without_place(record->warning));
    put_payload(source, record->payload, &line);
    cr_assert(!line.overflowed);
    add_line(ret, text_take(&line));
}

static void put_left(const struct extraction *extraction, struct lines *ret)
{
    const struct left_behind *left = extraction_left_behind(extraction);

    for (size_t i = 0; i < extraction_count_size(extraction); i++) {
        struct extraction_count count = extraction_count_at(extraction, i);

        add_line(ret, x_sprintf("%s %" PRIu64 " %s", entity_facts(count.entity)->name, count.rows, count.reason));
    }
    for (size_t i = 0; i < left_behind_size(left); i++) {
        struct left_entry entry = left_behind_at(left, i);

        /* A warning about the source itself is about one form only. */
        if (strcmp(entry.what, "Warning about the source") != 0)
            add_line(ret, x_sprintf("%s %d %d", entry.what, (int)entry.rows, (int)entry.unread));
    }
    for (size_t i = 0; i < left_behind_balance_size(left); i++) {
        struct left_balance balance = left_behind_balance_at(left, i);

        add_line(ret, x_sprintf("balance %s %s", balance.source_key, balance.amount));
    }
}

void clinic_records(const char *path, struct lines *ret)
{
    scoped(profile_destroy) struct profile *profile = NULL;
    scoped(extraction_close) struct extraction *extraction = NULL;
    scoped(source_close) struct source *source = NULL;
    struct extraction_options options = {.time_zone = "Australia/Adelaide", .today = CLINIC_TODAY};
    struct fault fault = {0};
    bool end = false;

    cr_assert(profile_load(PROJECT_DIR "/profiles/front-desk.json", &profile, &fault), "%s", fault.text);
    cr_assert(source_open(path, &(struct source_options){0}, &source, &fault), "%s", fault.text);
    cr_assert(extraction_open(path, profile, &options, &extraction, &fault), "%s", fault.text);
    while (!end) {
        struct staged_record record = {0};

        cr_assert(extraction_next(extraction, &record, &end, &fault), "%s", fault.text);
        if (record.source_key)
            put_record(source, &record, ret);
    }
    put_left(extraction, ret);
}

/* An export writes whole seconds with a fraction or without, and texts of fixed length without the blanks at their end.
 * All its columns are of type text. */
static void put_plain(const struct value *value, const char *type, struct text *text)
{
    value_put(value, text);
    if (strncmp(type, "char(", 5) == 0 || strncmp(type, "nchar(", 6) == 0)
        while (text->size && text->data[text->size - 1] == ' ')
            text->data[--text->size] = '\0';
    if ((strcmp(type, "datetime") == 0 || strcmp(type, "text") == 0) && text->size == 23 &&
        strcmp(text->data + 19, ".000") == 0)
        text->data[text->size = 19] = '\0';
}

static void put_hex(struct slice bytes, struct text *out)
{
    text_puts(out, "0x");
    for (size_t i = 0; i < bytes.size; i++)
        text_printf(out, "%02X", (unsigned char)bytes.data[i]);
}

/* A row version is a number; other bytes are files, and in an export a path leads to them. */
static void put_cell(struct source *source, const struct scan *scan, size_t column, const struct value *value,
                     struct text *out)
{
    struct text locator;
    struct text text;
    struct text type;
    struct fault fault = {0};
    int64_t size = 0;
    bool found = false;
    bool is_csv;

    text_init(&locator, 1000);
    text_init(&text, RECORD_MAX);
    text_init(&type, 200);
    cr_assert(scan_locate(scan, column, &locator, &size, &found, &fault), "%s", fault.text);
    scan_column_type(scan, column, &type);
    is_csv = strcmp(text_string(&type), "text") == 0;
    put_plain(value, text_string(&type), &text);
    text_printf(out, " %s=", scan_column_name(scan, column));
    if (value->type == VALUE_NULL)
        text_puts(out, "NULL");
    else if (strcmp(text_string(&type), "rowversion") == 0 || strcmp(text_string(&type), "timestamp") == 0)
        put_hex(value->text, out);
    else if (found && (is_csv || value->type == VALUE_BYTES || size > LONG_TEXT))
        put_blob_digest(source, text_string(&locator), false, out);
    else if (text.size > LONG_TEXT)
        put_digest(text_slice(&text), out);
    else
        text_put(out, text_string(&text), text.size);
    text_release(&text);
    text_release(&type);
    text_release(&locator);
}

void clinic_rows(const char *path, size_t table_count, struct lines *ret)
{
    scoped(source_close) struct source *source = NULL;
    struct fault fault = {0};

    cr_assert(source_open(path, &(struct source_options){0}, &source, &fault), "%s", fault.text);
    cr_assert_eq(source_table_count(source), table_count, "%zu tables", source_table_count(source));
    for (size_t table = 0; table < table_count; table++) {
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

/* A live SQL Server as a source, through FreeTDS, against the stand-in. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tds_fixture.h"

TestSuite(tds_source, .timeout = 100);

static struct folder_fixture folder;
static struct folder_fixture tables;
static struct tds_fixture server;

enum { TEXT_MAX = 64 * 1024 * 1024, KINDS_TABLE_ROWS = 3, LONG_TEXT = 20000, HUGE_TEXT = 9 * 1024 * 1024 };

static void set_up(void)
{
    folder_fixture_make(&folder);
    folder_fixture_make(&tables);
    tds_fixture_init(&server, &folder);
}

static void take_down(void)
{
    tds_fixture_stop(&server);
    folder_fixture_remove(&tables);
    folder_fixture_remove(&folder);
}

Test(tds_source, rows_come_in_the_order_of_their_key, .init = set_up, .fini = take_down)
{
    scoped(source_close) struct source *source = NULL;

    tds_write_patients(&tables);
    tds_fixture_start(&server, tables.path);
    source = tds_fixture_open(&server);
    tds_expect_table(source, "Patient", "1|O'Neil\n2|Brown\n3|Zoë 👩‍⚕️\n");
    tds_expect_table(source, "dbo.patient", "1|O'Neil\n2|Brown\n3|Zoë 👩‍⚕️\n");
}

static const struct {
    const char *type;
    const char *cells[KINDS_TABLE_ROWS]; /* as the export has them; NULL: NULL */
    const char *wanted[KINDS_TABLE_ROWS];
} kinds[] = {
    {"tinyint", {"0", "255", NULL}, {"0", "255", "~"}},
    {"smallint", {"-32768", "32767", NULL}, {"-32768", "32767", "~"}},
    {"int", {"-2147483648", "2147483647", NULL}, {"-2147483648", "2147483647", "~"}},
    {"bigint",
     {"-9223372036854775808", "9223372036854775807", NULL},
     {"-9223372036854775808", "9223372036854775807", "~"}},
    {"bit", {"0", "1", NULL}, {"0", "1", "~"}},
    {"money",
     {"-922337203685477.5808", "922337203685477.5807", NULL},
     {"-922337203685477.5808", "922337203685477.5807", "~"}},
    {"smallmoney", {"-214748.3648", "0.0100", NULL}, {"-214748.3648", "0.0100", "~"}},
    {"decimal(5,2)", {"-999.99", "0.50", NULL}, {"-999.99", "0.50", "~"}},
    {"decimal(19,0)", {"1", "9999999999999999999", NULL}, {"1", "9999999999999999999", "~"}},
    {"numeric(38,10)",
     {"-9999999999999999999999999999.9999999999", "0.0000000001", NULL},
     {"-9999999999999999999999999999.9999999999", "0.0000000001", "~"}},
    {"float", {"0.1", "-1.5", NULL}, {"0.1", "-1.5", "~"}},
    {"real", {"0.1", "16777216", NULL}, {"0.1", "16777216", "~"}},
    {"datetime",
     {"1753-01-01 00:00:00.000", "9999-12-31 23:59:59.997", NULL},
     {"1753-01-01 00:00:00.000", "9999-12-31 23:59:59.997", "~"}},
    {"datetime",
     {"2026-03-01 09:59:59.997", "1899-12-30 00:00:00.003", NULL},
     {"2026-03-01 09:59:59.997", "1899-12-30 00:00:00.003", "~"}},
    {"smalldatetime",
     {"1900-01-01 00:00:00", "2079-06-06 23:59:00", NULL},
     {"1900-01-01 00:00:00", "2079-06-06 23:59:00", "~"}},
    {"date", {"0001-01-01", "9999-12-31", NULL}, {"0001-01-01", "9999-12-31", "~"}},
    {"time(7)", {"00:00:00.0000001", "23:59:59.9999999", NULL}, {"00:00:00.0000001", "23:59:59.9999999", "~"}},
    {"time(0)", {"08:30:00", "23:59:59", NULL}, {"08:30:00", "23:59:59", "~"}},
    {"datetime2(3)",
     {"0001-01-01 00:00:00.000", "2026-02-28 12:34:56.789", NULL},
     {"0001-01-01 00:00:00.000", "2026-02-28 12:34:56.789", "~"}},
    {"datetime2(7)",
     {"2026-02-28 12:34:56.1234567", "9999-12-31 23:59:59.9999999", NULL},
     {"2026-02-28 12:34:56.1234567", "9999-12-31 23:59:59.9999999", "~"}},
    {"datetimeoffset(2)",
     {"2026-02-28 12:34:56.78", "1970-01-01 00:00:00.00", NULL},
     {"2026-02-28 12:34:56.78 +00:00", "1970-01-01 00:00:00.00 +00:00", "~"}},
    {"uniqueidentifier",
     {"01234567-89ab-cdef-0123-456789ABCDEF", "FFFFFFFF-0000-0000-0000-000000000001", NULL},
     {"01234567-89AB-CDEF-0123-456789ABCDEF", "FFFFFFFF-0000-0000-0000-000000000001", "~"}},
    {"char(3)", {"SA", "NSW", NULL}, {"SA ", "NSW", "~"}},
    {"nchar(3)", {"ü", "日本語", NULL}, {"ü  ", "日本語", "~"}},
    {"varchar(10)", {"caf\xC3\xA9", "\xE2\x82\xAC", NULL}, {"caf\xC3\xA9", "\xE2\x82\xAC", "~"}},
    {"varchar(max)", {"", "caf\xC3\xA9", NULL}, {"", "caf\xC3\xA9", "~"}},
    {"nvarchar(40)", {"", "👩‍⚕️ Đức", NULL}, {"", "👩‍⚕️ Đức", "~"}},
    {"nvarchar(max)", {"a\r\nb", "日本語 𠮷", NULL}, {"a\r\nb", "日本語 𠮷", "~"}},
    {"text", {"caf\xC3\xA9", "x", NULL}, {"caf\xC3\xA9", "x", "~"}},
    {"ntext", {"日本語", "'", NULL}, {"日本語", "'", "~"}},
    {"binary(4)", {"0x00FF10AB", "0x00000000", NULL}, {"<4>", "<4>", "~"}},
    {"varbinary(8)", {"0x01", "0x0102030405060708", NULL}, {"<1>", "<8>", "~"}},
    {"rowversion", {"0x00000000000007D1", "0x0000000000000000", NULL}, {"<8>", "<8>", "~"}},
    {"xml", {"<a b='1'>é 日</a>", "", NULL}, {"<a b='1'>é 日</a>", "", "~"}},
    {"geography", {"0xE6100000010C", "0x00", NULL}, {"<6>", "<1>", "~"}},
    {"sql_variant", {"float:0.1", "real:0.1", NULL}, {"0.1", "0.1", "~"}},
    {"sql_variant", {"float:12345678.9", "float:-1.5", NULL}, {"12345678.9", "-1.5", "~"}},
    {"sql_variant", {"varbinary(8):0x00FF10", "binary(2):0x0102", NULL}, {"<3>", "<2>", "~"}},
    {"sql_variant", {"money:12.5025", "smallmoney:-0.0100", NULL}, {"12.5025", "-0.0100", "~"}},
    {"sql_variant",
     {"datetime:2026-03-01 09:59:59.997", "smalldatetime:2026-03-01 09:59:00", NULL},
     {"2026-03-01 09:59:59.997", "2026-03-01 09:59:00", "~"}},
    {"sql_variant",
     {"datetime:2026-03-01 09:59:59", "datetime2(3):2026-02-28 12:34:56.789", NULL},
     {"2026-03-01 09:59:59.000", "2026-02-28 12:34:56.789", "~"}},
    {"sql_variant", {"date:2026-03-01", "time(0):08:30:00", NULL}, {"2026-03-01", "08:30:00", "~"}},
    {"sql_variant", {"bigint:-9223372036854775808", "tinyint:255", NULL}, {"-9223372036854775808", "255", "~"}},
    {"sql_variant", {"bit:1", "decimal(5,2):-0.50", NULL}, {"1", "-0.50", "~"}},
    {"sql_variant", {"varchar(10):caf\xC3\xA9", "nvarchar(10):日本語 𠮷", NULL}, {"caf\xC3\xA9", "日本語 𠮷", "~"}},
    {"sql_variant", {"char(3):SA", "nchar(3):ü", NULL}, {"SA ", "ü  ", "~"}},
    {"sql_variant",
     {"uniqueidentifier:6F9619FF-8B86-D011-B42D-00C04FC964FF", "int:7", NULL},
     {"6F9619FF-8B86-D011-B42D-00C04FC964FF", "7", "~"}},
};

static void write_kinds(void)
{
    struct text columns;
    struct text rows;

    text_init(&columns, TEXT_MAX);
    text_init(&rows, TEXT_MAX);
    text_puts(&columns, "Kind.Number int key\n");
    text_puts(&rows, "Number");
    for (size_t i = 0; i < array_length(kinds); i++) {
        text_printf(&columns, "Kind.K%zu %s\n", i, kinds[i].type);
        text_printf(&rows, ",K%zu", i);
    }
    for (int row = 0; row < KINDS_TABLE_ROWS; row++) {
        text_printf(&rows, "\r\n%d", row);
        for (size_t i = 0; i < array_length(kinds); i++)
            text_printf(&rows, kinds[i].cells[row] ? ",\"%s\"" : ",%s", kinds[i].cells[row] ? kinds[i].cells[row] : "");
    }
    text_puts(&rows, "\r\n");
    folder_fixture_write(&tables, "types.list", text_string(&columns));
    folder_fixture_write(&tables, "Kind.csv", text_string(&rows));
    text_release(&columns);
    text_release(&rows);
}

Test(tds_source, every_type_has_its_value, .init = set_up, .fini = take_down)
{
    scoped(source_close) struct source *source = NULL;
    scoped(scan_close) struct scan *scan = NULL;
    const struct value *values = NULL;
    struct fault fault = {0};
    struct text got;

    write_kinds();
    tds_fixture_start(&server, tables.path);
    source = tds_fixture_open(&server);
    cr_assert(source_scan(source, 0, &scan, &fault), "%s", fault.text);
    text_init(&got, TEXT_MAX);
    for (int row = 0; row < KINDS_TABLE_ROWS; row++) {
        cr_assert(scan_next(scan, &values, &fault), "%s", fault.text);
        cr_assert_not_null(values);
        for (size_t i = 0; i < array_length(kinds); i++) {
            const struct value *value = &values[i + 1];

            text_clear(&got);
            if (value->type == VALUE_NULL)
                text_puts(&got, "~");
            else if (value->type == VALUE_BYTES)
                text_printf(&got, "<%" PRId64 ">", value->integer);
            else
                value_put(value, &got);
            cr_expect_str_eq(text_string(&got), kinds[i].wanted[row], "%s: got %s, want %s", kinds[i].type,
                             text_string(&got), kinds[i].wanted[row]);
            text_clear(&got);
            scan_column_type(scan, i + 1, &got);
            cr_expect(strcmp(kinds[i].type, "rowversion") == 0 || strcmp(text_string(&got), kinds[i].type) == 0,
                      "type %s, want %s", text_string(&got), kinds[i].type);
        }
    }
    cr_assert(scan_next(scan, &values, &fault) && !values);
    text_release(&got);
}

/* A text whose characters take one, two, three and four bytes, so that pieces end within some of them. */
static char *long_text(size_t size)
{
    static const char *const parts[] = {"a", "é", "日", "𠮷", "\n"};
    struct text out;

    text_init(&out, TEXT_MAX);
    for (size_t i = 0; out.size + 8 < size; i++)
        text_puts(&out, parts[i % array_length(parts)]);
    return text_take(&out);
}

static void expect_blob(struct source *source, const char *locator, const char *wanted, size_t size)
{
    scoped(blob_close) struct blob *blob = NULL;
    scoped(string_free) char *got = x_alloc_raw(size + 1);
    struct fault fault = {0};
    size_t done = 0;
    size_t part = 1;

    cr_assert(source_open_blob(source, locator, &blob, &fault), "%s", fault.text);
    cr_assert_eq(blob_size(blob), (int64_t)size);
    while (part) {
        cr_assert(blob_read(blob, got + done, size + 1 - done < 7001 ? size + 1 - done : 7001, &part, &fault), "%s",
                  fault.text);
        done += part;
        cr_assert(done <= size);
    }
    cr_assert_eq(done, size);
    cr_expect(memcmp(got, wanted, size) == 0, "%s has other bytes", locator);
}

static struct source_keys keys_of(const struct source *source, size_t table, size_t column)
{
    struct source_keys keys;

    source_keys_of(source, table, column, &keys);
    cr_expect(keys.known);
    return keys;
}

/* Keys of two columns say nothing of either. */
Test(tds_source, keys_and_foreign_keys_are_told, .init = set_up, .fini = take_down)
{
    enum { CASE, PATIENT, VISIT };
    scoped(source_close) struct source *source = NULL;
    struct source_keys keys;

    folder_fixture_write(&tables, "types.list",
                         "Patient.Name nvarchar(40)\nPatient.Number int key\nCase.Year int key\nCase.Number int key\n"
                         "Visit.Number int key\nVisit.Who int refers Patient.Number\nVisit.Room int\n");
    folder_fixture_write(&tables, "Patient.csv", "Name,Number\r\nO'Neil,1\r\n");
    folder_fixture_write(&tables, "Case.csv", "Year,Number\r\n2020,1\r\n");
    folder_fixture_write(&tables, "Visit.csv", "Number,Who,Room\r\n1,1,7\r\n");
    tds_fixture_start(&server, tables.path);
    source = tds_fixture_open(&server);
    cr_assert_str_eq(source_table_name(source, PATIENT), "Patient");
    keys = keys_of(source, PATIENT, 1);
    cr_expect(keys.primary && keys.unique && !keys.refers);
    keys = keys_of(source, PATIENT, 0);
    cr_expect(!keys.primary && !keys.unique && !keys.refers);
    keys = keys_of(source, CASE, 0);
    cr_expect(!keys.primary && !keys.unique);
    keys = keys_of(source, VISIT, 1);
    cr_expect(keys.refers && !keys.unique);
    cr_expect_eq(keys.table, PATIENT);
    cr_expect_eq(keys.column, 1);
    cr_expect_not(keys_of(source, VISIT, 2).refers);
}

Test(tds_source, bytes_in_a_variant_are_a_file, .init = set_up, .fini = take_down)
{
    scoped(source_close) struct source *source = NULL;
    scoped(scan_close) struct scan *scan = NULL;
    scoped(text_release) struct text locator;
    const struct value *values = NULL;
    struct fault fault = {0};
    bool found = false;
    int64_t bytes = 0;

    text_init(&locator, 1000);
    folder_fixture_write(&tables, "types.list", "Odd.Number int key\nOdd.Any sql_variant\n");
    folder_fixture_write(&tables, "Odd.csv", "Number,Any\r\n1,varbinary(8):0x00FF10\r\n");
    tds_fixture_start(&server, tables.path);
    source = tds_fixture_open(&server);
    cr_assert(source_scan(source, 0, &scan, &fault) && scan_next(scan, &values, &fault), "%s", fault.text);
    cr_assert_not_null(values);
    cr_expect(values[1].text.size == 3 && memcmp(values[1].text.data, "\0\xFF\x10", 3) == 0);
    cr_assert(scan_locate(scan, 1, &locator, &bytes, &found, &fault), "%s", fault.text);
    cr_assert(found);
    cr_expect_eq(bytes, 3);
    expect_blob(source, text_string(&locator), "\0\xFF\x10", 3);
}

static void write_notes(const char *type, const char *body)
{
    struct text rows;
    char columns[200];

    snprintf(columns, sizeof columns, "Note.Number nvarchar(40) key\nNote.Part date key\nNote.Body %s\n", type);
    folder_fixture_write(&tables, "types.list", columns);
    text_init(&rows, TEXT_MAX);
    text_printf(&rows, "Number,Part,Body\r\n\"O'Neil: a=1, 日\",2026-02-28,\"%s\"\r\nb,2026-03-01,short\r\n", body);
    folder_fixture_write(&tables, "Note.csv", text_string(&rows));
    text_release(&rows);
}

static void check_large_text(const char *type, size_t size, bool in_row)
{
    scoped(string_free) char *body = long_text(size);
    scoped(source_close) struct source *source = NULL;
    scoped(scan_close) struct scan *scan = NULL;
    const struct value *values = NULL;
    struct fault fault = {0};
    struct text locator;
    bool found = false;
    int64_t bytes = 0;

    write_notes(type, body);
    tds_fixture_start(&server, tables.path);
    source = tds_fixture_open(&server);
    text_init(&locator, 1000);
    cr_assert(source_scan(source, 0, &scan, &fault), "%s", fault.text);
    cr_assert(scan_next(scan, &values, &fault) && values, "%s", fault.text);
    cr_assert(scan_locate(scan, 2, &locator, &bytes, &found, &fault), "%s", fault.text);
    cr_expect(!found, "a short text is located");
    cr_assert(scan_next(scan, &values, &fault) && values, "%s", fault.text);
    cr_expect_eq(values[2].type, in_row ? VALUE_TEXT : VALUE_BYTES, "%s: type %d", type, (int)values[2].type);
    if (in_row)
        cr_expect(values[2].text.size == strlen(body) && memcmp(values[2].text.data, body, strlen(body)) == 0);
    cr_assert(scan_locate(scan, 2, &locator, &bytes, &found, &fault), "%s", fault.text);
    cr_assert(found);
    cr_expect_eq(bytes, (int64_t)strlen(body), "%s: %d bytes, want %zu", type, (int)bytes, strlen(body));
    for (const char *at = text_string(&locator); *at; at++)
        cr_assert(*at > 0x20 && *at < 0x7F);
    cr_expect(strncmp(text_string(&locator), "tds:Note:Body:Number=O%27Neil%3A%20a%3D1%2C%20%E6%97%A5,Part=2026-02-28:",
                      strlen("tds:Note:Body:Number=O%27Neil%3A%20a%3D1%2C%20%E6%97%A5,Part=2026-02-28:")) == 0,
              "%s", text_string(&locator));
    scan_close(&scan);
    expect_blob(source, text_string(&locator), body, strlen(body));

    if (in_row) { /* another process finds it as well */
        source_close(&source);
        source = tds_fixture_open(&server);
        expect_blob(source, text_string(&locator), body, strlen(body));
    }
    text_release(&locator);
}

Test(tds_source, a_long_text_is_found_again, .init = set_up, .fini = take_down)
{
    check_large_text("nvarchar(max)", LONG_TEXT, true);
}

Test(tds_source, a_long_ntext_is_found_again, .init = set_up, .fini = take_down)
{
    check_large_text("ntext", 3 * 1024 * 1024, true);
}

Test(tds_source, a_text_too_large_for_its_row_is_measured, .init = set_up, .fini = take_down)
{
    check_large_text("nvarchar(max)", 2 * HUGE_TEXT - 3 * 1024 * 1024, false);
}

Test(tds_source, files_are_read_in_pieces, .init = set_up, .fini = take_down)
{
    enum { FILE_SIZE = 2 * 1024 * 1024 + 5 };
    scoped(string_free) char *bytes = x_alloc_raw(FILE_SIZE);
    scoped(string_free) char *log = NULL;
    scoped(source_close) struct source *source = NULL;
    scoped(scan_close) struct scan *scan = NULL;
    const struct value *values = NULL;
    struct fault fault = {0};
    struct text locator;
    bool found = false;
    int64_t size = 0;

    for (size_t i = 0; i < FILE_SIZE; i++)
        bytes[i] = (char)(i * 31 + (i >> 12));
    folder_fixture_write(&tables, "types.list", "File.Number int key\nFile.Old image\nFile.New varbinary(max)\n");
    folder_fixture_write_bytes(&tables, "one.bin", bytes, FILE_SIZE);
    folder_fixture_write(&tables, "File.csv", "Number,Old,New\r\n7,one.bin,one.bin\r\n8,,\r\n");
    tds_fixture_start(&server, tables.path);
    source = tds_fixture_open(&server);
    text_init(&locator, 1000);
    cr_assert(source_scan(source, 0, &scan, &fault) && scan_next(scan, &values, &fault), "%s", fault.text);
    for (size_t column = 1; column < 3; column++) {
        cr_expect_eq(values[column].type, VALUE_BYTES);
        text_clear(&locator);
        cr_assert(scan_locate(scan, column, &locator, &size, &found, &fault) && found, "%s", fault.text);
        cr_expect_eq(size, FILE_SIZE);
        expect_blob(source, text_string(&locator), bytes, FILE_SIZE);
    }
    cr_assert(scan_next(scan, &values, &fault) && values);
    cr_expect_eq(values[1].type, VALUE_NULL);
    log = tds_fixture_statements(&server);
    cr_expect(strstr(log, "SUBSTRING([New], 2097153, 1048576)"), "%s", log);
    text_release(&locator);
}

/* The connection by which large values are read is cut within one; the piece is asked for again by another. */
Test(tds_source, a_file_goes_on_after_a_lost_connection, .init = set_up, .fini = take_down)
{
    enum { FILE_SIZE = 3 * 1024 * 1024, CATALOGUE_CONNECTION = 2 };
    scoped(string_free) char *bytes = x_alloc_raw(FILE_SIZE);
    scoped(string_free) char *log = NULL;
    scoped(source_close) struct source *source = NULL;

    for (size_t i = 0; i < FILE_SIZE; i++)
        bytes[i] = (char)(i * 17 + (i >> 10));
    folder_fixture_write(&tables, "types.list", "File.Number int key\nFile.Content varbinary(max)\n");
    folder_fixture_write_bytes(&tables, "one.bin", bytes, FILE_SIZE);
    folder_fixture_write(&tables, "File.csv", "Number,Content\r\n7,one.bin\r\n");
    server.options.cut_connection = CATALOGUE_CONNECTION;
    server.options.cut_after_bytes = FILE_SIZE / 2;
    tds_fixture_start(&server, tables.path);
    source = tds_fixture_open(&server);
    expect_blob(source, "tds:File:Content:Number=7:3145728:3145728", bytes, FILE_SIZE);
    log = tds_fixture_statements(&server);
    cr_expect(strstr(log, "2 CUT"), "%s", log);
    cr_expect(strstr(log, "4 BATCH SELECT DATALENGTH([Content]), SUBSTRING([Content], 1048577, 1048576)"), "%s", log);
}

Test(tds_source, what_changed_or_went_is_told, .init = set_up, .fini = take_down)
{
    static const struct {
        const char *locator;
        const char *words;
    } cases[] = {
        {"tds:Note:Body:Number=b,Part=2026-03-01:10:6", "another size"},
        {"tds:Note:Body:Number=b,Part=2026-03-02:10:5", "no longer there"},
        {"tds:Note:Body:Number=c,Part=2026-03-01:10:5", "no longer there"},
        {"tds:Note:Body:Number=b:10:5", "not of this source"},
        {"tds:Note:Body:Part=2026-03-01,Number=b:10:5", "not of this source"},
        {"tds:Note:Body:Number=b,Part=2026-03-01' OR 1=1 --:10:5", "not of this source"},
        {"tds:Note:Body:Number=b,Part=x:10:5", "not of this source"},
        {"tds:Note:Bodies:Number=b,Part=2026-03-01:10:5", "not of this source"},
        {"tds:Notes:Body:Number=b,Part=2026-03-01:10:5", "not of this source"},
        {"tds:Note:Body:Number=b,Part=2026-03-01:10", "not of this source"},
        {"tds:Note:Body:Number=b,Part=2026-03-01:10:5:5", "not of this source"},
        {"tds:Note:Body:Number=%4,Part=2026-03-01:10:5", "not of this source"},
        {"tds:Note:Body:Number=b%00,Part=2026-03-01:10:5", "not of this source"},
        {"tds:Note:Body:Number=b,Part=2026-03-01:-1:5", "not of this source"},
        {"file:5:Note.files/1.rtf", "not of this source"},
        {"", "not of this source"},
    };
    scoped(source_close) struct source *source = NULL;

    write_notes("nvarchar(max)", "x");
    tds_fixture_start(&server, tables.path);
    source = tds_fixture_open(&server);
    expect_blob(source, "tds:Note:Body:Number=b,Part=2026-03-01:10:5", "short", 5);
    for (size_t i = 0; i < array_length(cases); i++) {
        struct blob *blob = NULL;
        struct fault fault = {0};
        char buffer[100];
        size_t got = 1;
        bool good = source_open_blob(source, cases[i].locator, &blob, &fault);

        while (good && got)
            good = blob_read(blob, buffer, sizeof buffer, &got, &fault);
        blob_close(&blob);
        cr_expect(!good, "%s is read", cases[i].locator);
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
        cr_expect(strstr(fault.text, cases[i].words), "%s: got %s", cases[i].locator, fault.text);
    }
}

Test(tds_source, a_table_without_a_key_is_read_but_its_files_are_not, .init = set_up, .fini = take_down)
{
    scoped(source_close) struct source *source = NULL;
    scoped(scan_close) struct scan *scan = NULL;
    const struct value *values = NULL;
    struct fault fault = {0};
    struct text locator;
    bool found = false;
    int64_t size = 0;

    folder_fixture_write(&tables, "types.list", "Heap.Name nvarchar(20)\nHeap.File varbinary(max)\n");
    folder_fixture_write(&tables, "Heap.csv", "Name,File\r\nz,0x0102\r\na,\r\n");
    tds_fixture_start(&server, tables.path);
    source = tds_fixture_open(&server);
    tds_expect_table(source, "Heap", "z|<2>\na|~\n");
    text_init(&locator, 1000);
    cr_assert(source_scan(source, 0, &scan, &fault) && scan_next(scan, &values, &fault));
    cr_expect(!scan_locate(scan, 1, &locator, &size, &found, &fault));
    cr_expect(strstr(fault.text, "neither a primary key nor a unique index"), "%s", fault.text);
    text_release(&locator);
}

/* Statements, as recorded: number of the connection, kind, text. */
static void expect_reads_only(const char *log)
{
    scoped(string_free) char *copy = x_strdup(log);
    char *rest = copy;
    int batches = 0;

    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        const char *text = strstr(line, " BATCH ");

        if (!line[0] || strstr(line, " LOGIN "))
            continue;
        cr_assert_not_null(text, "%s", line);
        text += strlen(" BATCH ");
        cr_expect(strncasecmp(text, "SELECT ", 7) == 0 || strncasecmp(text, "SET ", 4) == 0, "%s", line);
        cr_expect(!strchr(text, ';'), "%s", line);
        batches++;
    }
    cr_expect(batches > 5);
}

Test(tds_source, the_server_sees_nothing_but_reads, .init = set_up, .fini = take_down)
{
    scoped(source_close) struct source *source = NULL;
    scoped(string_free) char *log = NULL;

    tds_write_patients(&tables);
    tds_fixture_start(&server, tables.path);
    source = tds_fixture_open(&server);
    tds_expect_table(source, "Patient", "1|O'Neil\n2|Brown\n3|Zoë 👩‍⚕️\n");
    log = tds_fixture_statements(&server);
    expect_reads_only(log);
    cr_expect(strstr(log, "2 LOGIN user=reader database=FD application=handover read_only=1 encryption=0 tls=none "
                          "version=74000004 admitted"),
              "%s", log);
    cr_expect(strstr(log, "4 BATCH SET TRANSACTION ISOLATION LEVEL SNAPSHOT\n"), "%s", log);
    cr_expect(strstr(log, "4 BATCH SET IMPLICIT_TRANSACTIONS ON\n"), "%s", log);
    cr_expect(!strstr(log, server.options.password));
}

Test(tds_source, a_database_without_snapshots_is_named, .init = set_up, .fini = take_down)
{
    scoped(source_close) struct source *source = NULL;
    scoped(string_free) char *log = NULL;
    struct source_facts facts = {0};
    bool warned = false;

    tds_write_patients(&tables);
    server.no_snapshots = true;
    tds_fixture_start(&server, tables.path);
    source = tds_fixture_open(&server);
    tds_expect_table(source, "Patient", "1|O'Neil\n2|Brown\n3|Zoë 👩‍⚕️\n");
    source_describe(source, &facts);
    for (size_t i = 0; i < facts.warning_count; i++)
        warned |= strstr(facts.warnings[i], "does not allow snapshot isolation") != NULL;
    cr_expect(warned);
    source_facts_release(&facts);
    log = tds_fixture_statements(&server);
    cr_expect(strstr(log, "BATCH SET TRANSACTION ISOLATION LEVEL READ COMMITTED\n"), "%s", log);
    cr_expect(!strstr(log, "SNAPSHOT"));
}

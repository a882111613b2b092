/* Rows of real backups, whole tables of them: what their public insert and create scripts say, or what was once read
 * from them and makes sense. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "folder_fixture.h"
#include "source/source.h"

enum { TABLE_MAX = 100000, CREATED_COLUMN = 14 };

static struct source *open_backup(const char *name)
{
    scoped(string_free) char *file = x_sprintf("bak/%s", name);
    scoped(string_free) char *path = x_strdup(shared_fixture(file));
    scoped(string_free) char *chosen = path ? x_sprintf("%s#with-password", path) : NULL;
    struct source *source = NULL;
    struct fault fault = {0};

    if (path)
        cr_assert(source_open(chosen, &(struct source_options){0}, &source, &fault), "%s: %s", name, fault.text);
    return source;
}

static struct scan *open_table(struct source *source, const char *table)
{
    struct scan *scan = NULL;
    struct fault fault = {0};
    size_t number = 0;

    cr_assert(source_find_table(source, table, &number, &fault), "%s", fault.text);
    cr_assert(source_scan(source, number, &scan, &fault), "%s", fault.text);
    return scan;
}

/* The next row with | between its values and NULL as -; false at the end. */
static bool next_row(struct scan *scan, struct text *ret)
{
    const struct value *values = NULL;
    struct fault fault = {0};

    text_clear(ret);
    cr_assert(scan_next(scan, &values, &fault), "%s", fault.text);
    for (size_t i = 0; values && i < scan_column_count(scan); i++) {
        text_puts(ret, i ? "|" : "");
        if (values[i].type == VALUE_NULL)
            text_putc(ret, '-');
        else
            value_put(&values[i], ret);
    }
    return values != NULL;
}

static uint64_t fnv_1a(const char *text)
{
    uint64_t sum = UINT64_C(0xCBF29CE484222325);

    for (; *text; text++)
        sum = (sum ^ (unsigned char)*text) * UINT64_C(0x100000001B3);
    return sum;
}

/* Of the statements of the script with which the database was filled, read without this program: rows, values, and the
 * sum of the FNV-1a hashes of the rows. The amounts of table payment have the two places that their column has. */
static const struct {
    const char *table;
    int64_t rows;
    int64_t values;
    uint64_t sum;
} hospital[] = {
    {"appointment", 30, 120, UINT64_C(0xD48BCD4FEE8CDEE4)}, {"attends", 27, 54, UINT64_C(0xD2FBE97013ACBA24)},
    {"department", 9, 18, UINT64_C(0xC26FA2C87CE7F06A)},    {"distribution", 22, 44, UINT64_C(0x346D1479C2A875CB)},
    {"doctor", 20, 180, UINT64_C(0x10147A52775A811D)},      {"nurse", 13, 91, UINT64_C(0x6216B05A5B9D7739)},
    {"patient", 22, 220, UINT64_C(0x44D04CF347A38E4F)},     {"patientemail", 30, 60, UINT64_C(0x85C980E54C2A79BA)},
    {"patientphone", 30, 60, UINT64_C(0xF93558E8F5A335CC)}, {"payment", 31, 155, UINT64_C(0xC75ECD45C777C1FF)},
    {"position", 5, 10, UINT64_C(0x64EFF7D1DFCE48F6)},      {"prescription", 20, 100, UINT64_C(0x252DA2CD0783E252)},
    {"room", 14, 42, UINT64_C(0xD70954C9C4E063DA)},         {"roomtype", 7, 14, UINT64_C(0x6E9E1C1CFED6D8EE)},
};

Test(bak_known, every_value_of_the_hospital_is_that_of_its_insert_script)
{
    scoped(source_close) struct source *source = open_backup("aelg-Hospital.bak");
    int64_t all_values = 0;
    int64_t all_rows = 0;
    struct text row;

    text_init(&row, TABLE_MAX);
    for (size_t i = 0; source && i < array_length(hospital); i++) {
        scoped(scan_close) struct scan *scan = open_table(source, hospital[i].table);
        int64_t rows = 0;
        uint64_t sum = 0;

        for (; next_row(scan, &row); rows++)
            sum += fnv_1a(text_string(&row));
        cr_expect_eq(rows, hospital[i].rows, "%s", hospital[i].table);
        cr_expect_eq(rows * (int64_t)scan_column_count(scan), hospital[i].values, "%s", hospital[i].table);
        cr_expect_eq(sum, hospital[i].sum, "%s: 0x%016" PRIX64, hospital[i].table, sum);
        all_values += hospital[i].values;
        all_rows += rows;
    }
    if (source)
        cr_expect(all_rows == 280 && all_values == 1168);
    text_release(&row);
}

/* Of the first backup, extents stand twice; its dates are as they are in the database. */
static const struct {
    const char *backup;
    const char *table;
    const char *rows;
} tables[] = {
    {"lageli-HospitalDB.bak", "Patient",
     "1|Doe, John|22|CA|flu|4|male\n"
     "2|Jones, Melissa|27|CA|c19|4|female\n"
     "3|Stephens, Kandi|35|CA|injury|4|female\n"
     "5|Bellomo, John|38|NC|flu|5|male\n"
     "6|Milton, Richard|42|CA|injury|4|male\n"
     "7|White, Mandy|23|FL|injury|6|female\n"
     "8|Allen, John|59|FL|testing|6|male\n"
     "9|Arnolds, Alex|36|CA|follow-up|4|male\n"
     "10|Carter, Andy|27|NC|flu|5|male\n"
     "11|Ronalds, Ryan|17|TX|chest pain|3|male\n"},
    {"lageli-HospitalDB.bak", "Doctor",
     "1|Adams, Ryan|42|male|TX\n"
     "2|Allan, Ryan|32|male|CA\n"
     "3|Booney, Jacob|62|male|TX\n"
     "4|Lloyd, Brittany|33|female|CA\n"
     "5|Flowers, Mya|28|female|NC\n"
     "6|Johnson, Brandy|59|female|FL\n"},
    {"lageli-HospitalDB.bak", "Check_In_Out",
     "1|223|1905-06-10 00:00:00.000|1905-06-10 00:00:00.000\n"
     "2|420|1905-06-16 00:00:00.000|1905-06-10 00:00:00.000\n"
     "3|25|1905-06-26 00:00:00.000|1905-06-16 00:00:00.000\n"
     "5|1|1905-06-09 00:00:00.000|1905-07-04 00:00:00.000\n"
     "6|222|1905-06-26 00:00:00.000|1905-07-01 00:00:00.000\n"
     "7|228|1905-06-26 00:00:00.000|1905-06-24 00:00:00.000\n"
     "8|35|1905-06-11 00:00:00.000|1905-06-11 00:00:00.000\n"
     "9|47|1905-06-15 00:00:00.000|1905-06-15 00:00:00.000\n"
     "10|157|1905-06-10 00:00:00.000|1905-06-10 00:00:00.000\n"
     "11|12|1905-06-09 00:00:00.000|1905-06-09 00:00:00.000\n"},
    {"lageli-HospitalDB.bak", "Room",
     "1|EMPTY\n"
     "12|EMPTY\n"
     "25|EMPTY\n"
     "35|EMPTY\n"
     "47|Full\n"
     "157|EMPTY\n"
     "222|EMPTY\n"
     "223|EMPTY\n"
     "228|EMPTY\n"
     "420|EMPTY\n"},
    {"imdad-HMS.bak", "Patients", "1|A|B|15\n"},
    {"appveyor-sql2008-dbareports-full.bak", "info.ServerInfo",
     "1|2017-02-17 00:46:15.847|SQL2008|sql2008|base.local|Microsoft Windows Server 2008 R2 Enterprise |4|10.0.1.167|6\n"
     "2|-|SQL2000|-|-|-|-|-|-\n"},
    {"appveyor-sql2008-dbareports-full.bak", "InstanceList",
     "1|1|sql2008|SQL2008|SQL2008|MSSQLSERVER|0|1433|0|||0\n"
     "2|2|sql2000|SQL2000|SQL2000|MSSQLSERVER|0|1433|0|||0\n"},
};

Test(bak_known, whole_tables)
{
    struct text row;
    struct text all;

    text_init(&row, TABLE_MAX);
    text_init(&all, TABLE_MAX);
    for (size_t i = 0; i < array_length(tables); i++) {
        scoped(source_close) struct source *source = open_backup(tables[i].backup);
        scoped(scan_close) struct scan *scan = source ? open_table(source, tables[i].table) : NULL;

        text_clear(&all);
        while (scan && next_row(scan, &row))
            text_printf(&all, "%s\n", text_string(&row));
        if (scan)
            cr_expect_str_eq(text_string(&all), tables[i].rows, "%s, %s: got\n%s", tables[i].backup, tables[i].table,
                             text_string(&all));
    }
    text_release(&row);
    text_release(&all);
}

/* Every SQL Server 2008 R2 has these two databases with these dates. */
Test(bak_known, a_list_of_databases)
{
    scoped(source_close) struct source *source = open_backup("appveyor-sql2008-dbareports-full.bak");
    scoped(scan_close) struct scan *scan = source ? open_table(source, "info.Databases") : NULL;
    const struct value *values = NULL;
    struct fault fault = {0};
    struct text names;
    struct text created;

    text_init(&names, TABLE_MAX);
    text_init(&created, TABLE_MAX);
    while (scan && scan_next(scan, &values, &fault) && values) {
        text_puts(&names, names.size ? "|" : "");
        value_put(&values[2], &names);
        text_clear(&created);
        value_put(&values[CREATED_COLUMN], &created);
        if (slice_equals(values[2].text, "master") || slice_equals(values[2].text, "model"))
            cr_expect_str_eq(text_string(&created), "2003-04-08 09:13:36.3900000");
        if (slice_equals(values[2].text, "msdb"))
            cr_expect_str_eq(text_string(&created), "2010-04-02 17:35:08.9700000");
    }
    if (scan)
        cr_expect_str_eq(
            text_string(&names),
            "Cube_Query_History|db1|db2|db3|dbareports|dbOrphanUsers|DBWithoutOwner|locations|master|model|"
            "MoveDB|msdb|Northwind|pubs|tempdb");
    text_release(&names);
    text_release(&created);
}

/* A row every five seconds and more, as the script that made the backup slept. */
Test(bak_known, sixty_steps_behind_a_password)
{
    scoped(source_close) struct source *source = open_backup("appveyor-passwd.PASSWORD.bak");
    scoped(scan_close) struct scan *scan = source ? open_table(source, "steps") : NULL;
    double before = 0;
    int rows = 0;
    struct text row;

    text_init(&row, TABLE_MAX);
    for (; scan && next_row(scan, &row); rows++) {
        int step = 0;
        int minute = 0;
        double second = 0;

        cr_assert_eq(sscanf(text_string(&row), "%d|2017-12-15 12:%d:%lf", &step, &minute, &second), 3, "%s",
                     text_string(&row));
        cr_expect_eq(step, rows);
        second += 60.0 * minute;
        if (rows)
            cr_expect(second - before >= 5 && second - before < 10, "%s", text_string(&row));
        before = second;
    }
    if (scan)
        cr_expect_eq(rows, 60);
    text_release(&row);
}

/* The public create script has these columns. */
Test(bak_known, columns_are_those_of_the_create_script)
{
    static const struct {
        const char *table;
        const char *columns;
    } wanted[] = {
        {"SickPeople", "FirstName nvarchar(50)|LastName nvarchar(50)|IsFemale bit|WardId int|"},
        {"Wards", "Id int|Name nvarchar(50)|InChargePerson nvarchar(50)|ManagerPerson nvarchar(50)|"},
    };
    scoped(source_close) struct source *source = open_backup("daniel-Hospital.bak");

    for (size_t i = 0; source && i < array_length(wanted); i++) {
        scoped(scan_close) struct scan *scan = open_table(source, wanted[i].table);
        struct text columns;
        struct text row;

        text_init(&columns, TABLE_MAX);
        text_init(&row, TABLE_MAX);
        for (size_t k = 0; k < scan_column_count(scan); k++) {
            text_printf(&columns, "%s ", scan_column_name(scan, k));
            scan_column_type(scan, k, &columns);
            text_putc(&columns, '|');
        }
        cr_expect_str_eq(text_string(&columns), wanted[i].columns, "got %s", text_string(&columns));
        cr_expect(!next_row(scan, &row));
        text_release(&columns);
        text_release(&row);
    }
}

/* The sample clinic by the third door, live over TDS: the rows and the canonical records of its export and its backup.
 */
#include <criterion/criterion.h>
#include <unistd.h>

#include "base/memory.h"
#include "clinic_forms.h"
#include "sandbox/clinic/tables.h"
#include "tds_fixture.h"

TestSuite(tds_clinic, .timeout = 250);

static struct folder_fixture folder;
static struct folder_fixture clinic;
static struct tds_fixture server;
static char *backup;

static void set_up(void)
{
    folder_fixture_make(&folder);
    folder_fixture_make(&clinic);
    backup = x_sprintf("%s.bak", clinic.path);
    clinic_make((struct clinic_options){0}, clinic.path, backup);
    tds_fixture_init(&server, &folder);
    tds_fixture_start(&server, clinic.path);
}

static void take_down(void)
{
    tds_fixture_stop(&server);
    unlink(backup);
    string_free(&backup);
    folder_fixture_remove(&clinic);
    folder_fixture_remove(&folder);
}

static void compare(void (*read)(const char *path, struct lines *ret))
{
    struct lines live = {0};
    struct lines export = {0};
    struct lines other = {0};

    read(server.address, &live);
    read(clinic.path, &export);
    read(backup, &other);
    cr_expect(live.count > 1000);
    lines_expect_same(&export, &live, "export", "server");
    lines_expect_same(&other, &live, "backup", "server");
    lines_release(&live);
    lines_release(&export);
    lines_release(&other);
}

static void read_rows(const char *path, struct lines *ret)
{
    clinic_rows(path, CLINIC_TABLE_COUNT, ret);
}

Test(tds_clinic, records_are_the_same_byte_for_byte, .init = set_up, .fini = take_down)
{
    compare(clinic_records);
}

Test(tds_clinic, every_table_and_column_is_the_same, .init = set_up, .fini = take_down)
{
    compare(read_rows);
}

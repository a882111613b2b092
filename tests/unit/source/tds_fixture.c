#include "tds_fixture.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "source/tds_settings.h"

enum { RECORDED_MAX = 32 * 1024 * 1024, TEXT_MAX = 64 * 1024 * 1024 };

void tds_fixture_init(struct tds_fixture *fixture, const struct folder_fixture *folder)
{
    FILE *file = NULL;

    *fixture = (struct tds_fixture){
        .statements = x_sprintf("%s/statements.log", folder->path),
        .password_file = x_sprintf("%s/password", folder->path),
        .options = {.address = "127.0.0.1:0",
                    .user = "reader",
                    .password = "Sehr geheim: ü1'\"",
                    .database = "FD",
                    .cut_after_bytes = -1},
    };
    fixture->options.statements = fixture->statements;
    file = fopen(fixture->password_file, "w");
    cr_assert_not_null(file);
    fprintf(file, "%s\n", fixture->options.password);
    fclose(file);
    tds_settings.password_file = fixture->password_file;
}

static void kill_server(struct tds_fixture *fixture)
{
    if (fixture->process > 0) {
        kill(fixture->process, SIGKILL);
        waitpid(fixture->process, NULL, 0);
    }
    fixture->process = 0;
}

void tds_fixture_start(struct tds_fixture *fixture, const char *tables)
{
    struct tds_server *server = NULL;
    struct fault fault = {0};

    kill_server(fixture);
    if (!fixture->store)
        cr_assert(tds_store_load(&(struct tds_store_options){.folder = tables,
                                                             .database = fixture->options.database,
                                                             .snapshots = !fixture->no_snapshots},
                                 &fixture->store, &fault),
                  "%s", fault.text);
    fixture->options.store = fixture->store;
    cr_assert(tds_server_open(&fixture->options, &server, &fault), "%s", fault.text);
    fixture->port = tds_server_port(server);
    free(fixture->address);
    fixture->address = x_sprintf("mssql://reader@127.0.0.1:%d/FD?timeout=20", fixture->port);
    fixture->process = fork();
    cr_assert(fixture->process >= 0);
    if (fixture->process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        tds_server_run(server);
    }
    tds_server_close(&server);
}

void tds_fixture_stop(struct tds_fixture *fixture)
{
    kill_server(fixture);
    unlink(fixture->statements);
    unlink(fixture->password_file);
    tds_store_destroy(&fixture->store);
    free(fixture->statements);
    free(fixture->password_file);
    free(fixture->address);
    *fixture = (struct tds_fixture){0};
}

struct source *tds_fixture_open(const struct tds_fixture *fixture)
{
    struct source *source = NULL;
    struct fault fault = {0};

    cr_assert(source_open(fixture->address, &(struct source_options){0}, &source, &fault), "%s", fault.text);
    return source;
}

char *tds_fixture_statements(const struct tds_fixture *fixture)
{
    scoped(file_close) FILE *file = fopen(fixture->statements, "r");
    char *content = x_alloc(RECORDED_MAX);

    if (file)
        content[fread(content, 1, RECORDED_MAX - 1, file)] = '\0';
    return content;
}

void tds_write_patients(struct folder_fixture *tables)
{
    folder_fixture_write(tables, "types.list", "Patient.PatientID int key\nPatient.Surname nvarchar(60)\n");
    folder_fixture_write(tables, "Patient.csv",
                         "PatientID,Surname\r\n2,Brown\r\n1,\"O'Neil\"\r\n3,Zoë 👩‍⚕️\r\n");
}

bool tds_read_table(struct source *source, const char *name, struct text *out, struct fault *fault)
{
    scoped(scan_close) struct scan *scan = NULL;
    const struct value *values = NULL;
    size_t table = 0;

    text_init(out, TEXT_MAX);
    if (!source_find_table(source, name, &table, fault) || !source_scan(source, table, &scan, fault))
        return false;
    while (scan_next(scan, &values, fault)) {
        if (!values)
            return true;
        for (size_t i = 0; i < scan_column_count(scan); i++) {
            text_puts(out, i ? "|" : "");
            if (values[i].type == VALUE_NULL)
                text_puts(out, "~");
            else if (values[i].type == VALUE_BYTES)
                text_printf(out, "<%" PRId64 ">", values[i].integer);
            else
                value_put(&values[i], out);
        }
        text_putc(out, '\n');
    }
    return false;
}

void tds_expect_table(struct source *source, const char *name, const char *wanted)
{
    struct text got;
    struct fault fault = {0};

    cr_assert(tds_read_table(source, name, &got, &fault), "%s", fault.text);
    cr_expect_str_eq(text_string(&got), wanted, "got:\n%s\nwant:\n%s", text_string(&got), wanted);
    text_release(&got);
}

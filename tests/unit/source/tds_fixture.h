/* A stand-in for a SQL Server as a child process, over the tables of a folder. */
#ifndef TESTS_TDS_FIXTURE_H
#define TESTS_TDS_FIXTURE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/text.h"
#include "folder_fixture.h"
#include "sandbox/tds_server.h"
#include "source/source.h"

struct tds_fixture {
    struct tds_server_options options; /* set faults before the start */
    bool no_snapshots;
    char *statements; /* path of the file in which the server records what it is sent */
    char *password_file;
    char *address; /* mssql://reader@127.0.0.1:…/FD */
    int port;
    pid_t process;
    struct tds_store *store;
};

/* Sets the options to their defaults; statements and password stand in files of `folder`, which must not be read as
 * tables. */
void tds_fixture_init(struct tds_fixture *fixture, const struct folder_fixture *folder);

/* Serves the tables in `tables`, as they are at the first start. Ends the server that ran before. */
void tds_fixture_start(struct tds_fixture *fixture, const char *tables);
void tds_fixture_stop(struct tds_fixture *fixture);

/* Opens the source, which must succeed. */
struct source *tds_fixture_open(const struct tds_fixture *fixture);

/* A table of three patients. */
void tds_write_patients(struct folder_fixture *tables);

/* The rows as "1|O'Neil\n2|Brown\n", NULL as ~, bytes as <size>. `out` is to be released whatever becomes of it. */
bool tds_read_table(struct source *source, const char *name, struct text *out, struct fault *fault);
void tds_expect_table(struct source *source, const char *name, const char *wanted);

/* What the server has recorded so far; owned by the caller. */
char *tds_fixture_statements(const struct tds_fixture *fixture);

#endif

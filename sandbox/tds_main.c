/* handover-sandbox-tds: serves a CSV export over TDS, as a SQL Server would. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/memory.h"
#include "base/text.h"
#include "sandbox/tds_server.h"

enum { PASSWORD_SIZE = 512 };

static const char *tables_folder;
static const char *error_text;
static const char *password_file;
static int64_t row_delay_ms;
static bool no_snapshots;
static struct tds_server_options options;

static const struct setting settings[] = {
    {.name = "tables",
     .type = SETTING_FILE,
     .target = &tables_folder,
     .help = "Folder of the CSV export that is served."},
    {.name = "listen",
     .type = SETTING_TEXT,
     .target = &options.address,
     .fallback = "127.0.0.1:1433",
     .help = "Address and port; port 0 takes a free one. The first line of the output says which."},
    {.name = "user", .type = SETTING_TEXT, .target = &options.user, .fallback = "reader", .help = "Who may log in."},
    {.name = "password-file",
     .type = SETTING_FILE,
     .target = &password_file,
     .help = "File whose first line is the password of that user. Without it the password is 'standin'."},
    {.name = "database",
     .type = SETTING_TEXT,
     .target = &options.database,
     .fallback = "FD",
     .help = "What the database is called."},
    {.name = "statements",
     .type = SETTING_FILE,
     .target = &options.statements,
     .help = "File to which every login and every statement is appended, one a line."},
    {.name = "tls-cert",
     .type = SETTING_FILE,
     .target = &options.tls_certificate,
     .help = "Certificate (PEM). With it clients may use TLS."},
    {.name = "tls-key", .type = SETTING_FILE, .target = &options.tls_key, .help = "Its private key (PEM)."},
    {.name = "tls-required",
     .type = SETTING_SWITCH,
     .target = &options.tls_required,
     .help = "No client is served without TLS for the whole connection."},
    {.name = "no-snapshots",
     .type = SETTING_SWITCH,
     .target = &no_snapshots,
     .help = "The database does not allow snapshot isolation."},
    {.name = "old", .type = SETTING_SWITCH, .target = &options.old, .help = "Answers as SQL Server 2000 does."},
    {.name = "cut-after",
     .type = SETTING_INTEGER,
     .target = &options.cut_after_bytes,
     .fallback = "-1",
     .least = -1,
     .greatest = INT64_MAX,
     .unit = "bytes",
     .help = "A connection ends after so many bytes of replies; -1 is never."},
    {.name = "cut-connection",
     .type = SETTING_INTEGER,
     .target = &options.cut_connection,
     .fallback = "0",
     .least = 0,
     .greatest = INT64_MAX,
     .help = "Which connection is cut, counted from 1; 0 is each of them."},
    {.name = "row-delay",
     .type = SETTING_INTEGER,
     .target = &row_delay_ms,
     .fallback = "0",
     .least = 0,
     .greatest = 3600000,
     .unit = "ms",
     .help = "How long the server thinks about each row."},
    {.name = "error",
     .type = SETTING_TEXT,
     .target = &error_text,
     .help = "An error for all statements that hold a word, as 229:Payment; 18470:login is for the login."},
    {.name = NULL},
};

static const struct setting *const tables[] = {settings, NULL};

static void print_help(void)
{
    scoped(text_release) struct text text;

    text_init(&text, 64 * 1024);
    text_puts(&text, "usage: handover-sandbox-tds --tables FOLDER [...]\n\n"
                     "A stand-in for a SQL Server: serves a CSV export over TDS. For tests only.\n\n");
    config_print_help(tables, &text);
    fputs(text_string(&text), stdout);
}

static bool read_error(struct fault *fault)
{
    char *end = NULL;
    long number = error_text ? strtol(error_text, &end, 10) : 0;

    if (!error_text)
        return true;
    if (number < 1 || number > 999999 || *end != ':')
        return fault_set(fault, FAULT_BAD_INPUT, "--error: '%.40s' is not written as 229:Payment.", error_text);
    options.error = (int)number;
    options.error_word = end + 1;
    return true;
}

static bool read_password(char line[PASSWORD_SIZE], struct fault *fault)
{
    scoped(file_close) FILE *file = password_file ? fopen(password_file, "r") : NULL;

    options.password = password_file ? line : "standin";
    if (password_file && (!file || !fgets(line, PASSWORD_SIZE, file)))
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot read a password from %s", password_file);
    line[strcspn(line, "\r\n")] = '\0';
    return true;
}

static bool run(int argc, char **argv, struct fault *fault)
{
    static char password[PASSWORD_SIZE];
    struct tds_store *store = NULL;
    struct tds_server *server = NULL;
    int positional = 0;

    if (!config_load(tables, argc, argv, &positional, fault))
        return false;
    if (positional > 0 || !tables_folder)
        return fault_set(fault, FAULT_BAD_INPUT,
                         positional > 0 ? "'%s' is not understood; see --help."
                                        : "--tables is missing: the folder of the CSV export%s.",
                         positional > 0 ? argv[1] : "");
    if (!options.tls_certificate != !options.tls_key || (options.tls_required && !options.tls_key))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "--tls-cert and --tls-key are given together, or not at all; "
                         "--tls-required needs them.");
    options.row_delay_ms = (unsigned)row_delay_ms;
    if (!read_error(fault) || !read_password(password, fault) ||
        !tds_store_load(&(struct tds_store_options){.folder = tables_folder,
                                                    .database = options.database,
                                                    .snapshots = !no_snapshots},
                        &store, fault))
        return false;
    options.store = store;
    if (!tds_server_open(&options, &server, fault)) {
        tds_store_destroy(&store);
        return false;
    }
    printf("listening on port %d\n", tds_server_port(server));
    fflush(stdout);
    tds_server_run(server);
}

int main(int argc, char **argv)
{
    struct fault fault = {0};

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        print_help();
        return 0;
    }
    if (!run(argc, argv, &fault))
        fprintf(stderr, "handover-sandbox-tds: %s\n", fault.text);
    return 1;
}

#include "cli/postgres.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/must.h"
#include "base/number.h"
#include "base/process.h"
#include "cli/search.h"

enum {
    INIT_LIMIT_MS = 180000,
    FAST_LIMIT_MS = 60000, /* fast shutdown: rolls back what is open and writes a checkpoint */
    QUIT_LIMIT_MS = 10000, /* immediate shutdown: the next start recovers */
    STEP_MS = 20,
    STATUS_LINE = 8, /* of postmaster.pid, as pg_ctl reads it */
};

static const char debian_root[] = "/usr/lib/postgresql";

const char *const server_environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/",
                                          "LC_ALL=C", "TZ=UTC", NULL};

/* Reads a line of a file (the first is 1) without its line feed; "" when there is none. */
static void read_line(const char *path, int line, char *ret, size_t size)
{
    scoped(file_close) FILE *file = fopen(path, "re");
    scoped(string_free) char *content = NULL;
    size_t room = 0;

    ret[0] = '\0';
    for (int i = 0; i < line; i++)
        if (!file || getline(&content, &room, file) < 0)
            return;
    content[strcspn(content, "\n")] = '\0';
    snprintf(ret, size, "%s", content);
}

static bool has_server(const char *folder)
{
    scoped(string_free) char *server = x_sprintf("%s/postgres", folder);
    scoped(string_free) char *init = x_sprintf("%s/initdb", folder);

    return access(server, X_OK) == 0 && access(init, X_OK) == 0;
}

static void keep_path(struct postgres *postgres, const char *folder)
{
    must(strlen(folder) < sizeof postgres->programs);
    memcpy(postgres->programs, folder, strlen(folder) + 1);
}

/* Debian keeps each major version apart; the one of an existing cluster is wanted, else the newest. */
static bool find_debian(struct postgres *postgres, const char *version)
{
    DIR *root = opendir(debian_root);
    const struct dirent *entry = NULL;
    int64_t newest = 0;

    while (root && (entry = readdir(root))) {
        scoped(string_free) char *folder = x_sprintf("%s/%s/bin", debian_root, entry->d_name);
        struct fault unused;
        int64_t number = 0;

        if (!number_parse(slice_of(entry->d_name), 1, 1000, &number, &unused) || !has_server(folder))
            continue;
        if (version[0] ? strcmp(version, entry->d_name) != 0 : number <= newest)
            continue;
        newest = number;
        keep_path(postgres, folder);
    }
    if (root)
        closedir(root);
    return newest > 0;
}

/* Elsewhere than at Debian's place; a link to there would lead to another version than the wanted one. */
static bool find_in_path(struct postgres *postgres)
{
    scoped(string_free) char *program = search_path("initdb");
    scoped(string_free) char *target = program ? realpath(program, NULL) : NULL;

    if (!target || strncmp(target, debian_root, sizeof debian_root - 1) == 0)
        return false;
    *strrchr(target, '/') = '\0';
    if (!has_server(target))
        return false;
    keep_path(postgres, target);
    return true;
}

static bool find_programs(struct postgres *postgres, const char *version, struct fault *fault)
{
    if (find_debian(postgres, version) || find_in_path(postgres))
        return true;
    return fault_set(fault, FAULT_BAD_INPUT,
                     "PostgreSQL %s%sis not installed: there are no programs initdb and postgres in %s/*/bin or in "
                     "PATH. Install Debian's package postgresql, or name a server with --database-url.",
                     version, version[0] ? " " : "", debian_root);
}

static bool run_initdb(const struct postgres *postgres, const struct data_folder *folder, const char *draft,
                       const char *log_path, struct fault *fault)
{
    scoped(string_free) char *program = x_sprintf("%s/initdb", postgres->programs);
    const char *const arguments[] = {program,
                                     "--pgdata",
                                     draft,
                                     "--username",
                                     "handover",
                                     "--encoding=UTF8",
                                     "--locale=C",
                                     "--auth-local=trust",
                                     "--auth-host=reject",
                                     "--no-instructions",
                                     "--data-checksums",
                                     NULL};
    struct child_plan plan = {arguments, server_environment, draft, log_path, folder->server_user, SIGKILL};
    long since = log_rotate(log_path);
    struct text tail;
    pid_t pid = 0;
    int status = 0;

    if (!child_start(&plan, &pid, fault))
        return false;
    if (!child_wait(pid, INIT_LIMIT_MS, &status)) {
        kill(pid, SIGKILL);
        child_wait(pid, QUIT_LIMIT_MS, &status);
    }
    if (status == 0)
        return true;
    text_init(&tail, FAULT_TEXT_SIZE);
    log_tail(log_path, since, &tail);
    fault_set(fault, FAULT_INTERNAL, "The database could not be made. The end of %s: %s", log_path, text_string(&tail));
    text_release(&tail);
    return false;
}

/* Made beside its place and moved there when it is whole, so that a run that is killed here leaves no half a cluster.
 */
static bool make_cluster(const struct postgres *postgres, const struct data_folder *folder, const char *log_path,
                         struct fault *fault)
{
    scoped(string_free) char *draft = data_folder_path(folder, "postgresql.new");

    if (!folder_remove(draft, fault) || !data_folder_make(folder, "postgresql.new", fault) ||
        !run_initdb(postgres, folder, draft, log_path, fault))
        return false;
    if (rename(draft, postgres->cluster) != 0)
        return fault_errno(fault, FAULT_INTERNAL, "Cannot move the new database to %s", postgres->cluster);
    return true;
}

static bool check_cluster(const struct postgres *postgres, const char *version, struct fault *fault)
{
    static const char *const parts[] = {"global/pg_control", "base", "pg_wal", "pg_xact"};

    for (size_t i = 0; i < array_length(parts); i++) {
        scoped(string_free) char *path = x_sprintf("%s/%s", postgres->cluster, parts[i]);

        if (version[0] == '\0' || access(path, F_OK) != 0)
            return fault_set(fault, FAULT_BAD_INPUT,
                             "The database in %s is damaged: %s is missing. Restore the data folder from a copy, or "
                             "move it away and start anew.",
                             postgres->cluster, version[0] ? parts[i] : "PG_VERSION");
    }
    return true;
}

static pid_t postmaster_pid(const struct postgres *postgres)
{
    scoped(string_free) char *path = x_sprintf("%s/postmaster.pid", postgres->cluster);
    struct fault unused;
    char line[32];
    int64_t pid = 0;

    read_line(path, 1, line, sizeof line);
    return number_parse(slice_of(line), 2, INT32_MAX, &pid, &unused) ? (pid_t)pid : 0;
}

/* The server's command line names the cluster; /proc/PID/cmdline may be read whoever it belongs to, and is empty when
 * the process has ended. */
static bool is_our_server(const struct postgres *postgres, pid_t pid)
{
    scoped(string_free) char *path = x_sprintf("/proc/%d/cmdline", (int)pid);
    scoped(file_close) FILE *file = fopen(path, "re");
    char line[4096];
    size_t size = file ? fread(line, 1, sizeof line - 1, file) : 0;
    size_t want = strlen(postgres->cluster);

    line[size] = '\0';
    for (size_t at = 0; at < size; at += strlen(line + at) + 1)
        if (strcmp(line + at, "-D") == 0 && at + 3 + want < size)
            return strcmp(line + at + 3, postgres->cluster) == 0;
    return false;
}

static bool wait_for_end(pid_t pid, uint64_t started, int limit_ms)
{
    for (int waited = 0; process_start_time(pid) == started; waited += STEP_MS) {
        if (waited >= limit_ms)
            return false;
        pause_ms(STEP_MS);
    }
    return true;
}

static bool stop_leftover(const struct postgres *postgres, pid_t pid, struct fault *fault)
{
    uint64_t started = process_start_time(pid);

    kill(pid, SIGINT);
    if (wait_for_end(pid, started, FAST_LIMIT_MS))
        return true;
    kill(pid, SIGQUIT);
    if (wait_for_end(pid, started, QUIT_LIMIT_MS))
        return true;
    return fault_set(fault, FAULT_BAD_INPUT,
                     "A PostgreSQL of an earlier run (process %d) still uses %s and does not stop. Stop it first.",
                     (int)pid, postgres->cluster);
}

/* The pid in the file exists but is no server: it was given out again, after a restart of the machine for instance, or
 * nobody has reaped it. The server would take it for its own rival. Our pid in its place says "stale" to it (the pid of
 * its parent never counts), and it still makes its check for surviving server processes, which deleting the file would
 * skip. */
static bool disarm_pid_file(const struct postgres *postgres, struct fault *fault)
{
    scoped(string_free) char *path = x_sprintf("%s/postmaster.pid", postgres->cluster);
    scoped(descriptor_close) int file = open(path, O_RDWR | O_CLOEXEC);
    char content[2048];
    ssize_t size = file < 0 ? -1 : read(file, content, sizeof content - 1);
    const char *rest = NULL;

    if (size < 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "Cannot read %s", path);
    content[size] = '\0';
    rest = strchr(content, '\n');
    if (ftruncate(file, 0) != 0 || lseek(file, 0, SEEK_SET) != 0 ||
        dprintf(file, "%d%s", (int)getpid(), rest ? rest : "\n") < 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "Cannot write %s", path);
    return true;
}

static void remove_socket(const struct data_folder *folder)
{
    scoped(string_free) char *socket = x_sprintf("%s/.s.PGSQL.%d", folder->sockets, POSTGRES_PORT);
    scoped(string_free) char *lock = x_sprintf("%s.lock", socket);

    unlink(socket);
    unlink(lock);
}

static bool clear_away(const struct postgres *postgres, const struct data_folder *folder, struct fault *fault)
{
    pid_t pid = postmaster_pid(postgres);

    if (pid && (kill(pid, 0) == 0 || errno == EPERM)) {
        bool cleared =
            is_our_server(postgres, pid) ? stop_leftover(postgres, pid, fault) : disarm_pid_file(postgres, fault);

        if (!cleared)
            return false;
    }
    remove_socket(folder);
    return true;
}

bool postgres_prepare(const struct data_folder *folder, const char *log_path, struct postgres *ret, struct fault *fault)
{
    struct postgres postgres = {.programs = ""};
    scoped(string_free) char *version_path = NULL;
    char version[16] = "";
    bool exists = false;

    snprintf(postgres.cluster, sizeof postgres.cluster, "%s/postgresql", folder->path);
    exists = access(postgres.cluster, F_OK) == 0;
    version_path = x_sprintf("%s/PG_VERSION", postgres.cluster);
    read_line(version_path, 1, version, sizeof version);
    if (exists && !check_cluster(&postgres, version, fault))
        return false;
    if (!find_programs(&postgres, version, fault))
        return false;
    if (!exists && !make_cluster(&postgres, folder, log_path, fault))
        return false;
    if (!clear_away(&postgres, folder, fault))
        return false;
    *ret = postgres;
    return true;
}

static void put_argument(struct postgres_plan *plan, size_t *count, char *argument)
{
    must(*count + 1 < array_length(plan->arguments));
    plan->arguments[(*count)++] = argument;
}

void postgres_plan(const struct postgres *postgres, const struct data_folder *folder, const char *log_path,
                   struct postgres_plan *ret)
{
    static const char *const settings[] = {
        "listen_addresses=",
        "unix_socket_permissions=0700",
        "max_connections=200",
        "shared_buffers=64MB",
        "fsync=on",
        "wal_level=minimal",
        "max_wal_senders=0",
        "jit=off",
        "logging_collector=off",
        /* The details of an error quote rows; the statement and its parameters are content too. */
        "log_error_verbosity=terse",
        "log_min_error_statement=panic",
        "log_timezone=UTC",
        "timezone=UTC",
    };
    size_t count = 0;

    *ret = (struct postgres_plan){.arguments = {NULL}};
    put_argument(ret, &count, x_sprintf("%s/postgres", postgres->programs));
    put_argument(ret, &count, x_strdup("-D"));
    put_argument(ret, &count, x_strdup(postgres->cluster));
    put_argument(ret, &count, x_strdup("-p"));
    put_argument(ret, &count, x_sprintf("%d", POSTGRES_PORT));
    put_argument(ret, &count, x_strdup("-k"));
    put_argument(ret, &count, x_strdup(folder->sockets));
    for (size_t i = 0; i < array_length(settings); i++)
        put_argument(ret, &count, x_sprintf("--%s", settings[i]));
    /* Smart shutdown when we are killed: it lets the workers, which get the same signal, write their last outcomes. */
    ret->child = (struct child_plan){(const char *const *)ret->arguments,
                                     server_environment,
                                     postgres->cluster,
                                     log_path,
                                     folder->server_user,
                                     SIGTERM};
}

void postgres_plan_release(struct postgres_plan *plan)
{
    for (size_t i = 0; i < array_length(plan->arguments); i++)
        string_free(&plan->arguments[i]);
}

bool postgres_is_ready(const struct postgres *postgres, pid_t pid)
{
    scoped(string_free) char *path = x_sprintf("%s/postmaster.pid", postgres->cluster);
    char status[32];

    read_line(path, STATUS_LINE, status, sizeof status);
    return postmaster_pid(postgres) == pid && strncmp(status, "ready", 5) == 0;
}

char *postgres_url(const struct data_folder *folder)
{
    struct text url;

    text_init(&url, 4096);
    text_puts(&url, "postgresql://handover@/postgres?host=");
    for (const char *byte = folder->sockets; *byte; byte++) {
        if (isalnum((unsigned char)*byte) || strchr("/-._~", *byte))
            text_putc(&url, *byte);
        else
            text_printf(&url, "%%%02X", (unsigned char)*byte);
    }
    text_printf(&url, "&port=%d", POSTGRES_PORT);
    return text_take(&url);
}

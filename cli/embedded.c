#include "cli/embedded.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/must.h"
#include "cli/leftovers.h"
#include "cli/postgres.h"
#include "cli/search.h"

extern char **environ;

enum {
    READY_LIMIT_MS = 120000, /* a server that recovers from a crash takes its time */
    READY_STEP_MS = 10,
    START_TRIES = 20,
    WATCH_MS = 200,
    PAUSE_LEAST_MS = 500,
    PAUSE_MOST_MS = 30000,
    STEADY_MS = 60000, /* a child that ran so long starts again at the least pause */
    EARLY_MS = 10000,  /* an end sooner than this after the start counts as early */
    EARLY_MOST = 5,
    DRAIN_LIMIT_MS = 40000, /* the programs give themselves 30 s */
    REDIS_LIMIT_MS = 5000,
    FAST_LIMIT_MS = 60000,
    KILL_LIMIT_MS = 10000,
    WORKERS_MOST = 64,
    ENVIRONMENT_MOST = 16,
};

enum { POSTGRESQL, REDIS, COORDINATOR, FIRST_WORKER };

struct member {
    char *name;
    char *log_path;
    long log_since; /* where its log was when it was started last */
    const struct child_plan *plan;
    pid_t pid; /* 0 while it does not run */
    int64_t started_ms;
    int64_t due_ms; /* when it is started again */
    int pause_ms;
    int early_ends; /* in a row */
};

struct embedded {
    struct data_folder folder;
    struct postgres postgres;
    struct postgres_plan postgres_plan;
    char *redis_arguments[20];
    struct child_plan redis_plan;
    char *coordinator_arguments[2];
    struct child_plan coordinator_plan;
    char *worker_arguments[2];
    struct child_plan worker_plan;
    char *settings[ENVIRONMENT_MOST + 8]; /* NAME=value, owned */
    size_t setting_count;
    const char **environment; /* ours with the settings above in place of their namesakes */
    char *database_url;
    char *redis_url;
    char *redis_socket;
    char *coordinator_url;
    char *program_folder;
    char *coordinator;
    char *worker;
    int workers;
    int drain_limit_ms;
    struct member *members; /* in the order in which they start */
    size_t member_count;
    struct loop_timer *watch;
    char trouble[FAULT_TEXT_SIZE];
};

const char *embedded_database_url(const struct embedded *embedded)
{
    return embedded->database_url;
}

const char *embedded_redis_url(const struct embedded *embedded)
{
    return embedded->redis_url;
}

const char *embedded_coordinator_url(const struct embedded *embedded)
{
    return embedded->coordinator_url;
}

const char *embedded_seal_key_file(const struct embedded *embedded)
{
    return embedded->folder.seal_key_file;
}

const char *embedded_trouble(const struct embedded *embedded)
{
    return embedded->trouble[0] ? embedded->trouble : NULL;
}

int embedded_pid(const struct embedded *embedded, const char *name)
{
    for (size_t i = 0; i < embedded->member_count; i++)
        if (strcmp(embedded->members[i].name, name) == 0)
            return (int)embedded->members[i].pid;
    return 0;
}

static void add_setting(struct embedded *embedded, const char *name, const char *value)
{
    must(embedded->setting_count + 1 < array_length(embedded->settings));
    embedded->settings[embedded->setting_count++] = x_sprintf("%s=%s", name, value);
}

static void add_settings(struct embedded *embedded, const struct embedded_options *options)
{
    add_setting(embedded, "HANDOVER_DATABASE_URL", embedded->database_url);
    add_setting(embedded, "HANDOVER_REDIS_URL", embedded->redis_url);
    add_setting(embedded, "HANDOVER_COORDINATOR_URL", embedded->coordinator_url);
    add_setting(embedded, "HANDOVER_LISTEN_URL", embedded->coordinator_url);
    add_setting(embedded, "HANDOVER_SEAL_KEY_FILE", embedded->folder.seal_key_file);
    if (options->kinds)
        add_setting(embedded, "HANDOVER_KIND", options->kinds);
    for (size_t i = 0; options->environment && options->environment[i]; i++) {
        must(i < ENVIRONMENT_MOST);
        embedded->settings[embedded->setting_count++] = x_strdup(options->environment[i]);
    }
}

static bool is_overridden(const struct embedded *embedded, const char *entry)
{
    size_t size = strcspn(entry, "=") + 1;

    for (size_t i = 0; i < embedded->setting_count; i++)
        if (strncmp(embedded->settings[i], entry, size) == 0)
            return true;
    return false;
}

static void make_environment(struct embedded *embedded)
{
    size_t count = 0;
    size_t used = 0;

    while (environ[count])
        count++;
    embedded->environment = x_alloc_array(count + embedded->setting_count + 1, sizeof(char *));
    for (size_t i = 0; i < count; i++)
        if (!is_overridden(embedded, environ[i]))
            embedded->environment[used++] = environ[i];
    for (size_t i = 0; i < embedded->setting_count; i++)
        embedded->environment[used++] = embedded->settings[i];
}

static void add_member(struct embedded *embedded, char *name, const struct child_plan *plan)
{
    struct member *member = &embedded->members[embedded->member_count++];

    *member = (struct member){.name = name, .plan = plan, .pause_ms = PAUSE_LEAST_MS};
    member->log_path = x_sprintf("%s/%s.log", embedded->folder.path, name);
}

static void note_children(const struct embedded *embedded)
{
    struct leftovers leftovers = {.count = 0};

    for (size_t i = 0; i < embedded->member_count; i++)
        if (embedded->members[i].pid)
            leftovers_add(&leftovers, embedded->members[i].name, embedded->members[i].pid);
    leftovers_write(&embedded->folder, &leftovers);
}

static bool start_member(struct embedded *embedded, struct member *member, struct fault *fault)
{
    struct child_plan plan = *member->plan;

    plan.log_path = member->log_path;
    member->log_since = log_rotate(member->log_path);
    if (!child_start(&plan, &member->pid, fault))
        return false;
    member->started_ms = clock_monotonic_ms();
    note_children(embedded);
    log_event(LOG_DEBUG, NULL, "child_started", "name=%s pid=%d", member->name, (int)member->pid);
    return true;
}

/* The sentence about a child that has ended, with the end of its log. */
static bool describe_end(const struct member *member, int status, struct fault *fault)
{
    char how[CHILD_STATUS_SIZE];
    struct text tail;

    child_status_text(status, how);
    text_init(&tail, FAULT_TEXT_SIZE);
    log_tail(member->log_path, member->log_since, &tail);
    fault_set(fault, FAULT_INTERNAL, "%s %s. The end of %s: %s", member->name, how, member->log_path,
              tail.size ? text_string(&tail) : "(empty)");
    text_release(&tail);
    return false;
}

static bool redis_is_ready(const struct embedded *embedded)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval limit = {.tv_usec = 500000};
    scoped(descriptor_close) int redis = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char answer[8] = "";

    must(strlen(embedded->redis_socket) < sizeof address.sun_path);
    memcpy(address.sun_path, embedded->redis_socket, strlen(embedded->redis_socket) + 1);
    if (redis < 0 || setsockopt(redis, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0)
        return false;
    return connect(redis, (struct sockaddr *)&address, sizeof address) == 0 &&
           send(redis, "PING\r\n", 6, MSG_NOSIGNAL) == 6 && recv(redis, answer, sizeof answer - 1, 0) > 0 &&
           strncmp(answer, "+PONG", 5) == 0;
}

static bool is_ready(const struct embedded *embedded, size_t index)
{
    return index == REDIS ? redis_is_ready(embedded)
                          : postgres_is_ready(&embedded->postgres, embedded->members[index].pid);
}

static bool await_server(struct embedded *embedded, size_t index, struct fault *fault)
{
    struct member *member = &embedded->members[index];
    int64_t until_ms = clock_monotonic_ms() + READY_LIMIT_MS;
    int status = 0;

    while (!is_ready(embedded, index)) {
        if (child_has_ended(member->pid, &status)) {
            member->pid = 0;
            return describe_end(member, status, fault);
        }
        if (clock_monotonic_ms() >= until_ms)
            return fault_set(fault, FAULT_INTERNAL, "%s does not answer %d s after its start. See %s.", member->name,
                             READY_LIMIT_MS / 1000, member->log_path);
        pause_ms(READY_STEP_MS);
    }
    return true;
}

/* Server processes whose postmaster was killed notice it only when they next wait; until then the shared memory of the
 * cluster is in use, and a new server rightly refuses to start. */
static bool start_postgresql(struct embedded *embedded, struct fault *fault)
{
    struct member *member = &embedded->members[POSTGRESQL];

    for (int tries = 1;; tries++) {
        if (start_member(embedded, member, fault) && await_server(embedded, POSTGRESQL, fault))
            return true;
        if (member->pid || tries == START_TRIES || !strstr(fault->text, "still in use"))
            return false;
        pause_ms(PAUSE_LEAST_MS);
    }
}

/* Only a socket in the folder, nothing on disk: buckets that are lost start empty. */
static bool plan_redis(struct embedded *embedded, struct fault *fault)
{
    const char *const flags[] = {"--port",           "0",   "--unixsocket", embedded->redis_socket,
                                 "--unixsocketperm", "700", "--save",       "",
                                 "--appendonly",     "no",  "--daemonize",  "no",
                                 "--logfile",        ""};
    char *program = search_path("redis-server");

    if (!program)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "Redis is not installed: there is no program redis-server in PATH. Install Debian's package "
                         "redis-server, or name a server with --redis-url.");
    embedded->redis_arguments[0] = program;
    for (size_t i = 0; i < array_length(flags); i++)
        embedded->redis_arguments[i + 1] = x_strdup(flags[i]);
    embedded->redis_plan = (struct child_plan){(const char *const *)embedded->redis_arguments,
                                               server_environment,
                                               embedded->folder.sockets,
                                               NULL,
                                               embedded->folder.server_user,
                                               SIGTERM};
    return true;
}

static void keep_options(struct embedded *embedded, const struct embedded_options *options)
{
    must(options->workers >= 0 && options->workers <= WORKERS_MOST);
    embedded->program_folder = x_strdup(options->program_folder);
    embedded->coordinator = x_strdup(options->coordinator ? options->coordinator : "handover-coordinator");
    embedded->worker = x_strdup(options->worker ? options->worker : "handover-worker");
    embedded->workers = options->workers;
    embedded->drain_limit_ms = options->drain_limit_ms > 0 ? options->drain_limit_ms : DRAIN_LIMIT_MS;
    embedded->members = x_alloc_array(FIRST_WORKER + WORKERS_MOST, sizeof(struct member));
    embedded->redis_socket = x_sprintf("%s/redis", embedded->folder.sockets);
    embedded->redis_url = x_sprintf("unix://%s", embedded->redis_socket);
    embedded->coordinator_url = x_sprintf("ipc://%s/coordinator", embedded->folder.sockets);
    embedded->database_url = postgres_url(&embedded->folder);
    add_settings(embedded, options);
}

static bool start_servers(struct embedded *embedded, struct fault *fault)
{
    scoped(string_free) char *log = data_folder_path(&embedded->folder, "postgresql.log");

    if (!leftovers_stop(&embedded->folder, fault) || !plan_redis(embedded, fault) ||
        !postgres_prepare(&embedded->folder, log, &embedded->postgres, fault))
        return false;
    postgres_plan(&embedded->postgres, &embedded->folder, log, &embedded->postgres_plan);
    add_member(embedded, x_strdup("postgresql"), &embedded->postgres_plan.child);
    add_member(embedded, x_strdup("redis"), &embedded->redis_plan);
    return start_member(embedded, &embedded->members[REDIS], fault) && await_server(embedded, REDIS, fault) &&
           start_postgresql(embedded, fault);
}

bool embedded_start(const struct embedded_options *options, struct embedded **ret, struct fault *fault)
{
    scoped(embedded_stop) struct embedded *embedded = x_alloc(sizeof *embedded);
    int64_t began_ms = clock_monotonic_ms();

    embedded->folder.lock = -1;
    if (!data_folder_open(options->data_folder, &embedded->folder, fault))
        return false;
    keep_options(embedded, options);
    if (!start_servers(embedded, fault))
        return false;
    log_event(LOG_INFO, NULL, "services_started", "folder=%s sockets=%s ms=%" PRId64, embedded->folder.path,
              embedded->folder.sockets, clock_monotonic_ms() - began_ms);
    *ret = steal(embedded);
    return true;
}

/* A child has ended that should not have: it starts again after its pause, which doubles unless it had run steadily. */
static void note_end(struct embedded *embedded, struct member *member, int status)
{
    int64_t now_ms = clock_monotonic_ms();
    int64_t lived_ms = now_ms - member->started_ms;
    char how[CHILD_STATUS_SIZE];
    struct fault fault;

    child_status_text(status, how);
    member->pid = 0;
    member->early_ends = lived_ms < EARLY_MS ? member->early_ends + 1 : 0;
    if (lived_ms >= STEADY_MS)
        member->pause_ms = PAUSE_LEAST_MS;
    member->due_ms = now_ms + member->pause_ms;
    log_event(LOG_WARN, NULL, "child_ended", "name=%s how=\"%s\" lived_ms=%" PRId64 " pause_ms=%d", member->name, how,
              lived_ms, member->pause_ms);
    member->pause_ms = member->pause_ms * 2 > PAUSE_MOST_MS ? PAUSE_MOST_MS : member->pause_ms * 2;
    if (member->early_ends >= EARLY_MOST) {
        describe_end(member, status, &fault);
        snprintf(embedded->trouble, sizeof embedded->trouble, "%s", fault.text);
    }
    note_children(embedded);
}

static void start_again(struct embedded *embedded, struct member *member)
{
    struct fault fault;

    if (start_member(embedded, member, &fault))
        return;
    log_fault(LOG_ERROR, NULL, "child_not_started", &fault);
    member->pid = 0;
    member->due_ms = clock_monotonic_ms() + member->pause_ms;
}

static void on_watch(void *argument)
{
    struct embedded *embedded = argument;

    for (size_t i = 0; i < embedded->member_count; i++) {
        struct member *member = &embedded->members[i];
        int status = 0;

        if (member->pid && child_has_ended(member->pid, &status))
            note_end(embedded, member, status);
        else if (!member->pid && clock_monotonic_ms() >= member->due_ms)
            start_again(embedded, member);
        else if (member->pid && member->early_ends && clock_monotonic_ms() - member->started_ms >= EARLY_MS)
            member->early_ends = 0;
    }
    loop_timer_start(embedded->watch, WATCH_MS);
}

static struct child_plan program_plan(const struct embedded *embedded, char *const *arguments)
{
    struct child_user own = {.change = false};

    return (struct child_plan){(const char *const *)arguments, embedded->environment, "/", NULL, own, SIGTERM};
}

bool embedded_start_programs(struct embedded *embedded, struct loop *loop, struct fault *fault)
{
    must(embedded->member_count == COORDINATOR);
    make_environment(embedded);
    if (!search_program(embedded->program_folder, "coordinator", embedded->coordinator,
                        &embedded->coordinator_arguments[0], fault) ||
        !search_program(embedded->program_folder, "workers", embedded->worker, &embedded->worker_arguments[0], fault))
        return false;
    embedded->coordinator_plan = program_plan(embedded, embedded->coordinator_arguments);
    embedded->worker_plan = program_plan(embedded, embedded->worker_arguments);
    add_member(embedded, x_strdup("coordinator"), &embedded->coordinator_plan);
    for (int i = 1; i <= embedded->workers; i++)
        add_member(embedded, x_sprintf("worker-%d", i), &embedded->worker_plan);
    for (size_t i = COORDINATOR; i < embedded->member_count; i++)
        if (!start_member(embedded, &embedded->members[i], fault))
            return false;
    embedded->watch = loop_timer_new(loop, on_watch, embedded);
    loop_timer_start(embedded->watch, WATCH_MS);
    return true;
}

static void signal_member(const struct member *member, int number)
{
    if (member->pid)
        kill(member->pid, number);
}

/* Waits for a child that was told to end, and makes it end when it does not: `harder` first, then SIGKILL. */
static void end_member(struct member *member, int limit_ms, int harder)
{
    int status = 0;

    if (!member->pid)
        return;
    if (!child_wait(member->pid, limit_ms, &status)) {
        log_event(LOG_WARN, NULL, "child_forced", "name=%s waited_ms=%d", member->name, limit_ms);
        kill(member->pid, harder);
        if (!child_wait(member->pid, KILL_LIMIT_MS, &status)) {
            kill(member->pid, SIGKILL);
            child_wait(member->pid, KILL_LIMIT_MS, &status);
        }
    }
    member->pid = 0;
}

static void stop_programs(struct embedded *embedded)
{
    int64_t until_ms = clock_monotonic_ms() + embedded->drain_limit_ms;

    for (size_t i = embedded->member_count; i-- > COORDINATOR;)
        signal_member(&embedded->members[i], SIGTERM);
    for (size_t i = embedded->member_count; i-- > COORDINATOR;) {
        int64_t left_ms = until_ms - clock_monotonic_ms();

        end_member(&embedded->members[i], left_ms > 0 ? (int)left_ms : 0, SIGKILL);
    }
}

static void stop_all(struct embedded *embedded)
{
    stop_programs(embedded);
    if (embedded->member_count > REDIS) {
        signal_member(&embedded->members[REDIS], SIGTERM);
        end_member(&embedded->members[REDIS], REDIS_LIMIT_MS, SIGKILL);
    }
    if (embedded->member_count > POSTGRESQL) {
        signal_member(&embedded->members[POSTGRESQL], SIGINT);
        end_member(&embedded->members[POSTGRESQL], FAST_LIMIT_MS, SIGQUIT);
    }
    if (embedded->member_count)
        note_children(embedded);
}

static void free_strings(char **strings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        string_free(&strings[i]);
}

void embedded_stop(struct embedded **place)
{
    struct embedded *embedded = *place;

    *place = NULL;
    if (!embedded)
        return;
    loop_timer_destroy(&embedded->watch);
    stop_all(embedded);
    data_folder_close(&embedded->folder);
    for (size_t i = 0; i < embedded->member_count; i++) {
        string_free(&embedded->members[i].name);
        string_free(&embedded->members[i].log_path);
    }
    free(embedded->members);
    postgres_plan_release(&embedded->postgres_plan);
    free_strings(embedded->redis_arguments, array_length(embedded->redis_arguments));
    free_strings(embedded->coordinator_arguments, array_length(embedded->coordinator_arguments));
    free_strings(embedded->worker_arguments, array_length(embedded->worker_arguments));
    free_strings(embedded->settings, embedded->setting_count);
    free(embedded->environment);
    string_free(&embedded->database_url);
    string_free(&embedded->redis_url);
    string_free(&embedded->redis_socket);
    string_free(&embedded->coordinator_url);
    string_free(&embedded->program_folder);
    string_free(&embedded->coordinator);
    string_free(&embedded->worker);
    free(embedded);
}

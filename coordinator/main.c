/* handover-coordinator: settings and service skeleton around coordinator.c. */
#include "base/service.h"
#include "coordinator/coordinator.h"
#include "db/migrate.h"

static struct coordinator_settings settings;

static const struct setting rows[] = {
    {.name = "database-url",
     .type = SETTING_TEXT,
     .target = &settings.database_url,
     .fallback = "postgresql:///handover",
     .help = "PostgreSQL, as a libpq URL."},
    {.name = "database-password-file",
     .type = SETTING_FILE,
     .target = &settings.database_password_file,
     .help = "File whose first line is the password of PostgreSQL."},
    {.name = "listen-url",
     .type = SETTING_TEXT,
     .target = &settings.listen_url,
     .fallback = "tcp://127.0.0.1:7711",
     .help = "Where workers connect: ipc:// or tcp:// addresses, separated by commas."},
    {.name = "allow-network",
     .type = SETTING_SWITCH,
     .target = &settings.allow_network,
     .fallback = "0",
     .help = "Also listen beyond this machine, in plain text: only inside a private network."},
    {.name = "task-size",
     .type = SETTING_INTEGER,
     .target = &settings.task_size,
     .fallback = "500",
     .least = 1,
     .greatest = 100000,
     .unit = "records",
     .help = "How many records a task holds."},
    {.name = "lease-ms",
     .type = SETTING_INTEGER,
     .target = &settings.lease_ms,
     .fallback = "15000",
     .least = 1000,
     .greatest = 600000,
     .unit = "ms",
     .help = "How long a worker may hold a task without renewing its lease."},
    {.name = "health-file",
     .type = SETTING_FILE,
     .target = &settings.health_file,
     .help = "File that is touched at every round; a health check looks at its age."},
    {.name = NULL},
};

static struct coordinator *coordinator;

static bool start(void *program, struct loop *loop, struct fault *fault)
{
    (void)program;
    return migrate_check(settings.database_url, settings.database_password_file, fault) &&
           coordinator_open(loop, &settings, &coordinator, fault);
}

static void stop(void *program)
{
    (void)program;
    coordinator_close(&coordinator);
}

int main(int argc, char **argv)
{
    static const struct service service = {
        .name = "handover-coordinator",
        .summary = "Leads the transfers: cuts them into tasks, hands these to workers, takes them back from the dead. "
                   "Start two: the second stands by.",
        .settings = rows,
        .start = start,
        .stop = stop,
    };

    return service_main(&service, NULL, argc, argv);
}

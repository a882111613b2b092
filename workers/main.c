/* handover-worker: settings and service skeleton around worker.c. */
#include "base/log.h"
#include "base/service.h"
#include "db/migrate.h"
#include "source/tds_settings.h"
#include "workers/worker.h"

static struct worker_settings settings;

static const struct setting rows[] = {
    {.name = "kind",
     .type = SETTING_TEXT,
     .target = &settings.kinds,
     .fallback = "all",
     .help = "The kinds of work that it takes, separated by commas: extract, preflight, catalogue, patients, "
             "appointments, notes, attachments, verify; or all."},
    {.name = "slots",
     .type = SETTING_INTEGER,
     .target = &settings.slots,
     .fallback = "4",
     .least = 1,
     .greatest = 1000,
     .unit = "tasks",
     .help = "How many tasks of each kind it works on at once."},
    {.name = "in-flight",
     .type = SETTING_INTEGER,
     .target = &settings.job.in_flight,
     .fallback = "64",
     .least = 1,
     .greatest = 1000,
     .unit = "requests",
     .help = "How many requests are under way at once, at most; an account's limit makes it fewer."},
    {.name = "uploads",
     .type = SETTING_INTEGER,
     .target = &settings.job.uploads,
     .fallback = "4",
     .least = 1,
     .greatest = 64,
     .unit = "files",
     .help = "How many files of one task are uploaded at once."},
    {.name = "in-doubt-wait-ms",
     .type = SETTING_INTEGER,
     .target = &settings.job.in_doubt_wait_ms,
     .fallback = "35000",
     .least = 0,
     .greatest = 600000,
     .unit = "ms",
     .help = "How late Cliniko may still carry out a request that got no answer. Lower it for the local Cliniko only."},
    {.name = "coordinator-url",
     .type = SETTING_TEXT,
     .target = &settings.coordinator_url,
     .fallback = "tcp://127.0.0.1:7711",
     .help = "The coordinators' addresses, separated by commas; the one that leads is found by itself."},
    {.name = "allow-network",
     .type = SETTING_SWITCH,
     .target = &settings.allow_network,
     .fallback = "0",
     .help = "Also talk to coordinators beyond this machine, in plain text: only inside a private network."},
    {.name = "database-url",
     .type = SETTING_TEXT,
     .target = &settings.database_url,
     .fallback = "postgresql:///handover",
     .help = "PostgreSQL, as a libpq URL."},
    {.name = "database-password-file",
     .type = SETTING_FILE,
     .target = &settings.database_password_file,
     .help = "File whose first line is the password of PostgreSQL."},
    {.name = "redis-url",
     .type = SETTING_TEXT,
     .target = &settings.redis_url,
     .fallback = "redis://127.0.0.1:6379/0",
     .help = "Redis, where the send slots of each Cliniko user are shared: redis://host:port/db or unix:///path."},
    {.name = "redis-password-file",
     .type = SETTING_FILE,
     .target = &settings.redis_password_file,
     .help = "File whose first line is the password of Redis."},
    {.name = "seal-key-file",
     .type = SETTING_FILE,
     .target = &settings.seal_key_file,
     .help = "File with the key under which API keys are sealed: 64 hexadecimal digits, readable by its owner only."},
    {.name = "cliniko-url",
     .type = SETTING_TEXT,
     .target = &settings.cliniko_url,
     .help = "Base URL of a local Cliniko, for trying and testing. Empty: the shard that a key names."},
    {.name = "cliniko-ca-file",
     .type = SETTING_FILE,
     .target = &settings.cliniko_ca_file,
     .help = "Certificate authority of a local Cliniko (PEM). Empty: the system's authorities."},
    {.name = "source-password-file",
     .type = SETTING_FILE,
     .target = &tds_settings.password_file,
     .help = TDS_PASSWORD_FILE_HELP},
    {.name = "source-ca-file", .type = SETTING_FILE, .target = &tds_settings.ca_file, .help = TDS_CA_FILE_HELP},
    {.name = "contact",
     .type = SETTING_TEXT,
     .target = &settings.contact,
     .fallback = "operations@handover.example",
     .help = "E-mail address that Cliniko may write to about this traffic; part of the User-Agent."},
    {.name = "health-file",
     .type = SETTING_FILE,
     .target = &settings.health_file,
     .help = "File that is touched every second while the database is reached; a health check looks at its age."},
    {.name = NULL},
};

static struct worker *worker;

static bool start(void *program, struct loop *loop, struct fault *fault)
{
    (void)program;
#ifdef HANDOVER_UNJOURNALED
    log_event(LOG_ERROR, NULL, "unjournaled",
              "reason=\"this build is for a measurement: it loses and doubles records\"");
#endif
    return migrate_check(settings.database_url, settings.database_password_file, fault) &&
           worker_open(loop, &settings, &worker, fault);
}

static void drain(void *program)
{
    (void)program;
    worker_drain(worker);
}

static void stop(void *program)
{
    (void)program;
    worker_close(&worker);
}

int main(int argc, char **argv)
{
    static const struct service service = {
        .name = "handover-worker",
        .summary =
            "Does the work of transfers, many tasks at once. Start as many as you like, on any host, each with the "
            "kinds of work that it shall take.",
        .settings = rows,
        .start = start,
        .drain = drain,
        .stop = stop,
        .drain_limit_ms = 75000,
    };

    return service_main(&service, NULL, argc, argv);
}

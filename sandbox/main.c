/* handover-sandbox: settings, seed, server. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/service.h"
#include "sandbox/sandbox.h"
#include "sandbox/server.h"
#include "sandbox/wall_clock.h"

enum { FILE_MAX = 256 * 1024 * 1024 };

struct program {
    struct sandbox *sandbox;
    struct server *server;
};

static struct server_options server_options;
static struct sandbox_options sandbox_options;
static const char *seed_file;
static const char *faults_file;
static const char *limit_window;
static const char *limit_header;
static const char *unknown_related;
static const char *archived_children;
static int64_t fault_seed;
static int64_t clock_ahead;
static bool discard_files;
static const char *record_file;

static const struct setting settings[] = {
    {.name = "listen",
     .type = SETTING_TEXT,
     .target = &server_options.listen,
     .fallback = "127.0.0.1:8080",
     .help = "Address and port; port 0 takes a free one, which is printed. The control plane answers loopback only."},
    {.name = "seed-file",
     .type = SETTING_FILE,
     .target = &seed_file,
     .help = "Accounts, users, keys and records to start with (JSON, docs/sandbox.md)."},
    {.name = "tls-cert", .type = SETTING_FILE, .target = &server_options.tls_cert, .help = "Certificate (PEM)."},
    {.name = "tls-key", .type = SETTING_FILE, .target = &server_options.tls_key, .help = "Its private key (PEM)."},
    {.name = "limit",
     .type = SETTING_INTEGER,
     .target = &sandbox_options.limit.per_minute,
     .fallback = "200",
     .least = 0,
     .greatest = 1000000000,
     .unit = "requests a minute",
     .help = "Rate limit of each user; 0 for none."},
    {.name = "limit-window",
     .type = SETTING_TEXT,
     .target = &limit_window,
     .fallback = "fixed",
     .help = "How the limit counts: fixed (the minute of the clock), sliding (the last 60 seconds) or bucket (refills "
             "evenly)."},
    {.name = "limit-count-refused",
     .type = SETTING_SWITCH,
     .target = &sandbox_options.limit.count_refused,
     .fallback = "0",
     .help = "Requests that are answered 429 use up the limit too."},
    {.name = "limit-reset-header",
     .type = SETTING_TEXT,
     .target = &limit_header,
     .fallback = "right",
     .help = "X-RateLimit-Reset of a 429: right, missing, past or future (a day away)."},
    {.name = "latency-ms",
     .type = SETTING_INTEGER,
     .target = &sandbox_options.latency_ms,
     .fallback = "0",
     .least = 0,
     .greatest = 600000,
     .unit = "ms",
     .help = "Every answer is held this long; the request is carried out at once."},
    {.name = "faults-file",
     .type = SETTING_FILE,
     .target = &faults_file,
     .help = "Fault rules to start with (JSON, docs/sandbox.md)."},
    {.name = "fault-seed",
     .type = SETTING_INTEGER,
     .target = &fault_seed,
     .fallback = "1",
     .least = 0,
     .greatest = INT64_C(1) << 53,
     .help = "Seed of the faults that are chosen by probability."},
    {.name = "unknown-related",
     .type = SETTING_TEXT,
     .target = &unknown_related,
     .fallback = "422",
     .help = "Status of a create that names a record which is not there: 422, 404 or 500."},
    {.name = "archived-children",
     .type = SETTING_TEXT,
     .target = &archived_children,
     .fallback = "422",
     .help = "Status of a create for an archived patient: 422, 404 or allowed."},
    {.name = "refuse-inactive",
     .type = SETTING_SWITCH,
     .target = &sandbox_options.refuse_inactive,
     .fallback = "0",
     .help = "Refuse appointments with an inactive practitioner."},
    {.name = "read-cancelled",
     .type = SETTING_SWITCH,
     .target = &sandbox_options.read_cancelled,
     .fallback = "0",
     .help = "A cancelled appointment can be read by its id without q[]=cancelled_at:*."},
    {.name = "any-user-agent",
     .type = SETTING_SWITCH,
     .target = &sandbox_options.any_user_agent,
     .fallback = "0",
     .help = "Do not insist on a User-Agent of the form: name (mail)."},
    {.name = "empty-401",
     .type = SETTING_SWITCH,
     .target = &sandbox_options.empty_401,
     .fallback = "0",
     .help = "Answer 401 with an empty body instead of a JSON message."},
    {.name = "omit-missing-relations",
     .type = SETTING_SWITCH,
     .target = &sandbox_options.omit_missing_relation,
     .fallback = "0",
     .help = "Leave out relations that are not there instead of showing null."},
    {.name = "files",
     .type = SETTING_TEXT,
     .target = &sandbox_options.files,
     .help = "Folder in which uploaded files are kept until the sandbox ends; without one they are only hashed."},
    {.name = "discard-files",
     .type = SETTING_SWITCH,
     .target = &discard_files,
     .fallback = "0",
     .help = "Only hash uploaded files, although --files names a folder."},
    {.name = "process-ms",
     .type = SETTING_INTEGER,
     .target = &sandbox_options.process_ms,
     .fallback = "1000",
     .least = -1,
     .greatest = 86400000,
     .unit = "ms",
     .help = "An attachment is processed so long after its create; -1 for never."},
    {.name = "s3-expiry",
     .type = SETTING_INTEGER,
     .target = &sandbox_options.s3_expiry_seconds,
     .fallback = "3600",
     .least = 0,
     .greatest = 604800,
     .unit = "s",
     .help = "A presigned post is good for so long."},
    {.name = "s3-max-bytes",
     .type = SETTING_INTEGER,
     .target = &sandbox_options.s3_most_bytes,
     .fallback = "0",
     .least = 0,
     .greatest = INT64_C(5) << 30,
     .unit = "bytes",
     .help = "The policy of a presigned post allows files up to this size; 0: it does not say."},
    {.name = "s3-url-slash",
     .type = SETTING_SWITCH,
     .target = &sandbox_options.s3_url_slash,
     .fallback = "0",
     .help = "The address of a presigned post ends in a slash."},
    {.name = "trial-bytes",
     .type = SETTING_INTEGER,
     .target = &sandbox_options.trial_bytes,
     .fallback = "0",
     .least = 0,
     .greatest = INT64_C(1) << 50,
     .unit = "bytes",
     .help = "File storage of a trial account: the attachment that goes beyond it is refused; 0 for no limit."},
    {.name = "record",
     .type = SETTING_TEXT,
     .target = &record_file,
     .help = "Append every request to the API and its answer to this file, one JSON object a line, without keys."},
    {.name = "recalls",
     .type = SETTING_SWITCH,
     .target = &sandbox_options.recalls,
     .fallback = "0",
     .help = "Serve /recalls and /recall_types, which the vendor's document does not have."},
    {.name = "clock-ahead",
     .type = SETTING_INTEGER,
     .target = &clock_ahead,
     .fallback = "0",
     .least = -86400,
     .greatest = 86400,
     .unit = "s",
     .help = "How far its clock, in Date and created_at, is ahead of this machine's; below 0 behind."},
    {.name = "ignore-case",
     .type = SETTING_SWITCH,
     .target = &sandbox_options.ignore_case,
     .fallback = "0",
     .help = "Text filters ignore upper and lower case."},
    {.name = NULL},
};

static bool read_options(struct fault *fault)
{
    if (!limit_window_parse(limit_window, &sandbox_options.limit.window))
        return fault_set(fault, FAULT_BAD_INPUT, "--limit-window: '%.40s' is none of fixed, sliding, bucket.",
                         limit_window);
    if (!limit_header_parse(limit_header, &sandbox_options.limit.header))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "--limit-reset-header: '%.40s' is none of right, missing, past, future.", limit_header);
    if (!unknown_related_parse(unknown_related, &sandbox_options.unknown_related))
        return fault_set(fault, FAULT_BAD_INPUT, "--unknown-related: '%.40s' is none of 422, 404, 500.",
                         unknown_related);
    if (!archived_parent_parse(archived_children, &sandbox_options.archived_parent))
        return fault_set(fault, FAULT_BAD_INPUT, "--archived-children: '%.40s' is none of 422, 404, allowed.",
                         archived_children);
    if (discard_files)
        sandbox_options.files = NULL;
    sandbox_options.fault_seed = (uint64_t)fault_seed;
    wall_clock_set_ahead(clock_ahead);
    return true;
}

static bool read_file(const char *path, struct text *out, struct fault *fault)
{
    scoped(descriptor_close) int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    struct stat facts;
    char buffer[64 * 1024];
    ssize_t size = 0;

    if (descriptor < 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "Cannot open %s", path);
    if (fstat(descriptor, &facts) != 0 || !S_ISREG(facts.st_mode) || facts.st_size > FILE_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "%s is no file of at most %d MB.", path, FILE_MAX >> 20);
    while ((size = read(descriptor, buffer, sizeof buffer)) > 0)
        text_put(out, buffer, (size_t)size);
    return size == 0 || fault_errno(fault, FAULT_BAD_INPUT, "Cannot read %s", path);
}

static bool load_seed(struct sandbox *sandbox, struct fault *fault)
{
    struct text text;
    bool loaded = false;

    if (!seed_file || !*seed_file)
        return fault_set(
            fault, FAULT_BAD_INPUT,
            "No --seed-file is given, so there would be no account and no key. docs/sandbox.md shows one.");
    text_init(&text, FILE_MAX);
    loaded = read_file(seed_file, &text, fault) &&
             (sandbox_seed(sandbox, text_slice(&text), wall_clock_ms(), fault) || fault_prefix(fault, "%s", seed_file));
    text_release(&text);
    return loaded;
}

static bool load_faults(struct sandbox *sandbox, struct fault *fault)
{
    struct text text;
    bool loaded = false;

    if (!faults_file || !*faults_file)
        return true;
    text_init(&text, FILE_MAX);
    loaded = read_file(faults_file, &text, fault) &&
             (sandbox_set_faults(sandbox, text_slice(&text), fault) || fault_prefix(fault, "%s", faults_file));
    text_release(&text);
    return loaded;
}

static bool check_files(struct fault *fault)
{
    const char *folder = sandbox_options.files;
    struct stat facts;

    if (!folder || !*folder || (stat(folder, &facts) == 0 && S_ISDIR(facts.st_mode) && access(folder, W_OK) == 0))
        return true;
    return fault_set(fault, FAULT_BAD_INPUT, "--files: %s is no folder that can be written to.", folder);
}

static bool open_record(struct sandbox *sandbox, struct fault *fault)
{
    return !record_file || !*record_file || sandbox_record(sandbox, record_file, fault);
}

static bool start(void *argument, struct loop *loop, struct fault *fault)
{
    struct program *program = argument;

    if (!read_options(fault) || !check_files(fault))
        return false;
    program->sandbox = sandbox_new(&sandbox_options);
    if (!load_seed(program->sandbox, fault) || !load_faults(program->sandbox, fault) ||
        !open_record(program->sandbox, fault) ||
        !server_open(loop, program->sandbox, &server_options, &program->server, fault))
        return false;
    printf("listening on %s\n", server_url(program->server));
    return fflush(stdout) == 0 || fault_errno(fault, FAULT_BAD_INPUT, "Cannot write to standard output");
}

static void stop(void *argument)
{
    struct program *program = argument;

    server_close(&program->server);
    sandbox_destroy(&program->sandbox);
}

int main(int argc, char **argv)
{
    static const struct service service = {
        .name = "handover-sandbox",
        .summary = "A local Cliniko for demo, tests and benches: everything in memory, faults on demand.",
        .settings = settings,
        .start = start,
        .stop = stop,
    };
    struct program program = {NULL, NULL};

    return service_main(&service, &program, argc, argv);
}

#include "base/service.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/must.h"

enum { HELP_MAX = 64 * 1024 };

static const char *log_level_name = "info";

const struct setting service_settings[] = {
    {.name = "log-level",
     .type = SETTING_TEXT,
     .target = &log_level_name,
     .fallback = "info",
     .help = "Least level that is logged: debug, info, warn or error."},
    {.name = NULL},
};

struct run {
    const struct service *service;
    void *program;
    struct loop *loop;
    struct loop_timer *limit;
};

void service_harden(void)
{
    struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    umask(077);
}

static void on_limit(void *argument)
{
    struct run *run = argument;

    log_event(LOG_WARN, NULL, "drain_given_up", "");
    loop_stop(run->loop);
}

static void on_terminate(void *argument)
{
    struct run *run = argument;

    log_event(LOG_INFO, NULL, "drain_started", "");
    if (!run->service->drain) {
        loop_stop(run->loop);
        return;
    }
    loop_timer_start(run->limit, run->service->drain_limit_ms > 0 ? run->service->drain_limit_ms : 30000);
    run->service->drain(run->program);
}

static int serve(struct run *run, struct fault *fault)
{
    const struct service *service = run->service;
    bool started = false;

    if (!loop_open(&run->loop, fault)) {
        log_fault(LOG_ERROR, NULL, "start_failed", fault);
        return 1;
    }
    run->limit = loop_timer_new(run->loop, on_limit, run);
    loop_on_terminate(run->loop, on_terminate, run);
    started = service->start(run->program, run->loop, fault);
    if (started)
        loop_run(run->loop);
    else
        fprintf(stderr, "%s: %s\n", service->name, fault->text);
    service->stop(run->program);
    loop_timer_destroy(&run->limit);
    loop_close(&run->loop);
    if (started)
        log_event(LOG_INFO, NULL, "service_ended", "");
    return started ? 0 : 1;
}

static int print_help(const struct service *service, const struct setting *const *tables, bool as_markdown)
{
    struct text help;

    text_init(&help, HELP_MAX);
    if (as_markdown) {
        config_print_markdown(tables, &help);
        printf("## %s\n\n%s\n\n%s\n", service->name, service->summary, text_string(&help));
        text_release(&help);
        return 0;
    }
    config_print_help(tables, &help);
    printf("%s\n\n%s\n\nSettings (flag, environment variable):\n%s", service->name, service->summary,
           text_string(&help));
    text_release(&help);
    return 0;
}

static void log_start(const struct service *service, const struct setting *const *tables)
{
    struct text line;

    text_init(&line, HELP_MAX);
    config_describe(tables, &line);
    log_event(LOG_INFO, NULL, "service_started", "program=%s %s", service->name, text_string(&line));
    text_release(&line);
}

int service_main(const struct service *service, void *program, int argc, char **argv)
{
    const struct setting *tables[] = {service_settings, service->settings, NULL};
    struct run run = {.service = service, .program = program};
    struct fault fault = {0};
    enum log_level level = LOG_INFO;
    int positional = 0;

    service_harden();
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "--help-markdown") == 0)
            return print_help(service, tables, argv[i][6] != '\0');
    if (!config_load(tables, argc, argv, &positional, &fault)) {
        fprintf(stderr, "%s: %s\n", service->name, fault.text);
        return 2;
    }
    if (positional > 0) {
        fprintf(stderr, "%s: '%s' is not understood: this program takes flags only. --help lists them.\n",
                service->name, argv[1]);
        return 2;
    }
    if (!log_level_parse(log_level_name, &level)) {
        fprintf(stderr, "%s: --log-level: '%s' is none of debug, info, warn, error.\n", service->name, log_level_name);
        return 2;
    }
    log_open(service->name, level);
    log_start(service, tables);
    return serve(&run, &fault);
}

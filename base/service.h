/*
 * The skeleton of a program: settings, log, hardening, loop, and a drain on SIGTERM. A program brings a table of
 * settings and its functions; main is one call.
 */
#ifndef BASE_SERVICE_H
#define BASE_SERVICE_H

#include <stdbool.h>

#include "base/config.h"
#include "base/fault.h"
#include "base/loop.h"

struct service {
    const char *name;               /* "handover-worker" */
    const char *summary;            /* what it is, for --help */
    const struct setting *settings; /* ended by a row without a name; may be NULL */

    /* Opens what the program serves; a fault ends it with status 1. */
    bool (*start)(void *program, struct loop *loop, struct fault *fault);

    /* SIGTERM or SIGINT came: take no new work and call loop_stop when the rest is done. NULL stops at once. A second
     * signal, or drain_limit_ms, ends it regardless. */
    void (*drain)(void *program);

    void (*stop)(void *program); /* frees everything; called once when start was called */
    int drain_limit_ms;
};

/* Keys and patients are in memory: no core dumps, no ptrace, files for the owner only. Every main calls this first. */
void service_harden(void);

/* The settings that every program has: --log-level. */
extern const struct setting service_settings[];

/* Runs a program from main to its exit status. --help prints the settings, --help-markdown as docs/settings.md has
 * them. */
int service_main(const struct service *service, void *program, int argc, char **argv);

#endif

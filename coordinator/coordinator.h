/*
 * The coordinator: it leads or stands by, moves transfers on, cuts phases into tasks, hands tasks to workers by their
 * credit and takes them back from the dead. It reads no source and never calls Cliniko. PostgreSQL is the truth:
 * whatever is in memory here may be lost at any instant.
 */
#ifndef COORDINATOR_COORDINATOR_H
#define COORDINATOR_COORDINATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/loop.h"

struct coordinator;

struct coordinator_settings {
    const char *database_url;
    const char *database_password_file;
    const char *listen_url; /* where workers connect: ipc:// or tcp://, several separated by commas */
    bool allow_network;
    int64_t task_size; /* records in a task */
    int64_t lease_ms;
    const char *health_file;
};

MUST_CHECK bool coordinator_open(struct loop *loop, const struct coordinator_settings *settings,
                                 struct coordinator **ret, struct fault *fault);
void coordinator_close(struct coordinator **coordinator);

#endif

/*
 * The notification log: the messages that Cliniko would have sent to patients because of what was created through the
 * API (API reference 5.13). Whatever is not fully guarded counts as sent. A transfer leaves the log empty.
 */
#ifndef SANDBOX_NOTIFY_H
#define SANDBOX_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

enum notification_kind { NOTIFICATION_CONFIRMATION, NOTIFICATION_REMINDER };

struct notification {
    uint64_t account; /* its id */
    uint64_t appointment;
    uint64_t patient;
    int64_t at; /* UTC seconds */
    enum notification_kind kind;
    const char *reason; /* static text */
};

struct notifications {
    struct notification *entries;
    size_t count;
    size_t room;
};

void notifications_add(struct notifications *log, struct notification entry);
void notifications_release(struct notifications *log);

/* {"total":n,"confirmations":n,"reminders":n,"notifications":[…]}, the first `most` of them. */
void notifications_write(const struct notifications *log, size_t most, struct json_writer *writer);

#endif

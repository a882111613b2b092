/*
 * The log: one line = one event on standard error, `time level event key=value …`. Records are named by id, never by
 * content; secrets never come here. A log context carries the ids that every line of a stretch of work must have.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Ids of the work at hand; those that are 0 or NULL are left out. Printed in this order. */
struct log_context {
    int64_t transfer;
    int64_t task;
    const char *account;
    const char *entity;
    const char *record;
};

void log_open(const char *program, enum log_level least);
bool log_level_parse(const char *name, enum log_level *ret); /* debug, info, warn, error */
bool log_wants(enum log_level level);

/* `event` is a short name in the past tense, such as task_taken; `format` gives further key=value pairs, or "". Values
 * with blanks stand in double quotes. The context may be NULL. */
void log_event(enum log_level level, const struct log_context *context, const char *event, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* A fault as one event with kind, code and text. */
void log_fault(enum log_level level, const struct log_context *context, const char *event, const struct fault *fault);

#endif

/*
 * What the operator is told around a transfer: before it how long it will take, after it what is still to be done in
 * Cliniko. Pure but for outlook_read.
 */
#ifndef CLI_OUTLOOK_H
#define CLI_OUTLOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"
#include "cli/progress.h"
#include "db/connection.h"

struct outlook {
    int64_t past;    /* appointments that have begun */
    int64_t to_come; /* those that have not */
    char oldest[11]; /* day of the oldest dated record, "" for none */
    bool is_long;    /* that is more than ten years ago */
};

MUST_CHECK bool outlook_read(struct db *db, int64_t transfer, struct outlook *ret, struct fault *fault);

/* Requests and time by the account's rate, and what is large about the transfer. Nothing when nothing is left to send.
 */
void outlook_put_forecast(const struct outlook *outlook, const struct progress *progress, struct text *out);

/* Appointments past and to come. Nothing when there is none. */
void outlook_put_diary(const struct outlook *outlook, struct text *out);

/* What the transfer could not do and people have to, by what it brought. */
void outlook_put_afterwards(const struct progress *progress, struct text *out);

#endif

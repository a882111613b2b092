/*
 * How a transfer stands, computed and drawn. Totals and the account's rate are known once the source was read, so the
 * time that is left is right from the first minute. Pure: facts in, text out.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "model/entity.h"
#include "model/transfer_state.h"

struct progress_entity {
    enum entity entity;
    int64_t staged; /* to be sent, or to be matched */
    int64_t excluded;
    int64_t left_behind;
    int64_t warnings;
    int64_t planned; /* in tasks; -1 before its phase */
    int64_t created;
    int64_t failed;
    int64_t skipped;
    int64_t verified;
    int64_t differing;
};

struct progress {
    int64_t transfer;
    enum transfer_state state;
    int64_t rate_per_minute; /* of the account; 0 for none */
    double seconds;          /* since the start */
    const char *reason;      /* why it rests; NULL for none. Borrowed */
    struct progress_entity entities[ENTITY_COUNT];
    int entity_count;
};

/* Records whose outcome is known: brought earlier, created, failed, skipped. */
int64_t progress_settled(const struct progress_entity *entity);

/* Requests that are left, read-back included. */
int64_t progress_requests_left(const struct progress *progress);

/* Seconds until the end, from the account's rate, or from the measured one when that is lower (measured_per_second; 0
 * when not known). -1 when it cannot be known yet. */
int64_t progress_seconds_left(const struct progress *progress, double measured_per_second);

/* "1:02:03", "4:05" */
void progress_put_duration(struct text *out, int64_t seconds);

/* One line for each entity, for a terminal `width` columns wide. */
void progress_draw(const struct progress *progress, double measured_per_second, int width, struct text *out);

/* One plain line, for a pipe or a log. */
void progress_line(const struct progress *progress, double measured_per_second, struct text *out);

/* One JSON object. */
void progress_json(const struct progress *progress, double measured_per_second, struct text *out);

/* The closing table: what arrived, what did not. */
void progress_summary(const struct progress *progress, struct text *out);

/* 0: everything arrived; 3: done, but some records did not arrive or differ; 1: failed, cancelled or resting. */
int progress_exit_status(const struct progress *progress);

#endif
